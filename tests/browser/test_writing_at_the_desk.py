"""Members write at the desk of a real node: nothing typed is lost, and two release what one translated."""

import re

from playwright.sync_api import Page, expect

from tests.browser.desk_visitors import Desk, submit, use_link
from tests.nodes.harness import wait_until

ANA, BEN, TOMA = "ana@example.org", "ben@example.org", "toma@example.org"
TITLE, BODY = "Eight hours are enough", "We ask for eight hours, and for nothing less."
RUSSIAN_TITLE, RUSSIAN_BODY = "Восьми часов достаточно", "Мы требуем восьми часов, и ничего меньше."
AUTOSAVE_MS = 25_000


def test_a_statement_is_written_through_the_end_of_a_session_translated_and_released_by_two(
    desk: Desk,
) -> None:
    ana = desk.enter(ANA, "editor")
    text = write_through_the_end_of_the_session(desk, ana)
    translate(desk, text)
    release_with_two(desk, ana, text)


def write_through_the_end_of_the_session(desk: Desk, ana: Page) -> str:
    """Write a statement; what was typed when the session ended comes back. Return the text's address."""
    ana.clock.install()
    ana.get_by_role("link", name="Texts", exact=True).click()
    ana.get_by_role("link", name="Write something").click()
    ana.get_by_label("Statement").check()
    ana.get_by_label("an empty page").check()
    submit(ana, "Begin")
    text = ana.url
    # What is typed is saved by the page itself.
    ana.get_by_label("Title").fill(TITLE)
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
    assert desk.barriers(ana) == []
    tab = ana.context.new_page()
    use_link(tab, desk.node.cli("account", "link", ANA))
    tab.close()
    submit(ana, "Send it again")
    # The form carries the seal of the session that ended: one more press says that it is meant so.
    submit(ana, "Send it again")
    expect(ana).to_have_url(re.compile(re.escape(text)))
    expect(ana.get_by_label("Text", exact=True)).to_have_value(BODY)
    return text


def translate(desk: Desk, text: str) -> None:
    """Let a translator, who may change nothing else, write the Russian version on a telephone."""
    toma = desk.enter(TOMA, "translator", javascript=False, width=360)
    toma.goto(f"{text}/translations")
    toma.get_by_label("Language", exact=True).fill("ru")
    submit(toma, "Translate into it")
    expect(toma.get_by_text(BODY)).to_be_visible()
    toma.get_by_label("Title, русский").fill(RUSSIAN_TITLE)
    toma.get_by_label("Text, русский").fill(RUSSIAN_BODY)
    submit(toma, "Save")
    expect(toma.get_by_role("status")).to_be_visible()
    assert desk.barriers(toma, width=360) == []
    answer = toma.goto(f"{text}/release")
    assert answer is not None
    assert answer.status == 403


def release_with_two(desk: Desk, ana: Page, text: str) -> None:
    """Release the text: it is public when the second member has read it and agreed, and not before."""
    ben = desk.enter(BEN, "owner", javascript=False, width=360)
    desk.node.cli("collective", "set", "berlin", "--publish", "2")
    ana.goto(f"{text}/release")
    submit(ana, "Ask the members")
    assert desk.barriers(ana) == []
    assert TITLE not in desk.node.page("/")
    desk.go(ben, "/desk")
    ben.get_by_role("link", name="read it").click()
    expect(ben.get_by_text(BODY)).to_be_visible()
    expect(ben.get_by_text(RUSSIAN_BODY)).to_be_visible()
    assert desk.barriers(ben, width=360) == []
    submit(ben, "Yes")
    wait_until(lambda: TITLE in desk.node.page("/"), "the statement is public")
    assert RUSSIAN_TITLE in desk.node.page("/ru")
