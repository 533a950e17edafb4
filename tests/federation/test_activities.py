"""Activities: each handled type is read, every other ignored by name; ours carry what peers need."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from federation import activities, contexts, errors, jsonld
from federation.activities import Activity, Envelope, Ignored

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
BOB = "https://remote.example/users/bob"
ID = "https://remote.example/a/1"
NOTE = "https://remote.example/notes/1"

OURS = "https://berlin.example/collectives/berlin"
ENVELOPE = Envelope(
    uri="https://berlin.example/activities/1",
    actor_uri=OURS,
    to=(PUBLIC,),
    cc=(f"{OURS}/followers",),
    published=datetime(2026, 11, 22, 9, 0, tzinfo=UTC),
)
BARE = Envelope(uri="https://berlin.example/activities/2", actor_uri=OURS)


def stated(**members: Any) -> dict[str, Any]:
    """Return the least that an activity must say, and more."""
    return {"id": ID, "type": "Like", "actor": BOB, "object": NOTE, **members}


def parsed(**members: Any) -> Activity:
    activity = activities.parse_activity(stated(**members))
    assert isinstance(activity, Activity)
    return activity


# -- reading


def test_the_least_that_an_activity_says_is_enough() -> None:
    document = stated()

    assert activities.parse_activity(document) == Activity(
        uri=ID, type="Like", actor_uri=BOB, object_uri=NOTE, object_uris=(NOTE,), document=document
    )


@pytest.mark.parametrize(
    "kind",
    ["Create", "Update", "Delete", "Follow", "Accept", "Reject", "Announce", "Like", "Undo", "Block", "Flag"],
)
def test_each_handled_type_is_read(kind: str) -> None:
    assert parsed(type=kind).type == kind
    assert kind in activities.HANDLED


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("Add", "ignored: Add"),
        ("EmojiReact", "ignored: EmojiReact"),
        ("QuoteRequest", "ignored: QuoteRequest"),
        ("like", "ignored: like"),
        ("x" * 64, "ignored: " + "x" * 64),
        ("x" * 65, "ignored: other"),
        ("<script>", "ignored: other"),
        ("Like\n", "ignored: other"),
        ("Ünlike", "ignored: other"),
        ("1", "ignored: other"),
    ],
)
def test_any_other_type_is_ignored_by_name(kind: str, reason: str) -> None:
    ignored = activities.parse_activity(stated(type=kind, object=None))

    assert ignored == Ignored(type=kind)
    assert isinstance(ignored, Ignored)
    assert ignored.reason == reason


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"id": None}, "id is missing"),
        ({"id": 7}, "a reference is neither an address nor an object with one"),
        ({"id": "x"}, "id is not an http address"),
        ({"type": None}, "type is not one name"),
        ({"type": ["Like"]}, "type is not one name"),
        ({"actor": None}, "actor is missing"),
        ({"actor": {"type": "Person"}}, "actor is missing"),
        ({"actor": [BOB]}, "a reference is neither an address nor an object with one"),
        (
            {"actor": [BOB, "https://victim.example/users/v"]},
            "a reference is neither an address nor an object with one",
        ),
        ({"actor": [], "type": "Add"}, "a reference is neither an address nor an object with one"),
        ({"object": None}, "an activity does not say what it is about"),
        ({"object": []}, "an activity does not say what it is about"),
        ({"object": {"type": "Note"}}, "an activity does not say what it is about"),
        ({"object": "x"}, "an activity does not say what it is about"),
        ({"object": [NOTE, "https://remote.example/notes/2"]}, "an activity is about more than one thing"),
        ({"object": [NOTE, NOTE]}, "an activity is about more than one thing"),
        ({"object": [None, NOTE]}, "an activity is about more than one thing"),
        ({"object": 7}, "a reference is neither an address nor an object with one"),
        ({"target": 7}, "a reference is neither an address nor an object with one"),
        ({"target": "x"}, "target is not an http address"),
        ({"type": "Move"}, "a Move does not say where to"),
        ({"to": [BOB] * 501}, "to has more than 500 items"),
        ({"cc": [BOB] * 501}, "cc has more than 500 items"),
        ({"object": [NOTE] * 501}, "object has more than 500 items"),
        ({"type": "Flag", "content": 7}, "content is not a string"),
        ({"published": 7}, "published is not a string"),
    ],
)
def test_an_activity_that_breaks_a_rule_is_refused(members: dict[str, Any], message: str) -> None:
    with pytest.raises(errors.Malformed) as caught:
        activities.parse_activity(stated(**members))

    assert str(caught.value) == message


def test_ten_thousand_recipients_are_too_large() -> None:
    recipients = [f"https://remote.example/users/{number}" for number in range(10_000)]

    with pytest.raises(errors.TooLarge):
        activities.parse_activity(stated(to=recipients))


def test_an_activity_is_read_whole() -> None:
    note = {"id": NOTE, "type": "Note"}
    document = stated(
        type="Create",
        actor={"id": BOB, "type": "Person"},
        object=[note],
        target="https://remote.example/t",
        to=["as:Public"],
        cc=f"{BOB}/followers",
        published="2026-11-22T09:00:00Z",
        content="only a Flag has words of its own",
    )

    assert activities.parse_activity(document) == Activity(
        uri=ID,
        type="Create",
        actor_uri=BOB,
        object_uri=NOTE,
        object_uris=(NOTE,),
        object_document=note,
        target_uri="https://remote.example/t",
        to=(PUBLIC,),
        cc=(f"{BOB}/followers",),
        published=datetime(2026, 11, 22, 9, 0, tzinfo=UTC),
        document=document,
    )


@pytest.mark.parametrize("kind", ["Create", "Update", "Delete", "Accept", "Reject", "Undo"])
def test_an_embedded_object_is_kept_where_it_is_the_senders_own(kind: str) -> None:
    embedded = {"id": NOTE, "type": "Note"}

    assert parsed(type=kind, object=embedded).object_document == embedded
    assert parsed(type=kind, object=NOTE).object_document is None


@pytest.mark.parametrize("kind", ["Announce", "Like", "Follow", "Block", "Flag"])
def test_an_embedded_object_of_somebody_else_is_not_kept(kind: str) -> None:
    activity = parsed(type=kind, object={"id": NOTE, "type": "Note", "content": "forged"})

    assert (activity.object_uri, activity.object_document) == (NOTE, None)


def test_a_move_names_its_target() -> None:
    activity = parsed(type="Move", object=BOB, target="https://new.example/users/bob")

    assert (activity.object_uri, activity.target_uri) == (BOB, "https://new.example/users/bob")


def test_a_flag_is_about_several_things_and_has_words() -> None:
    activity = parsed(type="Flag", object=[BOB, NOTE, BOB], content="x" * 5001)

    assert activity.object_uri == BOB
    assert activity.object_uris == (BOB, NOTE)
    assert activity.content == "x" * 5000
    assert parsed(type="Flag").content is None


# -- writing

OBJECT = {
    "@context": list(contexts.OBJECT_CONTEXT),
    "id": "https://berlin.example/posts/1",
    "type": "Note",
    "attributedTo": OURS,
}
WITHOUT_CONTEXT = {name: value for name, value in OBJECT.items() if name != "@context"}


def test_a_create_carries_the_whole_object_under_one_context() -> None:
    assert activities.create(ENVELOPE, OBJECT) == {
        "@context": contexts.OBJECT_CONTEXT,
        "id": "https://berlin.example/activities/1",
        "type": "Create",
        "actor": OURS,
        "to": [PUBLIC],
        "cc": [f"{OURS}/followers"],
        "published": "2026-11-22T09:00:00Z",
        "object": WITHOUT_CONTEXT,
    }


def test_an_update_carries_the_whole_object_under_one_context() -> None:
    assert activities.update(ENVELOPE, OBJECT) == {**activities.create(ENVELOPE, OBJECT), "type": "Update"}


def test_an_update_of_an_actor_has_the_terms_of_a_proof_too() -> None:
    actor = {"@context": list(contexts.ACTOR_CONTEXT), "id": OURS, "type": "Organization"}

    document = activities.update(ENVELOPE, actor)

    assert document["@context"] == [
        *contexts.ACTOR_CONTEXT,
        "https://w3id.org/security/data-integrity/v2",
    ]
    assert document["object"] == {"id": OURS, "type": "Organization"}


def test_an_object_without_context_gets_that_of_activities() -> None:
    assert activities.create(BARE, WITHOUT_CONTEXT)["@context"] == contexts.ACTIVITY_CONTEXT


def test_a_signed_object_keeps_the_context_that_its_proof_covers() -> None:
    signed = {**OBJECT, "proof": {"type": "DataIntegrityProof"}}

    document = activities.create(ENVELOPE, signed)

    assert document["object"] == signed
    assert document["@context"] == contexts.OBJECT_CONTEXT


FOLLOW = {
    "@context": list(contexts.ACTIVITY_CONTEXT),
    "id": "https://berlin.example/activities/9",
    "type": "Follow",
    "actor": OURS,
    "object": BOB,
}
BARE_FOLLOW = {name: value for name, value in FOLLOW.items() if name != "@context"}


def test_an_undo_carries_our_whole_activity() -> None:
    assert activities.undo(BARE, FOLLOW) == {
        "@context": contexts.ACTIVITY_CONTEXT,
        "id": "https://berlin.example/activities/2",
        "type": "Undo",
        "actor": OURS,
        "object": BARE_FOLLOW,
    }


@pytest.mark.parametrize("kind", ["Accept", "Reject"])
def test_accept_and_reject_carry_what_the_others_activity_says_and_nothing_else_of_it(kind: str) -> None:
    build = {"Accept": activities.accept, "Reject": activities.reject}[kind]
    theirs = {
        "@context": ["https://w3id.org/identity/v1", "https://w3id.org/security/data-integrity/v1"],
        "id": ID,
        "type": "Follow",
        "actor": {"id": BOB, "type": "Person"},
        "object": {"id": OURS},
        "to": OURS,
        "signature": {"type": "RsaSignature2017"},
        "proof": {"type": "DataIntegrityProof"},
    }

    assert build(BARE, theirs) == {
        "@context": contexts.ACTIVITY_CONTEXT,
        "id": "https://berlin.example/activities/2",
        "type": kind,
        "actor": OURS,
        "object": {"id": ID, "type": "Follow", "actor": BOB, "object": OURS},
    }


def test_a_delete_carries_the_tombstone() -> None:
    tombstone = {"@context": ["x"], "id": "https://berlin.example/posts/1", "type": "Tombstone"}

    document = activities.delete(ENVELOPE, tombstone)

    assert document["type"] == "Delete"
    assert document["@context"] == contexts.ACTIVITY_CONTEXT
    assert document["object"] == {"id": "https://berlin.example/posts/1", "type": "Tombstone"}


@pytest.mark.parametrize("kind", ["Follow", "Announce", "Like", "Block"])
def test_what_is_about_somebody_elses_thing_names_it(kind: str) -> None:
    build = {
        "Follow": activities.follow,
        "Announce": activities.announce,
        "Like": activities.like,
        "Block": activities.block,
    }[kind]

    assert build(BARE, BOB) == {
        "@context": contexts.ACTIVITY_CONTEXT,
        "id": "https://berlin.example/activities/2",
        "type": kind,
        "actor": OURS,
        "object": BOB,
    }


def test_a_flag_names_the_actor_and_the_objects_and_says_why() -> None:
    assert activities.flag(BARE, (BOB, NOTE), "Spam") == {
        "@context": contexts.ACTIVITY_CONTEXT,
        "id": "https://berlin.example/activities/2",
        "type": "Flag",
        "actor": OURS,
        "object": [BOB, NOTE],
        "content": "Spam",
    }


def test_the_contexts_that_are_sent_are_copies() -> None:
    documents = [
        activities.create(BARE, WITHOUT_CONTEXT),
        activities.create(BARE, OBJECT),
        activities.like(BARE, NOTE),
    ]

    for document in documents:
        document["@context"].append("x")

    assert "x" not in contexts.ACTIVITY_CONTEXT
    assert "x" not in contexts.OBJECT_CONTEXT
    assert "x" not in OBJECT["@context"]


def test_what_we_write_is_read_back() -> None:
    document = jsonld.load(jsonld.dump(activities.create(ENVELOPE, OBJECT)))

    assert activities.parse_activity(document) == Activity(
        uri=ENVELOPE.uri,
        type="Create",
        actor_uri=OURS,
        object_uri="https://berlin.example/posts/1",
        object_uris=("https://berlin.example/posts/1",),
        object_document=WITHOUT_CONTEXT,
        to=ENVELOPE.to,
        cc=ENVELOPE.cc,
        published=ENVELOPE.published,
        document=document,
    )


def test_what_stands_first_is_said_with_the_collection_it_stands_in() -> None:
    featured = f"{OURS}/featured"
    added = activities.add(ENVELOPE, NOTE, featured)
    removed = activities.remove(ENVELOPE, NOTE, featured)

    assert (added["type"], added["object"], added["target"]) == ("Add", NOTE, featured)
    assert (removed["type"], removed["object"], removed["target"]) == ("Remove", NOTE, featured)
