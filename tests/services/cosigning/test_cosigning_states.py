"""What becomes of an invitation and of a consent, on both sides: R13 to R16 and R19 of docs/cosigning.md."""

from datetime import timedelta

import pytest

from federation import proofs
from federation.cosigning import documents
from federation.jsonld import Document
from fedinode.errors import Conflict, NodeError, NotAllowed, UsageError
from fedinode.services import amending, cataloguing, publishing, registering, revising
from fedinode.services.cosigning import (
    consenting,
    heeding,
    inviting,
    stamping,
    ticking,
    versioning,
    withdrawing,
)
from fedinode.services.members import consulting, enrolling, voting
from fedinode.services.registering import ActorKeys
from fedinode.storage import kept_statements, remote_actors
from fedinode.storage.kept_statements import KeptRow
from tests.services.cosigning.conftest import Parties, Side

pytestmark = pytest.mark.anyio


async def kept_at(side: Side, statement: str) -> KeptRow:
    kept = await side.cap.database.read(lambda session: kept_statements.find(session, statement))
    assert kept is not None
    return kept


async def signed_update(side: Side, document: Document, **members: object) -> Document:
    """Return an Update by a node with a statement that says something else, rightly signed."""
    changed = {name: value for name, value in document.items() if name != "proof"} | members
    changed["textDigest"] = documents.digest(documents.signed_text(changed))
    key = await side.cap.keyring.signer(side.actor_uri, "cosign")
    proven = proofs.sign_document(changed, key.key, key.key_id, side.cap.clock().replace(microsecond=0))
    return {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"{side.actor_uri}#updates/1",
        "type": "Update",
        "actor": side.actor_uri,
        "to": document["to"],
        "object": proven,
    }


async def test_a_consent_to_a_draft_is_listed_at_once_and_shown_after_publication(parties: Parties) -> None:
    statement = await parties.draft()
    consent = await parties.sign(statement)
    assert await parties.cell.states(statement) == [(None, "sent")]
    await parties.pass_on()
    assert await parties.author.states(statement) == [("accepted", None)]
    assert await parties.cell.states(statement) == [("accepted", "accepted")]
    assert await parties.author.invitation_states() == ["answered"]
    digest = await parties.publish(statement)
    assert await parties.cell.states(statement) == [("accepted", "seen")]
    await parties.wait(seconds=1)
    assert await parties.cell.states(statement) == [("accepted", "public")]
    assert await parties.author.listed(digest) == [consent]
    with pytest.raises(Conflict):
        await parties.sign(statement)


async def test_an_author_does_not_sign_its_own_statement(parties: Parties) -> None:
    statement = await parties.draft()
    await parties.publish(statement)
    with pytest.raises(Conflict, match="its consent is the text itself"):
        await consenting.cosign(parties.author.cap, statement)
    assert await parties.author.states(statement) == []


async def test_an_invitation_expires_and_who_answers_later_waits_like_somebody_unasked(
    parties: Parties,
) -> None:
    statement = await parties.draft()
    consent = await parties.sign(statement)
    late = await parties.cell.outgoing(parties.author)
    await parties.wait(days=8)
    assert await parties.author.invitation_states() == ["expired"]
    await parties.author.take(parties.cell, *late)
    assert await parties.author.states(statement) == [("pending", None)]
    row = (await parties.author.consents(statement))[0]
    await stamping.accept_by_hand(parties.author.cap, row.id)
    await parties.pass_on()
    assert await parties.author.listed(await parties.publish(statement)) == [consent]


async def test_a_cell_that_was_not_answered_in_time_cannot_sign_the_draft(parties: Parties) -> None:
    statement = await parties.draft()
    await parties.wait(days=8)
    assert await parties.cell.invitation_states() == ["expired"]
    with pytest.raises(NodeError):
        await parties.sign(statement)


async def test_a_cell_is_asked_for_the_same_text_again_and_for_longer(parties: Parties) -> None:
    statement = await parties.draft()
    again = await inviting.invite(parties.author.cap, statement, [parties.cell.handle], inviting.Ask())
    assert [each.already for each in again] == [True]
    await parties.wait(days=8)
    assert await parties.cell.invitation_states() == ["expired"]
    await parties.invite(statement)
    assert await parties.cell.invitation_states() == ["open"]
    longer = inviting.Ask(ends_at=parties.clock() + timedelta(days=20))
    await inviting.invite(parties.author.cap, statement, [parties.cell.handle], longer)
    await parties.pass_on()
    await parties.wait(days=10)
    await parties.sign(statement)
    await parties.pass_on()
    assert await parties.author.states(statement) == [("accepted", None)]
    assert await parties.author.invitation_states() == ["answered"]


async def test_a_statement_is_signed_and_published_no_later_than_it_says(parties: Parties) -> None:
    last = parties.clock() + timedelta(days=3)
    manuscript = parties.manuscript(more=f"publish_before = {last.replace(microsecond=0).isoformat()}")
    statement = (await publishing.post(parties.author.cap, manuscript, draft=True)).uri
    later = inviting.Ask(ends_at=last + timedelta(days=1))
    with pytest.raises(UsageError, match="choose an earlier end"):
        await inviting.invite(parties.author.cap, statement, [parties.cell.handle], later)
    asked = await inviting.invite(parties.author.cap, statement, [parties.cell.handle], inviting.Ask())
    assert [each.ends_at for each in asked] == [last.replace(microsecond=0)], "not the usual week"
    await parties.wait(days=4)
    with pytest.raises(Conflict, match="was to be published before"):
        await parties.publish(statement)
    posts = await cataloguing.list_posts(parties.author.cap)
    assert [each.state for each in posts] == ["draft"]


async def test_an_invitation_that_is_taken_back_is_no_permission(parties: Parties) -> None:
    statement = await parties.draft()
    await parties.sign(statement)
    on_its_way = await parties.cell.outgoing(parties.author)
    await inviting.uninvite(parties.author.cap, statement, parties.cell.handle)
    await parties.author.take(parties.cell, *on_its_way)
    assert await parties.author.states(statement) == [("pending", None)]
    assert await parties.author.invitation_states() == ["cancelled"]

    other = await parties.draft("two")
    await inviting.uninvite(parties.author.cap, other, parties.cell.handle)
    await parties.pass_on()
    assert (await parties.cell.invitation_states())[-1] == "cancelled"
    with pytest.raises(NodeError):
        await parties.sign(other)


async def test_the_author_reads_why_a_cell_declined_and_lists_it_later_by_hand_alone(
    parties: Parties,
) -> None:
    statement = await parties.draft()
    await heeding.decline(parties.cell.cap, statement, reason="Seven hours would do.")
    await parties.pass_on()
    assert await parties.author.invitation_states() == ["declined"]
    await parties.publish(statement)
    await parties.sign(statement)
    await parties.pass_on()
    assert await parties.author.states(statement) == [("pending", None)]
    row = (await parties.author.consents(statement))[0]
    await stamping.reject_by_hand(parties.author.cap, row.id)
    await parties.pass_on()
    assert await parties.cell.states(statement) == [(None, "rejected")]
    await parties.sign(statement)
    await parties.pass_on()
    assert await parties.author.states(statement) == [("rejected", None), ("pending", None)]


async def test_a_repeated_request_is_answered_as_before(parties: Parties) -> None:
    statement = await parties.draft()
    await parties.sign(statement)
    (request,) = await parties.cell.outgoing(parties.author)
    await parties.author.take(parties.cell, request)
    (first,) = await parties.author.outgoing(parties.cell)
    parties.clock.now += timedelta(days=1)
    await parties.author.take(parties.cell, request | {"id": f"{request['id']}-again"})
    (second,) = await parties.author.outgoing(parties.cell)
    assert second["result"] == first["result"]
    assert await parties.author.states(statement) == [("accepted", None)]


async def test_a_cell_takes_its_consent_back_by_itself_if_nothing_is_published_in_time(
    parties: Parties,
) -> None:
    statement = await parties.draft()
    await parties.sign(statement)
    await parties.pass_on()
    await parties.wait(days=38)
    assert await parties.cell.states(statement) == [("withdrawn", "withdrawn")]
    assert await parties.author.states(statement) == [("withdrawn", None)]
    digest = await parties.publish(statement)
    answer = await parties.author.http.get(f"/mirror/{digest}")
    assert answer.json()["entries"] == answer.json()["formerEntries"] == answer.json()["withdrawals"] == []
    assert answer.json()["checkpoint"]["totalItems"] == 0
    assert await parties.cell.states(statement) == [("withdrawn", "withdrawn")]


async def test_a_consent_that_ended_before_the_publication_is_void_even_if_nobody_says_so(
    parties: Parties,
) -> None:
    statement = await parties.draft()
    await parties.sign(statement)
    await parties.pass_on()
    parties.clock.now += timedelta(days=38)
    await publishing.publish(parties.author.cap, statement)
    assert await parties.author.states(statement) == [("void", None)]
    document = await parties.author.show(statement)
    assert await parties.author.listed(document["textDigest"]) == []


async def test_a_withdrawal_that_comes_before_its_consent_ends_it(parties: Parties) -> None:
    statement = await parties.draft()
    await parties.sign(statement)
    await withdrawing.withdraw(parties.cell.cap, statement)
    request, undo = await parties.cell.outgoing(parties.author)
    await parties.author.take(parties.cell, undo)
    await parties.author.take(parties.cell, request)
    assert await parties.author.states(statement) == [("withdrawn", None)]
    assert await parties.author.outgoing(parties.cell) == []
    consent = await parties.sign(statement)
    await parties.pass_on()
    assert await parties.author.listed(await parties.publish(statement)) == [consent]


async def test_no_more_than_ten_withdrawals_of_a_cell_are_kept_for_consents_that_never_came(
    parties: Parties,
) -> None:
    statement = await parties.draft()
    undos = []
    for _ in range(withdrawing.MAX_EARLY + 2):
        await parties.sign(statement)
        await withdrawing.withdraw(parties.cell.cap, statement)
        undos.append((await parties.cell.outgoing(parties.author))[-1])
    await parties.author.take(parties.cell, *undos)
    refused = await parties.author.audited("cosign.refused")
    assert len(refused) == 2


async def test_a_changed_draft_is_asked_for_anew_and_ends_what_was_signed(parties: Parties) -> None:
    statement = await parties.draft()
    await parties.sign(statement)
    (request,) = await parties.cell.outgoing(parties.author)
    await parties.author.take(parties.cell, request)
    await revising.edit(parties.author.cap, statement, parties.manuscript("Seven hours are enough."))
    await parties.invite(statement)
    assert await parties.author.states(statement) == [("superseded", None)]
    assert await parties.cell.states(statement) == [("superseded", "accepted")]
    assert (await parties.cell.invitation_states())[0] in ("answered", "cancelled")
    consent = await parties.sign(statement)
    await parties.pass_on()
    digest = await parties.publish(statement)
    assert await parties.author.listed(digest) == [consent]
    assert (await parties.author.consents(statement))[1].revision == 2
    (entry,) = (await parties.author.http.get(f"/mirror/{digest}")).json()["entries"]
    assert entry["coSignature"]["revision"] == 2


async def test_a_consent_to_an_earlier_draft_is_refused_as_another_text(parties: Parties) -> None:
    statement = await parties.draft()
    await parties.sign(statement)
    on_its_way = await parties.cell.outgoing(parties.author)
    await revising.edit(parties.author.cap, statement, parties.manuscript("Seven hours are enough."))
    await inviting.invite(parties.author.cap, statement, [parties.cell.handle], inviting.Ask())
    new_invitation = await parties.author.outgoing(parties.cell)
    await parties.author.take(parties.cell, *on_its_way)
    assert await parties.author.states(statement) == []
    await parties.pass_on()
    (row,) = await parties.cell.consents(statement)
    assert (row.signer_state, row.reason) == ("rejected", "other-text")
    await parties.cell.take(parties.author, *new_invitation)
    await parties.sign(statement)
    await parties.pass_on()
    assert await parties.author.states(statement) == [("accepted", None)]


async def test_another_text_under_the_same_id_ends_boost_and_consent_and_the_signed_text_is_kept(
    parties: Parties,
) -> None:
    statement, digest = await parties.signed_and_public()
    await parties.wait(seconds=1)
    assert await parties.cell.states(statement) == [("accepted", "public")]
    document = await parties.author.show(statement)
    other = "<p>Ten hours are enough.</p>"
    update = await signed_update(
        parties.author, document, content=other, contentMap={"en": other}, updated="2030-01-01T00:00:00Z"
    )
    await parties.cell.take(parties.author, update)
    (row,) = await parties.cell.consents(statement)
    assert (row.author_state, row.signer_state) == ("withdrawn", "withdrawn")
    assert row.reason == "another text was published"
    said = [each["type"] for each in await parties.cell.outgoing(parties.author)]
    assert said.count("Undo") == 2
    kept = (await parties.cell.http.get(f"/mirror/{digest}")).json()["statement"]
    assert kept["content"] == document["content"]
    (alarm,) = await parties.cell.audited("cosign.mismatch")
    assert alarm["signed"] == digest != alarm["published"]


async def test_another_date_under_the_same_text_is_no_less_a_mismatch_and_other_tags_are_none(
    parties: Parties,
) -> None:
    statement, _ = await parties.signed_and_public()
    document = await parties.author.show(statement)
    tags = [{"type": "Hashtag", "name": "#labour", "href": f"{parties.author.peer.origin}/@bonn"}]
    await parties.cell.take(parties.author, await signed_update(parties.author, document, tag=tags))
    assert await parties.cell.states(statement) == [("accepted", "seen")]
    update = await signed_update(parties.author, document, published="2020-01-01T00:00:00Z")
    await parties.cell.take(parties.author, update | {"id": f"{parties.author.actor_uri}#updates/2"})
    assert await parties.cell.states(statement) == [("withdrawn", "withdrawn")]


async def test_who_issues_a_statement_jointly_was_asked_to(parties: Parties) -> None:
    statement = (await publishing.post(parties.author.cap, parties.manuscript(), draft=True)).uri
    ask = inviting.Ask(role="issuer")
    await inviting.invite(parties.author.cap, statement, [parties.cell.handle], ask)
    await parties.pass_on()
    await parties.sign(statement)
    (request,) = await parties.cell.outgoing(parties.author)
    await inviting.uninvite(parties.author.cap, statement, parties.cell.handle)
    again = inviting.Ask(ends_at=parties.clock() + timedelta(days=9))
    await inviting.invite(parties.author.cap, statement, [parties.cell.handle], again)
    await parties.author.take(parties.cell, request)
    assert await parties.author.states(statement) == []
    refused = [each for each in await parties.author.outgoing(parties.cell) if each["type"] == "Reject"]
    assert [each["summary"] for each in refused] == ["not-wanted"]


async def test_a_draft_that_is_published_with_another_text_is_neither_boosted_nor_signed(
    parties: Parties,
) -> None:
    statement = await parties.draft()
    await parties.sign(statement)
    await parties.pass_on()
    await revising.edit(parties.author.cap, statement, parties.manuscript("Ten hours are enough."))
    digest = await parties.publish(statement)
    assert await parties.cell.states(statement) == [("withdrawn", "withdrawn")]
    assert await parties.author.listed(digest) == []
    await parties.wait(minutes=20)
    assert not [each for each in await parties.cell.outgoing(parties.author) if each["type"] == "Announce"]


async def test_a_removed_consent_is_listed_nowhere_and_a_new_one_waits(parties: Parties) -> None:
    statement, digest = await parties.signed_and_public()
    (row,) = await parties.author.consents(statement)
    removed = await withdrawing.remove(parties.author.cap, row.id, reason="They left the alliance.")
    assert removed.delete_uri is not None
    await parties.pass_on()
    assert await parties.author.listed(digest) == await parties.cell.listed(digest) == []
    assert await parties.cell.states(statement) == [("removed", "seen")]
    bundle = (await parties.cell.http.get(f"/mirror/{digest}")).json()
    assert [each["id"] for each in bundle["removals"]] == [removed.delete_uri]
    with pytest.raises(Conflict):
        await withdrawing.remove(parties.author.cap, row.id)
    await parties.sign(statement)
    await parties.pass_on()
    assert (await parties.author.states(statement))[-1] == ("pending", None)


async def test_where_two_decide_one_vote_takes_no_consent_off_the_list(parties: Parties) -> None:
    statement, digest = await parties.signed_and_public()
    author = parties.author
    (row,) = await author.consents(statement)
    for email in ("ana@bonn.example", "ben@bonn.example"):
        await enrolling.add(author.cap, email, "owner")
    await consulting.set_thresholds(author.cap, author.name, {"withdraw": 2})
    with pytest.raises(NotAllowed, match="takes 2 members"):
        await withdrawing.remove(author.cap, row.id)
    asked = await withdrawing.remove(author.cap, row.id, account="ana@bonn.example")
    await parties.pass_on()
    assert asked.delete_uri is None
    assert len(await author.listed(digest)) == len(await parties.cell.listed(digest)) == 1
    done = await voting.vote(author.cap, asked.standing.decision.uid, "yes", account="ben@bonn.example")
    await parties.pass_on()
    assert done.made_uri is not None
    assert await author.listed(digest) == await parties.cell.listed(digest) == []


async def test_who_withdrew_may_sign_again_under_a_new_id(parties: Parties) -> None:
    statement, digest = await parties.signed_and_public()
    await withdrawing.withdraw(parties.cell.cap, statement)
    await parties.pass_on()
    assert await parties.author.listed(digest) == await parties.cell.listed(digest) == []
    consent = await parties.sign(statement)
    await parties.pass_on()
    assert await parties.author.listed(digest) == [consent]
    bundle = (await parties.author.http.get(f"/mirror/{digest}")).json()
    assert len(bundle["formerEntries"]) == len(bundle["withdrawals"]) == 1


async def test_a_copy_says_that_its_author_took_the_statement_back(parties: Parties) -> None:
    statement, digest = await parties.signed_and_public()
    stranger = parties.author.peer.actor("stranger")
    message = stranger.signed(f"{parties.cell.peer.origin}/inbox", stranger.activity("Delete", statement))
    headers = [pair for pair in message.headers if pair[0].lower() != "content-length"]
    await parties.cell.http.post(message.target_uri, headers=headers, content=message.body)
    await parties.cell.take(parties.author)
    assert (await kept_at(parties.cell, statement)).retracted_at is None

    await publishing.delete(parties.author.cap, statement)
    await parties.pass_on()
    assert (await kept_at(parties.cell, statement)).retracted_at is not None
    assert len(await parties.cell.listed(digest)) == 1
    assert (await parties.author.http.get(f"/mirror/{digest}")).status_code == 404
    (told,) = await parties.cell.audited("cosign.retracted")
    assert told["author"] == parties.author.actor_uri


async def test_a_cell_that_is_gone_or_moved_has_withdrawn_nothing(parties: Parties) -> None:
    statement, digest = await parties.signed_and_public()
    listed = await parties.author.listed(digest)
    known = await parties.author.cap.database.read(
        lambda session: remote_actors.get(session, parties.cell.actor_uri)
    )
    now = parties.clock()
    await parties.author.cap.database.write(
        lambda session: remote_actors.record_moved(session, known.id, "https://new.example/actor", now)
    )
    assert await parties.author.listed(digest) == listed
    await parties.author.cap.database.write(
        lambda session: remote_actors.record_gone(session, [known.id], now)
    )
    assert await parties.author.listed(digest) == listed
    assert await parties.author.states(statement) == [("accepted", None)]


async def test_an_amendment_is_another_statement_that_nobody_has_signed(parties: Parties) -> None:
    statement, digest = await parties.signed_and_public()
    other = parties.manuscript("Seven hours are enough.")
    with pytest.raises(Conflict, match="fedinode amend"):
        await revising.edit(parties.author.cap, statement, other)
    with pytest.raises(Conflict):
        await amending.amend(parties.author.cap, statement, parties.manuscript())
    amended = await amending.amend(parties.author.cap, statement, other)
    again = await amending.amend(parties.author.cap, statement, parties.manuscript("Six hours are enough."))
    assert again.uri == amended.uri != statement
    signers = await inviting.signers_of(parties.author.cap, amended.uri)
    assert signers == (parties.cell.actor_uri,)
    await inviting.invite(parties.author.cap, amended.uri, signers, inviting.Ask())
    await parties.pass_on()
    consent = await parties.sign(amended.uri)
    await parties.pass_on()
    renewed = await parties.publish(amended.uri)
    assert await parties.author.listed(renewed) == await parties.cell.listed(renewed) == [consent]
    assert len(await parties.author.listed(digest)) == len(await parties.cell.listed(digest)) == 1
    document = await parties.author.show(amended.uri)
    assert (document["revision"], document["context"]) == (2, statement)
    history = await parties.cell.cap.database.read(
        lambda session: versioning.history_of(session, parties.cell.cap.urls, statement, "en")
    )
    assert [(each.statement_uri, each.revision) for each in history.versions] == [
        (amended.uri, 2),
        (statement, 1),
    ]
    with pytest.raises(Conflict, match=amended.uri):
        await amending.amend(parties.author.cap, statement, parties.manuscript("Five hours."))


async def test_two_collectives_of_one_node_sign_for_each_other(
    parties: Parties, party_keys: tuple[ActorKeys, ActorKeys]
) -> None:
    author = parties.author
    urls, now = author.cap.urls, parties.clock()
    new = registering.new_collective(urls, "ehrenfeld", "Ehrenfeld", "en", "automatic")
    await author.cap.database.write(
        lambda session: registering.record_collective(session, urls, new, party_keys[1], now)
    )
    await author.show(urls.collective("ehrenfeld"))
    post = await publishing.post(author.cap, parties.manuscript(), collective=author.name, draft=True)
    await inviting.invite(author.cap, post.uri, [urls.collective("ehrenfeld")], inviting.Ask())
    await author.take_own()
    consented = await consenting.cosign(author.cap, post.uri, collective="ehrenfeld")
    await author.take_own()
    assert await author.states(post.uri) == [("accepted", "accepted")]
    await publishing.publish(author.cap, post.uri)
    digest = (await author.show(post.uri))["textDigest"]
    await author.take_own()
    assert await author.states(post.uri) == [("accepted", "seen")]
    assert await author.listed(digest) == [consented.co_signature_uri]
    await withdrawing.withdraw(author.cap, post.uri, collective="ehrenfeld")
    await author.take_own()
    assert await author.states(post.uri) == [("withdrawn", "withdrawn")]
    assert await author.listed(digest) == []


async def test_an_author_that_never_answers_is_not_asked_for_ever(parties: Parties) -> None:
    statement = await parties.draft()
    await parties.publish(statement)
    await parties.sign(statement)
    parties.clock.now += timedelta(days=1)
    await ticking.tick_slowly(parties.cell.cap)
    requests = await parties.cell.outgoing(parties.author)
    assert [each["type"] for each in requests] == ["CoSignRequest"] * 2
    parties.clock.now += timedelta(days=30)
    await ticking.tick_slowly(parties.cell.cap)
    assert await parties.cell.states(statement) == [(None, "unanswered")]
    assert await parties.cell.outgoing(parties.author) == []
    await parties.author.take(parties.cell, requests[0])
    row = (await parties.author.consents(statement))[0]
    await stamping.accept_by_hand(parties.author.cap, row.id)
    await parties.pass_on()
    assert await parties.cell.states(statement) == [("accepted", "seen")]
