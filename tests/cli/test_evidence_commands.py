"""The commands about evidence, one after the other on one node."""

import json
from pathlib import Path

from federation.cosigning.trust import parse_trust
from tests.cli.conftest import Run

STATEMENT = """+++
type = "statement"
title = "For the eight hour day"
language = "en"
cosign = "anyone"
+++

Eight hours are enough.
"""


def test_organisations_keys_and_log_by_command(run: Run, folder: Path) -> None:
    manuscript = folder.parent / "statement.md"
    manuscript.write_text(STATEMENT, "utf-8")
    run("post", str(manuscript), "--draft")
    statement = run("posts", "--json").out
    uri = json.loads(statement)[0]["uri"]
    run("organisation", "add", uri, "Teachers", code=1)
    run("publish", uri)
    assert run("organisation", "add", uri, "Teachers", "--place", "Bonn", "--country", "DE").id == "Teachers"
    assert [each["place"] for each in json.loads(run("organisation", "list", uri, "--json").out)] == ["Bonn"]
    log = folder.parent / "log.jsonl"
    run("signature-log", "-o", str(log))
    run("organisation", "remove", uri, "Teachers")
    run("organisation", "remove", uri, "Teachers", code=1)
    assert len(run("signature-log").out.splitlines()) == 2
    assert "stand in the log as they did" in run("signature-log", "--compare", str(log)).err
    log.write_text(log.read_text("utf-8").replace("added", "altered"), "utf-8")
    assert "Line 1" in run("signature-log", "--compare", str(log), code=1).err
    assert json.loads(run("check-signatures", "--json").out)["broken_event"] is None
    assert "kept as" in run("check-signatures").out.lower()
    before = parse_trust(run("keys", "--own").out).keys
    run("rotate-keys", code=2)
    run("rotate-keys", "--yes")
    new = parse_trust(run("keys").out).keys.keys() - before.keys()
    assert sorted(key_id.partition("#")[2] for key_id in new) == ["cosign-2", "ed25519-2"]
    run("publish-copy", uri, code=1)
    run("drop-copy", uri, code=1)
