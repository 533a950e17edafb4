"""Rows read in order to be changed: locked until the commit, where the session may change anything."""

from types import MappingProxyType
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import Session

# What marks a session that only reads: PostgreSQL refuses to lock rows in it.
READ_ONLY = MappingProxyType({"read_only": True})


def locked(session: Session, query: Select[Any]) -> Select[Any]:
    """Return the query with its rows locked until the commit; a session that only reads has its snapshot."""
    return query if session.info.get("read_only") else query.with_for_update()
