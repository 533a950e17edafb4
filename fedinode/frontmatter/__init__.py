"""Front matter: TOML between `+++` lines before a Markdown text, read into a `Manuscript`.

source.py      bytes of a file to text; where the front matter ends
positions.py   in which line a TOML key stands
values.py      one value each: what it must look like, and what it becomes
schema.py      which keys there are, in which table, for which type of post
assembling.py  tables to a Manuscript, and the rules between keys
editing.py     single values changed in a text, all else left as its author wrote it; two changes put together
"""

from fedinode.frontmatter.assembling import (
    SUMMARY_FROM_WORDS,
    WRITTEN_NAME,
    parse_manuscript,
    parse_written,
)
from fedinode.frontmatter.source import has_front_matter, read_markdown

__all__ = [
    "SUMMARY_FROM_WORDS",
    "WRITTEN_NAME",
    "has_front_matter",
    "parse_manuscript",
    "parse_written",
    "read_markdown",
]
