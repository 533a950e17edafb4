"""Commands for texts of others: take-over, proposals, accept-proposal, decline-proposal."""

from datetime import timedelta

from fedinode.capabilities import Capabilities
from fedinode.cli import agreeing
from fedinode.cli.commands import AS, Call, Command, argument
from fedinode.cli.nodes import on_node
from fedinode.cli.output import counted
from fedinode.errors import UsageError
from fedinode.services import correcting, taking_over
from fedinode.services.correcting import Decided
from fedinode.services.taking_over import Wish
from fedinode.text import canonical_language

#: What lies between two questions to one source when somebody asks by hand.
_AT_ONCE = timedelta(0)
_ALL = 1000


async def take_over(call: Call, cap: Capabilities) -> None:
    """Publish somebody's post as one of ours."""
    args = call.args
    wish = Wish(
        draft=args.draft,
        language=_language(args.language),
        licence=args.licence,
        pictures=not args.no_pictures,
    )
    done = await taking_over.take_over(cap, args.url, wish, collective=args.collective)
    published = done.published
    call.output.line(published.uri)
    if published.already:
        call.output.say(f"taken over before: {published.url}")
        return
    if done.is_proven:
        call.output.say("Its author's signature was verified: the page says that this is an unchanged copy.")
    else:
        call.output.say(
            "It carries no signature of its author that could be verified; the page says its source."
        )
    call.output.say(f"Languages: {', '.join(done.languages)}.")
    if published.state == "draft":
        members = " Several members decide here." if done.waits_for_members else ""
        call.output.say(f"Kept as a draft; `fedinode publish {published.url}` makes it public.{members}")
    else:
        servers = counted(published.deliveries, "server")
        call.output.say(f"Public at {published.url}; it goes to {servers}.")


async def list_proposals(call: Call, cap: Capabilities) -> None:
    """List what the sources of our copies say now."""
    if call.args.ask:
        await correcting.ask_sources(cap, every=_AT_ONCE, limit=_ALL)
    found = await correcting.list_proposals(cap)
    if call.args.json:
        call.output.json(found)
        return
    rows = [
        (each.id, each.made_at, each.kind, each.title, each.post_url, each.is_changed_here) for each in found
    ]
    headings = ("id", "since", "what", "title", "our post", "changed here")
    call.output.table(headings, rows, "No source of a text that was taken over says anything else.")
    for each in found:
        for change in each.changes:
            call.output.say(f"{each.id}: {change}")


async def accept(call: Call, cap: Capabilities) -> None:
    """Do with our post what its source did."""
    args = call.args
    done = await correcting.accept(cap, args.id, account=args.account, although_changed=args.yes)
    if done.standing is not None:
        is_edit = done.kind == correcting.CORRECTION
        how = f"accept-proposal {args.id}" if is_edit else None
        agreeing.tell_standing(call, done.standing, None, "", how=how)
        return
    call.output.line(done.post_url)
    call.output.say(_outcome(done))


async def decline(call: Call, cap: Capabilities) -> None:
    """Leave our post as it is."""
    done = await correcting.decline(cap, call.args.id)
    call.output.line(done.post_url)
    call.output.say("Our post stays as it is; the same is not proposed again.")


def _outcome(done: Decided) -> str:
    deed = "Withdrawn" if done.kind == correcting.WITHDRAWAL else "Corrected"
    return f"{deed}; {counted(done.deliveries, 'server')} to tell."


def _language(written: str | None) -> str | None:
    try:
        return None if written is None else canonical_language(written)
    except ValueError as error:
        raise UsageError(f'"{written}" {error}.') from error


_ID = argument("id", type=int, metavar="ID", help="what `fedinode proposals` shows")

COMMANDS = (
    Command(
        name="take-over",
        summary="publish somebody's post as one of ours, with credit and the way back",
        run=on_node(take_over),
        arguments=(
            argument("url", metavar="URL", help="the post's id, or the address of its page"),
            AS,
            argument("--draft", action="store_true", help="keep it, and publish it later"),
            argument("--language", metavar="XX", help="of a post that does not say its language"),
            argument("--licence", metavar="TEXT", help="on what terms, where the post does not say"),
            argument("--no-pictures", action="store_true", help="link its pictures instead of copying them"),
        ),
    ),
    Command(
        name="proposals",
        summary="list corrections and withdrawals at the sources of what we took over",
        run=on_node(list_proposals),
        arguments=(argument("--ask", action="store_true", help="ask all sources now; else once a day"),),
        lists=True,
    ),
    Command(
        name="accept-proposal",
        summary="change or withdraw our copy as its source did, or ask the members to",
        run=on_node(accept),
        arguments=(
            _ID,
            agreeing.ACCOUNT,
            argument("--yes", action="store_true", help="even where changes of our own are lost"),
        ),
    ),
    Command(
        name="decline-proposal",
        summary="leave our copy as it is",
        run=on_node(decline),
        arguments=(_ID,),
    ),
)
