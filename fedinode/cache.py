"""A cache of rendered answers in memory, bounded in bytes, with one maker per key at a time.

What lives here: the cache and its bookkeeping. What does not: which keys a change makes stale (services write
them beside the change) and what is rendered (web).
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

#: What an entry costs beside its body: keys, headers and the objects around them.
ENTRY_OVERHEAD_BYTES = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedAnswer:
    """An answer as it was rendered: status, headers and body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    etag: str = ""
    #: The keys whose invalidation drops this answer.
    depends_on: tuple[str, ...] = ()

    @property
    def size_bytes(self) -> int:
        return ENTRY_OVERHEAD_BYTES + len(self.body) + sum(len(n) + len(v) for n, v in self.headers)


class Cache:
    """Answers by key; the least recently used leave when the bytes are used up. For one event loop only."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._used_bytes = 0
        self._answers: OrderedDict[str, CachedAnswer] = OrderedDict()
        self._dependents: dict[str, set[str]] = {}
        self._making: dict[str, asyncio.Future[CachedAnswer]] = {}
        self._generation = 0

    @property
    def used_bytes(self) -> int:
        return self._used_bytes

    def find(self, key: str) -> CachedAnswer | None:
        """Return the answer kept under the key, if any."""
        answer = self._answers.get(key)
        if answer is not None:
            self._answers.move_to_end(key)
        return answer

    async def get_or_make(self, key: str, make: Callable[[], Awaitable[CachedAnswer]]) -> CachedAnswer:
        """Return the kept answer, or make it once however many ask at the same time.

        An answer made from rows that changed meanwhile is handed out, but not kept.
        """
        found = self.find(key)
        if found is not None:
            return found
        waiting = self._making.get(key)
        if waiting is not None:
            return await asyncio.shield(waiting)
        return await self._make(key, make)

    async def _make(self, key: str, make: Callable[[], Awaitable[CachedAnswer]]) -> CachedAnswer:
        future: asyncio.Future[CachedAnswer] = asyncio.get_running_loop().create_future()
        self._making[key] = future
        generation = self._generation
        try:
            answer = await make()
        except BaseException as error:
            # Those who wait get the same error; one that nobody waits for must not be reported as lost.
            future.set_exception(
                error if isinstance(error, Exception) else RuntimeError("the maker was stopped")
            )
            future.exception()
            raise
        else:
            future.set_result(answer)
            if generation == self._generation:
                self.put(key, answer)
            return answer
        finally:
            del self._making[key]

    def put(self, key: str, answer: CachedAnswer) -> None:
        """Keep the answer, unless it alone would fill an eighth of the cache."""
        self._drop(key)
        if answer.size_bytes > self._max_bytes // 8:
            return
        self._answers[key] = answer
        self._used_bytes += answer.size_bytes
        for dependency in answer.depends_on:
            self._dependents.setdefault(dependency, set()).add(key)
        while self._used_bytes > self._max_bytes:
            self._drop(next(iter(self._answers)))

    def invalidate(self, keys: Iterable[str]) -> None:
        """Drop every answer kept under, or depending on, one of the keys."""
        self._generation += 1
        for key in keys:
            self._drop(key)
            for dependent in tuple(self._dependents.get(key, ())):
                self._drop(dependent)

    def clear(self) -> None:
        """Drop everything."""
        self._generation += 1
        self._answers.clear()
        self._dependents.clear()
        self._used_bytes = 0

    def _drop(self, key: str) -> None:
        answer = self._answers.pop(key, None)
        if answer is None:
            return
        self._used_bytes -= answer.size_bytes
        for dependency in answer.depends_on:
            dependents = self._dependents[dependency]
            dependents.discard(key)
            if not dependents:
                del self._dependents[dependency]
