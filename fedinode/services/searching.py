"""The search: posts that hold every word asked for, in any of its forms, with the words shown in place.

There are no operators: signs between the words mean nothing, so nothing that is typed can be wrong.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from fedinode import text
from fedinode.capabilities import Capabilities
from fedinode.errors import NoSuchPage
from fedinode.services import reading, shelving
from fedinode.services.presenting import NodeView, PostLine
from fedinode.services.reading import House
from fedinode.storage import facets, public_posts, search_words
from fedinode.storage.database import Session
from fedinode.storage.listings import Filter
from fedinode.storage.search_words import Hit
from fedinode.text import stems

MAX_WORDS = 8
MAX_HITS = 200
_BEFORE_CHARS = 60
_SNIPPET_CHARS = 260


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of text; `is_hit` where it is a word that was asked for."""

    words: str
    is_hit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A post that was found, with the place in it that fits best."""

    line: PostLine
    title: tuple[Piece, ...]
    snippet: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchView:
    """A page of what was found; `asked` is what was typed, kept whole."""

    node: NodeView
    asked: str
    language: str | None
    languages: tuple[str, ...]
    results: tuple[Result, ...] = ()
    total: int = 0
    page: int = 1
    pages: int = 1
    #: Set where more was typed than is looked for: so many words were.
    only_words: int | None = None


async def search(cap: Capabilities, asked: str, *, language: str | None, page: int) -> SearchView:
    """Find posts in one language or in all. Raises NotFound for a page that there is not."""

    def read(session: Session, house: House) -> SearchView:
        languages = tuple(facets.count_languages(session, Filter()))
        wanted = (language,) if language else languages
        by_language = {tag: _stems(asked, tag) for tag in wanted}
        hits = _hits(session, by_language)
        pages = max(1, -(-len(hits) // reading.PAGE_SIZE))
        if not 1 <= page <= pages:
            raise NoSuchPage("Fewer posts were found.")
        shown = hits[(page - 1) * reading.PAGE_SIZE : page * reading.PAGE_SIZE]
        results = (_result(session, house, hit, by_language[hit.language]) for hit in shown)
        return SearchView(
            node=house.view(language),
            asked=asked,
            language=language,
            languages=languages,
            results=tuple(result for result in results if result is not None),
            total=len(hits),
            page=page,
            pages=pages,
            only_words=MAX_WORDS if len(stems.split_words(asked)) > MAX_WORDS else None,
        )

    return await reading.read_house(cap, read)


def _stems(asked: str, language: str) -> frozenset[str]:
    return frozenset(stems.stems_of(asked, language)[:MAX_WORDS])


def _hits(session: Session, by_language: Mapping[str, frozenset[str]]) -> list[Hit]:
    """Return each post once, in the language where it fits best, the best first."""
    best: dict[int, Hit] = {}
    for language, wanted in by_language.items():
        if not wanted:
            continue
        for hit in search_words.find(session, language, wanted, Filter(), MAX_HITS):
            if hit.post_id not in best or best[hit.post_id].score < hit.score:
                best[hit.post_id] = hit
    return sorted(best.values(), key=lambda hit: (-hit.score, -hit.post_id))[:MAX_HITS]


def _result(session: Session, house: House, hit: Hit, wanted: frozenset[str]) -> Result | None:
    post = public_posts.find_post(session, hit.post_id)
    if post is None or not post.texts:
        return None
    line = shelving.post_line(house.urls, post, house.row_of(post), hit.language)
    body = " ".join(text.plain(shelving.text_in(post, hit.language).html).split())
    return Result(
        line=line,
        title=mark(line.title, wanted, line.language),
        snippet=snippet(body, wanted, line.language),
    )


def mark(words: str, wanted: frozenset[str], language: str) -> tuple[Piece, ...]:
    """Cut a text into pieces, with each word that was asked for a piece of its own."""
    spans = stems.split_words(words)
    found = stems.keys_of_words((words[start:end] for start, end in spans), language)
    pieces, position = [], 0
    for (start, end), keys in zip(spans, found, strict=True):
        if keys & wanted:
            pieces += [Piece(words=words[position:start]), Piece(words=words[start:end], is_hit=True)]
            position = end
    pieces.append(Piece(words=words[position:]))
    return tuple(piece for piece in pieces if piece.words)


def snippet(body: str, wanted: frozenset[str], language: str) -> tuple[Piece, ...]:
    """Return the part of a text around the first word that was asked for, else its beginning."""
    spans = stems.split_words(body)
    found = stems.keys_of_words((body[start:end] for start, end in spans), language)
    first = next((start for (start, _), keys in zip(spans, found, strict=True) if keys & wanted), 0)
    # Begin with a whole word, a little before.
    begin = next((start for start, _ in spans if start >= first - _BEFORE_CHARS), 0)
    begin = 0 if begin < _BEFORE_CHARS else begin
    cut = text.excerpt(body[begin:], _SNIPPET_CHARS)
    return mark(("… " if begin else "") + cut, wanted, language)
