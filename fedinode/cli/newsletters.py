"""Commands about mail to people who signed: update-signers, bounced."""

from pathlib import Path

from fedinode.capabilities import Capabilities
from fedinode.cli.commands import Call, Command, argument
from fedinode.cli.nodes import on_node
from fedinode.errors import UsageError
from fedinode.services.supporting import bouncing, informing


async def send(call: Call, cap: Capabilities) -> None:
    """Queue one letter to each."""
    args = call.args
    news = await informing.prepare(cap, args.url, _words(args.text))
    call.output.say(f'News about "{news.statement.title}" go to {news.recipients} people.')
    call.require_yes("Letters that are sent cannot be called back.")
    queued = await informing.send(cap, news)
    call.output.line(str(queued))
    call.output.say("letters wait in the queue; who got this text before does not get it again.")
    if cap.settings.mail.host is None:
        call.output.say("This node has no mail server yet: they go out when mail.host is set.")


async def bounced(call: Call, cap: Capabilities) -> None:
    """Note that mail to an address came back."""
    await bouncing.note(cap, call.args.email)
    call.output.say("People's forms write to this address no more, and it is not kept. Signatures stay.")


def _words(file_or_text: str) -> str:
    # A mistyped file name must not become a letter to thousands.
    if not file_or_text.endswith((".txt", ".md")) and not Path(file_or_text[:255]).is_file():
        return file_or_text
    try:
        return Path(file_or_text).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file_or_text} cannot be read as UTF-8 text: {error}.") from error


COMMANDS = (
    Command(
        name="update-signers",
        summary="write to the people who signed a statement and agreed to news",
        run=on_node(send),
        arguments=(
            argument("url", metavar="URL", help="the statement's id, or the address of its page"),
            argument("text", metavar="FILE-or-TEXT", help="plain text; links are written out"),
        ),
        destroys=True,
    ),
    Command(
        name="bounced",
        summary="note that mail to somebody who signed came back",
        run=on_node(bounced),
        arguments=(argument("email", metavar="EMAIL", help="the address that the mail was for"),),
    ),
)
