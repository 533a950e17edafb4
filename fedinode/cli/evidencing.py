"""Commands about evidence: check-signatures, signature-log, publish-copy, drop-copy, keys, rotate-keys."""

import asyncio
from pathlib import Path

from fedinode.capabilities import Capabilities
from fedinode.cli import agreeing
from fedinode.cli.commands import AS, Call, Command, argument
from fedinode.cli.nodes import on_node
from fedinode.cli.output import counted
from fedinode.errors import NodeError
from fedinode.services.cosigning import logbook, rechecking, republishing, retiring, trusting


async def check_signatures(call: Call, cap: Capabilities) -> None:
    """Verify all kept lists again."""
    if call.args.ask:
        await rechecking.ask_signers(cap)
    checked = await rechecking.check_all(cap)
    if call.args.json:
        call.output.json(checked)
    else:
        rows = [
            (each.statement, "own" if each.is_own else "copy", each.listed, each.verified, each.completeness)
            for each in checked.lists
        ]
        headings = ("statement", "kept as", "listed", "verified", "list")
        call.output.table(headings, rows, "No list of signatures is kept here.")
        for each in checked.lists:
            if each.problem is not None:
                call.output.say(f"{each.statement}: {each.problem}")
    if checked.broken_event is not None:
        call.output.say(f"Event {checked.broken_event} of the signature log does not fit the one before it.")
    if not checked.is_sound:
        raise NodeError("Not everything is as it should be.")


async def signature_log(call: Call, cap: Capabilities) -> None:
    """Write the signature log, or compare it with an earlier copy."""
    if call.args.compare is not None:
        earlier = await asyncio.to_thread(Path(call.args.compare).read_text, "utf-8")
        await _compare(call, cap, earlier)
        return
    lines = await cap.database.read(lambda session: list(logbook.lines(session)))
    if call.args.output is None:
        for line in lines:
            call.output.line(line)
        return
    content = "".join(f"{line}\n" for line in lines)
    await asyncio.to_thread(Path(call.args.output).write_text, content, "utf-8")
    call.output.line(call.args.output)
    call.output.say(f"{counted(len(lines), 'event')}; keep the last hash where nobody here can change it.")


async def _compare(call: Call, cap: Capabilities, earlier: str) -> None:
    number = await cap.database.read(lambda session: logbook.first_difference(session, earlier))
    if number is not None:
        raise NodeError(f"Line {number} of {call.args.compare} does not stand in the log as it did.")
    call.output.say(f"All {counted(len(earlier.splitlines()), 'event')} stand in the log as they did.")


async def publish_copy(call: Call, cap: Capabilities) -> None:
    """Publish a kept copy as a post of our own."""
    args = call.args
    done = await republishing.publish_copy(
        cap, args.url, collective=args.collective, account=args.account, although_it_answers=args.yes
    )
    agreeing.tell_standing(call, done.standing, done.post_uri, "Published, with its source and our copy.")


async def drop_copy(call: Call, cap: Capabilities) -> None:
    """Drop a kept copy."""
    args = call.args
    done = await retiring.drop_copy(cap, args.url, collective=args.collective, account=args.account)
    agreeing.tell_standing(call, done.standing, done.statement_uri, "Dropped; nothing of the text is left.")


async def show_keys(call: Call, cap: Capabilities) -> None:
    """Print keys as `verify --trust` reads them."""
    for group in await trusting.known_groups(cap, only_ours=call.args.own):
        call.output.line(f"# {group.title}")
        for key in group.keys:
            call.output.line(f"{key.key_id} {key.key}")


async def rotate_keys(call: Call, cap: Capabilities) -> None:
    """Give a collective new keys."""
    call.require_yes("This makes new keys for statements and signatures; the old ones stay to check what is.")
    done = await trusting.rotate(cap, call.args.collective, account=call.args.account)
    if done.standing is not None and not done.keys:
        agreeing.tell_standing(call, done.standing, None, "")
        return
    for key in done.keys:
        call.output.line(f"{key.key_id} {key.key}")
    call.output.say("New signatures are made with these. Tell those who keep your keys on paper.")


_URL = argument("url", metavar="URL", help="the statement's id, or the address of its page")

COMMANDS = (
    Command(
        name="check-signatures",
        summary="verify all kept lists of signatures again, and the signature log",
        run=on_node(check_signatures),
        arguments=(
            argument("--ask", action="store_true", help="ask the servers of the signers too, as every night"),
        ),
        lists=True,
    ),
    Command(
        name="signature-log",
        summary="write what happened to signatures, for auditors: no names in it",
        run=on_node(signature_log),
        arguments=(
            argument("-o", dest="output", metavar="FILE", help="write it there instead of showing it"),
            argument("--compare", metavar="FILE", help="see whether an earlier copy still stands in the log"),
        ),
    ),
    Command(
        name="publish-copy",
        summary="publish the kept copy of a statement whose server is gone",
        run=on_node(publish_copy),
        arguments=(
            _URL,
            AS,
            agreeing.ACCOUNT,
            argument("--yes", action="store_true", help="even while its own server still shows it"),
        ),
    ),
    Command(
        name="drop-copy",
        summary="drop the kept copy of a statement that its author took back",
        run=on_node(drop_copy),
        arguments=(_URL, AS, agreeing.ACCOUNT),
    ),
    Command(
        name="keys",
        summary="print the keys that this node vouches for, as `verify --trust` reads them",
        run=on_node(show_keys),
        arguments=(argument("--own", action="store_true", help="only those of this node's collectives"),),
    ),
    Command(
        name="rotate-keys",
        summary="give a collective new keys for statements and signatures, or ask the members to",
        run=on_node(rotate_keys),
        arguments=(AS, agreeing.ACCOUNT),
        destroys=True,
    ),
)
