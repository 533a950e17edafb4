"""What came back from the network, and what others publish: shown as words, never as their HTML."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from fedinode.cache import NETWORK_KEY, collective_key, post_key
from fedinode.capabilities import Capabilities
from fedinode.services import publishing
from fedinode.services.publishing import Published
from fedinode.storage import invalidations, models
from fedinode.storage.database import Session
from tests.storage.sample_rows import add
from tests.web.conftest import DOCUMENT, Clock, Get, Publish, fresh

pytestmark = pytest.mark.anyio

NEWS = 'type = "news"\ntitle = "Streik"\nlanguage = "de"\nshow = "teaser"'
WHEN = datetime(2026, 11, 19, tzinfo=UTC)


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


async def keep(cap: Capabilities, clock: Clock, job: Callable[[Session], Any], *keys: str) -> None:
    """Write as the node does when something arrives: with a note to the caches."""

    def write(session: Session) -> None:
        job(session)
        invalidations.record(session, keys, clock())

    await cap.database.write(write)


def actor(session: Session, name: str, **given: Any) -> models.RemoteActor:
    host = f"{name}.example"
    peer = session.scalar(select(models.Peer).where(models.Peer.host == host))
    peer = peer or add(session, models.Peer, host=host, level="none")
    facts = {
        "uri": f"https://{host}/actor",
        "url": f"https://{host}/@{name}",
        "name": name.title(),
        "handle": f"{name}@{host}",
        "level": "none",
        "peer_id": peer.id,
    }
    return add(session, models.RemoteActor, **facts | given)


def object_of(session: Session, post: Published) -> models.FederatedObject:
    return session.scalars(select(models.FederatedObject).where(models.FederatedObject.uri == post.uri)).one()


def reply(session: Session, post: Published, name: str, **given: Any) -> models.Reply:
    facts = {
        "uri": f"https://{name}.example/1",
        "object_id": object_of(session, post).id,
        "in_reply_to_uri": post.uri,
        "actor_id": actor(session, name).id,
        "html_clean": f"<p>Words of {name}.</p>",
        "state": "shown",
        "published_at": WHEN,
    }
    return add(session, models.Reply, **facts | given)


def kept(session: Session, author: models.RemoteActor, number: int, **given: Any) -> models.RemoteObject:
    facts = {
        "uri": f"{author.uri}/{number}",
        "url": f"{author.uri}/page/{number}",
        "actor_id": author.id,
        "type": "Article",
        "name": f"Title {number}",
        "html_clean": f"<p>Text {number}.</p>",
        "language": "pt",
        "published_at": WHEN,
        "fetched_at": WHEN,
    }
    return add(session, models.RemoteObject, **facts | given)


async def test_replies_that_the_editors_let_stand_are_shown(
    get: Get, publish: Publish, cap: Capabilities, clock: Clock
) -> None:
    post = await publish(NEWS)
    await get(post.url)

    def arrive(session: Session) -> None:
        reply(session, post, "lisbon", language="pt")
        reply(session, post, "held", state="held")
        reply(session, post, "hidden", state="hidden")

    await keep(cap, clock, arrive, post_key(post.uid))
    page = await fresh(get, post.url, lambda page: "Words of lisbon." in page.text)
    assert "@lisbon@lisbon.example" in page.text
    assert '<div class="prose" lang="pt" dir="ltr">' in page.text
    assert "Words of held" not in page.text
    assert "Words of hidden" not in page.text
    assert "1 Antwort" in words(page.text)
    uris = (await get(f"{post.uri}/replies", **DOCUMENT)).json()["orderedItems"]
    assert uris == ["https://lisbon.example/1"]


async def test_our_answer_stands_under_the_reply_and_not_in_the_lists(
    get: Get, publish: Publish, cap: Capabilities, clock: Clock
) -> None:
    post = await publish(NEWS)
    await keep(cap, clock, lambda session: reply(session, post, "lisbon"), post_key(post.uid))
    await publish(
        'type = "news"\nlanguage = "de"\nshow = "full"\nin_reply_to = "https://lisbon.example/1"',
        "Danke, Lissabon.",
    )
    page = await fresh(get, post.url, lambda page: "Danke, Lissabon." in page.text)
    assert page.text.index("Words of lisbon.") < page.text.index("Danke, Lissabon.")
    assert page.text.count('<ol class="replies">') == 2
    assert "Danke" not in (await get("/@berlin")).text
    assert "Danke" not in (await get("/feed.atom")).text


async def test_likes_and_shares_are_numbers(
    get: Get, publish: Publish, cap: Capabilities, clock: Clock
) -> None:
    post = await publish(NEWS)
    assert "Favorit" not in words((await get(post.url)).text).replace("Favorisieren", "")

    def arrive(session: Session) -> None:
        object_id = object_of(session, post).id
        for number in range(3):
            uri = f"https://peer.example/{number}"
            add(session, models.Reaction, object_id=object_id, actor_uri=uri, kind="like")
        add(
            session, models.Reaction, object_id=object_id, actor_uri="https://peer.example/0", kind="announce"
        )

    await keep(cap, clock, arrive, post_key(post.uid))
    page = await fresh(get, post.url, lambda page: "3 Favoriten" in words(page.text))
    assert "1 Mal geteilt" in words(page.text)
    assert (await get(f"{post.uri}/likes", **DOCUMENT)).json()["totalItems"] == 3
    assert (await get(f"{post.uri}/shares", **DOCUMENT)).json()["totalItems"] == 1
    assert "peer.example" not in page.text


async def test_what_a_collective_passed_on_is_shown_beside_its_posts(
    get: Get, publish: Publish, cap: Capabilities, clock: Clock
) -> None:
    await publish(NEWS)
    await get("/@berlin")

    def share(session: Session) -> None:
        collective = session.scalars(
            select(models.Collective).where(models.Collective.name == "berlin")
        ).one()
        subject = kept(session, actor(session, "lisbon"), 1, html_clean="<p>Um <b>texto</b></p>")
        add(session, models.Reshare, collective_id=collective.id, object_uri=subject.uri)
        hidden = kept(session, actor(session, "blocked", level="suspend"), 2, name="Of one we block")
        add(session, models.Reshare, collective_id=collective.id, object_uri=hidden.uri)
        undone = kept(session, actor(session, "porto"), 3, name="Taken back")
        add(session, models.Reshare, collective_id=collective.id, object_uri=undone.uri, undone_at=WHEN)

    await keep(cap, clock, share, collective_key("berlin"))
    page = await fresh(get, "/@berlin", lambda page: "Title 1" in page.text)
    assert '<a href="https://lisbon.example/actor/page/1" rel="external noopener" hreflang="pt">' in page.text
    assert "Um texto" in words(page.text)
    assert "<b>texto</b>" not in page.text
    assert "Of one we block" not in page.text
    assert "Taken back" not in page.text


async def test_the_network_shows_what_those_publish_whom_we_follow(
    get: Get, cap: Capabilities, clock: Clock
) -> None:
    def follow(session: Session) -> None:
        collective = session.scalars(
            select(models.Collective).where(models.Collective.name == "berlin")
        ).one()
        friend, stranger = actor(session, "lisbon"), actor(session, "stranger")
        add(
            session,
            models.Follow,
            direction="out",
            collective_id=collective.id,
            actor_id=friend.id,
            state="accepted",
        )
        for number in range(22):
            kept(session, friend, number, published_at=WHEN.replace(minute=number))
        kept(session, friend, 99, name="Deleted", deleted_at=WHEN)
        kept(session, stranger, 50, name="Of a stranger")
        add(session, models.Reshare, collective_id=collective.id, object_uri=f"{friend.uri}/21")
        kept(session, stranger, 51, name="Shared by a friend", published_at=WHEN.replace(hour=1))
        for number, (sharer, uri) in enumerate(
            [(friend, f"{stranger.uri}/51"), (stranger, f"{friend.uri}/21"), (stranger, f"{stranger.uri}/50")]
        ):
            facts = {
                "object_uri": uri,
                "actor_id": sharer.id,
                "activity_uri": f"{sharer.uri}/shares/{number}",
            }
            add(session, models.RemoteShare, **facts)
        secret = json.dumps(
            {
                "id": f"{friend.uri}/60",
                "type": "Note",
                "attributedTo": friend.uri,
                "to": [f"{friend.uri}/followers"],
                "content": "x",
            }
        )
        kept(session, friend, 60, name="For followers", body=secret.encode())

    await keep(cap, clock, follow, NETWORK_KEY)
    page = (await get("/network")).text
    assert page.index("Title 21") < page.index("Title 20")
    assert "Auch geteilt von Berliner Zelle " in words(page)
    assert "Shared by a friend" in page
    assert "Auch geteilt von Lisbon " in words(page)
    assert "For followers" not in page
    directory = words(page[page.index('aria-labelledby="cells"') :])
    assert "Lisbon @lisbon@lisbon.example zuletzt" in directory
    assert "Stranger" not in directory
    assert "Deleted" not in page
    assert "Of a stranger" not in page
    assert "Title 0" in (await get("/network?page=2")).text
    assert (await get("/network?page=3")).status_code == 404


async def test_a_note_without_title_is_shown_by_its_words(
    get: Get, publish: Publish, cap: Capabilities, clock: Clock
) -> None:
    post = await publish('type = "news"\nlanguage = "de"\nshow = "full"', "Nur ein <kurzer> Hinweis & mehr.")
    page = (await get(post.url)).text
    assert re.search(r'<h1 id="title" class="unseen"[^>]*>Nur ein', page)
    profile = (await get("/@berlin")).text
    assert f'<h2 class="words" lang="de" dir="ltr"><a href="{post.url}"' in profile
    assert "Nur ein &lt;kurzer&gt; Hinweis &amp; mehr." in profile
    await publishing.delete(cap, post.url)
    await fresh(get, "/@berlin", lambda page: "Hinweis" not in page.text)
