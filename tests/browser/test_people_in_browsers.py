"""People sign, confirm and leave in a browser without scripts, in German and Russian; axe sees each page."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page

from tests.browser.axe import violations
from tests.browser.conftest import PageOf
from tests.mail_server import Mailbox, mail_server
from tests.nodes.harness import Node, make_node, wait_until

STATEMENT = """+++
type = "statement"
title = "Acht Stunden sind genug"
language = "de"
summary = "Für den Achtstundentag."
cosign = "anyone"
individuals = true
goal = 100

[translations.ru]
title = "Восьми часов достаточно"
summary = "За восьмичасовой день."
body = "Мы требуем восьмичасового рабочего дня."
+++

Wir fordern den Achtstundentag.
"""
_LINK = re.compile(r"http://\S+/sign/(?:confirm|leave)/\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a reader of a language looks for."""

    enter: str
    missing: str
    by_name: str
    name: str
    email: str
    agree: str
    send: str
    sent: str
    sign: str
    signed: str
    leave: str
    left: str
    lost: str


WORDS = {
    "de": Words(
        enter="Mit deiner Mailadresse unterschreiben",
        missing="Etwas fehlt oder stimmt nicht",
        by_name="Mein Name auf dieser Seite",
        name="Name, wie er gezeigt werden soll",
        email="Deine Mailadresse",
        agree="Ich bin einverstanden",
        send="Schickt mir die Mail zum Bestätigen",
        sent="Sieh in dein Postfach",
        sign="Ja, ich unterschreibe",
        signed="Danke, du hast unterschrieben",
        leave="Zurücknehmen",
        left="Deine Unterschrift ist zurückgenommen",
        lost="Dieser Link funktioniert nicht (mehr)",
    ),
    "ru": Words(
        enter="Подписать с адресом эл. почты",
        missing="Чего-то не хватает или что-то не так",
        by_name="Моё имя на этой странице",
        name="Имя, как его показывать",
        email="Ваш адрес эл. почты",
        agree="Я согласен",
        send="Прислать письмо для подтверждения",
        sent="Загляните в почту",
        sign="Да, я подписываю",
        signed="Спасибо, вы подписали",
        leave="Отозвать",
        left="Ваша подпись отозвана",
        lost="Эта ссылка не работает (или больше не работает)",
    ),
}


@pytest.fixture(scope="module")
def post_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Node, Mailbox, str]]:
    """A node with an open statement, the mail that it sends, and the statement's id."""
    folder, mailbox = tmp_path_factory.mktemp("signing"), Mailbox()
    with mail_server(mailbox) as settings:
        environ = {
            "FEDINODE_MAIL__HOST": "127.0.0.1",
            "FEDINODE_MAIL__PORT": str(settings.port),
            "FEDINODE_MAIL__SECURITY": "none",
            "FEDINODE_MAIL__SENDER": "node@berlin.example",
        }
        node = make_node("berlin", folder, environ)
        node.init("de")
        (folder / "statement.md").write_text(STATEMENT, "utf-8")
        uri = node.cli("post", str(folder / "statement.md"))
        node.start()
        try:
            yield node, mailbox, uri
        finally:
            node.stop()


def newest_link(mailbox: Mailbox, count: int) -> str:
    """Wait for a letter beyond so many, and return the link in it."""
    wait_until(lambda: len(mailbox.envelopes) > count or None, "a letter comes")
    found = _LINK.search(str(mailbox.message().get_content()))
    assert found is not None
    return found.group()


def looked_at(page: Page, judge: Page) -> str:
    """Return the headline of a page in which axe finds nothing wrong; it judges where scripts are on."""
    judge.set_content(page.content())
    assert violations(judge) == []
    return page.locator("h1").inner_text()


@pytest.mark.parametrize("language", ["de", "ru"])
def test_somebody_signs_confirms_and_leaves_without_scripts(
    post_office: tuple[Node, Mailbox, str], page_of: PageOf, language: str
) -> None:
    node, mailbox, uri = post_office
    words, count = WORDS[language], len(mailbox.envelopes)
    page = page_of(javascript=False, locale=language, width=390)
    judge = page_of(locale=language, width=390)
    judge.goto(f"{node.origin}/imprint")
    page.goto(f"{node.origin}/@berlin/{language}")
    page.locator("article a").first.click()
    looked_at(page, judge)
    page.get_by_role("link", name=words.enter).click()
    looked_at(page, judge)

    page.get_by_label(words.name).fill("Anna =?")
    page.get_by_label(words.email, exact=True).fill("anna")
    page.get_by_role("button", name=words.send).click()
    looked_at(page, judge)
    assert page.get_by_role("heading", name=words.missing).is_visible()
    assert page.get_by_label(words.name).input_value() == "Anna =?"
    page.locator(".alert a", has_text="name@example.org").click()
    assert page.url.endswith("#email")

    page.get_by_label(words.by_name).check()
    page.get_by_label(words.name).fill(f"Anna {language}")
    page.get_by_label(words.email, exact=True).fill(f"anna-{language}@reader.example")
    page.get_by_label(words.agree).check()
    page.locator("#country").select_option("GE")
    page.get_by_role("button", name=words.send).click()
    assert looked_at(page, judge) == words.sent

    page.goto(newest_link(mailbox, count))
    looked_at(page, judge)
    assert page.get_by_text(f"Anna {language}").is_visible()
    page.get_by_role("button", name=words.sign).click()
    assert looked_at(page, judge) == words.signed
    assert node.cli_json("signers", uri)[-1]["name"] == f"Anna {language}"

    page.goto(newest_link(mailbox, count + 1))
    looked_at(page, judge)
    page.get_by_role("button", name=words.leave).click()
    assert looked_at(page, judge) == words.left
    page.goto(f"{node.origin}/sign/confirm/nothing")
    assert looked_at(page, judge) == words.lost
