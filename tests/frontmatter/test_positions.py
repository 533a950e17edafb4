"""Every TOML key is found in its line."""

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fedinode.frontmatter.positions import KeyPath, key_lines

EVERYTHING = '''# a comment with key = "value"
plain = 1
"quoted key" = 'a # b'
'literal' = "a \\" b = 1"
"\\u0061scii\\t" = true
dotted.inner.key = 2027-05-01 10:00:00  # with a blank
text = """
not = 1
[not]
\\""" still""""
raw = \'\'\'
not = 2\'\'\'
list = [
  "a", # ]
  { x = 1, y.z = [ 2,
 3 ] },
]
inline = { a = "}", b = {} }
[table]
key = 1
[[tables]]
key = 1
[[tables]]
names.de = "x"
  [tables.inner]
  key = 2
  [[ tables . list ]]
  key = 3
'''


def paths_of(value: Any, path: KeyPath = ()) -> set[KeyPath]:
    """Return the path of everything in a TOML document."""
    found = {path} if path else set()
    if isinstance(value, dict):
        return found.union(*(paths_of(each, (*path, key)) for key, each in value.items()))
    if isinstance(value, list):
        return found.union(*(paths_of(each, (*path, index)) for index, each in enumerate(value)))
    return found


def test_every_key_has_a_line() -> None:
    lines = key_lines(EVERYTHING)
    assert paths_of(tomllib.loads(EVERYTHING)) == set(lines)


def test_the_lines_are_right() -> None:
    lines = key_lines(EVERYTHING)
    written = {
        ("plain",): 2,
        ("quoted key",): 3,
        ("ascii\t",): 5,
        ("dotted", "inner", "key"): 6,
        ("raw",): 11,
        ("list", 1, "y", "z", 1): 16,
        ("inline", "b"): 18,
        ("table", "key"): 20,
        ("tables", 1, "names", "de"): 24,
        ("tables", 1, "inner", "key"): 26,
        ("tables", 1, "list", 0, "key"): 28,
    }
    assert {path: lines[path] for path in written} == written


_SIMPLE = st.sampled_from(
    ["1", '"x"', "[]", "[1, 2]", "{}", "{ a = 1 }", "'''\n'''", "[ [], [1] ]", "[ # x\n ]"]
)


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["", ".d", ' . "e"']), _SIMPLE), max_size=8)
)
def test_whatever_tomllib_accepts_is_walked(pairs: list[tuple[str, str, str]]) -> None:
    toml = "\n".join(f"{key}{more} = {value}" for key, more, value in pairs)
    try:
        document = tomllib.loads(toml)
    except tomllib.TOMLDecodeError:
        return
    assert paths_of(document) == set(key_lines(toml))
