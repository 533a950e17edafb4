"""`/desk/moderation/levels`: how far domains and actors are let in: seen, decided, lifted."""

from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from fedinode.admin import doors
from fedinode.admin.doors import Fields, House, first
from fedinode.errors import NodeError, NotFound, UsageError
from fedinode.i18n import N_
from fedinode.services.members.signing_in import Member
from fedinode.services.moderation import block_lists, excluding, looking_up_levels
from fedinode.services.moderation.level_words import SEVERITIES, Severity, Wish
from fedinode.services.moderation.looking_up_levels import Wanted
from fedinode.text.numerals import whole_number

LEVELS: Final = f"{doors.DESK}/moderation/levels"
#: What the levels are called, and what each means.
NAMES: Final[dict[Severity, str]] = {
    "trusted": N_("Trusted"),
    "open": N_("Open"),
    "held": N_("Held"),
    "silence": N_("Limited"),
    "media": N_("No pictures"),
    "suspend": N_("Suspended"),
}
MEANINGS: Final[dict[Severity, str]] = {
    "trusted": N_("Replies are shown without waiting, also where comments are held; rules do not stop them."),
    "open": N_("As everybody: an exception from what holds for a domain above."),
    "held": N_("Replies, requests to follow and consents wait for a moderator."),
    "silence": N_("As held, and what they write is not shown in our lists."),
    "media": N_("Nothing of their pictures is fetched or kept; they are linked."),
    "suspend": N_("Nothing comes from there and nothing goes there; what they have here is taken back."),
}
TONES: Final[dict[Severity, str]] = {
    "trusted": "good",
    "open": "",
    "held": "wait",
    "silence": "wait",
    "media": "wait",
    "suspend": "bad",
}
_DONE: Final = {
    "set": N_("It holds from now on."),
    "asked": N_("The members are asked. Until they agree, the domain is limited."),
    "asked-to-lift": N_("The members are asked. Until they agree, it stays suspended."),
    "lifted": N_("Lifted. What a suspension took back within the last 30 days came back."),
}
_NOBODY: Final = N_("This is neither a domain nor the address of an account; or it is this node itself.")
_UNKNOWN: Final = N_("Nobody is known here by this handle; give the address of the profile instead.")
_NOTHING_SAID: Final = N_("Nothing was decided about it any more.")
_CSV: Final = {
    "content-type": "text/csv; charset=utf-8",
    "content-disposition": 'attachment; filename="domain_blocks.csv"',
    "cache-control": "no-store",
}


async def show(house: House, request: Request, member: Member) -> Response:
    """GET: all decisions, searched and by pages."""
    return await _list(house, request, member, done=doors.done(request, _DONE))


async def _list(
    house: House, request: Request, member: Member, *, status: int = 200, done: str = "", trouble: str = ""
) -> Response:
    query = request.query_params
    severity = next((word for word in SEVERITIES if word == query.get("level")), None)
    wanted = Wanted(words=query.get("q", "")[:200], severity=severity, page=_page_number(query.get("page")))
    found = await looking_up_levels.search(house.site.cap, wanted)
    return doors.page(
        house,
        request,
        "admin/levels.html",
        member=member,
        status=status,
        found=found,
        wanted=wanted,
        names=NAMES,
        tones=TONES,
        base=f"{LEVELS}?q={quote(wanted.words)}&level={severity or ''}",
        done=done,
        trouble=trouble,
    )


def _page_number(written: str | None) -> int:
    return max(1, whole_number(written or "1", 5) or 1)


async def ask(house: House, request: Request, member: Member) -> Response:
    """GET `/levels/entry`: what holds for somebody, what suspending would do, and the form."""
    return await _entry(house, request, member, request.query_params.get("subject", ""))


async def _entry(
    house: House, request: Request, member: Member, subject: str, *, status: int = 200, trouble: str = ""
) -> Response:
    try:
        entry = await looking_up_levels.entry(house.site.cap, subject[:2_000])
    except (UsageError, NotFound) as error:
        return await _list(house, request, member, status=422, trouble=_why(request, error))
    return doors.page(
        house,
        request,
        "admin/level.html",
        member=member,
        status=status,
        entry=entry,
        names=NAMES,
        meanings=MEANINGS,
        tones=TONES,
        trouble=trouble,
    )


async def decide(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/levels/entry`: give somebody a level."""
    subject = first(fields, "subject")[:2_000]
    severity = next((word for word in SEVERITIES if word == first(fields, "level")), None)
    if severity is None:
        words = doors.translator(request)(N_("Choose a level."))
        return await _entry(house, request, member, subject, status=422, trouble=words)
    wish = Wish(
        severity=severity,
        rejects_media=bool(first(fields, "rejects_media")),
        rejects_reports=bool(first(fields, "rejects_reports")),
        is_obfuscated=bool(first(fields, "is_obfuscated")),
        reason=first(fields, "reason"),
        public_reason=first(fields, "public_reason"),
    )
    try:
        done = await excluding.set_level(house.site.cap, subject, wish, account=member.account_id)
    except (UsageError, NotFound) as error:
        return await _list(house, request, member, status=422, trouble=_why(request, error))
    except NodeError as error:
        return await _entry(house, request, member, subject, status=409, trouble=str(error))
    return doors.to(f"{LEVELS}?q={quote(done.subject)}&done={'asked' if done.decision else 'set'}")


async def lift(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/levels/lift`: nothing holds for somebody any more."""
    subject = first(fields, "subject")[:2_000]
    try:
        done = await excluding.unblock(house.site.cap, subject, account=member.account_id)
    except UsageError as error:
        return await _list(house, request, member, status=422, trouble=_why(request, error))
    except NotFound:
        words = doors.translator(request)(_NOTHING_SAID)
        return await _list(house, request, member, status=404, trouble=words)
    except NodeError as error:
        words = error.translated(doors.translator(request))
        return await _list(house, request, member, status=409, trouble=words)
    return doors.to(f"{LEVELS}?done={'asked-to-lift' if done.decision else 'lifted'}")


def _why(request: Request, error: NodeError) -> str:
    """Return why nobody can be meant, in the reader's language."""
    return doors.translator(request)(_UNKNOWN if isinstance(error, NotFound) else _NOBODY)


async def export(house: House, _request: Request, _member: Member) -> Response:
    """GET `/levels/export`: the domains as Mastodon's file."""
    text = block_lists.render(await excluding.blocks(house.site.cap))
    return Response(text, headers=_CSV)
