"""Texts in other languages: each beside the original, and what changed there since it was translated.

A translation is a part of the working copy. Whoever translates changes that part alone; what the original
said then is kept, so that a later change of it can be shown.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fedinode import text
from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, ManuscriptError, UsageError
from fedinode.frontmatter import editing
from fedinode.frontmatter.editing import BODY, Place
from fedinode.frontmatter.source import MARK
from fedinode.i18n import N_
from fedinode.manuscripts import Kind, Status
from fedinode.services.members.signing_in import Member
from fedinode.services.writing import authoring
from fedinode.services.writing.authoring import Change, Clashed, Saved, Working
from fedinode.storage import audit_log, desk_files
from fedinode.storage.database import Session
from fedinode.text import differences
from fedinode.text.differences import Paragraph

#: What is translated, in the order of the form; some parts belong to some sorts of text alone.
PARTS: Final = ("title", "summary", "body", "note", "issued_by", "place", "demands")
_KINDS: Final[Mapping[str, frozenset[Kind]]] = {
    "issued_by": frozenset({Kind.STATEMENT}),
    "demands": frozenset({Kind.STATEMENT}),
    "place": frozenset({Kind.STATEMENT, Kind.EVENT}),
}
MAX_LANGUAGES: Final = 40
MAX_NAME: Final = 300
_NO_LANGUAGE: Final = N_("This is no language: write a short tag as de, pt-BR or zh-Hant.")
_ORIGINAL: Final = N_("This is the language of the original; change it where the text is written.")
_TOO_MANY: Final = N_("This text has {most} languages already.")
_UNREADABLE: Final = N_(
    "The head of this text cannot be read at the moment, so nothing can be put into it. Mend the text first."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageLine:
    """A language of a text, and how it stands."""

    language: str
    title: str
    is_original: bool = False
    status: str = Status.OWN
    translator: str = ""
    #: The original was changed after this was made of it.
    is_outdated: bool = False
    #: There is a title where the original has one, and a body.
    is_complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a text in both languages, and what changed in the original since."""

    name: str
    original: str
    translation: str
    changes: tuple[Paragraph, ...] = ()

    @property
    def is_changed(self) -> bool:
        """Whether the original says something else by now."""
        return bool(self.changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A text beside its original. `exists`: somebody has begun it."""

    working: Working
    language: str
    original_language: str
    parts: tuple[Part, ...]
    translator: str
    status: str
    exists: bool

    @property
    def is_outdated(self) -> bool:
        """Whether the original says something else than what was translated."""
        return any(part.is_changed for part in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Translated:
    """What a form sends: the parts by name. `is_current`: it says what the original says now."""

    words: Mapping[str, str]
    translator: str
    status: str
    is_current: bool = True


# -- reading


async def list_languages(
    cap: Capabilities, member: Member, uid: str
) -> tuple[Working, tuple[LanguageLine, ...]]:
    """Return a text's languages, the original first. Raises: NotFound, Conflict where it cannot be read."""
    working, originals = await cap.database.read(lambda session: _open(session, member, uid))
    return working, lines_of(working.source, working.language, originals)


def _open(session: Session, member: Member, uid: str) -> tuple[Working, dict[str, dict[str, object]]]:
    """Return a text, and what of the original each language was made of."""
    copy, _ = authoring.require_copy(session, member, uid, "translate")
    return authoring.working_in(session, member, uid, "translate"), desk_files.originals(session, copy)


def lines_of(
    source: str, language: str, originals: Mapping[str, Mapping[str, object]]
) -> tuple[LanguageLine, ...]:
    """Return how each language of a text stands. Raises Conflict where it cannot be read."""
    values = _values(source)
    original = _words(values, ())
    first = LanguageLine(language=language, title=original["title"], is_original=True)
    return (
        first,
        *(_line(values, each, original, originals.get(each)) for each in _languages(values)),
    )


def _line(
    values: Mapping[Place, Any],
    language: str,
    original: Mapping[str, str],
    made_of: Mapping[str, object] | None,
) -> LanguageLine:
    where: Place = ("translations", language)
    words = _words(values, where)
    return LanguageLine(
        language=language,
        title=words["title"],
        status=str(values.get((*where, "status"), Status.OWN)),
        translator=str(values.get((*where, "translator"), "")),
        is_outdated=made_of is not None and dict(made_of) != dict(original),
        is_complete=bool(words["body"] or not original["body"])
        and bool(words["title"] or not original["title"]),
    )


async def open_side(cap: Capabilities, member: Member, uid: str, language: str) -> Side:
    """Return a text in a language beside its original. Raises: NotFound, UsageError, Conflict."""
    working, originals = await cap.database.read(lambda session: _open(session, member, uid))
    tag = require_language(language, working)
    return await asyncio.to_thread(_side, working, tag, originals.get(tag))


def _side(working: Working, language: str, made_of: Mapping[str, object] | None) -> Side:
    values = _values(working.source)
    where: Place = ("translations", language)
    original, translation = _words(values, ()), _words(values, where)
    parts = tuple(
        Part(
            name=name,
            original=original[name],
            translation=translation[name],
            changes=_changes(made_of, name, original[name]),
        )
        for name in PARTS
        if working.kind in _KINDS.get(name, frozenset(Kind))
    )
    return Side(
        working=working,
        language=language,
        original_language=working.language,
        parts=parts,
        translator=str(values.get((*where, "translator"), "")),
        status=str(values.get((*where, "status"), Status.OWN)),
        exists=language in _languages(values),
    )


def _changes(made_of: Mapping[str, object] | None, name: str, now: str) -> tuple[Paragraph, ...]:
    before = now if made_of is None else str(made_of.get(name, ""))
    return () if before == now else differences.compare(before, now)


def require_language(written: str, working: Working) -> str:
    """Return a tag as it is written everywhere. Raises UsageError."""
    try:
        tag = text.canonical_language(written.strip())
    except ValueError as error:
        raise UsageError(_NO_LANGUAGE) from error
    if tag == working.language:
        raise UsageError(_ORIGINAL)
    return tag


def _values(source: str) -> dict[Place, Any]:
    try:
        return editing.values_of(source)
    except ManuscriptError as error:
        raise Conflict(_UNREADABLE) from error


def _languages(values: Mapping[Place, Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(place[1] for place in values if place[:1] == ("translations",) and place[1:]))


def _words(values: Mapping[Place, Any], where: Place) -> dict[str, str]:
    """Return what a text says in a language, each part as one text."""
    found = {name: values.get((*where, name)) for name in PARTS}
    if not where:
        found["body"] = values.get(BODY)
    return {name: _as_text(value) for name, value in found.items()}


def _as_text(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(str(each) for each in value)
    return "" if value is None else str(value).strip("\n")


# -- saving


async def save(
    cap: Capabilities, member: Member, uid: str, language: str, base_number: int, sent: Translated
) -> Saved | Clashed:
    """Keep a translation of what version `base_number` says; nothing else of the text changes.

    Raises: NotFound, UsageError, Conflict.
    """
    base = await authoring.open_text(cap, member, uid, right="translate", number=base_number)
    tag = require_language(language, base)
    values = _values(base.source)
    if tag not in _languages(values) and len(_languages(values)) >= MAX_LANGUAGES:
        raise UsageError(_TOO_MANY, most=MAX_LANGUAGES)
    source = await asyncio.to_thread(_rewritten, base.source, tag, sent)
    change = Change(base_number=base_number, source=source)
    saved = await authoring.save(cap, member, uid, change, right="translate")
    if isinstance(saved, Saved):
        await cap.database.write(lambda session: _note(session, cap, member, base, tag, sent))
    return saved


def _rewritten(source: str, language: str, sent: Translated) -> str:
    where: Place = ("translations", language)
    status = sent.status if sent.status in tuple(Status) else Status.UNOFFICIAL
    changes: dict[Place, Any] = {(*where, name): _as_value(name, sent.words.get(name, "")) for name in PARTS}
    changes[(*where, "translator")] = " ".join(sent.translator.split())[:MAX_NAME] or None
    changes[(*where, "status")] = None if status == Status.OWN else str(status)
    known = _values(source)
    try:
        return editing.change(
            source, {place: value for place, value in changes.items() if value or place in known}
        )
    except ManuscriptError as error:
        raise Conflict(_UNREADABLE) from error


def _as_value(name: str, written: str) -> Any:
    lines = written.replace("\r\n", "\n").replace("\r", "\n").strip()
    if name == "demands":
        return [each.strip() for each in lines.split("\n") if each.strip()] or None
    return (lines if name in ("body", "note") else " ".join(lines.split())) or None


def _note(
    session: Session, cap: Capabilities, member: Member, base: Working, language: str, sent: Translated
) -> None:
    copy, _ = authoring.require_copy(session, member, base.uid, "translate")
    now = cap.clock()
    known = desk_files.originals(session, copy)
    if sent.is_current or language not in known:
        original = _words(_values(base.source), ())
        desk_files.put_original(session, copy, language, original, account_id=member.account_id, now=now)
    audit_log.add(
        session,
        "text.translated",
        base.uid,
        now=now,
        account_id=member.account_id,
        details={"language": language},
    )


async def remove(cap: Capabilities, member: Member, uid: str, language: str) -> None:
    """Take a language out of a text. Raises: NotFound, UsageError, Conflict."""
    working = await authoring.open_text(cap, member, uid)
    tag = require_language(language, working)
    places = [place for place in _values(working.source) if place[:2] == ("translations", tag)]
    try:
        source = editing.change(working.source, dict.fromkeys(places))
    except ManuscriptError as error:
        raise Conflict(_UNREADABLE) from error
    saved = await authoring.save(
        cap, member, uid, Change(base_number=working.number, source=_without_header(source, tag))
    )
    if isinstance(saved, Clashed):
        raise Conflict(N_("Others save this text at the same moment; try again."))

    def forget(session: Session) -> None:
        copy, _ = authoring.require_copy(session, member, uid)
        desk_files.forget_original(session, copy, tag)

    await cap.database.write(forget)


def _without_header(source: str, language: str) -> str:
    """Cut the header of a table in which nothing is left."""
    head, mark, body = source.partition(f"\n{MARK}\n")
    headers = (f"[translations.{language}]", f'[translations."{language}"]')
    return "\n".join(line for line in head.split("\n") if line.strip() not in headers) + mark + body
