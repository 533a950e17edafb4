"""`/desk/network`: what others publish, and what we do with it; a post or account from elsewhere."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from fedinode.admin import doors
from fedinode.admin.doors import DESK, Fields, House, first
from fedinode.errors import NodeError, NoSuchPage, NotFound, UsageError
from fedinode.i18n import N_
from fedinode.services.members.signing_in import Member
from fedinode.services.network import handing_on, passing_on, perusing
from fedinode.services.network.perusing import Choice
from fedinode.services.network.ruling import AUTO_A_DAY, KINDS
from fedinode.services.taking_over import Wish
from fedinode.text import canonical_language

NETWORK: Final = f"{DESK}/network"
#: The numbers of rows have fewer digits.
_MAX_LICENCE_CHARS: Final = 200
#: What kinds of posts are called, in lists and in rules.
KIND_NAMES: Final = {
    "note": N_("Notes"),
    "article": N_("Articles and statements"),
    "event": N_("Events"),
    "other": N_("Pictures, films and the rest"),
}
#: What one post is called.
KIND_ONE: Final = {
    "note": N_("Note"),
    "article": N_("Article"),
    "event": N_("Event"),
    "other": N_("Picture, film or the like"),
}
DEED_NAMES: Final = {
    "reshared": N_("reshared by {collective}"),
    "taken-over": N_("taken over by {collective}"),
    "signed": N_("signed by {collective}"),
    "invited": N_("{collective} is asked to sign"),
}
#: Why a rule that shares by itself proposed a post instead.
REASONS: Final = {
    "many": N_("The rule shared as many as it does in a day."),
    "stopped": N_("Everything was stopped when it came."),
    "several-decide": N_("Several members decide what is published, so no rule shares by itself."),
}
_DONE: Final = {
    "reshared": N_("It is reshared."),
    "asked": N_("It is reshared. The members are asked about the comment."),
    "undone": N_("It is no longer reshared."),
    "taken": N_("It is a post of ours now."),
    "draft": N_("It is kept as a draft."),
    "members": N_("It is kept as a draft: several members decide what is published."),
    "signed": N_("It is signed, and its author is told."),
    "voting": N_("Your yes counts. The other members are asked."),
    "settled": N_("Done."),
}


async def show(house: House, request: Request, member: Member) -> Response:
    """GET: a page of what those publish whom the member's collectives follow."""
    return await _list(house, request, member, done=doors.done(request, _DONE))


async def _list(
    house: House, request: Request, member: Member, *, status: int = 200, done: str = "", trouble: str = ""
) -> Response:
    names = member.where("network")
    choice = _choice(request.query_params)
    try:
        page = doors.number(request.query_params.get("page", "1"))
        listing = await perusing.list_posts(house.site.cap, names, choice, page)
    except NoSuchPage as error:
        raise HTTPException(404) from error
    proposed = await passing_on.list_proposed(house.site.cap, names)
    posts = await perusing.find_posts(house.site.cap, names, {each.object_id for each in proposed})
    kept = {"sender": choice.sender, "kind": choice.kind, "language": choice.language}
    query = urlencode({name: value for name, value in kept.items() if value is not None})
    return doors.page(
        house,
        request,
        "admin/network.html",
        member=member,
        status=status,
        listing=listing,
        choice=choice,
        base=f"{house.site.cap.urls.origin}{NETWORK}" + (f"?{query}" if query else ""),
        proposed=[(each, posts[each.object_id]) for each in proposed if each.object_id in posts],
        done=done,
        trouble=trouble,
        **words(),
    )


def words() -> Mapping[str, Any]:
    """Return the names of things that several pages of the network show."""
    return {
        "kinds": KINDS,
        "kind_names": KIND_NAMES,
        "kind_one": KIND_ONE,
        "deed_names": DEED_NAMES,
        "reasons": REASONS,
        "auto_a_day": AUTO_A_DAY,
    }


def _choice(params: Mapping[str, str]) -> Choice:
    """Return how the list is narrowed; a word that means nothing narrows nothing."""
    kind, sender, language = params.get("kind", ""), params.get("sender", ""), params.get("language", "")
    return Choice(
        sender=doors.number(sender) if sender else None,
        kind=kind if kind in KINDS else None,
        language=_language(language),
    )


def _language(written: str) -> str | None:
    try:
        return canonical_language(written) if written else None
    except ValueError:
        return None


async def show_post(house: House, request: Request, member: Member) -> Response:
    """GET `/desk/network/posts/{number}`: one post, and what can be done with it."""
    return await _post(house, request, member, done=doors.done(request, _DONE))


async def _post(
    house: House, request: Request, member: Member, *, status: int = 200, done: str = "", trouble: str = ""
) -> Response:
    names = member.where("network")
    try:
        post = await perusing.find_post(house.site.cap, names, doors.number(request.path_params["number"]))
    except NotFound as error:
        raise HTTPException(404) from error
    return doors.page(
        house,
        request,
        "admin/network_post.html",
        member=member,
        status=status,
        post=post,
        collectives=names,
        signers=tuple(name for name in member.where("sign") if not post.did("signed", name)),
        done=done,
        trouble=trouble,
        **words(),
    )


# -- what is done with a post


async def reshare(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `…/reshare`: with a comment or without, or taken back."""

    async def act(post: int, collective: str) -> str:
        if first(fields, "do") == "undo":
            await handing_on.unreshare(house.site.cap, member, post, collective)
            return "undone"
        comment = first(fields, "comment")
        done = await handing_on.reshare(house.site.cap, member, post, collective, comment)
        return "asked" if done.comment_waits else "reshared"

    return await _act(house, request, member, fields, act)


async def take_over(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `…/take-over`: public at once, or kept as a draft."""

    async def act(post: int, collective: str) -> str:
        language = _language(first(fields, "language"))
        if first(fields, "language") and language is None:
            raise UsageError(N_("This is no tag of a language; write de, or pt-BR."))
        wish = Wish(
            draft=first(fields, "do") == "draft",
            language=language,
            licence=first(fields, "licence").strip()[:_MAX_LICENCE_CHARS] or None,
            pictures=first(fields, "pictures") == "copy",
        )
        taken = await handing_on.take_over(house.site.cap, member, post, collective, wish)
        if taken.published.state != "draft":
            return "taken"
        return "members" if taken.waits_for_members else "draft"

    return await _act(house, request, member, fields, act)


async def cosign(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `…/co-sign`: sign a statement, or ask the members to."""

    async def act(post: int, collective: str) -> str:
        done = await handing_on.cosign(house.site.cap, member, post, collective)
        return "signed" if done.co_signature_uri else "voting"

    answer = await _act(house, request, member, fields, act)
    # Who signs alone does not see the pages of the network.
    is_led_on = answer.status_code == 303 and not member.may("network")
    return doors.to(f"{DESK}/signatures") if is_led_on else answer


async def _act(
    house: House,
    request: Request,
    member: Member,
    fields: Fields,
    act: Callable[[int, str], Awaitable[str]],
) -> Response:
    post = doors.number(request.path_params["number"])
    try:
        return doors.to(f"{NETWORK}/posts/{post}?done={await act(post, first(fields, 'collective'))}")
    except NotFound as error:
        raise HTTPException(404) from error
    except NodeError as error:
        return await _post(house, request, member, status=409, trouble=said(request, error))


async def settle_proposed(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/desk/network/proposed`: reshare what rules propose, or leave it."""
    try:
        is_shared = {"share": True, "leave": False}[first(fields, "do")]
    except KeyError as error:
        raise HTTPException(400) from error
    chosen = numbers(fields, "id")
    if not chosen:
        return await _list(
            house, request, member, status=422, trouble=doors.translator(request)(N_("Choose at least one."))
        )
    names = member.where("network")
    try:
        await passing_on.settle(
            house.site.cap, chosen, is_shared=is_shared, names=names, account=member.account_id
        )
    except NotFound as error:
        raise HTTPException(404) from error
    except NodeError as error:
        return await _list(house, request, member, status=409, trouble=said(request, error))
    return doors.to(f"{NETWORK}?done=settled")


async def look_up(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/desk/network/elsewhere`: fetch what somebody pasted, and show it."""
    try:
        found = await handing_on.look_up(house.site.cap, first(fields, "address"))
    except NodeError as error:
        return await _list(house, request, member, status=422, trouble=said(request, error))
    if found.post_id is not None:
        return doors.to(f"{NETWORK}/posts/{found.post_id}")
    return doors.to(f"{NETWORK}/accounts?{urlencode({'uri': found.actor_uri})}")


# -- small things


def said(request: Request, error: NodeError) -> str:
    """Return the sentence of an error in the reader's language."""
    return error.translated(doors.translator(request))


def numbers(fields: Fields, name: str) -> list[int]:
    """Return the numbers that were chosen in a form, each once. Raises: HTTPException 404."""
    return sorted({doors.number(each) for each in fields.get(name, [])})
