"""The strict loader and the getters: what is taken, what is refused, and with which error."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from federation import contexts, errors, jsonld


def refuses(body: bytes, **options: object) -> errors.Malformed:
    with pytest.raises(errors.Malformed) as caught:
        jsonld.load(body, **options)  # type: ignore[arg-type]  # options are ints and bools
    return caught.value


# -- load


def test_an_object_is_loaded_with_its_members_in_order() -> None:
    document = jsonld.load('{"b": 1, "a": ["ü", true, null, 0.5, -3], "c": {}}'.encode())

    assert list(document.items()) == [("b", 1), ("a", ["ü", True, None, 0.5, -3]), ("c", {})]


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"1", b"null", b"true"])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    assert str(refuses(body)) == "a document is not a JSON object"


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"a":1,}', b"{'a':1}", b'{"a":1} x', b'{"a":01}', b'{"a":"\n"}']
)
def test_what_is_no_json_is_refused(body: bytes) -> None:
    assert str(refuses(body)).startswith("a document is not JSON: ")


def test_a_body_of_exactly_the_limit_is_loaded_and_one_byte_more_is_not() -> None:
    body = b'{"a":"' + b"x" * 92 + b'"}'
    assert len(body) == 100

    assert jsonld.load(body, max_bytes=100) == {"a": "x" * 92}
    refused = refuses(body, max_bytes=99)
    assert isinstance(refused, errors.TooLarge)
    assert refused.answer == 413


def test_the_limit_is_one_mebibyte_unless_told_otherwise() -> None:
    body = b'{"a":"' + b"x" * (1_048_576 - 8) + b'"}'

    assert jsonld.load(body)["a"][0] == "x"
    assert isinstance(refuses(body + b" "), errors.TooLarge)


def nested(depth: int) -> bytes:
    return b'{"a":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


def test_a_depth_of_twenty_is_loaded_and_twenty_one_is_not() -> None:
    assert jsonld.load(nested(20))
    assert str(refuses(nested(21))) == "a document is nested deeper than 20"
    assert jsonld.load(nested(3), max_depth=3)
    assert str(refuses(nested(4), max_depth=3)) == "a document is nested deeper than 3"


def test_depth_is_counted_before_the_parser_recurses() -> None:
    assert str(refuses(b'{"a":' + b"[" * 500_000)) == "a document is nested deeper than 20"


def test_brackets_inside_strings_do_not_count_as_depth() -> None:
    text = "[{" * 50 + '\\" [{'
    document = {"a": text, "b": [[1], [2], [3]] * 50}

    assert jsonld.load(json.dumps(document).encode()) == document


def test_depth_goes_down_again_at_each_closing_bracket() -> None:
    document: jsonld.Document = {str(number): {"x": [[]]} for number in range(30)}

    assert jsonld.load(json.dumps(document).encode(), max_depth=4) == document


def test_a_closing_bracket_goes_down_by_one_alone() -> None:
    assert jsonld.load(b'{"a":[[[],[[]]]]}', max_depth=5)
    assert str(refuses(b'{"a":[[[],[[]]]]}', max_depth=4)) == "a document is nested deeper than 4"


def test_shallow_brackets_that_do_not_close_are_left_to_the_parser() -> None:
    assert str(refuses(b'{"a":[' + b"[]," * 30 + b"}")).startswith("a document is not JSON: ")


def test_an_endless_string_of_escaped_quotes_is_refused_at_once() -> None:
    # A scanner that starts again at each quote would need minutes for this.
    assert str(refuses(b'{"a":"' + b'\\"' * 500_000)).startswith("a document is not JSON: ")


@pytest.mark.parametrize("body", [b'{"a":1,"a":1}', b'{"a":{"b":1,"b":2}}', b'{"a":1,"\\u0061":2}'])
def test_a_member_named_twice_is_refused(body: bytes) -> None:
    assert str(refuses(body)) == "a JSON object names a member twice"


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_are_not_json_are_refused(word: str) -> None:
    assert str(refuses(f'{{"a":{word}}}'.encode())) == f"{word} is not JSON"


@pytest.mark.parametrize("number", ["1e400", "-1e400"])
def test_a_number_that_overflows_is_refused(number: str) -> None:
    assert str(refuses(f'{{"a":{number}}}'.encode())) == "a number is too large"


def test_floats_are_kept_unless_they_are_refused() -> None:
    body = b'{"focalPoint":[0.25,-1.0]}'

    assert jsonld.load(body) == {"focalPoint": [0.25, -1.0]}
    assert str(refuses(body, floats=False)) == "a number is not an integer"
    assert str(refuses(b'{"a":1e2}', floats=False)) == "a number is not an integer"
    assert jsonld.load(b'{"a":12}', floats=False) == {"a": 12}


@pytest.mark.parametrize("number", [2**53 - 1, -(2**53 - 1), 0])
def test_integers_that_every_reader_keeps_are_loaded(number: int) -> None:
    assert jsonld.load(f'{{"a":{number}}}'.encode()) == {"a": number}


@pytest.mark.parametrize("digits", [str(2**53), str(-(2**53)), "1" * 18, "9" * 5000])
def test_integers_that_some_readers_round_are_refused(digits: str) -> None:
    assert str(refuses(f'{{"a":{digits}}}'.encode())) == (
        "an integer is too large to be read exactly everywhere"
    )


@pytest.mark.parametrize(
    "body", [b'{"a":"x\\u0000y"}', b'{"a\\u0000":1}', b'{"a":[["\\u0000"]]}', b'{"a":{"b":"\\u0000"}}']
)
def test_u_0000_is_refused_wherever_it_stands(body: bytes) -> None:
    assert str(refuses(body)) == "a string holds U+0000"


@pytest.mark.parametrize(
    "body", [b'{"a":"\\ud800"}', b'{"a":"\\uDFFFx"}', b'{"\\ud83d":1}', b'{"a":[{"b":["\\udc00\\ud800"]}]}']
)
def test_half_a_character_is_refused_wherever_it_stands(body: bytes) -> None:
    assert str(refuses(body)) == "a string holds half a character (a lone surrogate)"


def test_escaped_characters_are_loaded() -> None:
    body = b'{"a":"\\u003cp\\u003e \\ud83d\\ude00 \\\\u0000 \\ud7ff\\ue000", "b":1}'

    assert jsonld.load(body) == {"a": "<p> \U0001f600 \\u0000 \ud7ff\ue000", "b": 1}


@pytest.mark.parametrize("body", [b'{"a":"\xff"}', '{"a":1}'.encode("utf-16"), b'{"a":"\xed\xa0\x80"}'])
def test_what_is_not_utf_8_is_refused(body: bytes) -> None:
    assert str(refuses(body)) == "a document is not UTF-8"


def test_a_byte_order_mark_is_refused() -> None:
    assert str(refuses(b'\xef\xbb\xbf{"a":1}')) == "a document begins with a byte order mark"


@pytest.mark.parametrize("keyword", ["@graph", "@included", "@reverse"])
@pytest.mark.parametrize(
    "shape", ['{{"{0}":[]}}', '{{"a":[{{"{0}":1}}]}}', '{{"@context":{{"x":{{"{0}":"y"}}}}}}']
)
def test_keywords_that_rearrange_a_document_are_refused_at_any_depth(keyword: str, shape: str) -> None:
    assert str(refuses(shape.format(keyword).encode())) == (
        "a document uses a JSON-LD keyword that rearranges it"
    )


@pytest.mark.parametrize(
    "definition", ['"@graph"', '{"@id":"@included"}', '{"@id":"@reverse","@type":"@id"}']
)
def test_another_name_for_such_a_keyword_is_refused(definition: str) -> None:
    for context in (f'{{"x":{definition}}}', f'["https://a.example/", {{"y":"z","x":{definition}}}]'):
        assert str(refuses(f'{{"@context":{context}}}'.encode())) == (
            "a @context gives another name to a keyword that rearranges the document"
        )


@pytest.mark.parametrize("context", ["1", "true", "null", '["https://a.example/", 1]', "[[]]", "[null]"])
def test_a_context_that_is_no_string_object_or_list_of_them_is_refused(context: str) -> None:
    for shape in ('{{"@context":{0}}}', '{{"object":{{"@context":{0}}}}}'):
        assert str(refuses(shape.format(context).encode())) == (
            "a @context is not a string, an object or a list of them"
        )


def test_a_context_has_at_most_twenty_entries() -> None:
    twenty = json.dumps({"@context": ["https://a.example/"] * 20}).encode()
    more = json.dumps({"@context": ["https://a.example/"] * 21}).encode()

    assert jsonld.load(twenty)
    assert str(refuses(more)) == "a @context has more than 20 entries"


@pytest.mark.parametrize(
    "context",
    ['"https://a.example/"', "[]", "{}", '[{"a":"b"},"c"]', '{"a":{"@id":"as:a"},"b":{"@type":"@id"},"c":1}'],
)
def test_ordinary_contexts_are_loaded(context: str) -> None:
    assert jsonld.load(f'{{"@context":{context}}}'.encode()) == {"@context": json.loads(context)}


@pytest.mark.parametrize(
    "context", [contexts.ACTIVITY_CONTEXT, contexts.OBJECT_CONTEXT, contexts.ACTOR_CONTEXT]
)
def test_our_own_contexts_are_loaded(context: list[object]) -> None:
    document = {"@context": context}

    assert jsonld.load(jsonld.dump(document)) == document


# -- dump


def test_a_document_is_written_compact_in_utf_8_and_in_order() -> None:
    document = {"b": "ü😀</", "a": [1, None, True], "contentMap": {"de": "x", "ar": "y"}}

    assert jsonld.dump(document) == (
        '{"b":"ü😀</","a":[1,null,true],"contentMap":{"de":"x","ar":"y"}}'.encode()
    )


def test_numbers_that_are_not_json_are_not_written() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        jsonld.dump({"a": float("nan")})


# -- references


def test_a_single_value_and_a_list_read_alike() -> None:
    assert jsonld.as_list(None) == []
    assert jsonld.as_list("a") == ["a"]
    assert jsonld.as_list({"id": "a"}) == [{"id": "a"}]
    assert jsonld.as_list(["a", "b"]) == ["a", "b"]


def test_everybody_is_known_in_three_spellings() -> None:
    for uri in ("https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"):
        assert jsonld.is_public(uri)
    for uri in ("https://www.w3.org/ns/activitystreams#public", "public", ""):
        assert not jsonld.is_public(uri)


def test_an_id_is_read_from_a_string_or_an_object() -> None:
    assert jsonld.id_of("https://a.example/1") == "https://a.example/1"
    assert jsonld.id_of({"id": "https://a.example/1", "type": "Note"}) == "https://a.example/1"
    assert jsonld.id_of(None) is None
    assert jsonld.id_of({"type": "Note"}) is None


@pytest.mark.parametrize(
    "value", [1, True, ["https://a.example/1"], {"id": 1}, {"id": ["x"]}, {"id": {"id": "x"}}]
)
def test_any_other_reference_is_refused(value: object) -> None:
    with pytest.raises(errors.Malformed, match="a reference is neither an address nor an object with one"):
        jsonld.id_of(value)


GOOD_URIS = [
    "https://a.example/",
    "https://a.example",
    "http://berlin.localhost:8001/actor",
    "https://REMOTE.example/a/17",
    "https://a.example/?author=1#main-key",
    "https://дом.example/путь",
    "https://[2001:db8::1]:444/x",
    "https://a.example/" + "x" * (2048 - 18),
]
BAD_URIS = [
    "",
    "a",
    "/a",
    "//a.example/",
    "ftp://a.example/",
    "HTTPS://a.example/",
    "did:key:z6Mk",
    "acct:a@a.example",
    "javascript:alert(1)",
    "data:text/plain,x",
    "https://",
    "https:///path",
    "https://:80/",
    "https://a.example:port/",
    "https://a.example:99999/",
    "https://[::1/",
    "https://a.example/ b",
    "https://a.example/\n",
    "https://a.example/\x85",
    "https://a.example/\u2028",
    'https://a.example/"',
    "https://a.example/<b>",
    "https://a.example\\@b.example/",
    "https://a.example/`",
    "https://a.example/{uri}",
    "https://a.example/" + "x" * (2049 - 18),
]


@pytest.mark.parametrize("uri", GOOD_URIS)
def test_an_http_address_with_a_host_is_an_id(uri: str) -> None:
    assert jsonld.require_uri(uri, "id") == uri
    assert jsonld.is_uri(uri)


@pytest.mark.parametrize("uri", [*BAD_URIS, None, 1, ["https://a.example/"]])
def test_anything_else_is_no_id(uri: object) -> None:
    assert not jsonld.is_uri(uri)
    with pytest.raises(errors.Malformed, match=r"^inbox (is|names)"):
        jsonld.require_uri(uri, "inbox")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (7, "inbox is not an address"),
        ("https://a.example/" + "x" * 2048, "inbox is longer than 2048 characters"),
        ("acct:a@a.example", "inbox is not an http address"),
        ("https://a.example/\t", "inbox is not an http address"),
        ("https://a.example:port/", "inbox is not a proper address"),
        ("https://?x", "inbox names no host"),
    ],
)
def test_the_message_says_what_is_wrong_with_an_address(value: object, message: str) -> None:
    with pytest.raises(errors.Malformed) as caught:
        jsonld.require_uri(value, "inbox")

    assert str(caught.value) == message


# -- getters


def test_a_reference_is_read_by_name() -> None:
    document = {"a": "https://a.example/1", "b": {"id": "https://a.example/2"}, "c": None, "d": {"type": "x"}}

    assert jsonld.get_uri(document, "a") == "https://a.example/1"
    assert jsonld.get_uri(document, "b") == "https://a.example/2"
    assert jsonld.get_uri(document, "c") is None
    assert jsonld.get_uri(document, "d") is None
    assert jsonld.get_uri(document, "e") is None
    with pytest.raises(errors.Malformed, match="b is not an http address"):
        jsonld.get_uri({"b": {"id": "x"}}, "b")


def test_a_reference_that_is_needed_and_missing_is_named() -> None:
    assert jsonld.require_member({"id": "https://a.example/1"}, "id") == "https://a.example/1"
    with pytest.raises(errors.Malformed, match=r"^actor is missing$"):
        jsonld.require_member({}, "actor")


@pytest.mark.parametrize("kind", [None, "", 1, [], ["Create"], ["Create", "Delete"], {"id": "Create"}])
def test_a_type_that_is_not_one_name_is_refused(kind: object) -> None:
    with pytest.raises(errors.Malformed, match=r"^type is not one name$"):
        jsonld.require_type({"type": kind})


def test_a_type_is_read_as_it_stands() -> None:
    assert jsonld.require_type({"type": "Create"}) == "Create"


def test_a_string_is_read_up_to_its_limit() -> None:
    assert jsonld.get_str({"a": "abc"}, "a") == "abc"
    assert jsonld.get_str({"a": "abc"}, "a", max_characters=3) == "abc"
    assert jsonld.get_str({"a": None}, "a") is None
    assert jsonld.get_str({}, "a") is None
    with pytest.raises(errors.TooLarge, match=r"^a is longer than 2 characters$"):
        jsonld.get_str({"a": "abc"}, "a", max_characters=2)
    with pytest.raises(errors.Malformed, match=r"^a is not a string$"):
        jsonld.get_str({"a": ["abc"]}, "a")


def test_a_boolean_is_true_or_false_and_nothing_like_it() -> None:
    assert jsonld.get_bool({"a": True}, "a") is True
    assert jsonld.get_bool({"a": False}, "a") is False
    assert jsonld.get_bool({"a": None}, "a") is None
    for value in (1, 0, "true", ["x"]):
        with pytest.raises(errors.Malformed, match=r"^a is not true or false$"):
            jsonld.get_bool({"a": value}, "a")


def test_a_count_is_an_integer_from_zero() -> None:
    assert jsonld.get_count({"a": 0}, "a") == 0
    assert jsonld.get_count({"a": 7}, "a") == 7
    assert jsonld.get_count({}, "a") is None
    for value in (-1, True, 1.0, "1"):
        with pytest.raises(errors.Malformed, match=r"^a is not a count$"):
            jsonld.get_count({"a": value}, "a")


def test_a_time_is_read_and_one_that_cannot_be_read_counts_as_absent() -> None:
    assert jsonld.get_time({"a": "2026-11-22T01:27:53+01:00"}, "a") == datetime(
        2026, 11, 22, 0, 27, 53, tzinfo=UTC
    )
    for value in (None, "", "yesterday", "2026-13-01T00:00:00Z", "0000-01-01T00:00:00Z", "2026-11-22"):
        assert jsonld.get_time({"a": value}, "a") is None
    with pytest.raises(errors.Malformed, match=r"^a is not a string$"):
        jsonld.get_time({"a": 1_700_000_000}, "a")


def test_an_embedded_object_is_read_and_anything_else_counts_as_absent() -> None:
    assert jsonld.get_document({"a": {"b": 1}}, "a") == {"b": 1}
    for value in (None, "x", 1, [{"b": 1}]):
        assert jsonld.get_document({"a": value}, "a") is None


def test_a_list_is_bounded() -> None:
    assert jsonld.get_list({"a": "x"}, "a") == ["x"]
    assert jsonld.get_list({}, "a") == []
    assert len(jsonld.get_list({"a": ["x"] * 500}, "a")) == 500
    with pytest.raises(errors.TooLarge, match=r"^a has more than 500 items$"):
        jsonld.get_list({"a": ["x"] * 501}, "a")
    assert jsonld.get_list({"a": ["x"] * 2}, "a", max_items=2) == ["x", "x"]
    with pytest.raises(errors.TooLarge, match=r"^a has more than 2 items$"):
        jsonld.get_list({"a": ["x"] * 3}, "a", max_items=2)


def test_ids_are_read_in_order_each_once_and_what_is_none_is_left_out() -> None:
    document = {
        "alsoKnownAs": [
            "https://b.example/2",
            {"id": "https://a.example/1"},
            "did:plc:xyz",
            None,
            "",
            {"type": "Person"},
            "https://b.example/2",
        ]
    }

    assert jsonld.get_uris(document, "alsoKnownAs") == ("https://b.example/2", "https://a.example/1")
    assert jsonld.get_uris(document, "to") == ()
    with pytest.raises(errors.TooLarge):
        jsonld.get_uris(document, "alsoKnownAs", max_items=6)
    with pytest.raises(errors.Malformed):
        jsonld.get_uris({"a": [["https://b.example/2"]]}, "a")


@pytest.mark.parametrize("spelling", ["https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"])
def test_recipients_are_read_with_everybody_in_the_full_spelling(spelling: str) -> None:
    document = {"to": [spelling, "https://a.example/followers", "as:Public", ""], "cc": spelling}

    assert jsonld.get_recipients(document, "to") == (
        "https://www.w3.org/ns/activitystreams#Public",
        "https://a.example/followers",
    )
    assert jsonld.get_recipients(document, "cc") == ("https://www.w3.org/ns/activitystreams#Public",)
    assert jsonld.get_recipients(document, "bto") == ()


def test_recipients_beyond_500_are_refused() -> None:
    recipients = [f"https://a.example/{number}" for number in range(501)]

    assert len(jsonld.get_recipients({"to": recipients[:500]}, "to")) == 500
    with pytest.raises(errors.TooLarge, match=r"^to has more than 500 items$"):
        jsonld.get_recipients({"to": recipients}, "to")


def test_a_map_of_languages_keeps_its_order_and_leaves_out_null() -> None:
    document = {"contentMap": {"ru": "б", "de": "b", "fr": None}}

    assert list(jsonld.get_language_map(document, "contentMap").items()) == [("ru", "б"), ("de", "b")]
    assert jsonld.get_language_map(document, "nameMap") == {}


def test_a_map_of_languages_is_bounded_and_holds_strings() -> None:
    assert len(jsonld.get_language_map({"m": {str(n): "" for n in range(500)}}, "m")) == 500
    with pytest.raises(errors.TooLarge, match=r"^m has more than 500 languages$"):
        jsonld.get_language_map({"m": {str(n): "" for n in range(501)}}, "m")
    with pytest.raises(errors.Malformed, match=r"^m is not a map of languages$"):
        jsonld.get_language_map({"m": ["de"]}, "m")
    with pytest.raises(errors.Malformed, match=r"^de is not a string$"):
        jsonld.get_language_map({"m": {"de": 1}}, "m")
    with pytest.raises(errors.TooLarge, match=r"^de is longer than 2 characters$"):
        jsonld.get_language_map({"m": {"de": "abc"}}, "m", max_characters=2)


@pytest.mark.parametrize(
    ("url", "uri", "beside"),
    [
        ("https://a.example/@x", "https://a.example/users/x", True),
        ("https://A.example/@x", "https://a.EXAMPLE/users/x", True),
        ("https://a.example:444/", "https://a.example:444/x", True),
        ("https://a.example:444/", "https://a.example/x", False),
        ("http://a.example/", "https://a.example/x", False),
        ("https://b.example/", "https://a.example/x", False),
        ("https://www.a.example/", "https://a.example/x", False),
    ],
)
def test_addresses_are_beside_each_other_on_one_origin(url: str, uri: str, beside: bool) -> None:
    assert jsonld.is_beside(url, uri) is beside
