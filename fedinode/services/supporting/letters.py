"""Letters to people who sign: queued with what causes them, once, and never to a mailbox that wants none.

No letter holds what somebody wrote into the form: otherwise anybody could have us send anything to anyone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fedinode.services import letter_words, mailing
from fedinode.services.presenting import PostLine
from fedinode.services.supporting import tokens
from fedinode.storage.database import Session
from fedinode.storage.mail_queue import NewMail
from fedinode.storage.supporters import SupporterRow
from fedinode.urls import Urls


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Where a letter goes, in which language, and about which statement."""

    urls: Urls
    statement: PostLine
    address: str
    language: str
    now: datetime

    def __repr__(self) -> str:
        return "Envelope(...)"


def ask_to_confirm(session: Session, envelope: Envelope, uid: str, token: str) -> None:
    """Ask whoever reads a mailbox whether it was they who signed."""
    link = {"confirm_url": envelope.urls.confirm(token)}
    _queue(session, envelope, letter_words.key_of_confirmation(uid), letter_words.CONFIRMATION, link)


def welcome(session: Session, envelope: Envelope, uid: str) -> None:
    """Tell somebody that the signature is confirmed, and how to take it back."""
    link = _way_out(session, envelope, uid)
    _queue(session, envelope, f"welcome:{uid}", "signature-confirmed", link)


def tell_already(session: Session, envelope: Envelope, row: SupporterRow) -> None:
    """Tell somebody who signs again that they did before: in the mailbox, where nobody else learns it.

    At most once a day. Whose signature was invalidated is told nothing.
    """
    if row.state != "invalidated":
        link = _way_out(session, envelope, row.uid)
        _queue(session, envelope, f"already:{row.uid}:{envelope.now:%Y-%m-%d}", "signed-already", link)


def send_way_out(session: Session, envelope: Envelope, uid: str) -> None:
    """Send the address under which a signature is taken back; at most once a day."""
    link = _way_out(session, envelope, uid)
    _queue(session, envelope, f"leave:{uid}:{envelope.now:%Y-%m-%d}", "leave-signature", link)


def _way_out(session: Session, envelope: Envelope, uid: str) -> dict[str, str]:
    return {"leave_url": envelope.urls.leave(tokens.stamp(session, tokens.LEAVE, uid))}


def _queue(session: Session, envelope: Envelope, key: str, template: str, words: Mapping[str, str]) -> None:
    about = {"title": envelope.statement.title, "statement_url": envelope.statement.url}
    new = NewMail(
        dedupe_key=key,
        recipient=envelope.address,
        template=template,
        language=envelope.language,
        parameters=about | dict(words),
    )
    mailing.queue(session, new, envelope.now)
