"""What a suspension takes back, what comes again, and what levels, rules and attacks hold."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from fedinode.errors import NotAllowed
from fedinode.services import following
from fedinode.services.moderation import alerting, allowing, block_imports, excluding, withholding
from fedinode.services.moderation.excluding import BlockEffect
from fedinode.services.moderation.level_words import Severity, Wish
from fedinode.services.upkeep import housekeeping
from fedinode.storage import models
from fedinode.storage.database import Session
from fedinode.storage.sign_forms import SignFormRow
from tests.conftest import DatabaseKind
from tests.peer_server import Document, Peer, PeerActor
from tests.services.incoming.conftest import COLLECTIVE, Publish, Visited

pytestmark = pytest.mark.anyio

Furnished = Callable[[], Awaitable[str]]


def reply(actor: PeerActor, post: str, **members: object) -> Document:
    return actor.activity("Create", actor.note(inReplyTo=post, **members))


@pytest.fixture
def furnished(visited: Visited, publish: Publish, mira: PeerActor) -> Furnished:
    """Mira follows us, is followed by us, answered, liked, and wrote something that we keep."""

    async def furnish() -> str:
        post = await publish(comments="open")
        await visited.take(mira, mira.activity("Follow", COLLECTIVE))
        await following.follow(visited.cap, mira.uri)
        (follow,) = await visited.sent("Follow")
        body = {"id": follow.uri, "type": "Follow", "actor": COLLECTIVE, "object": mira.uri}
        await visited.take(mira, mira.activity("Accept", body))
        await visited.take(mira, reply(mira, post), mira.activity("Like", post))
        await visited.take(mira, mira.activity("Create", mira.note(content="<p>News of ours</p>")))
        return post

    return furnish


async def standing(visited: Visited) -> dict[str, object]:
    follows = {row.direction: row.state for row in await visited.rows(models.Follow)}
    (kept,) = await visited.rows(models.RemoteObject)
    return {
        "in": follows["in"],
        "out": follows["out"],
        "reply": (await visited.row(models.Reply)).state,
        "likes": await visited.count(models.Reaction),
        "post": kept.html_clean,
    }


BEFORE = {
    "in": "accepted",
    "out": "accepted",
    "reply": "shown",
    "likes": 1,
    "post": "<p>News of ours</p>",
}
TAKEN = {"in": "ended", "out": "ended", "reply": "hidden", "likes": 0, "post": None}


@pytest.mark.parametrize("subject", ["peers.localhost", "actor"])
async def test_what_a_suspension_took_back_comes_again_within_thirty_days(
    visited: Visited, furnished: Furnished, mira: PeerActor, subject: str
) -> None:
    await furnished()
    named = mira.uri if subject == "actor" else subject
    assert await standing(visited) == BEFORE
    effect = await excluding.block(visited.cap, named)
    assert effect == BlockEffect(subject=named, severity="suspend", followers=1, following=1, replies=1)
    assert await standing(visited) == TAKEN
    visited.clock.advance(days=29)
    await housekeeping.purge_once(visited.cap)
    await excluding.block(visited.cap, named, severity="silence")
    # Whom we followed is asked anew: they may have forgotten us.
    assert await standing(visited) == BEFORE | {"out": "pending"}
    assert len(await visited.sent("Follow")) == 2
    assert await visited.count(models.TakenBack) == 0


async def test_after_thirty_days_nothing_comes_again_and_the_words_are_erased(
    visited: Visited, furnished: Furnished
) -> None:
    await furnished()
    await excluding.block(visited.cap, "peers.localhost")
    visited.clock.advance(days=31)
    await housekeeping.purge_once(visited.cap)
    await excluding.unblock(visited.cap, "peers.localhost")
    assert await standing(visited) == TAKEN | {"reply": "deleted"}
    assert (await visited.row(models.Reply)).html_clean is None


async def test_who_is_suspended_alone_stays_so_when_the_domain_is_lifted(
    visited: Visited, furnished: Furnished, mira: PeerActor
) -> None:
    await furnished()
    await excluding.block(visited.cap, mira.uri)
    await excluding.block(visited.cap, "peers.localhost")
    await excluding.unblock(visited.cap, "peers.localhost")
    assert await standing(visited) == TAKEN
    await excluding.unblock(visited.cap, mira.uri)
    assert (await standing(visited))["reply"] == "shown"


@pytest.mark.parametrize(
    ("severity", "comments", "expected"),
    [
        ("trusted", "held", ("shown", None)),
        ("open", "open", ("shown", None)),
        ("held", "open", ("held", "level:peers.localhost")),
        ("silence", "open", ("held", "level:peers.localhost")),
        ("media", "open", ("shown", None)),
    ],
)
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_a_level_decides_whether_a_reply_waits(
    visited: Visited,
    publish: Publish,
    mira: PeerActor,
    severity: Severity,
    comments: str,
    expected: tuple[str, str | None],
    database_kind: DatabaseKind,
) -> None:
    post = await publish(comments=comments)
    await excluding.block(visited.cap, "peers.localhost", severity=severity)
    await visited.take(mira, reply(mira, post))
    row = await visited.row(models.Reply)
    assert (row.state, row.reason) == expected


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_rules_hold_and_say_which_one_it_was_until_somebody_is_trusted(
    visited: Visited, publish: Publish, mira: PeerActor, database_kind: DatabaseKind
) -> None:
    post = await publish(comments="open")
    for kind, value in (("word", "казино"), ("domain", "spam.example"), ("mentions", "2")):
        await withholding.add(visited.cap, kind, value)  # type: ignore[arg-type]
    link = '<p><a href="https://x.spam.example/?a">see</a></p>'
    tags = [{"type": "Mention", "href": f"https://a.example/{n}", "name": f"@{n}"} for n in range(3)]
    for members, reason in (
        ({"content": "<p>Моё KA\u00adЗИHO тут</p>"}, "word:казино"),
        ({"content": link}, "domain:spam.example"),
        ({"tag": tags}, "mentions:2"),
        ({"content": "<p>Казиноград</p>"}, None),
    ):
        await visited.take(mira, reply(mira, post, **members))
        row = (await visited.rows(models.Reply))[-1]
        assert (row.state, row.reason) == ("held" if reason else "shown", reason)
    shown = (await visited.rows(models.Reply))[-1]
    worse = mira.note(id=shown.uri, inReplyTo=post, content=link, updated="2030-01-01T00:00:00Z")
    await visited.take(mira, mira.activity("Update", worse))
    assert (await visited.rows(models.Reply))[-1].state == "held"
    await excluding.block(visited.cap, mira.uri, severity="trusted")
    await visited.take(mira, reply(mira, post, content=link))
    assert (await visited.rows(models.Reply))[-1].state == "shown"


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_new_accounts_wait_by_what_their_document_says(
    visited: Visited, koeln: Peer, database_kind: DatabaseKind
) -> None:
    await withholding.add(visited.cap, "new-account", "7")
    young = (visited.clock() - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for name, published, state in (
        ("young", young, "pending"),
        ("old", "2019-01-01T00:00:00Z", "accepted"),
    ):
        actor = koeln.actor(name, published=published)
        await visited.take(actor, actor.activity("Follow", COLLECTIVE))
        row = (await visited.rows(models.Follow))[-1]
        assert (row.state, row.reason) == (state, "new-account:7" if state == "pending" else None)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_under_attack_everything_waits_whoever_sends_it_until_its_time_is_over(
    visited: Visited, publish: Publish, mira: PeerActor, koeln: Peer, database_kind: DatabaseKind
) -> None:
    post = await publish(comments="open")
    await excluding.block(visited.cap, mira.uri, severity="trusted")
    alert = await alerting.begin(visited.cap, 1)
    await visited.take(mira, reply(mira, post), mira.activity("Follow", COLLECTIVE))
    assert (await visited.row(models.Reply)).reason == "attack:"
    assert (await visited.row(models.Follow)).state == "pending"
    form = SignFormRow(
        object_id=1,
        is_open=True,
        ends_at=None,
        goal=None,
        listing="list",
        smallest_group=1,
        paused_until=alert.until,
    )
    assert (form.admits(visited.clock()), form.is_paused(visited.clock())) == (False, True)
    visited.clock.advance(minutes=61)
    assert form.admits(visited.clock())
    await alerting.end_due(visited.cap)
    bob = koeln.actor("bob")
    await visited.take(bob, reply(bob, post))
    assert (await visited.rows(models.Reply))[-1].state == "shown"


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_listed_servers_alone_are_heard_and_sent_to(
    visited: Visited, publish: Publish, mira: PeerActor, koeln: Peer, database_kind: DatabaseKind
) -> None:
    await visited.take(mira, mira.activity("Follow", COLLECTIVE))
    circle = await allowing.switch(visited.cap, is_on=True)
    assert (circle.followers_outside, circle.hosts_outside) == (1, (koeln.host,))
    assert (await visited.deliver(mira, mira.activity("Like", COLLECTIVE))).status_code == 403
    await publish()
    assert {row.state for row in await visited.rows(models.Delivery)} == {"abandoned"}
    await allowing.allow(visited.cap, ["peers.localhost"])
    assert (await visited.deliver(mira, mira.activity("Like", COLLECTIVE))).status_code == 202
    await publish("two")
    assert "waiting" in {row.state for row in await visited.rows(models.Delivery)}


async def test_a_list_suspends_what_it_names_and_says_before_whose_follows_end(
    visited: Visited, furnished: Furnished, koeln: Peer
) -> None:
    await furnished()
    lines = ["#domain,#severity,#reject_media", "peers.localhost,suspend,true", "far.example,noop,true", ",,"]
    uid = await block_imports.bring(visited.cap, "\n".join(lines).encode())
    seen = await block_imports.preview(visited.cap, uid)
    assert [(cut.host, cut.followers, cut.following) for cut in seen.cuts] == [(koeln.host, 1, 1)]
    assert (await block_imports.carry_out(visited.cap, uid)).written == 2
    assert (await block_imports.carry_out(visited.cap, uid)).written == 0
    assert await standing(visited) == TAKEN
    found = {block.subject: block.severity for block in await excluding.blocks(visited.cap)}
    assert found == {"peers.localhost": "suspend", "far.example": "media"}


async def test_a_list_of_several_waits_limited_until_the_members_agree(
    visited: Visited, furnished: Furnished
) -> None:
    await furnished()

    def ask_two(session: Session) -> None:
        session.query(models.Collective).update({"block_k": 2})

    await visited.cap.database.write(ask_two)
    uid = await block_imports.bring(visited.cap, b"peers.localhost\nfar.example\n")
    with pytest.raises(NotAllowed):
        await block_imports.carry_out(visited.cap, uid)
    assert await excluding.blocks(visited.cap) == ()
    assert await standing(visited) == BEFORE


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_pictures_are_not_kept_of_whose_are_rejected(
    visited: Visited, koeln: Peer, database_kind: DatabaseKind
) -> None:
    icon = {"type": "Image", "mediaType": "image/png", "url": f"{koeln.origin}/icon.png"}
    wish = Wish(severity="silence", rejects_media=True)
    for name, level in (("seen", None), ("unseen", wish)):
        if level is not None:
            await excluding.set_level(visited.cap, koeln.host, level)
        actor = koeln.actor(name, icon=icon)
        await visited.take(actor, actor.activity("Follow", COLLECTIVE))
    icons = {row.preferred_username: row.icon_url for row in await visited.rows(models.RemoteActor)}
    assert icons == {"seen": f"{koeln.origin}/icon.png", "unseen": None}
