"""One attempt to deliver one activity to one inbox: sign, post, judge the answer.

When to try again is federation/retry's business, remembering is the caller's. Double knocking: the first request
speaks draft-cavage-12, which everybody knows (snac2 answers 202 to RFC 9421 and drops the message); RFC 9421 is
tried at first contact only, when the first was refused.
"""

from dataclasses import dataclass
from datetime import datetime

from federation.net.client import Client, SigningKey
from federation.signatures import Dialect


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """What is known of the dialect that a peer understands; kept with the peer."""

    #: What worked last; None before the first success.
    dialect: Dialect | None = None
    seen_at: datetime | None = None
    #: The peer itself signed so, or two activities arrived so: it is not luck (only said of RFC 9421).
    is_proven: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRequest:
    """One activity for one inbox: exact bytes, and who signs."""

    inbox_url: str
    body: bytes
    signer: SigningKey
    speech: Speech = Speech()
    #: An actor behind this inbox, asked to confirm when the inbox says that it is gone.
    actor_uri: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """The peer took it."""

    status: int
    last_words: str
    #: What to remember of the peer's dialect from now on.
    speech: Speech
    #: Their clock minus ours, as their Date header shows it; None without one.
    skew_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """Not now; try again. ``status`` is None when there was no answer."""

    status: int | None
    last_words: str
    #: The moment before which the peer does not want to be asked again.
    retry_after: datetime | None
    skew_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Abandoned:
    """Never again for this activity; nobody is behind this inbox any more if ``inbox_is_gone``."""

    status: int | None
    last_words: str
    inbox_is_gone: bool
    skew_seconds: float | None


Outcome = Delivered | Deferred | Abandoned


async def attempt(client: Client, request: DeliveryRequest) -> Outcome:
    """Try once, with at most two requests, to deliver an activity. Raises nothing that a peer can cause."""
