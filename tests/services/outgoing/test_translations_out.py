"""A post in several languages: what goes out in which mode, and what Mastodon's readers see of each kind."""

import json
from typing import Any

import pytest

from federation import proofs
from federation.errors import SignatureRefused
from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict
from fedinode.services import delivering, publishing, reading, registering, revising
from fedinode.services.presenting import PostView
from fedinode.storage import federated_objects
from fedinode.storage.database import Session
from tests.mastodon import Shown, show
from tests.peer_server import Peer
from tests.services.outgoing.conftest import Befriend, Write

pytestmark = pytest.mark.anyio

ON_SQLITE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
NEWS = 'type = "news"\ntitle = "Streik"\nlanguage = "de"\nsummary = "Kurz."\nslug = "streik"'
RUSSIAN = '\n[translations.ru]\ntitle = "Забастовка"\nsummary = "Коротко."\nbody = "{lang=de}\\n> Streik!"'
STATEMENT = """type = "statement"
title = "Erklärung"
language = "de"
summary = "Kurz."
issued_by = "Plenum"
adopted = 2026-03-14T18:30:00
timezone = "Europe/Berlin"
place = "Berlin"
demands = ["Brot", "Frieden"]
"""
QUOTING = "Der Text.\n\n{lang=ru}\n> Хлеб!"
EVENT = """type = "event"
title = "Lesekreis"
language = "de"
summary = "Mit Suppe."
starts = 2031-05-03T19:00:00
timezone = "Europe/Berlin"
show_zones = ["Asia/Tbilisi"]
place = "Bibliothek"
"""


async def documents_of(cap: Capabilities, uri: str) -> dict[str | None, dict[str, Any]]:
    """Return what GET serves for each object of the post that an object belongs to, by language."""

    def read(session: Session) -> dict[str | None, dict[str, Any]]:
        subject = federated_objects.find_by_uri(session, uri)
        assert subject is not None
        found = {}
        for each in federated_objects.list_of_post(session, subject.post_id):
            newest = federated_objects.newest_document(session, each.id)
            assert newest is not None
            found[each.language] = json.loads(newest.body)
        return found

    return await cap.database.read(read)


async def page_of(cap: Capabilities, language: str, slug: str) -> PostView:
    """Return what the page of a post shows."""
    _, view = await reading.post(cap, "berlin", language, slug)
    assert isinstance(view, PostView)
    return view


@ON_SQLITE
@pytest.mark.parametrize(
    ("front_matter", "title", "words"),
    [
        (NEWS + '\nshow = "teaser"\ntags = ["Neue Arbeit"]', "Streik", "Kurz."),
        (STATEMENT, "Erklärung", "Kurz."),
        (EVENT, "Lesekreis", "Samstag, 3. Mai 2031"),
    ],
    ids=["article", "statement", "event"],
)
async def test_mastodon_shows_title_summary_and_a_card_of_the_page(
    cap: Capabilities, manuscript: Write, front_matter: str, title: str, words: str
) -> None:
    published = await publishing.post(cap, manuscript(front_matter + RUSSIAN, "Der ganze Text."))
    ((_, document),) = (await documents_of(cap, published.uri)).items()
    shown = show(document)
    assert shown.html.startswith(f"<p><strong>{title}</strong></p>")
    assert words in shown.words
    assert "Der ganze Text." not in shown.words
    assert (shown.card_url, shown.language) == (published.url, "de")
    assert (shown.content_warning, shown.is_public) == ("", True)
    if title == "Lesekreis":
        assert "21:00 Tiflis" in shown.words
        assert "19:00 Berlin" in shown.words
        assert "Mit Suppe." in shown.words
    if title == "Streik":
        assert shown.hashtags == ("#NeueArbeit",)


@ON_SQLITE
async def test_mastodon_shows_a_note_whole_and_under_no_warning(cap: Capabilities, manuscript: Write) -> None:
    quotation = "Sie rufen:\n\n{lang=ru}\n> Хлеб!"
    published = await publishing.post(cap, manuscript(NEWS.replace('summary = "Kurz."\n', ""), quotation))
    ((_, document),) = (await documents_of(cap, published.uri)).items()
    shown = show(document)
    assert shown.words == "Streik Sie rufen: Хлеб!"
    assert '<blockquote lang="ru" dir="ltr">' in shown.html
    assert (shown.content_warning, shown.language, shown.card_url) == ("", "de", None)


async def test_each_language_goes_out_by_itself_and_names_the_others(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    await registering.set_federate(cap, "berlin", "each")
    text = manuscript(NEWS + '\nshow = "teaser"' + RUSSIAN)
    published = await publishing.post(cap, text)
    await delivering.deliver_once(cap)
    sent = {each["object"]["url"]: each["object"] for each in koeln.received("Create")}
    seen: dict[str | None, Shown] = {(one := show(each)).language: one for each in sent.values()}
    assert seen["ru"].words.startswith("Забастовка Коротко.")
    assert seen["ru"].card_url == cap.urls.post_page("berlin", "ru", "zabastovka")
    assert seen["de"].words.startswith("Streik Kurz.")
    by_language = await documents_of(cap, published.uri)
    german, russian = by_language["de"], by_language["ru"]
    assert russian["translationOf"] == german["id"]
    assert german["translations"] == [russian["id"]]
    # A third language later: the original names it too, and nobody else is told anything.
    english = '\n[translations.en]\ntitle = "Strike"\nbody = "Text."\ntranslator = "Mira"\nstatus = "machine"'
    later = manuscript(NEWS + '\nshow = "teaser"' + RUSSIAN + english)
    await revising.edit(cap, published.uri, later)
    by_language = await documents_of(cap, published.uri)
    assert by_language["de"]["translations"] == [russian["id"], by_language["en"]["id"]]
    assert show(by_language["en"]).language == "en"
    assert (await page_of(cap, "en", "strike")).current.translator == "Mira"
    # Who stands behind it may change without its words.
    reviewed = await revising.edit(cap, published.uri, manuscript(
        NEWS + '\nshow = "teaser"' + RUSSIAN + english.replace("machine", "official")
    ))  # fmt: skip
    assert not reviewed.already
    english_one = (await documents_of(cap, published.uri))["en"]
    assert english_one["translators"] == {"en": "Mira"}
    assert english_one["translationStatus"] == {"en": "official"}
    assert (await page_of(cap, "en", "strike")).current.status == "official"


async def test_a_text_that_others_sign_is_translated_later_as_an_object_of_its_own(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    signed = STATEMENT + 'cosign = "anyone"\nslug = "erklaerung"\n'
    russian = (
        '[translations.ru]\ntitle = "Заявление"\nsummary = "Коротко."\nissued_by = "Пленум"\nbody = "Текст."'
    )
    published = await publishing.post(cap, manuscript(signed, QUOTING))
    before = (await documents_of(cap, published.uri))[None]
    with pytest.raises(Conflict, match="never changes"):
        await revising.edit(cap, published.uri, manuscript(signed + russian, "Ein anderer Text."))
    changed = await revising.edit(cap, published.uri, manuscript(signed + russian, QUOTING))
    assert (changed.already, changed.deliveries) == (False, 1)
    found = await documents_of(cap, published.uri)
    translation = found["ru"]
    # What is signed has bare tags; the page still says which language a quotation is in.
    assert "<blockquote>\n<p>Хлеб!</p>" in before["content"]
    german = await page_of(cap, "de", "erklaerung")
    assert '<blockquote lang="ru" dir="ltr">' in german.html
    assert not german.is_late_translation
    assert found[None] == before
    assert translation["translationOf"] == published.uri
    assert translation["translatesDigest"] == before["textDigest"]
    assert "textDigest" not in translation
    key = await cap.keyring.signer(cap.urls.collective("berlin"), "proof")
    proofs.verify_document(translation, key.key.public, cap.clock())
    with pytest.raises(SignatureRefused):
        proofs.verify_document(translation | {"summary": "x"}, key.key.public, cap.clock())
    await delivering.deliver_once(cap)
    # Both go out at once, and either may arrive first.
    shown = {each["object"]["id"]: show(each["object"]).words for each in koeln.received("Create")}
    assert shown[translation["id"]].startswith("Заявление Коротко.")
    page = await page_of(cap, "ru", "zayavlenie")
    assert page.statement is not None
    assert (page.statement.issued_by, page.uri) == ("Пленум", translation["id"])
    assert page.roster is not None
    assert page.is_late_translation
    # The translation is ours to correct; what was signed is not.
    again = await revising.edit(
        cap, published.uri, manuscript(signed + russian.replace("Текст", "Слова"), QUOTING)
    )
    assert not again.already
    found = await documents_of(cap, published.uri)
    assert found[None] == before
    assert "Слова" in found["ru"]["content"]


async def test_a_slug_that_leads_elsewhere_is_refused_and_nothing_is_changed(
    cap: Capabilities, manuscript: Write
) -> None:
    first = await publishing.post(cap, manuscript(NEWS, "Eins."))
    with pytest.raises(Conflict, match='"streik" is taken: /@berlin/de/streik leads to another post'):
        await publishing.post(cap, manuscript(NEWS, "Zwei."))
    with pytest.raises(Conflict, match="is taken"):
        await publishing.post(cap, manuscript(NEWS, "Zwei."), draft=True)
    # An address that was given up leads on to its post, so it is taken too.
    await revising.edit(cap, first.uri, manuscript(NEWS.replace('"streik"', '"der-streik"'), "Eins."))
    with pytest.raises(Conflict, match="is taken"):
        await publishing.post(cap, manuscript(NEWS, "Zwei."))
    # What we make of a title ourselves gets a number, and in another language an address is another one.
    unchosen = NEWS.replace('\nslug = "streik"', "")
    assert (await publishing.post(cap, manuscript(unchosen, "Zwei."))).url.endswith("/de/streik-2")
    english = NEWS.replace('"de"', '"en"')
    assert (await publishing.post(cap, manuscript(english, "Three."))).url.endswith("/en/streik")
