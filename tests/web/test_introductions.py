"""WebFinger, host-meta, NodeInfo, robots.txt: how others find out who and what is here."""

import pytest

from tests.conftest import DatabaseKind
from tests.web.conftest import ORIGIN, Get, Publish

pytestmark = pytest.mark.anyio


@pytest.fixture
def database_kind() -> DatabaseKind:
    """One kind will do: nothing here asks the database in a way of its own."""
    return "sqlite"


FINGER = "/.well-known/webfinger?resource="


async def test_webfinger_knows_a_collective_by_handle_id_and_page(get: Get) -> None:
    for resource in (
        "acct:berlin@berlin.example",
        "acct:Berlin@BERLIN.example",
        f"{ORIGIN}/collectives/berlin",
        f"{ORIGIN}/@berlin",
    ):
        response = await get(FINGER + resource)
        assert response.headers["content-type"] == "application/jrd+json"
        assert response.headers["access-control-allow-origin"] == "*"
        answer = response.json()
        assert answer["subject"] == "acct:berlin@berlin.example"
        self_links = {link["type"]: link["href"] for link in answer["links"] if link["rel"] == "self"}
        assert self_links["application/activity+json"] == f"{ORIGIN}/collectives/berlin"


async def test_webfinger_knows_the_actor_of_the_node(get: Get) -> None:
    for resource in ("acct:actor@berlin.example", f"{ORIGIN}/actor"):
        answer = (await get(FINGER + resource)).json()
        assert answer["links"][1]["href"] == f"{ORIGIN}/actor"


REFUSED = {
    "acct:nobody@berlin.example": 404,
    "acct:berlin@tbilisi.example": 404,
    f"{ORIGIN}/@berlin/de/streik": 404,
    "https://tbilisi.example/collectives/berlin": 404,
    "acct:berlin": 400,
    "": 400,
    "acct:берлин@berlin.example": 400,
    "mailto:berlin@berlin.example": 400,
    "acct:berlin@berlin.example&resource=acct:actor@berlin.example": 400,
    "x" * 3000: 400,
}


async def test_webfinger_says_no_to_others(get: Get) -> None:
    for resource, status in REFUSED.items():
        response = await get(FINGER + resource, accept="application/jrd+json, application/json")
        assert response.status_code == status, resource
        assert set(response.json()) == {"error"}


async def test_host_meta_leads_to_webfinger(get: Get) -> None:
    response = await get("/.well-known/host-meta")
    assert response.headers["content-type"] == "application/xrd+xml"
    assert f"{ORIGIN}/.well-known/webfinger?resource={{uri}}" in response.text


async def test_nodeinfo_counts_collectives_and_posts_and_no_readers(get: Get, publish: Publish) -> None:
    await publish('type = "news"\ntitle = "Streik"\nlanguage = "de"\nshow = "teaser"')
    link, _ = (await get("/.well-known/nodeinfo")).json()["links"]
    found = (await get(link["href"])).json()
    assert found["version"] == "2.1"
    assert found["software"]["name"] == "fedinode"
    assert found["usage"] == {"users": {"total": 2}, "localPosts": 1}
    assert found["openRegistrations"] is False


async def test_crawlers_for_language_models_are_asked_to_stay_away(get: Get) -> None:
    text = (await get("/robots.txt")).text
    shut_out, others = text.split("\n\n", 1)
    assert "User-agent: GPTBot\n" in shut_out
    assert shut_out.endswith("Disallow: /")
    assert "User-agent: *" in others
    assert "Disallow: /\n" not in others
