"""Records as they are written, member by member, beside the samples of the protocol."""

from datetime import UTC, datetime

import pytest

from federation import errors, keys, proofs
from federation.cosigning import documents, record_checks, records, vocabulary
from federation.cosigning.record_checks import SeenKey
from federation.cosigning.records import Consent
from federation.jsonld import PUBLIC
from tests.federation import samples
from tests.federation.cosigning import cells
from tests.federation.cosigning.cells import HALLE, KOELN, LEIPZIG, STATEMENT

VECTORS = samples.load("cosign_vectors.json")
OBJECTS = VECTORS["objects"]


@pytest.mark.parametrize("kind", ["CoSignature", "CoSignRequest", "CoSignAuthorization", "CoSignCheckpoint"])
def test_contexts_are_those_of_the_samples(kind: str) -> None:
    assert vocabulary.CONTEXTS[kind] == VECTORS["contexts"][kind]


def test_a_co_signature_is_written_as_the_sample() -> None:
    sample = OBJECTS["coSignature"]
    consent = Consent(
        uri=sample["id"],
        signer_uri=sample["attributedTo"],
        name=sample["name"],
        languages=("de", "en"),
        published=datetime(2026, 11, 23, 19, 30, tzinfo=UTC),
        publish_before=datetime(2026, 12, 15, tzinfo=UTC),
    )
    written = records.render_co_signature(consent, OBJECTS["draft"])
    assert written == {name: value for name, value in sample.items() if name != "proof"}


def test_a_text_that_is_public_already_needs_no_time_limit() -> None:
    assert "publishBefore" not in records.render_co_signature(
        Consent(
            uri=f"{KOELN.origin}/c/1",
            signer_uri=KOELN.uri,
            name="K",
            languages=["de"],
            published=cells.SIGNED,
        ),
        STATEMENT,
    )


def test_a_stamp_is_written_as_the_sample() -> None:
    sample = OBJECTS["authorization"]
    at = datetime(2026, 11, 23, 19, 31, 2, tzinfo=UTC)
    key = sample["witnessedKey"]["publicKeyMultibase"]
    written = records.render_authorization(sample["id"], OBJECTS["coSignature"], key, at)
    assert written == {name: value for name, value in sample.items() if name != "proof"}


def test_a_checkpoint_is_written_as_the_sample() -> None:
    sample = OBJECTS["checkpoint"]
    digests = [documents.digest(OBJECTS["coSignature"])]
    at = datetime(2026, 12, 2, tzinfo=UTC)
    written = records.render_checkpoint(sample["id"], OBJECTS["article"], 1, digests, at)
    assert written == {name: value for name, value in sample.items() if name != "proof"}


def test_a_withdrawal_is_written_as_the_sample_but_for_its_followers() -> None:
    sample = OBJECTS["withdraw"]
    at = datetime(2027, 1, 5, 12, tzinfo=UTC)
    written = records.render_withdrawal(
        sample["id"], OBJECTS["coSignRequest"]["id"], OBJECTS["coSignature"], at
    )
    expected = {name: value for name, value in sample.items() if name != "proof"}
    assert written == expected | {"cc": [LEIPZIG.uri]}


def test_a_removal_names_the_stamp() -> None:
    at = datetime(2027, 1, 5, 12, tzinfo=UTC)
    written = records.render_removal(f"{LEIPZIG.origin}/activities/1", OBJECTS["authorization"], at)
    assert written == {
        "@context": vocabulary.CONTEXTS["CoSignRequest"],
        "id": f"{LEIPZIG.origin}/activities/1",
        "type": "Delete",
        "actor": LEIPZIG.uri,
        "to": [PUBLIC],
        "published": "2027-01-05T12:00:00Z",
        "object": OBJECTS["authorization"]["id"],
    }


def test_a_witness_says_which_key_it_saw_when() -> None:
    seen = SeenKey(key_id=KOELN.key_id, key=KOELN.value, seen_at="2026-11-24T04:10:00Z")
    written = records.render_witness(f"{HALLE.origin}/w", HALLE.uri, STATEMENT, [seen], cells.COUNTED)
    assert written == {
        "@context": vocabulary.CONTEXTS["CoSignWitness"],
        "id": f"{HALLE.origin}/w",
        "type": "CoSignWitness",
        "attributedTo": HALLE.uri,
        "published": "2026-12-02T00:00:00Z",
        "statement": STATEMENT["id"],
        "textDigest": STATEMENT["textDigest"],
        "seen": [f"{KOELN.key_id} {KOELN.value} 2026-11-24T04:10:00Z"],
    }
    signed = HALLE.sign_daily(written)
    assert record_checks.parse_witness(signed).seen == (seen,)


def test_a_tally_counts_people_and_names_organisations() -> None:
    count = records.Count(persons={"email": 2}, countries={"DE": 2}, organisations=[{"name": "Laden"}])
    written = records.render_tally(f"{LEIPZIG.origin}/t", STATEMENT, count, cells.COUNTED)
    assert {
        name: written[name] for name in ("type", "attributedTo", "persons", "countries", "organisations")
    } == {
        "type": "CoSignTally",
        "attributedTo": LEIPZIG.uri,
        "persons": {"email": 2},
        "countries": {"DE": 2},
        "organisations": [{"name": "Laden"}],
    }
    assert record_checks.parse_tally(LEIPZIG.sign_daily(written))["persons"] == {"email": 2}


def test_an_actor_in_a_bundle_is_its_keys() -> None:
    assert records.render_actor(KOELN.uri, "Köln", {KOELN.key_id: KOELN.value}) == {
        "id": KOELN.uri,
        "name": "Köln",
        "assertionMethod": [
            {
                "id": KOELN.key_id,
                "type": "Multikey",
                "controller": KOELN.uri,
                "publicKeyMultibase": KOELN.value,
            }
        ],
    }


def test_a_bundle_has_all_its_members() -> None:
    made = records.render_bundle(cells.COUNTED, STATEMENT, {"entries": [1], "checkpoint": {}})
    assert made == {
        "type": "CoSignBundle",
        "version": 2,
        "created": "2026-12-02T00:00:00Z",
        "statement": STATEMENT,
        "entries": [1],
        "formerEntries": [],
        "withdrawals": [],
        "removals": [],
        "actors": [],
        "witnesses": [],
        "checkpoint": {},
    }


def test_the_digest_of_a_set_does_not_depend_on_order() -> None:
    assert record_checks.set_digest({"zQmB", "zQmA"}) == documents.digest_of_bytes(b'["zQmA","zQmB"]')


# -- read again


def test_a_co_signature_is_read() -> None:
    signed = cells.co_signature()
    found = record_checks.parse_co_signature(signed)
    assert (found.uri, found.signer_uri, found.name) == (signed["id"], KOELN.uri, "Kollektiv koeln")
    assert (found.statement_uri, found.author_uri, found.revision) == (STATEMENT["id"], LEIPZIG.uri, 1)
    assert (found.text_digest, found.role, found.languages) == (
        STATEMENT["textDigest"],
        "cosigner",
        ["de", "en"],
    )
    assert (found.key_id, found.digest) == (KOELN.key_id, documents.digest(signed))
    assert found.publish_before == "2026-12-01T09:00:00Z"


@pytest.mark.parametrize(
    "change",
    [
        {"type": "Note"},
        {"@context": vocabulary.CONTEXTS["CoSignRequest"]},
        {"@context": [*vocabulary.CONTEXTS["CoSignature"], {}]},
        {"more": 1},
        {"id": "x"},
        {"id": f"{HALLE.origin}/cosignatures/1"},
        {"attributedTo": HALLE.uri},
        {"attributedTo": [KOELN.uri]},
        {"name": ""},
        {"name": ["K"]},
        {"name": "K\u202e"},
        {"name": "K <b>"},
        {"name": "x" * 201},
        {"statement": "urn:x"},
        {"statementAuthor": None},
        {"revision": True},
        {"textDigest": "x"},
        {"role": None},
        {"signedLanguages": "de"},
        {"published": "yesterday"},
    ],
)
def test_a_co_signature_in_another_form_is_malformed(change: dict[str, object]) -> None:
    with pytest.raises(errors.Malformed):
        record_checks.parse_co_signature(cells.co_signature() | change)


def test_a_signer_may_have_a_name_of_200_characters() -> None:
    record_checks.parse_co_signature(cells.co_signature() | {"name": "x" * 200})


@pytest.mark.parametrize("name", sorted(cells.co_signature().keys() - {"publishBefore"}))
def test_a_co_signature_lacks_no_member(name: str) -> None:
    signed = cells.co_signature()
    del signed[name]
    with pytest.raises(errors.Malformed):
        record_checks.parse_co_signature(signed)


@pytest.mark.parametrize(
    "change",
    [
        {"type": "CoSignature"},
        {"totalItems": -1},
        {"totalItems": True},
        {"totalItems": "1"},
        {"setDigest": "x"},
        {"textDigest": None},
        {"revision": 0},
        {"statement": "x"},
        {"published": None},
        {"attributedTo": KOELN.uri},
        {"more": 1},
    ],
)
def test_a_checkpoint_in_another_form_is_malformed(change: dict[str, object]) -> None:
    good = cells.checkpoint([])
    assert record_checks.parse_checkpoint(good).total == 0
    with pytest.raises(errors.Malformed):
        record_checks.parse_checkpoint(good | change)


@pytest.mark.parametrize(
    ("thing", "expected"),
    [
        ("a", {"a"}),
        ({"id": "a"}, {"a"}),
        ({"id": "a", "instrument": "b"}, {"a", "b"}),
        ({"instrument": {"id": "b"}}, {"b"}),
        ({"instrument": {"id": 1}, "id": ["a"]}, set()),
        ({"instrument": ["b"]}, set()),
        (["a"], set()),
        (None, set()),
    ],
)
def test_an_activity_names_what_it_ends_in_each_usual_way(thing: object, expected: set[str]) -> None:
    assert record_checks.named_by({"object": thing}) == expected


def test_proofs_of_the_samples_are_by_their_keys() -> None:
    for name in ("article", "coSignature", "authorization", "checkpoint", "withdraw"):
        document = OBJECTS[name]
        value = VECTORS["keys"][document["proof"]["verificationMethod"]]["publicKeyMultibase"]
        proofs.verify_document(document, keys.parse_multikey(value), cells.COUNTED)
