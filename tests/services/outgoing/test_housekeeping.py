"""What is kept for how long."""

import os
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from fedinode.capabilities import Capabilities
from fedinode.services import delivering, following, publishing, revising
from fedinode.services.members import enrolling
from fedinode.services.network import resharing
from fedinode.services.upkeep import housekeeping
from fedinode.storage import models, retention
from fedinode.storage.database import Session
from tests.peer_server import Peer
from tests.services.outgoing.conftest import Befriend, Clock, Write

pytestmark = pytest.mark.anyio

AS = {"@context": "https://www.w3.org/ns/activitystreams"}
NEWS = 'type = "news"\ntitle = "Streik"\nlanguage = "de"\nshow = "teaser"'


async def kinds(cap: Capabilities) -> list[str]:
    def read(session: Session) -> list[str]:
        return sorted(session.scalars(select(models.OutgoingActivity.type)))

    return await cap.database.read(read)


async def test_what_nobody_asks_for_again_goes_after_a_month(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer, clock: Clock
) -> None:
    await befriend(koeln)
    published = await publishing.post(cap, manuscript(NEWS, "Eins."))
    await revising.edit(cap, published.uri, manuscript(NEWS, "Zwei."))
    mira = koeln.actor("lena")
    await following.follow(cap, mira.uri)
    note = koeln.serve(AS | mira.note())
    await resharing.reshare(cap, note["id"])
    await resharing.unreshare(cap, note["id"])
    await delivering.deliver_once(cap)
    before = await kinds(cap)
    assert before == ["Announce", "Create", "Follow", "Undo", "Update"]
    clock.advance(days=29)
    await housekeeping.purge_once(cap)
    assert await kinds(cap) == before
    clock.advance(days=2)
    await housekeeping.purge_once(cap)
    assert await kinds(cap) == ["Announce", "Create", "Follow"]


async def test_what_is_under_way_stays(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer, clock: Clock
) -> None:
    await befriend(koeln)
    published = await publishing.post(cap, manuscript(NEWS, "Eins."))
    await revising.edit(cap, published.uri, manuscript(NEWS, "Zwei."))
    clock.advance(days=40)
    await housekeeping.purge_once(cap)
    assert await kinds(cap) == ["Create", "Update"]


async def test_activities_with_a_deleted_text_go_after_a_day(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer, clock: Clock
) -> None:
    await befriend(koeln)
    published = await publishing.post(cap, manuscript(NEWS, "Ein Irrtum."))
    await delivering.deliver_once(cap)
    await publishing.delete(cap, published.uri)
    clock.advance(days=1, minutes=1)
    await housekeeping.purge_once(cap)
    assert await kinds(cap) == ["Delete"]
    # What is still to be told is told.
    await delivering.deliver_once(cap)
    assert [each["type"] for each in koeln.received()] == ["Create", "Delete"]


async def test_used_and_ended_links_go(cap: Capabilities, clock: Clock) -> None:
    await enrolling.add(cap, "jo@berlin.example", "editor")
    await housekeeping.purge_once(cap)
    links = await cap.database.read(
        lambda session: session.scalars(select(models.SignInLink.token_hash)).all()
    )
    assert len(links) == 1
    clock.advance(hours=25)
    assert (await housekeeping.purge_once(cap)).counts["sign-in links"] == 1


async def test_purge_goes_on_until_nothing_is_left(cap: Capabilities, clock: Clock) -> None:
    await enrolling.add(cap, "jo@berlin.example", "editor")

    def write(session: Session) -> None:
        account_id = session.scalars(select(models.Account.id)).one()
        common = {"account_id": account_id, "created_at": clock(), "seen_at": clock(), "expires_at": clock()}
        rows = [{"token_hash": f"{number}"} | common for number in range(retention.BATCH_ROWS + 7)]
        session.execute(insert(models.SignInSession), rows)

    await cap.database.write(write)
    clock.advance(seconds=1)
    assert (await housekeeping.purge_once(cap)).counts["sessions"] == retention.BATCH_ROWS + 7


async def test_file_that_nothing_shows_goes_after_a_day(cap: Capabilities, clock: Clock) -> None:
    folder = cap.settings.media_dir
    folder.mkdir()
    stray, fresh = folder / "stray.jpg", folder / "fresh.jpg"
    for path in (stray, fresh):
        path.write_bytes(b"x")
    os.utime(stray, (0, 0))
    await housekeeping.purge_once(cap)
    assert sorted(path.name for path in folder.iterdir()) == ["fresh.jpg"]


async def test_picture_goes_with_the_post_that_showed_it(
    cap: Capabilities, manuscript: Write, picture: None, clock: Clock
) -> None:
    shown = NEWS + '\n[[media]]\nfile = "bild.png"\nalt = "Ein rotes Quadrat"'
    published = await publishing.post(cap, manuscript(shown))
    kept = list(cap.settings.media_dir.iterdir())
    for path in kept:
        os.utime(path, (0, 0))
    clock.advance(days=2)
    await housekeeping.purge_once(cap)
    assert all(path.exists() for path in kept)
    await publishing.delete(cap, published.uri)
    await housekeeping.purge_once(cap)
    assert not any(path.exists() for path in kept)
    media = await cap.database.read(lambda session: session.scalars(select(models.MediaFile.id)).all())
    assert media == []


async def test_times_are_those_that_are_promised() -> None:
    assert timedelta(days=7) == housekeeping.PARKED_AFTER
    assert timedelta(days=30) == housekeeping.ACTIVITIES_AFTER
