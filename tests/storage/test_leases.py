"""One process at a time plays a part; a dead one gives it up at once, one elsewhere after a while."""

import os
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

from fedinode.errors import AlreadyRunning
from fedinode.storage import leases
from fedinode.storage.database import Database
from fedinode.storage.leases import LEASE_SECONDS, Holder
from fedinode.storage.models import Lease
from tests.storage.sample_rows import NOW

HERE = leases.this_process()
PARENT = replace(HERE, pid=os.getppid(), started=leases.started(os.getppid()) or "")
DEAD = replace(HERE, pid=2**22 + 1)
ELSEWHERE = replace(HERE, boot_id="another-machine")
OTHER_CONTAINER = replace(HERE, pid_namespace="pid:[1]")


def take(database: Database, holder: Holder, seconds: float = 0) -> None:
    now = NOW + timedelta(seconds=seconds)
    database.write_now(lambda session: leases.take(session, "serve", holder, now))


def holder_of(database: Database) -> str | None:
    return database.read_now(lambda session: session.scalar(select(Lease.holder)))


def test_a_free_lease_is_taken(database: Database) -> None:
    take(database, HERE)
    assert holder_of(database) == str(HERE)


@pytest.mark.parametrize("first", [PARENT, ELSEWHERE, OTHER_CONTAINER])
def test_a_lease_that_another_process_holds_is_refused(database: Database, first: Holder) -> None:
    take(database, first)
    with pytest.raises(AlreadyRunning, match="works on this data folder already"):
        take(database, HERE, LEASE_SECONDS - 1)
    assert holder_of(database) == str(first)


def test_the_lease_of_a_dead_process_is_free_at_once(database: Database) -> None:
    take(database, DEAD)
    take(database, HERE)
    assert holder_of(database) == str(HERE)


def test_a_process_number_given_out_again_is_another_process(database: Database) -> None:
    take(database, replace(PARENT, started="1"))
    take(database, HERE)
    assert holder_of(database) == str(HERE)


@pytest.mark.parametrize("first", [PARENT, ELSEWHERE])
def test_a_lease_that_was_not_renewed_ends(database: Database, first: Holder) -> None:
    take(database, first)
    take(database, HERE, LEASE_SECONDS)
    assert holder_of(database) == str(HERE)


def test_who_holds_a_lease_may_take_it_again(database: Database) -> None:
    take(database, HERE)
    take(database, HERE, 5)
    with pytest.raises(AlreadyRunning):
        take(database, ELSEWHERE, LEASE_SECONDS + 4)


def test_a_renewed_lease_lasts_longer(database: Database) -> None:
    take(database, ELSEWHERE)
    later = NOW + timedelta(seconds=50)
    database.write_now(lambda session: leases.renew(session, "serve", ELSEWHERE, later))
    with pytest.raises(AlreadyRunning):
        take(database, HERE, LEASE_SECONDS + 49)


def test_a_lost_lease_is_not_renewed(database: Database) -> None:
    take(database, ELSEWHERE)
    take(database, HERE, LEASE_SECONDS)
    with pytest.raises(AlreadyRunning, match="has taken over"):
        database.write_now(lambda session: leases.renew(session, "serve", ELSEWHERE, NOW))


def test_a_released_lease_is_free(database: Database) -> None:
    take(database, ELSEWHERE)
    database.write_now(lambda session: leases.release(session, "serve", HERE))
    assert holder_of(database) == str(ELSEWHERE)
    database.write_now(lambda session: leases.release(session, "serve", ELSEWHERE))
    assert holder_of(database) is None


def test_leases_of_other_names_do_not_matter(database: Database) -> None:
    take(database, ELSEWHERE)
    database.write_now(lambda session: leases.take(session, "housekeeping", HERE, NOW))


def test_a_holder_is_read_as_it_was_written() -> None:
    assert leases.parse_holder(str(HERE)) == HERE


def test_two_processes_that_ask_at_once_do_not_both_get_it(database: Database) -> None:
    holders = [replace(ELSEWHERE, boot_id=f"machine-{n}") for n in range(8)]
    futures = [
        database.submit(partial(leases.take, name="serve", holder=holder, now=NOW)) for holder in holders
    ]
    failures = [future.exception(30) for future in futures]
    assert len([each for each in failures if each is None]) == 1
    assert all(isinstance(each, AlreadyRunning) for each in failures if each is not None)
