"""One entry after the other: is this consent, to this text, by this cell, and does the author list it?

Spec: docs/cosigning.md, V3 (the words and their order) and A.6.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from federation import errors
from federation.cosigning import evidence, identifiers, record_checks
from federation.cosigning.endings import Ending, Endings
from federation.cosigning.evidence import Keyring
from federation.cosigning.record_checks import Authorization, CoSignature
from federation.cosigning.report import EntryReport, EntryWord
from federation.jsonld import Document

#: Longer ids of entries that are invalid are not shown; nobody knows whether they are anybody's.
_MAX_SHOWN_CHARS = 256


class NamedKey(NamedTuple):
    """A key and its id."""

    key_id: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one entry is, before it is compared with the other entries."""

    report: EntryReport
    #: What the author stamped here, if the stamp is good: part of the author's count.
    stamped_digest: str | None = None
    signer_key: NamedKey | None = None
    author_key: NamedKey | None = None


@dataclass(slots=True, kw_only=True)
class _Case:
    """An entry while it is looked at."""

    co_signature: CoSignature
    #: The key that the co-signature was made with.
    key: str
    stamp: Authorization | None
    ending: Ending | None = None


class EntryJudge:
    """Judges the entries of one valid statement."""

    def __init__(self, statement: Document, keyring: Keyring, endings: Endings) -> None:
        self._statement = statement
        self._keyring = keyring
        self._endings = endings
        #: In the order of the words: the first that does not pass says what the entry is.
        self._checks: tuple[tuple[EntryWord, Callable[[_Case], None]], ...] = (
            (EntryWord.WRONG_STATEMENT, self._require_same_statement),
            (EntryWord.WITHDRAWN, self._require_not_withdrawn),
            (EntryWord.OTHER_REVISION, self._require_same_text),
            (EntryWord.INVALID, self._require_terms),
            (EntryWord.EXPIRED, self._require_in_time),
            (EntryWord.NOT_ACCEPTED, self._require_stamp),
            (EntryWord.AUTHORIZATION_MISMATCH, self._require_matching_stamp),
            (EntryWord.REMOVED, self._require_not_removed),
        )

    def judge(self, entry: Document | None) -> Finding:
        """Say what an entry is by itself. Nothing in it can raise."""
        entry = entry or {}
        stamp, author_key = self._stamp_of(entry.get("authorization"))
        digest = _digest_in(stamp, self._statement)
        try:
            co_signature, key = self._consent_of(entry.get("coSignature"), stamp)
        except errors.FederationError:
            report = EntryReport(uri=_uri_of(entry.get("coSignature")), word=EntryWord.INVALID)
            return Finding(report=report, stamped_digest=digest, author_key=author_key)
        case = _Case(co_signature=co_signature, key=key, stamp=stamp)
        report = EntryReport(
            uri=co_signature.uri,
            word=self._word_for(case),
            signer_uri=co_signature.signer_uri,
            name=co_signature.name,
            listed_at=stamp.published if stamp else None,
            ended_at=case.ending.at if case.ending else None,
        )
        return Finding(
            report=report,
            stamped_digest=digest,
            signer_key=NamedKey(co_signature.key_id, key),
            author_key=author_key,
        )

    def judge_former(self, entry: Document | None) -> Finding:
        """Say what an entry is that is listed no more; often only id and digest of it are left."""
        uri = entry.get("coSignature") if entry else None
        if entry is None or not isinstance(uri, str):
            return self.judge(entry)
        try:
            digest = identifiers.require_digest(entry.get("coSignatureDigest"))
            ending = self._endings.withdrawal_on_origin(identifiers.require_id(uri))
        except errors.Malformed:
            return Finding(report=EntryReport(uri=_shown(uri), word=EntryWord.INVALID))
        word = EntryWord.WITHDRAWN if ending else EntryWord.INVALID
        report = EntryReport(uri=uri, word=word, ended_at=ending.at if ending else None)
        return Finding(report=report, stamped_digest=digest)

    def _word_for(self, case: _Case) -> EntryWord:
        for word, check in self._checks:
            try:
                check(case)
            except errors.FederationError:
                return word
        return EntryWord.VALID

    def _consent_of(self, document: object, stamp: Authorization | None) -> tuple[CoSignature, str]:
        """Return the co-signature of an entry, its proof verified, and the key that it was made with."""
        if not isinstance(document, dict):
            raise errors.Malformed("an entry holds no co-signature")
        co_signature = record_checks.parse_co_signature(document)
        key = evidence.require_signed(
            document,
            co_signature.signer_uri,
            self._keyring,
            prefix=identifiers.COSIGN_FRAGMENT,
            preferred=stamp.witnessed_value if stamp else None,
        )
        return co_signature, key

    def _stamp_of(self, document: object) -> tuple[Authorization | None, NamedKey | None]:
        """Return the stamp of an entry if it is one by the author, and the author's key."""
        try:
            if not isinstance(document, dict):
                raise errors.Malformed("an entry holds no stamp")
            stamp = record_checks.parse_authorization(document)
            if stamp.author_uri != self._statement["attributedTo"]:
                raise errors.NotAuthorized("a stamp is not by the author")
            key = evidence.require_signed(document, stamp.author_uri, self._keyring)
        except errors.FederationError:
            return None, None
        return stamp, NamedKey(document["proof"]["verificationMethod"], key)

    def _require_same_statement(self, case: _Case) -> None:
        named = (case.co_signature.statement_uri, case.co_signature.author_uri)
        if named != (self._statement["id"], self._statement["attributedTo"]):
            raise errors.NotAuthorized("a co-signature is of another statement")

    def _require_not_withdrawn(self, case: _Case) -> None:
        case.ending = self._endings.withdrawal(case.co_signature.uri, case.co_signature.signer_uri)
        if case.ending is not None:
            raise errors.NotAuthorized("a co-signature was withdrawn")

    def _require_same_text(self, case: _Case) -> None:
        signed = (case.co_signature.revision, case.co_signature.text_digest)
        if signed != (self._statement["revision"], self._statement["textDigest"]):
            raise errors.NotAuthorized("a co-signature is of another text")

    def _require_terms(self, case: _Case) -> None:
        record_checks.require_terms(case.co_signature, self._statement)

    def _require_in_time(self, case: _Case) -> None:
        # Both are in the one form in which the order of texts is that of times.
        limit = case.co_signature.publish_before
        if isinstance(limit, str) and self._statement["published"] > limit:
            raise errors.NotAuthorized("the statement was published later than the cell agreed to")

    def _require_stamp(self, case: _Case) -> None:
        if case.stamp is None:
            raise errors.NotAuthorized("the author does not list a co-signature")

    def _require_matching_stamp(self, case: _Case) -> None:
        assert case.stamp is not None, "asked before"
        record_checks.require_match(case.stamp, case.co_signature, case.key)

    def _require_not_removed(self, case: _Case) -> None:
        assert case.stamp is not None, "asked before"
        case.ending = self._endings.removal(case.stamp.uri, case.stamp.author_uri)
        if case.ending is not None:
            raise errors.NotAuthorized("the author removed a co-signature")


def _digest_in(stamp: Authorization | None, statement: Document) -> str | None:
    """Return the co-signature that a stamp counts, if it is one for this text."""
    if stamp is None:
        return None
    document = stamp.document
    if (document["interactionTarget"], document["textDigest"]) != (statement["id"], statement["textDigest"]):
        return None
    digest = document["coSignatureDigest"]
    return digest if isinstance(digest, str) else None


def _uri_of(co_signature: object) -> str | None:
    uri = co_signature.get("id") if isinstance(co_signature, dict) else co_signature
    return _shown(uri)


def _shown(uri: object) -> str | None:
    """Return an id that can be shown; what is none may be as long as a book, or steer a screen."""
    try:
        shown = identifiers.require_id(uri)
    except errors.Malformed:
        return None
    return shown if len(shown) <= _MAX_SHOWN_CHARS else None
