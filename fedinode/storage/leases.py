"""Leases: a part that only one process may play, such as serving a data folder.

The holder's name tells machine start, process and start time, so that a lease whose process died on this
machine is free at once, while one from elsewhere is waited for until it ends.
"""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, select, update

from fedinode.errors import AlreadyRunning
from fedinode.storage import upserts
from fedinode.storage.database import Session
from fedinode.storage.models import Lease

#: Renew a lease about three times in this time.
LEASE_SECONDS = 60

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A process, told apart from every other process anywhere and at any time."""

    #: Random, made anew when the machine starts.
    boot_id: str
    #: Process numbers mean something only within their namespace (a container has its own).
    pid_namespace: str
    pid: int
    #: In clock ticks since the machine started; numbers of processes are given out again.
    started: str

    def __str__(self) -> str:
        return f"{self.boot_id} {self.pid_namespace} {self.pid} {self.started}"


def parse_holder(text: str) -> Holder:
    """Read what `str(holder)` wrote."""
    boot_id, pid_namespace, pid, started = text.split(" ")
    return Holder(boot_id=boot_id, pid_namespace=pid_namespace, pid=int(pid), started=started)


def this_process() -> Holder:
    """Return the holder that this process is."""
    return Holder(
        boot_id=(_PROC / "sys/kernel/random/boot_id").read_text("ascii").strip(),
        pid_namespace=os.readlink(_PROC / "self/ns/pid"),
        pid=os.getpid(),
        started=started(os.getpid()) or "",
    )


def take(session: Session, name: str, holder: Holder, now: datetime) -> None:
    """Take a lease that is free, ended, held by a process that is no more, or held by `holder` already.

    Raises: AlreadyRunning if another process holds it.
    """
    upserts.add_new(session, Lease, [{"name": name, "holder": str(holder), "until": _end(now)}])
    held = session.execute(
        select(Lease.holder, Lease.until).where(Lease.name == name).with_for_update()
    ).one()
    if held.until > now and not _is_gone(parse_holder(held.holder), holder) and held.holder != str(holder):
        raise AlreadyRunning(
            "Another fedinode process works on this data folder already; stop it first "
            f"(if it ran on another machine and is gone, try again in {LEASE_SECONDS} seconds)."
        )
    session.execute(update(Lease).where(Lease.name == name).values(holder=str(holder), until=_end(now)))


def renew(session: Session, name: str, holder: Holder, now: datetime) -> None:
    """Hold a lease for longer. Raises: AlreadyRunning if it was lost to another process meanwhile."""
    own = update(Lease).where(Lease.name == name, Lease.holder == str(holder)).values(until=_end(now))
    if not session.connection().execute(own).rowcount:
        raise AlreadyRunning("Another fedinode process has taken over this data folder; this one stops.")


def release(session: Session, name: str, holder: Holder) -> None:
    """Give a lease back; nothing happens if it is not held."""
    session.execute(delete(Lease).where(Lease.name == name, Lease.holder == str(holder)))


def _end(now: datetime) -> datetime:
    return now + timedelta(seconds=LEASE_SECONDS)


def _is_gone(other: Holder, own: Holder) -> bool:
    """Tell whether a holder is surely no longer alive; of another machine or container nothing is sure."""
    if (other.boot_id, other.pid_namespace) != (own.boot_id, own.pid_namespace):
        return False
    return started(other.pid) != other.started


def started(pid: int) -> str | None:
    """Return when a process of this namespace started; None if there is none with this number."""
    try:
        line = (_PROC / str(pid) / "stat").read_text("utf-8", "replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name in parentheses may hold spaces; the start time is field 22, the 20th after the name.
    return line.rpartition(")")[2].split()[19]
