"""Commands that stop everything, or one decision, and let it go on: stop, resume."""

from fedinode.capabilities import Capabilities
from fedinode.cli import agreeing
from fedinode.cli.commands import Call, Command, argument
from fedinode.cli.nodes import on_node
from fedinode.services.members import halting, stopping

_EFFECT = (
    "This stops everything: nothing is delivered, nothing public changes and no decision is acted on, until "
    "`fedinode resume`. Pages stay readable, and what others send is taken in. What other servers have "
    "already, they keep."
)


async def stop(call: Call, cap: Capabilities) -> None:
    """Stop one decision that waits, or everything."""
    args = call.args
    if args.id is not None:
        stopped = await stopping.stop_decision(cap, args.id, args.account)
        call.output.line(stopped.uid)
        call.output.say("It is stopped. Whoever still wants it puts the question again.")
        return
    call.require_yes(_EFFECT)
    state = await halting.halt(cap, args.account, args.why)
    call.output.line(state.level)
    call.output.say(f"Everything is stopped since {state.since:%Y-%m-%d %H:%M} UTC.")


async def resume(call: Call, cap: Capabilities) -> None:
    """Let everything go on."""
    found = await halting.state(cap)
    if found.is_running:
        call.output.say("Nothing is stopped.")
        return
    who = f" by {found.who}" if found.who else ""
    why = f": {found.why}" if found.why else ""
    call.require_yes(
        f"The node is {found.level} since {found.since:%Y-%m-%d %H:%M} UTC{who}{why}. What waits goes out, "
        "and what was agreed to meanwhile is done. `fedinode decisions` lists it."
    )
    await halting.resume(cap)
    call.output.say("Everything goes on.")


COMMANDS = (
    Command(
        name="stop",
        summary="stop one decision that waits, or everything: deliveries, publishing, decisions",
        run=on_node(stop),
        arguments=(
            argument(
                "id", metavar="ID", nargs="?", help="a decision from `fedinode decisions`; else everything"
            ),
            argument("--why", metavar="TEXT", default="", help="what the others read about it"),
            agreeing.ACCOUNT,
        ),
        destroys=True,
    ),
    Command(
        name="resume",
        summary="let everything go on after a stop or a panic",
        run=on_node(resume),
        destroys=True,
    ),
)
