"""Every page of the desk with work on it, as its owner finds it: a page that is missing here fails a test."""

import re
from pathlib import Path
from typing import Final

import pytest

from fedinode.admin import table
from tests.browser.conftest import PageOf
from tests.browser.desk_visitors import use_link
from tests.browser.filled_desk import FilledDesk, fill
from tests.browser.sample_site import Site
from tests.browser.test_every_page import nu_errors
from tests.browser.visiting import Visit, visit

#: What is taken home as a file, or only led through: no pages.
FILES: Final = frozenset(
    {
        "/desk/audit/export",
        "/desk/moderation/levels/export",
        "/desk/texts/{uid}/pictures/{name}",
        "/desk/decisions/{uid}/pictures/{name}",
    }
)
#: Seen before somebody is signed in; `test_first_sign_in` looks at them.
OUTSIDE: Final = frozenset({"/sign-in", "/sign-in/code", "/sign-in/{token}", "/notices/{uid}/{kind}/{token}"})
#: Looks as the page will look, and has no menu of the desk.
PREVIEW: Final = re.compile(r"/preview$")
MAX_SHEETS_BYTES = 60_000


@pytest.fixture(scope="module")
def desk_with_work(site: Site, tmp_path_factory: pytest.TempPathFactory) -> FilledDesk:
    return fill(site, tmp_path_factory.mktemp("desk"))


def addresses(desk: FilledDesk) -> list[str]:
    """Return the addresses of each page of the desk, about something that is there."""
    pages = [path for path, verb, _ in table.DOORS if verb == "GET" and path not in OUTSIDE | FILES]
    return [address for path in pages for address in desk.places.get(path, (path,)) if "{" not in address]


def test_the_filled_desk_says_where_each_page_is(desk_with_work: FilledDesk) -> None:
    pages = {path for path, verb, _ in table.DOORS if verb == "GET" and path not in OUTSIDE | FILES}
    assert [path for path in pages if "{" in path and path not in desk_with_work.places] == []
    assert [path for path in desk_with_work.places if path not in pages | FILES] == []


@pytest.fixture(scope="module")
def visits(desk_with_work: FilledDesk, page_of: PageOf) -> list[Visit]:
    """Every page of the desk, looked at wide and narrow, light and dark."""
    page = page_of(locale="de")
    use_link(page, desk_with_work.link)
    return [visit(page, f"{desk_with_work.site.origin}{path}", "de") for path in addresses(desk_with_work)]


def test_every_page_of_the_desk_answers(visits: list[Visit]) -> None:
    assert [each.url for each in visits if each.status != 200] == []


def test_no_page_of_the_desk_shuts_anybody_out(visits: list[Visit]) -> None:
    assert [(each.url, *each.barriers) for each in visits if each.barriers] == []


def test_no_page_of_the_desk_is_wider_than_a_telephone(visits: list[Visit]) -> None:
    assert [(each.url, *each.too_wide) for each in visits if each.too_wide] == []


def test_the_desk_loads_nothing_from_elsewhere_and_the_browser_complains_of_nothing(
    visits: list[Visit], site: Site
) -> None:
    loaded = {url for each in visits for url in each.heard.loaded}
    assert [url for url in loaded if not url.startswith((f"{site.origin}/", "data:", "blob:"))] == []
    assert [(each.url, each.heard.complaints) for each in visits if each.heard.complaints] == []
    sheets = [url for url in loaded if ".css" in url]
    assert sum(len(site.get(sheet).content) for sheet in sheets) <= MAX_SHEETS_BYTES


def test_every_page_of_the_desk_has_a_heading_and_is_led_to(visits: list[Visit]) -> None:
    for each in visits:
        text = each.html.decode()
        assert len(re.findall("<h1[ >]", text)) == 1, each.url
        assert "aria-current" in text or PREVIEW.search(each.url), each.url


def test_the_nu_html_checker_finds_no_error_at_the_desk(visits: list[Visit], tmp_path: Path) -> None:
    for number, each in enumerate(visits):
        (tmp_path / f"{number}.html").write_bytes(each.html)
    places = {f"{number}.html": each.url for number, each in enumerate(visits)}
    assert [re.sub(r"\d+\.html", lambda name: places[name[0]], line) for line in nu_errors(tmp_path)] == []
