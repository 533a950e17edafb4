"""What documents look like: the shapes that Mastodon and GoToSocial were seen to need."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from fedinode.manuscripts import (
    EventFacts,
    Facts,
    Kind,
    Person,
    Related,
    Source,
    StatementFacts,
    Wording,
)
from fedinode.services import composing, phrasing
from fedinode.services.composing import Mention, Work
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.media_files import MediaRow
from fedinode.storage.posts import PostRow
from fedinode.storage.texts import TextRevisionRow
from fedinode.text import Schemes, plain
from fedinode.urls import Urls

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
URLS = Urls("https://berlin.example")
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
COLLECTIVE = CollectiveRow(
    id=1,
    uid="u",
    name="berlin",
    uri="https://berlin.example/collectives/berlin",
    primary_language="de",
    federate="primary",
    follow_policy="automatic",
    comments="held",
    avatar_media_id=None,
    header_media_id=None,
    moved_to=None,
    created_at=NOW,
    closed_at=None,
)
POST = PostRow(
    id=1,
    uid="abc",
    collective_id=1,
    kind="news",
    primary_language="de",
    import_key="k",
    state="public",
    comments="held",
    show="teaser",
    category=None,
    in_reply_to_uri=None,
    published_at=NOW,
    first_public_at=NOW,
    withdrawn_at=None,
    created_at=NOW,
)


def text(language: str, title: str | None, html: str, summary: str | None = None) -> TextRevisionRow:
    return TextRevisionRow(
        id=1,
        text_id=1,
        number=1,
        language=language,
        translator=None,
        status="own",
        title=title,
        summary=summary,
        markdown="",
        html=html,
    )


GERMAN = text("de", "Streik", "<p>Wir streiken.</p>", "Kurz & *gut*")
RUSSIAN = text("ru", "Забастовка", "<p>Мы.</p>")
FACTS = Facts(wordings=(Wording(language="de"),))
WORK = Work(
    collective=COLLECTIVE,
    post=POST,
    uri="https://berlin.example/posts/abc",
    as_type="Article",
    facts=FACTS,
    texts=(
        text("de", "Streik", "<p>Wir streiken.</p>", "Kurz & *gut*"),
        text("ru", "Забастовка", "<p>Мы.</p>"),
    ),
    slugs={"de": "streik", "ru": "zabastovka"},
    tags=(),
    media=(),
    mentions=(),
    published=NOW,
    updated=None,
    revision=1,
    salt=None,
)
EVENT = EventFacts(
    starts=datetime(2022, 1, 22, 19),  # noqa: DTZ001, a wall clock
    timezone="Europe/Berlin",
    show_zones=("America/Los_Angeles", "UTC", "Europe/Berlin"),
    attendance="online",
    url="https://meet.example/kasachstan",
    room="https://meet.example/secret-room",
    sign_up="https://tinyurl.example/uprising",
    working_languages=("ru", "en"),
    interpretation=("de",),
    organisers=tuple(Person(name=f"Gruppe {number}", place="Italien") for number in range(10)),
    speakers=(Person(name="Ainur Kurmanov", names={"de": "Ainur Kumarow"}, role="Sozialistische Bewegung"),),
)


def composed(**changes: Any) -> dict[str, Any]:
    return composing.compose(URLS, replace(WORK, **changes))


# -- types


@pytest.mark.parametrize(
    ("kind", "show", "as_type"),
    [
        (Kind.STATEMENT, "full", "Article"),
        (Kind.NEWS, "full", "Note"),
        (Kind.NEWS, "teaser", "Article"),
        (Kind.EVENT, "full", "Event"),
        (Kind.PAGE, "full", "Article"),
    ],
)
def test_each_kind_has_its_type(kind: Kind, show: str, as_type: str) -> None:
    assert composing.as_type_of(kind, show) == as_type


def test_teaser_has_title_summary_and_link_and_the_whole_text() -> None:
    document = composed()
    assert (document["type"], document["name"]) == ("Article", "Streik")
    assert document["summary"] == "<p>Kurz &amp; <em>gut</em></p>"
    assert document["url"] == "https://berlin.example/@berlin/de/streik"
    assert "<p>Wir streiken.</p>" in document["content"]
    assert (
        list(document["contentMap"])
        == list(document["nameMap"])
        == list(document["summaryMap"])
        == ["de", "ru"]
    )
    assert document["contentMap"]["de"] == document["content"]


def test_note_begins_with_its_title_and_has_no_name() -> None:
    document = composed(as_type="Note")
    assert document["content"].startswith("<p><strong>Streik</strong></p>")
    assert not {"name", "nameMap", "summary", "summaryMap"} & set(document)


def test_text_without_summary_is_summed_up_by_its_first_words() -> None:
    document = composed()
    assert document["summaryMap"]["ru"] == "<p>Мы.</p>"
    long = text("de", "Streik", f"<p>{'Wort ' * 400}</p>")
    summary = composed(texts=(long,))["summary"]
    assert len(summary) < 520
    assert summary.endswith("…</p>")


def test_everybody_is_addressed_in_the_full_spelling() -> None:
    document = composed(
        mentions=(Mention(actor_uri="https://koeln.example/u", handle="@mira@koeln.example"),)
    )
    assert document["to"] == [PUBLIC]
    assert document["cc"] == [
        "https://berlin.example/collectives/berlin/followers",
        "https://koeln.example/u",
    ]
    assert document["tag"] == [
        {"type": "Mention", "name": "@mira@koeln.example", "href": "https://koeln.example/u"}
    ]


@pytest.mark.parametrize(
    ("tag", "hashtag"),
    [
        ("Ukraine", "Ukraine"),
        ("peace now", "PeaceNow"),
        ("Berg-Karabach", "BergKarabach"),
        ("мир", "мир"),
        ("§§", ""),
    ],
)
def test_hashtags_are_one_word(tag: str, hashtag: str) -> None:
    assert composing.hashtag(tag) == hashtag
    names = [each["name"] for each in composed(tags=(tag,))["tag"]]
    assert names == ([f"#{hashtag}"] if hashtag else [])


def test_nobody_is_invited_to_quote_and_closed_posts_take_no_replies() -> None:
    ours = {"automaticApproval": [COLLECTIVE.uri], "manualApproval": []}
    everybody = {"automaticApproval": [PUBLIC], "manualApproval": []}
    policy = composed()["interactionPolicy"]
    assert (policy["canQuote"], policy["canReply"]) == (ours, everybody)
    closed = composed(post=replace(POST, comments="closed"))["interactionPolicy"]
    assert (closed["canReply"], closed["canLike"]) == (ours, everybody)


def test_picture_is_described_in_the_primary_language_or_any() -> None:
    file = MediaRow(
        media_id=1, uid="m", digest="zQm", type="image/png", path="x.png", width=8, height=6, licence=None,
        alts={"ru": "Красный", "de": "Rot"},
    )  # fmt: skip
    assert composed(media=(file,))["attachment"][0]["name"] == "Rot"
    assert composed(media=(replace(file, alts={"ru": "Красный"}),))["attachment"][0]["name"] == "Красный"
    assert composed(media=(replace(file, alts={}),))["attachment"][0]["name"] == ""


# -- events


def test_event_tells_everything_that_mastodon_shows_nothing_of() -> None:
    facts = replace(FACTS, event=EVENT, wordings=(Wording(language="de", place="Zoom"),))
    document = composed(as_type="Event", facts=facts, post=replace(POST, kind="event"))
    summary = document["summary"]
    for words in (
        "22. Januar 2022",
        "10:00 Los Angeles",
        "18:00 UTC",
        "19:00 Berlin",
        "Zoom",
        "Ainur Kumarow",
    ):
        assert words in summary
    for number in range(10):
        assert f"Gruppe {number} (Italien)" in summary
    # GoToSocial shows the content and not startTime.
    assert "18:00 UTC" in document["content"]
    assert "Wir streiken." in document["content"]
    assert "Русский, English" in plain(document["content"])
    assert document["startTime"] == "2022-01-22T18:00:00Z"
    assert [each["name"] for each in document["organizers"]["items"]][:2] == ["Gruppe 0", "Gruppe 1"]
    assert document["externalParticipationUrl"] == EVENT.sign_up


def test_room_of_an_event_is_never_sent() -> None:
    facts = replace(FACTS, event=EVENT)
    assert "secret-room" not in str(composed(as_type="Event", facts=facts, post=replace(POST, kind="event")))


def test_event_on_the_spot_has_a_place_and_no_meeting_address() -> None:
    event = replace(
        EVENT, attendance="place", address="Hauptstr. 1", sign_up="here", organisers=(), interpretation=()
    )
    facts = replace(FACTS, event=event, wordings=(Wording(language="de", place="Bahnhof"),))
    document = composed(as_type="Event", facts=facts, post=replace(POST, kind="event"))
    assert document["location"] == [{"type": "Place", "name": "Bahnhof", "address": "Hauptstr. 1"}]
    assert document["joinMode"] == "none"


# -- statements


def statement(**changes: Any) -> Facts:
    return replace(FACTS, statement=StatementFacts(**changes))


def test_statement_says_inside_its_text_who_said_it_where_when_and_to_whom() -> None:
    facts = replace(
        statement(adopted=date(2022, 3, 2), addressees=("An alle", "An den Rat")),
        wordings=(
            Wording(
                language="de",
                issued_by="Sekretariat",
                place="São Paulo",
                demands=("Brot!", "Frieden & Land!"),
            ),
        ),
        sources=(Source(role="translated_from", language="pt", publisher="MES", translator="Mira"),),
    )
    html = phrasing.federated_html(Kind.STATEMENT, "Gegen <den> Krieg", "<p>Text.</p>", facts, "de")
    assert html.startswith("<h2>Gegen &lt;den&gt; Krieg</h2>\n<p><strong>Sekretariat</strong></p>")
    assert "<em>São Paulo, 2. März 2022</em>" in html
    assert "An alle; An den Rat" in html
    assert "<ul>\n<li>Brot!</li>\n<li>Frieden &amp; Land!</li>\n</ul>" in html
    assert html.index("<p>Text.</p>") < html.index("Brot!")
    assert html.index("Frieden &amp; Land!") < html.index("MES")
    assert "Mira" in html


def test_facts_of_a_translation_fall_back_to_the_primary_language() -> None:
    facts = replace(
        statement(),
        wordings=(Wording(language="de", issued_by="Sekretariat"), Wording(language="ru", demands=("Мир!",))),
    )
    html = phrasing.federated_html(Kind.STATEMENT, "Т", "<p>Текст.</p>", facts, "ru")
    assert "Sekretariat" in html
    assert "Мир!" in html


def test_statement_without_facts_is_its_text() -> None:
    assert phrasing.federated_html(Kind.STATEMENT, None, "<p>Text.</p>", FACTS, "de") == "<p>Text.</p>"


@pytest.mark.parametrize(("cosign", "is_open"), [("closed", False), ("invited", True), ("anyone", True)])
def test_statement_is_open_to_co_signing_as_its_author_says(cosign: str, is_open: bool) -> None:
    assert composing.can_be_co_signed(statement(cosign=cosign)) is is_open
    document = composed(facts=statement(cosign=cosign), post=replace(POST, kind="statement"), salt="x" * 22)
    assert ("textDigest" in document) is is_open


def test_signed_picture_has_a_name_of_one_line() -> None:
    file = MediaRow(
        media_id=1, uid="m", digest="zQm", type="image/png", path="x.png", width=8, height=6, licence=None,
        alts={"de": "Rot\nund  rund"},
    )  # fmt: skip
    document = composed(
        facts=statement(cosign="anyone"), post=replace(POST, kind="statement"), salt="x" * 22, media=(file,)
    )
    assert document["attachment"][0]["name"] == "Rot und rund"


# -- news and links


def test_news_names_its_authors_its_note_sources_and_links() -> None:
    facts = replace(
        FACTS,
        wordings=(Wording(language="de", note="Gefunden von *uns*."),),
        authors=(Person(name="Ilya Budraitskis", place="RU"),),
        sources=(
            Source(role="found", url="http://old.example/a?b=1&c=2", title="Altes"),
            Source(role="original"),
        ),
        related=(Related(title="Mehr", url="https://mehr.example/ü"),),
    )
    html = phrasing.federated_html(Kind.NEWS, "Titel", "<p>Text.</p>", facts, "de")
    assert "<em>Ilya Budraitskis (RU)</em>" in html
    assert "<em>uns</em>" in html
    assert '<a href="http://old.example/a?b=1&amp;c=2">Altes</a>' in html
    assert '<a href="https://mehr.example/%C3%BC">Mehr</a>' in html


@pytest.mark.parametrize(
    ("url", "label", "html"),
    [
        ("https://a.example/x", "A & B", '<a href="https://a.example/x">A &amp; B</a>'),
        (
            "https://a.example/'x'\"",
            None,
            '<a href="https://a.example/%27x%27%22">https://a.example/\'x\'"</a>',
        ),
        ("http://a.example/", "A", "A (http://a.example/)"),
        ("http://a.example/", None, "http://a.example/"),
        ("https://ä.example/", "A", "A (https://ä.example/)"),
        ("javascript:alert(1)", "A", "A (javascript:alert(1))"),
    ],
)
def test_what_may_not_be_linked_in_a_signed_text_is_written_out(
    url: str, label: str | None, html: str
) -> None:
    assert phrasing.link(url, label, Schemes.SIGNED) == html


def test_source_is_told_with_all_that_is_known() -> None:
    source = Source(
        role="first_published",
        title="Global Dialogue",
        author="I. B.",
        publisher="ISA",
        language="en",
        translator="Giuliano Vivaldi",
        published=datetime(2017, 5, 1, 10, tzinfo=UTC),
        licence="CC BY",
    )
    html = phrasing.source_html(source, "en")
    assert html == (
        "First published: Global Dialogue, I. B., ISA, English, 1 May 2017, "
        "translation: Giuliano Vivaldi, CC BY"
    )
    assert phrasing.source_html(Source(role="original"), "en") == "Original"


def test_first_words_stand_for_a_title() -> None:
    assert composing.plain_title(text("de", None, "<p>Ohne Titel.</p>")) == "Ohne Titel."
    assert composing.plain_title(text("de", "Mit", "<p>x</p>")) == "Mit"
