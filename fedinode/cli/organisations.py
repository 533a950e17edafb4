"""Commands for organisations without a node that support a statement: organisation add, list, remove."""

from fedinode.capabilities import Capabilities
from fedinode.cli.commands import Call, Command, argument
from fedinode.cli.nodes import on_node
from fedinode.services.cosigning import tallying
from fedinode.services.cosigning.tallying import NewSupport


async def add(call: Call, cap: Capabilities) -> None:
    """Name an organisation."""
    args = call.args
    new = NewSupport(name=args.name, place=args.place, country=args.country, method=args.method)
    added = await tallying.add_organisation(cap, args.url, new)
    call.output.line(added.name)
    call.output.say("It stands in the author's count, as confirmed by you; nobody else can verify it.")


async def remove(call: Call, cap: Capabilities) -> None:
    """Forget an organisation."""
    await tallying.remove_organisation(cap, call.args.url, call.args.name)
    call.output.say(f"{call.args.name} is taken off.")


async def show(call: Call, cap: Capabilities) -> None:
    """List the organisations."""
    found = await tallying.list_organisations(cap, call.args.url)
    if call.args.json:
        call.output.json(found)
        return
    rows = [(each.name, each.place, each.country, each.method, each.confirmed_at) for each in found]
    call.output.table(("name", "place", "country", "method", "confirmed"), rows, "There are none.")


_URL = argument("url", metavar="URL", help="the statement's id, or the address of its page")
_NAME = argument("name", metavar="NAME", help="as it is to stand in the list")

COMMANDS = (
    Command(
        name="organisation add",
        summary="name an organisation without a node under a statement",
        run=on_node(add),
        arguments=(
            _URL,
            _NAME,
            argument("--place", metavar="TOWN", help="where it is"),
            argument("--country", metavar="XX", help="its country, in two letters"),
            argument(
                "--method", choices=tallying.METHODS, default="paper", help="how its word reached you (paper)"
            ),
        ),
    ),
    Command(
        name="organisation list",
        summary="list the organisations under a statement",
        run=on_node(show),
        arguments=(_URL,),
        lists=True,
    ),
    Command(
        name="organisation remove",
        summary="take an organisation off a statement",
        run=on_node(remove),
        arguments=(_URL, _NAME),
    ),
)
