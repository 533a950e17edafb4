import base64
import contextlib
import dataclasses
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from hypothesis import given
from hypothesis import strategies as st

from federation import errors, keys
from federation.signatures import Dialect, HttpMessage, parse, rfc9421, sign, verify
from tests.federation import samples
from tests.federation.samples import BODY, KEY_ID, NOW

VECTORS = samples.load("rfc9421_appendix_b.json")
REQUESTS = [case for case in VECTORS["cases"] if case["message"] != "test-response"]
CREATED = int(NOW.timestamp())
DIGEST = "sha-256=:fQLcyuiC5b53id2wfhThCI+LFjFoCGXZfRwgMiR7Fp0=:"
COVERED = '"@method" "@target-uri" "content-digest"'
# What we write ourselves, letter by letter.
WRITTEN = (
    f'("@method" "@target-uri" "content-digest");created={CREATED};expires={CREATED + 300};'
    f'keyid="{KEY_ID}";alg="rsa-v1_5-sha256"'
)
PARAMETERS = f';created={CREATED};keyid="{KEY_ID}"'


def signed(
    covered: str = COVERED, parameters: str = PARAMETERS, signature: str = "sig1=:c2ln:"
) -> HttpMessage:
    """Return a POST whose headers say this; the signature itself fits nothing."""
    return samples.post(
        ("Content-Digest", DIGEST),
        ("Signature-Input", f"sig1=({covered}){parameters}"),
        ("Signature", signature),
    )


def refusal(message: HttpMessage) -> str:
    with pytest.raises(errors.SignatureRefused) as caught:
        parse(message, NOW)
    return str(caught.value)


# -- signing


def test_a_signed_post_carries_exactly_these_headers() -> None:
    request = samples.signed_post(Dialect.RFC9421)
    signature = request.header("signature")
    assert request.headers == (
        ("Content-Type", "application/activity+json"),
        ("Host", "node.example"),
        ("Date", "Sat, 21 Nov 2026 12:00:30 GMT"),
        ("Content-Digest", DIGEST),
        ("Signature-Input", f"sig1={WRITTEN}"),
        ("Signature", signature),
    )
    assert signature.startswith("sig1=:")
    assert len(base64.b64decode(signature.removeprefix("sig1=:").removesuffix(":"))) == 256
    assert request.body == BODY


def test_the_bytes_that_a_post_signs() -> None:
    assert parse(samples.signed_post(Dialect.RFC9421), NOW).base.decode() == (
        '"@method": POST\n'
        '"@target-uri": https://node.example/inbox\n'
        f'"content-digest": {DIGEST}\n'
        f'"@signature-params": {WRITTEN}'
    )


def test_a_signed_get_covers_method_and_target_alone() -> None:
    request = sign(samples.get(), samples.rsa_key(), KEY_ID, NOW, Dialect.RFC9421)
    assert request.header("signature-input").startswith('sig1=("@method" "@target-uri");')
    assert request.values("content-digest") == []
    verify(parse(request, NOW), samples.rsa_key().public)


def test_an_ed25519_key_says_so() -> None:
    request = sign(samples.post(), samples.ed25519_key(), KEY_ID, NOW, Dialect.RFC9421)
    assert request.header("signature-input").endswith(';alg="ed25519"')
    found = parse(request, NOW)
    assert found.algorithm is keys.KeyAlgorithm.ED25519
    verify(found, samples.ed25519_key().public)


# -- reading


def test_what_a_signature_says_about_itself() -> None:
    found = parse(samples.signed_post(Dialect.RFC9421), NOW)
    assert (found.dialect, found.key_id, found.algorithm) == (Dialect.RFC9421, KEY_ID, keys.KeyAlgorithm.RSA)
    assert (found.created, found.expires) == (NOW, NOW + timedelta(minutes=5))
    assert found.alternatives == ()


def test_expiry_and_algorithm_may_be_absent() -> None:
    found = parse(signed(), NOW)
    assert (found.algorithm, found.expires, found.signature) == (None, None, b"sig")


def test_parameters_are_signed_as_they_were_received() -> None:
    parameters = f'; keyid="{KEY_ID}";alg="ed25519";  nonce="x" ;created={CREATED}'.replace(" ;", ";")
    found = parse(signed(parameters=parameters), NOW)
    assert found.base.endswith(f'\n"@signature-params": ({COVERED}){parameters}'.encode())


def test_several_header_lines_are_one_list() -> None:
    request = samples.without(signed(), "signature-input")
    request = samples.with_extra(request, "Signature-Input", f"sig1=({COVERED})")
    request = samples.with_extra(request, "Signature-Input", f"sig2=({COVERED})")
    assert "exactly one signature" in refusal(request)


def test_derived_components_and_headers_are_read() -> None:
    derived = '"@authority" "@scheme" "@request-target" "@path" "@query"'
    covered = f'{COVERED} {derived} "x-a" "@query-param";name="a%20b"'
    request = samples.with_extra(samples.with_extra(signed(covered), "X-A", " 1 "), "x-a", "2")
    request = dataclasses.replace(request, target_uri="https://NODE.example:443/inbox?c=~*/&a%20b=x+y")
    assert parse(request, NOW).base.decode().splitlines()[3:-1] == [
        '"@authority": node.example',
        '"@scheme": https',
        '"@request-target": /inbox?c=~*/&a%20b=x+y',
        '"@path": /inbox',
        '"@query": ?c=~*/&a%20b=x+y',
        '"x-a": 1, 2',
        '"@query-param";name="a%20b": x%20y',
    ]


def test_no_query_is_signed_as_a_question_mark() -> None:
    assert '\n"@query": ?\n' in parse(signed(f'{COVERED} "@query"'), NOW).base.decode()


def test_the_value_of_a_query_parameter_is_form_encoded() -> None:
    request = signed(f'{COVERED} "@query-param";name="c"')
    request = dataclasses.replace(request, target_uri="https://node.example/inbox?c=~*-._%2F%C3%A4")
    assert '\n"@query-param";name="c": %7E*-._%2F%C3%A4\n' in parse(request, NOW).base.decode()


@pytest.mark.parametrize("query", ["", "?d=1", "?c=1&c=2"])
def test_a_query_parameter_must_occur_once(query: str) -> None:
    request = signed(f'{COVERED} "@query-param";name="c"')
    request = dataclasses.replace(request, target_uri=f"https://node.example/inbox{query}")
    assert "does not occur once" in refusal(request)


def test_an_empty_query_parameter_is_a_value() -> None:
    request = signed(f'{COVERED} "@query-param";name="c"')
    request = dataclasses.replace(request, target_uri="https://node.example/inbox?c=")
    assert '\n"@query-param";name="c": \n' in parse(request, NOW).base.decode()


@pytest.mark.parametrize(
    ("covered", "reason"),
    [
        ("", "does not cover"),
        ('"@target-uri" "content-digest"', "does not cover"),
        ('"@method" "content-digest"', "does not cover"),
        ('"@method" "@target-uri"', "does not cover"),
        ('"@method" "@authority" "@path" "content-digest"', "does not cover"),
        (f'{COVERED} "@method"', "component twice"),
        (f'{COVERED} "date" "date"', "component twice"),
        (f'{COVERED} "@status"', "component that is not known"),
        (f'{COVERED} "@signature-params"', "component that is not known"),
        (f'{COVERED} "Date"', "component that is not known"),
        (f'{COVERED} ""', "component that is not known"),
        (f'{COVERED} "date:"', "component that is not known"),
        (f"{COVERED} date", "component that is not known"),
        (f"{COVERED} 1", "component that is not known"),
        (f'{COVERED} "date";sf', "component that is not known"),
        (f'{COVERED} "date";bs', "component that is not known"),
        (f'{COVERED} "@method";req', "component that is not known"),
        (f'{COVERED} "signature";key="sig1"', "component that is not known"),
        (f'{COVERED} "@query-param"', "component that is not known"),
        (f'{COVERED} "@query-param";name=1', "component that is not known"),
        (f'{COVERED} "@query-param";name="a";tr', "component that is not known"),
        (f'{COVERED} "@path";name="a"', "component that is not known"),
        (f'{COVERED} "x-absent"', "header that is not there"),
        (f'{COVERED} "é"', "cannot be read"),
        (f'{COVERED} "date', "cannot be read"),
        (f'{COVERED} "date";sf;sf', "twice"),
    ],
)
def test_what_is_covered_must_be_enough_and_known(covered: str, reason: str) -> None:
    assert reason in refusal(signed(covered))


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        (f';keyid="{KEY_ID}"', "when it was made"),
        (f';created;keyid="{KEY_ID}"', "time that cannot be read"),
        (f';created={CREATED}.0;keyid="{KEY_ID}"', "time that cannot be read"),
        (f';created="{CREATED}";keyid="{KEY_ID}"', "time that cannot be read"),
        (f';created=@{CREATED};keyid="{KEY_ID}"', "time that cannot be read"),
        (f';created=-1;keyid="{KEY_ID}"', "impossible time"),
        (f'{PARAMETERS};expires="x"', "time that cannot be read"),
        (f"{PARAMETERS};expires={CREATED - 1}", "before it was made"),
        (f';created={CREATED + 3601};keyid="{KEY_ID}"', "ahead"),
        (f';created={CREATED - 3901};keyid="{KEY_ID}"', "expired"),
        (f"{PARAMETERS};created={CREATED}", "twice"),
        (f";created={CREATED}", "key id"),
        (f";created={CREATED};keyid=x", "type than text"),
        (f";created={CREATED};keyid=1", "type than text"),
        (f';created={CREATED};keyid="x"', "key id"),
        (f'{PARAMETERS};alg="rsa-pss-sha512"', "algorithm that is not known"),
        (f'{PARAMETERS};alg=""', "algorithm that is not known"),
        (f"{PARAMETERS};alg=ed25519", "type than text"),
    ],
)
def test_parameters_must_be_complete_and_sensible(parameters: str, reason: str) -> None:
    assert reason in refusal(signed(parameters=parameters))


@pytest.mark.parametrize("created", [CREATED + 3600, CREATED - 3900])
def test_the_limits_of_time_are_inside(created: int) -> None:
    assert parse(signed(parameters=f';created={created};keyid="{KEY_ID}"'), NOW).key_id == KEY_ID


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("sig1", "does not list"),
        ("sig1=1", "does not list"),
        (f'sig1="@method"{PARAMETERS}', "does not list"),
        ("nonsense=", "cannot be read"),
        (f"sig1=({COVERED}){PARAMETERS}, sig1=({COVERED}){PARAMETERS}", "twice"),
        (f"sig1=({COVERED}){PARAMETERS}, sig2=({COVERED}){PARAMETERS}", "exactly one"),
        (f"SIG1=({COVERED}){PARAMETERS}", "cannot be read"),
        ("x" * 8193, "too long"),
    ],
)
def test_a_signature_input_in_another_form_is_refused(header: str, reason: str) -> None:
    assert reason in refusal(signed().with_headers({"Signature-Input": header}))


def test_an_empty_signature_input_is_no_signature() -> None:
    assert "exactly one" in refusal(signed().with_headers({"Signature-Input": ""}))


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("", "does not match"),
        ("sig2=:c2ln:", "does not match"),
        ("sig1=:c2ln:, sig2=:c2ln:", "does not match"),
        ("sig1=::", "row of bytes"),
        ("sig1", "row of bytes"),
        ('sig1="c2ln"', "row of bytes"),
        ("sig1=(:c2ln:)", "row of bytes"),
        ("sig1=c2ln", "row of bytes"),
        ("sig1=:c2!:", "cannot be read"),
        (f'keyId="{KEY_ID}",headers="date",signature="c2ln"', "cannot be read"),
    ],
)
def test_a_signature_in_another_form_is_refused(header: str, reason: str) -> None:
    assert reason in refusal(signed(signature=header))


def test_a_missing_or_repeated_content_digest_is_refused() -> None:
    assert "0 headers named content-digest" in refusal(samples.without(signed(), "content-digest"))
    assert "2 headers named content-digest" in refusal(samples.with_extra(signed(), "Content-Digest", DIGEST))


def test_a_body_other_than_the_digest_says_is_refused() -> None:
    assert "not the one" in refusal(dataclasses.replace(signed(), body=BODY + b" "))


def test_a_body_that_is_not_there_has_the_digest_of_nothing() -> None:
    request = dataclasses.replace(signed(), body=None)
    empty = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"
    assert parse(request.with_headers({"Content-Digest": empty}), NOW).key_id == KEY_ID
    assert "not the one" in refusal(request)


def test_a_signed_header_outside_ascii_is_refused() -> None:
    assert "ASCII" in refusal(samples.with_extra(signed(f'{COVERED} "x-a"'), "X-A", "ä"))


# -- the vectors of the RFC


def vector_message(case: dict[str, Any]) -> HttpMessage:
    given_message = VECTORS["messages"][case["message"]]
    headers = tuple((name, value) for name, value in given_message["headers"])
    body = given_message["body"].encode()
    return HttpMessage(
        method=given_message["method"], target_uri=given_message["url"], headers=headers, body=body
    )


def vector_base(case: dict[str, Any]) -> bytes:
    """Return the bytes to sign by the functions that ``parse`` uses, without its demands on coverage."""
    _, components, _ = rfc9421.parse_input(case["signature_input"])
    return rfc9421.signing_base(vector_message(case), components, case["signature_input"].partition("=")[2])


def require_fit(case: dict[str, Any], base: bytes) -> None:
    """Verify with the algorithm of the case, ours or not."""
    signature = base64.b64decode(case["signature"].partition("=")[2].strip(":"))
    material = VECTORS["keys"][case["key"]]
    if case["alg"] == "hmac-sha256":
        secret = base64.b64decode(material["base64"])
        assert hmac.digest(secret, base, hashlib.sha256) == signature
        return
    key = serialization.load_pem_public_key(material["public_pem"].encode())
    if isinstance(key, ed25519.Ed25519PublicKey):
        key.verify(signature, base)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        key.verify(utils.encode_dss_signature(r, s), base, ec.ECDSA(hashes.SHA256()))
    else:
        assert isinstance(key, rsa.RSAPublicKey)
        if case["alg"] == "rsa-v1_5-sha256":
            key.verify(signature, base, padding.PKCS1v15(), hashes.SHA256())
        else:
            key.verify(signature, base, padding.PSS(padding.MGF1(hashes.SHA512()), 64), hashes.SHA512())


@pytest.mark.parametrize("case", REQUESTS, ids=lambda case: case["id"])
def test_the_bytes_of_the_rfc_are_built_and_fit_its_signatures(case: dict[str, Any]) -> None:
    base = vector_base(case)
    assert base.decode() == case["signature_base"]
    require_fit(case, base)


def test_a_signature_of_a_response_is_not_one_of_a_request() -> None:
    (case,) = (case for case in VECTORS["cases"] if case["message"] == "test-response")
    with pytest.raises(errors.SignatureRefused, match="component that is not known"):
        rfc9421.parse_input(case["signature_input"])


@pytest.mark.parametrize("case", REQUESTS, ids=lambda case: case["id"])
def test_none_of_the_rfc_covers_what_the_fediverse_needs(case: dict[str, Any]) -> None:
    request = vector_message(case)
    headers = {"Signature-Input": case["signature_input"], "Signature": case["signature"]}
    with pytest.raises(errors.SignatureRefused, match="does not cover"):
        parse(request.with_headers(headers), datetime(2021, 4, 20, 2, 7, 55, tzinfo=UTC))


@given(st.text(max_size=200), st.text(max_size=100))
def test_any_pair_of_headers_is_read_or_refused(signature_input: str, signature: str) -> None:
    with contextlib.suppress(errors.SignatureRefused, errors.Malformed):
        parse(signed().with_headers({"Signature-Input": signature_input, "Signature": signature}), NOW)


COMPONENTS = st.sampled_from(
    ['"@method"', '"@target-uri"', '"content-digest"', '"date"', '"@query-param";name="a"', "x"]
)


@given(st.lists(COMPONENTS, max_size=6), st.text(alphabet=';=abcdeiklrtxy "1234567890@?.-', max_size=60))
def test_any_list_and_parameters_are_read_or_refused(covered: list[str], parameters: str) -> None:
    with contextlib.suppress(errors.SignatureRefused, errors.Malformed):
        parse(signed(" ".join(covered), parameters), NOW)
