"""What waits at the desk: shown to those who may decide, decided once, and nobody else's business."""

import json
import re
from pathlib import Path

import pytest
from sqlalchemy import select

from fedinode.capabilities import Capabilities
from fedinode.frontmatter import parse_manuscript
from fedinode.services import publishing
from fedinode.services.publishing import Published
from fedinode.storage import collectives, decisions, follows, models
from fedinode.storage.database import Session
from fedinode.storage.decisions import Thresholds
from fedinode.storage.follows import NewFollow
from tests.admin.conftest import Browser
from tests.web.test_network_pages import actor, reply, words

pytestmark = pytest.mark.anyio

NEWS = '+++\ntype = "news"\ntitle = "Streik"\nlanguage = "de"\nshow = "teaser"\n+++\n\nText.\n'
ANA, BEN = "ana@example.org", "ben@example.org"


async def published(cap: Capabilities, folder: Path, collective: str = "berlin") -> Published:
    path = folder / f"{collective}.md"
    path.write_text(NEWS + collective, "utf-8")
    return await publishing.post(cap, parse_manuscript(path), collective=collective)


async def replies_of(cap: Capabilities, post: Published, count: int) -> list[int]:
    """Let replies arrive that are held, and return their numbers."""

    def write(session: Session) -> list[int]:
        return [reply(session, post, f"{post.uid[:6]}{number}", state="held").id for number in range(count)]

    return await cap.database.write(write)


async def request_of(cap: Capabilities, collective: str) -> int:
    def write(session: Session) -> int:
        row = collectives.find_by_name(session, collective)
        assert row is not None
        asker = actor(session, f"faro-{collective}")
        asked = {"id": f"{asker.uri}/1", "type": "Follow", "actor": asker.uri, "object": row.uri}
        new = NewFollow(
            direction="in",
            collective_id=row.id,
            actor_id=asker.id,
            follow_uri=asked["id"],
            body=json.dumps(asked).encode(),
        )
        return follows.put(session, new, cap.clock())

    return await cap.database.write(write)


async def two_decide(cap: Capabilities) -> None:
    def write(session: Session) -> None:
        row = collectives.find_by_name(session, "berlin")
        assert row is not None
        decisions.set_thresholds(session, row.id, Thresholds(publish=2, cosign=2))

    await cap.database.write(write)


async def state_of(cap: Capabilities, table: type[models.Reply] | type[models.Follow], number: int) -> str:
    return await cap.database.read(
        lambda session: session.scalars(select(table.state).where(table.id == number)).one()
    )


@pytest.mark.parametrize(
    ("role", "sees"),
    [
        ("owner", True),
        ("editor", True),
        ("moderator", True),
        ("author", False),
        ("translator", False),
        ("signer", False),
        ("reader", False),
    ],
)
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_who_moderates_is_told_how_much_waits_and_led_there(
    cap: Capabilities, browser: Browser, tmp_path: Path, role: str, sees: bool
) -> None:
    await replies_of(cap, await published(cap, tmp_path), 2)
    await replies_of(cap, await published(cap, tmp_path, "tbilisi"), 3)
    await request_of(cap, "berlin")
    await browser.sign_in(cap, ANA, role)
    page = words((await browser.get("/desk")).text)
    assert ("Replies 2" in page) == ("Requests to follow 1" in page) == sees
    assert ("Nothing waits for you" in page) != sees
    assert (await browser.get("/desk/moderation")).status_code == (200 if sees else 403)


async def test_two_members_release_a_statement_from_their_phones(
    cap: Capabilities, browser: Browser, other: Browser, tmp_path: Path
) -> None:
    await browser.sign_in(cap, ANA, "owner")
    await other.sign_in(cap, BEN, "owner")

    path = tmp_path / "waits.md"
    path.write_text(NEWS, "utf-8")
    post = await publishing.post(cap, parse_manuscript(path), collective="berlin", draft=True)
    await two_decide(cap)
    await publishing.publish(cap, post.url, account=ANA)
    page = await browser.get("/desk")
    assert "Publish a text" in page.text
    (decision,) = re.findall(r'name="decision" value="([a-z2-7]+)"', page.text)
    for member, agreed in ((browser, "1 of 2 agreed"), (browser, "1 of 2 agreed")):
        assert (
            await member.post("/desk/decisions", decision=decision, do="yes", back="desk")
        ).status_code in (303, 409)
        assert agreed in (await member.get("/desk")).text
    answer = await other.get("/desk")
    answer = await other.post("/desk/decisions", decision=decision, do="yes", back="desk")
    assert answer.headers["location"] == "/desk?done=voted"
    assert "Streik" in (await other.get("/")).text
    gone = await browser.post("/desk/decisions", decision=decision, do="no")
    assert gone.status_code == 409


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_who_has_no_vote_is_told_so(
    cap: Capabilities, browser: Browser, other: Browser, tmp_path: Path
) -> None:
    path = tmp_path / "waits.md"
    path.write_text(NEWS, "utf-8")
    await other.sign_in(cap, BEN, "owner")
    post = await publishing.post(cap, parse_manuscript(path), collective="berlin", draft=True)
    await two_decide(cap)
    await publishing.publish(cap, post.url, account=BEN)
    await browser.sign_in(cap, ANA, "translator")
    page = await browser.get("/desk")
    (decision,) = re.findall(r'name="decision" value="([a-z2-7]+)"', page.text)
    answer = await browser.post("/desk/decisions", decision=decision, do="yes")
    assert answer.status_code == 409
    assert "Streik" not in (await browser.get("/")).text
