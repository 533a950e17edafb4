"""`/desk/network/following`, `/followers` and `/accounts`: who follows whom, and what rules say of them."""

from typing import Final
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from fedinode.admin import doors, network_pages
from fedinode.admin.doors import Fields, House, first
from fedinode.admin.network_pages import NETWORK
from fedinode.errors import NodeError, NoSuchPage, NotFound
from fedinode.i18n import N_
from fedinode.services.members.signing_in import Member
from fedinode.services.network import acquainting, handing_on, passing_on
from fedinode.services.network.ruling import AUTO_A_DAY, KINDS, PROPOSED_A_DAY

#: What a rule says, in a word and in a sentence.
MODES: Final = {
    "none": (N_("No rule"), N_("An editor decides each time.")),
    "propose": (N_("Propose"), N_("Each new post waits for an editor.")),
    "auto": (N_("Share by itself"), N_("Each new post is reshared at once, and taken back with it.")),
    "never": (N_("Never"), N_("Nothing of it is reshared.")),
}
STATES: Final = {
    "requested": N_("asked; not answered yet"),
    "accepted": N_("followed"),
    "rejected": N_("refused"),
}
_DONE: Final = {
    "asked": N_("They are asked; their server answers when it likes."),
    "accepted": N_("They are followed."),
    "ended": N_("They are no longer followed."),
    "rule": N_("The rule is set."),
    "removed": N_("They follow us no longer."),
}


async def show_following(house: House, request: Request, member: Member) -> Response:
    """GET `/desk/network/following`."""
    return await _following(house, request, member, done=doors.done(request, _DONE))


async def _following(
    house: House, request: Request, member: Member, *, status: int = 200, done: str = "", trouble: str = ""
) -> Response:
    names = member.where("network")
    words, host, page = _sought(request)
    try:
        found = await acquainting.list_following(house.site.cap, names, words=words, host=host, page=page)
    except NoSuchPage as error:
        raise HTTPException(404) from error
    rules = await passing_on.list_rules(house.site.cap, names)
    return doors.page(
        house,
        request,
        "admin/following.html",
        member=member,
        status=status,
        found=found,
        words=words,
        host=host,
        base=_base(house, f"{NETWORK}/following", words, host),
        rules=rules,
        modes=MODES,
        states=STATES,
        collectives=names,
        kind_names=network_pages.KIND_NAMES,
        bounds=(AUTO_A_DAY, PROPOSED_A_DAY),
        done=done,
        trouble=trouble,
    )


async def show_followers(house: House, request: Request, member: Member) -> Response:
    """GET `/desk/network/followers`: who follows the collectives that the member looks after."""
    words, host, page = _sought(request)
    names = member.where("moderate")
    try:
        found = await acquainting.list_followers(house.site.cap, names, words=words, host=host, page=page)
    except NoSuchPage as error:
        raise HTTPException(404) from error
    return doors.page(
        house,
        request,
        "admin/followers.html",
        member=member,
        found=found,
        words=words,
        host=host,
        base=_base(house, f"{NETWORK}/followers", words, host),
        is_several=len(names) > 1,
        done=doors.done(request, _DONE),
        trouble="",
    )


async def remove_followers(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/desk/network/followers`: the chosen ones follow us no longer."""
    chosen = network_pages.numbers(fields, "id")
    names = member.where("moderate")
    try:
        await acquainting.remove_followers(house.site.cap, chosen, names=names, account_id=member.account_id)
    except NotFound as error:
        raise HTTPException(404) from error
    return doors.to(f"{NETWORK}/followers" + ("?done=removed" if chosen else ""))


async def show_account(house: House, request: Request, member: Member) -> Response:
    """GET `/desk/network/accounts?uri=`: somebody else, and what is between them and us."""
    uri = request.query_params.get("uri", "")
    return await _account(house, request, member, uri)


async def _account(
    house: House,
    request: Request,
    member: Member,
    uri: str,
    *,
    status: int = 200,
    trouble: str = "",
) -> Response:
    names = member.where("network")
    try:
        account = await acquainting.find_account(house.site.cap, names, uri)
    except NotFound as error:
        raise HTTPException(404) from error
    return doors.page(
        house,
        request,
        "admin/network_account.html",
        member=member,
        status=status,
        account=account,
        modes=MODES,
        states=STATES,
        kind_names=network_pages.KIND_NAMES,
        bounds=(AUTO_A_DAY, PROPOSED_A_DAY),
        done="" if trouble else doors.done(request, _DONE),
        trouble=trouble,
    )


async def follow(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/desk/network/accounts/follow`: ask to follow, or follow no longer."""
    handle, collective = first(fields, "handle"), first(fields, "collective")
    act = handing_on.unfollow if first(fields, "do") == "end" else handing_on.follow
    try:
        relation = await act(house.site.cap, member, handle, collective)
    except NotFound as error:
        raise HTTPException(404) from error
    except NodeError as error:
        return await _following(
            house, request, member, status=422, trouble=network_pages.said(request, error)
        )
    word = {"accepted": "accepted", "ended": "ended"}.get(relation.state, "asked")
    return doors.to(f"{NETWORK}/accounts?{urlencode({'uri': relation.actor_uri, 'done': word})}")


async def set_rule(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `…/accounts/rule`: what a collective does with the posts of somebody, or of a server."""
    uri, subject, mode = (first(fields, name) for name in ("uri", "subject", "mode"))
    cap, collective = house.site.cap, first(fields, "collective")
    kinds = fields.get("kinds", []) if mode in ("auto", "propose") else list(KINDS)
    try:
        handing_on.require_in(member, "network", collective)
        known = {(rule.collective, rule.subject) for rule in await passing_on.list_rules(cap, [collective])}
        if mode != "none" or (collective, subject) in known:
            await passing_on.set_rule(
                cap, subject, mode, collective=collective, kinds=kinds, account=member.account_id
            )
    except NotFound as error:
        raise HTTPException(404) from error
    except NodeError as error:
        trouble = network_pages.said(request, error)
        if uri:
            return await _account(house, request, member, uri, status=409, trouble=trouble)
        return await _following(house, request, member, status=409, trouble=trouble)
    path = f"{NETWORK}/accounts?{urlencode({'uri': uri, 'done': 'rule'})}" if uri else ""
    return doors.to(path or f"{NETWORK}/following?done=rule")


def _sought(request: Request) -> tuple[str, str, int]:
    """Return the words and the server that a list is narrowed to, and its page."""
    params = request.query_params
    page = doors.number(params.get("page", "1"))
    return params.get("q", "")[: acquainting.MAX_SEARCH_CHARS], params.get("host", ""), page


def _base(house: House, path: str, words: str, host: str) -> str:
    given = {name: value for name, value in (("q", words), ("host", host)) if value}
    return f"{house.site.cap.urls.origin}{path}" + (f"?{urlencode(given)}" if given else "")
