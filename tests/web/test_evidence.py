"""What a node does for its lists when nobody looks: it verifies them again, and keeps a log of them."""

import hashlib
import json

import pytest
from sqlalchemy import func, select, text, update

from federation.cosigning import verify
from federation.cosigning.trust import parse_trust
from fedinode.capabilities import Capabilities
from fedinode.errors import UsageError
from fedinode.services import registering
from fedinode.services.cosigning import (
    bundling,
    keeping_lists,
    logbook,
    rechecking,
    tallying,
    ticking,
    trusting,
)
from fedinode.services.cosigning.tallying import NewSupport
from fedinode.services.upkeep import diagnosing
from fedinode.storage import models
from fedinode.storage.database import Session
from tests.federation.cosigning.cells import HALLE
from tests.web import signing_cells
from tests.web.conftest import Clock, Publish

pytestmark = pytest.mark.anyio

STATEMENT = 'type = "statement"\ntitle = "Für acht Stunden"\nlanguage = "de"\ncosign = "anyone"'


async def signed_statement(cap: Capabilities, clock: Clock, publish: Publish) -> str:
    """Publish a statement that Halle signs, counted."""
    statement = await publish(STATEMENT)
    await cap.database.write(lambda session: signing_cells.meet(session, HALLE, clock()))
    await signing_cells.sign(cap, statement.uri, HALLE)
    clock.advance(seconds=61)
    await cap.database.write(lambda session: keeping_lists.count_due(session, cap.urls, clock()))
    return statement.uri


def break_proof(session: Session) -> None:
    table = models.CoSignature
    body = session.execute(select(table.body)).scalar_one()
    assert body is not None
    session.execute(update(table).values(body=body.replace(b"Kollektiv halle", b"Kollektiv h4lle")))


def add_owner(session: Session, cap: Capabilities) -> None:
    row = registering.require_collective(session, "berlin")
    registering.record_account(session, cap.urls, row, "rosa@berlin.example", "owner", cap.clock())


def count_mails(session: Session) -> int:
    return session.execute(select(func.count()).select_from(models.Mail)).scalar_one()


async def test_a_list_that_does_not_verify_any_more_raises_one_alarm(
    cap: Capabilities, clock: Clock, publish: Publish
) -> None:
    await cap.database.write(lambda session: add_owner(session, cap))
    await signed_statement(cap, clock, publish)
    sound = await rechecking.check_all(cap)
    assert [(each.listed, each.verified, each.completeness) for each in sound.lists] == [(1, 1, "complete")]
    assert sound.is_sound
    before = await cap.database.read(count_mails)
    await cap.database.write(break_proof)
    for _ in range(2):
        broken = await rechecking.check_all(cap)
        assert not broken.is_sound
        assert "1 signatures are listed, 0 verify" in (broken.lists[0].problem or "")
    assert await cap.database.read(count_mails) == before + 1
    findings = [each for each in await diagnosing.diagnose(cap) if each.subject == "signatures"]
    assert len(findings) == 1


async def test_the_nightly_check_is_made_once_a_day(cap: Capabilities, clock: Clock) -> None:
    assert await rechecking.check_if_due(cap)
    clock.advance(hours=23)
    assert not await rechecking.check_if_due(cap)
    clock.advance(hours=1)
    assert await rechecking.check_if_due(cap)


async def exported(cap: Capabilities) -> list[str]:
    return await cap.database.read(lambda session: list(logbook.lines(session)))


async def test_auditors_can_follow_the_chain_of_the_log_and_find_no_name(
    cap: Capabilities, clock: Clock, publish: Publish
) -> None:
    uri = await signed_statement(cap, clock, publish)
    support = NewSupport(name="Lehrerinnen", place=None, country=None, method="paper")
    await tallying.add_organisation(cap, uri, support)
    lines = await exported(cap)
    assert [json.loads(line)["event"] for line in lines] == ["accepted", "organisation-added"]
    previous = None
    for line in map(json.loads, lines):
        fields = [line[name] for name in ("previous", "statement", "event", "subject", "at")]
        assert line["previous"] == previous
        previous = line["hash"]
        assert hashlib.sha256(json.dumps(fields).encode()).hexdigest() == previous
    assert "halle" not in "".join(lines).lower()
    assert "Lehrerinnen" not in "".join(lines)


async def test_a_log_that_was_changed_is_found_out(cap: Capabilities, clock: Clock, publish: Publish) -> None:
    await signed_statement(cap, clock, publish)
    copy = "\n".join(await exported(cap))
    assert await cap.database.read(lambda session: logbook.first_difference(session, copy)) is None
    assert await cap.database.read(lambda session: logbook.first_difference(session, f"{copy}\n{copy}")) == 2
    with pytest.raises(UsageError):
        await cap.database.read(lambda session: logbook.first_difference(session, "no log"))
    forged = copy.replace("accepted", "rejected")
    assert await cap.database.read(lambda session: logbook.first_difference(session, forged)) == 1


async def test_printed_keys_are_what_verify_trusts(cap: Capabilities, clock: Clock, publish: Publish) -> None:
    uri = await signed_statement(cap, clock, publish)
    groups = await trusting.known_groups(cap)
    printed = "\n".join(f"{key.key_id} {key.key}" for group in groups for key in group.keys)
    trust = parse_trust(printed)
    assert HALLE.key_id in trust.keys
    assert f"{cap.urls.collective('berlin')}#cosign-1" in trust.keys
    own = await trusting.known_groups(cap, only_ours=True)
    assert HALLE.key_id not in {key.key_id for group in own for key in group.keys}
    report = verify.verify(
        json.dumps(await bundling.bundle_of(cap, uri)).encode(), await trusting.own_trust(cap)
    )
    assert report.is_sound


async def test_after_a_rotation_old_and_new_signatures_verify(
    cap: Capabilities, clock: Clock, publish: Publish
) -> None:
    uri = await signed_statement(cap, clock, publish)
    clock.advance(seconds=61)
    new = (await trusting.rotate(cap, "berlin")).keys
    assert [key.key_id.partition("#")[2] for key in new] == ["cosign-2", "ed25519-2"]
    later = await publish(STATEMENT.replace("acht", "sieben"))
    support = NewSupport(name="Lehrerinnen", place=None, country=None, method="paper")
    await tallying.add_organisation(cap, uri, support)
    clock.advance(seconds=61)
    await ticking.tick(cap)
    for statement, key_id in ((uri, "cosign-1"), (later.uri, "cosign-2")):
        bundle = await bundling.bundle_of(cap, statement)
        assert bundle["statement"]["proof"]["verificationMethod"].endswith(key_id)
        assert bundle["checkpoint"]["proof"]["verificationMethod"].endswith("ed25519-2")
        assert verify.verify(json.dumps(bundle).encode()).is_sound


async def test_a_tampered_log_is_told_once_and_found_by_the_doctor(
    cap: Capabilities, clock: Clock, publish: Publish
) -> None:
    await signed_statement(cap, clock, publish)

    def forge(session: Session) -> None:
        values = "SELECT object_id, 'forged', subject_hmac, at, previous, 'abc' FROM signature_log"
        session.execute(
            text(f"INSERT INTO signature_log (object_id, event, subject_hmac, at, previous, hash) {values}")
        )

    await cap.database.write(forge)
    found = await rechecking.check_all(cap)
    assert (found.broken_event is not None, found.is_sound) == (True, False)
    sentences = [each.sentence for each in await diagnosing.diagnose(cap) if each.subject == "signatures"]
    assert any("tampered" in sentence for sentence in sentences)
