"""Blocks: who is meant, what is listed, what the file for Mastodon says."""

import csv
import io

import pytest

from fedinode.errors import NotFound, UsageError
from fedinode.services import excluding
from fedinode.storage import levels, models
from fedinode.storage.database import Session
from tests.peer_server import Peer, PeerActor
from tests.services.incoming.conftest import COLLECTIVE, ORIGIN, Visited

pytestmark = pytest.mark.anyio


async def subjects(visited: Visited) -> list[str]:
    return [block.subject for block in await excluding.blocks(visited.cap)]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Bad.Example", "bad.example"),
        (" bad.example. ", "bad.example"),
        ("плохо.рф", "xn--k1agab6a.xn--p1ai"),
        ("bad.example:8443", "bad.example:8443"),
        ("https://bad.example/users/eve", "https://bad.example/users/eve"),
    ],
)
async def test_a_subject_is_kept_in_one_spelling(visited: Visited, written: str, kept: str) -> None:
    assert (await excluding.block(visited.cap, written)).subject == kept
    assert await subjects(visited) == [kept]
    assert (await excluding.unblock(visited.cap, written)).subject == kept
    assert await subjects(visited) == []


@pytest.mark.parametrize(
    "written",
    [
        "",
        "example",
        "two words",
        "https://",
        "@@",
        "bad.example/path",
        ORIGIN,
        COLLECTIVE,
        "berlin.localhost",
    ],
)
async def test_what_is_neither_domain_nor_actor_or_is_this_node_is_wrong_usage(
    visited: Visited, written: str
) -> None:
    with pytest.raises(UsageError):
        await excluding.block(visited.cap, written)
    assert await subjects(visited) == []


async def test_an_actor_is_blocked_by_the_handle_under_which_it_is_known(
    visited: Visited, koeln: Peer, mira: PeerActor
) -> None:
    handle = f"@mira@{koeln.host}"
    with pytest.raises(NotFound):
        await excluding.block(visited.cap, handle)
    await visited.take(mira, mira.activity("Follow", COLLECTIVE))
    effect = await excluding.block(visited.cap, handle)
    assert (effect.subject, effect.followers) == (mira.uri, 1)
    assert (await visited.row(models.Follow)).state == "ended"
    assert await subjects(visited) == [mira.uri]


async def test_a_second_block_changes_severity_and_reason(visited: Visited) -> None:
    await excluding.block(visited.cap, "bad.example", severity="silence", reason="loud")
    await excluding.block(visited.cap, "bad.example", reason="worse")
    (block,) = await excluding.blocks(visited.cap)
    assert (block.severity, block.reason, block.created_at) == ("suspend", "worse", visited.clock())


async def test_to_silence_removes_nothing(visited: Visited, mira: PeerActor) -> None:
    await visited.take(mira, mira.activity("Follow", COLLECTIVE))
    effect = await excluding.block(visited.cap, "peers.localhost", severity="silence")
    assert (effect.followers, (await visited.row(models.Follow)).state) == (0, "accepted")


async def test_what_is_not_blocked_cannot_be_unblocked(visited: Visited) -> None:
    with pytest.raises(NotFound):
        await excluding.unblock(visited.cap, "good.example")


async def test_a_block_gives_up_what_waits_for_the_server(visited: Visited, mira: PeerActor) -> None:
    await visited.take(mira, mira.activity("Follow", COLLECTIVE))
    assert (await visited.row(models.Delivery)).state == "waiting"
    await excluding.block(visited.cap, "peers.localhost")
    assert (await visited.row(models.Delivery)).state == "abandoned"


async def test_the_file_is_mastodons_with_domains_alone_and_no_formulas(visited: Visited) -> None:
    await excluding.block(visited.cap, "bad.example", reason='=HYPERLINK("https://x.example")')
    await excluding.block(visited.cap, "loud.example", severity="silence", reason="a, b")
    await excluding.block(visited.cap, "https://bad.example/users/eve")
    text = excluding.render_csv(await excluding.blocks(visited.cap))
    head, *rows = csv.reader(io.StringIO(text))
    assert head == [
        "#domain",
        "#severity",
        "#reject_media",
        "#reject_reports",
        "#public_comment",
        "#obfuscate",
    ]
    assert rows == [
        ["bad.example", "suspend", "false", "false", '\'=HYPERLINK("https://x.example")', "false"],
        ["loud.example", "silence", "false", "false", "a, b", "false"],
    ]


def test_a_host_is_covered_by_all_domains_above_it_with_its_port_or_without() -> None:
    assert levels.covering("x.bad.example:8443") == (
        *("x.bad.example", "bad.example", "example"),
        *("x.bad.example:8443", "bad.example:8443", "example:8443"),
    )


async def test_the_strongest_level_of_all_names_counts(visited: Visited) -> None:
    await excluding.block(visited.cap, "example.org", severity="silence")
    await excluding.block(visited.cap, "x.example.org")
    hosts = ["example.org", "x.example.org", "y.example.org", "a.x.example.org:81", "notexample.org"]
    found = await visited.cap.database.read(lambda session: levels.of_hosts(session, hosts))
    assert found == {
        "example.org": "silence",
        "x.example.org": "suspend",
        "y.example.org": "silence",
        "a.x.example.org:81": "suspend",
    }


@pytest.mark.parametrize(
    ("host", "is_covered"),
    [
        ("bad.example", True),
        ("x.bad.example", True),
        ("x.bad.example:81", True),
        ("bad.example:81", True),
        ("notbad.example", False),
        ("bad.example.org", False),
        ("bad_example", False),
    ],
)
async def test_the_servers_under_a_domain_are_found(visited: Visited, host: str, is_covered: bool) -> None:
    def read(session: Session) -> bool:
        levels.set_host(session, host, "none", None, visited.clock())
        return bool(levels.peers_under(session, "bad.example"))

    assert await visited.cap.database.write(read) is is_covered
