"""Finding records in a file without believing any of it."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation import errors, jsonld
from federation.cosigning import bundle
from federation.jsonld import Document
from tests.federation.cosigning import cells

HEADER = b'{"type":"CoSignBundle","version":2'


def loaded(source: bytes, member: str) -> list[Document | None]:
    return list(bundle.read(source).records(member))


def test_records_are_found_in_an_indented_file() -> None:
    made = cells.bundle(cells.entry(), tally={"a": 1})
    source = json.dumps(made, indent=2, ensure_ascii=False).encode()
    read = bundle.read(source)
    assert read.version == 2
    for member in bundle.MEMBERS:
        expected = made[member] if member in bundle.LIST_MEMBERS else [made[member]]
        assert list(read.records(member)) == expected


def test_blanks_and_unknown_members_do_no_harm() -> None:
    source = b' \t\r\n{ "version" : 1 , "signedText":{"a":[1,"]"]}, "x":null,'
    source += b'"type": "CoSignBundle", "entries" : [ ] } \n'
    read = bundle.read(source)
    assert (read.version, read.places["entries"]) == (1, [])


def test_brackets_and_quotes_in_texts_end_no_record() -> None:
    source = HEADER + rb',"entries":[{"a":"]}\"[{\\"},{"b":[[]]}]}'
    assert loaded(source, "entries") == [{"a": ']}"[{\\'}, {"b": [[]]}]


@pytest.mark.parametrize(
    "record",
    [
        b'{"a":1,"a":2}',
        b'{"a":1.5}',
        b'{"a":9007199254740993}',
        b'{"a":NaN}',
        b'{"a":"\\ud800"}',
        b'{"a":"\\u0000"}',
        b'{"a":"\xff"}',
        b'{"@graph":[]}',
        b"[]",
        b'"x"',
        b"-",
        b"null",
        b'{"a":' + b"[" * 20 + b"]" * 20 + b"}",
        b'{"a":"' + b"x" * 262144 + b'"}',
    ],
)
def test_a_bad_record_affects_no_other(record: bytes) -> None:
    good = b'{"b":1}'
    source = HEADER + b',"entries":[' + good + b"," + record + b"," + good + b"]}"
    assert loaded(source, "entries") == [{"b": 1}, None, {"b": 1}]
    lines = [HEADER + b"}", *(b'{"entries":' + each + b"}" for each in (good, record, good))]
    assert loaded(b"\n".join(lines), "entries") == [{"b": 1}, None, {"b": 1}]


def test_a_record_of_256_kib_is_loaded() -> None:
    record = b'{"a":"' + b"x" * (262144 - 8) + b'"}'
    assert loaded(HEADER + b',"entries":[' + record + b"]}", "entries") != [None]


def test_floats_are_read_where_they_are_asked_for() -> None:
    read = bundle.read(HEADER + b',"actors":[{"focalPoint":[0.5,-0.5]}]}')
    assert list(read.records("actors", floats=True)) == [{"focalPoint": [0.5, -0.5]}]
    assert list(read.records("actors")) == [None]


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b" ",
        b"null",
        b"[]",
        b"{}",
        b'{"type":"CoSignBundle"}',
        b'{"type":"CoSignBundle","version":0}',
        b'{"type":"CoSignBundle","version":3}',
        b'{"type":"CoSignBundle","version":true}',
        b'{"type":"CoSignBundle","version":2.0}',
        b'{"type":"CoSignBundle","version":"2"}',
        b'{"type":"CoSignBundle","version":{"a":' + b"1" * 64 + b"}}",
        b'{"type":"Article","version":2}',
        b'{"version":2,"entries":[]}',
        HEADER,
        HEADER + b',"entries":[]',
        HEADER + b',"entries":[}}',
        HEADER + b',"entries":[{},]}',
        HEADER + b',"entries":[{} {}]}',
        HEADER + b',"entries":{}}',
        HEADER + b',"entries":1}',
        HEADER + b',"entries":"[]"}',
        HEADER + b',"version":2}',
        HEADER + b',"entries":[],"entries":[]}',
        HEADER + b',"entries":[],}',
        HEADER + b',"entries":[]]',
        HEADER + b',"entries" []}',
        b'{"type":"CoSignBundle","version":2x,"entries":[]}',
        b'{"type":CoSignBundle,"version":2,"entries":[]}',
        HEADER + b",entries:[]}",
        HEADER + b',"\\u0065ntries":[]}',
        HEADER + b"}}",
        b"\xef\xbb\xbf" + HEADER + b"}",
        HEADER + b',"x":' + b"[" * 5000 + b"]" * 5000 + b"}",
    ],
)
def test_what_is_no_bundle_is_malformed(source: bytes) -> None:
    with pytest.raises(errors.Malformed):
        bundle.read(source)


def test_nesting_to_the_limit_is_read() -> None:
    deepest = b"[" * 19 + b"]" * 19
    assert loaded(HEADER + b',"entries":[{"a":' + deepest + b"}]}", "entries") != [None]


# -- one record a line


def test_a_file_of_lines_needs_no_header_and_no_order() -> None:
    source = b'{"entries":{"a":1}}\n\n  \r\n{"statement":{"b":2}}\r\n{"entries":{"c":3}}'
    read = bundle.read(source)
    assert read.version == 2
    assert list(read.records("entries")) == [{"a": 1}, {"c": 3}]
    assert list(read.records("statement")) == [{"b": 2}]
    assert read.unread_lines == 0


def test_a_header_may_stand_anywhere() -> None:
    assert bundle.read(b'{"entries":{}}\n{"type":"CoSignBundle","version":1}').version == 1


def test_a_header_of_an_unknown_version_is_malformed() -> None:
    with pytest.raises(errors.Malformed, match="version"):
        bundle.read(b'{"entries":{}}\n{"type":"CoSignBundle","version":3}')


def test_lines_without_a_record_are_counted() -> None:
    source = b'{"entries":{}}\nnonsense\n{"entries":{},"actors":{}}\n{"other":{}}\n{}\n{"entries":{}'
    read = bundle.read(source)
    assert (len(read.places["entries"]), read.unread_lines) == (1, 5)


def test_what_is_written_in_lines_is_read_back() -> None:
    made = cells.bundle(cells.entry(), cells.entry(cells.HALLE), tally={"x": 1})
    lines = list(bundle.dump_lines(made))
    assert lines[0] == b'{"type":"CoSignBundle","version":2,"created":"2026-12-02T00:00:00Z"}\n'
    assert all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in lines)
    read = bundle.read(b"".join(lines))
    for member in bundle.MEMBERS:
        assert list(read.records(member)) == (
            made[member] if member in bundle.LIST_MEMBERS else [made[member]]
        )


def test_members_that_a_bundle_lacks_make_no_lines() -> None:
    assert list(bundle.dump_lines({"type": "CoSignBundle", "version": 2})) == [HEADER + b"}\n"]


# -- limits


def entries(count: int, former: int = 0) -> bytes:
    return b'%s,"entries":[%s],"formerEntries":[%s]}' % (
        HEADER,
        b",".join([b"{}"] * count),
        b",".join([b"{}"] * former),
    )


def test_10000_entries_are_read_and_one_more_is_too_many() -> None:
    assert len(bundle.read(entries(8_000, 2_000)).places["entries"]) == 8_000
    with pytest.raises(errors.TooLarge, match="more records"):
        bundle.read(entries(8_000, 2_001))


def test_60000_records_are_read_and_one_more_is_too_many() -> None:
    source = HEADER + b',"actors":[' + b",".join([b"{}"] * 60_000) + b"]}"
    assert len(bundle.read(source).places["actors"]) == 60_000
    with pytest.raises(errors.TooLarge, match="more records"):
        bundle.read(source[:-2] + b",{}]}")


def test_a_file_of_too_many_lines_is_refused_unread() -> None:
    most = b'{"entries":{}}' + b"\n" * 120_000
    assert len(bundle.read(most).places["entries"]) == 1
    with pytest.raises(errors.TooLarge, match="more lines"):
        bundle.read(most + b"\n")


def test_64_mib_are_read_and_one_byte_more_is_not() -> None:
    source = HEADER + b"}"
    longest = source + b" " * (bundle.MAX_BUNDLE_BYTES - len(source))
    assert bundle.read(longest).version == 2
    with pytest.raises(errors.TooLarge, match="64 MiB"):
        bundle.read(longest + b" ")


def test_a_bundle_does_not_show_its_content() -> None:
    assert repr(bundle.read(HEADER + b',"tally":{}}')) == "Bundle(version=2, unread_lines=0)"


@given(st.binary(max_size=60), st.binary(max_size=20))
def test_any_bytes_are_a_bundle_or_malformed(source: bytes, inner: bytes) -> None:
    for each in (
        source,
        HEADER + source,
        HEADER + b',"entries":[' + inner + b"]}",
        b'{"entries":' + inner + b"}",
    ):
        with contextlib.suppress(errors.Malformed):
            read = bundle.read(each)
            for member in bundle.MEMBERS:
                list(read.records(member))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.dictionaries(st.text(max_size=3), JSON),
    st.lists(st.dictionaries(st.text(max_size=3), JSON), max_size=3),
)
def test_records_are_found_as_the_json_reader_finds_them(statement: Document, items: list[Document]) -> None:
    document = {"type": "CoSignBundle", "version": 2, "statement": statement, "entries": items}
    for source in (
        json.dumps(document).encode(),
        json.dumps(document, indent=1, ensure_ascii=False).encode(),
    ):
        read = bundle.read(source)
        for member, expected in (("statement", [statement]), ("entries", items)):
            assert [json.loads(source[slice(*place)]) for place in read.places[member]] == expected
    assert jsonld.dump(document)
