"""`/desk/network/corrections`: what the sources of our copies say now, and whether we do as they did."""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from fedinode.admin import doors, network_pages
from fedinode.admin.doors import Fields, House, first
from fedinode.admin.network_pages import NETWORK
from fedinode.errors import NodeError, NotFound
from fedinode.i18n import N_
from fedinode.services import correcting
from fedinode.services.correcting import Proposal
from fedinode.services.members.signing_in import Member

CORRECTIONS: Final = f"{NETWORK}/corrections"
_DONE: Final = {
    "accepted": N_("Our copy says the same as its source again."),
    "withdrawn": N_("Our copy is withdrawn."),
    "voting": N_("Your yes counts. The other members are asked."),
    "declined": N_("Our post stays as it is; the same is not proposed again."),
}
_LOST: Final = N_(
    "You changed this text here, and that would be lost. Mark the box if that is what you want."
)


async def show(house: House, request: Request, member: Member) -> Response:
    """GET: what waits for an editor."""
    return await _page(house, request, member)


async def _page(
    house: House, request: Request, member: Member, *, status: int = 200, trouble: str = ""
) -> Response:
    return doors.page(
        house,
        request,
        "admin/corrections.html",
        member=member,
        status=status,
        proposals=await _own(house, member),
        withdrawal=correcting.WITHDRAWAL,
        done="" if trouble else doors.done(request, _DONE),
        trouble=trouble,
    )


async def answer(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST: do with our post what its source did, or leave it as it is."""
    number = doors.number(first(fields, "id"))
    found = next((each for each in await _own(house, member) if each.id == number), None)
    if found is None:
        raise HTTPException(404)
    try:
        if first(fields, "do") == "decline":
            await correcting.decline(house.site.cap, number)
            return doors.to(f"{CORRECTIONS}?done=declined")
        is_sure = first(fields, "sure") == "yes"
        if found.is_changed_here and found.kind != correcting.WITHDRAWAL and not is_sure:
            return await _page(house, request, member, status=409, trouble=doors.translator(request)(_LOST))
        done = await correcting.accept(
            house.site.cap, number, account=member.account_id, although_changed=is_sure
        )
    except NotFound as error:
        raise HTTPException(404) from error
    except NodeError as error:
        return await _page(house, request, member, status=409, trouble=network_pages.said(request, error))
    if done.standing is not None:
        return doors.to(f"{CORRECTIONS}?done=voting")
    return doors.to(f"{CORRECTIONS}?done={'withdrawn' if done.kind == correcting.WITHDRAWAL else 'accepted'}")


async def _own(house: House, member: Member) -> tuple[Proposal, ...]:
    names = member.where("network")
    return tuple(each for each in await correcting.list_proposals(house.site.cap) if each.collective in names)
