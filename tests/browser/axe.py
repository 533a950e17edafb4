"""Asks axe-core what in an open page shuts people out: WCAG 2.2, levels A and AA, and good practice."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

_SOURCE = Path(__file__).with_name("node_modules") / "axe-core" / "axe.min.js"
_LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN = "options => axe.run(document, options).then(found => found.violations)"


@cache
def _source() -> str:
    if not _SOURCE.exists():
        pytest.skip("axe-core is not installed: make test fetches it where npm is")
    return _SOURCE.read_text("utf-8")


def violations(page: Page, rules: tuple[str, ...] = ()) -> list[str]:
    """Return one line for each rule that an element of the page breaks; with `rules`, only of those.

    The page must be one with JavaScript on: axe-core waits with timers.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(_source())
    only = {"type": "rule", "values": list(rules)} if rules else {"type": "tag", "values": _LEVELS}
    found: list[dict[str, Any]] = page.evaluate(
        _RUN, {"runOnly": only, "resultTypes": ["violations"], "preload": False}
    )
    return [
        f"{rule['id']}: {rule['help']}: {node['html'][:200]} ({' '.join(map(str, node['target']))})"
        for rule in found
        for node in rule["nodes"]
    ]
