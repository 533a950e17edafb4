"""JSON documents: the strict loader and the typed getters.

A document is JSON that was decoded and is not believed yet. Only the ``parse_*`` functions of the modules
above (actors, objects, activities, ..) turn one into something believed, and they read it through the getters
below: a getter returns the type it names or raises Malformed.

There is no JSON-LD processing here and none anywhere else: contexts are never fetched, names are taken as
they are, and keywords that let a document say one thing to a JSON-LD processor and another to us are refused.
Spec: RFC 8259, RFC 7493 (I-JSON), Activity Streams 2.0.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

from federation import errors, times

Document = dict[str, Any]

MAX_DOCUMENT_BYTES: Final = 1_048_576
MAX_DEPTH: Final = 20
MAX_CONTEXT_ENTRIES: Final = 20
#: Recipients, tags, attachments, collection items: any list that we read one by one.
MAX_LIST_ITEMS: Final = 500
#: Names of actors and objects; longer ones are cut.
MAX_NAME_CHARACTERS: Final = 2_048
MAX_URI_CHARACTERS: Final = 2_048
#: The largest integer that every JSON reader keeps exactly (RFC 7493 section 2.2).
MAX_INTEGER: Final = 2**53 - 1

PUBLIC: Final = "https://www.w3.org/ns/activitystreams#Public"
#: ActivityPub section 5.6 asks receivers to know all three. We send the full one: WordPress drops, and snac2
#: takes for a direct message, what is addressed to ``as:Public``.
_PUBLIC_SPELLINGS: Final = frozenset({PUBLIC, "as:Public", "Public"})

_FORBIDDEN_KEYWORDS: Final = frozenset({"@graph", "@included", "@reverse"})
# A string to its closing quote (or to the end, so that a text full of quotes is not scanned again and again),
# or one bracket.
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
# The only way in for what ``_require_text`` refuses: raw, neither is JSON in UTF-8.
_ESCAPED_OUTLAW = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_NOT_IN_A_URI = re.compile(r"[\x00-\x20\x7f-\xa0<>\"\\^`{|}\u2028\u2029\ud800-\udfff]")


# -- reading bytes


def load(
    body: bytes, *, max_bytes: int = MAX_DOCUMENT_BYTES, max_depth: int = MAX_DEPTH, floats: bool = True
) -> Document:
    """Decode one JSON object and refuse whatever two readers could understand differently.

    ``floats=False`` refuses every number that is not an integer (what is digested must not depend on how a
    float is printed); otherwise they are kept, because Mastodon's ``focalPoint`` has them.

    Raises: TooLarge, Malformed.
    """
    if len(body) > max_bytes:
        raise errors.TooLarge(f"a document is longer than {max_bytes} bytes")
    text = _decode(body)
    _require_depth(text, max_depth)
    try:
        document = json.loads(
            text,
            object_pairs_hook=_build_object,
            parse_int=_parse_integer,
            parse_float=_parse_float if floats else _refuse_float,
            parse_constant=_refuse_constant,
        )
    except json.JSONDecodeError as error:
        raise errors.Malformed(f"a document is not JSON: {error.msg}") from error
    if not isinstance(document, dict):
        raise errors.Malformed("a document is not a JSON object")
    if _ESCAPED_OUTLAW.search(text):
        _require_text(document)
    return document


def dump(document: Document) -> bytes:
    """Encode a document as compact UTF-8; members keep their order (the first language is primary)."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8")


def _decode(body: bytes) -> str:
    if body.startswith(b"\xef\xbb\xbf"):
        raise errors.Malformed("a document begins with a byte order mark")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise errors.Malformed("a document is not UTF-8") from error


def nesting(depth: int) -> str:
    """Return a pattern for anything in brackets, nested at most so deep. It never goes back: linear time."""
    string = r'"(?:[^"\\]++|\\.)*+"'
    pattern = rf'[\[{{](?:[^"\[\]{{}}]++|{string})*+[\]}}]'
    for _ in range(depth - 1):
        pattern = rf'[\[{{](?:[^"\[\]{{}}]++|{string}|{pattern})*+[\]}}]'
    return pattern


@functools.cache
def _shallow(max_depth: int) -> re.Pattern[str]:
    return re.compile(nesting(max_depth), re.DOTALL)


def _require_depth(text: str, max_depth: int) -> None:
    # Counted before parsing: the parser itself recurses. Most activities have few brackets at all.
    if text.count("[") + text.count("{") <= max_depth or _shallow(max_depth).fullmatch(text):
        return
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(text):
        first = match[0][0]
        if first in "[{":
            depth += 1
            if depth > max_depth:
                raise errors.Malformed(f"a document is nested deeper than {max_depth}")
        elif first in "]}":
            depth -= 1


def _build_object(pairs: list[tuple[str, Any]]) -> Document:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise errors.Malformed("a JSON object names a member twice")
    if not _FORBIDDEN_KEYWORDS.isdisjoint(document):
        raise errors.Malformed("a document uses a JSON-LD keyword that rearranges it")
    if "@context" in document:
        _require_context(document["@context"])
    return document


def _require_context(context: object) -> None:
    entries = context if isinstance(context, list) else [context]
    if len(entries) > MAX_CONTEXT_ENTRIES:
        raise errors.Malformed(f"a @context has more than {MAX_CONTEXT_ENTRIES} entries")
    for entry in entries:
        if isinstance(entry, dict):
            _require_no_alias(entry)
        elif not isinstance(entry, str):
            raise errors.Malformed("a @context is not a string, an object or a list of them")


def _require_no_alias(terms: Document) -> None:
    # {"x": "@graph"} would make "x" mean what is refused under its own name.
    for definition in terms.values():
        meaning = definition.get("@id") if isinstance(definition, dict) else definition
        if isinstance(meaning, str) and meaning in _FORBIDDEN_KEYWORDS:
            raise errors.Malformed("a @context gives another name to a keyword that rearranges the document")


def _parse_integer(digits: str) -> int:
    # Length first: Python refuses to convert thousands of digits with an error of its own.
    if len(digits) > 17 or abs(int(digits)) > MAX_INTEGER:
        raise errors.Malformed("an integer is too large to be read exactly everywhere")
    return int(digits)


def _parse_float(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise errors.Malformed("a number is too large")
    return number


def _refuse_float(_digits: str) -> NoReturn:
    raise errors.Malformed("a number is not an integer")


def _refuse_constant(name: str) -> NoReturn:
    raise errors.Malformed(f"{name} is not JSON")


def _require_text(document: Document) -> None:
    for text in _strings(document):
        if "\x00" in text:
            raise errors.Malformed("a string holds U+0000")
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise errors.Malformed("a string holds half a character (a lone surrogate)")


def _strings(value: object) -> Iterator[str]:
    # The depth of `value` was bounded before it was parsed.
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        for name, member in value.items():
            yield name
            yield from _strings(member)


# -- reading members; a member that is null counts as absent


def as_list(value: object) -> list[Any]:
    """Return a list as it is, nothing as an empty list, anything else as a list of one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def is_public(uri: str) -> bool:
    """Tell whether a recipient is everybody, in any of the three spellings."""
    return uri in _PUBLIC_SPELLINGS


def id_of(value: object) -> str | None:
    """Return the id of a reference: a string itself, the ``id`` of an object, None where there is none.

    Raises: Malformed, if it is anything else: a list, a number, an object whose id is not a string.
    """
    if isinstance(value, dict):
        value = value.get("id")
    if value is None or isinstance(value, str):
        return value
    raise errors.Malformed("a reference is neither an address nor an object with one")


def require_uri(value: object, name: str) -> str:
    """Return ``value`` if it can be the id of something in the network: an http(s) URI with a host.

    Nothing is normalised. Whether it may be fetched is for net/egress to say. Raises: Malformed.
    """
    if not isinstance(value, str):
        raise errors.Malformed(f"{name} is not an address")
    if len(value) > MAX_URI_CHARACTERS:
        raise errors.Malformed(f"{name} is longer than {MAX_URI_CHARACTERS} characters")
    if not value.startswith(("https://", "http://")) or _NOT_IN_A_URI.search(value):
        raise errors.Malformed(f"{name} is not an http address")
    try:
        parts = urlsplit(value)
        host = parts.hostname
        parts.port  # noqa: B018  Reading it raises ValueError where the port is not one.
    except ValueError as error:
        raise errors.Malformed(f"{name} is not a proper address") from error
    if not host:
        raise errors.Malformed(f"{name} names no host")
    return value


def is_uri(value: object) -> bool:
    """Tell whether ``require_uri`` would take a value."""
    try:
        require_uri(value, "it")
    except errors.Malformed:
        return False
    return True


def get_uri(document: Document, name: str) -> str | None:
    """Return the id that a member refers to, by address or by an embedded object, or None."""
    reference = id_of(document.get(name))
    return None if reference is None else require_uri(reference, name)


def require_member(document: Document, name: str) -> str:
    """Return the id that a member refers to. Raises: Malformed, also where there is none."""
    reference = get_uri(document, name)
    if reference is None:
        raise errors.Malformed(f"{name} is missing")
    return reference


def require_type(document: Document) -> str:
    """Return the type. A list of types is refused: two readers could act on two of them.

    Raises: Malformed.
    """
    kind = document.get("type")
    if not isinstance(kind, str) or not kind:
        raise errors.Malformed("type is not one name")
    return kind


def get_str(document: Document, name: str, *, max_characters: int | None = None) -> str | None:
    """Return a string member or None. Raises: Malformed; TooLarge where it is longer than the limit."""
    value = document.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise errors.Malformed(f"{name} is not a string")
    if max_characters is not None and len(value) > max_characters:
        raise errors.TooLarge(f"{name} is longer than {max_characters} characters")
    return value


def get_bool(document: Document, name: str) -> bool | None:
    """Return a boolean member or None. Raises: Malformed."""
    value = document.get(name)
    if value is None or isinstance(value, bool):
        return value
    raise errors.Malformed(f"{name} is not true or false")


def get_count(document: Document, name: str) -> int | None:
    """Return a number of things (an integer from 0) or None. Raises: Malformed."""
    value = document.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise errors.Malformed(f"{name} is not a count")
    return value


def get_time(document: Document, name: str) -> datetime | None:
    """Return a timestamp as an aware datetime in UTC; one that cannot be read counts as absent.

    (Mastodon takes such a time as now; to refuse the whole document for it would lose the message.)
    Raises: Malformed, if it is not a string.
    """
    text = get_str(document, name)
    if text is None:
        return None
    try:
        return times.parse_timestamp(text)
    except errors.Malformed:
        return None


def get_document(document: Document, name: str) -> Document | None:
    """Return an embedded object or None; a member that is no object counts as absent."""
    value = document.get(name)
    return value if isinstance(value, dict) else None


def get_list(document: Document, name: str, *, max_items: int = MAX_LIST_ITEMS) -> list[Any]:
    """Return a member as a list, whether it was one, a single value or absent. Raises: TooLarge."""
    items = as_list(document.get(name))
    if len(items) > max_items:
        raise errors.TooLarge(f"{name} has more than {max_items} items")
    return items


def get_uris(document: Document, name: str, *, max_items: int = MAX_LIST_ITEMS) -> tuple[str, ...]:
    """Return the ids that a member refers to, in order, each once.

    What is no http address (``did:..``, ``at:..``, an empty string, null) is left out: Bridgy Fed lists such.
    Raises: TooLarge, Malformed.
    """
    references = [id_of(item) for item in get_list(document, name, max_items=max_items)]
    return tuple(dict.fromkeys(each for each in references if each is not None and is_uri(each)))


def get_recipients(document: Document, name: str) -> tuple[str, ...]:
    """Return the recipients in ``to``, ``cc`` or the like as ``get_uris`` does; everybody is PUBLIC.

    Raises: TooLarge, Malformed.
    """
    recipients = get_list(document, name)
    spelled = [PUBLIC if item in ("as:Public", "Public") else item for item in recipients]
    return get_uris({name: spelled}, name)


def get_language_map(document: Document, name: str, *, max_characters: int | None = None) -> dict[str, str]:
    """Return a map from language tag to text, in the order received; empty where there is none.

    Raises: Malformed, TooLarge.
    """
    value = document.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise errors.Malformed(f"{name} is not a map of languages")
    if len(value) > MAX_LIST_ITEMS:
        raise errors.TooLarge(f"{name} has more than {MAX_LIST_ITEMS} languages")
    texts = {language: get_str(value, language, max_characters=max_characters) for language in value}
    return {language: text for language, text in texts.items() if text is not None}


def is_beside(url: str, uri: str) -> bool:
    """Tell whether two addresses, both checked by ``require_uri``, have the same scheme, host and port."""
    one, other = urlsplit(url), urlsplit(uri)
    return (one.scheme, one.netloc.lower()) == (other.scheme, other.netloc.lower())
