"""A value changed in a text leaves all else as it was; two changes are put together value by value."""

from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedinode.errors import ManuscriptError
from fedinode.frontmatter import editing, parse_written
from fedinode.frontmatter.editing import BODY, Differing, Merged

TEXT = """+++
# What the assembly agreed to
type = "statement"   # never news
title = "Water for all"
language = "en"
tags = ["water"]
summary = "Short."
addressees = ["The council"]
unheard_of = 3

[translations.de]
title = "Wasser für alle"
body = "Wir bestehen darauf."

[[source]]
role = "found"
+++

We insist.
"""


def test_one_value_changes_and_comments_order_and_unknown_keys_stay() -> None:
    changed = editing.change(TEXT, {("title",): "Water", ("place",): "Halle", ("tags",): None})
    assert "# What the assembly agreed to" in changed
    assert 'type = "statement"   # never news' in changed
    assert "unheard_of = 3" in changed
    values = editing.values_of(changed)
    assert (values["title",], values["place",], ("tags",) in values) == ("Water", "Halle", False)
    assert values["translations", "de", "title"] == "Wasser für alle"
    assert changed.endswith("+++\n\nWe insist.\n")


def test_a_text_that_nothing_changes_in_stays_as_it_is() -> None:
    assert editing.change(TEXT, {}) == TEXT
    assert editing.change(TEXT, {("title",): "Water for all", BODY: "We insist."}) == TEXT


def test_values_of_every_kind_come_back_as_they_went_in() -> None:
    given_values = {
        ("adopted",): date(2026, 5, 1),
        ("starts",): datetime.fromisoformat("2026-05-01T18:30"),
        ("individuals",): True,
        ("addressees",): [
            "The council of the city, all of it",
            "Everybody who lives by the river and its canals",
        ],
        ("translations", "ru", "title"): "Вода",
        ("translations", "ru", "body"): 'Она "наша" \\ """\n\n+++\n\nи ваша',
        BODY: "One\n\n+++\n\nTwo",
    }
    changed = editing.change(TEXT, given_values)
    found = editing.values_of(changed)
    assert {place: found[place] for place in given_values} == given_values


def test_what_a_working_copy_says_is_read_like_a_file(tmp_path: Path) -> None:
    with pytest.raises(ManuscriptError, match=r"text\.md, line 9: there is no key \"unheard_of\""):
        parse_written(TEXT, tmp_path)
    read = parse_written(editing.change(TEXT, {("unheard_of",): None}), tmp_path)
    assert [each.title for each in read.texts] == ["Water for all", "Wasser für alle"]
    with pytest.raises(ManuscriptError, match="larger than 256 KiB"):
        parse_written(editing.change(TEXT, {BODY: "x" * 300_000}), tmp_path)


def test_changes_of_different_values_are_put_together() -> None:
    theirs = editing.change(TEXT, {("title",): "Water now", ("translations", "de", "title"): "Wasser jetzt"})
    ours = editing.change(TEXT, {BODY: "We insist on it.", ("tags",): None})
    merged = editing.merge(TEXT, theirs, ours)
    assert isinstance(merged, Merged)
    assert merged.taken == (("title",), ("translations", "de", "title"))
    values = editing.values_of(merged.written)
    assert values["title",] == "Water now"
    assert values[BODY] == "We insist on it."
    assert ("tags",) not in values


def test_changes_of_the_same_value_are_told_apart() -> None:
    theirs = editing.change(TEXT, {("title",): "Water now", ("tags",): None})
    ours = editing.change(TEXT, {("title",): "Water", ("tags",): None, BODY: "More."})
    differing = editing.merge(TEXT, theirs, ours)
    assert isinstance(differing, Differing)
    assert differing.places == (("title",),)
    assert editing.values_of(differing.written)[BODY] == "More."
    assert editing.values_of(differing.written)["title",] == "Water"


@pytest.mark.parametrize(
    "written",
    [
        "no front matter",
        "+++\ntitle = \n+++\n",
        '+++\ntitle = "x"\n',
        "+++\n" + "".join(f"k{n} = {n}\n" for n in range(9_000)) + "+++\n",
    ],
)
def test_what_cannot_be_read_is_said(written: str) -> None:
    with pytest.raises(ManuscriptError):
        editing.values_of(written)


def test_a_value_where_a_table_stands_is_changed_in_the_file_alone() -> None:
    with pytest.raises(ManuscriptError, match="only be changed as a file"):
        editing.change(TEXT, {("source", "role"): "original"})
    with pytest.raises(ManuscriptError, match="only be changed as a file"):
        editing.change(TEXT, {("title", "de"): "Wasser"})


@given(st.text(st.characters(codec="utf-8"), max_size=200))
@settings(max_examples=60, deadline=None)
def test_whatever_is_typed_into_a_field_comes_back(typed: str) -> None:
    changed = editing.change(TEXT, {("summary",): typed, ("demands",): [typed, "x"]})
    found = editing.values_of(changed)
    assert (found["summary",], found["demands",]) == (typed, [typed, "x"])
