"""Where two members decide, one moves nothing: no consent and no publication, until the second agrees."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from federation import jsonld
from federation.cosigning import messages
from federation.jsonld import Document
from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, NotAllowed
from fedinode.services import delivering, publishing, releasing, resolving, revising
from fedinode.services.cosigning import consenting, heeding, surfacing, withdrawing
from fedinode.services.members import enrolling, voting
from fedinode.storage import (
    collectives,
    cosignatures,
    decisions,
    federated_objects,
    invitations,
    posts,
    statement_versions,
)
from fedinode.storage.database import Session
from fedinode.storage.decisions import Thresholds
from fedinode.storage.invitations import NewInvitation
from fedinode.storage.models import Delivery, OutgoingActivity, Post
from tests.peer_server import Peer, Reply
from tests.services.outgoing.conftest import ORIGIN, Clock, Write

pytestmark = pytest.mark.anyio

ANA, BEN = "ana@berlin.example", "ben@berlin.example"
STATEMENT = 'type = "statement"\ntitle = "Für acht Stunden"\nlanguage = "de"\ncosign = "invited"'


@pytest.fixture
async def two_decide(cap: Capabilities) -> None:
    """Give the collective two members, who decide together."""
    for email in (ANA, BEN):
        await enrolling.add(cap, email, "owner")

    def write(session: Session) -> None:
        wanted = Thresholds(publish=2, cosign=2)
        decisions.set_thresholds(session, collectives.list_all(session)[0].id, wanted)

    await cap.database.write(write)


async def count(cap: Capabilities, table: type[OutgoingActivity] | type[Delivery]) -> int:
    def read(session: Session) -> int:
        return session.execute(select(func.count()).select_from(table)).scalar_one()

    return await cap.database.read(read)


async def state_of(cap: Capabilities) -> str:
    return str(await cap.database.read(lambda session: session.scalar(select(Post.state))))


# -- publishing


@pytest.mark.usefixtures("two_decide")
async def test_nothing_is_published_by_one_of_two(cap: Capabilities, manuscript: Write) -> None:
    with pytest.raises(NotAllowed, match="2 members decide"):
        await publishing.post(cap, manuscript(STATEMENT))
    draft = await publishing.post(cap, manuscript(STATEMENT), draft=True)
    with pytest.raises(NotAllowed, match="--account"):
        await publishing.publish(cap, draft.uri)
    asked = await publishing.publish(cap, draft.uri, account=ANA)
    assert asked.state == "draft"
    assert asked.standing is not None
    assert asked.standing.still_needed == 1
    assert await count(cap, OutgoingActivity) == 0


@pytest.mark.usefixtures("two_decide")
async def test_the_second_vote_publishes(cap: Capabilities, manuscript: Write) -> None:
    draft = await publishing.post(cap, manuscript(STATEMENT), draft=True)
    asked = await publishing.publish(cap, draft.uri, account=ANA)
    assert asked.standing is not None
    voted = await voting.vote(cap, asked.standing.decision.uid, "yes", account=BEN)
    assert voted.made_uri == draft.uri
    assert await state_of(cap) == "public"


@pytest.mark.usefixtures("two_decide")
async def test_a_changed_text_asks_again(cap: Capabilities, manuscript: Write) -> None:
    draft = await publishing.post(cap, manuscript(STATEMENT, "Acht Stunden."), draft=True)
    asked = await publishing.publish(cap, draft.uri, account=ANA)
    assert asked.standing is not None
    await revising.edit(cap, draft.uri, manuscript(STATEMENT, "Acht, Stunden."))
    with pytest.raises(Conflict, match="asked again"):
        await voting.vote(cap, asked.standing.decision.uid, "yes", account=BEN)
    assert await state_of(cap) == "draft"
    assert await voting.list_waiting(cap) == ()
    again = await publishing.publish(cap, draft.uri, account=BEN)
    assert again.standing is not None
    assert again.standing.still_needed == 1


@pytest.mark.usefixtures("two_decide")
async def test_one_no_refuses_where_both_are_needed(cap: Capabilities, manuscript: Write) -> None:
    draft = await publishing.post(cap, manuscript(STATEMENT), draft=True)
    asked = await publishing.publish(cap, draft.uri, account=ANA)
    assert asked.standing is not None
    voted = await voting.vote(cap, asked.standing.decision.uid, "no", account=BEN)
    assert voted.standing.decision.state == "refused"
    assert await state_of(cap) == "draft"


# -- co-signing


@dataclass(frozen=True)
class Invited:
    """A draft of another cell that ours was asked to sign."""

    cap: Capabilities
    draft: Document

    @property
    def uri(self) -> str:
        return str(self.draft["id"])

    async def take(self, draft: Document) -> None:
        """Take an invitation to a text of the draft."""

        def write(session: Session) -> None:
            now = self.cap.clock()
            new = NewInvitation(
                uri=f"{draft['attributedTo']}/invites/{draft['revision']}",
                statement_uri=draft["id"],
                revision=draft["revision"],
                text_digest=draft["textDigest"],
                author_uri=draft["attributedTo"],
                cell_uri=self.cap.urls.collective("berlin"),
                role="cosigner",
                body=jsonld.dump(draft),
                ends_at=now + timedelta(days=3),
            )
            heeding.close_earlier(session, new, now)
            invitations.add(session, new, now)
            statement_versions.put_draft(session, consenting.new_version(draft), now)

        await self.cap.database.write(write)

    async def consents(self) -> int:
        def read(session: Session) -> int:
            return len(cosignatures.list_of_statement(session, self.uri))

        return await self.cap.database.read(read)


async def render(cap: Capabilities, uri: str, author: Peer) -> Document:
    """Return a draft of ours as if a collective on a peer had made it."""
    draft_post, row = await cap.database.read(
        lambda session: publishing.post_and_collective(session, cap.urls, uri)
    )
    press = await releasing.open_press(cap, row)

    def write(session: Session) -> Document:
        subject = federated_objects.list_of_post(session, draft_post.id)[0]
        post = posts.get(session, draft_post.id)
        _, document = releasing.freeze_object(session, press, post, subject)
        return messages.render_draft(document)

    document = await cap.database.write(write)
    body = jsonld.dump(document).replace(ORIGIN.encode(), author.origin.encode())
    return jsonld.load(body)


async def meet(cap: Capabilities, author: Peer, uri: str) -> None:
    """Let a peer have the collective that wrote the draft, which takes what it is sent."""
    made = author.actor("koeln")
    author.serve(jsonld.load(jsonld.dump(made.document).replace(made.uri.encode(), uri.encode())))
    author.answer(f"{uri.removeprefix(author.origin)}/inbox", Reply(status=202), method="POST")
    await resolving.resolve_actor(cap, uri)


@pytest.fixture
async def invited(cap: Capabilities, manuscript: Write, two_decide: None, koeln: Peer) -> Invited:
    draft = await publishing.post(cap, manuscript(STATEMENT, "Acht Stunden."), draft=True)
    found = Invited(cap=cap, draft=await render(cap, draft.uri, koeln))
    await meet(cap, koeln, found.draft["attributedTo"])
    await found.take(found.draft)
    return found


async def test_not_a_byte_leaves_after_one_vote_of_two(
    cap: Capabilities, invited: Invited, koeln: Peer
) -> None:
    with pytest.raises(NotAllowed):
        await consenting.cosign(cap, invited.uri)
    asked = await consenting.cosign(cap, invited.uri, account=ANA)
    assert asked.co_signature_uri is None
    assert asked.standing.missing == (BEN.partition("@")[0],)
    with pytest.raises(Conflict, match="said yes already"):
        await consenting.cosign(cap, invited.uri, account=ANA)
    await delivering.deliver_once(cap)
    assert koeln.received() == []
    assert (await invited.consents(), await count(cap, OutgoingActivity), await count(cap, Delivery)) == (
        0,
        0,
        0,
    )


async def test_the_second_vote_signs_and_a_withdrawal_takes_two_again(
    cap: Capabilities, invited: Invited, koeln: Peer
) -> None:
    asked = await consenting.cosign(cap, invited.uri, account=ANA)
    voted = await voting.vote(cap, asked.standing.decision.uid, "yes", account=BEN)
    await delivering.deliver_once(cap)
    (request,) = koeln.received()
    assert (request["type"], request["instrument"]["id"]) == ("CoSignRequest", voted.made_uri)
    assert request["instrument"]["proof"]["verificationMethod"].endswith("#cosign-1")
    with pytest.raises(NotAllowed, match="takes 2 members"):
        await withdrawing.withdraw(cap, invited.uri)
    leaving = await withdrawing.withdraw(cap, invited.uri, account=BEN)
    await delivering.deliver_once(cap)
    assert len(koeln.received()) == 1
    await voting.vote(cap, leaving.standing.decision.uid, "yes", account=ANA)
    await delivering.deliver_once(cap)
    assert [each["type"] for each in koeln.received()] == ["CoSignRequest", "Undo"]


async def test_what_is_not_published_in_time_is_withdrawn_under_the_vote_to_sign(
    cap: Capabilities, invited: Invited, koeln: Peer, clock: Clock
) -> None:
    asked = await consenting.cosign(cap, invited.uri, account=ANA)
    await voting.vote(cap, asked.standing.decision.uid, "yes", account=BEN)
    clock.advance(days=34)
    gone = await cap.database.write(
        lambda session: surfacing.withdraw_unpublished(session, cap.urls, clock.now)
    )
    assert gone == 1


async def test_a_text_that_changed_after_the_first_vote_is_not_signed(
    cap: Capabilities, invited: Invited
) -> None:
    asked = await consenting.cosign(cap, invited.uri, account=ANA)
    later = invited.draft | {"revision": 2, "textDigest": "zQm" + "2" * 44}
    await invited.take(later)
    with pytest.raises(Conflict, match="asked again"):
        await voting.vote(cap, asked.standing.decision.uid, "yes", account=BEN)
    assert (await invited.consents(), await count(cap, OutgoingActivity)) == (0, 0)
    assert await voting.list_waiting(cap) == ()
