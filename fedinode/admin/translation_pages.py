"""`/desk/texts/UID/translations`: the languages of a text, and each beside the original."""

from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from fedinode.admin import doors
from fedinode.admin.doors import Fields, House, first
from fedinode.errors import Busy, Conflict, UsageError
from fedinode.i18n import N_
from fedinode.manuscripts import Status
from fedinode.services.members.signing_in import Member
from fedinode.services.writing import authoring, translating
from fedinode.services.writing.authoring import Clashed
from fedinode.services.writing.translating import PARTS, Side, Translated
from fedinode.text.numerals import VERSION_DIGITS

#: What a part is called.
NAMES: Final = {
    "title": N_("Title"),
    "summary": N_("Summary"),
    "body": N_("Text"),
    "note": N_("Note by the editors"),
    "issued_by": N_("Issued by"),
    "place": N_("Place"),
    "demands": N_("Demands, one in a line"),
}
#: Who stands behind a text in one language.
STATUSES: Final = {
    Status.OWN: N_("Our own words, as the original"),
    Status.OFFICIAL: N_("Translation that we stand behind"),
    Status.UNOFFICIAL: N_("Translation that nobody has checked"),
    Status.MACHINE: N_("Made by a machine"),
}
_DONE: Final = {"saved": N_("Saved."), "removed": N_("This language is taken out.")}
_CLASHED: Final = N_(
    "{name} changed the same part meanwhile. Below are your words; theirs stand beside each field. "
    "Put together what is right and save again."
)


async def show_all(house: House, request: Request, member: Member) -> Response:
    """GET: the languages of a text and how each stands."""
    return await _list(house, request, member, done=doors.done(request, _DONE))


async def _list(
    house: House, request: Request, member: Member, *, status: int = 200, trouble: str = "", **context: Any
) -> Response:
    uid = request.path_params["uid"]
    working = await authoring.open_text(house.site.cap, member, uid, right="translate")
    try:
        _, lines = await translating.list_languages(house.site.cap, member, uid)
    except Conflict as error:
        lines, status, trouble = (), 409, error.translated(doors.translator(request))
    return doors.page(
        house,
        request,
        "admin/translations.html",
        member=member,
        status=status,
        working=working,
        lines=lines,
        statuses=STATUSES,
        trouble=trouble,
        **{"done": "", "typed": "", **context},
    )


async def add(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST: to the page of one more language; it is in the text once something is saved there."""
    uid, written = request.path_params["uid"], first(fields, "language")
    working = await authoring.open_text(house.site.cap, member, uid, right="translate")
    try:
        tag = translating.require_language(written, working)
    except UsageError as error:
        said = error.translated(doors.translator(request))
        return await _list(house, request, member, status=422, trouble=said, typed=written[:40])
    return doors.to(f"/desk/texts/{uid}/translate/{tag}")


async def show_one(house: House, request: Request, member: Member) -> Response:
    """GET `.../translate/LANGUAGE`: the original and the translation, part by part."""
    return await _one(house, request, member, done=doors.done(request, _DONE))


async def _one(
    house: House,
    request: Request,
    member: Member,
    *,
    status: int = 200,
    trouble: str = "",
    typed: Translated | None = None,
    **context: Any,
) -> Response:
    uid, written = request.path_params["uid"], request.path_params["language"]
    working = await authoring.open_text(house.site.cap, member, uid, right="translate")
    try:
        side = await translating.open_side(house.site.cap, member, uid, written)
    except UsageError as error:
        raise HTTPException(404) from error
    except Conflict as error:
        said = error.translated(doors.translator(request))
        return await _list(house, request, member, status=409, trouble=said)
    return doors.page(
        house,
        request,
        "admin/translate.html",
        member=member,
        status=status,
        working=working,
        side=side,
        sent=typed or _as_it_stands(side),
        is_typed=typed is not None,
        names=NAMES,
        statuses=STATUSES,
        trouble=trouble,
        **{"done": "", **context},
    )


def _as_it_stands(side: Side) -> Translated:
    return Translated(
        words={part.name: part.translation for part in side.parts},
        translator=side.translator,
        status=side.status if side.exists else Status.OFFICIAL,
        is_current=not side.is_outdated,
    )


async def save(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `.../translate/LANGUAGE`: keep it; where somebody else changed the same, show both."""
    uid, written = request.path_params["uid"], request.path_params["language"]
    sent = _sent(fields)
    base = doors.number(first(fields, "base"), status=400, digits=VERSION_DIGITS)
    translate = doors.translator(request)
    try:
        saved = await translating.save(house.site.cap, member, uid, written, base, sent)
    except (UsageError, Conflict, Busy) as error:
        said = error.translated(translate)
        return await _one(house, request, member, status=409, trouble=said, typed=sent)
    if isinstance(saved, Clashed):
        said = translate(_CLASHED).format(name=saved.saved_by)
        return await _one(house, request, member, status=409, trouble=said, typed=sent)
    return doors.to(f"/desk/texts/{uid}/translate/{written}?done=saved")


async def remove(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `.../translations/remove`: take a language out of the text."""
    uid = request.path_params["uid"]
    try:
        await translating.remove(house.site.cap, member, uid, first(fields, "language"))
    except (UsageError, Conflict, Busy) as error:
        said = error.translated(doors.translator(request))
        return await _list(house, request, member, status=409, trouble=said)
    return doors.to(f"/desk/texts/{uid}/translations?done=removed")


def _sent(fields: Fields) -> Translated:
    return Translated(
        words={name: first(fields, name) for name in PARTS},
        translator=first(fields, "translator"),
        status=first(fields, "status"),
        is_current=not first(fields, "was-outdated") or bool(first(fields, "is-current")),
    )
