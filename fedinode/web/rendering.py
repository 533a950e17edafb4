"""Templates into bytes: the environment, the words of the interface, what every page is given.

The language of a page is the language of its text. Words of the interface have a language of their own
where no catalogue is made for it yet; `ui` then marks them, so that a screen reader changes its voice.
"""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from fedinode import i18n
from fedinode.urls import Urls
from fedinode.web import themes
from fedinode.web.assets import Assets
from fedinode.web.board import Board
from fedinode.web.formats import FILTERS
from fedinode.web.schema_org import organisation, structured


class Renderer:
    """Renders the templates of the public site."""

    def __init__(self, templates: Path, assets: Assets, urls: Urls, board: Board | None = None) -> None:
        self._board = board
        self._environment = make_environment(templates)
        self._own = {
            "asset": assets.path,
            "root": urls.origin,
            "site_host": urls.host,
            "archive_url": urls.archive,
        }

    def page(self, template: str, language: str, **context: Any) -> bytes:
        """Render a page whose text is in `language`."""
        interface = i18n.interface_language(language)
        words = i18n.translations(interface)
        filled = self._environment.get_template(template).render(
            self._own | defaults() | self._frame(language) | context,
            language=language,
            interface=interface,
            ui=mark_of(interface, language),
            gettext=words.gettext,
            ngettext=words.ngettext,
        )
        return filled.encode()

    def _frame(self, language: str) -> dict[str, Any]:
        if self._board is None:
            return {}
        return {"banner": self._board.banner_for(language), "mark": self._board.frame.mark}


def defaults() -> dict[str, Any]:
    """Return what the frame of every page reads, for pages that have nothing to say about it."""
    return {
        "description": "",
        "here": "",
        "versions": (),
        "activity_url": "",
        "canonical_url": "",
        "accent": None,
        "feed_url": "",
        "calendar_url": "",
        "feed_title": "",
        "banner": None,
        "mark": None,
    }


@cache
def make_environment(templates: Path) -> Environment:
    """Make the Jinja environment: autoescape always, an unknown name is an error, gettext inside.

    It holds nothing of a node, so that a process reads and compiles each template once.
    """
    environment = Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.filters.update(
        FILTERS, organisation=organisation, structured=structured, theme_path=themes.path_of
    )
    return environment


def mark_of(interface: str, language: str) -> Markup:
    """Return the attributes for words of the interface; none where the page speaks the same language."""
    if interface == language:
        return Markup("")
    return Markup(' lang="{}" dir="{}"').format(interface, i18n.direction(interface))
