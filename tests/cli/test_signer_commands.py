"""The commands about people who sign, one after the other on one node: paper, moderation, export, erasure."""

import csv
import io
import json
import stat
import zipfile
from pathlib import Path

from tests.cli.conftest import Run

STATEMENT = """+++
type = "statement"
title = "For the eight hour day"
language = "en"
cosign = "anyone"
individuals = true
+++

Eight hours are enough.
"""
_PEOPLE = """Nr;Name;Ort;Land;Veröffentlichen
1;Ana Müller;Köln;DE;ja
2;Людмила Ёлкина;Київ;Украина;overall
3;=cmd|A;Köln;DE;nein
4;Ben;Köln;Deutschland;nein
5;Cleo
6;ana  muller;Köln;;ja
7;Ana Müller;Köln;Xanadu;ja
1;Ana Müller;Köln;DE;nein
"""


def test_people_of_a_paper_list_are_counted_looked_through_and_erased(run: Run, folder: Path) -> None:
    manuscript, sheet = folder.parent / "statement.md", folder.parent / "paper.csv"
    manuscript.write_text(STATEMENT, "utf-8")
    run("post", str(manuscript))
    uri = json.loads(run("posts", "--json").out)[0]["uri"]
    _import(run, uri, sheet)
    _moderate(run, uri)
    _export(run, uri, folder.parent / "out.csv")
    _ask_for_data(run)
    _hand_out(run, uri, folder.parent)
    actions = [each["deed"] for each in json.loads(run("audit", "--json").out)["deeds"]]
    assert [each for each in actions if "signer" in each] == [
        "import-signers",
        "suspect-signers",
        "restore-signers",
        "invalidate-signers",
        "restore-signers",
        "export-signers",
    ]


def _import(run: Run, uri: str, sheet: Path) -> None:
    sheet.write_text(_PEOPLE, "utf-8-sig")
    refused = run("import-signers", uri, str(sheet), code=1).err.splitlines()
    assert [line.partition(":")[0] for line in refused[:-1]] == [f"Line {n}" for n in (3, 4, 6, 8, 9)]
    assert "formula" in refused[1]
    assert "more or fewer cells" in refused[2]
    assert '"Xanadu" is no country' in refused[3]
    assert "same as line 2" in refused[4]
    assert "nothing was imported" in refused[5]
    assert json.loads(run("signers", uri, "--json").out) == []
    assert "3 signatures added" in run("import-signers", uri, str(sheet), "--yes").err
    assert "0 signatures added, 3 were there already" in run("import-signers", uri, str(sheet), "--yes").err


def _moderate(run: Run, uri: str) -> None:
    people = json.loads(run("signers", uri, "--json").out)
    assert [(each["name"], each["country"], each["method"], each["shown"]) for each in people] == [
        ("Ana Müller", "DE", "paper", "here"),
        (None, "DE", "paper", "number"),
        ("ana muller", None, "paper", "here"),
    ]
    ana, ben, twin = (str(each["id"]) for each in people)
    assert twin in run("duplicate-signers", uri).out
    run("duplicate-signers", uri, "--yes")
    assert "resembles" in run("signers", uri, "--state", "suspect").out
    run("restore-signers", uri, twin)
    run("invalidate", uri, ana, "999", "--reason", "fake", code=1)
    run("invalidate", uri, ana, ben, "--reason", "two\nlines", code=2)
    run("invalidate", uri, ana, ben, "--reason", "copied from a telephone book")
    gone = json.loads(run("signers", uri, "--state", "invalidated", "--json").out)
    assert [each["reason"] for each in gone] == ["copied from a telephone book"] * 2
    run("restore-signers", uri, ana)
    standing = json.loads(run("signers", uri, "--state", "confirmed", "--json").out)
    assert [str(each["id"]) for each in standing] == [ana, twin]


def _export(run: Run, uri: str, path: Path) -> None:
    run("export-signers", uri, str(path))
    assert "exists already" in run("export-signers", uri, str(path), code=1).err
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    rows = list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"))))
    assert [row["state"] for row in rows] == ["confirmed", "invalidated", "confirmed"]


def _ask_for_data(run: Run) -> None:
    assert json.loads(run("signer-data", "ana@example.org").out) == []
    assert "Nothing is stored" in run("erase-signer", "ana@example.org", "--yes", code=1).err
    assert "Write a mail address" in run("signer-data", "Ana", code=2).err


def _hand_out(run: Run, uri: str, folder: Path) -> None:
    packed, code = folder / "pack.zip", folder / "qr.svg"
    run("pack", uri, "-o", str(packed))
    with zipfile.ZipFile(packed) as opened:
        assert "statement-for-the-eight-hour-day/statement.pdf" in opened.namelist()
    run("qr", uri, "-o", str(code))
    assert code.read_text("utf-8").startswith("<svg")
    run("pack", "https://berlin.example/statements/none", code=1)
