"""`/desk/decisions`: what the members are asked, what waits to be done, and what ended; `/desk/stop`."""

import math
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from fedinode.admin import doors
from fedinode.admin.doors import DESK, Fields, House, first
from fedinode.errors import Conflict, NodeError, NotAllowed, NotFound, UsageError
from fedinode.i18n import N_
from fedinode.services.members import halting, perusal, resuming, stopping, voting, weighing
from fedinode.services.members.deciding import Choice
from fedinode.services.members.signing_in import Member
from fedinode.services.members.weighing import Question

DECISIONS: Final = f"{DESK}/decisions"
STOP: Final = f"{DESK}/stop"

#: What a question is about, in words.
DEEDS: Final = {
    "publish": N_("Publish a text"),
    "publish-joint": N_("Publish a joint statement"),
    "edit": N_("Change a public text"),
    "edit-joint": N_("Change a joint statement"),
    "delete": N_("Delete a text"),
    "cosign": N_("Sign a statement of others"),
    "withdraw": N_("Withdraw a signature"),
    "remove": N_("Take a signature off a list"),
    "keep-copy": N_("Publish the copy of a statement"),
    "drop-copy": N_("Drop the copy of a statement"),
    "threshold": N_("Change how many must agree"),
    "member": N_("Take in a member, or let one go"),
    "block": N_("Suspend a whole domain, or lift that"),
    "keys": N_("Make new keys"),
    "resume": N_("Let everything go on"),
}
#: What members are.
ROLES: Final = {
    "owner": N_("Owner"),
    "editor": N_("Editor"),
    "author": N_("Author"),
    "translator": N_("Translator"),
    "moderator": N_("Moderator"),
    "signer": N_("Signer"),
    "reader": N_("Reader"),
}
#: What takes how many members.
NUMBERS: Final = {
    "publish": N_("Publish"),
    "edit": N_("Change what is public"),
    "delete": N_("Delete what is public"),
    "cosign": N_("Sign a statement of others"),
    "withdraw": N_("Withdraw a signature"),
    "block": N_("Suspend a whole domain"),
    "cooling": N_("Minutes between agreeing and doing"),
}
#: How a question ended.
ENDS: Final = {
    "approved": N_("Agreed"),
    "executed": N_("Done"),
    "refused": N_("Refused"),
    "expired": N_("Its time was over"),
    "cancelled": N_("It has changed, or could not be done"),
    "stopped": N_("Stopped"),
}
_DONE: Final = {
    "voted": N_("Your answer counts."),
    "stopped": N_("It is stopped. Whoever still wants it can ask again."),
    "resumed": N_("Everything goes on."),
}
_GONE: Final = N_(
    "Somebody else decided this meanwhile, or it was never yours to decide. Nothing was changed."
)
_VOTES: Final[dict[str, Choice]] = {"yes": "yes", "no": "no"}
#: Where a form on another page leads back to.
_BACK: Final = {"desk": DESK, "decisions": DECISIONS}


async def show(house: House, request: Request, member: Member) -> Response:
    """GET `/desk/decisions`: all questions of the member's collectives."""
    return await _page(house, request, member, done=doors.done(request, _DONE))


async def _page(
    house: House, request: Request, member: Member, *, status: int = 200, done: str = "", trouble: str = ""
) -> Response:
    return doors.page(
        house,
        request,
        "admin/decisions.html",
        member=member,
        status=status,
        board=await weighing.board(house.site.cap, member),
        **words(house),
        done=done,
        trouble=trouble,
    )


def words(house: House) -> dict[str, Any]:
    """Return what the templates of questions are given beside them."""
    now = house.site.cap.clock()

    def minutes_left(question: Question) -> int:
        return 0 if question.done_at is None else math.ceil((question.done_at - now).total_seconds() / 60)

    return {"deeds": DEEDS, "ends": ENDS, "roles": ROLES, "numbers": NUMBERS, "minutes_left": minutes_left}


async def show_one(house: House, request: Request, member: Member) -> Response:
    """GET `/desk/decisions/{uid}`: a question with the words that it is about."""
    try:
        perused = await perusal.peruse(house.site.cap, member, request.path_params["uid"])
    except NotFound as error:
        raise HTTPException(404) from error
    return doors.page(
        house,
        request,
        "admin/decision.html",
        member=member,
        perused=perused,
        each=perused.question,
        **words(house),
    )


async def vote(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/desk/decisions`: one answer to one question."""
    choice = _VOTES.get(first(fields, "do"))
    if choice is None:
        raise HTTPException(400)
    uid = first(fields, "decision")
    cap = house.site.cap
    try:
        await weighing.find(cap, member, uid)
        await voting.vote_as(cap, uid, choice, account_id=member.account_id)
    except NodeError as error:
        return await refuse(house, request, member, error)
    back = _BACK.get(first(fields, "back"), DECISIONS)
    return doors.to(f"{back}?done=voted")


async def stop_one(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/desk/decisions/stop`: any member stops what was agreed to."""
    try:
        await stopping.stop_decision(house.site.cap, first(fields, "decision"), member.account_id)
    except NodeError as error:
        return await refuse(house, request, member, error)
    return doors.to(f"{DECISIONS}?done=stopped")


async def refuse(house: House, request: Request, member: Member, error: NodeError) -> Response:
    """Say why nothing was done, in the reader's language, above all questions as they stand now."""
    translate = doors.translator(request)
    if isinstance(error, NotFound):
        return await _page(house, request, member, status=404, trouble=translate(_GONE))
    return await _page(house, request, member, status=409, trouble=error.translated(translate))


# -- everything


async def ask_stop(house: House, request: Request, member: Member) -> Response:
    """GET `/desk/stop`: what stopping everything does, and whether it was done."""
    return await _stop_page(house, request, member, done=doors.done(request, _DONE))


async def _stop_page(
    house: House, request: Request, member: Member, *, status: int = 200, done: str = "", trouble: str = ""
) -> Response:
    state = await halting.state(house.site.cap)
    return doors.page(
        house,
        request,
        "admin/stop.html",
        member=member,
        status=status,
        state=state,
        most=halting.MAX_WHY,
        done=done,
        trouble=trouble,
    )


async def stop_all(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/desk/stop`: one press is enough."""
    try:
        await halting.halt(house.site.cap, member.account_id, first(fields, "why"))
    except UsageError as error:
        said = error.translated(doors.translator(request))
        return await _stop_page(house, request, member, status=422, trouble=said)
    return doors.to(STOP)


async def resume(house: House, request: Request, member: Member, _fields: Fields) -> Response:
    """POST `/desk/stop/end`: ask the members whether everything goes on."""
    try:
        standing = await resuming.ask_to_resume(house.site.cap, member.account_id)
    except (NotAllowed, Conflict) as error:
        said = error.translated(doors.translator(request))
        return await _stop_page(house, request, member, status=409, trouble=said)
    return doors.to(f"{STOP}?done=resumed" if standing.is_approved else f"{DECISIONS}?done=voted")
