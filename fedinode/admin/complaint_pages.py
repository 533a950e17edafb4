"""`/desk/moderation/answered`, `/sent` and `/write`: reports that were answered, and ours to others."""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from fedinode.admin import doors
from fedinode.admin.case_pages import DEEDS, STATES
from fedinode.admin.doors import Fields, House, first
from fedinode.admin.moderation_pages import MODERATION
from fedinode.errors import NodeError, NotFound, UsageError
from fedinode.i18n import N_
from fedinode.services.members.signing_in import Member
from fedinode.services.moderation import flagging, recounting_reports
from fedinode.services.moderation.flagging import Complaint

_DONE: Final = {
    "sent": N_("The report is on its way."),
    "before": N_("Exactly this was sent before; it was not sent again."),
}
#: What is known of a delivery, in words.
DELIVERIES: Final = {
    "waiting": N_("on its way"),
    "leased": N_("on its way"),
    "delivered": N_("delivered"),
    "abandoned": N_("given up"),
    "parked": N_("waits until the server answers again"),
}
_MAX_URI_CHARS: Final = 2_000


async def show_answered(house: House, request: Request, member: Member) -> Response:
    """GET `/desk/moderation/answered`: what became of the reports."""
    rows = await recounting_reports.answered(house.site.cap, member)
    return doors.page(
        house,
        request,
        "admin/moderation_answered.html",
        member=member,
        rows=rows,
        states=STATES,
        deeds=DEEDS,
    )


async def show_sent(house: House, request: Request, member: Member) -> Response:
    """GET `/desk/moderation/sent`: what we complained about elsewhere."""
    rows = await flagging.list_sent(house.site.cap, member.where("moderate"))
    words = await flagging.words_of(house.site.cap, [row.activity_id for row in rows])
    return doors.page(
        house,
        request,
        "admin/moderation_sent.html",
        member=member,
        rows=rows,
        words=words,
        deliveries=DELIVERIES,
        done=doors.done(request, _DONE),
    )


async def write(house: House, request: Request, member: Member) -> Response:
    """GET `/desk/moderation/write?actor=URI`: the form."""
    named = request.query_params.getlist("post")[: flagging.MAX_POSTS]
    complaint = Complaint(
        collective=request.query_params.get("collective", ""),
        actor_uri=request.query_params.get("actor", "")[:_MAX_URI_CHARS],
        posts=tuple(named),
        words="",
    )
    return await _form(house, request, member, complaint)


async def send(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST there: first what would be sent is shown, then it is sent."""
    own = member.where("moderate")
    collective = first(fields, "collective") or own[0]
    if collective not in own:
        raise HTTPException(404)
    complaint = Complaint(
        collective=collective,
        actor_uri=first(fields, "actor")[:_MAX_URI_CHARS],
        posts=tuple(each[:_MAX_URI_CHARS] for each in fields.get("post", [])),
        words=first(fields, "words"),
    )
    cap = house.site.cap
    try:
        if first(fields, "sure") == "yes":
            flagged = await flagging.flag(cap, complaint, account=member.account_id)
            return doors.to(f"{MODERATION}/sent?done={'sent' if flagged.is_new else 'before'}")
        prepared = await flagging.prepare(cap, complaint)
    except NotFound as error:
        raise HTTPException(404) from error
    except UsageError as error:
        return await _form(
            house, request, member, complaint, status=422, trouble=error.translated(doors.translator(request))
        )
    return doors.page(house, request, "admin/moderation_send.html", member=member, prepared=prepared)


async def _form(
    house: House,
    request: Request,
    member: Member,
    complaint: Complaint,
    *,
    status: int = 200,
    trouble: str = "",
) -> Response:
    try:
        choice = await flagging.choose(house.site.cap, complaint.actor_uri)
    except NodeError as error:
        raise HTTPException(404) from error
    return doors.page(
        house,
        request,
        "admin/moderation_write.html",
        member=member,
        status=status,
        choice=choice,
        complaint=complaint,
        collectives=member.where("moderate"),
        max_chars=flagging.MAX_WORDS_CHARACTERS,
        trouble=trouble,
    )
