"""Objects: what peers write is read, what we write is what Mastodon and GoToSocial were seen to need."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from federation import contexts, errors, jsonld, objects
from federation.links import Attachment
from federation.objects import (
    Approval,
    EventFacts,
    InteractionPolicy,
    Object,
    ObjectFacts,
    Organiser,
    Place,
    Tag,
    Text,
    Tombstone,
)

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
URI = "https://berlin.example/posts/abc"
ACTOR = "https://berlin.example/collectives/berlin"

FACTS = ObjectFacts(
    uri=URI,
    type="Article",
    attributed_to=ACTOR,
    texts=(
        Text(language="ru", name="Заявление", summary="<p>Кратко</p>", content="<p>Мы требуем</p>"),
        Text(language="de", name="Erklärung", summary="<p>Kurz</p>", content="<p>Wir fordern</p>"),
    ),
    published=datetime(2026, 11, 22, 9, 0, tzinfo=UTC),
    updated=datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
    url="https://berlin.example/@berlin/ru/zayavlenie",
    to=(PUBLIC,),
    cc=(f"{ACTOR}/followers",),
    in_reply_to="https://remote.example/notes/1",
    tags=(
        Tag(type="Hashtag", name="#Streik", href="https://berlin.example/tags/streik"),
        Tag(type="Mention", name="@x@remote.example", href="https://remote.example/users/x"),
    ),
    attachments=(
        Attachment(
            type="Image",
            url="https://berlin.example/media/1.png",
            media_type="image/png",
            alt="Demo",
            width=2,
            height=1,
        ),
    ),
    sensitive=True,
    policy=InteractionPolicy(
        can_quote=Approval(automatic=(ACTOR,)),
        can_reply=Approval(automatic=(f"{ACTOR}/followers",), manual=(PUBLIC,)),
    ),
    replies=f"{URI}/replies",
    likes=f"{URI}/likes",
    shares=f"{URI}/shares",
)

NOTE = ObjectFacts(
    uri=URI,
    type="Note",
    attributed_to=ACTOR,
    texts=(Text(language="de", content="<p>Hallo</p>"),),
    published=datetime(2026, 11, 22, 9, 0, tzinfo=UTC),
    url="https://berlin.example/@berlin/de/hallo",
    to=(PUBLIC,),
)


def stated(**members: Any) -> dict[str, Any]:
    """Return the least that an object must say, and more."""
    return {"id": URI, "type": "Note", "attributedTo": ACTOR, **members}


# -- reading


def test_the_least_that_an_object_says_is_enough() -> None:
    assert objects.parse_object(stated()) == Object(uri=URI, type="Note", attributed_to=ACTOR)


@pytest.mark.parametrize(
    "kind", ["Note", "Article", "Event", "Image", "Document", "Page", "Video", "Audio", "Question"]
)
def test_every_type_with_words_or_pictures_is_read(kind: str) -> None:
    assert objects.parse_object(stated(type=kind)).type == kind


@pytest.mark.parametrize("kind", ["Tombstone", "Person", "Create", "Collection", "CoSignature"])
def test_any_other_type_is_refused(kind: str) -> None:
    with pytest.raises(errors.Malformed, match=r"^an object is of a type that carries no text or picture$"):
        objects.parse_object(stated(type=kind))


LONG = "x" * 100_001


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"id": None}, "id is missing"),
        ({"id": ["x"]}, "a reference is neither an address nor an object with one"),
        ({"type": ["Note", "Article"]}, "type is not one name"),
        ({"attributedTo": None}, "attributedTo is missing"),
        ({"attributedTo": []}, "attributedTo is missing"),
        ({"attributedTo": [{"type": "Person"}, ACTOR]}, "attributedTo is missing"),
        ({"attributedTo": "x"}, "attributedTo is not an http address"),
        ({"name": 7}, "name is not a string"),
        ({"summary": {}}, "summary is not a string"),
        ({"content": ["x"]}, "content is not a string"),
        ({"contentMap": "x"}, "contentMap is not a map of languages"),
        ({"nameMap": "x"}, "nameMap is not a map of languages"),
        ({"summaryMap": "x"}, "summaryMap is not a map of languages"),
        ({"content": LONG}, "content is longer than 100000 characters"),
        ({"name": LONG}, "name is longer than 100000 characters"),
        ({"summary": LONG}, "summary is longer than 100000 characters"),
        ({"contentMap": {"de": LONG}}, "de is longer than 100000 characters"),
        ({"published": 7}, "published is not a string"),
        ({"updated": 7}, "updated is not a string"),
        ({"startTime": 7}, "startTime is not a string"),
        ({"endTime": 7}, "endTime is not a string"),
        ({"tag": [{"type": "Mention"}] * 501}, "tag has more than 500 items"),
        ({"attachment": [None] * 501}, "attachment has more than 500 items"),
        ({"to": [ACTOR] * 501}, "to has more than 500 items"),
        ({"cc": [ACTOR] * 501}, "cc has more than 500 items"),
        ({"url": [None] * 501}, "url has more than 500 items"),
        ({"inReplyTo": [None] * 501}, "inReplyTo has more than 500 items"),
    ],
)
def test_an_object_that_breaks_a_rule_is_refused(members: dict[str, Any], message: str) -> None:
    with pytest.raises(errors.Malformed) as caught:
        objects.parse_object(stated(**members))

    assert str(caught.value) == message


def test_an_object_is_read_whole() -> None:
    document = stated(
        type="Event",
        name="Treffen",
        summary="<p>Kurz</p>",
        content="<p>Wir</p>",
        contentMap={"de": "<p>Wir</p>"},
        published="2026-11-22T09:00:00.123Z",
        updated="2026-11-22T11:00:00+01:00",
        url=[{"type": "Link", "mediaType": "text/html", "href": "https://berlin.example/@berlin/x"}],
        inReplyTo={"id": "https://remote.example/notes/1", "type": "Note"},
        tag={"type": "Hashtag", "name": "#x", "href": "https://berlin.example/tags/x"},
        attachment={"type": "Image", "url": "https://berlin.example/1.png"},
        to="as:Public",
        cc=[f"{ACTOR}/followers"],
        sensitive=True,
        startTime="2026-12-01T18:00:00Z",
        endTime="2026-12-01T20:00:00Z",
    )

    assert objects.parse_object(document) == Object(
        uri=URI,
        type="Event",
        attributed_to=ACTOR,
        name="Treffen",
        summary="<p>Kurz</p>",
        content="<p>Wir</p>",
        language="de",
        content_map={"de": "<p>Wir</p>"},
        published=datetime(2026, 11, 22, 9, 0, 0, 123_000, tzinfo=UTC),
        updated=datetime(2026, 11, 22, 10, 0, tzinfo=UTC),
        url="https://berlin.example/@berlin/x",
        in_reply_to="https://remote.example/notes/1",
        tags=(Tag(type="Hashtag", name="#x", href="https://berlin.example/tags/x"),),
        attachments=(Attachment(type="Image", url="https://berlin.example/1.png"),),
        to=(PUBLIC,),
        cc=(f"{ACTOR}/followers",),
        sensitive=True,
        starts_at=datetime(2026, 12, 1, 18, 0, tzinfo=UTC),
        ends_at=datetime(2026, 12, 1, 20, 0, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    "author",
    [
        ACTOR,
        {"id": ACTOR, "type": "Person"},
        [ACTOR, "https://b.example/x"],
        [{"id": ACTOR}, {"id": "https://b.example/x"}],
    ],
)
def test_the_first_author_counts(author: object) -> None:
    assert objects.parse_object(stated(attributedTo=author)).attributed_to == ACTOR


@pytest.mark.parametrize(
    ("members", "language"),
    [
        ({"content": "b", "contentMap": {"de": "a", "ru": "b"}}, "ru"),
        ({"content": "c", "contentMap": {"de": "a", "ru": "b"}}, "de"),
        ({"contentMap": {"de": "a", "ru": "b"}}, "de"),
        ({"content": "c", "nameMap": {"fr": "n"}, "summaryMap": {"ka": "s"}}, "fr"),
        ({"content": "c", "summaryMap": {"ka": "s"}}, "ka"),
        ({"content": "c"}, None),
        ({"contentMap": {"de": None}}, None),
        ({}, None),
    ],
)
def test_the_language_is_the_one_whose_text_is_the_content_else_the_first(
    members: dict[str, Any], language: str | None
) -> None:
    assert objects.parse_object(stated(**members)).language == language


def test_texts_that_stand_in_maps_alone_are_read() -> None:
    parsed = objects.parse_object(
        stated(
            nameMap={"eu": "izena", "de": "n"},
            summaryMap={"eu": "s", "de": "z"},
            contentMap={"eu": "testua", "de": "t"},
        )
    )

    assert (parsed.name, parsed.summary, parsed.content) == ("izena", "s", "testua")
    assert list(parsed.content_map.items()) == [("eu", "testua"), ("de", "t")]


def test_the_text_itself_counts_more_than_its_map() -> None:
    parsed = objects.parse_object(stated(name="", nameMap={"de": "n"}, content="", contentMap={"de": "t"}))

    assert (parsed.name, parsed.content) == ("", "")


def test_a_long_name_is_cut() -> None:
    assert objects.parse_object(stated(name="x" * 2049)).name == "x" * 2048


def test_texts_of_100_000_characters_are_read() -> None:
    text = "ы" * 100_000

    parsed = objects.parse_object(stated(content=text, summary=text, contentMap={"ru": text}))

    assert (parsed.content, parsed.summary, parsed.language) == (text, text, "ru")


@pytest.mark.parametrize("reference", [None, "tag:a.example,2017:x", [], {"type": "Note"}])
def test_an_answer_to_what_has_no_address_is_no_answer(reference: object) -> None:
    assert objects.parse_object(stated(inReplyTo=reference)).in_reply_to is None


@pytest.mark.parametrize("sensitive", [None, False, "true", 1, []])
def test_only_true_is_sensitive(sensitive: object) -> None:
    assert objects.parse_object(stated(sensitive=sensitive)).sensitive is False


def test_tags_keep_their_order_and_bad_ones_are_left_out() -> None:
    tags = [
        {"type": "Mention", "href": "https://remote.example/users/x", "name": "@x"},
        "https://remote.example/tags/y",
        {"type": ["Hashtag"], "name": "#z"},
        {"name": "#typeless"},
        {"type": "Hashtag", "name": 7, "href": "x"},
        {"type": "Emoji", "name": "x" * 2049},
    ]

    assert objects.parse_object(stated(tag=tags)).tags == (
        Tag(type="Mention", name="@x", href="https://remote.example/users/x"),
        Tag(type="Hashtag", name=None, href=None),
        Tag(type="Emoji", name="x" * 2048, href=None),
    )


def test_a_page_on_another_host_is_not_taken_for_the_authors() -> None:
    assert objects.parse_object(stated(url="https://evil.example/x")).url is None


def test_a_tombstone_is_read() -> None:
    document = {"id": URI, "type": "Tombstone", "formerType": "Note", "deleted": "2026-11-22T09:00:00Z"}

    assert objects.is_tombstone(document)
    assert objects.parse_tombstone(document) == Tombstone(
        uri=URI, former_type="Note", deleted_at=datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
    )
    assert objects.parse_tombstone({"id": URI, "type": "Tombstone"}) == Tombstone(uri=URI)


@pytest.mark.parametrize("kind", ["Note", ["Tombstone"], None])
def test_what_is_no_tombstone_is_refused_as_one(kind: object) -> None:
    assert not objects.is_tombstone({"type": kind})
    with pytest.raises(errors.Malformed, match=r"^an object is no Tombstone$"):
        objects.parse_tombstone({"id": URI, "type": kind})


# -- writing


def test_an_article_in_two_languages_is_written_as_peers_need_it() -> None:
    document = objects.render_object(FACTS)

    assert document == {
        "@context": contexts.OBJECT_CONTEXT,
        "id": URI,
        "type": "Article",
        "attributedTo": ACTOR,
        "to": [PUBLIC],
        "cc": [f"{ACTOR}/followers"],
        "inReplyTo": "https://remote.example/notes/1",
        "published": "2026-11-22T09:00:00Z",
        "updated": "2026-11-23T09:00:00Z",
        "url": "https://berlin.example/@berlin/ru/zayavlenie",
        "name": "Заявление",
        "nameMap": {"ru": "Заявление", "de": "Erklärung"},
        "summary": "<p>Кратко</p>",
        "summaryMap": {"ru": "<p>Кратко</p>", "de": "<p>Kurz</p>"},
        "content": "<p>Мы требуем</p>",
        "contentMap": {"ru": "<p>Мы требуем</p>", "de": "<p>Wir fordern</p>"},
        "sensitive": True,
        "tag": [
            {"type": "Hashtag", "name": "#Streik", "href": "https://berlin.example/tags/streik"},
            {"type": "Mention", "name": "@x@remote.example", "href": "https://remote.example/users/x"},
        ],
        "attachment": [
            {
                "type": "Image",
                "mediaType": "image/png",
                "url": "https://berlin.example/media/1.png",
                "name": "Demo",
                "summary": "Demo",
                "width": 2,
                "height": 1,
            }
        ],
        "replies": f"{URI}/replies",
        "likes": f"{URI}/likes",
        "shares": f"{URI}/shares",
        "interactionPolicy": {
            "canQuote": {"automaticApproval": [ACTOR], "manualApproval": []},
            "canReply": {"automaticApproval": [f"{ACTOR}/followers"], "manualApproval": [PUBLIC]},
            "canLike": {"automaticApproval": [PUBLIC], "manualApproval": []},
            "canAnnounce": {"automaticApproval": [PUBLIC], "manualApproval": []},
        },
    }
    assert document["@context"] is not contexts.OBJECT_CONTEXT


def test_the_primary_language_comes_first_in_each_map_on_the_wire() -> None:
    document = jsonld.load(jsonld.dump(objects.render_object(FACTS)))

    for name in ("nameMap", "summaryMap", "contentMap"):
        assert list(document[name]) == ["ru", "de"]
    assert document["content"] == document["contentMap"]["ru"]


def test_what_a_note_lacks_is_not_written() -> None:
    assert objects.render_object(NOTE) == {
        "@context": contexts.OBJECT_CONTEXT,
        "id": URI,
        "type": "Note",
        "attributedTo": ACTOR,
        "to": [PUBLIC],
        "cc": [],
        "published": "2026-11-22T09:00:00Z",
        "url": "https://berlin.example/@berlin/de/hallo",
        "content": "<p>Hallo</p>",
        "contentMap": {"de": "<p>Hallo</p>"},
        "sensitive": False,
        "tag": [],
        "attachment": [],
    }


def test_a_name_in_the_second_language_alone_stands_in_the_map_alone() -> None:
    texts = (Text(language="de", content="a"), Text(language="ru", content="b", name="n", summary="s"))

    document = objects.render_object(replace(NOTE, texts=texts))

    assert "name" not in document
    assert "summary" not in document
    assert document["nameMap"] == {"ru": "n"}
    assert document["summaryMap"] == {"ru": "s"}


def test_an_object_never_changed_before_it_was_published() -> None:
    early = replace(FACTS, updated=FACTS.published - timedelta(seconds=1))

    assert objects.render_object(early)["updated"] == "2026-11-22T09:00:00Z"


def test_times_are_written_in_utc_and_whole_seconds() -> None:
    moment = datetime(2026, 11, 22, 10, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=1)))

    document = objects.render_object(replace(NOTE, published=moment, updated=moment))

    assert document["published"] == document["updated"] == "2026-11-22T09:00:00Z"


def test_an_event_is_written_with_its_facts() -> None:
    event = EventFacts(
        starts_at=datetime(2026, 12, 1, 18, 0, tzinfo=UTC),
        ends_at=datetime(2026, 12, 1, 20, 0, tzinfo=UTC),
        timezone="Europe/Berlin",
        places=(
            Place(name="Haus", address="Weg 1, Berlin", url="https://haus.example/"),
            Place(name="Hof"),
        ),
        online_url="https://meet.example/x",
        organisers=(
            Organiser(name="Gruppe Berlin", actor_uri=ACTOR),
            Organiser(name="RISE", url="https://rise.example/"),
        ),
        sign_up_url="https://berlin.example/sign-up",
    )

    document = objects.render_object(replace(NOTE, type="Event", event=event))

    assert {name: document[name] for name in document if name not in objects.render_object(NOTE)} == {
        "startTime": "2026-12-01T18:00:00Z",
        "endTime": "2026-12-01T20:00:00Z",
        "timezone": "Europe/Berlin",
        "location": [
            {"type": "Place", "name": "Haus", "address": "Weg 1, Berlin", "url": "https://haus.example/"},
            {"type": "Place", "name": "Hof"},
            {"type": "VirtualLocation", "name": "https://meet.example/x", "url": "https://meet.example/x"},
        ],
        "organizers": {
            "type": "OrganizersCollection",
            "totalItems": 2,
            "items": [
                {"type": "Organization", "id": ACTOR, "name": "Gruppe Berlin"},
                {"type": "Organization", "name": "RISE", "url": "https://rise.example/"},
            ],
        },
        "ical:status": "CONFIRMED",
        "joinMode": "external",
        "externalParticipationUrl": "https://berlin.example/sign-up",
    }


def test_what_an_event_lacks_is_not_written() -> None:
    event = EventFacts(starts_at=datetime(2026, 12, 1, 18, 0, tzinfo=UTC), timezone="UTC")

    document = objects.render_object(replace(NOTE, type="Event", event=event))

    assert {name: document[name] for name in document if name not in objects.render_object(NOTE)} == {
        "startTime": "2026-12-01T18:00:00Z",
        "timezone": "UTC",
        "organizers": {"type": "OrganizersCollection", "totalItems": 0, "items": []},
        "ical:status": "CONFIRMED",
        "joinMode": "none",
    }


def test_a_tombstone_is_written_and_read_back() -> None:
    document = objects.tombstone(URI, "Article", datetime(2026, 11, 22, 9, 0, tzinfo=UTC))

    assert document == {
        "@context": contexts.ACTIVITY_CONTEXT,
        "id": URI,
        "type": "Tombstone",
        "formerType": "Article",
        "deleted": "2026-11-22T09:00:00Z",
    }
    assert objects.parse_tombstone(document) == Tombstone(
        uri=URI, former_type="Article", deleted_at=datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
    )


def test_an_object_of_ours_is_read_back_as_it_was_meant() -> None:
    document = jsonld.load(jsonld.dump(objects.render_object(FACTS)))

    assert objects.parse_object(document) == Object(
        uri=FACTS.uri,
        type=FACTS.type,
        attributed_to=FACTS.attributed_to,
        name="Заявление",
        summary="<p>Кратко</p>",
        content="<p>Мы требуем</p>",
        language="ru",
        content_map={"ru": "<p>Мы требуем</p>", "de": "<p>Wir fordern</p>"},
        published=FACTS.published,
        updated=FACTS.updated,
        url=FACTS.url,
        in_reply_to=FACTS.in_reply_to,
        tags=FACTS.tags,
        attachments=FACTS.attachments,
        to=FACTS.to,
        cc=FACTS.cc,
        sensitive=True,
    )


def test_a_work_in_other_languages_and_its_terms_are_written_and_read_back() -> None:
    original = objects.parse_object(
        objects.render_object(replace(FACTS, translations=("https://a.example/2",), licence="CC BY-SA 4.0"))
    )
    assert (original.translations, original.translation_of) == (("https://a.example/2",), None)
    assert original.licence == "CC BY-SA 4.0"
    document = objects.render_object(
        replace(FACTS, translation_of="https://a.example/1", translates_digest="zQm")
    )
    assert document["translatesDigest"] == "zQm"
    assert objects.parse_object(document).translation_of == "https://a.example/1"


@pytest.mark.parametrize(
    ("member", "licence"),
    [
        ({"license": "https://licence.example/by"}, "https://licence.example/by"),
        ({"licence": {"identifier": "2", "name": "Attribution"}}, "Attribution"),
        ({"license": {"name": 7}}, None),
        ({"license": ["a", "b"]}, "a"),
        ({"license": ""}, None),
    ],
)
def test_terms_are_read_as_peers_write_them(member: dict[str, object], licence: str | None) -> None:
    assert objects.parse_object(objects.render_object(FACTS) | member).licence == licence


def test_an_event_that_is_called_off_says_so_in_the_words_of_mobilizon() -> None:
    event = EventFacts(starts_at=datetime(2026, 12, 1, 18, 0, tzinfo=UTC), timezone="UTC", is_cancelled=True)

    assert objects.render_object(replace(NOTE, type="Event", event=event))["ical:status"] == "CANCELLED"
