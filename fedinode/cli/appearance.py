"""Commands for what a collective is called, says of itself and looks like."""

from pathlib import Path

from fedinode.capabilities import Capabilities
from fedinode.cli.commands import Call, Command, argument
from fedinode.cli.nodes import on_node
from fedinode.cli.output import counted
from fedinode.errors import UsageError
from fedinode.services import describing
from fedinode.services.describing import Description
from fedinode.text import canonical_language

_COLLECTIVE = argument("collective", metavar="NAME", help="the first half of its handle")


async def describe(call: Call, cap: Capabilities) -> None:
    """Name or describe a collective in a language."""
    if call.args.name is None and call.args.about is None:
        raise UsageError("Say what to change: --name, --about, or both.")
    try:
        language = canonical_language(call.args.language)
    except ValueError as error:
        raise UsageError(f'"{call.args.language}" {error}.') from error
    change = Description(
        language=language,
        name=call.args.name,
        about_markdown=None if call.args.about is None else _read(call.args.about),
    )
    told = await describing.describe(cap, call.args.collective, change)
    call.output.say(f"Changed; {counted(told, 'server')} will be told.")


async def look(call: Call, cap: Capabilities) -> None:
    """Give a collective a colour, a picture or a country."""
    args = call.args
    if args.accent is None and args.icon is None and args.country is None:
        raise UsageError("Say what to change: --accent, --icon or --country.")
    told = await describing.set_look(
        cap, args.collective, accent=args.accent, icon=args.icon, country=args.country
    )
    call.output.say(f"Changed; {counted(told, 'server')} will be told.")


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text; save it as UTF-8.") from error


COMMANDS = (
    Command(
        name="collective describe",
        summary="name or describe a collective in one more language, or anew",
        run=on_node(describe),
        arguments=(
            _COLLECTIVE,
            argument("--language", required=True, metavar="XX", help="the language of name and description"),
            argument("--name", metavar="NAME", help="what it is called in this language"),
            argument("--about", type=Path, metavar="FILE.md", help="who it is, as Markdown; empty: nothing"),
        ),
    ),
    Command(
        name="collective look",
        summary="give the pages of a collective a colour, a picture and a country",
        run=on_node(look),
        arguments=(
            _COLLECTIVE,
            argument("--accent", metavar="#RRGGBB", help='the colour of its pages; "none": the usual one'),
            argument("--icon", type=Path, metavar="FILE", help="a picture, square if possible"),
            argument("--country", metavar="XX", help='where it is, such as DE; "none": it does not say'),
        ),
    ),
)
