"""Pictures are put into front matter and taken out, and what its author wrote elsewhere stays."""

import pytest

from fedinode.errors import ManuscriptError
from fedinode.frontmatter import patching

WRITTEN = """+++
type = "news"   # a remark
language = "de"

[[media]]
file = "a.jpg"
alt = "x"

[translations.en]
body = "b"
+++

Text
"""


def test_pictures_are_added_described_anew_and_taken_out() -> None:
    patched = patching.with_picture(WRITTEN, "b.png", {"alt": 'b "quoted"', "caption": None})
    patched = patching.with_picture(patched, "a.jpg", {"alt": "new", "licence": "CC"})
    patched = patching.with_picture(patched, "a.jpg", {"licence": ""})
    assert patching.pictures_of(patched) == (
        {"file": "a.jpg", "alt": "new"},
        {"file": "b.png", "alt": 'b "quoted"'},
    )
    assert 'type = "news"   # a remark' in patched
    assert '[translations.en]\nbody = "b"' in patched
    assert patched.endswith("\nText\n")
    patched = patching.without_picture(patching.without_picture(patched, "a.jpg"), "b.png")
    assert patching.pictures_of(patched) == ()
    assert patching.without_picture(patched, "a.jpg") == patched


def test_pictures_on_one_line_get_headers_of_their_own() -> None:
    dense = '+++\ntype = "news"\nmedia = [{file = "a", alt = "x"}]\n+++\nText'
    patched = patching.with_picture(dense, "b", {"alt": "y"})
    assert patching.pictures_of(patched) == ({"file": "a", "alt": "x"}, {"file": "b", "alt": "y"})


@pytest.mark.parametrize("broken", ["", "Text", "+++\ntype =\n+++\nText", "+++\nmedia = 1\n+++\nText"])
def test_what_cannot_be_read_is_not_changed(broken: str) -> None:
    with pytest.raises(ManuscriptError):
        patching.with_picture(broken, "a", {"alt": "x"})
