"""How many sign-ups are taken: counted in memory by network and by domain, under a key that lasts a day.

No address and no network is kept: a count stands under a keyed digest, the key is random, never leaves this
process, and is thrown away each day with all counts. Beyond a number of sign-ups in an hour people answer a
question first; beyond a larger one their signatures wait for the author; beyond the largest none are taken.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from fedinode.config import LimitSettings
from fedinode.expiring import Expiring, Monotonic

_HOUR: Final = 3600.0
_MINUTE: Final = 60.0
#: Networks and domains that are counted at once; an attack from more of them meets the count of all.
_MAX_COUNTED: Final = 50_000
#: So many times the sign-ups that pass without a question: the author looks at what comes then.
SUSPECT_TIMES: Final = 5
#: So many times: nothing more is taken from there within the hour.
REFUSED_TIMES: Final = 20
#: A provider has more users than a house has people.
DOMAIN_TIMES: Final = 10
_QUESTION_LASTS: Final = timedelta(hours=1)
_DIGEST_CHARS: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is asked of somebody who signs up now."""

    needs_answer: bool = False
    is_suspect: bool = False
    is_refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A sum to do; `token` knows the answer without telling it."""

    first: int
    second: int
    token: str


class Gate:
    """Counts sign-ups, and asks a question when there are too many. For one event loop only."""

    def __init__(self, limits: LimitSettings, clock: Callable[[], datetime], monotonic: Monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._monotonic = monotonic
        self._day: date | None = None
        self._begin_day()

    def judge(self, network: str | None, domain: str | None) -> Verdict:
        """Say what is asked of a sign-up from a network, for an address at a domain, where they are known."""
        self._begin_day()
        of_network = self._count(self._hourly, "network", network)
        of_domain = self._count(self._hourly, "domain", domain)
        free = self._limits.signups_per_network
        return Verdict(
            needs_answer=of_network >= free
            or of_domain >= free * DOMAIN_TIMES
            or self._count(self._minutely, "all", "") >= self._limits.signups_per_minute,
            is_suspect=of_network >= free * SUSPECT_TIMES,
            is_refused=of_network >= free * REFUSED_TIMES,
        )

    def note(self, network: str | None, domain: str | None) -> None:
        """Count a sign-up that was taken."""
        self._begin_day()
        self._add(self._hourly, "network", network)
        self._add(self._hourly, "domain", domain)
        self._add(self._minutely, "all", "")

    def ask(self) -> Question:
        """Make a question."""
        self._begin_day()
        first, second = secrets.randbelow(9) + 1, secrets.randbelow(9) + 1
        until = int((self._clock() + _QUESTION_LASTS).timestamp())
        stem = f"{secrets.token_hex(8)}.{until}"
        return Question(
            first=first, second=second, token=f"{stem}.{self._digest('answer', f'{stem}.{first + second}')}"
        )

    def is_answered(self, token: str, answer: str) -> bool:
        """Tell whether an answer is right, in time, and given for the first time."""
        self._begin_day()
        stem, _, digest = token.rpartition(".")
        _, _, until = stem.partition(".")
        typed = answer.strip()
        if not (typed.isdecimal() and until.isascii() and until.isdecimal() and len(token) < 100):
            return False
        right = self._digest("answer", f"{stem}.{int(typed[:3])}")
        is_used = self._answers.get(digest) is not None
        if is_used or not hmac.compare_digest(digest.encode(), right.encode()):
            return False
        self._answers.put(digest, True)
        return self._clock().timestamp() < int(until[:20])

    def _begin_day(self) -> None:
        today = self._clock().date()
        if today == self._day:
            return
        self._day = today
        self._key = secrets.token_bytes(32)
        self._hourly = self._counts(_HOUR)
        self._minutely = self._counts(_MINUTE)
        self._answers: Expiring[str, bool] = Expiring(
            seconds=_HOUR, max_entries=_MAX_COUNTED, monotonic=self._monotonic
        )

    def _counts(self, seconds: float) -> Expiring[str, list[int]]:
        return Expiring(seconds=seconds, max_entries=_MAX_COUNTED, monotonic=self._monotonic)

    def _count(self, counts: Expiring[str, list[int]], kind: str, value: str | None) -> int:
        found = None if value is None else counts.get(self._digest(kind, value))
        return found[0] if found else 0

    def _add(self, counts: Expiring[str, list[int]], kind: str, value: str | None) -> None:
        if value is None:
            return
        key = self._digest(kind, value)
        found = counts.get(key)
        if found is None:
            counts.put(key, [1])
        else:
            found[0] += 1

    def _digest(self, kind: str, value: str) -> str:
        return hmac.new(self._key, f"{kind} {value}".encode(), hashlib.sha256).hexdigest()[:_DIGEST_CHARS]
