"""The overview of a node for those who look after it: findings by subject, small charts of the last days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fedinode.capabilities import Capabilities
from fedinode.i18n import N_
from fedinode.services.members import halting
from fedinode.services.members.halting import State
from fedinode.services.upkeep import diagnosing
from fedinode.services.upkeep.findings import Finding
from fedinode.storage import soundings
from fedinode.storage.database import Session

#: What subjects are called, in the order of the page.
SUBJECTS: Final[tuple[tuple[str, str], ...]] = (
    ("deliveries", N_("Deliveries")),
    ("received", N_("What others send")),
    ("journal", N_("What others send")),
    ("door", N_("Seen from outside")),
    ("certificate", N_("Certificate")),
    ("clock", N_("Clock")),
    ("proxy", N_("Proxy")),
    ("mail", N_("Mail")),
    ("disk", N_("Disk")),
    ("database", N_("Database")),
    ("memory", N_("Memory")),
    ("work", N_("Worker")),
    ("backup", N_("Backup")),
    ("version", N_("Version")),
    ("secrets", N_("Secrets")),
    ("members", N_("Members")),
    ("signatures", N_("Signatures")),
    ("audit", N_("Audit")),
)
_ORDER: Final = {"fault": 0, "note": 1, "good": 2}
_BARS_WIDTH: Final = 480
_BARS_HEIGHT: Final = 72
_GAP: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar of a chart: the step of time it stands for, and where it is drawn."""

    at: datetime
    count: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """How much there was of something in each step of time."""

    name: str
    title: str
    bars: tuple[Bar, ...]
    total: int
    highest: int
    is_hourly: bool
    width: int = _BARS_WIDTH
    height: int = _BARS_HEIGHT


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Everything on the page."""

    #: Faults first, then notes, then what is well; each with the name of its subject.
    findings: tuple[tuple[str, Finding], ...]
    #: When it was last looked from outside.
    looked_at: datetime | None
    charts: tuple[Chart, ...]
    state: State


async def look(cap: Capabilities) -> Overview:
    """Return how the node is, without asking the network."""
    found = await diagnosing.look(cap)
    names = dict(SUBJECTS)
    place = {subject: number for number, (subject, _) in enumerate(SUBJECTS)}
    ordered = sorted(found.findings, key=lambda each: (_ORDER[each.level], place.get(each.subject, 99)))
    return Overview(
        findings=tuple((names.get(each.subject, each.subject), each) for each in ordered),
        looked_at=found.looked_at,
        charts=await cap.database.read(lambda session: _charts(session, cap.clock())),
        state=await halting.state(cap),
    )


def _charts(session: Session, now: datetime) -> tuple[Chart, ...]:
    hour, day = timedelta(hours=1), timedelta(days=1)
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    today = this_hour.replace(hour=0)
    hours = [this_hour - hour * number for number in range(23, -1, -1)]
    days = [today - day * number for number in range(13, -1, -1)]
    return (
        _chart(
            "delivered", N_("Deliveries in each hour"), soundings.delivered(session, hours[0], hour), hours
        ),
        _chart("replied", N_("Replies on each day"), soundings.replied(session, days[0], day), days),
        _chart(
            "signed", N_("Signatures of people on each day"), soundings.signed(session, days[0], day), days
        ),
    )


def _chart(name: str, title: str, counts: dict[datetime, int], steps: Sequence[datetime]) -> Chart:
    highest = max(counts.values(), default=0)
    room = _BARS_WIDTH / len(steps)
    bars = []
    for number, step in enumerate(steps):
        count = counts.get(step, 0)
        height = round(_BARS_HEIGHT * count / highest, 1) if highest else 0
        bars.append(
            Bar(
                at=step,
                count=count,
                x=round(number * room, 1),
                y=round(_BARS_HEIGHT - height, 1),
                width=round(room - _GAP, 1),
                height=height,
            )
        )
    return Chart(
        name=name,
        title=title,
        bars=tuple(bars),
        total=sum(counts.values()),
        highest=highest,
        is_hourly=len(steps) == 24,
    )
