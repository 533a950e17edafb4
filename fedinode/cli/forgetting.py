"""The command that takes a name off a copy of somebody else's statement."""

from fedinode.capabilities import Capabilities
from fedinode.cli.commands import Call, Command, argument
from fedinode.cli.nodes import on_node
from fedinode.services.cosigning import erasing


async def erase(call: Call, cap: Capabilities) -> None:
    """Take a name off a copy for good; without a name, list those whose removal was asked for."""
    args = call.args
    if args.name is None:
        await _list_asked(call, cap)
        return
    erased = await erasing.erase(cap, args.url, args.name, number=args.number)
    call.output.say(f"{erased.name} is taken off this copy, and stays off whatever its author lists.")


async def _list_asked(call: Call, cap: Capabilities) -> None:
    found = await erasing.list_asked(cap, call.args.url)
    if call.args.json:
        call.output.json(found)
        return
    rows = [
        (each.id, each.asked_at, each.name, each.role, each.place, each.country, each.handle)
        for each in found
    ]
    headings = ("number", "asked", "name", "role", "town", "country", "account")
    call.output.table(headings, rows, "Nobody asked for a removal.")


COMMANDS = (
    Command(
        name="erase-copied-signer",
        summary="take a name of a person off the kept copy of a statement",
        run=on_node(erase),
        arguments=(
            argument("url", metavar="URL", help="the statement's id, its page, or the address of our copy"),
            argument(
                "name",
                metavar="NAME",
                nargs="?",
                help="as it stands in the list; without it, the names whose removal was asked for are listed",
            ),
            argument("--number", metavar="N", type=int, help="who is meant, where several have this name"),
        ),
        lists=True,
    ),
)
