"""What changed between two texts: paragraph by paragraph, then word by word.

Comparing is bounded: texts come from other servers, and a comparison of words that all repeat costs the
square of their number. Beyond the bound a part counts as rewritten.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

#: Pairs of equal paragraphs, and of equal words in all of them, that are looked at.
MAX_PAIRS: Final = 200_000
#: A word or a mark, with the blank before it.
_WORDS = re.compile(r"\s*\w+|\s*[^\w\s]+")

#: "same", "added" or "cut".
Kind = str


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Some words in a row that stayed, came or went."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A paragraph with what changed in it."""

    pieces: tuple[Piece, ...]

    @property
    def is_changed(self) -> bool:
        return any(piece.kind != "same" for piece in self.pieces)


def compare(before: str, after: str) -> tuple[Paragraph, ...]:
    """Return both texts as one, in paragraphs (lines), with what was cut and added."""
    old, new = _paragraphs(before), _paragraphs(after)
    found: list[Paragraph] = []
    for tag, old_start, old_end, new_start, new_end in _opcodes(old, new, MAX_PAIRS):
        cut, added = old[old_start:old_end], new[new_start:new_end]
        if tag == "equal":
            found += [_whole("same", each) for each in added]
        else:
            found += _rewritten(cut, added)
    return tuple(found)


def _paragraphs(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def _rewritten(cut: Sequence[str], added: Sequence[str]) -> Iterator[Paragraph]:
    """Yield paragraphs that stand for each other in order; what is left over came or went whole."""
    shared = min(len(cut), len(added))
    for old, new in zip(cut[:shared], added[:shared], strict=True):
        yield Paragraph(pieces=tuple(_words(old, new, MAX_PAIRS // shared)))
    for old in cut[shared:]:
        yield _whole("cut", old)
    for new in added[shared:]:
        yield _whole("added", new)


def _whole(kind: Kind, text: str) -> Paragraph:
    return Paragraph(pieces=(Piece(kind=kind, text=text),))


def _words(old: str, new: str, max_pairs: int) -> Iterator[Piece]:
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    for tag, old_start, old_end, new_start, new_end in _opcodes(before, after, max_pairs):
        if tag == "equal":
            yield Piece(kind="same", text="".join(after[new_start:new_end]))
            continue
        if old_end > old_start:
            yield Piece(kind="cut", text="".join(before[old_start:old_end]))
        if new_end > new_start:
            yield Piece(kind="added", text="".join(after[new_start:new_end]))


def _opcodes(
    old: Sequence[str], new: Sequence[str], max_pairs: int
) -> Sequence[tuple[str, int, int, int, int]]:
    if _pairs(old, new) > max_pairs:
        return [("replace", 0, len(old), 0, len(new))]
    return SequenceMatcher(None, old, new, autojunk=False).get_opcodes()


def _pairs(old: Sequence[str], new: Sequence[str]) -> int:
    there = Counter(new)
    return sum(count * there[each] for each, count in Counter(old).items())
