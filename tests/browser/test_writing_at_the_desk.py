"""Editors write at the desk of a real node: nothing that they typed is lost."""

import re

from playwright.sync_api import Page, expect

from tests.browser.desk_visitors import Desk, submit, use_link

ANA = "ana@example.org"
BODY = "We ask for eight hours, and for nothing less."
AUTOSAVE_MS = 25_000


def look(desk: Desk, page: Page) -> None:
    assert desk.barriers(page) == []


def test_a_draft_comes_back_after_the_session_expired_in_the_middle_of_writing(desk: Desk) -> None:
    ana = desk.enter(ANA, "editor")
    ana.clock.install()
    ana.get_by_role("link", name="Texts", exact=True).click()
    ana.get_by_role("link", name="Write something").click()
    look(desk, ana)
    ana.get_by_label("Statement").check()
    ana.get_by_label("an empty page").check()
    submit(ana, "Begin")
    look(desk, ana)
    text = ana.url

    # What is typed is saved by the page itself.
    ana.get_by_label("Title").fill("Eight hours are enough")
    ana.get_by_label("Text", exact=True).fill("We ask.")
    ana.clock.fast_forward(AUTOSAVE_MS)
    status = ana.locator("#text-status")
    expect(status).to_have_text(re.compile("^saved at"))

    # The session ends in the middle; the page says so, and what was typed comes back in a form.
    ana.context.clear_cookies()
    ana.get_by_label("Text", exact=True).fill(BODY)
    ana.clock.fast_forward(AUTOSAVE_MS)
    expect(status).to_have_text(re.compile("^You are signed out"))
    submit(ana, "Save")
    expect(ana.get_by_role("heading", level=1)).to_have_text("Your text is not saved yet, but it is here")
    expect(ana.get_by_label("Text", exact=True)).to_have_value(BODY)
    look(desk, ana)
    tab = ana.context.new_page()
    use_link(tab, desk.node.cli("account", "link", ANA))
    tab.close()
    submit(ana, "Send it again")
    # The form carries the seal of the session that ended: one more press says that it is meant so.
    submit(ana, "Send it again")
    expect(ana).to_have_url(re.compile(re.escape(text)))
    expect(ana.get_by_label("Text", exact=True)).to_have_value(BODY)
