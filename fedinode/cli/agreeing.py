"""Commands for decisions of several members: decisions, vote, audit."""

from fedinode.capabilities import Capabilities
from fedinode.cli.commands import Call, Command, argument
from fedinode.cli.nodes import on_node
from fedinode.cli.output import counted
from fedinode.errors import NodeError
from fedinode.services.members import voting
from fedinode.services.members.deciding import Standing
from fedinode.services.upkeep import recounting
from fedinode.storage.decisions import DecisionRow

ACCOUNT = argument("--account", metavar="EMAIL", help="the member who wants it, where several decide")


def tell_standing(
    call: Call, standing: Standing, made_uri: str | None, done: str, *, how: str | None = None
) -> None:
    """Say what was made; else who has to agree yet, and how, after the number of the decision."""
    if made_uri is not None:
        call.output.line(made_uri)
        call.output.say(done)
        return
    decision = standing.decision
    call.output.line(decision.uid)
    if decision.state != "open":
        call.output.say(f"The members have decided: {decision.state}.")
        return
    if standing.is_waiting:
        call.output.say(_waits(decision))
        return
    missing = ", ".join(standing.missing) or "nobody who could"
    call.output.say(
        f"{counted(standing.still_needed, 'more member')} must agree; not answered: {missing}. "
        f"They vote with `fedinode {how or f'vote {decision.uid} yes'} --account EMAIL`."
    )


def _waits(decision: DecisionRow) -> str:
    if (
        decision.ripe_at is not None
        and decision.agreed_at is not None
        and decision.ripe_at > decision.agreed_at
    ):
        return (
            f"Enough agreed. The node does it by itself from {decision.ripe_at:%Y-%m-%d %H:%M} UTC on; until "
            f"then every member can stop it with `fedinode stop {decision.uid} --account EMAIL`."
        )
    return "Enough agreed, but everything is stopped: the node does it once `fedinode resume` lets it go on."


async def list_open(call: Call, cap: Capabilities) -> None:
    """List what the members are asked."""
    found = await voting.list_waiting(cap)
    if call.args.json:
        call.output.json(found)
        return
    rows = [
        (
            each.id,
            each.collective,
            each.action,
            each.subject,
            f"{len(each.yes)} of {each.needed}",
            each.missing,
            each.done_at,
        )
        for each in found
    ]
    headings = ("id", "collective", "about", "address", "yes", "not answered", "done at")
    call.output.table(headings, rows, "No decision waits.")


async def vote(call: Call, cap: Capabilities) -> None:
    """Answer a question."""
    voted = await voting.vote(cap, call.args.id, call.args.choice, account=call.args.account)
    tell_standing(call, voted.standing, voted.made_uri, "That was the last vote needed: it is done.")


async def audit(call: Call, cap: Capabilities) -> None:
    """List who did what, or only look whether the list is whole."""
    if call.args.verify:
        chain = await recounting.verify(cap)
        if call.args.json:
            call.output.json(chain)
        _require_whole(chain.first_broken)
        if not call.args.json:
            call.output.say(f"The audit is whole: {counted(chain.entries, 'entry', 'entries')}.")
            call.output.line(chain.head or "")
        return
    found = await recounting.recount(cap)
    if call.args.json:
        call.output.json(found)
    else:
        rows = [(each.id, each.at, each.who or "the machine", each.deed, each.about) for each in found.deeds]
        call.output.table(("id", "at", "who", "deed", "about"), rows, "Nothing was done yet.")
    _require_whole(found.first_broken)
    if found.deeds:
        call.output.say(f"The audit holds together. Keep its last hash elsewhere: {found.deeds[-1].hash}")


def _require_whole(first_broken: int | None) -> None:
    if first_broken is not None:
        raise NodeError(
            f"Entry {first_broken} of the audit does not fit the one before: something was changed."
        )


COMMANDS = (
    Command(
        name="decisions",
        summary="list what waits for the votes of members",
        run=on_node(list_open),
        lists=True,
    ),
    Command(
        name="audit",
        summary="list who decided and did what, and whether the list is whole",
        run=on_node(audit),
        lists=True,
        arguments=(
            argument(
                "--verify", action="store_true", help="only look whether it is whole; print the last hash"
            ),
        ),
    ),
    Command(
        name="vote",
        summary="answer for a member what the members are asked",
        run=on_node(vote),
        arguments=(
            argument("id", metavar="ID", help="what `fedinode decisions` shows"),
            argument("choice", choices=("yes", "no"), help="yes or no"),
            argument("--account", metavar="EMAIL", required=True, help="the member who answers"),
        ),
    ),
)
