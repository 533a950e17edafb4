"""Whether the fault is ours: if many servers refuse our signatures, our clock or our address may be wrong."""

import statistics
from collections import deque
from datetime import datetime, timedelta

from federation.errors import FederationError
from federation.net import discovery
from fedinode.capabilities import Capabilities

#: So many servers refusing us within so long make us look at ourselves.
HOSTS = 3
WITHIN = timedelta(minutes=10)
#: How far our clock may be off; fediverse servers take requests that are minutes off, but not hours.
MAX_SKEW_SECONDS = 30.0
#: While deliveries are paused, how often it is looked whether the cause is gone.
CHECK_EVERY = timedelta(minutes=5)
#: After a look that found nothing wrong with us, refusals mean nothing for so long.
MUTED_AFTER = timedelta(hours=1)
_MAX_REMEMBERED = 100
_DELIVERY = "delivery"
_CLOCK = "clock"
_REFUSED = 401


class Watch:
    """Remembers, for a while, who refused us and what other servers' clocks said."""

    def __init__(self) -> None:
        self._refusals: deque[tuple[datetime, str]] = deque(maxlen=_MAX_REMEMBERED)
        self._skews: dict[str, float] = {}

    def note(self, host: str, status: int | None, skew_seconds: float | None, now: datetime) -> None:
        """Note an answer."""
        if status == _REFUSED:
            self._refusals.append((now, host))
        if skew_seconds is not None:
            self._skews.pop(host, None)
            self._skews[host] = skew_seconds
            if len(self._skews) > _MAX_REMEMBERED:
                del self._skews[next(iter(self._skews))]

    def is_refused_by_many(self, now: datetime) -> bool:
        """Tell whether several servers refused us lately."""
        return len({host for at, host in self._refusals if now - at <= WITHIN}) >= HOSTS

    def forget_refusals(self) -> None:
        """Begin anew, after the cause was looked for."""
        self._refusals.clear()

    def skew_seconds(self) -> float | None:
        """Return how far other servers' clocks are ahead of ours, if several say so."""
        if len(self._skews) < HOSTS:
            return None
        return statistics.median(self._skews.values())


def clock_trouble(watch: Watch) -> str | None:
    """Return a sentence for the admin if our clock is off."""
    skew = watch.skew_seconds()
    if skew is None or abs(skew) <= MAX_SKEW_SECONDS:
        return None
    direction = "behind" if skew > 0 else "ahead of"
    return (
        f"The clock of this machine is about {abs(skew):.0f} seconds {direction} that of other servers; "
        "let it be set over the network (timedatectl set-ntp true)."
    )


async def find_trouble(cap: Capabilities, watch: Watch) -> str | None:
    """Look at ourselves from outside; return a sentence for the admin, or None if nothing is wrong."""
    clock = clock_trouble(watch)
    if clock is not None:
        return f"{clock} Deliveries wait until then, because servers refuse our signatures."
    uri = cap.urls.node_actor()
    own = await cap.keyring.node_signer()
    try:
        actor = await discovery.fetch_actor(cap.client, uri, None)
    except FederationError as error:
        return (
            f"Other servers refuse our signatures, and {uri} cannot be fetched from here either ({error}); "
            "check the proxy, its certificate and the name. Deliveries wait until then."
        )
    if own.key.public.pem() not in {key.public.pem() for key in actor.keys if key.key_id == own.key_id}:
        return (
            f"Another node answers at {cap.urls.origin}: its key is not ours. Stop one of the two; "
            "deliveries of this one wait until then."
        )
    return None


class Guard:
    """Pauses deliveries while the fault may be ours, and tells the admin in a sentence."""

    def __init__(self, cap: Capabilities) -> None:
        self._cap = cap
        self._watch = Watch()
        self._check_at: datetime | None = None
        self._muted_until: datetime | None = None

    def is_paused(self) -> bool:
        """Tell whether deliveries wait until the cause is found."""
        return self._check_at is not None

    def note(self, host: str, status: int | None, skew_seconds: float | None, now: datetime) -> None:
        """Note an answer; many refusals pause deliveries."""
        self._watch.note(host, status, skew_seconds, now)
        self._tell(_CLOCK, clock_trouble(self._watch))
        is_muted = self._muted_until is not None and now < self._muted_until
        if not self.is_paused() and not is_muted and self._watch.is_refused_by_many(now):
            self._check_at = now

    async def may_deliver(self) -> bool:
        """Tell whether deliveries may go on; while they are paused, look now and then for the cause."""
        now = self._cap.clock()
        if self._check_at is None:
            return True
        if now < self._check_at:
            return False
        trouble = await find_trouble(self._cap, self._watch)
        self._tell(_DELIVERY, trouble)
        if trouble is not None:
            self._check_at = now + CHECK_EVERY
            return False
        self._check_at = None
        self._muted_until = now + MUTED_AFTER
        self._watch.forget_refusals()
        return True

    def _tell(self, subject: str, sentence: str | None) -> None:
        if sentence is None:
            self._cap.vitals.clear_trouble(subject)
        else:
            self._cap.vitals.report_trouble(subject, sentence)
