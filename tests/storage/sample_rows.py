"""Makes rows for tests of the tables: what a test does not name gets any valid value, parents included."""

import itertools
import re
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Boolean, CheckConstraint, Column, LargeBinary, Table, Text

from fedinode.storage.columns import Base, Instant
from fedinode.storage.database import Session
from fedinode.storage.models import Decision, Vote

NOW = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)

M = TypeVar("M", bound=Base)

_numbers = itertools.count(1)
_ONE_OF = re.compile(r"^(\w+) IN \('(\w+)'")


def add(session: Session, model: type[M], **given: Any) -> M:
    """Insert a valid row and return it. Columns that may be empty stay empty unless named."""
    table = model.__table__
    assert isinstance(table, Table)
    words = _first_words(table)
    values = dict(given)
    for column in table.columns:
        if column.key not in values and _is_needed(column):
            values[column.key] = words.get(column.name) or _any_value(session, column)
    if model is Vote and "digest" not in given:
        values["digest"] = session.get_one(Decision, values["decision_id"]).digest
    row = model(**values)
    session.add(row)
    session.flush()
    return row


def add_one_to_every_table(session: Session) -> None:
    """Insert at least one row everywhere."""
    for mapper in sorted(Base.registry.mappers, key=lambda each: str(each.local_table)):
        add(session, mapper.class_)


def _is_needed(column: Column[Any]) -> bool:
    is_numbered = column.primary_key and column.name == "id"
    has_default = column.server_default is not None or column.default is not None
    return not (column.nullable or is_numbered or has_default)


def _first_words(table: Table) -> dict[str, str]:
    """Return the first allowed word of each column that has a closed list of them."""
    checks = [str(each.sqltext) for each in table.constraints if isinstance(each, CheckConstraint)]
    return {match[1]: match[2] for match in map(_ONE_OF.match, checks) if match}


def _any_value(session: Session, column: Column[Any]) -> Any:
    if column.foreign_keys:
        (key,) = column.foreign_keys
        parent = next(each for each in Base.registry.mappers if each.local_table is key.column.table)
        return add(session, parent.class_).id
    if isinstance(column.type, Instant):
        return NOW
    if isinstance(column.type, Boolean):
        return False
    number = next(_numbers)
    if isinstance(column.type, LargeBinary):
        return b"bytes %d" % number
    return f"{column.name} {number}" if isinstance(column.type, Text) else number
