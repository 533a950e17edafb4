"""Commands between us and others: follow, unfollow, followers, following, reshare, unreshare."""

from collections.abc import Awaitable, Callable

from fedinode.capabilities import Capabilities
from fedinode.cli.commands import AS, Call, Command, argument
from fedinode.cli.nodes import on_node
from fedinode.cli.output import counted
from fedinode.services import following
from fedinode.services.network import resharing
from fedinode.text import display_handle

_STATES = {
    "requested": "is asked; its server answers when it likes",
    "accepted": "is followed",
    "rejected": "has refused",
}


async def follow(call: Call, cap: Capabilities) -> None:
    """Follow somebody."""
    relation = await following.follow(cap, call.args.handle, collective=call.args.collective)
    call.output.line(relation.actor_uri)
    state = _STATES.get(relation.state, relation.state)
    call.output.say(f"{display_handle(relation.handle)} {state}.")


async def unfollow(call: Call, cap: Capabilities) -> None:
    """Stop following somebody."""
    relation = await following.unfollow(cap, call.args.handle, collective=call.args.collective)
    call.output.line(relation.actor_uri)
    call.output.say(f"{display_handle(relation.handle)} is no longer followed.")


async def reshare(call: Call, cap: Capabilities) -> None:
    """Boost a post."""
    done = await resharing.reshare(
        cap, call.args.url, collective=call.args.collective, comment=call.args.comment
    )
    call.output.line(done.activity_uri)
    if done.already:
        call.output.say("already reshared")
    else:
        call.output.say(f"Reshared {done.object_uri}; {counted(done.deliveries, 'server')} to tell.")


async def unreshare(call: Call, cap: Capabilities) -> None:
    """Take a boost back."""
    done = await resharing.unreshare(cap, call.args.url, collective=call.args.collective)
    call.output.line(done.activity_uri)
    call.output.say(f"{done.object_uri} is no longer reshared; {counted(done.deliveries, 'server')} to tell.")


_List = Callable[..., Awaitable[tuple[following.Relation, ...]]]


def _listing(find: _List, nothing: str) -> Callable[[Call, Capabilities], Awaitable[None]]:
    async def show(call: Call, cap: Capabilities) -> None:
        found = await find(cap, collective=call.args.collective)
        if call.args.json:
            call.output.json(found)
            return
        rows = [
            (each.id, each.since, display_handle(each.handle), each.name, each.state, each.collective)
            for each in found
        ]
        call.output.table(("id", "since", "handle", "name", "state", "collective"), rows, nothing)

    return show


_HANDLE = argument("handle", metavar="HANDLE", help="as @lisbon@lisbon.example, or the actor's address")
_URL = argument("url", metavar="URL", help="the post's id, or the address of its page")

COMMANDS = (
    Command(name="follow", summary="follow somebody", run=on_node(follow), arguments=(_HANDLE, AS)),
    Command(
        name="unfollow", summary="stop following somebody", run=on_node(unfollow), arguments=(_HANDLE, AS)
    ),
    Command(
        name="followers",
        summary="list who follows us",
        run=on_node(_listing(following.followers, "Nobody follows yet.")),
        arguments=(AS,),
        lists=True,
    ),
    Command(
        name="following",
        summary="list whom we follow, or asked to",
        run=on_node(_listing(following.following, "Nobody is followed yet.")),
        arguments=(AS,),
        lists=True,
    ),
    Command(
        name="reshare",
        summary="show somebody's post to our followers",
        run=on_node(reshare),
        arguments=(
            _URL,
            AS,
            argument("--comment", metavar="TEXT", help="a post of ours that goes with it"),
        ),
    ),
    Command(name="unreshare", summary="take a reshare back", run=on_node(unreshare), arguments=(_URL, AS)),
)
