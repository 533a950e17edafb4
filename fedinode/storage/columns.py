"""Column types and building blocks that every table shares.

Here live the declarative base, the integer id, the Instant, the CHECK for closed lists of words and the
random uid. The tables themselves live in the `*_tables` modules and are gathered in `models`.
"""

import base64
import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Dialect,
    Integer,
    LargeBinary,
    MetaData,
    Text,
    TypeDecorator,
)
from sqlalchemy.orm import DeclarativeBase, mapped_column

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_UID_BYTES = 10

#: SQLite gives out row numbers only to a column that is called INTEGER; both hold 64 bits.
BIG_ID = BigInteger().with_variant(Integer(), "sqlite")

RowId = Annotated[int, mapped_column(BIG_ID, primary_key=True)]


class Instant(TypeDecorator[datetime]):
    """A moment as whole microseconds since 1970 UTC: equal, ordered and exact on both databases."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else to_microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else from_microseconds(value)


class Base(DeclarativeBase):
    """What all tables are registered with. Constraints get fixed names: migrations refer to them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {str: Text, int: BigInteger, bytes: LargeBinary, datetime: Instant}  # noqa: RUF012


#: Row numbers that are never given out twice, also after the newest row was deleted.
APPEND_ONLY: dict[str, Any] = {"sqlite_autoincrement": True}

#: Queues change all the time: room on each page keeps PostgreSQL's updates in place, vacuum comes early.
QUEUE: dict[str, Any] = {
    "sqlite_autoincrement": True,
    "postgresql_with": {
        "fillfactor": "70",
        "autovacuum_vacuum_scale_factor": "0.02",
        "autovacuum_analyze_scale_factor": "0.05",
    },
}


def one_of(column: str, *words: str) -> CheckConstraint:
    """Build the CHECK that `column` holds one of `words` (or nothing, where the column may be empty)."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def to_microseconds(moment: datetime) -> int:
    """Return `moment` as microseconds since 1970 UTC.

    Raises: ValueError if it has no time zone: a naive datetime means another moment on another machine.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone cannot be stored")
    return (moment - _EPOCH) // _MICROSECOND


def from_microseconds(microseconds: int) -> datetime:
    """Return the moment `microseconds` after 1970, in UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


def new_uid() -> str:
    """Return 16 random characters (80 bits) for use in an address; never sequential, so never guessable."""
    return base64.b32encode(secrets.token_bytes(_UID_BYTES)).decode("ascii").lower()
