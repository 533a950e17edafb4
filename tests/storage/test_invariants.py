"""What the data model promises and a database can hold, each with an attempt to break it."""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from fedinode.storage import upserts
from fedinode.storage.database import Database, Session
from fedinode.storage.models import (
    Base,
    CoSignature,
    Decision,
    Delivery,
    FederatedObject,
    Follow,
    JournalEntry,
    OutgoingActivity,
    Post,
    Reaction,
    Revision,
    ServedDocument,
    SignatureLogEntry,
    Slug,
    Text,
    TextRevision,
    Vote,
)
from tests.storage.sample_rows import NOW, add, add_one_to_every_table

SECOND = timedelta(seconds=1)


def refused(database: Database, job: Callable[[Session], object], words: str) -> None:
    with pytest.raises(IntegrityError, match=words):
        database.write_now(job)


# Invariant 2: a text digest stands once, whatever the number of its revision.


def test_two_revisions_never_share_a_text_digest(database: Database) -> None:
    def repeat(session: Session) -> None:
        add(session, Revision, text_digest="zQmSame")
        add(session, Revision, text_digest="zQmSame")

    refused(database, repeat, "text_digest")


# Invariant 3: updated_at of an object's documents rises by whole seconds.


@pytest.mark.parametrize("later", [timedelta(0), -SECOND, timedelta(microseconds=1), SECOND / 2])
def test_a_document_that_is_not_newer_is_refused(database: Database, later: timedelta) -> None:
    def serve(session: Session) -> None:
        owner = add(session, FederatedObject)
        add(session, ServedDocument, object_id=owner.id, updated_at=NOW)
        add(session, ServedDocument, object_id=owner.id, updated_at=NOW + later)

    refused(database, serve, "rises by whole seconds|documents")


def test_a_document_a_second_newer_is_taken(database: Database) -> None:
    def serve(session: Session) -> int:
        owner = add(session, FederatedObject)
        add(session, ServedDocument, object_id=owner.id, updated_at=NOW)
        add(session, ServedDocument, object_id=owner.id, updated_at=NOW + SECOND)
        add(session, ServedDocument, updated_at=NOW)
        return len(session.scalars(select(ServedDocument.id)).all())

    assert database.write_now(serve) == 3


def test_a_served_document_never_changes(database: Database) -> None:
    database.write_now(lambda session: add(session, ServedDocument))
    for change in (
        update(ServedDocument).values(body=b"other"),
        update(ServedDocument).values(updated_at=NOW + SECOND),
    ):
        refused(database, partial(Session.execute, statement=change), "served never changes")


# Invariant 4: one cause, one activity; one activity and inbox, one delivery; one request, one entry.


def test_one_cause_makes_one_activity(database: Database) -> None:
    def twice(session: Session) -> None:
        add(session, OutgoingActivity, cause_key="create:7")
        add(session, OutgoingActivity, cause_key="create:7")

    refused(database, twice, "cause_key")


def test_a_sent_activity_never_changes(database: Database) -> None:
    database.write_now(lambda session: add(session, OutgoingActivity))
    change = update(OutgoingActivity).values(body=b"other")
    refused(database, lambda session: session.execute(change), "activity of ours never changes")


def test_an_activity_goes_to_an_inbox_once(database: Database) -> None:
    def twice(session: Session) -> None:
        first = add(session, Delivery)
        add(session, Delivery, activity_id=first.activity_id, inbox_id=first.inbox_id)

    refused(database, twice, "deliveries")


def test_a_request_is_journalled_once(database: Database) -> None:
    def twice(session: Session) -> None:
        add(session, JournalEntry, signature_digest="d")
        add(session, JournalEntry, signature_digest="d")

    refused(database, twice, "signature_digest")


def test_an_actor_likes_an_object_once(database: Database) -> None:
    def twice(session: Session) -> None:
        first = add(session, Reaction)
        add(session, Reaction, object_id=first.object_id, actor_uri=first.actor_uri, kind=first.kind)

    refused(database, twice, "reactions")


def test_an_actor_follows_a_collective_once(database: Database) -> None:
    def twice(session: Session) -> None:
        first = add(session, Follow)
        add(session, Follow, collective_id=first.collective_id, actor_id=first.actor_id)

    refused(database, twice, "follows")


# Invariant 5: votes bind to the digest of what is decided.


def test_a_vote_about_another_digest_is_refused(database: Database) -> None:
    def vote(session: Session) -> None:
        decision = add(session, Decision, digest="right")
        add(session, Vote, decision_id=decision.id, digest="wrong")

    refused(database, vote, "digest of its decision")


def test_a_vote_cannot_be_bound_anew(database: Database) -> None:
    def vote(session: Session) -> None:
        decision = add(session, Decision, digest="right")
        add(session, Vote, decision_id=decision.id, digest="right")
        session.execute(update(Vote).values(digest="wrong"))

    refused(database, vote, "digest of its decision")


@pytest.mark.parametrize("column", ["digest", "action", "subject_uri"])
def test_what_is_voted_on_never_changes(database: Database, column: str) -> None:
    database.write_now(lambda session: add(session, Decision))
    change = update(Decision).values({column: "other"})
    refused(database, lambda session: session.execute(change), "voted on never changes")


def test_one_decision_at_a_time_is_open_about_a_thing(database: Database) -> None:
    def open_two(session: Session) -> None:
        values = {"action": "publish", "subject_uri": "https://a.example/1"}
        first = add(session, Decision, state="executed", **values)
        for _ in range(2):
            add(session, Decision, collective_id=first.collective_id, state="open", **values)

    refused(database, open_two, "decisions")


# Invariant 6: address, kind and type stay once a post was public.


@pytest.mark.parametrize(
    "values",
    [{"kind": "event"}, {"uid": "other"}, {"first_public_at": NOW + SECOND}, {"first_public_at": None}],
)
def test_a_public_post_keeps_kind_and_beginning(database: Database, values: dict[str, object]) -> None:
    database.write_now(lambda session: add(session, Post, first_public_at=NOW, kind="news"))
    change = update(Post).values(values)
    refused(database, lambda session: session.execute(change), "never change once it was public")


@pytest.mark.parametrize("column", ["uri", "uid", "as_type"])
def test_an_object_of_a_public_post_keeps_address_and_type(database: Database, column: str) -> None:
    def make(session: Session) -> None:
        add(session, FederatedObject, post_id=add(session, Post, first_public_at=NOW).id)

    database.write_now(make)
    change = update(FederatedObject).values({column: "other"})
    refused(database, lambda session: session.execute(change), "never change once its post was public")


def test_an_unpublished_object_may_still_become_something_else(database: Database) -> None:
    def make(session: Session) -> None:
        add(session, FederatedObject, post_id=add(session, Post, kind="news").id)
        session.execute(update(Post).values(kind="event"))
        session.execute(update(FederatedObject).values(as_type="Event"))

    database.write_now(make)


# The shape of objects: one for all languages, or one per language; superseded ones apart.


def test_a_post_has_one_object_per_language(database: Database) -> None:
    def two(session: Session) -> None:
        post = add(session, Post)
        add(session, FederatedObject, post_id=post.id, language="de")
        add(session, FederatedObject, post_id=post.id, language="ru")
        add(session, FederatedObject, post_id=post.id, language="de")

    refused(database, two, "objects")


def test_a_post_has_one_object_for_all_languages(database: Database) -> None:
    def two(session: Session) -> None:
        post = add(session, Post)
        add(session, FederatedObject, post_id=post.id)
        add(session, FederatedObject, post_id=post.id)

    refused(database, two, "objects")


def test_an_amendment_stands_beside_what_it_supersedes(database: Database) -> None:
    def amend(session: Session) -> None:
        first = add(session, FederatedObject, superseded_at=NOW)
        add(session, FederatedObject, post_id=first.post_id, supersedes_id=first.id)

    database.write_now(amend)


def test_a_text_has_one_current_slug(database: Database) -> None:
    def two(session: Session) -> None:
        text = add(session, Text)
        add(session, Slug, text_id=text.id, slug="old", is_current=False)
        add(session, Slug, text_id=text.id, slug="new", is_current=True)
        add(session, Slug, text_id=text.id, slug="newer", is_current=True)

    refused(database, two, "slugs")


# Invariant 7: at most one standing signature per statement and cell.


def test_a_cell_signs_a_statement_once_at_a_time(database: Database) -> None:
    values = {"statement_uri": "https://a.example/1", "signer_uri": "https://b.example/actor"}

    def sign(session: Session) -> None:
        add(session, CoSignature, **values, author_state="accepted", ended_at=NOW)
        add(session, CoSignature, **values, author_state="withdrawn")
        add(session, CoSignature, **values, author_state="accepted")

    database.write_now(sign)
    refused(
        database,
        lambda session: add(session, CoSignature, **values, author_state="accepted"),
        "cosignatures",
    )


def test_the_log_of_signatures_only_grows(database: Database) -> None:
    database.write_now(lambda session: add(session, SignatureLogEntry))
    refused(
        database, lambda session: session.execute(update(SignatureLogEntry).values(event="x")), "only grows"
    )
    refused(database, lambda session: session.execute(delete(SignatureLogEntry)), "only grows")


# Invariant 8: a translation names the revision it was made from, and that revision exists.


def test_a_translation_is_made_from_a_revision_that_exists(database: Database) -> None:
    refused(database, lambda session: add(session, TextRevision, translated_from_id=4711), "(?i)foreign key")


# Invariant 9: nobody's network address is kept.


def test_no_column_holds_a_network_address() -> None:
    words = {
        word
        for table in Base.metadata.sorted_tables
        for column in table.columns
        for word in column.name.split("_")
    }
    assert not words & {"ip", "ipv4", "ipv6", "address", "addr", "prefix", "network", "subnet", "forwarded"}


# Closed lists of words, and row numbers.


def test_a_word_that_is_not_on_the_list_is_refused(database: Database) -> None:
    for table in Base.metadata.sorted_tables:
        for check in table.constraints:
            found = re.match(r"(\w+) IN \(", str(getattr(check, "sqltext", "")))
            if found:
                refuse_word(database, table.name, found[1])


def refuse_word(database: Database, table_name: str, column: str) -> None:
    model = next(each.class_ for each in Base.registry.mappers if each.local_table.description == table_name)
    refused(database, lambda session: add(session, model, **{column: "no such word"}), f"{column}_known")


def test_numbers_of_append_only_rows_are_never_given_out_again(database: Database) -> None:
    def add_delete_add(session: Session) -> tuple[int, int]:
        first = add(session, JournalEntry).id
        session.execute(delete(JournalEntry))
        return first, add(session, JournalEntry).id

    first, second = database.write_now(add_delete_add)
    assert second > first


def test_a_row_fits_into_every_table(database: Database) -> None:
    database.write_now(add_one_to_every_table)

    def empty_tables(session: Session) -> list[str]:
        tables = Base.metadata.sorted_tables
        return [each.name for each in tables if not session.execute(select(each).limit(1)).all()]

    assert database.read_now(empty_tables) == []


def test_a_locked_parent_lets_nobody_else_count(database: Database) -> None:
    """Ten at once ask for one of three seats; each counts under the locked row."""
    post_id = database.write_now(lambda session: add(session, Post).id)

    def take_seat(session: Session) -> bool:
        upserts.lock_row(session, Post, post_id)
        taken = len(session.scalars(select(Text.id).where(Text.post_id == post_id)).all())
        if taken >= 3:
            return False
        session.execute(insert(Text).values(post_id=post_id, language=f"x{taken}", status="own"))
        return True

    futures = [database.submit(take_seat) for _ in range(10)]
    assert sum(future.result() for future in futures) == 3
