"""Commands for the worst day: panic, and the note that a backup was made, which panic names."""

from fedinode.capabilities import Capabilities
from fedinode.cli.commands import Call, Command, argument
from fedinode.cli.nodes import on_node
from fedinode.services.upkeep import panicking, probing
from fedinode.services.upkeep.panicking import Plan

_EFFECT = (
    "This makes the node read-only and signs everybody out; then it erases for good: {what}. "
    "What is public stays readable."
)
_WHAT = {
    "signers": "addresses of people who signed and all mail",
    "drafts": "drafts and invitations",
    "members": "addresses and passwords of members",
    "keys": "all private keys and the data key",
}


async def panic(call: Call, cap: Capabilities) -> None:
    """Shut the node and wipe what could hurt people."""
    plan = _plan(call)
    report = await panicking.panic(cap, plan)
    if call.args.json:
        call.output.json(report)
        return
    for sentence in report.done:
        call.output.line(sentence)
    call.output.say("What this cannot do:")
    for sentence in report.left:
        call.output.say(f"- {sentence}")
    for name in report.backups:
        call.output.say(f"  {name}")
    call.output.say("What to do next is in docs/panic.md.")


def _run(call: Call) -> None:
    plan = _plan(call)
    wiped = [words for name, words in _WHAT.items() if getattr(plan, name)]
    call.require_yes(_EFFECT.format(what="; ".join(wiped) or "nothing"))
    on_node(panic)(call)


def _plan(call: Call) -> Plan:
    return Plan(**{name: not getattr(call.args, f"keep_{name}") for name in _WHAT})


async def backup_made(call: Call, cap: Capabilities) -> None:
    """Note that a backup was made."""
    await probing.note_backup(cap, call.args.where)
    call.output.say("Noted. The overview at the desk counts from now on, and a panic names the place.")


COMMANDS = (
    Command(
        name="panic",
        summary="make the node read-only, sign everybody out, wipe what could hurt people, drop keys",
        run=_run,
        lists=True,
        destroys=True,
        arguments=tuple(
            argument(f"--keep-{name}", action="store_true", help=f"leave {words}")
            for name, words in _WHAT.items()
        ),
    ),
    Command(
        name="backup-made",
        summary="note that a backup was made just now, at the end of the script that makes it",
        run=on_node(backup_made),
        arguments=(argument("where", metavar="WHERE", help="where it lies, in words"),),
    ),
)
