"""A file's bytes as text, and the line between front matter and body.

Every message names the file, and the line where there is one.
"""

import hashlib
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fedinode.errors import ManuscriptError
from fedinode.text import normalise

#: What a statement may weigh in all; longer texts are books.
MAX_FILE_BYTES: Final = 256 * 1024
MARK: Final = "+++"

_CYRILLIC = re.compile("[А-Яа-яЁёІіЇїЄєҐґ]")
_AT_LINE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file that was read: its TOML (with the lines before it), its Markdown, its digest."""

    path: Path
    toml: str
    body: str
    digest: str


def fault(path: Path, line: int | None, sentence: str) -> ManuscriptError:
    """Return the error for a place in a file; `sentence` has no full stop."""
    where = f"{path}, line {line}" if line else str(path)
    return ManuscriptError(f"{where}: {sentence}.")


def has_front_matter(path: Path) -> bool:
    """Tell whether a file begins like a manuscript; translations in files of their own do not."""
    try:
        with path.open("rb") as stream:
            return stream.read(8).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"+++")
    except OSError:
        return False


def read_source(path: Path) -> Source:
    """Read a manuscript. Raises: ManuscriptError."""
    return source_of(path, read_bytes(path))


def source_of(path: Path, content: bytes) -> Source:
    """Return what a file at `path` with these bytes says. Raises: ManuscriptError."""
    require_size(path, content)
    toml, body = _split(path, decode(path, content))
    return Source(path=path, toml=toml, body=body, digest=hashlib.sha256(content).hexdigest())


def read_markdown(path: Path) -> str:
    """Return the text of a file without front matter. Raises: ManuscriptError."""
    return decode(path, read_bytes(path)).strip()


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a file that is not too large. Raises: ManuscriptError."""
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError as error:
        raise ManuscriptError(f"There is no file {path}.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ManuscriptError(f"{path} cannot be read: {reason}.") from error
    require_size(path, content)
    return content


def require_size(path: Path, content: bytes) -> None:
    """Raise ManuscriptError for more than anybody reads at once."""
    if len(content) > MAX_FILE_BYTES:
        raise ManuscriptError(f"{path} is larger than {MAX_FILE_BYTES // 1024} KiB; publish it in parts.")


def decode(path: Path, content: bytes) -> str:
    """Return UTF-8 bytes as text in NFC with line feeds alone. Raises: ManuscriptError."""
    try:
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise _encoding_fault(path, "UTF-16")
        return normalise(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        if content.count(0) > len(content) // 4:
            raise _encoding_fault(path, "UTF-16") from error
        if len(_CYRILLIC.findall(content.decode("cp1251", "replace"))) * 4 > len(content):
            raise _encoding_fault(path, "CP1251 (Windows Cyrillic)") from error
        line = content.count(b"\n", 0, error.start) + 1
        raise fault(path, line, "here is a character that is not UTF-8; save the file as UTF-8") from error


def _encoding_fault(path: Path, encoding: str) -> ManuscriptError:
    return ManuscriptError(f"{path} is written in {encoding}; save it as UTF-8.")


def _split(path: Path, text: str) -> tuple[str, str]:
    # The TOML keeps an empty line for each line before it, so that line numbers are the file's.
    lines = text.split("\n")
    first = next((index for index, line in enumerate(lines) if line.strip()), 0)
    if lines[first].rstrip() != MARK:
        raise fault(path, first + 1, "a post begins with front matter: TOML between two lines of +++")
    for index in range(first + 1, len(lines)):
        if lines[index].rstrip() == MARK:
            toml = [""] * (first + 1) + lines[first + 1 : index]
            return "\n".join(toml), "\n".join(lines[index + 1 :])
    raise fault(path, first + 1, "the front matter that begins here has no second line of +++")


#: What Python's reader says of a table that is written twice.
_TWICE: Final = re.compile(r"Cannot declare \((.*)\) twice")
_NAME: Final = re.compile(r"'([^']*)'")


def parse_toml(source: Source) -> dict[str, Any]:
    """Return the front matter's tables. Raises: ManuscriptError."""
    try:
        return tomllib.loads(source.toml)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        place = _AT_LINE.search(message)
        last = source.toml.count("\n") + 1
        line = int(place[1]) if place and place[1] else last
        said = _AT_LINE.sub("", message).rstrip(".")
        twice = _TWICE.search(said)
        if twice:
            table = ".".join(_NAME.findall(twice[1]))
            raise fault(source.path, line, f"[{table}] stands there twice; put both into one") from error
        raise fault(source.path, line, f"this is no valid TOML: {said[:200]}") from error
    except (RecursionError, ValueError) as error:
        raise fault(
            source.path, None, "the front matter is nested too deeply, or a number is too long"
        ) from error
