"""Every page of the sitemap, and those that are not in it, as readers of three languages find them."""

import html
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import quote, urldefrag, urlsplit

import httpx
import pytest

from tests.browser.conftest import PageOf
from tests.browser.sample_site import Site
from tests.browser.visiting import Visit, visit

LOCALES = ("de", "en", "ru")
#: A page that there is not, on purpose.
LOST = "/no-such-page"
MAX_PAGE_BYTES = 100_000
_CHECKER = Path(__file__).with_name("node_modules") / "vnu-jar" / "build" / "dist" / "vnu.jar"


def everybodys_pages(site: Site) -> list[str]:
    """Return the pages that are the same for readers of every language."""
    listed: list[str] = re.findall("<loc>([^<]+)</loc>", site.get("/sitemaps/1.xml").text)
    fronts = [f"{site.origin}/{language}" for language in (*LOCALES, "ka")]
    profiles = [f"{site.origin}/@berlin/{language}" for language in (*LOCALES, "ar")]
    others = [
        "/network",
        "/search",
        "/@berlin/signed",
        "/archive?year=2026&kind=event",
        "/archive?tag=Berlin",
    ]
    statement = site.posts["statement"].uri
    signing = [f"{statement}/{page}/{language}" for page in ("sign", "signers") for language in LOCALES]
    paper = [f"{statement}/leaflet/ru", f"{statement}/signers/ar", f"{statement}/sign/de/leave"]
    copies = [f"{statement}/embed/{language}" for language in ("de", "ar")]
    copies += [kept_page(site, language) for language in LOCALES]
    return [*listed, *fronts, *profiles, *(site.origin + path for path in others), *signing, *paper, *copies]


def kept_page(site: Site, language: str) -> str:
    """Return the page of the statement that stands under the digest of its text."""
    bundle = site.get(f"{site.posts['statement'].uri}/bundle.json").json()
    return site.cap.urls.kept_text(bundle["entries"][0]["coSignature"]["textDigest"], language)


def pages_by_reader(site: Site) -> list[str]:
    """Return the pages that speak the reader's language."""
    follow = f"/interact?uri={quote(site.cap.urls.collective('berlin'), safe='')}"
    named = quote(site.posts["statement"].uri, safe="")
    reports = [f"/report?about={named}", f"/report?about={named}%2Fsigners"]
    paths = ["/search?q=Berlin", "/search?q=nirgendwo", follow, *reports, LOST]
    return [site.origin + path for path in paths]


@pytest.fixture(scope="module")
def visits(site: Site, page_of: PageOf) -> list[Visit]:
    """Every page, looked at once by a reader of German, and those that differ by readers of all three."""
    found = []
    for locale in LOCALES:
        page = page_of(locale=locale)
        pages = [*(everybodys_pages(site) if locale == "de" else ()), *pages_by_reader(site)]
        found += [visit(page, url, locale) for url in pages]
        page.close()
    return found


def test_every_page_answers(visits: list[Visit]) -> None:
    assert len(visits) > 40
    assert [each.url for each in visits if each.status != (404 if each.url.endswith(LOST) else 200)] == []


def test_no_page_shuts_anybody_out(visits: list[Visit]) -> None:
    assert [(each.url, each.locale, *each.barriers) for each in visits if each.barriers] == []


def test_no_page_is_wider_than_a_telephone(visits: list[Visit]) -> None:
    assert [(each.url, *each.too_wide) for each in visits if each.too_wide] == []


def test_pages_are_small_and_load_one_style_sheet_and_nothing_from_elsewhere(
    visits: list[Visit], site: Site
) -> None:
    assert [each.url for each in visits if len(each.html) > MAX_PAGE_BYTES] == []
    loaded = {url for each in visits for url in each.heard.loaded}
    assert [url for url in loaded if not url.startswith(f"{site.origin}/")] == []
    sheets = {each.url: [url for url in each.heard.loaded if ".css" in url] for each in visits}
    assert {place: urls for place, urls in sheets.items() if len(urls) > 1} == {}
    assert all(len(site.get(sheet).content) <= 30_000 for sheet in set().union(*sheets.values()))
    assert not [url for url in loaded if urlsplit(url).path.endswith(".js")]


def test_the_browser_has_nothing_to_complain_about(visits: list[Visit]) -> None:
    # It says of a page that is missing that it is missing.
    heard = [(each.url, said) for each in visits for said in each.heard.complaints]
    assert [each for each in heard if "status of 404" not in each[1]] == []


def test_no_link_within_the_site_is_broken(visits: list[Visit], site: Site) -> None:
    links = {urldefrag(link).url: each.url for each in visits for link in each.links}
    ours = {link: place for link, place in links.items() if link.startswith(site.origin)}
    assert len(ours) > 60
    with httpx.Client(trust_env=False, timeout=20.0, headers={"host": urlsplit(site.origin).netloc}) as asker:
        answers = {
            link: asker.get(f"http://127.0.0.1:{site.port}{link.removeprefix(site.origin)}").status_code
            for link in ours
            if not link.endswith(("/interact", "/report"))
        }
    assert {
        link: ours[link] for link, status in answers.items() if status >= 400 and not link.endswith(LOST)
    } == {}


def test_fragments_lead_to_a_place_on_the_page(visits: list[Visit]) -> None:
    broken = []
    for each in visits:
        marks = {urldefrag(link).fragment for link in each.links if urldefrag(link).url == each.url}
        ids = set(re.findall(r'\bid="([^"]+)"', each.html.decode()))
        broken += [(each.url, mark) for mark in marks - ids - {""}]
    assert broken == []


def test_sentences_do_not_stick_together(visits: list[Visit]) -> None:
    glued = re.compile(r"[a-zäöüßа-яё]{2}[.:!?](?=[A-ZÄÖÜА-ЯЁ@][a-zäöüßа-яё])\w+")
    words = {
        each.url: html.unescape(re.sub("<[^>]+>", "", each.html.decode().replace("</th>", " ")))
        for each in visits
    }
    assert {url: found for url, text in words.items() if (found := glued.findall(text))} == {}


def test_the_nu_html_checker_finds_no_error(visits: list[Visit], tmp_path: Path) -> None:
    for number, each in enumerate(visits):
        (tmp_path / f"{number}.html").write_bytes(each.html)
    places = {f"{number}.html": each.url for number, each in enumerate(visits)}
    assert [re.sub(r"\d+\.html", lambda name: places[name[0]], line) for line in nu_errors(tmp_path)] == []


def nu_errors(folder: Path) -> list[str]:
    """Return what the Nu HTML checker says of the pages in a folder."""
    java = shutil.which("java")
    if java is None or not _CHECKER.exists():
        pytest.skip("the Nu HTML checker is not installed: it needs npm and a Java runtime")
    # A short life: the machine need not learn to run the checker fast.
    command = [java, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xss4m", "-jar", str(_CHECKER)]
    done = subprocess.run(
        [*command, "--errors-only", "--format", "gnu", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert done.returncode == 0 or lines, done.stdout
    return lines
