"""Members are told that something waits for them: by mail, without saying what."""

from datetime import datetime

from fedinode.services import mailing
from fedinode.services.deciding import VOTERS
from fedinode.storage import accounts, collectives
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.database import Session
from fedinode.storage.mail_queue import NewMail
from fedinode.urls import Urls


def tell_members(
    session: Session, urls: Urls, collective: CollectiveRow, action: str, cause: str, now: datetime
) -> int:
    """Queue a mail to everybody who may decide about an action, once per cause; return how many."""
    queued = 0
    names = collectives.display_names(session, collective.id)
    called = names.get(collective.primary_language, collective.name)
    for member in accounts.list_members(session, collective.id, VOTERS[action]):
        mail = NewMail(
            dedupe_key=f"{cause}:{member.uid}",
            recipient=member.email,
            template="decision-waits",
            language=member.language or collective.primary_language,
            parameters={"node": urls.host, "collective": called, "url": urls.page("/")},
        )
        queued += mailing.queue(session, mail, now)
    return queued
