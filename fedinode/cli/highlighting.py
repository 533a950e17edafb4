"""Commands for what readers should see first: pinned posts, and the banner of a campaign."""

from datetime import UTC, datetime, timedelta

from fedinode.capabilities import Capabilities
from fedinode.cli.commands import Call, Command, argument
from fedinode.cli.nodes import on_node
from fedinode.cli.output import counted
from fedinode.errors import UsageError
from fedinode.services import campaigning, pinning
from fedinode.services.campaigning import Banner
from fedinode.text import canonical_language


async def pin(call: Call, cap: Capabilities) -> None:
    """Let a post stand first."""
    done = await pinning.pin(cap, call.args.url)
    call.output.line(done.uri)
    told = f"; {counted(done.deliveries, 'server')} will be told"
    call.output.say("It was pinned before." if done.already else f"Pinned{told}.")


async def unpin(call: Call, cap: Capabilities) -> None:
    """Let a post stand where its date puts it."""
    done = await pinning.unpin(cap, call.args.url)
    call.output.line(done.uri)
    told = f"; {counted(done.deliveries, 'server')} will be told"
    call.output.say("It was not pinned." if done.already else f"Not pinned any more{told}.")


async def banner(call: Call, cap: Capabilities) -> None:
    """Show a banner on all pages, end it, or say what is shown."""
    args = call.args
    if args.off:
        if args.text or args.link or args.until:
            raise UsageError("--off ends the banner; it takes no words, link or date.")
        await campaigning.end_banner(cap)
        call.output.say("No banner is shown.")
    elif args.text:
        if args.until is None:
            raise UsageError("Say when the banner ends, with --until DATE: nobody remembers to take it down.")
        made = Banner(texts=_texts(args.text), link=args.link, until=_until(args.until))
        await campaigning.set_banner(cap, made)
        call.output.say(f"Shown on all pages until {made.until:%Y-%m-%d %H:%M} UTC.")
    elif args.link or args.until:
        raise UsageError("A banner says something; give it words with --text XX=WORDS.")
    else:
        await _tell(call, cap)


async def _tell(call: Call, cap: Capabilities) -> None:
    shown = await campaigning.find_banner(cap)
    if call.args.json:
        call.output.json(shown)
    elif shown is None:
        call.output.say("No banner is shown.")
    else:
        rows = list(shown.texts.items())
        call.output.table(("language", "words"), rows, "")
        until = f"{shown.until:%Y-%m-%d %H:%M} UTC"
        call.output.say(f"Until {until}" + (f"; it leads to {shown.link}." if shown.link else "."))


def _texts(given: list[str]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for each in given:
        tag, sign, words = each.partition("=")
        if not sign:
            raise UsageError(f'"{each}" names no language; write it as --text de="{each}".')
        try:
            language = canonical_language(tag.strip())
        except ValueError as error:
            raise UsageError(f'"{tag}" {error}.') from error
        if language in texts:
            raise UsageError(f"There are words in {language} twice.")
        texts[language] = words.strip()
    return texts


def _until(written: str) -> datetime:
    """Read a moment, or the end of a day; without a zone it is UTC."""
    is_day = len(written) == len("2027-05-01")
    try:
        moment = datetime.fromisoformat(written)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.astimezone(UTC) + (timedelta(days=1) if is_day else timedelta())
    except (ValueError, OverflowError):
        raise UsageError("--until takes a date or a moment, as 2027-05-01 or 2027-05-01T20:00.") from None


_URL = argument("url", metavar="URL", help="its id, or the address of its page")

COMMANDS = (
    Command(
        name="pin",
        summary="let a post stand first on its collective's page, on the front page and on other servers",
        run=on_node(pin),
        arguments=(_URL,),
    ),
    Command(
        name="unpin",
        summary="let a pinned post stand where its date puts it",
        run=on_node(unpin),
        arguments=(_URL,),
    ),
    Command(
        name="banner",
        summary="show a sentence on all pages for a time, end that, or say what is shown",
        run=on_node(banner),
        arguments=(
            argument(
                "--text",
                action="append",
                metavar="XX=WORDS",
                help="what it says in a language; again for more",
            ),
            argument("--link", metavar="URL", help="where it leads"),
            argument("--until", metavar="DATE", help="the last day, or the moment at which it ends"),
            argument("--off", action="store_true", help="show none any more"),
        ),
        lists=True,
    ),
)
