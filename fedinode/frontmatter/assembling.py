"""From front matter's tables to a Manuscript, with the rules that hold between keys."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from fedinode import text
from fedinode.frontmatter import schema, values
from fedinode.frontmatter.positions import KeyPath
from fedinode.frontmatter.source import (
    MARK,
    Source,
    decode,
    fault,
    parse_toml,
    read_bytes,
    read_source,
    source_of,
)
from fedinode.frontmatter.tables import Reader
from fedinode.manuscripts import (
    EventFacts,
    Facts,
    Kind,
    Manuscript,
    Person,
    Picture,
    Related,
    SignedElsewhere,
    StatementFacts,
    Status,
    TextVersion,
    Wording,
)
from fedinode.manuscripts import Source as Provenance

#: A statement or event with more words needs a summary of its author's.
SUMMARY_FROM_WORDS: Final = 120

#: What a manuscript that is no file yet is called in messages.
WRITTEN_NAME: Final = "text.md"

Record = TypeVar("Record")

_ABOUT_SIGNERS: Final = ("goal", "signers", "smallest_group")
_NAMES = (*schema.LISTS, "translations", "signed_elsewhere")


def parse_manuscript(path: Path) -> Manuscript:
    """Read a Markdown file with front matter.

    Raises: ManuscriptError, a sentence that names file, line and key.
    """
    return _assemble(read_source(path))


def parse_written(written: str, folder: Path) -> Manuscript:
    """Read a manuscript that is no file yet; what it names lies in `folder`. Raises: ManuscriptError."""
    return _assemble(source_of(folder / WRITTEN_NAME, written.encode("utf-8")))


def _assemble(source: Source) -> Manuscript:
    document = parse_toml(source)
    reader = Reader(source.path, source.toml)
    kind = _kind(reader, document)
    tables = {name: document.pop(name) for name in _NAMES if name in document}
    for name in tables:
        _require_table_of(reader, name, kind)
    top = reader.table((), document, schema.TOP, kind)
    texts, wordings = _texts(reader, source, top, tables.get("translations", {}), kind)
    _require_texts(reader, texts, kind, top)
    return Manuscript(
        kind=kind,
        key=top.get("key", source.digest),
        texts=tuple(texts),
        facts=_facts(reader, top, tables, tuple(wordings), kind),
        published=top.get("published"),
        deliver=top.get("deliver"),
        pictures=_pictures(reader, tables.get("media", []), kind),
        warnings=tuple(reader.warnings),
    )


def _kind(reader: Reader, document: dict[str, Any]) -> Kind:
    if "type" not in document:
        known = ", ".join(f'"{kind}"' for kind in Kind)
        raise fault(reader.path, 1, f'the key "type" is missing; it is one of {known}')
    return Kind(reader.value(("type",), schema.TOP["type"].convert, document["type"]))


def _require_table_of(reader: Reader, name: str, kind: Kind) -> None:
    kinds = schema.TABLE_KINDS.get(name, frozenset(Kind))
    if kind not in kinds:
        raise reader.fault(
            (name,), f'may stand only where type is {" or ".join(kinds)}, and this is type "{kind}"'
        )


# -- texts


def _texts(
    reader: Reader, source: Source, top: dict[str, Any], translations: Any, kind: Kind
) -> tuple[list[TextVersion], list[Wording]]:
    body = _prose(reader, (), source.path, source.body)
    texts = [_text(top["language"], top, body)]
    wordings = [_wording(top["language"], top)]
    if not isinstance(translations, dict):
        raise reader.fault(("translations",), "must be written with a language, as in [translations.de]")
    for written, table in translations.items():
        where = ("translations", written)
        language = reader.value(where, values.language, written)
        if any(each.language == language for each in texts):
            raise reader.fault(where, f'says again what is there: the language "{language}"')
        fields = reader.table(where, table, schema.TRANSLATION, kind)
        texts.append(_text(language, fields, _translated_body(reader, where, source.path, fields)))
        wordings.append(_wording(language, fields))
    return texts, wordings


def _text(language: str, fields: dict[str, Any], body: str) -> TextVersion:
    return TextVersion(
        language=language,
        title=fields.get("title"),
        slug=fields.get("slug"),
        summary=fields.get("summary"),
        markdown=body,
        translator=fields.get("translator"),
        status=Status(fields.get("status", Status.OWN)),
        source_language=fields.get("source_language"),
    )


def _wording(language: str, fields: dict[str, Any]) -> Wording:
    return Wording(
        language=language,
        note=fields.get("note"),
        issued_by=fields.get("issued_by"),
        demands=fields.get("demands", ()),
        place=fields.get("place"),
        source_language=fields.get("source_language"),
    )


def _prose(reader: Reader, where: KeyPath, path: Path, body: str) -> str:
    """Return a body that can be rendered; an empty one is the caller's question."""
    visible, cut = text.without_invisible(body)
    if cut:
        codes = ", ".join(f"U+{ord(each):04X}" for each in sorted(cut))
        reader.warn(where, f"characters that cannot be seen were cut from {path.name}: {codes}")
    prose = values.without_tracking(visible, lambda sentence: reader.warn(where, sentence)).strip("\n")
    try:
        text.markdown_to_html(prose)
    except ValueError as error:
        raise fault(path, None, f"in this text {error}") from error
    return prose


def _translated_body(reader: Reader, where: KeyPath, path: Path, fields: dict[str, Any]) -> str:
    if ("body" in fields) == ("body_file" in fields):
        raise reader.fault(where, 'needs one of the keys "body" and "body_file"')
    if "body" in fields:
        return _prose(reader, (*where, "body"), path, fields["body"])
    key = (*where, "body_file")
    beside = _file_beside(reader, key, fields["body_file"], "translation")
    body = decode(beside, read_bytes(beside))
    if body.lstrip().startswith(MARK):
        raise reader.fault(
            key, f"names {beside.name}, which has front matter; a translation is Markdown alone"
        )
    return _prose(reader, key, beside, body)


def _file_beside(reader: Reader, where: KeyPath, name: str, what: str) -> Path:
    """Return the path of a file in the manuscript's folder. Nothing outside may be published."""
    folder = reader.path.parent
    try:
        found = (folder / name).resolve()
        is_inside = found.is_relative_to(folder.resolve()) and not Path(name).is_absolute()
        is_file = found.is_file()
    except (OSError, ValueError, RuntimeError) as error:
        raise reader.fault(where, "is no name of a file") from error
    if not is_inside:
        raise reader.fault(where, f'leaves the folder of this file with "{name}"; put the {what} beside it')
    if not is_file:
        raise reader.fault(where, f'names the {what} file "{name}", which does not exist')
    return folder / name


def _require_texts(reader: Reader, texts: list[TextVersion], kind: Kind, top: dict[str, Any]) -> None:
    needs_title = kind is not Kind.NEWS or top.get("show") == "teaser" or texts[0].title is not None
    for index, each in enumerate(texts):
        where: KeyPath = ("translations", each.language) if index else ()
        place = f" in [translations.{each.language}]" if index else ""
        line = reader.line(where)
        if needs_title and each.title is None:
            raise fault(reader.path, line, f'the key "title" is missing{place}')
        if not each.markdown.strip() and kind is not Kind.EVENT:
            raise fault(reader.path, line, f"there is no text{place}")
        words = text.count_words(text.plain(text.markdown_to_html(each.markdown)))
        if kind in (Kind.STATEMENT, Kind.EVENT) and words > SUMMARY_FROM_WORDS and each.summary is None:
            raise fault(
                reader.path,
                line,
                f'the key "summary" is missing{place}: this {kind} has {words} words, and above '
                f"{SUMMARY_FROM_WORDS} Mastodon shows its readers nothing but a summary",
            )


# -- facts


def _facts(
    reader: Reader, top: dict[str, Any], tables: dict[str, Any], wordings: tuple[Wording, ...], kind: Kind
) -> Facts:
    return Facts(
        wordings=wordings,
        category=top.get("category"),
        licence=top.get("licence"),
        tags=tuple(dict.fromkeys(top.get("tags", ()))),
        show=top.get("show", "full"),
        comments=top.get("comments", "held"),
        in_reply_to=top.get("in_reply_to"),
        authors=_records(reader, tables, "authors", kind, Person),
        sources=_records(reader, tables, "source", kind, Provenance),
        related=_records(reader, tables, "related", kind, Related),
        statement=_statement(reader, top, tables) if kind is Kind.STATEMENT else None,
        event=_event(reader, top, tables) if kind is Kind.EVENT else None,
    )


def _records(
    reader: Reader, tables: dict[str, Any], name: str, kind: Kind, make: Callable[..., Record]
) -> tuple[Record, ...]:
    return tuple(make(**fields) for fields in _list(reader, name, tables.get(name, []), kind))


def _list(reader: Reader, name: str, tables: Any, kind: Kind) -> list[dict[str, Any]]:
    if not isinstance(tables, list):
        raise reader.fault((name,), f"must be written as [[{name}]], once for each")
    return [
        reader.table((name, index), table, schema.LISTS[name], kind) for index, table in enumerate(tables)
    ]


def _pictures(reader: Reader, tables: Any, kind: Kind) -> tuple[Picture, ...]:
    pictures = []
    for index, fields in enumerate(_list(reader, "media", tables, kind)):
        path = _file_beside(reader, ("media", index, "file"), fields.pop("file"), "picture")
        pictures.append(Picture(path=path, **fields))
    return tuple(pictures)


def _statement(reader: Reader, top: dict[str, Any], tables: dict[str, Any]) -> StatementFacts:
    elsewhere = None
    if "signed_elsewhere" in tables:
        where = ("signed_elsewhere",)
        fields = reader.table(where, tables["signed_elsewhere"], schema.SIGNED_ELSEWHERE, Kind.STATEMENT)
        elsewhere = SignedElsewhere(**fields)
    zone = top.get("timezone")
    if top.get("invite") and top.get("cosign", "closed") == "closed":
        raise reader.fault(("invite",), 'has no effect while "cosign" is "closed"; write cosign = "invited"')
    _require_signable(reader, top)
    return StatementFacts(
        adopted=_adopted(reader, top.get("adopted"), zone),
        timezone=zone,
        addressees=top.get("addressees", ()),
        cosign=top.get("cosign", "closed"),
        invite=top.get("invite", ()),
        publish_before=_instant(reader, "publish_before", top, zone),
        signed_elsewhere=elsewhere,
        individuals=top.get("individuals", False),
        sign_until=_instant(reader, "sign_until", top, zone),
        **{key: top[key] for key in _ABOUT_SIGNERS if key in top},
    )


def _require_signable(reader: Reader, top: dict[str, Any]) -> None:
    """Refuse what says how people sign where nobody can: they sign a text that cannot change under them."""
    if top.get("individuals") and top.get("cosign", "closed") == "closed":
        raise reader.fault(
            ("individuals",), 'needs a text that never changes; write cosign = "anyone" as well'
        )
    for key in _ABOUT_SIGNERS:
        if key in top and not top.get("individuals"):
            raise reader.fault((key,), "has no effect without individuals = true")


def _adopted(reader: Reader, moment: date | datetime | None, zone: str | None) -> date | datetime | None:
    if not isinstance(moment, datetime):
        return moment
    if zone is None:
        return _with_offset(reader, "adopted", moment)
    return _local(reader, "adopted", moment, zone).replace(tzinfo=ZoneInfo(zone))


def _instant(reader: Reader, key: str, top: dict[str, Any], zone: str | None) -> datetime | None:
    if key not in top:
        return None
    moment: datetime = top[key]
    if moment.tzinfo is None and zone is not None:
        moment = _local(reader, key, moment, zone).replace(tzinfo=ZoneInfo(zone))
    return _with_offset(reader, key, moment).astimezone(UTC)


def _with_offset(reader: Reader, key: str, moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise reader.fault((key,), 'is a local time: name its "timezone", or write an offset such as Z')
    return moment


def _local(reader: Reader, key: str, moment: datetime, zone: str) -> datetime:
    try:
        return values.local_time(moment, zone)
    except ValueError as error:
        raise reader.fault((key,), f"({moment:%Y-%m-%d %H:%M}) {error}") from error


def _event(reader: Reader, top: dict[str, Any], tables: dict[str, Any]) -> EventFacts:
    zone = top.get("timezone")
    if zone is None:
        raise fault(reader.path, reader.line(("starts",)), 'the key "timezone" is missing')
    if top.get("sign_up") == "here":
        reader.warn(("sign_up",), "nobody can sign up here yet; write the address of a form")
    starts = _local(reader, "starts", top["starts"], zone)
    ends = _local(reader, "ends", top["ends"], zone) if "ends" in top else None
    own = ("show_zones", "attendance", "address", "url", "room", "sign_up", "capacity", "working_languages")
    facts = EventFacts(
        starts=starts,
        ends=ends,
        timezone=zone,
        organisers=_records(reader, tables, "organisers", Kind.EVENT, Person),
        speakers=_records(reader, tables, "speakers", Kind.EVENT, Person),
        **{key: top[key] for key in (*own, "interpretation", "cancelled") if key in top},
    )
    if facts.ends_at is not None and facts.ends_at <= facts.starts_at:
        raise reader.fault(("ends",), 'is not after "starts": the event ends before it starts')
    return facts
