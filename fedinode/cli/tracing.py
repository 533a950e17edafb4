"""Commands about deliveries: where each post has got to, and trying again."""

from fedinode.capabilities import Capabilities
from fedinode.cli.commands import Call, Command, argument
from fedinode.cli.nodes import on_node
from fedinode.cli.output import counted
from fedinode.services import delivering
from fedinode.services.moderation import moderating


async def deliveries(call: Call, cap: Capabilities) -> None:
    """Show deliveries."""
    found = await delivering.report(cap, call.args.url, failed=call.args.failed)
    if call.args.json:
        call.output.json(found)
        return
    rows = [
        (
            each.state,
            each.host,
            each.activity_type,
            each.attempts,
            each.last_status,
            each.last_words,
            each.due_at,
        )
        for each in found
    ]
    headings = ("state", "server", "activity", "attempts", "status", "it said", "next attempt")
    call.output.table(headings, rows, "There is nothing to deliver.")
    if call.args.url:
        for each in await delivering.summaries(cap, call.args.url):
            servers = counted(each.total, "server")
            call.output.say(f"{each.activity_type}: delivered to {each.delivered} of {servers}.")


async def retry(call: Call, cap: Capabilities) -> None:
    """Try again now."""
    count = await delivering.retry(cap, call.args.peer)
    call.output.say(f"Tried again now: {counted(count, 'delivery', 'deliveries')}.")
    if call.args.peer is None and (parked := await moderating.retry_all_parked(cap)):
        call.output.say(f"And of what others sent: {counted(parked, 'activity', 'activities')}.")


async def wake(call: Call, cap: Capabilities) -> None:
    """Show all servers that we are back."""
    count = await delivering.wake(cap)
    call.output.say(f"Told that we are back: {counted(count, 'server')}.")


COMMANDS = (
    Command(
        name="deliveries",
        summary="show where each post has got to",
        run=on_node(deliveries),
        arguments=(
            argument("url", nargs="?", metavar="URL", help="of one post alone"),
            argument("--failed", action="store_true", help="only what did not arrive"),
        ),
        lists=True,
    ),
    Command(
        name="retry",
        summary="try open and failed deliveries again now",
        run=on_node(retry),
        arguments=(argument("peer", nargs="?", metavar="PEER", help="to one server alone"),),
    ),
    Command(name="wake", summary="tell all servers that we are back, after an outage", run=on_node(wake)),
)
