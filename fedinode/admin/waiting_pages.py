"""`/desk`: what waits for a member: questions to the members, and how much waits for moderators."""

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from fedinode.admin import decision_pages, doors, moderation_pages, network_pages, signature_pages
from fedinode.admin.doors import House
from fedinode.i18n import N_
from fedinode.services.members import overseeing
from fedinode.services.members.signing_in import Member

#: What others bring about: words, and where it is decided.
NETWORK_LISTS: Final[Mapping[str, tuple[str, str]]] = {
    "proposed": (N_("Posts that rules propose to reshare"), network_pages.NETWORK),
    "corrections": (N_("Corrections of what we took over"), f"{network_pages.NETWORK}/corrections"),
    "asked": (N_("Statements that we are asked to sign"), signature_pages.SIGNATURES),
    "consents": (N_("Signatures under our statements"), signature_pages.SIGNATURES),
    "mismatches": (N_("Another text was published under our name"), signature_pages.SIGNATURES),
}
_DONE: Final = {"voted": N_("Your answer counts.")}


async def show(house: House, request: Request, member: Member) -> Response:
    """GET: everything that waits."""
    return doors.page(
        house,
        request,
        "admin/waiting.html",
        member=member,
        waiting=await overseeing.look(house.site.cap, member),
        **decision_pages.words(house),
        kind_lists=moderation_pages.KIND_LISTS,
        network_lists=NETWORK_LISTS,
        done=doors.done(request, _DONE),
    )
