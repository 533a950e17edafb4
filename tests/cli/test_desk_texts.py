"""What members write at the desk is listed and printed at the machine."""

from pathlib import Path

from tests.cli.conftest import Run


def test_texts_of_the_desk_are_listed_and_an_unknown_one_is_named(run: Run, tmp_path: Path) -> None:
    written = tmp_path / "text.md"
    written.write_text('+++\ntype = "news"\ntitle = "Bread"\nlanguage = "en"\n+++\nBread.\n', "utf-8")
    assert run("post", str(written), "--draft").code == 0
    listed = run("texts")
    assert (listed.code, "Bread" in listed.out, "draft" in listed.out) == (0, True, True)
    assert "No text is there" in run("texts", "--shelf", "thrown-away").err
    unknown = run("text", "aaaaaaaaaaaaaaaa", code=1)
    assert (unknown.code, unknown.err) == (
        1,
        "There is no text aaaaaaaaaaaaaaaa; `fedinode texts` lists them.\n",
    )
