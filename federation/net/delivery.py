"""One attempt to deliver one activity to one inbox: sign, post, judge the answer.

When to try again is for federation/retry, remembering is for the caller. Double knocking: the first request
speaks draft-cavage-12, which everybody knows (snac2 answers 202 to RFC 9421 and drops the message); RFC 9421
is tried only while nothing is known to work, when the first was refused.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from federation import retry, times
from federation.errors import FederationError, Gone, Malformed, NotFound
from federation.net.client import ACTIVITY, SIGNATURE_REFUSALS, Answer, Client, SigningKey
from federation.retry import Verdict
from federation.signatures import Dialect

MAX_LAST_WORDS = 300
#: So long RFC 9421 is the first knock once it is remembered; then the peer may have learned cavage again.
RFC9421_FIRST = timedelta(days=7)
#: So many activities must have arrived so (or one, and the peer signs so itself) before it is remembered.
PROOFS_NEEDED = 2

_TAGS = re.compile(r"<[^<>]{0,200}>")
_BLANKS = re.compile(r"\s+")
_WORDS_BYTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """What is known of the dialect that a peer understands; kept with the peer."""

    #: What to try first; None until something worked.
    dialect: Dialect | None = None
    #: When this dialect became the one to try first.
    seen_at: datetime | None = None
    #: Activities that arrived in RFC 9421; a request that the peer signed so itself counts as one.
    rfc9421_successes: int = 0


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
    #: How long the peer does not want to be asked again.
    retry_after: timedelta | None
    skew_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Abandoned:
    """Never again for this activity; nobody is behind this inbox any more if ``inbox_is_gone``."""

    status: int
    last_words: str
    inbox_is_gone: bool
    skew_seconds: float | None


Outcome = Delivered | Deferred | Abandoned


async def attempt(client: Client, request: DeliveryRequest) -> Outcome:
    """Try once, with at most two requests, to deliver an activity. Raises nothing that a peer can cause."""
    dialects = _dialects(request.speech, client.now())
    dialect = dialects[0]
    try:
        answer = await _knock(client, request, dialect)
        if answer.status in SIGNATURE_REFUSALS and len(dialects) == 2:
            dialect = dialects[1]
            answer = await _knock(client, request, dialect)
    except FederationError as error:
        return Deferred(status=None, last_words=str(error), retry_after=None, skew_seconds=None)
    return await _judge(client, request, answer, dialect)


async def _knock(client: Client, request: DeliveryRequest, dialect: Dialect) -> Answer:
    return await client.post(request.inbox_url, request.body, signer=request.signer, dialect=dialect)


def _dialects(speech: Speech, now: datetime) -> tuple[Dialect, ...]:
    if speech.dialect is Dialect.CAVAGE:
        return (Dialect.CAVAGE,)
    is_recent = speech.seen_at is not None and now - speech.seen_at < RFC9421_FIRST
    if speech.dialect is Dialect.RFC9421 and is_recent:
        return (Dialect.RFC9421, Dialect.CAVAGE)
    return (Dialect.CAVAGE, Dialect.RFC9421)


async def _judge(client: Client, request: DeliveryRequest, answer: Answer, dialect: Dialect) -> Outcome:
    now = client.now()
    words, skew = last_words(answer), _skew_seconds(answer, now)
    verdict = retry.classify(answer.status)
    if verdict is Verdict.DELIVERED:
        speech = _learned(request.speech, dialect, now)
        return Delivered(status=answer.status, last_words=words, speech=speech, skew_seconds=skew)
    if verdict is Verdict.REFUSED:
        return Abandoned(status=answer.status, last_words=words, inbox_is_gone=False, skew_seconds=skew)
    if verdict is Verdict.GONE and await _is_actor_gone(client, request):
        return Abandoned(status=answer.status, last_words=words, inbox_is_gone=True, skew_seconds=skew)
    retry_after = retry.parse_retry_after(answer.headers.get("retry-after"), now)
    return Deferred(status=answer.status, last_words=words, retry_after=retry_after, skew_seconds=skew)


def _learned(speech: Speech, dialect: Dialect, now: datetime) -> Speech:
    if dialect is speech.dialect and dialect is Dialect.CAVAGE:
        return speech
    if dialect is Dialect.CAVAGE:
        return Speech(dialect=dialect, seen_at=now)
    successes = speech.rfc9421_successes + 1
    if successes < PROOFS_NEEDED:
        return replace(speech, rfc9421_successes=successes)
    is_recent = speech.seen_at is not None and now - speech.seen_at < RFC9421_FIRST
    if speech.dialect is Dialect.RFC9421 and is_recent:
        # The time stays: it says when cavage is to be tried again.
        return speech
    return Speech(dialect=dialect, seen_at=now, rfc9421_successes=successes)


async def _is_actor_gone(client: Client, request: DeliveryRequest) -> bool:
    # An inbox that says 410 may be a broken proxy: only the actor's own 404 or 410 ends it.
    if request.actor_uri is None:
        return False
    try:
        await client.get_document(request.actor_uri, kind=ACTIVITY, signer=request.signer)
    except (NotFound, Gone):
        return True
    except FederationError:
        return False
    return False


def last_words(answer: Answer) -> str:
    """Return what the peer said, as one line of at most 300 printable characters without markup."""
    if answer.headers.get("content-encoding", "identity") != "identity":
        return ""
    text = answer.body[:_WORDS_BYTES].decode("utf-8", errors="ignore")
    text = "".join(each if each.isprintable() else " " for each in _TAGS.sub(" ", text))
    return _BLANKS.sub(" ", text).strip()[:MAX_LAST_WORDS]


def _skew_seconds(answer: Answer, now: datetime) -> float | None:
    try:
        return (times.parse_http_date(answer.headers.get("date", "")) - now).total_seconds()
    except Malformed:
        return None
