"""Attacks that a first draft of the protocol let through, by their numbers in docs/cosigning.md."""

import json
import time
from dataclasses import replace
from typing import Any

import pytest

from federation import base58, jsonld, proofs
from federation.cosigning import documents, records, vocabulary
from federation.cosigning.trust import Trust
from federation.cosigning.verify import verify
from federation.jsonld import Document
from tests.federation import samples
from tests.federation.cosigning import cells
from tests.federation.cosigning.cells import BREMEN, HALLE, KOELN, LEIPZIG, STATEMENT, Cell

VECTORS = samples.load("cosign_vectors.json")


def statement_word(**changes: Any) -> str:
    return cells.verified(cells.bundle(text=cells.statement(**changes))).statement.value


def unsigned(document: Document) -> Document:
    return {name: value for name, value in document.items() if name != "proof"}


# -- 1: what Mastodon shows is not what was signed


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"summary": "<p>anything</p>", "summaryMap": None}, "malformed"),
        ({"summaryMap": {"de": "<p>anything</p>", "en": "<p>x</p>"}}, "content-mismatch"),
        ({"preview": {"type": "Note", "content": "<p>anything</p>"}}, "malformed"),
        ({"source": {"content": "anything", "mediaType": "text/markdown"}}, "malformed"),
        ({"image": {"type": "Image", "url": "https://evil.example/x.png"}}, "malformed"),
        ({"url": "https://evil.example/"}, "malformed"),
    ],
)
def test_1_nothing_that_is_shown_is_outside_the_signed_text(changes: Document, word: str) -> None:
    assert statement_word(**changes) == word


def test_1_a_new_summary_breaks_every_signature() -> None:
    text = {"summary": "<p>anything</p>", "summaryMap": {"de": "<p>anything</p>", "en": "<p>x</p>"}}
    changed = cells.statement(**text)
    report = cells.verified(cells.bundle(cells.entry(), text=changed))
    assert (report.statement, [each.word for each in report.entries]) == ("valid", ["other-revision"])


@pytest.mark.parametrize(
    "change", [{"name": "Anderes"}, {"digestMultibase": "zQm" + "2" * 44}, {"mediaType": "x/y"}]
)
def test_1_files_are_part_of_the_signed_text(change: Document) -> None:
    file = {
        "type": "Document",
        "mediaType": "application/pdf",
        "name": "Erklärung",
        "url": f"{LEIPZIG.origin}/media/1.pdf",
        "digestMultibase": "zQm" + "1" * 44,
    }
    text, other = cells.statement(attachment=[file]), cells.statement(attachment=[file | change])
    assert cells.words(cells.bundle(cells.entry(text=text), text=text)) == ["valid"]
    assert cells.words(cells.bundle(cells.entry(text=text), text=other)) == ["other-revision"]


# -- 2: boosts follow the edit


@pytest.mark.parametrize("revision", [1, 2])
def test_2_an_edit_under_the_same_id_has_none_of_the_signatures(revision: int) -> None:
    texts = {"de": "<p>Anders</p>", "en": "<p>Other</p>"}
    edited = cells.statement(content=texts["de"], contentMap=texts, revision=revision, salt="A" * 22)
    assert cells.words(cells.bundle(cells.entry(), text=edited)) == ["other-revision"]


def test_2_who_signed_the_edit_too_is_listed_under_it_alone() -> None:
    edited = cells.statement(revision=2, salt="A" * 22)
    both = [cells.entry(KOELN), cells.entry(KOELN, edited, number=2)]
    assert cells.words(cells.bundle(*both, text=edited)) == ["other-revision", "valid"]
    assert cells.words(cells.bundle(*both)) == ["valid", "other-revision"]


# -- 3: nobody vouches for the keys in a file


def impostor(cell: Cell) -> tuple[Document, Document]:
    """Return an entry in a cell's name under a key that the author made, and an actor that shows it."""
    key = cells.make_key("made by the author")
    signed = proofs.sign_document(unsigned(cells.co_signature(cell)), key, cell.key_id, cells.SIGNED)
    forged = {"coSignature": signed, "authorization": cells.stamp(signed, key.public.multikey())}
    return forged, records.render_actor(cell.uri, "x", {cell.key_id: key.public.multikey()})


def test_3_an_invented_co_signer_shows_as_such_to_whoever_knows_the_key() -> None:
    forged, actor = impostor(KOELN)
    made = cells.bundle(forged, actors=[LEIPZIG.actor, actor])
    assert cells.words(made) == ["valid"]
    assert {each.rung for each in cells.verified(made).keys} == {"file", "author"}
    assert cells.words(made, cells.trusting(LEIPZIG, KOELN)) == ["key-conflict"]


def test_3_an_invented_co_signer_shows_as_such_by_a_trusted_witness() -> None:
    forged, actor = impostor(KOELN)
    made = cells.bundle(forged, actors=[LEIPZIG.actor, HALLE.actor, actor])
    made["witnesses"] = [cells.witness(HALLE, LEIPZIG, KOELN)]
    assert cells.words(made, cells.trusting(HALLE)) == ["key-conflict"]


def test_3_a_second_actor_document_of_an_id_displaces_nobody() -> None:
    _, actor = impostor(KOELN)
    for actors in ([LEIPZIG.actor, KOELN.actor, actor], [LEIPZIG.actor, actor, KOELN.actor]):
        assert cells.words(cells.bundle(cells.entry(), actors=actors)) == ["valid"]


def test_3_a_stamp_that_saw_another_key_than_the_signature_was_made_with() -> None:
    _, actor = impostor(KOELN)
    signed = cells.co_signature()
    other = actor["assertionMethod"][0]["publicKeyMultibase"]
    made = {"coSignature": signed, "authorization": cells.stamp(signed, other)}
    assert cells.words(cells.bundle(made, actors=[LEIPZIG.actor, KOELN.actor, actor])) == [
        "authorization-mismatch"
    ]


def test_3_a_file_forged_from_start_to_end_is_nothing_to_a_reader_with_a_list() -> None:
    made = cells.bundle(cells.entry())
    report = cells.verified(made, cells.trusting(BREMEN))
    assert report.statement == "valid"
    assert not report.is_sound
    conflicting = Trust(keys={LEIPZIG.key_id: frozenset({BREMEN.value})})
    report = cells.verified(made, conflicting)
    assert report.keys[0].rung == "conflict"
    assert not report.is_sound


# -- 4, 13: withdrawn signatures stay listed, omissions go unnoticed


def test_4_a_mirror_that_hides_a_withdrawal_lists_more_than_the_author_counts() -> None:
    made = cells.entry()
    report = cells.verified(cells.bundle(made, checkpoint=cells.checkpoint([made], total=0)))
    assert (report.completeness, report.is_sound) == ("incomplete", False)


def test_4_lists_are_unions_so_order_and_repetition_of_withdrawals_mean_nothing() -> None:
    kept, gone = cells.entry(KOELN), cells.entry(HALLE)
    undo = cells.withdrawal(gone["coSignature"], HALLE)
    counted = cells.checkpoint([kept, gone], total=1)
    for entries in ([kept, gone], [gone, kept]):
        for undos in ([undo], [undo, undo], [unsigned(undo), undo]):
            report = cells.verified(cells.bundle(*entries, withdrawals=undos, checkpoint=counted))
            words = {each.signer_uri: each.word.value for each in report.entries}
            assert words == {KOELN.uri: "valid", HALLE.uri: "withdrawn"}
            assert report.completeness == "complete"


@pytest.mark.parametrize(
    "change", [{"totalItems": 2}, {"setDigest": "zQm" + "1" * 44}, {"published": "2030-01-01T00:00:00Z"}]
)
def test_13_a_forged_checkpoint_is_none(change: Document) -> None:
    made = cells.entry()
    report = cells.verified(cells.bundle(made, checkpoint=cells.checkpoint([made]) | change))
    assert (report.completeness, report.is_sound) == ("unknown", False)


def test_13_an_entry_that_is_kept_back_is_missed() -> None:
    shown, hidden = cells.entry(KOELN), cells.entry(HALLE)
    report = cells.verified(cells.bundle(shown, checkpoint=cells.checkpoint([shown, hidden])))
    assert (report.completeness, report.is_sound) == ("incomplete", False)


def test_13_a_text_that_the_bundle_claims_was_signed_is_never_read() -> None:
    stale = documents.signed_text(STATEMENT) | {"content": {"de": "<p>Anders</p>"}}
    report = cells.verified(cells.bundle(cells.entry(), signedText=stale))
    assert report.is_sound
    assert report.document == STATEMENT


def test_13_a_forged_witness_has_seen_nothing() -> None:
    forged = cells.witness(HALLE, KOELN) | {"seen": [f"{KOELN.key_id} {BREMEN.value} 2026-11-24T04:10:00Z"]}
    made = cells.bundle(cells.entry(), witnesses=[forged])
    assert cells.words(made, cells.trusting(HALLE, LEIPZIG)) == ["valid"]


def test_13_an_emptied_list_is_incomplete() -> None:
    report = cells.verified(cells.bundle(checkpoint=cells.checkpoint([cells.entry()])))
    assert report.completeness == "incomplete"


# -- 5, 6: names and texts that show something else


@pytest.mark.parametrize(
    "name", ["Köln <script>", "K&ouml;ln", "Köln\u202e", "Ko\u0308ln", " Köln", "Köln\nHalle", "x" * 201, ""]
)
def test_5_a_signers_name_is_plain_text(name: str) -> None:
    assert cells.words(cells.bundle(cells.entry(name=name))) == ["invalid"]


@pytest.mark.parametrize(
    "content",
    [
        "<script>alert(1)</script>",
        '<p style="display:none">x</p>',
        '<p><a href="javascript:alert(1)">x</a></p>',
        "<p>x <!-- y</p>",
        "<p>&#x202e;x</p>",
        "<p>&shy;x</p>",
        "<p>x\ry</p>",
        "<p>x\u061cy</p>",
        "<p>x\u2028y</p>",
        "<p>x\u3164y</p>",
        "<p>x\U000e0041y</p>",
    ],
)
def test_6_hidden_text_is_refused(content: str) -> None:
    text = {"content": content, "contentMap": {"de": content, "en": "<p>x</p>"}}
    assert statement_word(**text) == "forbidden-characters"


def test_6_nul_cannot_even_be_loaded() -> None:
    made = json.dumps(cells.bundle()).replace("Wir fordern", "Wir \\u0000fordern")
    assert verify(made.encode()).statement == "malformed"


def test_6_a_title_is_not_read_as_html() -> None:
    name = "Kein Krieg <und keine Aufrüstung"
    assert statement_word(name=name, nameMap={"de": name, "en": "x"}) == "forbidden-characters"


# -- 7: one bad entry kills all


@pytest.mark.parametrize(
    "changes",
    [
        {"publishBefore": None},
        {"attributedTo": [KOELN.uri]},
        {"attributedTo": "https://koeln.example:x/actor"},
        {"id": None},
        {"proof": {"proofValue": 1}},
        {"signedLanguages": {"de": 1}},
        {"revision": 1.5},
        {"revision": 2**60},
        {"@context": 5},
    ],
)
def test_7_a_bad_entry_affects_no_other(changes: Document) -> None:
    bad = {
        "coSignature": cells.co_signature(HALLE) | changes,
        "authorization": cells.stamp(cells.co_signature(HALLE)),
    }
    report = cells.verified(cells.bundle(cells.entry(), bad, checkpoint=None))
    assert [each.word for each in report.entries] == ["valid", "invalid"]


@pytest.mark.parametrize(
    "junk",
    [
        None,
        1,
        "x",
        [],
        {},
        {"id": 1},
        {"id": LEIPZIG.uri, "assertionMethod": "x"},
        {"id": LEIPZIG.uri, "assertionMethod": [1, None, {}, "https://leipzig.example/actor#cosign-1"]},
        {
            "id": LEIPZIG.uri,
            "assertionMethod": {"id": LEIPZIG.key_id, "type": "Multikey", "controller": LEIPZIG.uri},
        },
        {"id": LEIPZIG.uri, "icon": {"focalPoint": [0.5, 0.25]}},
        {"type": "Undo", "actor": [KOELN.uri], "object": "https://koeln.example/cosignatures/1"},
        {"type": "Undo", "object": {"instrument": {"id": "https://koeln.example/cosignatures/1"}}},
        {"type": "Delete", "object": [[]]},
    ],
)
def test_7_junk_anywhere_affects_nothing_else(junk: object) -> None:
    made = cells.bundle(cells.entry())
    for member in ("actors", "withdrawals", "removals", "witnesses"):
        made[member] = [junk, *made[member], junk]
    report = cells.verified(made)
    assert [each.word for each in report.entries] == ["valid"]
    assert report.completeness == "complete"


def test_7_a_proof_value_of_250_kb_costs_nothing() -> None:
    signed = cells.co_signature()
    signed["proof"] = signed["proof"] | {"proofValue": "z" + base58.ALPHABET[-1] * 250_000}
    before = time.process_time()
    assert cells.words(cells.bundle({"coSignature": signed, "authorization": {}}, checkpoint=None)) == [
        "invalid"
    ]
    assert time.process_time() - before < 10


def test_7_bottomless_brackets_end_in_a_word() -> None:
    assert verify(b'{"type":"CoSignBundle","version":2,"entries":' + b"[" * 100_000).statement == "malformed"
    lines = [jsonld.dump({"statement": STATEMENT}), jsonld.dump({"actors": LEIPZIG.actor})]
    lines.append(b'{"entries":' + b"[" * 5000 + b"]" * 5000 + b"}")
    report = verify(b"\n".join(lines))
    assert (report.statement, report.notes) == ("valid", ("1 lines hold no record",))


# -- 8: publishBefore does not bind


@pytest.mark.parametrize(
    "limit", ["2026-12-01T14:00:00+14:00", "9", "2026-12-01T08:00:00.5Z", "2026-12-01T00:00:00-08:00"]
)
def test_8_times_have_one_form(limit: str) -> None:
    assert cells.words(cells.bundle(cells.entry(publishBefore=limit))) == ["invalid"]


def test_8_a_text_that_was_published_too_late_has_no_consent() -> None:
    late = cells.statement(published="2029-12-14T08:00:00Z")
    assert late["textDigest"] == STATEMENT["textDigest"]
    assert cells.words(cells.bundle(cells.entry(), text=late)) == ["expired-before-publication"]


@pytest.mark.parametrize("published", ["2026-12-01T08:00:00+00:00", "2026-12-01", "9", 5])
def test_8_the_statement_has_it_too(published: object) -> None:
    assert statement_word(published=published) == "malformed"


# -- 9: a draft is nothing


def test_9_the_draft_of_the_samples_is_not_public() -> None:
    made = VECTORS["objects"]["bundle"] | {"statement": VECTORS["objects"]["draft"]}
    assert cells.verified(made).statement == "unpublished"


# -- 10: counting


def test_10_a_cell_under_another_spelling_of_its_host_is_no_cell() -> None:
    for host in ("KOELN.example", "koeln.example:443", "koeln.example."):
        other = Cell(host)
        made = cells.bundle(cells.entry(), cells.entry(other))
        made["actors"].append(other.actor)
        assert cells.words(made) == ["valid", "invalid"]


def test_10_the_author_is_no_co_signer() -> None:
    assert cells.words(cells.bundle(cells.entry(LEIPZIG))) == ["duplicate"]


@pytest.mark.parametrize(
    "terms",
    [
        {"role": "author"},
        {"role": "supporter"},
        {"signedLanguages": []},
        {"signedLanguages": ["xx"]},
        {"signedLanguages": ["de", "de"]},
        {"signedLanguages": ["en"]},
    ],
)
def test_10_roles_and_languages_are_those_that_there_are(terms: Document) -> None:
    assert cells.words(cells.bundle(cells.entry(**terms))) == ["invalid"]


def test_10_one_cell_counts_once() -> None:
    several = [cells.entry(number=number) for number in (1, 2, 3)]
    assert cells.words(cells.bundle(*several)) == ["valid", "duplicate", "duplicate"]
    assert cells.words(cells.bundle(several[0], several[0])) == ["valid", "duplicate"]


# -- 11: a loose context rule


@pytest.mark.parametrize(
    "context",
    [
        [*documents.ARTICLE_CONTEXT, {"content": "as:summary"}],
        [*documents.ARTICLE_CONTEXT, "https://evil.example/"],
        [*documents.ARTICLE_CONTEXT, {"@propagate": False}],
        documents.ARTICLE_CONTEXT[:2],
    ],
)
def test_11_a_statement_in_another_context_is_refused(context: list[Any]) -> None:
    assert statement_word(**{"@context": context}) == "invalid-proof"


def test_11_a_context_appended_by_anyone_breaks_the_proof() -> None:
    for appended in ({}, {"Hashtag": "as:Hashtag"}):
        text = STATEMENT | {"@context": [*STATEMENT["@context"], appended]}
        assert cells.verified(cells.bundle(text=text)).statement == "invalid-proof"


def test_11_a_co_signature_in_another_context_is_refused() -> None:
    changes: dict[str, Any] = {"@context": [*vocabulary.CONTEXTS["CoSignature"], {"name": "as:summary"}]}
    signed = cells.co_signature(**changes)
    assert cells.words(cells.bundle({"coSignature": signed, "authorization": cells.stamp(signed)})) == [
        "invalid"
    ]


@pytest.mark.parametrize("kind", ["Note", "Tombstone", "CoSignCheckpoint", ["Article"], None])
def test_11_a_statement_is_an_article(kind: object) -> None:
    document = unsigned(STATEMENT) | {"type": kind}
    for context in (document["@context"], None):
        changed = {
            name: value for name, value in (document | {"@context": context}).items() if value is not None
        }
        assert cells.verified(cells.bundle(text=LEIPZIG.sign(changed))).statement == "invalid-proof"


# -- 12: ids


@pytest.mark.parametrize(
    "uri",
    [
        "urn:uuid:1",
        "javascript:alert(1)",
        "http://koeln.example/c/1",
        "https://\u212aoeln.example/c/1",
        "https://koeln.example\\@evil.example/c/1",
        "https://k\u043eeln.example/c/1",
        "https://koeln.example./c/1",
        "https://koeln.example/c/1\n",
        "https://halle.example/c/1",
    ],
)
def test_12_an_id_has_one_spelling_on_its_owners_server(uri: str) -> None:
    assert cells.words(cells.bundle(cells.entry(id=uri))) == ["invalid"]


# -- 14: types and proofs


@pytest.mark.parametrize("revision", [True, 0, -5, "1", 1_000_001])
def test_14_a_revision_is_a_number(revision: object) -> None:
    assert statement_word(revision=revision) == "malformed"
    assert cells.words(cells.bundle(cells.entry(revision=revision))) == ["invalid"]


def test_14_nothing_is_null() -> None:
    document = unsigned(STATEMENT) | {"content": None, "authoritativeLanguage": "fr"}
    assert cells.verified(cells.bundle(text=LEIPZIG.sign(document))).statement == "malformed"


@pytest.mark.parametrize(
    "option", [{"expires": "2020-01-01T00:00:00Z"}, {"previousProof": "x"}, {"nonce": "x"}, {"domain": "x"}]
)
def test_14_a_proof_has_no_options_but_its_own(option: Document) -> None:
    signed = cells.co_signature()
    with_option = signed | {"proof": signed["proof"] | option}
    assert cells.words(cells.bundle({"coSignature": with_option}, checkpoint=None)) == ["invalid"]
    statement = STATEMENT | {"proof": STATEMENT["proof"] | option}
    assert cells.verified(cells.bundle(text=statement)).statement == "invalid-proof"


def test_14_a_proof_was_made_at_a_time() -> None:
    signed = proofs.sign_document(unsigned(STATEMENT), LEIPZIG.key, LEIPZIG.key_id, cells.SIGNED)
    for created in ("yesterday", "2026-11-23T19:30:00+00:00", None):
        text = signed | {"proof": signed["proof"] | {"created": created}}
        assert cells.verified(cells.bundle(text=text)).statement == "invalid-proof"


@pytest.mark.parametrize(
    "shape", [lambda proof: [proof], lambda proof: [proof, proof], lambda _: None, lambda _: "z"]
)
def test_14_a_record_has_exactly_one_proof(shape: Any) -> None:
    signed = cells.co_signature()
    made = {"coSignature": signed | {"proof": shape(signed["proof"])}}
    assert cells.words(cells.bundle(made, checkpoint=None)) == ["invalid"]


# -- 15: keys that some verifiers take and others refuse


def test_15_a_key_of_mixed_order_verifies_nothing() -> None:
    # KOELN's key plus the point of order 2, (0, -1): its encoding is -y with the other sign of x.
    prime = 2**255 - 19
    raw = int.from_bytes(base58.decode(KOELN.value[1:])[2:], "little")
    mixed = ((prime - (raw & (2**255 - 1))) | ((raw >> 255) ^ 1) << 255).to_bytes(32, "little")
    value = "z" + base58.encode(b"\xed\x01" + mixed)
    actor = records.render_actor(KOELN.uri, "x", {KOELN.key_id: value})
    signed = cells.co_signature()
    made = {"coSignature": signed, "authorization": cells.stamp(signed, value)}
    assert cells.words(cells.bundle(made, actors=[LEIPZIG.actor, actor])) == ["invalid"]


# -- 16: rollback and overtaking


def test_16_a_later_revision_inherits_nothing() -> None:
    text = cells.statement(revision=2)
    assert cells.words(cells.bundle(cells.entry(), text=text)) == ["other-revision"]


@pytest.mark.parametrize("revision", [2**53 - 1, 1_000_001])
def test_16_no_revision_is_so_high_that_none_can_follow(revision: int) -> None:
    assert statement_word(revision=revision) == "malformed"


def test_16_an_old_bundle_says_of_which_day_it_is() -> None:
    made = cells.entry()
    report = cells.verified(cells.bundle(made))
    assert (report.completeness, report.as_of) == ("complete", "2026-12-02T00:00:00Z")


def test_16_an_amendment_names_the_first_text_but_has_a_new_id() -> None:
    edition = replace(cells.EDITION, revision=2, first_uri=STATEMENT["id"])
    amended = documents.render_statement(replace(cells.FACTS, uri=f"{LEIPZIG.origin}/statements/43"), edition)
    assert (amended["context"], amended["revision"]) == (STATEMENT["id"], 2)
    assert cells.words(cells.bundle(cells.entry(), text=LEIPZIG.sign(amended))) == ["wrong-statement"]


# -- 17: attached files (their bytes are compared in tests/cli/test_verifying.py)


@pytest.mark.parametrize(
    "change",
    [
        {"url": "https://evil.example/1.pdf"},
        {"digestMultibase": None},
        {"digestMultibase": "zQm" + "l" * 44},
        {"mediaType": "text"},
        {"name": None},
        {"type": "Link"},
        {"href": "https://leipzig.example/2.pdf"},
    ],
)
def test_17_a_file_is_its_digest_on_the_authors_server(change: Document) -> None:
    file = {
        "type": "Document",
        "mediaType": "application/pdf",
        "name": "",
        "url": f"{LEIPZIG.origin}/media/1.pdf",
        "digestMultibase": "zQm" + "1" * 44,
    }
    assert statement_word(attachment=[file]) == "valid"
    assert statement_word(attachment=[file | change]) == "malformed"


# -- 18: good is not refused


@pytest.mark.parametrize("title", ["می\u200cخواهیم", "ක්\u200dරියා", "🏳\ufe0f\u200d🌈 Pride", "Überall & immer"])
def test_18_what_people_write_is_taken(title: str) -> None:
    assert statement_word(name=title, nameMap={"de": title, "en": "x"}) == "valid"


def test_18_an_actor_may_have_a_single_key_or_new_ones() -> None:
    single = KOELN.actor | {"assertionMethod": KOELN.actor["assertionMethod"][0]}
    assert cells.words(cells.bundle(cells.entry(), actors=[LEIPZIG.actor, single])) == ["valid"]
    rotated = records.render_actor(KOELN.uri, "x", {f"{KOELN.uri}#cosign-2": HALLE.value})
    for actors in ([LEIPZIG.actor, KOELN.actor, rotated], [rotated, KOELN.actor, LEIPZIG.actor]):
        assert cells.words(cells.bundle(cells.entry(), actors=actors)) == ["valid"]


# -- 19: an Undo written otherwise


@pytest.mark.parametrize(
    "thing",
    [
        "https://koeln.example/cosignatures/1",
        {"id": "https://koeln.example/cosignatures/1"},
        cells.co_signature(),
        {"id": "https://koeln.example/activities/r", "instrument": "https://koeln.example/cosignatures/1"},
        {"id": "https://koeln.example/activities/r", "instrument": cells.co_signature()},
    ],
)
@pytest.mark.parametrize("context", [cells.AS, [cells.AS], vocabulary.CONTEXTS["CoSignature"]])
def test_19_any_undo_by_the_signer_that_names_it_withdraws(thing: object, context: object) -> None:
    undo = KOELN.sign(
        {
            "@context": context,
            "id": f"{KOELN.origin}/activities/undo",
            "type": "Undo",
            "actor": KOELN.uri,
            "object": thing,
        }
    )
    report = cells.verified(cells.bundle(cells.entry(), withdrawals=[undo]))
    assert [(each.word, each.ended_at) for each in report.entries] == [("withdrawn", None)]


def test_19_a_withdrawal_may_be_under_a_newer_key_of_the_signer() -> None:
    newer = cells.make_key("newer")
    undo = unsigned(cells.withdrawal(cells.co_signature()))
    signed = proofs.sign_document(undo, newer, f"{KOELN.uri}#cosign-2", cells.COUNTED)
    made = cells.bundle(cells.entry(), withdrawals=[signed])
    made["actors"].append(
        records.render_actor(KOELN.uri, "x", {f"{KOELN.uri}#cosign-2": newer.public.multikey()})
    )
    assert cells.words(made) == ["withdrawn"]


@pytest.mark.parametrize(
    "undo",
    [
        cells.withdrawal(cells.co_signature(), HALLE, actor=HALLE.uri),
        cells.withdrawal(cells.co_signature(), LEIPZIG),
        cells.withdrawal(cells.co_signature(), KOELN, type="Delete"),
        cells.withdrawal(cells.co_signature(), KOELN, object="https://koeln.example/cosignatures/2"),
        cells.withdrawal(cells.co_signature(), KOELN, id="https://halle.example/undo/1"),
        cells.withdrawal(cells.co_signature()) | {"published": "2027-01-01T00:00:00Z"},
        unsigned(cells.withdrawal(cells.co_signature())),
        KOELN.sign_daily(unsigned(cells.withdrawal(cells.co_signature()))),
        KOELN.sign(
            {
                name: value
                for name, value in cells.withdrawal(cells.co_signature()).items()
                if name != "@context"
            }
        ),
    ],
)
def test_19_an_undo_by_somebody_else_or_without_proof_is_ignored_and_reported(undo: Document) -> None:
    report = cells.verified(cells.bundle(cells.entry(), withdrawals=[undo]))
    assert [each.word for each in report.entries] == ["valid"]
    assert report.notes == ("1 withdrawals or removals end nothing in this list",)


@pytest.mark.parametrize(
    "delete",
    [
        cells.removal(cells.entry()["authorization"], KOELN),
        cells.removal(cells.entry()["authorization"], KOELN, actor=KOELN.uri),
        cells.removal(cells.entry()["authorization"], LEIPZIG, type="Undo"),
        LEIPZIG.sign_daily(unsigned(cells.removal(cells.entry()["authorization"]))),
        unsigned(cells.removal(cells.entry()["authorization"])),
    ],
)
def test_19_a_removal_by_somebody_else_or_without_proof_is_ignored_and_reported(delete: Document) -> None:
    report = cells.verified(cells.bundle(cells.entry(), removals=[delete]))
    assert [each.word for each in report.entries] == ["valid"]
    assert report.notes == ("1 withdrawals or removals end nothing in this list",)


def test_19_ten_false_withdrawals_do_not_hide_a_true_one_but_more_are_not_tried() -> None:
    signed = cells.co_signature()
    false = [unsigned(cells.withdrawal(signed)) | {"id": f"{KOELN.origin}/{number}"} for number in range(10)]
    true = cells.withdrawal(signed)
    assert cells.words(cells.bundle(cells.entry(), withdrawals=[*false[:9], true])) == ["withdrawn"]
    assert cells.words(cells.bundle(cells.entry(), withdrawals=[*false, true])) == ["valid"]
