"""The cache of answers: bytes are bounded, answers are made once, nothing stale is kept."""

import asyncio

import pytest

from fedinode.cache import PATIENCE_SECONDS, Cache, CachedAnswer, soon

pytestmark = pytest.mark.anyio


def answer(body: bytes, *depends_on: str) -> CachedAnswer:
    return CachedAnswer(status=200, headers=(), body=body, depends_on=depends_on)


class Maker:
    """Makes answers when it is told to, and counts how often it was asked."""

    def __init__(self, *depends_on: str) -> None:
        self.calls = 0
        self.go_on = asyncio.Event()
        #: Taken once for each call, to wait until it has begun.
        self.begun = asyncio.Semaphore(0)
        self._depends_on = depends_on

    async def make(self) -> CachedAnswer:
        self.calls += 1
        number = self.calls
        self.begun.release()
        await self.go_on.wait()
        return answer(b"answer %d" % number, *self._depends_on)


async def test_many_who_ask_at_once_share_one_making() -> None:
    cache, maker = Cache(100_000), Maker()
    asked = [asyncio.ensure_future(cache.get_or_make("page", maker.make)) for _ in range(20)]
    maker.go_on.set()
    answers = await asyncio.gather(*asked)
    assert maker.calls == 1
    assert {each.body for each in answers} == {b"answer 1"}
    assert (await cache.get_or_make("page", maker.make)).body == b"answer 1"


async def test_who_asks_after_a_change_does_not_get_what_was_begun_before_it() -> None:
    cache, maker = Cache(100_000), Maker("post:1")
    before = asyncio.ensure_future(cache.get_or_make("page", maker.make))
    await maker.begun.acquire()
    cache.invalidate(["post:1"])
    after = asyncio.ensure_future(cache.get_or_make("page", maker.make))
    await maker.begun.acquire()
    maker.go_on.set()
    assert (await before).body == b"answer 1"
    assert (await after).body == b"answer 2"
    kept = cache.find("page")
    assert kept is not None
    assert kept.body == b"answer 2"


async def test_a_reader_who_leaves_does_not_spoil_it_for_the_others() -> None:
    cache, maker = Cache(100_000), Maker()
    first = asyncio.ensure_future(cache.get_or_make("page", maker.make))
    second = asyncio.ensure_future(cache.get_or_make("page", maker.make))
    await maker.begun.acquire()
    first.cancel()
    maker.go_on.set()
    assert (await second).body == b"answer 1"


async def test_an_error_reaches_all_who_wait_and_is_not_kept() -> None:
    cache = Cache(100_000)

    async def fail() -> CachedAnswer:
        raise LookupError("gone")

    results = await asyncio.gather(
        *(cache.get_or_make("page", fail) for _ in range(3)), return_exceptions=True
    )
    assert [type(result) for result in results] == [LookupError] * 3
    assert cache.find("page") is None


async def test_an_error_that_nobody_waits_for_is_not_reported_as_lost() -> None:
    cache, asked = Cache(100_000), asyncio.Event()

    async def fail() -> CachedAnswer:
        asked.set()
        await asyncio.sleep(0)
        raise LookupError("gone")

    only = asyncio.ensure_future(cache.get_or_make("page", fail))
    await asked.wait()
    only.cancel()
    await asyncio.gather(only, return_exceptions=True)
    assert cache.find("page") is None


def test_a_change_drops_what_depends_on_it_and_nothing_else() -> None:
    cache = Cache(100_000)
    cache.put("front", answer(b"1", "node", "collective:berlin"))
    cache.put("post", answer(b"2", "post:1"))
    cache.invalidate(["collective:berlin", "unheard-of"])
    assert cache.find("front") is None
    assert cache.find("post") is not None


def test_the_least_recently_used_leaves_when_the_bytes_are_used_up() -> None:
    cache = Cache(10_000)
    for number in range(9):
        cache.put(f"page {number}", answer(b"x" * 500))
    assert cache.find("page 0") is not None
    cache.put("page 9", answer(b"x" * 500))
    assert cache.find("page 0") is not None
    assert cache.find("page 1") is None
    assert cache.used_bytes <= 10_000


def test_an_answer_that_would_fill_the_cache_is_not_kept() -> None:
    cache = Cache(10_000)
    cache.put("small", answer(b"x"))
    cache.put("large", answer(b"x" * 2_000))
    assert cache.find("large") is None
    assert cache.find("small") is not None


def test_replacing_an_answer_does_not_count_its_bytes_twice() -> None:
    cache = Cache(10_000)
    cache.put("page", answer(b"x" * 100, "node"))
    used = cache.used_bytes
    cache.put("page", answer(b"y" * 100, "node"))
    assert cache.used_bytes == used
    cache.clear()
    assert cache.used_bytes == 0
    assert cache.find("page") is None


def test_an_answer_may_name_twice_what_it_depends_on() -> None:
    cache = Cache(100_000)
    cache.put("page", answer(b"a", "post:1", "post:1"))
    cache.invalidate(["post:1"])
    assert cache.find("page") is None
    assert cache.used_bytes == 0


async def test_changes_that_can_wait_drop_an_answer_once_in_a_while_and_none_is_forgotten() -> None:
    moment = 1000.0
    cache = Cache(100_000, lambda: moment)

    def is_kept() -> bool:
        cache.drop_due()
        return cache.find("page") is not None

    def put() -> None:
        cache.put("page", answer(b"words", "post:1"))

    put()
    cache.invalidate([soon("post:1")])
    assert not is_kept(), "the first change shows at once"
    put()
    for _ in range(100):
        cache.invalidate([soon("post:1")])
        moment += PATIENCE_SECONDS / 200
        assert is_kept(), "the others wait"
    moment += PATIENCE_SECONDS
    assert not is_kept(), "and show together"
    put()
    cache.invalidate([soon("post:1")])
    assert is_kept()
    cache.invalidate(["post:1"])
    assert not is_kept(), "what cannot wait drops it at once"
    put()
    moment += PATIENCE_SECONDS
    assert not is_kept()
    put()
    moment += 2 * PATIENCE_SECONDS
    assert is_kept(), "nothing changed since"
