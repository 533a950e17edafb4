"""Which keys front matter knows: in which table, for which type of post, and how each is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fedinode.frontmatter import values
from fedinode.manuscripts import Kind, Status

_ALL = frozenset(Kind)
_STATEMENT = frozenset({Kind.STATEMENT})
_NEWS = frozenset({Kind.NEWS})
_EVENT = frozenset({Kind.EVENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """How one key is read, in which types of post it may stand, and whether it must."""

    convert: values.Converter
    kinds: frozenset[Kind] = _ALL
    is_required: bool = False
    #: Added to the message where it is missing: what to write there.
    hint: str = ""


Fields = dict[str, Field]

_COMMON: Final[Fields] = {
    "type": Field(convert=values.one_of(tuple(Kind)), is_required=True),
    "title": Field(convert=values.name),
    "language": Field(convert=values.language, is_required=True),
    "key": Field(convert=values.name),
    "slug": Field(convert=values.slug),
    "summary": Field(convert=values.markdown),
    "note": Field(convert=values.markdown),
    "tags": Field(convert=values.list_of(values.tag, values.MAX_TAGS)),
    "category": Field(convert=values.name),
    "licence": Field(convert=values.name),
    "published": Field(convert=values.instant),
    "deliver": Field(convert=values.yes_or_no),
    "show": Field(convert=values.one_of(("teaser", "full")), kinds=_NEWS),
    "comments": Field(convert=values.one_of(("held", "open", "closed"))),
    "in_reply_to": Field(convert=values.url),
    "place": Field(convert=values.name, kinds=_STATEMENT | _EVENT),
    "timezone": Field(convert=values.timezone, kinds=_STATEMENT | _EVENT),
}
_OF_STATEMENTS: Final[Fields] = {
    "issued_by": Field(convert=values.name),
    "adopted": Field(convert=values.day_or_time),
    "addressees": Field(convert=values.list_of(values.name)),
    "demands": Field(convert=values.list_of(values.name)),
    "cosign": Field(convert=values.one_of(("closed", "invited", "anyone"))),
    "invite": Field(convert=values.list_of(values.handle)),
    "individuals": Field(convert=values.yes_or_no),
    "sign_until": Field(convert=values.time),
    "goal": Field(convert=values.positive),
    "signers": Field(convert=values.one_of(("list", "numbers", "hidden"))),
    "smallest_group": Field(convert=values.positive),
    "publish_before": Field(convert=values.time),
}
_OF_EVENTS: Final[Fields] = {
    "starts": Field(convert=values.time, is_required=True),
    "ends": Field(convert=values.time),
    "show_zones": Field(convert=values.list_of(values.timezone, 20)),
    "attendance": Field(convert=values.one_of(("place", "online", "both"))),
    "address": Field(convert=values.name),
    "url": Field(convert=values.url),
    "room": Field(convert=values.name),
    "sign_up": Field(convert=values.sign_up),
    "capacity": Field(convert=values.number),
    "working_languages": Field(convert=values.list_of(values.language)),
    "interpretation": Field(convert=values.list_of(values.language)),
    "cancelled": Field(convert=values.yes_or_no),
}
_PERSON: Final[Fields] = {
    "name": Field(convert=values.name, is_required=True),
    "names": Field(convert=values.languages_to_names),
    "place": Field(convert=values.name),
    "places": Field(convert=values.languages_to_names),
    "handle": Field(convert=values.handle),
    "url": Field(convert=values.url),
}
_PERSON_AT_EVENT: Final[Fields] = _PERSON | {
    "role": Field(convert=values.name),
    "roles": Field(convert=values.languages_to_names),
}


def _only_in(kinds: frozenset[Kind], fields: Fields) -> Fields:
    return {
        key: Field(convert=field.convert, kinds=kinds, is_required=field.is_required)
        for key, field in fields.items()
    }


#: The keys above the first table header.
TOP: Final[Fields] = _COMMON | _only_in(_STATEMENT, _OF_STATEMENTS) | _only_in(_EVENT, _OF_EVENTS)

#: `[translations.XX]`: the texts again, in another language.
TRANSLATION: Final[Fields] = {
    key: TOP[key] for key in ("title", "slug", "summary", "note", "issued_by", "demands", "place")
} | {
    "body": Field(convert=values.markdown),
    "body_file": Field(convert=values.name),
    "translator": Field(convert=values.name),
    "status": Field(convert=values.one_of(tuple(Status))),
    "source_language": Field(convert=values.language),
}

#: `[signed_elsewhere]`, mostly written as an inline table.
SIGNED_ELSEWHERE: Final[Fields] = {
    "count": Field(convert=values.number, is_required=True),
    "countries": Field(convert=values.number),
    "as_of": Field(convert=values.day),
    "url": Field(convert=values.url),
}

#: Lists of tables, `[[name]]`.
LISTS: Final[Mapping[str, Fields]] = {
    "authors": _PERSON,
    "organisers": _PERSON_AT_EVENT,
    "speakers": _PERSON_AT_EVENT,
    "source": {
        "role": Field(
            convert=values.one_of(("original", "first_published", "found", "translated_from")),
            is_required=True,
        ),
        "title": Field(convert=values.name),
        "url": Field(convert=values.url),
        "language": Field(convert=values.language),
        "publisher": Field(convert=values.name),
        "author": Field(convert=values.name),
        "translator": Field(convert=values.name),
        "published": Field(convert=values.day_or_time),
        "licence": Field(convert=values.name),
        "canonical": Field(convert=values.yes_or_no),
    },
    "related": {
        "title": Field(convert=values.name, is_required=True),
        "language": Field(convert=values.language),
        "url": Field(convert=values.url, is_required=True),
    },
    "media": {
        "file": Field(convert=values.name, is_required=True),
        "alt": Field(
            convert=values.text,
            is_required=True,
            hint="say in a sentence what the picture shows, for those who do not see it",
        ),
        "alts": Field(convert=values.languages_to_names),
        "caption": Field(convert=values.markdown),
        "licence": Field(convert=values.name),
        "language": Field(convert=values.language),
    },
}

#: In which types of post a table may stand, where not in all.
TABLE_KINDS: Final[Mapping[str, frozenset[Kind]]] = {
    "signed_elsewhere": _STATEMENT,
    "organisers": _EVENT,
    "speakers": _EVENT,
}


def tables() -> Mapping[str, Fields]:
    """Return every table by the name that messages call it; "" is the top."""
    return {
        "": TOP,
        "translations": TRANSLATION,
        "signed_elsewhere": SIGNED_ELSEWHERE,
        **LISTS,
    }
