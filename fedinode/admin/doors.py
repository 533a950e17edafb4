"""Who comes in: the cookie, the check that a form was sent from a page of ours, and the way to sign in.

Every handler of the desk stands behind `member_only` or, where nobody is signed in yet, `from_here`.
"""

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fedinode import i18n
from fedinode.errors import Halted
from fedinode.i18n import N_
from fedinode.services.members import signing_in
from fedinode.services.members.entitling import Right
from fedinode.services.members.proving import Hashing
from fedinode.services.members.signing_in import Entered, Member
from fedinode.text.browsers import browser_name
from fedinode.text.numerals import ROW_DIGITS, whole_number
from fedinode.web import answers, forms
from fedinode.web.answers import Site
from fedinode.web.headers import CONTENT_SECURITY_POLICY

SIGN_IN, SIGN_OUT, DESK, ACCOUNT = "/sign-in", "/sign-out", "/desk", "/desk/account"
CODE: Final = "/sign-in/code"
MAX_BODY_BYTES: Final = 65_536
#: A page of held replies is one form.
MAX_FIELDS: Final = 1_000
#: With the policy of public pages, "no-referrer", browsers would not say where a form comes from.
_LED_ON: Final = {"cache-control": "no-store", "referrer-policy": "same-origin"}
_PRIVATE: Final = {
    **_LED_ON,
    "x-robots-tag": "noindex",
    "content-type": answers.HTML,
    "content-security-policy": f"{CONTENT_SECURITY_POLICY}; script-src 'self'; connect-src 'self'",
}
#: The menu: where it leads, what it says, and to whom it is shown.
MENU: Final[tuple[tuple[str, str, Right], ...]] = (
    (DESK, N_("What waits"), "enter"),
    (f"{DESK}/decisions", N_("Decisions"), "enter"),
    (f"{DESK}/texts", N_("Texts"), "translate"),
    (f"{DESK}/signatures", N_("Signatures"), "sign"),
    (f"{DESK}/network", N_("Network"), "network"),
    (f"{DESK}/deliveries", N_("Deliveries"), "network"),
    (f"{DESK}/moderation", N_("Moderation"), "moderate"),
    (f"{DESK}/members", N_("Members"), "members"),
    (f"{DESK}/node", N_("This node"), "node"),
    (f"{DESK}/audit", N_("Audit"), "node"),
    (ACCOUNT, N_("Your account"), "enter"),
    (f"{DESK}/stop", N_("Stop everything"), "enter"),
)
#: What is said of a second factor that does not fit, wherever it is asked for.
WRONG_CODE: Final = N_("This code is not right, or it was used before. A new one comes every 30 seconds.")

#: What is said after too many tries to prove who one is.
TOO_OFTEN: Final = N_("There were too many tries. Wait a quarter of an hour, then try again.")

Fields = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What every handler of the desk is given: the site, and what checks passwords."""

    site: Site
    hashing: Hashing = field(default_factory=Hashing)


OpenHandler = Callable[[House, Request], Awaitable[Response]]
OpenForm = Callable[[House, Request, Fields], Awaitable[Response]]
MemberPage = Callable[[House, Request, Member], Awaitable[Response]]
MemberForm = Callable[[House, Request, Member, Fields], Awaitable[Response]]


# -- pages and forms


def from_here(handler: OpenForm) -> OpenHandler:
    """Let a form through that was sent from a page of ours, by somebody who is not signed in."""

    async def guarded(house: House, request: Request) -> Response:
        require_own_page(house, request)
        return await handler(house, request, await forms.read_lists(request, MAX_BODY_BYTES))

    return guarded


def member_only(handler: MemberPage, right: Right = "enter") -> OpenHandler:
    """Show a page to members with a right somewhere; who is not signed in is led to where they do."""

    async def guarded(house: House, request: Request) -> Response:
        member = await find_member(house, request)
        if member is None:
            return to(SIGN_IN)
        if lacks_second_factor(house, member) and request.url.path != ACCOUNT:
            return to(ACCOUNT)
        _require_right(member, right, request)
        return await handler(house, request, member)

    return guarded


def member_form(
    handler: MemberForm, right: Right = "enter", *, max_bytes: int = MAX_BODY_BYTES
) -> OpenHandler:
    """Take a form from members with a right somewhere, sent from a page of theirs.

    In which collective the right is needed depends on what the form is about, so the handler asks again.
    """

    async def guarded(house: House, request: Request) -> Response:
        require_own_page(house, request)
        member = await find_member(house, request)
        if member is None:
            return to(SIGN_IN)
        if lacks_second_factor(house, member) and not request.url.path.startswith(ACCOUNT):
            raise HTTPException(403)
        _require_right(member, right, request)
        fields = await forms.read_lists(request, max_bytes, MAX_FIELDS)
        if not is_sealed(fields, member):
            raise HTTPException(403)
        try:
            return await handler(house, request, member, fields)
        except Halted as error:
            words = error.translated(translator(request))
            return page(house, request, "admin/halted.html", member=member, status=409, trouble=words)

    return guarded


async def find_member(house: House, request: Request) -> Member | None:
    """Return who is signed in with this browser."""
    token = token_of(house, request)
    return await signing_in.find_member(house.site.cap, token) if token else None


def require_own_page(house: House, request: Request) -> None:
    """Raise HTTPException 403 unless the browser says that a form comes from a page of ours.

    Old browsers know no Sec-Fetch-Site, but all that are in use say Origin.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    said = (site in (None, "same-origin"), origin in (None, house.site.cap.urls.origin))
    if not all(said) or (site is None and origin is None):
        raise HTTPException(403)


def seal_of(member: Member) -> str:
    """Return what a form of this session carries: nobody without the session's token can make it."""
    return hashlib.sha256(f"form {member.session.token_hash}".encode()).hexdigest()


def is_sealed(fields: Fields, member: Member) -> bool:
    """Tell whether a form carries the seal of the member's present session."""
    return hmac.compare_digest(first(fields, "seal").encode(), seal_of(member).encode())


def lacks_second_factor(house: House, member: Member) -> bool:
    """Tell whether a member has to set up a second factor before anything else."""
    return house.site.cap.settings.members.require_second_factor and not member.has_totp


def _require_right(member: Member, right: Right, request: Request) -> None:
    # Whoever was let go keeps the pages of their own account.
    if not member.may(right) and not request.url.path.startswith((ACCOUNT, SIGN_OUT)):
        raise HTTPException(403)


def number(written: str, *, status: int = 404, digits: int = ROW_DIGITS) -> int:
    """Return a number from a form or an address. Raises: HTTPException with this status for anything else."""
    found = whole_number(written, digits)
    if found is None:
        raise HTTPException(status)
    return found


def first(fields: Fields, name: str) -> str:
    """Return the first value of a field, or nothing."""
    return fields.get(name, [""])[0]


# -- answers


def page(
    house: House,
    request: Request,
    template: str,
    *,
    member: Member | None = None,
    status: int = 200,
    language: str | None = None,
    **context: Any,
) -> Response:
    """Render a page of the desk in the reader's language, or in that of a text; nobody keeps it."""
    body = house.site.renderer.page(
        template,
        language or _language(request),
        site_name=house.site.cap.urls.host,
        member=member,
        seal=seal_of(member) if member else "",
        path=request.url.path,
        menu=_menu(member, request.url.path),
        must_secure=member is not None and lacks_second_factor(house, member),
        **context,
    )
    return Response(body, status_code=status, headers=_PRIVATE)


def _menu(member: Member | None, path: str) -> tuple[tuple[str, str, bool], ...]:
    """Return the lines of the menu that a member is shown: where it leads, what it says, if we are there."""
    shown = [(to, words) for to, words, right in MENU if member is not None and member.may(right)]
    here = max((to for to, _ in shown if f"{path}/".startswith(f"{to}/")), key=len, default="")
    return tuple((to, words, to == here) for to, words in shown)


def translator(request: Request) -> Callable[[str], str]:
    """Return what translates a sentence for this reader."""
    return i18n.translator(_language(request))


def done(request: Request, sentences: Mapping[str, str]) -> str:
    """Return the sentence about the form that led here, whose word is in the address; or nothing."""
    said = sentences.get(request.query_params.get("done", ""))
    return translator(request)(said) if said else ""


def _language(request: Request) -> str:
    return i18n.best_language(request.headers.get("accept-language", ""))


def to(path: str) -> Response:
    """Lead on after a form was taken."""
    return RedirectResponse(path, status_code=303, headers=_LED_ON)


def welcome(house: House, entered: Entered) -> Response:
    """Give the browser its cookie and lead on: to the desk, or to the second factor."""
    response = to(CODE if entered.needs_code else DESK)
    _set_cookie(house, response, entered.token, days=house.site.cap.settings.members.session_days)
    return response


def goodbye(house: House) -> Response:
    """Take the cookie back and lead to where one signs in."""
    response = to(SIGN_IN)
    _set_cookie(house, response, "", days=0)
    return response


def token_of(house: House, request: Request) -> str:
    """Return what the browser's cookie says, or nothing."""
    return request.cookies.get(cookie_name(house), "")


def browser_of(request: Request) -> str:
    """Return the browser's name, as its owner reads it."""
    return browser_name(request.headers.get("user-agent", "")[:500])


def cookie_name(house: House) -> str:
    """Return the cookie's name: with the prefix that binds it to this host where there is TLS."""
    return "__Host-desk" if _is_tls(house) else "desk"


def _set_cookie(house: House, response: Response, token: str, *, days: int) -> None:
    response.set_cookie(
        cookie_name(house),
        token,
        max_age=days * 86_400,
        path="/",
        secure=_is_tls(house),
        httponly=True,
        samesite="lax",
    )


def _is_tls(house: House) -> bool:
    return house.site.cap.urls.origin.startswith("https:")
