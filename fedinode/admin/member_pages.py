"""`/desk/members`: who is in a collective, what they may do, how many must agree, and who is let in."""

from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from fedinode.admin import decision_pages, doors
from fedinode.admin.doors import ACCOUNT, DESK, Fields, House, first
from fedinode.errors import NodeError, NotFound
from fedinode.i18n import N_
from fedinode.services.cosigning import trusting
from fedinode.services.members import consulting, gating, peopling
from fedinode.services.members.deciding import Standing
from fedinode.services.members.signing_in import Member
from fedinode.text.numerals import whole_number

MEMBERS: Final = f"{DESK}/members"
_DONE: Final = {
    "asked": N_("The members are asked. It is among the decisions."),
    "given": N_("The role is given."),
    "taken": N_("The role is taken."),
    "woken": N_("They count again."),
    "numbers": N_("These numbers hold now."),
    "keys": N_("New keys are made, and followers are told."),
}
_MAX_DIGITS: Final = 5
_NO_NUMBER: Final = N_("Write whole numbers.")


async def show(house: House, request: Request, member: Member) -> Response:
    """GET `/desk/members`: every collective that the member owns."""
    return await _page(house, request, member, done=doors.done(request, _DONE))


async def _page(
    house: House, request: Request, member: Member, *, status: int = 200, **said: Any
) -> Response:
    context = {"done": "", "trouble": "", "admitted": None, "typed": {}} | said
    return doors.page(
        house,
        request,
        "admin/members.html",
        member=member,
        status=status,
        rosters=await peopling.rosters(house.site.cap, member),
        roles=decision_pages.ROLES,
        numbers=decision_pages.NUMBERS,
        offered=gating.OFFERED_COOLING,
        most=consulting.MAX_COOLING,
        **context,
    )


async def invite(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/desk/members/invite`: the link is on the page that answers, once, or goes by mail."""
    try:
        admitted = await peopling.invite(
            house.site.cap, member, first(fields, "collective"), first(fields, "email"), first(fields, "role")
        )
    except NodeError as error:
        return await _refuse(house, request, member, error, fields)
    if admitted.standing is not None and not admitted.standing.is_approved:
        return doors.to(f"{MEMBERS}?done=asked")
    return await _page(house, request, member, admitted=admitted)


async def make_link(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/desk/members/link`: a new way in for somebody who lost theirs."""
    try:
        admitted = await peopling.new_link(house.site.cap, member, *_who(fields))
    except NodeError as error:
        return await _refuse(house, request, member, error)
    return await _page(house, request, member, admitted=admitted)


async def give_role(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/desk/members/give`."""
    try:
        standing = await peopling.give_role(house.site.cap, member, *_who(fields), first(fields, "role"))
    except NodeError as error:
        return await _refuse(house, request, member, error)
    return _lead_on([] if standing is None else [standing], "given")


async def take_role(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/desk/members/take`: one role, or all of them."""
    role = first(fields, "role") or None
    try:
        asked = await peopling.take_role(house.site.cap, member, *_who(fields), role)
    except NodeError as error:
        return await _refuse(house, request, member, error)
    return _lead_on(asked, "taken")


async def wake(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/desk/members/wake`."""
    try:
        await peopling.wake(house.site.cap, member, *_who(fields))
    except NodeError as error:
        return await _refuse(house, request, member, error)
    return doors.to(f"{MEMBERS}?done=woken")


async def set_numbers(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/desk/members/numbers`: how many must agree, and how long it waits then."""
    collective = _require_owned(member, fields)
    given = {name: first(fields, name).strip() for name in (*gating.THRESHOLDS, "cooling")}
    # What was not touched stays as it is, also where somebody else changed it meanwhile.
    written = {name: value for name, value in given.items() if value != first(fields, f"was-{name}")}
    read = {name: whole_number(value, _MAX_DIGITS) for name, value in written.items()}
    wanted = {name: value for name, value in read.items() if value is not None}
    if len(wanted) < len(read):
        return await _page(house, request, member, status=422, trouble=doors.translator(request)(_NO_NUMBER))
    try:
        done = await consulting.set_thresholds(house.site.cap, collective, wanted, account=member.account_id)
    except NodeError as error:
        return await _refuse(house, request, member, error)
    return _lead_on([] if done.standing is None else [done.standing], "numbers")


async def rotate_keys(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/desk/members/keys`: new keys of a collective, or the question whether."""
    collective = _require_owned(member, fields)
    try:
        done = await trusting.rotate(house.site.cap, collective, account=member.account_id)
    except NodeError as error:
        return await _refuse(house, request, member, error)
    return _lead_on([] if done.standing is None else [done.standing], "keys")


async def leave(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/desk/account/leave`: everybody may leave a collective."""
    try:
        await peopling.leave(house.site.cap, member, first(fields, "collective"))
    except NotFound as error:
        raise HTTPException(404) from error
    except NodeError as error:
        words = error.translated(doors.translator(request))
        return doors.page(house, request, "admin/left.html", member=member, status=409, trouble=words)
    return doors.to(ACCOUNT)


def _who(fields: Fields) -> tuple[str, str]:
    return first(fields, "collective"), first(fields, "member")


def _require_owned(member: Member, fields: Fields) -> str:
    collective = first(fields, "collective")
    if not member.may("members", collective):
        raise HTTPException(404)
    return collective


def _lead_on(asked: tuple[Standing, ...] | list[Standing], done: str) -> Response:
    waits = any(not standing.is_approved for standing in asked)
    return doors.to(f"{MEMBERS}?done={'asked' if waits else done}")


async def _refuse(
    house: House, request: Request, member: Member, error: NodeError, fields: Fields | None = None
) -> Response:
    """Say why nothing was done; what is not theirs is not there."""
    if isinstance(error, NotFound):
        raise HTTPException(404) from error
    words = error.translated(doors.translator(request))
    return await _page(house, request, member, status=422, trouble=words, typed=fields or {})
