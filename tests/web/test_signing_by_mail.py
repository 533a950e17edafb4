"""People sign with their mailbox: form, letter, button, and the way back. With a real mail server."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from fedinode.capabilities import Capabilities
from fedinode.config import MailSettings
from fedinode.errors import UsageError
from fedinode.services import publishing
from fedinode.services.cosigning import bundling, ticking
from fedinode.services.members import halting
from fedinode.services.moderation import alerting, withholding
from fedinode.services.supporting import bouncing, informing
from fedinode.services.upkeep import housekeeping
from fedinode.storage import models
from fedinode.storage.database import Session
from tests.conftest import DatabaseKind
from tests.mail_server import Mailbox, mail_server
from tests.web.conftest import DOCUMENT, ORIGIN, Clock, Publish
from tests.web.signers import FILLED, Signer, signer

pytestmark = pytest.mark.anyio
on_both = pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])

STATEMENT = """type = "statement"
title = "Für acht Stunden"
language = "de"
cosign = "anyone"
individuals = true
goal = 10
sign_until = 2026-12-31T00:00:00Z
[translations.ru]
title = "За восемь часов"
body = "Восемь часов достаточно."
"""
GONE = "Dieser Link funktioniert nicht (mehr)"


@pytest.fixture
def database_kind() -> DatabaseKind:
    """What differs between the databases is asked of both where a test says so."""
    return "sqlite"


@pytest.fixture(scope="module")
def post_office() -> Iterator[tuple[Mailbox, MailSettings]]:
    mailbox = Mailbox()
    with mail_server(mailbox) as settings:
        yield mailbox, settings


@pytest.fixture
def mailbox(post_office: tuple[Mailbox, MailSettings]) -> Mailbox:
    post_office[0].envelopes.clear()
    return post_office[0]


@pytest.fixture
async def ana(
    cap: Capabilities, mailbox: Mailbox, post_office: tuple[Mailbox, MailSettings]
) -> AsyncIterator[Signer]:
    limits = replace(cap.settings.limits, proxy_hops=1)
    settings = replace(cap.settings, mail=post_office[1], limits=limits)
    async with signer(replace(cap, settings=settings), mailbox) as opened:
        yield opened


@pytest.fixture
async def statement(publish: Publish) -> str:
    return (await publish(STATEMENT)).uri


async def rows(cap: Capabilities) -> list[tuple[str, str | None, bool]]:
    """Return of each signature: its state, its name, and whether an address is kept."""

    def read(session: Session) -> list[tuple[str, str | None, bool]]:
        table = models.Supporter
        found = session.execute(select(table.state, table.name, table.email).order_by(table.id))
        return [(row.state, row.name, row.email is not None) for row in found]

    return await cap.database.read(read)


@on_both
async def test_somebody_signs_confirms_and_takes_it_back(
    ana: Signer, statement: str, cap: Capabilities, clock: Clock
) -> None:
    page = await ana.get((await ana.get(statement)).headers["location"])
    assert f"{statement}/sign/de" in page.text
    document = await ana.browser.get(statement.removeprefix(ORIGIN), headers=DOCUMENT)
    assert document.json()["individualSignatures"] == f"{statement}/signers"
    form = await ana.get(f"{statement}/sign/de")
    assert form.status_code == 200
    sent = await ana.sign(statement)
    assert "ana@reader.example" in sent.text
    assert await rows(cap) == [("pending", "Ana Lovelace", True)]

    letter = await ana.read_mail()
    assert "Für acht Stunden" in letter
    assert "Ana" not in letter, "nothing that was typed stands in a letter"
    link = await ana.link("confirm")
    for _ in range(2):
        looked = await ana.get(link)
        assert "Ana Lovelace" in looked.text
        assert looked.headers["cache-control"] == "no-store"
    assert await rows(cap) == [("pending", "Ana Lovelace", True)], "a mail scanner opened it"

    assert (await ana.press(link)).status_code == 200
    assert (await ana.press(link)).status_code == 200, "pressed twice"
    assert await rows(cap) == [("confirmed", "Ana Lovelace", False)]
    counted = await ana.get((await ana.get(statement)).headers["location"])
    assert '<b class="number">1</b>' in counted.text

    clock.advance(seconds=61)
    await ticking.tick(cap)
    assert (await bundling.bundle_of(cap, statement))["tally"]["persons"] == {"email": 1}

    away = await ana.link("leave")
    assert "Ana Lovelace" in (await ana.get(away)).text
    kept = await ana.get(f"{away}/data")
    assert (kept.json()["name"], kept.json()["city"], kept.json()["state"]) == (
        "Ana Lovelace",
        "Halle",
        "confirmed",
    )
    assert "email" not in kept.json()
    assert kept.headers["cache-control"] == "no-store"
    assert (await ana.get("/sign/leave/x-y/data")).status_code == 404
    assert await rows(cap) == [("confirmed", "Ana Lovelace", False)]
    assert (await ana.press(away)).status_code == 200
    assert await rows(cap) == [("withdrawn", None, False)]
    assert (await ana.get(away)).status_code == 410
    assert (await ana.press(link)).status_code == 200, "the old link confirms nothing"
    assert await rows(cap) == [("withdrawn", None, False)]
    clock.advance(minutes=11)
    await ticking.tick(cap)
    assert (await bundling.bundle_of(cap, statement))["tally"]["persons"] == {}


async def test_nobody_learns_who_signed_and_a_mailbox_counts_once(
    ana: Signer, statement: str, cap: Capabilities
) -> None:
    first = await ana.sign(statement)
    await ana.press(await ana.link("confirm"))
    await ana.read_mail()
    again = await ana.sign(statement, name="Somebody else", email="Ana+more@Reader.EXAMPLE")
    assert again.text.replace("Ana+more@Reader.EXAMPLE", "ana@reader.example") == first.text
    await ana.link("leave")
    assert ana.mailbox.recipients()[-1] == "Ana+more@reader.example"
    assert await rows(cap) == [("confirmed", "Ana Lovelace", False)]
    count = len(ana.mailbox.envelopes)
    await ana.sign(statement)
    await ana.read_mail()
    assert len(ana.mailbox.envelopes) == count, "one such letter a day"


async def test_who_did_not_sign_says_so_once_and_for_all(
    ana: Signer, statement: str, cap: Capabilities
) -> None:
    await ana.sign(statement)
    link = await ana.link("confirm")
    assert (await ana.press(link, "not-me")).status_code == 200
    assert await rows(cap) == []
    count = len(ana.mailbox.envelopes)
    await ana.sign(statement)
    await ana.press(link)
    await ana.mailbox_is_quiet(count)
    assert await rows(cap) == []


@on_both
async def test_nobody_changes_what_another_is_about_to_confirm(
    ana: Signer, statement: str, cap: Capabilities
) -> None:
    await ana.sign(statement)
    own = await ana.link("confirm")
    await ana.sign(statement, name="Somebody Mean", shown="everywhere")
    await ana.press(own)
    assert await rows(cap) == [("confirmed", "Ana Lovelace", False)]
    for name in ("Two", "Three", "Four", "Five"):
        await ana.sign(statement, name=name, email="ben@reader.example")
    states = [state for state, _, _ in await rows(cap)]
    assert states == ["confirmed", "pending", "pending", "pending"], "no mailbox is flooded"


@on_both
async def test_the_time_to_confirm_runs_from_the_mail_and_what_is_late_is_erased(
    ana: Signer, statement: str, cap: Capabilities, clock: Clock
) -> None:
    await ana.sign(statement)
    clock.advance(hours=100)
    await housekeeping.purge_once(cap)
    slow = await ana.sign(statement, email="ben@reader.example")
    assert "6.000 Minuten" in slow.text
    link = await ana.link("confirm")
    clock.advance(hours=71)
    assert (await ana.get(link)).status_code == 200
    clock.advance(hours=2)
    assert (await ana.get(link)).status_code == 404
    assert (await ana.press(link)).status_code == 404
    await housekeeping.purge_once(cap)
    assert await rows(cap) == []


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", "Ana\nLovelace"),
        ("name", "Buy at www.shop.example"),
        ("name", '=HYPERLINK("x")'),
        ("name", ""),
        ("city", "<script>alert(1)</script>"),
        ("role", "@everybody"),
        ("country", "XX"),
        ("kind", "robot"),
        ("shown", ""),
        ("agrees", ""),
        ("email", ""),
        ("email", "ana"),
        ("email", "ana@localhost"),
        ("email", "ana@[127.0.0.1]"),
        ("email", "ana@reader.example\nBcc: all@reader.example"),
        ("email", "Ana <ana@reader.example>, ben@reader.example"),
        ("email", "анна@reader.example"),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_typed_is_lost(
    ana: Signer, statement: str, cap: Capabilities, field: str, typed: str
) -> None:
    answer = await ana.sign(statement, **{field: typed})
    assert answer.status_code == 422
    assert f'<a href="#{field}">' in answer.text
    assert f'id="{field}-trouble"' in answer.text
    kept = {
        name: value for name, value in FILLED.items() if name in ("name", "city", "email") and name != field
    }
    assert all(f'value="{value}"' in answer.text for value in kept.values())
    assert "<script>alert" not in answer.text
    assert await rows(cap) == []


async def test_a_name_that_is_not_shown_is_not_kept(ana: Signer, statement: str, cap: Capabilities) -> None:
    await ana.confirmed(statement, shown="number")
    assert await rows(cap) == [("confirmed", None, False)]


@pytest.mark.parametrize("path", ["/sign/confirm/x", "/sign/leave/x-y", "/sign/updates-off/ä"])
async def test_a_link_that_is_not_known_leads_to_a_page_that_helps(ana: Signer, path: str) -> None:
    ana.browser.headers["accept-language"] = "de"
    for answer in (await ana.get(path), await ana.press(path)):
        assert answer.status_code == 404
        assert GONE in answer.text


async def test_programs_that_fill_in_every_field_are_thanked_and_forgotten(
    ana: Signer, statement: str, cap: Capabilities
) -> None:
    honest = await ana.sign(statement, email="ben@reader.example")
    trapped = await ana.sign(statement, email="ben@reader.example", website="https://shop.example")
    assert trapped.text == honest.text
    assert len(await rows(cap)) == 1


async def test_a_form_that_ended_takes_nobody_and_who_signed_in_time_still_confirms(
    ana: Signer, statement: str, cap: Capabilities, clock: Clock
) -> None:
    clock.now = clock.now.replace(month=12, day=30)
    await ana.sign(statement)
    link = await ana.link("confirm")
    clock.advance(days=2)
    await housekeeping.purge_once(cap)
    late = await ana.sign(statement, email="ben@reader.example")
    assert late.status_code == 409
    assert "<form" not in (await ana.get(f"{statement}/sign/de")).text
    await ana.press(link)
    assert await rows(cap) == [("confirmed", "Ana Lovelace", False)]


async def test_under_attack_the_form_asks_to_come_back_and_says_again_when_it_is_over(
    ana: Signer, statement: str, cap: Capabilities, clock: Clock
) -> None:
    assert "<form" in (await ana.get(f"{statement}/sign/de")).text
    await alerting.begin(cap, 3)
    paused = await ana.get(f"{statement}/sign/en")
    assert "paused for a while" in paused.text
    assert "cannot be signed any more" not in paused.text
    assert (await ana.sign(statement)).status_code == 409
    assert await rows(cap) == []
    clock.advance(hours=4)
    await alerting.end_due(cap)
    assert (await ana.sign(statement)).status_code == 200


async def test_a_name_that_a_rule_holds_is_looked_at_before_it_counts(
    ana: Signer, statement: str, cap: Capabilities
) -> None:
    await withholding.add(cap, "word", "lovelace")
    await ana.confirmed(statement, name="Аna LOVELАCE")
    assert [row[0] for row in await rows(cap)] == ["suspect"]


async def test_a_mailbox_that_does_not_exist_is_not_written_to_again(
    ana: Signer, statement: str, cap: Capabilities
) -> None:
    await ana.sign(statement, email="550@reader.example")
    await ana.sign(statement, email="451@reader.example")
    await ana.mailbox_is_quiet(0)
    assert [state for state, _, _ in await rows(cap)] == ["pending"], "the other one may be back"
    await ana.sign(statement, email="550@reader.example")
    assert len(await rows(cap)) == 1


async def test_a_relay_that_refuses_us_says_nothing_about_mailboxes(
    ana: Signer, statement: str, cap: Capabilities
) -> None:
    await ana.sign(statement)
    ana.mailbox.refusal = "550 5.7.1 relaying denied"
    await ana.mailbox_is_quiet(0)
    ana.mailbox.refusal = None
    await ana.sign(statement)
    assert await ana.link("confirm")


async def test_the_way_out_is_sent_to_who_signed_and_nobody_else_learns_of_it(
    ana: Signer, statement: str, cap: Capabilities
) -> None:
    await ana.confirmed(statement)
    await ana.read_mail()
    path = f"{statement}/sign/de/leave".removeprefix("https://berlin.example")
    assert (await ana.get(path)).status_code == 200
    known, unknown = [
        await ana.browser.post(path, data={"email": address})
        for address in ("ana@reader.example", "eve@reader.example")
    ]
    assert known.text == unknown.text.replace("eve@", "ana@")
    await ana.press(await ana.link("leave"))
    assert ana.mailbox.recipients().count("eve@reader.example") == 0
    assert await rows(cap) == [("withdrawn", None, False)]
    assert (await ana.browser.post(path, data={"email": "ana"})).status_code == 422


@on_both
async def test_news_go_to_those_who_agreed_and_end_at_one_click(
    ana: Signer, statement: str, cap: Capabilities
) -> None:
    await ana.confirmed(statement, updates="1")
    await ana.confirmed(statement, email="ben@reader.example")
    await ana.read_mail()
    assert [kept for _, _, kept in await rows(cap)] == [True, False]
    news = await informing.prepare(ana.cap, statement, "Morgen um sechs.")
    assert news.recipients == 1
    assert [await informing.send(ana.cap, news), await informing.send(ana.cap, news)] == [1, 0]
    assert "Morgen um sechs." in await ana.read_mail()
    letter = ana.mailbox.message()
    assert ana.mailbox.recipients()[-1] == "ana@reader.example"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    end = letter["List-Unsubscribe"].strip("<>")
    assert (await ana.get(end)).status_code == 200
    assert [kept for _, _, kept in await rows(cap)] == [True, False], "opened, not pressed"
    clicked = await ana.browser.post(
        end.removeprefix("https://berlin.example"), data={"List-Unsubscribe": "One-Click"}
    )
    assert clicked.status_code == 200
    assert [kept for _, _, kept in await rows(cap)] == [False, False]
    assert [state for state, _, _ in await rows(cap)] == ["confirmed", "confirmed"]


async def test_many_from_one_network_answer_a_question_wait_and_are_refused(
    ana: Signer, statement: str, cap: Capabilities
) -> None:
    limits = replace(ana.cap.settings.limits, signups_per_network=1)
    busy = replace(ana.cap, settings=replace(ana.cap.settings, limits=limits))
    statuses = []
    async with signer(busy, ana.mailbox) as many:
        for number in range(24):
            typed = {"email": f"p{number}@reader.example"}
            answer = await many.sign(statement, network=f"6.6.6.6, 203.0.113.{number}", **typed)
            if answer.status_code == 422:
                assert 'value="p' in answer.text
                solved = many.solve(answer.text)
                answer = await many.sign(statement, network=f"203.0.113.{number}", **typed, **solved)
                replayed = await many.sign(
                    statement, network="203.0.113.9", email="x@reader.example", **solved
                )
                assert replayed.status_code in (422, 429), "an answer is good for once"
            statuses.append(answer.status_code)
        elsewhere = await many.sign(statement, network="198.51.100.1", email="far@elsewhere.example")
    assert statuses == [200] * 20 + [429] * 4
    assert elsewhere.status_code == 200

    def reasons(session: Session) -> list[str | None]:
        return list(session.scalars(select(models.Supporter.reason).order_by(models.Supporter.id)))

    found = await cap.database.read(reasons)
    assert [bool(reason) for reason in found] == [False] * 5 + [True] * 15 + [False]


async def test_an_author_closes_the_form_and_sets_another_goal(
    ana: Signer, publish: Publish, edit: Publish, cap: Capabilities
) -> None:
    statement = (await publish(STATEMENT)).uri
    await ana.confirmed(statement)
    await edit(statement, STATEMENT.replace("goal = 10", "goal = 250"))
    assert "250" in (await ana.get(f"{statement}/sign/de")).text
    closed = STATEMENT.replace("individuals = true\ngoal = 10\n", "")
    await edit(statement, closed)
    assert (await ana.sign(statement, email="ben@reader.example")).status_code == 409
    assert [state for state, _, _ in await rows(cap)] == ["confirmed"], "who signed stays"
    await edit(statement, STATEMENT)
    assert (await ana.sign(statement, email="ben@reader.example")).status_code == 200


async def test_a_mail_that_came_back_later_ends_the_letters_and_not_the_signature(
    ana: Signer, statement: str, cap: Capabilities
) -> None:
    await ana.confirmed(statement, updates="1")
    await ana.sign(statement, email="ben@reader.example")
    for address in ("ANA@reader.example", "ben@reader.example"):
        await bouncing.note(cap, address)
    assert await rows(cap) == [("confirmed", "Ana Lovelace", False)]
    await ana.sign(statement, email="ben@reader.example")
    assert len(await rows(cap)) == 1
    with pytest.raises(UsageError):
        await bouncing.note(cap, "nobody")


async def test_what_a_statement_that_is_taken_back_had_gathered_is_erased(
    ana: Signer, statement: str, cap: Capabilities
) -> None:
    link = await ana.confirmed(statement)
    await publishing.delete(cap, statement)
    assert (await ana.get(link)).status_code == 404
    assert (await ana.get(f"{statement}/sign/de")).status_code == 404
    await housekeeping.purge_once(cap)
    assert await rows(cap) == []


async def test_a_node_that_is_read_only_takes_no_names(
    ana: Signer, statement: str, cap: Capabilities
) -> None:
    await halting.halt(cap, None, level="read-only")
    sent = await ana.sign(statement)
    assert sent.status_code >= 400
    assert await rows(cap) == []
    assert (await ana.get(statement)).status_code < 400, "pages are served"
    await halting.resume(cap)
    assert (await ana.sign(statement)).status_code == 200
