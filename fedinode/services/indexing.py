"""Keeping the search index true: whoever makes a text public or takes it back calls `index_post`."""

from collections import Counter
from collections.abc import Iterable

from fedinode import text
from fedinode.manuscripts import Facts, Person
from fedinode.services import shelving
from fedinode.storage import public_posts, search_words
from fedinode.storage.database import Session
from fedinode.storage.public_posts import ListedPost, TextRow
from fedinode.text import stems

_TITLE_WEIGHT = 8
_TAG_WEIGHT = 5
_SUMMARY_WEIGHT = 3
_FACT_WEIGHT = 3
#: A word that stands in the text a hundred times says no more than one that stands there five times.
_MAX_IN_BODY = 5


def index_post(session: Session, post_id: int) -> None:
    """Bring the index up to date with what is public of a post, within the transaction that changes it."""
    search_words.drop_post(session, post_id)
    found = public_posts.find_post(session, post_id)
    if found is None or found.state != "public":
        return
    tags = public_posts.list_tags(session, post_id)
    for each in found.texts:
        search_words.add_text(session, post_id, each.language, weigh(found, each, tags))


def weigh(post: ListedPost, row: TextRow, tags: Iterable[str]) -> dict[str, int]:
    """Return the stems of a text with how much each says about it."""
    facts = shelving.facts_of(post)
    weights: Counter[str] = Counter()
    for words, weight in (
        (row.title or "", _TITLE_WEIGHT),
        (" ".join((*tags, post.category or "")), _TAG_WEIGHT),
        (row.summary or "", _SUMMARY_WEIGHT),
        (" ".join(_facts_in(facts, row.language)), _FACT_WEIGHT),
    ):
        for stem in set(stems.stems_of(words, row.language)):
            weights[stem] += weight
    for stem, count in Counter(stems.stems_of(text.plain(row.html), row.language)).items():
        weights[stem] += min(count, _MAX_IN_BODY)
    return dict(weights)


def _facts_in(facts: Facts, language: str) -> Iterable[str]:
    wording = facts.wording(language)
    people: tuple[Person, ...] = facts.authors
    if facts.event is not None:
        people += (*facts.event.organisers, *facts.event.speakers)
    yield from wording.demands
    yield from (part for part in (wording.issued_by, wording.place) if part)
    yield from (person.name_in(language) for person in people)
