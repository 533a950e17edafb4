"""`/desk/node`: how the node is, in plain sentences; and the page for the worst day."""

import hmac
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from fedinode.admin import doors
from fedinode.admin.doors import Fields, House, first
from fedinode.errors import Busy, NotAllowed
from fedinode.i18n import N_
from fedinode.services.members import securing
from fedinode.services.members.signing_in import Member
from fedinode.services.upkeep import diagnosing, overviewing, panicking, probing
from fedinode.services.upkeep.panicking import Plan

NODE: Final = f"{doors.DESK}/node"
PANIC: Final = f"{NODE}/panic"
#: What has to be typed.
WORD: Final = "PANIC"
_DONE: Final = {"looked": N_("It was looked at from outside, too.")}
_NO_WORD: Final = N_("Write the word PANIC in capital letters. Nothing was done.")
_NOT_PROVED: Final = N_("Neither your password nor a code. Nothing was done.")
_TOO_OFTEN: Final = doors.TOO_OFTEN


async def show(house: House, request: Request, member: Member) -> Response:
    """GET: findings, charts, and where to look next."""
    cap = house.site.cap
    if "x-forwarded-for" in request.headers and cap.settings.limits.proxy_hops == 0:
        await probing.saw_proxy(cap)
    words = doors.translator(request)
    found = await overviewing.look(cap)
    return doors.page(
        house,
        request,
        "admin/node.html",
        member=member,
        done=doors.done(request, _DONE),
        overview=found,
        lines=[(each.level, words(name), *each.told(words)) for name, each in found.findings],
        faults=sum(each.level == "fault" for _, each in found.findings),
    )


async def look(house: House, _request: Request, _member: Member, _fields: Fields) -> Response:
    """POST `/desk/node/look`: from outside, too, which takes a while."""
    await diagnosing.look_everywhere(house.site.cap)
    return doors.to(f"{NODE}?done=looked")


async def show_panic(house: House, request: Request, member: Member) -> Response:
    """GET `/desk/node/panic`: what it does, what each choice costs."""
    return await _panic_page(house, request, member)


async def panic(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST there: done at once; whoever asked is signed out with everybody else."""
    if not hmac.compare_digest(first(fields, "word").strip().encode(), WORD.encode()):
        return await _panic_page(house, request, member, status=422, trouble=_NO_WORD)
    try:
        await securing.require_proof(house.site.cap, house.hashing, member, first(fields, "proof"))
    except (NotAllowed, Busy) as error:
        is_busy = isinstance(error, Busy)
        status, words = (429, _TOO_OFTEN) if is_busy else (422, _NOT_PROVED)
        return await _panic_page(house, request, member, status=status, trouble=words)
    plan = Plan(**{name: name in fields for name in ("signers", "drafts", "members", "keys")})
    report = await panicking.panic(house.site.cap, plan, member.account_id)
    return doors.page(house, request, "admin/panic_done.html", report=report)


async def _panic_page(
    house: House, request: Request, member: Member, *, status: int = 200, trouble: str = ""
) -> Response:
    return doors.page(
        house,
        request,
        "admin/panic.html",
        member=member,
        status=status,
        trouble=doors.translator(request)(trouble) if trouble else "",
        is_proved=member.has_password or member.has_totp,
        word=WORD,
        began_at=await panicking.begun_at(house.site.cap),
    )
