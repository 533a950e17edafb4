"""People sign through the real form and page, with letters through a real mail server, while others read.

First readers alone; then people at the pace of 10,000 in an hour; then as many as the node takes, up to the
number that is wanted (`--people`); last the list with all of them. One process is the node.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from aiosmtpd.smtp import SMTP, Envelope, Session

from benchmarks.figures import Figure, processor_seconds, pss_of_tree
from benchmarks.measured import new_node, serving
from benchmarks.pacing import NEW
from tests.mail_server import Mailbox, mail_server
from tests.nodes.forking import REPOSITORY
from tests.nodes.harness import Node

#: How many sign in the rush; `--people` on the command line.
PEOPLE_VARIABLE: Final = "BENCH_PEOPLE"
_ALL: Final = 10_000
_PER_HOUR: Final = 10_000
_AT_ONCE: Final = 16
_READS_PER_SECOND: Final = 40.0
_SECONDS: Final = 25.0
_DOMAINS: Final = 500
_LINK = re.compile(rb"/sign/confirm/[A-Za-z0-9_-]+")
_STATEMENT: Final = """+++
type = "statement"
title = "For the eight hour day"
language = "en"
cosign = "anyone"
individuals = true
+++

Eight hours are enough.
"""
_NEWS: Final = '+++\ntype = "news"\ntitle = "News"\nlanguage = "en"\n+++\n\nSomething happened.\n'
_LIMITS: Final = {
    "FEDINODE_LIMITS__PROXY_HOPS": "1",
    "FEDINODE_LIMITS__SIGNUPS_PER_MINUTE": "1000000",
    "FEDINODE_LIMITS__SIGNUPS_PER_NETWORK": "1000000",
    "FEDINODE_MAIL__PER_MINUTE": "1000000",
    "FEDINODE_MAIL__PER_DOMAIN": "1000000",
}


class _Letters(Mailbox):
    """Hands each letter with a link to whoever waits for it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._loop = loop
        self._waiting: dict[str, asyncio.Future[str]] = {}

    def expect(self, address: str) -> asyncio.Future[str]:
        """Return what the link of the letter to an address will be."""
        self._waiting[address] = self._loop.create_future()
        return self._waiting[address]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        found = _LINK.search(content.replace(b"=\r\n", b""))
        if found:
            self._loop.call_soon_threadsafe(self._hand_over, envelope.rcpt_tos[0], found.group().decode())
        return "250 OK"

    def _hand_over(self, address: str, link: str) -> None:
        waiting = self._waiting.pop(address, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(link)


@dataclass(slots=True)
class _Crowd:
    """People who sign, each with an address and a network of their own."""

    node: Node
    path: str
    letters: _Letters
    http: aiohttp.ClientSession
    count: int = 0
    seconds: list[float] = field(default_factory=list)

    async def sign(self) -> None:
        """Fill in the form, take the letter, open its page, press the button."""
        number = self.count
        self.count += 1
        address = f"reader{number}@mail{number % _DOMAINS}.example.org"
        began = time.perf_counter()
        letter = self.letters.expect(address)
        fields = {
            "language": "en",
            "shown": ("here", "everywhere", "number")[number % 3],
            "kind": "person",
            "name": f"Reader {_in_letters(number)}",
            "city": "Halle",
            "country": ("DE", "GE", "PT", "UA")[number % 4],
            "email": address,
            "agrees": "1",
        }
        await self._ask("POST", f"{self.path}/sign", number, fields)
        link = await asyncio.wait_for(letter, 120)
        await self._ask("GET", link, number)
        await self._ask("POST", link, number, {"do": "confirm"})
        self.seconds.append(time.perf_counter() - began)

    async def _ask(
        self, method: str, path: str, number: int, fields: Mapping[str, str] | None = None
    ) -> None:
        headers = {
            "host": self.node.host,
            "x-forwarded-for": f"198.{number >> 16 & 255}.{number >> 8 & 255}.7",
        }
        url = f"http://127.0.0.1:{self.node.port}{path}"
        async with self.http.request(method, url, data=fields, headers=headers) as answer:
            body = await answer.read()
            if answer.status != 200:
                raise ValueError(f"{method} {path} answered {answer.status}: {body[-300:]!r}")


def _in_letters(number: int) -> str:
    return "".join("abcdefghij"[int(digit)] for digit in f"{number:05}")


def measure(folder: Path) -> list[Figure]:
    """Measure the form, and the list of all who signed."""
    return asyncio.run(_measure(folder, int(os.environ.get(PEOPLE_VARIABLE, _ALL))))


async def _measure(folder: Path, people: int) -> list[Figure]:
    letters = _Letters(asyncio.get_running_loop())
    with _node(folder, letters) as (node, pid, uri, paths):
        connector = aiohttp.TCPConnector(limit=_AT_ONCE * 2)
        async with aiohttp.ClientSession(connector=connector) as http:
            crowd = _Crowd(node=node, path=urlsplit(uri).path, letters=letters, http=http)
            # The first of everything is slower: templates are read, and languages.
            for _ in range(5):
                await crowd.sign()
            _timed(node, f"{uri}/signers")
            quiet = await _reading(node, paths, asyncio.sleep(0))
            paced = await _reading(node, paths, _paced(crowd))
            figures = [*_compared(quiet, paced, "at 10,000 an hour")]
            figures += await _rush(crowd, pid, people)
        figures += _list(node, uri, crowd.count)
        figures.append(Figure(name="memory of the node after that", value=pss_of_tree(pid), unit="MB"))
    return figures


@contextmanager
def _node(folder: Path, letters: _Letters) -> Iterator[tuple[Node, int, str, list[str]]]:
    with mail_server(letters) as mail:
        environ = _LIMITS | {
            "FEDINODE_MAIL__HOST": str(mail.host),
            "FEDINODE_MAIL__PORT": str(mail.port),
            "FEDINODE_MAIL__SECURITY": "none",
            "FEDINODE_MAIL__SENDER": "node@bench.example",
        }
        node = new_node(folder, environ)
        uri = _post(node, folder / "statement.md", _STATEMENT)
        news = _post(node, folder / "news.md", _NEWS)
        with serving(node) as pid:
            pages = [node.get(each, "text/html").headers["location"] for each in (uri, news)]
            kept = ["/", *(urlsplit(page).path for page in pages)]
            # One read in ten is a search for something new: a page that has to be made.
            yield node, pid, uri, [*kept, *kept, *kept, f"/search?q=word{NEW}"]


def _post(node: Node, file: Path, words: str) -> str:
    file.write_text(words, "utf-8")
    return node.cli("post", str(file))


async def _reading(node: Node, paths: list[str], meanwhile: Awaitable[object]) -> Mapping[str, float]:
    """Read the site for a while, and do something else meanwhile; return how reading went."""
    command = [sys.executable, "-m", "benchmarks.pacing", str(node.port), node.host, json.dumps(paths)]
    process = await asyncio.create_subprocess_exec(
        *command, str(_READS_PER_SECOND), str(_SECONDS), stdout=subprocess.PIPE, cwd=REPOSITORY
    )
    output, _ = await asyncio.gather(process.communicate(), meanwhile)
    outcome: dict[str, float] = json.loads(output[0])
    return outcome


async def _paced(crowd: _Crowd) -> None:
    """Let people come at the pace of an hour, whether those before them are through or not."""
    began = time.perf_counter()
    under_way: list[asyncio.Task[None]] = []
    for number in range(int(_SECONDS * _PER_HOUR / 3600)):
        await asyncio.sleep(max(0.0, began + number * 3600 / _PER_HOUR - time.perf_counter()))
        under_way.append(asyncio.ensure_future(crowd.sign()))
    await asyncio.gather(*under_way)


async def _rush(crowd: _Crowd, pid: int, people: int) -> list[Figure]:
    """Let as many come as the node takes, until so many have confirmed."""
    start, computed, began = crowd.count, processor_seconds(pid), time.perf_counter()
    crowd.seconds.clear()

    async def visitor() -> None:
        while crowd.count < people:
            await crowd.sign()

    await asyncio.gather(*(visitor() for _ in range(_AT_ONCE)))
    seconds, done = time.perf_counter() - began, max(1, crowd.count - start)
    crowd.seconds.sort()
    slowest = crowd.seconds[int(len(crowd.seconds) * 0.99)] if crowd.seconds else 0.0
    computed = (processor_seconds(pid) - computed) / done
    return [
        Figure(
            name="people confirmed, as many as it takes",
            value=done / seconds * 3600,
            unit="an hour",
            note=f"{done} people, {_AT_ONCE} at once",
        ),
        Figure(name="  form to button, slowest hundredth", value=slowest, unit="s", note="with the letter"),
        Figure(name="  processor time of the node for each", value=computed * 1000, unit="ms"),
    ]


def _compared(quiet: Mapping[str, float], busy: Mapping[str, float], when: str) -> list[Figure]:
    note = f"{quiet['count']:.0f} reads, {_READS_PER_SECOND:.0f} a second, a tenth of them searches"
    return [
        Figure(name="site, slowest hundredth, nobody signs", value=quiet["p99_ms"], unit="ms", note=note),
        Figure(name=f"site, slowest hundredth, {when}", value=busy["p99_ms"], unit="ms"),
        Figure(name="  as a multiple", value=busy["p99_ms"] / quiet["p99_ms"], unit="times"),
        Figure(name="  pages in memory, nobody signs", value=quiet["cached_p99_ms"], unit="ms"),
        Figure(name=f"  pages in memory, {when}", value=busy["cached_p99_ms"], unit="ms"),
        Figure(name="  median, nobody signs", value=quiet["median_ms"], unit="ms"),
        Figure(name=f"  median, {when}", value=busy["median_ms"], unit="ms"),
    ]


def _list(node: Node, uri: str, count: int) -> list[Figure]:
    """Ask for the list as it is made: each page is asked for once."""
    figures = []
    wanted: tuple[tuple[str, Callable[[], tuple[float, int]]], ...] = (
        ("list, first page with charts", lambda: _timed(node, f"{uri}/signers")),
        ("list, last page", lambda: _timed(node, f"{uri}/signers?page={max(1, -(-_named(count) // 100))}")),
        ("statement pack with PDF", lambda: _timed(node, f"{uri}/pack.zip")),
    )
    for name, ask in wanted:
        seconds, size = ask()
        figures += [
            Figure(name=f"{name}, made anew", value=seconds * 1000, unit="ms", note=f"{count} signers"),
            Figure(name=f"{name}, size", value=size / 1000, unit="kB"),
        ]
    return figures


def _named(count: int) -> int:
    return sum(number % 3 != 2 for number in range(count))


def _timed(node: Node, url: str) -> tuple[float, int]:
    began = time.perf_counter()
    answer = node.get(url)
    answer.raise_for_status()
    return time.perf_counter() - began, len(answer.content)
