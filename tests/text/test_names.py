"""Names that people give of themselves: cleaned where that harms nobody, else refused in plain words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedinode import i18n
from fedinode.text import names
from fedinode.text.names import NameRefused


@pytest.mark.parametrize(
    "name",
    [
        "Ana Müller",
        "Людмила Ёлкина",
        "გიორგი მაისურაძე",
        "محمد علی",
        "O'Neill-García, Dr. h. c.",
        "Nguyễn Thị Ánh",
        "J. R. R. T.",
        "Bündnis »Seebrücke« (Halle) & Freunde",
        "129a-Komitee",
        "नमस्ते क्षि",
        "👩🏽\u200d🚀 Zoë",
        "می\u200cخواهم",
    ],
)
def test_names_of_people_stay_as_they_are(name: str) -> None:
    assert names.clean_name(name) == name


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  Ana \t  Müller \r\n", "Ana Müller"),
        ("A\u200bna\u00ad Müller\ufeff", "Ana Müller"),
        ("Mu\u0308ller", "Müller"),
        ("Ana\u00a0Müller", "Ana Müller"),
        ("Ana\x00\x07", "Ana"),
    ],
)
def test_what_nobody_sees_is_put_right(written: str, kept: str) -> None:
    assert names.clean_name(written) == kept


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("Ana\nBen", "one line"),
        ("Ana\u2028Ben", "one line"),
        ("Ana\r\nBcc: x@y.example", "one line"),
        ("https://evil.example", "links"),
        ("Ana www.evil.example", "links"),
        ("kauft-hier.com", "links"),
        ("ana@example.org", "links"),
        ("=1+1;cmd|A", "formula"),
        ("+Ana", "formula"),
        ("-Ana", "formula"),
        ("@Ana", "links"),
        ("<b>Ana</b>", "< and >"),
        ("Ana &copy;", "blank after"),
        ("Ana \u202egnp.exe", "direction"),
        ("Ana \u2066x\u2069", "direction"),
        ("A" * 10_000, "too long"),
        ("A" * 101, "too long"),
        ("Z\u0335\u0321\u0322\u0327\u0328\u0336algo", "pile up"),
        ("", "letter"),
        ("\u200b\u200b", "letter"),
        ("12345", "letter"),
        ("!!!", "letter"),
    ],
)
def test_what_could_mislead_is_refused_with_words_that_help(written: str, words: str) -> None:
    with pytest.raises(NameRefused, match=words) as refused:
        names.clean_name(written)
    assert all(i18n.gettext(str(refused.value), language) != str(refused.value) for language in ("de", "ru"))


def test_a_town_may_be_left_out() -> None:
    assert names.clean_detail(" \u200b ") is None
    assert names.clean_detail(" Halle  (Saale) ") == "Halle (Saale)"
    with pytest.raises(NameRefused):
        names.clean_detail("Halle\nLeipzig")


@given(st.text(max_size=300))
def test_a_name_is_one_clean_line_or_refused(written: str) -> None:
    try:
        name = names.clean_name(written)
    except NameRefused:
        return
    assert name == names.clean_name(name)
    assert not any(char in name for char in "\n\r\u2028\u202e\u200b\ufeff")
    assert 0 < len(name) <= names.MAX_NAME_CHARS
    assert not name.startswith(("=", "+", "-", "@"))
