"""`/desk/signatures`: who wants to sign what is ours, what we are asked to sign, and what we signed."""

from typing import Final
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from fedinode.admin import doors, network_pages
from fedinode.admin.doors import DESK, Fields, House, first
from fedinode.errors import NodeError, NotFound
from fedinode.i18n import N_
from fedinode.services.cosigning import consenting, corresponding, heeding, vetting, withdrawing
from fedinode.services.members.signing_in import Member
from fedinode.services.network import handing_on

SIGNATURES: Final = f"{DESK}/signatures"
_MAX_REASON_CHARS: Final = 2_000
#: What a role under a statement is called.
ROLES: Final = {"cosigner": N_("co-signs"), "issuer": N_("issues it with the author")}
#: States of a signature of ours: a word, and its colour.
OWN_STATES: Final = {
    "sent": (N_("sent; the author has not answered"), "wait"),
    "unanswered": (N_("the author does not answer"), "wait"),
    "accepted": (N_("accepted; not public yet"), "good"),
    "seen": (N_("public"), "good"),
    "public": (N_("public"), "good"),
    "rejected": (N_("not taken by the author"), "bad"),
    "withdrawn": (N_("withdrawn by us"), ""),
    "mismatch": (N_("another text was published under our name"), "bad"),
    "removed": (N_("taken off the list by the author"), "bad"),
    "void": (N_("ended: it was not published in time"), ""),
    "superseded": (N_("ended: the author changed the text"), ""),
}
_ENDED: Final = (N_("ended"), "")
_DONE: Final = {
    "listed": N_("They are listed, and told so."),
    "refused": N_("They are not listed, and told so."),
    "signed": N_("It is signed, and its author is told."),
    "voting": N_("Your yes counts. The other members are asked."),
    "declined": N_("Declined; the author is told."),
    "withdrawn": N_("Withdrawn; all who keep the list are told."),
}


async def show(house: House, request: Request, member: Member) -> Response:
    """GET: everything about signatures that waits, and what stands."""
    return await _page(house, request, member, done=doors.done(request, _DONE))


async def _page(
    house: House, request: Request, member: Member, *, status: int = 200, done: str = "", trouble: str = ""
) -> Response:
    cap, names = house.site.cap, member.where("sign")
    return doors.page(
        house,
        request,
        "admin/signatures.html",
        member=member,
        status=status,
        pending=await vetting.list_pending(cap, names),
        asked=await corresponding.list_asked(cap, names),
        signed=await corresponding.list_signed(cap, names),
        collectives=names,
        roles=ROLES,
        states=OWN_STATES,
        ended=_ENDED,
        done=done,
        trouble=trouble,
    )


async def settle(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `…/chosen`: the chosen ones are listed under our statements, or not."""
    try:
        is_accepted = {"accept": True, "reject": False}[first(fields, "do")]
    except KeyError as error:
        raise HTTPException(400) from error
    chosen = network_pages.numbers(fields, "id")
    if not chosen:
        return await _trouble(house, request, member, N_("Choose at least one."), status=422)
    try:
        await vetting.settle(
            house.site.cap,
            chosen,
            is_accepted=is_accepted,
            names=member.where("sign"),
            account_id=member.account_id,
        )
    except NotFound as error:
        raise HTTPException(404) from error
    except NodeError as error:
        return await _said(house, request, member, error)
    return doors.to(f"{SIGNATURES}?done={'listed' if is_accepted else 'refused'}")


async def answer(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `…/answer`: sign a statement, by invitation or by its address, or decline."""
    cap, collective = house.site.cap, first(fields, "collective")
    address, is_declined = first(fields, "address").strip(), first(fields, "do") == "decline"
    try:
        handing_on.require_in(member, "sign", collective)
        if is_declined:
            reason = first(fields, "reason").strip()[:_MAX_REASON_CHARS]
            await heeding.decline(
                cap, address, collective=collective, reason=reason, account=member.account_id
            )
            return doors.to(f"{SIGNATURES}?done=declined")
        done = await consenting.cosign(cap, address, collective=collective, account=member.account_id)
    except NotFound as error:
        if not member.may("sign", collective):
            raise HTTPException(404) from error
        return await _said(house, request, member, error, status=404)
    except NodeError as error:
        return await _said(house, request, member, error)
    return doors.to(f"{SIGNATURES}?done={'signed' if done.co_signature_uri else 'voting'}")


async def withdraw(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `…/withdraw`: take a signature of ours back, or ask the members to."""
    cap, collective = house.site.cap, first(fields, "collective")
    try:
        handing_on.require_in(member, "sign", collective)
        done = await withdrawing.withdraw(
            cap, first(fields, "address"), collective=collective, account=member.account_id
        )
    except NotFound as error:
        raise HTTPException(404) from error
    except NodeError as error:
        return await _said(house, request, member, error)
    return doors.to(f"{SIGNATURES}?{urlencode({'done': 'withdrawn' if done.undo_uri else 'voting'})}")


async def _said(
    house: House, request: Request, member: Member, error: NodeError, *, status: int = 409
) -> Response:
    return await _page(house, request, member, status=status, trouble=network_pages.said(request, error))


async def _trouble(house: House, request: Request, member: Member, words: str, *, status: int) -> Response:
    return await _page(house, request, member, status=status, trouble=doors.translator(request)(words))
