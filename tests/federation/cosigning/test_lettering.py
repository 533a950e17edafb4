import contextlib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation import errors
from federation.cosigning import lettering

FORBIDDEN = [
    *(0x00, 0x09, 0x0B, 0x0D, 0x1F, 0x7F, 0x80, 0x9F, 0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5),
    *(0x180B, 0x180F, 0x200B, 0x2028, 0x2029, 0x202A, 0x202E, 0x2060, 0x2066, 0x206F, 0x3164, 0xD800, 0xDFFF),
    *(0xE000, 0xF8FF, 0xFE00, 0xFE0D, 0xFEFF, 0xFFA0, 0xFFF0, 0xFFFD, 0xFFFF, 0xE0000, 0xE0041, 0xE0FFF),
    *(0xF0000, 0x100000, 0x10FFFF),
]
# The neighbours of each forbidden range: letters, signs and blanks that people write.
ALLOWED = [
    *(
        0x0A,
        0x20,
        0x7E,
        0xA0,
        0xAC,
        0xAE,
        0x61B,
        0x61D,
        0x115E,
        0x1161,
        0x17B6,
        0x180A,
        0x2010,
        0x2027,
        0x202F,
    ),
    *(0x205F, 0x2070, 0x3165, 0xFE10, 0xFEFE, 0xFFEF, 0x10000, 0x1F600),
]


@pytest.mark.parametrize("code", FORBIDDEN, ids=lambda code: f"U+{code:04X}")
def test_a_character_that_nobody_sees_is_refused(code: int) -> None:
    with pytest.raises(errors.Malformed, match="nobody sees"):
        lettering.require_visible(f"a{chr(code)}b")


@pytest.mark.parametrize("code", ALLOWED, ids=lambda code: f"U+{code:04X}")
def test_its_neighbours_are_taken(code: int) -> None:
    lettering.require_visible(f"a{chr(code)}b")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Gemeinsame Erklärung\nZweite Zeile",
        "Совместное заявление",
        # Persian: a joiner that keeps two letters apart; Sinhala: one that joins them.
        "می\u200cخواهیم",
        "ක්\u200dරියා",
        "🏳\ufe0f\u200d🌈 und 👩\u200d👩\u200d👧",
        "❤\ufe0f",
        "☎\ufe0e 030",
        "עברית\u200f",
        "abc\u200e",
    ],
)
def test_what_people_write_is_taken(text: str) -> None:
    lettering.require_visible(text)


@pytest.mark.parametrize("text", ["a\u0308", "e\u0301", "\u212b"])
def test_a_second_spelling_of_the_same_letters_is_refused(text: str) -> None:
    assert unicodedata.normalize("NFC", text) != text
    with pytest.raises(errors.Malformed, match="NFC"):
        lettering.require_visible(text)


@pytest.mark.parametrize("joiner", list("\u200c\u200d\u200e\u200f\ufe0e\ufe0f"), ids=ascii)
def test_a_joiner_stands_after_something_visible(joiner: str) -> None:
    lettering.require_visible(f"a{joiner}b")
    for text in (f"{joiner}a", f"a {joiner}b", f"a\n{joiner}b", f"a\u00a0{joiner}b", f"a{joiner}{joiner}b"):
        with pytest.raises(errors.Malformed, match="joins nothing"):
            lettering.require_visible(text)


@pytest.mark.parametrize(
    "text", ["a\ufe0f\u200d", "a\u200d\ufe0fb", "a\ufe0f\u200d\u200db", "a\u200c\u200db", "a\ufe0f\u200cb"]
)
def test_only_one_pair_of_joiners_belongs_together(text: str) -> None:
    lettering.require_visible("a\ufe0f\u200db")
    with pytest.raises(errors.Malformed, match="joins nothing"):
        lettering.require_visible(text)


@pytest.mark.parametrize("joiner", ["\u200c", "\u200d"], ids=ascii)
def test_a_zero_width_joiner_does_not_end_a_text(joiner: str) -> None:
    with pytest.raises(errors.Malformed, match="joins nothing"):
        lettering.require_visible(f"a{joiner}")


@pytest.mark.parametrize("text", ["", "Kein Krieg", "A & B", "A &1", "A&", "AT&Ж", "x" * 500, 'say "no"'])
def test_a_name_is_plain_text(text: str) -> None:
    lettering.require_plain(text, 500)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Kein Krieg <und keine Aufrüstung", "HTML"),
        ("a > b", "HTML"),
        ("A &amp; B", "HTML"),
        ("A &Beta", "HTML"),
        ("A&#65;", "HTML"),
        (" a", "trimmed"),
        ("a ", "trimmed"),
        ("a\u00a0", "trimmed"),
        ("a\nb", "trimmed"),
        ("a\tb", "nobody sees"),
        ("a\u0308", "NFC"),
        ("x" * 501, "longer than 500"),
    ],
)
def test_anything_else_is_no_name(text: str, reason: str) -> None:
    with pytest.raises(errors.Malformed, match=reason):
        lettering.require_plain(text, 500)


@given(st.text(st.characters(), max_size=30))
def test_any_text_is_visible_or_malformed(text: str) -> None:
    with contextlib.suppress(errors.Malformed):
        lettering.require_visible(text)
        assert unicodedata.normalize("NFC", text) == text
        assert not any(unicodedata.category(each) in ("Cc", "Cs", "Co") for each in text if each != "\n")
