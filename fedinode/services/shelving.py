"""Rows of the site become views in one language: titles, versions, facts. Pure.

What is missing in a language is taken from the post's own language, and what has no title is called by its
first words.
"""

from datetime import datetime
from urllib.parse import urlsplit

from fedinode.manuscripts import Facts, Kind, Status, Wording, languages_of, parse_facts
from fedinode.services.presenting import (
    CollectiveView,
    KeptView,
    Paper,
    Picture,
    PostLine,
    PostView,
    Size,
    Statement,
    Tombstone,
    Version,
)
from fedinode.storage.kept_posts import KeptPost
from fedinode.storage.public_collectives import PublicCollective
from fedinode.storage.public_posts import ListedPost, MediaRow, TextRow
from fedinode.text import (
    display_handle,
    display_host,
    escape,
    event_notices,
    excerpt,
    inline_to_html,
    note_to_html,
    plain,
)
from fedinode.urls import Urls

_TITLE_CHARS = 80
_SUMMARY_CHARS = 280
_KEPT_TITLE_CHARS = 110


def collective_view(urls: Urls, row: PublicCollective, language: str | None = None) -> CollectiveView:
    """Return a collective under the name it has in this language, else in its own."""
    named = next((text for text in row.texts if text.language == language), row.texts[0])
    return CollectiveView(
        name=row.name,
        title=named.name,
        language=named.language,
        handle=display_handle(urls.handle(row.name)),
        uri=row.uri,
        url=urls.profile(row.name),
        about_html=named.about_html or "",
        accent=row.accent,
        icon=None if row.icon is None else _picture(urls, row.icon),
    )


def post_line(urls: Urls, post: ListedPost, row: PublicCollective, language: str | None) -> PostLine:
    """Return a post for a list, in this language or else in its own."""
    text = text_in(post, language)
    return PostLine(
        uid=post.uid,
        uri=text.object_uri,
        kind=Kind(post.kind),
        language=text.language,
        url=page_url(urls, row.name, post, text),
        title=title_of(text),
        is_titled=bool(text.title),
        summary_html=_summary_html(text),
        published_at=post.published_at,
        collective=collective_view(urls, row, text.language),
        versions=versions_of(urls, post, row, text.language),
        event=facts_of(post).event,
    )


def post_view(
    urls: Urls,
    post: ListedPost,
    row: PublicCollective,
    language: str | None,
    *,
    tags: tuple[str, ...] = (),
    media: tuple[MediaRow, ...] = (),
) -> PostView:
    """Return a whole post in this language or else in its own, without what came back from the network."""
    text = text_in(post, language)
    facts = parse_facts(text.facts) if text.facts is not None else facts_of(post)
    wording = facts.wording(text.language)
    return PostView(
        uid=post.uid,
        uri=text.object_uri,
        kind=Kind(post.kind),
        collective=collective_view(urls, row, text.language),
        language=text.language,
        url=page_url(urls, row.name, post, text),
        title=title_of(text),
        is_titled=bool(text.title),
        summary_html=inline_to_html(text.summary) if text.summary else "",
        plain_summary=plain(_summary_html(text)),
        note_html=note_to_html(wording.note) if wording.note else "",
        html=text.html,
        published_at=post.published_at,
        updated_at=_changed_at(post, text),
        versions=versions_of(urls, post, row, text.language),
        tags=tags,
        category=post.category,
        authors=facts.authors,
        sources=facts.sources,
        related=facts.related,
        pictures=tuple(_picture(urls, file) for file in media if file.type.startswith("image/")),
        papers=tuple(_paper(urls, file) for file in media if not file.type.startswith("image/")),
        statement=_statement(post, facts, wording),
        is_outdated=_is_outdated(post, text),
        source_language=wording.source_language,
        said_in=languages_of(facts, text.language),
        licence=facts.licence,
        event=facts.event,
        notices=event_notices(facts.event, wording) if facts.event else (),
        place=wording.place,
    )


def tombstone(urls: Urls, post: ListedPost, row: PublicCollective, language: str) -> Tombstone:
    """Return what is left of a post that was withdrawn."""
    return Tombstone(
        kind=Kind(post.kind),
        language=language,
        withdrawn_at=post.withdrawn_at or post.published_at,
        collective=collective_view(urls, row, language),
    )


def kept_view(post: KeptPost, shared_by: tuple[str, ...] = ()) -> KeptView:
    """Return a post of somebody else as a line: words alone, nothing of its HTML."""
    host = urlsplit(post.actor_uri).netloc
    handle = f"@{post.actor_handle}" if post.actor_handle else f"@{post.actor_username or ''}@{host}"
    # Statements and articles begin with their own title, because some servers show nothing else.
    words = plain(post.html).removeprefix(post.name or "").strip()
    title = post.name or excerpt(words, _KEPT_TITLE_CHARS)
    return KeptView(
        url=post.url or post.uri,
        title=title or post.uri,
        summary=excerpt(words, _SUMMARY_CHARS) if post.name else "",
        language=post.language,
        published_at=post.published_at,
        author_name=post.actor_name or post.actor_username or display_host(host),
        author_handle=display_handle(handle),
        author_url=post.actor_url or post.actor_uri,
        shared_by=shared_by,
    )


# -- parts


def text_in(post: ListedPost, language: str | None) -> TextRow:
    """Return the text in this language, else the one the post was written in."""
    return next((text for text in post.texts if text.language == language), post.texts[0])


def page_url(urls: Urls, collective: str, post: ListedPost, text: TextRow) -> str:
    """Return the address of the page that shows a text."""
    return urls.post_page(collective, text.language, text.slug or post.uid)


def title_of(text: TextRow) -> str:
    """Return the title, or the first words of what has none."""
    return text.title or excerpt(plain(text.html), _TITLE_CHARS) or text.object_uri


def facts_of(post: ListedPost) -> Facts:
    """Return what a post says beside its prose."""
    if post.facts is None:
        return Facts(wordings=(Wording(language=post.primary_language),))
    return parse_facts(post.facts)


def versions_of(urls: Urls, post: ListedPost, row: PublicCollective, current: str) -> tuple[Version, ...]:
    """Return the pages of a post in all its languages, its own first."""
    return tuple(
        Version(
            language=text.language,
            url=page_url(urls, row.name, post, text),
            title=title_of(text),
            status=Status(text.status),
            translator=text.translator,
            is_current=text.language == current,
            is_original=text is post.texts[0],
        )
        for text in post.texts
    )


def _summary_html(text: TextRow) -> str:
    if text.summary:
        return inline_to_html(text.summary)
    return escape(excerpt(plain(text.html), _SUMMARY_CHARS))


def _changed_at(post: ListedPost, text: TextRow) -> datetime | None:
    if post.kind == Kind.EVENT and post.first_public_at and text.revised_at > post.first_public_at:
        # An event that was moved or called off has changed, though no word of its text did.
        return text.revised_at
    # A text may have been rewritten many times before it was shown.
    if text.number == 1 or post.first_public_at is None or text.written_at <= post.first_public_at:
        return None
    return text.written_at


def _is_outdated(post: ListedPost, text: TextRow) -> bool:
    present = {each.text_revision_id for each in post.texts}
    return text.translated_from_id is not None and text.translated_from_id not in present


def _statement(post: ListedPost, facts: Facts, wording: Wording) -> Statement | None:
    if post.kind != Kind.STATEMENT:
        return None
    stated = facts.statement
    return Statement(
        issued_by=wording.issued_by,
        adopted=stated.adopted if stated else None,
        adopted_zone=stated.timezone if stated else None,
        place=wording.place,
        addressees=stated.addressees if stated else (),
        demands=wording.demands,
        signed_elsewhere=stated.signed_elsewhere if stated else None,
    )


def _picture(urls: Urls, file: MediaRow) -> Picture:
    return Picture(
        url=urls.media(file.path),
        alt=file.alt,
        type=file.type,
        width=file.width,
        height=file.height,
        caption=file.caption,
        licence=file.licence,
        sizes=tuple(Size(url=urls.media(size.path), width=size.width) for size in file.sizes),
    )


def _paper(urls: Urls, file: MediaRow) -> Paper:
    return Paper(
        url=urls.media(file.path),
        title=file.alt,
        size_bytes=file.size_bytes,
        caption=file.caption,
        licence=file.licence,
    )
