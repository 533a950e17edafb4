"""`/desk/network/statements`: our own statements, and whom we ask to sign them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from fedinode.admin import doors, network_pages
from fedinode.admin.doors import Fields, House, first
from fedinode.errors import NodeError, NotFound, UsageError
from fedinode.i18n import N_
from fedinode.services.cosigning import corresponding, inviting
from fedinode.services.cosigning.corresponding import Checked, OwnStatement
from fedinode.services.cosigning.inviting import Ask
from fedinode.services.members.signing_in import Member

INVITATIONS: Final = f"{network_pages.NETWORK}/statements"
_MAX_WORDS_CHARS: Final = 2_000
#: What became of a cell that was asked: a word, and its colour.
STATES: Final = {
    "invited": (N_("asked; no answer yet"), "wait"),
    "declined": (N_("declined"), "bad"),
    "cancelled": (N_("taken back"), ""),
    "expired": (N_("no answer in time"), ""),
    "answered": (N_("answered"), "good"),
    "pending": (N_("wants to sign; we have not answered"), "wait"),
    "accepted": (N_("signed"), "good"),
    "rejected": (N_("not listed by us"), "bad"),
    "withdrawn": (N_("withdrew"), "bad"),
    "removed": (N_("taken off by us"), "bad"),
    "void": (N_("ended: not published in time"), ""),
    "superseded": (N_("ended: the text was changed"), ""),
}
_DONE: Final = {
    "sent": N_("They are asked."),
    "taken": N_("They are told that the invitation is over."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tried:
    """A form that was not acted on: what was written, what is known of each handle, what went wrong."""

    fields: Fields = field(default_factory=dict)
    checked: tuple[Checked, ...] = ()
    error: NodeError | None = None


async def show_all(house: House, request: Request, member: Member) -> Response:
    """GET: the statements that others can sign."""
    found = await corresponding.list_statements(house.site.cap, member.where("network"))
    return doors.page(house, request, "admin/invitations.html", member=member, statements=found)


async def show(house: House, request: Request, member: Member) -> Response:
    """GET `/desk/network/statements/{uid}`: who was asked, who signed, and a form to ask others."""
    statement = await _statement(house, request, member)
    return await _page(house, request, member, statement, _Tried())


async def _statement(house: House, request: Request, member: Member) -> OwnStatement:
    names = member.where("network")
    try:
        return await corresponding.find_statement(house.site.cap, names, request.path_params["uid"])
    except NotFound as error:
        raise HTTPException(404) from error


async def _page(
    house: House, request: Request, member: Member, statement: OwnStatement, tried: _Tried
) -> Response:
    error = tried.error
    return doors.page(
        house,
        request,
        "admin/invitation.html",
        member=member,
        status=200 if error is None else 422,
        statement=statement,
        lines=await corresponding.list_lines(house.site.cap, statement),
        states=STATES,
        given={name: first(tried.fields, name) for name in ("handles", "until", "words", "role")},
        checked=[
            (each, network_pages.said(request, each.trouble) if each.trouble else "")
            for each in tried.checked
        ],
        most=corresponding.MAX_HANDLES,
        done=doors.done(request, _DONE) if request.method == "GET" else "",
        trouble="" if error is None else network_pages.said(request, error),
    )


async def invite(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST: look whether they can be asked, then ask all of them or nobody."""
    statement = await _statement(house, request, member)
    checked: tuple[Checked, ...] = ()
    try:
        handles = corresponding.require_handles(first(fields, "handles"))
        ask = Ask(
            ends_at=_until(first(fields, "until")),
            role="issuer" if first(fields, "role") == "issuer" else "cosigner",
            words=first(fields, "words").strip()[:_MAX_WORDS_CHARS],
        )
        checked = await corresponding.check(house.site.cap, statement, handles)
        is_sent = first(fields, "do") == "send" and not any(each.trouble for each in checked)
        if not is_sent:
            return await _page(house, request, member, statement, _Tried(fields=fields, checked=checked))
        await inviting.invite(house.site.cap, statement.uri, handles, ask, account=member.account_id)
    except NodeError as error:
        tried = _Tried(fields=fields, checked=checked, error=error)
        return await _page(house, request, member, statement, tried)
    return doors.to(f"{INVITATIONS}/{statement.uid}?done=sent")


async def uninvite(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `…/take-back`: an open invitation is over, and its cell is told."""
    statement = await _statement(house, request, member)
    try:
        await inviting.uninvite(
            house.site.cap, statement.uri, first(fields, "handle"), account=member.account_id
        )
    except NotFound as error:
        raise HTTPException(404) from error
    except NodeError as error:
        return await _page(house, request, member, statement, _Tried(error=error))
    return doors.to(f"{INVITATIONS}/{statement.uid}?done=taken")


def _until(written: str) -> datetime | None:
    """Return the end of a day that somebody chose, in UTC. Raises: UsageError."""
    if not written:
        return None
    try:
        day = datetime.strptime(written, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise UsageError(N_("Write the day as 2027-03-14.")) from None
    return day.replace(hour=23, minute=59)
