"""Frozen revisions and their texts never change; the one move is from sealed to plain, at publication."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from fedinode.storage.columns import Base
from fedinode.storage.database import Database, Session
from fedinode.storage.models import (
    Account,
    FederatedObject,
    MediaFile,
    Post,
    Revision,
    RevisionMedia,
    RevisionText,
    TextRevision,
)
from fedinode.storage.sealing import MARK
from tests.storage.sample_rows import NOW, add

SEALED = MARK + b"sealed bytes"
TEXT_COLUMNS = ("title", "summary", "note", "facts", "markdown", "html")
REVISION_COLUMNS = ("facts", "salt", "signed_text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ids:
    object: int
    revision: int
    text_revision: int


def make_revision(session: Session, *states: str) -> Ids:
    """Make a sealed draft with one text and one file, and walk it through the states."""
    post = add(session, Post, first_public_at=None)
    owner = add(session, FederatedObject, post_id=post.id)
    text = add(session, TextRevision, **dict.fromkeys(TEXT_COLUMNS, SEALED))
    columns: dict[str, Any] = dict.fromkeys(REVISION_COLUMNS, SEALED)
    revision = add(
        session, Revision, object_id=owner.id, state="draft", text_digest=f"zQm{text.id}", **columns
    )
    add(session, RevisionText, revision_id=revision.id, text_revision_id=text.id, language="de", position=0)
    add(session, RevisionMedia, revision_id=revision.id, position=0)
    for state in states:
        change(session, Revision, revision.id, state=state)
    return Ids(object=owner.id, revision=revision.id, text_revision=text.id)


def change(session: Session, model: type[Base], row_id: int, **values: Any) -> None:
    session.execute(update(model).where(model.__table__.c.id == row_id).values(**values))


def refused(database: Database, job: Callable[[Session], object], words: str) -> None:
    with pytest.raises(IntegrityError, match=words):
        database.write_now(job)


@pytest.mark.parametrize("state", ["frozen", "public"])
@pytest.mark.parametrize("column", TEXT_COLUMNS)
def test_the_text_of_a_frozen_revision_cannot_be_rewritten(
    database: Database, state: str, column: str
) -> None:
    def rewrite(session: Session) -> None:
        ids = make_revision(session, *(["frozen", "public"] if state == "public" else [state]))
        change(session, TextRevision, ids.text_revision, **{column: MARK + b"other bytes"})

    refused(database, rewrite, "text of a frozen revision never changes")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("uid", "another"),
        ("number", 99),
        ("renderer", "another"),
        ("created_at", NOW.replace(year=2027)),
        ("author_account_id", 1),
    ],
)
def test_what_surrounds_a_frozen_text_stays_too(database: Database, column: str, value: object) -> None:
    def rewrite(session: Session) -> None:
        ids = make_revision(session, "frozen", "public")
        change(session, TextRevision, ids.text_revision, **{column: value})

    refused(database, rewrite, "text of a frozen revision never changes")


@pytest.mark.parametrize("column", REVISION_COLUMNS)
def test_a_frozen_revision_cannot_be_rewritten(database: Database, column: str) -> None:
    def rewrite(session: Session) -> None:
        ids = make_revision(session, "frozen", "public")
        change(session, Revision, ids.revision, **{column: MARK + b"other bytes"})

    refused(database, rewrite, "frozen revision never changes")


@pytest.mark.parametrize(
    ("column", "value"),
    [("number", 99), ("uid", "another"), ("text_digest", "zQmOther"), ("created_at", NOW.replace(year=2027))],
)
def test_number_and_digest_of_a_frozen_revision_stay(database: Database, column: str, value: object) -> None:
    def rewrite(session: Session) -> None:
        ids = make_revision(session, "frozen")
        change(session, Revision, ids.revision, **{column: value})

    refused(database, rewrite, "frozen revision never changes")


def test_a_draft_can_be_rewritten(database: Database) -> None:
    def rewrite(session: Session) -> bytes | None:
        ids = make_revision(session)
        change(session, TextRevision, ids.text_revision, html=MARK + b"other bytes")
        change(session, Revision, ids.revision, facts=MARK + b"other bytes", text_digest="zQmOther")
        return session.scalar(select(TextRevision.html))

    assert database.write_now(rewrite) == MARK + b"other bytes"


def open_all(session: Session, ids: Ids) -> None:
    change(session, Revision, ids.revision, **dict.fromkeys(REVISION_COLUMNS, b"plain"))
    change(session, TextRevision, ids.text_revision, **dict.fromkeys(TEXT_COLUMNS, b"plain"))


def test_going_public_opens_sealed_columns(database: Database) -> None:
    def publish(session: Session) -> tuple[bytes | None, bytes | None]:
        ids = make_revision(session, "frozen", "public")
        open_all(session, ids)
        return session.scalar(select(Revision.signed_text)), session.scalar(select(TextRevision.title))

    assert database.write_now(publish) == (b"plain", b"plain")


@pytest.mark.parametrize("again", [b"plain but different", SEALED, None])
def test_what_was_opened_is_not_touched_again(database: Database, again: bytes | None) -> None:
    def publish(session: Session) -> Ids:
        ids = make_revision(session, "frozen", "public")
        open_all(session, ids)
        return ids

    ids = database.write_now(publish)
    refused(
        database,
        lambda session: change(session, TextRevision, ids.text_revision, title=again),
        "text of a frozen revision never changes",
    )
    refused(
        database,
        lambda session: change(session, Revision, ids.revision, salt=again),
        "frozen revision never changes",
    )


def test_a_frozen_revision_is_not_opened_before_it_is_public(database: Database) -> None:
    ids = database.write_now(lambda session: make_revision(session, "frozen"))
    refused(
        database,
        lambda session: change(session, TextRevision, ids.text_revision, title=b"plain"),
        "text of a frozen revision never changes",
    )
    refused(
        database,
        lambda session: change(session, Revision, ids.revision, salt=b"plain"),
        "frozen revision never changes",
    )


@pytest.mark.parametrize(
    ("states", "next_state"),
    [
        (["frozen"], "draft"),
        (["frozen", "public"], "frozen"),
        (["frozen", "public"], "draft"),
        (["frozen", "public"], "dropped"),
        (["frozen", "dropped"], "public"),
        (["frozen", "public", "superseded"], "public"),
    ],
)
def test_a_revision_does_not_go_back(database: Database, states: list[str], next_state: str) -> None:
    ids = database.write_now(lambda session: make_revision(session, *states))
    refused(
        database,
        lambda session: change(session, Revision, ids.revision, state=next_state),
        "frozen revision never changes",
    )


def test_a_frozen_revision_gets_no_other_texts_or_files(database: Database) -> None:
    ids = database.write_now(lambda session: make_revision(session, "frozen"))
    refused(
        database,
        lambda session: add(session, RevisionText, revision_id=ids.revision, language="en", position=1),
        "gets no other texts",
    )
    refused(database, lambda session: session.execute(delete(RevisionText)), "keeps its texts")
    refused(
        database,
        lambda session: session.execute(
            update(RevisionText).values(text_revision_id=add(session, TextRevision).id)
        ),
        "keeps its texts",
    )
    refused(
        database,
        lambda session: add(session, RevisionMedia, revision_id=ids.revision, position=1),
        "gets no other files",
    )
    refused(database, lambda session: session.execute(delete(RevisionMedia)), "keeps its files")
    refused(
        database,
        lambda session: session.execute(update(RevisionMedia).values(media_id=add(session, MediaFile).id)),
        "keeps its files",
    )


def test_a_public_revision_is_not_deleted(database: Database) -> None:
    ids = database.write_now(lambda session: make_revision(session, "frozen", "public"))
    refused(database, lambda session: session.execute(delete(Revision)), "only deleted with its object")
    refused(
        database,
        lambda session: session.execute(delete(TextRevision).where(TextRevision.id == ids.text_revision)),
        "is not deleted",
    )


def test_a_deleted_object_takes_its_texts_along(database: Database) -> None:
    def erase(session: Session) -> list[object]:
        ids = make_revision(session, "frozen", "public")
        change(session, FederatedObject, ids.object, deleted_at=NOW)
        session.execute(delete(Revision).where(Revision.id == ids.revision))
        session.execute(delete(TextRevision).where(TextRevision.id == ids.text_revision))
        return list(session.execute(select(RevisionText)))

    assert database.write_now(erase) == []


def test_an_author_can_be_forgotten_without_touching_the_text(database: Database) -> None:
    def forget(session: Session) -> list[int | None]:
        ids = make_revision(session)
        change(session, TextRevision, ids.text_revision, author_account_id=add(session, Account).id)
        change(session, Revision, ids.revision, state="frozen")
        change(session, TextRevision, ids.text_revision, author_account_id=None)
        return list(session.scalars(select(TextRevision.author_account_id)))

    assert database.write_now(forget) == [None]


def test_two_revisions_of_an_object_never_share_a_number(database: Database) -> None:
    def repeat(session: Session) -> None:
        ids = make_revision(session, "frozen")
        number = session.scalar(select(Revision.number))
        session.execute(
            insert(Revision).values(
                uid="x", object_id=ids.object, number=number, state="draft", created_at=NOW
            )
        )

    refused(database, repeat, "revisions")
