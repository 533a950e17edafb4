"""`/desk/moderation/levels/import`: a list of domains is brought, seen with its faulty lines, imported."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from fedinode.admin import doors, level_pages
from fedinode.admin.doors import Fields, House, first
from fedinode.errors import NodeError, NotFound, UsageError
from fedinode.i18n import N_
from fedinode.services.members.signing_in import Member
from fedinode.services.moderation import block_imports
from fedinode.web.uploads import Upload

IMPORT: Final = f"{level_pages.LEVELS}/import"
#: What is pasted comes with every letter outside of ASCII three times as long.
MAX_PASTE_BYTES: Final = 6 * 1024 * 1024
#: So many faulty lines are named on the page; the file has the others.
_SHOWN_FAULTS: Final = 500
_DONE: Final = {
    "imported": N_("The list is imported."),
    "asked": N_("The list is imported, and the members are asked what to suspend. Until then it is limited."),
}
_NO_FILE: Final = N_("Choose a file, or paste the list.")
_TOO_LARGE: Final = N_("The file is too large.")


async def ask(house: House, request: Request, member: Member) -> Response:
    """GET: the forms to bring a list."""
    return _forms(house, request, member)


def _forms(
    house: House, request: Request, member: Member, *, status: int = 200, trouble: str = ""
) -> Response:
    return doors.page(
        house,
        request,
        "admin/level_import.html",
        member=member,
        status=status,
        done=doors.done(request, _DONE),
        trouble=doors.translator(request)(trouble) if trouble else "",
    )


async def bring_file(house: House, request: Request, member: Member, upload: Upload) -> Response:
    """POST: the file is kept for its preview."""
    if upload.file is None:
        trouble = _TOO_LARGE if upload.is_too_large else _NO_FILE
        return _forms(house, request, member, status=422, trouble=trouble)
    return await _bring(house, request, member, upload.file.read_bytes())


async def paste(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/paste`: the same with what was pasted."""
    text = first(fields, "list")
    if not text.strip():
        return _forms(house, request, member, status=422, trouble=_NO_FILE)
    return await _bring(house, request, member, text.encode("utf-8"))


async def _bring(house: House, request: Request, member: Member, content: bytes) -> Response:
    try:
        uid = await block_imports.bring(house.site.cap, content, account=member.account_id)
    except UsageError as error:
        return _forms(house, request, member, status=422, trouble=str(error))
    return doors.to(f"{IMPORT}/{uid}")


async def preview(house: House, request: Request, member: Member) -> Response:
    """GET `/{uid}`: each faulty line, and what the good ones would do."""
    return await _preview(house, request, member)


async def _preview(
    house: House, request: Request, member: Member, *, status: int = 200, trouble: str = ""
) -> Response:
    uid = request.path_params["uid"]
    try:
        found = await block_imports.preview(house.site.cap, uid, account=member.account_id)
    except NotFound as error:
        return _forms(house, request, member, status=404, trouble=str(error))
    return doors.page(
        house,
        request,
        "admin/level_preview.html",
        member=member,
        status=status,
        found=found,
        faults=found.faults[:_SHOWN_FAULTS],
        trouble=trouble,
    )


async def carry_out(house: House, request: Request, member: Member, _fields: Fields) -> Response:
    """POST `/{uid}`: the good lines are imported."""
    uid = request.path_params["uid"]
    try:
        done = await block_imports.carry_out(house.site.cap, uid, account=member.account_id)
    except NotFound as error:
        return _forms(house, request, member, status=404, trouble=str(error))
    except NodeError as error:
        words = doors.translator(request)(str(error))
        return await _preview(house, request, member, status=409, trouble=words)
    return doors.to(f"{IMPORT}?done={'asked' if done.decision else 'imported'}")
