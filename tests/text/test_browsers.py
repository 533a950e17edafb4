import pytest

from fedinode.text.browsers import browser_name

_EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/134.0.0.0 Safari/537.36 Edg/134.0.0.0"
)
_IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.4 Mobile/15E148 Safari/604.1"
)


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (Android 14; Mobile; rv:135.0) Gecko/135.0 Firefox/135.0", "Firefox, Android"),
        (_EDGE, "Edge, Windows"),
        (_IPHONE, "Safari, iPhone"),
        ("curl/8.5.0", ""),
        ("<script>alert(1)</script> Linux", "Linux"),
    ],
)
def test_a_browser_is_named_in_words_of_ours(user_agent: str, name: str) -> None:
    assert browser_name(user_agent) == name
