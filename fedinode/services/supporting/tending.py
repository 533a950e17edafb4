"""What time brings to signatures: who did not confirm is forgotten, a form ends, a block is lifted."""

from datetime import datetime, timedelta
from typing import Final

from fedinode.cache import post_key
from fedinode.capabilities import Capabilities
from fedinode.services.supporting.confirming import TIME
from fedinode.storage import (
    federated_objects,
    invalidations,
    mail_blocks,
    mail_queue,
    posts,
    sign_forms,
    supporters,
)
from fedinode.storage.database import Session

#: A mailbox that did not exist may be made, or was only full.
_TRY_AGAIN: Final = timedelta(days=90)
#: Somewhat longer than the time between two purges.
_LOOK_BACK: Final = timedelta(hours=3)


async def tend(cap: Capabilities) -> int:
    """Forget who did not confirm and whose statement is gone; return how many signatures were forgotten."""

    def write(session: Session) -> int:
        now = cap.clock()
        # A letter that never went out is given up after a week; then its signature has no more use.
        unsent = now - mail_queue.KEEP_OVERDUE - TIME
        late = supporters.drop_unconfirmed(session, now - TIME, unsent)
        mail_blocks.drop_refusing(session, now - _TRY_AGAIN)
        _show_ended(session, now)
        return late + supporters.drop_of_deleted(session)

    return await cap.database.write(write)


def _show_ended(session: Session, now: datetime) -> None:
    """Drop the pages that still say that a statement can be signed."""
    for object_id in sign_forms.list_ended(session, now - _LOOK_BACK, now):
        post_id = federated_objects.get(session, object_id).post_id
        invalidations.record(session, [post_key(posts.get(session, post_id).uid)], now)
