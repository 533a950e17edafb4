"""Deliveries at the desk: how far a post has got, the remote's own words, once more please."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from fedinode.capabilities import Capabilities
from fedinode.storage import models
from fedinode.storage.database import Session
from tests.admin.conftest import Browser
from tests.admin.test_desk_network import tie
from tests.admin.test_waiting import published
from tests.storage.sample_rows import add
from tests.web.conftest import Clock
from tests.web.test_network_pages import actor

pytestmark = pytest.mark.anyio

ANA = "ana@example.org"


def follower(session: Session, cap: Capabilities, name: str, collective: str = "berlin") -> int:
    """Let somebody on a server of their own follow; return the number of the server."""
    other = actor(session, name)
    url = f"https://{name}.example/inbox"
    other.inbox_id = add(session, models.Inbox, url=url, peer_id=other.peer_id, is_shared=False).id
    session.flush()
    tie(session, cap, other, "in", collective)
    return other.peer_id


async def test_a_post_is_followed_to_each_server_and_tried_again(
    cap: Capabilities, browser: Browser, clock: Clock, tmp_path: Path
) -> None:
    def befriend(session: Session) -> list[int]:
        names = ("faro", "lisbon", "porto")
        return [*(follower(session, cap, name) for name in names), follower(session, cap, "braga", "tbilisi")]

    faro, lisbon, porto, braga = await cap.database.write(befriend)
    await published(cap, tmp_path)
    await published(cap, tmp_path, "tbilisi")

    def fail(session: Session) -> int:
        rows = {row.peer_id: row for row in session.scalars(select(models.Delivery))}
        rows[faro].state = "delivered"
        rows[lisbon].state, rows[lisbon].attempts = "waiting", 3
        rows[lisbon].last_status, rows[lisbon].last_words = 503, "<b>Come back</b> tomorrow"
        rows[lisbon].due_at = cap.clock() + timedelta(hours=2)
        rows[porto].state = "parked"
        peers = {row.id: row for row in session.scalars(select(models.Peer))}
        peers[porto].failing_since = peers[porto].parked_at = cap.clock() - timedelta(days=7)
        peers[lisbon].failing_since = cap.clock()
        return rows[faro].activity_id

    number = await cap.database.write(fail)
    await browser.sign_in(cap, ANA, "editor")
    page = await browser.get("/desk/deliveries")
    assert ("delivered to 1 of 3 servers" in page.text, "braga" in page.text) == (True, False)
    assert ("porto.example" in page.text, "put aside" in page.text) == (True, True)
    one = await browser.get(f"/desk/deliveries/{number}")
    assert "&lt;b&gt;Come back&lt;/b&gt; tomorrow" in one.text
    assert ("status 503" in one.text, "3 tries" in one.text, "faro" in one.text) == (True, True, False)
    server = await browser.get(f"/desk/deliveries/servers/{lisbon}")
    assert ("Streik" in server.text, "next try" in server.text) == (True, True)

    for path in (f"/desk/deliveries/servers/{braga}", f"/desk/deliveries/{number + 1}", "/desk/deliveries/x"):
        assert (await browser.get(path)).status_code == 404, path
    assert (await browser.get("/desk/deliveries?page=7")).status_code == 404
    assert (await browser.post("/desk/deliveries/retry", server=str(braga))).status_code == 404
    for _ in range(2):
        answer = await browser.post("/desk/deliveries/retry", server=str(porto))
        assert answer.headers["location"] == f"/desk/deliveries/servers/{porto}?done=retried"
    assert await _states(cap, porto) == {"waiting"}
    assert (await browser.post("/desk/deliveries/retry")).status_code == 303
    woken = await browser.post("/desk/deliveries/wake")
    assert woken.headers["location"] == "/desk/deliveries?done=woken"
    again = await browser.post("/desk/deliveries/wake")
    assert (again.status_code, "Wait ten minutes" in again.text) == (409, True)
    assert "Everything, answers" in (await browser.get("/desk/deliveries")).text
    assert "changed" in (await browser.get("/desk/deliveries?all=1")).text


async def _states(cap: Capabilities, peer_id: int) -> set[str]:
    return await cap.database.read(
        lambda session: set(
            session.scalars(select(models.Delivery.state).where(models.Delivery.peer_id == peer_id))
        )
    )
