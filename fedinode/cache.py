"""A cache of rendered answers in memory, bounded in bytes, with one maker per key at a time.

What lives here: the cache, its bookkeeping, and the names of the keys that answers depend on. Services write
these keys beside the change that makes answers stale; web names them when it renders.
"""

import asyncio
import functools
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

#: What an entry costs beside its body: keys, headers and the objects around them.
ENTRY_OVERHEAD_BYTES = 512

#: So long a count of thousands may lag behind, so that its page is not made anew for each of them.
PATIENCE_SECONDS = 10.0
_SOON = "soon:"

#: What every page of the node depends on: names of collectives, settings.
NODE_KEY = "node"
#: What others publish and we keep: posts of those whom our collectives follow or reshare.
NETWORK_KEY = "network"
#: What pages say of cells under statements: which of them this node blocks, what our collectives signed.
SIGNERS_KEY = "signers"


def post_key(post_uid: str) -> str:
    """Return the key of a post: its texts, its objects, and what came back from the network."""
    return f"post:{post_uid}"


def collective_key(name: str) -> str:
    """Return the key of a collective: what it is called, its actor, the list of its posts."""
    return f"collective:{name}"


def follows_key(name: str) -> str:
    """Return the key of a collective's collections of followers and followed."""
    return f"follows:{name}"


def soon(key: str) -> str:
    """Return the key under which a change may wait: at most one in `PATIENCE_SECONDS` drops answers."""
    return _SOON + key


@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
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

    def __init__(self, max_bytes: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._max_bytes = max_bytes
        self._monotonic = monotonic
        #: key -> when answers were dropped for a change that could have waited, and whether another waits.
        self._hurried: dict[str, tuple[float, bool]] = {}
        self._used_bytes = 0
        self._answers: OrderedDict[str, CachedAnswer] = OrderedDict()
        self._dependents: dict[str, set[str]] = {}
        self._making: dict[str, asyncio.Future[CachedAnswer]] = {}

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

        Whoever asks after a change never gets an answer whose making began before it.
        """
        found = self.find(key)
        if found is not None:
            return found
        waiting = self._making.get(key)
        if waiting is None:
            waiting = asyncio.ensure_future(make())
            self._making[key] = waiting
            waiting.add_done_callback(functools.partial(self._finish, key))
        # Shielded: one reader who goes away must not take the answer from the others.
        return await asyncio.shield(waiting)

    def _finish(self, key: str, made: asyncio.Future[CachedAnswer]) -> None:
        # A making that an invalidation overtook is no longer in the table, and its answer is not kept.
        is_current = self._making.get(key) is made
        if is_current:
            del self._making[key]
        if made.cancelled() or made.exception() is not None:
            return
        if is_current:
            self.put(key, made.result())

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
        """Drop every answer kept under, or depending on, one of the keys; those of `soon` at their time."""
        present = [self._admit(key.removeprefix(_SOON)) if key.startswith(_SOON) else key for key in keys]
        self._drop_dependents([key for key in present if key is not None])

    def drop_due(self) -> None:
        """Drop what a change that could wait made stale, once it waited long enough."""
        if not self._hurried:
            return
        over = self._monotonic() - PATIENCE_SECONDS
        ended = {key: waits for key, (at, waits) in self._hurried.items() if at <= over}
        for key in ended:
            del self._hurried[key]
        self.invalidate(soon(key) for key, waits in ended.items() if waits)

    def _admit(self, key: str) -> str | None:
        at, _ = self._hurried.get(key, (None, False))
        self._hurried[key] = (self._monotonic() if at is None else at, at is not None)
        return key if at is None else None

    def _drop_dependents(self, keys: list[str]) -> None:
        if keys:
            self._making.clear()
        for key in keys:
            self._drop(key)
            for dependent in tuple(self._dependents.get(key, ())):
                self._drop(dependent)

    def clear(self) -> None:
        """Drop everything."""
        self._making.clear()
        self._answers.clear()
        self._dependents.clear()
        self._used_bytes = 0

    def _drop(self, key: str) -> None:
        answer = self._answers.pop(key, None)
        if answer is None:
            return
        self._used_bytes -= answer.size_bytes
        for dependency in set(answer.depends_on):
            dependents = self._dependents[dependency]
            dependents.discard(key)
            if not dependents:
                del self._dependents[dependency]
