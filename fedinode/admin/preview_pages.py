"""`/desk/texts/UID/preview`: a text as its page will look, and as Mastodon shows it; nobody else sees it."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from fedinode.admin import doors
from fedinode.admin.doors import House
from fedinode.errors import Conflict, ManuscriptError, NotFound
from fedinode.services.members.signing_in import Member
from fedinode.services.presenting import PostView
from fedinode.services.writing import authoring, previewing
from fedinode.services.writing.mirroring import Loss, Shown
from fedinode.services.writing.rehearsing import Rehearsal


async def show_page(house: House, request: Request, member: Member) -> Response:
    """GET: the page in one language, with the site's own templates."""
    uid = request.path_params["uid"]
    try:
        found = await previewing.preview(house.site.cap, member, uid)
    except (ManuscriptError, Conflict) as error:
        return await _unreadable(house, request, member, error)
    page = found.rehearsal.page(request.query_params.get("language"))
    if page is None:
        raise NotFound(authoring.GONE)
    return site_page(
        house,
        request,
        member,
        page,
        working=found.working,
        back=f"/desk/texts/{uid}",
        base=f"/desk/texts/{uid}/preview",
    )


def site_page(
    house: House, request: Request, member: Member, page: PostView, *, back: str, base: str, **context: Any
) -> Response:
    """Show a post that is not public as its page will be."""
    return doors.page(
        house,
        request,
        "admin/preview.html",
        member=member,
        language=page.language,
        site_template="site/text_page.html" if page.kind == "page" else "site/post.html",
        post=page,
        versions=(),
        accent=page.collective.accent,
        back=back,
        base=base,
        **context,
    )


async def show_mastodon(house: House, request: Request, member: Member) -> Response:
    """GET: what readers of Mastodon see of each object, and what they do not."""
    uid = request.path_params["uid"]
    try:
        found = await previewing.preview(house.site.cap, member, uid)
    except (ManuscriptError, Conflict) as error:
        return await _unreadable(house, request, member, error)
    return doors.page(
        house,
        request,
        "admin/preview_mastodon.html",
        member=member,
        working=found.working,
        card_kind=found.rehearsal.pages[0].kind,
        collective=found.rehearsal.pages[0].collective,
        shown=toots(request, found.rehearsal, found.on_mastodon),
    )


def toots(
    request: Request, rehearsal: Rehearsal, found: tuple[Shown, ...]
) -> list[tuple[Shown, list[str], PostView]]:
    """Return each post with what is lost of it, in the reader's words, and the page of its card."""
    return [
        (
            each,
            [_sentence(request, loss) for loss in each.losses],
            rehearsal.page(each.language) or rehearsal.pages[0],
        )
        for each in found
    ]


def _sentence(request: Request, loss: Loss) -> str:
    return doors.translator(request)(loss.words).format(**loss.values)


async def _unreadable(
    house: House, request: Request, member: Member, error: ManuscriptError | Conflict
) -> Response:
    """Say why a text cannot be shown yet."""
    working = await authoring.open_text(house.site.cap, member, request.path_params["uid"], right="translate")
    return doors.page(
        house,
        request,
        "admin/preview_unreadable.html",
        member=member,
        status=409,
        working=working,
        trouble=error.translated(doors.translator(request)),
    )


# -- for those who vote


async def show_asked(house: House, request: Request, member: Member) -> Response:
    """GET `/desk/decisions/UID/preview`: the page that members are asked about."""
    uid = request.path_params["uid"]
    found = await previewing.preview_asked(house.site.cap, member, uid)
    page = found.rehearsal.page(request.query_params.get("language"))
    if page is None:
        raise NotFound(authoring.GONE)
    back = f"/desk/decisions/{uid}"
    return site_page(house, request, member, page, back=back, base=f"{back}/preview")


async def show_asked_mastodon(house: House, request: Request, member: Member) -> Response:
    """GET `/desk/decisions/UID/preview/mastodon`: the same, as Mastodon shows it."""
    uid = request.path_params["uid"]
    found = await previewing.preview_asked(house.site.cap, member, uid)
    return doors.page(
        house,
        request,
        "admin/preview_mastodon.html",
        member=member,
        working=None,
        back=f"/desk/decisions/{uid}",
        card_kind=found.rehearsal.pages[0].kind,
        collective=found.rehearsal.pages[0].collective,
        shown=toots(request, found.rehearsal, found.on_mastodon),
    )


async def asked_picture(house: House, request: Request, member: Member) -> Response:
    """GET `/desk/decisions/UID/pictures/NAME`: a picture of what members are asked about."""
    uid, name = request.path_params["uid"], request.path_params["name"]
    return picture(*await previewing.asked_picture(house.site.cap, member, uid, name))


def picture(body: bytes, kind: str) -> Response:
    """Return a picture that only members see: it was written by us, and nobody keeps it."""
    headers = {"cache-control": "private, no-store", "content-type": kind, "x-robots-tag": "noindex"}
    return Response(body, headers=headers)
