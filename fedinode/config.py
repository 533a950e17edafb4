"""The node's settings: one frozen record, read once from fedinode.toml and the environment.

Every key stands in `setting_keys`. `FEDINODE_KEY` or `FEDINODE_SECTION__KEY` overrides the file, lists
are written with commas there; a secret may also come from the file that `FEDINODE_KEY_FILE`
names. Other modules are given the `Settings`; nobody else reads the environment.
"""

import difflib
import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from fedinode.errors import ConfigError
from fedinode.setting_keys import BY_PATH, KEYS, PREFIX, Network, is_local_host, parse_origin

__all__ = [
    "FILE_NAME",
    "KEYS",
    "CosigningSettings",
    "FederationSettings",
    "LimitSettings",
    "MailSettings",
    "MediaSettings",
    "PrivacySettings",
    "Settings",
    "default_database_url",
    "is_local_host",
    "load_settings",
    "parse_origin",
    "write_settings",
]

FILE_NAME: Final = "fedinode.toml"
# Names that the environment may carry and that are no settings.
_NOT_SETTINGS = frozenset({"FEDINODE_CLOCK_OFFSET", "FEDINODE_DATA", "FEDINODE_FAILPOINT"})


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
    #: Proxies before the node that write X-Forwarded-For; 0: the header is not read.
    proxy_hops: int = 0
    #: Sign-ups under statements from one network in an hour before a question is asked.
    signups_per_network: int = 20
    #: Sign-ups in a minute, from everywhere, before everybody is asked.
    signups_per_minute: int = 300


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
class MembersSettings:
    """How members sign in."""

    #: Whoever has no second factor can do nothing but set one up.
    require_second_factor: bool = False
    #: A browser that was not used for so many days is signed out.
    session_days: int = 14


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
    members: MembersSettings = field(default_factory=MembersSettings)
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
    def copies_dir(self) -> Path:
        """The folder of sealed files that belong to statements of others."""
        return self.data_dir / "copies"

    @property
    def temporary_dir(self) -> Path:
        """The folder for files in the making; /tmp may be read by others."""
        return self.data_dir / "tmp"


_SECTIONS = {
    "federation": FederationSettings,
    "limits": LimitSettings,
    "mail": MailSettings,
    "cosigning": CosigningSettings,
    "members": MembersSettings,
    "media": MediaSettings,
    "privacy": PrivacySettings,
}


def has_settings(data_dir: Path) -> bool:
    """Tell whether a node was made in a data folder."""
    return (data_dir / FILE_NAME).is_file()


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
        if not variable.startswith(PREFIX) or variable in _NOT_SETTINGS:
            continue
        path = variable.removeprefix(PREFIX).lower().replace("__", ".")
        secret = BY_PATH.get(path.removesuffix("_file"))
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
    key = BY_PATH.get(path)
    if key is None:
        raise ConfigError(f'{where}: there is no setting "{path}"{_nearest(path)}.')
    try:
        return key.convert(value)
    except ValueError as error:
        raise ConfigError(f'{where}: "{path}" {error}.') from error


def _nearest(path: str) -> str:
    near = difflib.get_close_matches(path, BY_PATH, n=1, cutoff=0.6)
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
