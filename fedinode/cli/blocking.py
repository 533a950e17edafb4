"""Commands that keep servers and actors out."""

from fedinode.capabilities import Capabilities
from fedinode.cli import agreeing
from fedinode.cli.commands import Call, Command, argument
from fedinode.cli.nodes import on_node
from fedinode.cli.output import counted
from fedinode.services.moderation import block_lists, excluding, level_words


async def block(call: Call, cap: Capabilities) -> None:
    """Block a server or an actor."""
    effect = await excluding.preview_block(cap, call.args.subject, severity=call.args.severity)
    if effect.followers or effect.following or effect.replies:
        call.require_yes(
            f"This would take away {counted(effect.followers, 'follower')}, end "
            f"{counted(effect.following, 'follow')} of ours, and remove "
            f"{counted(effect.replies, 'reply', 'replies')}."
        )
    done = await excluding.block(
        cap,
        call.args.subject,
        severity=call.args.severity,
        reason=call.args.reason,
        account=call.args.account,
    )
    if done.decision is not None:
        call.output.line(done.decision)
        call.output.say(
            f"{done.subject} is limited meanwhile. {counted(done.still_needed, 'more member')} must agree to "
            f"suspend it; they vote with `fedinode vote {done.decision} yes --account EMAIL`."
        )
        return
    call.output.line(done.subject)
    call.output.say(f"{done.subject} is blocked ({done.severity}).")


async def unblock(call: Call, cap: Capabilities) -> None:
    """Lift a block."""
    done = await excluding.unblock(cap, call.args.subject, account=call.args.account)
    if done.decision is not None:
        call.output.line(done.decision)
        call.output.say(
            f"{counted(done.still_needed, 'more member')} must agree; they vote with "
            f"`fedinode vote {done.decision} yes --account EMAIL`."
        )
        return
    call.output.line(done.subject)
    call.output.say(f"{done.subject} is no longer blocked.")


async def blocks(call: Call, cap: Capabilities) -> None:
    """List blocks."""
    found = await excluding.blocks(cap)
    if call.args.json:
        call.output.json(found)
    elif call.args.csv:
        call.output.line(block_lists.render(found).rstrip("\r\n"))
    else:
        rows = [(each.subject, each.severity, each.reason, each.created_at) for each in found]
        call.output.table(("blocked", "severity", "reason", "since"), rows, "Nobody is blocked.")


_SUBJECT = argument("subject", metavar="DOMAIN-or-ACTOR", help="a domain with all under it, or an actor")

COMMANDS = (
    Command(
        name="block",
        summary="keep a server or an actor out",
        run=on_node(block),
        arguments=(
            _SUBJECT,
            argument(
                "--severity",
                choices=level_words.SEVERITIES,
                default="suspend",
                help="how far they are let in; suspend, nothing at all, is the default",
            ),
            argument("--reason", metavar="TEXT", help="for your own memory"),
            agreeing.ACCOUNT,
        ),
        destroys=True,
    ),
    Command(
        name="unblock",
        summary="lift a block",
        run=on_node(unblock),
        arguments=(_SUBJECT, agreeing.ACCOUNT),
    ),
    Command(
        name="blocks",
        summary="list the blocks",
        run=on_node(blocks),
        arguments=(argument("--csv", action="store_true", help="as a file that Mastodon reads"),),
        lists=True,
    ),
)
