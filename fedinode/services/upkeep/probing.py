"""Looks at the node from inside: what waits, what is full, who is there."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from fedinode.capabilities import Capabilities
from fedinode.i18n import N_
from fedinode.resources import installed_version
from fedinode.services.upkeep.findings import Finding, fault, good, note
from fedinode.storage import audit_log, collectives, decisions, node_facts, soundings, versions
from fedinode.storage.database import Session
from fedinode.storage.soundings import People, Queues

_MEGA: Final = 1_000_000
#: A write-ahead log that grew to this is kept from shrinking by somebody.
_MAX_WAL_BYTES: Final = 128 * _MEGA
#: What this program is built for, and what is more than it ever needed.
_MUCH_MEMORY_BYTES: Final = 512 * _MEGA
_LATE: Final = timedelta(hours=1)
_BACKUP_AFTER: Final = timedelta(days=8)
_TIDIED_AFTER: Final = timedelta(days=1)
_FORWARDED_AFTER: Final = timedelta(days=7)
#: Names of facts.
TIDIED_AT: Final = "housekeeping.at"
FORWARDED_AT: Final = "proxy.forwarded-at"
#: What an operator noted about the last backup.
BACKUP: Final = "backup.where"
BACKUP_AT: Final = "backup.at"


async def deliveries(cap: Capabilities) -> tuple[Finding, ...]:
    """What goes out."""
    found = await _queues(cap)
    told: tuple[Finding, ...] = ()
    if parked := found.deliveries.get("parked"):
        words = N_("{count} deliveries wait for servers that have not answered for days.")
        told += fault("deliveries", words, "fedinode deliveries --failed", count=parked)
    if abandoned := found.deliveries.get("abandoned"):
        remedy = "fedinode deliveries --failed; fedinode retry HOST"
        told += fault("deliveries", N_("{count} deliveries were given up."), remedy, count=abandoned)
    if found.parked_peers:
        words = N_("{count} servers have not answered for a week; they are asked again when they come back.")
        told += note("deliveries", words, "fedinode wake HOST", count=found.parked_peers)
    waiting = found.deliveries.get("waiting", 0) + found.deliveries.get("leased", 0)
    if found.oldest_due_at is not None and found.oldest_due_at < cap.clock() - _LATE:
        words = N_("{count} deliveries wait, the oldest since {since} UTC.")
        remedy = N_("Does the worker run? It is a part of `fedinode serve`.")
        return told + note("deliveries", words, remedy, count=waiting, since=_moment(found.oldest_due_at))
    return told + good("deliveries", N_("Deliveries that wait to be sent: {count}."), count=waiting)


async def received(cap: Capabilities) -> tuple[Finding, ...]:
    """What came in and was not applied yet."""
    found = await _queues(cap)
    most = cap.settings.limits.journal_backlog
    if found.journal_waiting > most // 2:
        words = N_("{count} messages of others wait to be applied; beyond {most} nothing more is taken in.")
        remedy = N_("Is this an attack? At the desk, Moderation has a switch for it.")
        return fault("received", words, remedy, count=found.journal_waiting, most=most)
    return good(
        "received", N_("Messages of others that wait to be applied: {count}."), count=found.journal_waiting
    )


async def database(cap: Capabilities) -> tuple[Finding, ...]:
    """How large the database is, and its log."""
    size = await cap.database.read(soundings.database_bytes)
    wal = _size(cap.settings.data_dir / "fedinode.db-wal") if cap.database.kind == "sqlite" else 0
    if wal > _MAX_WAL_BYTES:
        words = N_("The database's log has grown to {wal} MB: something keeps it open for reading.")
        remedy = N_("Stop backup programs or commands that hang, then restart the service.")
        return fault("database", words, remedy, wal=wal // _MEGA)
    words = N_("The database has {size} MB, its log {wal} MB.")
    return good("database", words, size=round(size / _MEGA, 1), wal=round(wal / _MEGA, 1))


async def mail(cap: Capabilities) -> tuple[Finding, ...]:
    """Whether letters go out."""
    found = await _queues(cap)
    if cap.settings.mail.host is None:
        remedy = N_("Name a mail server in fedinode.toml: [mail] host, sender. See docs/operator.md, Mail.")
        if found.open_forms:
            words = N_("People can sign {count} statements, but without a mail server no letter goes out.")
            return fault("mail", words, remedy, count=found.open_forms)
        return note("mail", N_("There is no mail server: members are told nothing by mail."), remedy)
    told: tuple[Finding, ...] = ()
    remedy = N_("The log of the service says what the mail server answered: journalctl -u fedinode")
    if found.mail_failed:
        words = N_("{count} letters were given up in the last 30 days.")
        told += note("mail", words, remedy, count=found.mail_failed)
    if found.mail_due_at is not None and found.mail_due_at < cap.clock() - _LATE:
        words = N_("{count} letters wait, the oldest since {since} UTC.")
        since = _moment(found.mail_due_at)
        return told + fault("mail", words, remedy, count=found.mail_waiting, since=since)
    return told + good("mail", N_("Letters that wait to be sent: {count}."), count=found.mail_waiting)


async def proxy(cap: Capabilities) -> tuple[Finding, ...]:
    """Whether the node knows of the proxy before it."""
    written = await cap.database.read(lambda session: node_facts.find(session, FORWARDED_AT))
    is_new = written is not None and datetime.fromisoformat(written) > cap.clock() - _FORWARDED_AFTER
    if cap.settings.limits.proxy_hops == 0 and is_new:
        words = N_("A proxy stands before this node, which was not told: everybody seems to come from it.")
        remedy = N_("Set limits.proxy_hops = 1 in fedinode.toml, so that floods can be told from visitors.")
        return fault("proxy", words, remedy)
    return ()


async def version(cap: Capabilities) -> tuple[Finding, ...]:
    """Which program this is, and whether the database's tables are its own."""
    state, reached = await cap.database.read(
        lambda session: (versions.state(session), versions.reached(session))
    )
    values = {"version": installed_version(), "number": reached or "-"}
    if state != "current":
        words = N_("This is fedinode {version}, but the database is at {number}.")
        return fault("version", words, "fedinode upgrade", **values)
    return good("version", N_("This is fedinode {version}; the database fits ({number})."), **values)


async def backup(cap: Capabilities) -> tuple[Finding, ...]:
    """How old the last backup is that somebody noted."""

    def read(session: Session) -> tuple[str | None, str | None]:
        return node_facts.find(session, BACKUP_AT), node_facts.find(session, BACKUP)

    at, where = await cap.database.read(read)
    remedy = N_('At the end of the script that makes it: fedinode backup-made "WHERE"')
    if at is None:
        return note("backup", N_("Nobody noted a backup yet."), remedy)
    values = {"day": at[:10], "where": where or "-"}
    words = N_("The last backup is of {day} ({where}).")
    if datetime.fromisoformat(at) < cap.clock() - _BACKUP_AFTER:
        return note("backup", words, remedy, **values)
    return good("backup", words, **values)


async def memory(_cap: Capabilities) -> tuple[Finding, ...]:
    """How much memory this process takes."""
    size = _resident_bytes()
    words = N_("This process takes {size} MB of memory.")
    if size > _MUCH_MEMORY_BYTES:
        remedy = N_("More than 512 MB is not expected: restart the service, and watch whether it grows.")
        return note("memory", words, remedy, size=size // _MEGA)
    return good("memory", words, size=size // _MEGA)


async def work(cap: Capabilities) -> tuple[Finding, ...]:
    """Whether somebody works through the queues, and when it was last tidied up."""

    def read(session: Session) -> tuple[datetime | None, str | None]:
        return soundings.lease_until(session, "worker"), node_facts.find(session, TIDIED_AT)

    until, tidied_at = await cap.database.read(read)
    now = cap.clock()
    if cap.database.kind == "sqlite" and (until is None or until < now):
        words = N_("Nobody works through the queues: nothing is delivered.")
        remedy = N_("Start `fedinode serve`; with --no-deliver, `fedinode worker` beside it.")
        told = note("work", words, remedy)
    else:
        told = good("work", N_("The worker runs."))
    if tidied_at is None:
        return told
    at = datetime.fromisoformat(tidied_at)
    if at < now - _TIDIED_AFTER:
        words = N_("What is kept no longer was last deleted on {at} UTC; it should be every hour.")
        return told + note("work", words, N_("Restart the service."), at=_moment(at))
    return told + good("work", N_("What is kept no longer was last deleted on {at} UTC."), at=_moment(at))


async def members(cap: Capabilities) -> tuple[Finding, ...]:
    """Who is there, and who stayed away."""
    found = await cap.database.read(lambda session: _people(session, cap.clock()))
    words = N_("Members: {members}. Browsers that are signed in: {sessions}.")
    told = good("members", words, members=found.members, sessions=found.sessions)
    if found.owners_awake < 2:
        words = N_("Only {count} owner of this node was here in the last 60 days: nobody could stand in.")
        remedy = N_("Make a second owner: fedinode account add EMAIL --role owner")
        told += note("members", words, remedy, count=found.owners_awake)
    if found.asleep:
        words = N_("Asleep, because they were not here for 60 days: {names}.")
        remedy = N_("fedinode account link EMAIL wakes them, fedinode account remove EMAIL lets them go.")
        told += note("members", words, remedy, names=", ".join(found.asleep))
    if found.without_factor:
        words = N_("Members without a second factor, so that a stolen password is enough: {count}.")
        remedy = N_("Ask them, or ask everybody: members.require_second_factor = true in fedinode.toml.")
        told += note("members", words, remedy, count=found.without_factor)
    return told


async def note_backup(cap: Capabilities, where: str) -> None:
    """Note that a backup was made just now, and where it lies: the overview and a panic name it."""

    def write(session: Session) -> None:
        node_facts.put(session, BACKUP, " ".join(where.split())[:200])
        node_facts.put(session, BACKUP_AT, cap.clock().isoformat())
        audit_log.add(session, "node.backup", "node", now=cap.clock(), details={"where": where[:200]})

    await cap.database.write(write)


async def tidied(cap: Capabilities) -> None:
    """Note that it was tidied up just now."""
    await cap.database.write(lambda session: node_facts.put(session, TIDIED_AT, cap.clock().isoformat()))


async def saw_proxy(cap: Capabilities) -> None:
    """Note that a request came with X-Forwarded-For; once a day is enough."""

    def write(session: Session) -> None:
        known = node_facts.find(session, FORWARDED_AT)
        if known is None or datetime.fromisoformat(known) < cap.clock() - timedelta(days=1):
            node_facts.put(session, FORWARDED_AT, cap.clock().isoformat())

    await cap.database.write(write)


async def _queues(cap: Capabilities) -> Queues:
    return await cap.database.read(lambda session: soundings.queues(session, cap.clock()))


def _people(session: Session, now: datetime) -> People:
    return soundings.people(session, collectives.first_name(session), now - decisions.LAPSES_AFTER, now)


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "-"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _resident_bytes() -> int:
    try:
        words = Path("/proc/self/statm").read_text("ascii").split()
    except OSError:
        return 0
    return int(words[1]) * 4096
