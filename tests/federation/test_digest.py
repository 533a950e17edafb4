import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation import errors
from federation.signatures import digest
from tests.federation import samples

CASES = samples.load("rfc9530_content_digest.json")["cases"]
BODY = b"body"
SHA256 = base64.b64encode(hashlib.sha256(BODY).digest()).decode()
SHA512 = base64.b64encode(hashlib.sha512(BODY).digest()).decode()
OTHER = base64.b64encode(hashlib.sha256(b"other").digest()).decode()


@pytest.mark.parametrize("case", CASES)
def test_content_digest_is_written_as_rfc_9530_shows_and_taken(case: dict[str, str]) -> None:
    body = case["body"].encode()
    assert digest.render_content_digest(body) == case["content_digest"]
    digest.require_content_digest(case["content_digest"], body)


def test_digest_is_written_in_the_only_spelling_that_everybody_reads() -> None:
    (case,) = (case for case in CASES if "digest_rfc3230" in case)
    assert digest.render_digest(case["body"].encode()) == case["digest_rfc3230"]


@pytest.mark.parametrize(
    "header",
    [
        f"SHA-256={SHA256}",
        f"sha-256={SHA256}",
        f"SHA-512={SHA512}",
        f"md5=AAAA,SHA-256={SHA256}",
        f"SHA-256={SHA256} ,\tSHA-512={SHA512}",
        f"SHA-256={SHA256},",
    ],
)
def test_a_digest_of_the_body_is_taken(header: str) -> None:
    digest.require_digest(header, BODY)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("", "no algorithm"),
        ("md5=hBotaJrYa9FhFEdFPCLG/A==", "no algorithm"),
        (SHA256, "no algorithm"),
        (f"XSHA-256={SHA256}", "no algorithm"),
        (f"SHA-256={OTHER}", "not the one"),
        ("SHA-256=", "not the one"),
        (f"SHA-256={SHA256},SHA-512={OTHER}", "not the one"),
        (f"SHA-256={SHA256},sha-256={SHA256}", "twice"),
        ("SHA-256=!", "base64"),
        (f"SHA-256={SHA256}\n", "base64"),
        (f"SHA-256={SHA256[:-1]}", "base64"),
        ("SHA-256=é", "base64"),
    ],
)
def test_a_digest_of_anything_else_is_refused(header: str, reason: str) -> None:
    with pytest.raises(errors.SignatureRefused, match=reason):
        digest.require_digest(header, BODY)


def test_a_digest_header_of_1024_characters_is_read_and_a_longer_one_is_not() -> None:
    longest = f"SHA-256={SHA256},".ljust(1024, "x")
    digest.require_digest(longest, BODY)
    with pytest.raises(errors.SignatureRefused, match="too long"):
        digest.require_digest(longest + "x", BODY)


@pytest.mark.parametrize(
    "header",
    [
        f"sha-256=:{SHA256}:",
        f"sha-512=:{SHA512}:",
        f"sha-256=:{SHA256}:;x=1",
        f"md5=:AAAA:, sha-256=:{SHA256}:",
        f"sha-256=:{SHA256}:, sha-512=:{SHA512}:",
    ],
)
def test_a_content_digest_of_the_body_is_taken(header: str) -> None:
    digest.require_content_digest(header, BODY)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("", "no algorithm"),
        ("md5=:hBotaJrYa9FhFEdFPCLG/A==:", "no algorithm"),
        (f"sha-256=:{OTHER}:", "not the one"),
        ("sha-256=::", "not the one"),
        (f"sha-256=:{SHA256}:, sha-512=:{OTHER}:", "not the one"),
        (f"sha-256=:{SHA256}:, sha-256=:{SHA256}:", "twice"),
        (f"SHA-256=:{SHA256}:", "cannot be read"),
        (f"sha-256={SHA256}", "cannot be read"),
        ("sha-256", "else than bytes"),
        ('sha-256="x"', "else than bytes"),
        (f"sha-256=(:{SHA256}:)", "else than bytes"),
        ("sha-256=:é:", "cannot be read"),
    ],
)
def test_a_content_digest_of_anything_else_is_refused(header: str, reason: str) -> None:
    with pytest.raises(errors.SignatureRefused, match=reason):
        digest.require_content_digest(header, BODY)


def test_a_structured_header_of_8192_characters_is_read_and_a_longer_one_is_not() -> None:
    header = f"sha-256=:{SHA256}:"
    longest = header + " " * (8192 - len(header))
    digest.require_content_digest(longest, BODY)
    with pytest.raises(errors.SignatureRefused, match="too long"):
        digest.require_content_digest(longest + " ", BODY)


@given(st.text(max_size=120), st.binary(max_size=20))
def test_no_random_header_is_the_digest_of_a_body(header: str, body: bytes) -> None:
    for check in (digest.require_digest, digest.require_content_digest):
        with pytest.raises(errors.SignatureRefused):
            check(header, body)
