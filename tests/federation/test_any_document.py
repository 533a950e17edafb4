"""Whatever a peer sends: each parser returns, or raises FederationError and nothing else.

The documents are made at random from the words that parsers look for, so that most of them get deep into the
code; the recorded deliveries are what GoToSocial 0.20.3 really sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation import activities, actors, collection, errors, jsonld, links, nodeinfo, objects, webfinger
from federation.activities import Activity
from federation.objects import ObjectFacts, Text

VECTORS = Path(__file__).resolve().parents[1] / "vectors"
RECORDED = sorted((VECTORS / "recorded").glob("*.json"))
HOSTILE = {
    case["id"]: case for case in json.loads((VECTORS / "hostile_activities.json").read_text())["cases"]
}

MEMBERS = [
    *(
        "@context",
        "id",
        "type",
        "actor",
        "object",
        "target",
        "to",
        "cc",
        "published",
        "updated",
        "name",
        "url",
    ),
    *(
        "nameMap",
        "summary",
        "summaryMap",
        "content",
        "contentMap",
        "attributedTo",
        "inReplyTo",
        "tag",
        "href",
    ),
    *("attachment", "mediaType", "width", "height", "sensitive", "startTime", "endTime", "deleted", "inbox"),
    *("formerType", "publicKey", "assertionMethod", "owner", "controller", "publicKeyPem", "endpoints"),
    *("publicKeyMultibase", "sharedInbox", "alsoKnownAs", "movedTo", "implements", "generator", "coSigning"),
    *("manuallyApprovesFollowers", "icon", "items", "orderedItems", "first", "next", "totalItems", "subject"),
    *(
        "links",
        "rel",
        "template",
        "software",
        "version",
        "usage",
        "users",
        "total",
        "protocols",
        "de",
        "outbox",
    ),
]
WORDS = [
    *(
        "https://a.example/1",
        "https://a.example/2",
        "https://b.example/",
        "http://[::1",
        "https://a:99999/",
        "",
    ),
    *("Create", "Flag", "Move", "Undo", "Note", "Tombstone", "Person", "Organization", "Collection", "Link"),
    *(
        "CollectionPage",
        "2026-11-22T09:00:00Z",
        "9999-12-31T23:59:59-23:59",
        "as:Public",
        "text/html",
        "self",
    ),
    *(
        "application/activity+json",
        "z6Mk",
        "acct:x@a.example",
        "https://a.example/{uri}",
        "-----BEGIN PUBLIC KEY",
    ),
    *("http://nodeinfo.diaspora.software/ns/schema/2.1", "http://ostatus.org/schema/1.0/subscribe"),
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=6),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(st.sampled_from(MEMBERS), VALUES, max_size=12)

PARSERS: list[Callable[[jsonld.Document], object]] = [
    activities.parse_activity,
    actors.parse_actor,
    actors.parse_key_document,
    objects.parse_object,
    objects.parse_tombstone,
    webfinger.parse_jrd,
    nodeinfo.parse_nodeinfo,
    links.get_attachments,
    lambda document: collection.parse_page(document, "https://a.example/1"),
    lambda document: nodeinfo.parse_discovery(document, "https://a.example"),
    lambda document: links.get_page_url(document, "https://a.example/1"),
]


@given(document=DOCUMENTS)
def test_every_parser_returns_or_refuses(document: jsonld.Document) -> None:
    for parse in PARSERS:
        try:
            parse(document)
        except errors.FederationError:
            continue


ACTIVITIES = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["https://a.example/1", "https://a.example/1"]),
        "type": st.sampled_from(sorted(activities.HANDLED)),
        "actor": st.just("https://a.example/users/x"),
        "object": st.just("https://a.example/2") | VALUES,
    },
    optional={"target": VALUES, "to": VALUES, "cc": VALUES, "published": VALUES, "content": VALUES},
)


@given(document=ACTIVITIES)
def test_an_activity_that_is_read_has_one_actor_and_a_subject(document: jsonld.Document) -> None:
    try:
        activity = activities.parse_activity(document)
    except errors.FederationError:
        return

    assert isinstance(activity, Activity)
    assert activity.actor_uri == "https://a.example/users/x"
    assert activity.object_uri == activity.object_uris[0]
    assert jsonld.is_uri(activity.object_uri)


@given(body=st.binary(max_size=60) | DOCUMENTS.map(lambda document: json.dumps(document).encode()))
def test_the_loader_returns_an_object_or_refuses(body: bytes) -> None:
    try:
        document = jsonld.load(body)
    except errors.FederationError:
        return

    assert isinstance(document, dict)
    assert jsonld.load(jsonld.dump(document)) == document


@given(text=st.text(max_size=40) | st.from_regex(r"@[a-z.]{1,8}@[a-z.ü0-9:-]{1,20}"))
def test_a_handle_is_read_or_refused_and_reads_back_alike(text: str) -> None:
    try:
        handle = webfinger.parse_handle(text)
    except errors.FederationError:
        return

    assert webfinger.parse_handle(str(handle)) == handle
    assert webfinger.parse_resource(handle.acct) == handle


@given(body=st.binary(max_size=80) | st.text(max_size=80).map(lambda text: f"<XRD>{text}</XRD>".encode()))
def test_host_meta_is_read_or_refused(body: bytes) -> None:
    with pytest.raises(errors.FederationError):
        webfinger.parse_host_meta(body)


LANGUAGES = st.sampled_from(["de", "ru", "ka", "en", "pt-BR", "uz-Cyrl"])
TEXTS = st.lists(
    st.builds(
        Text,
        language=LANGUAGES,
        content=st.text(max_size=20),
        name=st.none() | st.text(max_size=20),
        summary=st.none() | st.text(max_size=20),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda text: text.language,
).map(tuple)


@given(texts=TEXTS)
def test_words_go_out_and_come_back_whatever_they_are(texts: tuple[Text, ...]) -> None:
    facts = ObjectFacts(
        uri="https://a.example/posts/1",
        type="Note",
        attributed_to="https://a.example/actor",
        texts=texts,
        published=datetime(2026, 11, 22, 9, 0, tzinfo=UTC),
        url="https://a.example/@x/1",
        to=(jsonld.PUBLIC,),
    )

    parsed = objects.parse_object(objects.render_object(facts))

    assert list(parsed.content_map.items()) == [(text.language, text.content) for text in texts]
    assert parsed.content == texts[0].content
    assert parsed.language == texts[0].language


# -- recorded and hostile


def recorded_body(path: Path) -> bytes:
    return json.dumps(json.loads(path.read_text())["body"]).encode()


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_a_recorded_delivery_is_read(path: Path) -> None:
    activity = activities.parse_activity(jsonld.load(recorded_body(path)))

    assert isinstance(activity, Activity)
    assert activity.type == path.stem.split("-")[1]
    assert activity.actor_uri == "https://gts.test/users/gina"
    assert jsonld.is_beside(activity.uri, activity.actor_uri)


EMBEDDED = [path for path in RECORDED if path.stem.split("-")[1] in ("Create", "Update")]


@pytest.mark.parametrize("path", EMBEDDED, ids=lambda path: path.stem)
def test_an_object_in_a_recorded_delivery_is_read(path: Path) -> None:
    activity = activities.parse_activity(jsonld.load(recorded_body(path)))

    assert isinstance(activity, Activity)
    assert activity.object_document is not None
    parsed = objects.parse_object(activity.object_document)
    assert parsed.type == path.stem.split("-")[2]
    assert parsed.attributed_to == activity.actor_uri
    assert parsed.language in ("en", "eu")
    assert parsed.content_map == {parsed.language: parsed.content}
    assert parsed.published is not None


def test_a_recorded_reply_is_read_with_all_that_it_says() -> None:
    activity = activities.parse_activity(
        jsonld.load(recorded_body(VECTORS / "recorded" / "gts-Create-Note-1.json"))
    )

    assert isinstance(activity, Activity)
    assert activity.object_document is not None
    note = objects.parse_object(activity.object_document)
    assert note.url == "https://gts.test/@gina/statuses/01M80ADS5NC1DS7JSZBSS4JB1F"
    assert note.to == ("https://www.w3.org/ns/activitystreams#Public",)
    assert note.cc == ("https://gts.test/users/gina/followers", "https://probe.test/u/8e84q")
    assert {tag.type for tag in note.tags} == {"Mention", "Hashtag"}


def test_the_recordings_are_all_there() -> None:
    assert len(RECORDED) == 18
    assert len(EMBEDDED) == 7


@pytest.mark.parametrize("name", ["jsonld-graph", "actor-array"])
def test_a_hostile_activity_is_refused_before_anything_else(name: str) -> None:
    body = json.dumps(HOSTILE[name]["activity"]).encode()

    with pytest.raises(errors.Malformed):
        activities.parse_activity(jsonld.load(body))


def test_an_object_forged_inside_an_announce_is_not_even_kept() -> None:
    document: dict[str, Any] = HOSTILE["announce-embedded-forged-object"]["activity"]

    activity = activities.parse_activity(document)

    assert isinstance(activity, Activity)
    assert activity.object_uri == "https://victim.example/n/2"
    assert activity.object_document is None
