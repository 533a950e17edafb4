"""Lists of co-signatures over HTTP: nothing before publication, everything that verifies it after that."""

import json

import pytest

from federation import jsonld
from federation.cosigning import documents, verify
from federation.cosigning.report import ListWord, StatementWord
from fedinode.capabilities import Capabilities
from fedinode.services import publishing
from tests.web.conftest import DOCUMENT, HTML, Get, Publish

pytestmark = pytest.mark.anyio

STATEMENT = 'type = "statement"\ntitle = "Für acht Stunden"\nlanguage = "de"\ncosign = "anyone"'
PATHS = (
    "",
    "/bundle.json",
    "/bundle.json?after=0",
    "/bundle.jsonl",
    "/badge.svg",
    "/badge/de.svg",
    "/embed",
    "/embed/de",
    "/cosignatures",
    "/cosignatures/1",
    "/cosignatures/checkpoint",
)


async def digest_of(get: Get, uri: str) -> str:
    return str((await get(uri, **DOCUMENT)).json()["textDigest"])


@pytest.mark.parametrize("path", PATHS)
async def test_a_draft_has_no_list(get: Get, publish: Publish, path: str) -> None:
    draft = await publish(STATEMENT, draft=True)
    assert (await get(draft.uri + path)).status_code == 404


@pytest.mark.parametrize("path", PATHS)
async def test_a_public_statement_has_a_list(
    cap: Capabilities, get: Get, publish: Publish, path: str
) -> None:
    draft = await publish(STATEMENT, draft=True)
    assert (await get(draft.uri + path)).status_code == 404
    await publishing.publish(cap, draft.uri)
    assert (await get(draft.uri + path, **DOCUMENT)).status_code == 200


@pytest.mark.parametrize("name", ["bundle.json", "bundle.jsonl"])
async def test_a_bundle_verifies(get: Get, publish: Publish, name: str) -> None:
    statement = await publish(STATEMENT)
    report = verify.verify((await get(f"{statement.uri}/{name}")).content)
    assert (report.statement, report.completeness) == (StatementWord.VALID, ListWord.COMPLETE)
    assert report.is_sound


async def test_the_etag_of_a_bundle_is_the_state_of_the_list(get: Get, publish: Publish) -> None:
    statement = await publish(STATEMENT)
    whole = await get(f"{statement.uri}/bundle.json")
    page = await get(f"{statement.uri}/bundle.json?after=0")
    assert whole.headers["etag"] == page.headers["etag"]
    again = await get(f"{statement.uri}/bundle.json?after=0", if_none_match=whole.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")


async def test_a_cursor_that_is_none_is_refused(get: Get, publish: Publish) -> None:
    statement = await publish(STATEMENT)
    assert (await get(f"{statement.uri}/bundle.json?after=-1")).status_code == 404


async def test_the_signed_text_is_what_the_digest_says(get: Get, publish: Publish) -> None:
    statement = await publish(STATEMENT)
    digest = await digest_of(get, statement.uri)
    text = await get(f"/signed-texts/{digest}")
    assert documents.digest_of_bytes(text.content) == digest
    assert "immutable" in text.headers["cache-control"]


async def test_the_address_of_a_statement_leads_to_the_copy(get: Get, publish: Publish) -> None:
    statement = await publish(STATEMENT)
    digest = await digest_of(get, statement.uri)
    found = await get(f"/mirror?statement={statement.uri}")
    assert found.status_code == 303
    copy = await get(found.headers["location"])
    assert copy.json()["statement"]["textDigest"] == digest
    witness = await get(f"/mirror/{digest}/witness")
    assert witness.json()["textDigest"] == digest


@pytest.mark.parametrize(
    "path",
    ["/mirror", "/mirror?statement=https://else.example/1", "/mirror/zQmNothing", "/signed-texts/zQmNothing"],
)
async def test_a_copy_that_is_not_kept_is_not_found(get: Get, path: str) -> None:
    assert (await get(path)).status_code == 404


@pytest.mark.parametrize("path", ["/cosignatures/abc", "/cosign-authorizations/abc"])
async def test_a_record_that_is_not_there_is_not_found(get: Get, path: str) -> None:
    assert (await get(path)).status_code == 404


async def test_a_badge_is_a_drawing_without_scripts(get: Get, publish: Publish) -> None:
    statement = await publish(STATEMENT)
    badge = await get(f"{statement.uri}/badge.svg")
    assert badge.headers["content-type"].startswith("image/svg+xml")
    assert badge.text.startswith("<svg ")
    assert "<script" not in badge.text
    assert "0 " in badge.text


async def test_a_page_says_how_to_verify(get: Get, publish: Publish) -> None:
    statement = await publish(STATEMENT)
    page = (await get(statement.url, **HTML)).text
    assert f"fedinode verify {statement.uri}" in page
    assert f"{statement.uri}/bundle.json" in page


async def test_a_page_that_nobody_can_sign_says_nothing_of_it(get: Get, publish: Publish) -> None:
    statement = await publish(STATEMENT.replace("anyone", "closed"))
    assert "fedinode verify" not in (await get(statement.url, **HTML)).text


async def test_a_collection_counts_and_leads_to_its_pages(get: Get, publish: Publish) -> None:
    statement = await publish(STATEMENT)
    found = jsonld.load((await get(f"{statement.uri}/cosignatures", **DOCUMENT)).content)
    assert (found["type"], found["totalItems"]) == ("OrderedCollection", 0)
    page = json.loads((await get(found["first"], **DOCUMENT)).content)
    assert page["partOf"] == f"{statement.uri}/cosignatures"
