"""What a peer's bytes, or a peer's absence, can cause.

FederationError
├── Malformed               their bytes break a rule
│   └── TooLarge            ... by size
├── SignatureRefused        the request or document is not proven to be by whom it claims
├── NotAuthorized           proven, but they may not say this
├── KeyUnavailable          we could not get their key just now
└── FetchFailed             we could not get something from them
    ├── NotFound            they say 404
    ├── Gone                they say 410
    └── AddressRefused      the address is one we never connect to

Messages are one plain sentence, without keys, bodies or addresses of ours; they go to the log. What the peer
is answered is ``answer`` and nothing of the message.
"""

from __future__ import annotations

from typing import ClassVar


class FederationError(Exception):
    """Something a peer did or failed to do; catch this around everything that reads a peer's bytes."""

    #: Short word for counters and for the JSON error that the peer sees.
    code: ClassVar[str] = "error"
    #: The HTTP status that answers a request which caused this.
    answer: ClassVar[int] = 400


class Malformed(FederationError):
    """The peer's bytes break a rule of the format."""

    code = "malformed"
    answer = 400


class TooLarge(Malformed):
    """The peer sent more than one of our limits allows."""

    code = "too-large"
    answer = 413


class SignatureRefused(FederationError):
    """A signature, digest or proof is absent, stale, insufficient or wrong."""

    code = "signature-refused"
    answer = 401


class NotAuthorized(FederationError):
    """The signer is known, and may not say what the document says."""

    code = "not-authorized"
    answer = 403


class KeyUnavailable(FederationError):
    """The key that a signature names could not be fetched now; the peer should try again."""

    code = "key-unavailable"
    answer = 503


class FetchFailed(FederationError):
    """A fetch did not bring what was asked for; trying again later may.

    ``status`` is the peer's HTTP status, or None when there was no answer.
    """

    code = "fetch-failed"
    answer = 503

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class NotFound(FetchFailed):
    """The peer says that the thing does not exist (404)."""

    code = "not-found"


class Gone(FetchFailed):
    """The peer says that the thing existed and was deleted (410)."""

    code = "gone"


class AddressRefused(FetchFailed):
    """The address is not one that this node connects to: not public, not https, or not a proper URL."""

    code = "address-refused"
    answer = 400
