"""Rows of mailboxes that get no more mail, by keyed digests: what they are cannot be read from them."""

from datetime import datetime

from sqlalchemy import delete, select

from fedinode.storage import models, sealing, upserts
from fedinode.storage.database import Session

_TABLE = models.MailBlock
_ADDRESS = "mail_blocks.address"


def block_statement(session: Session, address: str, object_id: int, now: datetime) -> None:
    """Send no mail about a statement any more to an address: its owner did not ask for it."""
    _add(session, _of_statement(session, address, object_id), "disowned", now)


def block_refusing(session: Session, address: str, now: datetime) -> None:
    """Send no mail to people at an address whose server refuses it."""
    _add(session, _of_node(session, address), "refused", now)


def is_blocked(session: Session, address: str, object_id: int) -> bool:
    """Tell whether an address gets no mail about a statement."""
    digests = (_of_statement(session, address, object_id), _of_node(session, address))
    return session.scalar(select(_TABLE.at).where(_TABLE.mailbox_hmac.in_(digests)).limit(1)) is not None


def drop_refusing(session: Session, before: datetime) -> int:
    """Try again to write to who refused long ago: mailboxes are emptied, and mended."""
    doomed = delete(_TABLE).where(_TABLE.reason == "refused", _TABLE.at < before)
    return len(session.scalars(doomed.returning(_TABLE.mailbox_hmac)).all())


def _add(session: Session, digest: str, reason: str, now: datetime) -> None:
    upserts.add_new(session, _TABLE, [{"mailbox_hmac": digest, "reason": reason, "at": now}])


def _of_statement(session: Session, address: str, object_id: int) -> str:
    return sealing.fingerprint(session, _ADDRESS, f"{object_id} {address}".encode())


def _of_node(session: Session, address: str) -> str:
    return sealing.fingerprint(session, _ADDRESS, address.encode())
