"""Rows of supporters: people, and organisations without a node, confirmed by the author of a statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select

from fedinode.storage import models, sealing, upserts
from fedinode.storage.database import Session

_TABLE = models.Supporter
_IDENTITY = "supporters.identity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """An organisation that supports a text; `method` is how its word was received: mail, fediverse, paper."""

    name: str
    place: str | None
    country: str | None
    method: str
    confirmed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCount:
    """How many people of a country confirmed in one way."""

    method: str
    country: str | None
    count: int


def add_organisation(session: Session, object_id: int, text_digest: str, new: Organisation) -> bool:
    """Keep a confirmed organisation; False if one of this name is there already."""
    row = {
        "uid": models.new_uid(),
        "object_id": object_id,
        "text_digest": text_digest,
        "method": new.method,
        "identity_hmac": _identity(session, new.name),
        "shown": "everywhere",
        "name": new.name,
        "kind": "organisation",
        "city": new.place,
        "country": new.country,
        "state": "confirmed",
        "confirmed_at": new.confirmed_at,
    }
    return upserts.add_new(session, _TABLE, [row]) == 1


def remove_organisation(session: Session, object_id: int, name: str) -> bool:
    """Forget an organisation; False if there is none of this name."""
    found = session.scalar(
        select(_TABLE.id).where(
            _TABLE.object_id == object_id, _TABLE.identity_hmac == _identity(session, name)
        )
    )
    if found is None:
        return False
    session.execute(delete(_TABLE).where(_TABLE.id == found))
    return True


def list_organisations(session: Session, object_id: int, text_digest: str) -> tuple[Organisation, ...]:
    """Return the confirmed organisations that are shown by name, by their names."""
    query = select(
        _TABLE.name, _TABLE.city.label("place"), _TABLE.country, _TABLE.method, _TABLE.confirmed_at
    ).where(
        _TABLE.object_id == object_id,
        _TABLE.text_digest == text_digest,
        _TABLE.kind == "organisation",
        _TABLE.state == "confirmed",
        _TABLE.shown == "everywhere",
    )
    found = [Organisation(**row._mapping) for row in session.execute(query)]
    # Sorted here: the two databases sort letters differently, and the order is signed.
    return tuple(sorted(found, key=lambda each: each.name))


def count_persons(session: Session, object_id: int, text_digest: str) -> Sequence[PersonCount]:
    """Return how many people confirmed, by way and country."""
    query = (
        select(_TABLE.method, _TABLE.country, func.count().label("count"))
        .where(
            _TABLE.object_id == object_id,
            _TABLE.text_digest == text_digest,
            _TABLE.kind == "person",
            _TABLE.state == "confirmed",
        )
        .group_by(_TABLE.method, _TABLE.country)
    )
    return [
        PersonCount(method=row.method, country=row.country, count=row._mapping["count"])
        for row in session.execute(query)
    ]


def _identity(session: Session, name: str) -> str:
    return sealing.fingerprint(session, _IDENTITY, f"organisation {name.casefold()}".encode())
