"""Commands for the rules by which posts of friends are reshared: rules, rule."""

from fedinode.capabilities import Capabilities
from fedinode.cli.commands import AS, Call, Command, argument
from fedinode.cli.nodes import on_node
from fedinode.services.network import passing_on
from fedinode.services.network.ruling import AUTO_A_DAY, KINDS, MODES

_SAID = {
    "auto": f"New public posts are reshared at once, at most {AUTO_A_DAY} in a day; the rest are proposed.",
    "propose": "New public posts wait at the desk for an editor.",
    "never": "Nothing of it is reshared.",
    passing_on.NONE: "There is no rule any more.",
}


async def list_rules(call: Call, cap: Capabilities) -> None:
    """List the rules."""
    names = None if call.args.collective is None else [call.args.collective]
    found = await passing_on.list_rules(cap, names)
    if call.args.json:
        call.output.json(found)
        return
    rows = [
        (each.collective, each.about, each.mode, each.kinds, each.set_at, each.set_by or "the machine")
        for each in found
    ]
    headings = ("collective", "about", "rule", "for", "set", "by")
    call.output.table(headings, rows, "There is no rule: editors decide each time.")


async def set_rule(call: Call, cap: Capabilities) -> None:
    """Set or take away a rule."""
    args = call.args
    kinds = args.kinds or KINDS
    call.output.line(
        await passing_on.set_rule(cap, args.subject, args.mode, collective=args.collective, kinds=kinds)
    )
    call.output.say(_SAID[args.mode])


COMMANDS = (
    Command(
        name="rules",
        summary="list by which rules posts of friends are reshared",
        run=on_node(list_rules),
        arguments=(AS,),
        lists=True,
    ),
    Command(
        name="rule",
        summary="reshare somebody's new posts by itself, propose them, or never",
        run=on_node(set_rule),
        arguments=(
            argument("subject", metavar="HANDLE-or-HOST", help="somebody whom we follow, or their server"),
            argument("mode", choices=(*MODES, passing_on.NONE), help="none takes the rule away"),
            argument(
                "--kinds", nargs="+", choices=KINDS, help="for which kinds of posts; all, if none is named"
            ),
            AS,
        ),
    ),
)
