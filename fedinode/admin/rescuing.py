"""The door for forms that hold long texts: whatever becomes of the session, what was written is not lost.

Who was signed out meanwhile gets a page with all that was sent, to send it again after signing in. After
that the form carries the seal of the old session, so the page asks to confirm with one press. A form from
elsewhere is refused before any of this.
"""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from fedinode.admin import doors
from fedinode.admin.doors import Fields, House, MemberForm, OpenHandler
from fedinode.services.members.entitling import Right
from fedinode.services.members.signing_in import Member
from fedinode.web import forms

#: What is read of a form: more than is kept, so that a page can give it back. A letter may take six bytes.
MAX_WRITTEN_BYTES: Final = 4 * 1024 * 1024
_MAX_FIELDS: Final = 200
#: What the page shows in full, of all the fields that it holds.
_PROSE: Final = ("source", "body", "summary")


def writing_form(handler: MemberForm, right: Right) -> OpenHandler:
    """Take a text from members with a right somewhere, sent from a page of ours."""

    async def guarded(house: House, request: Request) -> Response:
        doors.require_own_page(house, request)
        member = await doors.find_member(house, request)
        if member is not None and not member.may(right):
            raise HTTPException(403)
        fields = await forms.read_lists(request, MAX_WRITTEN_BYTES, _MAX_FIELDS)
        if member is None:
            return rescue(house, request, fields, None, reason="signed-out", status=401)
        if doors.lacks_second_factor(house, member):
            return rescue(house, request, fields, member, reason="second-factor", status=403)
        if not doors.is_sealed(fields, member):
            return rescue(house, request, fields, member, reason="confirm", status=409)
        return await handler(house, request, member, fields)

    return guarded


def rescue(
    house: House, request: Request, fields: Fields, member: Member | None, *, reason: str, status: int
) -> Response:
    """Give back everything that was sent, in a form; to a script only the reason."""
    if wants_json(request):
        return JSONResponse({"error": reason}, status_code=status, headers={"cache-control": "no-store"})
    held = {name: values for name, values in fields.items() if name != "seal"}
    return doors.page(
        house,
        request,
        "admin/text_rescue.html",
        member=member,
        status=status,
        reason=reason,
        held=held,
        prose=_PROSE,
    )


def wants_json(request: Request) -> bool:
    """Tell whether a script of ours asks, not a person."""
    return request.headers.get("accept", "").startswith("application/json")
