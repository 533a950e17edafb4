"""CSV tables: read however office programs write them, and written so that no cell is a formula."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedinode.text import csv_tables
from fedinode.text.csv_tables import TableRefused

_TABLE = "Name;Ort\r\nJürgen Müß;Köln\r\nЛюдмила;Київ\r\n"


@pytest.mark.parametrize(
    ("content", "encoding", "delimiter"),
    [
        (_TABLE.encode("utf-8"), "utf-8", ";"),
        (_TABLE.encode("utf-8-sig"), "utf-8", ";"),
        (_TABLE.encode("utf-16"), "utf-16", ";"),
        (_TABLE.replace(";", ",").encode("utf-8"), "utf-8", ","),
        (_TABLE.replace(";", "\t").replace("\r\n", "\n").encode("utf-8"), "utf-8", "\t"),
    ],
)
def test_a_table_is_read_as_office_programs_save_it(content: bytes, encoding: str, delimiter: str) -> None:
    table = csv_tables.read(content)
    assert (table.columns, table.encoding, table.delimiter) == (("name", "ort"), encoding, delimiter)
    assert [line.cells["name"] for line in table.lines] == ["Jürgen Müß", "Людмила"]
    assert [line.number for line in table.lines] == [2, 3]


def test_an_old_encoding_is_named_and_never_guessed() -> None:
    german, russian = "name\nMüß\n".encode("cp1252"), "name\nЛюдмила\n".encode("cp1251")
    for content in (german, russian):
        with pytest.raises(TableRefused, match="say which encoding"):
            csv_tables.read(content)
    assert csv_tables.read(german, "cp1252").lines[0].cells == {"name": "Müß"}
    assert csv_tables.read(russian, "cp1251").lines[0].cells == {"name": "Людмила"}
    with pytest.raises(TableRefused, match="no encoding"):
        csv_tables.read(german, "klingon")


def test_lines_are_numbered_as_editors_number_them() -> None:
    table = csv_tables.read(b'name,city\n\n"Ana\nMaria",Bonn\nBen\nCleo,Bonn\n')
    assert [(line.number, line.cells["name"]) for line in table.lines] == [(3, "Ana\nMaria"), (6, "Cleo")]
    assert table.uneven == (5,)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b'name\n"Ana', "Line 2"),
        (b"name,Name\nx,y\n", "same name"),
        (b"PK\x03\x04\x00\x00", "no text file"),
    ],
)
def test_what_is_no_table_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(TableRefused, match=words):
        csv_tables.read(content)


def test_no_cell_that_is_written_is_a_formula() -> None:
    cells = ['=HYPERLINK("https://evil.example")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", None, 3]
    content = csv_tables.write(("a",) * len(cells), [cells])
    written = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))[1]
    assert written[:7] == [f"'{cell}" for cell in cells[:7]]
    assert written[7:] == ["", "3"]


@given(st.lists(st.text().filter(lambda text: "\x00" not in text)))
def test_a_written_table_is_read_again(names: list[str]) -> None:
    read = csv_tables.read(csv_tables.write(("name", "n"), [(name, 1) for name in names]))
    assert [line.cells["name"] for line in read.lines] == [csv_tables.harmless(name) for name in names]


@given(st.binary(max_size=200))
def test_any_file_is_read_or_refused(content: bytes) -> None:
    try:
        table = csv_tables.read(content)
    except TableRefused:
        return
    assert all(set(line.cells) == set(table.columns) for line in table.lines)
