"""`/desk/moderation`: the queue of everything that waits for a moderator, and deciding about many at once."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from fedinode.admin import doors
from fedinode.admin.doors import Fields, House, first
from fedinode.errors import NotFound, UsageError
from fedinode.i18n import N_
from fedinode.services.members.signing_in import Member
from fedinode.services.moderation import clearing, queueing, withholding
from fedinode.services.moderation.clearing import Deed, Named, Settled
from fedinode.services.moderation.queueing import Filter
from fedinode.storage.waiting_entries import KINDS
from fedinode.web import pages

MODERATION: Final = f"{doors.DESK}/moderation"
#: What an entry is, in words, alone and as the name of a list.
KIND_WORDS: Final[Mapping[str, str]] = {
    "reply": N_("A reply"),
    "request": N_("Wants to follow"),
    "signature": N_("Signature of a person"),
    "consent": N_("Signature of a collective"),
    "report": N_("Report"),
}
KIND_LISTS: Final[Mapping[str, str]] = {
    "reply": N_("Replies"),
    "request": N_("Requests to follow"),
    "signature": N_("Signatures of people"),
    "consent": N_("Signatures of collectives"),
    "report": N_("Reports"),
}
#: Why something waits, where that is a word of ours.
RULE_WORDS: Final[Mapping[str, str]] = {
    "policy": N_("the comments of this post wait for you"),
    "resembles": N_("somebody of this name and town signed before"),
}
_DEEDS: Final[Mapping[str, Deed]] = {"take": "take", "refuse": "refuse"}
_GONE: Final = N_("Something here was never yours to decide, or is not there. Nothing was changed.")
_NOTHING_CHOSEN: Final = N_("Choose at least one.")
_MAX_CHARS: Final = 500


async def show(house: House, request: Request, member: Member) -> Response:
    """GET: the queue, narrowed as the address says."""
    return await _page(house, request, member, filter_of(request.query_params))


async def settle_chosen(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/desk/moderation/chosen`: the ticked ones."""
    chosen, deed = filter_of(_firsts(fields)), _deed(fields)
    named = [entry_named(each) for each in fields.get("entry", [])]
    if not named:
        return await _page(house, request, member, chosen, status=422, trouble=_NOTHING_CHOSEN)
    try:
        seen = queueing.read_seen(first(fields, "seen"))
        settled = await clearing.settle(house.site.cap, member, named, deed, seen)
    except NotFound:
        return await _page(house, request, member, chosen, status=404, trouble=_GONE)
    except UsageError as error:
        return await _page(house, request, member, chosen, status=422, trouble=str(error))
    return _back(chosen, deed, settled)


async def settle_all(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/desk/moderation/all`: all that match; first it is asked, with their number."""
    chosen, deed = filter_of(_firsts(fields)), _deed(fields)
    try:
        seen = queueing.read_seen(first(fields, "seen"))
        if first(fields, "sure") == "yes":
            return _back(chosen, deed, await clearing.settle_all(house.site.cap, member, chosen, deed, seen))
        counts = await clearing.count_all(house.site.cap, member, chosen, deed, seen)
    except NotFound as error:
        raise HTTPException(404) from error
    except UsageError as error:
        return await _page(house, request, member, Filter(), status=422, trouble=str(error))
    return doors.page(
        house,
        request,
        "admin/moderation_all.html",
        member=member,
        chosen=chosen,
        deed=deed,
        seen=first(fields, "seen"),
        counts=counts,
        total=sum(counts.values()),
        kind_lists=KIND_LISTS,
        back=address(chosen),
    )


# -- parts


def rule_words_for(request: Request) -> Callable[[str], str]:
    """Return what says in a reader's language why something waits."""
    translate = doors.translator(request)

    def say(reason: str) -> str:
        if reason in RULE_WORDS:
            return translate(RULE_WORDS[reason])
        sentence, value = withholding.split(reason)
        return translate(sentence).format(value=value)

    return say


def filter_of(named: Mapping[str, str]) -> Filter:
    """Return what an address or a form narrows the queue to."""
    kind, whose, same = named.get("kind", ""), named.get("whose", ""), named.get("same", "")
    if kind not in ("", *KINDS) or whose not in queueing.WHOSE:
        raise HTTPException(404)
    return Filter(
        kind=kind,
        collective=named.get("collective", "")[:_MAX_CHARS],
        server=named.get("server", "").strip().lower()[:_MAX_CHARS],
        actor=named.get("actor", "")[:_MAX_CHARS],
        rule=named.get("rule", "")[:_MAX_CHARS],
        same=doors.number(same, status=400) if same else None,
        whose=whose,
    )


def entry_named(written: str) -> Named:
    """Return the kind and number of an entry as a form names it."""
    kind, _, digits = written.partition("-")
    if kind not in KINDS:
        raise HTTPException(400)
    return kind, doors.number(digits, status=400)


def address(chosen: Filter, **more: object) -> str:
    """Return the address of the queue, narrowed."""
    query = urlencode([*chosen.as_fields(), *((name, str(value)) for name, value in more.items())])
    return f"{MODERATION}?{query}" if query else MODERATION


async def _page(
    house: House, request: Request, member: Member, chosen: Filter, *, status: int = 200, trouble: str = ""
) -> Response:
    try:
        queue = await queueing.look(house.site.cap, member, chosen, pages.page_number(request))
    except NotFound as error:
        raise HTTPException(404) from error
    return doors.page(
        house,
        request,
        "admin/moderation.html",
        member=member,
        status=status,
        queue=queue,
        chosen=chosen,
        address=address,
        narrow=lambda **parts: address(replace(chosen, **parts)),
        kind_words=KIND_WORDS,
        kind_lists=KIND_LISTS,
        say_rule=rule_words_for(request),
        done=_done(request) if status == 200 else None,
        trouble=doors.translator(request)(trouble) if trouble else "",
    )


def _done(request: Request) -> tuple[str, int, int] | None:
    """Return what the last form did, how often, and how many others had done before."""
    said = request.query_params
    counts = [said.get(name, "0") for name in ("count", "late")]
    if said.get("done") not in _DEEDS or not all(each.isascii() and each.isdigit() for each in counts):
        return None
    done, late = (int(each[:9]) for each in counts)
    return said["done"], done, late


def _back(chosen: Filter, deed: Deed, settled: Settled) -> Response:
    return doors.to(address(chosen, done=deed, count=settled.done, late=settled.late))


def _deed(fields: Fields) -> Deed:
    try:
        return _DEEDS[first(fields, "do")]
    except KeyError as error:
        raise HTTPException(400) from error


def _firsts(fields: Fields) -> dict[str, str]:
    return {name: values[0] for name, values in fields.items()}
