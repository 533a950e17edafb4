"""Names that an author lists for those who keep copies: who stands there, when the list is made anew."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from federation import jsonld
from federation.cosigning import signer_lists
from federation.cosigning.signer_lists import SignerPage
from fedinode.errors import NotFound
from fedinode.frontmatter import parse_manuscript
from fedinode.services import publishing
from fedinode.services.cosigning import naming, ticking
from fedinode.services.supporting import noting
from fedinode.storage import kept_statements, models, sign_forms, supporters
from fedinode.storage.database import Session
from fedinode.storage.supporters import NewSupporter
from tests.conftest import DatabaseKind
from tests.services.incoming.conftest import Visited

pytestmark = pytest.mark.anyio

STATEMENT = """+++
type = "statement"
title = "Acht Stunden"
language = "de"
cosign = "anyone"
individuals = true
+++

Genug.
"""
BOTH = pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
Sign = Callable[..., Awaitable[str]]


@pytest.fixture
def database_kind() -> DatabaseKind:
    """What differs between the databases is asked of both where a test says so."""
    return "sqlite"


@pytest.fixture
async def statement(visited: Visited, tmp_path: Path) -> str:
    path = tmp_path / "statement.md"
    path.write_text(STATEMENT, "utf-8")
    return (await publishing.post(visited.cap, parse_manuscript(path))).uri


@pytest.fixture
def sign(visited: Visited, statement: str) -> Sign:
    """Let somebody sign, and return the uid."""

    async def add(
        name: str | None,
        shown: str = "everywhere",
        *,
        kind: str = "person",
        token: str | None = None,
        country: str | None = None,
    ) -> str:
        def write(session: Session) -> str:
            kept = kept_statements.find(session, statement)
            row = session.query(models.FederatedObject).filter_by(uri=statement).one()
            assert kept is not None
            new = NewSupporter(
                object_id=row.id,
                text_digest=kept.text_digest,
                method="mail",
                identity_hmac=supporters.identity_of_address(
                    session, row.id, f"{name}{shown}{kind}@x.example"
                ),
                shown=shown,
                kind=kind,
                name=name,
                country=country,
                token_hash=token,
            )
            uid = supporters.add_pending(session, new, visited.clock())
            found = supporters.find_by_uid(session, uid)
            assert found is not None
            supporters.confirm(session, found, "confirmed", visited.clock())
            noting.note(session, found, "person-confirmed", visited.clock())
            return uid

        return await visited.cap.database.write(write)

    return add


async def tick(visited: Visited, seconds: float = 61) -> None:
    visited.clock.advance(seconds=seconds)
    await ticking.act(visited.cap)


async def listed(visited: Visited, statement: str) -> SignerPage | None:
    try:
        served = await naming.page(visited.cap, statement, 1)
    except NotFound:
        return None
    return signer_lists.parse_page(jsonld.load(served.body))


async def names(visited: Visited, statement: str) -> list[str]:
    page = await listed(visited, statement)
    return [] if page is None else [each.name for each in page.signers]


async def end(visited: Visited, uid: str, event: str) -> None:
    def write(session: Session) -> None:
        row = supporters.find_by_uid(session, uid)
        assert row is not None
        if event == "person-invalidated":
            supporters.invalidate(session, row, "double", visited.clock())
        else:
            supporters.withdraw(session, row, visited.clock())
        noting.note(session, row, event, visited.clock())

    await visited.cap.database.write(write)


async def test_without_anybody_to_name_there_is_no_list(visited: Visited, statement: str, sign: Sign) -> None:
    await sign("Anna", "here")
    await sign(None, "number")
    await tick(visited)
    assert await listed(visited, statement) is None
    assert (await visited.http.get(f"{statement}/signer-lists/99999")).status_code == 404


@BOTH
async def test_only_who_chose_it_is_named_and_groups_that_signed_themselves(
    visited: Visited, statement: str, sign: Sign
) -> None:
    for name, shown in (("Anna", "everywhere"), ("Ben", "here"), ("Cem &lt; <b>", "everywhere")):
        await sign(name, shown)
    await sign("Laden", kind="organisation", token="t1")
    await sign("Verein", kind="organisation")
    await tick(visited)
    page = await listed(visited, statement)
    assert page is not None
    assert [(each.name, each.kind) for each in page.signers] == [("Anna", "person"), ("Laden", "group")]
    bundle = (await visited.http.get(f"{statement}/bundle.json")).json()
    assert [each["name"] for each in bundle["tally"]["organisations"]] == ["Verein"]
    assert bundle["tally"]["persons"] == {"email": 3}
    assert "Anna" not in str(bundle)
    answer = await visited.http.get(f"{statement}/signer-lists/1")
    assert answer.json() == page.document
    assert "noindex" in answer.headers["x-robots-tag"]


@BOTH
@pytest.mark.parametrize("event", ["person-withdrawn", "person-invalidated"])
async def test_who_is_gone_is_out_of_the_list_within_a_minute_and_who_is_new_waits(
    visited: Visited, statement: str, sign: Sign, event: str
) -> None:
    anna = await sign("Anna")
    await tick(visited)
    first = await listed(visited, statement)
    await sign("Ben")
    await tick(visited)
    assert await names(visited, statement) == ["Anna"]
    await end(visited, anna, event)
    await tick(visited)
    second = await listed(visited, statement)
    assert first is not None
    assert second is not None
    assert [each.name for each in second.signers] == ["Ben"]
    assert second.published > first.published
    await sign("Cem")
    await tick(visited)
    assert await names(visited, statement) == ["Ben"]
    await tick(visited, 600)
    assert await names(visited, statement) == ["Ben", "Cem"]


async def test_the_last_name_that_goes_leaves_an_empty_list(
    visited: Visited, statement: str, sign: Sign
) -> None:
    anna = await sign("Anna")
    await tick(visited)
    await end(visited, anna, "person-withdrawn")
    await tick(visited)
    page = await listed(visited, statement)
    assert page is not None
    assert (page.total, page.signers) == (0, ())


async def test_an_author_who_shows_no_names_lists_none(visited: Visited, statement: str, sign: Sign) -> None:
    await sign("Anna")
    await tick(visited)
    row = await visited.row(models.FederatedObject, uri=statement)

    def hide(session: Session) -> None:
        form = sign_forms.find(session, row.id)
        assert form is not None
        sign_forms.put(session, replace(form, listing="numbers"))

    await visited.cap.database.write(hide)
    await sign("Ben")
    await tick(visited)
    await tick(visited, 600)
    assert await names(visited, statement) == []


async def test_a_list_that_says_the_same_is_not_signed_anew(
    visited: Visited, statement: str, sign: Sign
) -> None:
    await sign("Anna")
    await tick(visited)
    first = await listed(visited, statement)
    await sign(None, "number")
    await tick(visited, 700)
    assert await listed(visited, statement) == first


async def test_a_country_is_named_only_where_enough_people_signed(
    visited: Visited, statement: str, sign: Sign
) -> None:
    await sign("Anna", country="GE")
    for number in range(5):
        await sign(f"Ben {number}", country="DE")
    await tick(visited)
    page = await listed(visited, statement)
    assert page is not None
    assert [each.country for each in page.signers] == [None, *["DE"] * 5]
