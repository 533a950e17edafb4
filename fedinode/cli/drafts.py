"""Commands for what members write at the desk: texts, text."""

from typing import Final

from fedinode.capabilities import Capabilities
from fedinode.cli.commands import AS, Call, Command, argument
from fedinode.cli.nodes import on_node
from fedinode.services.writing import leafing
from fedinode.services.writing.leafing import Shelf

_SHELVES: Final[tuple[Shelf, ...]] = ("in-work", "scheduled", "public", "thrown-away")


async def texts(call: Call, cap: Capabilities) -> None:
    """List the texts of the desk."""
    found = await leafing.list_all(cap, call.args.shelf, call.args.collective)
    if call.args.json:
        call.output.json(found)
        return
    rows = [
        (each.uid, each.state, each.kind, each.language, each.changed_at, each.changed_by, each.title)
        for each in found
    ]
    headings = ("id", "state", "type", "language", "changed", "by", "title")
    call.output.table(headings, rows, "No text is there; members begin them at the desk.")


async def text(call: Call, cap: Capabilities) -> None:
    """Print a text."""
    call.output.line((await leafing.read_text(cap, call.args.uid)).rstrip("\n"))


COMMANDS: Final = (
    Command(
        name="texts",
        summary="list what members write at the desk",
        run=on_node(texts),
        arguments=(
            AS,
            argument("--shelf", choices=_SHELVES, default="in-work", help="which of them (in-work)"),
        ),
        lists=True,
    ),
    Command(
        name="text",
        summary="print a text of the desk, as `post` reads it",
        run=on_node(text),
        arguments=(argument("uid", metavar="ID", help="which one, as `texts` lists it"),),
    ),
)
