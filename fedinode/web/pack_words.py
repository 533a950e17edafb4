"""What a statement pack says about itself: numbers in a sentence, and how anybody can check it."""

from typing import Final

from fedinode import i18n
from fedinode.services.supporting.packing import Material
from fedinode.web import formats

#: The pack speaks to whoever finds it.
_LANGUAGES: Final = ("en", "de", "ru")
_RULE: Final = "-" * 72


def number_lines(material: Material, interface: str) -> list[str]:
    """Return how many signed, in sentences."""
    words = i18n.translations(interface)
    numbers, roster = material.numbers, material.roster
    lines = []
    if roster is not None and roster.total:
        lines.append(
            words.ngettext("%(number)s co-signature", "%(number)s co-signatures", roster.total)
            % {"number": formats.number(roster.total, interface)}
        )
    if numbers.total:
        lines.append(
            words.ngettext(
                "%(number)s signature of people and groups without a node",
                "%(number)s signatures of people and groups without a node",
                numbers.total,
            )
            % {"number": formats.number(numbers.total, interface)}
        )
    countries = [
        f"{formats.country_name(code, interface)} {formats.number(count, interface)}"
        for code, count in numbers.countries
    ]
    if countries:
        lines.append(f"{words.gettext('By country:')} {', '.join(countries)}")
    return lines


def check_lines(material: Material, language: str) -> list[str]:
    """Return how to check the pack, in the language of the interface that suits a text."""
    interface = i18n.interface_language(language)
    _ = i18n.translator(interface)
    date = formats.long_date(material.as_of, interface)
    lines = [_("As of %(date)s.") % {"date": date}]
    if material.bundle is not None:
        lines += [
            _("Each co-signature carries a proof. To check them with fedinode, on any machine, offline:"),
            "fedinode verify proofs/bundle.json --offline",
            _("What stands at the author's server now:"),
            f"fedinode verify {material.framed.uri}/bundle.json",
        ]
    lines += [
        _("People and groups without a node were confirmed by the author alone; nobody else can check them."),
        _("Named is who agreed to be named wherever the statement is published; all others are counted."),
        _("The statement and its list: %(address)s") % {"address": material.framed.uri},
    ]
    if material.roster is not None and material.roster.mirrors:
        lines += [_("The same list at those who signed:"), *material.roster.mirrors]
    return lines


def readme(material: Material) -> str:
    """Return the file that says what is inside and how to check it, in three languages."""
    parts = [_part(material, language) for language in _LANGUAGES]
    return f"\n{_RULE}\n\n".join(parts)


def _part(material: Material, interface: str) -> str:
    _ = i18n.translator(interface)
    inside = (
        ("index.html", _("text in all languages and the list, to be opened from disk")),
        ("statement.pdf", _("the same, to print")),
        ("statement.json", _("text in all languages, sources")),
        ("signatures.json, signatures.csv", _("who signed, by kind and country")),
        ("proofs/", _("what verifies the statement and its co-signatures")),
        ("files/", _("files that belong to the text")),
        ("qr.svg", _("leads to the statement, or to its form")),
        ("SHA256SUMS", _("digests of all files; check with: sha256sum -c SHA256SUMS")),
    )
    absent = {"proofs/": not material.bundle, "files/": not material.attached}
    listed = [f"  {name}: {words}" for name, words in inside if not absent.get(name)]
    checks = check_lines(material, interface)
    title = material.framed.wordings[0].title
    return "\n".join((title, material.framed.uri, "", *listed, "", *checks, ""))
