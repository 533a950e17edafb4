import json
import struct

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from federation import errors, jcs
from federation.jsonld import Document
from tests.federation import samples

VECTORS = samples.load("jcs_rfc8785.json")
NUMBERS = VECTORS["numbers_ieee754_hex"]


@pytest.mark.parametrize("name", VECTORS["files"])
def test_the_documents_of_rfc_8785_are_written_as_it_shows(name: str) -> None:
    case = VECTORS["files"][name]
    # Its one list is put into a document; what is inside is written the same.
    document, expected = {"": json.loads(case["input"])}, bytes.fromhex(case["expected_utf8_hex"])
    assert jcs.canonical(document) == b'{"":' + expected + b"}"


@pytest.mark.parametrize("case", [case for case in NUMBERS if case["expected"]], ids=lambda case: case["hex"])
def test_the_numbers_of_rfc_8785_are_written_as_it_shows(case: dict[str, str]) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(case["hex"]))
    assert jcs.canonical({"n": number}).decode() == f'{{"n":{case["expected"]}}}'


@pytest.mark.parametrize(
    "case", [case for case in NUMBERS if not case["expected"]], ids=lambda case: case["hex"]
)
def test_what_is_no_number_has_no_form(case: dict[str, str]) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(case["hex"]))
    with pytest.raises(errors.Malformed, match="JCS"):
        jcs.canonical({"n": number})


@pytest.mark.parametrize(
    "value", [2**53, -(2**53), float("nan"), "\ud800", {1: 2}, {"\ud800": 1}, {"a\ud800": {}}, {1, 2}, b""]
)
def test_what_two_readers_could_read_differently_has_no_form(value: object) -> None:
    with pytest.raises(errors.Malformed, match="JCS"):
        jcs.canonical({"value": value})


@pytest.mark.parametrize("number", [2**53 - 1, -(2**53) + 1])
def test_the_largest_whole_numbers_have_one(number: int) -> None:
    assert jcs.canonical({"n": number}) == f'{{"n":{number}}}'.encode()


def test_a_bottomless_document_has_no_form() -> None:
    document: Document = {}
    document["deeper"] = [document]
    with pytest.raises(errors.Malformed, match="JCS"):
        jcs.canonical(document)


def test_names_beyond_the_basic_plane_are_sorted_as_utf_16() -> None:
    # By code point the other one would come first.
    assert jcs.canonical({"\uff5e": 1, "\U0001f600": 2}) == '{"\U0001f600":2,"\uff5e":1}'.encode()


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text('abcÄ\x00\x1f\x7f"\\/\u2028', max_size=3), JSON, max_size=5))
def test_the_fast_way_and_the_full_one_write_the_same(document: Document) -> None:
    assert jcs.canonical(document) == rfc8785.dumps(document)
