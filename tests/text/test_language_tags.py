"""Language tags in one spelling."""

import pytest

from fedinode import text


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        ("de", "de"),
        ("PT-br", "pt-BR"),
        ("uz_cyrl", "uz-Cyrl"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("es-419", "es-419"),
    ],
)
def test_a_tag_is_returned_in_canonical_case(written: str, tag: str) -> None:
    assert text.canonical_language(written) == tag


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("deutsch", 'did you mean "de"'),
        ("Russian", 'did you mean "ru"'),
        ("Русский", 'did you mean "ru"'),
        ("ua", 'did you mean "uk"'),
        ("zzz", "no language that we know"),
        ("de-DE-1996", "no language tag"),
        ("", "no language tag"),
        ("de-Abcd", "script"),
        ("de-ZX", "country"),
    ],
)
def test_what_is_no_tag_is_refused_with_a_hint(written: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        text.canonical_language(written)
