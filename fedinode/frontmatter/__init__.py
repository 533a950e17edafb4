"""Front matter: TOML between `+++` lines before a Markdown text, read into a `Manuscript`.

source.py      bytes of a file to text; where the front matter ends
positions.py   in which line a TOML key stands
values.py      one value each: what it must look like, and what it becomes
schema.py      which keys there are, in which table, for which type of post
assembling.py  tables to a Manuscript, and the rules between keys
"""

from fedinode.frontmatter.assembling import SUMMARY_FROM_WORDS, parse_manuscript
from fedinode.frontmatter.source import has_front_matter, read_markdown

__all__ = ["SUMMARY_FROM_WORDS", "has_front_matter", "parse_manuscript", "read_markdown"]
