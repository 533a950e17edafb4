"""Requests to an inbox: what is taken in, what is refused with which status, and that nothing of it stays."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from federation import keys
from federation.signatures import Dialect, HttpMessage
from fedinode.app import create_app
from fedinode.config import LimitSettings
from fedinode.services.moderation import excluding
from fedinode.storage import models, peers
from fedinode.storage.database import Session, open_url
from fedinode.storage.sealing import Sealer
from fedinode.storage.sqlite import SqliteLimits
from fedinode.web import inbox_posts
from tests.peer_server import Document, Peer, PeerActor, PeerServer, Reply
from tests.services.incoming.conftest import COLLECTIVE, INBOX, ORIGIN, Visited, key_of

pytestmark = pytest.mark.anyio

OBJECT = f"{ORIGIN}/posts/abc"


async def require_nothing_kept(visited: Visited) -> None:
    """Check that a refused request left no row."""
    for table in (models.JournalEntry, models.RemoteActor, models.RemoteActorKey, models.Inbox):
        assert await visited.count(table) == 0, table.__tablename__


def require_refused(answer: httpx.Response, status: int) -> None:
    """Check that the answer says no in a short sentence, and nothing of our insides."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    (words,) = answer.json().values()
    assert list(answer.json()) == ["error"]
    assert len(words) < 100
    assert "Traceback" not in answer.text


def like(actor: PeerActor) -> Document:
    return actor.activity("Like", OBJECT)


# -- taken in


@pytest.mark.parametrize("dialect", list(Dialect))
async def test_a_signed_activity_is_kept_with_its_sender(
    visited: Visited, mira: PeerActor, dialect: Dialect
) -> None:
    answer = await visited.deliver(mira, like(mira), dialect=dialect)
    assert (answer.status_code, answer.content) == (202, b"")
    entry = await visited.row(models.JournalEntry)
    assert (entry.actor_uri, entry.activity_type, entry.state) == (mira.uri, "Like", "waiting")
    assert b"Like" not in entry.body, "the body is sealed"
    actor = await visited.row(models.RemoteActor)
    assert (actor.uri, actor.preferred_username, actor.handle) == (mira.uri, "mira", None)
    assert visited.cap.vitals.counters()["received.accepted"] == 1
    assert visited.cap.bells.react.is_set()


async def test_the_inbox_of_a_collective_notes_whose_it_is(visited: Visited, mira: PeerActor) -> None:
    answer = await visited.deliver(mira, like(mira), inbox=f"{COLLECTIVE}/inbox")
    assert answer.status_code == 202
    assert (await visited.row(models.JournalEntry)).collective_id is not None


async def test_the_inbox_of_the_node_itself_takes_activities(visited: Visited, mira: PeerActor) -> None:
    assert (await visited.deliver(mira, like(mira), inbox=f"{ORIGIN}/actor/inbox")).status_code == 202


async def test_a_target_with_query_and_escapes_is_verified_as_sent(visited: Visited, mira: PeerActor) -> None:
    assert (await visited.deliver(mira, like(mira), inbox=f"{INBOX}?a=%2F&b")).status_code == 202


async def test_the_key_is_fetched_once_and_then_known(visited: Visited, koeln: Peer, mira: PeerActor) -> None:
    for _ in range(3):
        await visited.deliver(mira, like(mira))
    assert len(koeln.fetches()) == 1
    assert koeln.fetches()[0].header("signature"), "the node's own actor signs"


async def test_many_requests_at_once_share_the_fetch_of_a_key(
    visited: Visited, koeln: Peer, mira: PeerActor
) -> None:
    answers = await asyncio.gather(*(visited.deliver(mira, like(mira)) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {202}
    assert await visited.count(models.JournalEntry) == 8
    # On a busy machine one of them may come when the first fetch is over and its key not yet written down.
    assert len(koeln.fetches()) <= 2


async def test_a_key_in_a_document_of_its_own_is_found(visited: Visited, koeln: Peer) -> None:
    kim = koeln.actor("kim", key_id=f"{koeln.origin}/users/kim/main-key")
    stub = {name: kim.document[name] for name in ("@context", "id", "type", "publicKey")}
    koeln.answer("/users/kim/main-key", Reply.json(stub))
    assert (await visited.deliver(kim, like(kim))).status_code == 202
    assert (await visited.row(models.JournalEntry)).actor_uri == kim.uri


async def test_the_same_request_again_is_accepted_and_kept_once(visited: Visited, mira: PeerActor) -> None:
    message = mira.signed(INBOX, like(mira), now=visited.clock())
    answers = await asyncio.gather(*(visited.post(message) for _ in range(4)))
    assert [answer.status_code for answer in answers] == [202] * 4
    assert await visited.count(models.JournalEntry) == 1
    assert visited.cap.vitals.counters()["received.duplicate"] == 3


async def test_a_type_that_nobody_here_knows_is_accepted_and_not_kept(
    visited: Visited, mira: PeerActor
) -> None:
    answer = await visited.deliver(mira, mira.activity("Arrive", OBJECT))
    assert (answer.status_code, await visited.count(models.JournalEntry)) == (202, 0)


async def test_a_deletion_of_somebody_unknown_is_accepted_without_asking_anybody(
    visited: Visited, koeln: Peer, mira: PeerActor
) -> None:
    answer = await visited.deliver(mira, mira.activity("Delete", mira.uri))
    assert answer.status_code == 202
    assert koeln.requests == []
    await require_nothing_kept(visited)
    assert visited.cap.vitals.counters()["received.delete_of_unknown"] == 1


@pytest.mark.parametrize("kind", ["Like", "Delete"])
async def test_the_word_delete_alone_does_not_wave_a_request_through(
    visited: Visited, koeln: Peer, mira: PeerActor, kind: str
) -> None:
    await visited.deliver(mira, like(mira))
    koeln.requests.clear()
    stranger = replace(mira, key_id=f"{mira.uri}#second-key", key=keys.generate_rsa())
    activity = stranger.activity(kind, mira.uri, summary="Delete")
    require_refused(await visited.deliver(stranger, activity), 401)
    assert await visited.count(models.JournalEntry) == 1


# -- refused


async def test_an_unsigned_request_is_refused(visited: Visited, koeln: Peer, mira: PeerActor) -> None:
    message = mira.signed(INBOX, like(mira), now=visited.clock())
    bare = tuple(pair for pair in message.headers if pair[0] != "Signature")
    require_refused(await visited.post(replace(message, headers=bare)), 401)
    assert koeln.requests == []
    await require_nothing_kept(visited)
    assert visited.cap.vitals.counters()["refused.signature-refused"] == 1


async def test_a_forged_signature_is_refused(visited: Visited, mira: PeerActor) -> None:
    forger = replace(mira, key=key_of("forger"))
    require_refused(await visited.deliver(forger, like(mira)), 401)
    await require_nothing_kept(visited)


async def test_a_changed_body_is_refused(visited: Visited, koeln: Peer, mira: PeerActor) -> None:
    message = mira.signed(INBOX, like(mira), now=visited.clock())
    changed = replace(message, body=(message.body or b"").replace(b"Like", b"Undo"))
    require_refused(await visited.post(changed), 401)
    assert koeln.requests == []
    await require_nothing_kept(visited)


async def test_a_request_for_another_inbox_is_refused(visited: Visited, mira: PeerActor) -> None:
    message = mira.signed(f"{COLLECTIVE}/inbox", like(mira), now=visited.clock())
    require_refused(await visited.post(replace(message, target_uri=INBOX)), 401)
    await require_nothing_kept(visited)


@pytest.mark.parametrize("hours", [-2, 2])
async def test_a_request_of_another_time_is_refused(visited: Visited, mira: PeerActor, hours: int) -> None:
    then = visited.clock() + timedelta(hours=hours)
    require_refused(await visited.deliver(mira, like(mira), now=then), 401)
    await require_nothing_kept(visited)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"a":1,"a":2}', b'{"@graph":[]}', b"\xff"])
async def test_what_is_no_document_is_refused(visited: Visited, mira: PeerActor, body: bytes) -> None:
    require_refused(await visited.deliver(mira, body), 400)
    await require_nothing_kept(visited)


@pytest.mark.parametrize("missing", ["id", "type", "actor", "object"])
async def test_an_activity_without_what_it_needs_is_refused(
    visited: Visited, mira: PeerActor, missing: str
) -> None:
    activity = like(mira)
    del activity[missing]
    require_refused(await visited.deliver(mira, activity), 400)
    await require_nothing_kept(visited)


@pytest.mark.parametrize("content_type", ["text/plain", "application/json", "multipart/form-data"])
async def test_another_type_of_content_is_refused(
    visited: Visited, mira: PeerActor, content_type: str
) -> None:
    message = mira.signed(INBOX, like(mira), now=visited.clock())
    require_refused(await visited.post(message.with_headers({"Content-Type": content_type})), 415)
    await require_nothing_kept(visited)


async def test_a_body_of_more_than_one_mebibyte_is_refused(
    visited: Visited, koeln: Peer, mira: PeerActor
) -> None:
    require_refused(await visited.deliver(mira, b" " * 1_048_577), 413)
    assert koeln.requests == []
    await require_nothing_kept(visited)


async def test_a_body_in_chunks_is_counted_whatever_was_promised(visited: Visited, mira: PeerActor) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield b" " * 65_536

    message = mira.signed(INBOX, like(mira), now=visited.clock())
    answer = await visited.http.post(INBOX, headers=list(message.headers), content=endless())
    require_refused(answer, 413)


async def test_too_many_recipients_are_refused(visited: Visited, server: PeerServer, mira: PeerActor) -> None:
    crowd = server.peer("crowd")
    activity = like(mira) | {"to": [f"{crowd.origin}/users/{number}" for number in range(10_000)]}
    require_refused(await visited.deliver(mira, activity), 413)
    assert crowd.requests == []
    await require_nothing_kept(visited)


async def test_an_activity_of_somebody_else_is_refused(visited: Visited, mira: PeerActor) -> None:
    activity = like(mira) | {"actor": f"{mira.uri}-not"}
    require_refused(await visited.deliver(mira, activity), 403)
    await require_nothing_kept(visited)


async def test_the_inbox_of_nobody_is_not_found(visited: Visited, koeln: Peer, mira: PeerActor) -> None:
    answer = await visited.deliver(mira, like(mira), inbox=f"{ORIGIN}/collectives/nobody/inbox")
    require_refused(answer, 404)
    assert koeln.requests == []


async def test_a_key_without_actor_is_refused_and_not_asked_for_again(
    visited: Visited, koeln: Peer, mira: PeerActor
) -> None:
    koeln.answer("/users/mira", Reply(status=404))
    for _ in range(2):
        require_refused(await visited.deliver(mira, like(mira)), 401)
    assert len(koeln.fetches()) == 1
    await require_nothing_kept(visited)


@pytest.mark.parametrize("document", [{"id": "x"}, {"type": "Person"}])
async def test_a_key_document_that_says_nothing_is_refused(
    visited: Visited, koeln: Peer, mira: PeerActor, document: Document
) -> None:
    koeln.answer("/users/mira", Reply.json(document))
    require_refused(await visited.deliver(mira, like(mira)), 401)
    await require_nothing_kept(visited)


async def test_a_key_that_cannot_be_fetched_now_asks_the_sender_to_try_again(
    visited: Visited, koeln: Peer, mira: PeerActor
) -> None:
    koeln.answer("/users/mira", Reply(status=500))
    for _ in range(2):
        answer = await visited.deliver(mira, like(mira))
        require_refused(answer, 503)
        assert int(answer.headers["retry-after"]) > 0
    assert len(koeln.fetches()) == 1
    await require_nothing_kept(visited)


async def test_one_host_cannot_make_us_fetch_without_end(visited: Visited, koeln: Peer) -> None:
    host = koeln.host.partition(":")[0]
    while visited.cap.memory.fetch_budget.spend(host):
        pass
    kim = koeln.actor("kim")
    require_refused(await visited.deliver(kim, like(kim)), 503)
    assert koeln.requests == []


async def test_a_full_journal_asks_the_sender_to_try_again(
    visited: Visited, mira: PeerActor, with_settings: Callable[..., Visited]
) -> None:
    await visited.deliver(mira, like(mira))
    full = with_settings(limits=LimitSettings(connections=16, journal_backlog=1))
    transport = httpx.ASGITransport(app=create_app(full.cap), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as http:
        visited.cap.memory.backlog.put("journal", 1)
        answer = await replace(full, http=http).deliver(mira, like(mira))
    require_refused(answer, 503)
    assert answer.headers["retry-after"]
    assert await visited.count(models.JournalEntry) == 1


async def test_the_backlog_is_counted_in_the_journal(visited: Visited, mira: PeerActor) -> None:
    await visited.deliver(mira, like(mira))
    assert visited.cap.memory.backlog.get("journal") == 0


@pytest.mark.parametrize(
    "limits", [SqliteLimits(free_disk_bytes=2**62), SqliteLimits(queue_jobs=0)], ids=["disk", "queue"]
)
async def test_a_full_disk_or_queue_asks_the_sender_to_try_again(
    visited: Visited, mira: PeerActor, database_url: str, sealer: Sealer, limits: SqliteLimits
) -> None:
    full = open_url(database_url, sealer, limits)
    cap = replace(visited.cap, database=full)
    transport = httpx.ASGITransport(app=create_app(cap), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as http:
        answer = await replace(visited, http=http).deliver(mira, like(mira))
    full.close()
    if cap.database.kind == "postgresql":
        # Its disk is elsewhere, and its pool is the queue.
        assert answer.status_code == 202
        return
    require_refused(answer, 503)
    assert answer.headers["retry-after"]
    await require_nothing_kept(visited)


# -- keys that change


async def rotate(koeln: Peer, mira: PeerActor) -> PeerActor:
    new = replace(mira, key=key_of("rotated"))
    koeln.serve(
        mira.document
        | {"publicKey": {"id": mira.key_id, "owner": mira.uri, "publicKeyPem": new.key.public.pem()}}
    )
    return new


async def test_a_changed_key_is_looked_up_again_after_five_minutes_and_not_before(
    visited: Visited, koeln: Peer, mira: PeerActor
) -> None:
    await visited.deliver(mira, like(mira))
    new = await rotate(koeln, mira)
    require_refused(await visited.deliver(new, like(mira)), 401)
    assert len(koeln.fetches()) == 1
    visited.clock.advance(minutes=5)
    assert (await visited.deliver(new, like(mira))).status_code == 202
    assert len(koeln.fetches()) == 2
    old, current = await visited.rows(models.RemoteActorKey)
    assert (old.replaced_at is None, current.replaced_at is None) == (False, True)
    visited.clock.advance(minutes=5)
    require_refused(await visited.deliver(mira, like(mira)), 401)


async def test_a_key_is_looked_up_again_after_a_day(visited: Visited, koeln: Peer, mira: PeerActor) -> None:
    await visited.deliver(mira, like(mira))
    visited.clock.advance(hours=24)
    await visited.deliver(mira, like(mira))
    assert len(koeln.fetches()) == 2


@pytest.mark.parametrize("status", [410, 500])
async def test_a_known_key_counts_while_its_owner_does_not_answer(
    visited: Visited, koeln: Peer, mira: PeerActor, status: int
) -> None:
    await visited.deliver(mira, like(mira))
    visited.clock.advance(hours=25)
    koeln.answer("/users/mira", Reply(status=status))
    assert (await visited.deliver(mira, mira.activity("Delete", mira.uri))).status_code == 202
    assert await visited.count(models.JournalEntry) == 2


async def test_a_forgery_with_an_old_key_is_refused_while_its_owner_does_not_answer(
    visited: Visited, koeln: Peer, mira: PeerActor
) -> None:
    await visited.deliver(mira, like(mira))
    visited.clock.advance(hours=25)
    koeln.answer("/users/mira", Reply(status=500))
    require_refused(await visited.deliver(replace(mira, key=key_of("forger")), like(mira)), 503)


async def test_a_key_under_an_id_on_another_server_is_not_kept(
    visited: Visited, server: PeerServer, mira: PeerActor
) -> None:
    evil = server.peer("evil")
    stolen = {
        "id": mira.key_id,
        "owner": f"{evil.origin}/users/eve",
        "publicKeyPem": key_of("eve").public.pem(),
    }
    eve = evil.actor("eve")
    evil.serve(eve.document | {"publicKey": [eve.document["publicKey"], stolen]})
    assert (await visited.deliver(eve, like(eve))).status_code == 202
    assert [row.key_id for row in await visited.rows(models.RemoteActorKey)] == [eve.key_id]
    assert (await visited.deliver(mira, like(mira))).status_code == 202


# -- blocks


@pytest.mark.parametrize("blocked", ["koeln.peers.localhost", "peers.localhost", "KOELN.peers.localhost."])
async def test_a_blocked_domain_is_refused_before_anything_is_fetched(
    visited: Visited, koeln: Peer, mira: PeerActor, blocked: str
) -> None:
    await excluding.block(visited.cap, blocked)
    require_refused(await visited.deliver(mira, like(mira)), 403)
    assert koeln.requests == []
    await require_nothing_kept(visited)
    await excluding.unblock(visited.cap, blocked)
    assert (await visited.deliver(mira, like(mira))).status_code == 202


async def test_a_block_of_one_port_spares_the_others(visited: Visited, koeln: Peer, mira: PeerActor) -> None:
    await excluding.block(visited.cap, "koeln.peers.localhost:1")
    assert (await visited.deliver(mira, like(mira))).status_code == 202
    await excluding.block(visited.cap, koeln.host)
    require_refused(await visited.deliver(mira, like(mira)), 403)


async def test_a_silenced_domain_is_still_heard(visited: Visited, mira: PeerActor) -> None:
    await excluding.block(visited.cap, "peers.localhost", severity="silence")
    assert (await visited.deliver(mira, like(mira))).status_code == 202


async def test_a_blocked_actor_is_refused_and_its_neighbours_are_not(
    visited: Visited, koeln: Peer, mira: PeerActor
) -> None:
    await visited.deliver(mira, like(mira))
    await excluding.block(visited.cap, mira.uri)
    require_refused(await visited.deliver(mira, like(mira)), 403)
    kim = koeln.actor("kim")
    assert (await visited.deliver(kim, like(kim))).status_code == 202


async def test_an_actor_that_was_blocked_before_it_was_known_is_refused_and_not_asked_for_its_key(
    visited: Visited, koeln: Peer, mira: PeerActor
) -> None:
    await excluding.block(visited.cap, mira.uri)
    assert (await visited.deliver(mira, like(mira))).status_code == 403
    assert await visited.count(models.JournalEntry) == 0
    assert koeln.fetches() == []


async def test_a_key_that_redirects_to_a_blocked_server_is_not_followed(
    visited: Visited, server: PeerServer, koeln: Peer, mira: PeerActor
) -> None:
    bad = server.peer("bad")
    bad.serve(bad.actor("mira").document)
    await excluding.block(visited.cap, "bad.peers.localhost")
    koeln.answer("/users/mira", Reply(status=302, headers=(("Location", f"{bad.origin}/users/mira"),)))
    require_refused(await visited.deliver(mira, like(mira)), 403)
    assert bad.requests == []
    await require_nothing_kept(visited)


async def test_what_is_about_a_blocked_server_is_accepted_and_not_kept(
    visited: Visited, server: PeerServer, mira: PeerActor
) -> None:
    bad = server.peer("bad")
    await excluding.block(visited.cap, "bad.peers.localhost")
    answer = await visited.deliver(mira, mira.activity("Announce", f"{bad.origin}/notes/1"))
    assert (answer.status_code, await visited.count(models.JournalEntry)) == (202, 0)
    assert bad.requests == []


# -- passed on by others


async def test_what_somebody_passes_on_is_to_be_asked_from_its_origin(
    visited: Visited, server: PeerServer, mira: PeerActor
) -> None:
    halle = server.peer("halle").actor("kim")
    activity = halle.activity("Create", halle.note(inReplyTo=OBJECT))
    assert (await visited.deliver(mira, activity)).status_code == 202
    entry = await visited.row(models.JournalEntry)
    assert (entry.activity_type, entry.actor_uri) == ("Forwarded", mira.uri)


@pytest.mark.parametrize("kind", ["Like", "Follow", "Undo", "Accept", "Announce"])
async def test_nobody_acts_for_somebody_else(
    visited: Visited, server: PeerServer, mira: PeerActor, kind: str
) -> None:
    halle = server.peer("halle").actor("kim")
    require_refused(await visited.deliver(mira, halle.activity(kind, OBJECT)), 403)
    await require_nothing_kept(visited)


# -- what a request shows of its server


@pytest.mark.parametrize("kind", ["Like", "Arrive"])
async def test_a_request_wakes_the_deliveries_to_its_server(
    visited: Visited, koeln: Peer, mira: PeerActor, kind: str
) -> None:
    await visited.deliver(mira, like(mira))

    def park(session: Session) -> None:
        peer = peers.find(session, koeln.host)
        assert peer is not None
        peers.record_failure(session, peer, None, visited.clock())
        peers.record_parked(session, peer.id, visited.clock())

    await visited.cap.database.write(park)
    await visited.deliver(mira, mira.activity(kind, OBJECT))
    peer = await visited.row(models.Peer)
    assert (peer.parked_at, peer.failing_since) == (None, None)
    assert visited.cap.bells.deliver.is_set()


async def test_a_refused_request_wakes_nobody(visited: Visited, koeln: Peer, mira: PeerActor) -> None:
    await visited.deliver(mira, like(mira))

    def fail(session: Session) -> None:
        peer = peers.find(session, koeln.host)
        assert peer is not None
        peers.record_failure(session, peer, None, visited.clock())

    await visited.cap.database.write(fail)
    await visited.deliver(replace(mira, key=key_of("forger")), like(mira))
    assert (await visited.row(models.Peer)).failing_since is not None


async def test_a_peer_that_signs_in_rfc_9421_is_noted_once(visited: Visited, mira: PeerActor) -> None:
    for dialect in (Dialect.CAVAGE, Dialect.RFC9421, Dialect.RFC9421):
        await visited.deliver(mira, like(mira), dialect=dialect)
    peer = await visited.row(models.Peer)
    assert (peer.rfc9421_successes, peer.dialect) == (1, None)


# -- senders that hang


async def test_a_sender_that_hangs_up_is_no_error_of_ours(visited: Visited, mira: PeerActor) -> None:
    events = iter([{"type": "http.disconnect"}])
    answered = await call_app(visited, mira.signed(INBOX, like(mira), now=visited.clock()), events)
    assert answered[0]["status"] == 400
    assert visited.cap.vitals.counters()["refused.hung_up"] == 1


async def test_a_sender_that_never_ends_is_given_up() -> None:
    async def silence() -> Any:
        await asyncio.Event().wait()

    with pytest.raises(HTTPException) as caught:
        await inbox_posts.read_body(Request({"type": "http", "headers": []}, silence), seconds=0.01)
    assert caught.value.status_code == 408


async def call_app(visited: Visited, message: HttpMessage, events: Any) -> list[Any]:
    """Call the application as a web server does, with these events instead of a body."""
    answered: list[Any] = []
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/inbox",
        "raw_path": b"/inbox",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in message.headers],
        "scheme": "https",
        "server": ("berlin.localhost", 443),
    }

    async def receive() -> Any:
        return next(events)

    async def send(event: Any) -> None:
        answered.append(event)

    await create_app(visited.cap)(scope, receive, send)
    return answered
