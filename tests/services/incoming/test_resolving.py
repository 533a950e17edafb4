"""Handles, addresses and objects of others, found at their origin and kept."""

from datetime import timedelta

import pytest

from federation.errors import FetchFailed, Gone, Malformed
from fedinode.errors import Blocked, HandleUnknown, PeerUnavailable
from fedinode.services import resolving
from fedinode.services.moderation import excluding
from fedinode.storage import models, remote_actors
from tests.peer_server import Peer, PeerActor, PeerServer, Reply
from tests.services.incoming.conftest import Visited

pytestmark = pytest.mark.anyio


async def test_a_handle_is_found_and_kept_as_confirmed(
    visited: Visited, koeln: Peer, mira: PeerActor
) -> None:
    found = await resolving.resolve_handle(visited.cap, f"@mira@{koeln.host}")
    assert (found.uri, found.handle) == (mira.uri, f"mira@{koeln.host}")
    assert (found.inbox_url, found.shared_inbox_url) == (f"{mira.uri}/inbox", f"{koeln.origin}/inbox")


async def test_an_actor_is_found_by_its_address(visited: Visited, mira: PeerActor) -> None:
    found = await resolving.resolve_handle(visited.cap, mira.uri)
    assert (found.uri, found.handle) == (mira.uri, None)


async def test_a_handle_that_moved_to_another_actor_is_nobody_elses(
    visited: Visited, koeln: Peer, mira: PeerActor
) -> None:
    await resolving.resolve_handle(visited.cap, f"@mira@{koeln.host}")
    new = koeln.actor("second", preferredUsername="mira")
    link = {"rel": "self", "type": "application/activity+json", "href": new.uri}
    finger = {"subject": f"acct:mira@{koeln.host}", "links": [link]}
    koeln.answer("/.well-known/webfinger", Reply.json(finger, "application/jrd+json"))
    await resolving.resolve_handle(visited.cap, f"@mira@{koeln.host}")
    handles = {row.uri: row.handle for row in await visited.rows(models.RemoteActor)}
    assert handles == {mira.uri: None, new.uri: f"mira@{koeln.host}"}


@pytest.mark.parametrize("handle", ["@nobody@HOST", "nonsense", "http://HOST/users/nobody", "@mira@"])
async def test_a_handle_that_nobody_has_is_unknown(
    visited: Visited, koeln: Peer, mira: PeerActor, handle: str
) -> None:
    with pytest.raises(HandleUnknown):
        await resolving.resolve_handle(visited.cap, handle.replace("HOST", koeln.host))


async def test_a_server_that_does_not_answer_is_unavailable(visited: Visited, koeln: Peer) -> None:
    koeln.answer("/.well-known/webfinger", Reply(status=500))
    with pytest.raises(PeerUnavailable):
        await resolving.resolve_handle(visited.cap, f"@mira@{koeln.host}")


async def test_nobody_is_looked_up_at_a_blocked_server(
    visited: Visited, koeln: Peer, mira: PeerActor
) -> None:
    await excluding.block(visited.cap, "peers.localhost")
    with pytest.raises(Blocked):
        await resolving.resolve_handle(visited.cap, f"@mira@{koeln.host}")
    assert koeln.requests == []


async def test_a_fresh_actor_is_not_asked_again(visited: Visited, koeln: Peer, mira: PeerActor) -> None:
    for _ in range(2):
        await resolving.resolve_actor(visited.cap, mira.uri)
    assert len(koeln.requests) == 1
    visited.clock.advance(days=1)
    await resolving.resolve_actor(visited.cap, mira.uri)
    assert len(koeln.requests) == 2


async def test_an_older_row_has_to_do_while_the_server_is_down(
    visited: Visited, koeln: Peer, mira: PeerActor
) -> None:
    await resolving.resolve_actor(visited.cap, mira.uri)
    koeln.answer("/users/mira", Reply(status=503))
    assert (await resolving.resolve_actor(visited.cap, mira.uri, max_age=timedelta(0))).uri == mira.uri
    koeln.answer("/users/mira", Reply(status=410))
    with pytest.raises(Gone):
        await resolving.resolve_actor(visited.cap, mira.uri, max_age=timedelta(0))


async def test_an_actor_of_whom_we_only_know_a_block_is_fetched(
    visited: Visited, koeln: Peer, mira: PeerActor
) -> None:
    await excluding.block(visited.cap, mira.uri, severity="silence")
    koeln.answer("/users/mira", Reply(status=503))
    with pytest.raises(FetchFailed):
        await resolving.resolve_actor(visited.cap, mira.uri)
    koeln.serve(mira.document)
    assert (await resolving.resolve_actor(visited.cap, mira.uri)).level == "silence"


async def test_an_object_is_found_with_its_author(visited: Visited, koeln: Peer, mira: PeerActor) -> None:
    note = koeln.serve(mira.note())
    found = await resolving.resolve_object(visited.cap, note["id"])
    assert (found.subject.uri, found.author.uri, found.document) == (note["id"], mira.uri, note)


async def test_an_object_whose_author_is_on_another_server_is_refused(
    visited: Visited, server: PeerServer, koeln: Peer, mira: PeerActor
) -> None:
    victim = server.peer("victim")
    note = koeln.serve(mira.note(attributedTo=f"{victim.origin}/users/v"))
    with pytest.raises(Malformed):
        await resolving.resolve_object(visited.cap, note["id"])
    assert victim.requests == []


async def test_names_of_any_length_are_cut(visited: Visited, koeln: Peer) -> None:
    await resolving.resolve_actor(visited.cap, koeln.actor("kim", name="x" * 5000).uri)
    assert len((await visited.row(models.RemoteActor)).name) == resolving.MAX_NAME_CHARACTERS


async def test_an_actor_without_shared_inbox_and_keys_is_kept(visited: Visited, koeln: Peer) -> None:
    kim = koeln.actor("kim", endpoints=None, publicKey=None)
    found = await resolving.resolve_actor(visited.cap, kim.uri)
    assert (found.shared_inbox_url, await visited.count(models.RemoteActorKey)) == (None, 0)


async def test_an_ed25519_key_is_kept_beside_the_rsa_key(visited: Visited, koeln: Peer) -> None:
    kim = koeln.actor("kim")
    method = {
        "id": f"{kim.uri}#ed25519-key",
        "type": "Multikey",
        "controller": kim.uri,
        "publicKeyMultibase": "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
    }
    koeln.serve(kim.document | {"assertionMethod": [method]})
    await resolving.resolve_actor(visited.cap, kim.uri)
    found = await visited.cap.database.read(lambda session: remote_actors.find_key(session, method["id"]))
    assert found is not None
    assert (found.algorithm, found.public, found.actor_uri) == (
        "ed25519",
        method["publicKeyMultibase"],
        kim.uri,
    )
