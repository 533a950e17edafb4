"""What members and commands call levels, and a domain in the one spelling that rows have."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

from federation import webfinger
from federation.cosigning import documents
from federation.errors import Malformed
from fedinode.storage.levels import LevelRow

# What IDNA leaves as it is; lists have thousands of these.
_PLAIN: Final = re.compile(r"(?:[a-z0-9]{1,31}(?:-[a-z0-9]{1,31})?\.)+[a-z]{2,63}")
_MAX_HOST: Final = 253

#: As commands call levels: "silence" is limited, "media" is open without pictures.
Severity = Literal["trusted", "open", "held", "silence", "media", "suspend"]
SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)

MAX_REASON: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to hold for somebody."""

    severity: Severity = "suspend"
    rejects_media: bool = False
    rejects_reports: bool = False
    is_obfuscated: bool = False
    #: For the members alone; `public_reason` goes into the file that others read.
    reason: str | None = None
    public_reason: str | None = None

    @property
    def level(self) -> str:
        """The level as rows have it."""
        return "open" if self.severity == "media" else self.severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What was decided about a domain (with everything under it) or an actor."""

    subject: str
    severity: Severity
    rejects_media: bool
    rejects_reports: bool
    is_obfuscated: bool
    reason: str | None
    public_reason: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Who is meant: a domain, or an actor at a host."""

    host: str
    actor_uri: str | None = None

    @property
    def name(self) -> str:
        """What rows call it."""
        return self.actor_uri or self.host


def as_row(subject: Subject, wish: Wish, account_id: int | None, now: datetime) -> LevelRow:
    """Return a wish as the row that says so."""
    return LevelRow(
        subject=subject.name,
        is_actor=subject.actor_uri is not None,
        level=wish.level,
        rejects_media=wish.rejects_media or wish.severity == "media",
        rejects_reports=wish.rejects_reports,
        is_obfuscated=wish.is_obfuscated,
        reason=_short(wish.reason),
        public_reason=_short(wish.public_reason),
        set_at=now,
        account_id=account_id,
    )


def _short(reason: str | None) -> str | None:
    return (reason or "").strip()[:MAX_REASON] or None


def as_block(row: LevelRow) -> Block:
    """Return a row as commands and pages show it."""
    return Block(
        subject=row.subject,
        severity=severity_of(row),
        rejects_media=row.rejects_media,
        rejects_reports=row.rejects_reports,
        is_obfuscated=row.is_obfuscated,
        reason=row.reason,
        public_reason=row.public_reason,
        created_at=row.set_at,
    )


def severity_of(row: LevelRow) -> Severity:
    """Return what commands call a level."""
    if row.level == "open" and row.rejects_media:
        return "media"
    return next(word for word in SEVERITIES if word == row.level)


def digest_of(rows: Sequence[LevelRow]) -> str:
    """Return what a vote about these domains is bound to: which ones, and how far they are let in."""
    listed = sorted([row.subject, row.level, row.rejects_media, row.rejects_reports] for row in rows)
    return documents.digest({"action": "block", "rows": listed})


def parse_domain(text: str) -> Subject:
    """Return a domain in the one spelling that rows have. Raises: Malformed."""
    plain = text.strip().lower().rstrip(".")
    if len(plain) <= _MAX_HOST and _PLAIN.fullmatch(plain):
        return Subject(host=plain)
    # The rules of a handle's host: IDNA once, lower case, a port perhaps.
    name, mark, port = text.strip().lower().partition(":")
    host = webfinger.parse_handle(f"x@{name.rstrip('.')}{mark}{port}").host
    if "." not in host:
        raise Malformed("a domain has a dot")
    return Subject(host=host.removesuffix(":443"))
