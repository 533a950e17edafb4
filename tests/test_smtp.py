"""Mail as a real mail server receives it, and what becomes of the server's refusals."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from fedinode import smtp
from fedinode.config import MailSettings
from fedinode.smtp import Letter, MailRefused
from tests.mail_server import Mailbox, mail_server

NOW = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def settings(mailbox: Mailbox) -> Iterator[MailSettings]:
    with mail_server(mailbox) as settings:
        yield settings


def letter(**changes: str) -> Letter:
    values = {"key": "k1", "recipient": "alice@example.org", "subject": "Hello", "text": "Zdravo!\n"}
    return Letter(**{**values, **changes})


@pytest.mark.anyio
async def test_a_mail_arrives_with_the_headers_that_machines_expect(
    settings: MailSettings, mailbox: Mailbox
) -> None:
    await smtp.send(letter(unsubscribe_url="https://berlin.example/u/1"), settings, NOW)
    assert mailbox.envelopes[-1].rcpt_tos == ["alice@example.org"]
    assert mailbox.envelopes[-1].mail_from == "node@berlin.example"
    for line in (
        "Date: Fri, 01 May 2026 12:00:00 +0000",
        "Auto-Submitted: auto-generated",
        "List-Unsubscribe: <https://berlin.example/u/1>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        'Content-Type: text/plain; charset="utf-8"',
        "Zdravo!",
    ):
        assert line in mailbox.text()


@pytest.mark.anyio
async def test_the_same_letter_has_the_same_message_id(settings: MailSettings) -> None:
    first = smtp.compose(letter(), settings, NOW)
    again = smtp.compose(letter(), settings, NOW)
    other = smtp.compose(letter(key="k2"), settings, NOW)
    assert first["Message-ID"] == again["Message-ID"] != other["Message-ID"]
    assert first["Message-ID"].endswith("@berlin.example>")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("recipient", "is_for_good"), [("550@example.org", True), ("451@example.org", False)]
)
async def test_a_refused_address_is_told_apart_from_a_passing_refusal(
    settings: MailSettings, recipient: str, is_for_good: bool
) -> None:
    with pytest.raises(MailRefused, match=recipient[:3]) as caught:
        await smtp.send(letter(recipient=recipient), settings, NOW)
    assert caught.value.is_for_good is is_for_good
    assert "example.org" not in str(caught.value)


@pytest.mark.anyio
async def test_a_server_that_is_not_there_is_tried_again(settings: MailSettings) -> None:
    away = MailSettings(host="127.0.0.1", port=1, security="none", sender=settings.sender)
    with pytest.raises(MailRefused) as caught:
        await smtp.send(letter(), away, NOW)
    assert not caught.value.is_for_good


@pytest.mark.anyio
async def test_a_line_break_in_an_address_never_becomes_a_header(settings: MailSettings) -> None:
    with pytest.raises(MailRefused) as caught:
        await smtp.send(letter(recipient="a@example.org\r\nBcc: b@example.org"), settings, NOW)
    assert caught.value.is_for_good


@pytest.mark.anyio
async def test_a_line_break_in_a_subject_is_folded_away(settings: MailSettings, mailbox: Mailbox) -> None:
    await smtp.send(letter(subject="Hello\r\nBcc: b@example.org"), settings, NOW)
    assert "Subject: Hello Bcc: b@example.org" in mailbox.text()
