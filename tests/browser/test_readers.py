"""What readers do on a site, each with JavaScript and without: read, change the language, search, follow."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PageOf
from tests.browser.sample_site import Site
from tests.peer_server import Peer, PeerServer, Reply, peer_server

_INTENT = "https://w3id.org/fep/3b86/Object"


@pytest.fixture(scope="module", params=[True, False], ids=["javascript", "no-javascript"])
def reader(request: pytest.FixtureRequest, page_of: PageOf) -> Page:
    """A reader of German, with JavaScript and then without."""
    return page_of(javascript=request.param, locale="de")


@pytest.fixture(scope="module")
def peers() -> Iterator[PeerServer]:
    with peer_server() as server:
        yield server


@pytest.fixture
def home(peers: PeerServer) -> Peer:
    """The server on which the reader has an account."""
    peer = peers.peer("home")
    links = [
        {"rel": "self", "type": "application/activity+json", "href": f"{peer.origin}/users/me"},
        {"rel": _INTENT, "template": f"{peer.origin}/authorize_interaction?uri={{object}}"},
    ]
    jrd = {"subject": f"acct:me@{peer.host}", "links": links}
    peer.answer("/.well-known/webfinger", Reply.json(jrd, "application/jrd+json"))
    page = b"<!doctype html><html lang=de><title>Zuhause</title><h1>Folgen?</h1></html>"
    peer.answer("/authorize_interaction", Reply(headers=(("Content-Type", "text/html"),), body=page))
    return peer


def test_a_reader_finds_a_text_and_reads_it_in_another_language(reader: Page, site: Site) -> None:
    reader.goto(f"{site.origin}/")
    reader.get_by_role("link", name="Die Häuser in der Kiefholzstraße").first.click()
    expect(reader.get_by_role("heading", level=1)).to_have_text(re.compile("^Die Häuser"))
    expect(reader.locator("html")).to_have_attribute("lang", "de")
    expect(
        reader.get_by_role("listitem").filter(has_text="Kündigungen werden zurückgenommen")
    ).to_be_visible()

    languages = reader.get_by_role("navigation", name="Sprachen")
    languages.get_by_role("link", name="Русский").click()
    expect(reader.get_by_role("heading", level=1)).to_have_text(re.compile("^Дома на"))
    expect(reader.locator("html")).to_have_attribute("lang", "ru")
    reader.get_by_role("navigation", name="Языки").get_by_role("link", name="العربية").click()
    expect(reader.locator("html")).to_have_attribute("dir", "rtl")
    prose = reader.locator(".prose p").first
    assert prose.evaluate("each => getComputedStyle(each).direction") == "rtl"
    # The way back, and on: what a browser can do without any script of ours.
    reader.go_back()
    expect(reader.get_by_role("heading", level=1)).to_have_text(re.compile("^Дома на"))


def test_who_has_no_mouse_comes_to_the_text_with_two_keys(reader: Page, site: Site) -> None:
    reader.goto(f"{site.origin}/archive")
    reader.keyboard.press("Tab")
    skip = reader.get_by_role("link", name="Zum Text springen")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    reader.keyboard.press("Enter")
    assert urlsplit(reader.url).fragment == "main"
    reader.keyboard.press("Tab")
    focused = reader.locator(":focus")
    assert focused.evaluate("each => document.querySelector('main').contains(each)")
    assert float(focused.evaluate("each => getComputedStyle(each).outlineWidth").removesuffix("px")) >= 2


def test_a_reader_searches_in_one_language_and_finds_the_word_in_another_form(
    reader: Page, site: Site
) -> None:
    reader.goto(f"{site.origin}/")
    reader.get_by_role("link", name="Suchen", exact=True).click()
    reader.get_by_label("Wörter").fill("Haus")
    reader.get_by_label("Sprache").select_option(label="Deutsch")
    reader.get_by_role("button", name="Suchen").click()
    expect(reader.get_by_role("status")).to_contain_text("gefunden")
    expect(reader.locator("mark").first).to_have_text(re.compile("Häuser"))
    expect(reader.get_by_label("Wörter")).to_have_value("Haus")
    reader.get_by_role("heading", level=2).get_by_role("link").first.click()
    expect(reader.get_by_role("heading", level=1)).to_have_text(re.compile("^Die Häuser"))


def test_a_reader_follows_from_their_own_server(reader: Page, site: Site, home: Peer) -> None:
    reader.goto(f"{site.origin}/@berlin")
    reader.get_by_role("link", name="Folgen", exact=True).click()
    handle = reader.get_by_label("Dein Name auf Mastodon")
    handle.fill(f"@me@nobody.{home.host.partition('.')[2]}")
    reader.get_by_role("button", name="Folgen").click()
    # What does not work is said, and what was typed stays.
    expect(reader.get_by_role("alert")).to_be_visible()
    expect(handle).to_have_value(re.compile("^@me@nobody"))

    handle.fill(f"@me@{home.host}")
    reader.get_by_role("button", name="Folgen").click()
    reader.get_by_role("link", name=re.compile("Weiter auf home.peers")).click()
    expect(reader.get_by_role("heading", level=1)).to_have_text("Folgen?")
    there = urlsplit(reader.url)
    assert there.netloc == home.host
    assert parse_qs(there.query)["uri"] == [site.cap.urls.collective("berlin")]
    # Nobody there learns where the reader came from.
    assert {each.header("referer") for each in home.fetches("/authorize_interaction")} == {None}
