"""What a process remembers for a while, and no longer, and no more than it may."""

import asyncio

import pytest

from fedinode.expiring import Budget, Expiring, SingleFlight, Together


class Seconds:
    """A monotonic clock that tests set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_an_entry_leaves_after_its_time() -> None:
    seconds = Seconds()
    table: Expiring[str, int] = Expiring(seconds=60, monotonic=seconds)
    table.put("a", 1)
    seconds.now += 59.9
    assert table.get("a") == 1
    seconds.now += 0.1
    assert table.get("a") is None
    assert table.get("b") is None


def test_the_oldest_entry_makes_room_for_a_new_one() -> None:
    table: Expiring[int, int] = Expiring(seconds=60, max_entries=3)
    for number in (1, 2, 3, 1, 4):
        table.put(number, number)
    assert [table.get(number) for number in (1, 2, 3, 4)] == [1, None, 3, 4]


def test_a_budget_is_spent_and_comes_back() -> None:
    seconds = Seconds()
    budget: Budget[str] = Budget(uses=2, seconds=60, monotonic=seconds)
    assert [budget.spend("a") for _ in range(3)] == [True, True, False]
    assert budget.spend("b")
    seconds.now += 60
    assert budget.spend("a")


@pytest.mark.anyio
async def test_many_wait_for_one_flight_and_the_next_begins_anew() -> None:
    flights: SingleFlight[str, int] = SingleFlight()
    started: list[int] = []

    async def make() -> int:
        started.append(1)
        await asyncio.sleep(0)
        return len(started)

    assert await asyncio.gather(*(flights.run("a", make) for _ in range(5))) == [1] * 5
    assert await flights.run("a", make) == 2


@pytest.mark.anyio
async def test_all_who_wait_get_the_same_error() -> None:
    flights: SingleFlight[str, int] = SingleFlight()

    async def fail() -> int:
        await asyncio.sleep(0)
        raise ValueError("no")

    outcomes = await asyncio.gather(*(flights.run("a", fail) for _ in range(3)), return_exceptions=True)
    assert [str(outcome) for outcome in outcomes] == ["no"] * 3


@pytest.mark.anyio
async def test_who_gives_up_waiting_does_not_take_it_from_the_others() -> None:
    flights: SingleFlight[str, int] = SingleFlight()
    go = asyncio.Event()

    async def make() -> int:
        await go.wait()
        return 7

    impatient = asyncio.ensure_future(flights.run("a", make))
    patient = asyncio.ensure_future(flights.run("a", make))
    await asyncio.sleep(0)
    impatient.cancel()
    go.set()
    assert await patient == 7
    with pytest.raises(asyncio.CancelledError):
        await impatient


# -- together


class Answering:
    """Answers with the double of each number when it is told to, and keeps what it was asked together."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, ...]] = []
        self.go_on = asyncio.Event()

    async def double(self, numbers: tuple[int, ...]) -> dict[int, int]:
        self.asked.append(numbers)
        await self.go_on.wait()
        if 13 in numbers:
            raise LookupError("unlucky")
        return {number: 2 * number for number in numbers}


@pytest.mark.anyio
async def test_what_is_asked_while_one_is_answered_is_answered_together() -> None:
    together: Together[int, int] = Together(at_most=3)
    answering = Answering()
    first = asyncio.ensure_future(together.ask(1, answering.double))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    others = [asyncio.ensure_future(together.ask(number, answering.double)) for number in (2, 2, 3, 4)]
    await asyncio.sleep(0)
    others[0].cancel()
    answering.go_on.set()
    assert await first == 2
    assert await asyncio.gather(*others[1:]) == [4, 6, 8]
    assert answering.asked == [(1,), (2, 3), (4,)]
    assert await together.ask(5, answering.double) == 10


@pytest.mark.anyio
async def test_an_error_reaches_those_who_asked_together_and_nobody_else() -> None:
    together: Together[int, int] = Together(at_most=2)
    answering = Answering()
    answering.go_on.set()
    asked = [together.ask(number, answering.double) for number in (13, 1, 2)]
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(each) for each in found] == [LookupError, LookupError, int]
