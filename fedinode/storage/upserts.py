"""Writing a row that may be there already, and locking one that is counted under.

A caught unique violation would abort the whole transaction on PostgreSQL, so doubles are never tried and
caught: they are written with ON CONFLICT, through here, on both databases.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import CursorResult, Select, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from fedinode.errors import NotFound
from fedinode.storage.columns import Base

M = TypeVar("M", bound=Base)

Row = Mapping[str, Any]


def add_new(session: Session, model: type[Base], rows: Sequence[Row]) -> int:
    """Insert the rows that are not there yet by any unique key; return how many were new.

    All rows have the same columns.
    """
    if not rows:
        return 0
    statement = insert(session, model).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
    return _run(session, statement, rows).rowcount


def add_new_id(session: Session, model: type[Base], row: Row) -> int | None:
    """Insert one row and return its id; None if it was there already by any unique key."""
    statement = insert(session, model).on_conflict_do_nothing().returning(_table(model).c.id)
    found: int | None = _run(session, statement, [row]).scalar()
    return found


def add_new_from(session: Session, model: type[Base], columns: Sequence[str], query: Select[Any]) -> int:
    """Insert what a query finds and is not there yet by any unique key; return how many were new."""
    statement = insert(session, model).from_select(list(columns), query).on_conflict_do_nothing()
    # Without this SQLAlchemy lets PostgreSQL return the new ids, and does not count them.
    return _run(session, statement.execution_options(preserve_rowcount=True), [{}]).rowcount


def put(
    session: Session, model: type[Base], rows: Sequence[Row], *, keys: Sequence[str], update: Sequence[str]
) -> None:
    """Insert rows; where the unique `keys` are taken, set the columns `update` instead."""
    if rows:
        _run(session, _insert_or_update(session, model, keys, update), rows)


def put_id(
    session: Session, model: type[Base], row: Row, *, keys: Sequence[str], update: Sequence[str]
) -> int:
    """Do as `put` with one row, and return its id. `update` names one column at least."""
    statement = _insert_or_update(session, model, keys, update).returning(_table(model).c.id)
    number: int = _run(session, statement, [row]).scalar_one()
    return number


def lock_row(session: Session, model: type[M], row_id: int) -> M:
    """Read a row and hold it until the commit, so that nobody else counts under it meanwhile.

    On SQLite there is one writer, and nothing to lock. Raises: NotFound.
    """
    row = session.scalars(
        select(model)
        .where(_table(model).c.id == row_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no row {row_id} in {model.__tablename__}.")
    return row


def lock_name(session: Session, name: str) -> None:
    """Let only one transaction at a time go on from here under this name, until its commit.

    For chains, whose next row depends on the last one. On SQLite there is one writer, and nothing to lock.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext(name))))


def insert(session: Session, model: type[Base]) -> Any:
    """Return the INSERT of this database, which knows ON CONFLICT, for what the others do not cover."""
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    return (postgresql.insert if is_postgresql else sqlite.insert)(_table(model))


def _insert_or_update(session: Session, model: type[Base], keys: Sequence[str], update: Sequence[str]) -> Any:
    statement = insert(session, model)
    changes = {name: statement.excluded[name] for name in update}
    return statement.on_conflict_do_update(index_elements=list(keys), set_=changes)


def _run(session: Session, statement: Any, rows: Sequence[Row]) -> CursorResult[Any]:
    # Rows that were added as objects come first: the new ones may refer to them.
    session.flush()
    parameters = dict(rows[0]) if len(rows) == 1 else [dict(row) for row in rows]
    return session.connection().execute(statement, parameters)


def _table(model: type[Base]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table
