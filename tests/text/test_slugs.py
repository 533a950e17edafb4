"""Titles as parts of addresses, in ASCII."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedinode import text
from fedinode.text.slugs import MAX_CHARS, is_slug


@pytest.mark.parametrize(
    ("title", "language", "slug"),
    [
        ("Out! Russian troops from Ukraine", "en", "out-russian-troops-from-ukraine"),
        ("Gemeinsame Erklärung für Größe", "de", "gemeinsame-erklaerung-fuer-groesse"),
        ("Contra a agressão imperialista", "pt", "contra-a-agressao-imperialista"),
        ("Специальный выпуск", "ru", "spetsialnyy-vypusk"),
        ("Гуртожиток у Києві", "uk", "hurtozhytok-u-kyievi"),
        ("Щит", "bg", "shtit"),
        ("სოლიდარობა", "ka", "solidaroba"),
        ("Հայաստան և մենք", "hy", "hayastan-ev-menk"),
        ("Αλληλεγγύη", "el", "allileggyi"),
        ("Şişli’de İşçi", "tr", "sislide-isci"),
        ("Łódź", "pl", "lodz"),
        ("مرحبا", "ar", ""),
        ("  !?  ", "en", ""),
    ],
)
def test_a_title_becomes_a_slug(title: str, language: str, slug: str) -> None:
    assert text.slugify(title, language) == slug


def test_a_long_title_is_cut_at_a_word() -> None:
    slug = text.slugify("solidarity " * 20)
    assert slug.endswith("solidarity")
    assert len(slug) <= MAX_CHARS


def test_a_long_word_is_cut() -> None:
    assert text.slugify("a" * 100) == "a" * MAX_CHARS


@given(st.text(max_size=200), st.sampled_from(["", "de", "uk", "sr"]))
def test_any_title_gives_a_slug_or_nothing(title: str, language: str) -> None:
    slug = text.slugify(title, language)
    assert slug == "" or is_slug(slug)
