"""What federation/ writes and signs, as Fedify sees it: keys, both dialects, proofs, every activity."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from federation import activities, actors, jsonld, objects
from federation.links import Attachment
from federation.objects import EventFacts, InteractionPolicy, Organiser, Place, Tag, Text
from federation.signatures import Dialect, HttpMessage
from tests.fedify.collective import Collective
from tests.fedify.fedify_peer import CAVAGE, RFC_9421, FedifyPeer, running_fedify
from tests.peer_server import send

pytestmark = pytest.mark.fedify

DIALECTS = {Dialect.CAVAGE: CAVAGE, Dialect.RFC9421: RFC_9421}


@pytest.fixture(scope="module")
def fedify(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FedifyPeer]:
    with running_fedify(tmp_path_factory.mktemp("fedify")) as peer:
        yield peer
        # Every context that we name is one that Fedify carries with it.
        assert peer.log()["refusedNames"] == []


def deliver(fedify: FedifyPeer, message: HttpMessage) -> dict[str, Any]:
    """Send a request to Fedify and return what it made of it."""
    send(message, port=fedify.port)
    return fedify.deliveries()[-1]


def test_fedify_sees_our_actor_with_all_its_keys(fedify: FedifyPeer, berlin: Collective) -> None:
    assert fedify.do("look", actor=berlin.uri) == {
        "type": "Organization",
        "id": berlin.uri,
        "name": "Gruppe Berlin",
        "preferredUsername": "berlin",
        "inbox": f"{berlin.uri}/inbox",
        "sharedInbox": f"{berlin.peer.origin}/inbox",
        "publicKeys": [f"{berlin.uri}#main-key"],
        "assertionKeys": [f"{berlin.uri}#ed25519-key"],
    }


@pytest.mark.parametrize("dialect", list(Dialect))
def test_fedify_verifies_our_signature_without_a_proof(
    fedify: FedifyPeer, berlin: Collective, dialect: Dialect
) -> None:
    activity = activities.create(berlin.envelope(), berlin.post())

    delivery = deliver(fedify, berlin.request(fedify.inbox_url, activity, dialect))

    assert delivery["status"] == 202
    assert delivery["signature"] == {
        "dialect": DIALECTS[dialect],
        "verified": True,
        "key": f"{berlin.uri}#main-key",
        "owner": berlin.uri,
        "reason": None,
    }
    assert delivery["proof"] == {"present": False, "verified": False}
    assert fedify.believed("Create")[-1] == {
        "type": "Create",
        "id": activity["id"],
        "actor": berlin.uri,
        "object": activity["object"]["id"],
    }


@pytest.mark.parametrize("dialect", list(Dialect))
def test_fedify_refuses_our_signature_for_another_body(
    fedify: FedifyPeer, berlin: Collective, dialect: Dialect
) -> None:
    one, other = (activities.create(berlin.envelope(), berlin.post()) for _ in range(2))
    signed = berlin.request(fedify.inbox_url, one, dialect)
    forged = HttpMessage(
        method="POST", target_uri=signed.target_uri, headers=signed.headers, body=jsonld.dump(other)
    )

    delivery = deliver(fedify, forged)

    assert (delivery["status"], delivery["signature"]["verified"]) == (401, False)


@pytest.mark.parametrize("dialect", list(Dialect))
def test_fedify_refuses_our_signature_when_it_is_old(
    fedify: FedifyPeer, berlin: Collective, dialect: Dialect
) -> None:
    activity = activities.create(berlin.envelope(), berlin.post())
    old = berlin.request(fedify.inbox_url, activity, dialect, age=timedelta(hours=2))

    delivery = deliver(fedify, old)

    assert (delivery["status"], delivery["signature"]["verified"]) == (401, False)


EVENT = EventFacts(
    starts_at=datetime(2026, 12, 1, 18, 0, tzinfo=UTC),
    ends_at=datetime(2026, 12, 1, 20, 0, tzinfo=UTC),
    timezone="Europe/Berlin",
    places=(Place(name="Haus", address="Weg 1"),),
    online_url="https://meet.example/x",
    organisers=(Organiser(name="RISE", url="https://rise.example/"),),
    sign_up_url="https://berlin.example/sign-up",
)
WHOLE: dict[str, Any] = {
    "texts": (
        Text(language="ru", name="Заявление", summary="<p>Кратко</p>", content="<p>Мы</p>"),
        Text(language="de", name="Erklärung", summary="<p>Kurz</p>", content="<p>Wir</p>"),
    ),
    "updated": datetime.now(UTC),
    "tags": (
        Tag(type="Hashtag", name="#x", href="https://berlin.example/tags/x"),
        Tag(type="Mention", name="@x@a.example", href="https://a.example/users/x"),
    ),
    "attachments": (
        Attachment(
            type="Image",
            url="https://berlin.example/1.png",
            media_type="image/png",
            alt="x",
            width=2,
            height=1,
        ),
    ),
    "policy": InteractionPolicy(can_quote=objects.Approval()),
    "sensitive": True,
}


@pytest.mark.parametrize(
    ("kind", "members"),
    [
        ("Note", {}),
        ("Note", WHOLE),
        ("Article", WHOLE),
        ("Event", WHOLE | {"event": EVENT}),
        ("Image", WHOLE),
        ("Document", WHOLE),
    ],
    ids=lambda value: value if isinstance(value, str) else str(len(value)),
)
def test_fedify_verifies_our_proof_on_each_kind_of_object(
    fedify: FedifyPeer, berlin: Collective, kind: str, members: dict[str, Any]
) -> None:
    activity = berlin.prove(activities.create(berlin.envelope(), berlin.post(type=kind, **members)))

    delivery = deliver(fedify, berlin.request(fedify.inbox_url, activity, Dialect.CAVAGE))

    assert delivery["proof"] == {"present": True, "verified": True}
    assert delivery["signature"]["verified"] is True
    assert delivery["status"] == 202
    assert fedify.believed("Create")[-1]["id"] == activity["id"]


def test_fedify_verifies_a_proven_activity_around_a_proven_statement(
    fedify: FedifyPeer, berlin: Collective
) -> None:
    statement = berlin.statement(texts=WHOLE["texts"], tags=WHOLE["tags"], policy=WHOLE["policy"])
    activity = berlin.prove(activities.create(berlin.envelope(), statement))
    assert {"@context", "proof"} <= activity["object"].keys()

    delivery = deliver(fedify, berlin.request(fedify.inbox_url, activity, Dialect.CAVAGE))

    assert delivery["proof"] == {"present": True, "verified": True}
    assert (delivery["status"], delivery["signature"]["verified"]) == (202, True)
    assert fedify.believed("Create")[-1]["object"] == statement["id"]


def test_fedify_sees_that_a_proven_activity_was_changed(fedify: FedifyPeer, berlin: Collective) -> None:
    activity = berlin.prove(activities.create(berlin.envelope(), berlin.post()))
    activity["object"]["content"] += "!"

    delivery = deliver(fedify, berlin.request(fedify.inbox_url, activity, Dialect.CAVAGE))

    assert delivery["proof"] == {"present": True, "verified": False}


def test_fedify_reads_every_activity_that_we_send(fedify: FedifyPeer, berlin: Collective) -> None:
    note = berlin.post()
    post, alice = note["id"], fedify.actor_uri
    follow = berlin.peer.serve(activities.follow(berlin.envelope(), alice))
    like = berlin.peer.serve(activities.like(berlin.envelope(), post))
    theirs = fedify.do("follow", actor=berlin.uri)
    # As Fedify sent it, with a proof, a Linked Data signature and contexts of its own.
    asked = berlin.peer.received("Follow")[-1]
    assert {"proof", "signature"} <= asked.keys()
    tombstone = objects.tombstone(post, "Note", datetime.now(UTC))
    sent = [
        activities.create(berlin.envelope(), note),
        activities.update(berlin.envelope(), note),
        activities.update(berlin.envelope(), actors.render_actor(berlin.facts())),
        activities.announce(berlin.envelope(), post),
        like,
        activities.undo(berlin.envelope(), like),
        activities.undo(berlin.envelope(), follow),
        activities.accept(berlin.envelope(), asked),
        activities.reject(berlin.envelope(), asked),
        activities.block(berlin.envelope(), alice),
        activities.flag(berlin.envelope(), (alice,), "Spam"),
        activities.delete(berlin.envelope(), tombstone),
    ]

    for activity in sent:
        delivery = deliver(fedify, berlin.request(fedify.inbox_url, berlin.prove(activity), Dialect.CAVAGE))
        assert (activity["type"], delivery["status"]) == (activity["type"], 202)
        assert (delivery["signature"]["verified"], delivery["proof"]["verified"]) == (True, True)

    believed = fedify.believed()[-len(sent) :]
    assert [(each["type"], each["id"]) for each in believed] == [(each["type"], each["id"]) for each in sent]
    assert [each["object"] for each in believed] == [
        *(
            post,
            post,
            berlin.uri,
            post,
            post,
            like["id"],
            follow["id"],
            theirs["id"],
            theirs["id"],
            alice,
            alice,
            post,
        )
    ]


def test_fedify_answers_our_follow_with_the_whole_of_it(fedify: FedifyPeer, berlin: Collective) -> None:
    follow = berlin.peer.serve(activities.follow(berlin.envelope(), fedify.actor_uri))

    deliver(fedify, berlin.request(fedify.inbox_url, follow, Dialect.CAVAGE))

    (accept,) = [
        each for each in berlin.peer.received("Accept") if jsonld.id_of(each["object"]) == follow["id"]
    ]
    parsed = activities.parse_activity(jsonld.load(jsonld.dump(accept)))
    assert isinstance(parsed, activities.Activity)
    assert (parsed.type, parsed.actor_uri, parsed.object_uri) == ("Accept", fedify.actor_uri, follow["id"])
