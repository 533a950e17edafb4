"""Members in browsers at the desk of a real node: how they get in, and what axe-core says of it."""

import base64
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from playwright.sync_api import Locator, Page

from tests.browser.axe import violations
from tests.nodes.harness import Node

STEP_SECONDS = 30
_LINK = re.compile(r"http://\S+/sign-in/\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The desk of a node that runs, and the browsers of its members."""

    node: Node
    page_of: Callable[..., Page]
    _judges: dict[int, Page] = field(default_factory=dict)

    def enter(
        self, email: str, role: str, *, collective: str = "", javascript: bool = True, width: int = 1280
    ) -> Page:
        """Give somebody a role, and return their browser, signed in with the link that they were sent."""
        named = ("--as", collective) if collective else ()
        link = self.node.cli("account", "add", email, "--role", role, *named)
        page = self.page_of(javascript=javascript, width=width, locale="en")
        use_link(page, link)
        return page

    def go(self, page: Page, path: str) -> None:
        """Open a page of the desk."""
        page.goto(f"{self.node.origin}{path}")

    def barriers(self, page: Page, width: int = 1280) -> list[str]:
        """Return what axe-core finds wrong with what a page shows, also where it runs no scripts itself."""
        judge = self._judges.get(width)
        if judge is None:
            judge = self._judges[width] = self.page_of(locale="en", width=width)
            judge.goto(f"{self.node.origin}/imprint")
        judge.set_content(page.content())
        return violations(judge)


def first_link(said: str) -> str:
    """Return the one-time link in what a command said."""
    found = _LINK.search(said)
    assert found is not None, said
    return found.group()


def use_link(page: Page, link: str) -> None:
    """Sign in with a one-time link: looking at it is not enough."""
    page.goto(link)
    page.locator("main form button").click()
    page.wait_for_url("**/desk")


def sign_out(page: Page) -> None:
    """Leave the desk by the button in the menu, which a telephone shows when it is asked."""
    menu, button = page.locator(".desk-menu summary"), page.locator("form[action$='/sign-out'] button")
    if not button.is_visible():
        menu.click()
    button.click()
    page.wait_for_url("**/sign-in")


def submit(page: Page, button: str) -> None:
    """Press a button by its name."""
    page.get_by_role("button", name=button, exact=True).click()


def code(secret: str, steps_ahead: int = 0) -> str:
    """Return the six digits that the app of a member shows now, or some steps of half a minute later."""
    totp = TOTP(base64.b32decode(secret), 6, SHA1(), STEP_SECONDS)
    return totp.generate(int(time.time()) + steps_ahead * STEP_SECONDS).decode()


@dataclass(slots=True, kw_only=True)
class Hand:
    """Clicks on a page, and counts how often."""

    page: Page
    clicks: int = 0

    def follow(self, name: str) -> None:
        """Click on the first link whose words begin so."""
        self._click(self.page.get_by_role("link", name=re.compile(f"^{re.escape(name)}")).first)

    def press(self, name: str) -> None:
        """Press the first button whose words begin so."""
        self._click(self.page.get_by_role("button", name=re.compile(f"^{re.escape(name)}")).first)

    def _click(self, place: Locator) -> None:
        place.click()
        self.clicks += 1
