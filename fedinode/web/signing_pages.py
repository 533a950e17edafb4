"""The form under which people sign a statement, and its answer: look into your mailbox.

An answer never tells whether an address signed before. What somebody typed is shown again when something is
missing, and nowhere else: these pages are kept by nobody.
"""

import unicodedata
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fedinode import i18n, text
from fedinode.cache import NODE_KEY, CachedAnswer, collective_key, post_key
from fedinode.errors import Conflict, NotFound
from fedinode.i18n import N_
from fedinode.services.supporting import fronting, leaving, signing_up
from fedinode.services.supporting.fronting import FormView
from fedinode.services.supporting.limiting import Question
from fedinode.services.supporting.signing_up import FormRefused, SignUp, Typed
from fedinode.web import answers, forms, networks
from fedinode.web.answers import Site

MAX_BODY_BYTES: Final = 32_768
#: Of each field so much is shown again; all that is longer was refused for its length.
_MAX_SHOWN_CHARS: Final = 500
#: A field that people do not see, and programs fill in.
_TRAP: Final = "website"
PRIVATE: Final = {"cache-control": "no-store", "x-robots-tag": "noindex", "content-type": answers.HTML}


#: In the order of the form, for the list of what is wrong.
FIELDS: Final = ("shown", "kind", "name", "role", "city", "country", "email", "agrees", "answer")


async def choose_language(site: Site, request: Request) -> Response:
    """GET `/statements/{uid}/sign`: on to the form in the reader's language, where the statement has it."""
    view = await fronting.form(site.cap, request.path_params["uid"], None)
    wish = i18n.best_language(request.headers.get("accept-language", ""))
    language = wish if wish in {each.language for each in view.statement.versions} else view.language
    headers = {"cache-control": "no-cache", "vary": "Accept-Language"}
    return RedirectResponse(
        site.cap.urls.sign(view.statement.uri, language), status_code=303, headers=headers
    )


async def show(site: Site, request: Request) -> Response:
    """GET `/statements/{uid}/sign/{language}`: the form; with a question, where there are too many."""
    uid, language = request.path_params["uid"], canonical(request.path_params["language"])
    if site.gate.judge(networks.of_visitor(site, request), None).needs_answer:
        view = await fronting.form(site.cap, uid, language)
        return _form(site, view, Typed(), question=site.gate.ask())

    async def make() -> CachedAnswer:
        view = await fronting.form(site.cap, uid, language)
        body = _render(site, view, Typed(), {}, None)
        keys = (NODE_KEY, collective_key(view.statement.collective.name), post_key(view.statement.uid))
        return answers.make_answer(
            body, answers.HTML, depends_on=keys, headers=(("x-robots-tag", "noindex"),)
        )

    return await answers.cached(site, request, f"sign:{uid}:{language}", make)


async def sign(site: Site, request: Request) -> Response:
    """POST `/statements/{uid}/sign`: the letter is on its way, or the form again with what was typed."""
    fields = await forms.read_fields(request, MAX_BODY_BYTES)
    view = await fronting.form(site.cap, request.path_params["uid"], canonical(fields.get("language", "")))
    if not view.people.is_open:
        return _form(site, view, Typed(), status=409)
    typed = _typed(fields)
    if fields.get(_TRAP):
        return await _sent(site, view, typed)
    try:
        wish = signing_up.check(typed, view.language)
    except FormRefused as refused:
        return _again(site, request, view, typed, refused.troubles)
    return await _take(site, request, view, typed, wish, fields)


async def _take(
    site: Site, request: Request, view: FormView, typed: Typed, wish: SignUp, fields: dict[str, str]
) -> Response:
    network = networks.of_visitor(site, request)
    verdict = site.gate.judge(network, wish.mailbox.domain)
    if verdict.is_refused:
        trouble = N_("Very many signatures came from your network within an hour. Please try again later.")
        return _form(site, view, typed, {"email": trouble}, status=429)
    if verdict.needs_answer and not site.gate.is_answered(
        fields.get("question", ""), fields.get("answer", "")
    ):
        trouble = N_("Many people sign just now. Please answer the question, so that we know you are one.")
        return _form(site, view, typed, {"answer": trouble}, question=site.gate.ask(), status=422)
    site.gate.note(network, wish.mailbox.domain)
    try:
        await signing_up.sign_up(site.cap, view, wish, is_suspect=verdict.is_suspect)
    except Conflict:
        # It was closed between this page and this moment.
        return _form(
            site, await fronting.form(site.cap, request.path_params["uid"], view.language), typed, status=409
        )
    return await _sent(site, view, typed)


async def ask_to_leave(site: Site, request: Request) -> Response:
    """GET `/statements/{uid}/sign/{language}/leave`: where somebody asks for the link to leave."""
    view = await fronting.form(
        site.cap, request.path_params["uid"], canonical(request.path_params["language"])
    )
    return _leave_form(site, view)


async def send_way_out(site: Site, request: Request) -> Response:
    """POST there: the same answer for every address."""
    fields = await forms.read_fields(request, MAX_BODY_BYTES)
    language = canonical(request.path_params["language"])
    view = await fronting.form(site.cap, request.path_params["uid"], language)
    written = fields.get("email", "")[:_MAX_SHOWN_CHARS]
    network = networks.of_visitor(site, request)
    if site.gate.judge(network, None).is_refused:
        raise HTTPException(429)
    site.gate.note(network, None)
    try:
        await leaving.send_way_out(site.cap, view, written)
    except ValueError:
        trouble = N_("Write an e-mail address such as name@example.org.")
        return _leave_form(site, view, written, trouble, status=422)
    body = page(site, "site/sign_sent.html", view.language, view=view, email=written, post=None)
    return Response(body, headers=PRIVATE)


# -- parts


def canonical(written: str) -> str:
    """Return a language tag. Raises: NotFound for another spelling than the canonical one."""
    try:
        is_canonical = text.canonical_language(written) == written
    except ValueError:
        is_canonical = False
    if not is_canonical:
        raise NotFound("This address names no language.")
    return written


def page(site: Site, template: str, language: str, **context: Any) -> bytes:
    """Render one of the pages of people who sign."""
    node = context["view"].node
    return site.renderer.page(template, language, site_name=node.title, accent=node.accent, **context)


def _typed(fields: dict[str, str]) -> Typed:
    def word(name: str) -> str:
        return unicodedata.normalize("NFC", fields.get(name, "")).replace("\x00", "")

    return Typed(
        name=word("name"),
        kind=word("kind"),
        role=word("role"),
        city=word("city"),
        country=word("country"),
        shown=word("shown"),
        email=word("email"),
        wants_updates="updates" in fields,
        agrees="agrees" in fields,
    )


def _again(site: Site, request: Request, view: FormView, typed: Typed, troubles: dict[str, str]) -> Response:
    is_busy = site.gate.judge(networks.of_visitor(site, request), None).needs_answer
    return _form(site, view, typed, troubles, question=site.gate.ask() if is_busy else None, status=422)


def _form(
    site: Site,
    view: FormView,
    typed: Typed,
    troubles: dict[str, str] | None = None,
    *,
    question: Question | None = None,
    status: int = 200,
) -> Response:
    body = _render(site, view, typed, troubles or {}, question)
    headers = PRIVATE | ({"retry-after": "3600"} if status == 429 else {})
    return Response(body, status_code=status, headers=headers)


def _render(
    site: Site, view: FormView, typed: Typed, troubles: dict[str, str], question: Question | None
) -> bytes:
    interface = i18n.interface_language(view.language)
    _ = i18n.translator(interface)
    return page(
        site,
        "site/sign.html",
        view.language,
        view=view,
        people=view.people,
        typed=typed,
        troubles={name: _(troubles[name]) for name in FIELDS if name in troubles},
        question=question,
        countries=i18n.countries(interface),
        canonical_url=site.cap.urls.sign(view.statement.uri, view.language),
    )


async def _sent(site: Site, view: FormView, typed: Typed) -> Response:
    office = await signing_up.post_office(site.cap)
    body = page(site, "site/sign_sent.html", view.language, view=view, email=typed.email.strip(), post=office)
    return Response(body, headers=PRIVATE)


def _leave_form(
    site: Site, view: FormView, email: str = "", trouble: str = "", *, status: int = 200
) -> Response:
    words = i18n.gettext(trouble, i18n.interface_language(view.language)) if trouble else ""
    body = page(site, "site/sign_leave_form.html", view.language, view=view, email=email, trouble=words)
    return Response(body, status_code=status, headers=PRIVATE)
