"""Moderators at the desk of a real node: a wave of replies on a telephone, a list of servers to keep out."""

from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import expect

from fedinode.storage import models
from fedinode.storage.database import Session, open_url
from fedinode.storage.sealing import Sealer
from tests.browser.desk_visitors import Desk, Hand, submit
from tests.nodes.harness import Node
from tests.storage.sample_rows import add

NEWS = '+++\ntype = "news"\ntitle = "Strike"\nlanguage = "en"\n+++\n\nWe strike.\n'
SPAM, SPAMMERS, HONEST = 480, 24, 20


def hold_wave(node: Node, uri: str) -> None:
    """Let replies wait that came in one night: most of them spam from many servers, a few honest ones."""

    def write(session: Session) -> None:
        about = session.query(models.FederatedObject).filter_by(uri=uri).one().id
        hosts = [f"spam{number}.example" for number in range(SPAMMERS)]
        senders = {host: sender(session, host) for host in (*hosts, "reader.example")}
        for number in range(SPAM + HONEST):
            is_spam = number < SPAM
            host = hosts[number % SPAMMERS] if is_spam else "reader.example"
            words = "Buy our coins" if is_spam else f"I am with you, {number}"
            add(
                session,
                models.Reply,
                uri=f"https://{host}/notes/{number}",
                object_id=about,
                in_reply_to_uri=uri,
                actor_id=senders[host],
                html_clean=f"<p>{words}</p>",
                state="held",
                decision="policy",
                received_at=datetime.now(UTC),
            )

    database = open_url(f"sqlite:///{node.folder / 'fedinode.db'}", Sealer(bytes(32)))
    try:
        database.write_now(write)
    finally:
        database.close()


def sender(session: Session, host: str) -> int:
    peer = add(session, models.Peer, host=host, level="none")
    uri = f"https://{host}/actor"
    return add(session, models.RemoteActor, uri=uri, name=host, peer_id=peer.id, level="none").id


def replies(node: Node) -> dict[str, int]:
    return {
        row["state"]: row["number"]
        for row in node.rows("SELECT state, count(*) AS number FROM replies GROUP BY state")
    }


def test_a_wave_of_500_replies_is_dealt_with_on_a_telephone_in_under_ten_clicks(
    desk: Desk, tmp_path: Path
) -> None:
    (tmp_path / "news.md").write_text(NEWS, "utf-8")
    hold_wave(desk.node, desk.node.cli("post", str(tmp_path / "news.md")))
    page = desk.enter("mo@example.org", "moderator", javascript=False, width=360)
    hand = Hand(page=page)
    page.locator(".desk-menu summary").click()
    hand.clicks += 1
    hand.follow("Moderation")
    hand.follow(f"the same text ({SPAM})")
    hand.press("Refuse all")
    assert desk.barriers(page, width=360) == []
    hand.press("Refuse 480")
    expect(page.get_by_role("status")).to_contain_text(f"{SPAM} entries")
    assert replies(desk.node) == {"hidden": SPAM, "held": HONEST}
    hand.follow("Show everything")
    hand.press("Accept all")
    hand.press("Accept 20")
    expect(page.get_by_role("status")).to_contain_text(f"{HONEST} entries")
    assert replies(desk.node) == {"hidden": SPAM, "shown": HONEST}
    assert hand.clicks < 10


LIST = """#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate
loud.example,silence,false,false,loud,false
no domain at all,suspend,false,false,,false
pictures.example,noop,true,false,pictures,false
spam1.example,banish,false,false,,false
bad.example,suspend,true,true,"doxing, spam",false
"""


def test_a_list_of_servers_is_imported_and_its_faulty_lines_are_named(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "blocks.csv").write_text(LIST, "utf-8")
    page = desk.enter("ida@example.org", "owner", javascript=False, width=360)
    page.locator(".desk-menu summary").click()
    page.get_by_role("link", name="Moderation", exact=True).click()
    page.get_by_role("link", name="Who is let in").click()
    page.get_by_role("link", name="Lists", exact=True).click()
    page.get_by_label("File").set_input_files(tmp_path / "blocks.csv")
    page.get_by_role("button", name="Look at it").first.click()
    expect(page.get_by_text("no domain at all")).to_be_visible()
    expect(page.get_by_text("banish")).to_be_visible()
    assert desk.barriers(page, width=360) == []
    assert levels(desk.node) == set()
    submit(page, "Import 3 good lines")
    expect(page.get_by_role("status")).to_be_visible()
    assert levels(desk.node) == {"loud.example", "pictures.example", "bad.example"}
    page.goto(f"{desk.node.origin}/desk/moderation/levels?q=bad")
    expect(page.get_by_role("link", name="bad.example")).to_be_visible()


def levels(node: Node) -> set[str]:
    return {row["subject"] for row in node.rows("SELECT subject FROM levels")}
