"""Every night: each kept list goes through the offline verifier again, and the signers are asked again.

A list that does not verify as it is shown, and a signature log that was tampered with, raise an alarm. What
the signers' servers say only adds: withdrawals that were missed are taken in, nothing is made valid by it.
"""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from federation import jsonld
from federation.cosigning import documents, identifiers, verify
from federation.cosigning.report import EntryWord, ListWord, Report, StatementWord
from federation.cosigning.trust import Trust
from federation.errors import FederationError, FetchFailed, Gone, NotFound
from federation.jsonld import Document
from federation.net import client
from fedinode.capabilities import Capabilities
from fedinode.errors import NodeError
from fedinode.services import resolving
from fedinode.services.cosigning import (
    alarming,
    attaching,
    bundling,
    checking,
    keeping_lists,
    pulling,
    sightings,
    witnessing,
)
from fedinode.services.cosigning.bundling import KeptList
from fedinode.storage import audit_log, cosignatures, kept_statements, node_facts, signature_events
from fedinode.storage.cosignatures import CoSignatureRow
from fedinode.storage.database import Session
from fedinode.storage.kept_statements import KeptRow

logger = logging.getLogger(__name__)

#: Signers of one list that are asked in one night, those first whom nobody asked for longest.
ASKED_A_NIGHT: Final = 50
EVERY: Final = timedelta(hours=24)
_LAST_RUN: Final = "signatures-checked"
_LOG_BROKEN: Final = "signature-log-broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedList:
    """A kept list after verification; `problem` is a sentence, None where it is as it is shown."""

    statement: str
    is_own: bool
    listed: int
    verified: int
    completeness: str
    checked_at: datetime
    problem: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recheck:
    """What a check found. `broken_event` is the number of the first event that does not fit the log."""

    lists: tuple[CheckedList, ...]
    broken_event: int | None

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return self.broken_event is None and all(each.problem is None for each in self.lists)


async def check_if_due(cap: Capabilities) -> bool:
    """Check everything, if the last time was a day ago; return whether it was."""
    last = await cap.database.read(lambda session: node_facts.find(session, _LAST_RUN))
    if last is not None and cap.clock() - datetime.fromisoformat(last) < EVERY:
        return False
    await check_all(cap)
    await ask_signers(cap)
    await attaching.drop_unneeded(cap)
    now = cap.clock().isoformat()
    await cap.database.write(lambda session: node_facts.put(session, _LAST_RUN, now))
    return True


async def check_all(cap: Capabilities) -> Recheck:
    """Verify every kept list as a reader would, with the keys that we saw, and the signature log."""
    rows = await cap.database.read(kept_statements.list_all)
    found = [each for kept in rows if (each := await _check(cap, kept)) is not None]
    broken = await cap.database.read(signature_events.first_broken)
    if broken is not None:
        await cap.database.write(lambda session: _tell_broken(session, broken, cap.clock()))
    return Recheck(lists=tuple(found), broken_event=broken)


async def _check(cap: Capabilities, kept: KeptRow) -> CheckedList | None:
    def read(session: Session) -> tuple[KeptList, bytes, Trust] | None:
        found = bundling.find_list(session, kept.statement_uri)
        if found is None:
            return None
        bundle = bundling.make_bundle(session, cap.urls, found, cap.clock())
        return found, jsonld.dump(bundle), _own_trust(session, found)

    read_list = await cap.database.read(read)
    if read_list is None:
        return None
    found, content, trust = read_list
    # Seconds of arithmetic for thousands of signatures; other tasks go on meanwhile.
    report = await asyncio.to_thread(verify.verify, content, trust)
    problem = _problem(found, report)
    await cap.database.write(lambda session: _note(session, found.kept, problem, cap.clock()))
    return CheckedList(
        statement=kept.statement_uri,
        is_own=kept.is_own,
        listed=len(found.listed),
        verified=sum(each.word is EntryWord.VALID for each in report.entries),
        completeness=report.completeness.value,
        checked_at=cap.clock(),
        problem=problem,
    )


def _own_trust(session: Session, found: KeptList) -> Trust:
    """Return the keys that we saw ourselves first under each id, of the author and of all signers."""
    keys: dict[str, frozenset[str]] = {}
    signers = {row.signer_uri for row in (*found.listed, *found.ended)}
    for uri in {found.kept.author_uri, *signers}:
        for key_id, public in sightings.known_keys(session, uri):
            keys.setdefault(key_id, frozenset({public}))
    return Trust(keys=keys)


def _problem(found: KeptList, report: Report) -> str | None:
    """Say in a sentence what does not hold, or None."""
    if report.statement is not StatementWord.VALID:
        return f"The statement does not verify: {report.statement.value}."
    wrong = [each for each in report.entries if each.word is not EntryWord.VALID]
    if wrong:
        return (
            f"{len(found.listed)} signatures are listed, {len(found.listed) - len(wrong)} verify; "
            f"{wrong[0].uri} is {wrong[0].word.value}."
        )
    ended = [each for each in report.former if each.word not in (EntryWord.WITHDRAWN, EntryWord.REMOVED)]
    if ended:
        return f"A former signature has no valid withdrawal: {ended[0].uri} is {ended[0].word.value}."
    is_settled = found.kept.checkpoint_due_at is None and not _is_ahead(found)
    if report.completeness is not ListWord.COMPLETE and is_settled:
        return f"The list is {report.completeness.value} by the author's own count."
    return None


def _is_ahead(found: KeptList) -> bool:
    """Tell whether something ended after the author counted: that is in the next count."""
    if found.kept.is_own or found.kept.checkpoint_body is None:
        return False
    counted_at = str(jsonld.load(found.kept.checkpoint_body)["published"])
    stamps = [jsonld.load(row.stamp_body or b"{}") for row in (*found.listed, *found.ended)]
    return any(str(stamp.get("published", "")) >= counted_at for stamp in stamps)


def _note(session: Session, kept: KeptRow, problem: str | None, now: datetime) -> None:
    if problem is not None:
        alarming.raise_alarm(session, kept, problem, now)
    elif kept.is_own and kept.alarm is not None:
        # Of a copy, the next fetch from the author says whether its alarm is over.
        kept_statements.change(session, kept.statement_uri, alarm=None)


def _tell_broken(session: Session, event: int, now: datetime) -> None:
    if node_facts.find(session, _LOG_BROKEN) == str(event):
        return
    node_facts.put(session, _LOG_BROKEN, str(event))
    audit_log.add(session, "cosign.log-broken", str(event), now=now)
    for kept in kept_statements.list_all(session):
        alarming.tell_owners(session, kept.collective_id, f"log-broken:{event}", now)


# -- the signers


async def ask_signers(cap: Capabilities) -> int:
    """Look at listed signatures at their own addresses; return how many answered."""
    answered = 0
    for kept in await cap.database.read(kept_statements.list_all):
        found = await _find(cap, kept)
        if found is not None and kept.retracted_at is None:
            answered += await _ask(cap, found)
            await _show_anew(cap, kept)
            await witnessing.gather(cap, kept)
    return answered


async def _show_anew(cap: Capabilities, kept: KeptRow) -> None:
    """Drop the pages that say who was seen when."""
    await cap.database.write(lambda session: keeping_lists.touch(session, kept.statement_uri, cap.clock()))


async def _find(cap: Capabilities, kept: KeptRow) -> KeptList | None:
    return await cap.database.read(lambda session: bundling.find_list(session, kept.statement_uri))


async def _ask(cap: Capabilities, found: KeptList) -> int:
    opened, signer = await resolving.guarded_client(cap), await cap.keyring.node_signer()
    answered = 0
    for row in _turns(cap, found.listed):
        try:
            fetched = await opened.get_document(row.uri, kind=client.ACTIVITY, signer=signer)
        except (Gone, NotFound):
            await _take_withdrawals(cap, row)
        except (FederationError, NodeError) as error:
            logger.info("%s was not seen at its own address: %s", row.uri, error)
            if isinstance(error, FetchFailed):
                await _note_unseen(cap, row)
        else:
            if documents.digest(fetched.document) == row.digest:
                answered += 1
                await _note_seen(cap, row)
    return answered


def _turns(cap: Capabilities, listed: Sequence[CoSignatureRow]) -> Iterator[CoSignatureRow]:
    others = [row for row in listed if not cap.urls.is_ours(row.uri)]
    others.sort(key=lambda row: row.checked_live_at.timestamp() if row.checked_live_at else 0.0)
    yield from others[:ASKED_A_NIGHT]


async def _note_seen(cap: Capabilities, row: CoSignatureRow) -> None:
    await cap.database.write(lambda session: cosignatures.record_live_check(session, row.id, cap.clock()))


async def _note_unseen(cap: Capabilities, row: CoSignatureRow) -> None:
    await cap.database.write(lambda session: cosignatures.record_unseen(session, row.id, cap.clock()))


async def _take_withdrawals(cap: Capabilities, row: CoSignatureRow) -> None:
    """Ask the server of a signature that is gone from its address for the signed word that ended it."""
    address = f"{identifiers.origin_of(row.uri)}/mirror/{row.text_digest}"
    opened, signer = await resolving.guarded_client(cap), await cap.keyring.node_signer()
    try:
        pages: list[Document] = await checking.fetch_pages(opened, address, signer)
    except (FederationError, NodeError) as error:
        logger.info("%s is gone, and no word of its end is to be had: %s", row.uri, error)
        return
    await pulling.refresh_keys(cap, pages)
    await cap.database.write(lambda session: pulling.take_endings(session, pages, cap.clock()))
