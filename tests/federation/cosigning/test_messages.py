"""Messages between an author and a cell, as they are written and as they are refused."""

from typing import Any

import pytest

from federation import errors
from federation.activities import Envelope
from federation.cosigning import documents, messages, vocabulary
from federation.cosigning.messages import Invite
from federation.jsonld import Document
from tests.federation import samples
from tests.federation.cosigning import cells
from tests.federation.cosigning.cells import HALLE, KOELN, LEIPZIG, PUBLISHED, STATEMENT

OBJECTS = samples.load("cosign_vectors.json")["objects"]
DRAFT = messages.render_draft(STATEMENT)
TO_CELL = Envelope(uri=f"{LEIPZIG.origin}/activities/1", actor_uri=LEIPZIG.uri, to=(KOELN.uri,))
TO_AUTHOR = Envelope(uri=f"{KOELN.origin}/activities/1", actor_uri=KOELN.uri, to=(LEIPZIG.uri,))
INVITE = Invite(
    uri=TO_CELL.uri,
    author_uri=LEIPZIG.uri,
    cell_uri=KOELN.uri,
    draft=DRAFT,
    role="issuer",
    ends_at=PUBLISHED,
    words="Bitte bis Montag.",
)
CONSENT = cells.co_signature()
STAMP = cells.stamp(CONSENT)
REQUEST_URI = f"{KOELN.origin}/activities/1"
INVITATION = messages.render_invite(TO_CELL, INVITE)
REQUEST = messages.render_request(TO_AUTHOR, CONSENT, TO_CELL.uri)
ACCEPTANCE = messages.render_acceptance(TO_CELL, REQUEST_URI, CONSENT, STAMP)


def changed(document: Document, changes: Document) -> Document:
    """Return a document with some members changed; None takes one out."""
    return {name: value for name, value in (document | changes).items() if value is not None}


def drafted(**changes: Any) -> Document:
    """Return an invitation to a changed draft, whose digest fits its text wherever there is one."""
    return INVITATION | {"object": messages.render_draft(cells.unsigned_statement(**changes))}


# -- the draft and the invitation to it


def test_a_draft_has_nothing_that_makes_it_public_or_provable() -> None:
    assert STATEMENT.keys() - DRAFT.keys() == {"published", "to", "cc", "proof"}
    assert documents.digest(documents.signed_text(DRAFT)) == STATEMENT["textDigest"]


def test_an_invitation_is_read_as_it_was_written() -> None:
    assert messages.parse_invite(INVITATION) == INVITE


def test_an_invitation_goes_to_the_cell_alone() -> None:
    assert INVITATION["to"] == [KOELN.uri]
    assert "cc" not in INVITATION
    assert INVITATION["endTime"] == "2026-12-01T08:00:00Z"


def test_an_invitation_needs_no_words_and_no_role() -> None:
    bare = changed(INVITATION, {"summary": None, "role": None})
    invite = messages.parse_invite(bare)
    assert (invite.words, invite.role) == ("", "cosigner")
    silent = messages.render_invite(TO_CELL, messages.parse_invite(bare))
    assert "summary" not in silent


def test_what_would_make_a_draft_public_or_provable_is_not_kept() -> None:
    invite = messages.parse_invite(INVITATION | {"object": STATEMENT})
    assert invite.draft == DRAFT


def test_long_words_are_cut() -> None:
    invite = messages.parse_invite(INVITATION | {"summary": "x" * 3_000})
    assert len(invite.words) == messages.MAX_WORDS_CHARS


@pytest.mark.parametrize(
    "changes",
    [
        {"object": None},
        {"object": DRAFT["id"]},
        {"object": [DRAFT]},
        {"object": changed(DRAFT, {"type": "Note"})},
        {"object": changed(DRAFT, {"attributedTo": KOELN.uri})},
        {"actor": KOELN.uri},
        {"actor": [LEIPZIG.uri]},
        {"actor": None},
        {"id": f"{HALLE.origin}/activities/1"},
        {"id": None},
        {"target": None},
        {"target": "koeln"},
        {"role": "author"},
        {"role": ["cosigner"]},
        {"role": {}},
        {"endTime": None},
        {"endTime": "2026-12-01T08:00:00+01:00"},
        {"endTime": "2026-13-01T08:00:00Z"},
        {"summary": ["x"]},
    ],
)
def test_an_invitation_in_another_form_is_refused(changes: Document) -> None:
    with pytest.raises(errors.Malformed):
        messages.parse_invite(changed(INVITATION, changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"@context": [*documents.ARTICLE_CONTEXT, {"content": "as:summary"}]},
        {"revision": 0},
        {"salt": "short"},
        {"preview": {"content": "anything"}},
        {"nameMap": {"de": "Erklärung"}},
        {"content": "<p>anderes</p>"},
        {"content": "<p>\u202e</p>", "contentMap": {"de": "<p>\u202e</p>", "en": "<p>x</p>"}},
        {"textDigest": "zQm" + "1" * 44},
    ],
)
def test_a_draft_that_could_not_be_verified_later_is_refused_now(changes: Document) -> None:
    with pytest.raises(errors.Malformed):
        messages.parse_invite(drafted(**changes))


def test_a_draft_that_no_bundle_could_hold_is_refused() -> None:
    text = f"<p>{'x' * 200_000}</p>"
    with pytest.raises(errors.TooLarge):
        messages.parse_invite(drafted(content=text, contentMap={"de": text, "en": text}))


def test_a_cell_declines_with_its_reason_and_tells_the_author_alone() -> None:
    declined = messages.render_decline(TO_AUTHOR, TO_CELL.uri, "Der zweite Absatz fehlt.")
    assert declined == OBJECTS["declineInvite"] | {
        "id": TO_AUTHOR.uri,
        "actor": KOELN.uri,
        "to": [LEIPZIG.uri],
        "object": TO_CELL.uri,
        "summary": "Der zweite Absatz fehlt.",
        "@context": cells.AS,
    }
    assert "summary" not in messages.render_decline(TO_AUTHOR, TO_CELL.uri, "")


# -- the request


def test_a_request_is_read_as_it_was_written() -> None:
    request = messages.parse_request(REQUEST)
    assert (request.uri, request.signer_uri, request.invitation_uri) == (
        TO_AUTHOR.uri,
        KOELN.uri,
        TO_CELL.uri,
    )
    assert request.co_signature.document == CONSENT
    assert REQUEST["to"] == [LEIPZIG.uri]


def test_a_request_of_nobodys_asking_names_no_invitation() -> None:
    unasked = messages.render_request(TO_AUTHOR, CONSENT, None)
    assert "invitation" not in unasked
    assert messages.parse_request(unasked).invitation_uri is None


def test_the_request_of_the_samples_is_read() -> None:
    request = messages.parse_request(OBJECTS["coSignRequest"])
    assert request.co_signature.document == OBJECTS["coSignature"]


@pytest.mark.parametrize(
    "changes",
    [
        {"instrument": None},
        {"instrument": CONSENT["id"]},
        {"instrument": [CONSENT]},
        {"instrument": {}},
        {"instrument": CONSENT | {"role": ["cosigner"]}},
        {"instrument": cells.co_signature(HALLE)},
        # CVE-2025-62605: what is signed is the statement, never something that wraps it.
        {"object": f"{KOELN.origin}/announces/1"},
        {"object": {"id": STATEMENT["id"]}},
        {"object": None},
        {"actor": None},
        {"actor": HALLE.uri},
        {"id": f"{HALLE.origin}/activities/1"},
        {"invitation": "urn:x"},
        {"invitation": []},
    ],
)
def test_a_request_in_another_form_is_refused(changes: Document) -> None:
    with pytest.raises(errors.Malformed):
        messages.parse_request(changed(REQUEST, changes))


def test_a_consent_that_no_bundle_could_hold_is_refused() -> None:
    consent = CONSENT | {"signedLanguages": ["de"] * 60_000}
    with pytest.raises(errors.TooLarge):
        messages.parse_request(REQUEST | {"instrument": consent})


# -- the answer


def test_an_acceptance_brings_the_stamp() -> None:
    answer = messages.parse_answer(ACCEPTANCE)
    assert (answer.author_uri, answer.co_signature_uri) == (LEIPZIG.uri, CONSENT["id"])
    assert (answer.stamp, answer.reason) == (STAMP, "not-wanted")
    assert (ACCEPTANCE["type"], ACCEPTANCE["to"]) == ("Accept", [KOELN.uri])


@pytest.mark.parametrize("reason", sorted(messages.REASONS))
def test_a_refusal_says_why(reason: str) -> None:
    refused = messages.render_refusal(TO_CELL, REQUEST_URI, CONSENT, reason)
    answer = messages.parse_answer(refused)
    assert (refused["type"], answer.stamp, answer.reason) == ("Reject", None, reason)


@pytest.mark.parametrize("reason", ["because", None, ["blocked"], {}, 5])
def test_a_reason_of_another_kind_is_read_as_not_wanted(reason: object) -> None:
    refused = messages.render_refusal(TO_CELL, REQUEST_URI, CONSENT, "blocked") | {"summary": reason}
    assert messages.parse_answer(refused).reason == "not-wanted"


def test_the_answers_of_the_samples_are_read() -> None:
    accepted = messages.parse_answer(OBJECTS["accept"])
    assert accepted.co_signature_uri == OBJECTS["coSignature"]["id"]
    assert messages.parse_answer(OBJECTS["reject"]).stamp is None


@pytest.mark.parametrize(
    "changes",
    [
        {"object": None},
        {"object": REQUEST_URI},
        {"object": [ACCEPTANCE["object"]]},
        {"object": ACCEPTANCE["object"] | {"type": "Follow"}},
        {"object": changed(ACCEPTANCE["object"], {"instrument": None})},
        {"object": ACCEPTANCE["object"] | {"instrument": "urn:x"}},
        {"object": ACCEPTANCE["object"] | {"instrument": 5}},
        {"result": None},
        {"result": STAMP["id"]},
        {"result": [STAMP]},
        {"actor": None},
        {"actor": "leipzig"},
    ],
)
def test_an_answer_in_another_form_is_refused(changes: Document) -> None:
    with pytest.raises(errors.Malformed):
        messages.parse_answer(changed(ACCEPTANCE, changes))


def test_a_withdrawal_names_what_a_request_named() -> None:
    # An Undo holds the same short form of the request as an answer to it.
    short = ACCEPTANCE["object"]
    assert cells.withdrawal(CONSENT)["object"] == short | {"id": f"{KOELN.origin}/activities/request-1"}
    assert ACCEPTANCE["@context"] == vocabulary.CONTEXTS["CoSignRequest"]
