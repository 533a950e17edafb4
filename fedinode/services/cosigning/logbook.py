"""The signature log for auditors: written out line by line, and compared with an earlier copy. No names."""

import json
from collections.abc import Iterator

from fedinode.errors import UsageError
from fedinode.storage import signature_events
from fedinode.storage.database import Session


def lines(session: Session) -> Iterator[str]:
    """Return the log as JSON, an event a line.

    `hash` is the SHA-256 of the JSON list [previous, statement, event, subject, at], with json.dumps of
    Python as it comes: ", " between members, ASCII.
    """
    for row in signature_events.entries(session):
        yield json.dumps(signature_events.as_document(row))


def first_difference(session: Session, earlier: str) -> int | None:
    """Return the first line of an earlier copy that does not stand in the log as it did, or None.

    Raises: UsageError, if the copy is no log.
    """
    present = lines(session)
    for number, line in enumerate(earlier.splitlines(), 1):
        try:
            written = json.loads(line)
        except ValueError as error:
            raise UsageError(f"Line {number} is not of a signature log.") from error
        now = next(present, None)
        if now is None or json.loads(now) != written:
            return number
    return None
