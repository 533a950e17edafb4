"""The words of the interface in the reader's language.

Every word that templates and services show goes through `gettext`. Message catalogues are
looked up in `fedinode/locale`, one folder per language tag; a word without translation is
shown in English.
"""

import functools
import gettext as gnu
import io
import unicodedata
from collections.abc import Callable
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages import mofile, pofile

_CATALOGUES = Path(__file__).resolve().parent / "locale"
_FILE = "fedinode.po"
_RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "ug", "ur", "yi"})


@functools.lru_cache(maxsize=64)
def translations(language: str) -> gnu.NullTranslations:
    """Return the message catalogue for a language tag; an empty one where there is none.

    Catalogues are read as translators write them, so that no compiled file can be older than its source.
    """
    path = _CATALOGUES / interface_language(language) / _FILE
    if not path.is_file():
        return gnu.NullTranslations()
    with path.open("rb") as stream:
        catalogue = pofile.read_po(stream)
    compiled = io.BytesIO()
    mofile.write_mo(compiled, catalogue)
    compiled.seek(0)
    return gnu.GNUTranslations(compiled)


@functools.cache
def spoken_languages() -> frozenset[str]:
    """Return the languages that the interface speaks: English, and those with a catalogue."""
    made = {path.parent.name for path in _CATALOGUES.glob(f"*/{_FILE}")}
    return frozenset(made | {"en"})


def interface_language(language: str) -> str:
    """Return the language in which the interface speaks to readers of a text in `language`."""
    base = language.split("-", 1)[0]
    return next((tag for tag in (language, base) if tag in spoken_languages()), "en")


def best_language(accept_language: str) -> str:
    """Return the interface language that suits an Accept-Language header best; English where none does.

    Spec: RFC 9110 section 12.5.4.
    """
    wishes = [wish.partition(";q=") for wish in accept_language[:200].replace(" ", "").split(",")]
    by_weight = sorted(wishes, key=lambda wish: _weight(wish[2]), reverse=True)
    for tag, _, quality in by_weight:
        base = tag.split("-", 1)[0].lower()
        if base in spoken_languages() and _weight(quality) > 0:
            return base
    return "en"


def _weight(quality: str) -> float:
    try:
        return float(quality) if quality else 1.0
    except ValueError:
        return 0.0


def N_(message: str) -> str:  # noqa: N802 - the name that gettext knows
    """Mark a message for the catalogues; it is translated where it is shown."""
    return message


def gettext(message: str, language: str = "en") -> str:
    """Return `message` in `language`, or as it is where no catalogue knows it."""
    return translations(language).gettext(message)


def translator(language: str) -> Callable[[str], str]:
    """Return a `gettext` bound to one language, as templates call it."""
    return translations(language).gettext


def locale_of(language: str) -> Locale:
    """Return the locale whose dates suit a tag; English where none is known.

    Plain English is written as most of the world reads it: day before month, 24 hours.
    """
    for tag in (language, language.split("-", 1)[0]):
        try:
            return Locale.parse("en-GB" if tag == "en" else tag, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en", "GB")


def direction(language: str) -> str:
    """Return "rtl" or "ltr", the value for HTML's dir attribute."""
    parts = language.split("-")
    if len(parts) > 1 and len(parts[1]) == 4:  # a script, as in uz-Arab or az-Latn
        return "rtl" if parts[1] in ("Arab", "Hebr", "Thaa", "Nkoo") else "ltr"
    return "rtl" if parts[0] in _RIGHT_TO_LEFT else "ltr"


#: Regions that Babel names and that are no countries: groups of them, and parts with a code of their own.
_NO_COUNTRIES = frozenset(
    {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"}
)


@functools.cache
def country_codes() -> frozenset[str]:
    """Return the codes of ISO 3166-1, and XK, where two million people live whom it leaves out."""
    codes = frozenset(map(str, Locale("en").territories))
    return frozenset(code for code in codes if len(code) == 2 and code.isalpha()) - _NO_COUNTRIES


@functools.lru_cache(maxsize=64)
def countries(language: str) -> tuple[tuple[str, str], ...]:
    """Return code and name of all countries, as a list in this language is sorted."""
    named = locale_of(language).territories
    found = [(code, str(named.get(code, code))) for code in country_codes()]
    return tuple(sorted(found, key=lambda each: _letters(each[1])))


def _letters(name: str) -> str:
    """Return a name as it is sorted: letters with marks stand with those that have none."""
    apart = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in apart if not unicodedata.combining(char))


def language_name(language: str) -> str:
    """Return a language's own name for itself, "Deutsch"; the tag where none is known."""
    locale = Locale("en") if language == "en" else locale_of(language)
    name = locale.get_display_name() if locale.language == language.split("-", 1)[0] else None
    # Lists begin with capitals; `title`, because Georgian has capitals and does not use them.
    return name[:1].title() + name[1:] if name else language
