"""Actors and keys: what peers write is read, what we write is what peers were seen to need."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from federation import actors, contexts, errors, jsonld, keys
from federation.actors import Actor, ActorFacts, ActorKey, AssertionKey
from federation.links import Attachment

RSA = keys.generate_rsa().public
ED25519 = keys.generate_ed25519().public
URI = "https://berlin.example/collectives/berlin"

FACTS = ActorFacts(
    uri=URI,
    type="Organization",
    preferred_username="berlin",
    handle_host="berlin.example",
    names={"de": "Gruppe Berlin", "ru": "Группа Берлин"},
    summaries={"de": "<p>Wir</p>", "ru": "<p>Мы</p>"},
    url="https://berlin.example/@berlin",
    inbox=f"{URI}/inbox",
    outbox=f"{URI}/outbox",
    shared_inbox="https://berlin.example/inbox",
    followers=f"{URI}/followers",
    following=f"{URI}/following",
    featured=f"{URI}/featured",
    main_key=RSA,
    assertion_keys=(AssertionKey(fragment="ed25519-1", public=ED25519),),
    manually_approves=True,
    attribution_domains=("berlin.example",),
    also_known_as=("https://old.example/users/berlin",),
    moved_to="https://new.example/users/berlin",
    published=datetime(2026, 11, 22, 9, 0, 0, 999, tzinfo=UTC),
    icon=Attachment(
        type="Image", url="https://berlin.example/media/i.png", media_type="image/png", alt="fist"
    ),
    image=Attachment(type="Image", url="https://berlin.example/media/b.png", media_type="image/png"),
    fields=(("Web", '<a href="https://berlin.example/">berlin.example</a>'),),
    capabilities=frozenset({actors.CO_SIGNING, actors.RFC_9421, actors.RFC_9421_ED25519}),
)


NODE = ActorFacts(
    uri="https://berlin.example/actor",
    type="Application",
    preferred_username="berlin.example",
    handle_host="berlin.example",
    names={"en": "berlin.example"},
    url="https://berlin.example/",
    inbox="https://berlin.example/actor/inbox",
    outbox="https://berlin.example/actor/outbox",
    shared_inbox="https://berlin.example/inbox",
    main_key=RSA,
    published=datetime(2026, 1, 1, tzinfo=UTC),
)


def stated(**members: Any) -> dict[str, Any]:
    """Return the least that an actor must say, and more."""
    return {"id": URI, "type": "Person", "inbox": f"{URI}/inbox", **members}


def pem_key(**members: Any) -> dict[str, Any]:
    return {"id": f"{URI}#main-key", "owner": URI, "publicKeyPem": RSA.pem(), **members}


def multikey(**members: Any) -> dict[str, Any]:
    return {
        "id": f"{URI}#ed25519-1",
        "type": "Multikey",
        "controller": URI,
        "publicKeyMultibase": ED25519.multikey(),
        **members,
    }


# -- reading


def test_the_least_that_an_actor_says_is_enough() -> None:
    assert actors.parse_actor(stated()) == Actor(uri=URI, type="Person", inbox=f"{URI}/inbox")


@pytest.mark.parametrize(
    ("location", "country"),
    [
        ({"type": "Place", "address": {"type": "PostalAddress", "addressCountry": "DE"}}, "DE"),
        ({"type": "PostalAddress", "addressCountry": "GE"}, "GE"),
        ({"type": "Place", "name": "Berlin"}, None),
        ({"type": "PostalAddress", "addressCountry": "Germany"}, None),
        ({"type": "PostalAddress", "addressCountry": {"name": "DE"}}, None),
        ("https://a.example/places/1", None),
        (None, None),
    ],
)
def test_an_actor_may_say_in_which_country_it_is(location: object, country: str | None) -> None:
    assert actors.parse_actor(stated(location=location)).country == country


def test_the_country_that_an_actor_is_in_is_written_as_it_is_read() -> None:
    written = actors.render_actor(replace(FACTS, country="GE"))
    assert actors.parse_actor(written).country == "GE"
    assert "location" not in actors.render_actor(FACTS)


@pytest.mark.parametrize("kind", ["Application", "Group", "Organization", "Person", "Service"])
def test_all_five_types_of_actor_are_read(kind: str) -> None:
    assert actors.parse_actor(stated(type=kind)).type == kind


@pytest.mark.parametrize("kind", ["Note", "person", "Bot"])
def test_any_other_type_is_refused(kind: str) -> None:
    with pytest.raises(errors.Malformed, match=r"^an actor is of a type that no actor has$"):
        actors.parse_actor(stated(type=kind))


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"type": ["Person"]}, "type is not one name"),
        ({"id": None}, "id is missing"),
        ({"id": 7}, "a reference is neither an address nor an object with one"),
        ({"id": "acct:x@a.example"}, "id is not an http address"),
        ({"inbox": None}, "inbox is missing"),
        ({"inbox": "mailto:x@a.example"}, "inbox is not an http address"),
        ({"outbox": "x"}, "outbox is not an http address"),
        ({"followers": "x"}, "followers is not an http address"),
        ({"following": "x"}, "following is not an http address"),
        ({"featured": "x"}, "featured is not an http address"),
        ({"movedTo": "x"}, "movedTo is not an http address"),
        ({"endpoints": {"sharedInbox": "x"}}, "sharedInbox is not an http address"),
        ({"name": 7}, "name is not a string"),
        ({"preferredUsername": 7}, "preferredUsername is not a string"),
        ({"webfinger": 7}, "webfinger is not a string"),
        ({"summary": 7}, "summary is not a string"),
        ({"manuallyApprovesFollowers": "yes"}, "manuallyApprovesFollowers is not true or false"),
        (
            {"alsoKnownAs": [f"https://a.example/{n}" for n in range(257)]},
            "alsoKnownAs has more than 256 items",
        ),
        ({"publicKey": [pem_key()] * 11}, "publicKey has more than 10 items"),
        ({"assertionMethod": [multikey()] * 11}, "assertionMethod has more than 10 items"),
    ],
)
def test_an_actor_that_breaks_a_rule_is_refused(members: dict[str, Any], message: str) -> None:
    with pytest.raises(errors.Malformed) as caught:
        actors.parse_actor(stated(**members))

    assert str(caught.value) == message


def test_an_actor_is_read_whole() -> None:
    document = stated(
        type="Group",
        name="Gruppe",
        preferredUsername="gruppe",
        webfinger="gruppe@a.example",
        summary="<p>x</p>",
        url="https://berlin.example/@gruppe",
        outbox=f"{URI}/outbox",
        followers={"id": f"{URI}/followers", "type": "Collection"},
        following=f"{URI}/following",
        featured=f"{URI}/featured",
        endpoints={"sharedInbox": "https://berlin.example/inbox"},
        publicKey=pem_key(),
        assertionMethod=multikey(),
        manuallyApprovesFollowers=True,
        alsoKnownAs="https://old.example/x",
        movedTo="https://new.example/x",
        coSigning=["https://w3id.org/fep/d2e1#1"],
        icon={"type": "Image", "url": "https://cdn.example/i.png"},
    )

    assert actors.parse_actor(document) == Actor(
        uri=URI,
        type="Group",
        inbox=f"{URI}/inbox",
        name="Gruppe",
        preferred_username="gruppe",
        webfinger="gruppe@a.example",
        summary="<p>x</p>",
        url="https://berlin.example/@gruppe",
        shared_inbox="https://berlin.example/inbox",
        outbox=f"{URI}/outbox",
        followers=f"{URI}/followers",
        following=f"{URI}/following",
        featured=f"{URI}/featured",
        keys=(ActorKey(key_id=f"{URI}#main-key", owner=URI, public=RSA),),
        assertion_keys=(ActorKey(key_id=f"{URI}#ed25519-1", owner=URI, public=ED25519),),
        manually_approves=True,
        also_known_as=("https://old.example/x",),
        moved_to="https://new.example/x",
        capabilities=frozenset({"https://w3id.org/fep/d2e1#1"}),
        icon_url="https://cdn.example/i.png",
    )


def test_null_counts_as_absent() -> None:
    names = [
        *("name", "preferredUsername", "webfinger", "summary", "url", "outbox", "followers", "following"),
        *("featured", "endpoints", "publicKey", "assertionMethod", "manuallyApprovesFollowers"),
        *("alsoKnownAs", "movedTo", "coSigning", "implements", "generator", "icon"),
    ]

    assert actors.parse_actor(stated(**dict.fromkeys(names))) == actors.parse_actor(stated())


def test_long_texts_of_an_actor_are_cut() -> None:
    document = stated(
        name="x" * 2049, preferredUsername="x" * 2049, webfinger="x" * 2049, summary="x" * 20_001
    )

    actor = actors.parse_actor(document)

    assert actor.name == actor.preferred_username == actor.webfinger == "x" * 2048
    assert actor.summary == "x" * 20_000


def test_256_aliases_are_read_and_those_outside_the_web_left_out() -> None:
    aliases = [f"https://a.example/{number}" for number in range(255)]

    actor = actors.parse_actor(stated(alsoKnownAs=[*aliases, "did:plc:x"]))

    assert actor.also_known_as == tuple(aliases)


@pytest.mark.parametrize("shared", ["https://other.example/inbox", "http://berlin.example/inbox", None])
def test_a_shared_inbox_counts_on_the_actors_own_server_only(shared: str | None) -> None:
    assert actors.parse_actor(stated(endpoints={"sharedInbox": shared})).shared_inbox is None


def test_keys_are_read_from_a_single_value_and_from_a_list() -> None:
    for value in (pem_key(), [pem_key()]):
        assert actors.parse_actor(stated(publicKey=value)).keys == (
            ActorKey(key_id=f"{URI}#main-key", owner=URI, public=RSA),
        )


def test_a_key_without_owner_belongs_to_the_actor_that_lists_it() -> None:
    (key,) = actors.parse_actor(stated(publicKey=pem_key(owner=None))).keys
    (assertion_key,) = actors.parse_actor(stated(assertionMethod=multikey(controller=None))).assertion_keys
    listed = actors.parse_key_document(
        stated(publicKey=pem_key(owner=None), assertionMethod=multikey(controller=None))
    )

    assert key.owner == assertion_key.owner == URI
    assert listed == (key, assertion_key)


@pytest.mark.parametrize(
    "value",
    [
        pem_key(owner="https://evil.example/x"),
        pem_key(publicKeyPem="-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
        pem_key(publicKeyPem=None),
        pem_key(publicKeyPem=7),
        pem_key(id=None),
        pem_key(id="x"),
        multikey(publicKeyMultibase="z6Mk"),
        multikey(controller="https://evil.example/x"),
        f"{URI}#main-key",
        7,
        None,
    ],
)
def test_a_key_that_cannot_be_used_does_not_spoil_the_others(value: object) -> None:
    good = ActorKey(key_id=f"{URI}#main-key", owner=URI, public=RSA)

    for name in ("publicKey", "assertionMethod"):
        actor = actors.parse_actor(stated(**{name: [value, pem_key()]}))
        assert actor.keys + actor.assertion_keys == (good,)


def test_an_ed25519_key_may_stand_in_public_key_and_an_rsa_key_be_a_multikey() -> None:
    document = stated(
        publicKey=pem_key(publicKeyPem=ED25519.pem()),
        assertionMethod=multikey(publicKeyMultibase=RSA.multikey()),
    )

    actor = actors.parse_actor(document)

    assert [key.public for key in actor.keys] == [ED25519]
    assert [key.public for key in actor.assertion_keys] == [RSA]


@pytest.mark.parametrize(
    ("members", "capabilities"),
    [
        ({"coSigning": "https://w3id.org/fep/d2e1#1"}, {actors.CO_SIGNING}),
        ({"coSigning": [7, "x", {"href": 7}, {"href": "x"}, None]}, set()),
        ({"implements": [{"href": actors.RFC_9421, "name": "x"}]}, {actors.RFC_9421}),
        ({"implements": {"href": actors.RFC_9421}}, {actors.RFC_9421}),
        ({"generator": {"type": "Application", "implements": [actors.RFC_9421]}}, {actors.RFC_9421}),
        ({"generator": "https://berlin.example/actor"}, set()),
        (
            {
                "coSigning": [actors.CO_SIGNING],
                "generator": {"implements": [{"href": actors.RFC_9421}, {"href": actors.RFC_9421_ED25519}]},
            },
            {actors.CO_SIGNING, actors.RFC_9421, actors.RFC_9421_ED25519},
        ),
    ],
)
def test_capabilities_are_read_where_peers_state_them(
    members: dict[str, Any], capabilities: set[str]
) -> None:
    assert actors.parse_actor(stated(**members)).capabilities == capabilities


# -- documents that state keys


def test_a_bare_key_is_read_with_its_owner() -> None:
    assert actors.parse_key_document(pem_key()) == (
        ActorKey(key_id=f"{URI}#main-key", owner=URI, public=RSA),
    )
    assert actors.parse_key_document(multikey()) == (
        ActorKey(key_id=f"{URI}#ed25519-1", owner=URI, public=ED25519),
    )


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"owner": None}, "a key does not say whose it is"),
        ({"id": None}, "id is missing"),
        ({"publicKeyPem": None}, "a key holds no key"),
        ({"publicKeyPem": "x"}, "a public key in PEM cannot be read"),
    ],
)
def test_a_bare_key_that_lacks_something_is_refused(members: dict[str, Any], message: str) -> None:
    with pytest.raises(errors.Malformed) as caught:
        actors.parse_key_document(pem_key(**members))

    assert str(caught.value) == message


def test_the_stub_that_gotosocial_serves_as_a_key_is_read() -> None:
    stub = {
        "@context": ["https://w3id.org/security/v1", "https://www.w3.org/ns/activitystreams"],
        "id": "https://gts.test/users/gina",
        "preferredUsername": "gina",
        "publicKey": {
            "id": "https://gts.test/users/gina/main-key",
            "owner": "https://gts.test/users/gina",
            "publicKeyPem": RSA.pem(),
        },
        "type": "Person",
    }

    assert actors.parse_key_document(stub) == (
        ActorKey(
            key_id="https://gts.test/users/gina/main-key", owner="https://gts.test/users/gina", public=RSA
        ),
    )


def test_an_actor_states_the_keys_for_requests_and_those_for_proofs() -> None:
    document = stated(publicKey=pem_key(), assertionMethod=[multikey(controller="https://b.example/x")])

    assert [(key.key_id, key.owner) for key in actors.parse_key_document(document)] == [
        (f"{URI}#main-key", URI),
        (f"{URI}#ed25519-1", "https://b.example/x"),
    ]


def test_a_document_without_keys_states_none() -> None:
    assert actors.parse_key_document({"id": URI}) == ()
    with pytest.raises(errors.Malformed, match=r"^id is missing$"):
        actors.parse_key_document({"publicKey": pem_key()})


# -- writing


def test_an_actor_is_written_as_peers_need_it() -> None:
    document = actors.render_actor(FACTS)

    assert document == {
        "@context": contexts.ACTOR_CONTEXT,
        "id": URI,
        "type": "Organization",
        "preferredUsername": "berlin",
        "webfinger": "berlin@berlin.example",
        "name": "Gruppe Berlin",
        "nameMap": {"de": "Gruppe Berlin", "ru": "Группа Берлин"},
        "summary": "<p>Wir</p>",
        "summaryMap": {"de": "<p>Wir</p>", "ru": "<p>Мы</p>"},
        "url": "https://berlin.example/@berlin",
        "inbox": f"{URI}/inbox",
        "outbox": f"{URI}/outbox",
        "followers": f"{URI}/followers",
        "following": f"{URI}/following",
        "featured": f"{URI}/featured",
        "endpoints": {"sharedInbox": "https://berlin.example/inbox"},
        "manuallyApprovesFollowers": True,
        "discoverable": True,
        "indexable": True,
        "attributionDomains": ["berlin.example"],
        "alsoKnownAs": ["https://old.example/users/berlin"],
        "movedTo": "https://new.example/users/berlin",
        "published": "2026-11-22T09:00:00Z",
        "icon": {
            "type": "Image",
            "mediaType": "image/png",
            "url": "https://berlin.example/media/i.png",
            "name": "fist",
            "summary": "fist",
        },
        "image": {"type": "Image", "mediaType": "image/png", "url": "https://berlin.example/media/b.png"},
        "attachment": [
            {
                "type": "PropertyValue",
                "name": "Web",
                "value": '<a href="https://berlin.example/">berlin.example</a>',
            }
        ],
        "publicKey": {"id": f"{URI}#main-key", "owner": URI, "publicKeyPem": RSA.pem()},
        "assertionMethod": [
            {
                "id": f"{URI}#ed25519-1",
                "type": "Multikey",
                "controller": URI,
                "publicKeyMultibase": ED25519.multikey(),
            }
        ],
        "generator": {
            "type": "Application",
            "implements": [
                {"type": "Link", "href": actors.RFC_9421, "name": "RFC-9421: HTTP Message Signatures"},
                {
                    "type": "Link",
                    "href": actors.RFC_9421_ED25519,
                    "name": "RFC-9421 signatures using the Ed25519 algorithm",
                },
            ],
        },
        "coSigning": ["https://w3id.org/fep/d2e1#1"],
    }
    assert document["@context"] is not contexts.ACTOR_CONTEXT
    assert list(document["nameMap"]) == ["de", "ru"]


def test_what_an_actor_lacks_is_not_written() -> None:
    document = actors.render_actor(replace(NODE, capabilities=frozenset()))

    assert document == {
        "@context": contexts.ACTOR_CONTEXT,
        "id": "https://berlin.example/actor",
        "type": "Application",
        "preferredUsername": "berlin.example",
        "webfinger": "berlin.example@berlin.example",
        "name": "berlin.example",
        "nameMap": {"en": "berlin.example"},
        "url": "https://berlin.example/",
        "inbox": "https://berlin.example/actor/inbox",
        "outbox": "https://berlin.example/actor/outbox",
        "endpoints": {"sharedInbox": "https://berlin.example/inbox"},
        "manuallyApprovesFollowers": False,
        "discoverable": True,
        "indexable": True,
        "published": "2026-01-01T00:00:00Z",
        "attachment": [],
        "publicKey": {
            "id": "https://berlin.example/actor#main-key",
            "owner": "https://berlin.example/actor",
            "publicKeyPem": RSA.pem(),
        },
        "assertionMethod": [],
        "generator": {"type": "Application", "implements": []},
    }


def test_our_actors_show_both_forms_of_rfc_9421_unless_told_otherwise() -> None:
    assert actors.parse_actor(actors.render_actor(NODE)).capabilities == {
        actors.RFC_9421,
        actors.RFC_9421_ED25519,
    }


def test_an_actor_of_ours_is_read_back_as_it_was_meant() -> None:
    document = jsonld.load(jsonld.dump(actors.render_actor(FACTS)))

    assert actors.parse_actor(document) == Actor(
        uri=URI,
        type="Organization",
        inbox=f"{URI}/inbox",
        name="Gruppe Berlin",
        preferred_username="berlin",
        webfinger="berlin@berlin.example",
        summary="<p>Wir</p>",
        url="https://berlin.example/@berlin",
        shared_inbox="https://berlin.example/inbox",
        outbox=f"{URI}/outbox",
        followers=f"{URI}/followers",
        following=f"{URI}/following",
        featured=f"{URI}/featured",
        keys=(ActorKey(key_id=f"{URI}#main-key", owner=URI, public=RSA),),
        assertion_keys=(ActorKey(key_id=f"{URI}#ed25519-1", owner=URI, public=ED25519),),
        manually_approves=True,
        also_known_as=("https://old.example/users/berlin",),
        moved_to="https://new.example/users/berlin",
        capabilities=frozenset({actors.CO_SIGNING, actors.RFC_9421, actors.RFC_9421_ED25519}),
        icon_url="https://berlin.example/media/i.png",
        published=datetime(2026, 11, 22, 9, 0, tzinfo=UTC),
    )
