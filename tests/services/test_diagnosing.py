"""The doctor finds what is wrong, and says what to do."""

import sqlite3
import ssl
import stat
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from fedinode.capabilities import Capabilities
from fedinode.config import load_settings
from fedinode.node import open_node
from fedinode.services.founding import NewNode, create_node
from fedinode.services.upkeep.diagnosing import Finding, diagnose, look_everywhere
from fedinode.storage import peers
from fedinode.storage.database import Session
from fedinode.storage.peers import Contact
from fedinode.urls import Urls
from tests.nodes.tls_front import tls_front
from tests.ports import free_port

pytestmark = pytest.mark.anyio
NOW = datetime(2027, 5, 1, tzinfo=UTC)


@pytest.fixture
async def cap(tmp_path: Path) -> AsyncIterator[Capabilities]:
    """A node that nobody serves."""
    folder = tmp_path / "node"
    order = NewNode(
        origin=f"http://berlin.localhost:{free_port()}", collective="berlin", name="Berlin", language="de"
    )
    create_node(folder, order, environ={}, now=NOW)
    async with open_node(load_settings(folder, {})) as opened:
        yield opened


async def found(cap: Capabilities, subject: str) -> list[Finding]:
    return [finding for finding in await diagnose(cap) if finding.subject == subject]


async def test_a_node_that_nobody_serves_cannot_be_read_from_outside(cap: Capabilities) -> None:
    sentences = " ".join(finding.sentence for finding in await found(cap, "door"))
    assert cap.urls.node_actor() in sentences
    assert cap.urls.collective("berlin") in sentences
    assert "/.well-known/webfinger?resource=acct%3Aberlin%40" in sentences


async def test_a_new_node_has_no_other_fault(cap: Capabilities) -> None:
    assert {finding.subject for finding in await diagnose(cap)} == {"door"}


async def test_a_disk_without_room_is_found(cap: Capabilities) -> None:
    limits = replace(cap.settings.limits, free_disk_bytes=10**18)
    narrow = replace(cap, settings=replace(cap.settings, limits=limits))
    (finding,) = await found(narrow, "disk")
    assert "B are free" in finding.sentence


async def test_secrets_that_others_can_read_are_found(cap: Capabilities) -> None:
    key = next(path for path in cap.settings.secrets_dir.iterdir() if path.is_file())
    key.chmod(key.stat().st_mode | stat.S_IRGRP)
    (finding,) = await found(cap, "secrets")
    assert finding.sentence == f"{key} can be read by other users of this machine."
    assert finding.remedy == f"chmod 600 {key}"


async def record_skews(cap: Capabilities, *seconds: int) -> None:
    def record(session: Session) -> None:
        contacts = [
            Contact(
                peer_id=peers.ensure(session, f"{number}.example", NOW),
                dialect="cavage",
                dialect_seen_at=NOW,
                rfc9421_successes=0,
                skew_seconds=each,
            )
            for number, each in enumerate(seconds)
        ]
        peers.record_contacts(session, contacts, NOW)

    await cap.database.write(record)


@pytest.mark.parametrize(
    ("seconds", "words"), [((300, 310, 290, -5), "295 seconds behind"), ((-60, -61, -62), "61 seconds ahead")]
)
async def test_a_clock_that_others_contradict_is_found(
    cap: Capabilities, seconds: tuple[int, ...], words: str
) -> None:
    await record_skews(cap, *seconds)
    (finding,) = await found(cap, "clock")
    assert words in finding.sentence


@pytest.mark.parametrize("seconds", [(), (4000, 4000), (5, -5, 4000)])
async def test_few_or_wrong_clocks_of_others_prove_nothing(
    cap: Capabilities, seconds: tuple[int, ...]
) -> None:
    await record_skews(cap, *seconds)
    assert await found(cap, "clock") == []


async def test_deliveries_that_were_given_up_are_counted(cap: Capabilities) -> None:
    connection = sqlite3.connect(cap.settings.data_dir / "fedinode.db")
    with connection:
        connection.execute(
            "INSERT INTO deliveries (activity_id, inbox_id, peer_id, object_uri, state, due_at)"
            " VALUES (1, 1, 1, 'https://a.example/1', 'parked', 0),"
            " (2, 1, 1, 'https://a.example/2', 'abandoned', 0)"
        )
    connection.close()
    sentences = [finding.sentence for finding in await found(cap, "deliveries")]
    assert sentences == [
        "1 deliveries wait for servers that have not answered for days.",
        "1 deliveries were given up.",
    ]


@pytest.mark.parametrize(
    ("days", "level", "words"),
    [(60, "good", "The certificate is good until"), (5, "fault", "The certificate ends on")],
)
async def test_a_certificate_that_ends_soon_is_found(
    cap: Capabilities, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, level: str, words: str
) -> None:
    authority, port, ends = trustme.CA(), free_port(), datetime.now(UTC) + timedelta(days=days)
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", not_after=ends).configure_cert(context)
    secure = replace(cap, urls=Urls(f"https://localhost:{port}"), clock=lambda: datetime.now(UTC))
    with tls_front(port, free_port(), context):
        findings = await look_everywhere(secure)
    (finding,) = [each for each in findings if each.subject == "certificate"]
    assert (finding.level, finding.sentence) == (level, f"{words} {ends:%Y-%m-%d}.")
