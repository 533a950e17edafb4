"""Every deed that the code writes into the audit has a sentence in plain words."""

import ast
from collections.abc import Iterator
from pathlib import Path

import fedinode
from fedinode.services.upkeep import deed_words

_FOLDER = Path(fedinode.__file__).parent
#: Deeds whose second half is made when they are written belong to a kind, at least.
_BEGINNINGS = tuple(beginning for _, _, beginnings in deed_words.KINDS for beginning in beginnings)


def written() -> Iterator[str]:
    """Yield what stands where a deed is named, the second argument of `audit_log.add`, if written out."""
    for path in sorted(_FOLDER.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit_log.add":
                deed = node.args[1]
                if isinstance(deed, ast.Constant):
                    yield str(deed.value)
                elif isinstance(deed, ast.JoinedStr) and isinstance(deed.values[0], ast.Constant):
                    assert str(deed.values[0].value).startswith(_BEGINNINGS), ast.unparse(node)


def test_every_deed_has_a_sentence() -> None:
    found = set(written())
    assert len(found) > 30
    assert found - set(deed_words.SENTENCES) == set()


def test_every_sentence_can_be_said_and_belongs_to_one_kind() -> None:
    for deed in deed_words.SENTENCES:
        said = deed_words.sentence(deed, "Mira", "about", {}, str)
        assert "{" not in said
        kinds = [word for word, _, beginnings in deed_words.KINDS if deed.startswith(beginnings)]
        assert len(kinds) == 1, deed
