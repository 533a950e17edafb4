"""Looks at a page with a browser: what it loads, what axe-core says, what is wider than a telephone.

A page is loaded once for each language of a reader. Its width and its colours change while it stands there.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import ConsoleMessage, Page, Request

from tests.browser.axe import violations

WIDE, NARROW, HEIGHT = 1280, 360, 900
#: Where a page leads, and what it is made of.
_LINKS = """() => [...document.querySelectorAll('a[href], link[href], img[src], form[action]')]
  .map(each => each.href || each.src || each.action)"""
_TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth, reached = document.documentElement.scrollWidth
  if (reached <= width) return []
  const boxes = [...document.body.querySelectorAll('*')].map(each => [each, each.getBoundingClientRect()])
  const beyond = boxes.filter(([, box]) => box.right > width + 1 || box.left < -1)
  return [`${reached} px`, ...beyond.slice(0, 5).map(([each]) => each.outerHTML.slice(0, 120))]
}"""
#: What a page hides until somebody asks for it.
_UNFOLD = "() => document.querySelectorAll('details').forEach(each => { each.open = true })"
#: What can be good in one width or in light colours, and bad in the other.
_OF_WIDTH = ("target-size", "scrollable-region-focusable")
_OF_COLOURS = ("color-contrast",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a reader of one language saw of one page."""

    url: str
    locale: str
    status: int
    html: bytes
    links: tuple[str, ...]
    heard: "Heard"
    too_wide: tuple[str, ...]
    #: What axe-core found, with the width and the colours in which it did.
    barriers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a page loaded, and what the browser complained about."""

    loaded: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@contextmanager
def listening(page: Page) -> Iterator[Heard]:
    """Write down what a page loads and what the browser says of it, until the end of the block."""
    heard = Heard()

    def load(request: Request) -> None:
        heard.loaded.append(request.url)

    def complain(message: ConsoleMessage) -> None:
        if message.type in ("warning", "error"):
            heard.complaints.append(message.text)

    page.on("request", load)
    page.on("console", complain)
    try:
        yield heard
    finally:
        page.remove_listener("request", load)
        page.remove_listener("console", complain)


def visit(page: Page, url: str, locale: str) -> Visit:
    """Load a page, and look at it wide and narrow, light and dark."""
    page.set_viewport_size({"width": WIDE, "height": HEIGHT})
    page.emulate_media(color_scheme="light")
    with listening(page) as heard:
        answer = page.goto(url, wait_until="load")
    assert answer is not None, f"{url} is no page"
    barriers = [f"wide: {each}" for each in violations(page)]
    too_wide = [f"wide: {each}" for each in page.evaluate(_TOO_WIDE)]
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": NARROW, "height": HEIGHT})
    too_wide += [f"narrow: {each}" for each in page.evaluate(_TOO_WIDE)]
    page.evaluate(_UNFOLD)
    too_wide += [f"unfolded: {each}" for each in page.evaluate(_TOO_WIDE)]
    barriers += [f"narrow and dark: {each}" for each in violations(page, (*_OF_WIDTH, *_OF_COLOURS))]
    return Visit(
        url=url,
        locale=locale,
        status=answer.status,
        html=answer.body(),
        links=tuple(page.evaluate(_LINKS)),
        heard=heard,
        too_wide=tuple(too_wide),
        barriers=tuple(barriers),
    )
