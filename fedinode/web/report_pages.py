"""`/report`: anybody tells those who look after this site what is wrong with something that stands here.

Without scripts, without a mail address, counted like signatures by network and in memory alone. What comes in
is read by the moderators of the collective whose it is.
"""

import unicodedata
from dataclasses import dataclass
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from fedinode import i18n
from fedinode.errors import Busy
from fedinode.i18n import N_
from fedinode.services.moderation import complaining
from fedinode.services.supporting.limiting import Question
from fedinode.web import answers, forms, networks
from fedinode.web.answers import Site

MAX_BODY_BYTES: Final = 65_536
_MAX_URI_CHARS: Final = 2_000
#: A field that people do not see, and programs fill in.
_TRAP: Final = "website"
_HEADERS: Final = {
    "cache-control": "no-store",
    "x-robots-tag": "noindex, nofollow",
    "content-type": answers.HTML,
    "vary": "Accept-Language",
}
_REFUSED: Final = N_("Very many reports came from your network within an hour. Please try again later.")
_ASKED: Final = N_(
    "Many reports come just now. Please answer the question, so that we know you are a person."
)
_FULL: Final = N_("Very many reports wait already. Please try again in some days.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Filled:
    """The form as somebody filled it in, and what is wrong with it."""

    words: str = ""
    name: str = ""
    troubles: tuple[tuple[str, str], ...] = ()
    question: Question | None = None
    status: int = 200
    is_taken: bool = False


async def ask(site: Site, request: Request) -> Response:
    """GET: the form; with a question, where there are too many."""
    needs = site.complaints.judge(networks.of_visitor(site, request), None).needs_answer
    about = request.query_params.get("about", "")
    return await _page(site, request, about, _Filled(question=site.complaints.ask() if needs else None))


async def take(site: Site, request: Request) -> Response:
    """POST: the report is kept, or the form again with what was typed."""
    fields = await forms.read_fields(request, MAX_BODY_BYTES)
    about, words, name = (_word(fields, each) for each in ("about", "words", "name"))
    if fields.get(_TRAP):
        return await _page(site, request, about, _Filled(is_taken=True))
    filled = _Filled(words=words, name=name)
    network = networks.of_visitor(site, request)
    verdict = site.complaints.judge(network, None)
    trouble = complaining.trouble(words)
    is_answered = not verdict.needs_answer or site.complaints.is_answered(
        fields.get("question", ""), fields.get("answer", "")
    )
    if verdict.is_refused:
        return await _again(site, request, about, filled, ("words", _REFUSED), status=429)
    if trouble:
        return await _again(site, request, about, filled, ("words", trouble), status=422)
    if not is_answered:
        return await _again(site, request, about, filled, ("answer", _ASKED), status=422)
    try:
        await complaining.complain(site.cap, about[:_MAX_URI_CHARS], words, name)
    except Busy:
        return await _again(site, request, about, filled, ("words", _FULL), status=503)
    site.complaints.note(network, None)
    return await _page(site, request, about, _Filled(is_taken=True))


# -- parts


def _word(fields: dict[str, str], name: str) -> str:
    return unicodedata.normalize("NFC", fields.get(name, "")).replace("\x00", "").replace("\r\n", "\n")


async def _again(
    site: Site, request: Request, about: str, filled: _Filled, trouble: tuple[str, str], *, status: int
) -> Response:
    needs = status == 422 and site.complaints.judge(networks.of_visitor(site, request), None).needs_answer
    again = _Filled(
        words=filled.words[: complaining.MAX_WORDS_CHARACTERS],
        name=filled.name[: complaining.MAX_NAME_CHARACTERS],
        troubles=(trouble,),
        question=site.complaints.ask() if needs else None,
        status=status,
    )
    return await _page(site, request, about, again)


async def _page(site: Site, request: Request, about: str, filled: _Filled) -> Response:
    language = i18n.best_language(request.headers.get("accept-language", ""))
    if not about or len(about) > _MAX_URI_CHARS:
        raise HTTPException(404)
    view = await complaining.view(site.cap, about, language)
    translate = i18n.translator(language)
    body = site.renderer.page(
        "site/report.html",
        language,
        site_name=view.node.title,
        accent=view.node.accent,
        view=view,
        filled=filled,
        troubles={name: translate(words) for name, words in filled.troubles},
    )
    headers = _HEADERS | ({"retry-after": "3600"} if filled.status == 429 else {})
    return Response(body, status_code=filled.status, headers=headers)
