"""Lists on paper: what a file may look like, and what is said of a line that cannot be taken."""

import pytest

from fedinode.errors import ListRefused
from fedinode.services.supporting import paper


def test_columns_and_words_may_be_of_three_languages() -> None:
    sheet = paper.read("Имя;Город;Страна;Вид;Публиковать\nЛюдмила;Київ;украина;человек;да\n".encode())
    (line,) = sheet.lines
    assert (line.name, line.city, line.country, line.kind, line.shown) == (
        "Людмила",
        "Київ",
        "UA",
        "person",
        "here",
    )
    (group,) = paper.read("Name,Art,Land\nSeebrücke,Gruppe,Österreich\n".encode()).lines
    assert (group.kind, group.country, group.shown) == ("organisation", "AT", "number")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"city\nBonn\n", "no column called name"),
        (b"name,eyes\nAna,blue\n", "column eyes"),
        ("name\nMüß\n".encode("cp1252"), "save it as CSV in UTF-8"),
        (b"", "empty"),
    ],
)
def test_what_is_no_list_is_refused_with_words_that_help(content: bytes, words: str) -> None:
    with pytest.raises(ListRefused, match=words):
        paper.read(content)


def test_each_faulty_line_is_named_and_the_others_are_read() -> None:
    sheet = paper.read(
        b'name;city;country\nAna;Bonn;DE\n"A\nB";Bonn;DE\n=1+1;Bonn;DE\nANA;bonn;de\nBen;Bonn;Narnia\nCleo\n'
    )
    assert [line.name for line in sheet.lines] == ["Ana"]
    assert [(fault.line, fault.words.partition(":")[0].rstrip(".")) for fault in sheet.faults] == [
        (3, "Please write this in one line"),
        (5, "Please do not begin with = + - or @"),
        (6, "It says the same as line 2"),
        (7, '"Narnia" is no country; write two letters, as DE or GE'),
        (8, "It has more or fewer cells than the head"),
    ]


def test_the_number_on_the_sheet_tells_namesakes_apart() -> None:
    sheet = paper.read(b"nr,name,city\n1,Ana,Bonn\n2,Ana,Bonn\n")
    assert len(sheet.lines) == 2
    assert sheet.faults == ()
