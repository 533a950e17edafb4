"""`/desk/account`: a member's password, second factor, recovery codes, and where they are signed in."""

from collections.abc import Awaitable

import segno
from starlette.requests import Request
from starlette.responses import Response

from fedinode.admin import doors
from fedinode.admin.doors import Fields, House, first
from fedinode.errors import Busy, Conflict, NotAllowed, UsageError
from fedinode.i18n import N_
from fedinode.services.members import proving, securing, signing_in
from fedinode.services.members.signing_in import Member

_WEAK = N_("Take a password of at least 12 characters that nobody would guess: a sentence is a good one.")
_WRONG = N_("The present password is not right.")
_REFUSED = {UsageError: (422, _WEAK), NotAllowed: (422, _WRONG), Busy: (429, doors.TOO_OFTEN)}
#: Said above the page after a form was taken; the address holds the word.
_DONE = {
    "password": N_("The new password counts. All other browsers were signed out."),
    "ended": N_("That browser is signed out."),
    "others": N_("All other browsers are signed out."),
    "without": N_("There is no second factor any more."),
}


async def show(house: House, request: Request, member: Member) -> Response:
    """GET: everything at a glance."""
    return await _page(house, request, member, done=doors.done(request, _DONE))


async def _page(
    house: House, request: Request, member: Member, *, status: int = 200, done: str = "", trouble: str = ""
) -> Response:
    cap = house.site.cap
    offer = None if member.has_totp else await securing.offer_totp(cap, member)
    return doors.page(
        house,
        request,
        "admin/account.html",
        member=member,
        status=status,
        sessions=await signing_in.list_sessions(cap, member),
        offer=offer,
        picture=_picture(offer.uri) if offer else "",
        least=proving.MIN_PASSWORD,
        done=done,
        trouble=trouble,
    )


async def set_password(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/desk/account/password`."""
    try:
        await securing.set_password(
            house.site.cap, house.hashing, member, old=first(fields, "old"), new=first(fields, "new")
        )
    except (UsageError, NotAllowed, Busy) as error:
        status, words = _REFUSED[type(error)]
        return await _page(house, request, member, status=status, trouble=doors.translator(request)(words))
    return doors.to(f"{doors.ACCOUNT}?done=password")


async def start_totp(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/desk/account/second-factor`: it counts once a first code was right."""
    making = securing.start_totp(house.site.cap, member, first(fields, "code"))
    return await _with_codes(house, request, member, making)


async def renew_codes(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/desk/account/recovery-codes`."""
    making = securing.renew_codes(house.site.cap, member, first(fields, "code"))
    return await _with_codes(house, request, member, making)


async def _with_codes(
    house: House, request: Request, member: Member, making: Awaitable[tuple[str, ...]]
) -> Response:
    try:
        codes = await making
    except (NotAllowed, Busy) as error:
        return await _wrong_code(house, request, member, error)
    except Conflict:
        return doors.to(doors.ACCOUNT)
    return doors.page(house, request, "admin/recovery_codes.html", member=member, codes=codes)


async def _wrong_code(house: House, request: Request, member: Member, error: Exception) -> Response:
    is_busy = isinstance(error, Busy)
    words = doors.translator(request)(doors.TOO_OFTEN if is_busy else doors.WRONG_CODE)
    return await _page(house, request, member, status=429 if is_busy else 422, trouble=words)


async def end_totp(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/desk/account/second-factor/end`."""
    try:
        await securing.end_totp(house.site.cap, member, first(fields, "code"))
    except (NotAllowed, Busy) as error:
        return await _wrong_code(house, request, member, error)
    return doors.to(f"{doors.ACCOUNT}?done=without")


async def end_session(house: House, _request: Request, member: Member, fields: Fields) -> Response:
    """POST `/desk/account/sessions`: one browser, or all the others."""
    name = first(fields, "session")
    if name:
        await signing_in.end_session(house.site.cap, member, name)
        return doors.to(f"{doors.ACCOUNT}?done=ended")
    await signing_in.end_others(house.site.cap, member)
    return doors.to(f"{doors.ACCOUNT}?done=others")


async def leave(house: House, _request: Request, member: Member, _fields: Fields) -> Response:
    """POST `/sign-out`."""
    await signing_in.leave(house.site.cap, member)
    return doors.goodbye(house)


def _picture(uri: str) -> str:
    # Black on white in the dark too: a camera reads no other.
    code = segno.make(uri, error="m", micro=False)
    return str(code.svg_inline(scale=4, border=3, dark="#000", light="#fff", svgclass=None, lineclass=None))
