"""Posts of other software that are taken over, and those that are not: each refusal is a plain sentence."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from federation import keys, proofs
from fedinode.capabilities import Capabilities
from fedinode.errors import Blocked, Conflict, NodeError, NotAllowed, NotFound, PeerUnavailable, UsageError
from fedinode.services import correcting, publishing, reading, taking_over
from fedinode.services.members import consulting, enrolling
from fedinode.services.moderation import excluding
from fedinode.services.presenting import PostView
from fedinode.services.taking_over import TakenOver, Wish
from tests.conftest import DatabaseKind
from tests.peer_server import Peer, PeerActor, Reply
from tests.services.outgoing.conftest import Clock

pytestmark = pytest.mark.anyio

ANA, BEN = "ana@berlin.example", "ben@berlin.example"

Document = dict[str, Any]


@pytest.fixture
def database_kind() -> DatabaseKind:
    """One kind will do: tests/nodes/test_taking_over.py takes over on both."""
    return "sqlite"


@pytest.fixture
def mira(koeln: Peer) -> PeerActor:
    """Somebody on another server, who signs what she writes."""
    key = keys.generate_ed25519()
    actor = koeln.actor("mira", name="Mira")
    method = {
        "id": f"{actor.uri}#proof",
        "type": "Multikey",
        "controller": actor.uri,
        "publicKeyMultibase": key.public.multikey(),
    }
    koeln.serve(actor.document | {"assertionMethod": [method]})
    actor.document["the key"] = key
    return actor


def article(mira: PeerActor, **members: Any) -> Document:
    """Make an Article in two languages, one of them no language."""
    german = "<h1>Brot &amp; Rosen</h1><p onclick='x()'>Wir <b>streiken</b>.<script>alert(1)</script></p>"
    return mira.note(
        type="Article",
        name="Brot & Rosen",
        nameMap={"de": "Brot & Rosen", "ru": "Хлеб"},
        summary="<p>Kurz * gesagt.</p>",
        content=german,
        contentMap={
            "de": german,
            "ru": "<p>Мы.</p>",
            "klingon-x": "<p>Qapla</p>",
        },
        tag=[{"type": "Hashtag", "name": "#Brot"}],
        **members,
    )


def proven(mira: PeerActor, document: Document, clock: Clock) -> Document:
    """Sign a document as its author does."""
    key = mira.document["the key"]
    return proofs.sign_document(document, key, f"{mira.uri}#proof", clock().replace(microsecond=0))


async def view_of(cap: Capabilities, taken: TakenOver) -> PostView:
    """Return what the page of the copy shows."""
    _, name, language, slug = taken.published.url.removeprefix(cap.urls.origin).split("/")
    _, view = await reading.post(cap, name.removeprefix("@"), language, slug)
    assert isinstance(view, PostView)
    return view


async def test_an_article_is_taken_over_without_what_could_act(
    cap: Capabilities, koeln: Peer, mira: PeerActor, clock: Clock
) -> None:
    buffer = BytesIO()
    Image.new("RGB", (8, 6), "red").save(buffer, "PNG")
    picture = koeln.answer("/a.png", Reply(headers=(("Content-Type", "image/png"),), body=buffer.getvalue()))
    broken = koeln.answer("/b.png", Reply(headers=(("Content-Type", "image/png"),), body=b"no picture"))
    document = article(
        mira,
        attachment=[
            {"type": "Image", "url": picture, "name": "Rot"},
            {"type": "Document", "mediaType": "image/png", "url": broken, "name": "Kaputt"},
            {"type": "Document", "mediaType": "application/pdf", "url": broken},
        ],
        license="CC BY 4.0",
    )
    koeln.serve(proven(mira, document, clock))
    taken = await taking_over.take_over(cap, document["id"])
    assert (taken.is_proven, taken.languages, taken.published.already) == (True, ("de", "ru"), False)
    view = await view_of(cap, taken)
    assert (view.title, view.html) == ("Brot & Rosen", "<p>Wir <b>streiken</b>.</p>")
    assert view.plain_summary == "Kurz * gesagt."
    assert view.canonical_url == document["id"]
    (source,) = view.sources
    assert (source.publisher, source.licence) == ("Mira", "CC BY 4.0")
    assert [each.alt for each in view.pictures] == ["Rot"]
    # What is no picture is not shown, and still to be found.
    assert [(each.title, each.url) for each in view.related] == [("Kaputt", broken)]
    assert view.tags == ("Brot",)
    assert view.copied is not None
    # Its source says nothing of the Russian text, and neither do we claim that it is official.
    assert [each.status for each in view.versions] == ["own", "unofficial"]
    again = await taking_over.take_over(cap, document["id"])
    assert (again.published.already, again.published.uri) == (True, taken.published.uri)


async def test_a_note_without_a_language_waits_for_somebody_to_name_it(
    cap: Capabilities, koeln: Peer, mira: PeerActor, clock: Clock
) -> None:
    note = koeln.serve(mira.note(content="<p><strong>Streik!</strong></p><p>Heute.</p>"))
    with pytest.raises(UsageError, match="--language"):
        await taking_over.take_over(cap, note["id"])
    wish = Wish(language="de", draft=True, licence="CC0", pictures=False)
    taken = await taking_over.take_over(cap, note["id"], wish)
    assert (taken.is_proven, taken.published.state) == (False, "draft")
    await publishing.publish(cap, taken.published.uri)
    view = await view_of(cap, taken)
    assert (view.title, view.html, view.copied) == ("Streik!", "<p>Heute.</p>", None)
    assert view.sources[0].licence == "CC0"


def members_only(mira: PeerActor) -> Document:
    return mira.note(to=[f"{mira.uri}/followers"], cc=[])


def a_date(mira: PeerActor) -> Document:
    return mira.note(type="Event", name="Lesekreis", startTime="2031-05-03T19:00:00Z")


def a_film(mira: PeerActor) -> Document:
    return mira.note(type="Video", name="Film")


def no_words(mira: PeerActor) -> Document:
    return mira.note(content="<img src='https://a.example/x.png'>", contentMap={"de": "<img src='x'>"})


def a_stranger(mira: PeerActor) -> Document:
    return mira.note(attributedTo="https://elsewhere.example/users/ana")


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (members_only, NotAllowed, "not public"),
        (a_date, Conflict, "reshare"),
        (a_film, Conflict, "no text"),
        (no_words, Conflict, "no text that could"),
        (a_stranger, PeerUnavailable, "another server"),
    ],
)
async def test_what_cannot_be_taken_over_is_refused_in_plain_words(
    cap: Capabilities, koeln: Peer, mira: PeerActor, make: Any, error: type[NodeError], words: str
) -> None:
    document = koeln.serve(make(mira))
    with pytest.raises(error, match=words):
        await taking_over.take_over(cap, document["id"])


async def test_only_what_stands_at_its_own_address_counts(
    cap: Capabilities, koeln: Peer, mira: PeerActor
) -> None:
    document = mira.note(id=f"{koeln.origin}/notes/real")
    false = koeln.answer("/notes/false", Reply.json(document))
    with pytest.raises(PeerUnavailable, match="cannot be taken over"):
        await taking_over.take_over(cap, false)
    with pytest.raises(PeerUnavailable):
        await taking_over.take_over(cap, f"{koeln.origin}/nothing")
    with pytest.raises(UsageError, match="a post of this node"):
        await taking_over.take_over(cap, cap.urls.post("abc"))


async def test_nothing_is_taken_over_from_those_who_are_blocked(
    cap: Capabilities, koeln: Peer, mira: PeerActor, clock: Clock
) -> None:
    document = koeln.serve(article(mira))
    await excluding.block(cap, mira.uri)
    with pytest.raises(Blocked):
        await taking_over.take_over(cap, document["id"])
    await excluding.unblock(cap, mira.uri)
    await excluding.block(cap, koeln.host)
    with pytest.raises(Blocked):
        await taking_over.take_over(cap, document["id"])


@pytest.mark.parametrize("fault", ["words", "key", "owner", "shape"])
async def test_a_signature_that_does_not_hold_makes_no_unchanged_copy(
    cap: Capabilities, koeln: Peer, mira: PeerActor, clock: Clock, fault: str
) -> None:
    signed = proven(mira, article(mira), clock)
    proof = signed["proof"]
    faulty = {
        "words": signed | {"summary": "<p>Anders.</p>"},
        "key": signed | {"proof": proof | {"verificationMethod": f"{mira.uri}#other"}},
        "owner": signed | {"proof": proof | {"verificationMethod": "https://elsewhere.example/u#proof"}},
        "shape": signed | {"proof": [proof, proof]},
    }[fault]
    koeln.serve(faulty)
    taken = await taking_over.take_over(cap, faulty["id"])
    assert not taken.is_proven
    assert (await view_of(cap, taken)).copied is None


async def test_translations_that_are_posts_of_their_own_come_along(
    cap: Capabilities, koeln: Peer, mira: PeerActor
) -> None:
    german = mira.note(content="<p>Wir.</p>", contentMap={"de": "<p>Wir.</p>"})
    russian = mira.note(
        content="<p>Мы.</p>",
        contentMap={"ru": "<p>Мы.</p>"},
        translationOf=german["id"],
        translators={"ru": "Нино"},
        translationStatus={"ru": "machine"},
    )
    koeln.serve(german | {"translations": [russian["id"], german["id"]]})
    koeln.serve(russian)
    taken = await taking_over.take_over(cap, russian["id"])
    assert taken.languages == ("de", "ru")
    view = await view_of(cap, taken)
    assert [(each.language, each.status) for each in view.versions] == [("de", "own"), ("ru", "machine")]
    assert view.versions[1].translator == "Нино"
    stranger = koeln.serve(mira.note(content="<p>a</p>", contentMap={"en": "<p>a</p>"}))
    liar = koeln.serve(
        mira.note(content="<p>b</p>", contentMap={"en": "<p>b</p>"}, translations=[stranger["id"]])
    )
    with pytest.raises(Conflict, match="no translation"):
        await taking_over.take_over(cap, liar["id"])


async def test_sources_are_asked_once_a_day_and_what_they_say_is_a_proposal(
    cap: Capabilities, koeln: Peer, mira: PeerActor, clock: Clock
) -> None:
    document = koeln.serve(article(mira))
    taken = await taking_over.take_over(cap, document["id"])
    assert await correcting.ask_sources(cap) == 0
    koeln.serve(document | {"contentMap": document["contentMap"] | {"ru": "<p>Мы все.</p>"}})
    clock.advance(days=2)
    assert await correcting.ask_sources(cap) == 1
    (proposal,) = await correcting.list_proposals(cap)
    assert (proposal.kind, proposal.is_changed_here) == ("correction", False)
    assert proposal.changes == ("ru: Мы{+ все+}.",)
    # The source takes it back: nothing waits any more.
    koeln.serve(document)
    assert await correcting.ask_sources(cap, every=timedelta(0)) == 1
    assert await correcting.list_proposals(cap) == ()
    # A server that does not answer says nothing about its texts.
    path = document["id"].removeprefix(koeln.origin)
    koeln.answer(path, Reply(status=503))
    await correcting.ask_sources(cap, every=timedelta(0))
    assert await correcting.list_proposals(cap) == ()
    koeln.serve(document | {"to": [f"{mira.uri}/followers"], "cc": []})
    await correcting.ask_sources(cap, every=timedelta(0))
    (proposal,) = await correcting.list_proposals(cap)
    assert proposal.kind == "withdrawal"
    declined = await correcting.decline(cap, proposal.id)
    assert declined.post_url == taken.published.url
    await correcting.ask_sources(cap, every=timedelta(0))
    assert await correcting.list_proposals(cap) == ()
    with pytest.raises(Conflict, match="declined already"):
        await correcting.accept(cap, proposal.id)
    with pytest.raises(NotFound, match="fedinode proposals"):
        await correcting.accept(cap, 4711)


async def test_a_correction_is_an_edit_that_members_decide_about(
    cap: Capabilities, koeln: Peer, mira: PeerActor, clock: Clock
) -> None:
    document = koeln.serve(proven(mira, article(mira), clock))
    taken = await taking_over.take_over(cap, document["id"])
    koeln.serve(proven(mira, document | {"name": "Brot!", "nameMap": {"de": "Brot!", "ru": "Хлеб"}}, clock))
    await correcting.ask_sources(cap, every=timedelta(0))
    (proposal,) = await correcting.list_proposals(cap)

    for email in (ANA, BEN):
        await enrolling.add(cap, email, "owner")
    await consulting.set_thresholds(cap, "berlin", {"publish": 2})
    with pytest.raises(NotAllowed, match="--account"):
        await correcting.accept(cap, proposal.id)
    waiting = await correcting.accept(cap, proposal.id, account=ANA)
    assert waiting.standing is not None
    assert (await view_of(cap, taken)).title == "Brot & Rosen"
    # What is taken over waits for the members too.
    other = koeln.serve(article(mira))
    draft = await taking_over.take_over(cap, other["id"])
    assert (draft.published.state, draft.waits_for_members) == ("draft", True)
    done = await correcting.accept(cap, proposal.id, account=BEN)
    assert done.standing is None
    assert await correcting.list_proposals(cap) == ()
    view = await view_of(cap, taken)
    assert view.title == "Brot!"
    assert view.copied is not None
