"""What a Markdown file with front matter says, once it was understood.

A `Manuscript` is complete and checked: whoever has one need not check again. `frontmatter`
makes it, `services/publishing` turns it into rows. `Facts` is the part that is neither prose
nor routing; it is stored with each revision (`facts_json`, `parse_facts`).
"""

import json
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

BACKDATED_AFTER = timedelta(hours=1)


class Kind(StrEnum):
    """What sort of post a manuscript becomes."""

    STATEMENT = "statement"
    NEWS = "news"
    EVENT = "event"
    PAGE = "page"


class Status(StrEnum):
    """Who stands behind a text in one language."""

    OWN = "own"
    OFFICIAL = "official"
    UNOFFICIAL = "unofficial"
    MACHINE = "machine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An author, organiser or speaker; a person or a body, never an actor of ours."""

    name: str
    names: Mapping[str, str] = field(default_factory=dict)
    place: str | None = None
    handle: str | None = None
    url: str | None = None
    role: str | None = None
    places: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)

    def name_in(self, language: str) -> str:
        """Return the name as written in `language`, else the common one."""
        return self.names.get(language, self.name)

    def place_in(self, language: str) -> str | None:
        """Return where they are from as written in `language`, else as everywhere."""
        return self.places.get(language, self.place)

    def role_in(self, language: str) -> str | None:
        """Return what they do as written in `language`, else as everywhere."""
        return self.roles.get(language, self.role)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a text comes from; `role` is original, first_published, found or translated_from."""

    role: str
    title: str | None = None
    url: str | None = None
    language: str | None = None
    publisher: str | None = None
    author: str | None = None
    translator: str | None = None
    published: date | datetime | None = None
    licence: str | None = None
    canonical: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """A link to something that belongs to the post."""

    title: str
    url: str
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture file beside the manuscript, not yet read."""

    path: Path
    alt: str
    alts: Mapping[str, str] = field(default_factory=dict)
    caption: str | None = None
    licence: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedElsewhere:
    """Signatures collected on another site; shown apart and never added to ours."""

    count: int
    countries: int | None = None
    as_of: date | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementFacts:
    """What a statement says beside its prose.

    `adopted` is a date, or an aware datetime in `timezone` (else with the offset written). From `individuals`
    on it says how people sign, which is no part of the text and may change.
    """

    adopted: date | datetime | None = None
    timezone: str | None = None
    addressees: tuple[str, ...] = ()
    cosign: str = "closed"
    invite: tuple[str, ...] = ()
    publish_before: datetime | None = None
    signed_elsewhere: SignedElsewhere | None = None
    individuals: bool = False
    sign_until: datetime | None = None
    #: How many signatures of people are hoped for.
    goal: int | None = None
    #: Their list: "list", "numbers" or "hidden".
    signers: str = "list"
    #: Of fewer people in one country the country is not named.
    smallest_group: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """What was announced of an event before it changed; `place` and `address` only where those changed.

    The place is in the first language of the post.
    """

    starts: datetime
    timezone: str
    ends: datetime | None = None
    place: str | None = None
    address: str | None = None

    @property
    def starts_at(self) -> datetime:
        """The start as an instant, in UTC."""
        return self.starts.replace(tzinfo=ZoneInfo(self.timezone)).astimezone(UTC)

    @property
    def ends_at(self) -> datetime | None:
        """The end as an instant, in UTC; None where the end was open."""
        if self.ends is None:
            return None
        return self.ends.replace(tzinfo=ZoneInfo(self.timezone)).astimezone(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFacts:
    """When and where an event is.

    `starts` and `ends` are wall-clock times in `timezone`: the instant is computed when it is
    needed, because governments change their zone's rules.
    """

    starts: datetime
    timezone: str
    ends: datetime | None = None
    show_zones: tuple[str, ...] = ()
    attendance: str = "place"
    address: str | None = None
    url: str | None = None
    room: str | None = None
    sign_up: str | None = None
    capacity: int | None = None
    working_languages: tuple[str, ...] = ()
    interpretation: tuple[str, ...] = ()
    organisers: tuple[Person, ...] = ()
    speakers: tuple[Person, ...] = ()
    #: None where the file does not say: then an edit leaves it as it is.
    cancelled: bool | None = None
    #: Set where a public event was changed, by the node and never by the file.
    before: Announced | None = None

    @property
    def starts_at(self) -> datetime:
        """The start as an instant, in UTC."""
        return self.starts.replace(tzinfo=ZoneInfo(self.timezone)).astimezone(UTC)

    @property
    def is_moved(self) -> bool:
        """Whether it was announced for another time."""
        was = self.before
        return was is not None and (was.starts_at, was.ends_at) != (self.starts_at, self.ends_at)

    @property
    def ends_at(self) -> datetime | None:
        """The end as an instant, in UTC; None where the end is open."""
        if self.ends is None:
            return None
        return self.ends.replace(tzinfo=ZoneInfo(self.timezone)).astimezone(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The facts that differ from language to language."""

    language: str
    note: str | None = None
    issued_by: str | None = None
    demands: tuple[str, ...] = ()
    place: str | None = None
    #: What this text was translated from, where that is not the first language of the post.
    source_language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that a revision says beside title, summary and prose. `wordings`: primary first."""

    wordings: tuple[Wording, ...]
    category: str | None = None
    tags: tuple[str, ...] = ()
    show: str = "full"
    comments: str = "held"
    in_reply_to: str | None = None
    authors: tuple[Person, ...] = ()
    sources: tuple[Source, ...] = ()
    related: tuple[Related, ...] = ()
    statement: StatementFacts | None = None
    event: EventFacts | None = None
    #: On what terms others may use the text.
    licence: str | None = None

    def wording(self, language: str) -> Wording:
        """Return the wording in `language`; what it leaves out is taken from the primary one."""
        primary = self.wordings[0]
        own = next((each for each in self.wordings if each.language == language), primary)
        return Wording(
            language=language,
            note=own.note,
            issued_by=own.issued_by or primary.issued_by,
            demands=own.demands or primary.demands,
            place=own.place or primary.place,
            source_language=own.source_language,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TextVersion:
    """The prose in one language. `summary` is inline Markdown, `markdown` the body."""

    language: str
    title: str | None
    slug: str | None
    summary: str | None
    markdown: str
    translator: str | None = None
    status: Status = Status.OWN
    source_language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manuscript:
    """A whole post as its file describes it; `texts` has the primary language first.

    `published` is aware; None means now. `deliver` is None where the file does not say.
    """

    kind: Kind
    key: str
    texts: tuple[TextVersion, ...]
    facts: Facts
    published: datetime | None = None
    deliver: bool | None = None
    pictures: tuple[Picture, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def language(self) -> str:
        """The primary language."""
        return self.texts[0].language

    def is_delivered(self, now: datetime) -> bool:
        """Tell whether followers are sent this post.

        Mastodon puts delivered posts on top of the feeds however old they are (peers flood
        their readers with imported archives that way), so what is old is sent only on request.
        """
        if self.deliver is not None:
            return self.deliver
        return self.published is None or self.published >= now - BACKDATED_AFTER


def languages_of(facts: Facts, language: str) -> dict[str, str]:
    """Return in which language each part of a wording is: what a translation leaves out is not translated."""
    primary = facts.wordings[0]
    own = next((each for each in facts.wordings if each.language == language), primary)
    names = ("issued_by", "demands", "place")
    return {name: own.language if getattr(own, name) else primary.language for name in names}


def facts_json(facts: Facts) -> bytes:
    """Return facts as JSON, as revisions keep them; what says nothing is left out."""
    return json.dumps(_as_json(facts), ensure_ascii=False, separators=(",", ":")).encode()


def parse_facts(document: bytes) -> Facts:
    """Return the facts that `facts_json` wrote."""
    facts: Facts = _as_record(Facts, json.loads(document))
    statement = facts.statement
    if statement and statement.timezone and isinstance(statement.adopted, datetime):
        # JSON keeps the offset alone; people are told the place.
        there = statement.adopted.astimezone(ZoneInfo(statement.timezone))
        return replace(facts, statement=replace(statement, adopted=there))
    return facts


def _as_json(value: Any) -> Any:
    if is_dataclass(value):
        members = ((each.name, getattr(value, each.name)) for each in fields(value))
        return {name: _as_json(member) for name, member in members if member not in (None, (), {})}
    if isinstance(value, tuple):
        return [_as_json(each) for each in value]
    if isinstance(value, date):
        return value.isoformat()
    return value


def _as_record(kind: Any, value: Any) -> Any:
    if isinstance(kind, types.UnionType):
        return _as_record(typing.get_args(kind)[0], value)
    if kind in (date, datetime):
        return datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
    if typing.get_origin(kind) is tuple:
        return tuple(_as_record(typing.get_args(kind)[0], each) for each in value)
    if isinstance(kind, type) and is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return kind(**{name: _as_record(hints[name], member) for name, member in value.items()})
    return value
