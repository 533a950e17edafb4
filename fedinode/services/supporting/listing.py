"""The list of people and groups under a statement, as its page shows it: names, numbers, charts.

Named is who agreed to it; all others are numbers. A country is named where so many signed as the author set:
of fewer, everybody there would know who they are.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from fedinode.capabilities import Capabilities
from fedinode.errors import NotFound
from fedinode.services import reading
from fedinode.services.presenting import CollectiveView, NodeView, Version
from fedinode.services.reading import House
from fedinode.services.supporting import charting, situating
from fedinode.services.supporting.charting import DayChart, Row
from fedinode.services.supporting.situating import Framed
from fedinode.storage import supporter_lists
from fedinode.storage.database import Session
from fedinode.storage.sign_forms import SignFormRow
from fedinode.storage.supporter_lists import GroupCount, Named, Wanted

PAGE_NAMES: Final = 100
KINDS: Final = ("person", "organisation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """How many signed without a node of their own, by all that may be said of them."""

    total: int
    people: int
    groups: int
    #: Who signed on paper or was on a list that was gathered elsewhere.
    imported: int
    #: Country and number, the most first; only groups of the size that the author set.
    countries: tuple[tuple[str, int], ...]
    #: How many are in smaller groups, or named no country.
    elsewhere: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which part of a list is asked for."""

    page: int = 1
    kind: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignersView:
    """A page of the list, in one language."""

    node: NodeView
    collective: CollectiveView
    title: str
    language: str
    #: The statement's own page.
    statement_url: str
    versions: tuple[Version, ...]
    numbers: Numbers
    #: Whether names are shown at all.
    is_named: bool
    goal: int | None
    ends_at: datetime | None
    is_open: bool
    #: How many the whole list names, before it is narrowed.
    named: int
    lines: tuple[Named, ...]
    asked: Asked
    page: int
    pages: int
    by_day: DayChart | None
    by_country: tuple[Row, ...]
    depends_on: tuple[str, ...]

    @property
    def named_countries(self) -> frozenset[str]:
        """The countries that may be named beside somebody."""
        return frozenset(code for code, _ in self.numbers.countries)


async def signers(cap: Capabilities, uid: str, language: str | None, asked: Asked) -> SignersView:
    """Return a page of the list. Raises NotFound where nobody is asked to sign, or the list is hidden."""

    def read(session: Session, house: House) -> SignersView:
        framed = situating.frame(session, house, uid, language)
        form = framed.form
        if form is None or form.listing == "hidden":
            raise NotFound("There is no list at this address.")
        return _view(session, cap, framed, form, asked)

    return await reading.read_house(cap, read)


def _view(
    session: Session, cap: Capabilities, framed: Framed, form: SignFormRow, asked: Asked
) -> SignersView:
    groups = supporter_lists.counts(session, framed.object_id)
    numbers = count(groups, form.smallest_group)
    is_named = form.listing == "list"
    _require_askable(asked, numbers, is_named)
    wanted = Wanted(object_id=framed.object_id, kind=asked.kind, country=asked.country)
    named = supporter_lists.count_named(session, wanted) if is_named else 0
    pages = max(1, -(-named // PAGE_NAMES))
    if asked.page > pages:
        raise NotFound("This list has fewer pages.")
    offset = (asked.page - 1) * PAGE_NAMES
    lines = supporter_lists.list_named(session, wanted, offset=offset, limit=PAGE_NAMES) if named else ()
    return SignersView(
        node=framed.node,
        collective=framed.collective,
        title=framed.wording.title,
        language=framed.language,
        statement_url=framed.url,
        versions=framed.versions(f"{framed.uri}/signers"),
        numbers=numbers,
        is_named=is_named,
        goal=form.goal,
        ends_at=form.ends_at,
        is_open=form.admits(cap.clock()),
        named=_named_in(groups) if is_named else 0,
        lines=tuple(lines),
        asked=asked,
        page=asked.page,
        pages=pages,
        by_day=charting.by_day(days_of(session, framed.object_id)) if asked.page == 1 else None,
        by_country=charting.by_country(numbers.countries) if asked.page == 1 else (),
        depends_on=framed.depends_on,
    )


def _require_askable(asked: Asked, numbers: Numbers, is_named: bool) -> None:
    # A page for a country that is too small to be named would name it.
    is_known = asked.country is None or asked.country in dict(numbers.countries)
    is_kind = asked.kind is None or asked.kind in KINDS
    is_whole = asked.country is None and asked.kind is None
    if not is_known or not is_kind or not (is_named or is_whole):
        raise NotFound("There is no such part of this list.")


def days_of(session: Session, object_id: int) -> Sequence[tuple[date, int]]:
    """Return how many confirmed on each day."""
    return supporter_lists.days(session, object_id)


def count(groups: Sequence[GroupCount], smallest_group: int) -> Numbers:
    """Add groups up, and name no country with fewer people than the author set."""
    kinds: Counter[str] = Counter()
    methods: Counter[str] = Counter()
    countries: Counter[str] = Counter()
    for group in groups:
        kinds[group.kind] += group.count
        methods[group.method] += group.count
        if group.country:
            countries[group.country] += group.count
    large = [(code, number) for code, number in countries.items() if number >= smallest_group]
    total = kinds.total()
    return Numbers(
        total=total,
        people=kinds["person"],
        groups=kinds["organisation"],
        imported=methods["paper"],
        countries=tuple(sorted(large, key=lambda each: (-each[1], each[0]))),
        elsewhere=total - sum(number for _, number in large),
    )


def _named_in(groups: Sequence[GroupCount]) -> int:
    return sum(group.count for group in groups if group.shown in supporter_lists.HERE)
