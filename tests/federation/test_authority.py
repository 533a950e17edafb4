import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation import activities, authority, errors
from federation.authority import Origin
from tests.federation import samples

BOB = "https://remote.example/users/bob"
ALICE = "https://remote.example/users/alice"
VICTIM = "https://victim.example/users/v"
HOSTILE = {case["id"]: case for case in samples.load("hostile_activities.json")["cases"]}


def activity(kind: str, thing: Any, **members: Any) -> activities.Activity:
    document = {"id": f"{BOB}/activities/1", "type": kind, "actor": BOB, "object": thing} | members
    parsed = activities.parse_activity(document)
    assert isinstance(parsed, activities.Activity)
    return parsed


def note(uri: str = f"{BOB}/notes/1", **members: Any) -> dict[str, Any]:
    return {"id": uri, "type": "Note", "attributedTo": BOB} | members


def refusal(found: activities.Activity, signer: str = BOB) -> str:
    with pytest.raises(errors.NotAuthorized) as caught:
        authority.require_authority(found, signer)
    return str(caught.value)


# -- origins


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("https://node.example", Origin("https", "node.example", 443)),
        ("https://node.example/", Origin("https", "node.example", 443)),
        ("https://node.example:443/a", Origin("https", "node.example", 443)),
        ("https://node.example:8443/a", Origin("https", "node.example", 8443)),
        ("http://node.example/a", Origin("http", "node.example", 80)),
        ("HTTPS://Node.EXAMPLE/a", Origin("https", "node.example", 443)),
        ("https://node.example?author=1", Origin("https", "node.example", 443)),
        ("https://node.example#main-key", Origin("https", "node.example", 443)),
        ("https://node.example/a@evil.example", Origin("https", "node.example", 443)),
        ("https://köln.example/a", Origin("https", "xn--kln-sna.example", 443)),
        ("https://KÖLN.example/a", Origin("https", "xn--kln-sna.example", 443)),
        ("https://xn--kln-sna.example/a", Origin("https", "xn--kln-sna.example", 443)),
        ("http://berlin.localhost:8001/actor", Origin("http", "berlin.localhost", 8001)),
        ("http://127.0.0.1:8001/", Origin("http", "127.0.0.1", 8001)),
        ("http://[::1]:8001/", Origin("http", "[::1]", 8001)),
    ],
)
def test_the_origin_of_an_address(uri: str, expected: Origin) -> None:
    assert authority.origin(uri) == expected


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "node.example",
        "//node.example/",
        "urn:uuid:1",
        "acct:bob@node.example",
        "did:key:z6Mk",
        "ftp://node.example/",
        "javascript:alert(1)",
        "https://",
        "https:///a",
        "https://user@node.example/",
        "https://user:pass@node.example/",
        "https://node.example\\@evil.example/",
        "https://node.example/a\\b",
        "https://node.example./",
        "https://.node.example/",
        "https://node..example/",
        "https://node.example:/",
        "https://node.example:x/",
        "https://node.example:123456/",
        "https://node.example:80:80/",
        " https://node.example/",
        "https://node.example/a b",
        "https://node.example/\n",
        "https://node.example/\x00",
        "https://node.example/\x7f",
        "https://node.exa\tmple/",
        "https://no%64e.example/",
        "https://[::1/",
        "https://[::1]evil.example/",
        "https://[evil.example]/",
        "https://\u200b.example/",
        "https://xn--\u00e4.example/",
        "https://node。example./",
    ],
)
def test_what_has_no_single_origin_is_malformed(uri: str) -> None:
    with pytest.raises(errors.Malformed):
        authority.origin(uri)


def test_two_addresses_are_of_one_origin_or_not() -> None:
    assert authority.is_same_origin("https://a.example/x", "https://A.example:443/y?z")
    assert not authority.is_same_origin("https://a.example/", "http://a.example/")
    assert not authority.is_same_origin("https://a.example/", "https://b.example/")
    assert not authority.is_same_origin("https://a.example/", "https://a.example:8443/")
    assert not authority.is_same_origin("https://a.example/", "https://x.a.example/")


def test_an_address_is_local_or_not() -> None:
    own = "http://berlin.localhost:8001"
    assert authority.is_local("http://berlin.localhost:8001/collectives/berlin", own)
    assert authority.is_local("http://BERLIN.localhost:8001", own)
    assert not authority.is_local("http://berlin.localhost:8002/collectives/berlin", own)
    assert not authority.is_local("https://berlin.localhost:8001/collectives/berlin", own)
    assert not authority.is_local("as:Public", own)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (BOB, BOB, True),
        (BOB, "https://REMOTE.example:443/users/bob", True),
        (BOB, BOB + "/", False),
        (BOB, BOB + "?", False),
        (BOB, BOB + "#main-key", False),
        (BOB, "https://remote.example/users/Bob", False),
        (BOB, "https://remote.example/users/%62ob", False),
        ("https://remote.example", "https://remote.example/", False),
    ],
)
def test_hosts_are_compared_as_hosts_and_the_rest_byte_for_byte(one: str, other: str, expected: bool) -> None:
    assert authority.is_same_uri(one, other) is expected


# -- keys and owners


def test_a_key_lives_on_the_server_of_its_owner() -> None:
    authority.require_key_owner(f"{BOB}#main-key", BOB)
    authority.require_key_owner("https://remote.example/keys/7", BOB)
    with pytest.raises(errors.NotAuthorized, match="not on the server of its owner"):
        authority.require_key_owner("https://evil.example/keys/7", BOB)


def test_only_the_owner_passes() -> None:
    authority.require_owner(BOB, BOB)
    for owner in (None, ALICE, VICTIM):
        with pytest.raises(errors.NotAuthorized, match="does not own"):
            authority.require_owner(owner, BOB)


# -- activities


@pytest.mark.parametrize(
    "found",
    [
        activity("Create", note()),
        activity("Create", f"{BOB}/notes/1"),
        activity("Create", note(attributedTo={"id": BOB, "type": "Person"})),
        activity("Create", note(attributedTo=[BOB, "https://remote.example/groups/1"])),
        activity("Create", note("https://remote.example/notes/2")),
        activity("Update", note()),
        activity("Update", {"id": BOB, "type": "Person"}),
        activity("Update", {"id": "https://REMOTE.example/users/bob", "type": "Person"}),
        activity("Delete", f"{BOB}/notes/1"),
        activity("Delete", {"id": f"{BOB}/notes/1", "type": "Tombstone"}),
        activity("Delete", BOB),
        activity("Undo", {"id": f"{BOB}/likes/1", "type": "Like", "actor": BOB, "object": VICTIM}),
        activity("Undo", {"id": f"{BOB}/likes/1", "type": "Like"}),
        activity("Undo", f"{BOB}/likes/1"),
        activity("Accept", {"id": "https://node.example/f/1", "type": "Follow", "object": BOB}),
        activity("Accept", "https://node.example/f/1"),
        activity("Accept", {"id": "https://node.example/i/1", "type": "Invite", "object": VICTIM}),
        activity("Reject", {"id": "https://node.example/f/1", "type": "Follow", "object": {"id": BOB}}),
        activity("Move", BOB, target="https://other.example/users/bob"),
        activity("Announce", "https://victim.example/notes/1"),
        activity(
            "Announce", {"id": "https://victim.example/notes/1", "type": "Note", "attributedTo": VICTIM}
        ),
        activity("Like", "https://victim.example/notes/1"),
        activity("Follow", VICTIM),
        activity("Block", VICTIM),
        activity("Flag", [VICTIM, "https://victim.example/notes/1"]),
        activity(
            "Like", VICTIM, id="https://REMOTE.example/likes/1", actor="https://remote.EXAMPLE/users/bob"
        ),
    ],
    ids=lambda found: found.type,
)
def test_what_an_actor_may_say(found: activities.Activity) -> None:
    authority.require_authority(found, BOB)


OWNER = "does not own"
SERVER = "not on the server"


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (activity("Like", VICTIM, actor=VICTIM), "another actor"),
        (activity("Like", VICTIM, actor=ALICE), "another actor"),
        (activity("Like", VICTIM, id="https://victim.example/likes/1"), "id on another server"),
        (activity("Create", note("https://victim.example/notes/1")), SERVER),
        (activity("Create", "https://victim.example/notes/1"), SERVER),
        (activity("Create", note(attributedTo=ALICE)), OWNER),
        (activity("Create", note(attributedTo=VICTIM)), OWNER),
        (activity("Create", note(attributedTo=[ALICE, BOB])), OWNER),
        (activity("Create", note(attributedTo=[])), OWNER),
        (activity("Create", note(attributedTo=None)), OWNER),
        (activity("Create", note(attributedTo={"type": "Person"})), OWNER),
        (activity("Update", note("https://victim.example/notes/1")), SERVER),
        (activity("Update", note(attributedTo=ALICE)), OWNER),
        (activity("Update", {"id": ALICE, "type": "Person"}), OWNER),
        (activity("Delete", "https://victim.example/notes/1"), SERVER),
        (activity("Delete", {"id": VICTIM, "type": "Tombstone"}), SERVER),
        (activity("Undo", "https://victim.example/likes/1"), SERVER),
        (activity("Undo", {"id": f"{ALICE}/likes/1", "type": "Like", "actor": ALICE}), OWNER),
        (activity("Undo", {"id": f"{BOB}/likes/1", "type": "Like", "actor": None}), OWNER),
        (activity("Accept", {"id": "https://node.example/f/1", "type": "Follow", "object": ALICE}), OWNER),
        (activity("Accept", {"id": "https://node.example/f/1", "type": "Follow"}), OWNER),
        (activity("Reject", {"id": "https://node.example/f/1", "type": "Follow", "object": VICTIM}), OWNER),
        (activity("Move", ALICE, target="https://other.example/users/bob"), OWNER),
    ],
    ids=lambda value: value.type if isinstance(value, activities.Activity) else None,
)
def test_what_an_actor_may_not_say(found: activities.Activity, reason: str) -> None:
    assert reason in refusal(found)


@pytest.mark.parametrize(
    "name", ["id-other-host", "actor-not-signer", "undo-other-actor", "activity-id-other-host"]
)
def test_hostile_activities_are_refused(name: str) -> None:
    case = HOSTILE[name]
    parsed = activities.parse_activity(case["activity"])
    assert isinstance(parsed, activities.Activity)
    refusal(parsed, case["signer"])


def test_a_hostile_update_stops_at_the_stored_owner() -> None:
    case = HOSTILE["update-other-owner-same-host"]
    parsed = activities.parse_activity(case["activity"])
    assert isinstance(parsed, activities.Activity)
    authority.require_authority(parsed, case["signer"])
    with pytest.raises(errors.NotAuthorized, match=OWNER):
        authority.require_owner(ALICE, parsed.actor_uri)


def test_hosts_in_capitals_are_the_same_hosts() -> None:
    case = HOSTILE["unicode-host"]
    parsed = activities.parse_activity(case["activity"])
    assert isinstance(parsed, activities.Activity)
    authority.require_authority(parsed, case["signer"])


def test_a_list_where_an_owner_is_wanted_is_malformed() -> None:
    with pytest.raises(errors.Malformed):
        authority.require_authority(activity("Create", note(attributedTo=[[BOB]])), BOB)


@given(st.text(max_size=40))
def test_any_text_has_an_origin_or_is_malformed(text: str) -> None:
    for uri in (text, f"https://{text}", f"https://{text}/"):
        with contextlib.suppress(errors.Malformed):
            found = authority.origin(uri)
            assert found.host.isascii()
            assert found.host == found.host.lower()


@given(st.sampled_from(sorted(activities.HANDLED)), st.text(max_size=20), st.text(max_size=20))
def test_any_activity_is_judged(kind: str, thing: str, owner: str) -> None:
    document = {"id": f"{thing}", "type": "Note", "attributedTo": owner, "actor": owner, "object": owner}
    with contextlib.suppress(errors.Malformed, errors.NotAuthorized):
        authority.require_authority(activity(kind, document, target=VICTIM), BOB)
