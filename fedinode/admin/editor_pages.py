"""`/desk/texts/{uid}`: a text is written, in a plain form or as a file, and kept.

What was sent is never thrown away: where somebody else changed the same, both are shown, and what was sent is
kept aside; where the session ended, the text comes back in a form (`rescuing`).
"""

from dataclasses import dataclass
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from fedinode.admin import doors, rescuing, text_fields
from fedinode.admin.doors import Fields, House, first
from fedinode.admin.text_fields import KIND_NAMES, Filled
from fedinode.admin.text_pages import TEXTS
from fedinode.errors import Conflict, ManuscriptError, NotFound, UsageError
from fedinode.frontmatter import editing
from fedinode.i18n import N_
from fedinode.services.members.signing_in import Member
from fedinode.services.writing import authoring, catching_up, proofreading, retracing
from fedinode.services.writing.authoring import Change, Clashed, Saved, Working
from fedinode.storage.models import new_uid
from fedinode.text import differences
from fedinode.text.differences import Paragraph
from fedinode.text.numerals import VERSION_DIGITS

_DONE: Final = {
    "saved": N_("Saved."),
    "merged": N_("Saved, together with what somebody else changed meanwhile."),
    "caught-up": N_("What was changed in the post is in the text now."),
    "differing": N_(
        "What was changed in the post is in the text now, except where you changed it, too; there your words "
        "stand, and the other ones are in the list of versions, set aside:"
    ),
    "back": N_("This text is being written again."),
    "brought-back": N_("The version was brought back; the one before it is in the list of versions."),
}
_NO_STORE: Final = {"cache-control": "no-store"}
#: Numbers of versions have fewer digits.


async def show(house: House, request: Request, member: Member) -> Response:
    """GET: the form, or with `?as=file` the whole file."""
    working = await _open(house, request, member)
    return await _page(house, request, member, working)


async def _open(house: House, request: Request, member: Member) -> Working:
    try:
        return await authoring.open_text(
            house.site.cap, member, request.path_params["uid"], right="translate"
        )
    except NotFound as error:
        raise HTTPException(404) from error


async def _page(house: House, request: Request, member: Member, working: Working) -> Response:
    may_write = member.may("write", working.collective) and working.state == "open"
    filled: tuple[Filled, ...] | None
    try:
        filled = text_fields.filled(working.source, working.kind)
    except ManuscriptError:
        # A file whose front matter cannot be read has no form; what is wrong with it is said below it.
        filled = None
    return doors.page(
        house,
        request,
        "admin/text.html" if may_write else "admin/text_read.html",
        member=member,
        working=working,
        filled=filled or (),
        has_form=filled is not None,
        as_file=filled is None or request.query_params.get("as") == "file",
        kinds=KIND_NAMES,
        proof=await proofreading.proofread(house.site.cap, working),
        done=doors.done(request, _DONE),
        taken=_taken(request),
        max_bytes=authoring.MAX_SOURCE_BYTES,
        page_name=new_uid(),
        may_write=member.may("write", working.collective),
    )


def _taken(request: Request) -> list[str]:
    """Return which fields somebody else had changed; only names that we know are repeated."""
    names = request.query_params.get("with", "").split(",")
    return [field.label for field in text_fields.FIELDS if field.name in names]


# -- saving


async def save(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST: keep what was written. 409 shows both where somebody else changed the same."""
    as_file = "source" in fields
    try:
        change, outcome = await _save(house, request, member, fields)
    except UsageError:
        return rescuing.rescue(house, request, fields, member, reason="too-long", status=413)
    except ManuscriptError:
        return rescuing.rescue(house, request, fields, member, reason="unreadable", status=409)
    except Conflict:
        return rescuing.rescue(house, request, fields, member, reason="closed", status=409)
    if isinstance(outcome, Clashed):
        return await _clash(house, request, member, outcome, as_file=as_file)
    return doors.to(_after(request, change, outcome, as_file=as_file))


def _after(request: Request, change: Change, saved: Saved, *, as_file: bool) -> str:
    names = [field.name for place in saved.taken if (field := text_fields.field_at(place))]
    word = "merged" if saved.taken else "saved"
    view = "&as=file" if as_file else ""
    taken = f"&with={','.join(names)}" if names else ""
    return f"{TEXTS}/{request.path_params['uid']}?done={word}{taken}{view}"


async def _save(
    house: House, request: Request, member: Member, fields: Fields, *, is_auto: bool = False
) -> tuple[Change, Saved | Clashed]:
    cap, uid = house.site.cap, request.path_params["uid"]
    base = doors.number(first(fields, "base"), status=422, digits=VERSION_DIGITS)
    try:
        source = first(fields, "source")
        if "source" not in fields:
            ground = await _ground(house, member, uid, base)
            source = text_fields.apply(ground.source, _sent(fields, ground))
        change = Change(base_number=base, source=source, is_auto=is_auto, page=_page_name(fields))
        return change, await authoring.save(cap, member, uid, change)
    except NotFound as error:
        raise HTTPException(404) from error


async def _ground(house: House, member: Member, uid: str, base: int) -> Working:
    """Return the version that a form was made of; how the text stands, where it is kept no longer."""
    try:
        return await authoring.open_text(house.site.cap, member, uid, number=base)
    except NotFound:
        return await authoring.open_text(house.site.cap, member, uid)


def _page_name(fields: Fields) -> str | None:
    name = first(fields, "page")
    return name if authoring.is_uid(name) else None


def _sent(fields: Fields, ground: Working) -> dict[str, str]:
    sent = {name: values[0] for name, values in fields.items()}
    if ground.post_id is not None:
        # What a post is, it stays.
        sent.pop("kind", None)
        sent.pop("language", None)
    return sent


async def _clash(
    house: House, request: Request, member: Member, clashed: Clashed, *, as_file: bool
) -> Response:
    both = () if as_file else _both(clashed)
    kind = text_fields.kind_of(clashed.source)
    return doors.page(
        house,
        request,
        "admin/text_clash.html",
        member=member,
        status=409,
        uid=request.path_params["uid"],
        clashed=clashed,
        both=both,
        clashing=[each.filled.field.name for each in both],
        filled=text_fields.filled(clashed.source, kind) if both else (),
        kind=kind,
        changes=() if both else retracing.compare_sources(clashed.theirs, clashed.ours),
        label_of=text_fields.label_of,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Both:
    """A field that two people changed: what it says in each text, and what differs."""

    filled: Filled
    theirs: str
    paragraphs: tuple[Paragraph, ...]


def _both(clashed: Clashed) -> tuple[Both, ...]:
    """Return the fields that both changed; none where something that has no field is among them."""
    fields = [text_fields.field_at(place) for place in clashed.places]
    if not fields or None in fields:
        return ()
    theirs = editing.values_of(clashed.theirs)
    filled = text_fields.filled(clashed.source, text_fields.kind_of(clashed.source))
    return tuple(
        Both(
            filled=each,
            theirs=(said := text_fields.shown(each.field, theirs)),
            paragraphs=differences.compare(said, each.value),
        )
        for each in filled
        if each.field in fields
    )


async def catch_up(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/desk/texts/{uid}/catch-up`: what was changed in the post by command comes into the text."""
    uid = request.path_params["uid"]
    try:
        caught = await catching_up.catch_up(house.site.cap, member, uid)
    except ManuscriptError:
        return doors.to(f"{TEXTS}/{uid}?as=file")
    places = caught.differing or caught.taken
    names = [field.name for place in places if (field := text_fields.field_at(place))]
    word = "differing" if caught.differing else "caught-up"
    return doors.to(f"{TEXTS}/{uid}?done={word}&with={','.join(names)}")


# -- saved by the page itself


async def autosave(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/desk/texts/{uid}/autosave`: what the page's script sends; the answer is JSON.

    `values` are the fields that somebody else changed meanwhile, as they are typed.
    """
    try:
        _, outcome = await _save(house, request, member, fields, is_auto=True)
    except UsageError:
        return _told("too-long", 413)
    except ManuscriptError:
        return _told("unreadable", 409)
    except Conflict:
        return _told("closed", 409)
    if isinstance(outcome, Clashed):
        return _told("clash", 409)
    return JSONResponse(
        {
            "number": outcome.number,
            "saved_at": outcome.saved_at.isoformat(),
            "values": _values(outcome, as_file="source" in fields),
        },
        headers=_NO_STORE,
    )


def _values(saved: Saved, *, as_file: bool) -> dict[str, str]:
    """Return what the page has to show now. What has no field in the form stays as the version has it."""
    if not saved.taken:
        return {}
    if as_file:
        return {"source": saved.source}
    values = editing.values_of(saved.source)
    fields = [field for place in saved.taken if (field := text_fields.field_at(place))]
    return {field.name: text_fields.shown(field, values) for field in fields}


def _told(reason: str, status: int) -> Response:
    return JSONResponse({"error": reason}, status_code=status, headers=_NO_STORE)
