"""Which addresses this node connects to: the one gate that every outgoing request passes.

A URL is judged before anything is looked up (``require_url``), and every address of its name when the
connection is made (``Resolver``): what was checked is what is connected to, so a name cannot change its
answer in between.
"""

import asyncio
import re
import socket
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

import idna
from aiohttp.abc import AbstractResolver, ResolveResult

from federation.errors import AddressRefused

MAX_URL_CHARACTERS = 2048
#: How long one name may take to be looked up.
LOOKUP_SECONDS = 3.0
#: Names looked up at the same time. A thread that waits for a dead name server cannot be stopped.
LOOKUP_THREADS = 8
FOUND_SECONDS = 60.0
MISSING_SECONDS = 600.0
MAX_REMEMBERED_NAMES = 2048

_PRINTABLE_ASCII = re.compile(r"[!-~]+")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_LOOPBACK_NAME = "localhost"
#: Names that no public server has: RFC 6761, RFC 6762, RFC 7686, RFC 8375, and what routers make up.
_PRIVATE_SUFFIXES = (
    "localhost",
    "local",
    "internal",
    "onion",
    "home.arpa",
    "lan",
    "intranet",
    "corp",
    "invalid",
)

# What ipaddress.is_global of Python 3.11 takes for public and is not (IANA special-purpose registries).
_NEVER = tuple(
    ip_network(network)
    for network in (
        "192.0.0.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.175.48.0/24",
        "224.0.0.0/4",
        "::/16",  # unspecified, loopback, IPv4-compatible and IPv4-translated (::ffff:0:0/96)
        "64:ff9b:1::/48",
        "100::/64",
        "100:0:0:1::/64",
        "2001::/23",  # Teredo, ORCHID, benchmarking
        "2002::/16",  # 6to4
        "3fff::/20",
        "5f00::/16",
        "fec0::/10",
        "ff00::/8",
    )
)

#: How a host without IPv4 reaches IPv4 hosts (RFC 6052).
_NAT64 = ip_network("64:ff9b::/96")

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address
#: Looks a name up, blocking: returns its addresses as text, raises OSError.
Lookup = Callable[[str], list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class EgressPolicy:
    """What may be reached beyond public addresses over https."""

    #: Networks outside the public ones, for tests and closed networks.
    allow_networks: tuple[Network, ...] = ()
    #: Names under .localhost, on loopback, over http too: for a node that lives there itself.
    allow_localhost: bool = False

    @classmethod
    def of(cls, origin: str, allow_addresses: Iterable[str] = ()) -> "EgressPolicy":
        """Make the policy of a node with this origin and this ``allow_addresses`` setting."""
        networks = tuple(ip_network(text, strict=False) for text in allow_addresses)
        own_host = urlsplit(origin).hostname or ""
        loopback = any(ip_address("127.0.0.1") in network for network in networks)
        return cls(allow_networks=networks, allow_localhost=loopback or is_localhost(own_host))


def is_localhost(host: str) -> bool:
    """Tell whether the name is localhost or under it (RFC 6761): always this machine."""
    return host == _LOOPBACK_NAME or host.endswith("." + _LOOPBACK_NAME)


def require_url(url: str, policy: EgressPolicy) -> SplitResult:
    """Return the parts of a URL that may be fetched or posted to. Raises AddressRefused.

    https on port 443 and a name, nothing else; other ports only where the policy opens more than the public
    net.
    """
    if len(url) > MAX_URL_CHARACTERS or not _PRINTABLE_ASCII.fullmatch(url) or "\\" in url:
        raise AddressRefused("The address is too long or has characters that no address has.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise AddressRefused("The address is not a proper URL.") from error
    if "@" in parts.netloc or "%" in parts.netloc or parts.netloc.endswith(":"):
        raise AddressRefused("The address carries a user name or an encoded host.")
    _require_host(host, policy)
    local = is_localhost(host)
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        raise AddressRefused(f"The address of {host} is not https.")
    if port not in (None, 443) and not (local or (policy.allow_networks and port >= 1024)):
        raise AddressRefused(f"The address of {host} names port {port}.")
    return parts


def _require_host(host: str, policy: EgressPolicy) -> None:
    if is_localhost(host) and policy.allow_localhost:
        return
    labels = host.split(".")
    if len(host) > 253 or len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        raise AddressRefused("The address names no public server.")
    # 127.1 and 0177.0.0.1 are addresses to some resolvers; no top-level domain begins with a digit.
    if labels[-1][0].isdigit():
        raise AddressRefused("The address is a number, not a name.")
    if any(host == suffix or host.endswith("." + suffix) for suffix in _PRIVATE_SUFFIXES):
        raise AddressRefused(f"{host} is not a public name.")
    try:
        idna.decode(host)
    except idna.IDNAError as error:
        raise AddressRefused("The address names a server in letters that no name has.") from error


def require_address(address: str, policy: EgressPolicy) -> None:
    """Refuse an address that is not public, unless the policy names its network. Raises AddressRefused."""
    judged = _unwrapped(ip_address(address.partition("%")[0]))
    if any(judged in network for network in policy.allow_networks):
        return
    if not judged.is_global or any(judged in network for network in _NEVER):
        raise AddressRefused(f"{address} is not a public address.")


def _unwrapped(address: Address) -> Address:
    """Return the IPv4 address inside an IPv4-mapped or NAT64 one: that is where the packet goes."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address


def system_lookup(name: str) -> list[str]:
    """Ask the system's resolver for all addresses of a name."""
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True)
class _Answer:
    addresses: tuple[str, ...]
    until: float


class Resolver(AbstractResolver):
    """Gives the HTTP client the addresses of a name, all of them checked."""

    def __init__(
        self,
        policy: EgressPolicy,
        *,
        lookup: Lookup = system_lookup,
        lookup_seconds: float = LOOKUP_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._policy = policy
        self._lookup = lookup
        self._lookup_seconds = lookup_seconds
        self._monotonic = monotonic
        # asyncio's own pool serves everything else in the process: 50 slow names would delay it by 40 s.
        self._threads = ThreadPoolExecutor(LOOKUP_THREADS, thread_name_prefix="dns")
        self._answers: OrderedDict[str, _Answer] = OrderedDict()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return where to connect. Raises AddressRefused, or OSError if the name has no address."""
        if is_localhost(host):
            addresses = self._loopback(host)
        else:
            addresses = await self._addresses(host)
            for address in addresses:
                require_address(address, self._policy)
        return [_result(host, address, port) for address in addresses]

    def _loopback(self, name: str) -> tuple[str, ...]:
        # The resolver of a plain Debian does not know names under localhost.
        if not self._policy.allow_localhost:
            raise AddressRefused(f"{name} is this machine.")
        return ("127.0.0.1", "::1")

    async def _addresses(self, name: str) -> tuple[str, ...]:
        answer = self._remembered(name)
        if answer is None:
            answer = await self._ask(name)
        if not answer.addresses:
            raise OSError(f"{name} has no address")
        return answer.addresses

    def _remembered(self, name: str) -> _Answer | None:
        answer = self._answers.get(name)
        if answer is None or answer.until <= self._monotonic():
            return None
        self._answers.move_to_end(name)
        return answer

    async def _ask(self, name: str) -> _Answer:
        loop = asyncio.get_running_loop()
        try:
            looking = loop.run_in_executor(self._threads, self._lookup, name)
            addresses = tuple(await asyncio.wait_for(looking, self._lookup_seconds))
        except OSError:  # TimeoutError is one, too.
            addresses = ()
        seconds = FOUND_SECONDS if addresses else MISSING_SECONDS
        answer = _Answer(addresses, self._monotonic() + seconds)
        self._answers[name] = answer
        self._answers.move_to_end(name)
        if len(self._answers) > MAX_REMEMBERED_NAMES:
            self._answers.popitem(last=False)
        return answer

    async def close(self) -> None:
        """Stop the lookup threads; one that hangs in the system is left to end by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _result(host: str, address: str, port: int) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=socket.AF_INET6 if ":" in address else socket.AF_INET,
        proto=0,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )
