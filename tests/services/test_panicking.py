"""A process that serves lets go of keys that a command dropped."""

import pytest

from fedinode.capabilities import Capabilities
from fedinode.errors import DatabaseError
from fedinode.services.upkeep import panicking
from fedinode.storage import node_facts, sealing
from tests.services import test_diagnosing

NOW = test_diagnosing.NOW
cap = test_diagnosing.cap
pytestmark = pytest.mark.anyio


async def test_keys_that_another_process_dropped_are_dropped_here_too(cap: Capabilities) -> None:
    mark = await panicking.keys_mark(cap)
    signer = await cap.keyring.node_signer()
    assert await panicking.heed(cap, mark) == mark
    assert (await cap.keyring.node_signer()).key_id == signer.key_id

    made = sealing.replace_key_file(cap.settings.secrets_dir)
    await cap.database.write(lambda session: node_facts.put(session, "panic.keys-dropped", NOW.isoformat()))
    seen = await panicking.heed(cap, mark)
    assert seen == NOW.isoformat()
    own = await cap.database.read(sealing.sealer_of)
    assert own.unseal("a.b", "1", made.seal("a.b", "1", b"x")) == b"x"
    with pytest.raises(DatabaseError, match="cannot be unsealed"):
        await cap.keyring.node_signer()


async def test_a_second_panic_does_what_the_first_was_asked_for(cap: Capabilities) -> None:
    nothing = panicking.Plan(signers=False, drafts=False, members=False, keys=False)
    assert nothing.with_more(panicking.Plan()) == panicking.Plan()
    report = await panicking.panic(cap, nothing)
    assert report.done[0].startswith("The node is read-only")
    assert not any("keys are gone" in sentence for sentence in report.done)
    assert report.backups == ()
    assert await panicking.begun_at(cap) is not None
