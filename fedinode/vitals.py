"""What this process counts and how its loops feel: for /metrics and /healthz.

Counters have names that we write ourselves; nothing a peer sends becomes a name, so the table cannot grow.
"""

from collections import Counter
from datetime import datetime, timedelta


class Vitals:
    """Counters, and the last heartbeat of every loop of this process."""

    def __init__(self) -> None:
        self._counters: Counter[str] = Counter()
        self._heartbeats: dict[str, datetime] = {}
        self._troubles: dict[str, str] = {}

    def count(self, word: str, by: int = 1) -> None:
        """Add to a counter, such as ``received.signature_refused``."""
        self._counters[word] += by

    def counters(self) -> dict[str, int]:
        """Return all counters, in order of name."""
        return dict(sorted(self._counters.items()))

    def beat(self, loop: str, now: datetime) -> None:
        """Note that a loop is alive."""
        self._heartbeats[loop] = now

    def stop_watching(self, loop: str) -> None:
        """Forget a loop that ended as it should."""
        self._heartbeats.pop(loop, None)

    def heartbeats(self) -> dict[str, datetime]:
        """Return when each loop was last heard of."""
        return dict(sorted(self._heartbeats.items()))

    def stalled(self, now: datetime, after: timedelta) -> tuple[str, ...]:
        """Return the loops that have not been heard of for longer than ``after``."""
        return tuple(sorted(name for name, at in self._heartbeats.items() if now - at > after))

    def report_trouble(self, subject: str, sentence: str) -> None:
        """Keep one sentence for the admin about a subject, until it is cleared."""
        self._troubles[subject] = sentence

    def clear_trouble(self, subject: str) -> None:
        self._troubles.pop(subject, None)

    def troubles(self) -> dict[str, str]:
        """Return what the admin should know, by subject."""
        return dict(sorted(self._troubles.items()))
