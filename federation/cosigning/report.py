"""What verification found, in the words of the protocol.

Spec: docs/cosigning.md, V3, V4 and K6.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from federation.cosigning.trust import Rung
from federation.jsonld import Document


class StatementWord(StrEnum):
    """What a statement is; the first that applies, in this order."""

    INVALID_PROOF = "invalid-proof"
    MALFORMED = "malformed"
    UNPUBLISHED = "unpublished"
    CONTENT_MISMATCH = "content-mismatch"
    FORBIDDEN_CHARACTERS = "forbidden-characters"
    DIGEST_MISMATCH = "digest-mismatch"
    VALID = "valid"


class EntryWord(StrEnum):
    """What a co-signature is; the first that applies, in this order (``invalid`` has two places)."""

    INVALID = "invalid"
    WRONG_STATEMENT = "wrong-statement"
    WITHDRAWN = "withdrawn"
    OTHER_REVISION = "other-revision"
    EXPIRED = "expired-before-publication"
    NOT_ACCEPTED = "not-accepted-by-author"
    AUTHORIZATION_MISMATCH = "authorization-mismatch"
    REMOVED = "removed"
    DUPLICATE = "duplicate"
    KEY_CONFLICT = "key-conflict"
    VALID = "valid"


class ListWord(StrEnum):
    """Whether the list is the author's whole list."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    #: There is no valid checkpoint to compare with.
    UNKNOWN = "unknown"


class Speaker(StrEnum):
    """Whose words a key signs."""

    AUTHOR = "author"
    SIGNER = "signer"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryReport:
    """One entry: what it is, and who signs there under which name."""

    #: None where not even an id can be read.
    uri: str | None
    word: EntryWord
    signer_uri: str | None = None
    name: str | None = None
    #: When the author listed it; entries are shown in this order, then by id.
    listed_at: str | None = None
    #: When it was withdrawn or removed.
    ended_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyReport:
    """A key that something valid was signed with, and what stands behind it."""

    key_id: str
    key: str
    speaker: Speaker
    rung: Rung
    #: Witnesses, trusted or not, that saw it at its owner's address, and when.
    seen_by: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The answer of ``verify``: words that hold under the keys in the file, and who vouches for those."""

    statement: StatementWord
    #: In the order of the file.
    entries: tuple[EntryReport, ...] = ()
    former: tuple[EntryReport, ...] = ()
    completeness: ListWord = ListWord.UNKNOWN
    #: The date of the author's count.
    as_of: str | None = None
    keys: tuple[KeyReport, ...] = ()
    #: Whether the reader named keys; then the author's must be among those vouched for.
    has_trust: bool = False
    #: What was passed over, and contradictions: sentences for people.
    notes: tuple[str, ...] = ()
    #: The statement, if it is valid; the author's count of people and organisations, if it is signed.
    document: Document | None = None
    tally: Document | None = None

    @property
    def is_sound(self) -> bool:
        """Whether everything in the file is as it should be: exit code 0."""
        return (
            self.statement is StatementWord.VALID
            and all(entry.word is EntryWord.VALID for entry in self.entries)
            and all(entry.word in (EntryWord.WITHDRAWN, EntryWord.REMOVED) for entry in self.former)
            and self.completeness is ListWord.COMPLETE
            and (not self.has_trust or self._author_is_vouched_for())
        )

    def as_document(self) -> Document:
        """Return the report as ``verify --json`` prints it."""
        return {
            "statement": {"result": self.statement.value},
            "entries": [{"id": entry.uri, "result": entry.word.value} for entry in self.entries],
            "formerEntries": [{"id": entry.uri, "result": entry.word.value} for entry in self.former],
            "list": self.completeness.value,
            "as_of": self.as_of,
            "keys": [_key_document(key) for key in self.keys],
            "notes": list(self.notes),
        }

    def _author_is_vouched_for(self) -> bool:
        rungs = {key.rung for key in self.keys if key.speaker is Speaker.AUTHOR}
        return bool(rungs) and rungs <= {Rung.TRUSTED, Rung.WITNESSED}


def _key_document(key: KeyReport) -> Document:
    return {
        "id": key.key_id,
        "key": key.key,
        "of": key.speaker.value,
        "rung": key.rung.value,
        "seenBy": [{"witness": uri, "at": seen_at} for uri, seen_at in key.seen_by],
    }
