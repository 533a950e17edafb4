"""What a post of somebody else says, as texts that a post of ours can bring. Pure.

The words are the author's: only what could act, load or hide is cut from their HTML. The heading that repeats
the title goes, since every page and post of ours puts it there itself.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from html import unescape
from typing import Final

from federation import jsonld, objects
from federation.jsonld import Document
from federation.links import Attachment
from federation.objects import Object
from fedinode import text
from fedinode.errors import Conflict, NotAllowed, UsageError
from fedinode.manuscripts import Facts, Kind, Source, StatementFacts, Status, Wording
from fedinode.services.preparing import PreparedText

#: Notes and articles are texts; the rest is pictures, films, polls and dates.
_TEXTS: Final = frozenset({"Note", "Article", "Page"})
_MAX_TAGS: Final = 20
_MAX_TITLE_CHARS: Final = 300
_FIRST_LINE = re.compile(
    r"\s*<(?P<tag>h[1-6]|p)>(?P<bold><strong>)?(?P<words>[^<]+)(?(bold)</strong>)</(?P=tag)>\s*"
)
_MARKDOWN = re.compile(r"([\\`*_\[\]<>!#&~|])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A text in one language; `summary` is plain text."""

    language: str
    title: str | None
    summary: str | None
    html: str
    #: As the source says it, of a translation.
    translator: str | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """One object at its source, ready to be taken over."""

    uri: str
    author_uri: str
    page_url: str
    published: datetime | None
    kind: Kind
    #: How it went out there: "full" or "teaser".
    show: str
    #: The language of the object first.
    words: tuple[Words, ...]
    tags: tuple[str, ...]
    pictures: tuple[Attachment, ...]
    licence: str | None
    translation_of: str | None
    translations: tuple[str, ...]

    @property
    def languages(self) -> str:
        """Its languages, with blanks between them."""
        return " ".join(each.language for each in self.words)

    @property
    def digest(self) -> str:
        """What changes with the words alone."""
        said = sorted((each.language, each.title, each.summary, each.html) for each in self.words)
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def read_original(document: Document, language: str | None = None) -> Original:
    """Read what can be taken over; `language` is for objects that do not say theirs.

    Raises: Malformed, TooLarge; NotAllowed for what is not public, Conflict for what is no text, UsageError.
    """
    subject = objects.parse_object(document)
    if jsonld.PUBLIC not in subject.to + subject.cc:
        raise NotAllowed(f"{subject.uri} is not public: its author wrote it for some people alone.")
    if subject.type == "Event":
        raise Conflict(
            "An event is passed on with `fedinode reshare`: a copy would miss a change of its date."
        )
    if subject.type not in _TEXTS:
        raise Conflict(f"{subject.uri} is no text, but of the type {subject.type}.")
    return Original(
        uri=subject.uri,
        author_uri=subject.attributed_to,
        page_url=subject.url or subject.uri,
        published=subject.published,
        kind=Kind.STATEMENT if "textDigest" in document else Kind.NEWS,
        show="full" if subject.type == "Note" else "teaser",
        words=_words(subject, document, language),
        tags=_tags(subject),
        pictures=tuple(each for each in subject.attachments if _is_picture(each)),
        licence=subject.licence,
        translation_of=subject.translation_of,
        translations=subject.translations,
    )


def facts_of(originals: Sequence[Original], author: str, licence: str | None) -> Facts:
    """Return what a post of ours says beside the words of others: who published them first, and where."""
    first = originals[0]
    source = Source(
        role="first_published",
        title=first.words[0].title,
        url=first.page_url,
        language=first.words[0].language,
        publisher=author,
        published=first.published,
        licence=licence or first.licence,
        canonical=True,
    )
    languages = [each.language for original in originals for each in original.words]
    is_statement = first.kind is Kind.STATEMENT
    return Facts(
        wordings=tuple(Wording(language=each) for each in dict.fromkeys(languages)),
        tags=first.tags,
        show=first.show,
        sources=(source,),
        statement=StatementFacts(cosign="closed") if is_statement else None,
    )


def prepared_texts(originals: Sequence[Original]) -> tuple[PreparedText, ...]:
    """Return the texts of all objects of a work, the original language first, each language once."""
    found: dict[str, PreparedText] = {}
    for original in originals:
        for each in original.words:
            status = _status(original, each) if found else Status.OWN
            found.setdefault(each.language, _prepared(each, status))
    return tuple(found.values())


def _status(original: Original, words: Words) -> Status:
    """Return how a translation stands to its original: what its publishers made themselves is official.

    So is every language of a text that others sign. Of the rest we claim nothing.
    """
    if original.kind is Kind.STATEMENT or words.status in (Status.OWN, Status.OFFICIAL):
        return Status.OFFICIAL
    return Status.MACHINE if words.status == Status.MACHINE else Status.UNOFFICIAL


def _prepared(words: Words, status: Status) -> PreparedText:
    # A summary of ours is inline Markdown; theirs is words.
    summary = _MARKDOWN.sub(r"\\\1", words.summary) if words.summary else None
    return PreparedText(
        language=words.language,
        title=words.title,
        slug=None,
        summary=summary,
        markdown=text.plain(words.html),
        html=words.html,
        translator=words.translator,
        status=status,
    )


# -- parts


def _words(subject: Object, document: Document, language: str | None) -> tuple[Words, ...]:
    contents = dict(subject.content_map)
    if not contents and subject.content is not None:
        stated = subject.language or language
        if stated is None:
            raise UsageError(f"{subject.uri} does not say its language; name it with --language.")
        contents = {stated: subject.content}
    names = jsonld.get_language_map(document, "nameMap", max_characters=jsonld.MAX_NAME_CHARACTERS)
    summaries = jsonld.get_language_map(document, "summaryMap", max_characters=objects.MAX_CONTENT_CHARACTERS)
    translators = jsonld.get_language_map(document, "translators", max_characters=_MAX_TITLE_CHARS)
    statuses = jsonld.get_language_map(document, "translationStatus", max_characters=_MAX_TITLE_CHARS)
    found: dict[str, Words] = {}
    for tag, content in contents.items():
        is_first = not found
        known = _canonical(tag)
        if known is None or known in found:
            continue
        name = names.get(tag, subject.name if is_first else None)
        summary = summaries.get(tag, subject.summary if is_first else None)
        one = _one(known, name, summary, content)
        if one is not None:
            translator = " ".join(text.without_invisible(translators.get(tag, ""))[0].split())
            found[known] = replace(one, translator=translator or None, status=statuses.get(tag))
    if not found:
        raise Conflict(f"{subject.uri} carries no text that could be taken over.")
    return tuple(found.values())


def _canonical(tag: str) -> str | None:
    try:
        return text.canonical_language(tag)
    except ValueError:
        return None


def _one(language: str, name: str | None, summary: str | None, content: str) -> Words | None:
    html = text.clean_remote_html(content).strip()
    title = " ".join(text.without_invisible(text.plain(name))[0].split()) if name else None
    title, html = _split_title(title, html)
    if not text.plain(html):
        return None
    words = " ".join(text.without_invisible(text.plain(summary))[0].split()) if summary else None
    return Words(language=language, title=title or None, summary=words or None, html=html)


def _split_title(title: str | None, html: str) -> tuple[str | None, str]:
    """Return the title and the text without it; a text whose first line is bold has that for its title."""
    match = _FIRST_LINE.match(html)
    if match is None or not (match["bold"] or match["tag"] != "p"):
        return title, html
    line = " ".join(unescape(match["words"]).split())
    if (
        len(line) > _MAX_TITLE_CHARS
        or (title is not None and line != title)
        or not html[match.end() :].strip()
    ):
        return title, html
    return line, html[match.end() :]


def _tags(subject: Object) -> tuple[str, ...]:
    names = [each.name or "" for each in subject.tags if each.type == "Hashtag"]
    return tuple(dict.fromkeys(name.lstrip("#").strip()[:100] for name in names if name.strip("# ")))[
        :_MAX_TAGS
    ]


def _is_picture(attachment: Attachment) -> bool:
    media_type = attachment.media_type or ""
    return media_type.startswith("image/") or (attachment.type == "Image" and not media_type)
