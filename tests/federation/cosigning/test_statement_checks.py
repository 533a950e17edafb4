"""Which documents are statements: every member signed, or absent."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation import errors
from federation.cosigning import statement_checks, vocabulary
from federation.cosigning.documents import ARTICLE_CONTEXT, FURTHER_TERMS
from federation.jsonld import PUBLIC, Document
from tests.federation.cosigning import cells
from tests.federation.cosigning.cells import LEIPZIG, STATEMENT

FILE = {
    "type": "Document",
    "mediaType": "application/pdf",
    "name": "",
    "url": f"{LEIPZIG.origin}/media/42.pdf",
    "digestMultibase": "zQm" + "1" * 44,
}
TAG = {"type": "Hashtag", "name": "#krieg", "href": f"{LEIPZIG.origin}/tags/krieg"}
OTHER = "https://koeln.example/x"


def without(name: str) -> Document:
    return {key: value for key, value in STATEMENT.items() if key != name}


def languages(*tags: str) -> Document:
    texts = {tag: f"<p>{tag}</p>" for tag in tags}
    names = dict.fromkeys(tags, "N")
    shown = {"name": "N", "summary": "<p>x</p>", "content": "<p>x</p>", "authoritativeLanguage": tags[0]}
    return shown | {"nameMap": names, "summaryMap": texts, "contentMap": texts}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"attachment": [FILE, FILE | {"type": "Image", "mediaType": "image/svg+xml", "name": "Bild"}]},
        {"tag": [TAG] * 30},
        {"tag": [TAG | {"type": "Mention", "href": "https://koeln.example/actor"}]},
        {"updated": "2026-12-01T08:00:01Z"},
        {"to": [], "cc": [PUBLIC, OTHER]},
        {"revision": 1_000_000},
        {"sensitive": True},
        {"likes": OTHER, "shares": OTHER, "replies": OTHER, "context": OTHER},
        {
            "signedText": f"{LEIPZIG.origin}/signed-texts/x",
            "coSignatures": f"{LEIPZIG.origin}/statements/42/c",
        },
        {"individualSignatures": f"{LEIPZIG.origin}/statements/42/i"},
        {"interactionPolicy": {}},
        {"interactionPolicy": {"canQuote": "none", "canCoSign": {"manualApproval": [PUBLIC]}}},
        languages("de"),
        languages("sr-Latn", "sr-Cyrl", "zh-Hant-TW"),
    ],
)
def test_a_statement_may_have_these_members(change: Document) -> None:
    statement_checks.require_form(STATEMENT | change)


@pytest.mark.parametrize(
    "name", ["published", "proof", "to", "cc", "url", "tag", "interactionPolicy", "sensitive"]
)
def test_these_members_may_be_absent(name: str) -> None:
    statement_checks.require_form(without(name))


@pytest.mark.parametrize(
    "name",
    [
        *("@context", "id", "type", "attributedTo", "name", "nameMap", "content", "contentMap", "summary"),
        *("summaryMap", "authoritativeLanguage", "revision", "salt", "textDigest", "attachment"),
    ],
)
def test_these_members_must_be_there(name: str) -> None:
    with pytest.raises(errors.Malformed):
        statement_checks.require_form(without(name))


@pytest.mark.parametrize(
    "name",
    ["preview", "source", "image", "icon", "location", "quote", "inReplyTo", "generator", "audience", "x"],
)
def test_what_people_may_read_is_signed_or_absent(name: str) -> None:
    with pytest.raises(errors.Malformed, match="nobody signs"):
        statement_checks.require_form(STATEMENT | {name: "x"})


@pytest.mark.parametrize(
    "change",
    [
        {"sensitive": None},
        {"tag": [TAG | {"name": None}]},
        {"interactionPolicy": {"canCoSign": {"manualApproval": [None]}}},
        {"id": "http://leipzig.example/statements/42"},
        {"id": [STATEMENT["id"]]},
        {"attributedTo": "https://koeln.example/actor"},
        {"attributedTo": [LEIPZIG.uri]},
        {"attributedTo": {"id": LEIPZIG.uri}},
        {"url": [STATEMENT["url"]]},
        {"url": "https://koeln.example/erklaerung"},
        {"url": {"type": "Link", "href": STATEMENT["url"]}},
        {"revision": True},
        {"revision": 0},
        {"revision": 1_000_001},
        {"salt": "x"},
        {"textDigest": "x"},
        {"published": "2026-12-01T08:00:00+00:00"},
        {"updated": 5},
        {"to": PUBLIC},
        {"cc": [[PUBLIC]]},
        {"cc": ["as:Public"]},
        {"name": 1},
        {"name": ["Erklärung"]},
        {"content": None},
        {"content": 1},
        {"nameMap": ["de"]},
        {"nameMap": {"de": "Erklärung"}},
        {"nameMap": {"de": "Erklärung", "en": ""}},
        {"nameMap": {"de": "Erklärung", "en": 1}},
        {"nameMap": {"de": "Erklärung", "fr": "Déclaration"}},
        {"contentMap": {"de": "<p>x</p>", "en": ["<p>x</p>"]}},
        {"contentMap": 1},
        {"summaryMap": {"de": "<p>x</p>"}},
        {"authoritativeLanguage": "fr"},
        {"authoritativeLanguage": None},
        {"authoritativeLanguage": ["de"]},
        languages("de", "DE"),
        languages("de", "d"),
        languages("zh-Hant", "zh-Hant-"),
        languages("de", "de-de"),
        {"attachment": {}},
        {"attachment": [OTHER]},
        {"attachment": [FILE | {"type": "Video"}]},
        {"attachment": [FILE | {"summary": "x"}]},
        {"attachment": [{key: value for key, value in FILE.items() if key != "name"}]},
        {"attachment": [FILE | {"name": 1}]},
        {"attachment": [FILE | {"mediaType": "application"}]},
        {"attachment": [FILE | {"mediaType": "text/html; charset=x"}]},
        {"attachment": [FILE | {"mediaType": 1}]},
        {"attachment": [FILE | {"url": OTHER}]},
        {"attachment": [FILE | {"digestMultibase": "zQm"}]},
        {"tag": TAG},
        {"tag": [TAG] * 31},
        {"tag": [TAG | {"type": "Emoji"}]},
        {"tag": [TAG | {"icon": OTHER}]},
        {"tag": ["#krieg"]},
        {"tag": [TAG | {"name": ["#krieg"]}]},
        {"tag": [TAG | {"href": "javascript:alert(1)"}]},
        {"signedText": OTHER},
        {"coSignatures": OTHER},
        {"individualSignatures": OTHER},
        {"interactionPolicy": "none"},
        {"interactionPolicy": {"canCoSign": []}},
        {"interactionPolicy": {"canCoSign": {"manualApproval": PUBLIC}}},
        {"interactionPolicy": {"canCoSign": {"automaticApproval": [{"id": OTHER}]}}},
        {"likes": 1},
        {"shares": {"totalItems": 5}},
        {"replies": []},
        {"context": "x"},
        {"sensitive": 0},
    ],
)
def test_a_member_in_another_form_is_malformed(change: Document) -> None:
    with pytest.raises(errors.Malformed):
        statement_checks.require_form(STATEMENT | change)


def test_forty_languages_are_read_and_one_more_is_too_many() -> None:
    tags = [f"{one}{other}" for one in "abcdefghi" for other in "abcde"]
    statement_checks.require_form(STATEMENT | languages(*tags[:40]))
    with pytest.raises(errors.Malformed, match="too many"):
        statement_checks.require_form(STATEMENT | languages(*tags[:41]))


# -- published, shown, visible


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, True),
        ({"to": [OTHER, PUBLIC]}, True),
        ({"to": []}, False),
        ({"to": [OTHER], "cc": [PUBLIC]}, False),
    ],
)
def test_a_published_statement_is_addressed_to_everybody(change: Document, expected: bool) -> None:
    assert statement_checks.is_published(STATEMENT | change) is expected


def test_a_statement_without_date_or_audience_is_not_published() -> None:
    assert not statement_checks.is_published(without("published"))
    assert not statement_checks.is_published(without("to"))


@pytest.mark.parametrize("name", ["name", "summary", "content"])
def test_what_is_shown_is_what_is_signed(name: str) -> None:
    statement_checks.require_content_match(STATEMENT)
    with pytest.raises(errors.Malformed, match=f"the {name} that is shown"):
        statement_checks.require_content_match(STATEMENT | {name: STATEMENT[name] + " "})


def test_a_statement_without_summary_shows_none() -> None:
    statement_checks.require_content_match(
        {name: value for name, value in STATEMENT.items() if name not in ("summary", "summaryMap")}
    )


@pytest.mark.parametrize(
    "change",
    [
        {"nameMap": {"de": "Kein <Krieg>", "en": "x"}},
        {"nameMap": {"de": "x", "en": "x" * 501}},
        {"nameMap": {"de": "x", "en": "x\u200b"}},
        {"contentMap": {"de": "<p>x</p>", "en": "x"}},
        {"contentMap": {"de": "<p>x</p>", "en": "<p>\u202e</p>"}},
        {"contentMap": {"de": "<p>a\u0308</p>", "en": "<p>x</p>"}},
        {"summaryMap": {"de": "<p>x</p>", "en": "x"}},
        {"summaryMap": {"de": "<p>x\r</p>", "en": "<p>x</p>"}},
        {"attachment": [FILE | {"name": "x\n"}]},
        {"attachment": [FILE | {"name": "x" * 501}]},
        {"tag": [TAG | {"name": "<b>"}]},
    ],
)
def test_every_text_that_people_may_read_is_looked_at(change: Document) -> None:
    statement_checks.require_characters(STATEMENT)
    with pytest.raises(errors.Malformed):
        statement_checks.require_characters(STATEMENT | change)


def test_names_of_files_and_tags_may_be_500_characters_long() -> None:
    change = {"attachment": [FILE | {"name": "x" * 500}], "tag": [TAG | {"name": "x" * 500}]}
    statement_checks.require_characters(STATEMENT | change | {"nameMap": {"de": "x" * 500, "en": "x"}})


# -- the context


@pytest.mark.parametrize(
    "more",
    [
        [],
        [{}],
        [FURTHER_TERMS],
        [dict(vocabulary.STATEMENT_TERMS)],
        [{"toot": "http://joinmastodon.org/ns#", "Emoji": "toot:Emoji"}],
        [{"canQuote": {"@id": "gts:canQuote", "@type": "@id"}}],
    ],
)
def test_the_context_may_have_one_object_of_known_terms(more: list[Any]) -> None:
    assert vocabulary.is_statement_context([*ARTICLE_CONTEXT, *more])


@pytest.mark.parametrize(
    "context",
    [
        None,
        [],
        cells.AS,
        ARTICLE_CONTEXT[:2],
        [*ARTICLE_CONTEXT[:2], {**ARTICLE_CONTEXT[2], "content": "as:summary"}],
        list(reversed(ARTICLE_CONTEXT)),
        [*ARTICLE_CONTEXT, "https://evil.example/context"],
        [*ARTICLE_CONTEXT, {}, {}],
        [*ARTICLE_CONTEXT, None],
        [*ARTICLE_CONTEXT, []],
        [*ARTICLE_CONTEXT, {"content": "as:summary"}],
        [*ARTICLE_CONTEXT, {"content": None}],
        [*ARTICLE_CONTEXT, {"contentMap": {"@id": "as:content", "@container": "@set"}}],
        [*ARTICLE_CONTEXT, {"Hashtag": "as:Mention"}],
        [*ARTICLE_CONTEXT, {"Hashtag": None}],
        [*ARTICLE_CONTEXT, {"canQuote": "gts:canQuote"}],
        [*ARTICLE_CONTEXT, {"@propagate": False}],
        [*ARTICLE_CONTEXT, {"@vocab": "https://evil.example/"}],
        [*ARTICLE_CONTEXT, {"Article": {"@id": "as:Article", "@context": {"content": "as:summary"}}}],
        {"0": ARTICLE_CONTEXT},
    ],
)
def test_any_other_context_is_refused(context: object) -> None:
    assert not vocabulary.is_statement_context(context)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(LEIPZIG.uri),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=5,
)


@settings(deadline=None)
@given(st.sampled_from([*STATEMENT, "summary", "tag", "attachment", "likes", "x"]), JSON)
def test_any_value_in_any_member_is_judged(name: str, value: object) -> None:
    document = STATEMENT | {name: value}
    try:
        statement_checks.require_form(document)
    except errors.Malformed:
        return
    statement_checks.is_published(document)
    for check in (statement_checks.require_content_match, statement_checks.require_characters):
        try:
            check(document)
        except errors.Malformed:
            return
