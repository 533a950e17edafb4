"""`fedinode demo`: three cells on this machine that publish to each other.

Each cell is a whole node with a data folder of its own; all three run in this process. What the
demo does, everybody can do by hand: each step is told with the command that would do the same.
"""

import asyncio
import itertools
import shutil
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from socket import socket
from typing import Final

from federation.cosigning import documents
from fedinode import app, config, frontmatter, node, worker
from fedinode.capabilities import Capabilities
from fedinode.cli import demo_desks, demo_letters, processes
from fedinode.cli.commands import Call, Command, argument
from fedinode.cli.output import Output
from fedinode.errors import NotFound, PeerUnavailable
from fedinode.services import (
    campaigning,
    correcting,
    delivering,
    following,
    founding,
    pinning,
    publishing,
    revising,
    taking_over,
)
from fedinode.services.campaigning import Banner
from fedinode.services.cosigning import bundling, consenting, inviting, showing
from fedinode.services.cosigning.inviting import Ask
from fedinode.services.moderation import moderating
from fedinode.services.network import resharing

_TEXTS: Final = Path(__file__).resolve().parent / "demo_texts"
_HOST: Final = "127.0.0.1"
_PATIENCE_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 0.1
#: Waits that spare servers with many readers, and that nobody at a demo wants.
_PACE: Final = {
    "FEDINODE_COSIGNING__ANNOUNCE_SECONDS": "1",
    "FEDINODE_COSIGNING__CHECKPOINT_SECONDS": "1",
}
_CELLS: Final = (
    ("berlin", "Berliner Zelle", "de"),
    ("tbilisi", "თბილისის უჯრედი", "ka"),
    ("lisbon", "Célula de Lisboa", "pt"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One of the three nodes, before it is opened."""

    name: str
    title: str
    language: str
    port: int
    folder: Path

    @property
    def origin(self) -> str:
        """Where a browser on this machine finds it (RFC 6761)."""
        return f"http://{self.name}.localhost:{self.port}"

    @property
    def handle(self) -> str:
        """The handle of its collective."""
        return f"@{self.name}@{self.name}.localhost:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCell:
    """A cell that runs."""

    cell: Cell
    cap: Capabilities


def demo(call: Call) -> None:
    """Run three cells until Ctrl-C."""
    folder = call.data_dir / f"demo-{call.args.port}"
    cells = [
        Cell(name=name, title=title, language=language, port=call.args.port + index, folder=folder / name)
        for index, (name, title, language) in enumerate(_CELLS)
    ]
    listeners = [processes.bind(_HOST, cell.port) for cell in cells]
    folder.mkdir(parents=True, exist_ok=True)
    processes.log_to_file(folder / "demo.log")
    for cell in cells:
        _make(cell, call.output)
    asyncio.run(_run(cells, listeners, _Teller(output=call.output, folder=folder)))


def _make(cell: Cell, output: Output) -> None:
    if (cell.folder / config.FILE_NAME).exists():
        output.say(f"{cell.title} is there already, in {cell.folder}.")
        return
    order = founding.NewNode(
        origin=cell.origin, collective=cell.name, name=cell.title, language=cell.language
    )
    founding.create_node(cell.folder, order, environ={}, now=datetime.now(UTC))
    output.say(f"{cell.title} is made in {cell.folder}.")


async def _run(cells: list[Cell], listeners: list[socket], teller: "_Teller") -> None:
    stopped = asyncio.Event()
    processes.on_stop(stopped.set)
    async with AsyncExitStack() as stack:
        opened = [
            await stack.enter_async_context(_running(cell, listener))
            for cell, listener in zip(cells, listeners, strict=True)
        ]
        story = asyncio.create_task(_tell(opened, teller))
        stopping = asyncio.create_task(stopped.wait())
        await asyncio.wait((story, stopping), return_when=asyncio.FIRST_COMPLETED)
        if story.done():
            story.result()
            await stopping
        story.cancel()
        await asyncio.gather(story, return_exceptions=True)
        teller.output.say("\nThe three cells end. Their data stays; run the demo again to go on with it.")


@asynccontextmanager
async def _running(cell: Cell, listener: socket) -> AsyncIterator[OpenCell]:
    settings = config.load_settings(cell.folder, _PACE)
    async with node.open_node(settings) as cap, worker.running(cap):
        server = processes.Server(app.create_app(cap))
        serving_task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield OpenCell(cell=cell, cap=cap)
        finally:
            server.should_exit = True
            await serving_task


@dataclass(slots=True, kw_only=True)
class _Teller:
    """Tells each step with its number, and the command that does the same."""

    output: Output
    folder: Path
    number: int = 0

    def step(self, what: str) -> None:
        self.number += 1
        self.output.say(f"\n{self.number}. {what}")

    def command(self, who: OpenCell, words: str) -> None:
        self.output.say(f"   $ {_program()} --data {who.cell.folder} {words}")

    def open(self, address: str) -> None:
        self.output.say(f"   open {address}")


def _program() -> str:
    """Return what a terminal finds this program by: `make demo` runs it without putting it on the path."""
    beside = Path(sys.executable).with_name("fedinode")
    return str(beside) if shutil.which("fedinode") is None and beside.exists() else "fedinode"


async def _tell(cells: list[OpenCell], teller: _Teller) -> None:
    berlin, tbilisi, lisbon = cells
    texts = _texts(teller.folder)
    await _meet(cells, teller)

    teller.step("Berlin publishes a statement in three languages, a short piece of news, and who it is.")
    statement = await _post(berlin, texts / "berlin-statement.md", teller)
    news = await _post(berlin, texts / "berlin-news.md", teller)
    await _post(berlin, texts / "berlin-about.md", teller)
    await _highlight(berlin, statement, teller)
    teller.step("Tbilisi announces a meeting in Georgian and Russian, with the clock of each city.")
    meeting = await _post(tbilisi, texts / "tbilisi-event.md", teller)
    teller.step("Lisbon publishes an article in Portuguese and English.")
    article = await _post(lisbon, texts / "lisbon-news.md", teller)
    await _delivered(cells, teller)

    teller.step("Tbilisi and Lisbon show each other's posts to their own followers.")
    await _reshare(tbilisi, statement, None, teller)
    await _reshare(lisbon, meeting, "Vamos lá estar, por vídeo.", teller)
    await _reshare(berlin, article, None, teller)

    teller.step("Lisbon answers Berlin's news; the answer waits until Berlin shows it.")
    await _answer(lisbon, berlin, news, teller)
    teller.step("Berlin corrects its news, Tbilisi moves its meeting; everybody who has them is told.")
    await _edit(berlin, news, texts / "berlin-news-edited.md", teller)
    await _edit(tbilisi, meeting, texts / "tbilisi-event-moved.md", teller)
    await _delivered(cells, teller)
    teller.step(
        "Tbilisi takes Lisbon's article over. Lisbon corrects it: its English text is out of date now, and "
        "Tbilisi's editors are asked about their copy."
    )
    await _take_over(tbilisi, article, teller)
    await _edit(lisbon, article, texts / "lisbon-news-edited.md", teller)
    teller.open(f"{lisbon.cell.origin}/@lisbon/en/three-months-of-a-common-kitchen")
    await _until(partial(_is_asked, tbilisi), "the correction is proposed", teller)
    teller.command(tbilisi, "proposals")

    teller.step(
        "Berlin drafts a joint statement. Tbilisi and Lisbon are asked to sign it before it is public."
    )
    joint = await _sign_together(berlin, (tbilisi, lisbon), texts / "berlin-joint.md", teller)
    await _until(partial(_lists_are_equal, cells, joint), "all keep the same list", teller)
    teller.output.say(
        "   All three keep the same list of signatures. Anybody can verify it, from any machine:"
    )
    teller.output.say(f"   $ {_program()} verify {joint}")
    demo_letters.tell(berlin.cap, joint, teller.output)
    await _farewell(cells, teller)
    await demo_letters.show(berlin.cap, teller.output)


async def _meet(cells: list[OpenCell], teller: _Teller) -> None:
    teller.step("The cells follow each other.")
    for one, other in itertools.permutations(cells, 2):
        teller.command(one, f"follow {other.cell.handle}")
        await following.follow(one.cap, other.cell.handle)
    for one in cells:
        await _until(partial(_follows_all, one), f"{one.cell.name} follows the others", teller)


def _texts(folder: Path) -> Path:
    """Copy the demo's texts into its folder, with days that suit today, and return that folder."""
    texts = folder / "texts"
    if not texts.exists():
        shutil.copytree(_TEXTS, texts)
        today = datetime.now(UTC).date()
        days = {
            "EVENT-DAY": today + timedelta(days=21),
            "LATER-DAY": today + timedelta(days=22),
            "ADOPTED": today - timedelta(days=1),
        }
        for path in texts.glob("*.md"):
            content = path.read_text("utf-8")
            for word, day in days.items():
                content = content.replace(word, day.isoformat())
            path.write_text(content, "utf-8")
    return texts


async def _follows_all(one: OpenCell) -> bool:
    accepted = [each for each in await following.following(one.cap) if each.state == "accepted"]
    return len(accepted) == len(_CELLS) - 1


async def _post(who: OpenCell, path: Path, teller: _Teller) -> str:
    teller.command(who, f"post {path}")
    published = await publishing.post(who.cap, frontmatter.parse_manuscript(path))
    teller.open(published.url)
    return published.uri


async def _highlight(who: OpenCell, uri: str, teller: _Teller) -> None:
    teller.step("Berlin pins the statement, and calls its readers together with a banner for a week.")
    teller.command(who, f"pin {uri}")
    await pinning.pin(who.cap, uri)
    until = (datetime.now(UTC) + timedelta(days=7)).replace(microsecond=0)
    words = "Freitag, 18 Uhr, Karlstraße: kommt alle!"
    teller.command(who, f'banner --text de="{words}" --until {until:%Y-%m-%d}')
    await campaigning.set_banner(who.cap, Banner(texts={"de": words}, until=until))
    teller.open(f"{who.cell.origin}/@{who.cell.name}")


async def _reshare(who: OpenCell, uri: str, comment: str | None, teller: _Teller) -> None:
    teller.command(who, f"reshare {uri}" + (f' --comment "{comment}"' if comment else ""))
    await resharing.reshare(who.cap, uri, comment=comment)
    teller.open(f"{who.cell.origin}/@{who.cell.name}")


async def _answer(who: OpenCell, author: OpenCell, uri: str, teller: _Teller) -> None:
    if (author.cell.folder / "answered").exists():
        teller.output.say("   (it did so last time)")
        return
    words = "Força! Na quinta levamos pão."
    teller.command(who, f'reply {uri} "{words}"')
    await publishing.reply(who.cap, uri, words)
    await _until(lambda: _waits(author, uri), "the answer arrives", teller)
    for reply in await moderating.held(author.cap):
        teller.command(author, "held")
        teller.command(author, f"approve {reply.id}")
        await moderating.approve(author.cap, reply.id)
    (author.cell.folder / "answered").touch()
    teller.open(uri)


async def _waits(author: OpenCell, uri: str) -> bool:
    return any(reply.object_uri == uri for reply in await moderating.held(author.cap))


async def _edit(who: OpenCell, uri: str, path: Path, teller: _Teller) -> None:
    teller.command(who, f"edit {uri} {path}")
    published = await revising.edit(who.cap, uri, frontmatter.parse_manuscript(path))
    teller.open(published.url)


async def _take_over(who: OpenCell, uri: str, teller: _Teller) -> None:
    teller.command(who, f"take-over {uri}")
    taken = await taking_over.take_over(who.cap, uri)
    teller.open(taken.published.url)


async def _is_asked(who: OpenCell) -> bool:
    return bool(await correcting.list_proposals(who.cap))


async def _sign_together(author: OpenCell, guests: tuple[OpenCell, ...], path: Path, teller: _Teller) -> str:
    """Let the guests sign a draft, then publish it; return its id."""
    teller.command(author, f"post {path} --draft")
    draft = await publishing.post(author.cap, frontmatter.parse_manuscript(path), draft=True)
    if draft.state == "public":
        teller.output.say("   (it did so last time)")
        teller.open(draft.url)
        return draft.uri
    handles = [guest.cell.handle for guest in guests]
    teller.command(author, f"invite {draft.uri} {' '.join(handles)}")
    await inviting.invite(author.cap, draft.uri, handles, Ask())
    for guest in guests:
        await _until(partial(_has_line, guest, draft.uri, "invited"), "the invitation arrives", teller)
        teller.command(guest, f"cosign {draft.uri}")
        await consenting.cosign(guest.cap, draft.uri)
    await _until(
        partial(_has_line, author, draft.uri, "accepted", len(guests)), "the signatures arrive", teller
    )
    teller.command(author, f"publish {draft.uri}")
    published = await publishing.publish(author.cap, draft.uri)
    teller.open(published.url)
    return published.uri


async def _has_line(one: OpenCell, uri: str, state: str, count: int = 1) -> bool:
    """Whether so many stand in a state under a statement, as far as a cell knows."""
    try:
        lines = await showing.list_signatures(one.cap, uri)
    except NotFound:
        return False
    return sum(line.state == state for line in lines) == count


async def _lists_are_equal(cells: list[OpenCell], uri: str) -> bool:
    """Whether every cell keeps a list of all signatures, and all lists hold the same."""
    try:
        bundles = [await bundling.bundle_of(one.cap, uri) for one in cells]
    except NotFound:
        return False
    lists = [
        sorted(documents.digest(each["coSignature"]) for each in bundle["entries"]) for bundle in bundles
    ]
    return len(lists[0]) == len(cells) - 1 and all(one == lists[0] for one in lists)


async def _delivered(cells: list[OpenCell], teller: _Teller) -> None:
    for one in cells:
        await _until(partial(_has_arrived, one), f"what {one.cell.name} sends arrives", teller)
    teller.output.say("   Everything has arrived.")


async def _has_arrived(one: OpenCell) -> bool:
    return all(each.open == 0 for each in await delivering.summaries(one.cap))


async def _until(condition: Callable[[], Awaitable[bool]], what: str, teller: _Teller) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    while not await condition():
        if time.monotonic() > end:
            log = teller.folder / "demo.log"
            raise PeerUnavailable(
                f"The demo waited {_PATIENCE_SECONDS:.0f} s in vain until {what}; see {log}."
            )
        await asyncio.sleep(_LOOK_SECONDS)


async def _farewell(cells: list[OpenCell], teller: _Teller) -> None:
    say = teller.output.say
    say("\nThree cells are up. Open them in a browser:")
    for each in cells:
        say(f"   {each.cell.origin}/@{each.cell.name}   {each.cell.handle}")
        say(f"      its desk, once: {await demo_desks.way_in(each.cap)}")
    say(f"Change a text in {teller.folder / 'texts'}, or try a command from above in another terminal.")
    say("Ctrl-C ends the demo.")


COMMANDS = (
    Command(
        name="demo",
        summary="run three cells on this machine that publish to each other",
        run=demo,
        arguments=(argument("--port", type=int, default=8001, help="the first of three ports (8001)"),),
    ),
)
