"""The statement as it is signed: its members, its projection, its digest."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from federation import errors, jsonld, objects
from federation.cosigning import documents
from federation.cosigning.documents import Edition, SignedFile
from federation.objects import Approval, InteractionPolicy, ObjectFacts, Text
from tests.federation import samples

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
#: R1 of the protocol: a statement has these members and no others.
MEMBERS = frozenset(
    {
        *("@context", "id", "type", "attributedTo", "to", "cc", "published", "updated", "url", "sensitive"),
        *("name", "nameMap", "summary", "summaryMap", "content", "contentMap", "authoritativeLanguage"),
        *("revision", "salt", "textDigest", "signedText", "attachment", "tag", "coSignatures"),
        *("individualSignatures", "interactionPolicy", "likes", "shares", "replies", "context", "proof"),
    }
)
FACTS = ObjectFacts(
    uri="https://berlin.example/statements/abc",
    type="Article",
    attributed_to="https://berlin.example/collectives/berlin",
    texts=(
        Text(language="de", name="Titel", summary="<p>Kurz</p>", content="<p>Ganz</p>"),
        Text(language="en", name="Title", summary="<p>Short</p>", content="<p>Whole</p>"),
    ),
    published=datetime(2026, 12, 1, 8, tzinfo=UTC),
    url="https://berlin.example/@berlin/de/titel",
    to=(PUBLIC,),
    cc=("https://berlin.example/collectives/berlin/followers",),
    replies="https://berlin.example/statements/abc/replies",
    likes="https://berlin.example/statements/abc/likes",
    policy=InteractionPolicy(can_quote=Approval()),
)
EDITION = Edition(
    authoritative_language="de",
    revision=1,
    salt="q83vEjRWeJCrze8SNFZ4kA",
    files=(
        SignedFile(
            type="Image",
            media_type="image/webp",
            name="Ein Bild",
            url="https://berlin.example/media/x.webp",
            digest_multibase="zQmX",
        ),
    ),
    can_co_sign=(PUBLIC,),
)


@pytest.fixture(scope="module")
def vectors() -> Any:
    return samples.load("cosign_vectors.json")


def test_projection_of_the_sample_statement_is_the_published_one(vectors: Any) -> None:
    text = documents.signed_text(vectors["objects"]["article"])
    assert text == vectors["signedText"]
    assert documents.canonical(text).decode() == vectors["signedText_jcs"]


def test_digest_of_the_sample_statement_is_the_published_one(vectors: Any) -> None:
    assert documents.digest(documents.signed_text(vectors["objects"]["article"])) == vectors["textDigest"]


def test_context_is_the_constant_of_the_vectors(vectors: Any) -> None:
    assert vectors["contexts"]["Article"] == documents.ARTICLE_CONTEXT


def test_statement_has_no_members_that_nobody_signs() -> None:
    facts = replace(FACTS, in_reply_to="https://koeln.example/1")
    assert set(documents.render_statement(facts, EDITION)) <= MEMBERS


def test_statement_carries_the_digest_of_its_own_text() -> None:
    document = documents.render_statement(FACTS, EDITION)
    assert document["textDigest"] == documents.digest(documents.signed_text(document))


def test_where_people_sign_is_no_part_of_the_signed_text() -> None:
    closed = documents.render_statement(FACTS, EDITION)
    open_one = documents.render_statement(
        FACTS, replace(EDITION, people_uri="https://berlin.example/signers")
    )
    assert "individualSignatures" not in closed
    assert open_one == closed | {"individualSignatures": "https://berlin.example/signers"}


def test_statement_tells_who_may_co_sign() -> None:
    policy = documents.render_statement(FACTS, EDITION)["interactionPolicy"]
    assert policy["canCoSign"] == {"automaticApproval": [], "manualApproval": [PUBLIC]}
    assert policy["canQuote"] == {"automaticApproval": [], "manualApproval": []}


def test_summary_is_signed_where_there_is_one() -> None:
    assert documents.signed_text(documents.render_statement(FACTS, EDITION))["summary"] == {
        "de": "<p>Kurz</p>",
        "en": "<p>Short</p>",
    }


def test_text_without_summary_has_no_such_member() -> None:
    bare = tuple(replace(text, summary=None) for text in FACTS.texts)
    document = documents.render_statement(replace(FACTS, texts=bare), EDITION)
    assert "summary" not in documents.signed_text(document)


@pytest.mark.parametrize(
    "change",
    [
        {"revision": 2},
        {"salt": "AAAAAAAAAAAAAAAAAAAAAA"},
        {"contentMap": {"de": "<p>Ganz anders</p>", "en": "<p>Whole</p>"}},
        {"nameMap": {"de": "Titel!", "en": "Title"}},
        {"summaryMap": {"de": "<p>Lang</p>", "en": "<p>Short</p>"}},
        {"attachment": []},
        {"id": "https://berlin.example/statements/abd"},
    ],
)
def test_digest_changes_with_whatever_is_signed(change: dict[str, Any]) -> None:
    document = documents.render_statement(FACTS, EDITION)
    changed = documents.signed_text(document | change)
    assert documents.digest(changed) != document["textDigest"]


@pytest.mark.parametrize("change", [{"updated": "2027-01-01T00:00:00Z"}, {"tag": []}, {"cc": []}])
def test_digest_stays_where_nothing_signed_changed(change: dict[str, Any]) -> None:
    document = documents.render_statement(FACTS, EDITION)
    assert documents.digest(documents.signed_text(document | change)) == document["textDigest"]


@pytest.mark.parametrize("member", ["id", "nameMap", "contentMap", "attachment", "salt", "revision"])
def test_statement_without_a_signed_member_is_malformed(member: str) -> None:
    document = documents.render_statement(FACTS, EDITION)
    del document[member]
    with pytest.raises(errors.Malformed):
        documents.signed_text(document)


def test_attachment_that_is_no_object_is_malformed() -> None:
    document = documents.render_statement(FACTS, EDITION) | {"attachment": ["https://berlin.example/x"]}
    with pytest.raises(errors.Malformed):
        documents.signed_text(document)


def test_number_that_json_cannot_hold_exactly_is_malformed() -> None:
    with pytest.raises(errors.Malformed):
        documents.canonical({"revision": 2**60})


def test_primary_language_comes_first_in_the_bytes() -> None:
    body = jsonld.dump(documents.render_statement(FACTS, EDITION))
    assert body.index(b'"de":"<p>Ganz</p>"') < body.index(b'"en":"<p>Whole</p>"')


def test_statement_without_policy_still_says_who_may_co_sign() -> None:
    document = documents.render_statement(replace(FACTS, policy=None), EDITION)
    assert list(document["interactionPolicy"]) == ["canCoSign"]
    assert objects.parse_object(document).type == "Article"
