"""The judge itself: what axe-core says of a page that is good, and of one that is not."""

from tests.browser.axe import violations
from tests.browser.conftest import PageOf

_PAGE = "<!doctype html><html lang=de><title>Seite</title><main><h1>Seite</h1>{}</main></html>"


def test_a_good_page_has_no_violation_and_a_bad_one_names_each(page_of: PageOf) -> None:
    page = page_of()
    page.set_content(_PAGE.format("<img src='' alt='Ein Plakat'>"))
    assert violations(page) == []
    page.set_content(_PAGE.format("<img src=''><p style='color: #999'>grau</p>"))
    assert [line.split(":")[0] for line in violations(page)] == ["color-contrast", "image-alt"]
    assert violations(page, rules=("image-alt",))[0].endswith("(img)")
