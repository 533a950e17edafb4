"""A real node, a real mail server, people with browsers: and afterwards nothing tells who they were.

The people come over HTTP with addresses of their own; then every byte of the node's folder and log is read.
"""

import re
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.mail_server import Mailbox, mail_server
from tests.nodes.harness import Node, make_node, wait_until

STATEMENT = """+++
type = "statement"
title = "Für acht Stunden"
language = "de"
cosign = "anyone"
individuals = true
+++

Acht Stunden sind genug.
"""
FORM = {"content-type": "application/x-www-form-urlencoded"}
PEOPLE = {
    "ana": ("ana.zwielicht@reader.example", "198.51.100.77"),
    "ben": ("ben+liste@xn--strmer-eua.example", "2001:db8:77:8800::beef"),
    "eve": ("eve.morgenrot@reader.example", "203.0.113.211"),
    "late": ("late.abendrot@reader.example", "192.0.2.199"),
}
_LINK = re.compile(r"/sign/(?:confirm|leave|updates-off)/[A-Za-z0-9_-]+")


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


def send(node: Node, path: str, fields: dict[str, str], network: str) -> int:
    """Send a form as the proxy before the node would pass it on."""
    headers = FORM | {"x-forwarded-for": f"10.9.8.7, {network}"}
    return node.post(path, urlencode(fields).encode(), headers).status_code


def letters_to(mailbox: Mailbox, address: str) -> list[str]:
    """Return the links of all letters to an address, in order."""
    count = len(mailbox.envelopes)
    messages = [mailbox.message(number) for number in range(count)]
    return [
        str(_LINK.search(str(message.get_content())).group())  # type: ignore[union-attr]  # all have one
        for message in messages
        if message["To"] == address
    ]


def sign(node: Node, mailbox: Mailbox, path: str, who: str, **more: str) -> str:
    """Fill in the form and return the link of the letter."""
    address, network = PEOPLE[who]
    fields = {"language": "de", "shown": "here", "kind": "person", "name": f"Person {who}", "agrees": "1"}
    assert send(node, f"{path}/sign", fields | {"email": address} | more, network) == 200
    return wait_until(lambda: next(iter(letters_to(mailbox, address)), None), f"{who} has a letter")


def every_file(node: Node) -> dict[Path, bytes]:
    """Return the bytes of all that the node wrote, its log and its write-ahead log too, and of a backup."""
    files = [path for path in node.folder.rglob("*") if path.is_file()]
    return {path: path.read_bytes() for path in (*files, node.log_path, node.backup())}


def found_in(node: Node, words: list[str]) -> list[str]:
    """Return where any of these words stands, in any case or coding that databases use."""
    return [
        f"{path}: {word}"
        for path, content in every_file(node).items()
        for word in words
        if any(form in content.lower() for form in (word.lower().encode(), word.lower().encode("utf-16-le")))
    ]


def test_nothing_tells_who_signed_and_from_where(tmp_path: Path, mailbox: Mailbox) -> None:
    with mail_server(mailbox) as settings:
        mail = {
            "FEDINODE_MAIL__HOST": str(settings.host),
            "FEDINODE_MAIL__PORT": str(settings.port),
            "FEDINODE_MAIL__SECURITY": "none",
            "FEDINODE_MAIL__SENDER": "node@berlin.example",
            "FEDINODE_LIMITS__PROXY_HOPS": "1",
        }
        node = make_node("berlin", tmp_path, mail)
        node.init("de")
        manuscript = tmp_path / "statement.md"
        manuscript.write_text(STATEMENT, "utf-8")
        uri = node.cli("post", str(manuscript))
        node.start()
        try:
            _live(node, mailbox, uri)
        finally:
            node.stop()
        assert found_in(node, _secrets()) == [], "after it ended"


def _live(node: Node, mailbox: Mailbox, uri: str) -> None:
    path = uri.removeprefix(node.origin)
    ana = sign(node, mailbox, path, "ana", updates="1")
    ben = sign(node, mailbox, path, "ben", shown="everywhere")
    eve = sign(node, mailbox, path, "eve")
    sign(node, mailbox, path, "late")
    assert found_in(node, _secrets()) == [], "while they have not answered"
    for link, who, do in ((ana, "ana", "confirm"), (ben, "ben", "confirm"), (eve, "eve", "not-me")):
        assert node.get(link).status_code == 200
        assert send(node, link, {"do": do}, PEOPLE[who][1]) == 200
    assert '<b class="number">2</b>' in node.page(f"{uri}/sign/de")
    leave = wait_until(
        lambda: next(iter(letters_to(mailbox, PEOPLE["ben"][0])[1:]), None), "ben is told how to leave"
    )
    assert node.cli("update-signers", uri, "Morgen um sechs am Tor.", "--yes") == "1"
    assert send(node, leave, {}, PEOPLE["ben"][1]) == 200
    assert (
        send(node, f"{path}/sign", {"language": "de", "email": "tricks\r\nBcc: x@y.example"}, "1.2.3.4")
        == 422
    )
    wrong = "/sign/confirm/" + "x" * 32
    assert (node.get(wrong).status_code, send(node, wrong, {}, PEOPLE["eve"][1])) == (404, 404)
    shown = [(each["state"], each["name"]) for each in node.cli_json("signers", uri)]
    assert shown == [("confirmed", "Person ana"), ("withdrawn", None), ("pending", "Person late")]
    assert found_in(node, _secrets()) == [], "while it runs, with its write-ahead log"


def _secrets() -> list[str]:
    addresses = [address for address, _ in PEOPLE.values()]
    names = [address.partition("@")[0] for address in addresses if "." in address.partition("@")[0]]
    networks = ["198.51.100.", "2001:db8:77", "203.0.113.", "192.0.2.", "10.9.8.7"]
    return [*addresses, *names, "ben+liste", *networks]
