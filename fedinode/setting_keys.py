"""Which settings there are, and how each is read.

A converter takes what TOML or the environment gave and returns the value, or raises ValueError
with the end of a sentence that begins with the key's name.
"""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Final
from urllib.parse import urlsplit

import idna

#: What the names of all our variables begin with.
PREFIX: Final = "FEDINODE_"

Network = IPv4Network | IPv6Network


def is_local_host(host: str) -> bool:
    """Tell whether `host` is localhost or a name under it (RFC 6761 section 6.3)."""
    return host == "localhost" or host.endswith(".localhost")


def parse_origin(value: str) -> str:
    """Return the origin in the one spelling that ids are made of.

    Raises: ValueError for anything but scheme, host and port.
    """
    parts = urlsplit(value.strip().rstrip("/"))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError('must look like "https://berlin.example"')
    if parts.path or parts.query or parts.fragment or parts.username is not None:
        raise ValueError("must be scheme and host alone, without path, query or user name")
    host = _ascii_host(parts.hostname)
    if parts.scheme == "http" and not is_local_host(host):
        raise ValueError("must begin with https:// (http:// is for names under .localhost alone)")
    port = parts.port
    if port == {"http": 80, "https": 443}[parts.scheme]:
        port = None
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


def _ascii_host(host: str) -> str:
    try:
        name = idna.encode(host.rstrip("."), uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise ValueError(f"has no valid host name: {error}") from error
    if name.rsplit(".", 1)[-1].isdigit():
        raise ValueError("must name a host, not an IP address")
    if "." not in name and not is_local_host(name):
        raise ValueError("must name a host with a dot in it")
    return name


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be a text that is not empty")
    return value.strip()


def _origin(value: Any) -> str:
    return parse_origin(_text(value))


def _database_url(value: Any) -> str:
    url = _text(value)
    if not url.startswith(("sqlite:", "postgresql:", "postgresql+psycopg:")):
        raise ValueError('must begin with "sqlite:" or "postgresql:"')
    return url


def _number(value: Any) -> int:
    if isinstance(value, str) and value.strip().isdecimal():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError("must be a whole number above 0")
    return value


def _yes_or_no(value: Any) -> bool:
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if isinstance(value, str):
        value = words.get(value.strip().lower(), value)
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _networks(value: Any) -> tuple[Network, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise ValueError('must be a list of networks such as ["10.0.0.0/8"]')
    try:
        return tuple(ip_network(part.strip()) for part in parts if part.strip())
    except ValueError as error:
        raise ValueError(f"holds something that is no network: {error}") from error


def _one_of(*words: str) -> Callable[[Any], str]:
    def convert(value: Any) -> str:
        if value not in words:
            raise ValueError("must be one of " + ", ".join(f'"{word}"' for word in words))
        return str(value)

    return convert


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One setting: its section ("" at the top), its name, how it is read, and whether it is secret."""

    section: str
    name: str
    convert: Callable[[Any], Any]
    is_secret: bool = False

    @property
    def path(self) -> str:
        """The name as an operator writes it in a sentence, `federation.allow_addresses`."""
        return f"{self.section}.{self.name}" if self.section else self.name

    @property
    def variable(self) -> str:
        """The environment variable that overrides it."""
        return PREFIX + self.path.replace(".", "__").upper()


KEYS: Final = (
    Key(section="", name="origin", convert=_origin),
    Key(section="", name="database_url", convert=_database_url, is_secret=True),
    Key(section="", name="metrics_token", convert=_text, is_secret=True),
    Key(section="federation", name="allow_addresses", convert=_networks),
    Key(section="federation", name="accept_follows", convert=_one_of("automatic", "manual", "known")),
    Key(section="limits", name="connections", convert=_number),
    Key(section="limits", name="per_peer", convert=_number),
    Key(section="limits", name="journal_backlog", convert=_number),
    Key(section="limits", name="free_disk_bytes", convert=_number),
    Key(section="limits", name="cache_bytes", convert=_number),
    Key(section="limits", name="proxy_hops", convert=_number),
    Key(section="limits", name="signups_per_network", convert=_number),
    Key(section="limits", name="signups_per_minute", convert=_number),
    Key(section="mail", name="contact", convert=_text),
    Key(section="mail", name="host", convert=_text),
    Key(section="mail", name="port", convert=_number),
    Key(section="mail", name="security", convert=_one_of("starttls", "tls", "none")),
    Key(section="mail", name="username", convert=_text),
    Key(section="mail", name="password", convert=_text, is_secret=True),
    Key(section="mail", name="sender", convert=_text),
    Key(section="mail", name="per_minute", convert=_number),
    Key(section="mail", name="per_domain", convert=_number),
    Key(section="cosigning", name="checkpoint_seconds", convert=_number),
    Key(section="cosigning", name="announce_seconds", convert=_number),
    Key(section="members", name="require_second_factor", convert=_yes_or_no),
    Key(section="members", name="session_days", convert=_number),
    Key(section="media", name="max_bytes", convert=_number),
    Key(section="media", name="max_pixels", convert=_number),
    Key(section="media", name="max_side", convert=_number),
    Key(section="privacy", name="show_followers", convert=_yes_or_no),
    Key(section="privacy", name="keep_journal_days", convert=_number),
)
BY_PATH: Final = {key.path: key for key in KEYS}
