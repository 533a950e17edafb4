"""Commands of co-signing: invite, decline, cosign, withdraw, and what an author decides about its list."""

from datetime import UTC, datetime

from fedinode.capabilities import Capabilities
from fedinode.cli import agreeing
from fedinode.cli.commands import AS, Call, Command, argument
from fedinode.cli.nodes import on_node
from fedinode.errors import UsageError
from fedinode.services.cosigning import consenting, heeding, inviting, showing, stamping, withdrawing
from fedinode.services.cosigning.inviting import Ask
from fedinode.services.cosigning.showing import SignatureLine


async def invite(call: Call, cap: Capabilities) -> None:
    """Ask cells to sign a draft."""
    ask = Ask(ends_at=_moment(call.args.until), role=call.args.role, words=call.args.message)
    signers = await inviting.signers_of(cap, call.args.url) if call.args.signers else ()
    for each in await inviting.invite(cap, call.args.url, (*call.args.handles, *signers), ask):
        call.output.line(each.invitation_uri)
        done = "was asked before" if each.already else "is asked"
        call.output.say(f"{each.handle} {done}, until {each.ends_at:%Y-%m-%d %H:%M} UTC.")


async def uninvite(call: Call, cap: Capabilities) -> None:
    """Take an invitation back."""
    cancelled = await inviting.uninvite(cap, call.args.url, call.args.handle)
    call.output.line(cancelled.uri)
    call.output.say(f"{call.args.handle} is told that the invitation is over.")


async def decline(call: Call, cap: Capabilities) -> None:
    """Say no to an invitation."""
    declined = await heeding.decline(
        cap, call.args.url, collective=call.args.collective, reason=call.args.reason
    )
    call.output.line(declined.uri)
    call.output.say("Declined; the author is told.")


async def cosign(call: Call, cap: Capabilities) -> None:
    """Sign a statement, or ask the members."""
    done = await consenting.cosign(
        cap, call.args.url, collective=call.args.collective, account=call.args.account
    )
    agreeing.tell_standing(call, done.standing, done.co_signature_uri, "Signed; the author is told.")


async def withdraw(call: Call, cap: Capabilities) -> None:
    """Withdraw a signature, or ask the members."""
    done = await withdrawing.withdraw(
        cap, call.args.url, collective=call.args.collective, account=call.args.account
    )
    agreeing.tell_standing(call, done.standing, done.undo_uri, "Withdrawn; all who keep the list are told.")


async def list_of_statement(call: Call, cap: Capabilities) -> None:
    """List who was asked, and who signed."""
    found = await showing.list_signatures(cap, call.args.url)
    _show(call, found, "Nobody was asked, and nobody signed.")


async def list_pending(call: Call, cap: Capabilities) -> None:
    """List signatures that wait for us."""
    _show(call, await showing.list_pending(cap), "No signature waits.")


def _show(call: Call, found: tuple[SignatureLine, ...], nothing: str) -> None:
    if call.args.json:
        call.output.json(found)
        return
    rows = [
        (each.id, each.since, each.state, each.role, each.revision, each.name, each.signer, each.reason)
        for each in found
    ]
    headings = ("id", "since", "state", "role", "text", "name", "signer", "reason")
    call.output.table(headings, rows, nothing)


async def accept(call: Call, cap: Capabilities) -> None:
    """List a signature that waits."""
    row = await stamping.accept_by_hand(cap, call.args.id)
    call.output.line(row.uri)
    call.output.say(f"{row.name} is listed.")


async def reject(call: Call, cap: Capabilities) -> None:
    """Do not list a signature."""
    row = await stamping.reject_by_hand(cap, call.args.id)
    call.output.line(row.uri)
    call.output.say(f"{row.name} is not listed; its cell is told.")


async def remove(call: Call, cap: Capabilities) -> None:
    """Take a signature off the list of our statement, or ask the members."""
    call.require_yes(
        f"The signature {call.args.id} would be taken off the list for good, here and where copies are kept."
    )
    done = await withdrawing.remove(cap, call.args.id, reason=call.args.reason, account=call.args.account)
    told = f"{done.name} is off the list; all who keep it are told."
    agreeing.tell_standing(call, done.standing, done.delete_uri, told)


def _moment(written: str | None) -> datetime | None:
    """Read a date or a moment; without a zone it is UTC. Raises: UsageError."""
    if written is None:
        return None
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise UsageError("--until takes a date or a moment, as 2027-03-14 or 2027-03-14T20:00.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_URL = argument("url", metavar="URL", help="the statement's id, or the address of its page")
_NUMBER = argument("id", metavar="ID", type=int, help="the number that `fedinode pending-signatures` shows")

COMMANDS = (
    Command(
        name="invite",
        summary="ask cells to sign a draft of a statement",
        run=on_node(invite),
        arguments=(
            _URL,
            argument("handles", metavar="HANDLE", nargs="*", help="as @lisbon@lisbon.example"),
            argument(
                "--signers", action="store_true", help="of an amendment: all who signed the text before"
            ),
            argument("--until", metavar="DATE", help="how long they may answer (7 days)"),
            argument(
                "--role",
                choices=("cosigner", "issuer"),
                default="cosigner",
                help="issuer: the statement is theirs too",
            ),
            argument("--message", metavar="TEXT", default="", help="words that go with it"),
        ),
    ),
    Command(
        name="uninvite",
        summary="take an invitation to sign back",
        run=on_node(uninvite),
        arguments=(_URL, argument("handle", metavar="HANDLE", help="as @lisbon@lisbon.example")),
    ),
    Command(
        name="decline",
        summary="say no to an invitation to sign",
        run=on_node(decline),
        arguments=(
            _URL,
            AS,
            argument("--reason", metavar="TEXT", default="", help="why, and what should read otherwise"),
        ),
    ),
    Command(
        name="cosign",
        summary="sign a statement, or ask the members to",
        run=on_node(cosign),
        arguments=(_URL, AS, agreeing.ACCOUNT),
    ),
    Command(
        name="withdraw",
        summary="withdraw a signature, or ask the members to",
        run=on_node(withdraw),
        arguments=(_URL, AS, agreeing.ACCOUNT),
    ),
    Command(
        name="cosignatures",
        summary="list who was asked to sign a statement, and who did",
        run=on_node(list_of_statement),
        arguments=(_URL,),
        lists=True,
    ),
    Command(
        name="pending-signatures",
        summary="list signatures that wait for our decision",
        run=on_node(list_pending),
        lists=True,
    ),
    Command(
        name="accept-signature",
        summary="list a signature that waits",
        run=on_node(accept),
        arguments=(_NUMBER,),
    ),
    Command(
        name="reject-signature",
        summary="do not list a signature that waits",
        run=on_node(reject),
        arguments=(_NUMBER,),
    ),
    Command(
        name="remove-signature",
        summary="take a signature off the list of our statement, or ask the members to",
        run=on_node(remove),
        arguments=(
            argument("id", metavar="ID", type=int, help="the number that `fedinode cosignatures` shows"),
            argument("--reason", metavar="TEXT", default="", help="why; it stays on this node"),
            agreeing.ACCOUNT,
        ),
        destroys=True,
    ),
)
