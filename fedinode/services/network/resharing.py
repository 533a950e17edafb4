"""Announcing what others published, and taking it back.

A comment is a Note of its own that links to what is reshared: an Announce carries no words.
"""

from dataclasses import dataclass, replace

from fedinode.capabilities import Capabilities
from fedinode.errors import NotFound
from fedinode.manuscripts import Facts, Kind, Manuscript, TextVersion, Wording
from fedinode.services import answering, publishing, registering
from fedinode.services.members import gating, halting
from fedinode.services.network import sharing, unsharing
from fedinode.storage import accounts, audit_log, reshares
from fedinode.storage.accounts import Named
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.database import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Reshared:
    """An announcement of ours; `comment_uri` is the Note that goes with it, if any."""

    activity_uri: str
    object_uri: str
    already: bool
    deliveries: int
    comment_uri: str | None = None
    #: Several members decide what is published, and were asked about the comment.
    comment_waits: bool = False


async def reshare(
    cap: Capabilities,
    url: str,
    *,
    collective: str | None = None,
    comment: str | None = None,
    account: Named = None,
) -> Reshared:
    """Announce an object to our followers and its author; with a comment, also publish a Note about it.

    Where several members decide what is published, `account` is who asks them about the comment.
    Raises NotFound, PeerUnavailable, NotAllowed for a comment that nobody asks the members about.
    """
    row = await cap.database.read(lambda session: registering.require_collective(session, collective))
    is_asked = await cap.database.read(lambda session: not gating.is_immediate(session, row.id, "publish"))
    if comment is not None and account is None:
        await cap.database.read(lambda session: publishing.require_alone(session, row))
    subject = await answering.find_answered(cap, url)

    def write(session: Session) -> tuple[Reshared, bool]:
        halting.require_running(session)
        shared = sharing.share(session, cap.urls, row, subject, cap.clock(), comment=comment)
        if not shared.already:
            _audit(session, cap, "reshare.made", subject.uri, row, account)
        made = Reshared(
            activity_uri=shared.activity_uri,
            object_uri=subject.uri,
            already=shared.already,
            deliveries=shared.deliveries,
        )
        return made, shared.comment == comment

    reshared, is_same = await cap.database.write(write)
    cap.bells.deliver.set()
    # Once more with the same comment: the process may have died before the comment was made.
    if comment is None or not is_same:
        return reshared
    manuscript = _comment(row, reshared, comment)
    note = await publishing.post(cap, manuscript, collective=row.name, draft=is_asked)
    if is_asked:
        note = await publishing.publish(cap, note.url, account=account)
    return replace(reshared, comment_uri=note.uri, comment_waits=note.state != "public")


async def unreshare(
    cap: Capabilities, url: str, *, collective: str | None = None, account: Named = None
) -> Reshared:
    """Take an announcement back. Raises NotFound if there is none."""
    row = await cap.database.read(lambda session: registering.require_collective(session, collective))
    standing = await cap.database.read(lambda session: reshares.find_standing(session, row.id, url))
    uri = url if standing else (await answering.find_answered(cap, url)).uri

    def write(session: Session) -> Reshared:
        halting.require_running(session)
        found = reshares.find_standing(session, row.id, uri)
        if found is None:
            raise NotFound(f"{row.name} did not reshare {url}.")
        told = unsharing.take_back(session, cap.urls, row, uri, cap.clock())
        _audit(session, cap, "reshare.undone", uri, row, account)
        return Reshared(activity_uri=found.activity_uri, object_uri=uri, already=False, deliveries=told or 0)

    reshared = await cap.database.write(write)
    cap.bells.deliver.set()
    return reshared


def _audit(
    session: Session, cap: Capabilities, deed: str, subject: str, row: CollectiveRow, account: Named
) -> None:
    account_id = accounts.id_of(session, account)
    details = {"collective": row.name}
    audit_log.add(session, deed, subject, now=cap.clock(), account_id=account_id, details=details)


def _comment(row: CollectiveRow, reshared: Reshared, comment: str) -> Manuscript:
    language = row.primary_language
    markdown = f"{comment}\n\n<{reshared.object_uri}>"
    text = TextVersion(language=language, title=None, slug=None, summary=None, markdown=markdown)
    return Manuscript(
        kind=Kind.NEWS,
        key=f"reshare:{reshared.activity_uri}",
        texts=(text,),
        facts=Facts(wordings=(Wording(language=language),)),
    )
