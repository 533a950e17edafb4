"""`/desk`: what waits for a member: questions to the members, and how much waits for moderators."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from fedinode.admin import decision_pages, doors, moderation_pages
from fedinode.admin.doors import House
from fedinode.i18n import N_
from fedinode.services import overseeing
from fedinode.services.signing_in import Member

_DONE: Final = {"voted": N_("Your answer counts.")}


async def show(house: House, request: Request, member: Member) -> Response:
    """GET: everything that waits."""
    return doors.page(
        house,
        request,
        "admin/waiting.html",
        member=member,
        waiting=await overseeing.look(house.site.cap, member),
        deeds=decision_pages.DEEDS,
        kind_lists=moderation_pages.KIND_LISTS,
        done=doors.done(request, _DONE),
    )
