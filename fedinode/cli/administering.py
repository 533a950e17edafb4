"""Commands that make and keep up a node: init, upgrade, doctor, collectives."""

import os
from datetime import UTC, datetime

from fedinode import config
from fedinode.capabilities import Capabilities
from fedinode.cli import agreeing
from fedinode.cli.commands import Argument, Call, Command, argument
from fedinode.cli.nodes import on_node
from fedinode.cli.output import counted
from fedinode.errors import NodeError, UsageError
from fedinode.services import founding, registering
from fedinode.services.members import consulting, gating
from fedinode.services.members.consulting import Consulted
from fedinode.services.upkeep import diagnosing
from fedinode.storage import upgrades
from fedinode.text import canonical_language


def _language(text: str) -> str:
    try:
        return canonical_language(text)
    except ValueError as error:
        raise UsageError(f'"{text}" {error}.') from error


def _origin(text: str) -> str:
    try:
        return config.parse_origin(text)
    except ValueError as error:
        raise UsageError(f'The origin "{text}" {error}.') from error


def init(call: Call) -> None:
    """Make a node."""
    order = founding.NewNode(
        origin=_origin(call.args.origin),
        collective=call.args.collective,
        name=call.args.name,
        language=_language(call.args.language),
        email=call.args.email,
    )
    made = founding.create_node(call.data_dir, order, environ=os.environ, now=datetime.now(UTC))
    call.output.line(made.collective_uri)
    call.output.say(f"The node is made in {call.data_dir}. Its first collective is {made.handle}.")
    call.output.say(f"Sign in once, within a day: {made.sign_in_url}")
    call.output.say("Start it with `fedinode serve`. Keep a copy of the folder's secrets/ somewhere safe.")


def upgrade(call: Call) -> None:
    """Bring the database to this version."""
    settings = config.load_settings(call.data_dir, os.environ)
    changed = upgrades.run(settings.database_url)
    call.output.say("The database is up to date now." if changed else "The database was up to date already.")


async def doctor(call: Call, cap: Capabilities) -> None:
    """Find what is wrong."""
    every = await diagnosing.look_everywhere(cap)
    found = [each for each in every if each.level == "fault"]
    if call.args.json:
        told = ("subject", "sentence", "remedy")
        call.output.json([{name: getattr(each, name) for name in told} for each in found])
    for each in () if call.args.json else every:
        if each.level == "note":
            call.output.say(f"Worth a thought: {each.sentence} {each.remedy}")
    for finding in () if call.args.json else found:
        call.output.line(f"{finding.subject}: {finding.sentence}")
        call.output.line(f"    {finding.remedy}")
    if found:
        raise NodeError(f"{counted(len(found), 'fault')} found.")
    call.output.say("Nothing is wrong.")


async def add_collective(call: Call, cap: Capabilities) -> None:
    """Make a further collective."""
    made = await registering.add_collective(
        cap, call.args.collective, call.args.name, _language(call.args.language)
    )
    call.output.line(made.uri)
    call.output.say(f"The collective {made.handle} is made.")


async def list_collectives(call: Call, cap: Capabilities) -> None:
    """List the collectives."""
    found = await registering.list_collectives(cap)
    if call.args.json:
        call.output.json(found)
        return
    rows = [(each.handle, each.display_name, each.language, each.followers, each.posts) for each in found]
    call.output.table(
        ("handle", "name", "language", "followers", "posts"), rows, "There are no collectives yet."
    )


async def set_collective(call: Call, cap: Capabilities) -> None:
    """Change how a collective publishes, and how many have to agree."""
    name, federate = call.args.collective, call.args.federate
    if federate is not None:
        await registering.set_federate(cap, name, federate)
        call.output.say(f"Posts of {name} in several languages go out as: {federate}.")
    given = {each: getattr(call.args, each) for each in (*gating.THRESHOLDS, "cooling")}
    wanted = {each: number for each, number in given.items() if number is not None}
    if wanted:
        await _set_thresholds(call, cap, name, wanted)
    elif federate is None:
        call.output.line(_numbers(await consulting.numbers_of(cap, name)))


async def _set_thresholds(call: Call, cap: Capabilities, name: str, wanted: dict[str, int]) -> None:
    done = await consulting.set_thresholds(cap, name, wanted, account=call.args.account)
    if done.standing is not None and not done.standing.is_approved:
        agreeing.tell_standing(call, done.standing, None, "")
        not_before = done.standing.decision.not_before
        if not_before is not None:
            call.output.say(
                "Too few members are left to reach the number that holds now. Those who are may lower it "
                f"together, from {not_before:%Y-%m-%d %H:%M} UTC on; all members are told."
            )
        return
    call.output.say(f"Members of {name} who have to agree: {_numbers(done)}.")
    if max(done.numbers.values()) > 1 and not done.cooling:
        call.output.say(
            f"`fedinode collective set {name} --cooling {gating.OFFERED_COOLING}` lets what they agree to "
            "wait for half an hour, in which every member can stop it."
        )


def _numbers(held: Consulted) -> str:
    numbers = ", ".join(f"{name} {number}" for name, number in held.numbers.items())
    return f"{numbers}; cooling-off {counted(held.cooling, 'minute')}" if held.cooling else numbers


_LANGUAGE = argument(
    "--language", required=True, metavar="XX", help="the language it mostly writes in, as de"
)
_NAME = argument("--name", required=True, metavar='"NAME"', help="its name as people read it")


def _threshold(name: str, what: str) -> Argument:
    return argument(f"--{name}", type=int, metavar="K", help=f"how many members it takes to {what}")


COMMANDS = (
    Command(
        name="init",
        summary="make a node: data folder, database, keys, the first collective",
        run=init,
        arguments=(
            argument("--origin", required=True, metavar="URL", help="https://its-host; can never change"),
            argument(
                "--collective",
                required=True,
                metavar="NAME",
                help="the first half of its handle (a-z 0-9 _)",
            ),
            _NAME,
            _LANGUAGE,
            argument("--email", metavar="ADDRESS", help="the operator's mail address"),
        ),
    ),
    Command(name="upgrade", summary="bring the database to this version", run=upgrade),
    Command(
        name="doctor",
        summary="find what is wrong with this node, and say what to do",
        run=on_node(doctor),
        lists=True,
    ),
    Command(
        name="collective add",
        summary="make a further collective on this node",
        run=on_node(add_collective),
        arguments=(
            argument("collective", metavar="NAME", help="the first half of its handle (a-z 0-9 _)"),
            _NAME,
            _LANGUAGE,
        ),
    ),
    Command(
        name="collective list",
        summary="list the collectives of this node",
        run=on_node(list_collectives),
        lists=True,
    ),
    Command(
        name="collective set",
        summary="show or change how many members have to agree, and how posts in several languages go out",
        run=on_node(set_collective),
        arguments=(
            argument("collective", metavar="NAME", help="the first half of its handle"),
            argument(
                "--federate",
                choices=registering.FEDERATE,
                help="primary: one post with all; each: one for each language; list: one with links",
            ),
            _threshold("publish", "publish (1)"),
            _threshold("edit", "change what is public (as many as to publish)"),
            _threshold("delete", "take back what is public (as many as to publish)"),
            _threshold("cosign", "co-sign, and to publish what others can sign (1)"),
            _threshold("withdraw", "withdraw a signature (as many as to co-sign)"),
            _threshold("block", "suspend a whole domain, in the node's first collective (1)"),
            argument(
                "--cooling",
                type=int,
                metavar="MINUTES",
                help="how long what was agreed to waits, so that any member can stop it (0)",
            ),
            agreeing.ACCOUNT,
        ),
    ),
)
