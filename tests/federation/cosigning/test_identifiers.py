import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation import errors
from federation.cosigning import identifiers

Check = Callable[[object], object]
LONGEST = "https://leipzig.example/" + "a" * (1024 - 24)


@pytest.mark.parametrize(
    ("uri", "origin"),
    [
        ("https://leipzig.example", "https://leipzig.example"),
        ("https://leipzig.example/", "https://leipzig.example"),
        ("https://leipzig.example/actor", "https://leipzig.example"),
        ("https://a-b.leipzig.example:8443/~x/?q=1&r=[2]", "https://a-b.leipzig.example:8443"),
        ("https://xn--kln-sna.example/actor", "https://xn--kln-sna.example"),
        ("https://1.leipzig.4you/actor", "https://1.leipzig.4you"),
        ("http://berlin.localhost:8001/collectives/berlin", "http://berlin.localhost:8001"),
        ("https://localhost/actor", "https://localhost"),
        ("http://localhost:443/actor", "http://localhost:443"),
        ("https://berlin.localhost:80/actor", "https://berlin.localhost:80"),
        ("https://leipzig.example/!$%&'()*+,-./:;=?@[]_~", "https://leipzig.example"),
        (LONGEST, "https://leipzig.example"),
        ("https://" + "a" * 63 + ".example/", "https://" + "a" * 63 + ".example"),
        ("https://leipzig.example:65535/", "https://leipzig.example:65535"),
    ],
)
def test_an_id_has_one_spelling_and_an_origin(uri: str, origin: str) -> None:
    assert identifiers.require_id(uri) == uri
    assert identifiers.origin_of(uri) == origin


@pytest.mark.parametrize(
    "uri",
    [
        None,
        1,
        ["https://leipzig.example/actor"],
        "",
        "urn:uuid:1",
        "javascript:alert(1)",
        "http://leipzig.example/actor",
        "http://localhost.example/actor",
        "ftp://leipzig.example/",
        "https:/leipzig.example/",
        "https://leipzig/actor",
        "https://Leipzig.example/actor",
        "https://leipzig.EXAMPLE/actor",
        "HTTPS://leipzig.example/actor",
        "https://leipzig.example./actor",
        "https://.leipzig.example/actor",
        "https://leipzig..example/actor",
        "https://-leipzig.example/actor",
        "https://leipzig-.example/actor",
        "https://leip_zig.example/actor",
        "https://\u212aoeln.example/actor",
        "https://k\u043eeln.example/actor",
        "https://köln.example/actor",
        "https://koeln.example\\@evil.example/",
        "https://user@leipzig.example/actor",
        "https://leipzig.example:443/actor",
        "http://berlin.localhost:80/actor",
        "https://leipzig.example:/actor",
        "https://leipzig.example:0/actor",
        "https://leipzig.example:08443/actor",
        "https://leipzig.example:65536/actor",
        "https://leipzig.example:123456/actor",
        "https://1.2.3.4/actor",
        "https://1.2.3.4",
        "https://1.2.3.4:8443/actor",
        "https://[::1]/actor",
        "https://leipzig.example?x",
        "https://leipzig.example/actor#main-key",
        "https://leipzig.example/a b",
        "https://leipzig.example/a\n",
        "https://leipzig.example/ä",
        'https://leipzig.example/"',
        "https://leipzig.example/<",
        "https://leipzig.example/>",
        "https://leipzig.example/\\",
        "https://leipzig.example/^",
        "https://leipzig.example/`",
        "https://leipzig.example/{",
        "https://leipzig.example/|",
        "https://leipzig.example/}",
        "https://leipzig.example/\x7f",
        LONGEST + "a",
        "https://" + "a" * 64 + ".example/",
        "https://" + "a." * 126 + "ab/",
    ],
)
def test_what_could_be_written_otherwise_is_no_id(uri: object) -> None:
    with pytest.raises(errors.Malformed):
        identifiers.require_id(uri)


def test_the_longest_host_has_253_characters() -> None:
    host = "a." * 126 + "a"
    assert len(host) == 253
    assert identifiers.require_id(f"https://{host}/")


def test_an_id_beside_another_one_has_its_origin() -> None:
    uri = "https://leipzig.example/actor"
    assert identifiers.require_beside("https://leipzig.example/x", uri) == "https://leipzig.example/x"
    for other in (
        "https://koeln.example/x",
        "https://leipzig.example:8443/x",
        "https://x.leipzig.example/x",
        None,
    ):
        with pytest.raises(errors.Malformed):
            identifiers.require_beside(other, uri)


@pytest.mark.parametrize("fragment", ["cosign-1", "main-key", "a", "A.b_c-9", "x" * 64])
def test_a_key_id_is_its_owner_and_a_fragment(fragment: str) -> None:
    owner = "https://leipzig.example/actor"
    assert identifiers.require_key_id(f"{owner}#{fragment}", owner) == f"{owner}#{fragment}"


@pytest.mark.parametrize(
    "key_id",
    [
        None,
        "https://leipzig.example/actor",
        "https://leipzig.example/actor#",
        "https://leipzig.example/actor#a b",
        "https://leipzig.example/actor#a#b",
        "https://leipzig.example/actor#" + "x" * 65,
        "https://leipzig.example/actor/#a",
        "https://leipzig.example/#a",
        "https://koeln.example/actor#a",
        "#a",
    ],
)
def test_anything_else_is_no_key_id(key_id: object) -> None:
    with pytest.raises(errors.Malformed):
        identifiers.require_key_id(key_id, "https://leipzig.example/actor")


def test_the_purpose_of_a_key_stands_in_its_fragment() -> None:
    owner = "https://leipzig.example/actor"
    assert identifiers.require_key_id(f"{owner}#cosign-2", owner, identifiers.COSIGN_FRAGMENT)
    for fragment in ("ed25519-1", "main-key", "Cosign-1", "xcosign-1", "cosign"):
        with pytest.raises(errors.Malformed, match="purpose"):
            identifiers.require_key_id(f"{owner}#{fragment}", owner, identifiers.COSIGN_FRAGMENT)


GOOD: list[tuple[Check, object]] = [
    (identifiers.require_digest, "zQmXgEAyFUPfw1hJgpWHX8HocLxXFt8PPF5wGHoysqPc8DG"),
    (identifiers.require_key, "z6Mkhe15QbTRsJdweVJiRa5xyD8FRRgTKR64sUVgTphKcdhk"),
    (identifiers.require_salt, "q83vEjRWeJCrze8SNFZ4kA"),
    (identifiers.require_salt, "AB_-0123456789abcdefgh"),
    (identifiers.require_language, "de"),
    (identifiers.require_language, "kmr"),
    (identifiers.require_language, "sr-Latn"),
    (identifiers.require_language, "zh-Hant-TW"),
    (identifiers.require_language, "es-419"),
    (identifiers.require_time, "2026-12-01T08:00:00Z"),
    (identifiers.require_time, "2028-02-29T23:59:59Z"),
    (identifiers.require_revision, 1),
    (identifiers.require_revision, 1_000_000),
]
BAD: list[tuple[Check, object]] = [
    (identifiers.require_digest, "zQmXgEAyFUPfw1hJgpWHX8HocLxXFt8PPF5wGHoysqPc8D"),
    (identifiers.require_digest, "zQmXgEAyFUPfw1hJgpWHX8HocLxXFt8PPF5wGHoysqPc8DGG"),
    (identifiers.require_digest, "zQmXgEAyFUPfw1hJgpWHX8HocLxXFt8PPF5wGHoysqPc8D0"),
    (identifiers.require_digest, "QmXgEAyFUPfw1hJgpWHX8HocLxXFt8PPF5wGHoysqPc8DGa"),
    (identifiers.require_digest, None),
    (identifiers.require_key, "z6LSkhe15QbTRsJdweVJiRa5xyD8FRRgTKR64sUVgTphKcdhk"),
    (identifiers.require_key, "z6Mkhe15QbTRsJdweVJiRa5xyD8FRRgTKR64sUVgTphKcdh"),
    (identifiers.require_key, "z6Mkhe15QbTRsJdweVJiRa5xyD8FRRgTKR64sUVgTphKcdhI"),
    (identifiers.require_salt, "q83vEjRWeJCrze8SNFZ4k"),
    (identifiers.require_salt, "q83vEjRWeJCrze8SNFZ4kA="),
    (identifiers.require_salt, "q83vEjRWeJCrze8SNFZ4k+"),
    (identifiers.require_salt, 22),
    (identifiers.require_language, ""),
    (identifiers.require_language, "d"),
    (identifiers.require_language, "deut"),
    (identifiers.require_language, "DE"),
    (identifiers.require_language, "de-de"),
    (identifiers.require_language, "de-latn"),
    (identifiers.require_language, "de_DE"),
    (identifiers.require_language, "de-DE-1996"),
    (identifiers.require_language, "de\n"),
    (identifiers.require_time, "2026-12-01T08:00:00.5Z"),
    (identifiers.require_time, "2026-12-01T08:00:00+00:00"),
    (identifiers.require_time, "2026-12-01T08:00Z"),
    (identifiers.require_time, "2026-12-01t08:00:00z"),
    (identifiers.require_time, "2026-02-30T08:00:00Z"),
    (identifiers.require_time, "2026-12-01T24:00:00Z"),
    (identifiers.require_time, "9"),
    (identifiers.require_time, 9),
    (identifiers.require_revision, 0),
    (identifiers.require_revision, -5),
    (identifiers.require_revision, 1_000_001),
    (identifiers.require_revision, True),
    (identifiers.require_revision, 1.0),
    (identifiers.require_revision, "1"),
    (identifiers.require_revision, None),
]


@pytest.mark.parametrize(("check", "value"), GOOD)
def test_a_value_in_its_one_form_is_returned(check: Check, value: object) -> None:
    assert check(value) == value


@pytest.mark.parametrize(("check", "value"), BAD)
def test_a_value_in_any_other_form_is_malformed(check: Check, value: object) -> None:
    with pytest.raises(errors.Malformed):
        check(value)


@given(st.text(max_size=40), st.sampled_from(list(dict(GOOD))))
def test_any_text_has_the_form_or_is_malformed(text: str, check: Check) -> None:
    for value in (text, f"https://{text}"):
        with contextlib.suppress(errors.Malformed):
            assert check(value) == value
        with contextlib.suppress(errors.Malformed):
            assert value.startswith(identifiers.origin_of(identifiers.require_id(value)))
