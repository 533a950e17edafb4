"""From a page of ours to the reader's own server: the form, where it leads, what is said when it cannot."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from urllib.parse import quote

import httpx
import pytest

from federation.net import client
from federation.net.egress import EgressPolicy
from fedinode.app import create_app
from fedinode.capabilities import Capabilities
from tests.peer_server import Peer, PeerServer, Reply, peer_server
from tests.web.conftest import ORIGIN, Clock, Get, Publish

pytestmark = pytest.mark.anyio

NEWS = 'type = "news"\ntitle = "Streik"\nlanguage = "de"\nshow = "teaser"'
STATEMENT = """type = "statement"
title = "Für acht Stunden"
language = "de"
cosign = "anyone"
individuals = true
"""
FORM = "application/x-www-form-urlencoded"
ACTOR = f"{ORIGIN}/collectives/berlin"
FEP = "https://w3id.org/fep/3b86"
INTENT = f"{FEP}/Object"

Post = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture(scope="module")
def server() -> Iterator[PeerServer]:
    with peer_server() as running:
        yield running


@pytest.fixture
def mastodon(server: PeerServer) -> Peer:
    """A server whose people can be led to."""
    peer = server.peer("mastodon")
    links = [
        {"rel": "self", "type": "application/activity+json", "href": f"{peer.origin}/users/me"},
        {"rel": INTENT, "template": f"{peer.origin}/authorize_interaction?uri={{object}}"},
    ]
    jrd = {"subject": f"acct:me@{peer.host}", "links": links}
    peer.answer("/.well-known/webfinger", Reply.json(jrd, "application/jrd+json"))
    return peer


@pytest.fixture
async def post(cap: Capabilities, clock: Clock) -> AsyncIterator[Post]:
    """Send the form; the node may speak to servers on loopback."""
    policy = EgressPolicy.of("http://berlin.localhost", [])
    async with client.open_client(policy, user_agent="test", clock=clock, connections=1) as opened:
        transport = httpx.ASGITransport(app=create_app(replace(cap, client=opened)))
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as asker:

            async def post_it(
                uri: str, handle: str, *, sign: str = "", intent: str = "", **headers: str
            ) -> httpx.Response:
                sent = {"accept": "text/html", "accept-language": "en"} | headers
                data = {"uri": uri, "handle": handle, "intent": intent} | ({"sign": sign} if sign else {})
                return await asker.post("/interact", data=data, headers=sent)

            yield post_it


async def test_a_reader_is_led_to_their_own_server(post: Post, publish: Publish, mastodon: Peer) -> None:
    published = await publish(NEWS)
    page = await post(published.uri, f" @me@{mastodon.host} ")
    assert page.status_code == 200
    escaped = published.uri.replace(":", "%3A").replace("/", "%2F")
    assert f'href="{mastodon.origin}/authorize_interaction?uri={escaped}"' in page.text
    assert page.headers["cache-control"] == "no-store"
    assert "location" not in page.headers


async def test_each_button_leads_to_the_address_that_the_server_has_for_it(
    get: Get, post: Post, publish: Publish, server: PeerServer
) -> None:
    uri = (await publish(NEWS)).uri
    rich = server.peer("rich")
    links = [
        {"rel": "self", "type": "application/activity+json", "href": f"{rich.origin}/users/me"},
        {"rel": INTENT, "template": f"{rich.origin}/open?uri={{object}}"},
        {"rel": f"{FEP}/Like", "template": f"{rich.origin}/like?uri={{object}}&then={{on-success}}"},
        {"rel": f"{FEP}/Announce", "template": f"{rich.origin}/boost?uri={{object}}"},
        {"rel": f"{FEP}/Create", "template": f"{rich.origin}/write?re={{inReplyTo}}&text={{content}}"},
        {"rel": f"{FEP}/Follow", "template": "javascript:alert({object})"},
    ]
    jrd = {"subject": f"acct:me@{rich.host}", "links": links}
    rich.answer("/.well-known/webfinger", Reply.json(jrd, "application/jrd+json"))
    old = server.peer("old")
    subscribe = "http://ostatus.org/schema/1.0/subscribe"
    jrd = {
        "subject": f"acct:me@{old.host}",
        "links": [links[0], {"rel": subscribe, "template": f"{old.origin}/authorize?uri={{uri}}"}],
    }
    old.answer("/.well-known/webfinger", Reply.json(jrd, "application/jrd+json"))
    escaped = quote(uri, safe="")
    expected = {
        "like": f"{rich.origin}/like?uri={escaped}&amp;then=",
        "share": f"{rich.origin}/boost?uri={escaped}",
        "reply": f"{rich.origin}/write?re={escaped}&amp;text=",
        "nonsense": f"{rich.origin}/open?uri={escaped}",
    }
    for intent, url in expected.items():
        assert f'href="{url}"' in (await post(uri, f"@me@{rich.host}", intent=intent)).text
    # An address that is none is not taken: the server opens the collective, as it opens anything.
    followed = await post(ACTOR, f"@me@{rich.host}", intent="follow")
    assert f'href="{rich.origin}/open?uri={quote(ACTOR, safe="")}"' in followed.text
    assert (
        f'href="{old.origin}/authorize?uri={escaped}"'
        in (await post(uri, f"me@{old.host}", intent="like")).text
    )
    page = (await get(uri.replace("/posts/", "/posts/"))).headers["location"]
    assert '<bdi class="handle" dir="ltr">@berlin@berlin.example</bdi>' in (await get(page)).text


async def test_following_begins_on_the_profile(get: Get, post: Post, mastodon: Peer) -> None:
    profile = (await get("/@berlin")).text
    assert f'href="{ORIGIN}/interact?uri={ACTOR.replace(":", "%3A")}"' in profile
    form = await get(f"/interact?uri={ACTOR}")
    assert f'<input type="hidden" name="uri" value="{ACTOR}">' in form.text
    assert f"{mastodon.origin}/authorize_interaction" in (await post(ACTOR, f"me@{mastodon.host}")).text


async def test_every_post_has_the_form(get: Get, publish: Publish) -> None:
    published = await publish(NEWS)
    page = (await get(published.url)).text
    assert f'<form class="search no-print" method="post" action="{ORIGIN}/interact"' in page
    assert f'<input type="hidden" name="uri" value="{published.uri}">' in page


async def test_a_signer_finds_the_message_written_where_their_server_can_do_that(
    get: Get, post: Post, publish: Publish, server: PeerServer, mastodon: Peer
) -> None:
    statement = (await publish(STATEMENT)).uri
    form = (await get(f"{statement}/sign/en")).text
    assert f"@berlin@{ORIGIN.split('://')[1]} sign {statement}" in form
    assert '<input type="hidden" name="sign" value="1">' in form
    opened = await post(statement, f"@me@{mastodon.host}", sign="1")
    assert "authorize_interaction" in opened.text
    assert "Answer it with the word" in opened.text
    new = server.peer("newer")
    links = [
        {"rel": "self", "type": "application/activity+json", "href": f"{new.origin}/users/me"},
        {"rel": "https://w3id.org/fep/3b86/Create", "template": f"{new.origin}/share?text={{content}}"},
    ]
    jrd = {"subject": f"acct:me@{new.host}", "links": links}
    new.answer("/.well-known/webfinger", Reply.json(jrd, "application/jrd+json"))
    written = await post(statement, f"@me@{new.host}", sign="1", **{"accept-language": "ru"})
    words = quote(f"@berlin@{ORIGIN.split('://')[1]} подписываю {statement}", safe="")
    assert f'href="{new.origin}/share?text={words}"' in written.text
    plain = await post((await publish(NEWS)).uri, f"@me@{new.host}", sign="1")
    assert plain.status_code == 404


async def test_what_was_typed_is_not_lost_when_it_leads_nowhere(
    post: Post, server: PeerServer, mastodon: Peer
) -> None:
    silent = server.peer("silent")
    jrd = {
        "subject": f"acct:me@{silent.host}",
        "links": [{"rel": "self", "type": "application/activity+json", "href": f"{silent.origin}/me"}],
    }
    silent.answer("/.well-known/webfinger", Reply.json(jrd, "application/jrd+json"))
    troubles = {
        "nonsense": "No server knows this handle.",
        "<script>@x.example": "No server knows this handle.",
        f"@me@{server.peer('nobody').host}": "No server knows this handle.",
        "@me@192.0.2.1": "The server in this handle cannot be reached.",
        "@me@no-such-server.invalid": "The server in this handle cannot be reached.",
        f"@me@{silent.host}": "That server does not say how to act on posts elsewhere.",
    }
    for handle, words in troubles.items():
        page = await post(ACTOR, handle)
        assert page.status_code == 200, handle
        assert words in page.text
        assert f'value="{handle.replace("<", "&lt;").replace(">", "&gt;")}"' in page.text
        assert "<script>@" not in page.text


async def test_only_what_is_ours_and_public_can_be_acted_on(get: Get, post: Post, publish: Publish) -> None:
    draft = await publish(NEWS, draft=True)
    for uri in (draft.uri, "https://elsewhere.example/1", "", f"{ORIGIN}/posts/none", "javascript:alert(1)"):
        assert (await get(str(httpx.URL("/interact", params={"uri": uri})))).status_code == 404
        assert (await post(uri, "@me@mastodon.example")).status_code == 404


async def test_a_form_that_is_none_is_refused_on_a_page(post: Post) -> None:
    wrong = await post(ACTOR, "@me@a.example", **{"content-type": "text/plain"})
    assert wrong.status_code == 415
    assert wrong.headers["content-type"].startswith("text/html")
    assert (await post(ACTOR, "x" * 5_000)).status_code == 413
    assert (await post(ACTOR, "x", accept="application/json", **{"content-type": "a/b"})).json().keys() == {
        "error"
    }


async def test_nobody_makes_us_ask_many_servers(post: Post, mastodon: Peer) -> None:
    statuses = [(await post(ACTOR, f"@me@{mastodon.host}")).status_code for _ in range(15)]
    assert statuses[:10] == [200] * 10
    assert 429 in statuses
