from datetime import UTC, datetime, timedelta

import pytest

from federation import signatures
from federation.net import delivery
from federation.net.client import Answer, Client, SigningKey
from federation.net.delivery import Abandoned, Deferred, Delivered, DeliveryRequest, Speech
from federation.signatures import Dialect, HttpMessage
from tests.federation.net.conftest import OpenClient
from tests.peer_server import Peer, Reply, Request

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
BODY = b'{"type":"Create"}'


def request_for(peer: Peer, signer: SigningKey, speech: Speech | None = None) -> DeliveryRequest:
    return DeliveryRequest(
        inbox_url=f"{peer.origin}/inbox",
        body=BODY,
        signer=signer,
        speech=speech or Speech(),
        actor_uri=f"{peer.origin}/users/bob",
    )


def answer_inbox(peer: Peer, *replies: Reply) -> None:
    """Answer the first knocks so, one after another, and stay with the last."""
    left = list(replies)
    peer.answer("/inbox", lambda _request: left.pop(0) if len(left) > 1 else left[0], method="POST")


def dialect_of(request: Request) -> Dialect:
    return Dialect.RFC9421 if request.header("signature-input") else Dialect.CAVAGE


def knocks(peer: Peer) -> list[Dialect]:
    return [dialect_of(each) for each in peer.requests if each.method == "POST"]


def understand(peer: Peer, *dialects: Dialect) -> None:
    def answer(request: Request) -> Reply:
        return Reply(status=202 if dialect_of(request) in dialects else 401)

    peer.answer("/inbox", answer, method="POST")


@pytest.mark.anyio
async def test_the_first_knock_is_cavage_and_it_is_remembered(
    peer: Peer, client: Client, signer: SigningKey
) -> None:
    understand(peer, *Dialect)
    outcome = await delivery.attempt(client, request_for(peer, signer))
    assert isinstance(outcome, Delivered)
    assert (outcome.status, knocks(peer), peer.requests[0].body) == (202, [Dialect.CAVAGE], BODY)
    assert (outcome.speech.dialect, outcome.speech.rfc9421_successes) == (Dialect.CAVAGE, 0)


@pytest.mark.anyio
@pytest.mark.parametrize("status", [400, 401, 403])
async def test_a_first_refusal_is_followed_by_a_knock_in_rfc_9421(
    peer: Peer, client: Client, signer: SigningKey, status: int
) -> None:
    answer_inbox(peer, Reply(status=status), Reply(status=200))
    outcome = await delivery.attempt(client, request_for(peer, signer))
    assert isinstance(outcome, Delivered)
    assert knocks(peer) == [Dialect.CAVAGE, Dialect.RFC9421]


@pytest.mark.anyio
async def test_one_success_in_rfc_9421_is_not_yet_remembered_and_a_second_is(
    peer: Peer, client: Client, signer: SigningKey
) -> None:
    understand(peer, Dialect.RFC9421)
    first = await delivery.attempt(client, request_for(peer, signer))
    assert isinstance(first, Delivered)
    assert first.speech == Speech(rfc9421_successes=1)
    second = await delivery.attempt(client, request_for(peer, signer, first.speech))
    assert isinstance(second, Delivered)
    assert (second.speech.dialect, second.speech.rfc9421_successes) == (Dialect.RFC9421, 2)
    third = await delivery.attempt(client, request_for(peer, signer, second.speech))
    assert isinstance(third, Delivered)
    assert third.speech == second.speech
    assert knocks(peer) == [Dialect.CAVAGE, Dialect.RFC9421] * 2 + [Dialect.RFC9421]


@pytest.mark.anyio
async def test_a_peer_that_signs_in_rfc_9421_itself_is_remembered_after_one_success(
    peer: Peer, client: Client, signer: SigningKey
) -> None:
    understand(peer, Dialect.RFC9421)
    outcome = await delivery.attempt(client, request_for(peer, signer, Speech(rfc9421_successes=1)))
    assert isinstance(outcome, Delivered)
    assert outcome.speech.dialect is Dialect.RFC9421


@pytest.mark.anyio
async def test_a_peer_known_to_take_cavage_is_knocked_at_once(
    peer: Peer, client: Client, signer: SigningKey
) -> None:
    understand(peer)
    outcome = await delivery.attempt(client, request_for(peer, signer, Speech(dialect=Dialect.CAVAGE)))
    assert isinstance(outcome, Deferred)
    assert (outcome.status, knocks(peer)) == (401, [Dialect.CAVAGE])


@pytest.mark.anyio
async def test_what_is_known_of_cavage_stays_as_it_is(peer: Peer, client: Client, signer: SigningKey) -> None:
    understand(peer, *Dialect)
    known = Speech(dialect=Dialect.CAVAGE, seen_at=NOW)
    outcome = await delivery.attempt(client, request_for(peer, signer, known))
    assert isinstance(outcome, Delivered)
    assert outcome.speech == known


@pytest.mark.anyio
async def test_cavage_is_tried_again_after_seven_days_and_remembered(
    peer: Peer, client: Client, signer: SigningKey
) -> None:
    understand(peer, *Dialect)
    old = Speech(dialect=Dialect.RFC9421, seen_at=client.now() - timedelta(days=7), rfc9421_successes=9)
    outcome = await delivery.attempt(client, request_for(peer, signer, old))
    assert isinstance(outcome, Delivered)
    assert (outcome.speech.dialect, knocks(peer)) == (Dialect.CAVAGE, [Dialect.CAVAGE])


@pytest.mark.anyio
async def test_after_seven_days_rfc_9421_is_remembered_anew_if_cavage_still_fails(
    peer: Peer, client: Client, signer: SigningKey
) -> None:
    understand(peer, Dialect.RFC9421)
    old = Speech(dialect=Dialect.RFC9421, seen_at=client.now() - timedelta(days=7), rfc9421_successes=9)
    outcome = await delivery.attempt(client, request_for(peer, signer, old))
    assert isinstance(outcome, Delivered)
    assert outcome.speech.seen_at is not None
    assert outcome.speech.seen_at > client.now() - timedelta(minutes=1)


@pytest.mark.anyio
async def test_a_peer_that_lost_rfc_9421_is_reached_in_cavage(
    peer: Peer, client: Client, signer: SigningKey
) -> None:
    understand(peer, Dialect.CAVAGE)
    known = Speech(dialect=Dialect.RFC9421, seen_at=client.now(), rfc9421_successes=2)
    outcome = await delivery.attempt(client, request_for(peer, signer, known))
    assert isinstance(outcome, Delivered)
    assert (outcome.speech.dialect, knocks(peer)) == (Dialect.CAVAGE, [Dialect.RFC9421, Dialect.CAVAGE])


@pytest.mark.anyio
@pytest.mark.parametrize("status", [401, 403, 408, 425, 429, 500, 503, 302])
async def test_a_temporary_refusal_defers(
    peer: Peer, client: Client, signer: SigningKey, status: int
) -> None:
    answer_inbox(peer, Reply(status=status, headers=(("Retry-After", "30"),), body=b"later"))
    outcome = await delivery.attempt(client, request_for(peer, signer))
    assert isinstance(outcome, Deferred)
    assert (outcome.status, outcome.retry_after, outcome.last_words) == (
        status,
        timedelta(seconds=30),
        "later",
    )


@pytest.mark.anyio
@pytest.mark.parametrize("status", [429, 500, 404, 410])
async def test_only_a_refused_signature_makes_a_second_knock(
    peer: Peer, client: Client, signer: SigningKey, status: int
) -> None:
    answer_inbox(peer, Reply(status=status))
    await delivery.attempt(client, request_for(peer, signer))
    assert len(knocks(peer)) == 1


@pytest.mark.anyio
@pytest.mark.parametrize("status", [400, 404, 405, 413, 422])
async def test_a_final_refusal_abandons_the_activity_and_keeps_the_inbox(
    peer: Peer, client: Client, signer: SigningKey, status: int
) -> None:
    answer_inbox(peer, Reply(status=status, body=b"no"))
    outcome = await delivery.attempt(client, request_for(peer, signer))
    assert isinstance(outcome, Abandoned)
    assert (outcome.status, outcome.last_words, outcome.inbox_is_gone) == (status, "no", False)


@pytest.mark.anyio
@pytest.mark.parametrize("status", [404, 410])
async def test_an_inbox_is_gone_when_its_actor_is(
    peer: Peer, client: Client, signer: SigningKey, status: int
) -> None:
    answer_inbox(peer, Reply(status=410))
    peer.answer("/users/bob", Reply(status=status))
    outcome = await delivery.attempt(client, request_for(peer, signer))
    assert isinstance(outcome, Abandoned)
    assert outcome.inbox_is_gone


@pytest.mark.anyio
async def test_an_inbox_that_says_gone_while_its_actor_lives_is_tried_again(
    peer: Peer, client: Client, signer: SigningKey
) -> None:
    answer_inbox(peer, Reply(status=410))
    peer.answer("/users/bob", Reply.json({"id": f"{peer.origin}/users/bob", "type": "Person"}))
    assert isinstance(await delivery.attempt(client, request_for(peer, signer)), Deferred)
    peer.answer("/users/bob", Reply(status=500))
    assert isinstance(await delivery.attempt(client, request_for(peer, signer)), Deferred)


@pytest.mark.anyio
async def test_an_inbox_that_says_gone_with_nobody_to_ask_is_tried_again(
    peer: Peer, client: Client, signer: SigningKey
) -> None:
    answer_inbox(peer, Reply(status=410))
    request = DeliveryRequest(inbox_url=f"{peer.origin}/inbox", body=BODY, signer=signer)
    assert isinstance(await delivery.attempt(client, request), Deferred)


@pytest.mark.anyio
@pytest.mark.parametrize("inbox", ["http://nobody.localhost:9/inbox", "https://10.0.0.1/inbox", "no address"])
async def test_an_inbox_that_cannot_be_reached_defers(client: Client, signer: SigningKey, inbox: str) -> None:
    outcome = await delivery.attempt(client, DeliveryRequest(inbox_url=inbox, body=BODY, signer=signer))
    assert isinstance(outcome, Deferred)
    assert (outcome.status, outcome.skew_seconds) == (None, None)
    assert outcome.last_words


@pytest.mark.anyio
async def test_the_peers_clock_is_compared_with_ours(
    peer: Peer, open_client: OpenClient, signer: SigningKey
) -> None:
    async with open_client(clock=lambda: NOW) as client:
        for text, skew in (("Sat, 21 Nov 2026 12:02:00 GMT", 120.0), ("yesterday", None)):
            answer_inbox(peer, Reply(status=202, headers=(("Date", text),)))
            outcome = await delivery.attempt(client, request_for(peer, signer))
            assert outcome.skew_seconds == skew


@pytest.mark.anyio
async def test_the_request_is_signed_at_the_moment_of_sending(
    peer: Peer, open_client: OpenClient, signer: SigningKey
) -> None:
    understand(peer, *Dialect)
    async with open_client(clock=lambda: NOW) as client:
        await delivery.attempt(client, request_for(peer, signer))
    sent = peer.requests[0]
    message = HttpMessage(
        method="POST", target_uri=f"{peer.origin}/inbox", headers=sent.headers, body=sent.body
    )
    signed = signatures.parse(message, NOW)
    assert signed.created == NOW
    signatures.verify(signed, signer.key.public)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html><body><h1>502  Bad\r\nGateway</h1></body></html>", "502 Bad Gateway"),
        (b"\x00\x1b[31mred\x1b[0m \xff\xfe", "[31mred [0m"),
        ("Слишком\u202e много".encode(), "Слишком много"),
        (b"x" * 5000, "x" * 300),
        (b"", ""),
    ],
)
def test_last_words_are_one_short_clean_line(body: bytes, words: str) -> None:
    answer = Answer(url="https://remote.example/inbox", status=500, headers={}, body=body)
    assert delivery.last_words(answer) == words


def test_encoded_last_words_are_left_out() -> None:
    headers = {"content-encoding": "gzip"}
    answer = Answer(url="https://remote.example/inbox", status=500, headers=headers, body=b"\x1f\x8b")
    assert delivery.last_words(answer) == ""
