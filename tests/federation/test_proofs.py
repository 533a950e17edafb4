import copy
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric import ed25519
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from federation import base58, errors, keys, proofs
from federation.jsonld import Document
from tests.federation import samples
from tests.federation.samples import NOW

W3C = samples.load("eddsa_jcs_2022_w3c.json")
FEP = samples.load("fep_8b32_c390_521a.json")
CREATED = datetime(2023, 2, 24, 23, 36, 38, tzinfo=UTC)
METHOD = "https://server.example/users/alice#ed25519-key"
KEY = samples.ed25519_key()


def private_multikey(text: str) -> keys.PrivateKey:
    """Return the key of the vectors; its prefix is the one of Ed25519 private keys."""
    raw = base58.decode(text[1:])
    assert raw[:2] == b"\x80\x26"
    return keys.PrivateKey(key=ed25519.Ed25519PrivateKey.from_private_bytes(raw[2:]))


VECTOR_KEY = private_multikey(W3C["keyPair"]["privateKeyMultibase"])


def signed(**members: Any) -> Document:
    document: Document = {"@context": ["https://www.w3.org/ns/activitystreams"], "id": "https://a.example/1"}
    return proofs.sign_document(document | members, KEY, METHOD, NOW)


def with_proof(document: Document, **members: Any) -> Document:
    return document | {"proof": document["proof"] | members}


# -- vectors


def test_the_key_of_the_vectors_is_read() -> None:
    assert VECTOR_KEY.public.multikey() == W3C["keyPair"]["publicKeyMultibase"]


@pytest.mark.parametrize(
    ("unsigned", "expected"),
    [
        (W3C["unsigned"], W3C["signed"]),
        (FEP["fep8b32"]["unsigned"], FEP["fep8b32"]["signed"]),
        (FEP["fepc390"]["claim"], FEP["fepc390"]["proof"]),
    ],
    ids=["w3c", "fep-8b32", "fep-c390"],
)
def test_documents_of_the_specifications_are_signed_and_verified(
    unsigned: Document, expected: Document
) -> None:
    method = expected["proof"]["verificationMethod"]
    assert proofs.sign_document(unsigned, VECTOR_KEY, method, CREATED) == expected
    proofs.verify_document(expected, VECTOR_KEY.public, NOW)


# -- signing


def test_a_proof_has_exactly_these_members_and_the_context_of_its_document() -> None:
    proof = signed()["proof"]
    value = proof.pop("proofValue")
    assert value.startswith("z")
    assert len(base58.decode(value[1:])) == 64
    assert proof == {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "created": "2026-11-21T12:00:30Z",
        "verificationMethod": METHOD,
        "proofPurpose": "assertionMethod",
        "@context": ["https://www.w3.org/ns/activitystreams"],
    }


def test_a_document_without_a_context_gets_a_proof_without_one() -> None:
    assert "@context" not in proofs.sign_document({"id": "x"}, KEY, METHOD, NOW)["proof"]


def test_the_hash_of_the_proof_comes_first() -> None:
    document = signed()
    options = {name: value for name, value in document["proof"].items() if name != "proofValue"}
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    message = (
        hashlib.sha256(rfc8785.dumps(options)).digest() + hashlib.sha256(rfc8785.dumps(unsigned)).digest()
    )
    KEY.public.verify(base58.decode(document["proof"]["proofValue"][1:]), message)


def test_signing_leaves_the_document_as_it_was_and_replaces_an_older_proof() -> None:
    document = signed()
    before = copy.deepcopy(document)
    again = proofs.sign_document(document, KEY, METHOD, NOW + timedelta(days=1))
    assert document == before
    assert again["proof"]["created"] == "2026-11-22T12:00:30Z"
    proofs.verify_document(again, KEY.public, NOW)


def test_an_rsa_key_makes_no_proof() -> None:
    with pytest.raises(ValueError, match="Ed25519"):
        proofs.sign_document({}, samples.rsa_key(), METHOD, NOW)


@pytest.mark.parametrize("value", [2**53, float("nan"), "\ud800", {1: 2}, {"\ud800": 1}, {1, 2}])
def test_what_cannot_be_written_in_one_way_is_not_signed(value: object) -> None:
    with pytest.raises(errors.Malformed, match="JCS"):
        proofs.sign_document({"value": value}, KEY, METHOD, NOW)


def test_a_bottomless_document_is_malformed() -> None:
    document: Document = {}
    document["deeper"] = document
    with pytest.raises(errors.Malformed, match="JCS"):
        proofs.sign_document(document, KEY, METHOD, NOW)


# -- reading and verifying


def test_what_a_proof_says() -> None:
    document = with_proof(signed(), expires="2026-11-22T00:00:00Z")
    proof = proofs.proof_of(document)
    assert proof == proofs.Proof(
        verification_method=METHOD,
        created=NOW,
        expires=datetime(2026, 11, 22, tzinfo=UTC),
        signature=base58.decode(document["proof"]["proofValue"][1:]),
    )
    assert proofs.proof_of(signed()).expires is None


@pytest.mark.parametrize("proof", [None, [], [signed()["proof"]], "z", 1])
def test_a_document_carries_exactly_one_proof(proof: object) -> None:
    with pytest.raises(errors.SignatureRefused, match="exactly one proof"):
        proofs.proof_of({"proof": proof})
    with pytest.raises(errors.SignatureRefused, match="exactly one proof"):
        proofs.proof_of({})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("type", "Ed25519Signature2020"),
        ("cryptosuite", "eddsa-rdfc-2022"),
        ("cryptosuite", None),
        ("proofPurpose", "authentication"),
        ("proofPurpose", ["assertionMethod"]),
    ],
)
def test_a_proof_of_another_kind_is_refused(name: str, value: object) -> None:
    with pytest.raises(errors.SignatureRefused, match="kind that is not known"):
        proofs.proof_of(with_proof(signed(), **{name: value}))


@pytest.mark.parametrize(
    "name", ["type", "cryptosuite", "proofPurpose", "created", "verificationMethod", "proofValue"]
)
def test_a_proof_that_lacks_a_member_is_refused(name: str) -> None:
    document = signed()
    del document["proof"][name]
    with pytest.raises(errors.SignatureRefused):
        proofs.proof_of(document)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("verificationMethod", {"id": METHOD}, "no verificationMethod"),
        ("created", 1, "no created"),
        ("created", "yesterday", "unreadable created"),
        ("expires", None, "no expires"),
        ("expires", "soon", "unreadable expires"),
        ("proofValue", 1, "no proofValue"),
        ("proofValue", "", "base58btc"),
        ("proofValue", "u" + "A" * 86, "base58btc"),
        ("proofValue", "z0", "base58btc"),
        ("proofValue", "z" * 90, "base58btc"),
        ("proofValue", "z", "length of a signature"),
        ("proofValue", "z" + base58.encode(b"x" * 63), "length of a signature"),
        ("proofValue", "z" + base58.encode(b"\0" * 65), "length of a signature"),
    ],
)
def test_a_member_in_another_form_is_refused(name: str, value: object, reason: str) -> None:
    with pytest.raises(errors.SignatureRefused, match=reason):
        proofs.proof_of(with_proof(signed(), **{name: value}))


def test_the_longest_proof_value_is_read() -> None:
    longest = "z" + base58.encode(b"\xff" * 64)
    assert len(longest) == 89
    assert proofs.proof_of(with_proof(signed(), proofValue=longest)).signature == b"\xff" * 64


@pytest.mark.parametrize("context", [[], None, "https://www.w3.org/ns/activitystreams"])
def test_a_proof_with_another_context_than_the_document_is_refused(context: object) -> None:
    with pytest.raises(errors.SignatureRefused, match="another @context"):
        proofs.proof_of(with_proof(signed(), **{"@context": context}))


def test_a_context_that_somebody_appended_breaks_the_proof() -> None:
    document = signed()
    document["@context"] = [*document["@context"], {"content": "as:summary"}]
    with pytest.raises(errors.SignatureRefused, match="another @context"):
        proofs.verify_document(document, KEY.public, NOW)


def test_a_context_taken_from_the_proof_breaks_it() -> None:
    document = signed()
    del document["proof"]["@context"]
    with pytest.raises(errors.SignatureRefused, match="does not fit"):
        proofs.verify_document(document, KEY.public, NOW)


@pytest.mark.parametrize(
    "change",
    [{"id": "https://a.example/2"}, {"more": None}, {"@context": "https://www.w3.org/ns/activitystreams"}],
)
def test_a_document_that_was_changed_is_refused(change: Document) -> None:
    with pytest.raises(errors.SignatureRefused):
        proofs.verify_document(signed() | change, KEY.public, NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"created": "2026-11-21T12:00:31Z"},
        {"verificationMethod": METHOD + "2"},
        {"nonce": "x"},
        {"expires": "2026-11-22T00:00:00Z"},
    ],
)
def test_a_proof_that_was_changed_is_refused(change: Document) -> None:
    with pytest.raises(errors.SignatureRefused, match="does not fit"):
        proofs.verify_document(with_proof(signed(), **change), KEY.public, NOW)


def test_a_proof_is_refused_with_any_other_key() -> None:
    with pytest.raises(errors.SignatureRefused, match="does not fit"):
        proofs.verify_document(signed(), VECTOR_KEY.public, NOW)
    with pytest.raises(errors.SignatureRefused, match="another kind of key"):
        proofs.verify_document(signed(), samples.rsa_key().public, NOW)


def test_a_proof_holds_until_it_expires() -> None:
    options = {name: value for name, value in signed()["proof"].items() if name != "proofValue"}
    options["expires"] = "2026-11-22T00:00:00Z"
    document = {name: value for name, value in signed().items() if name != "proof"}
    message = (
        hashlib.sha256(rfc8785.dumps(options)).digest() + hashlib.sha256(rfc8785.dumps(document)).digest()
    )
    document["proof"] = options | {"proofValue": "z" + base58.encode(KEY.sign(message))}
    proofs.verify_document(document, KEY.public, datetime(2026, 11, 22, tzinfo=UTC))
    with pytest.raises(errors.SignatureRefused, match="expired"):
        proofs.verify_document(document, KEY.public, datetime(2026, 11, 22, 0, 0, 1, tzinfo=UTC))


def test_a_linked_data_signature_beside_the_proof_is_not_covered() -> None:
    document = signed(signature={"type": "RsaSignature2017"})
    proofs.verify_document(document, KEY.public, NOW)
    del document["signature"]
    proofs.verify_document(document, KEY.public, NOW)


def test_a_document_that_cannot_be_written_in_one_way_is_refused() -> None:
    with pytest.raises(errors.SignatureRefused, match="JCS"):
        proofs.verify_document(signed() | {"value": 2**53}, KEY.public, NOW)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = st.sampled_from(
    ["type", "cryptosuite", "created", "expires", "proofPurpose", "@context", "proofValue", "x"]
)


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=5), JSON, max_size=4))
def test_any_document_can_be_signed_and_verified(document: Document) -> None:
    proofs.verify_document(proofs.sign_document(document, KEY, METHOD, NOW), KEY.public, NOW)


@settings(deadline=None)
@given(MEMBERS, JSON)
def test_any_change_of_a_proof_is_refused(name: str, value: object) -> None:
    document = signed()
    assume(document["proof"].get(name) != value)
    with pytest.raises(errors.SignatureRefused):
        proofs.verify_document(with_proof(document, **{name: value}), KEY.public, NOW)
