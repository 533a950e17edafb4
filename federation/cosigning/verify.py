"""The verifier: a file in, the words of the protocol out. It asks nobody and believes nothing.

Everything in the file is untrusted, and a fault in one record affects that record alone. The same checks
serve a node that lists entries: it brings keys that it fetched itself. Spec: docs/cosigning.md, V1 to V5, K1
to K6.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from federation import errors
from federation.cosigning import (
    bundle,
    documents,
    evidence,
    identifiers,
    record_checks,
    statement_checks,
    vocabulary,
)
from federation.cosigning.bundle import Bundle
from federation.cosigning.endings import Endings
from federation.cosigning.entry_checks import EntryJudge, Finding, NamedKey
from federation.cosigning.evidence import Exhausted, Keyring
from federation.cosigning.record_checks import Checkpoint
from federation.cosigning.report import EntryWord, KeyReport, ListWord, Report, Speaker, StatementWord
from federation.cosigning.trust import Rung, Sighting, Trust, Vouching
from federation.jsonld import Document

#: Witnesses in a bundle: the serving node's own and up to four others.
MAX_WITNESSES = 5


def verify(source: bytes, trust: Trust | None = None) -> Report:
    """Verify a bundle.json or bundle.jsonl. Whatever the bytes are, the answer is a report."""
    try:
        return _Verification(bundle.read(source), trust).report()
    except errors.Malformed as error:
        return Report(statement=StatementWord.MALFORMED, notes=(str(error),), has_trust=trust is not None)
    except Exhausted:
        note = "a bundle has more keys, or needs more checks, than a bundle may"
        return Report(statement=StatementWord.MALFORMED, notes=(note,), has_trust=trust is not None)


def judge_statement(statement: Document | None, keyring: Keyring) -> tuple[StatementWord, NamedKey | None]:
    """Say what a statement is, and with which key its author signed it if the proof is good."""
    if statement is None:
        return StatementWord.MALFORMED, None
    key: NamedKey | None = None
    try:
        key = _author_key(statement, keyring)
    except errors.FederationError:
        return StatementWord.INVALID_PROOF, None
    for word, check in _STATEMENT_CHECKS:
        try:
            check(statement)
        except errors.FederationError:
            return word, key
    return StatementWord.VALID, key


def _author_key(statement: Document, keyring: Keyring) -> NamedKey:
    if statement.get("type") != documents.ARTICLE:
        raise errors.Malformed("a statement is not an Article")
    if not vocabulary.is_statement_context(statement.get("@context")):
        raise errors.Malformed("a statement has another @context than a statement may have")
    author_uri = identifiers.require_id(statement.get("attributedTo"))
    key = evidence.require_signed(statement, author_uri, keyring, prefix=identifiers.COSIGN_FRAGMENT)
    return NamedKey(statement["proof"]["verificationMethod"], key)


def _require_published(statement: Document) -> None:
    if not statement_checks.is_published(statement):
        raise errors.NotAuthorized("a statement is not public")


def _require_digest(statement: Document) -> None:
    if documents.digest(documents.signed_text(statement)) != statement["textDigest"]:
        raise errors.Malformed("a statement has another text than its digest says")


_STATEMENT_CHECKS: tuple[tuple[StatementWord, Callable[[Document], None]], ...] = (
    (StatementWord.MALFORMED, statement_checks.require_form),
    (StatementWord.UNPUBLISHED, _require_published),
    (StatementWord.CONTENT_MISMATCH, statement_checks.require_content_match),
    (StatementWord.FORBIDDEN_CHARACTERS, statement_checks.require_characters),
    (StatementWord.DIGEST_MISMATCH, _require_digest),
)


class _Verification:
    """One file under verification."""

    def __init__(self, read: Bundle, trust: Trust | None) -> None:
        self._bundle = read
        self._has_trust = trust is not None
        self._trust = trust or Trust()
        self._keyring = evidence.collect(each for each in read.records("actors", floats=True) if each)
        self._notes: list[str] = []
        self._author_keys: dict[NamedKey, None] = {}

    def report(self) -> Report:
        statement = self._statement()
        word, author_key = judge_statement(statement, self._keyring)
        if statement is None or author_key is None or word is not StatementWord.VALID:
            return Report(statement=word, has_trust=self._has_trust, notes=tuple(dict.fromkeys(self._notes)))
        self._author_keys[author_key] = None
        vouching = Vouching(self._trust, self._sightings(statement))
        endings = Endings(self._bundle, self._keyring)
        judge = EntryJudge(statement, self._keyring, endings)
        findings = [judge.judge(entry) for entry in self._bundle.records("entries")]
        former = [judge.judge_former(entry) for entry in self._bundle.records("formerEntries")]
        self._author_keys |= {each.author_key: None for each in [*findings, *former] if each.author_key}
        findings = _compare(findings, statement["attributedTo"], vouching)
        return self._summed_up(statement, findings, former, vouching, endings)

    def _summed_up(
        self,
        statement: Document,
        findings: list[Finding],
        former: list[Finding],
        vouching: Vouching,
        endings: Endings,
    ) -> Report:
        checkpoint, tally = self._checkpoint(statement), self._tally(statement)
        if endings.passed_over:
            self._notes.append(f"{endings.passed_over} withdrawals or removals end nothing in this list")
        if self._bundle.unread_lines:
            self._notes.append(f"{self._bundle.unread_lines} lines hold no record")
        return Report(
            statement=StatementWord.VALID,
            entries=tuple(finding.report for finding in findings),
            former=tuple(finding.report for finding in former),
            completeness=_completeness(checkpoint, findings, former),
            as_of=checkpoint.published if checkpoint else None,
            keys=self._keys(findings, vouching),
            has_trust=self._has_trust,
            notes=tuple(dict.fromkeys(self._notes)),
            document=statement,
            tally=tally,
        )

    def _statement(self) -> Document | None:
        """Return the statement of the file, if there is exactly one and it can be loaded."""
        source, places = self._bundle.source, self._bundle.places["statement"]
        first = source[slice(*places[0])] if places else b""
        if not places or any(source[slice(*place)] != first for place in places):
            self._notes.append(f"the file holds {len(places)} statements, not one")
            return None
        return next(self._bundle.records("statement"))

    def _sightings(self, statement: Document) -> Iterator[Sighting]:
        """Yield the keys that witnesses saw, where the witness's own word is about this text and signed."""
        trusted = Vouching(self._trust)
        for document in itertools.islice(self._bundle.records("witnesses"), MAX_WITNESSES):
            try:
                witness = record_checks.parse_witness(document or {})
                _require_about(statement, witness.statement_uri, witness.text_digest)
                key = evidence.require_signed(witness.document, witness.witness_uri, self._keyring)
            except errors.FederationError:
                self._notes.append("a witness is not signed, or not about this text")
                continue
            is_trusted = trusted.is_trusted(witness.document["proof"]["verificationMethod"], key)
            for seen in witness.seen:
                yield Sighting(witness_uri=witness.witness_uri, is_trusted=is_trusted, seen=seen)

    def _checkpoint(self, statement: Document) -> Checkpoint | None:
        """Return the author's latest count of this list."""
        latest: Checkpoint | None = None
        for document in self._bundle.records("checkpoint"):
            try:
                found = record_checks.parse_checkpoint(document or {})
                _require_about(statement, found.statement_uri, found.text_digest)
                self._require_by_author(found.document, statement)
            except errors.FederationError:
                self._notes.append("a checkpoint is not the author's, or not of this text")
                continue
            if latest and latest.published == found.published and latest.document != found.document:
                self._notes.append(f"the author contradicts itself: two counts of {found.published}")
            if latest is None or found.published > latest.published:
                latest = found
        return latest

    def _tally(self, statement: Document) -> Document | None:
        """Return the author's count of people and organisations, if it is signed and of this text."""
        for document in self._bundle.records("tally"):
            try:
                tally = record_checks.parse_tally(document or {})
                _require_about(statement, tally["statement"], tally["textDigest"])
                self._require_by_author(tally, statement)
            except errors.FederationError:
                self._notes.append("a tally is not the author's, or not of this text")
                continue
            return tally
        return None

    def _require_by_author(self, record: Document, statement: Document) -> None:
        author_uri = statement["attributedTo"]
        if record["attributedTo"] != author_uri:
            raise errors.NotAuthorized("a record is not by the author")
        key = evidence.require_signed(record, author_uri, self._keyring)
        self._author_keys[NamedKey(record["proof"]["verificationMethod"], key)] = None

    def _keys(self, findings: Iterable[Finding], vouching: Vouching) -> tuple[KeyReport, ...]:
        signers = dict.fromkeys(finding.signer_key for finding in findings if finding.signer_key)
        spoken = [(key, Speaker.AUTHOR, Rung.FILE) for key in self._author_keys]
        spoken += [(key, Speaker.SIGNER, Rung.AUTHOR) for key in signers]
        return tuple(
            KeyReport(
                key_id=named.key_id,
                key=named.key,
                speaker=speaker,
                rung=vouching.rung(*named, otherwise),
                seen_by=vouching.seen_by(*named),
            )
            for named, speaker, otherwise in spoken
        )


def _require_about(statement: Document, statement_uri: str, text_digest: str) -> None:
    if (statement_uri, text_digest) != (statement["id"], statement["textDigest"]):
        raise errors.NotAuthorized("a record is about another text")


def _compare(findings: list[Finding], author_uri: str, vouching: Vouching) -> list[Finding]:
    """Compare the entries that are good by themselves: one for each cell, none for the author, no two keys.

    They are taken in the order in which every node shows them, so the order in the file decides nothing.
    """
    compared = list(findings)
    cells = {author_uri}
    for position in sorted(range(len(findings)), key=lambda each: _order_of(findings[each])):
        finding = findings[position]
        key, report = finding.signer_key, finding.report
        if report.word is not EntryWord.VALID or key is None or report.signer_uri is None:
            continue
        word = EntryWord.VALID
        if report.signer_uri in cells:
            word = EntryWord.DUPLICATE
        elif vouching.rung(*key, Rung.AUTHOR) is Rung.CONFLICT:
            word = EntryWord.KEY_CONFLICT
        else:
            cells.add(report.signer_uri)
        compared[position] = replace(finding, report=replace(report, word=word))
    return compared


def _order_of(finding: Finding) -> tuple[str, str]:
    return finding.report.listed_at or "", finding.report.uri or ""


def _completeness(checkpoint: Checkpoint | None, findings: list[Finding], former: list[Finding]) -> ListWord:
    """Compare the list with the author's count: nothing stamped is missing, nothing withdrawn is listed."""
    if checkpoint is None:
        return ListWord.UNKNOWN
    stamped = {each.stamped_digest for each in [*findings, *former] if each.stamped_digest}
    listed = sum(finding.report.word is EntryWord.VALID for finding in findings)
    is_complete = record_checks.set_digest(stamped) == checkpoint.set_digest and listed <= checkpoint.total
    return ListWord.COMPLETE if is_complete else ListWord.INCOMPLETE
