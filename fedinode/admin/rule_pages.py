"""`/desk/moderation/rules`, `/circle`, `/attack`: what waits, who alone may federate, the switch."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from fedinode.admin import doors
from fedinode.admin.doors import Fields, House, first
from fedinode.errors import NodeError, UsageError
from fedinode.i18n import N_
from fedinode.services.members.signing_in import Member
from fedinode.services.moderation import alerting, allowing, withholding
from fedinode.services.moderation.withholding import KINDS, RuleKind
from fedinode.text.numerals import whole_number

RULES: Final = f"{doors.DESK}/moderation/rules"
CIRCLE: Final = f"{doors.DESK}/moderation/circle"
ATTACK: Final = f"{doors.DESK}/moderation/attack"
MAX_LIST_BYTES: Final = 1024 * 1024
#: What a rule looks for, as the page calls it.
RULE_NAMES: Final[dict[RuleKind, str]] = {
    "word": N_("A word, or several in a row"),
    "part": N_("A part of a word"),
    "domain": N_("Links to a domain"),
    "shortener": N_("Shortened links"),
    "new-account": N_("Accounts younger than so many days"),
    "links": N_("More links than"),
    "mentions": N_("More people named than"),
}
_DONE: Final = {
    "added": N_("The rule holds from now on."),
    "removed": N_("The rule is gone."),
    "listed": N_("The list is changed."),
    "on": N_("Only listed servers federate with this node now."),
    "off": N_("Every server federates with this node again, except the suspended ones."),
    "begun": N_("Everything that comes in is held from now on."),
    "ended": N_("It is over. What was held waits in the queue."),
}
_FAULTY: Final = N_("These lines are no domains: {lines}")


# -- rules


async def show_rules(house: House, request: Request, member: Member) -> Response:
    """GET: all rules, and the form to try them on a text."""
    return await _rules(house, request, member, done=doors.done(request, _DONE))


async def _rules(
    house: House, request: Request, member: Member, *, status: int = 200, **said: str
) -> Response:
    return doors.page(
        house,
        request,
        "admin/rules.html",
        member=member,
        status=status,
        rules=await withholding.rules(house.site.cap),
        rule_names=RULE_NAMES,
        **{"done": "", "trouble": "", "tried": "", "verdict": "", **said},
    )


async def add_rule(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST: a rule, or one for each line."""
    translate = doors.translator(request)
    kind = next((word for word in KINDS if word == first(fields, "kind")), None)
    if kind is None:
        return await _rules(house, request, member, status=422, trouble=translate(N_("Choose a rule.")))
    try:
        await withholding.add(house.site.cap, kind, first(fields, "value"), account=member.account_id)
    except NodeError as error:
        return await _rules(house, request, member, status=422, trouble=translate(str(error)))
    return doors.to(f"{RULES}?done=added")


async def remove_rule(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/remove`: one rule goes."""
    number = whole_number(first(fields, "rule")) or 0
    try:
        await withholding.remove(house.site.cap, number, account=member.account_id)
    except NodeError:
        words = doors.translator(request)(N_("This rule was gone already."))
        return await _rules(house, request, member, status=404, trouble=words)
    return doors.to(f"{RULES}?done=removed")


async def try_rules(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/try`: which rule would hold a text; nothing is kept."""
    text, translate = first(fields, "text")[:20_000], doors.translator(request)
    reason = await withholding.try_on(house.site.cap, text)
    if reason is None:
        verdict = translate(N_("No rule would hold this."))
    else:
        sentence, value = withholding.split(reason)
        verdict = translate(sentence).format(value=value)
    return await _rules(house, request, member, tried=text, verdict=verdict)


# -- listed servers alone


async def show_circle(house: House, request: Request, member: Member) -> Response:
    """GET: whether only listed servers federate, which these are, and whom that leaves outside."""
    return await _circle(house, request, member, done=doors.done(request, _DONE))


async def _circle(
    house: House, request: Request, member: Member, *, status: int = 200, done: str = "", trouble: str = ""
) -> Response:
    circle = await allowing.look(house.site.cap)
    return doors.page(
        house,
        request,
        "admin/circle.html",
        member=member,
        status=status,
        circle=circle,
        done=done,
        trouble=trouble,
    )


async def add_domains(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST: domains are listed, one on each line."""
    translate, cap = doors.translator(request), house.site.cap
    try:
        listed = await allowing.allow(cap, first(fields, "domains").splitlines(), account=member.account_id)
    except UsageError as error:
        return await _circle(house, request, member, status=422, trouble=translate(str(error)))
    if listed.faulty:
        words = translate(_FAULTY).format(lines=", ".join(listed.faulty[:20]))
        return await _circle(house, request, member, status=422, trouble=words)
    return doors.to(f"{CIRCLE}?done=listed")


async def remove_domain(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/remove`: a domain leaves the list."""
    if not await allowing.disallow(house.site.cap, fields.get("domain", []), account=member.account_id):
        words = doors.translator(request)(N_("It was not on the list any more."))
        return await _circle(house, request, member, status=404, trouble=words)
    return doors.to(f"{CIRCLE}?done=listed")


async def switch(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/switch`: only listed servers, or everybody."""
    is_on = first(fields, "do") == "on"
    await allowing.switch(house.site.cap, is_on=is_on, account=member.account_id)
    return doors.to(f"{CIRCLE}?done={'on' if is_on else 'off'}")


# -- under attack


async def show_attack(house: House, request: Request, member: Member) -> Response:
    """GET: the switch, and what it does."""
    return await _attack(house, request, member, done=doors.done(request, _DONE))


async def _attack(
    house: House, request: Request, member: Member, *, status: int = 200, done: str = "", trouble: str = ""
) -> Response:
    return doors.page(
        house,
        request,
        "admin/attack.html",
        member=member,
        status=status,
        state=await alerting.state(house.site.cap),
        hours=alerting.HOURS,
        done=done,
        trouble=trouble,
    )


async def begin_attack(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST: hold everything for some hours."""
    hours = whole_number(first(fields, "hours"), 4) or 0
    try:
        await alerting.begin(house.site.cap, hours, account=member.account_id)
    except UsageError as error:
        words = doors.translator(request)(str(error))
        return await _attack(house, request, member, status=422, trouble=words)
    return doors.to(f"{ATTACK}?done=begun")


async def end_attack(house: House, request: Request, member: Member, _fields: Fields) -> Response:
    """POST `/end`: it is over."""
    await alerting.end(house.site.cap, account=member.account_id)
    return doors.to(f"{ATTACK}?done=ended")
