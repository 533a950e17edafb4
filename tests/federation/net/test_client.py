import asyncio
import gzip
import json
import socket
from pathlib import Path
from typing import Any

import pytest
import trustme

from federation import signatures
from federation.errors import AddressRefused, FetchFailed, Gone, Malformed, NotFound, TooLarge
from federation.net import client as net_client
from federation.net.client import ACTIVITY, JRD, Client, SigningKey
from federation.net.egress import EgressPolicy
from federation.signatures import Dialect, HttpMessage
from tests.federation.net.conftest import OpenClient
from tests.peer_server import ACTIVITY_JSON, Peer, PeerServer, Reply, Request

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "ssrf.json").read_text("utf-8"))
NOTE = {"id": "x", "type": "Note"}


def received_message(request: Request, peer: Peer) -> HttpMessage:
    return HttpMessage(
        method=request.method,
        target_uri=peer.origin + request.target,
        headers=request.headers,
        body=request.body or None,
    )


def require_signed(request: Request, peer: Peer, client: Client, signer: SigningKey) -> Dialect:
    signed = signatures.parse(received_message(request, peer), client.now())
    assert signed.key_id == signer.key_id
    signatures.verify(signed, signer.key.public)
    return signed.dialect


def redirect(to: str, status: int = 302) -> Reply:
    return Reply(status=status, headers=(("Location", to),))


@pytest.mark.anyio
async def test_a_document_is_fetched_over_https_with_the_authority_of_ssl_cert_file(
    trusted: trustme.CA, tls_server: PeerServer, open_client: OpenClient
) -> None:
    peer = tls_server.peer("remote")
    url = peer.answer("/notes/1", Reply.json(NOTE))
    async with open_client() as client:
        fetched = await client.get_document(url, kind=ACTIVITY)
    assert (fetched.document, fetched.url) == (NOTE, url)


@pytest.mark.anyio
async def test_a_certificate_of_an_unknown_authority_is_refused(
    tls_server: PeerServer, client: Client
) -> None:
    url = tls_server.peer("remote").answer("/notes/1", Reply.json(NOTE))
    with pytest.raises(FetchFailed):
        await client.get_document(url, kind=ACTIVITY)


@pytest.mark.anyio
async def test_a_certificate_for_another_name_is_refused(
    trusted: trustme.CA, tls_server: PeerServer, open_client: OpenClient
) -> None:
    async with open_client() as client:
        with pytest.raises(FetchFailed):
            await client.get_document(f"https://other.localhost:{tls_server.port}/notes/1", kind=ACTIVITY)


@pytest.mark.anyio
async def test_a_fetch_says_who_asks_and_for_what_and_keeps_no_cookies(peer: Peer, client: Client) -> None:
    body = json.dumps(NOTE).encode()
    cookie = (("Content-Type", ACTIVITY_JSON), ("Set-Cookie", "a=b; Path=/"))
    url = peer.answer("/notes/1", Reply(headers=cookie, body=body))
    await client.get_document(url, kind=ACTIVITY)
    await client.get_document(url, kind=ACTIVITY)
    for request in peer.requests:
        assert request.header("user-agent") == "fedinode-tests"
        assert request.header("accept") == ACTIVITY.accept
        assert request.header("accept-encoding") == "identity"
        assert request.header("host") == peer.host
        assert request.header("signature") is None
        assert request.header("cookie") is None


@pytest.mark.anyio
async def test_a_fetch_is_signed_in_cavage(peer: Peer, client: Client, signer: SigningKey) -> None:
    url = peer.answer("/users/bob", Reply.json(NOTE))
    await client.get_document(f"{url}?page=1&x=%2F#main-key", kind=ACTIVITY, signer=signer)
    assert [require_signed(each, peer, client, signer) for each in peer.requests] == [Dialect.CAVAGE]


@pytest.mark.anyio
async def test_escapes_are_signed_as_they_are_sent(peer: Peer, client: Client, signer: SigningKey) -> None:
    peer.answer("/~bob/a%20b", Reply.json(NOTE))
    await client.get_document(f"{peer.origin}/%7Ebob/a%20b?q=a%3Db", kind=ACTIVITY, signer=signer)
    require_signed(peer.requests[0], peer, client, signer)


@pytest.mark.anyio
async def test_a_fetch_that_is_refused_in_cavage_is_tried_in_rfc_9421(
    peer: Peer, client: Client, signer: SigningKey
) -> None:
    def answer(request: Request) -> Reply:
        return Reply.json(NOTE) if request.header("signature-input") else Reply(status=401)

    url = peer.answer("/users/bob", answer)
    assert (await client.get_document(url, kind=ACTIVITY, signer=signer)).document == NOTE
    assert [require_signed(each, peer, client, signer) for each in peer.requests] == list(Dialect)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("status", "error"),
    [(404, NotFound), (410, Gone), (500, FetchFailed), (403, FetchFailed), (206, FetchFailed)],
)
async def test_a_status_becomes_an_error(
    peer: Peer, client: Client, status: int, error: type[FetchFailed]
) -> None:
    url = peer.answer("/notes/1", Reply(status=status, body=b"words" * 10_000))
    with pytest.raises(error) as caught:
        await client.get_document(url, kind=ACTIVITY)
    assert caught.value.status == status


@pytest.mark.anyio
@pytest.mark.parametrize("content_type", ["text/html", "application/json", "application/ld+json", ""])
async def test_another_type_than_asked_for_is_refused(peer: Peer, client: Client, content_type: str) -> None:
    url = peer.answer("/upload.json", Reply.json(NOTE, content_type))
    with pytest.raises(Malformed):
        await client.get_document(url, kind=ACTIVITY)


@pytest.mark.anyio
async def test_a_webfinger_answer_is_no_activity_document(peer: Peer, client: Client) -> None:
    url = peer.answer("/finger", Reply.json({"subject": "x"}, "application/jrd+json"))
    assert (await client.get_document(url, kind=JRD)).document == {"subject": "x"}
    with pytest.raises(Malformed):
        await client.get_document(url, kind=ACTIVITY)


@pytest.mark.anyio
async def test_a_document_of_one_mebibyte_is_read_and_one_byte_more_is_refused(
    peer: Peer, client: Client
) -> None:
    def of_length(length: int) -> Reply:
        body = json.dumps(NOTE).encode()
        return Reply(headers=(("Content-Type", ACTIVITY_JSON),), body=body.ljust(length))

    url = peer.answer("/notes/1", of_length(1_048_576))
    assert (await client.get_document(url, kind=ACTIVITY)).document == NOTE
    peer.answer("/notes/1", of_length(1_048_577))
    with pytest.raises(TooLarge):
        await client.get_document(url, kind=ACTIVITY)


@pytest.mark.anyio
async def test_a_body_without_end_is_refused_by_its_counted_bytes(peer: Peer, client: Client) -> None:
    headers = (("Content-Type", ACTIVITY_JSON),)
    url = peer.answer("/notes/1", Reply(headers=headers, body=b" " * 1_048_577, is_dripping=True))
    with pytest.raises(TooLarge):
        await client.get_document(url, kind=ACTIVITY)


@pytest.mark.anyio
@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip"])
async def test_an_encoded_body_is_refused_unread(peer: Peer, client: Client, encoding: str) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    headers = (("Content-Type", ACTIVITY_JSON), ("Content-Encoding", encoding))
    url = peer.answer("/notes/1", Reply(headers=headers, body=bomb))
    with pytest.raises(Malformed, match="encoded"):
        await client.get_document(url, kind=ACTIVITY)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "reply",
    [Reply(is_silent=True), Reply(headers=(("Content-Type", ACTIVITY_JSON),), is_dripping=True)],
    ids=["silent", "dripping"],
)
async def test_a_slow_peer_is_given_up_at_the_deadline(
    peer: Peer, open_client: OpenClient, signer: SigningKey, reply: Reply
) -> None:
    url = peer.answer("/slow", reply)
    peer.answer("/slow", reply, method="POST")
    async with open_client(exchange_seconds=0.3) as client:
        with pytest.raises(FetchFailed, match="in time"):
            await client.get_document(url, kind=ACTIVITY)
        with pytest.raises(FetchFailed, match="in time"):
            await client.post(url, b"{}", signer=signer, dialect=Dialect.CAVAGE)


@pytest.mark.anyio
async def test_a_peer_that_does_not_listen_is_a_failed_fetch(server: PeerServer, client: Client) -> None:
    with pytest.raises(FetchFailed) as caught:
        await client.get_document("http://nobody.localhost:9/", kind=ACTIVITY)
    assert caught.value.status is None


@pytest.mark.anyio
async def test_an_answer_that_is_no_http_is_a_failed_fetch(peer: Peer, client: Client) -> None:
    url = peer.answer("/notes/1", Reply(headers=(("Bad Name\x00", "x"),)))
    with pytest.raises(FetchFailed):
        await client.get_document(url, kind=ACTIVITY)


@pytest.mark.anyio
async def test_a_body_that_ends_early_is_a_failed_fetch(peer: Peer, client: Client) -> None:
    headers = (("Content-Type", ACTIVITY_JSON), ("Content-Length", "100"))
    url = peer.answer("/notes/1", Reply(headers=headers, body=b"{}"))
    with pytest.raises(FetchFailed):
        await client.get_document(url, kind=ACTIVITY)


# -- addresses


@pytest.mark.anyio
@pytest.mark.parametrize("url", VECTORS["reject_url"])
async def test_a_hostile_url_is_neither_fetched_nor_posted_to(
    open_client: OpenClient, signer: SigningKey, url: str
) -> None:
    def nobody_asks(name: str) -> list[str]:
        raise AssertionError(f"{name} was looked up")

    async with open_client(EgressPolicy(), lookup=nobody_asks) as client:
        with pytest.raises(AddressRefused):
            await client.get_document(url, kind=ACTIVITY)
        with pytest.raises(AddressRefused):
            await client.post(url, b"{}", signer=signer, dialect=Dialect.CAVAGE)


@pytest.mark.anyio
@pytest.mark.parametrize("address", [*VECTORS["reject_ip"], *VECTORS["python_3_11_is_global_wrong"]])
async def test_no_connection_is_made_to_a_name_at_a_private_address(
    open_client: OpenClient, address: str
) -> None:
    async with open_client(EgressPolicy(), lookup=lambda _name: [address]) as client:
        with pytest.raises(AddressRefused):
            await client.get_document("https://remote.example/", kind=ACTIVITY)


@pytest.mark.anyio
async def test_what_was_checked_is_what_is_connected_to(
    trusted: trustme.CA, authority: trustme.CA, tls_server: PeerServer, open_client: OpenClient
) -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    policy = EgressPolicy.of("https://node.example", ["127.0.0.0/8"])
    peer = tls_server.peer("remote")
    peer.answer("/", Reply.json(NOTE))
    async with open_client(policy, lookup=lambda _name: next(answers)) as client:
        # The certificate is for another name: that far the connection came, to the only address ever checked.
        with pytest.raises(FetchFailed, match="Certificate"):
            await client.get_document(f"https://rebinding.example:{tls_server.port}/", kind=ACTIVITY)
    assert next(answers) == ["10.0.0.1"]


@pytest.mark.anyio
async def test_a_name_without_address_is_a_failed_fetch(open_client: OpenClient) -> None:
    async with open_client(EgressPolicy(), lookup=lambda _name: []) as client:
        with pytest.raises(FetchFailed):
            await client.get_document("https://missing.example/", kind=ACTIVITY)


@pytest.mark.anyio
async def test_proxies_of_the_environment_are_not_used(
    peer: Peer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    url = peer.answer("/notes/1", Reply.json(NOTE))
    assert (await client.get_document(url, kind=ACTIVITY)).document == NOTE


# -- redirects


@pytest.mark.anyio
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_fetch_follows_a_redirect_and_signs_anew(
    server: PeerServer, client: Client, signer: SigningKey, status: int
) -> None:
    here, there = server.peer("here"), server.peer("there")
    final = there.answer("/b", Reply.json(NOTE))
    url = here.answer("/a", redirect(f"{final}#fragment", status))
    fetched = await client.get_document(url, kind=ACTIVITY, signer=signer)
    assert fetched.url == final
    require_signed(here.requests[0], here, client, signer)
    require_signed(there.requests[0], there, client, signer)


@pytest.mark.anyio
async def test_three_redirects_are_followed_and_no_fourth(peer: Peer, client: Client) -> None:
    for number in range(4):
        peer.answer(f"/{number}", redirect(f"/{number + 1}"))
    final = peer.answer("/4", Reply.json(NOTE))
    assert (await client.get_document(f"{peer.origin}/1", kind=ACTIVITY)).url == final
    with pytest.raises(FetchFailed, match="more than 3"):
        await client.get_document(f"{peer.origin}/0", kind=ACTIVITY)


@pytest.mark.anyio
async def test_a_circle_of_redirects_is_left_at_once(peer: Peer, client: Client) -> None:
    peer.answer("/b", redirect("/a"))
    with pytest.raises(FetchFailed, match="circle"):
        await client.get_document(peer.answer("/a", redirect("/b")), kind=ACTIVITY)
    assert len(peer.requests) == 2


@pytest.mark.anyio
@pytest.mark.parametrize(
    "target",
    ["https://127.0.0.1/", "file:///etc/passwd", "http://[", "https://10.0.0.1/", "gopher://x.example/"],
)
async def test_a_redirect_to_a_refused_address_is_not_followed(
    peer: Peer, client: Client, target: str
) -> None:
    with pytest.raises(AddressRefused):
        await client.get_document(peer.answer("/a", redirect(target)), kind=ACTIVITY)


@pytest.mark.anyio
async def test_a_redirect_without_location_is_a_circle(peer: Peer, client: Client) -> None:
    with pytest.raises(FetchFailed):
        await client.get_document(peer.answer("/a", Reply(status=302)), kind=ACTIVITY)


@pytest.mark.anyio
async def test_a_redirect_from_https_to_http_is_not_followed(
    trusted: trustme.CA, tls_server: PeerServer, server: PeerServer, open_client: OpenClient
) -> None:
    plain = server.peer("plain")
    target = plain.answer("/b", Reply.json(NOTE))
    url = tls_server.peer("remote").answer("/a", redirect(target))
    async with open_client() as client:
        with pytest.raises(AddressRefused, match="away from https"):
            await client.get_document(url, kind=ACTIVITY)
    assert plain.requests == []


@pytest.mark.anyio
async def test_the_gate_is_asked_before_every_hop(server: PeerServer, client: Client) -> None:
    here, blocked = server.peer("here"), server.peer("blocked")
    blocked.answer("/b", Reply.json(NOTE))
    url = here.answer("/a", redirect(f"{blocked.origin}/b"))

    def gate(asked: str) -> None:
        if asked.startswith(blocked.origin):
            raise AddressRefused("blocked")

    with pytest.raises(AddressRefused, match="blocked"):
        await client.gated(gate).get_document(url, kind=ACTIVITY)
    assert blocked.requests == []
    assert (await client.get_document(url, kind=ACTIVITY)).document == NOTE


# -- posting


@pytest.mark.anyio
@pytest.mark.parametrize("dialect", list(Dialect))
async def test_a_post_carries_the_exact_bytes_and_a_signature(
    peer: Peer, client: Client, signer: SigningKey, dialect: Dialect
) -> None:
    body = '{"name":"Демонстрация"}'.encode()
    headers = (("X-Peer", "yes"),)
    url = peer.answer("/inbox", Reply(status=202, headers=headers, body=b"thanks"), method="POST")
    answer = await client.post(url, body, signer=signer, dialect=dialect)
    request = peer.requests[0]
    assert (answer.status, answer.body, answer.headers["x-peer"]) == (202, b"thanks", "yes")
    assert (request.body, request.header("content-type")) == (body, ACTIVITY_JSON)
    assert require_signed(request, peer, client, signer) is dialect


@pytest.mark.anyio
async def test_a_post_follows_no_redirect(peer: Peer, client: Client, signer: SigningKey) -> None:
    url = peer.answer("/inbox", redirect("/other", 307), method="POST")
    answer = await client.post(url, b"{}", signer=signer, dialect=Dialect.CAVAGE)
    assert (answer.status, len(peer.requests)) == (307, 1)


@pytest.mark.anyio
async def test_the_answer_to_a_post_is_read_to_64_kib_at_most(
    peer: Peer, client: Client, signer: SigningKey
) -> None:
    url = peer.answer("/inbox", Reply(body=b"x" * 70_000, is_dripping=True), method="POST")
    answer = await client.post(url, b"{}", signer=signer, dialect=Dialect.CAVAGE)
    assert len(answer.body) == net_client.MAX_ANSWER_BYTES


@pytest.mark.anyio
async def test_slow_deliveries_do_not_keep_a_document_from_being_fetched(
    peer: Peer, open_client: OpenClient, signer: SigningKey
) -> None:
    inbox = peer.answer("/inbox", Reply(is_silent=True), method="POST")
    url = peer.answer("/notes/1", Reply.json(NOTE))

    async def post(client: Client) -> Any:
        return await client.post(inbox, b"{}", signer=signer, dialect=Dialect.CAVAGE)

    async with open_client(connections=4, exchange_seconds=1.0) as client:
        posts = [asyncio.ensure_future(post(client)) for _ in range(6)]
        assert (await client.get_document(url, kind=ACTIVITY)).document == NOTE
        outcomes = await asyncio.gather(*posts, return_exceptions=True)
    assert all(isinstance(outcome, FetchFailed) for outcome in outcomes)


@pytest.mark.anyio
async def test_the_end_does_not_wait_for_ever_for_a_peer_that_does_not_close() -> None:
    sockets = net_client.Sockets()
    with sockets.make((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 0))) as left_open:
        await asyncio.wait_for(sockets.wait_closed(looks=2), 30)
        assert left_open.fileno() >= 0
    await sockets.wait_closed(looks=1)
