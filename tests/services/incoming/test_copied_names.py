"""Names of people under the copy of a statement: fetched from its author alone, replaced, shown, erased."""

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from federation.cosigning import signer_lists
from federation.cosigning.signer_lists import PAGE_NAMES, Signer
from federation.jsonld import Document
from fedinode.errors import Conflict, NotFound
from fedinode.services.cosigning import copying, erasing, pulling
from fedinode.storage import kept_statements, models, travelling_names
from fedinode.storage.database import Session
from fedinode.storage.kept_statements import KeptRow
from tests.conftest import DatabaseKind
from tests.peer_server import PeerServer, Reply
from tests.services.incoming.conftest import Visited
from tests.services.incoming.foreign_lists import Lists, keep_foreign_list, multikey

pytestmark = pytest.mark.anyio

BOTH = pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])


@pytest.fixture
def database_kind() -> DatabaseKind:
    """What differs between the databases is asked of both where a test says so."""
    return "sqlite"


@pytest.fixture
async def lists(visited: Visited, server: PeerServer) -> Lists:
    """A copy of Leipzig's statement at our node, with a list that can be fetched."""
    found = await keep_foreign_list(visited, server)
    daily = found.leipzig.daily_key.public.multikey()
    found.serve_actor(found.leipzig, **{"cosign-1": found.leipzig.value, "ed25519-1": daily})
    found.serve_actor(found.koeln, **{"cosign-1": multikey("cosign-1")})
    found.serve_list(found.entry())
    return found


def signers(*names: str) -> list[Signer]:
    return [Signer(id=hashlib.sha256(name.encode()).hexdigest()[:32], name=name) for name in names]


def many(count: int) -> list[Signer]:
    return [Signer(id=f"{number:032x}", name=f"Anna {number}") for number in range(count)]


def pages(lists: Lists, named: list[Signer], at: datetime, **changes: Any) -> list[Document]:
    made = signer_lists.render_pages(lists.text, named, at.replace(microsecond=0))
    return [lists.leipzig.sign_daily(page | changes) for page in made]


def serve(lists: Lists, served: list[Document]) -> None:
    """Let Leipzig show these pages of names."""
    for number, page in enumerate(served, 1):
        lists.server.peer("leipzig").answer(path(lists, number), Reply.json(page))


def path(lists: Lists, number: int) -> str:
    uri = signer_lists.page_uri(lists.text["id"], number)
    return uri.removeprefix(lists.server.peer("leipzig").origin)


async def kept(visited: Visited, lists: Lists) -> KeptRow:
    found = await visited.cap.database.read(lambda session: kept_statements.find(session, lists.text["id"]))
    assert found is not None
    return found


async def pull(visited: Visited, lists: Lists) -> list[str]:
    """Fetch the list as the node does when it is due, and return the names that are kept then."""
    await pulling.pull(visited.cap, await kept(visited, lists))
    return await names(visited, lists)


async def names(visited: Visited, lists: Lists) -> list[str]:
    def read(session: Session) -> list[str]:
        found = travelling_names.list_copies(session, lists.text["id"], offset=0, limit=2000)
        return [each.name for each in found]

    return await visited.cap.database.read(read)


async def shown(visited: Visited, lists: Lists) -> copying.NamesState | None:
    row = await kept(visited, lists)
    return await visited.cap.database.read(lambda session: copying.state_of(session, row, visited.clock()))


@BOTH
async def test_names_are_fetched_and_the_next_list_replaces_them(visited: Visited, lists: Lists) -> None:
    now = visited.clock()
    serve(lists, pages(lists, many(PAGE_NAMES + 1), now))
    assert await pull(visited, lists) == [each.name for each in many(PAGE_NAMES + 1)]
    state = await shown(visited, lists)
    assert state == copying.NamesState(total=PAGE_NAMES + 1, as_of=now, is_origin_gone=False)
    serve(lists, pages(lists, many(2)[1:], now + timedelta(seconds=1)))
    assert await pull(visited, lists) == ["Anna 1"]
    serve(lists, pages(lists, [], now + timedelta(seconds=2)))
    assert await pull(visited, lists) == []
    assert await shown(visited, lists) is None


async def test_an_unchanged_list_is_asked_for_by_its_first_page(visited: Visited, lists: Lists) -> None:
    serve(lists, pages(lists, many(PAGE_NAMES + 1), visited.clock()))
    await pull(visited, lists)
    visited.clock.advance(days=3)
    await pull(visited, lists)
    assert len(lists.server.peer("leipzig").fetches(path(lists, 2))) == 1
    assert (await kept(visited, lists)).names_at == visited.clock()


async def test_where_the_author_has_no_list_any_more_there_are_no_names(
    visited: Visited, lists: Lists
) -> None:
    serve(lists, pages(lists, signers("Anna"), visited.clock()))
    assert await pull(visited, lists) == ["Anna"]
    lists.server.peer("leipzig").answer(path(lists, 1), Reply(status=404))
    assert await pull(visited, lists) == []
    serve(lists, pages(lists, signers("Anna"), visited.clock()))
    assert await pull(visited, lists) == ["Anna"]


def forged(lists: Lists, now: datetime) -> dict[str, list[Document]]:
    """Return lists that nobody may believe."""
    later = now + timedelta(minutes=1)
    (right,) = pages(lists, signers("Eve"), later)
    (unsigned,) = signer_lists.render_pages(lists.text, signers("Eve"), later)
    other = lists.text | {"id": f"{lists.leipzig.origin}/statements/43"}
    first, second = pages(lists, many(PAGE_NAMES + 1), later)
    return {
        "unsigned": [unsigned],
        "wrong key": [lists.koeln.sign_daily(unsigned)],
        "changed": [right | {"signers": [{"id": "0" * 32, "name": "Mallory", "kind": "person"}]}],
        "other statement": [lists.leipzig.sign_daily(signer_lists.render_pages(other, [], later)[0])],
        "other text": pages(lists, signers("Eve"), later, textDigest="zQm" + "1" * 44),
        "older": pages(lists, signers("Eve"), now - timedelta(days=1)),
        "from the future": pages(lists, signers("Eve"), now + timedelta(days=2)),
        "10,000 pages": pages(lists, many(PAGE_NAMES), later, totalItems=10_000 * PAGE_NAMES),
        "page missing": [first],
        "page twice": [first, first],
        "pages of two lists": [first, pages(lists, many(PAGE_NAMES + 1), later + timedelta(seconds=1))[1]],
        "twice the same": pages(lists, [*signers("Eve"), *signers("Eve")], later),
        "wrong count": pages(lists, signers("Eve"), later, totalItems=2),
        "html": pages(lists, [replace(signers("Eve")[0], name="<b>Eve</b>")], later),
        "not a list": [{"hello": "world"}],
        "second of another": [first, lists.koeln.sign_daily(second)],
    }


async def test_what_is_not_the_authors_list_changes_nothing(visited: Visited, lists: Lists) -> None:
    now = visited.clock()
    serve(lists, pages(lists, signers("Anna"), now))
    assert await pull(visited, lists) == ["Anna"]
    for case, served in forged(lists, now).items():
        lists.server.peer("leipzig").answer(path(lists, 2), Reply(status=404))
        serve(lists, served)
        assert await pull(visited, lists) == ["Anna"], case
    assert (await kept(visited, lists)).names_at == now


async def test_a_list_of_ten_thousand_pages_is_left_after_the_first(visited: Visited, lists: Lists) -> None:
    serve(lists, forged(lists, visited.clock())["10,000 pages"])
    assert await pull(visited, lists) == []
    leipzig = lists.server.peer("leipzig")
    assert [len(leipzig.fetches(path(lists, number))) for number in (1, 2)] == [1, 0]


async def test_names_are_asked_of_the_author_alone(visited: Visited, lists: Lists) -> None:
    serve(lists, pages(lists, signers("Anna"), visited.clock()))
    await pull(visited, lists)
    lists.server.peer("leipzig").answer(lists.address, Reply(status=503))
    serve(lists, pages(lists, signers("Eve"), visited.clock() + timedelta(seconds=9)))
    assert await pull(visited, lists) == ["Anna"]
    assert (await kept(visited, lists)).silent_since == visited.clock()


async def test_old_names_are_hidden_until_their_server_is_gone(visited: Visited, lists: Lists) -> None:
    serve(lists, pages(lists, signers("Anna"), visited.clock()))
    await pull(visited, lists)
    fetched_at = visited.clock()
    visited.clock.advance(days=2)
    lists.server.peer("leipzig").answer(lists.address, Reply(status=503))
    await pull(visited, lists)
    assert await shown(visited, lists) is not None
    visited.clock.advance(days=6)
    assert await shown(visited, lists) is None
    visited.clock.advance(days=2)
    state = await shown(visited, lists)
    assert state == copying.NamesState(total=1, as_of=fetched_at, is_origin_gone=True)


@BOTH
async def test_a_name_that_is_erased_here_stays_erased_whatever_the_author_lists(
    visited: Visited, lists: Lists
) -> None:
    now = visited.clock()
    serve(lists, pages(lists, signers("Anna", "Ben"), now))
    await pull(visited, lists)
    await erasing.ask(visited.cap, lists.text["textDigest"], "Anna")
    assert [each.name for each in await erasing.list_asked(visited.cap, lists.text["id"])] == ["Anna"]
    assert (await erasing.erase(visited.cap, lists.text["id"], "Anna")).name == "Anna"
    assert await names(visited, lists) == ["Ben"]
    serve(lists, pages(lists, signers("Anna", "Ben", "Cem"), now + timedelta(seconds=5)))
    assert await pull(visited, lists) == ["Ben", "Cem"]
    with pytest.raises(NotFound):
        await erasing.erase(visited.cap, lists.text["id"], "Anna")
    for table in (models.ErasedSigner, models.CopiedSigner):
        kept_rows = await visited.cap.database.read(
            lambda session, table=table: [vars(row) for row in session.query(table)]  # type: ignore[misc]
        )
        assert "Anna" not in str(kept_rows)


async def test_of_two_with_one_name_the_number_says_who_is_meant(visited: Visited, lists: Lists) -> None:
    twice = [
        replace(each, name="Anna", place=place) for each, place in zip(many(2), ("Jena", "Ulm"), strict=True)
    ]
    serve(lists, pages(lists, twice, visited.clock()))
    await pull(visited, lists)
    with pytest.raises(Conflict, match="Ulm"):
        await erasing.erase(visited.cap, lists.text["id"], "Anna")
    row = (await visited.rows(models.CopiedSigner, place="Ulm"))[0]
    await erasing.erase(visited.cap, lists.text["id"], "Anna", number=row.id)
    assert [each.place for each in await visited.rows(models.CopiedSigner)] == ["Jena"]


async def test_the_pages_of_a_copy_name_people_and_take_requests(visited: Visited, lists: Lists) -> None:
    serve(
        lists,
        pages(lists, [replace(signers("Anna")[0], place="Jena", handle="@anna@a.example")], visited.clock()),
    )
    await pull(visited, lists)
    digest = lists.text["textDigest"]
    page = await visited.http.get(f"/mirror/{digest}/signers?language=ru")
    assert page.status_code == 200
    assert "noindex" in page.headers["x-robots-tag"]
    assert '<html lang="ru"' in page.text
    assert (await visited.http.get(f"/mirror/{digest}/signers?language=xx")).status_code == 404
    assert "Anna" in page.text
    assert "Jena" in page.text
    assert (await visited.http.get(f"/mirror/{digest}/signers?language=en&page=2")).status_code == 404
    copy = await visited.http.get(f"/mirror/{digest}/text/de")
    assert f"/mirror/{digest}/signers" in copy.text
    assert "Anna" not in copy.text
    bundle = await visited.http.get(f"/mirror/{digest}/bundle.json")
    assert "Anna" not in bundle.text
    form = await visited.http.get(f"/mirror/{digest}/signers/erase")
    assert form.status_code == 200
    for name in ("Anna", "Nobody"):
        asked = await visited.http.post(
            f"/mirror/{digest}/signers/erase", data={"name": name}, headers={"accept-language": "en"}
        )
        assert asked.status_code == 200, asked.text
    (row,) = await visited.rows(models.CopiedSigner)
    assert row.asked_at == visited.clock()
    await erasing.erase(visited.cap, lists.text["id"], "Anna")
    assert (await visited.http.get(f"/mirror/{digest}/signers")).status_code == 404
