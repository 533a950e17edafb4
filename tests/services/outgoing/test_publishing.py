"""Posts from file to tombstone: rows, documents, activities, deliveries."""

import asyncio
import itertools
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from federation import proofs
from federation.cosigning import documents
from federation.errors import SignatureRefused
from fedinode import manuscripts
from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, ManuscriptError, NotFound, UsageError
from fedinode.manuscripts import Manuscript
from fedinode.services import (
    cataloguing,
    delivering,
    drafting,
    preparing,
    publishing,
    registering,
    releasing,
    revising,
)
from fedinode.services.releasing import Press
from fedinode.storage import collectives, federated_objects, models, posts
from fedinode.storage.database import Session
from tests.peer_server import Peer
from tests.services.outgoing.conftest import Befriend, Clock, Write

pytestmark = pytest.mark.anyio

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
NEWS = 'type = "news"\ntitle = "Streik"\nlanguage = "de"\nshow = "teaser"'
TRANSLATED = NEWS + '\n[translations.ru]\ntitle = "Забастовка"\nbody = "Текст."'
STATEMENT = 'type = "statement"\ntitle = "Erklärung"\nlanguage = "de"\nsummary = "Kurz."'
OPEN_STATEMENT = STATEMENT + '\ncosign = "anyone"'


async def document_of(cap: Capabilities, uri: str) -> dict[str, Any]:
    """Return what GET serves for one of our objects."""

    def read(session: Session) -> bytes:
        subject = federated_objects.find_by_uri(session, uri)
        assert subject is not None
        newest = federated_objects.newest_document(session, subject.id)
        assert newest is not None
        return newest.body

    found: dict[str, Any] = json.loads(await cap.database.read(read))
    return found


async def count(cap: Capabilities, table: type[models.Base]) -> int:
    return await cap.database.read(
        lambda session: session.execute(select(func.count()).select_from(table)).scalar_one()
    )


# -- publishing


async def test_post_reaches_a_follower(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    published = await publishing.post(cap, manuscript(NEWS, "Wir streiken."))
    assert (published.state, published.already, published.deliveries) == ("public", False, 1)
    await delivering.deliver_once(cap)
    (create,) = koeln.received("Create")
    assert create["object"]["id"] == published.uri
    assert create["actor"] == cap.urls.collective("berlin")
    assert create["to"] == [PUBLIC]
    assert create["cc"] == [cap.urls.collective_followers("berlin")]


async def test_followers_on_one_server_get_a_post_once(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln, "mira")
    await befriend(koeln, "jo")
    assert (await publishing.post(cap, manuscript(NEWS))).deliveries == 1


async def test_the_same_file_again_changes_nothing(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    first = await publishing.post(cap, manuscript(NEWS))
    rows = [await count(cap, table) for table in (models.Post, models.OutgoingActivity, models.Delivery)]
    second = await publishing.post(cap, manuscript(NEWS))
    assert (second.uri, second.already, second.deliveries) == (first.uri, True, 0)
    assert [
        await count(cap, table) for table in (models.Post, models.OutgoingActivity, models.Delivery)
    ] == rows


async def test_the_same_key_is_the_same_post_whatever_the_text(cap: Capabilities, manuscript: Write) -> None:
    first = await publishing.post(cap, manuscript(NEWS + '\nkey = "streik"', "Eins."))
    second = await publishing.post(cap, manuscript(NEWS + '\nkey = "streik"', "Zwei."))
    assert (second.uri, second.already) == (first.uri, True)
    assert "Eins." in (await document_of(cap, first.uri))["content"]


async def test_same_file_from_several_hands_at_once_is_one_post(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    file = manuscript(NEWS)
    results = await asyncio.gather(*(publishing.post(cap, file) for _ in range(6)))
    assert len({each.uri for each in results}) == 1
    assert sorted(each.already for each in results) == [False] + [True] * 5
    assert await count(cap, models.Delivery) == 1


async def test_further_posts_made_at_once_get_pages_of_their_own(
    cap: Capabilities, manuscript: Write
) -> None:
    file = manuscript(NEWS)
    results = await asyncio.gather(*(publishing.post(cap, file, again=True) for _ in range(6)))
    assert len({each.url for each in results}) == 6


async def test_again_makes_a_further_post(cap: Capabilities, manuscript: Write) -> None:
    uris = {(await publishing.post(cap, manuscript(NEWS), again=True)).uri for _ in range(3)}
    assert len(uris) == 3
    assert not (await publishing.post(cap, manuscript(NEWS), again=True)).already


async def test_draft_is_sealed_and_sent_to_nobody(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    draft = await publishing.post(cap, manuscript(NEWS, "Noch geheim."), draft=True)
    assert (draft.state, draft.deliveries) == ("draft", 0)
    assert await count(cap, models.OutgoingActivity) == 0
    stored = await cap.database.read(lambda session: session.scalars(select(models.TextRevision.html)).one())
    assert b"Noch geheim." not in stored
    facts = await cap.database.read(lambda session: session.scalars(select(models.Revision.facts)).one())
    assert facts is not None
    assert b"wordings" not in facts


async def test_what_a_draft_says_about_itself_is_no_column_before_it_is_public(
    cap: Capabilities, manuscript: Write
) -> None:
    written = manuscript(NEWS + '\ntags = ["Hafen"]\ncategory = "Kampf"', "Noch geheim.")
    draft = await publishing.post(cap, written, draft=True)

    def read(session: Session) -> tuple[tuple[str, ...], str | None, list[str]]:
        found = posts.find_by_object_uri(session, draft.uri)
        assert found is not None
        slugs = session.scalars(select(models.Slug.slug)).all()
        return posts.list_tags(session, found.id), found.category, list(slugs)

    tags, category, slugs = await cap.database.read(read)
    assert (tags, category) == ((), None)
    assert not any("streik" in each for each in slugs)
    await publishing.publish(cap, draft.uri)
    assert await cap.database.read(read) == (("Hafen",), "Kampf", ["streik"])
    assert [each["name"] for each in (await document_of(cap, draft.uri))["tag"]] == ["#Hafen"]


async def test_of_two_drafts_with_one_title_the_first_that_is_public_gets_the_address(
    cap: Capabilities, manuscript: Write
) -> None:
    drafts = [await publishing.post(cap, manuscript(NEWS, text), draft=True) for text in ("Eins.", "Zwei.")]
    assert drafts[0].url == drafts[1].url
    second = await publishing.publish(cap, drafts[1].uri)
    first = await publishing.publish(cap, drafts[0].uri)
    assert (second.url, first.url) == (drafts[1].url, f"{drafts[0].url}-2")


async def test_publishing_a_draft_opens_and_sends_it(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    draft = await publishing.post(cap, manuscript(NEWS, "Nicht mehr geheim."), draft=True)
    published = await publishing.publish(cap, draft.url)
    assert (published.uri, published.state, published.deliveries) == (draft.uri, "public", 1)
    stored = await cap.database.read(lambda session: session.scalars(select(models.TextRevision.html)).one())
    assert stored == b"<p>Nicht mehr geheim.</p>"


async def test_publishing_twice_changes_nothing(cap: Capabilities, manuscript: Write) -> None:
    draft = await publishing.post(cap, manuscript(NEWS), draft=True)
    await publishing.publish(cap, draft.uri)
    again = await publishing.publish(cap, draft.uri)
    assert (again.already, again.deliveries) == (True, 0)
    assert await count(cap, models.OutgoingActivity) == 1


async def test_failure_in_the_transaction_leaves_nothing(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)

    def fails(session: Session) -> None:
        row = registering.require_collective(session, None)
        press = Press(urls=cap.urls, collective=row, proof_key=key, now=cap.clock())
        prepared_post = drafting.save(session, cap.urls, row, prepared, cap.clock())
        releasing.go_public(session, press, prepared_post, deliver=True)
        raise RuntimeError("the power went")

    key = await cap.keyring.signer(cap.urls.collective("berlin"), "proof")
    prepared = await preparing.prepare(cap, manuscript(NEWS))
    with pytest.raises(RuntimeError):
        await cap.database.write(fails)
    for table in (
        models.Post,
        models.TextRevision,
        models.ServedDocument,
        models.OutgoingActivity,
        models.Delivery,
    ):
        assert await count(cap, table) == 0
    assert not (await publishing.post(cap, manuscript(NEWS))).already


async def test_old_text_is_not_sent_unless_asked_for(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    old = NEWS + "\npublished = 2020-05-01T10:00:00Z"
    kept = await publishing.post(cap, manuscript(old))
    assert kept.deliveries == 0
    assert (await document_of(cap, kept.uri))["published"] == "2020-05-01T10:00:00Z"
    assert (await publishing.post(cap, manuscript(old + "\ndeliver = true"), again=True)).deliveries == 1


async def test_date_in_the_future_is_refused(cap: Capabilities, manuscript: Write, clock: Clock) -> None:
    soon = replace(manuscript(NEWS), published=clock() + timedelta(hours=2))
    with pytest.raises(ManuscriptError, match="future"):
        await publishing.post(cap, soon)
    assert (await publishing.post(cap, soon, draft=True)).state == "draft"


async def test_node_with_several_collectives_asks_which_one(cap: Capabilities, manuscript: Write) -> None:
    await registering.add_collective(cap, "tbilisi", "თბილისი", "ka")
    with pytest.raises(UsageError, match=r"berlin, tbilisi.*--as"):
        await publishing.post(cap, manuscript(NEWS))
    published = await publishing.post(cap, manuscript(NEWS), collective="tbilisi")
    assert "/@tbilisi/" in published.url
    with pytest.raises(NotFound, match="lisbon"):
        await publishing.post(cap, manuscript(NEWS), collective="lisbon")


async def test_pages_take_further_slugs_where_one_is_taken(cap: Capabilities, manuscript: Write) -> None:
    urls = [(await publishing.post(cap, manuscript(NEWS), again=True)).url for _ in range(3)]
    assert [url.rpartition("/")[2] for url in urls] == ["streik", "streik-2", "streik-3"]


async def test_page_about_us_is_served_and_sent_to_nobody(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    page = await publishing.post(
        cap, manuscript('type = "page"\ntitle = "Über uns"\nlanguage = "de"\nslug = "about"')
    )
    assert page.deliveries == 0
    assert await count(cap, models.OutgoingActivity) == 0
    assert (await document_of(cap, page.uri))["name"] == "Über uns"


# -- languages


async def test_several_languages_are_one_object_with_the_primary_first(
    cap: Capabilities, manuscript: Write
) -> None:
    published = await publishing.post(cap, manuscript(TRANSLATED))
    document = await document_of(cap, published.uri)
    assert list(document["contentMap"]) == ["de", "ru"]
    assert document["content"] == document["contentMap"]["de"]
    assert document["nameMap"] == {"de": "Streik", "ru": "Забастовка"}


async def test_each_language_is_a_post_of_its_own_where_wanted(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    await registering.set_federate(cap, "berlin", "each")
    published = await publishing.post(cap, manuscript(TRANSLATED))
    assert published.deliveries == 2
    await delivering.deliver_once(cap)
    sent = {tuple(each["object"]["contentMap"]): each["object"]["url"] for each in koeln.received("Create")}
    assert set(sent) == {("de",), ("ru",)}
    assert sent["ru",].endswith("/@berlin/ru/zabastovka")


async def test_list_sends_the_primary_language_and_links_to_the_others(
    cap: Capabilities, manuscript: Write
) -> None:
    await registering.set_federate(cap, "berlin", "list")
    published = await publishing.post(cap, manuscript(TRANSLATED))
    document = await document_of(cap, published.uri)
    assert list(document["contentMap"]) == ["de"]
    assert f'<a href="{cap.urls.post_page("berlin", "ru", "zabastovka")}">Русский</a>' in document["content"]


async def test_statement_carries_all_languages_in_every_mode(cap: Capabilities, manuscript: Write) -> None:
    await registering.set_federate(cap, "berlin", "each")
    translated = STATEMENT + '\n[translations.en]\ntitle = "Statement"\nbody = "Text."'
    published = await publishing.post(cap, manuscript(translated))
    assert list((await document_of(cap, published.uri))["contentMap"]) == ["de", "en"]


# -- statements and proofs


async def test_statement_carries_a_proof_by_the_collective(cap: Capabilities, manuscript: Write) -> None:
    published = await publishing.post(cap, manuscript(STATEMENT))
    document = await document_of(cap, published.uri)
    key = await cap.keyring.signer(cap.urls.collective("berlin"), "proof")
    assert proofs.proof_of(document).verification_method == f"{cap.urls.collective('berlin')}#ed25519-1"
    proofs.verify_document(document, key.key.public, cap.clock())
    with pytest.raises(SignatureRefused):
        proofs.verify_document(document | {"name": "Anders"}, key.key.public, cap.clock())


async def test_statement_open_to_co_signing_carries_the_digest_of_its_text(
    cap: Capabilities, manuscript: Write
) -> None:
    published = await publishing.post(cap, manuscript(OPEN_STATEMENT))
    document = await document_of(cap, published.uri)
    assert document["textDigest"] == documents.digest(documents.signed_text(document))
    assert document["revision"] == 1
    assert len(document["salt"]) == 22
    assert proofs.proof_of(document).verification_method.endswith("#cosign-1")
    revision = await cap.database.read(lambda session: session.scalars(select(models.Revision)).one())
    assert revision.text_digest == document["textDigest"]
    assert documents.digest_of_bytes(revision.signed_text or b"") == revision.text_digest


@pytest.mark.parametrize("change", [{"title": "Erklärung <b>"}, {"markdown": "Wort " * 26_000}])
async def test_statement_that_verifiers_would_refuse_is_not_published(
    cap: Capabilities, manuscript: Write, change: dict[str, str]
) -> None:
    def unsignable(front_matter: str) -> Manuscript:
        """Return what a reader of front matter would have refused."""
        good = manuscript(front_matter)
        return replace(good, texts=(replace(good.texts[0], **change),))  # type: ignore[arg-type]

    with pytest.raises(ManuscriptError, match="cannot be signed by others"):
        await publishing.post(cap, unsignable(OPEN_STATEMENT))
    assert await count(cap, models.Post) == 0
    assert (await publishing.post(cap, unsignable(STATEMENT))).state == "public"


async def test_salt_is_new_for_every_statement(cap: Capabilities, manuscript: Write) -> None:
    salts = set()
    for _ in range(3):
        published = await publishing.post(cap, manuscript(OPEN_STATEMENT), again=True)
        salts.add((await document_of(cap, published.uri))["salt"])
    assert len(salts) == 3


async def test_create_of_a_statement_is_proven_as_a_whole(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    await publishing.post(cap, manuscript(STATEMENT))
    await delivering.deliver_once(cap)
    (create,) = koeln.received("Create")
    key = await cap.keyring.signer(cap.urls.collective("berlin"), "proof")
    proofs.verify_document(create, key.key.public, cap.clock())
    proofs.verify_document(create["object"], key.key.public, cap.clock())


# -- changes


async def test_edit_sends_an_update_that_is_newer(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    published = await publishing.post(cap, manuscript(NEWS, "Eins."))
    edited = await revising.edit(cap, published.url, manuscript(NEWS, "Zwei."))
    assert (edited.uri, edited.deliveries, edited.already) == (published.uri, 1, False)
    await delivering.deliver_once(cap)
    (update,) = koeln.received("Update")
    assert "Zwei." in update["object"]["content"]
    assert update["object"]["updated"] > update["object"]["published"]


async def test_times_of_updates_rise_by_whole_seconds_though_the_clock_is_set_back(
    cap: Capabilities, manuscript: Write, clock: Clock
) -> None:
    published = await publishing.post(cap, manuscript(NEWS, "Eins."))
    times = []
    for number in range(4):
        clock.advance(seconds=-600)
        await revising.edit(cap, published.uri, manuscript(NEWS, f"Fassung {number}."))
        times.append(datetime.fromisoformat((await document_of(cap, published.uri))["updated"]))
    assert all(later - earlier >= timedelta(seconds=1) for earlier, later in itertools.pairwise(times))
    assert all(each.tzinfo == UTC and each.microsecond == 0 for each in times)


async def test_edit_without_change_sends_nothing(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    published = await publishing.post(cap, manuscript(NEWS))
    edited = await revising.edit(cap, published.uri, manuscript(NEWS))
    assert (edited.already, edited.deliveries) == (True, 0)


async def test_every_change_of_text_is_a_revision_and_old_ones_stay(
    cap: Capabilities, manuscript: Write
) -> None:
    published = await publishing.post(cap, manuscript(NEWS, "Eins."))
    await revising.edit(cap, published.uri, manuscript(NEWS, "Zwei."))
    rows = await cap.database.read(
        lambda session: session.execute(
            select(models.Revision.number, models.Revision.state).order_by(models.Revision.number)
        ).all()
    )
    assert [tuple(row) for row in rows] == [(1, "superseded"), (2, "public")]
    htmls = await cap.database.read(lambda session: session.scalars(select(models.TextRevision.html)).all())
    assert sorted(htmls) == [b"<p>Eins.</p>", b"<p>Zwei.</p>"]


async def test_new_tags_are_an_update_of_the_same_revision(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    published = await publishing.post(cap, manuscript(NEWS))
    edited = await revising.edit(cap, published.uri, manuscript(NEWS + '\ntags = ["Streik", "neue Arbeit"]'))
    assert edited.deliveries == 1
    assert await count(cap, models.Revision) == 1
    assert await count(cap, models.ServedDocument) == 2
    tags = (await document_of(cap, published.uri))["tag"]
    assert [each["name"] for each in tags] == ["#Streik", "#NeueArbeit"]


async def test_text_open_to_co_signing_never_changes(cap: Capabilities, manuscript: Write) -> None:
    published = await publishing.post(cap, manuscript(OPEN_STATEMENT, "Eins."))
    before = await document_of(cap, published.uri)
    with pytest.raises(Conflict, match="never changes"):
        await revising.edit(cap, published.uri, manuscript(OPEN_STATEMENT, "Zwei."))
    with pytest.raises(Conflict, match="never changes"):
        await revising.edit(cap, published.uri, manuscript(STATEMENT, "Eins."))
    assert await document_of(cap, published.uri) == before


async def test_tags_of_a_co_signable_statement_change_quietly(cap: Capabilities, manuscript: Write) -> None:
    published = await publishing.post(cap, manuscript(OPEN_STATEMENT))
    before = await document_of(cap, published.uri)
    await revising.edit(cap, published.uri, manuscript(OPEN_STATEMENT + '\ntags = ["Frieden"]'))
    after = await document_of(cap, published.uri)
    assert [each["name"] for each in after["tag"]] == ["#Frieden"]
    assert "updated" not in after
    assert (after["textDigest"], after["salt"]) == (before["textDigest"], before["salt"])


async def test_draft_of_a_co_signable_statement_may_change(cap: Capabilities, manuscript: Write) -> None:
    draft = await publishing.post(cap, manuscript(OPEN_STATEMENT, "Eins."), draft=True)
    await revising.edit(cap, draft.uri, manuscript(OPEN_STATEMENT, "Zwei."))
    await publishing.publish(cap, draft.uri)
    assert "Zwei." in (await document_of(cap, draft.uri))["content"]
    assert await count(cap, models.Revision) == 1


async def test_draft_that_cells_were_asked_to_sign_gets_the_next_number(
    cap: Capabilities, manuscript: Write
) -> None:
    draft = await publishing.post(cap, manuscript(OPEN_STATEMENT, "Eins."), draft=True)
    row = await cap.database.read(lambda session: registering.require_collective(session, None))
    press = await releasing.open_press(cap, row)

    def freeze(session: Session) -> None:
        post = posts.list_newest(session, None, 1)[0]
        (subject,) = federated_objects.list_of_post(session, post.id)
        releasing.freeze_object(session, press, post, subject)

    await cap.database.write(freeze)
    await revising.edit(cap, draft.uri, manuscript(OPEN_STATEMENT, "Eins."))
    assert await count(cap, models.Revision) == 1, "who signed it signed these words"
    await revising.edit(cap, draft.uri, manuscript(OPEN_STATEMENT, "Zwei."))
    await publishing.publish(cap, draft.uri)
    document = await document_of(cap, draft.uri)
    assert document["revision"] == 2
    assert "Zwei." in document["content"]
    states = await cap.database.read(
        lambda session: session.scalars(select(models.Revision.state).order_by(models.Revision.number)).all()
    )
    assert states == ["dropped", "public"]


async def test_page_keeps_its_address_when_the_title_is_corrected(
    cap: Capabilities, manuscript: Write
) -> None:
    published = await publishing.post(cap, manuscript(NEWS))
    corrected = NEWS.replace("Streik", "Warnstreik")
    assert (await revising.edit(cap, published.uri, manuscript(corrected))).url == published.url
    moved = await revising.edit(cap, published.uri, manuscript(corrected + '\nslug = "warnstreik"'))
    assert moved.url.endswith("/warnstreik")
    assert (await publishing.publish(cap, published.url)).uri == published.uri


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (
            'type = "event"\ntitle = "X"\nlanguage = "de"\nstarts = 2030-01-01T10:00:00\ntimezone = "UTC"',
            "stays one",
        ),
        ('type = "news"\ntitle = "Strike"\nlanguage = "en"\nshow = "teaser"', "first language"),
        ('type = "news"\ntitle = "Streik"\nlanguage = "de"\nshow = "full"', "was fixed"),
    ],
)
async def test_what_peers_know_a_post_by_never_changes(
    cap: Capabilities, manuscript: Write, other: str, words: str
) -> None:
    published = await publishing.post(cap, manuscript(NEWS))
    with pytest.raises(Conflict, match=words):
        await revising.edit(cap, published.uri, manuscript(other))


async def test_new_language_comes_with_an_update(cap: Capabilities, manuscript: Write) -> None:
    published = await publishing.post(cap, manuscript(NEWS))
    await revising.edit(cap, published.uri, manuscript(TRANSLATED))
    assert list((await document_of(cap, published.uri))["contentMap"]) == ["de", "ru"]


async def test_languages_that_are_posts_of_their_own_come_and_go(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    await registering.set_federate(cap, "berlin", "each")
    published = await publishing.post(cap, manuscript(NEWS))
    await revising.edit(cap, published.uri, manuscript(TRANSLATED))
    await revising.edit(cap, published.uri, manuscript(NEWS))
    await delivering.deliver_once(cap)
    # The Russian one was taken back before it was sent; the German one named it, and does no more.
    kinds = sorted((each["type"], each["object"]["id"] == published.uri) for each in koeln.received())
    assert kinds == [("Create", True), ("Delete", False), ("Update", True), ("Update", True)]


async def test_language_that_comes_back_is_a_post_with_an_address_of_its_own(
    cap: Capabilities, manuscript: Write
) -> None:
    await registering.set_federate(cap, "berlin", "each")
    published = await publishing.post(cap, manuscript(TRANSLATED))
    await revising.edit(cap, published.uri, manuscript(NEWS))
    await revising.edit(cap, published.uri, manuscript(TRANSLATED))

    def read(session: Session) -> list[str]:
        return list(session.scalars(select(models.FederatedObject.uri).order_by(models.FederatedObject.id)))

    german, gone, back = await cap.database.read(read)
    assert german == published.uri
    assert (await document_of(cap, gone))["type"] == "Tombstone"
    assert list((await document_of(cap, back))["contentMap"]) == ["ru"]
    await publishing.delete(cap, published.uri)
    for uri in (german, gone, back):
        assert (await document_of(cap, uri))["type"] == "Tombstone"


async def test_translation_is_out_of_date_once_the_original_changed(
    cap: Capabilities, manuscript: Write
) -> None:
    published = await publishing.post(cap, manuscript(TRANSLATED, "Eins."))
    await revising.edit(cap, published.uri, manuscript(TRANSLATED, "Zwei."))

    def read(session: Session) -> tuple[int | None, int]:
        ids = session.scalars(
            select(models.RevisionText.text_revision_id)
            .join(models.Revision, models.Revision.id == models.RevisionText.revision_id)
            .where(models.Revision.state == "public")
            .order_by(models.RevisionText.position)
        ).all()
        translation = session.get_one(models.TextRevision, ids[1])
        return translation.translated_from_id, ids[0]

    source, present = await cap.database.read(read)
    assert source is not None
    assert source != present


# -- taking back


async def test_deleted_post_leaves_a_tombstone_and_tells_those_who_got_it(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    published = await publishing.post(cap, manuscript(NEWS, "Ein Irrtum."))
    await delivering.deliver_once(cap)
    assert (await publishing.preview_deletion(cap, published.url)).servers == 1
    deletion = await publishing.delete(cap, published.url)
    assert (deletion.uri, deletion.title, deletion.servers) == (published.uri, "Streik", 1)
    await delivering.deliver_once(cap)
    (delete,) = koeln.received("Delete")
    assert delete["object"]["type"] == "Tombstone"
    assert delete["object"]["id"] == published.uri
    key = await cap.keyring.signer(cap.urls.collective("berlin"), "proof")
    proofs.verify_document(delete, key.key.public, cap.clock())
    assert (await document_of(cap, published.uri))["formerType"] == "Article"


async def test_deleting_twice_tells_nobody_again(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    published = await publishing.post(cap, manuscript(NEWS))
    await publishing.delete(cap, published.uri)
    assert (await publishing.delete(cap, published.uri)).servers == 0
    assert (await document_of(cap, published.uri))["type"] == "Tombstone"
    assert await count(cap, models.OutgoingActivity) == 2


async def test_deleted_text_is_gone_from_the_database(cap: Capabilities, manuscript: Write) -> None:
    published = await publishing.post(cap, manuscript(NEWS, "Ein Irrtum."))
    await publishing.delete(cap, published.uri)
    for table in (models.TextRevision, models.Revision, models.RevisionText):
        assert await count(cap, table) == 0
    bodies = await cap.database.read(
        lambda session: session.scalars(select(models.ServedDocument.body)).all()
    )
    assert not any(b"Irrtum" in body for body in bodies)


async def test_post_deleted_before_it_was_sent_is_never_sent(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    published = await publishing.post(cap, manuscript(NEWS))
    await publishing.delete(cap, published.uri)
    await delivering.deliver_once(cap)
    assert [each["type"] for each in koeln.received()] == ["Delete"]


async def test_deleted_draft_tells_nobody(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    draft = await publishing.post(cap, manuscript(NEWS), draft=True)
    assert (await publishing.delete(cap, draft.uri)).servers == 0
    assert await count(cap, models.OutgoingActivity) == 0
    assert await count(cap, models.TextRevision) == 0


async def test_withdrawn_post_is_neither_edited_nor_published(cap: Capabilities, manuscript: Write) -> None:
    published = await publishing.post(cap, manuscript(NEWS))
    await publishing.delete(cap, published.uri)
    with pytest.raises(Conflict, match="withdrawn"):
        await revising.edit(cap, published.uri, manuscript(NEWS))
    with pytest.raises(Conflict, match="withdrawn"):
        await publishing.publish(cap, published.uri)
    assert (await publishing.post(cap, manuscript(NEWS))).state == "withdrawn"


async def test_address_that_is_no_post_of_ours_is_told_so(cap: Capabilities) -> None:
    for url in (
        "https://koeln.example/1",
        cap.urls.post("nothing"),
        cap.urls.post_page("berlin", "de", "x"),
        "x",
    ):
        with pytest.raises(NotFound, match="no post of ours"):
            await publishing.delete(cap, url)


# -- lists


async def test_list_shows_newest_first_with_drafts_and_languages(
    cap: Capabilities, manuscript: Write
) -> None:
    await publishing.post(cap, manuscript(TRANSLATED))
    await publishing.post(
        cap, manuscript('type = "news"\nlanguage = "de"\nshow = "full"', "Ohne Titel."), draft=True
    )
    found = await cataloguing.list_posts(cap)
    assert [(each.state, each.title) for each in found] == [("draft", "Ohne Titel."), ("public", "Streik")]
    assert found[1].languages == ("de", "ru")
    assert (await cataloguing.list_posts(cap, collective="berlin", limit=1)) == found[:1]


# -- replies


async def test_reply_mentions_and_reaches_the_author(cap: Capabilities, koeln: Peer) -> None:
    mira = koeln.actor("mira")
    note = koeln.serve(mira.note(**{"@context": "https://www.w3.org/ns/activitystreams"}))
    replied = await publishing.reply(cap, note["id"], "Danke, *Mira*!")
    assert replied.deliveries == 1
    await delivering.deliver_once(cap)
    (create,) = koeln.received("Create")
    answer = create["object"]
    assert (answer["type"], answer["inReplyTo"]) == ("Note", note["id"])
    assert answer["tag"] == [{"type": "Mention", "name": f"@mira@{koeln.host}", "href": mira.uri}]
    assert mira.uri in answer["cc"]
    assert answer["content"] == "<p>Danke, <em>Mira</em>!</p>"
    assert answer["contentMap"] == {"de": answer["content"]}


async def test_reply_keeps_its_mention_when_it_is_edited(
    cap: Capabilities, koeln: Peer, manuscript: Write
) -> None:
    mira = koeln.actor("mira")
    note = koeln.serve(mira.note(**{"@context": "https://www.w3.org/ns/activitystreams"}))
    answer = manuscript('type = "news"\nlanguage = "de"', "Danke.")
    replied = await publishing.reply(cap, note["id"], answer)
    edited = replace(
        manuscript('type = "news"\nlanguage = "de"', "Vielen Dank."),
        facts=replace(answer.facts, in_reply_to=note["id"], show="full"),
    )
    await revising.edit(cap, replied.uri, edited)
    await delivering.deliver_once(cap)
    (update,) = koeln.received("Update")
    assert [each["href"] for each in update["object"]["tag"]] == [mira.uri]
    assert update["object"]["inReplyTo"] == note["id"]


async def test_same_answer_twice_is_one_reply(cap: Capabilities, koeln: Peer) -> None:
    mira = koeln.actor("mira")
    note = koeln.serve(mira.note(**{"@context": "https://www.w3.org/ns/activitystreams"}))
    first = await publishing.reply(cap, note["id"], "Danke.")
    assert (await publishing.reply(cap, note["id"], "Danke.")).uri == first.uri


async def test_reply_to_our_own_post_addresses_nobody_else(cap: Capabilities, manuscript: Write) -> None:
    published = await publishing.post(cap, manuscript(NEWS))
    replied = await publishing.reply(cap, published.url, "Nachtrag.")
    document = await document_of(cap, replied.uri)
    assert document["inReplyTo"] == published.uri
    assert document["tag"] == []


def test_facts_survive_their_way_through_the_database() -> None:
    facts = manuscripts.Facts(wordings=(manuscripts.Wording(language="de", demands=("Brot", "Frieden")),))
    assert manuscripts.parse_facts(manuscripts.facts_json(facts)) == facts


async def test_kind_and_address_are_kept_by_the_database_itself(cap: Capabilities, manuscript: Write) -> None:
    await publishing.post(cap, manuscript(NEWS))

    def tamper(session: Session) -> None:
        post = posts.list_newest(session, None, 1)[0]
        session.get_one(models.Post, post.id).kind = "event"
        session.flush()

    with pytest.raises(Exception, match="never change"):
        await cap.database.write(tamper)


async def test_collectives_names_are_known_by_language(cap: Capabilities) -> None:
    names = await cap.database.read(
        lambda session: collectives.display_names(session, registering.require_collective(session, None).id)
    )
    assert names == {"de": "Berliner Zelle"}
