"""What arrives about a text that we took over: its author's word alone counts, as a proposal."""

import pytest

from fedinode.errors import Conflict
from fedinode.services import correcting, taking_over
from tests.conftest import DatabaseKind
from tests.peer_server import AS_CONTEXT, Peer, PeerActor, Reply
from tests.services.incoming.conftest import Visited

pytestmark = pytest.mark.anyio


@pytest.fixture
def database_kind() -> DatabaseKind:
    """One kind will do: tests/nodes/test_taking_over.py hears of changes on both."""
    return "sqlite"


async def proposals(visited: Visited) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.kind, each.changes) for each in await correcting.list_proposals(visited.cap)]


async def test_only_the_authors_own_word_becomes_a_proposal(
    visited: Visited, koeln: Peer, mira: PeerActor
) -> None:
    note = mira.note(contentMap={"de": "<p>Hello from afar</p>"})
    koeln.serve(note)
    await taking_over.take_over(visited.cap, note["id"])
    changed = note | {"content": "<p>Hello</p>", "contentMap": {"de": "<p>Hello</p>"}}

    # Nobody follows Mira here, and her word counts; her neighbour's does not, whatever it carries.
    other = koeln.actor("kim")
    await visited.take(other, other.activity("Update", changed | {"attributedTo": other.uri}))
    await visited.take(other, other.activity("Delete", note["id"]))
    assert await proposals(visited) == []

    # The same words again, a new tag or a picture: nothing to decide about.
    await visited.take(mira, mira.activity("Update", note | {"tag": [{"type": "Hashtag", "name": "#a"}]}))
    assert await proposals(visited) == []

    # An Update that only names the object is looked up.
    koeln.serve(changed)
    await visited.take(mira, mira.activity("Update", note["id"]))
    assert await proposals(visited) == [("correction", ("de: Hello[- from afar-]",))]
    newer = changed | {"contentMap": {"de": "<p>Good morning</p>"}}
    await visited.take(mira, mira.activity("Update", newer))
    (proposal,) = await correcting.list_proposals(visited.cap)
    assert "Good morning" in proposal.changes[0]

    # What is no text any more, or broken, changes nothing.
    await visited.take(mira, mira.activity("Update", newer | {"type": "Video"}))
    assert (await correcting.list_proposals(visited.cap))[0].changes == proposal.changes
    await visited.take(mira, mira.activity("Update", newer | {"to": [mira.uri], "cc": []}))
    assert [kind for kind, _ in await proposals(visited)] == ["withdrawal"]
    koeln.answer(note["id"].removeprefix(koeln.origin), Reply(status=410))
    await visited.take(
        mira, mira.activity("Delete", {"@context": AS_CONTEXT, "type": "Tombstone", "id": note["id"]})
    )
    assert await proposals(visited) == [("withdrawal", ())]
    accepted = await correcting.accept(visited.cap, proposal.id)
    assert accepted.kind == "withdrawal"
    assert await proposals(visited) == []
    with pytest.raises(Conflict, match="withdrew it"):
        await taking_over.take_over(visited.cap, note["id"])
    # Nothing reaches what stands here no more.
    await visited.take(mira, mira.activity("Update", newer))
    assert await proposals(visited) == []
