"""Key pairs: make, read, write, sign, verify.

Two algorithms: RSA with PKCS#1 v1.5 and SHA-256, which every peer reads, and Ed25519. Written forms: PEM
(SPKI; PKCS#1 is read too) and Multikey (FEP-521a). What lives elsewhere: who owns a key, and where it is
kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from federation import base58, curve25519, errors

MIN_RSA_BITS = 2048
MAX_RSA_BITS = 8192
RSA_EXPONENT = 65537
#: Longer texts are refused before they are decoded: an RSA-8192 key is about 1,400 characters in either form.
MAX_KEY_CHARS = 4096

_MULTIKEY_ED25519 = b"\xed\x01"
# The multicodec 0x1205 (rsa-pub) as a varint; what follows is PKCS#1 DER.
_MULTIKEY_RSA = b"\x85\x24"


class KeyAlgorithm(StrEnum):
    """The kinds of key that we read and make."""

    RSA = "rsa"
    ED25519 = "ed25519"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """A public key that passed our checks: RSA of 2048 to 8192 bits, or a proper Ed25519 point."""

    key: rsa.RSAPublicKey | ed25519.Ed25519PublicKey

    @property
    def algorithm(self) -> KeyAlgorithm:
        """What kind of key this is."""
        return KeyAlgorithm.RSA if isinstance(self.key, rsa.RSAPublicKey) else KeyAlgorithm.ED25519

    def verify(self, signature: bytes, message: bytes) -> None:
        """Check a signature over a message.

        Raises: SignatureRefused.
        """
        try:
            if isinstance(self.key, rsa.RSAPublicKey):
                self.key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
            else:
                self.key.verify(signature, message)
        except InvalidSignature as error:
            raise errors.SignatureRefused("the signature does not fit the key") from error

    def pem(self) -> str:
        """Write the key as PEM (SubjectPublicKeyInfo)."""
        encoded = self.key.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return encoded.decode("ascii")

    def multikey(self) -> str:
        """Write the key as ``publicKeyMultibase`` of a Multikey. Spec: FEP-521a."""
        if isinstance(self.key, rsa.RSAPublicKey):
            der = self.key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
            return "z" + base58.encode(_MULTIKEY_RSA + der)
        return "z" + base58.encode(_MULTIKEY_ED25519 + self.key.public_bytes_raw())


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PrivateKey:
    """A key that signs. Its repr shows the algorithm alone, so that no log can show the key."""

    key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

    def __repr__(self) -> str:
        return f"<PrivateKey {self.public.algorithm}>"

    @property
    def public(self) -> PublicKey:
        """The public half."""
        return PublicKey(key=self.key.public_key())

    def sign(self, message: bytes) -> bytes:
        """Sign a message. RSA takes about a third of a millisecond and lets other threads run meanwhile."""
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        return self.key.sign(message)

    def pem(self) -> bytes:
        """Write the key as unencrypted PEM (PKCS#8): only ever into sealed storage."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def generate_rsa(bits: int = MIN_RSA_BITS) -> PrivateKey:
    """Make a new RSA key pair."""
    return PrivateKey(key=rsa.generate_private_key(RSA_EXPONENT, bits))


def generate_ed25519() -> PrivateKey:
    """Make a new Ed25519 key pair."""
    return PrivateKey(key=ed25519.Ed25519PrivateKey.generate())


def load_private(pem: bytes, *, is_checked: bool = False) -> PrivateKey:
    """Read an unencrypted private key in PEM (PKCS#8, or PKCS#1 for RSA).

    Checking the numbers of an RSA key takes longer than a hundred signatures; `is_checked` is for keys that
    we made ourselves and kept sealed.

    Raises: Malformed, without any part of the text in the message.
    """
    try:
        key = serialization.load_pem_private_key(
            pem, password=None, unsafe_skip_rsa_key_validation=is_checked
        )
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # "from None": the library's message may quote what it read.
        raise errors.Malformed("a private key cannot be read") from None
    if not isinstance(key, rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey):
        raise errors.Malformed("a private key is neither RSA nor Ed25519")
    return PrivateKey(key=key)


def parse_public_pem(text: str) -> PublicKey:
    """Read a public key in PEM, SPKI or PKCS#1.

    Raises: Malformed.
    """
    if len(text) > MAX_KEY_CHARS:
        raise errors.Malformed("a public key is too long")
    try:
        key = serialization.load_pem_public_key(text.encode("ascii"))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise errors.Malformed("a public key in PEM cannot be read") from error
    return _checked(key)


def parse_multikey(text: str) -> PublicKey:
    """Read ``publicKeyMultibase`` of a Multikey: base58btc of a prefix and the key.

    Raises: Malformed. Spec: FEP-521a.
    """
    if len(text) > MAX_KEY_CHARS:
        raise errors.Malformed("a public key is too long")
    if not text.startswith("z"):
        raise errors.Malformed("a Multikey is not in base58btc")
    decoded = base58.decode(text[1:])
    prefix, body = decoded[:2], decoded[2:]
    if prefix == _MULTIKEY_ED25519:
        return _checked_ed25519(body)
    if prefix == _MULTIKEY_RSA:
        return _load_pkcs1(body)
    raise errors.Malformed("a Multikey is neither Ed25519 nor RSA")


def _load_pkcs1(der: bytes) -> PublicKey:
    try:
        key = serialization.load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise errors.Malformed("a Multikey holds no RSA key") from error
    return _checked(key)


def _checked(key: object) -> PublicKey:
    if isinstance(key, ed25519.Ed25519PublicKey):
        return _checked_ed25519(key.public_bytes_raw())
    if not isinstance(key, rsa.RSAPublicKey):
        raise errors.Malformed("a public key is neither RSA nor Ed25519")
    if not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
        raise errors.Malformed("an RSA key has fewer than 2048 or more than 8192 bits")
    if key.public_numbers().e != RSA_EXPONENT:
        raise errors.Malformed("an RSA key has another exponent than 65537")
    return PublicKey(key=key)


def _checked_ed25519(raw: bytes) -> PublicKey:
    curve25519.require_prime_order(raw)
    return PublicKey(key=ed25519.Ed25519PublicKey.from_public_bytes(raw))
