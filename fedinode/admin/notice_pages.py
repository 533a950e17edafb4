"""`/desk/account/notices`: what a member is told, how, in which language; and the link that ends letters."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from fedinode.admin import doors
from fedinode.admin.doors import Fields, House, first
from fedinode.errors import NotFound, UsageError
from fedinode.i18n import N_, spoken_languages
from fedinode.services.members import noticing, telling
from fedinode.services.members.signing_in import Member

NOTICES: Final = f"{doors.ACCOUNT}/notices"
OFF: Final = "/notices/{uid}/{kind}/{token}"
_PACES: Final = {
    noticing.AT_ONCE: N_("by mail, at once"),
    noticing.DAILY: N_("by mail, once a day"),
    noticing.NEVER: N_("not by mail"),
}
_DONE: Final = {
    "chosen": N_("You are told as you chose from now on."),
    "ended": N_("The feed has no address any more."),
}


async def show(house: House, request: Request, member: Member) -> Response:
    """GET: the choices as they are."""
    return await _page(house, request, member)


async def _page(
    house: House, request: Request, member: Member, *, trouble: str = "", new_feed: str = ""
) -> Response:
    return doors.page(
        house,
        request,
        "admin/notices.html",
        member=member,
        status=422 if trouble else 200,
        done=doors.done(request, _DONE),
        trouble=trouble,
        kinds=noticing.KINDS,
        paces=_PACES,
        chosen=await noticing.choices_of(house.site.cap, member.account_id),
        languages=sorted(spoken_languages()),
        new_feed=new_feed,
        has_mail=house.site.cap.settings.mail.host is not None,
    )


async def choose(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST: all choices at once."""
    paces = {each.name: first(fields, each.name) for each in noticing.KINDS if each.name in fields}
    try:
        await noticing.choose(house.site.cap, member.account_id, paces, first(fields, "language"))
    except UsageError as error:
        words = doors.translator(request)(str(error))
        return await _page(house, request, member, trouble=words)
    return doors.to(f"{NOTICES}?done=chosen")


async def renew_feed(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `.../feed`: a new address, shown once; or none."""
    if first(fields, "do") == "end":
        await telling.end_feed(house.site.cap, member.account_id)
        return doors.to(f"{NOTICES}?done=ended")
    url = await telling.make_feed(house.site.cap, member.account_id)
    return await _page(house, request, member, new_feed=url)


async def ask_off(house: House, request: Request) -> Response:
    """GET the link of a letter: a button; looking at it, as mail programs do, changes nothing."""
    words = await _words(house, request)
    return doors.page(
        house, request, "admin/notices_off.html", status=200 if words else 404, words=words, is_off=False
    )


async def turn_off(house: House, request: Request) -> Response:
    """POST there: by the button, or by a mail program (RFC 8058). Who has the link may; it opens nothing."""
    words = await _words(house, request)
    if words:
        asked = request.path_params
        await noticing.turn_off(house.site.cap, asked["uid"], asked["kind"], asked["token"])
    return doors.page(
        house, request, "admin/notices_off.html", status=200 if words else 404, words=words, is_off=True
    )


async def _words(house: House, request: Request) -> str:
    """Return what the link ends, or nothing if it is none of ours."""
    asked = request.path_params
    try:
        return await noticing.words_of_link(house.site.cap, asked["uid"], asked["kind"], asked["token"])
    except NotFound:
        return ""
