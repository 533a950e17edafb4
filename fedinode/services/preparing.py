"""A manuscript made ready to be kept: Markdown rendered, pictures cleaned and stored under names of ours.

Everything slow or fallible happens here, before any transaction.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime

from fedinode import text
from fedinode.capabilities import Capabilities
from fedinode.errors import ManuscriptError
from fedinode.manuscripts import Facts, Kind, Manuscript, TextVersion
from fedinode.services import illustrating
from fedinode.storage.media_files import NewMedia
from fedinode.storage.posts import NewPost

#: Written beside each text, so that it is known later which rules made the HTML.
RENDERER = "markdown-it 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedText:
    """A text in one language with its HTML."""

    language: str
    title: str | None
    #: What the author chose, if anything.
    slug: str | None
    summary: str | None
    markdown: str
    html: str
    translator: str | None
    status: str

    def suggested_slug(self) -> str:
        """Return the end of the page's address as the title suggests it; empty where it suggests none."""
        return text.slugify(self.title or "", self.language)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A manuscript with everything rendered; the primary language first."""

    kind: Kind
    key: str
    texts: tuple[PreparedText, ...]
    facts: Facts
    media: tuple[NewMedia, ...]
    published: datetime | None

    def with_key(self, key: str) -> "Prepared":
        """Return the same under another key."""
        return replace(self, key=key)

    def as_post(self, collective_id: int) -> NewPost:
        """Return the row that stands for the whole."""
        event = self.facts.event
        return NewPost(
            collective_id=collective_id,
            kind=self.kind,
            primary_language=self.texts[0].language,
            import_key=self.key,
            comments=self.facts.comments,
            show=self.facts.show,
            category=self.facts.category,
            in_reply_to_uri=self.facts.in_reply_to,
            published_at=self.published,
            starts_at=event.starts_at if event else None,
            ends_at=event.ends_at if event else None,
        )

    def tags(self) -> tuple[tuple[str, str], ...]:
        """Return each tag folded for comparing, and as written."""
        return tuple((text.fold(tag), tag) for tag in self.facts.tags)


async def prepare(cap: Capabilities, manuscript: Manuscript) -> Prepared:
    """Render a manuscript's texts and take its pictures in. Raises ManuscriptError, PictureRefused."""
    prepared = await asyncio.to_thread(render, manuscript)
    language = manuscript.language
    media = [await illustrating.take_in(cap, picture, language) for picture in manuscript.pictures]
    return replace(prepared, media=tuple(media))


def render(manuscript: Manuscript) -> Prepared:
    """Render a manuscript's texts, and leave its pictures out. Raises ManuscriptError."""
    return Prepared(
        kind=manuscript.kind,
        key=manuscript.key,
        texts=_render_all(manuscript),
        facts=manuscript.facts,
        media=(),
        published=manuscript.published,
    )


def check(manuscript: Manuscript) -> None:
    """Find out whether the texts of a manuscript can be rendered. Raises ManuscriptError."""
    _render_all(manuscript)


def _render_all(manuscript: Manuscript) -> tuple[PreparedText, ...]:
    return tuple(_render(manuscript.kind, version) for version in manuscript.texts)


def _render(kind: Kind, version: TextVersion) -> PreparedText:
    # What is signed may link to https alone.
    schemes = text.Schemes.SIGNED if kind is Kind.STATEMENT else text.Schemes.ANY
    try:
        html = text.markdown_to_html(version.markdown, schemes)
    except ValueError as error:
        raise ManuscriptError(f"The text in {version.language} cannot be published: {error}.") from error
    return PreparedText(
        language=version.language,
        title=version.title,
        slug=version.slug,
        summary=version.summary,
        markdown=version.markdown,
        html=html,
        translator=version.translator,
        status=version.status,
    )
