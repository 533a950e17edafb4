"""Rows of supporters who sign with an account of another server, and of the messages by which they do.

Messages, accounts and servers are known by keyed digests: so a message that comes again, its deletion, and
the end of an account find their signature, and a copied database says nothing of who was written to.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select, update

from fedinode.storage import models, sealing, upserts
from fedinode.storage.database import Session
from fedinode.storage.locking import locked
from fedinode.storage.remote_actors import RemoteActor
from fedinode.storage.supporters import SupporterRow

_TABLE = models.Supporter
_MESSAGES = models.SupporterMessage
_NAMES = tuple(SupporterRow.__dataclass_fields__)
_COLUMNS = tuple(getattr(_TABLE, name) for name in _NAMES)


# -- messages


def note_message(
    session: Session, supporter_id: int, actor: RemoteActor, message_uri: str, now: datetime, *, is_ours: bool
) -> None:
    """Keep that a message belongs to somebody's signature; a message belongs to one."""
    row = {
        "uri_hmac": _message(session, message_uri),
        "supporter_id": supporter_id,
        "actor_hmac": _actor(session, actor.uri),
        "host_hmac": _host(session, actor.host),
        "is_ours": is_ours,
        "at": now,
    }
    upserts.add_new(session, _MESSAGES, [row])


def is_noted(session: Session, message_uri: str) -> bool:
    """Tell whether a message was taken in, or written by us, already."""
    found = select(_MESSAGES.uri_hmac).where(_MESSAGES.uri_hmac == _message(session, message_uri))
    return session.scalar(found) is not None


def count_answers(session: Session, supporter_id: int) -> int:
    """Return how many messages we wrote about a signature."""
    query = select(func.count()).where(_MESSAGES.supporter_id == supporter_id, _MESSAGES.is_ours)
    return session.scalar(query) or 0


def count_of_server(session: Session, host: str, since: datetime) -> int:
    """Return how many messages we wrote to people of a server since then."""
    query = select(func.count()).where(
        _MESSAGES.host_hmac == _host(session, host), _MESSAGES.is_ours, _MESSAGES.at > since
    )
    return session.scalar(query) or 0


def forget_messages(session: Session, supporter_id: int) -> None:
    """Keep nothing of the messages of somebody who left."""
    session.execute(delete(_MESSAGES).where(_MESSAGES.supporter_id == supporter_id))


# -- signatures


def find_by_message(session: Session, message_uri: str, actor_uri: str) -> SupporterRow | None:
    """Return whose signature a message belongs to, if it is of this account; held where it may change."""
    return next(
        iter(
            _of_messages(
                session,
                (_MESSAGES.uri_hmac == _message(session, message_uri))
                & (_MESSAGES.actor_hmac == _actor(session, actor_uri)),
            )
        ),
        None,
    )


def list_of_actor(session: Session, actor_uri: str) -> tuple[SupporterRow, ...]:
    """Return the signatures of an account, the oldest first; held where they may change."""
    return _of_messages(session, _MESSAGES.actor_hmac == _actor(session, actor_uri))


def list_pending(session: Session, object_id: int, identity_hmac: str) -> tuple[SupporterRow, ...]:
    """Return the signatures of an identity that wait for a word of confirmation."""
    query = select(*_COLUMNS).where(
        _TABLE.object_id == object_id, _TABLE.identity_hmac == identity_hmac, _TABLE.state == "pending"
    )
    return tuple(SupporterRow(**row._mapping) for row in session.execute(locked(session, query)))


def list_of_hosts(session: Session, hosts: Iterable[str]) -> tuple[SupporterRow, ...]:
    """Return the signatures of accounts on some servers, named as our rows of peers name them."""
    return _of_messages(session, _MESSAGES.host_hmac.in_({_host(session, host) for host in hosts}))


def set_terms(
    session: Session,
    supporter_id: int,
    *,
    shown: str,
    name: str | None,
    actor_uri: str | None,
    evidence_uri: str | None,
) -> None:
    """Set how far a name travels; of a mere number neither name nor account is kept in plain text."""
    is_number = shown == "number"
    values = {
        "shown": shown,
        "name": None if is_number else name,
        "actor_uri": None if is_number else actor_uri,
        "evidence_uri": None if is_number else evidence_uri,
    }
    session.execute(update(_TABLE).where(_TABLE.id == supporter_id).values(**values))


def rebind(
    session: Session, row: SupporterRow, identity_hmac: str, old_uri: str, new_uri: str, new_host: str
) -> None:
    """Let a signature belong to the account that its owner moved to."""
    actor_uri = None if row.actor_uri is None else new_uri
    session.execute(
        update(_TABLE).where(_TABLE.id == row.id).values(identity_hmac=identity_hmac, actor_uri=actor_uri)
    )
    session.execute(
        update(_MESSAGES)
        .where(_MESSAGES.supporter_id == row.id, _MESSAGES.actor_hmac == _actor(session, old_uri))
        .values(actor_hmac=_actor(session, new_uri), host_hmac=_host(session, new_host))
    )


def drop(session: Session, supporter_id: int) -> None:
    """Delete a signature that was not confirmed, with its messages."""
    session.execute(delete(_TABLE).where(_TABLE.id == supporter_id, _TABLE.state == "pending"))


def _of_messages(session: Session, which: ColumnElement[bool]) -> tuple[SupporterRow, ...]:
    ids = select(_MESSAGES.supporter_id).where(which)
    query = select(*_COLUMNS).where(_TABLE.id.in_(ids)).order_by(_TABLE.id)
    return tuple(SupporterRow(**row._mapping) for row in session.execute(locked(session, query)))


# -- digests


def _message(session: Session, uri: str) -> str:
    return sealing.fingerprint(session, "supporter-messages.uri", uri.encode())


def _actor(session: Session, uri: str) -> str:
    return sealing.fingerprint(session, "supporter-messages.actor", uri.encode())


def _host(session: Session, host: str) -> str:
    return sealing.fingerprint(session, "supporter-messages.host", host.encode())
