"""Ids over HTTP: documents for servers, pages for people, tombstones, collections."""

import json
import random
from typing import Any

import httpx
import pytest

from fedinode.capabilities import Capabilities
from fedinode.services import publishing
from tests.web.conftest import DOCUMENT, HTML, ORIGIN, Get, Publish, fresh

pytestmark = pytest.mark.anyio

NEWS = 'type = "news"\ntitle = "Streik"\nlanguage = "de"\nshow = "teaser"'
ACTOR = "/collectives/berlin"
MASTODON = "application/activity+json, application/ld+json"


def document(response: httpx.Response) -> dict[str, Any]:
    assert response.status_code in (200, 410), response.text
    assert response.headers["content-type"] == "application/activity+json"
    found: dict[str, Any] = response.json()
    return found


async def test_an_id_is_a_document_for_servers_and_leads_people_to_the_page(
    get: Get, publish: Publish
) -> None:
    post = await publish(NEWS, "Wir streiken.")
    found = document(await get(post.uri, accept=MASTODON))
    assert found["id"] == post.uri
    assert "Wir streiken." in found["content"]
    page = await get(post.uri, **HTML)
    assert (page.status_code, page.headers["location"]) == (303, post.url)
    assert page.headers["vary"] == "Accept"


async def test_a_document_is_kept_under_its_own_etag(get: Get, publish: Publish) -> None:
    post = await publish(NEWS)
    first = await get(post.uri, **DOCUMENT)
    known = await get(post.uri, if_none_match=first.headers["etag"], **DOCUMENT)
    assert known.status_code == 304
    assert (await get(post.uri, if_none_match=first.headers["etag"], **HTML)).status_code == 303


async def test_mixed_requests_never_get_the_wrong_representation(get: Get, publish: Publish) -> None:
    post = await publish(NEWS + '\n[translations.ru]\ntitle = "Забастовка"\nbody = "Текст."')
    accepts = (MASTODON, "text/html,application/xhtml+xml,*/*;q=0.8", "application/json", "*/*", "")
    paths = (post.uri, post.url, f"{ORIGIN}/@berlin/ru/zabastovka", ACTOR, "/@berlin", "/@berlin/ru")
    chance = random.Random(7)
    for _ in range(400):
        path, accept = chance.choice(paths), chance.choice(accepts)
        response = await get(path, accept=accept, accept_language=chance.choice(("ru", "de", "en")))
        wants_document = accept in (MASTODON, "application/json")
        is_id = path in (post.uri, ACTOR)
        if is_id != wants_document:
            assert response.status_code == 303
        elif is_id:
            assert response.json()["id"].endswith(path.removeprefix(ORIGIN))
        else:
            language = "ru" if "/ru" in path else "de"
            assert f'<html lang="{language}"' in response.text


async def test_a_withdrawn_post_leaves_a_tombstone(get: Get, publish: Publish, cap: Capabilities) -> None:
    post = await publish(NEWS, "Zurückgenommen.")
    activity = json.loads((await get(f"{ACTOR}/outbox/1", **DOCUMENT)).content)["orderedItems"][0]["id"]
    await publishing.delete(cap, post.url)
    gone = await fresh(get, post.uri, lambda response: response.status_code == 410, **DOCUMENT)
    assert document(gone)["type"] == "Tombstone"
    assert "Zurückgenommen." not in gone.text
    outbox = f"{ACTOR}/outbox/1"
    await fresh(get, outbox, lambda page: document(page)["orderedItems"] == [], **DOCUMENT)
    assert (await get(activity, **DOCUMENT)).status_code == 404
    assert (await get(f"{post.uri}/likes", **DOCUMENT)).status_code == 404


async def test_a_collective_is_an_actor_with_its_collections(get: Get) -> None:
    actor = document(await get(ACTOR, **DOCUMENT))
    assert actor["type"] == "Organization"
    assert actor["name"] == "Berliner Zelle"
    for name in ("outbox", "followers", "following", "featured"):
        found = document(await get(actor[name], **DOCUMENT))
        assert found["id"] == actor[name]
        assert found["totalItems"] == 0


async def test_the_node_is_an_actor_that_publishes_nothing(get: Get) -> None:
    actor = document(await get("/actor", **DOCUMENT))
    assert actor["type"] == "Application"
    assert document(await get(actor["outbox"], **DOCUMENT))["totalItems"] == 0
    assert (await get("/actor", **HTML)).headers["location"] == f"{ORIGIN}/about"


async def test_the_outbox_names_each_post_once_the_newest_first(get: Get, publish: Publish) -> None:
    posts = [await publish(NEWS.replace("Streik", f"Nummer {number}")) for number in range(21)]
    outbox = document(await get(f"{ACTOR}/outbox", **DOCUMENT))
    assert outbox["totalItems"] == 21
    first = document(await get(outbox["first"], **DOCUMENT))
    last = document(await get(first["next"], **DOCUMENT))
    assert first["next"] == outbox["last"] == last["id"]
    named = [item["object"] for item in first["orderedItems"] + last["orderedItems"]]
    assert named == [post.uri for post in reversed(posts)]
    assert "next" not in last
    assert (await get(f"{ACTOR}/outbox/3", **DOCUMENT)).status_code == 404
    assert (await get(f"{ACTOR}/outbox/0", **DOCUMENT)).status_code == 404


async def test_an_activity_does_not_repeat_a_text_that_was_changed(
    get: Get, publish: Publish, edit: Publish
) -> None:
    post = await publish(NEWS, "Mit einem Namen.")
    page = document(await get(f"{ACTOR}/outbox/1", **DOCUMENT))
    activity = page["orderedItems"][0]["id"]
    assert "Mit einem Namen." in document(await get(activity, **DOCUMENT))["object"]["content"]
    await edit(post.url, NEWS, "Ohne.")
    changed = await fresh(get, activity, lambda answer: "Namen" not in answer.text, **DOCUMENT)
    assert document(changed)["object"] == post.uri
    assert document(changed)["type"] == "Create"


async def test_followers_are_a_number_unless_the_node_shows_them(get: Get) -> None:
    found = document(await get(f"{ACTOR}/followers", **DOCUMENT))
    assert "first" not in found
    assert "orderedItems" not in found
    assert (await get(f"{ACTOR}/followers/1", **DOCUMENT)).status_code == 404
    assert "first" in document(await get(f"{ACTOR}/following", **DOCUMENT))
    assert document(await get(f"{ACTOR}/following/1", **DOCUMENT))["orderedItems"] == []


async def test_statements_are_what_a_profile_shows_first_as_plain_ids(get: Get, publish: Publish) -> None:
    await publish(NEWS)
    statement = await publish('type = "statement"\ntitle = "Erklärung"\nlanguage = "de"')
    assert statement.uri.startswith(f"{ORIGIN}/statements/")
    assert document(await get(f"{ACTOR}/featured", **DOCUMENT))["orderedItems"] == [statement.uri]


async def test_likes_shares_and_replies_have_addresses_of_their_own(get: Get, publish: Publish) -> None:
    post = await publish(NEWS)
    for kind in ("likes", "shares", "replies"):
        found = document(await get(f"{post.uri}/{kind}", **DOCUMENT))
        assert (found["id"], found["totalItems"]) == (f"{post.uri}/{kind}", 0)


async def test_documents_may_be_read_by_scripts_of_other_sites(get: Get) -> None:
    response = await get(ACTOR, **DOCUMENT)
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"


async def test_servers_are_told_in_json_what_is_not_there(get: Get) -> None:
    for path in ("/posts/no", "/statements/no", "/activities/no", "/collectives/nobody", "/no"):
        response = await get(path, **DOCUMENT)
        assert response.status_code == 404
        assert response.json() == {"error": "There is nothing at this address"}
