"""How this node is, seen from inside and from outside: a sentence and a remedy each.

The command `doctor` and the overview at the desk tell the same. What looks from outside asks the network,
each for a bounded time.
"""

import asyncio
import ssl
import stat
import statistics
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

from federation.errors import FederationError
from federation.net import client
from fedinode.capabilities import Capabilities
from fedinode.errors import DiskFull
from fedinode.i18n import N_
from fedinode.services import registering
from fedinode.services.members import consulting
from fedinode.services.moderation import moderating
from fedinode.services.upkeep import probing
from fedinode.services.upkeep.findings import Check, Diagnosis, Finding, fault, good, note
from fedinode.storage import audit_chain, kept_statements, peers, signature_events
from fedinode.storage.database import Session
from fedinode.storage.disk import FreeDisk

__all__ = ["CHECKS", "Finding", "diagnose", "look", "look_everywhere"]

#: Other servers refuse signatures when our clock is minutes off; we want to know earlier.
MAX_SKEW_SECONDS: Final = 30
#: One server with a wrong clock of its own proves nothing about ours.
_WITNESSES: Final = 3
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
#: So long before its end a certificate should have been renewed.
_CERTIFICATE_LEFT: Final = timedelta(days=14)
_MEGABYTE: Final = 1_000_000
_GIGABYTE: Final = 1_000 * _MEGABYTE
_PATIENCE_SECONDS: Final = 20.0
_HANDSHAKE_SECONDS: Final = 5.0


async def diagnose(cap: Capabilities) -> tuple[Finding, ...]:
    """Return all that is wrong, the worst first."""
    return tuple(each for each in await look_everywhere(cap) if each.level == "fault")


async def look(cap: Capabilities) -> Diagnosis:
    """Look from inside now; what was last seen from outside, and by long checks, stands beside it."""
    now = tuple([each for check in QUICK for each in await check(cap)])
    known = cap.memory.diagnoses.get("last")
    return Diagnosis(
        findings=now + (known.findings if known else ()), looked_at=known.looked_at if known else None
    )


async def look_everywhere(cap: Capabilities) -> tuple[Finding, ...]:
    """Look from inside and from outside, and keep what took long for the overview."""
    slow = tuple([each for check in SLOW for each in await _patiently(check, cap)])
    cap.memory.diagnoses.put("last", Diagnosis(findings=slow, looked_at=cap.clock()))
    return tuple([each for check in QUICK for each in await check(cap)]) + slow


async def _patiently(check: Check, cap: Capabilities) -> tuple[Finding, ...]:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return await check(cap)
    except TimeoutError:
        words = N_("There was no answer within {seconds} seconds.")
        return note(
            check.__name__.strip("_"), words, N_("Look again later."), seconds=round(_PATIENCE_SECONDS)
        )


async def _disk(cap: Capabilities) -> tuple[Finding, ...]:
    disk = FreeDisk(cap.settings.data_dir, cap.settings.limits.free_disk_bytes)
    try:
        disk.require()
    except DiskFull as error:
        return fault("disk", "{error}", N_("Make room."), error=str(error))
    if disk.free_bytes >= 10 * _GIGABYTE:
        return good("disk", N_("{free} GB are free on the disk."), free=disk.free_bytes // _GIGABYTE)
    return good("disk", N_("{free} MB are free on the disk."), free=disk.free_bytes // _MEGABYTE)


async def _secrets(cap: Capabilities) -> tuple[Finding, ...]:
    folder = cap.settings.secrets_dir
    readable = [path for path in _files(folder) if path.stat().st_mode & _OTHERS]
    words, remedy = N_("{path} can be read by other users of this machine."), "chmod {mode} {path}"
    return tuple(
        finding
        for path in readable
        for finding in fault("secrets", words, remedy, path=path, mode="700" if path.is_dir() else "600")
    )


def _files(folder: Path) -> list[Path]:
    return [folder, *sorted(folder.rglob("*"))] if folder.exists() else []


async def _door(cap: Capabilities) -> tuple[Finding, ...]:
    """Fetch our own actors as another server would: through the proxy, with their names resolved."""
    collectives = await registering.list_collectives(cap)
    addresses = [(cap.urls.node_actor(), client.ACTIVITY)]
    addresses += [(each.uri, client.ACTIVITY) for each in collectives]
    addresses += [(_finger(cap, each.name), client.JRD) for each in collectives]
    words = N_("Other servers cannot read {address}: {error}")
    remedy = N_("Does `fedinode serve` run? Does the proxy pass the path and the Host header on?")
    found: list[Finding] = []
    for address, kind in addresses:
        try:
            await cap.client.get_document(address, kind=kind)
        except FederationError as error:
            found += fault("door", words, remedy, address=address, error=error)
    return tuple(found) or good("door", N_("Other servers can read this node's actors."))


def _finger(cap: Capabilities, collective: str) -> str:
    resource = quote(cap.urls.acct(collective), safe="")
    return f"{cap.urls.page('/.well-known/webfinger')}?resource={resource}"


async def _certificate(cap: Capabilities) -> tuple[Finding, ...]:
    """Ask our own address for its certificate, as a browser would."""
    address = urlsplit(cap.urls.origin)
    if address.scheme != "https" or address.hostname is None:
        return ()
    try:
        async with asyncio.timeout(_HANDSHAKE_SECONDS):
            ends = await _certificate_end(address.hostname, address.port or 443)
    except (OSError, TimeoutError) as error:
        words = N_("The certificate could not be looked at: {error}")
        return note("certificate", words, N_("Can this machine reach its own address?"), error=_plain(error))
    day = f"{ends:%Y-%m-%d}"
    if ends - cap.clock() < _CERTIFICATE_LEFT:
        words = N_("The certificate ends on {day}.")
        remedy = N_("It should renew itself a month before: look at the log of Caddy or certbot.")
        return fault("certificate", words, remedy, day=day)
    return good("certificate", N_("The certificate is good until {day}."), day=day)


async def _certificate_end(host: str, port: int) -> datetime:
    """Return when the certificate at an address ends. Raises: OSError where there is none that is trusted."""
    _, writer = await asyncio.open_connection(host, port, ssl=ssl.create_default_context())
    try:
        shown = writer.get_extra_info("peercert")
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(shown["notAfter"]), UTC)
    finally:
        writer.transport.abort()


def _plain(error: BaseException) -> str:
    return str(error)[:200] or type(error).__name__


async def _clock(cap: Capabilities) -> tuple[Finding, ...]:
    skews = await cap.database.read(peers.skews)
    if len(skews) < _WITNESSES:
        return ()
    seconds = round(statistics.median(skews))
    if abs(seconds) <= MAX_SKEW_SECONDS:
        words = N_("By the clocks of {count} other servers, ours is right.")
        return good("clock", words, count=len(skews))
    behind = N_("By the clocks of {count} other servers, ours is {seconds} seconds behind.")
    ahead = N_("By the clocks of {count} other servers, ours is {seconds} seconds ahead.")
    remedy = N_("Switch time synchronisation on (timedatectl set-ntp true).")
    return fault("clock", behind if seconds > 0 else ahead, remedy, count=len(skews), seconds=abs(seconds))


async def _journal(cap: Capabilities) -> tuple[Finding, ...]:
    """Look for activities of others that were taken in and could not be applied."""
    given_up = await moderating.parked(cap)
    if not given_up:
        return ()
    newest = given_up[0]
    words = N_(
        "{count} activities of others were taken in and could not be applied, the last one "
        "a {type} by {actor}: {reason}"
    )
    values = {"type": newest.activity_type, "actor": newest.actor_uri, "reason": newest.reason}
    return fault("journal", words, "fedinode retry", count=len(given_up), **values)


async def _signatures(cap: Capabilities) -> tuple[Finding, ...]:
    """Look for alarms about lists of signatures, and for a signature log that was tampered with."""

    def read(session: Session) -> tuple[list[str], int | None]:
        alarms = [each.alarm for each in kept_statements.list_all(session) if each.alarm]
        return alarms, signature_events.first_broken(session)

    alarms, broken = await cap.database.read(read)
    found = [
        finding
        for each in alarms
        for finding in fault("signatures", "{alarm}", "fedinode check-signatures", alarm=each)
    ]
    if broken is not None:
        words = N_("The signature log was tampered with: event {event} does not fit the one before it.")
        remedy = N_("Compare with an exported log: fedinode signature-log --compare FILE")
        found += fault("signatures", words, remedy, event=broken)
    return tuple(found) or good("signatures", N_("The lists of signatures are as they should be."))


async def _members(cap: Capabilities) -> tuple[Finding, ...]:
    """Look for collectives that too few members are left in to decide."""
    stuck = {each.collective: each for each in await consulting.out_of_reach(cap)}
    words = N_(
        "In {collective} {wanted} members have to agree, and {awake} could: the others have lapsed or left."
    )
    remedy = N_(
        "fedinode account list; fedinode account wake EMAIL; or lower the number: "
        "fedinode collective set {collective}"
    )
    return tuple(
        finding
        for each in stuck.values()
        for finding in fault(
            "members", words, remedy, collective=each.collective, wanted=each.wanted, awake=each.awake
        )
    )


async def _audit(cap: Capabilities) -> tuple[Finding, ...]:
    chain = await cap.database.read(audit_chain.check)
    if chain.first_broken is None:
        return good("audit", N_("The audit is whole: {count} entries."), count=chain.entries)
    words = N_("The audit was tampered with: entry {entry} does not fit the one before it.")
    remedy = N_("Compare its last hash with the one you wrote down: fedinode audit")
    return fault("audit", words, remedy, entry=chain.first_broken)


#: They ask the network, or read everything there is of something.
SLOW: Final[tuple[Check, ...]] = (_door, _certificate, _signatures, _audit)
#: They are done in a moment.
QUICK: Final[tuple[Check, ...]] = (
    _disk,
    _clock,
    _secrets,
    probing.deliveries,
    probing.received,
    _journal,
    probing.mail,
    probing.proxy,
    _members,
    probing.members,
    probing.database,
    probing.work,
    probing.backup,
    probing.version,
    probing.memory,
)
CHECKS: Final[tuple[Check, ...]] = SLOW + QUICK
