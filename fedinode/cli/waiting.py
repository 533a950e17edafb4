"""Commands for what waits for a decision: follow requests and held replies."""

from collections.abc import Awaitable, Callable

from fedinode.capabilities import Capabilities
from fedinode.cli.commands import AS, Call, Command, argument
from fedinode.cli.nodes import on_node
from fedinode.services import following
from fedinode.services.moderation import moderating
from fedinode.text import display_handle


async def requests(call: Call, cap: Capabilities) -> None:
    """List follow requests."""
    found = await following.requests(cap, collective=call.args.collective)
    if call.args.json:
        call.output.json(found)
        return
    rows = [(each.id, each.since, display_handle(each.handle), each.name, each.collective) for each in found]
    call.output.table(("id", "since", "handle", "name", "wants to follow"), rows, "No follow request waits.")


async def held(call: Call, cap: Capabilities) -> None:
    """List replies that wait."""
    found = await moderating.held(cap, collective=call.args.collective)
    if call.args.json:
        call.output.json(found)
        return
    rows = [
        (each.id, each.received_at, display_handle(each.handle), each.text, each.object_uri) for each in found
    ]
    call.output.table(("id", "received", "from", "text", "answers"), rows, "No reply waits.")


def _answering(
    decide: Callable[[Capabilities, int], Awaitable[following.Relation]], done: str
) -> Callable[[Call, Capabilities], Awaitable[None]]:
    async def answer(call: Call, cap: Capabilities) -> None:
        relation = await decide(cap, call.args.id)
        call.output.say(f"{display_handle(relation.handle)} {done}.")

    return answer


def _judging(
    decide: Callable[[Capabilities, int], Awaitable[moderating.Reply]], done: str
) -> Callable[[Call, Capabilities], Awaitable[None]]:
    async def judge(call: Call, cap: Capabilities) -> None:
        reply = await decide(cap, call.args.id)
        call.output.say(f"The reply by {display_handle(reply.handle)} {done}.")

    return judge


_REQUEST = argument("id", metavar="ID", type=int, help="the number that `fedinode requests` shows")
_REPLY = argument("id", metavar="ID", type=int, help="the number that `fedinode held` shows")

COMMANDS = (
    Command(
        name="requests",
        summary="list follow requests that wait",
        run=on_node(requests),
        arguments=(AS,),
        lists=True,
    ),
    Command(
        name="accept",
        summary="let somebody follow who asked",
        run=on_node(_answering(following.accept, "follows now")),
        arguments=(_REQUEST,),
    ),
    Command(
        name="reject",
        summary="refuse a follow request, or remove a follower",
        run=on_node(_answering(following.reject, "does not follow")),
        arguments=(_REQUEST,),
    ),
    Command(name="held", summary="list replies that wait", run=on_node(held), arguments=(AS,), lists=True),
    Command(
        name="approve",
        summary="show a reply under its post",
        run=on_node(_judging(moderating.approve, "is shown")),
        arguments=(_REPLY,),
    ),
    Command(
        name="hide",
        summary="hide a reply, held or shown",
        run=on_node(_judging(moderating.hide, "is hidden")),
        arguments=(_REPLY,),
    ),
)
