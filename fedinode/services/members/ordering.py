"""How and when a draft is to be made public, as a decision of the members keeps it. Pure."""

import json
import zoneinfo
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from fedinode.errors import Conflict, ManuscriptError, UsageError
from fedinode.frontmatter import values
from fedinode.i18n import N_
from fedinode.manuscripts import BACKDATED_AFTER

#: A moment that a colleague's clock calls now may lie so far ahead of ours.
CLOCK_TOLERANCE: Final = timedelta(minutes=5)
#: Whoever decides now hardly knows what holds later.
MAX_AHEAD: Final = timedelta(days=366)
_NEVER: Final = N_("{at} does not exist in {zone}: the clocks are put forward over it. Choose another hour.")
_TWICE: Final = N_("{at} occurs twice in {zone}, because the clocks are put back. Choose another hour.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How a draft is made public: whether followers are sent it, and when; without a moment, now."""

    deliver: bool
    at: datetime | None = None
    #: The saved state of a working copy that the draft was made of.
    copy_uid: str | None = None
    number: int | None = None

    def as_parameters(self) -> bytes:
        """Return the order as a decision keeps it."""
        at = self.at.isoformat() if self.at else None
        said = {"deliver": self.deliver, "at": at, "copy": self.copy_uid, "number": self.number}
        return json.dumps({name: value for name, value in said.items() if value is not None}).encode()


def order_of(parameters: bytes) -> Order:
    """Return the order that a decision keeps."""
    said = json.loads(parameters)
    at = datetime.fromisoformat(said["at"]) if "at" in said else None
    return Order(deliver=said["deliver"], at=at, copy_uid=said.get("copy"), number=said.get("number"))


def is_sent(published_at: datetime | None, now: datetime) -> bool:
    """Tell whether followers are sent a draft with this date: what is old is not."""
    return published_at is None or published_at >= now - BACKDATED_AFTER


def require_future(at: datetime, now: datetime) -> None:
    """Raise Conflict for a moment that nothing can be set for."""
    if at <= now:
        raise Conflict(N_("This moment is over already; choose a later one, or publish now."))
    if at > now + MAX_AHEAD:
        raise Conflict(N_("This is more than a year ahead; choose an earlier moment."))


def require_past(published: datetime | None, now: datetime) -> None:
    """Raise ManuscriptError for a date of its own that a text cannot have when it is published now."""
    if published is not None and published > now + CLOCK_TOLERANCE:
        raise ManuscriptError(
            "`published` lies in the future; leave it out to publish now, or keep the file as a --draft."
        )


def moment_in(written: str, zone: str) -> datetime:
    """Return the instant of a day and hour as clocks in a zone show it. Raises UsageError."""
    if zone not in zoneinfo.available_timezones():
        raise UsageError(N_("There is no time zone “{zone}”; write one as Europe/Berlin."), zone=zone[:60])
    try:
        local = datetime.fromisoformat(written)
    except ValueError as error:
        raise UsageError(N_("Choose a day and an hour.")) from error
    try:
        there = values.local_time(local.replace(tzinfo=None), zone)
    except ValueError as error:
        words = _TWICE if "twice" in str(error) else _NEVER
        raise UsageError(words, at=f"{local:%Y-%m-%d %H:%M}", zone=zone) from error
    return there.replace(tzinfo=zoneinfo.ZoneInfo(zone)).astimezone(UTC)
