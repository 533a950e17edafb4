"""Keeping the search index true: whoever makes a text public or takes it back calls `index_post`.

A newer version may find words in another way; then all posts are indexed anew, a few at a time.
"""

import functools
import itertools
from collections import Counter
from collections.abc import Iterable

from fedinode import text
from fedinode.capabilities import Capabilities
from fedinode.manuscripts import Facts, Person
from fedinode.services import shelving
from fedinode.storage import node_facts, public_posts, search_words
from fedinode.storage.database import Session
from fedinode.storage.public_posts import ListedPost, TextRow
from fedinode.text import stems

#: How words are found; another word here has all posts indexed anew.
_FORM = "without accents"
_FACT = "form of the search index"
_POSTS_AT_ONCE = 50

_TITLE_WEIGHT = 8
_TAG_WEIGHT = 5
_SUMMARY_WEIGHT = 3
_FACT_WEIGHT = 3
#: A word that stands in the text a hundred times says no more than one that stands there five times.
_MAX_IN_BODY = 5


async def bring_up_to_date(cap: Capabilities) -> int:
    """Index all posts anew if an older version indexed them; return how many that were."""
    if await cap.database.read(lambda session: node_facts.find(session, _FACT)) == _FORM:
        return 0
    total, after = 0, 0
    while post_ids := await cap.database.write(functools.partial(_index_some, after)):
        total, after = total + len(post_ids), post_ids[-1]
    await cap.database.write(lambda session: node_facts.put(session, _FACT, _FORM))
    return total


def _index_some(after: int, session: Session) -> tuple[int, ...]:
    post_ids = search_words.list_public_posts(session, after, _POSTS_AT_ONCE)
    for post_id in post_ids:
        index_post(session, post_id)
    return post_ids


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
        for stem in set().union(*stems.keys_of(words, row.language)):
            weights[stem] += weight
    body = itertools.chain.from_iterable(stems.keys_of(text.plain(row.html), row.language))
    for stem, count in Counter(body).items():
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
