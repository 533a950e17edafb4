"""Front matter changed in one place, every other character left as its author wrote it.

What a draft says need not be complete or right for that: only its TOML has to be readable.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import tomlkit
from tomlkit import TOMLDocument
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Table

from fedinode.errors import ManuscriptError
from fedinode.frontmatter.source import MARK

#: What a translator writes, beside the body.
WORDS: Final = ("title", "summary", "note", "issued_by", "demands", "place", "translator", "status")

_HEADER: Final = re.compile(r"^\s*\[\s*translations\b", re.MULTILINE)

Value = str | Sequence[str] | None


def read(source: str) -> tuple[dict[str, Any], str]:
    """Return the tables of a manuscript as they are written, and its body. Raises: ManuscriptError."""
    toml, body = _parts(source)[1:]
    try:
        return tomllib.loads(toml), body
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise _unreadable(error) from error


def with_translation(source: str, language: str, fields: Mapping[str, Value]) -> str:
    """Return a manuscript whose text in another language says this; an empty field is taken out.

    Raises: ManuscriptError.
    """
    head, document, body = _opened(source)
    translations = document.setdefault("translations", tomlkit.table(is_super_table=True))
    table = translations.setdefault(language, tomlkit.table())
    _fill(table, fields)
    return _closed(head, document, body)


def without_translation(source: str, language: str) -> str:
    """Return a manuscript without its text in this language. Raises: ManuscriptError."""
    head, document, body = _opened(source)
    translations = document.get("translations", {})
    if language in translations:
        del translations[language]
    if not translations and "translations" in document:
        del document["translations"]
    return _closed(head, document, body)


def with_picture(source: str, file: str, fields: Mapping[str, Value]) -> str:
    """Return a manuscript that shows a picture, described so; one that it shows already stays in its place.

    Raises: ManuscriptError.
    """
    head, document, body = _opened(source)
    pictures = document.setdefault("media", tomlkit.aot())
    found = next((each for each in pictures if each.get("file") == file), None)
    if found is None:
        found = tomlkit.table()
        found["file"] = file
        pictures.append(found)
        # Appending copies: what is filled has to be what stands in the list.
        found = pictures[-1]
    _fill(found, fields)
    return _closed(head, document, body)


def without_picture(source: str, file: str) -> str:
    """Return a manuscript that does not show a picture. Raises: ManuscriptError."""
    head, document, body = _opened(source)
    pictures = document.get("media")
    if isinstance(pictures, AoT):
        for index in reversed(range(len(pictures))):
            if pictures[index].get("file") == file:
                del pictures[index]
        if not len(pictures):
            del document["media"]
    return _closed(head, document, body)


# -- steps


def _fill(table: Table, fields: Mapping[str, Value]) -> None:
    for key, value in fields.items():
        if not value:
            table.pop(key, None)
        else:
            table[key] = _item(value)


def _item(value: str | Sequence[str]) -> Any:
    if isinstance(value, str):
        return tomlkit.string(value, multiline="\n" in value)
    return list(value)


def _opened(source: str) -> tuple[str, TOMLDocument, str]:
    head, toml, body = _parts(source)
    try:
        document = tomlkit.parse(toml)
    except (TOMLKitError, RecursionError, ValueError) as error:
        raise _unreadable(error) from error
    _spread(document)
    return head, document, body


def _spread(document: TOMLDocument) -> None:
    """Give tables that stand on one line, or behind dots, headers of their own: others come beside them."""
    pictures = document.get("media")
    if pictures is not None and not isinstance(pictures, AoT):
        plain = document.pop("media").unwrap()
        document["media"] = tomlkit.aot()
        for each in plain:
            document["media"].append(tomlkit.item(each))
    translations = document.get("translations")
    if translations is not None and not _HEADER.search(tomlkit.dumps(document)):
        plain = document.pop("translations").unwrap()
        document["translations"] = tomlkit.table(is_super_table=True)
        for language, fields in plain.items():
            document["translations"][language] = tomlkit.item(fields)


def _closed(head: str, document: TOMLDocument, body: str) -> str:
    toml = tomlkit.dumps(document)
    try:
        tomllib.loads(toml)
    except tomllib.TOMLDecodeError as error:
        raise _unreadable(error) from error
    return f"{head}{MARK}\n{toml.strip(chr(10))}\n{MARK}\n{body}"


def _parts(source: str) -> tuple[str, str, str]:
    """Return what stands before the front matter, its TOML, and the body."""
    lines = source.replace("\r\n", "\n").split("\n")
    marks = [index for index, line in enumerate(lines) if line.rstrip() == MARK][:2]
    if len(marks) < 2 or any(line.strip() for line in lines[: marks[0]]):
        raise ManuscriptError("The front matter of this text is not between two lines of +++.")
    first, second = marks
    head = "".join(f"{line}\n" for line in lines[:first])
    return head, "\n".join(lines[first + 1 : second]), "\n".join(lines[second + 1 :])


def _unreadable(error: Exception) -> ManuscriptError:
    return ManuscriptError(f"The front matter of this text is no valid TOML: {str(error)[:200]}.")
