"""What a moderator does about one thing: a reply shown or hidden again, a complaint answered by a deed.

A form says what it was about when it was opened; if that changed meanwhile, nothing is done and it is said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from fedinode.cache import post_key
from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, NotAllowed, NotFound, UsageError
from fedinode.i18n import N_
from fedinode.services import publishing
from fedinode.services.members import halting
from fedinode.services.members.signing_in import Member
from fedinode.services.moderation import jotting, pointing
from fedinode.services.moderation.pointing import Thing
from fedinode.services.supporting import sorting_out
from fedinode.storage import (
    audit_log,
    collectives,
    invalidations,
    moderation_notes,
    replies,
    reports,
    supporter_lists,
)
from fedinode.storage.database import Session
from fedinode.storage.reports import ReportRow

#: What may be done about a complaint: nothing; something elsewhere; hide replies; delete a post; people.
Remedy = Literal["dismiss", "done", "hide", "delete", "remove"]
REMEDIES: Final[tuple[Remedy, ...]] = ("dismiss", "done", "hide", "delete", "remove")
_LATE: Final = N_("Somebody else decided this meanwhile. Nothing was changed.")
_NOTHING_TO_DO: Final = N_("Choose what this is to be done with.")
_NOT_YOURS: Final = N_("Posts are deleted by those who may publish in this collective. Ask one of them.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A complaint that was answered; `waits`: the members are asked first whether a post is deleted."""

    report_id: int
    deed: str
    waits: bool = False


async def turn(cap: Capabilities, member: Member, reply_id: int, *, is_shown: bool, was: str) -> None:
    """Show or hide a reply that was decided before. Raises: NotFound, Conflict if it is not as it was."""
    state, decision, deed = ("shown", "approved", "show") if is_shown else ("hidden", "hidden", "hide")

    def write(session: Session) -> str:
        if is_shown:
            halting.require_running(session)
        jotting.require_own(session, member, "reply", reply_id)
        found = replies.lock(session, reply_id)
        if found.state != was:
            raise Conflict(_LATE)
        now = cap.clock()
        replies.decide(session, reply_id, state, decision, now)
        details = {"numbers": str(reply_id)}
        audit_log.add(session, f"reply.{deed}", "1", now=now, account_id=member.account_id, details=details)
        moderation_notes.drop_claims(session, "reply", [reply_id])
        invalidations.record(session, [post_key(found.post_uid)], now)
        return found.post_uid

    cap.cache.invalidate([post_key(await cap.database.write(write))])


# -- complaints


async def answer(
    cap: Capabilities,
    member: Member | None,
    report_id: int,
    remedy: Remedy,
    *,
    about: Sequence[str] = (),
    people: Sequence[int] = (),
) -> Answered:
    """Do something about a complaint, or nothing, and close it. Without a member: at the machine itself.

    `about` names the replies to hide or the post to delete, `people` the signatures that count no longer.
    Raises: NotFound, Conflict if it was answered meanwhile, UsageError, NotAllowed.
    """
    waits = False
    if remedy == "delete":
        waits = await _delete(cap, member, report_id, about)
    account_id = member.account_id if member else None

    def write(session: Session) -> frozenset[str]:
        report = _require_open(session, member, report_id)
        now = cap.clock()
        keys = _apply(session, cap, report, remedy, about, people)
        state = "dismissed" if remedy == "dismiss" else "resolved"
        deed = "asked" if waits else remedy
        reports.close(session, report.id, state, deed, account_id=account_id, now=now)
        moderation_notes.drop_claims(session, "report", [report.id])
        details = {"deed": deed, "about": "\n".join(about), "signatures": ", ".join(map(str, people))}
        audit_log.add(session, f"report.{state}", report.uid, now=now, account_id=account_id, details=details)
        invalidations.record(session, sorted(keys), now)
        return keys

    cap.cache.invalidate(await cap.database.write(write))
    return Answered(report_id=report_id, deed=remedy, waits=waits)


def _require_open(session: Session, member: Member | None, report_id: int) -> ReportRow:
    if member is not None:
        jotting.require_own(session, member, "report", report_id)
    found = reports.find(session, report_id)
    if found is None:
        raise NotFound(f"There is no report {report_id}.")
    if found.state != "open":
        raise Conflict(_LATE)
    return found


def _named(
    session: Session, cap: Capabilities, report: ReportRow, kind: str, uris: Sequence[str]
) -> list[Thing]:
    """Return what a form chose of what a complaint names. Raises: UsageError."""
    things = {each.uri: each for each in pointing.look_up_all(session, cap.urls, report.object_uris)}
    found = [things[uri] for uri in uris if uri in things and things[uri].kind == kind]
    if not found or len(found) != len(uris):
        raise UsageError(_NOTHING_TO_DO)
    owner = None if report.collective_id is None else collectives.get(session, report.collective_id).name
    if any(each.collective != owner for each in found):
        raise NotFound("There is no such thing.")
    return found


def _apply(
    session: Session,
    cap: Capabilities,
    report: ReportRow,
    remedy: Remedy,
    about: Sequence[str],
    people: Sequence[int],
) -> frozenset[str]:
    if remedy == "hide":
        return _hide(session, cap, _named(session, cap, report, "reply", about))
    if remedy == "remove":
        return _remove(session, cap, report, people)
    return frozenset()


def _hide(session: Session, cap: Capabilities, chosen: Sequence[Thing]) -> frozenset[str]:
    keys = set()
    for each in chosen:
        found = replies.lock(session, each.reply_id or 0)
        if found.state != "deleted":
            replies.decide(session, found.id, "hidden", "hidden", cap.clock())
            keys.add(post_key(found.post_uid))
    return frozenset(keys)


def _remove(session: Session, cap: Capabilities, report: ReportRow, people: Sequence[int]) -> frozenset[str]:
    things = pointing.look_up_all(session, cap.urls, report.object_uris)
    listed = {each.post_uri for each in things if each.kind == "list"}
    rows = [row for row, uri in supporter_lists.with_objects(session, people) if uri in listed]
    if not rows or len(rows) != len(set(people)):
        raise UsageError(_NOTHING_TO_DO)
    standing = [row for row in rows if row.state in ("confirmed", "suspect")]
    sorting_out.invalidate_rows(session, standing, "reported", cap.clock())
    return frozenset()


async def _delete(cap: Capabilities, member: Member | None, report_id: int, about: Sequence[str]) -> bool:
    """Delete a post that a complaint names, or ask the members to; tell whether they are asked."""

    def read(session: Session) -> Thing:
        report = _require_open(session, member, report_id)
        (thing,) = _named(session, cap, report, "post", about[:1])
        return thing

    thing = await cap.database.read(read)
    if member is not None and not member.may("release", thing.collective):
        raise NotAllowed(_NOT_YOURS)
    account = member.account_id if member else None
    deletion = await publishing.delete(cap, thing.uri, account=account)
    return deletion.standing is not None and not deletion.standing.is_approved
