"""The link in the letter: what it shows, and what its buttons do. Opening it changes nothing.

Mail servers open links to look at them, so only a button that is pressed counts.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fedinode.capabilities import Capabilities
from fedinode.errors import NotFound
from fedinode.services import reading
from fedinode.services.presenting import NodeView, PostLine
from fedinode.services.reading import House
from fedinode.services.supporting import entering, fronting, letters, mailboxes, noting, tokens
from fedinode.services.supporting.letters import Envelope
from fedinode.storage import federated_objects, mail_blocks, supporters
from fedinode.storage.database import Session
from fedinode.storage.supporters import SupporterRow

#: So long after its letter was sent a signature can be confirmed.
TIME: Final = timedelta(hours=72)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureView:
    """A signature as its owner sees it, over a link of a letter."""

    node: NodeView
    statement: PostLine
    signature: SupporterRow
    #: Where to sign again.
    sign_url: str

    @property
    def state(self) -> str:
        """What became of it."""
        return self.signature.state

    @property
    def language(self) -> str:
        """The language in which it was given."""
        return self.signature.language or self.statement.language


async def look(cap: Capabilities, token: str) -> SignatureView:
    """Return the signature that a link to confirm is about, whatever became of it. Raises: NotFound."""

    def read(session: Session, house: House) -> SignatureView:
        return view_of(session, house, _require(session, token, cap.clock()))

    return await reading.read_house(cap, read)


async def confirm(cap: Capabilities, view: SignatureView, token: str) -> None:
    """Let a signature count, or wait for its author if it is suspect; a second time changes nothing.

    Raises: NotFound for a link that is not known any more.
    """

    def write(session: Session) -> None:
        now = cap.clock()
        row = _require(session, token, now)
        if row.state != "pending":
            return
        address = supporters.address_of(session, row.uid)
        state = "suspect" if row.reason else "confirmed"
        if not supporters.confirm(session, row, state, now):
            # The same mailbox confirmed another letter at the same moment.
            supporters.drop_pending(session, row.object_id, row.identity_hmac)
            return
        if state == "confirmed":
            noting.note(session, row, "person-confirmed", now)
        if address is not None:
            envelope = Envelope(
                urls=cap.urls, statement=view.statement, address=address, language=view.language, now=now
            )
            letters.welcome(session, envelope, row.uid)

    await cap.database.write(write)
    cap.bells.mail.set()


async def disown(cap: Capabilities, token: str) -> None:
    """Forget what somebody else typed, and write to this mailbox about this statement no more.

    Raises: NotFound for a link that is not known any more.
    """

    def write(session: Session) -> None:
        now = cap.clock()
        row = _require(session, token, now)
        address = supporters.address_of(session, row.uid)
        if row.state != "pending" or address is None:
            return
        mail_blocks.block_statement(session, mailboxes.parse(address).normal, row.object_id, now)
        supporters.drop_pending(session, row.object_id, row.identity_hmac)

    await cap.database.write(write)


def view_of(session: Session, house: House, row: SupporterRow) -> SignatureView:
    """Return a signature with the statement that it stands under. Raises: NotFound."""
    subject = entering.find_subject(session, federated_objects.get(session, row.object_id).uri)
    if subject is None:
        raise NotFound("This statement is not public any more.")
    line = fronting.line_of(session, house, subject, row.language)
    language = row.language or line.language
    return SignatureView(
        node=house.view(language),
        statement=line,
        signature=row,
        sign_url=house.urls.sign(subject.uri, language),
    )


def _require(session: Session, token: str, now: datetime) -> SupporterRow:
    row = supporters.find_by_token(session, tokens.digest(token))
    is_late = row is not None and row.sent_at is not None and now > row.sent_at + TIME
    if row is None or (row.state == "pending" and is_late):
        raise NotFound("This link is not known, or not any more.")
    return row
