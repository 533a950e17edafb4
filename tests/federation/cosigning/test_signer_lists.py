"""Pages of names: what an author writes is read, and nothing else is."""

from dataclasses import replace
from typing import Any

import pytest

from federation.cosigning import evidence, signer_lists
from federation.cosigning.signer_lists import PAGE_NAMES, Signer, SignerPage
from federation.errors import FederationError, Malformed, TooLarge
from federation.jsonld import Document
from tests.federation.cosigning import cells
from tests.federation.cosigning.cells import KOELN, LEIPZIG, STATEMENT

ANNA = Signer(
    id="0" * 32,
    name="Anna Müller",
    role="Lehrerin",
    place="Leipzig",
    country="DE",
    handle="@anna@social.example",
)


def signers(count: int) -> list[Signer]:
    return [replace(ANNA, id=f"{number:032x}", name=f"Anna {number}") for number in range(count)]


def pages(count: int) -> list[Document]:
    made = signer_lists.render_pages(STATEMENT, signers(count), cells.COUNTED)
    return [LEIPZIG.sign_daily(page) for page in made]


def parsed(count: int) -> list[SignerPage]:
    return [signer_lists.parse_page(page) for page in pages(count)]


def changed(**members: Any) -> Document:
    (page,) = signer_lists.render_pages(STATEMENT, [ANNA], cells.COUNTED)
    return LEIPZIG.sign_daily(page | members)


def with_entry(**members: Any) -> Document:
    (page,) = signer_lists.render_pages(STATEMENT, [ANNA], cells.COUNTED)
    entry = {name: value for name, value in (page["signers"][0] | members).items() if value != "OUT"}
    return LEIPZIG.sign_daily(page | {"signers": [entry]})


def test_a_page_is_read_as_it_was_written() -> None:
    page = signer_lists.parse_page(changed())
    assert (page.signers, page.total, page.position, page.number) == ((ANNA,), 1, 0, 1)
    assert (page.statement_uri, page.text_digest) == (STATEMENT["id"], STATEMENT["textDigest"])
    assert page.uri == f"{STATEMENT['id']}/signer-lists/1"


def test_a_name_needs_nothing_beside_it() -> None:
    ben = Signer(id="1" * 32, name="Ben", kind="group")
    (page,) = signer_lists.render_pages(STATEMENT, [ben], cells.COUNTED)
    assert page["signers"] == [{"id": ben.id, "name": "Ben", "kind": "group"}]
    assert signer_lists.parse_page(LEIPZIG.sign_daily(page)).signers == (ben,)


@pytest.mark.parametrize(("count", "sizes"), [(0, [0]), (1, [1]), (500, [500]), (501, [500, 1])])
def test_names_are_divided_into_full_pages(count: int, sizes: list[int]) -> None:
    found = parsed(count)
    assert [len(page.signers) for page in found] == sizes
    signer_lists.require_whole(found)
    assert [signer.name for page in found for signer in page.signers] == [
        each.name for each in signers(count)
    ]


@pytest.mark.parametrize(
    "document",
    [
        changed(type="CoSignTally"),
        changed(position=True),
        changed(position=1),
        changed(position=500),
        changed(position=-500),
        changed(totalItems=2),
        changed(totalItems="1"),
        changed(signers=[]),
        changed(signers={}),
        changed(signers=[[]]),
        changed(signers=["Anna"]),
        changed(textDigest="z"),
        changed(statement="javascript:alert(1)"),
        changed(published="yesterday"),
        changed(comment="more"),
        changed(id=f"{LEIPZIG.origin}/statements/42/signer-lists/2"),
        changed(id=f"{KOELN.origin}/statements/42/signer-lists/1"),
        with_entry(name=""),
        with_entry(name="<b>Anna</b>"),
        with_entry(name="Anna\nMüller"),
        with_entry(name="Anna\u202eMüller"),
        with_entry(name="x" * 201),
        with_entry(name=["Anna"]),
        with_entry(name="OUT"),
        with_entry(id="../../etc"),
        with_entry(kind="bot"),
        with_entry(country="Germany"),
        with_entry(role="&lt;"),
        with_entry(place="Leipzig "),
        with_entry(handle="anna"),
        with_entry(handle="@anna@social.example evil"),
        with_entry(email="anna@example.org"),
    ],
)
def test_a_page_in_another_form_is_refused(document: Document) -> None:
    with pytest.raises(Malformed):
        signer_lists.parse_page(document)


def test_a_list_of_ten_thousand_pages_is_refused_by_its_first_page() -> None:
    full = LEIPZIG.sign_daily(
        signer_lists.render_pages(STATEMENT, signers(PAGE_NAMES), cells.COUNTED)[0]
        | {"totalItems": 10_000 * PAGE_NAMES}
    )
    with pytest.raises(TooLarge):
        signer_lists.parse_page(full)


def test_pages_of_different_lists_are_no_list() -> None:
    first, second = parsed(501)
    later = replace(second, published="2026-12-03T00:00:00Z")
    twice = replace(second, signers=first.signers[:1])
    for mixed in (
        [first],
        [second],
        [second, first],
        [first, later],
        [first, second, second],
        [first, twice],
    ):
        with pytest.raises(Malformed):
            signer_lists.require_whole(mixed)


def test_a_name_that_would_show_something_else_cannot_stand_in_a_list() -> None:
    assert signer_lists.is_fit(ANNA)
    assert not signer_lists.is_fit(replace(ANNA, name="Anna <script>"))
    assert not signer_lists.is_fit(replace(ANNA, handle="@anna"))


def test_only_a_key_of_the_author_signs_a_page() -> None:
    (page,) = signer_lists.render_pages(STATEMENT, [ANNA], cells.COUNTED)
    keyring = evidence.collect([LEIPZIG.actor, KOELN.actor])
    evidence.require_signed(LEIPZIG.sign_daily(page), LEIPZIG.uri, keyring)
    for forged in (page, KOELN.sign_daily(page), LEIPZIG.sign_daily(page) | {"totalItems": 2}):
        with pytest.raises(FederationError):
            evidence.require_signed(forged, LEIPZIG.uri, keyring)
