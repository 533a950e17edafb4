"""The verifier: vectors, and each word of the protocol."""

import json
from typing import Any

import pytest

from federation import errors, jsonld, proofs
from federation.cosigning import bundle as bundles
from federation.cosigning import documents, records
from federation.cosigning.trust import Trust
from federation.cosigning.verify import verify
from tests.federation import samples
from tests.federation.cosigning import cells
from tests.federation.cosigning.cells import BREMEN, HALLE, KOELN, LEIPZIG, STATEMENT

VECTORS = samples.load("cosign_vectors.json")


def test_the_sample_bundle_is_sound_and_stays_readable() -> None:
    report = cells.verified(VECTORS["objects"]["bundle"])
    assert [each.word for each in report.entries] == VECTORS["bundle_expect"]
    assert report.is_sound
    assert (report.completeness, report.as_of) == ("complete", "2026-12-02T00:00:00Z")


@pytest.mark.parametrize("case", VECTORS["negative"], ids=lambda case: case["name"])
def test_a_bad_bundle_is_called_what_it_is(case: dict[str, Any]) -> None:
    report = cells.verified(case["bundle"])
    if isinstance(case["expect"], str):
        assert f"statement:{report.statement}" == case["expect"]
    else:
        assert [each.word for each in report.entries] == case["expect"]


@pytest.mark.parametrize("case", VECTORS["raw_reject"], ids=lambda case: case["name"])
def test_bytes_that_two_readers_could_read_differently_are_no_record(case: dict[str, str]) -> None:
    with pytest.raises(errors.Malformed):
        bundles.load_record(case["json"].encode())


def test_a_bundle_of_our_own_is_sound() -> None:
    made = cells.bundle(cells.entry(KOELN), cells.entry(HALLE))
    report = cells.verified(made)
    assert report.is_sound, report
    assert report.notes == ()
    assert report.document == STATEMENT
    assert [(each.signer_uri, each.name, each.listed_at) for each in report.entries] == [
        (KOELN.uri, "Kollektiv koeln", "2026-11-23T20:30:00Z"),
        (HALLE.uri, "Kollektiv halle", "2026-11-23T20:30:00Z"),
    ]


def test_a_bundle_without_signatures_is_sound() -> None:
    assert cells.verified(cells.bundle()).is_sound


def test_both_forms_of_a_bundle_give_the_same_report() -> None:
    made = cells.bundle(cells.entry(KOELN), {"coSignature": {}}, actors=[LEIPZIG.actor, KOELN.actor])
    lines = list(bundles.dump_lines(made))
    as_json = cells.verified(made).as_document()
    assert verify(b"".join(lines)).as_document() == as_json
    # The order of lines means nothing; entries are reported as they come.
    backwards = verify(b"".join(reversed(lines))).as_document()
    assert backwards.pop("entries") == as_json.pop("entries")[::-1]
    assert backwards == as_json


def test_the_report_as_json_has_exactly_these_words() -> None:
    report = cells.verified(cells.bundle(cells.entry())).as_document()
    assert json.loads(json.dumps(report)) == report
    assert {name: value for name, value in report.items() if name != "keys"} == {
        "statement": {"result": "valid"},
        "entries": [{"id": "https://koeln.example/cosignatures/1", "result": "valid"}],
        "formerEntries": [],
        "list": "complete",
        "as_of": "2026-12-02T00:00:00Z",
        "notes": [],
    }
    assert report["keys"][0] == {
        "id": LEIPZIG.key_id,
        "key": LEIPZIG.value,
        "of": "author",
        "rung": "file",
        "seenBy": [],
    }
    assert [(each["id"], each["of"], each["rung"]) for each in report["keys"]] == [
        (LEIPZIG.key_id, "author", "file"),
        (LEIPZIG.daily_key_id, "author", "file"),
        (KOELN.key_id, "signer", "author"),
    ]


# -- words of a statement, in their order


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"type": "Note"}, "invalid-proof"),
        ({"@context": [cells.AS]}, "invalid-proof"),
        ({"attributedTo": KOELN.uri}, "invalid-proof"),
        ({"image": "https://leipzig.example/x.png"}, "malformed"),
        ({"published": "2026-12-01T08:00:00.000Z"}, "malformed"),
        ({"published": None}, "unpublished"),
        ({"to": [f"{KOELN.uri}"]}, "unpublished"),
        ({"to": None}, "unpublished"),
        ({"content": "<p>Etwas anderes</p>"}, "content-mismatch"),
        ({"name": "Etwas anderes"}, "content-mismatch"),
        ({"summary": "<p>Etwas anderes</p>"}, "content-mismatch"),
        ({"name": "A\u202eB", "nameMap": {"de": "A\u202eB", "en": "S"}}, "forbidden-characters"),
        ({"content": "<b>x</b>", "contentMap": {"de": "<b>x</b>", "en": "<p>x</p>"}}, "forbidden-characters"),
        ({"contentMap": {"de": "<p>Wir fordern …</p>", "en": "<script>"}}, "forbidden-characters"),
        ({"summaryMap": {"de": "<p>Kurz</p>", "en": "x"}}, "forbidden-characters"),
        ({"textDigest": "zQmXgEAyFUPfw1hJgpWHX8HocLxXFt8PPF5wGHoysqPc8DG"}, "digest-mismatch"),
        ({"published": None, "content": "<b>", "textDigest": "zQm" + "1" * 44}, "unpublished"),
        ({"name": "&lt;", "textDigest": "zQm" + "1" * 44}, "content-mismatch"),
        ({}, "valid"),
    ],
)
def test_a_statement_is_called_by_the_first_word_that_applies(changes: dict[str, Any], word: str) -> None:
    report = cells.verified(cells.bundle(cells.entry(), text=cells.statement(**changes)))
    assert report.statement == word
    assert report.is_sound is (word == "valid")


def test_a_statement_that_was_changed_after_signing_has_an_invalid_proof() -> None:
    report = cells.verified(cells.bundle(text=STATEMENT | {"salt": "A" * 22}))
    assert (report.statement, report.entries, report.completeness, report.document) == (
        "invalid-proof",
        (),
        "unknown",
        None,
    )


def test_a_statement_signed_with_the_daily_key_has_an_invalid_proof() -> None:
    # That key signs without a decision of the members.
    signed = LEIPZIG.sign_daily(cells.unsigned_statement())
    assert cells.verified(cells.bundle(text=signed)).statement == "invalid-proof"


def test_a_statement_of_an_author_without_keys_has_an_invalid_proof() -> None:
    assert cells.verified(cells.bundle(actors=[])).statement == "invalid-proof"


@pytest.mark.parametrize("text", [{}, None, [], "x", {"type": "Article"}])
def test_a_file_without_a_statement_says_so(text: object) -> None:
    made = cells.bundle() | {"statement": text}
    assert cells.verified(made).statement in ("malformed", "invalid-proof")


def test_a_statement_that_cannot_be_loaded_is_malformed() -> None:
    text = json.dumps(cells.bundle()).replace('"revision": 1,', '"revision": 1, "revision": 1,', 1)
    assert verify(text.encode()).statement == "malformed"


def test_two_statements_are_none() -> None:
    lines = [jsonld.dump({"statement": each}) for each in (STATEMENT, STATEMENT, cells.statement(revision=2))]
    actor = jsonld.dump({"actors": LEIPZIG.actor})
    assert verify(b"\n".join([lines[0], lines[1], actor])).statement == "valid"
    report = verify(b"\n".join([lines[0], lines[2], actor]))
    assert (report.statement, report.notes) == ("malformed", ("the file holds 2 statements, not one",))


@pytest.mark.parametrize(
    "source", [b"", b"{", b"[]", b"\xff", b"{}", b"nonsense\n\n", b'{"type":"CoSignBundle"}']
)
def test_what_is_no_bundle_is_malformed(source: bytes) -> None:
    report = verify(source)
    assert report.statement == "malformed"
    assert not report.is_sound
    assert report.notes != ()


# -- words of an entry, in their order


def test_an_entry_of_another_statement() -> None:
    other = cells.statement(id=f"{LEIPZIG.origin}/statements/43")
    assert cells.words(cells.bundle(cells.entry(text=other))) == ["wrong-statement"]


def test_an_entry_for_another_author() -> None:
    assert cells.words(cells.bundle(cells.entry(statementAuthor=HALLE.uri))) == ["wrong-statement"]


def test_an_entry_that_was_withdrawn() -> None:
    made = cells.entry()
    report = cells.verified(cells.bundle(made, withdrawals=[cells.withdrawal(made["coSignature"])]))
    assert [(each.word, each.ended_at) for each in report.entries] == [("withdrawn", "2026-12-02T00:00:00Z")]
    assert not report.is_sound


def test_a_withdrawal_counts_before_another_revision() -> None:
    made = cells.entry(text=cells.statement(revision=2))
    assert cells.words(cells.bundle(made)) == ["other-revision"]
    assert cells.words(cells.bundle(made, withdrawals=[cells.withdrawal(made["coSignature"])])) == [
        "withdrawn"
    ]


def test_an_entry_for_another_text_of_the_same_revision() -> None:
    other = cells.statement(salt="A" * 22)
    assert cells.words(cells.bundle(cells.entry(text=other))) == ["other-revision"]


@pytest.mark.parametrize(
    "changes",
    [
        {"role": "author"},
        {"role": "supporter"},
        {"signedLanguages": []},
        {"signedLanguages": ["en"]},
        {"signedLanguages": ["de", "de"]},
        {"signedLanguages": ["de", "xx"]},
        {"signedLanguages": ["de", 1]},
        {"publishBefore": "9"},
        {"publishBefore": 9},
    ],
)
def test_an_entry_on_impossible_terms(changes: dict[str, Any]) -> None:
    assert cells.words(cells.bundle(cells.entry(**changes))) == ["invalid"]


@pytest.mark.parametrize(
    "changes", [{"role": "issuer"}, {"signedLanguages": ["de"]}, {"publishBefore": None}]
)
def test_an_entry_on_other_possible_terms(changes: dict[str, Any]) -> None:
    assert cells.words(cells.bundle(cells.entry(**changes))) == ["valid"]


@pytest.mark.parametrize(
    ("limit", "word"),
    [
        ("2026-12-01T08:00:00Z", "valid"),
        ("2026-12-01T07:59:59Z", "expired-before-publication"),
    ],
)
def test_a_cell_agrees_only_to_a_publication_in_time(limit: str, word: str) -> None:
    assert cells.words(cells.bundle(cells.entry(publishBefore=limit))) == [word]


@pytest.mark.parametrize("authorization", [None, {}, [], "x", VECTORS["objects"]["authorization"]])
def test_an_entry_without_a_stamp_by_the_author(authorization: object) -> None:
    made = cells.entry() | {"authorization": authorization}
    assert cells.words(cells.bundle(made)) == ["not-accepted-by-author"]


def test_a_stamp_by_somebody_else() -> None:
    signed = cells.co_signature()
    unsigned = {name: value for name, value in cells.stamp(signed).items() if name != "proof"}
    by_halle = HALLE.sign(unsigned | {"attributedTo": HALLE.uri, "id": f"{HALLE.origin}/stamps/1"})
    made = {"coSignature": signed, "authorization": by_halle}
    assert cells.words(cells.bundle(made)) == ["not-accepted-by-author"]


@pytest.mark.parametrize(
    "changes",
    [
        {"interactingObject": "https://koeln.example/cosignatures/2"},
        {"interactionTarget": f"{LEIPZIG.origin}/statements/43"},
        {"textDigest": "zQm" + "1" * 44},
        {"coSignatureDigest": "zQm" + "1" * 44},
        {"coSignatureDigest": None},
        {"witnessedKey": None},
        {"witnessedKey": {}},
    ],
)
def test_a_stamp_for_something_else(changes: dict[str, Any]) -> None:
    signed = cells.co_signature()
    made = {"coSignature": signed, "authorization": cells.stamp(signed, **changes)}
    assert cells.words(cells.bundle(made)) == ["authorization-mismatch"]


@pytest.mark.parametrize(
    "changes",
    [
        {"id": KOELN.daily_key_id},
        {"controller": HALLE.uri},
        {"publicKeyMultibase": HALLE.value},
        {"type": "JsonWebKey"},
        {"expires": "2027-01-01T00:00:00Z"},
    ],
)
def test_a_stamp_that_saw_another_key(changes: dict[str, str]) -> None:
    signed = cells.co_signature()
    seen = cells.stamp(signed)["witnessedKey"] | changes
    made = {"coSignature": signed, "authorization": cells.stamp(signed, witnessedKey=seen)}
    assert cells.words(cells.bundle(made)) == ["authorization-mismatch"]


def test_an_entry_that_the_author_removed() -> None:
    made = cells.entry()
    report = cells.verified(cells.bundle(made, removals=[cells.removal(made["authorization"])]))
    assert [(each.word, each.ended_at) for each in report.entries] == [("removed", "2026-12-02T00:00:00Z")]


def test_a_cell_counts_once_and_its_first_listing_counts() -> None:
    first, second = cells.entry(number=1), cells.entry(number=2)
    assert cells.words(cells.bundle(first, second, first)) == ["valid", "duplicate", "duplicate"]
    assert cells.words(cells.bundle(second, first)) == ["duplicate", "valid"]
    signed = cells.co_signature(number=3)
    earlier = {"coSignature": signed, "authorization": cells.stamp(signed, published="2026-11-23T20:29:59Z")}
    assert cells.words(cells.bundle(first, second, earlier)) == ["duplicate", "duplicate", "valid"]


def test_an_entry_that_is_bad_by_itself_takes_nobodys_place() -> None:
    expired = cells.entry(number=1, publishBefore="2026-11-30T00:00:00Z")
    assert cells.words(cells.bundle(expired, cells.entry(number=2))) == [
        "expired-before-publication",
        "valid",
    ]


def test_the_author_is_no_co_signer_of_its_own_statement() -> None:
    assert cells.words(cells.bundle(cells.entry(LEIPZIG))) == ["duplicate"]


def test_another_key_in_the_readers_list_is_a_conflict() -> None:
    made = cells.bundle(cells.entry(), cells.entry(HALLE))
    other = {**cells.trusting(LEIPZIG, HALLE).keys, KOELN.key_id: frozenset({BREMEN.value})}
    report = cells.verified(made, Trust(keys=other))
    assert [each.word for each in report.entries] == ["key-conflict", "valid"]
    assert {each.rung for each in report.keys if each.key_id == KOELN.key_id} == {"conflict"}


def test_a_cell_with_a_conflict_leaves_its_place_to_an_entry_without() -> None:
    rotated = cells.make_key("koeln, later")
    signed = proofs.sign_document(
        {name: value for name, value in cells.co_signature(number=2).items() if name != "proof"},
        rotated,
        f"{KOELN.uri}#cosign-2",
        cells.SIGNED,
    )
    later = {"coSignature": signed, "authorization": cells.stamp(signed, rotated.public.multikey())}
    actor = records.render_actor(KOELN.uri, "x", {f"{KOELN.uri}#cosign-2": rotated.public.multikey()})
    made = cells.bundle(cells.entry(), later)
    made["actors"].append(actor)
    trust = Trust(keys={KOELN.key_id: frozenset({BREMEN.value})})
    assert cells.words(made, trust) == ["key-conflict", "valid"]
    assert cells.words(made) == ["valid", "duplicate"]


# -- the list


def test_a_missing_entry_makes_the_list_incomplete() -> None:
    first, second = cells.entry(KOELN), cells.entry(HALLE)
    report = cells.verified(cells.bundle(first, checkpoint=cells.checkpoint([first, second])))
    assert (report.completeness, report.is_sound) == ("incomplete", False)
    assert [each.word for each in report.entries] == ["valid"]


def test_an_entry_that_the_author_does_not_count_makes_the_list_incomplete() -> None:
    first, second = cells.entry(KOELN), cells.entry(HALLE)
    report = cells.verified(cells.bundle(first, second, checkpoint=cells.checkpoint([first])))
    assert report.completeness == "incomplete"


def test_more_listed_than_counted_hides_a_withdrawal() -> None:
    first, second = cells.entry(KOELN), cells.entry(HALLE)
    count = cells.checkpoint([first, second], total=1)
    assert cells.verified(cells.bundle(first, second, checkpoint=count)).completeness == "incomplete"
    fewer = cells.checkpoint([first, second], total=3)
    assert cells.verified(cells.bundle(first, second, checkpoint=fewer)).completeness == "complete"


@pytest.mark.parametrize("absent", [None, {}, [], "x"])
def test_without_a_count_the_list_is_unknown(absent: object) -> None:
    made = cells.bundle(cells.entry()) | {"checkpoint": absent}
    report = cells.verified({name: value for name, value in made.items() if value is not None})
    assert (report.completeness, report.as_of, report.is_sound) == ("unknown", None, False)


def test_a_count_of_another_text_is_not_a_count() -> None:
    other = cells.checkpoint([], text=cells.statement(revision=2))
    report = cells.verified(cells.bundle(checkpoint=other))
    assert report.completeness == "unknown"
    assert report.notes == ("a checkpoint is not the author's, or not of this text",)


def test_a_count_by_somebody_else_is_not_a_count() -> None:
    unsigned = {name: value for name, value in cells.checkpoint([]).items() if name != "proof"}
    forged = KOELN.sign_daily(unsigned | {"attributedTo": KOELN.uri, "id": f"{KOELN.origin}/checkpoint"})
    assert cells.verified(cells.bundle(checkpoint=forged)).completeness == "unknown"


def test_junk_beside_the_authors_entries_does_not_make_its_list_incomplete() -> None:
    first = cells.entry()
    report = cells.verified(cells.bundle(first, {"x": 1}, "junk", checkpoint=cells.checkpoint([first])))
    assert [each.word for each in report.entries] == ["valid", "invalid", "invalid"]
    assert report.completeness == "complete"
    assert not report.is_sound


def test_the_latest_of_several_counts_is_taken() -> None:
    first = cells.entry()
    old, new = cells.checkpoint([]), cells.checkpoint([first], at=cells.COUNTED + cells.HOUR)
    for order in ([old, new], [new, old]):
        lines = [{"checkpoint": each} for each in order]
        lines += [
            {"statement": STATEMENT},
            {"entries": first},
            {"actors": LEIPZIG.actor},
            {"actors": KOELN.actor},
        ]
        report = verify(b"\n".join(map(jsonld.dump, lines)))
        assert (report.completeness, report.as_of) == ("complete", "2026-12-02T01:00:00Z")
        assert report.notes == ()


def test_two_counts_of_the_same_time_are_a_contradiction() -> None:
    counts = [cells.checkpoint([]), cells.checkpoint([cells.entry()]), cells.checkpoint([])]
    lines = [{"checkpoint": each} for each in counts] + [{"statement": STATEMENT}, {"actors": LEIPZIG.actor}]
    report = verify(b"\n".join(map(jsonld.dump, lines)))
    assert report.notes == ("the author contradicts itself: two counts of 2026-12-02T00:00:00Z",)


# -- who is listed no more


def test_a_withdrawn_entry_may_be_kept_whole() -> None:
    made = cells.entry()
    undo = cells.withdrawal(made["coSignature"])
    count = cells.checkpoint([made], total=0)
    report = cells.verified(cells.bundle(formerEntries=[made], withdrawals=[undo], checkpoint=count))
    assert [each.word for each in report.former] == ["withdrawn"]
    assert report.is_sound, report
    assert report.as_document()["formerEntries"] == [{"id": made["coSignature"]["id"], "result": "withdrawn"}]


def test_of_a_withdrawn_entry_id_and_digest_are_enough() -> None:
    made = cells.entry()["coSignature"]
    former = {"coSignature": made["id"], "coSignatureDigest": documents.digest(made)}
    count = cells.checkpoint([{"coSignature": made}], total=0)
    members: dict[str, Any] = {"formerEntries": [former], "checkpoint": count}
    report = cells.verified(cells.bundle(**members, withdrawals=[cells.withdrawal(made)]))
    assert [(each.word, each.ended_at) for each in report.former] == [("withdrawn", "2026-12-02T00:00:00Z")]
    assert report.is_sound, report
    uncovered = cells.verified(cells.bundle(**members))
    assert [each.word for each in uncovered.former] == ["invalid"]
    assert (uncovered.completeness, uncovered.is_sound) == ("complete", False)


def test_a_withdrawal_from_another_server_does_not_cover_an_id() -> None:
    made = cells.entry()["coSignature"]
    former = {"coSignature": made["id"], "coSignatureDigest": documents.digest(made)}
    forged = cells.withdrawal(made, HALLE, actor=HALLE.uri)
    report = cells.verified(cells.bundle(formerEntries=[former], withdrawals=[forged]))
    assert [each.word for each in report.former] == ["invalid"]


@pytest.mark.parametrize(
    "former",
    [
        {"coSignature": "https://koeln.example/cosignatures/1"},
        {"coSignature": "https://koeln.example/cosignatures/1", "coSignatureDigest": "x"},
        {"coSignature": "x", "coSignatureDigest": "zQm" + "1" * 44},
        {},
        None,
        "x",
    ],
)
def test_a_former_entry_in_another_form_is_invalid(former: object) -> None:
    report = cells.verified(cells.bundle(formerEntries=[former]))
    assert [each.word for each in report.former] == ["invalid"]


def test_a_removed_entry_is_covered_by_its_removal() -> None:
    made = cells.entry()
    count = cells.checkpoint([made], total=0)
    delete = cells.removal(made["authorization"])
    report = cells.verified(cells.bundle(formerEntries=[made], removals=[delete], checkpoint=count))
    assert [each.word for each in report.former] == ["removed"]
    assert report.is_sound, report


def test_a_former_entry_that_nobody_ended_is_not_sound() -> None:
    made = cells.entry()
    report = cells.verified(cells.bundle(formerEntries=[made], checkpoint=cells.checkpoint([made], total=0)))
    assert [each.word for each in report.former] == ["valid"]
    assert not report.is_sound


# -- tallies


def tally(**changes: Any) -> Any:
    count = records.Count(
        persons={"email": 1912, "fediverse": 3},
        countries={"DE": 12},
        organisations=[{"name": "Stadtteilladen", "place": "Halle", "country": "DE", "confirmed": True}],
    )
    made = records.render_tally(f"{LEIPZIG.origin}/statements/42/tally", STATEMENT, count, cells.COUNTED)
    return LEIPZIG.sign_daily(made | changes)


def test_the_authors_count_of_people_is_its_word() -> None:
    report = cells.verified(cells.bundle(tally=tally()))
    assert report.tally is not None
    assert report.tally["persons"] == {"email": 1912, "fediverse": 3}
    assert report.is_sound


@pytest.mark.parametrize(
    "changes",
    [
        {"persons": {"email": -1}},
        {"persons": {"email": True}},
        {"persons": 5},
        {"countries": {"DE": "12"}},
        {"countries": []},
        {"organisations": {}},
        {"organisations": ["Stadtteilladen"]},
        {"organisations": [{"place": "Halle"}]},
        {"organisations": [{"name": "x", "logo": "https://x.example/"}]},
        {"statement": f"{LEIPZIG.origin}/statements/43"},
        {"textDigest": "zQm" + "1" * 44},
        {"attributedTo": f"{LEIPZIG.origin}/other"},
        {"more": 1},
    ],
)
def test_a_tally_in_another_form_is_passed_over(changes: dict[str, Any]) -> None:
    report = cells.verified(cells.bundle(tally=tally(**changes)))
    assert (report.tally, report.is_sound) == (None, True)
    assert report.notes == ("a tally is not the author's, or not of this text",)


# -- who vouches for the keys


def rungs(made: Any, trust: Trust | None) -> dict[str, str]:
    return {each.key_id: each.rung.value for each in cells.verified(made, trust).keys}


def test_without_a_list_nobody_vouches() -> None:
    assert rungs(cells.bundle(cells.entry()), None) == {
        LEIPZIG.key_id: "file",
        LEIPZIG.daily_key_id: "file",
        KOELN.key_id: "author",
    }


def test_the_readers_list_is_the_first_rung() -> None:
    report = cells.verified(cells.bundle(cells.entry()), cells.trusting(LEIPZIG, KOELN))
    assert {each.rung for each in report.keys} == {"trusted"}
    assert report.is_sound


def test_with_a_list_the_authors_keys_must_be_vouched_for() -> None:
    made = cells.bundle(cells.entry())
    assert cells.verified(made).is_sound
    assert not cells.verified(made, Trust()).is_sound
    assert not cells.verified(made, cells.trusting(KOELN)).is_sound
    assert cells.verified(made, cells.trusting(LEIPZIG)).is_sound


def test_a_trusted_witness_vouches_for_what_it_saw() -> None:
    made = cells.bundle(cells.entry(), witnesses=[cells.witness(HALLE, LEIPZIG, KOELN)])
    found = {each.key_id: each for each in cells.verified(made, cells.trusting(HALLE)).keys}
    assert (found[LEIPZIG.key_id].rung, found[KOELN.key_id].rung) == ("witnessed", "witnessed")
    assert found[KOELN.key_id].seen_by == ((HALLE.uri, "2026-11-24T04:10:00Z"),)
    assert found[LEIPZIG.daily_key_id].rung == "file"


def test_a_witness_whom_nobody_trusts_is_named_but_does_not_count() -> None:
    made = cells.bundle(cells.entry(), witnesses=[cells.witness(HALLE, LEIPZIG, KOELN)])
    found = {each.key_id: each for each in cells.verified(made, cells.trusting(LEIPZIG)).keys}
    assert (found[LEIPZIG.key_id].rung, found[KOELN.key_id].rung) == ("trusted", "author")
    assert found[KOELN.key_id].seen_by == ((HALLE.uri, "2026-11-24T04:10:00Z"),)
    document = cells.verified(made).as_document()["keys"]
    assert document[0]["seenBy"] == [{"witness": HALLE.uri, "at": "2026-11-24T04:10:00Z"}]


def test_another_key_seen_by_a_trusted_witness_is_a_conflict() -> None:
    seen = [f"{KOELN.key_id} {BREMEN.value} 2026-11-24T04:10:00Z"]
    made = cells.bundle(cells.entry(), witnesses=[cells.witness(HALLE, seen=seen)])
    assert cells.words(made, cells.trusting(HALLE)) == ["key-conflict"]
    assert cells.words(made, cells.trusting(BREMEN)) == ["valid"]


@pytest.mark.parametrize(
    "changes",
    [
        {"seen": "x"},
        {"seen": [1]},
        {"seen": ["x"]},
        {"seen": [f"{KOELN.key_id} {KOELN.value}"]},
        {"seen": [f"{KOELN.key_id}  {KOELN.value} 2026-11-24T04:10:00Z"]},
        {"seen": [f"{KOELN.uri} {KOELN.value} 2026-11-24T04:10:00Z"]},
        {"seen": [f"{KOELN.key_id} z6Mk 2026-11-24T04:10:00Z"]},
        {"seen": [f"{KOELN.key_id} {KOELN.value} yesterday"]},
        {"statement": f"{LEIPZIG.origin}/statements/43"},
        {"textDigest": "zQm" + "1" * 44},
        {"attributedTo": f"{HALLE.origin}/other"},
        {"bundleDigest": "zQm" + "1" * 44},
    ],
)
def test_a_witness_in_another_form_is_passed_over(changes: dict[str, Any]) -> None:
    made = cells.bundle(cells.entry(), witnesses=[cells.witness(HALLE, KOELN, **changes)])
    report = cells.verified(made, cells.trusting(HALLE))
    assert report.notes == ("a witness is not signed, or not about this text",)
    assert all(each.seen_by == () for each in report.keys)


def test_no_more_than_five_witnesses_are_heard() -> None:
    others = [cells.witness(cells.Cell(f"c{number}.example"), KOELN) for number in range(6)]
    made = cells.bundle(cells.entry(), witnesses=others)
    made["actors"] += [cells.Cell(f"c{number}.example").actor for number in range(6)]
    (found,) = (each for each in cells.verified(made).keys if each.key_id == KOELN.key_id)
    assert [uri for uri, _ in found.seen_by] == [f"https://c{number}.example/actor" for number in range(5)]
