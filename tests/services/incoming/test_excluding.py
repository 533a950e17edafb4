"""Blocks: who is meant, what is listed, what the file for Mastodon says."""

import csv
import io

import pytest

from fedinode.errors import NotFound, UsageError
from fedinode.services.moderation import block_lists, excluding
from fedinode.services.moderation.level_words import Wish
from fedinode.storage import covered_hosts, levels, models, peers
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
    formula = '=HYPERLINK("https://x.example")'
    bad = Wish(public_reason=formula, reason="for us alone", is_obfuscated=True)
    await excluding.set_level(visited.cap, "bad.example", bad)
    loud = Wish(severity="silence", public_reason="a, b", rejects_reports=True)
    await excluding.set_level(visited.cap, "loud.example", loud)
    await excluding.block(visited.cap, "pictures.example", severity="media")
    await excluding.block(visited.cap, "friends.example", severity="trusted")
    await excluding.block(visited.cap, "https://bad.example/users/eve")
    text = block_lists.render(await excluding.blocks(visited.cap))
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
        ["bad.example", "suspend", "false", "false", '\'=HYPERLINK("https://x.example")', "true"],
        ["loud.example", "silence", "false", "true", "a, b", "false"],
        ["pictures.example", "noop", "true", "false", "", "false"],
    ]
    again = block_lists.parse(text, "berlin.localhost")
    assert again.faults == ()
    assert [(each.host, each.wish.public_reason) for each in again.domains] == [
        ("bad.example", formula),
        ("loud.example", "a, b"),
        ("pictures.example", None),
    ]


def test_a_host_is_covered_by_all_domains_above_it_with_its_port_or_without() -> None:
    assert covered_hosts.covering("x.bad.example:8443") == (
        *("x.bad.example", "bad.example", "example"),
        *("x.bad.example:8443", "bad.example:8443", "example:8443"),
    )


async def test_suspension_counts_wherever_it_is_said_and_else_the_nearest_word(visited: Visited) -> None:
    await excluding.block(visited.cap, "example.org", severity="silence")
    await excluding.block(visited.cap, "x.example.org")
    await excluding.block(visited.cap, "a.x.example.org", severity="trusted")
    await excluding.block(visited.cap, "friends.example.org", severity="trusted")
    hosts = ["example.org", "x.example.org", "y.example.org", "a.x.example.org:81", "friends.example.org"]
    hosts.append("notexample.org")
    found = await visited.cap.database.read(lambda session: levels.of_hosts(session, hosts))
    assert found == {
        "example.org": "silence",
        "x.example.org": "suspend",
        "y.example.org": "silence",
        "a.x.example.org:81": "suspend",
        "friends.example.org": "trusted",
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
        peers.ensure(session, host, visited.clock())
        return host in covered_hosts.peers_under_any(session, ["bad.example"])

    assert await visited.cap.database.write(read) is is_covered
