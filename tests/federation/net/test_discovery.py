from typing import Any

import pytest
import trustme

from federation import keys, webfinger
from federation.errors import FederationError, FetchFailed, Malformed, NotFound, SignatureRefused
from federation.net import discovery
from federation.net.client import Client, SigningKey
from tests.federation.net.conftest import OpenClient
from tests.peer_server import ACTIVITY_JSON, Peer, PeerServer, Reply, Request

JRD = "application/jrd+json"


def redirect(to: str) -> Reply:
    return Reply(status=302, headers=(("Location", to),))


def jrd(subject: str, actor_uri: str) -> Reply:
    link = {"rel": "self", "type": ACTIVITY_JSON, "href": actor_uri}
    return Reply.json({"subject": subject, "links": [link]}, JRD)


# -- documents


@pytest.mark.anyio
async def test_a_document_is_believed_at_its_own_id(peer: Peer, client: Client) -> None:
    note = peer.actor("bob").note()
    peer.serve(note)
    assert await discovery.fetch_document(client, note["id"], None) == note


@pytest.mark.anyio
async def test_an_id_with_a_fragment_is_found_in_the_document_before_it(peer: Peer, client: Client) -> None:
    note = peer.actor("bob").note(id=f"{peer.origin}/about#it")
    peer.answer("/about", Reply.json(note))
    assert await discovery.fetch_document(client, note["id"], None) == note
    assert len(peer.requests) == 1


@pytest.mark.anyio
async def test_an_alias_is_asked_once_for_the_id_that_it_names(peer: Peer, client: Client) -> None:
    note = peer.actor("bob").note()
    peer.serve(note)
    page = peer.answer("/@bob/1", Reply.json(note))
    assert await discovery.fetch_document(client, page, None) == note
    assert len(peer.fetches()) == 2


@pytest.mark.anyio
async def test_an_alias_of_an_alias_is_refused(peer: Peer, client: Client) -> None:
    peer.answer("/a", Reply.json({"id": f"{peer.origin}/b", "type": "Note"}))
    peer.answer("/b", Reply.json({"id": f"{peer.origin}/c", "type": "Note"}))
    with pytest.raises(Malformed):
        await discovery.fetch_document(client, f"{peer.origin}/a", None)


@pytest.mark.anyio
async def test_a_document_with_an_id_on_another_server_is_refused_without_asking_it(
    server: PeerServer, client: Client
) -> None:
    evil, victim = server.peer("evil"), server.peer("victim")
    note = victim.actor("alice").note()
    victim.serve(note)
    url = evil.answer("/forged", Reply.json(note | {"content": "forged"}))
    with pytest.raises(Malformed):
        await discovery.fetch_document(client, url, None)
    assert victim.requests == []


@pytest.mark.anyio
async def test_a_redirect_to_another_server_returns_what_that_server_says(
    server: PeerServer, client: Client
) -> None:
    old, new = server.peer("old"), server.peer("new")
    note = new.actor("bob").note()
    new.serve(note)
    url = old.answer("/notes/1", redirect(note["id"]))
    assert await discovery.fetch_document(client, url, None) == note


@pytest.mark.anyio
async def test_a_redirect_to_a_document_that_names_the_old_server_is_refused(
    server: PeerServer, client: Client
) -> None:
    old, new = server.peer("old"), server.peer("new")
    url = old.answer("/notes/1", redirect(new.answer("/notes/1", Reply.json({"id": "x"}))))
    new.answer("/notes/1", Reply.json({"id": url, "type": "Note"}))
    with pytest.raises(Malformed):
        await discovery.fetch_document(client, url, None)


# -- keys


@pytest.mark.anyio
async def test_a_key_is_found_in_the_actor_document(peer: Peer, client: Client, signer: SigningKey) -> None:
    bob = peer.actor("bob")
    found = await discovery.fetch_key(client, bob.key_id, signer)
    assert (found.actor.uri, found.key.key_id) == (bob.uri, bob.key_id)
    assert found.key.public.pem() == bob.key.public.pem()
    assert len(peer.fetches()) == 1


@pytest.mark.anyio
async def test_a_key_of_several_is_found_by_its_exact_id(peer: Peer, client: Client) -> None:
    bob = peer.actor("bob")
    other = {"id": f"{bob.uri}#old", "owner": bob.uri, "publicKeyPem": keys.generate_rsa().public.pem()}
    peer.serve(bob.document | {"publicKey": [other, bob.document["publicKey"]]})
    assert (await discovery.fetch_key(client, bob.key_id, None)).key.public.pem() == bob.key.public.pem()
    with pytest.raises(SignatureRefused):
        await discovery.fetch_key(client, f"{bob.uri}#new", None)


@pytest.mark.anyio
async def test_an_ed25519_key_is_found_among_the_assertion_methods(peer: Peer, client: Client) -> None:
    bob, key = peer.actor("bob"), keys.generate_ed25519()
    method = {
        "id": f"{bob.uri}#ed25519-key",
        "type": "Multikey",
        "controller": bob.uri,
        "publicKeyMultibase": key.public.multikey(),
    }
    peer.serve(bob.document | {"assertionMethod": [method]})
    found = await discovery.fetch_key(client, f"{bob.uri}#ed25519-key", None)
    assert found.key.public.multikey() == key.public.multikey()


@pytest.mark.anyio
async def test_the_key_of_gotosocial_is_found_through_its_stub(peer: Peer, client: Client) -> None:
    bob = peer.actor("bob", key_id=f"{peer.origin}/users/bob/main-key")
    stub = {name: bob.document[name] for name in ("@context", "id", "type", "publicKey")}
    peer.answer("/users/bob/main-key", Reply.json(stub))
    found = await discovery.fetch_key(client, bob.key_id, None)
    assert (found.actor.inbox, found.key.key_id) == (f"{bob.uri}/inbox", bob.key_id)


@pytest.mark.anyio
@pytest.mark.parametrize("member", ["owner", "controller"])
async def test_a_bare_key_is_found_if_its_owner_lists_it(peer: Peer, client: Client, member: str) -> None:
    bob = peer.actor("bob", key_id=f"{peer.origin}/keys/1")
    pem = bob.key.public.pem()
    peer.serve({"id": bob.key_id, "type": "CryptographicKey", member: bob.uri, "publicKeyPem": pem})
    assert (await discovery.fetch_key(client, bob.key_id, None)).actor.uri == bob.uri


@pytest.mark.anyio
async def test_a_bare_key_that_its_owner_does_not_list_is_refused(peer: Peer, client: Client) -> None:
    alice = peer.actor("alice")
    pem = keys.generate_rsa().public.pem()
    forged = peer.serve(
        {"id": f"{peer.origin}/keys/1", "type": "Key", "owner": alice.uri, "publicKeyPem": pem}
    )
    with pytest.raises(SignatureRefused):
        await discovery.fetch_key(client, forged["id"], None)


@pytest.mark.anyio
async def test_the_owners_word_counts_and_not_the_key_documents(peer: Peer, client: Client) -> None:
    bob = peer.actor("bob", key_id=f"{peer.origin}/keys/1")
    pem = keys.generate_rsa().public.pem()
    peer.serve({"id": bob.key_id, "type": "Key", "owner": bob.uri, "publicKeyPem": pem})
    found = await discovery.fetch_key(client, bob.key_id, None)
    assert found.key.public.pem() == bob.key.public.pem()


@pytest.mark.anyio
async def test_a_key_of_an_owner_on_another_server_is_refused_without_asking_it(
    server: PeerServer, client: Client
) -> None:
    victim, evil = server.peer("victim"), server.peer("evil")
    alice = victim.actor("alice")
    pem = keys.generate_rsa().public.pem()
    forged = evil.serve(
        {"id": f"{evil.origin}/keys/1", "type": "Key", "owner": alice.uri, "publicKeyPem": pem}
    )
    with pytest.raises(FederationError):
        await discovery.fetch_key(client, forged["id"], None)
    assert victim.requests == []


# -- handles


async def resolve(client: Client, text: str) -> discovery.FoundActor:
    return await discovery.resolve_handle(client, webfinger.parse_handle(text), None)


@pytest.mark.anyio
async def test_a_handle_is_resolved_over_http_on_localhost(peer: Peer, client: Client) -> None:
    bob = peer.actor("bob")
    found = await resolve(client, f"@bob@{peer.host}")
    assert (found.actor.uri, str(found.handle)) == (bob.uri, f"@bob@{peer.host}")


@pytest.mark.anyio
async def test_a_handle_is_resolved_over_https(
    trusted: trustme.CA, tls_server: PeerServer, open_client: OpenClient
) -> None:
    peer = tls_server.peer("remote")
    bob = peer.actor("bob")
    async with open_client() as client:
        assert (await resolve(client, f"@bob@{peer.host}")).actor.uri == bob.uri


@pytest.mark.anyio
async def test_a_handle_elsewhere_is_asked_over_https_alone(open_client: OpenClient) -> None:
    asked: list[str] = []

    def lookup(name: str) -> list[str]:
        asked.append(name)
        return []

    async with open_client(lookup=lookup) as client:
        with pytest.raises(FetchFailed):
            await resolve(client, "@bob@remote.example")
    assert asked == ["remote.example"]


@pytest.mark.anyio
async def test_a_handle_that_nobody_has_is_not_found(peer: Peer, client: Client) -> None:
    with pytest.raises(NotFound):
        await resolve(client, f"@nobody@{peer.host}")


@pytest.mark.anyio
async def test_a_host_that_answers_elsewhere_is_asked_through_host_meta(peer: Peer, client: Client) -> None:
    bob = peer.actor("bob")
    peer.answer("/.well-known/webfinger", Reply(status=404))
    template = f"{peer.origin}/finger?of={{uri}}"
    xrd = f'<XRD><Link rel="lrdd" template="{template}"/></XRD>'
    headers = (("Content-Type", "application/xrd+xml"),)
    peer.answer("/.well-known/host-meta", Reply(headers=headers, body=xrd.encode()))
    peer.answer("/finger", jrd(f"acct:bob@{peer.host}", bob.uri))
    assert (await resolve(client, f"@bob@{peer.host}")).actor.uri == bob.uri


@pytest.mark.anyio
async def test_one_of_two_handles_leads_to_the_preferred_one(peer: Peer, client: Client) -> None:
    bob = peer.actor("bob")
    peer.answer("/.well-known/webfinger", jrd(f"acct:bob@{peer.host}", bob.uri))
    assert str((await resolve(client, f"@robert@{peer.host}")).handle) == f"@bob@{peer.host}"


@pytest.mark.anyio
async def test_two_handles_of_different_actors_are_refused(peer: Peer, client: Client) -> None:
    bob, eve = peer.actor("bob"), peer.actor("eve")

    def answer(request: Request) -> Reply:
        return jrd(f"acct:bob@{peer.host}", eve.uri if "eve" in request.target else bob.uri)

    peer.answer("/.well-known/webfinger", answer)
    with pytest.raises(Malformed):
        await resolve(client, f"@eve@{peer.host}")


@pytest.mark.anyio
async def test_a_handle_on_another_host_needs_the_word_of_the_actors_server(
    server: PeerServer, client: Client
) -> None:
    site, social = server.peer("site"), server.peer("social")
    bob = social.actor("bob")
    handle = f"acct:bob@{site.host}"
    site.answer("/.well-known/webfinger", jrd(handle, bob.uri))
    with pytest.raises(Malformed, match="does not confirm"):
        await resolve(client, handle)
    social.answer("/.well-known/webfinger", jrd(handle, bob.uri))
    found = await resolve(client, handle)
    assert (found.actor.uri, found.handle.acct) == (bob.uri, handle)


@pytest.mark.anyio
@pytest.mark.parametrize("members", [{"preferredUsername": None}, {"id": "OTHER"}])
async def test_an_actor_that_cannot_confirm_its_handle_is_refused(
    server: PeerServer, client: Client, members: dict[str, Any]
) -> None:
    site, social = server.peer("site"), server.peer("social")
    bob = social.actor("bob")
    changed = {name: f"{bob.uri}2" if value == "OTHER" else value for name, value in members.items()}
    document = bob.document | changed
    social.answer("/users/bob", Reply.json(document))
    social.answer("/users/bob2", Reply.json(document))
    site.answer("/.well-known/webfinger", jrd(f"acct:bob@{site.host}", bob.uri))
    with pytest.raises(Malformed):
        await resolve(client, f"@bob@{site.host}")


# -- collections


@pytest.mark.anyio
async def test_the_items_of_all_pages_are_read(peer: Peer, client: Client) -> None:
    url = f"{peer.origin}/outbox"
    pages: dict[str, dict[str, Any]] = {
        "/outbox": {"id": url, "type": "OrderedCollection", "first": f"{url}/1"},
        "/outbox/1": {
            "id": f"{url}/1",
            "type": "OrderedCollectionPage",
            "orderedItems": [f"{peer.origin}/a"],
            "next": f"{url}/2",
        },
        "/outbox/2": {
            "id": f"{url}/2",
            "type": "OrderedCollectionPage",
            "orderedItems": [f"{peer.origin}/b"],
        },
    }
    for path, page in pages.items():
        peer.answer(path, Reply.json(page))
    assert await discovery.fetch_items(client, url, None) == (f"{peer.origin}/a", f"{peer.origin}/b")


@pytest.mark.anyio
async def test_a_collection_without_end_is_left_within_the_budget(peer: Peer, client: Client) -> None:
    def endless(request: Request) -> Reply:
        number = int(request.path.removeprefix("/c/"))
        page = {
            "id": f"{peer.origin}{request.path}",
            "type": "CollectionPage",
            "items": [f"{peer.origin}/items/{number}-{each}" for each in range(20)],
            "next": f"{peer.origin}/c/{number + 1}",
        }
        return Reply.json(page)

    for number in range(30):
        peer.answer(f"/c/{number}", endless)
    items = await discovery.fetch_items(client, f"{peer.origin}/c/0", None)
    assert (len(peer.requests), len(items)) == (10, 200)
