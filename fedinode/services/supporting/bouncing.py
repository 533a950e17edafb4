"""A mail came back: its mailbox is let alone, and its address forgotten where it was kept for news."""

from fedinode.capabilities import Capabilities
from fedinode.errors import UsageError
from fedinode.services.supporting import mailboxes
from fedinode.storage import mail_blocks, sign_forms, supporters
from fedinode.storage.database import Session


async def note(cap: Capabilities, written: str) -> None:
    """Write to an address no more; signatures that were confirmed stay. Raises: UsageError."""
    try:
        mailbox = mailboxes.parse(written)
    except ValueError as error:
        raise UsageError(f"{written}: {error}.") from error

    def write(session: Session) -> None:
        mail_blocks.block_refusing(session, mailbox.normal, cap.clock())
        for object_id in sign_forms.list_objects(session):
            identity = supporters.identity_of_address(session, object_id, mailbox.normal)
            supporters.drop_pending(session, object_id, identity)
            signed = supporters.find_signed(session, object_id, identity)
            if signed is not None:
                supporters.stop_updates(session, signed)

    await cap.database.write(write)
