"""Panic: read-only at once, everybody out, and what could hurt people wiped. What is public stays readable.

The order is that of safety: each step is finished when it is committed, what is worst in wrong hands goes
first, and a second run does again whatever a power cut left undone. Nothing here can reach copies elsewhere.
"""

import asyncio
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from fedinode import failpoints
from fedinode.capabilities import Capabilities
from fedinode.i18n import N_
from fedinode.services.members import halting
from fedinode.services.upkeep import housekeeping, probing
from fedinode.storage import audit_chain, audit_log, node_facts, sealing, wiped_rows
from fedinode.storage.database import Session
from fedinode.storage.sealing import Sealer

_PLAN: Final = "panic.plan"
_BEGUN: Final = "panic.begun"
#: Changes with every dropped key: a process that sees another mark than at its start reads its keys again.
_KEYS: Final = "panic.keys-dropped"
_DONE: Final = "panic.finished"
#: Names that copies of a database tend to have.
_COPIES: Final = (
    "*.db",
    "*.db-*",
    "*.sqlite*",
    "*.dump",
    "*.sql*",
    "*backup*",
    "*copy*",
    "*.bak",
    "*.tar*",
    "*.zip",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be wiped beside what always happens."""

    #: Mail addresses of signers, names that are not shown, the queue of mail, what others sent.
    signers: bool = True
    #: Texts that were never public, invitations, open questions.
    drafts: bool = True
    #: Addresses, names, passwords and second factors of members.
    members: bool = True
    #: All private keys and the data key.
    keys: bool = True

    def with_more(self, other: "Plan") -> "Plan":
        """Return what either of two asks for: a second panic never does less."""
        pairs = ((each.name, getattr(self, each.name) or getattr(other, each.name)) for each in fields(Plan))
        return Plan(**dict(pairs))


@dataclass(frozen=True, slots=True, kw_only=True)
class PanicReport:
    """What was done, and what no program on this machine can do: sentences, with their numbers."""

    done: tuple[str, ...]
    left: tuple[str, ...]
    #: Copies that were noted, or that lie beside the node.
    backups: tuple[str, ...]


_SHUT: Final = N_("The node is read-only, all sessions have ended, and no link or password opens the desk.")
_DROPPED: Final = N_("The private keys and the data key are gone; what they sealed stays closed for good.")
_SIGNERS: Final = N_(
    "Addresses of people who signed, names that were not public, all mail, and what others sent are erased."
)
_DRAFTS: Final = N_("Drafts, working copies, invitations and open questions are erased.")
_MEMBERS: Final = N_("Addresses, names, passwords and second factors of members are erased.")
_COMPACT: Final = N_("The database was written anew and its log emptied.")
_FILES: Final = N_("Temporary files and pictures of drafts are erased.")
_NOT_COMPACT: Final = N_(
    "The database could not be written anew, for something holds it open: run `fedinode panic --yes` again."
)
_PUBLIC: Final = N_("What was public stays: on this node's pages, at readers, at search engines.")
_ELSEWHERE: Final = N_(
    "Co-signing collectives keep the statements, their signatures, and the names that travelled with them."
)
_MEMORY: Final = N_("Restart or stop the service: a running process may still hold keys in its memory.")
_DISK: Final = N_("Disks keep traces that no program can reach; only an encrypted disk helps against that.")
_SERVER: Final = N_(
    "The database server keeps its own log, replicas and backups; ask who runs it to erase them."
)
_BACKUPS: Final = N_("Backups still open with their old keys. Erase them, or know who holds them:")
_UNKNOWN: Final = N_("Nobody noted a backup here. Wherever there is one, it still opens with its old keys.")


async def panic(cap: Capabilities, plan: Plan, account_id: int | None = None) -> PanicReport:
    """Do it; once more does what is left. Slow only at its end: the first step is one short transaction."""
    plan = await cap.database.write(lambda session: _begin(session, plan, account_id, cap.clock()), keep=True)
    failpoints.hit("panic.shut")
    if plan.keys:
        await _drop_keys(cap, account_id)
    for name, wipe in _WIPES:
        if getattr(plan, name):
            await cap.database.write(wipe, keep=True)
            failpoints.hit(f"panic.{name}")
    await _erase_files(cap, plan)
    is_compact = await asyncio.to_thread(cap.database.compact)
    failpoints.hit("panic.compact")
    await cap.database.write(lambda session: _finish(session, plan, account_id, cap.clock()), keep=True)
    cap.cache.clear()
    return await _report(cap, plan, is_compact=is_compact)


async def keys_mark(cap: Capabilities) -> str | None:
    """Return what tells one dropping of keys from the next; `heed` compares with it."""
    return await cap.database.read(lambda session: node_facts.find(session, _KEYS))


async def heed(cap: Capabilities, seen: str | None) -> str | None:
    """Let this process work with the new data key if another one dropped the old; return what was seen."""
    mark = await keys_mark(cap)
    if mark != seen:
        await _take(cap, await asyncio.to_thread(sealing.open_key_file, cap.settings.secrets_dir))
    return mark


async def begun_at(cap: Capabilities) -> datetime | None:
    """Return when the panic began that this node is in or was left in; None without one."""
    written = await cap.database.read(lambda session: node_facts.find(session, _BEGUN))
    return None if written is None else datetime.fromisoformat(written)


# -- the steps


def _begin(session: Session, plan: Plan, account_id: int | None, now: datetime) -> Plan:
    """Shut everything in one transaction, and keep what is to be done."""
    known = node_facts.find(session, _PLAN)
    if known is not None and node_facts.find(session, _DONE) is None:
        plan = plan.with_more(Plan(**json.loads(known)))
    node_facts.put(session, _PLAN, json.dumps(asdict(plan)))
    node_facts.put(session, _BEGUN, now.isoformat())
    node_facts.drop(session, _DONE)
    wiped_rows.ways_in(session)
    halting.shut(session, account_id, now)
    chosen = ", ".join(name for name, is_chosen in asdict(plan).items() if is_chosen)
    audit_log.add(
        session, "panic.begun", "node", now=now, account_id=account_id, details={"wipes": chosen or "-"}
    )
    return plan


async def _drop_keys(cap: Capabilities, account_id: int | None) -> None:
    """Overwrite the data key first: with it everything sealed is closed, whatever happens next."""
    made = await asyncio.to_thread(sealing.replace_key_file, cap.settings.secrets_dir)
    failpoints.hit("panic.data-key")
    await _take(cap, made)

    def write(session: Session) -> None:
        now = cap.clock()
        audit_chain.close_details(session)
        wiped_rows.private_keys(session)
        wiped_rows.closed_addresses(session)
        wiped_rows.mail(session)
        wiped_rows.received(session)
        wiped_rows.unsent(session)
        node_facts.put(session, _KEYS, now.isoformat())

    await cap.database.write(write, keep=True)
    failpoints.hit("panic.keys")


async def _take(cap: Capabilities, made: Sealer) -> None:
    own = await cap.database.read(sealing.sealer_of)
    own.become(made)
    cap.keyring.forget()


def _wipe_signers(session: Session) -> None:
    wiped_rows.mail(session)
    wiped_rows.received(session)
    wiped_rows.unsent(session)
    wiped_rows.signers(session)


def _wipe_drafts(session: Session) -> None:
    wiped_rows.drafts(session)


def _wipe_members(session: Session) -> None:
    wiped_rows.members(session)


_WIPES: Final[tuple[tuple[str, Callable[[Session], None]], ...]] = (
    ("drafts", _wipe_drafts),
    ("members", _wipe_members),
    ("signers", _wipe_signers),
)


async def _erase_files(cap: Capabilities, plan: Plan) -> None:
    await asyncio.to_thread(_empty, cap.settings.temporary_dir)
    if plan.drafts:
        await housekeeping.purge_media(cap, cap.clock() + timedelta(days=1))
    failpoints.hit("panic.files")


def _empty(folder: Path) -> None:
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _finish(session: Session, plan: Plan, account_id: int | None, now: datetime) -> None:
    node_facts.put(session, _DONE, now.isoformat())
    audit_log.add(session, "panic.finished", "node", now=now, account_id=account_id)


# -- what is told


async def _report(cap: Capabilities, plan: Plan, *, is_compact: bool) -> PanicReport:
    told = ((plan.keys, _DROPPED), (plan.drafts, _DRAFTS), (plan.members, _MEMBERS), (plan.signers, _SIGNERS))
    done = [_SHUT, *(words for is_told, words in told if is_told), _FILES]
    left: list[str] = []
    (done if is_compact else left).append(_COMPACT if is_compact else _NOT_COMPACT)
    backups = await _backups(cap)
    left += [_BACKUPS if backups else _UNKNOWN, _PUBLIC, _ELSEWHERE, _MEMORY, _DISK]
    if cap.database.kind == "postgresql":
        left.append(_SERVER)
    return PanicReport(done=tuple(done), left=tuple(left), backups=backups)


async def _backups(cap: Capabilities) -> tuple[str, ...]:
    """Name the copies that are known."""

    def read(session: Session) -> tuple[str | None, str | None]:
        return node_facts.find(session, probing.BACKUP), node_facts.find(session, probing.BACKUP_AT)

    where, at = await cap.database.read(read)
    found = await asyncio.to_thread(_copies, cap.settings.data_dir)
    named = [f"{where} ({(at or '')[:10]})"] if where else []
    return (*named, *found)


def _copies(folder: Path) -> list[str]:
    """Return files in the data folder and beside it that look like copies of the database."""
    own = {"fedinode.db", "fedinode.db-wal", "fedinode.db-shm"}
    found = {
        path for place in (folder, folder.resolve().parent) for name in _COPIES for path in place.glob(name)
    }
    return sorted(str(path) for path in found if path.is_file() and path.name not in own)[:20]
