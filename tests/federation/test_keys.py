from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from federation import base58, errors, keys
from federation.keys import KeyAlgorithm
from tests.federation import samples

FEP_521A = {case["kind"]: case for case in samples.load("fep_8b32_c390_521a.json")["fep521a"]}
RFC_KEYS = samples.load("rfc9421_appendix_b.json")["keys"]


def spki(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> str:
    encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(encoding, form).decode()


def rsa_of(bits: int, exponent: int = 65537) -> str:
    """Return PEM of an RSA key of a size; nobody can sign with it, so its modulus need not be a product."""
    return spki(rsa.RSAPublicNumbers(exponent, 2**bits - 1 - 2 * exponent).public_key())


@pytest.mark.parametrize("make", [keys.generate_rsa, keys.generate_ed25519])
def test_a_new_key_signs_what_its_public_half_verifies(make: Callable[[], keys.PrivateKey]) -> None:
    key = make()
    signature = key.sign(b"message")
    key.public.verify(signature, b"message")
    with pytest.raises(errors.SignatureRefused):
        key.public.verify(signature, b"massage")
    with pytest.raises(errors.SignatureRefused):
        key.public.verify(signature[:-1], b"message")


def test_a_new_rsa_key_has_2048_bits_and_the_usual_exponent() -> None:
    key = keys.generate_rsa().public.key
    assert isinstance(key, rsa.RSAPublicKey)
    assert (key.key_size, key.public_numbers().e) == (2048, 65537)


def test_a_key_says_what_kind_it_is() -> None:
    assert samples.rsa_key().public.algorithm is KeyAlgorithm.RSA
    assert samples.ed25519_key().public.algorithm is KeyAlgorithm.ED25519


@pytest.mark.parametrize("key", [samples.rsa_key(), samples.ed25519_key()], ids=["rsa", "ed25519"])
def test_a_key_is_read_back_from_each_of_its_forms(key: keys.PrivateKey) -> None:
    assert keys.load_private(key.pem()).public == key.public
    assert keys.parse_public_pem(key.public.pem()) == key.public
    assert keys.parse_multikey(key.public.multikey()) == key.public


def test_a_private_key_is_written_as_pkcs8_and_a_public_one_as_spki() -> None:
    assert samples.rsa_key().pem().startswith(b"-----BEGIN PRIVATE KEY-----\n")
    assert samples.rsa_key().public.pem().startswith("-----BEGIN PUBLIC KEY-----\n")


def test_a_private_key_does_not_show_itself() -> None:
    assert repr(samples.rsa_key()) == "<PrivateKey rsa>"
    assert repr(samples.ed25519_key()) == "<PrivateKey ed25519>"


@pytest.mark.parametrize(("name", "algorithm"), [("test-key-rsa", "rsa"), ("test-key-ed25519", "ed25519")])
def test_the_keys_of_rfc_9421_are_read(name: str, algorithm: str) -> None:
    public = keys.parse_public_pem(RFC_KEYS[name]["public_pem"])
    assert public.algorithm == algorithm
    assert keys.load_private(RFC_KEYS[name]["private_pem"].encode()).public == public


def test_a_public_key_in_pkcs1_is_read() -> None:
    key = samples.rsa_key().public.key
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.PKCS1).decode()
    assert pem.startswith("-----BEGIN RSA PUBLIC KEY-----")
    assert keys.parse_public_pem(pem) == samples.rsa_key().public


def test_the_ed25519_multikey_of_fep_521a_is_read_and_written() -> None:
    case = FEP_521A["ed25519-raw"]
    text = case["multikey"]["publicKeyMultibase"]
    key = keys.parse_multikey(text)
    assert (
        key.key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw).hex() == case["hex"]
    )
    assert key.multikey() == text


def test_the_rsa_multikey_of_fep_521a_is_read_and_written() -> None:
    case = FEP_521A["rsa-pkcs1-der"]
    text = case["multikey"]["publicKeyMultibase"]
    key = keys.parse_multikey(text)
    assert (
        key.key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1).hex()
        == case["hex"]
    )
    assert key.multikey() == text


@pytest.mark.parametrize("bits", [2048, 8192])
def test_the_smallest_and_the_largest_rsa_key_are_taken(bits: int) -> None:
    assert keys.parse_public_pem(rsa_of(bits)).algorithm is KeyAlgorithm.RSA


@pytest.mark.parametrize("bits", [1024, 2047, 8193])
def test_an_rsa_key_of_another_size_is_refused(bits: int) -> None:
    with pytest.raises(errors.Malformed, match="bits"):
        keys.parse_public_pem(rsa_of(bits))


def test_an_rsa_key_with_another_exponent_is_refused() -> None:
    with pytest.raises(errors.Malformed, match="exponent"):
        keys.parse_public_pem(rsa_of(2048, exponent=3))


def test_a_public_key_on_another_curve_is_refused() -> None:
    with pytest.raises(errors.Malformed, match="neither"):
        keys.parse_public_pem(RFC_KEYS["test-key-ecc-p256"]["public_pem"])


def test_a_private_key_on_another_curve_is_refused() -> None:
    with pytest.raises(errors.Malformed, match="neither"):
        keys.load_private(RFC_KEYS["test-key-ecc-p256"]["private_pem"].encode())


def test_an_ed25519_key_of_small_order_is_refused_in_each_form() -> None:
    raw = bytes([1]) + bytes(31)
    with pytest.raises(errors.Malformed, match="small order"):
        keys.parse_multikey("z" + base58.encode(b"\xed\x01" + raw))
    body = "MCowBQYDK2VwAyEA" + "AQ" + "A" * 41 + "="
    pem = f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n"
    with pytest.raises(errors.Malformed, match="small order"):
        keys.parse_public_pem(pem)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "base58btc"),
        ("6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK", "base58btc"),
        ("uVGVzdA", "base58btc"),
        ("z", "neither"),
        ("z" + base58.encode(b"\xec\x01" + bytes(32)), "neither"),
        ("z" + base58.encode(b"\xed\x02" + bytes(32)), "neither"),
        ("z" + base58.encode(b"\xed\x01" + bytes(31)), "32 bytes"),
        ("z" + base58.encode(b"\x85\x24" + b"\x30\x03\x02\x01\x05"), "no RSA key"),
        ("z0", "alphabet"),
    ],
)
def test_a_multikey_of_no_known_kind_is_refused(text: str, reason: str) -> None:
    with pytest.raises(errors.Malformed, match=reason):
        keys.parse_multikey(text)


@pytest.mark.parametrize(
    "text", ["", "no key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "ключ"]
)
def test_a_text_that_is_no_pem_is_refused(text: str) -> None:
    with pytest.raises(errors.Malformed, match="cannot be read"):
        keys.parse_public_pem(text)


def test_a_text_longer_than_any_key_is_refused_unread() -> None:
    longest = "z" + "1" * (keys.MAX_KEY_CHARS - 1)
    with pytest.raises(errors.Malformed, match="neither"):
        keys.parse_multikey(longest)
    with pytest.raises(errors.Malformed, match="too long"):
        keys.parse_multikey(longest + "1")
    with pytest.raises(errors.Malformed, match="cannot be read"):
        keys.parse_public_pem("x" * keys.MAX_KEY_CHARS)
    with pytest.raises(errors.Malformed, match="too long"):
        keys.parse_public_pem("x" * (keys.MAX_KEY_CHARS + 1))


def test_a_broken_private_key_is_refused_without_being_quoted() -> None:
    with pytest.raises(errors.Malformed) as caught:
        keys.load_private(b"-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n")
    assert str(caught.value) == "a private key cannot be read"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_private_key_under_a_passphrase_is_refused() -> None:
    encryption = serialization.BestAvailableEncryption(b"passphrase")
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    pem = samples.ed25519_key().key.private_bytes(encoding, form, encryption)
    with pytest.raises(errors.Malformed, match="cannot be read"):
        keys.load_private(pem)


@given(
    st.one_of(
        st.text(max_size=80), st.text(alphabet=base58.ALPHABET, max_size=60).map(lambda text: "z" + text)
    )
)
def test_any_text_is_a_key_or_malformed(text: str) -> None:
    for parse in (keys.parse_multikey, keys.parse_public_pem):
        with pytest.raises(errors.Malformed):
            parse(text)
