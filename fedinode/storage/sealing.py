"""Sealed columns: what a copied database must not give away is encrypted with a key that lies outside of it.

AES-256-GCM; the associated data "table.column:uid" binds the bytes to their place, so that a sealed value
moved to another row or column cannot be opened. Stored form: a mark of two bytes, 12 random bytes,
ciphertext. The mark begins with a zero byte, which no text of ours can: so a column may hold sealed bytes
until it becomes public, and plain UTF-8 from then on. Columns of text hold the same in base64, after a
control character that no text of ours has.
"""

import base64
import hashlib
import hmac
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from sqlalchemy.orm import Session

from fedinode.errors import ConfigError, DatabaseError

MARK = b"\x00\x01"
TEXT_MARK = "\x01"
KEY_FILE_NAME = "data.key"
_KEY_BYTES = 32
_NONCE_BYTES = 12
_SESSION_NAME = "sealer"


class Sealer:
    """Seals and unseals with the node's data key, which it never shows."""

    def __init__(self, data_key: bytes) -> None:
        if len(data_key) != _KEY_BYTES:
            raise ConfigError(f"The data key must have {_KEY_BYTES} bytes; this one has {len(data_key)}.")
        self._cipher = AESGCM(HKDFExpand(SHA256(), _KEY_BYTES, b"fedinode sealed columns").derive(data_key))
        self._mac_key = HKDFExpand(SHA256(), _KEY_BYTES, b"fedinode fingerprints").derive(data_key)

    def __repr__(self) -> str:
        return "Sealer(...)"

    def become(self, other: "Sealer") -> None:
        """Take the key of another from now on, wherever this one is in use: after a panic."""
        self._cipher, self._mac_key = other._cipher, other._mac_key

    def seal(self, place: str, uid: str, plaintext: bytes) -> bytes:
        """Encrypt for one place ("table.column") and row."""
        nonce = os.urandom(_NONCE_BYTES)
        return MARK + nonce + self._cipher.encrypt(nonce, plaintext, _bound_to(place, uid))

    def unseal(self, place: str, uid: str, stored: bytes) -> bytes:
        """Decrypt what `seal` made for the same place and row; plain bytes come back as they are.

        Raises: DatabaseError if the bytes were sealed with another key, or for another place.
        """
        if not is_sealed(stored):
            return stored
        nonce = stored[len(MARK) : len(MARK) + _NONCE_BYTES]
        try:
            return self._cipher.decrypt(nonce, stored[len(MARK) + _NONCE_BYTES :], _bound_to(place, uid))
        except (InvalidTag, ValueError) as error:
            raise DatabaseError(
                f"{place} of {uid} cannot be unsealed: the key in secrets/{KEY_FILE_NAME} is not the one "
                "it was sealed with, or the row was tampered with."
            ) from error

    def fingerprint(self, purpose: str, value: bytes) -> str:
        """Return a keyed digest of `value`: equal for equal values, and of no use without the data key."""
        return hmac.new(self._mac_key, purpose.encode() + b"\x00" + value, hashlib.sha256).hexdigest()


def is_sealed(stored: bytes) -> bool:
    """Tell sealed bytes from plain text."""
    return stored.startswith(MARK)


def seal(session: Session, place: str, uid: str, plaintext: bytes) -> bytes:
    """Encrypt for a row with the key of the session's database."""
    return sealer_of(session).seal(place, uid, plaintext)


def unseal(session: Session, place: str, uid: str, stored: bytes) -> bytes:
    """Decrypt a row's bytes with the key of the session's database. Raises DatabaseError."""
    return sealer_of(session).unseal(place, uid, stored)


def seal_text(session: Session, place: str, uid: str, plain: str) -> str:
    """Encrypt for a column of text, with the key of the session's database."""
    return TEXT_MARK + base64.b64encode(seal(session, place, uid, plain.encode("utf-8"))).decode("ascii")


def unseal_text(session: Session, place: str, uid: str, stored: str) -> str:
    """Decrypt what `seal_text` made; plain text comes back as it is. Raises DatabaseError."""
    if not stored.startswith(TEXT_MARK):
        return stored
    return unseal(session, place, uid, base64.b64decode(stored.removeprefix(TEXT_MARK))).decode("utf-8")


def fingerprint(session: Session, purpose: str, value: bytes) -> str:
    """Return the keyed digest of a value that must be found again but not be readable."""
    return sealer_of(session).fingerprint(purpose, value)


def sealer_of(session: Session) -> Sealer:
    """Return the sealer that the session was opened with."""
    sealer = session.info[_SESSION_NAME]
    assert isinstance(sealer, Sealer)
    return sealer


def session_info(sealer: Sealer) -> dict[str, Sealer]:
    """Return what a session must carry so that `seal` and `unseal` find the key."""
    return {_SESSION_NAME: sealer}


def create_key_file(secrets_dir: Path) -> Path:
    """Write a new random data key, readable by the owner alone, and return its path.

    Raises: ConfigError if there is one already: without the old key all sealed data is lost.
    """
    secrets_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = secrets_dir / KEY_FILE_NAME
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise ConfigError(f"{path} exists already and is not replaced: it opens what is sealed.") from error
    with os.fdopen(descriptor, "w") as stream:
        stream.write(os.urandom(_KEY_BYTES).hex() + "\n")
    return path


def replace_key_file(secrets_dir: Path) -> Sealer:
    """Write a new data key over the old one, in its place: what the old one sealed stays closed for good."""
    path = secrets_dir / KEY_FILE_NAME
    if not path.exists():
        create_key_file(secrets_dir)
        return open_key_file(secrets_dir)
    with path.open("r+b") as stream:
        stream.write(os.urandom(_KEY_BYTES).hex().encode("ascii") + b"\n")
        stream.truncate()
        stream.flush()
        os.fsync(stream.fileno())
    return open_key_file(secrets_dir)


def open_key_file(secrets_dir: Path) -> Sealer:
    """Read the data key and return the sealer made of it.

    Raises: ConfigError if the file is missing or is no key.
    """
    path = secrets_dir / KEY_FILE_NAME
    try:
        return Sealer(bytes.fromhex(path.read_text("ascii").strip()))
    except OSError as error:
        raise ConfigError(
            f"The data key {path} cannot be read ({error.strerror}); "
            "restore it from where you keep a copy: without it sealed data stays closed."
        ) from error
    except ValueError as error:
        raise ConfigError(f"The file {path} holds no data key (64 hexadecimal digits).") from error


def _bound_to(place: str, uid: str) -> bytes:
    return f"{place}:{uid}".encode()
