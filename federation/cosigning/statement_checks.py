"""Whether a document is a statement that people may sign and read: every member signed, or absent.

Three questions, asked in the order in which verification names the answers: is it well-formed, does what is
shown equal what is signed, may its characters stand there. Proof and digest are asked in ``verify``.
Spec: docs/cosigning.md, R1 to R8.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from federation import errors
from federation.cosigning import html_grammar, identifiers, lettering
from federation.jsonld import PUBLIC, Document

MAX_LANGUAGES: Final = 40
MAX_TAGS: Final = 30

_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}", re.ASCII)
_FILE_MEMBERS = frozenset({"type", "mediaType", "name", "url", "digestMultibase"})
_TAG_MEMBERS = frozenset({"type", "name", "href"})
#: What is shown beside its map of languages: the entry of the language that counts.
_SHOWN: Final = {"name": "nameMap", "summary": "summaryMap", "content": "contentMap"}
_REQUIRED = frozenset(
    {"@context", "id", "type", "attributedTo", "name", "nameMap", "content", "contentMap"}
    | {"authoritativeLanguage", "revision", "salt", "textDigest", "attachment"}
)
# The summary is checked with the languages, the proof with the keys.
_CHECKED_ELSEWHERE = frozenset({"summary", "summaryMap", "proof"})


def require_form(statement: Document) -> None:
    """Check members, ids, languages, numbers, times and files of a statement or draft.

    Raises: Malformed.
    """
    unknown = statement.keys() - _REQUIRED - _CHECKS.keys() - _CHECKED_ELSEWHERE
    if unknown or not statement.keys() >= _REQUIRED:
        raise errors.Malformed("a statement lacks a member or has one that nobody signs")
    _refuse_null(statement)
    uri = identifiers.require_id(statement["id"])
    identifiers.require_beside(statement["attributedTo"], uri)
    identifiers.require_revision(statement["revision"])
    identifiers.require_salt(statement["salt"])
    identifiers.require_digest(statement["textDigest"])
    _require_languages(statement)
    for name, check in _CHECKS.items():
        if name in statement:
            check(statement[name], uri)


def is_published(statement: Document) -> bool:
    """Whether a well-formed statement is public: it says since when, and is addressed to everybody."""
    return "published" in statement and PUBLIC in statement.get("to", [])


def require_content_match(statement: Document) -> None:
    """Check that what servers show is what is signed. Raises: Malformed."""
    language = statement["authoritativeLanguage"]
    for name, texts in _SHOWN.items():
        if name in statement and statement[name] != statement[texts][language]:
            raise errors.Malformed(f"the {name} that is shown is not the one that is signed")


def require_characters(statement: Document) -> None:
    """Check characters and HTML of everything that people may read. Raises: Malformed."""
    for name in statement["nameMap"].values():
        lettering.require_plain(name, lettering.MAX_NAME_CHARS)
    for texts in ("summaryMap", "contentMap"):
        for text in statement.get(texts, {}).values():
            lettering.require_visible(text)
            html_grammar.require_grammar(text)
    for item in [*statement["attachment"], *statement.get("tag", [])]:
        lettering.require_plain(item["name"], lettering.MAX_NAME_CHARS)


def _require_languages(statement: Document) -> None:
    """Check that the maps of languages speak of the same ones, and what is shown belongs to one of them."""
    if ("summary" in statement) != ("summaryMap" in statement):
        raise errors.Malformed("a statement has a summary that is not signed, or one that is not shown")
    maps = [statement[texts] for texts in _SHOWN.values() if texts in statement]
    if not all(isinstance(texts, dict) and texts.keys() == maps[0].keys() for texts in maps):
        raise errors.Malformed("a statement does not have the same languages everywhere")
    # The form of a tag leaves no two that differ in nothing but their cases.
    languages = [identifiers.require_language(language) for language in maps[0]]
    if len(languages) > MAX_LANGUAGES:
        raise errors.Malformed("a statement has too many languages")
    if statement["authoritativeLanguage"] not in languages:
        raise errors.Malformed("a statement has no text in the language that counts")
    shown = [statement[name] for name in _SHOWN if name in statement]
    for text in [*shown, *(text for texts in maps for text in texts.values())]:
        _require_text(text)
    if not all(statement["nameMap"].values()):
        raise errors.Malformed("a statement has no title in one of its languages")


def _refuse_null(value: object) -> None:
    if value is None:
        raise errors.Malformed("a statement holds null")
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            _refuse_null(item)


def _require_text(value: object) -> str:
    if not isinstance(value, str):
        raise errors.Malformed("a text is not a text")
    return value


def _check_recipients(value: object, _uri: str) -> None:
    if not isinstance(value, list):
        raise errors.Malformed("recipients are not a list")
    for item in value:
        if item != PUBLIC:
            identifiers.require_id(item)


def _check_files(value: object, uri: str) -> None:
    if not isinstance(value, list):
        raise errors.Malformed("attachments are not a list")
    for file in value:
        if (
            not isinstance(file, dict)
            or file.keys() != _FILE_MEMBERS
            or file["type"] not in ("Document", "Image")
        ):
            raise errors.Malformed("an attachment is not exactly a file with its digest")
        if not _MEDIA_TYPE.fullmatch(_require_text(file["mediaType"])):
            raise errors.Malformed("an attachment has an impossible media type")
        _require_text(file["name"])
        identifiers.require_beside(file["url"], uri)
        identifiers.require_digest(file["digestMultibase"])


def _check_tags(value: object, _uri: str) -> None:
    if not isinstance(value, list) or len(value) > MAX_TAGS:
        raise errors.Malformed("tags are not a list, or too many")
    for tag in value:
        if (
            not isinstance(tag, dict)
            or tag.keys() != _TAG_MEMBERS
            or tag["type"] not in ("Mention", "Hashtag")
        ):
            raise errors.Malformed("a tag is neither a mention nor a hashtag")
        _require_text(tag["name"])
        identifiers.require_id(tag["href"])


def _check_policy(value: object, _uri: str) -> None:
    policy = value.get("canCoSign", {}) if isinstance(value, dict) else None
    # What others may do is in the forms of other servers; only who may co-sign is read here.
    if not isinstance(policy, dict) or not all(map(_is_list_of_texts, policy.values())):
        raise errors.Malformed("an interaction policy does not say in lists who may co-sign")


def _is_list_of_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _check_sensitive(value: object, _uri: str) -> None:
    if not isinstance(value, bool):
        raise errors.Malformed("sensitive is not true or false")


_CHECKS: Final[dict[str, Callable[[Any, str], object]]] = {
    "to": _check_recipients,
    "cc": _check_recipients,
    "published": lambda value, _uri: identifiers.require_time(value),
    "updated": lambda value, _uri: identifiers.require_time(value),
    "url": identifiers.require_beside,
    "signedText": identifiers.require_beside,
    "attachment": _check_files,
    "tag": _check_tags,
    "coSignatures": identifiers.require_beside,
    "individualSignatures": identifiers.require_beside,
    "interactionPolicy": _check_policy,
    "likes": lambda value, _uri: identifiers.require_id(value),
    "shares": lambda value, _uri: identifiers.require_id(value),
    "replies": lambda value, _uri: identifiers.require_id(value),
    "context": lambda value, _uri: identifiers.require_id(value),
    "sensitive": _check_sensitive,
}
