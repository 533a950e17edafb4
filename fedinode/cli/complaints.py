"""Commands for complaints: what others say about us, and what we say to other servers about theirs."""

from fedinode.capabilities import Capabilities
from fedinode.cli.commands import AS, Call, Command, argument
from fedinode.cli.nodes import on_node
from fedinode.services import registering
from fedinode.services.moderation import flagging, recounting_reports, redressing
from fedinode.services.moderation.flagging import Complaint
from fedinode.text import display_handle


async def reports(call: Call, cap: Capabilities) -> None:
    """List complaints about something here."""
    found = await recounting_reports.newest(cap, state=call.args.state)
    if call.args.json:
        call.output.json(found)
        return
    rows = [
        (
            *(each.id, each.state, each.received_at, each.from_uri or "the form", each.collective),
            *(" ".join(thing.uri for thing in each.about), each.words, each.deed),
        )
        for each in found
    ]
    headings = ("id", "state", "received", "from", "for", "about", "words", "done")
    call.output.table(headings, rows, "There are no reports.")


async def resolve(call: Call, cap: Capabilities) -> None:
    """Answer a complaint."""
    args = call.args
    if args.by == "delete":
        call.require_yes("This deletes the post; where several decide about that, they are asked.")
    answered = await redressing.answer(
        cap, None, args.id, args.by, about=tuple(args.about), people=tuple(args.signature)
    )
    call.output.say(f"Report {args.id} is closed.")
    if answered.waits:
        call.output.say("The members are asked whether the post is deleted.")


async def report(call: Call, cap: Capabilities) -> None:
    """Complain to another server about somebody there."""
    args = call.args
    row = await cap.database.read(lambda session: registering.require_collective(session, args.collective))
    target = await flagging.find_target(cap, args.subject)
    complaint = Complaint(
        collective=row.name,
        actor_uri=target.actor_uri,
        posts=(*target.posts, *args.posts),
        words=args.comment,
    )
    prepared = await flagging.prepare(cap, complaint)
    call.output.say(prepared.document)
    call.require_yes(f"This is sent to {prepared.host} in the name of the node, about {prepared.handle}.")
    flagged = await flagging.flag(cap, complaint)
    told = "is on its way" if flagged.is_new else "was sent before, and is not sent again"
    call.output.say(f"The report about {display_handle(flagged.handle)} {told}.")


COMMANDS = (
    Command(
        name="reports",
        summary="list reports of others, and of readers, about something here",
        run=on_node(reports),
        arguments=(
            argument("--state", choices=("open", "resolved", "dismissed"), help="only those in this state"),
        ),
        lists=True,
    ),
    Command(
        name="resolve",
        summary="answer a report about something here, and close it",
        run=on_node(resolve),
        arguments=(
            argument("id", metavar="ID", type=int, help="the number that `fedinode reports` shows"),
            argument(
                "--by",
                choices=redressing.REMEDIES,
                default="done",
                help="done: something was done elsewhere (the default); dismiss: nothing; hide: replies; "
                "delete: a post; remove: signatures of people",
            ),
            argument(
                "--about",
                metavar="URI",
                nargs="+",
                default=(),
                help="the replies to hide, or the post to delete",
            ),
            argument(
                "--signature",
                metavar="ID",
                type=int,
                nargs="+",
                default=(),
                help="numbers from `fedinode signers URL` that count no longer",
            ),
        ),
        destroys=True,
    ),
    Command(
        name="report",
        summary="report somebody, or a post, to the server that it came from",
        run=on_node(report),
        arguments=(
            argument("subject", metavar="URL-or-HANDLE", help="an account, or a post of theirs"),
            argument("--posts", metavar="URI", nargs="+", default=(), help="more posts of theirs"),
            argument("--comment", metavar="TEXT", required=True, help="what is wrong, for their moderators"),
            AS,
        ),
        destroys=True,
    ),
)
