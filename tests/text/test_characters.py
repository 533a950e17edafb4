"""Characters that are equal, invisible, or belong together."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedinode import text
from fedinode.text.characters import graphemes


def test_text_is_normalised_on_reading() -> None:
    assert text.normalise("\ufeffe\u0301\r\nx\ry") == "é\nx\ny"


def test_invisible_characters_are_cut_and_named() -> None:
    assert text.without_invisible("So\u00adli\u200bda\u202eri\u00e9") == (
        "Solidari\u00e9",
        frozenset("\u00ad\u200b\u202e"),
    )


def test_persian_and_emoji_keep_their_joiners() -> None:
    written = "می\u200cخواهم 👩\u200d👧 ❤\ufe0f\u200d🔥"
    assert text.without_invisible(written) == (written, frozenset())


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("\u200da", "a"),
        ("a \u200db", "a b"),
        ("a\u200d\u200db", "a\u200db"),
        ("a\u200d", "a"),
        ("a\tb", "a    b"),
    ],
)
def test_joiners_that_join_nothing_are_cut(written: str, kept: str) -> None:
    assert text.without_invisible(written)[0] == kept


@given(st.text())
def test_what_was_cleaned_needs_no_cleaning(written: str) -> None:
    visible, _ = text.without_invisible(text.normalise(written))
    assert text.without_invisible(visible) == (visible, frozenset())
    assert unicodedata.is_normalized("NFC", visible)


@pytest.mark.parametrize(
    ("one", "other"),
    [("STRASSE", "straße"), ("ＢＥＲＬＩＮ", "berlin"), ("Грузия", "ГРУЗИЯ"), ("a  b", " A\tB ")],
)
def test_names_are_compared_folded(one: str, other: str) -> None:
    assert text.fold(one) == text.fold(other)


@given(st.text())
def test_folding_twice_changes_nothing(written: str) -> None:
    assert text.fold(text.fold(written)) == text.fold(written)


def test_words_are_what_stands_between_blanks() -> None:
    assert text.count_words("anti-war activists – and 8,000 others’ friends") == 6


@pytest.mark.parametrize("cluster", ["e\u0301", "👩‍👩‍👧", "👍🏽", "🇬🇪", "❤️", "각", "नि"])
def test_a_reader_takes_it_for_one_character(cluster: str) -> None:
    assert list(graphemes(cluster)) == [cluster]
    assert list(graphemes(f"a{cluster}b")) == ["a", cluster, "b"]


def test_flags_come_in_pairs() -> None:
    assert list(graphemes("🇬🇪🇵🇹")) == ["🇬🇪", "🇵🇹"]


def test_a_short_text_is_not_cut() -> None:
    assert text.excerpt("two\n words", 9) == "two words"


def test_a_long_text_is_cut_at_a_word() -> None:
    assert text.excerpt("one two, three four", 12) == "one two…"
    assert text.excerpt("one two three four", 8) == "one two…"


def test_a_long_word_is_cut_between_characters() -> None:
    assert text.excerpt("👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧", 2) == "👩‍👩‍👧…"


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_an_excerpt_is_never_longer_than_asked(written: str, limit: int) -> None:
    assert len(list(graphemes(text.excerpt(written, limit)))) <= limit
