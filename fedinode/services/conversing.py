"""Replies from the network and our own answers to them, as threads under a post. Pure."""

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from fedinode.services import shelving
from fedinode.services.presenting import ReplyView
from fedinode.storage.public_collectives import PublicCollective
from fedinode.storage.public_posts import ListedPost
from fedinode.storage.publications import ReplyRow
from fedinode.text import display_handle, display_host
from fedinode.urls import Urls

#: Answers deeper than this stand beside the one they answer; a phone has no room for more.
MAX_DEPTH = 3


def reply_view(row: ReplyRow) -> ReplyView:
    """Return a reply as it is shown; the handle names the host it came from, whatever the name says."""
    host = urlsplit(row.actor_uri).netloc
    handle = f"@{row.actor_handle}" if row.actor_handle else f"@{row.actor_username or ''}@{host}"
    return ReplyView(
        uri=row.uri,
        url=row.url or row.uri,
        author_name=row.actor_name or row.actor_username or display_host(host),
        author_handle=display_handle(handle),
        author_url=row.actor_url or row.actor_uri,
        html=row.html,
        language=row.language,
        published_at=row.published_at,
    )


def own_answer_view(urls: Urls, post: ListedPost, row: PublicCollective) -> ReplyView:
    """Return an answer of ours as it is shown among the replies."""
    text = shelving.text_in(post, None)
    collective = shelving.collective_view(urls, row, text.language)
    return ReplyView(
        uri=text.object_uri,
        url=shelving.page_url(urls, row.name, post, text),
        author_name=collective.title,
        author_handle=collective.handle,
        author_url=collective.url,
        html=text.html,
        language=text.language,
        published_at=post.published_at,
        is_ours=True,
    )


def threads(answers: Iterable[tuple[str, ReplyView]]) -> tuple[ReplyView, ...]:
    """Put each reply under the one it answers; `answers` pairs the id of what is answered with the reply.

    Those who answer something that is not shown stand at the top. Each thread is in order of time.
    """
    by_parent: dict[str, list[ReplyView]] = {}
    pairs = sorted(answers, key=lambda pair: pair[1].published_at)
    shown = {reply.uri for _, reply in pairs}
    for parent, reply in pairs:
        by_parent.setdefault(parent if parent in shown and parent != reply.uri else "", []).append(reply)
    return _below("", by_parent, depth=1)


def _below(parent: str, by_parent: Mapping[str, list[ReplyView]], depth: int) -> tuple[ReplyView, ...]:
    found: list[ReplyView] = []
    for reply in by_parent.get(parent, ()):
        answers = _below(reply.uri, by_parent, depth + 1)
        if depth < MAX_DEPTH:
            found.append(reply.with_answers(answers))
        else:
            found += [reply, *answers]
    return tuple(found)
