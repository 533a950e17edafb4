"""The pictures that a manuscript shows, changed in its text: all else is left as its author wrote it."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import tomlkit
from tomlkit import TOMLDocument
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT

from fedinode.errors import ManuscriptError
from fedinode.frontmatter import editing
from fedinode.frontmatter.source import parse_toml, source_of

_HERE: Final = Path("text.md")
_MEDIA: Final = "media"


def pictures_of(written: str) -> tuple[dict[str, Any], ...]:
    """Return what a text says of its pictures, as it stands there. Raises: ManuscriptError."""
    found = editing.values_of(written).get((_MEDIA,), [])
    return tuple(each for each in found if isinstance(each, dict)) if isinstance(found, list) else ()


def with_picture(written: str, file: str, fields: Mapping[str, str | None]) -> str:
    """Return a text that shows a picture, described so; one that it shows already stays in its place.

    An empty field is taken out. Raises: ManuscriptError.
    """
    document, body = _opened(written)
    pictures = document.setdefault(_MEDIA, tomlkit.aot())
    if all(each.get("file") != file for each in pictures):
        new = tomlkit.table()
        new["file"] = file
        pictures.append(new)
    found = next(each for each in pictures if each.get("file") == file)
    for key, value in fields.items():
        if value:
            found[key] = value
        else:
            found.pop(key, None)
    return _closed(document, body)


def without_picture(written: str, file: str) -> str:
    """Return a text that does not show a picture. Raises: ManuscriptError."""
    document, body = _opened(written)
    pictures = document.get(_MEDIA)
    if pictures is None:
        return written
    for index in reversed(range(len(pictures))):
        if pictures[index].get("file") == file:
            del pictures[index]
    if not len(pictures):
        del document[_MEDIA]
    return _closed(document, body)


def _opened(written: str) -> tuple[TOMLDocument, str]:
    source = source_of(_HERE, written.encode("utf-8"))
    parse_toml(source)
    try:
        document = tomlkit.parse(source.toml.lstrip("\n"))
        _spread(document)
    except (TOMLKitError, RecursionError, ValueError, TypeError) as error:
        raise _unchangeable(error) from error
    return document, source.body


def _spread(document: TOMLDocument) -> None:
    """Give pictures that stand on one line headers of their own, so that others can come beside them."""
    pictures = document.get(_MEDIA)
    if pictures is not None and not isinstance(pictures, AoT):
        plain = document.pop(_MEDIA).unwrap()
        document[_MEDIA] = tomlkit.aot()
        for each in plain:
            document[_MEDIA].append(tomlkit.item(each))


def _closed(document: TOMLDocument, body: str) -> str:
    toml = document.as_string()
    try:
        tomllib.loads(toml)
    except tomllib.TOMLDecodeError as error:
        raise _unchangeable(error) from error
    return editing.join(toml, body)


def _unchangeable(error: Exception) -> ManuscriptError:
    return ManuscriptError(f"This front matter can only be changed as a file: {str(error)[:200]}.")
