"""Which addresses are one mailbox, where requests come from, what a thousand sign-ups from one place meet."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from starlette.requests import Request

from fedinode.config import LimitSettings
from fedinode.services.supporting import mailboxes
from fedinode.services.supporting.limiting import Gate
from fedinode.web import networks

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class Clock:
    """A day and a stopwatch that tests set."""

    def __init__(self) -> None:
        self.now, self.seconds = NOON, 0.0

    def __call__(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return self.seconds


def gate(clock: Clock, **limits: int) -> Gate:
    return Gate(replace(LimitSettings(), **limits), clock, clock.monotonic)


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("Ana@Reader.Example", "ana@reader.example"),
        (" ana+petition@reader.example ", "ana@reader.example"),
        ("a.n.a@googlemail.com", "ana@gmail.com"),
        ("a.n.a@reader.example", "a.n.a@reader.example"),
        ("ana@stürmer.example", "ana@xn--strmer-4ya.example"),
        ("o'neill@reader.example", "o'neill@reader.example"),
    ],
)
def test_one_mailbox_has_one_normal_form(written: str, normal: str) -> None:
    assert mailboxes.parse(written).normal == normal


@pytest.mark.parametrize(
    "written",
    [
        "",
        "@reader.example",
        "ana@",
        "ana@reader",
        "ana@reader.example.",
        "ana..b@reader.example",
        '"ana b"@reader.example',
        "ana(me)@reader.example",
        "ana@127.0.0.1",
        "ana@[::1]",
        "ana@printer.local",
        "ana@abcdef.onion",
        "ana@reader.example\nBcc: all@reader.example",
        "анна@reader.example",
        "a" * 65 + "@reader.example",
        "ana@" + "a." * 130 + "example",
    ],
)
def test_what_is_no_mailbox_is_refused_without_repeating_it(written: str) -> None:
    with pytest.raises(ValueError, match="mail can be sent to") as refused:
        mailboxes.parse(written)
    assert not written or written not in str(refused.value)


def test_a_thousand_from_one_network_are_asked_then_suspected_then_refused() -> None:
    clock = Clock()
    door = gate(clock, signups_per_network=20, signups_per_minute=10_000)
    free = asked = suspect = refused = 0
    for number in range(1_000):
        domain = f"d{number}.example"
        verdict = door.judge("203.0.113.0/24", domain)
        free += not verdict.needs_answer
        asked += verdict.needs_answer and not verdict.is_suspect
        suspect += verdict.is_suspect and not verdict.is_refused
        refused += verdict.is_refused
        if not verdict.is_refused:
            door.note("203.0.113.0/24", domain)
    assert (free, asked, suspect, refused) == (20, 80, 300, 600)
    assert not door.judge("198.51.100.0/24", "d.example").needs_answer
    clock.seconds += 3_601
    assert not door.judge("203.0.113.0/24", "d.example").needs_answer


def test_many_from_everywhere_and_many_of_one_domain_are_asked() -> None:
    clock = Clock()
    door = gate(clock, signups_per_network=2, signups_per_minute=30)
    for number in range(30):
        door.note(f"10.0.{number}.0/24", f"d{number % 25}.example")
    assert door.judge("192.0.2.0/24", "new.example").needs_answer
    clock.seconds += 61
    assert not door.judge("192.0.2.0/24", "new.example").needs_answer
    for number in range(20):
        door.note(f"10.1.{number}.0/24", "one.example")
    assert door.judge(None, "one.example").needs_answer
    assert not door.judge(None, "one.example").is_refused


def test_a_new_day_forgets_all_counts_and_questions() -> None:
    clock = Clock()
    door = gate(clock, signups_per_network=1)
    door.note("203.0.113.0/24", "d.example")
    question = door.ask()
    clock.now += timedelta(days=1)
    assert not door.judge("203.0.113.0/24", "d.example").needs_answer
    assert not door.is_answered(question.token, str(question.first + question.second))


@pytest.mark.parametrize("answer", ["", "x", "-1", "9999999999", "²", "0"])
def test_a_wrong_answer_is_none_and_a_right_one_is_good_once(answer: str) -> None:
    door = gate(Clock())
    question = door.ask()
    assert not door.is_answered(question.token, answer)
    assert not door.is_answered("", answer)
    assert not door.is_answered("a.b.c", answer)
    right = str(question.first + question.second)
    assert [door.is_answered(question.token, right), door.is_answered(question.token, right)] == [True, False]


def test_a_late_answer_is_none() -> None:
    clock = Clock()
    door = gate(clock)
    question = door.ask()
    clock.now += timedelta(hours=1, seconds=1)
    assert not door.is_answered(question.token, str(question.first + question.second))


@pytest.mark.parametrize(
    ("client", "forwarded", "hops", "network"),
    [
        ("203.0.113.9", [], 0, "203.0.113.0/24"),
        ("203.0.113.9", ["198.51.100.1"], 0, "203.0.113.0/24"),
        ("127.0.0.1", ["198.51.100.1"], 0, None),
        ("127.0.0.1", ["6.6.6.6, 198.51.100.1"], 1, "198.51.100.0/24"),
        ("127.0.0.1", ["6.6.6.6", "198.51.100.1, 10.0.0.1"], 2, "198.51.100.0/24"),
        ("127.0.0.1", [], 1, None),
        ("127.0.0.1", ["unknown"], 1, None),
        ("127.0.0.1", ["2001:db8:1:2ff::1"], 1, "2001:db8:1:200::/56"),
        ("::ffff:203.0.113.9", [], 0, "203.0.113.0/24"),
    ],
)
def test_a_network_comes_from_the_hop_that_was_set(
    client: str, forwarded: list[str], hops: int, network: str | None
) -> None:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    request = Request({"type": "http", "client": (client, 1), "headers": headers})
    assert networks.network_of(request, hops) == network
