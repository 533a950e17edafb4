"""A browser for tests: Debian's chromium, steered by playwright.

playwright's plain API keeps an event loop in the test's own thread while it runs, so the browser ends with
each module, and a module that uses it holds no test that is a coroutine.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.desk_visitors import Desk
from tests.browser.sample_site import Site, serving
from tests.nodes.harness import make_node

Scheme = Literal["light", "dark"]
PageOf = Callable[..., Page]

OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    # A cell's name under .localhost lies on this machine; every other name leads nowhere.
    "--host-resolver-rules=MAP *.localhost 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)
HEIGHT = 900
#: A busy machine may take so long to show what it was asked for.
PATIENCE_MS = 40_000


def find_chromium() -> str | None:
    """Return the path of the system's chromium, or None where there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for the tests of a module."""
    chromium = find_chromium()
    if chromium is None:
        pytest.skip("chromium is not installed")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=list(OPTIONS))
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def page_of(browser: Browser) -> Iterator[PageOf]:
    """Return a function that opens a page with a profile of its own; all are closed after the module."""
    with ExitStack() as stack:

        def open_page(
            javascript: bool = True, width: int = 1280, locale: str = "de", scheme: Scheme = "light"
        ) -> Page:
            context = browser.new_context(
                java_script_enabled=javascript,
                viewport={"width": width, "height": HEIGHT},
                locale=locale,
                color_scheme=scheme,
                service_workers="block",
            )
            stack.callback(context.close)
            context.set_default_timeout(PATIENCE_MS)
            return context.new_page()

        yield open_page


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Site]:
    """A node with a site to look at; tests leave its texts as they are."""
    with serving(tmp_path_factory.mktemp("site"), sqlite_template) as opened:
        yield opened


@pytest.fixture(scope="module")
def new_desk(tmp_path_factory: pytest.TempPathFactory, page_of: PageOf) -> Iterator[Desk]:
    """The desk of a node that is neither made nor started yet."""
    node = make_node("berlin", tmp_path_factory.mktemp("desk"))
    yield Desk(node=node, page_of=page_of)
    node.stop()


@pytest.fixture(scope="module")
def desk(new_desk: Desk) -> Desk:
    """The desk of a node that runs, with the collective berlin and the account that `init` makes."""
    new_desk.node.init()
    new_desk.node.start()
    return new_desk
