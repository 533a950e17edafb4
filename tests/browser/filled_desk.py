"""Lays on the desk what members find there: rows of each kind that a page of the desk can show."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import quote

from PIL import Image

from fedinode.capabilities import Capabilities
from fedinode.frontmatter import parse_manuscript
from fedinode.services import publishing, registering
from fedinode.services.members import signing_in
from fedinode.services.members.signing_in import Member
from fedinode.services.moderation import block_imports, excluding
from fedinode.services.publishing import Published
from fedinode.services.writing import authoring, depicting, leafing
from fedinode.services.writing.authoring import Change
from fedinode.services.writing.depicting import Caption
from fedinode.storage import models
from fedinode.storage.database import Session
from tests.admin.test_delivery_pages import follower
from tests.admin.test_desk_reports import report_about
from tests.admin.test_waiting import NEWS, request_of, two_decide
from tests.browser.sample_site import TEXTS, Site
from tests.storage.sample_rows import add
from tests.web.test_network_pages import actor, reply

OWNER, EDITOR = "mira@example.org", "ben@example.org"
#: Names as they come from afar: long, in other letters, in the other direction, in one word.
NAMES = ("Ana", "Донка Петкова-Стоянова из Софии", "لجنة الدفاع عن المستأجرين", "A" * 60)
LANGUAGES = ("en", "ru", "ar", None)
LISBON = "https://lisbon.example/actor"
LIST: Final = b"""#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate
loud.example,silence,false,false,loud,false
no domain,suspend,false,false,,false
bad.example,suspend,true,true,"doxing, spam",false
reader1.example,suspend,false,false,,false
"""
Places = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledDesk:
    """A desk with work on it, and the link by which its owner comes in.

    `places` are the addresses of pages whose path has parts, or which show more when they are asked more.
    """

    site: Site
    link: str
    places: Places


def fill(site: Site, folder: Path) -> FilledDesk:
    """Put work on the desk of a site; nothing of it shows on public pages."""
    link, places = site.run(_fill(site.cap, site.posts, folder))
    return FilledDesk(site=site, link=link, places=places)


async def _fill(cap: Capabilities, posts: Mapping[str, Published], folder: Path) -> tuple[str, Places]:
    member = await _sign_in(cap)
    await cap.database.write(lambda session: _fill_queue(session, cap, posts["article"]))
    await request_of(cap, "berlin")
    await excluding.block(cap, "spam.example", severity="suspend", account=OWNER)
    places = {
        **await _write_text(cap, member, folder, posts["article"]),
        **await _ask_and_report(cap, posts["article"], folder),
        **await cap.database.write(lambda session: _network(session, posts["statement"])),
        **await cap.database.write(lambda session: _deliveries(session, cap)),
    }
    uid = await block_imports.bring(cap, LIST, account=OWNER)
    places["/desk/moderation/levels/import/{uid}"] = (f"/desk/moderation/levels/import/{uid}",)
    places["/desk/moderation/levels/entry"] = ("/desk/moderation/levels/entry?subject=spam.example",)
    return (await registering.make_sign_in_link(cap, OWNER)).url, places


async def _sign_in(cap: Capabilities) -> Member:
    def write(session: Session) -> str:
        berlin = registering.require_collective(session, "berlin")
        registering.record_account(session, cap.urls, berlin, EDITOR, "editor", cap.clock())
        return registering.record_account(session, cap.urls, berlin, OWNER, "owner", cap.clock()).url

    link = await cap.database.write(write)
    entered = await signing_in.enter_by_link(cap, link.rsplit("/", 1)[-1], "Firefox, Android")
    member = await signing_in.find_member(cap, entered.token)
    assert member is not None
    return member


def _fill_queue(session: Session, cap: Capabilities, post: Published) -> None:
    for number in range(60):
        name = NAMES[number % len(NAMES)]
        sender = actor(session, f"reader{number}")
        sender.name = name
        reply(
            session,
            post,
            f"sender{number}",
            actor_id=sender.id,
            state="held",
            decision="policy",
            html_clean=f"<p>Words of {name}: {'no ' * (number % 40)} https://spam.example/{'x' * 70}</p>",
            language=LANGUAGES[number % len(LANGUAGES)],
            published_at=cap.clock() - timedelta(minutes=number),
        )
    add(session, models.AllowedDomain, host="friends.example")
    add(session, models.HoldingRule, kind="word", value="Wohnungsbaugenossenschaft")


async def _write_text(cap: Capabilities, member: Member, folder: Path, post: Published) -> Places:
    """Begin a text with two versions and a picture, and change a public one."""
    source = (TEXTS / "note.md").read_text("utf-8")
    begun = await authoring.begin(cap, member, "berlin", source, uid=models.new_uid())
    change = Change(base_number=begun.number, source=source.rstrip() + "\n\nUnd noch ein Satz.\n")
    await authoring.save(cap, member, begun.uid, change)
    picture = folder / "desk.png"
    Image.new("RGB", (640, 400), "#b3131b").save(picture)
    name = await depicting.attach(cap, member, begun.uid, picture, Caption(alt="Ein rotes Plakat"))
    text, public = f"/desk/texts/{begun.uid}", await leafing.open_post(cap, member, post.uid)
    return {
        "/desk/texts": ("/desk/texts", "/desk/texts?shelf=public"),
        "/desk/texts/{uid}": (text, f"{text}?as=file"),
        "/desk/texts/{uid}/versions": (f"{text}/versions",),
        "/desk/texts/{uid}/versions/compare": (f"{text}/versions/compare?before=1&after=2",),
        "/desk/texts/{uid}/preview": (f"{text}/preview",),
        "/desk/texts/{uid}/preview/mastodon": (f"{text}/preview/mastodon",),
        "/desk/texts/{uid}/pictures": (f"{text}/pictures",),
        "/desk/texts/{uid}/pictures/{name}": (f"{text}/pictures/{name}",),
        "/desk/texts/{uid}/translations": (f"{text}/translations",),
        "/desk/texts/{uid}/translate/{language}": (f"{text}/translate/ru",),
        "/desk/texts/{uid}/release": (f"{text}/release", f"/desk/texts/{public}/release"),
        "/desk/texts/{uid}/delete": (f"/desk/texts/{public}/delete",),
    }


async def _ask_and_report(cap: Capabilities, post: Published, folder: Path) -> Places:
    """Let a question wait for the members, and a report for the moderators."""
    path = folder / "asked.md"
    path.write_text(NEWS, "utf-8")
    draft = await publishing.post(cap, parse_manuscript(path), collective="berlin", draft=True)
    await two_decide(cap)
    await publishing.publish(cap, draft.url, account=EDITOR)
    report = await report_about(cap, post.uri, words="They say where somebody lives.")

    def read(session: Session) -> tuple[str, int]:
        question = session.query(models.Decision).order_by(models.Decision.id.desc()).first()
        held = session.query(models.Reply).filter_by(state="held").first()
        assert question is not None
        assert held is not None
        return question.uid, held.id

    question, held = await cap.database.read(read)
    complaint = f"/desk/moderation/write?collective=berlin&actor={quote(LISBON, safe='')}"
    return {
        "/desk/decisions/{uid}": (f"/desk/decisions/{question}",),
        "/desk/decisions/{uid}/preview": (f"/desk/decisions/{question}/preview",),
        "/desk/decisions/{uid}/preview/mastodon": (f"/desk/decisions/{question}/preview/mastodon",),
        "/desk/moderation/{kind}/{number}": (
            f"/desk/moderation/reply/{held}",
            f"/desk/moderation/report/{report}",
        ),
        "/desk/moderation/write": (complaint,),
    }


def _network(session: Session, statement: Published) -> Places:
    post = session.query(models.RemoteObject).first()
    assert post is not None
    session.query(models.RemoteActor).filter_by(uri=LISBON).update({"fetched_at": post.fetched_at})
    return {
        "/desk/network/posts/{number}": (f"/desk/network/posts/{post.id}",),
        "/desk/network/accounts": (f"/desk/network/accounts?uri={quote(LISBON, safe='')}",),
        "/desk/network/statements/{uid}": (f"/desk/network/statements/{statement.uid}",),
    }


def _deliveries(session: Session, cap: Capabilities) -> Places:
    """Let a post be under way to a server that answered with words of its own."""
    server = follower(session, cap, "porto")
    activity = session.query(models.OutgoingActivity).filter_by(type="Create").first()
    inbox = session.query(models.Inbox).filter_by(peer_id=server).one()
    assert activity is not None
    add(
        session,
        models.Delivery,
        activity_id=activity.id,
        inbox_id=inbox.id,
        peer_id=server,
        state="waiting",
        attempts=3,
        last_status=503,
        last_words="<b>Come back</b> tomorrow",
        due_at=cap.clock() + timedelta(hours=2),
    )
    return {
        "/desk/deliveries/{number}": (f"/desk/deliveries/{activity.id}",),
        "/desk/deliveries/servers/{number}": (f"/desk/deliveries/servers/{server}",),
    }
