"""Who signed without a node, as readers see it: names of those who agreed, numbers, charts, paper."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from fedinode.capabilities import Capabilities
from fedinode.services.supporting import listing
from fedinode.storage import federated_objects, supporters
from fedinode.storage.database import Session
from fedinode.storage.supporters import NewSupporter
from tests.conftest import DatabaseKind
from tests.web.conftest import Clock, Get, Publish

pytestmark = pytest.mark.anyio

FRONT = """type = "statement"
title = "Für acht Stunden"
language = "de"
summary = "Acht Stunden sind genug."
cosign = "anyone"
individuals = true
{more}
[translations.ru]
title = "За восемь часов"
body = "Восемь часов достаточно."
"""


on_both = pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])


@pytest.fixture
def database_kind() -> DatabaseKind:
    """What differs between the databases is asked of both where a test says so."""
    return "sqlite"


async def sign(cap: Capabilities, uri: str, *people: Mapping[str, str | None]) -> None:
    """Let people stand under a statement as if each had confirmed."""

    def write(session: Session) -> None:
        subject = federated_objects.find_by_uri(session, uri)
        assert subject is not None
        for person in people:
            number = supporters.count_confirmed(session, subject.id)
            told: dict[str, str | None] = {"name": "Ana", "kind": "person", "shown": "here", "method": "mail"}
            told |= person
            row = NewSupporter(
                object_id=subject.id,
                text_digest="zQm",
                identity_hmac=f"{subject.id} {number}",
                method=str(told["method"]),
                shown=str(told["shown"]),
                kind=str(told["kind"]),
                name=told["name"],
                city=told.get("city"),
                country=told.get("country"),
                role=told.get("role"),
            )
            assert supporters.add_confirmed(session, row, cap.clock())

    await cap.database.write(write)


@on_both
async def test_only_those_who_agreed_are_named_and_the_rest_is_a_number(
    cap: Capabilities, clock: Clock, get: Get, publish: Publish
) -> None:
    statement = await publish(FRONT.format(more=""), "Acht Stunden sind genug. Mehr nicht.")
    people = [{"name": f"Person {n}", "country": "DE", "city": "Halle"} for n in range(6)]
    await sign(cap, statement.uri, *people, {"name": "Lonely", "country": "LU", "role": "Setzerin"})
    clock.now += timedelta(days=2)
    await sign(
        cap,
        statement.uri,
        {"name": "Hidden", "shown": "number", "country": "DE"},
        {"name": "Verein <Ost> & Söhne", "kind": "organisation", "shown": "everywhere", "method": "paper"},
    )
    page = await get(f"{statement.uri}/signers")
    assert page.status_code == 200
    assert page.headers["x-robots-tag"] == "noindex, noarchive"
    assert "Person 5" in page.text
    assert "Verein &lt;Ost&gt; &amp; Söhne" in page.text
    assert "Hidden" not in page.text
    # One person alone in a country is not said to be there.
    assert "Lonely" in page.text
    assert "Luxemburg" not in page.text
    assert "?country=DE" in page.text
    assert (await get(f"{statement.uri}/signers?country=LU")).status_code == 404
    assert "Lonely" not in (await get(f"{statement.uri}/signers?country=DE")).text
    groups = (await get(f"{statement.uri}/signers?kind=organisation")).text
    assert "Verein" in groups
    assert "Person 1" not in groups
    russian = await get(f"{statement.uri}/signers/ru")
    assert "За восемь часов" in russian.text
    assert 'lang="ru"' in russian.text


@on_both
async def test_charts_need_no_script_and_say_the_same_in_a_table(
    cap: Capabilities, clock: Clock, get: Get, publish: Publish
) -> None:
    statement = await publish(FRONT.format(more=""))
    await sign(cap, statement.uri, *({"country": "GE"} for _ in range(5)))
    clock.now += timedelta(days=2)
    await sign(cap, statement.uri, {"country": None})
    page = (await get(f"{statement.uri}/signers")).text
    assert page.count("<rect") == 3
    assert 'role="img" aria-labelledby="by-day-title" aria-describedby="by-day-words"' in page
    assert "20. November 2026" in page
    assert "Georgien" in page
    assert "style=" not in page
    assert "<script" not in page


@pytest.mark.parametrize(("listed", "status"), [("numbers", 200), ("hidden", 404)])
async def test_the_author_decides_what_of_the_list_is_shown(
    cap: Capabilities, get: Get, publish: Publish, listed: str, status: int
) -> None:
    statement = await publish(FRONT.format(more=f'signers = "{listed}"'))
    await sign(cap, statement.uri, {"name": "Ana Secret", "shown": "everywhere"})
    page = await get(f"{statement.uri}/signers")
    assert page.status_code == status
    assert "Ana Secret" not in page.text
    assert (await get(f"{statement.uri}/signers?kind=person")).status_code == 404


async def test_a_long_list_has_pages(cap: Capabilities, get: Get, publish: Publish) -> None:
    statement = await publish(FRONT.format(more=""))
    await sign(cap, statement.uri, *({"name": f"Nr. {n}"} for n in range(listing.PAGE_NAMES + 1)))
    first, second = await get(f"{statement.uri}/signers"), await get(f"{statement.uri}/signers?page=2")
    assert f"Nr. {listing.PAGE_NAMES - 1}<" in first.text
    assert f"Nr. {listing.PAGE_NAMES}<" not in first.text
    assert f"Nr. {listing.PAGE_NAMES}<" in second.text
    assert f'start="{listing.PAGE_NAMES + 1}"' in second.text
    for wrong in ("?page=3", "?page=0", "?page=x", "?country=de", "?country=%3Cb%3E", "?kind=cat"):
        assert (await get(f"{statement.uri}/signers{wrong}")).status_code == 404


async def test_nobody_is_listed_where_nobody_is_asked(get: Get, publish: Publish) -> None:
    closed = await publish('type = "statement"\ntitle = "Nur wir"\nlanguage = "de"\ncosign = "anyone"')
    draft = await publish(FRONT.format(more='key = "x"'), draft=True)
    for uri in (closed.uri, draft.uri, "https://berlin.example/statements/none"):
        assert (await get(f"{uri}/signers")).status_code == 404


async def test_a_leaflet_has_the_text_a_code_and_lines_to_sign_on(get: Get, publish: Publish) -> None:
    statement = await publish(FRONT.format(more=""), "Acht Stunden sind genug.")
    sheet = await get(f"{statement.uri}/leaflet")
    assert "Acht Stunden sind genug." in sheet.text
    assert f"{statement.uri}/sign<" in sheet.text
    assert sheet.text.count('<td class="tick">') == 12
    code = await get(f"{statement.uri}/qr.svg")
    assert code.headers["content-type"].startswith("image/svg+xml")
    assert code.text.startswith("<svg")
    russian = (await get(f"{statement.uri}/leaflet/ru")).text
    assert "Восемь часов достаточно." in russian
    assert (await get(f"{statement.uri}/leaflet/fr")).status_code == 404


async def test_a_long_text_stands_on_the_leaflet_as_its_summary(get: Get, publish: Publish) -> None:
    closed = FRONT.replace("individuals = true", "").format(more='demands = ["Acht Stunden"]')
    statement = await publish(closed, "Lang und breit. " * 200)
    sheet = (await get(f"{statement.uri}/leaflet")).text
    assert "Acht Stunden sind genug." in sheet
    assert "Lang und breit" not in sheet
    assert statement.url in sheet
    assert "<table" not in sheet
