"""Commands about what is held and who alone may federate: rules, the list of allowed servers, attacks."""

import asyncio
from pathlib import Path

from fedinode.capabilities import Capabilities
from fedinode.cli.agreeing import ACCOUNT
from fedinode.cli.commands import Call, Command, argument
from fedinode.cli.nodes import on_node
from fedinode.cli.output import counted
from fedinode.errors import UsageError
from fedinode.services.moderation import alerting, allowing, block_imports, withholding


async def import_blocks(call: Call, cap: Capabilities) -> None:
    """Bring a list of domains."""
    content = await asyncio.to_thread(Path(call.args.file).read_bytes)
    uid = await block_imports.bring(cap, content, account=call.args.account)
    found = await block_imports.preview(cap, uid, account=call.args.account)
    for fault in found.faults:
        call.output.say(f"Line {fault.line}: {fault.why} ({fault.text})")
    for cut in found.cuts:
        call.output.say(
            f"{cut.host}: {counted(cut.followers, 'follower')} and "
            f"{counted(cut.following, 'follow')} of ours would end."
        )
    summary = (
        f"{found.new} new, {found.changed} changed, {found.same} there already, "
        f"{counted(len(found.faults), 'faulty line')}; {found.suspends} to be suspended."
    )
    if found.faults or found.cuts:
        call.require_yes(summary)
    done = await block_imports.carry_out(cap, uid, account=call.args.account)
    call.output.line(str(done.written))
    call.output.say(summary)
    if done.decision is not None:
        call.output.say(
            f"{counted(done.still_needed, 'more member')} must agree to what is suspended; until then it is "
            f"limited. They vote with `fedinode vote {done.decision} yes --account EMAIL`."
        )


async def rules(call: Call, cap: Capabilities) -> None:
    """List the rules that hold."""
    found = await withholding.rules(cap)
    if call.args.json:
        call.output.json(found)
        return
    rows = [(each.id, each.kind, each.value) for each in found]
    call.output.table(("number", "rule", "about"), rows, "There is no rule.")


async def add_rule(call: Call, cap: Capabilities) -> None:
    """Add a rule."""
    added = await withholding.add(cap, call.args.kind, call.args.value, account=call.args.account)
    call.output.line(str(added))
    call.output.say("The rule holds from now on." if added else "This rule was there already.")


async def remove_rule(call: Call, cap: Capabilities) -> None:
    """Drop a rule."""
    gone = await withholding.remove(cap, call.args.number, account=call.args.account)
    call.output.line(str(gone.id))
    call.output.say(f"The rule about {gone.value} is gone.")


async def allow(call: Call, cap: Capabilities) -> None:
    """List servers that may federate where only listed ones do."""
    listed = await allowing.allow(cap, call.args.domains, account=call.args.account)
    if listed.faulty:
        raise UsageError(f"These are no domains: {', '.join(listed.faulty)}.")
    call.output.line(str(listed.added))


async def disallow(call: Call, cap: Capabilities) -> None:
    """Take servers off that list."""
    call.output.line(str(await allowing.disallow(cap, call.args.domains, account=call.args.account)))


async def allowed(call: Call, cap: Capabilities) -> None:
    """List the servers that may federate."""
    circle = await allowing.look(cap)
    if call.args.json:
        call.output.json(circle)
        return
    call.output.table(("server", "since"), circle.domains, "No server is listed.")
    call.output.say(
        f"{'Only these federate' if circle.is_on else 'Every server federates'}. Not listed: "
        f"{counted(circle.followers_outside, 'follower')}, "
        f"{counted(circle.following_outside, 'follow')} of ours."
    )


async def federate(call: Call, cap: Capabilities) -> None:
    """Federate with listed servers alone, or with everybody."""
    is_on = call.args.whom == "listed"
    circle = await allowing.look(cap)
    if is_on and (circle.followers_outside or circle.following_outside):
        call.require_yes(
            f"{counted(circle.followers_outside, 'follower')} on servers that are not listed would get "
            f"nothing, and {counted(circle.following_outside, 'follow')} of ours would bring nothing."
        )
    await allowing.switch(cap, is_on=is_on, account=call.args.account)
    call.output.line(call.args.whom)


async def attack(call: Call, cap: Capabilities) -> None:
    """Hold everything that comes in, or end that."""
    if call.args.off:
        was_on = await alerting.end(cap, account=call.args.account)
        call.output.say("It is over." if was_on else "The node was not under attack.")
        return
    found = await alerting.begin(cap, call.args.hours, account=call.args.account)
    call.output.line(f"{found.until:%Y-%m-%d %H:%M}")
    call.output.say(f"Everything that comes in is held until {found.until:%Y-%m-%d %H:%M} UTC.")


COMMANDS = (
    Command(
        name="import-blocks",
        summary="bring a list of domains to keep out",
        run=on_node(import_blocks),
        arguments=(argument("file", metavar="FILE.csv", help="as Mastodon exports it"), ACCOUNT),
        destroys=True,
    ),
    Command(name="holds", summary="list the rules that hold what comes in", run=on_node(rules), lists=True),
    Command(
        name="hold",
        summary="let something wait for a moderator",
        run=on_node(add_rule),
        arguments=(
            argument("kind", metavar="KIND", choices=withholding.KINDS, help=", ".join(withholding.KINDS)),
            argument("value", metavar="VALUE", nargs="?", default="", help="a word, a domain or a number"),
            ACCOUNT,
        ),
    ),
    Command(
        name="unhold",
        summary="drop a rule",
        run=on_node(remove_rule),
        arguments=(argument("number", metavar="NUMBER", type=int, help="as `holds` shows it"), ACCOUNT),
    ),
    Command(
        name="allow",
        summary="list servers that may federate",
        run=on_node(allow),
        arguments=(argument("domains", metavar="DOMAIN", nargs="+", help="with all under it"), ACCOUNT),
    ),
    Command(
        name="disallow",
        summary="take servers off that list",
        run=on_node(disallow),
        arguments=(argument("domains", metavar="DOMAIN", nargs="+", help="as it is listed"), ACCOUNT),
    ),
    Command(name="allowed", summary="show that list", run=on_node(allowed), lists=True),
    Command(
        name="federate",
        summary="federate with everybody, or with listed servers alone",
        run=on_node(federate),
        arguments=(
            argument("whom", metavar="WHOM", choices=("everybody", "listed"), help="everybody or listed"),
            ACCOUNT,
        ),
        destroys=True,
    ),
    Command(
        name="attack",
        summary="hold everything that comes in for a while",
        run=on_node(attack),
        arguments=(
            argument("--hours", type=int, default=12, metavar="N", help="for so long (12)"),
            argument("--off", action="store_true", help="end it"),
            ACCOUNT,
        ),
    ),
)
