"""`/desk/texts/{uid}/versions`: what a text said before, what changed, and one version brought back."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from fedinode.admin import doors, text_fields
from fedinode.admin.doors import Fields, House, first
from fedinode.admin.text_pages import TEXTS, refuse
from fedinode.errors import Conflict, NotFound
from fedinode.services.members.signing_in import Member
from fedinode.services.writing import authoring, retracing
from fedinode.text.numerals import VERSION_DIGITS


async def show_all(house: House, request: Request, member: Member) -> Response:
    """GET: the list, the newest first."""
    try:
        working, versions = await retracing.list_versions(house.site.cap, member, request.path_params["uid"])
    except NotFound as error:
        raise HTTPException(404) from error
    return doors.page(
        house, request, "admin/text_versions.html", member=member, working=working, versions=versions
    )


async def compare(house: House, request: Request, member: Member) -> Response:
    """GET `/desk/texts/{uid}/versions/compare?before=3&after=5`: what differs."""
    before, after = (_number(request.query_params.get(name, "")) for name in ("before", "after"))
    try:
        old, new, changes = await retracing.compare(
            house.site.cap, member, request.path_params["uid"], before, after
        )
    except NotFound as error:
        raise HTTPException(404) from error
    return doors.page(
        house,
        request,
        "admin/text_compare.html",
        member=member,
        old=old,
        new=new,
        changes=changes,
        label_of=text_fields.label_of,
    )


async def bring_back(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST: an old version becomes the newest one, as a new version."""
    uid = request.path_params["uid"]
    try:
        await retracing.bring_back(house.site.cap, member, uid, _number(first(fields, "number")))
    except NotFound as error:
        raise HTTPException(404) from error
    except Conflict:
        return await refuse(house, request, member, authoring.CLOSED)
    return doors.to(f"{TEXTS}/{uid}?done=brought-back")


def _number(written: str) -> int:
    return doors.number(written, digits=VERSION_DIGITS)
