"""`/desk/moderation/KIND/NUMBER`: one entry with the thread around it, and everything to do about it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from fedinode.admin import doors
from fedinode.admin.doors import Fields, House, first
from fedinode.admin.moderation_pages import KIND_WORDS, MODERATION, rule_words_for
from fedinode.errors import Conflict, Halted, NotAllowed, NotFound, UsageError
from fedinode.i18n import N_
from fedinode.services.members.signing_in import Member
from fedinode.services.moderation import clearing, examining, jotting, queueing, redressing
from fedinode.services.moderation.jotting import About
from fedinode.storage.waiting_entries import KINDS

_DONE: Final[Mapping[str, str]] = {
    "take": N_("Done: it is accepted."),
    "refuse": N_("Done: it is refused or hidden."),
    "note": N_("Your note is kept. Only the moderators of this collective read it."),
    "mine": N_("You took this. The others see it."),
    "back": N_("It is handed back."),
    "answered": N_("The report is answered."),
    "asked": N_("The report is answered. The members are asked whether the post is deleted."),
}
_LATE: Final = N_("Somebody else decided this meanwhile. Nothing was changed.")
#: What became of something, in a word.
STATES: Final[Mapping[str, str]] = {
    "held": N_("waits"),
    "shown": N_("shown"),
    "hidden": N_("hidden"),
    "pending": N_("waits"),
    "accepted": N_("accepted"),
    "rejected": N_("refused"),
    "ended": N_("ended"),
    "suspect": N_("waits"),
    "confirmed": N_("counts"),
    "invalidated": N_("counts no longer"),
    "withdrawn": N_("taken back"),
    "open": N_("waits"),
    "resolved": N_("something was done"),
    "dismissed": N_("nothing was done"),
}
#: What was done about a report, in words.
DEEDS: Final[Mapping[str, str]] = {
    "nothing": N_("nothing"),
    "dismiss": N_("nothing"),
    "done": N_("something, elsewhere"),
    "hide": N_("the reply was hidden"),
    "delete": N_("the post was deleted"),
    "asked": N_("the members were asked whether the post is deleted"),
    "remove": N_("signatures count no longer"),
}
LEVELS: Final[Mapping[str, str]] = {
    "trusted": N_("trusted"),
    "open": N_("open"),
    "held": N_("held: everything waits"),
    "silence": N_("limited"),
    "suspend": N_("suspended"),
}
_ABOUT: Final[Mapping[str, About]] = {"entry": "entry", "actor": "actor", "server": "server"}
_TAKEN: Final = {"take": True, "refuse": False}
_MAX_CHOSEN: Final = 50


async def show(house: House, request: Request, member: Member) -> Response:
    """GET: the entry."""
    return await _page(house, request, member, _Said(done=doors.done(request, _DONE)))


async def decide(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST there: show or hide, accept or refuse; also what was decided before."""
    kind, which = _named(request)
    deed = first(fields, "do")
    if deed not in _TAKEN:
        raise HTTPException(400)

    async def work() -> str:
        cap, was = house.site.cap, first(fields, "was")
        if kind == "reply" and was != "held":
            await redressing.turn(cap, member, which, is_shown=_TAKEN[deed], was=was)
            return deed
        seen = queueing.read_seen(first(fields, "seen"))
        settled = await clearing.settle(
            cap, member, [(kind, which)], "take" if _TAKEN[deed] else "refuse", seen
        )
        if not settled.done:
            raise Conflict(_LATE)
        return deed

    return await _try(house, request, member, work)


async def answer(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/desk/moderation/report/NUMBER/answer`: what is done about a report."""
    _, which = _named(request)
    remedy = next((each for each in redressing.REMEDIES if each == first(fields, "do")), None)
    if remedy is None:
        raise HTTPException(400)
    people = [doors.number(each, status=400) for each in fields.get("person", [])[:_MAX_CHOSEN]]

    async def work() -> str:
        answered = await redressing.answer(
            house.site.cap,
            member,
            which,
            remedy,
            about=fields.get("about", [])[:_MAX_CHOSEN],
            people=people,
        )
        return "asked" if answered.waits else "answered"

    return await _try(house, request, member, work)


async def note(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `.../note`: some words for the other moderators."""
    kind, which = _named(request)
    about = _ABOUT.get(first(fields, "about"))
    if about is None:
        raise HTTPException(400)

    async def work() -> str:
        await jotting.note(house.site.cap, member, kind, which, about, first(fields, "words"))
        return "note"

    return await _try(house, request, member, work, first(fields, "words"))


async def claim(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `.../claim`: one takes it, or hands it back."""
    kind, which = _named(request)
    works = {"mine": jotting.take, "back": jotting.hand_back}
    deed = first(fields, "do")
    if deed not in works:
        raise HTTPException(400)

    async def work() -> str:
        await works[deed](house.site.cap, member, kind, which)
        return deed

    return await _try(house, request, member, work)


# -- parts


async def _try(
    house: House, request: Request, member: Member, work: Callable[[], Awaitable[str]], typed: str = ""
) -> Response:
    kind, which = _named(request)
    try:
        return doors.to(f"{MODERATION}/{kind}/{which}?done={await work()}")
    except NotFound as error:
        raise HTTPException(404) from error
    except Halted:
        raise
    except UsageError as error:
        said = _Said(status=422, trouble=error.translated(doors.translator(request)), typed=typed)
    except (Conflict, NotAllowed) as error:
        said = _Said(status=409, trouble=error.translated(doors.translator(request)), typed=typed)
    return await _page(house, request, member, said)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What a page says of the last form: what was done, or what was wrong, and what had been typed."""

    status: int = 200
    done: str = ""
    trouble: str = ""
    typed: str = ""


async def _page(house: House, request: Request, member: Member, said: _Said) -> Response:
    kind, which = _named(request)
    try:
        case = await examining.look(house.site.cap, member, kind, which)
    except NotFound as error:
        raise HTTPException(404) from error
    return doors.page(
        house,
        request,
        "admin/moderation_case.html",
        member=member,
        status=said.status,
        case=case,
        each=case.entry,
        may_delete=member.may("release", case.entry.collective),
        may_level=member.may("levels"),
        kind_words=KIND_WORDS,
        say_rule=rule_words_for(request),
        states=STATES,
        deeds=DEEDS,
        levels=LEVELS,
        done=said.done,
        trouble=said.trouble,
        typed=said.typed[: jotting.MAX_NOTE_CHARACTERS],
    )


def _named(request: Request) -> tuple[str, int]:
    kind, digits = request.path_params.get("kind", "report"), request.path_params["number"]
    if kind not in KINDS:
        raise HTTPException(404)
    return kind, doors.number(digits)
