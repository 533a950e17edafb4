"""`/desk/texts/UID/pictures`: the pictures of a text: sent, described, taken out."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from fedinode.admin import doors, preview_pages
from fedinode.admin.doors import Fields, House, first
from fedinode.errors import Busy, Conflict, PictureRefused
from fedinode.i18n import N_
from fedinode.services.members.signing_in import Member
from fedinode.services.writing import authoring, depicting
from fedinode.services.writing.depicting import Caption
from fedinode.web.uploads import Upload

_DONE: Final = {
    "added": N_("The picture is in the text."),
    "kept": N_("The picture is kept. Say what it shows, then it is in the text."),
    "described": N_("Saved."),
    "removed": N_("The picture is taken out and forgotten."),
}
_STALE: Final = N_("This page comes from before you signed in. Choose the picture again and send it.")
_NO_FILE: Final = N_("Choose a picture first.")
_TOO_LARGE: Final = N_("This file is larger than {megabytes} MB; make it smaller.")
_TOO_LONG: Final = N_("A description takes at most {most} characters.")
_NOBODY: Final = Caption(alt="")


async def show(house: House, request: Request, member: Member) -> Response:
    """GET: all pictures of a text, and the form for another one."""
    return await _page(house, request, member, done=doors.done(request, _DONE))


async def _page(
    house: House,
    request: Request,
    member: Member,
    *,
    status: int = 200,
    trouble: str = "",
    typed: Caption = _NOBODY,
    **context: Any,
) -> Response:
    uid = request.path_params["uid"]
    working = await authoring.open_text(house.site.cap, member, uid)
    pictures = await depicting.list_pictures(house.site.cap, member, uid)
    return doors.page(
        house,
        request,
        "admin/pictures.html",
        member=member,
        status=status,
        working=working,
        pictures=pictures,
        typed=typed,
        trouble=trouble,
        most=depicting.MAX_PICTURES,
        megabytes=house.site.cap.settings.media.max_bytes // 1_048_576,
        **{"done": "", "named": "", **context},
    )


async def send(house: House, request: Request, member: Member, upload: Upload) -> Response:
    """POST: one more picture; where it is refused, what was typed stays in the form."""
    uid, words = request.path_params["uid"], _caption(upload.fields)
    await authoring.open_text(house.site.cap, member, uid)
    translate = doors.translator(request)
    trouble = _trouble(request, words)
    if upload.is_too_large:
        megabytes = house.site.cap.settings.media.max_bytes // 1_048_576
        trouble = translate(_TOO_LARGE).format(megabytes=megabytes)
    elif upload.file is None:
        trouble = translate(_NO_FILE)
    if trouble or upload.file is None:
        return await _page(house, request, member, status=422, trouble=trouble, typed=words)
    try:
        await depicting.attach(house.site.cap, member, uid, upload.file, words)
    except (PictureRefused, Conflict, Busy) as error:
        said = error.translated(translate)
        return await _page(house, request, member, status=422, trouble=said, typed=words)
    return doors.to(f"/desk/texts/{uid}/pictures?done={'added' if words.alt else 'kept'}")


async def stale(house: House, request: Request, member: Member, upload: Upload) -> Response:
    """Give back what was typed on a page from before the member signed in anew."""
    said = doors.translator(request)(_STALE)
    return await _page(house, request, member, status=409, trouble=said, typed=_caption(upload.fields))


async def change(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `.../pictures/NAME`: another description, or out of the text with it."""
    uid, name = request.path_params["uid"], request.path_params["name"]
    words = _caption(fields)
    trouble = _trouble(request, words)
    if trouble:
        return await _page(house, request, member, status=422, trouble=trouble, named=name, said=words)
    try:
        if first(fields, "do") == "remove":
            await depicting.detach(house.site.cap, member, uid, name)
            return doors.to(f"/desk/texts/{uid}/pictures?done=removed")
        await depicting.describe(house.site.cap, member, uid, name, words)
    except (Conflict, Busy) as error:
        said = error.translated(doors.translator(request))
        return await _page(house, request, member, status=409, trouble=said, named=name, said=words)
    return doors.to(f"/desk/texts/{uid}/pictures?done=described")


async def content(house: House, request: Request, member: Member) -> Response:
    """GET `.../pictures/NAME`: the picture itself, for those who work on the text."""
    uid, name = request.path_params["uid"], request.path_params["name"]
    body, kind = await depicting.find_content(house.site.cap, member, uid, name)
    return preview_pages.picture(body, kind)


def _caption(fields: Fields) -> Caption:
    alt, caption, licence = (" ".join(first(fields, name).split()) for name in ("alt", "caption", "licence"))
    return Caption(alt=alt, caption=caption, licence=licence, shows_faces=bool(first(fields, "faces")))


def _trouble(request: Request, words: Caption) -> str:
    translate = doors.translator(request)
    if any(len(each) > depicting.MAX_WORDS for each in (words.alt, words.caption, words.licence)):
        return translate(_TOO_LONG).format(most=depicting.MAX_WORDS)
    return ""
