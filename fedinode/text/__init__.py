"""Text of any kind: Markdown, HTML from elsewhere, language tags, slugs, names, dates in words.

cleaning.py    HTML from peers, plain text; the one module that knows nh3 and bleach
markdown.py    our authors' Markdown to HTML
characters.py  normal forms, invisible characters, graphemes, words, case-folding
slugs.py       names for addresses, in ASCII
languages.py   BCP 47 tags
handles.py     host names and handles as people may read them
occasions.py   dates, times and facts of statements and events in words
resemblance.py names that look alike
names.py       names that people give of themselves
csv_tables.py  tables of office programs, written so that no cell is a formula

Values that templates may mark as safe come from `clean_remote_html`, `markdown_to_html`,
`inline_to_html` and `note_to_html` alone.
"""

from fedinode.text.characters import count_words, excerpt, fold, normalise, without_invisible
from fedinode.text.cleaning import clean_remote_html, plain, without_headings
from fedinode.text.handles import display_handle, display_host
from fedinode.text.languages import canonical_language
from fedinode.text.markdown import (
    Schemes,
    escape,
    inline_to_html,
    markdown_to_html,
    note_to_html,
    without_languages,
)
from fedinode.text.occasions import (
    clock_times,
    date_in_words,
    event_lines,
    event_notices,
    event_summary,
    notices_html,
)
from fedinode.text.resemblance import outline
from fedinode.text.slugs import slugify

__all__ = [
    "Schemes",
    "canonical_language",
    "clean_remote_html",
    "clock_times",
    "count_words",
    "date_in_words",
    "display_handle",
    "display_host",
    "escape",
    "event_lines",
    "event_notices",
    "event_summary",
    "excerpt",
    "fold",
    "inline_to_html",
    "markdown_to_html",
    "normalise",
    "note_to_html",
    "notices_html",
    "outline",
    "plain",
    "slugify",
    "without_headings",
    "without_invisible",
    "without_languages",
]
