"""Times and key ids of signatures: the rules that both dialects share."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from federation import errors
from federation.signatures import Dialect, signed
from tests.federation.samples import KEY_ID, NOW

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
LIFE = timedelta(minutes=5)


def refuses(created: datetime, expires: datetime | None) -> bool:
    try:
        signed.require_fresh(created, expires, NOW)
    except errors.SignatureRefused:
        return True
    return False


@pytest.mark.parametrize(
    ("created", "refused"),
    [
        (NOW + HOUR + SECOND, True),
        (NOW + HOUR, False),
        (NOW, False),
        (NOW - LIFE - HOUR, False),
        (NOW - LIFE - HOUR - SECOND, True),
    ],
)
def test_a_signature_is_fresh_from_an_hour_ahead_to_65_minutes_ago(created: datetime, refused: bool) -> None:
    assert refuses(created, None) is refused


@pytest.mark.parametrize(
    ("life", "age", "refused"),
    [
        (timedelta(minutes=1), timedelta(minutes=61), False),
        (timedelta(minutes=1), timedelta(minutes=61) + SECOND, True),
        (timedelta(hours=12), timedelta(minutes=65), False),
        (timedelta(hours=12), timedelta(minutes=65) + SECOND, True),
        (timedelta(0), HOUR, False),
        (timedelta(0), HOUR + SECOND, True),
    ],
)
def test_an_expiry_shortens_the_life_of_a_signature_and_never_lengthens_it(
    life: timedelta, age: timedelta, refused: bool
) -> None:
    assert refuses(NOW - age, NOW - age + life) is refused


def test_the_reason_tells_ahead_from_expired() -> None:
    with pytest.raises(errors.SignatureRefused, match="more than an hour ahead"):
        signed.require_fresh(NOW + 2 * HOUR, None, NOW)
    with pytest.raises(errors.SignatureRefused, match="has expired"):
        signed.require_fresh(NOW - 2 * HOUR, None, NOW)
    with pytest.raises(errors.SignatureRefused, match="before it was made"):
        signed.require_fresh(NOW, NOW - SECOND, NOW)


def test_seconds_become_a_moment() -> None:
    assert signed.instant(0) == datetime(1970, 1, 1, tzinfo=UTC)
    assert signed.instant(1_795_262_430) == NOW
    assert signed.instant(99_999_999_999).year == 5138


@pytest.mark.parametrize("seconds", [-1, 100_000_000_000, 10**15])
def test_an_impossible_time_is_refused(seconds: int) -> None:
    with pytest.raises(errors.SignatureRefused, match="impossible time"):
        signed.instant(seconds)


@pytest.mark.parametrize(
    "key_id",
    [
        KEY_ID,
        "https://gts.example/users/gina/main-key",
        "https://blog.example/?author=1#main-key",
        "http://berlin.localhost:8001/actor#main-key",
        "https://x.example/" + "y" * (2048 - 18),
    ],
)
def test_a_key_id_is_a_web_address(key_id: str) -> None:
    assert signed.require_key_id(key_id) == key_id


@pytest.mark.parametrize(
    "key_id",
    [
        "",
        "Test",
        "acct:bob@remote.example",
        "did:key:z6Mk",
        "https://",
        "ftp://remote.example/key",
        "HTTPS://remote.example/key",
        "https://remote.example/a b",
        "https://remote.example/key\n",
        "https://remote.example/ключ",
        "https://x.example/" + "y" * (2049 - 18),
    ],
)
def test_anything_else_is_no_key_id(key_id: str) -> None:
    with pytest.raises(errors.SignatureRefused, match="key id"):
        signed.require_key_id(key_id)


def test_the_digest_of_a_signature_is_that_of_its_bytes() -> None:
    found = signed.Signed(
        dialect=Dialect.CAVAGE,
        key_id=KEY_ID,
        algorithm=None,
        created=NOW,
        expires=None,
        base=b"base",
        signature=b"signature",
    )
    assert found.digest_of_signature == hashlib.sha256(b"signature").hexdigest()
