"""People sign from their own account: a private word, a question, a word that confirms; and how it ends."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from federation import jsonld
from fedinode.frontmatter import parse_manuscript
from fedinode.services import publishing
from fedinode.services.moderation import excluding
from fedinode.services.upkeep import housekeeping
from fedinode.storage import models, outgoing_activities, sign_forms
from fedinode.storage.database import Session
from fedinode.storage.sign_forms import SignFormRow
from fedinode.storage.supporters import find_by_uid, invalidate
from fedinode.text import plain
from tests.conftest import DatabaseKind
from tests.peer_server import AS_CONTEXT, Document, Peer, PeerActor, Reply
from tests.services.incoming.conftest import COLLECTIVE, ORIGIN, Visited

pytestmark = pytest.mark.anyio

PUBLIC = f"{AS_CONTEXT}#Public"
STATEMENT = """+++
type = "statement"
title = "Für den Achtstundentag"
language = "de"
cosign = "anyone"
individuals = true
key = "{key}"
+++

Acht Stunden sind **genug**.
"""
Open = Callable[..., Awaitable[str]]
BOTH = pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])


@pytest.fixture
def database_kind() -> DatabaseKind:
    """What differs between the databases is asked of both where a test says so."""
    return "sqlite"


@pytest.fixture
def open_statement(visited: Visited, tmp_path: Path) -> Open:
    """Publish a statement that people may sign, and return its id."""

    async def publish(key: str = "eight", *, days: int = 30) -> str:
        path = tmp_path / "statement.md"
        path.write_text(STATEMENT.format(key=key), "utf-8")
        uri = (await publishing.post(visited.cap, parse_manuscript(path))).uri
        row = await visited.row(models.FederatedObject, uri=uri)
        form = SignFormRow(
            object_id=row.id,
            is_open=True,
            ends_at=visited.clock() + timedelta(days=days),
            goal=None,
            listing="list",
            smallest_group=5,
        )
        await visited.cap.database.write(lambda session: sign_forms.put(session, form))
        return uri

    return publish


@pytest.fixture
async def statement(open_statement: Open) -> str:
    return await open_statement()


async def write(
    visited: Visited, actor: PeerActor, words: str, *, answers: str | None = None, **members: Any
) -> Document:
    """Send berlin a private message, and return it."""
    note = actor.note(
        content=f'<p><a href="{ORIGIN}/@berlin">@<span>berlin</span></a> {words}</p>',
        inReplyTo=answers,
        to=[COLLECTIVE],
        cc=[],
    )
    note |= members
    await visited.take(actor, actor.activity("Create", note))
    return note


async def answers(visited: Visited) -> list[Document]:
    """Return the messages that we sent to people, the oldest first."""

    def read(session: Session) -> list[bytes]:
        rows = session.query(models.OutgoingActivity).filter_by(type="Create", is_public=False)
        ids = [row.id for row in rows.order_by(models.OutgoingActivity.id)]
        return [body for _, body in sorted(outgoing_activities.bodies(session, ids).items())]

    return [jsonld.load(body)["object"] for body in await visited.cap.database.read(read)]


async def last_answer(visited: Visited) -> Document:
    return (await answers(visited))[-1]


async def supporters(visited: Visited) -> list[tuple[str, str, str | None]]:
    rows = await visited.rows(models.Supporter)
    return [(row.state, row.shown, row.name) for row in rows]


async def sign(visited: Visited, actor: PeerActor, statement: str, word: str = "3") -> Document:
    """Sign a statement, and return the message with which it began."""
    first = await write(visited, actor, "unterzeichne", answers=statement)
    await write(visited, actor, word, answers=(await last_answer(visited))["id"])
    return first


# -- signing


@BOTH
async def test_a_private_word_is_answered_in_its_thread_and_a_word_there_confirms(
    visited: Visited, statement: str, mira: PeerActor
) -> None:
    first = await write(visited, mira, "Unterzeichne!", answers=statement)
    question = await last_answer(visited)
    assert (question["to"], question["cc"], question["inReplyTo"]) == ([mira.uri], [], first["id"])
    assert [(tag["type"], tag["href"]) for tag in question["tag"]] == [("Mention", mira.uri)]
    words = plain(question["content"])
    assert "„Für den Achtstundentag“" in words
    assert "„überall“" in words
    assert await supporters(visited) == [("pending", "number", None)]

    await write(visited, mira, "überall", answers=question["id"])
    assert await supporters(visited) == [("confirmed", "everywhere", "Mira")]
    thanks = await last_answer(visited)
    assert "widerrufe" in plain(thanks["content"])
    row = await visited.row(models.Supporter)
    assert (row.method, row.kind, row.actor_uri) == ("fediverse", "person", mira.uri)
    assert await visited.count(models.Reply) == 0
    assert await visited.count(models.RemoteObject) == 0


@pytest.mark.parametrize(
    ("word", "language"), [("sign", "en"), ("Ich unterschreibe", "de"), ("подписываю", "ru")]
)
async def test_each_language_has_its_word_and_is_answered_in(
    visited: Visited, statement: str, mira: PeerActor, word: str, language: str
) -> None:
    await write(visited, mira, word, answers=statement)
    assert list((await last_answer(visited))["contentMap"]) == [language]


async def test_the_statement_is_known_by_its_address_too(
    visited: Visited, statement: str, mira: PeerActor
) -> None:
    await write(visited, mira, "sign")
    assert "Which text" in plain((await last_answer(visited))["content"])
    address = f'<a href="{statement}/sign/de"><span class="invisible">https://</span>x</a>'
    await write(visited, mira, f"sign {address}")
    assert await supporters(visited) == [("pending", "number", None)]


async def test_of_a_mere_number_no_name_and_no_account_is_kept(
    visited: Visited, statement: str, mira: PeerActor
) -> None:
    await sign(visited, mira, statement, "1")
    row = await visited.row(models.Supporter)
    assert (row.state, row.shown) == ("confirmed", "number")
    assert (row.name, row.actor_uri, row.evidence_uri) == (None, None, None)


async def test_a_message_that_comes_twice_is_answered_once(
    visited: Visited, statement: str, mira: PeerActor
) -> None:
    first = await sign(visited, mira, statement)
    assert len(await answers(visited)) == 2
    await visited.take(mira, mira.activity("Create", first))
    await visited.take(mira, mira.activity("Create", first))
    assert len(await answers(visited)) == 2
    assert len(await supporters(visited)) == 1


async def test_who_signs_again_is_told_that_they_have(
    visited: Visited, statement: str, mira: PeerActor
) -> None:
    await sign(visited, mira, statement)
    await write(visited, mira, "unterzeichne", answers=statement)
    assert "bereits" in plain((await last_answer(visited))["content"])
    assert len(await supporters(visited)) == 1


@BOTH
async def test_two_questions_are_one_signature(visited: Visited, statement: str, mira: PeerActor) -> None:
    await write(visited, mira, "unterzeichne", answers=statement)
    await write(visited, mira, "unterzeichne", answers=statement)
    assert await supporters(visited) == [("pending", "number", None)]
    for question in await answers(visited):
        await write(visited, mira, "2", answers=question["id"])
    assert await supporters(visited) == [("confirmed", "here", "Mira")]


async def test_how_far_a_name_travels_can_be_changed_later(
    visited: Visited, statement: str, mira: PeerActor
) -> None:
    await sign(visited, mira, statement, "3")
    await write(visited, mira, "1", answers=(await last_answer(visited))["id"])
    assert await supporters(visited) == [("confirmed", "number", None)]


async def test_a_letter_that_is_no_word_is_asked_again_and_confirms_nothing(
    visited: Visited, statement: str, mira: PeerActor
) -> None:
    await write(visited, mira, "unterzeichne", answers=statement)
    question = (await last_answer(visited))["id"]
    for words in ("here is my question", "ja, 3 mal", "33", "", "<b>3</b>1"):
        await write(visited, mira, words, answers=question)
    assert await supporters(visited) == [("pending", "number", None)]
    assert "nicht verstanden" in plain((await last_answer(visited))["content"])


async def test_who_never_understands_is_not_answered_for_ever(
    visited: Visited, statement: str, mira: PeerActor
) -> None:
    await write(visited, mira, "unterzeichne", answers=statement)
    question = (await last_answer(visited))["id"]
    for number in range(20):
        await write(visited, mira, f"was? {number}", answers=question)
    assert len(await answers(visited)) == 12


async def test_a_text_that_cannot_be_signed_any_more_says_so_once(
    visited: Visited, statement: str, mira: PeerActor
) -> None:
    visited.clock.advance(days=31)
    for _ in range(2):
        await write(visited, mira, "unterzeichne", answers=statement)
    (answer,) = await answers(visited)
    assert "nicht mehr" in plain(answer["content"])
    assert await supporters(visited) == []


async def test_an_answer_without_thread_confirms_the_only_question_and_none_of_two(
    visited: Visited, statement: str, open_statement: Open, mira: PeerActor
) -> None:
    other = await open_statement("other")
    await write(visited, mira, "unterzeichne", answers=statement)
    await write(visited, mira, "2")
    assert await supporters(visited) == [("confirmed", "here", "Mira")]
    for uri in (other, await open_statement("third")):
        await write(visited, mira, "unterzeichne", answers=uri)
    await write(visited, mira, "2")
    assert [state for state, _, _ in await supporters(visited)] == ["confirmed", "pending", "pending"]


async def test_who_confirms_too_late_has_not_signed(
    visited: Visited, statement: str, mira: PeerActor
) -> None:
    await write(visited, mira, "unterzeichne", answers=statement)
    question = (await last_answer(visited))["id"]
    visited.clock.advance(days=31)
    await write(visited, mira, "3", answers=question)
    assert await supporters(visited) == [("pending", "number", None)]
    assert "nicht mehr" in plain((await last_answer(visited))["content"])


async def test_a_message_that_is_changed_withdraws_and_confirms_nothing(
    visited: Visited, statement: str, mira: PeerActor
) -> None:
    first = await write(visited, mira, "unterzeichne", answers=statement)
    question = (await last_answer(visited))["id"]
    was = await write(visited, mira, "hm", answers=question)
    later = {"updated": "2026-11-21T13:00:00Z"}
    await visited.take(mira, mira.activity("Update", was | later | {"content": "<p>3</p>"}))
    assert await supporters(visited) == [("pending", "number", None)]
    await write(visited, mira, "3", answers=question)
    await visited.take(mira, mira.activity("Update", first | later | {"content": "<p>widerrufe</p>"}))
    assert await supporters(visited) == [("withdrawn", "number", None)]


# -- not in private


async def test_a_public_answer_is_no_signature_and_is_led_to_the_form(
    visited: Visited, statement: str, mira: PeerActor
) -> None:
    for _ in range(2):
        await write(visited, mira, "unterzeichne", answers=statement, to=[PUBLIC], cc=[COLLECTIVE])
    (hint,) = await answers(visited)
    assert (hint["to"], hint["cc"]) == ([mira.uri], [PUBLIC])
    assert f"{statement}/sign/de" in hint["content"]
    assert await supporters(visited) == []
    await write(visited, mira, "3", answers=hint["id"], to=[PUBLIC], cc=[COLLECTIVE])
    assert await supporters(visited) == []


async def test_a_message_to_followers_is_led_to_the_form_in_private(
    visited: Visited, statement: str, mira: PeerActor
) -> None:
    audience = {"to": [f"{mira.uri}/followers"], "cc": [COLLECTIVE]}
    await write(visited, mira, "unterzeichne", answers=statement, **audience)
    (hint,) = await answers(visited)
    assert (hint["to"], hint["cc"]) == ([mira.uri], [])
    assert await supporters(visited) == []


async def test_a_public_word_confirms_nothing(visited: Visited, statement: str, mira: PeerActor) -> None:
    await write(visited, mira, "unterzeichne", answers=statement)
    question = (await last_answer(visited))["id"]
    await write(visited, mira, "3", answers=question, to=[PUBLIC], cc=[COLLECTIVE])
    assert await supporters(visited) == [("pending", "number", None)]


async def test_what_is_no_word_is_left_alone(visited: Visited, statement: str, mira: PeerActor) -> None:
    await write(visited, mira, "Was für ein Unsinn", answers=statement)
    await write(visited, mira, "unterzeichne " + "und noch ein Wort " * 20, answers=statement)
    await write(visited, mira, "3")
    await write(visited, mira, "widerrufe")
    assert await answers(visited) == []
    assert await supporters(visited) == []


# -- taking it back


@BOTH
async def test_a_word_takes_a_signature_back_and_nothing_stays(
    visited: Visited, statement: str, mira: PeerActor
) -> None:
    await sign(visited, mira, statement)
    await write(visited, mira, "widerrufe", answers=(await last_answer(visited))["id"])
    assert await supporters(visited) == [("withdrawn", "number", None)]
    row = await visited.row(models.Supporter)
    assert (row.actor_uri, row.evidence_uri) == (None, None)
    assert await visited.count(models.SupporterMessage) == 0
    assert "zurückgenommen" in plain((await last_answer(visited))["content"])


async def test_a_word_without_thread_takes_back_all(
    visited: Visited, statement: str, open_statement: Open, mira: PeerActor
) -> None:
    other = await open_statement("other")
    await sign(visited, mira, statement)
    await sign(visited, mira, other)
    await write(visited, mira, "withdraw")
    assert {state for state, _, _ in await supporters(visited)} == {"withdrawn"}


async def test_who_withdrew_may_sign_again(visited: Visited, statement: str, mira: PeerActor) -> None:
    await sign(visited, mira, statement)
    await write(visited, mira, "widerrufe")
    await sign(visited, mira, statement, "2")
    assert [state for state, _, _ in await supporters(visited)] == ["withdrawn", "confirmed"]


async def test_what_was_refused_is_forgotten_and_cannot_be_signed_again(
    visited: Visited, statement: str, mira: PeerActor
) -> None:
    await sign(visited, mira, statement)

    def refuse(session: Session) -> None:
        row = session.query(models.Supporter).one()
        found = find_by_uid(session, row.uid)
        assert found is not None
        invalidate(session, found, "double", visited.clock())

    await visited.cap.database.write(refuse)
    await write(visited, mira, "unterzeichne", answers=statement)
    assert "zählt deine Unterschrift" in plain((await last_answer(visited))["content"])
    await write(visited, mira, "widerrufe")
    assert await supporters(visited) == [("invalidated", "number", None)]
    await write(visited, mira, "unterzeichne", answers=statement)
    assert "zählt deine Unterschrift" in plain((await last_answer(visited))["content"])
    assert len(await supporters(visited)) == 1


async def test_deleting_the_message_takes_the_signature_back(
    visited: Visited, statement: str, mira: PeerActor
) -> None:
    first = await sign(visited, mira, statement)
    await visited.take(mira, mira.activity("Delete", {"type": "Tombstone", "id": first["id"]}))
    assert await supporters(visited) == [("withdrawn", "number", None)]


async def test_deleting_the_question_before_an_answer_leaves_nothing(
    visited: Visited, statement: str, mira: PeerActor
) -> None:
    first = await write(visited, mira, "unterzeichne", answers=statement)
    await visited.take(mira, mira.activity("Delete", first["id"]))
    assert await supporters(visited) == []


async def test_the_end_of_the_account_takes_the_signature_back(
    visited: Visited, statement: str, koeln: Peer, mira: PeerActor
) -> None:
    await sign(visited, mira, statement, "1")
    koeln.answer(mira.uri.removeprefix(koeln.origin), Reply(status=410))
    await visited.take(mira, mira.activity("Delete", mira.uri))
    assert await supporters(visited) == [("withdrawn", "number", None)]


async def test_an_account_that_blocks_the_collective_has_left(
    visited: Visited, statement: str, mira: PeerActor
) -> None:
    await sign(visited, mira, statement)
    await visited.take(mira, mira.activity("Block", COLLECTIVE))
    assert await supporters(visited) == [("withdrawn", "number", None)]


@BOTH
async def test_a_signature_moves_with_its_account(
    visited: Visited, statement: str, koeln: Peer, mira: PeerActor
) -> None:
    await sign(visited, mira, statement)
    new = koeln.actor("mira-anew", alsoKnownAs=[mira.uri])
    stranger = koeln.actor("stranger")
    await visited.take(mira, mira.activity("Move", mira.uri, target=stranger.uri))
    assert (await visited.row(models.Supporter)).actor_uri == mira.uri
    await visited.take(mira, mira.activity("Move", mira.uri, target=new.uri))
    assert (await visited.row(models.Supporter)).actor_uri == new.uri
    koeln.answer(mira.uri.removeprefix(koeln.origin), Reply(status=410))
    await visited.take(mira, mira.activity("Delete", mira.uri))
    assert await supporters(visited) == [("confirmed", "everywhere", "Mira")]
    await write(visited, new, "unterzeichne", answers=statement)
    assert "bereits" in plain((await last_answer(visited))["content"])
    await write(visited, new, "widerrufe", answers=statement)
    assert await supporters(visited) == [("withdrawn", "number", None)]


@BOTH
@pytest.mark.parametrize("subject", ["peers.localhost", "ACTOR"])
async def test_whom_we_block_is_looked_at_before_it_counts(
    visited: Visited, statement: str, mira: PeerActor, subject: str
) -> None:
    await sign(visited, mira, statement)
    await excluding.block(visited.cap, mira.uri if subject == "ACTOR" else subject)
    row = await visited.row(models.Supporter)
    assert (row.state, row.reason) == ("suspect", "blocked")


async def test_a_silenced_account_is_looked_at_before_it_counts(
    visited: Visited, statement: str, mira: PeerActor
) -> None:
    await excluding.block(visited.cap, "peers.localhost", severity="silence")
    await sign(visited, mira, statement)
    assert await supporters(visited) == [("suspect", "everywhere", "Mira")]
    assert (await visited.row(models.Supporter)).reason == "silenced"
    assert "sieht sich" in plain((await last_answer(visited))["content"])


async def test_what_we_wrote_is_deleted_a_day_after_it_was_delivered(
    visited: Visited, statement: str, mira: PeerActor
) -> None:
    await sign(visited, mira, statement, "1")
    before = await visited.count(models.OutgoingActivity)
    visited.clock.advance(days=2)
    await housekeeping.purge_once(visited.cap)
    assert await visited.count(models.OutgoingActivity) == before
    for row in await visited.rows(models.Delivery):
        await visited.cap.database.write(
            lambda session, row=row: session.execute(  # type: ignore[misc]
                update(models.Delivery).where(models.Delivery.id == row.id).values(state="delivered")
            )
        )
    await housekeeping.purge_once(visited.cap)
    assert await answers(visited) == []
    rows = await visited.rows(models.Supporter)
    assert mira.uri not in str([vars(row) for row in rows])


# -- hostile ones


async def test_somebody_else_confirms_withdraws_and_deletes_nothing(
    visited: Visited, statement: str, koeln: Peer, mira: PeerActor
) -> None:
    kim = koeln.actor("kim")
    first = await write(visited, mira, "unterzeichne", answers=statement)
    question = (await last_answer(visited))["id"]
    await write(visited, kim, "3", answers=question)
    assert await supporters(visited) == [("pending", "number", None)]
    await write(visited, mira, "3", answers=question)
    await write(visited, kim, "widerrufe", answers=question)
    await visited.take(kim, kim.activity("Delete", {"type": "Tombstone", "id": first["id"]}))
    await visited.take(kim, kim.activity("Move", kim.uri, target=mira.uri))
    assert await supporters(visited) == [("confirmed", "everywhere", "Mira")]


async def test_a_message_that_names_another_author_is_refused(
    visited: Visited, statement: str, koeln: Peer, mira: PeerActor
) -> None:
    kim = koeln.actor("kim")
    note = kim.note(content="<p>unterzeichne</p>", inReplyTo=statement, to=[COLLECTIVE], cc=[])
    assert (await visited.deliver(mira, mira.activity("Create", note))).status_code == 403
    both = note | {"attributedTo": [mira.uri, kim.uri], "id": mira.note()["id"]}
    await visited.take(mira, mira.activity("Create", both))
    rows = await visited.rows(models.Supporter)
    assert {row.actor_uri for row in rows} <= {mira.uri}


async def test_a_message_that_somebody_passed_on_counts_for_nothing(
    visited: Visited, statement: str, koeln: Peer, mira: PeerActor
) -> None:
    kim = koeln.actor("kim")
    note = koeln.serve(kim.note(content="<p>unterzeichne</p>", inReplyTo=statement, to=[COLLECTIVE], cc=[]))
    await visited.deliver(mira, kim.activity("Create", note))
    await visited.settle()
    assert await supporters(visited) == []


async def test_a_huge_message_and_a_thousand_links_are_borne(
    visited: Visited, statement: str, mira: PeerActor
) -> None:
    await write(visited, mira, "unterzeichne " + "<b>" * 20_000, answers=statement)
    links = "".join(f'<a href="{ORIGIN}/@berlin/de/{number}">x</a>' for number in range(1_000))
    await write(visited, mira, f"unterzeichne {links}")
    assert len(await supporters(visited)) <= 1


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Mira <script>alert(1)</script>", "mira"),
        ("=HYPERLINK(1)", "mira"),
        ("https://spam.example", "mira"),
        ("Mi\u202era", "mira"),
        ("x" * 400, "mira"),
        ("Mira\u200b  M. 🌹", "Mira M. 🌹"),
    ],
)
async def test_a_name_stands_in_the_list_only_if_it_is_one(
    visited: Visited, statement: str, koeln: Peer, name: str, shown: str
) -> None:
    mira = koeln.actor("mira", name=name)
    await sign(visited, mira, statement)
    assert await supporters(visited) == [("confirmed", "everywhere", shown)]
    for answer in await answers(visited):
        assert "<script" not in answer["content"]


async def test_an_account_without_any_name_is_a_number(visited: Visited, statement: str, koeln: Peer) -> None:
    mira = koeln.actor("123", name="...")
    await sign(visited, mira, statement, "3")
    assert await supporters(visited) == [("confirmed", "number", None)]


@BOTH
async def test_a_server_with_many_accounts_is_not_answered_without_end(
    visited: Visited, statement: str, koeln: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fedinode.services.supporting.mentions.SERVER_MESSAGES", 2)
    for number in range(4):
        await write(visited, koeln.actor(f"many{number}"), "unterzeichne", answers=statement)
    assert len(await answers(visited)) == 2
    assert len(await supporters(visited)) == 2
    visited.clock.advance(hours=2)
    await write(visited, koeln.actor("late"), "unterzeichne", answers=statement)
    assert len(await answers(visited)) == 3
