"""An archive of short news, to have something to serve and to react to."""

from pathlib import Path

from tests.nodes.harness import Node

_NEWS = """+++
type = "news"
language = "en"
title = "News number {number}"
key = "bench-{number}"
published = 2026-01-{day:02}T12:00:00+01:00
+++

We met, we talked, we agreed on **{number}** things, and the minutes are [here](https://minutes.example/{number}).

- the first
- the second
"""


def make_archive(node: Node, folder: Path, count: int) -> list[str]:
    """Import `count` news into a node that does not serve yet, and return their object URIs."""
    folder.mkdir()
    for number in range(count):
        text = _NEWS.format(number=number, day=number % 28 + 1)
        (folder / f"news-{number:04}.md").write_text(text, "utf-8")
    node.cli("import", "markdown", str(folder))
    return [row["uri"] for row in node.rows("SELECT uri FROM objects ORDER BY id")]
