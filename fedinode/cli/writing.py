"""Commands for what we publish: post, edit, publish, delete, reply, posts."""

from datetime import UTC, datetime
from pathlib import Path

from fedinode import frontmatter
from fedinode.capabilities import Capabilities
from fedinode.cli import agreeing
from fedinode.cli.commands import AS, Call, Command, argument
from fedinode.cli.nodes import on_node
from fedinode.cli.output import counted
from fedinode.errors import UsageError
from fedinode.manuscripts import Manuscript
from fedinode.services import amending, cataloguing, publishing, rescheduling, revising


async def post(call: Call, cap: Capabilities) -> None:
    """Publish a file."""
    manuscript = _manuscript(call, Path(call.args.file))
    published = await publishing.post(
        cap, manuscript, collective=call.args.collective, draft=call.args.draft, again=call.args.again
    )
    _tell(call, published)


async def edit(call: Call, cap: Capabilities) -> None:
    """Give a post a new text, or ask the members to."""
    manuscript = _manuscript(call, Path(call.args.file))
    edited = await revising.edit(cap, call.args.url, manuscript, account=call.args.account)
    if edited.standing is None:
        _tell(call, edited)
        return
    made = edited.uri if edited.standing.is_approved else None
    agreeing.tell_standing(
        call, edited.standing, made, f"Changed at {edited.url}.", how=f"edit {edited.uri} FILE.md"
    )


async def amend(call: Call, cap: Capabilities) -> None:
    """Keep another text of a statement that was signed."""
    amended = await amending.amend(cap, call.args.url, _manuscript(call, Path(call.args.file)))
    call.output.line(amended.uri)
    for warning in amended.warnings:
        call.output.say(f"Note: {warning}")
    call.output.say(
        "Kept as a draft that amends it; `fedinode invite URL --signers` asks all who signed, "
        "`fedinode publish URL` makes it public. The first text stays as it is, with its signatures."
    )


async def publish(call: Call, cap: Capabilities) -> None:
    """Make a draft public, or ask the members to."""
    at = _moment(call.args.at)
    published = await publishing.publish(cap, call.args.url, account=call.args.account, at=at)
    if published.standing is None:
        _tell(call, published)
        return
    if at is not None and published.state == "draft" and not published.standing.still_needed:
        call.output.line(published.standing.decision.uid)
        call.output.say(f"It will be published at {at:%Y-%m-%d %H:%M} UTC, if nothing is changed before.")
        return
    made = None if published.state == "draft" else published.uri
    agreeing.tell_standing(call, published.standing, made, f"Public at {published.url}.")


async def delete(call: Call, cap: Capabilities) -> None:
    """Take a post back."""
    effect = await publishing.preview_deletion(cap, call.args.url)
    call.require_yes(
        f'"{effect.title}" would be taken back here and on '
        f"{counted(effect.servers, 'other server')}, for good."
    )
    done = await publishing.delete(cap, call.args.url, account=call.args.account)
    if done.standing is not None and not done.standing.is_approved:
        agreeing.tell_standing(call, done.standing, None, "")
        return
    call.output.line(done.uri)
    call.output.say(f'"{done.title}" is taken back; {counted(done.servers, "server")} to tell.')


async def cancel_event(call: Call, cap: Capabilities) -> None:
    """Call an event off, or ask the members to."""
    args = call.args
    done = await rescheduling.cancel_event(cap, args.url, revive=args.revive, account=args.account)
    if done.standing is None:
        call.output.line(done.uri)
        state = "takes place" if args.revive else "is called off"
        told = f"; {counted(done.deliveries, 'server')} will be told"
        call.output.say(
            f"It {state}{' already' if done.already else ''}: {done.url}{'' if done.already else told}."
        )
        return
    made = done.uri if done.standing.is_approved else None
    agreeing.tell_standing(
        call, done.standing, made, f"Changed at {done.url}.", how=f"cancel-event {done.uri}"
    )


async def reply(call: Call, cap: Capabilities) -> None:
    """Answer a post."""
    answer = _answer(call, call.args.answer)
    _tell(call, await publishing.reply(cap, call.args.url, answer, collective=call.args.collective))


async def posts(call: Call, cap: Capabilities) -> None:
    """List our posts."""
    found = await cataloguing.list_posts(cap, collective=call.args.collective, limit=call.args.limit)
    if call.args.json:
        call.output.json(found)
        return
    rows = [
        (each.first_public_at, each.state, each.kind, each.languages, each.title, each.url) for each in found
    ]
    headings = ("published", "state", "type", "languages", "title", "address")
    call.output.table(headings, rows, "There are no posts yet; publish one with `fedinode post FILE.md`.")


def _moment(written: str | None) -> datetime | None:
    """Read a moment; without an offset nobody knows whose clock is meant. Raises: UsageError."""
    try:
        moment = None if written is None else datetime.fromisoformat(written)
        if moment is None or moment.tzinfo is not None:
            return moment and moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise UsageError("--at takes a moment with an offset, as 2027-03-14T20:00+01:00 or 2027-03-14T19:00Z.")


def _manuscript(call: Call, path: Path) -> Manuscript:
    manuscript = frontmatter.parse_manuscript(path)
    for warning in manuscript.warnings:
        call.output.say(f"Note: {warning}")
    return manuscript


def _answer(call: Call, file_or_text: str) -> Manuscript | str:
    # A text is hardly ever the name of a file that exists; a mistyped file name must not become a reply.
    if file_or_text.endswith(".md") or Path(file_or_text[:255]).is_file():
        path = Path(file_or_text)
        if not frontmatter.has_front_matter(path):
            return frontmatter.read_markdown(path)
        return _manuscript(call, path)
    return file_or_text


def _tell(call: Call, published: publishing.Published) -> None:
    if call.args.command == "post" and call.args.json:
        call.output.json(published)
    else:
        call.output.line(published.uri)
    for warning in published.warnings:
        call.output.say(f"Note: {warning}")
    call.output.say(_outcome(published))


def _outcome(published: publishing.Published) -> str:
    if published.already:
        return f"already published: {published.url}"
    if published.state == "draft":
        return "Kept as a draft; `fedinode publish` makes it public."
    sent = (
        f"it goes to {counted(published.deliveries, 'server')}"
        if published.deliveries
        else "nobody is sent it"
    )
    return f"Public at {published.url}; {sent}."


_URL = argument("url", metavar="URL", help="its id, or the address of its page")
_FILE = argument("file", metavar="FILE.md", help="Markdown with front matter")

COMMANDS = (
    Command(
        name="post",
        summary="publish a Markdown file with front matter",
        run=on_node(post),
        arguments=(
            _FILE,
            AS,
            argument("--draft", action="store_true", help="keep it, and publish it later"),
            argument("--again", action="store_true", help="publish it once more, as a new post"),
            argument("--json", action="store_true", help="write JSON for scripts"),
        ),
    ),
    Command(
        name="edit",
        summary="give a post a new text, and tell those who have it",
        run=on_node(edit),
        arguments=(_URL, _FILE, agreeing.ACCOUNT),
    ),
    Command(
        name="amend",
        summary="keep another text of a statement that was open to co-signing, as a draft that all sign anew",
        run=on_node(amend),
        arguments=(_URL, _FILE),
    ),
    Command(
        name="delete",
        summary="take a post back, here and everywhere, or ask the members to",
        run=on_node(delete),
        arguments=(_URL, agreeing.ACCOUNT),
        destroys=True,
    ),
    Command(
        name="publish",
        summary="make a draft public, or ask the members to",
        run=on_node(publish),
        arguments=(
            _URL,
            agreeing.ACCOUNT,
            argument("--at", metavar="TIME", help="not now but then, as 2027-03-14T20:00+01:00"),
        ),
    ),
    Command(
        name="cancel-event",
        summary="say that an event does not take place, here and to all who have it",
        run=on_node(cancel_event),
        arguments=(
            _URL,
            agreeing.ACCOUNT,
            argument("--revive", action="store_true", help="it takes place after all"),
        ),
    ),
    Command(
        name="reply",
        summary="answer a post",
        run=on_node(reply),
        arguments=(
            argument("url", metavar="URL", help="what is answered"),
            argument("answer", metavar="FILE-or-TEXT", help="a Markdown file, or the text itself"),
            AS,
        ),
    ),
    Command(
        name="posts",
        summary="list our posts, drafts too",
        run=on_node(posts),
        arguments=(AS, argument("--limit", type=int, default=100, metavar="N", help="the newest N (100)")),
        lists=True,
    ),
)
