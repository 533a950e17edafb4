"""NodeInfo: found beside the server that was asked, read tolerantly, written in version 2.1."""

from __future__ import annotations

from typing import Any

import pytest

from federation import errors, nodeinfo
from federation.nodeinfo import NodeFacts, NodeInfo

ORIGIN = "https://remote.example"
V2_0 = {"rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": f"{ORIGIN}/nodeinfo/2.0"}
V2_1 = {"rel": "http://nodeinfo.diaspora.software/ns/schema/2.1", "href": f"{ORIGIN}/nodeinfo/2.1"}
V1_0 = {"rel": "http://nodeinfo.diaspora.software/ns/schema/1.0", "href": f"{ORIGIN}/nodeinfo/1.0"}
ELSEWHERE = {**V2_1, "href": "https://inner.example/nodeinfo/2.1"}


@pytest.mark.parametrize(
    ("links", "url"),
    [
        ([V2_0, V2_1], V2_1["href"]),
        ([V2_1, V2_0], V2_1["href"]),
        ([V1_0, V2_0], V2_0["href"]),
        (V2_1, V2_1["href"]),
        ([ELSEWHERE, V2_0], V2_0["href"]),
        ([None, 7, {"href": "x"}, {"rel": 7}, V2_0], V2_0["href"]),
    ],
)
def test_the_newest_form_beside_the_server_is_taken(links: object, url: str) -> None:
    assert nodeinfo.parse_discovery({"links": links}, ORIGIN) == url


@pytest.mark.parametrize(
    ("links", "message"),
    [
        ([], "a server lists no NodeInfo of its own"),
        ([V1_0], "a server lists no NodeInfo of its own"),
        ([ELSEWHERE], "a server lists no NodeInfo of its own"),
        ([{**V2_1, "href": "http://remote.example/nodeinfo/2.1"}], "a server lists no NodeInfo of its own"),
        ([{**V2_1, "href": "data:application/json,{}"}], "a NodeInfo link is not an http address"),
        ([{**V2_1, "href": None}], "a NodeInfo link is not an address"),
        ([V2_1] * 21, "links has more than 20 items"),
    ],
)
def test_a_server_without_its_own_nodeinfo_is_told_so(links: object, message: str) -> None:
    with pytest.raises(errors.Malformed) as caught:
        nodeinfo.parse_discovery({"links": links}, ORIGIN)

    assert str(caught.value) == message


def test_a_nodeinfo_is_read() -> None:
    document = {
        "version": "2.0",
        "software": {"name": "gotosocial", "version": "0.20.3"},
        "protocols": ["activitypub", 7],
        "usage": {"users": {"total": 3}},
    }

    assert nodeinfo.parse_nodeinfo(document) == NodeInfo(
        software="gotosocial", version="0.20.3", protocols=("activitypub",), users=3
    )


def test_a_nodeinfo_may_leave_out_all_but_the_software() -> None:
    usages: list[object] = [{}, None, {"users": {}}, {"users": 3}]
    for usage in usages:
        document = {"software": {"name": "snac", "version": "2.94"}, "usage": usage}
        assert nodeinfo.parse_nodeinfo(document) == NodeInfo(software="snac", version="2.94", protocols=())


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "a NodeInfo document does not say its software's name"),
        ({"software": "x"}, "a NodeInfo document does not say its software's name"),
        ({"software": {"name": "", "version": "1"}}, "a NodeInfo document does not say its software's name"),
        ({"software": {"name": "x"}}, "a NodeInfo document does not say its software's version"),
        ({"software": {"name": 7, "version": "1"}}, "name is not a string"),
        ({"software": {"name": "x" * 201, "version": "1"}}, "name is longer than 200 characters"),
    ],
)
def test_a_nodeinfo_without_software_is_refused(document: dict[str, Any], message: str) -> None:
    with pytest.raises(errors.Malformed) as caught:
        nodeinfo.parse_nodeinfo(document)

    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"protocols": ["x"] * 21}, "protocols has more than 20 items"),
        ({"usage": {"users": {"total": "3"}}}, "total is not a count"),
    ],
)
def test_a_nodeinfo_out_of_bounds_is_refused(members: dict[str, Any], message: str) -> None:
    with pytest.raises(errors.Malformed) as caught:
        nodeinfo.parse_nodeinfo({"software": {"name": "x", "version": "1"}, **members})

    assert str(caught.value) == message


FACTS = NodeFacts(
    name="fedinode",
    version="0.1.0",
    repository="https://code.example/fedinode",
    homepage="https://fedinode.example/",
    users=2,
    posts=41,
    node_name="Berlin",
    node_description="Ein Knoten",
)


def test_our_nodeinfo_is_version_2_1_and_read_back() -> None:
    document = nodeinfo.render_nodeinfo(FACTS)

    assert document == {
        "version": "2.1",
        "software": {
            "name": "fedinode",
            "version": "0.1.0",
            "repository": "https://code.example/fedinode",
            "homepage": "https://fedinode.example/",
        },
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": ["atom1.0"]},
        "openRegistrations": False,
        "usage": {"users": {"total": 2}, "localPosts": 41},
        "metadata": {"nodeName": "Berlin", "nodeDescription": "Ein Knoten"},
    }
    assert nodeinfo.parse_nodeinfo(document) == NodeInfo(
        software="fedinode", version="0.1.0", protocols=("activitypub",), users=2
    )


def test_a_node_without_pages_of_its_software_leaves_them_out() -> None:
    facts = NodeFacts(
        name="fedinode",
        version="0.1.0",
        repository=None,
        homepage=None,
        users=0,
        posts=0,
        node_name="",
        node_description="",
    )

    assert nodeinfo.render_nodeinfo(facts)["software"] == {"name": "fedinode", "version": "0.1.0"}


def test_our_discovery_document_leads_to_our_nodeinfo_and_to_the_nodes_actor() -> None:
    document = nodeinfo.render_discovery(f"{ORIGIN}/nodeinfo/2.1", f"{ORIGIN}/actor")

    actor = {"rel": "https://www.w3.org/ns/activitystreams#Application", "href": f"{ORIGIN}/actor"}
    assert document == {"links": [V2_1, actor]}
    assert nodeinfo.parse_discovery(document, ORIGIN) == f"{ORIGIN}/nodeinfo/2.1"
