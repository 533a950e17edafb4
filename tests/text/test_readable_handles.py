"""Handles are readable where that cannot deceive."""

import pytest

from fedinode import text

CYRILLIC_PEACE = "xn--h1ahn.example"  # мир.example


@pytest.mark.parametrize(
    ("host", "language", "shown"),
    [
        ("berlin.example", None, "berlin.example"),
        ("berlin.localhost:8001", None, "berlin.localhost:8001"),
        ("xn--bcher-kva.example", "en", "bücher.example"),
        (CYRILLIC_PEACE, "ru", "мир.example"),
        (CYRILLIC_PEACE, "en", CYRILLIC_PEACE),
        (CYRILLIC_PEACE, "xx", CYRILLIC_PEACE),
        (CYRILLIC_PEACE, None, "мир.example"),
        (CYRILLIC_PEACE, "uz-Cyrl", "мир.example"),
        ("мир.example", "en", CYRILLIC_PEACE),
        ("xn--a.example", "en", "xn--a.example"),
    ],
)
def test_a_host_is_shown_in_the_readers_script(host: str, language: str | None, shown: str) -> None:
    assert text.display_host(host, language) == shown


def test_mixed_scripts_are_shown_as_punycode() -> None:
    mixed = "b\u0435rlin.example"  # the second letter is Cyrillic
    assert text.display_handle(f"@berlin@{mixed}", "ru").startswith("@berlin@xn--")


def test_japanese_scripts_belong_together() -> None:
    assert text.display_host("日本ご.example", "ja") == "日本ご.example"


def test_a_handle_keeps_its_name() -> None:
    assert text.display_handle("@berlin@berlin.example", "de") == "@berlin@berlin.example"
