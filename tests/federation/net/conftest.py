"""Fixtures for tests of the guarded client: peers over http and https, and clients that reach them."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import pytest
import trustme

from federation import keys
from federation.net import client as net_client
from federation.net.client import Client, SigningKey
from federation.net.egress import EgressPolicy
from tests.peer_server import Peer, PeerServer, peer_server

LOCAL = EgressPolicy(allow_localhost=True)


class OpenClient(Protocol):
    def __call__(
        self, policy: EgressPolicy = LOCAL, **options: Any
    ) -> AbstractAsyncContextManager[Client]: ...


@pytest.fixture
def open_client() -> OpenClient:
    def opened(policy: EgressPolicy = LOCAL, **options: Any) -> AbstractAsyncContextManager[Client]:
        options = {"user_agent": "fedinode-tests", "clock": lambda: datetime.now(UTC), **options}
        return net_client.open_client(policy, **options)

    return opened


@pytest.fixture
async def client(open_client: OpenClient) -> AsyncIterator[Client]:
    async with open_client() as opened:
        yield opened


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """Make this process trust the test authority, in the way that an operator would."""
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return authority


@pytest.fixture
def server() -> Iterator[PeerServer]:
    with peer_server() as running:
        yield running


@pytest.fixture
def tls_server(authority: trustme.CA) -> Iterator[PeerServer]:
    with peer_server(authority) as running:
        yield running


@pytest.fixture
def peer(server: PeerServer) -> Peer:
    return server.peer("remote")


@pytest.fixture(scope="session")
def signer() -> SigningKey:
    return SigningKey(key_id="https://node.localhost/actor#main-key", key=keys.generate_rsa())
