"""The node's settings: one frozen record, read once from fedinode.toml and the environment.

Every key stands in `KEYS`. `FEDINODE_KEY` or `FEDINODE_SECTION__KEY` overrides the file, lists
are written with commas there; a secret may also come from the file that `FEDINODE_KEY_FILE`
names. Other modules are given the `Settings`; nobody else reads the environment.
"""

import difflib
import os
import stat
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import idna

from fedinode.errors import ConfigError

FILE_NAME: Final = "fedinode.toml"
_PREFIX = "FEDINODE_"
# Names that the environment may carry and that are no settings.
_NOT_SETTINGS = frozenset({"FEDINODE_DATA", "FEDINODE_FAILPOINT"})

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class FederationSettings:
    """How this node meets others."""

    #: Networks outside the public ones that outgoing connections may reach.
    allow_addresses: tuple[Network, ...] = ()
    #: Follow requests: "automatic", "manual", or "known" (automatic for servers met before).
    accept_follows: str = "automatic"


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSettings:
    """How much the node does at once, and how much it keeps."""

    #: Outgoing connections open at the same time.
    connections: int = 64
    #: Deliveries to one server under way at the same time.
    per_peer: int = 4
    #: Journal entries that may wait before inboxes answer 503.
    journal_backlog: int = 50_000
    #: Below this much free disk the node accepts nothing more.
    free_disk_bytes: int = 200 * 1024 * 1024
    #: Memory for cached pages and documents.
    cache_bytes: int = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    """Mail, as far as the node shows or uses it."""

    #: The address for people who want to reach the operators; shown in imprint and NodeInfo.
    contact: str | None = None
    #: The server that takes our mail; without it none is sent.
    host: str | None = None
    port: int = 587
    #: "starttls", "tls", or "none" for a server on this machine.
    security: str = "starttls"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    #: The address that mail comes from; its domain must be allowed to send (SPF, DKIM).
    sender: str | None = None
    #: The most mails in a minute, in all and to the addresses of one domain.
    per_minute: int = 60
    per_domain: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CosigningSettings:
    """How fast the lists of co-signatures travel."""

    #: How long changes of a list are collected before the author counts it anew.
    checkpoint_seconds: int = 60
    #: Within this time a cell shows a statement that it signed to its followers, each at another moment.
    announce_seconds: int = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaSettings:
    """Pictures that the collectives publish."""

    max_bytes: int = 16 * 1024 * 1024
    max_pixels: int = 40_000_000
    #: Longer sides are made smaller.
    max_side: int = 2560


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacySettings:
    """What the node tells about the people around it."""

    #: List the followers' addresses to other servers (their number is always told).
    show_followers: bool = False
    #: Days after which a finished journal entry is deleted.
    keep_journal_days: int = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that the operator decides. `origin` has no slash at its end."""

    data_dir: Path
    origin: str
    database_url: str = field(repr=False)
    metrics_token: str | None = field(default=None, repr=False)
    federation: FederationSettings = field(default_factory=FederationSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)
    mail: MailSettings = field(default_factory=MailSettings)
    cosigning: CosigningSettings = field(default_factory=CosigningSettings)
    media: MediaSettings = field(default_factory=MediaSettings)
    privacy: PrivacySettings = field(default_factory=PrivacySettings)

    @property
    def is_local(self) -> bool:
        """Whether the origin is *.localhost: only then http and loopback peers are allowed."""
        return is_local_host(urlsplit(self.origin).hostname or "")

    @property
    def secrets_dir(self) -> Path:
        """The folder of keys that never go into the database unsealed."""
        return self.data_dir / "secrets"

    @property
    def media_dir(self) -> Path:
        """The folder of published pictures."""
        return self.data_dir / "media"

    @property
    def temporary_dir(self) -> Path:
        """The folder for files in the making; /tmp may be read by others."""
        return self.data_dir / "tmp"


def is_local_host(host: str) -> bool:
    """Tell whether `host` is localhost or a name under it (RFC 6761 section 6.3)."""
    return host == "localhost" or host.endswith(".localhost")


# -- converters: each takes what TOML or the environment gave and returns the value, or raises
#    ValueError with the end of a sentence that begins with the key's name.


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
        return _PREFIX + self.path.replace(".", "__").upper()


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
    Key(section="media", name="max_bytes", convert=_number),
    Key(section="media", name="max_pixels", convert=_number),
    Key(section="media", name="max_side", convert=_number),
    Key(section="privacy", name="show_followers", convert=_yes_or_no),
    Key(section="privacy", name="keep_journal_days", convert=_number),
)
_BY_PATH = {key.path: key for key in KEYS}
_SECTIONS = {
    "federation": FederationSettings,
    "limits": LimitSettings,
    "mail": MailSettings,
    "cosigning": CosigningSettings,
    "media": MediaSettings,
    "privacy": PrivacySettings,
}


def load_settings(data_dir: Path, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings of the node in `data_dir`; `environ` is os.environ unless a test gives one.

    Raises: ConfigError, a sentence that names the file or variable and the key.
    """
    variables = os.environ if environ is None else environ
    path = data_dir / FILE_NAME
    values = _values_of_file(path) | _values_of_environment(variables)
    if "origin" not in values:
        raise ConfigError(f"{data_dir} is no data folder of a node yet; make one with `fedinode init`.")
    top = {name: value for name, value in values.items() if "." not in name}
    top.setdefault("database_url", default_database_url(data_dir))
    sections = {
        section: record(
            **{
                path.removeprefix(section + "."): value
                for path, value in values.items()
                if path.startswith(section + ".")
            }
        )
        for section, record in _SECTIONS.items()
    }
    return Settings(data_dir=data_dir, **top, **sections)


def default_database_url(data_dir: Path) -> str:
    """Return the address of the SQLite database inside the data folder."""
    return f"sqlite:///{data_dir.resolve() / 'fedinode.db'}"


def _values_of_file(path: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigError(f"{path} cannot be read: {error}.") from error
    values: dict[str, Any] = {}
    for name, value in document.items():
        if name in _SECTIONS and isinstance(value, dict):
            for inner, inner_value in value.items():
                values[f"{name}.{inner}"] = inner_value
        else:
            values[name] = value
    return {name: _convert(str(path), name, value) for name, value in values.items()}


def _values_of_environment(variables: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for variable, value in sorted(variables.items()):
        if not variable.startswith(_PREFIX) or variable in _NOT_SETTINGS:
            continue
        path = variable.removeprefix(_PREFIX).lower().replace("__", ".")
        secret = _BY_PATH.get(path.removesuffix("_file"))
        if secret and path.endswith("_file") and secret.is_secret:
            values[secret.path] = _convert(variable, secret.path, _secret_of_file(variable, Path(value)))
        else:
            values[path] = _convert(variable, path, value)
    return values


def _secret_of_file(variable: str, path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The file that {variable} names cannot be read: {error}.") from error


def _convert(where: str, path: str, value: Any) -> Any:
    key = _BY_PATH.get(path)
    if key is None:
        raise ConfigError(f'{where}: there is no setting "{path}"{_nearest(path)}.')
    try:
        return key.convert(value)
    except ValueError as error:
        raise ConfigError(f'{where}: "{path}" {error}.') from error


def _nearest(path: str) -> str:
    near = difflib.get_close_matches(path, _BY_PATH, n=1, cutoff=0.6)
    return f'; did you mean "{near[0]}"' if near else ""


def write_settings(data_dir: Path, *, origin: str, contact: str | None = None) -> Path:
    """Write the fedinode.toml of a new node and return its path.

    Raises: ConfigError if there is one already; it is never overwritten.
    """
    path = data_dir / FILE_NAME
    lines = [
        "# Settings of this node. Every key can be overridden by FEDINODE_KEY or",
        "# FEDINODE_SECTION__KEY in the environment; docs/configuration.md lists them all.",
        f'origin = "{origin}"',
    ]
    if contact:
        lines += ["", "[mail]", f'contact = "{_escaped(contact)}"']
    try:
        with path.open("x", encoding="utf-8") as stream:
            os.chmod(path, stat.S_IRUSR | stat.S_IWUSR)
            stream.write("\n".join(lines) + "\n")
    except FileExistsError as error:
        raise ConfigError(f"{path} exists already; a node was made here before.") from error
    return path


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
