"""What changed between two texts is marked word by word, and comparing them is never dear."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedinode.text import differences
from fedinode.text.differences import Paragraph, Piece


def marked(before: str, after: str) -> str:
    """Return both texts as one, cut words in [-..-] and added ones in [+..+]."""
    marks = {"same": "{}", "cut": "[-{}-]", "added": "[+{}+]"}
    return "\n".join(
        "".join(marks[piece.kind].format(piece.text) for piece in paragraph.pieces)
        for paragraph in differences.compare(before, after)
    )


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("Acht Stunden.", "Acht Stunden.", "Acht Stunden."),
        ("Acht Stunden.", "Sieben Stunden.", "[-Acht-][+Sieben+] Stunden."),
        (
            "Acht Stunden sind genug.",
            "Acht Stunden, nicht neun, sind genug!",
            "Acht Stunden[+, nicht neun,+] sind genug[-.-][+!+]",
        ),
        ("Eins.\nZwei.", "Eins.\nNeu.\nZwei.", "Eins.\n[+Neu.+]\nZwei."),
        ("Eins.\nZwei.", "Zwei.", "[-Eins.-]\nZwei."),
        ("", "Neu.", "[+Neu.+]"),
    ],
)
def test_words_that_came_or_went_are_marked(before: str, after: str, expected: str) -> None:
    assert marked(before, after) == expected


def test_a_paragraph_knows_whether_it_changed() -> None:
    assert Paragraph(pieces=(Piece(kind="same", text="a"), Piece(kind="cut", text="b"))).is_changed
    assert not Paragraph(pieces=(Piece(kind="same", text="a"),)).is_changed


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        ("x " * 100_000, "x " * 100_001, {"cut": 1, "added": 1}),
        ("\n".join("x" * 50_000), "\n".join("x" * 50_001), {"same": 50_000, "added": 1}),
        (
            "\n".join("x " * 300 + str(each) for each in range(300)),
            "\n".join("y x " * 300 + str(-each) for each in range(300)),
            {"cut": 300, "added": 300},
        ),
    ],
    ids=["words", "lines", "words-in-lines"],
)
def test_texts_that_repeat_themselves_beyond_the_bound_count_as_rewritten(
    before: str, after: str, kinds: dict[str, int]
) -> None:
    # Pairing all their words would take hours.
    found = differences.compare(before, after)
    assert Counter(piece.kind for paragraph in found for piece in paragraph.pieces) == kinds


LINES = st.text(alphabet="ab ,.", max_size=12)
TEXTS = st.lists(LINES, max_size=6).map("\n".join)


@given(TEXTS, TEXTS)
def test_each_text_is_there_whole(before: str, after: str) -> None:
    paragraphs = differences.compare(before, after)
    for text, other in ((before, "added"), (after, "cut")):
        kept = ["".join(piece.text for piece in each.pieces if piece.kind != other) for each in paragraphs]
        assert "".join("".join(kept).split()) == "".join(text.split())
