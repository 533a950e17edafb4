"""A signature is taken back as easily as it was given: one link, one button, and nobody is asked why."""

from fedinode.capabilities import Capabilities
from fedinode.errors import NotFound
from fedinode.services import reading
from fedinode.services.reading import House
from fedinode.services.supporting import confirming, entering, letters, mailboxes, noting, tokens
from fedinode.services.supporting.confirming import SignatureView
from fedinode.services.supporting.fronting import FormView
from fedinode.services.supporting.letters import Envelope
from fedinode.storage import mail_blocks, supporters
from fedinode.storage.database import Session
from fedinode.storage.supporters import SupporterRow

_STANDING = ("confirmed", "suspect")


async def look(cap: Capabilities, purpose: str, token: str) -> SignatureView:
    """Return the signature that a link to leave, or to end news, is about. Raises: NotFound."""

    def read(session: Session, house: House) -> SignatureView:
        return confirming.view_of(session, house, _require(session, purpose, token))

    return await reading.read_house(cap, read)


async def leave(cap: Capabilities, token: str) -> None:
    """Take a signature back and forget who it was; a second time changes nothing. Raises: NotFound."""

    def write(session: Session) -> None:
        row = _require(session, tokens.LEAVE, token)
        if row.state not in _STANDING:
            return
        now = cap.clock()
        supporters.withdraw(session, row, now)
        noting.note(session, row, "person-withdrawn", now)

    await cap.database.write(write)


async def end_news(cap: Capabilities, token: str) -> None:
    """Send no more news to somebody, and forget the address; the signature stays. Raises: NotFound."""

    def write(session: Session) -> None:
        row = _require(session, tokens.NEWS, token)
        if row.state != "pending":
            supporters.stop_updates(session, row)

    await cap.database.write(write)


async def send_way_out(cap: Capabilities, view: FormView, written: str) -> None:
    """Send the link to leave to an address, if it signed; whoever asks is told the same in any case.

    Raises: ValueError for what is no address.
    """
    mailbox = mailboxes.parse(written)

    def write(session: Session) -> None:
        subject = entering.require_subject_of(session, view.statement.uri)
        identity = supporters.identity_of_address(session, subject.object_id, mailbox.normal)
        row = supporters.find_signed(session, subject.object_id, identity)
        if row is None or row.state not in _STANDING:
            return
        if not mail_blocks.is_blocked(session, mailbox.normal, subject.object_id):
            envelope = Envelope(
                urls=cap.urls,
                statement=view.statement,
                address=mailbox.address,
                language=view.language,
                now=cap.clock(),
            )
            letters.send_way_out(session, envelope, row.uid)

    await cap.database.write(write)
    cap.bells.mail.set()


def _require(session: Session, purpose: str, token: str) -> SupporterRow:
    uid = tokens.read_stamp(session, purpose, token)
    row = None if uid is None else supporters.find_by_uid(session, uid)
    if row is None:
        raise NotFound("This link is not known, or not any more.")
    return row
