"""Sealed columns open with the right key in the right place, and nowhere else."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedinode.errors import ConfigError, DatabaseError
from fedinode.storage import sealing
from fedinode.storage.database import Database, Session
from fedinode.storage.models import JournalEntry
from fedinode.storage.sealing import Sealer
from tests.storage.sample_rows import add

KEY = bytes(range(32))
PLACE = "journal.body"


@given(plaintext=st.binary(max_size=200), uid=st.text(max_size=20))
def test_what_was_sealed_opens_again(plaintext: bytes, uid: str) -> None:
    sealed = Sealer(KEY).seal(PLACE, uid, plaintext)
    assert sealing.is_sealed(sealed)
    assert Sealer(KEY).unseal(PLACE, uid, sealed) == plaintext


@given(plaintext=st.binary(min_size=1, max_size=40), position=st.integers(min_value=2))
def test_every_changed_byte_is_noticed(plaintext: bytes, position: int) -> None:
    sealed = bytearray(Sealer(KEY).seal(PLACE, "a", plaintext))
    sealed[2 + position % (len(sealed) - 2)] ^= 1
    with pytest.raises(DatabaseError, match="cannot be unsealed"):
        Sealer(KEY).unseal(PLACE, "a", bytes(sealed))


@pytest.mark.parametrize("length", range(2, 30))
def test_what_was_cut_off_is_noticed(length: int) -> None:
    sealed = Sealer(KEY).seal(PLACE, "a", b"x")
    with pytest.raises(DatabaseError, match="cannot be unsealed"):
        Sealer(KEY).unseal(PLACE, "a", sealed[:length])


@pytest.mark.parametrize(("place", "uid"), [("mail.recipient", "a"), (PLACE, "b")])
def test_a_value_moved_elsewhere_does_not_open(place: str, uid: str) -> None:
    sealed = Sealer(KEY).seal(PLACE, "a", b"secret")
    with pytest.raises(DatabaseError, match=f"{place} of {uid}"):
        Sealer(KEY).unseal(place, uid, sealed)


def test_another_key_does_not_open() -> None:
    with pytest.raises(DatabaseError, match=r"data\.key"):
        Sealer(os.urandom(32)).unseal(PLACE, "a", Sealer(KEY).seal(PLACE, "a", b"secret"))


def test_plain_text_comes_back_as_it_is() -> None:
    assert Sealer(KEY).unseal(PLACE, "a", "Erklärung".encode()) == "Erklärung".encode()


def test_the_same_text_is_never_sealed_to_the_same_bytes() -> None:
    assert Sealer(KEY).seal(PLACE, "a", b"x") != Sealer(KEY).seal(PLACE, "a", b"x")


def test_a_fingerprint_depends_on_key_purpose_and_value() -> None:
    prints = {
        Sealer(KEY).fingerprint("email", b"mira@a.example"),
        Sealer(KEY).fingerprint("email", b"other@a.example"),
        Sealer(KEY).fingerprint("other", b"mira@a.example"),
        Sealer(os.urandom(32)).fingerprint("email", b"mira@a.example"),
    }
    assert len(prints) == 4
    assert Sealer(KEY).fingerprint("email", b"mira@a.example") in prints


def test_a_sealer_does_not_show_its_key() -> None:
    assert repr(Sealer(KEY)) == "Sealer(...)"


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(ConfigError, match="32 bytes"):
        Sealer(b"short")


def test_rows_are_sealed_through_the_session(database: Database) -> None:
    def keep(session: Session) -> int:
        body = sealing.seal(session, PLACE, "digest", b"secret words")
        return add(session, JournalEntry, signature_digest="digest", body=body).id

    number = database.write_now(keep)

    def look(session: Session) -> tuple[bytes, bytes]:
        stored = session.get_one(JournalEntry, number).body
        assert stored is not None
        return stored, sealing.unseal(session, PLACE, "digest", stored)

    stored, opened = database.read_now(look)
    assert b"secret" not in stored
    assert opened == b"secret words"
    assert database.read_now(
        lambda session: sealing.fingerprint(session, "email", b"a")
    ) == database.read_now(lambda session: sealing.sealer_of(session).fingerprint("email", b"a"))


def test_text_is_sealed_as_text(database: Database) -> None:
    def seal(session: Session) -> tuple[str, str, str]:
        stored = sealing.seal_text(session, PLACE, "a", "Grüße")
        opened = sealing.unseal_text(session, PLACE, "a", stored)
        return stored, opened, sealing.unseal_text(session, PLACE, "a", "Grüße")

    stored, opened, plain = database.write_now(seal)
    assert stored.startswith(sealing.TEXT_MARK)
    assert "Grüße" not in stored
    assert opened == plain == "Grüße"


def test_a_new_key_file_opens_and_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        path = sealing.create_key_file(tmp_path / "secrets")
    finally:
        os.umask(old)
    assert path == tmp_path / "secrets" / "data.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    sealed = sealing.open_key_file(tmp_path / "secrets").seal(PLACE, "a", b"x")
    assert sealing.open_key_file(tmp_path / "secrets").unseal(PLACE, "a", sealed) == b"x"


def test_a_key_file_is_never_replaced(tmp_path: Path) -> None:
    path = sealing.create_key_file(tmp_path)
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="exists already"):
        sealing.create_key_file(tmp_path)
    assert path.read_bytes() == before


def test_a_missing_key_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        sealing.open_key_file(tmp_path)


@pytest.mark.parametrize("content", [b"", b"not hexadecimal", b"abcd", "ключ".encode()])
def test_a_file_that_is_no_key_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "data.key").write_bytes(content)
    with pytest.raises(ConfigError, match="data key"):
        sealing.open_key_file(tmp_path)
