"""Views of invented posts, with every fact a page can show: for tests, and to look at."""

from datetime import UTC, date, datetime

from fedinode.manuscripts import EventFacts, Kind, Person, Related, SignedElsewhere, Source, Status
from fedinode.services import presenting

BERLIN = presenting.CollectiveView(
    name="berlin",
    title="Berliner Zelle",
    language="de",
    handle="@berlin@berlin.example",
    uri="https://berlin.example/collectives/berlin",
    url="https://berlin.example/@berlin",
    about_html="<p>Wir sind Migrantinnen und Migranten und streiten dort, wo wir leben: in Betrieben, "
    "in Wohnheimen, auf der Straße.</p>",
    versions=(
        presenting.Version(
            language="de", url="https://berlin.example/@berlin/de", is_current=True, is_original=True
        ),
        presenting.Version(language="ru", url="https://berlin.example/@berlin/ru"),
        presenting.Version(language="en", url="https://berlin.example/@berlin/en"),
    ),
)
TBILISI = presenting.CollectiveView(
    name="tbilisi",
    title="თბილისის უჯრედი",
    language="ka",
    handle="@tbilisi@berlin.example",
    uri="https://berlin.example/collectives/tbilisi",
    url="https://berlin.example/@tbilisi",
    about_html="<p>ჩვენ ვართ თბილისში მცხოვრები მშრომელები.</p>",
)


def versions(slug: str, current: str, *languages: str) -> tuple[presenting.Version, ...]:
    return tuple(
        presenting.Version(
            language=language,
            url=f"https://berlin.example/@berlin/{language}/{slug}",
            status=Status.OWN if language == languages[0] else Status.UNOFFICIAL,
            translator=None if language == languages[0] else "Nino K.",
            is_current=language == current,
            is_original=language == languages[0],
        )
        for language in languages
    )


STATEMENT = presenting.PostView(
    uid="aaaaaaaaaaaaaaaa",
    uri="https://berlin.example/statements/aaaaaaaaaaaaaaaa",
    kind=Kind.STATEMENT,
    collective=BERLIN,
    language="en",
    url="https://berlin.example/@berlin/en/housing",
    title="No evictions this winter: the homes on Kiefholzstraße belong to those who live in them",
    summary_html="Statement of the tenants’ assembly on the notices that 214 households received on Monday.",
    plain_summary="Statement of the tenants’ assembly on the notices that 214 households received on Monday.",
    note_html="<p>The assembly met in the yard because the owner had locked the common room. "
    "We publish its text unchanged.</p>",
    html="<p>On Monday, 214 households in our street found a letter between the advertisements. It says "
    "that the houses have been sold, that the rent will rise by 61 per cent, and that whoever cannot pay may "
    "leave by the end of January.</p><p>We have lived here for up to forty years. We painted these "
    "staircases, we carried shopping up for one another, <em>we</em> are what the advertisement now calls a "
    "lively neighbourhood. The houses were built with public money and sold for less than a tram costs.</p>"
    "<h2>What happened so far</h2><p>The buyer is a company with one employee and a letter box. It has not "
    "answered us. The district has answered that it has no money; it has found money for "
    '<a href="https://example.org/tower">a tower</a>.</p>'
    "<blockquote><p>I was born in the kitchen. They can carry me out of the kitchen.</p></blockquote>"
    "<p>Nobody will be put out of their home alone:</p><ul><li>the telephone chain works day and night;</li>"
    "<li>the bakery at the corner opens at four;</li>"
    "<li>the drivers of line 12 know which stop it is.</li></ul>",
    published_at=datetime(2026, 11, 9, 12, 0, tzinfo=UTC),
    updated_at=datetime(2026, 11, 11, 9, 30, tzinfo=UTC),
    versions=versions("housing", "en", "de", "en", "ru", "ka", "hy"),
    tags=("Housing", "Berlin", "Solidarity"),
    category="Neighbourhood",
    statement=presenting.Statement(
        issued_by="Assembly of the tenants of Kiefholzstraße",
        adopted=datetime(2026, 11, 8, 19, 40, tzinfo=UTC),
        adopted_zone="Europe/Berlin",
        place="Berlin, in the yard of No. 20",
        addressees=("The district council of Treptow-Köpenick", "Everybody who rents"),
        demands=(
            "Take the notices back, all 214 of them!",
            "Public money means public homes!",
            "No police at our doors!",
        ),
        signed_elsewhere=SignedElsewhere(
            count=1204, countries=17, as_of=date(2026, 11, 10), url="https://letters.example/kiefholz"
        ),
    ),
    sources=(
        Source(
            role="original", url="https://assembly.example/text", publisher="Tenants’ assembly", language="de"
        ),
        Source(
            role="first_published", publisher="Stadtbote", published=date(2026, 11, 8), licence="CC BY-SA 4.0"
        ),
        Source(role="translated_from", language="de", translator="Nino K."),
        Source(role="found", url="https://www.example.net/news/214"),
    ),
    related=(Related(title="Обращение на русском языке", url="https://example.org/ru/214", language="ru"),),
    reactions=presenting.Reactions(
        likes=128,
        shares=41,
        reply_count=2,
        replies=(
            presenting.ReplyView(
                uri="https://lisbon.example/notes/1",
                url="https://lisbon.example/notes/1",
                author_name="Lisboa",
                author_handle="@lisbon@lisbon.example",
                author_url="https://lisbon.example/@lisbon",
                html="<p>Estamos convosco. Em Lisboa foram 80 famílias na mesma semana.</p>",
                language="pt",
                published_at=datetime(2026, 11, 9, 18, 2, tzinfo=UTC),
                answers=(
                    presenting.ReplyView(
                        uri="https://berlin.example/posts/b",
                        url="https://berlin.example/posts/b",
                        author_name="Berliner Zelle",
                        author_handle="@berlin@berlin.example",
                        author_url="https://berlin.example/@berlin",
                        html="<p>Obrigado! Write to us, we will put the two letters side by side.</p>",
                        language="en",
                        published_at=datetime(2026, 11, 9, 19, 0, tzinfo=UTC),
                    ),
                ),
            ),
        ),
    ),
)

EVENT_FACTS = EventFacts(
    starts=datetime(2026, 12, 5, 19, 0),  # noqa: DTZ001 - wall-clock time in the zone beside it
    ends=datetime(2026, 12, 5, 21, 30),  # noqa: DTZ001
    timezone="Europe/Berlin",
    show_zones=("Europe/Berlin", "America/Los_Angeles", "Asia/Tbilisi", "UTC"),
    attendance="both",
    address="Kiefholzstr. 20, 12435 Berlin",
    sign_up="https://berlin.example/sign-up",
    working_languages=("ru", "de"),
    interpretation=("ka",),
    organisers=(
        Person(name="Berliner Zelle", place="Berlin", handle="@berlin@berlin.example"),
        Person(name="თბილისის უჯრედი", place="Tbilisi", url="https://tbilisi.example/"),
        Person(name="Grupo de Lisboa", place="Lisboa"),
    ),
    speakers=(Person(name="Nino Kapanadze", role="tram driver, shop steward", place="Tbilisi"),),
)

EVENT = presenting.PostView(
    uid="bbbbbbbbbbbbbbbb",
    uri="https://berlin.example/posts/bbbbbbbbbbbbbbbb",
    kind=Kind.EVENT,
    collective=BERLIN,
    language="ru",
    url="https://berlin.example/@berlin/ru/vstrecha",
    title="Кто держит город: встреча водителей трамваев трёх столиц",
    summary_html="Рассказ, вопросы, разговор. Вход свободный, чай горячий.",
    plain_summary="Рассказ, вопросы, разговор. Вход свободный, чай горячий.",
    note_html="",
    html="<p>В ноябре водители трамваев в Тбилиси не вышли на линию. Через девять дней город согласился: "
    "смена не длиннее восьми часов, тёплая комната на каждой конечной, ни одного увольнения.</p>"
    "<p>Как это получилось, кто помогал и чего не хватило, расскажет Нино Капанадзе. "
    "Товарищи из Лиссабона присоединятся по связи.</p>",
    published_at=datetime(2026, 11, 12, 8, 0, tzinfo=UTC),
    updated_at=None,
    versions=versions("vstrecha", "ru", "ru", "de", "ka"),
    tags=("трамвай", "забастовка"),
    event=EVENT_FACTS,
    place="Nachbarschaftshaus",
)

NEWS = presenting.PostView(
    uid="cccccccccccccccc",
    uri="https://berlin.example/posts/cccccccccccccccc",
    kind=Kind.NEWS,
    collective=TBILISI,
    language="ka",
    url="https://berlin.example/@tbilisi/ka/tramvai",
    title="ტრამვაის მძღოლებმა გაიმარჯვეს",
    summary_html="ცხრა დღის შემდეგ ქალაქი დათანხმდა.",
    plain_summary="ცხრა დღის შემდეგ ქალაქი დათანხმდა.",
    note_html="",
    html="<p>ცხრა დღის შემდეგ ქალაქი დათანხმდა: რვასაათიანი ცვლა, თბილი ოთახი ყოველ გაჩერებაზე, "
    "არც ერთი გათავისუფლება. მძღოლებმა ერთად გადაწყვიტეს და ერთად დაბრუნდნენ სამუშაოზე.</p>",
    published_at=datetime(2026, 11, 1, 8, 0, tzinfo=UTC),
    updated_at=None,
    versions=(
        presenting.Version(
            language="ka",
            url="https://berlin.example/@tbilisi/ka/tramvai",
            is_current=True,
            is_original=True,
        ),
    ),
    authors=(Person(name="ნინო კაპანაძე", handle="@nino@tbilisi.example"),),
)


def line_of(post: presenting.PostView) -> presenting.PostLine:
    return presenting.PostLine(
        uid=post.uid,
        uri=post.uri,
        kind=post.kind,
        language=post.language,
        url=post.url,
        title=post.title,
        summary_html=post.summary_html,
        published_at=post.published_at,
        collective=post.collective,
        versions=post.versions,
        event=post.event,
    )


KEPT = presenting.KeptView(
    url="https://lisbon.example/1",
    title="Três meses de cozinha comum",
    summary="O que aprendemos a cozinhar para oitenta pessoas.",
    language="pt",
    published_at=datetime(2026, 11, 3, 8, 0, tzinfo=UTC),
    author_name="Célula de Lisboa",
    author_handle="@lisbon@lisbon.example",
    author_url="https://lisbon.example/@lisbon",
    shared_by=("Berliner Zelle",),
)
LISTING = presenting.Listing(lines=(line_of(STATEMENT), line_of(EVENT), line_of(NEWS)), page=1, pages=3)
NODE = presenting.NodeView(
    host="berlin.example", language="de", collectives=(BERLIN, TBILISI), contact="us@berlin.example"
)
