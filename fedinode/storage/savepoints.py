"""One step of a larger transaction that may fail alone."""

from collections.abc import Callable

from sqlalchemy.exc import OperationalError

from fedinode.storage.database import Session


def attempt(session: Session, step: Callable[[], None]) -> Exception | None:
    """Run a step; if it fails, undo it alone and return what it raised.

    A database that is full, locked or gone is no fault of the step: that goes up and ends the transaction.
    """
    try:
        with session.begin_nested():
            step()
    except OperationalError:
        raise
    # Whatever is wrong with one entry of a peer must not keep all others from being applied.
    except Exception as error:  # noqa: BLE001
        return error
    return None
