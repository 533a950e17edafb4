"""The door for forms with a file: as `doors.member_form`, and the file lies in the data folder's own tmp."""

from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from fedinode.admin import doors
from fedinode.admin.doors import House, OpenHandler
from fedinode.services.members.entitling import Right
from fedinode.services.members.signing_in import Member
from fedinode.web import uploads
from fedinode.web.uploads import Upload

UploadForm = Callable[[House, Request, Member, Upload], Awaitable[Response]]


def member_upload(handler: UploadForm, right: Right, *, stale: UploadForm | None = None) -> OpenHandler:
    """Take a form with one file from members with a right somewhere, sent from a page of theirs.

    A form of a session that has ended goes to `stale`, which gives back what was typed; else it is refused.
    """

    async def guarded(house: House, request: Request) -> Response:
        doors.require_own_page(house, request)
        member = await doors.find_member(house, request)
        if member is None:
            return doors.to(doors.SIGN_IN)
        if doors.lacks_second_factor(house, member) or not member.may(right):
            raise HTTPException(403)
        settings = house.site.cap.settings
        async with uploads.read_upload(request, settings.temporary_dir, settings.media.max_bytes) as upload:
            if not doors.is_sealed(upload.fields, member):
                if stale is None:
                    raise HTTPException(403)
                return await stale(house, request, member, upload)
            return await handler(house, request, member, upload)

    return guarded
