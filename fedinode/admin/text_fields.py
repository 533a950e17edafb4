"""The plain form of a text: which fields there are, and how each becomes a value of front matter and back.

Everything else that front matter can say stays as it is, and can be reached as a file. What somebody typed is
kept even where it is no date or number; that it does not fit is said beside the form.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fedinode.errors import ManuscriptError
from fedinode.frontmatter import editing, schema
from fedinode.frontmatter.editing import BODY, Place
from fedinode.i18n import N_
from fedinode.manuscripts import Kind
from fedinode.services.writing.retracing import in_words

Widget = Literal["line", "prose", "words", "lines", "choice", "tick", "day", "moment", "zone", "link"]

_ALL: Final = frozenset(Kind)
_STATEMENT: Final = frozenset({Kind.STATEMENT})
_NEWS: Final = frozenset({Kind.NEWS})
_EVENT: Final = frozenset({Kind.EVENT})
_WHERE: Final = _STATEMENT | _EVENT
_TRUE: Final = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of the form. `choices`: what can be chosen, and how it is called."""

    name: str
    label: str
    place: Place
    widget: Widget = "line"
    kinds: frozenset[Kind] = _ALL
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    #: Beside the text, and not under a heading of its own.
    is_main: bool = False


KIND_NAMES: Final[Mapping[str, str]] = {
    "statement": N_("Statement"),
    "news": N_("News"),
    "event": N_("Event"),
    "page": N_("Page"),
}

FIELDS: Final[tuple[Field, ...]] = (
    Field(name="title", label=N_("Title"), place=("title",), is_main=True),
    Field(
        name="summary",
        label=N_("Summary"),
        place=("summary",),
        widget="prose",
        hint=N_("One or two sentences. Of a longer statement or event Mastodon shows nothing else."),
        is_main=True,
    ),
    Field(
        name="body",
        label=N_("Text"),
        place=BODY,
        widget="prose",
        hint=N_(
            "An empty line begins a paragraph. ## a heading, **bold**, *stress*, > quote, [words](https://…)"
        ),
        is_main=True,
    ),
    Field(
        name="starts",
        label=N_("Begins"),
        place=("starts",),
        widget="moment",
        kinds=_EVENT,
    ),
    Field(name="ends", label=N_("Ends"), place=("ends",), widget="moment", kinds=_EVENT),
    Field(
        name="attendance",
        label=N_("People come"),
        place=("attendance",),
        widget="choice",
        kinds=_EVENT,
        choices=(
            ("", N_("to a place")),
            ("online", N_("to a call or stream")),
            ("both", N_("to either")),
        ),
    ),
    Field(
        name="issued_by",
        label=N_("Issued by"),
        place=("issued_by",),
        kinds=_STATEMENT,
        hint=N_("Who says this, where it is not the collective itself, such as an assembly."),
    ),
    Field(name="adopted", label=N_("Adopted on"), place=("adopted",), widget="day", kinds=_STATEMENT),
    Field(name="place", label=N_("Place"), place=("place",), kinds=_WHERE),
    Field(name="address", label=N_("Address"), place=("address",), kinds=_EVENT),
    Field(name="url", label=N_("Page of the event"), place=("url",), widget="link", kinds=_EVENT),
    Field(
        name="timezone",
        label=N_("Time zone"),
        place=("timezone",),
        widget="zone",
        kinds=_WHERE,
        hint=N_("Of the times above, such as Europe/Berlin."),
    ),
    Field(
        name="addressees",
        label=N_("To whom"),
        place=("addressees",),
        widget="lines",
        kinds=_STATEMENT,
        hint=N_("One in each line."),
    ),
    Field(
        name="demands",
        label=N_("Demands"),
        place=("demands",),
        widget="lines",
        kinds=_STATEMENT,
        hint=N_("One in each line."),
    ),
    Field(
        name="cosign",
        label=N_("Co-signed by"),
        place=("cosign",),
        widget="choice",
        kinds=_STATEMENT,
        choices=(
            ("", N_("nobody: it is ours alone")),
            ("invited", N_("collectives that we invite")),
            ("anyone", N_("any collective")),
        ),
    ),
    Field(
        name="invite",
        label=N_("Invite"),
        place=("invite",),
        widget="lines",
        kinds=_STATEMENT,
        hint=N_("Handles such as @tbilisi@cell.example, one in each line."),
    ),
    Field(
        name="individuals",
        label=N_("People can sign it, too"),
        place=("individuals",),
        widget="tick",
        kinds=_STATEMENT,
    ),
    Field(
        name="sign_until",
        label=N_("People can sign until"),
        place=("sign_until",),
        widget="moment",
        kinds=_STATEMENT,
    ),
    Field(
        name="tags",
        label=N_("Tags"),
        place=("tags",),
        widget="words",
        hint=N_("With commas between them, without #."),
    ),
    Field(name="category", label=N_("Category"), place=("category",)),
    Field(
        name="show",
        label=N_("Mastodon shows"),
        place=("show",),
        widget="choice",
        kinds=_NEWS,
        hint=N_("It stays so once the text is published."),
        choices=(("", N_("the whole text")), ("teaser", N_("a teaser that leads to the page"))),
    ),
    Field(
        name="comments",
        label=N_("Replies"),
        place=("comments",),
        widget="choice",
        choices=(
            ("", N_("are shown when somebody here has read them")),
            ("open", N_("are shown at once")),
            ("closed", N_("are not shown")),
        ),
    ),
    Field(
        name="language",
        label=N_("Language"),
        place=("language",),
        hint=N_("Of the text above, such as de, ru or pt-BR."),
    ),
)
#: What an empty choice stands for in the file.
_UNSAID: Final[Mapping[str, str]] = {
    "attendance": "place",
    "cosign": "closed",
    "show": "full",
    "comments": "held",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A field with what it says now; `type` is the sort of box for a line."""

    field: Field
    value: str
    type: str = "text"


def filled(source: str, kind: Kind) -> tuple[Filled, ...]:
    """Return the form of a text. Raises: ManuscriptError where its front matter cannot be read."""
    values = editing.values_of(source)
    return tuple(_fill(each, values) for each in FIELDS if kind in each.kinds)


def kind_of(source: str) -> Kind:
    """Return which sort of text a file is; news where it does not say."""
    try:
        written = editing.values_of(source).get(("type",))
    except ManuscriptError:
        written = None
    return next((kind for kind in Kind if kind == written), Kind.NEWS)


def _fill(field: Field, values: Mapping[Place, Any]) -> Filled:
    value = shown(field, values)
    return Filled(field=field, value=value, type=_type_of(field, value))


def _type_of(field: Field, value: str) -> str:
    if field.widget == "day" and _reads(date.fromisoformat, value):
        return "date"
    if field.widget in ("day", "moment") and _reads(datetime.fromisoformat, value) and len(value) in (0, 16):
        return "datetime-local"
    return "url" if field.widget == "link" else "text"


def _reads(parse: Any, value: str) -> bool:
    try:
        return not value or parse(value) is not None
    except ValueError:
        return False


def shown(field: Field, values: Mapping[Place, Any]) -> str:
    """Return what a field says, as it is typed."""
    value = values.get(field.place)
    if value is None:
        return ""
    if field.widget == "tick":
        return _TRUE if value is True else ""
    if field.widget == "choice" and value == _UNSAID.get(field.name):
        return ""
    if isinstance(value, list):
        return (", " if field.widget == "words" else "\n").join(in_words(each) for each in value)
    if isinstance(value, datetime):
        return _local(value, values.get(("timezone",))).isoformat("T", "minutes")
    return value.isoformat() if isinstance(value, date) else in_words(value)


def _local(moment: datetime, zone: Any) -> datetime:
    if moment.tzinfo is None or not isinstance(zone, str):
        return moment
    try:
        return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return moment


# -- back again


def apply(source: str, sent: Mapping[str, str]) -> str:
    """Return a text with what a form says; what the form leaves as it was stays as it was written.

    Raises: ManuscriptError where its front matter cannot be read.
    """
    values = editing.values_of(source)
    kind = values.get(("type",))
    changes: dict[Place, Any] = {}
    for field in FIELDS:
        said = _said(field, sent)
        if said is not None and said != _lines(shown(field, values)):
            changes[field.place] = read(field, said)
    wanted = sent.get("kind", kind)
    if wanted is not None and wanted != kind and wanted in KIND_NAMES:
        changes[("type",)] = wanted
        changes |= _misplaced(values, Kind(wanted))
    return editing.change(source, changes)


def _said(field: Field, sent: Mapping[str, str]) -> str | None:
    if field.widget == "tick":
        # A box without a mark is not sent; that the form had the box is.
        return sent.get(field.name, "") if f"has-{field.name}" in sent else None
    return _lines(sent[field.name]) if field.name in sent else None


def _lines(said: str) -> str:
    return said.replace("\r\n", "\n").replace("\r", "\n").strip("\n")


def read(field: Field, said: str) -> Any:
    """Return what was typed as a value of front matter; None where nothing was."""
    stripped = said.strip()
    if not stripped:
        return None
    match field.widget:
        case "prose":
            return stripped if field.place != BODY else said
        case "tick":
            return True
        case "words":
            return [word for each in stripped.replace("\n", ",").split(",") if (word := each.strip(" #"))]
        case "lines":
            return [line for each in stripped.split("\n") if (line := each.strip())]
        case "day" | "moment":
            return _moment(stripped)
        case _:
            return " ".join(stripped.split())


def _moment(said: str) -> Any:
    for parse in (date.fromisoformat, datetime.fromisoformat):
        try:
            return parse(said)
        except ValueError:
            continue
    return said


def _misplaced(values: Mapping[Place, Any], kind: Kind) -> dict[Place, None]:
    """Return what may not stand in a text of this kind; the version before keeps it."""
    tops = {place[0] for place in values if place}
    strange = {key for key, field in schema.TOP.items() if kind not in field.kinds}
    strange |= {name for name, kinds in schema.TABLE_KINDS.items() if kind not in kinds}
    return {(key,): None for key in tops & strange}


def label_of(place: Place | None) -> str:
    """Return what a value is called, for lists of what changed; a name of the file where it has none."""
    if place is None:
        return N_("The file")
    found = next((each.label for each in FIELDS if each.place == place), None)
    return found or (N_("Kind") if place == ("type",) else ".".join(place))


def field_at(place: Place) -> Field | None:
    """Return the field for a value."""
    return next((each for each in FIELDS if each.place == place), None)
