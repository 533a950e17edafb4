"""Names that a reader may take for each other share an outline; others do not."""

import pytest

from fedinode.text import outline


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Kölner Zelle", "KÖLNER  ZELLE"),
        ("Kölner Zelle", "Kölner-Zelle"),
        ("Berlin", "Веrlin"),
        ("Tocka", "Тоска"),
        ("Halle", "Hаlle"),
        ("ΑΟΙ", "aoi"),
        ("Ｋoeln", "Koeln"),
    ],
)
def test_names_that_look_alike_share_an_outline(one: str, other: str) -> None:
    assert one != other
    assert outline(one) == outline(other)


@pytest.mark.parametrize(("one", "other"), [("Köln", "Halle"), ("Zelle Nord", "Zelle Süd"), ("მზე", "მთა")])
def test_other_names_do_not(one: str, other: str) -> None:
    assert outline(one) != outline(other)


def test_a_name_without_letters_has_none() -> None:
    assert outline("!?★") == ""
