"""Rows of co-signing: what is sealed, what is listed, and that ends are final."""

from datetime import timedelta

from sqlalchemy import text

from fedinode.storage import (
    cosignatures,
    evidence_files,
    invitations,
    outgoing_activities,
    statement_versions,
)
from fedinode.storage.cosignatures import NewCoSignature
from fedinode.storage.database import Database, Session
from fedinode.storage.invitations import InvitationRow, NewInvitation
from fedinode.storage.outgoing_activities import NewActivity
from fedinode.storage.statement_versions import NewVersion
from tests.storage.sample_rows import NOW

STATEMENT = "https://leipzig.example/statements/1"
AUTHOR = "https://leipzig.example/collectives/leipzig"
CELL = "https://koeln.example/collectives/koeln"
CANARY = b"nobody may read this yet"
DIGEST = "zQmText"


def invitation(uri: str = "https://leipzig.example/activities/1") -> NewInvitation:
    return NewInvitation(
        uri=uri,
        statement_uri=STATEMENT,
        revision=1,
        text_digest=DIGEST,
        author_uri=AUTHOR,
        cell_uri=CELL,
        role="cosigner",
        body=CANARY,
        ends_at=NOW + timedelta(days=3),
    )


def version(body: bytes = CANARY) -> NewVersion:
    return NewVersion(
        statement_uri=STATEMENT,
        text_digest=DIGEST,
        revision=1,
        author_uri=AUTHOR,
        signed_text=CANARY,
        body=body,
    )


def consent(number: int, **changes: str) -> NewCoSignature:
    values = {
        "uri": f"https://koeln.example/cosignatures/{number}",
        "statement_uri": STATEMENT,
        "text_digest": DIGEST,
        "signer_uri": CELL,
        "role": "cosigner",
        "name": "Koeln",
        "digest": f"zQm{number}",
    }
    return NewCoSignature(**{**values, **changes}, revision=1, body=b"{}")


def stored_bytes(database: Database, table: str, *columns: str) -> bytes:
    """Return what the columns hold, as it lies in the database."""

    def read(session: Session) -> bytes:
        rows = session.execute(text(f"SELECT {', '.join(columns)} FROM {table}")).all()
        return b"|".join(bytes(value) for row in rows for value in row if value is not None)

    return database.read_now(read)


def standing(database: Database, number: int) -> cosignatures.CoSignatureRow:
    found = database.write_now(
        lambda session: cosignatures.find(session, f"https://koeln.example/cosignatures/{number}")
    )
    assert found is not None
    return found


def accept(database: Database, number: int) -> None:
    row = standing(database, number)
    stamp = f"https://leipzig.example/cosign-authorizations/{number}"
    database.write_now(lambda session: cosignatures.record_stamp(session, row.id, stamp, b"{}", NOW))


def listed(database: Database) -> list[str]:
    rows = database.read_now(lambda session: cosignatures.listed(session, STATEMENT, DIGEST))
    return [row.uri.rpartition("/")[2] for row in rows]


def the_invitation(database: Database) -> InvitationRow:
    found = database.read_now(lambda session: invitations.find_newest(session, STATEMENT, CELL))
    assert found is not None
    return found


def test_an_invitation_is_sealed_and_read_back_whole(database: Database) -> None:
    assert database.write_now(lambda session: invitations.add(session, invitation(), NOW))
    assert CANARY not in stored_bytes(database, "invitations", "body")
    assert the_invitation(database).body == CANARY


def test_a_cell_is_invited_to_a_revision_once(database: Database) -> None:
    database.write_now(lambda session: invitations.add(session, invitation(), NOW))
    again = invitation("https://leipzig.example/activities/2")
    assert not database.write_now(lambda session: invitations.add(session, again, NOW))


def test_why_a_cell_declined_is_sealed(database: Database) -> None:
    database.write_now(lambda session: invitations.add(session, invitation(), NOW))
    row = the_invitation(database)
    database.write_now(
        lambda session: invitations.set_state(session, row, "declined", NOW, reason="point two, please")
    )
    assert b"point two" not in stored_bytes(database, "invitations", "reason")
    assert (the_invitation(database).state, the_invitation(database).reason) == (
        "declined",
        "point two, please",
    )


def test_only_open_invitations_end_by_time(database: Database) -> None:
    database.write_now(lambda session: invitations.add(session, invitation(), NOW))
    later = NOW + timedelta(days=3)
    assert (
        database.read_now(lambda session: invitations.list_over(session, later - timedelta(seconds=1))) == ()
    )
    assert len(database.read_now(lambda session: invitations.list_over(session, later))) == 1
    row = the_invitation(database)
    database.write_now(lambda session: invitations.set_state(session, row, "answered", NOW))
    assert database.read_now(lambda session: invitations.list_over(session, later)) == ()


def test_a_draft_is_sealed_until_the_text_is_public(database: Database) -> None:
    database.write_now(lambda session: statement_versions.put_draft(session, version(), NOW))
    assert CANARY not in stored_bytes(database, "statement_versions", "body", "signed_text")
    assert database.read_now(lambda session: statement_versions.find_by_digest(session, DIGEST)) is None
    database.write_now(lambda session: statement_versions.put_public(session, version(b"published"), NOW))
    found = database.read_now(lambda session: statement_versions.find_by_digest(session, DIGEST))
    assert found is not None
    assert (found.body, found.public_at) == (b"published", NOW)


def test_a_public_text_stays_as_it_was_first_seen(database: Database) -> None:
    database.write_now(lambda session: statement_versions.put_public(session, version(b"first"), NOW))
    database.write_now(lambda session: statement_versions.put_public(session, version(b"second"), NOW))
    (kept,) = database.read_now(lambda session: statement_versions.list_of(session, STATEMENT))
    assert kept.body == b"first"


def test_a_consent_is_listed_from_its_stamp_until_its_end(database: Database) -> None:
    database.write_now(lambda session: cosignatures.add(session, consent(1)))
    assert listed(database) == []
    accept(database, 1)
    assert listed(database) == ["1"]
    row = standing(database, 1)
    database.write_now(lambda session: cosignatures.record_withdrawal(session, row.id, b"undo", NOW))
    assert listed(database) == []
    assert standing(database, 1).author_state == "withdrawn"


def test_a_removed_consent_still_counts_as_once_stamped(database: Database) -> None:
    database.write_now(lambda session: cosignatures.add(session, consent(1)))
    accept(database, 1)
    row = standing(database, 1)
    database.write_now(lambda session: cosignatures.record_removal(session, row.id, b"delete", NOW))
    assert listed(database) == []
    stamped = database.read_now(lambda session: cosignatures.ever_stamped(session, STATEMENT, DIGEST))
    assert [each.uri for each in stamped] == [row.uri]


def test_a_cell_may_sign_again_under_a_new_id_after_it_withdrew(database: Database) -> None:
    database.write_now(lambda session: cosignatures.add(session, consent(1)))
    accept(database, 1)
    row = standing(database, 1)
    database.write_now(lambda session: cosignatures.record_withdrawal(session, row.id, b"undo", NOW))
    database.write_now(lambda session: cosignatures.add(session, consent(2)))
    accept(database, 2)
    assert listed(database) == ["2"]
    assert not database.write_now(lambda session: cosignatures.add(session, consent(1)))


def test_what_is_under_another_text_is_not_listed(database: Database) -> None:
    database.write_now(lambda session: cosignatures.add(session, consent(1, text_digest="zQmOther")))
    accept(database, 1)
    assert listed(database) == []


def test_evidence_keeps_the_time_it_was_first_seen(database: Database) -> None:
    def add(session: Session, later: timedelta) -> bool:
        return evidence_files.add(session, "zQmActor", "actor", b"{}", source_uri=CELL, now=NOW + later)

    assert database.write_now(lambda session: add(session, timedelta(0)))
    assert not database.write_now(lambda session: add(session, timedelta(days=1)))
    (row,) = database.read_now(lambda session: evidence_files.list_from(session, CELL, ["actor"]))
    assert row.first_seen_at == NOW


def test_an_activity_for_few_is_sealed_and_delivered_whole(database: Database) -> None:
    activity = NewActivity(
        uid="u1",
        uri="https://leipzig.example/activities/u1",
        collective_id=None,
        actor_uri=AUTHOR,
        type="Invite",
        object_uri=STATEMENT,
        body=CANARY,
        cause_key="invite:1",
        is_public=False,
    )
    number = database.write_now(lambda session: outgoing_activities.add(session, activity, NOW))
    assert number is not None
    assert CANARY not in stored_bytes(database, "activities", "body")
    assert database.read_now(lambda session: outgoing_activities.bodies(session, [number])) == {
        number: CANARY
    }
