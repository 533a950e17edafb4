"""What a look at the node found: a sentence and a remedy, in the reader's language."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from fedinode.capabilities import Capabilities

#: A fault is to be mended, a note is worth a thought, good is as it should be.
Level = Literal["fault", "note", "good"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """How one thing stands, and what to do about it where something is to be done."""

    subject: str
    #: The sentence, with names in braces; `values` fills them in.
    words: str
    remedy_words: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    level: Level = "fault"

    @property
    def sentence(self) -> str:
        """The sentence in English, as commands say it."""
        return self.words.format_map(self.values)

    @property
    def remedy(self) -> str:
        """What to do, in English."""
        return self.remedy_words.format_map(self.values)

    def told(self, translate: Callable[[str], str]) -> tuple[str, str]:
        """Return sentence and remedy in the reader's language."""
        remedy = translate(self.remedy_words).format_map(self.values) if self.remedy_words else ""
        return translate(self.words).format_map(self.values), remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """All findings; `looked_at` is when those were made that take long, None for not yet."""

    findings: tuple[Finding, ...]
    looked_at: datetime | None


Check = Callable[[Capabilities], Awaitable[tuple[Finding, ...]]]


def good(subject: str, words: str, **values: object) -> tuple[Finding, ...]:
    """Return that something is as it should be."""
    return (Finding(subject=subject, words=words, values=values, level="good"),)


def note(subject: str, words: str, remedy: str = "", **values: object) -> tuple[Finding, ...]:
    """Return that something is worth a thought."""
    return (Finding(subject=subject, words=words, remedy_words=remedy, values=values, level="note"),)


def fault(subject: str, words: str, remedy: str, **values: object) -> tuple[Finding, ...]:
    """Return that something is to be mended."""
    return (Finding(subject=subject, words=words, remedy_words=remedy, values=values),)
