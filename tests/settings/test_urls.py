"""Every address we mint, as other servers and scripts rely on them."""

import pytest

from fedinode.urls import PROOF_KEY, Urls

URLS = Urls("http://berlin.localhost:8001")
HOST = "http://berlin.localhost:8001"


@pytest.mark.parametrize(
    ("address", "path"),
    [
        (URLS.node_actor(), "/actor"),
        (URLS.shared_inbox(), "/inbox"),
        (URLS.collective("berlin"), "/collectives/berlin"),
        (URLS.collective_inbox("berlin"), "/collectives/berlin/inbox"),
        (URLS.collective_outbox("berlin"), "/collectives/berlin/outbox"),
        (URLS.collective_followers("berlin"), "/collectives/berlin/followers"),
        (URLS.collective_following("berlin"), "/collectives/berlin/following"),
        (URLS.collective_featured("berlin"), "/collectives/berlin/featured"),
        (URLS.key(URLS.collective("berlin")), "/collectives/berlin#main-key"),
        (URLS.key(URLS.node_actor(), PROOF_KEY), "/actor#ed25519-1"),
        (URLS.post("abc"), "/posts/abc"),
        (URLS.statement("abc"), "/statements/abc"),
        (URLS.activity("abc"), "/activities/abc"),
        (URLS.media("abc.jpg"), "/media/abc.jpg"),
        (URLS.object_replies(URLS.post("abc")), "/posts/abc/replies"),
        (URLS.object_likes(URLS.post("abc")), "/posts/abc/likes"),
        (URLS.object_shares(URLS.post("abc")), "/posts/abc/shares"),
        (URLS.page("/about"), "/about"),
        (URLS.profile("berlin"), "/@berlin"),
        (URLS.profile("berlin", "de"), "/@berlin/de"),
        (URLS.post_page("berlin", "de", "titel"), "/@berlin/de/titel"),
        (URLS.feed("berlin"), "/@berlin/feed.atom"),
        (URLS.feed("berlin", "de"), "/@berlin/de/feed.atom"),
    ],
)
def test_an_address_is_the_agreed_one(address: str, path: str) -> None:
    assert address == HOST + path


def test_handles_carry_the_port() -> None:
    assert URLS.handle("berlin") == "@berlin@berlin.localhost:8001"
    assert URLS.acct("berlin") == "acct:berlin@berlin.localhost:8001"


@pytest.mark.parametrize(
    ("uri", "is_ours"), [(HOST, True), (HOST + "/x", True), (HOST + "0/x", False), ("/x", False)]
)
def test_what_lies_under_our_origin_is_ours(uri: str, is_ours: bool) -> None:
    assert URLS.is_ours(uri) is is_ours
