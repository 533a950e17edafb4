import asyncio
import json
import socket
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import AddressRefused
from federation.net import egress
from federation.net.egress import EgressPolicy, Resolver, require_address, require_url

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "ssrf.json").read_text("utf-8"))
PUBLIC = EgressPolicy()
LOCAL = EgressPolicy(allow_localhost=True)


@pytest.mark.parametrize("address", VECTORS["reject_ip"] + VECTORS["python_3_11_is_global_wrong"])
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    with pytest.raises(AddressRefused):
        require_address(address, PUBLIC)


@pytest.mark.parametrize("address", VECTORS["allow_ip"])
def test_a_public_address_is_allowed(address: str) -> None:
    require_address(address, PUBLIC)


@pytest.mark.parametrize("url", VECTORS["reject_url"])
def test_a_hostile_url_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        require_url(url, PUBLIC)


@pytest.mark.parametrize(
    "url",
    [
        "https://remote.example./",
        "https://remote.example:/",
        "https://[::1]/",
        "https://[::1/",
        "https://remote.example:99999/",
        "https://-remote.example/",
        "https://xn--a.example/",
        "https://remote..example/",
        "https://2130706433/",
        "https://printer.local/",
        "https://router.home.arpa/",
        "https://abcdefghijklmnop.onion/",
        "https://remote.example\\@evil.example/",
        "https://" + "a" * 300 + ".example/",
        "ftp://remote.example/",
        "remote.example",
        "",
    ],
)
def test_what_is_no_public_https_name_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        require_url(url, PUBLIC)


@pytest.mark.parametrize(
    "url",
    ["https://remote.example/users/bob?a=1", "https://Remote.Example:443/", "https://xn--80ak6aa92e.example"],
)
def test_a_public_https_name_is_allowed(url: str) -> None:
    assert require_url(url, PUBLIC).hostname is not None


@given(st.text(max_size=60) | st.text(alphabet="htps:/@.[]%#?\\0123456789abc", max_size=60))
def test_judging_a_url_returns_or_refuses(text: str) -> None:
    for url in (text, f"https://{text}"):
        try:
            require_url(url, PUBLIC)
        except AddressRefused:
            continue


@pytest.mark.parametrize(
    "url", ["http://berlin.localhost:8001/", "https://localhost/", "http://localhost:1/"]
)
def test_localhost_is_allowed_to_a_node_that_lives_there(url: str) -> None:
    assert require_url(url, EgressPolicy.of("http://tbilisi.localhost:8002")).hostname


def test_http_elsewhere_is_refused_to_a_node_on_localhost() -> None:
    with pytest.raises(AddressRefused):
        require_url("http://remote.example/", EgressPolicy.of("http://tbilisi.localhost:8002"))


def test_a_node_in_public_reaches_localhost_only_where_loopback_is_allowed() -> None:
    origin = "https://berlin.example"
    assert not EgressPolicy.of(origin).allow_localhost
    assert not EgressPolicy.of(origin, ["10.0.0.0/8"]).allow_localhost
    assert EgressPolicy.of(origin, ["127.0.0.0/8"]).allow_localhost


def test_an_allowed_network_opens_its_addresses_and_high_ports_and_nothing_else() -> None:
    closed_net = EgressPolicy.of("https://berlin.example", ["10.0.0.0/8", "fd00::/8"])
    require_address("10.1.2.3", closed_net)
    require_address("::ffff:10.1.2.3", closed_net)
    require_address("fd00::1", closed_net)
    require_url("https://cell.example:8443/", closed_net)
    with pytest.raises(AddressRefused):
        require_address("192.168.1.1", closed_net)
    with pytest.raises(AddressRefused):
        require_url("https://cell.example:22/", closed_net)


def test_an_ipv4_address_behind_nat64_is_judged_as_itself() -> None:
    require_address("64:ff9b::808:808", PUBLIC)
    with pytest.raises(AddressRefused):
        require_address("64:ff9b::a00:1", PUBLIC)


def test_a_scope_in_an_address_does_not_hide_it() -> None:
    with pytest.raises(AddressRefused):
        require_address("fe80::1%eth0", PUBLIC)


# -- the resolver


class Names:
    """A name server that a test writes."""

    def __init__(self, **addresses: list[str]) -> None:
        self.addresses = {name.replace("_", "."): found for name, found in addresses.items()}
        self.asked: list[str] = []

    def __call__(self, name: str) -> list[str]:
        self.asked.append(name)
        if name not in self.addresses:
            raise socket.gaierror("unknown name")
        return self.addresses[name]


async def resolve(resolver: Resolver, name: str) -> list[str]:
    return [found["host"] for found in await resolver.resolve(name, 443)]


@pytest.mark.anyio
async def test_all_addresses_of_a_name_are_given_with_their_family() -> None:
    names = Names(remote_example=["2606:4700:4700::1111", "1.1.1.1"])
    found = await Resolver(PUBLIC, lookup=names).resolve("remote.example", 443)
    assert [(each["host"], each["family"], each["port"]) for each in found] == [
        ("2606:4700:4700::1111", socket.AF_INET6, 443),
        ("1.1.1.1", socket.AF_INET, 443),
    ]


@pytest.mark.anyio
async def test_one_private_address_among_public_ones_refuses_the_name() -> None:
    with pytest.raises(AddressRefused):
        await resolve(
            Resolver(PUBLIC, lookup=Names(remote_example=["1.1.1.1", "10.0.0.1"])), "remote.example"
        )


@pytest.mark.anyio
async def test_a_public_name_that_leads_to_loopback_is_refused_on_a_local_node_too() -> None:
    with pytest.raises(AddressRefused):
        await resolve(Resolver(LOCAL, lookup=Names(remote_example=["127.0.0.1"])), "remote.example")


@pytest.mark.anyio
async def test_names_under_localhost_are_loopback_without_asking_anybody() -> None:
    names = Names()
    assert await resolve(Resolver(LOCAL, lookup=names), "berlin.localhost") == ["127.0.0.1", "::1"]
    assert names.asked == []
    with pytest.raises(AddressRefused):
        await resolve(Resolver(PUBLIC, lookup=names), "berlin.localhost")


@pytest.mark.anyio
async def test_an_unknown_name_is_remembered_for_ten_minutes() -> None:
    names, now = Names(), [1000.0]
    resolver = Resolver(PUBLIC, lookup=names, monotonic=lambda: now[0])
    for later in (0.0, 599.0, 601.0):
        now[0] = 1000.0 + later
        with pytest.raises(OSError, match="has no address"):
            await resolve(resolver, "missing.example")
    assert names.asked == ["missing.example"] * 2


@pytest.mark.anyio
async def test_a_known_name_is_asked_again_after_a_minute() -> None:
    names, now = Names(remote_example=["1.1.1.1"]), [1000.0]
    resolver = Resolver(PUBLIC, lookup=names, monotonic=lambda: now[0])
    for later in (0.0, 59.0, 61.0):
        now[0] = 1000.0 + later
        await resolve(resolver, "remote.example")
    assert len(names.asked) == 2


@pytest.mark.anyio
async def test_no_more_names_are_remembered_than_the_limit() -> None:
    names = Names(first_example=["1.1.1.1"])
    resolver = Resolver(PUBLIC, lookup=names)
    await resolve(resolver, "first.example")
    for number in range(egress.MAX_REMEMBERED_NAMES):
        with pytest.raises(OSError, match="has no address"):
            await resolve(resolver, f"n{number}.example")
    await resolve(resolver, "first.example")
    assert names.asked.count("first.example") == 2


@pytest.mark.anyio
async def test_slow_names_do_not_hold_up_other_work() -> None:
    release = threading.Event()

    def stuck(_name: str) -> list[str]:
        release.wait(120)
        return ["1.1.1.1"]

    resolver = Resolver(PUBLIC, lookup=stuck, lookup_seconds=0.05)
    looking = [asyncio.ensure_future(resolve(resolver, f"slow{number}.example")) for number in range(50)]
    try:
        assert await asyncio.wait_for(asyncio.to_thread(lambda: "done"), 30) == "done"
        outcomes = await asyncio.wait_for(asyncio.gather(*looking, return_exceptions=True), 30)
        assert all(isinstance(outcome, OSError) for outcome in outcomes)
    finally:
        release.set()
        await resolver.close()


def test_the_system_knows_localhost() -> None:
    assert "127.0.0.1" in egress.system_lookup("localhost")
