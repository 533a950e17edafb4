"""The whole text of a post in one language, as it federates: prose together with the facts around it.

What people read beside a signed text must be in it: issuing body, place and date, addressees, demands and
sources are written into the content before it is digested. Everything returned obeys the grammar that
co-signed texts are checked against. Pure.
"""

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import quote, urlsplit

from fedinode import i18n, text
from fedinode.manuscripts import Facts, Kind, Source, StatementFacts, Wording
from fedinode.text import occasions

_URL_SAFE = "/:?#[]@!$&()*+,;=-._~%"
#: A statement without a summary of its own shows this many characters of its text on Mastodon.
EXCERPT_CHARACTERS = 500


def federated_html(kind: Kind, title: str | None, html: str, facts: Facts, language: str) -> str:
    """Return what stands in `content` for one language."""
    blocks = {
        Kind.STATEMENT: statement_blocks,
        Kind.NEWS: news_blocks,
        Kind.EVENT: event_blocks,
        Kind.PAGE: news_blocks,
    }[kind](title, html, facts, language)
    return "\n".join(block for block in blocks if block)


def federated_summary(kind: Kind, summary: str | None, html: str, facts: Facts, language: str) -> str:
    """Return what stands in `summary` for one language: all that Mastodon shows of an Article or Event."""
    if kind is Kind.EVENT and facts.event is not None:
        return text.event_summary(facts.event, facts.wording(language), summary)
    if summary:
        return _paragraph(text.inline_to_html(summary, text.Schemes.SIGNED))
    return _paragraph(text.escape(text.excerpt(" ".join(text.plain(html).split()), EXCERPT_CHARACTERS)))


# -- blocks of each kind


def statement_blocks(title: str | None, html: str, facts: Facts, language: str) -> list[str]:
    """Return a statement, beginning with its title: GoToSocial shows the summary in the title's place."""
    head = [f"<h2>{text.escape(title)}</h2>"] if title else []
    prose = text.without_languages(html)
    return [*head, *_statement_head(facts, language), prose, *_statement_tail(facts, language)]


def news_blocks(title: str | None, html: str, facts: Facts, language: str) -> list[str]:
    """Return a news item: the title as a first line, since a Note has no name that Mastodon shows."""
    wording = facts.wording(language)
    head = [_paragraph(f"<strong>{text.escape(title)}</strong>")] if title else []
    authors = occasions.people_in_words(facts.authors, language)
    byline = [_paragraph(f"<em>{text.escape(authors)}</em>")] if authors else []
    note = [text.note_to_html(wording.note)] if wording.note else []
    return [*head, *byline, *note, html, *_links(facts, language)]


def event_blocks(title: str | None, html: str, facts: Facts, language: str) -> list[str]:
    """Return an event: when and where first, since GoToSocial shows content and not startTime."""
    del title  # It is the name, which every peer shows above the text.
    wording = facts.wording(language)
    lines = text.event_lines(facts.event, wording) if facts.event else ()
    changed = [text.notices_html(facts.event, wording)] if facts.event else []
    when = [_paragraph("<br>".join(text.escape(line) for line in lines))] if lines else []
    return [*changed, *when, html, _languages(facts, wording), *_links(facts, language)]


def _statement_head(facts: Facts, language: str) -> list[str]:
    _ = i18n.translator(language)
    wording = facts.wording(language)
    statement = facts.statement or StatementFacts()
    day = text.date_in_words(statement.adopted, language) if statement.adopted else None
    where_and_when = ", ".join(part for part in (wording.place, day) if part)
    blocks = [_paragraph(f"<strong>{text.escape(wording.issued_by)}</strong>")] if wording.issued_by else []
    blocks += [_paragraph(f"<em>{text.escape(where_and_when)}</em>")] if where_and_when else []
    if statement.addressees:
        names = "; ".join(statement.addressees)
        blocks.append(_paragraph(text.escape(_("To: {names}").format(names=names))))
    return blocks


def _statement_tail(facts: Facts, language: str) -> list[str]:
    demands = _list(text.escape(each) for each in facts.wording(language).demands)
    return [demands, _list(source_html(each, language, text.Schemes.SIGNED) for each in facts.sources)]


def _languages(facts: Facts, wording: Wording) -> str:
    event = facts.event
    if event is None or not (event.working_languages or event.interpretation):
        return ""
    _ = i18n.translator(wording.language)
    spoken = ", ".join(i18n.language_name(each) for each in event.working_languages)
    heard = ", ".join(i18n.language_name(each) for each in event.interpretation)
    lines = (
        _("Languages: {names}").format(names=spoken) if spoken else "",
        _("Interpretation: {names}").format(names=heard) if heard else "",
    )
    return _paragraph("<br>".join(text.escape(line) for line in lines if line))


# -- sources and links


def source_html(source: Source, language: str, schemes: text.Schemes = text.Schemes.ANY) -> str:
    """Return one source as inline HTML: its role, its title or address, and who made it."""
    _ = i18n.translator(language)
    label = {
        "original": _("Original"),
        "first_published": _("First published"),
        "found": _("Found at"),
        "translated_from": _("Translated from"),
    }[source.role]
    words = [link(source.url, source.title, schemes) if source.url else text.escape(source.title or "")]
    words += [text.escape(part) for part in (source.author, source.publisher) if part]
    words += [text.escape(i18n.language_name(source.language))] if source.language else []
    words += [text.escape(_source_date(source, language))]
    if source.translator:
        words.append(text.escape(_("translation: {name}").format(name=source.translator)))
    words += [text.escape(source.licence or "")]
    said = ", ".join(word for word in words if word)
    return f"{text.escape(label)}: {said}" if said else text.escape(label)


def link(url: str, label: str | None = None, schemes: text.Schemes = text.Schemes.ANY) -> str:
    """Return a link; an address that may not be linked is written out instead."""
    parts = urlsplit(url)
    if parts.scheme not in schemes.value or not parts.netloc.isascii():
        return text.escape(f"{label} ({url})" if label else url)
    href = text.escape(quote(url, safe=_URL_SAFE))
    return f'<a href="{href}">{text.escape(label or url)}</a>'


def _source_date(source: Source, language: str) -> str:
    moment = source.published
    if moment is None:
        return ""
    return text.date_in_words(moment.date() if isinstance(moment, datetime) else moment, language)


def _links(facts: Facts, language: str) -> list[str]:
    sources = _list(source_html(each, language) for each in facts.sources)
    return [sources, _list(link(each.url, each.title) for each in facts.related)]


def _paragraph(html: str) -> str:
    return f"<p>{html}</p>" if html else ""


def _list(items: Iterable[str]) -> str:
    inside = "\n".join(f"<li>{item}</li>" for item in items)
    return f"<ul>\n{inside}\n</ul>" if inside else ""
