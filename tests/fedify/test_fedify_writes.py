"""What Fedify sends, as federation/ sees it: signatures in both dialects, proofs, activities, objects."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from federation import activities, actors, authority, jsonld, objects, proofs, signatures
from federation.activities import Activity
from federation.actors import Actor
from federation.signatures import Dialect, HttpMessage
from tests.asking import plain_client
from tests.fedify.collective import Collective
from tests.fedify.fedify_peer import CAVAGE, RFC_9421, FedifyPeer, running_fedify
from tests.peer_server import Request

pytestmark = pytest.mark.fedify

DIALECTS = {CAVAGE: Dialect.CAVAGE, RFC_9421: Dialect.RFC9421}


@pytest.fixture(scope="module", params=[RFC_9421, CAVAGE])
def first_knock(request: pytest.FixtureRequest) -> str:
    """The dialect that Fedify tries first."""
    dialect: str = request.param
    return dialect


@pytest.fixture(scope="module")
def fedify(first_knock: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FedifyPeer]:
    with running_fedify(tmp_path_factory.mktemp("fedify"), first_knock) as peer:
        yield peer


@pytest.fixture(scope="module")
def alice(fedify: FedifyPeer) -> Actor:
    """The actor document of alice, as we read it."""
    url = httpx.URL(fedify.actor_uri).copy_with(host="127.0.0.1")
    with plain_client() as client:
        answer = client.get(url, headers={"accept": "application/activity+json"})
    return actors.parse_actor(jsonld.load(answer.content))


def received(berlin: Collective) -> Request:
    """Return what came to an inbox last."""
    return [request for request in berlin.peer.requests if request.method == "POST"][-1]


def message_of(berlin: Collective, request: Request) -> HttpMessage:
    return HttpMessage(
        method=request.method,
        target_uri=berlin.peer.origin + request.target,
        headers=request.headers,
        body=request.body,
    )


def believe(berlin: Collective, alice: Actor, dialect: Dialect) -> Activity:
    """Check what came last as the inbox of a node does, and return it."""
    request = received(berlin)
    signed = signatures.parse(message_of(berlin, request), datetime.now(UTC))
    assert signed.dialect is dialect
    (key,) = [key for key in alice.keys if key.key_id == signed.key_id]
    signatures.verify(signed, key.public)
    activity = activities.parse_activity(jsonld.load(request.body))
    assert isinstance(activity, Activity)
    authority.require_authority(activity, key.owner)
    proof = proofs.proof_of(activity.document)
    (assertion,) = [key for key in alice.assertion_keys if key.key_id == proof.verification_method]
    proofs.verify_document(activity.document, assertion.public, datetime.now(UTC))
    return activity


def test_the_actor_of_fedify_is_read_with_all_its_keys(fedify: FedifyPeer, alice: Actor) -> None:
    assert (alice.uri, alice.type, alice.preferred_username) == (fedify.actor_uri, "Person", "alice")
    assert alice.shared_inbox == f"{fedify.origin}/inbox"
    assert [str(key.public.algorithm) for key in alice.keys] == ["rsa"]
    assert [str(key.public.algorithm) for key in alice.assertion_keys] == ["rsa", "ed25519"]


def test_a_follow_and_its_undo_are_believed(
    fedify: FedifyPeer, berlin: Collective, alice: Actor, first_knock: str
) -> None:
    follow = fedify.do("follow", actor=berlin.uri)
    activity = believe(berlin, alice, DIALECTS[first_knock])
    assert (activity.type, activity.uri, activity.object_uri) == ("Follow", follow["id"], berlin.uri)

    fedify.do("undo", activity=follow["id"], actor=berlin.uri)
    undo = believe(berlin, alice, DIALECTS[first_knock])
    assert (undo.type, undo.object_uri) == ("Undo", follow["id"])
    assert undo.object_document is not None
    assert undo.object_document["type"] == "Follow"


@pytest.mark.parametrize("command", ["like", "announce"])
def test_a_like_and_an_announce_and_their_undo_are_believed(
    fedify: FedifyPeer, berlin: Collective, alice: Actor, first_knock: str, command: str
) -> None:
    post = berlin.post()["id"]

    done = fedify.do(command, object=post)
    activity = believe(berlin, alice, DIALECTS[first_knock])
    assert (activity.type, activity.uri, activity.object_uri) == (command.title(), done["id"], post)

    fedify.do("undo", activity=done["id"], actor=berlin.uri)
    undo = believe(berlin, alice, DIALECTS[first_knock])
    assert (undo.type, undo.object_uri) == ("Undo", done["id"])


def test_a_reply_its_edit_and_its_deletion_are_believed(
    fedify: FedifyPeer, berlin: Collective, alice: Actor, first_knock: str
) -> None:
    post = berlin.post()["id"]

    note = fedify.do("reply", object=post, content="<p>Hallo</p>")["object"]
    create = believe(berlin, alice, DIALECTS[first_knock])
    assert create.object_document is not None
    reply = objects.parse_object(create.object_document)
    assert (reply.uri, reply.attributed_to, reply.in_reply_to) == (note, fedify.actor_uri, post)
    assert (reply.content, reply.to, reply.cc) == ("<p>Hallo</p>", (jsonld.PUBLIC,), (berlin.uri,))
    assert [(tag.type, tag.href) for tag in reply.tags] == [("Mention", berlin.uri)]

    fedify.do("edit", note=note, content="<p>Anders</p>", actor=berlin.uri)
    update = believe(berlin, alice, DIALECTS[first_knock])
    assert update.object_document is not None
    edited = objects.parse_object(update.object_document)
    assert (update.type, edited.uri, edited.content) == ("Update", note, "<p>Anders</p>")
    assert edited.updated is not None
    assert reply.published == edited.published

    fedify.do("remove", note=note, actor=berlin.uri)
    delete = believe(berlin, alice, DIALECTS[first_knock])
    assert (delete.type, delete.object_uri) == ("Delete", note)


def test_fedify_signs_its_fetches_so_that_we_can_verify_them(
    fedify: FedifyPeer, berlin: Collective, alice: Actor, first_knock: str
) -> None:
    post = berlin.post()["id"]

    fedify.do("read", object=post)

    request = berlin.peer.fetches(post.removeprefix(berlin.peer.origin))[-1]
    signed = signatures.parse(message_of(berlin, request), datetime.now(UTC))
    (key,) = [key for key in alice.keys if key.key_id == signed.key_id]
    signatures.verify(signed, key.public)
    assert signed.dialect is DIALECTS[first_knock]
