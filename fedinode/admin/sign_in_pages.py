"""`/sign-in`: by password or with a link, then the code of the second factor, where there is one."""

from starlette.requests import Request
from starlette.responses import Response

from fedinode.admin import doors
from fedinode.admin.doors import Fields, House, first
from fedinode.errors import Busy, NotAllowed, NotFound
from fedinode.i18n import N_
from fedinode.services.members import signing_in

_WRONG = N_("This address and this password do not belong together, or the account sleeps.")
_MAX_TYPED = 300


async def ask(house: House, request: Request) -> Response:
    """GET `/sign-in`: address and password; who is signed in goes to the desk."""
    if await doors.find_member(house, request):
        return doors.to(doors.DESK)
    return doors.page(house, request, "admin/sign_in.html", trouble="", email="")


async def enter(house: House, request: Request, fields: Fields) -> Response:
    """POST `/sign-in`."""
    email, password = first(fields, "email").strip(), first(fields, "password")
    try:
        entered = await signing_in.enter_by_password(
            house.site.cap, house.hashing, email, password, doors.browser_of(request)
        )
    except (NotAllowed, Busy) as error:
        is_busy = isinstance(error, Busy)
        return doors.page(
            house,
            request,
            "admin/sign_in.html",
            status=429 if is_busy else 403,
            trouble=doors.translator(request)(doors.TOO_OFTEN if is_busy else _WRONG),
            email=email[:_MAX_TYPED],
        )
    return doors.welcome(house, entered)


async def show_link(house: House, request: Request) -> Response:
    """GET `/sign-in/{token}`: a button; looking at the link, as mail programs do, uses nothing up."""
    is_good = await signing_in.is_link_good(house.site.cap, request.path_params["token"])
    status = 200 if is_good else 404
    return doors.page(house, request, "admin/sign_in_link.html", status=status, is_good=is_good)


async def use_link(house: House, request: Request, _fields: Fields) -> Response:
    """POST there: the link is used up, and the browser is signed in."""
    try:
        entered = await signing_in.enter_by_link(
            house.site.cap, request.path_params["token"], doors.browser_of(request)
        )
    except NotFound:
        return doors.page(house, request, "admin/sign_in_link.html", status=404, is_good=False)
    return doors.welcome(house, entered)


async def ask_code(house: House, request: Request) -> Response:
    """GET `/sign-in/code`."""
    return doors.page(house, request, "admin/sign_in_code.html", trouble="")


async def give_code(house: House, request: Request, fields: Fields) -> Response:
    """POST there: a code of six digits, or a recovery code."""
    try:
        entered = await signing_in.enter_with_code(
            house.site.cap, doors.token_of(house, request), first(fields, "code")
        )
    except NotFound:
        return doors.to(doors.SIGN_IN)
    except (NotAllowed, Busy) as error:
        is_busy = isinstance(error, Busy)
        return doors.page(
            house,
            request,
            "admin/sign_in_code.html",
            status=429 if is_busy else 403,
            trouble=doors.translator(request)(doors.TOO_OFTEN if is_busy else doors.WRONG_CODE),
        )
    return doors.welcome(house, entered)
