"""What is wrong with this node, seen from inside and from outside: a sentence and a remedy each."""

import stat
import statistics
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from federation.errors import FederationError
from federation.net import client
from fedinode.capabilities import Capabilities
from fedinode.errors import DiskFull
from fedinode.services import consulting, moderating, registering
from fedinode.storage import audit_chain, delivery_reports, kept_statements, peers, signature_events
from fedinode.storage.database import Session
from fedinode.storage.disk import FreeDisk

#: Other servers refuse signatures when our clock is minutes off; we want to know earlier.
MAX_SKEW_SECONDS: Final = 30
#: One server with a wrong clock of its own proves nothing about ours.
_WITNESSES: Final = 3
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is wrong, and what to do about it."""

    subject: str
    sentence: str
    remedy: str


async def diagnose(cap: Capabilities) -> tuple[Finding, ...]:
    """Return all that is wrong, the worst first."""
    found = [finding for check in CHECKS for finding in await check(cap)]
    return tuple(found)


async def _disk(cap: Capabilities) -> tuple[Finding, ...]:
    try:
        FreeDisk(cap.settings.data_dir, cap.settings.limits.free_disk_bytes).require()
    except DiskFull as error:
        return (Finding(subject="disk", sentence=str(error), remedy="Make room."),)
    return ()


async def _secrets(cap: Capabilities) -> tuple[Finding, ...]:
    folder = cap.settings.secrets_dir
    readable = [path for path in _files(folder) if path.stat().st_mode & _OTHERS]
    return tuple(
        Finding(
            subject="secrets",
            sentence=f"{path} can be read by other users of this machine.",
            remedy=f"chmod {'700' if path.is_dir() else '600'} {path}",
        )
        for path in readable
    )


def _files(folder: Path) -> list[Path]:
    return [folder, *sorted(folder.rglob("*"))] if folder.exists() else []


async def _door(cap: Capabilities) -> tuple[Finding, ...]:
    """Fetch our own actors as another server would: through the proxy, with their names resolved."""
    collectives = await registering.list_collectives(cap)
    addresses = [(cap.urls.node_actor(), client.ACTIVITY)]
    addresses += [(each.uri, client.ACTIVITY) for each in collectives]
    addresses += [(_finger(cap, each.name), client.JRD) for each in collectives]
    found = []
    for address, kind in addresses:
        try:
            await cap.client.get_document(address, kind=kind)
        except FederationError as error:
            found.append(
                Finding(
                    subject="door",
                    sentence=f"Other servers cannot read {address}: {error}",
                    remedy="Does `fedinode serve` run? Does the proxy pass the path and the Host header on?",
                )
            )
    return tuple(found)


def _finger(cap: Capabilities, collective: str) -> str:
    resource = quote(cap.urls.acct(collective), safe="")
    return f"{cap.urls.page('/.well-known/webfinger')}?resource={resource}"


async def _clock(cap: Capabilities) -> tuple[Finding, ...]:
    skews = await cap.database.read(peers.skews)
    if len(skews) < _WITNESSES or abs(statistics.median(skews)) <= MAX_SKEW_SECONDS:
        return ()
    seconds = round(statistics.median(skews))
    return (
        Finding(
            subject="clock",
            sentence=f"By the clocks of {len(skews)} other servers, ours is {abs(seconds)} seconds "
            f"{'behind' if seconds > 0 else 'ahead'}.",
            remedy="Switch time synchronisation on (timedatectl set-ntp true).",
        ),
    )


async def _deliveries(cap: Capabilities) -> tuple[Finding, ...]:
    counts = await cap.database.read(delivery_reports.counts_by_state)
    words = {
        "parked": ("wait for servers that have not answered for days", "fedinode deliveries --failed"),
        "abandoned": ("were given up", "fedinode deliveries --failed; fedinode retry HOST"),
    }
    return tuple(
        Finding(subject="deliveries", sentence=f"{counts[state]} deliveries {what}.", remedy=remedy)
        for state, (what, remedy) in words.items()
        if counts.get(state)
    )


Check = Callable[[Capabilities], Awaitable[tuple[Finding, ...]]]


async def _journal(cap: Capabilities) -> tuple[Finding, ...]:
    """Look for activities of others that were taken in and could not be applied."""
    given_up = await moderating.parked(cap)
    if not given_up:
        return ()
    newest = given_up[0]
    sentence = (
        f"{len(given_up)} activities of others were taken in and could not be applied, the last one "
        f"a {newest.activity_type} by {newest.actor_uri}: {newest.reason}"
    )
    return (Finding(subject="journal", sentence=sentence, remedy="fedinode retry"),)


async def _signatures(cap: Capabilities) -> tuple[Finding, ...]:
    """Look for alarms about lists of signatures, and for a signature log that was tampered with."""

    def read(session: Session) -> tuple[list[str], int | None]:
        alarms = [each.alarm for each in kept_statements.list_all(session) if each.alarm]
        return alarms, signature_events.first_broken(session)

    alarms, broken = await cap.database.read(read)
    found = [
        Finding(subject="signatures", sentence=each, remedy="fedinode check-signatures") for each in alarms
    ]
    if broken is not None:
        sentence = f"The signature log was tampered with: event {broken} does not fit the one before it."
        remedy = "Compare with an exported log: fedinode signature-log --compare FILE"
        found.append(Finding(subject="signatures", sentence=sentence, remedy=remedy))
    return tuple(found)


async def _members(cap: Capabilities) -> tuple[Finding, ...]:
    """Look for collectives that too few members are left in to decide."""
    stuck = {each.collective: each for each in await consulting.out_of_reach(cap)}
    return tuple(
        Finding(
            subject="members",
            sentence=f"In {each.collective} {each.wanted} members have to agree, and {each.awake} could: "
            "the others have lapsed or left.",
            remedy="fedinode account list; fedinode account wake EMAIL; or lower the number: "
            f"fedinode collective set {each.collective}",
        )
        for each in stuck.values()
    )


async def _audit(cap: Capabilities) -> tuple[Finding, ...]:
    broken = await cap.database.read(audit_chain.first_broken)
    if broken is None:
        return ()
    sentence = f"The audit was tampered with: entry {broken} does not fit the one before it."
    remedy = "Compare its last hash with the one you wrote down: fedinode audit"
    return (Finding(subject="audit", sentence=sentence, remedy=remedy),)


CHECKS: Final[tuple[Check, ...]] = (
    _disk,
    _door,
    _clock,
    _secrets,
    _deliveries,
    _journal,
    _signatures,
    _members,
    _audit,
)
