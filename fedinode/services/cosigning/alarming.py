"""Alarms about signatures: noted in the audit and with the list, and mailed to the owners without a name."""

from datetime import datetime
from typing import Final

from fedinode.services import mailing
from fedinode.storage import accounts, audit_log, collectives, kept_statements
from fedinode.storage.database import Session
from fedinode.storage.kept_statements import KeptRow
from fedinode.storage.mail_queue import NewMail

#: Who is told; everybody else reads it with `fedinode check-signatures`.
_TOLD: Final = frozenset({"owner"})


def raise_alarm(session: Session, kept: KeptRow, sentence: str, now: datetime) -> None:
    """Say once that something is wrong with a list; again only after it was right, or something else."""
    if kept.alarm == sentence:
        return
    kept_statements.change(session, kept.statement_uri, alarm=sentence)
    details = {"statement": kept.statement_uri, "reason": sentence}
    audit_log.add(session, "cosign.alarm", kept.text_digest, now=now, details=details)
    tell_owners(session, kept.collective_id, f"alarm:{kept.text_digest}:{now:%Y-%m-%d}", now)


def tell_owners(
    session: Session, collective_id: int, cause: str, now: datetime, *, template: str = "signatures-wrong"
) -> int:
    """Queue a mail to the owners of a collective, once per cause; return how many."""
    language = collectives.get(session, collective_id).primary_language
    queued = 0
    for member in accounts.list_members(session, collective_id, _TOLD):
        mail = NewMail(
            dedupe_key=f"{cause}:{member.uid}",
            recipient=member.email,
            template=template,
            language=member.language or language,
            parameters={},
        )
        queued += mailing.queue(session, mail, now)
    return queued
