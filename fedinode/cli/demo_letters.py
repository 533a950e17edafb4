"""The demo's mailbox: its cells have no mail server, so what they would send is shown in the terminal."""

import asyncio
import textwrap
from typing import Final

from fedinode.capabilities import Capabilities
from fedinode.cli.output import Output
from fedinode.services import mailing

_LOOK_SECONDS: Final = 0.5


def tell(cap: Capabilities, statement_uri: str, output: Output) -> None:
    """Say where people sign a statement."""
    output.say(
        "   People sign it too, with any address; no mail leaves this machine, letters are shown here:"
    )
    output.say(f"   open {cap.urls.sign(statement_uri)}")


async def show(cap: Capabilities, output: Output) -> None:
    """Show each letter that waits, until the demo ends."""
    seen: set[str] = set()
    while True:
        for letter in await mailing.read_waiting(cap):
            if letter.key not in seen:
                seen.add(letter.key)
                output.say(f"\nThis letter waits for a mail server. It says: {letter.subject}")
                output.say(textwrap.indent(letter.text, "   "))
        await asyncio.sleep(_LOOK_SECONDS)
