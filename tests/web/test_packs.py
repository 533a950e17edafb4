"""A statement pack: what is inside, who is named, and that it verifies without a network."""

import csv
import io
import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from federation.cosigning import verify
from fedinode.capabilities import Capabilities
from fedinode.errors import TypesettingFailed
from fedinode.services import typesetting
from fedinode.services.cosigning import ticking
from fedinode.text.blocks import blocks
from tests.federation.cosigning.cells import KOELN
from tests.web import signing_cells
from tests.web.conftest import Clock, Get, Publish
from tests.web.test_people_lists import FRONT, sign

pytestmark = pytest.mark.anyio

_SOURCES = '[[source]]\nrole = "original"\ntitle = "Flugblatt von 1886"\nurl = "https://archive.example/1886"'


def _files(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return {name.partition("/")[2]: packed.read(name) for name in packed.namelist()}


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_pack_has_text_names_proofs_and_sources(
    cap: Capabilities, clock: Clock, get: Get, publish: Publish, tmp_path: Path
) -> None:
    front = FRONT.format(more='issued_by = "Plenum"').replace("[translations", f"{_SOURCES}\n[translations")
    statement = await publish(front, "Acht <b>Stunden</b> sind genug. #let x")
    await cap.database.write(lambda session: signing_cells.meet(session, KOELN, clock(), country="DE"))
    await signing_cells.sign(cap, statement.uri, KOELN)
    await sign(
        cap,
        statement.uri,
        {"name": "=cmd|' /C calc'!A0", "shown": "everywhere", "city": "Київ"},
        {"name": "Only here", "shown": "here"},
        {"name": "Verein", "kind": "organisation", "shown": "everywhere", "country": "PT"},
    )
    clock.advance(minutes=20)
    await ticking.tick(cap)
    answer = await get(f"{statement.uri}/pack.zip")
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == 'attachment; filename="statement-fur-acht-stunden.zip"'
    files = _files(answer.content)
    _check_lists(files)
    assert verify.verify(files["proofs/bundle.json"]).is_sound
    assert verify.verify(files["proofs/bundle.jsonl"]).is_sound
    _check_page(files)
    assert f"fedinode verify {statement.uri}/bundle.json" in files["README.txt"].decode()
    _check_digests(files, tmp_path)
    _check_pdf(files["statement.pdf"], tmp_path)
    cap.cache.clear()
    clock.advance(hours=1)
    assert (await get(f"{statement.uri}/pack.zip")).content == answer.content


def _check_lists(files: dict[str, bytes]) -> None:
    stated = json.loads(files["statement.json"])
    assert [each["language"] for each in stated["texts"]] == ["de", "ru"]
    assert stated["sources"][0]["url"] == "https://archive.example/1886"
    assert stated["texts"][0]["issued_by"] == "Plenum"
    signed = json.loads(files["signatures.json"])
    assert [each["id"] for each in signed["cells"]] == [KOELN.uri]
    assert signed["without_a_node"]["total"] == 3
    assert [each["name"] for each in signed["named_groups"]] == ["Verein"]
    assert "Only here" not in str(signed)
    rows = list(csv.DictReader(io.StringIO(files["signatures.csv"].decode("utf-8-sig"))))
    assert [row["kind"] for row in rows] == ["cell", "group", "person"]
    assert rows[2]["name"].startswith("'=cmd")


def _check_page(files: dict[str, bytes]) -> None:
    page = files["index.html"].decode()
    assert "Восемь часов достаточно." in page
    assert "Flugblatt von 1886" in page
    assert "Only here" not in page
    # It opens from disk: nothing of it is fetched.
    assert not re.search(r'(?:src|href)="(?!https://|#)', page)
    assert not re.search(r'<(?:script|img|link|iframe)\b|src="', page)


def _check_digests(files: dict[str, bytes], folder: Path) -> None:
    for name, content in files.items():
        path = folder / "pack" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    checked = subprocess.run(
        ["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=folder / "pack", capture_output=True, check=False
    )
    assert checked.returncode == 0, checked.stderr


def _check_pdf(content: bytes, folder: Path) -> None:
    assert content.startswith(b"%PDF-")
    if shutil.which("pdftotext") is None:
        return
    path = folder / "statement.pdf"
    path.write_bytes(content)
    words = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, check=True).stdout.decode()
    assert "Восемь часов достаточно." in words
    assert "#let x" in words
    assert "=cmd" in words
    assert "Only here" not in words


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_packs_are_made_for_a_few_at_a_time_and_for_public_statements_alone(
    get: Get, publish: Publish
) -> None:
    draft = await publish(FRONT.format(more=""), draft=True)
    assert [(await get(f"{draft.uri}/pack.zip")).status_code for _ in range(4)] == [404] * 4
    public = [await publish(FRONT.format(more=f'slug = "s{number}"')) for number in range(4)]
    answers = [(await get(f"{each.uri}/pack.zip")).status_code for each in public]
    assert answers == [200, 200, 200, 429]
    assert (await get(f"{public[0].uri}/pack.zip")).status_code == 200, "what was made is at hand"


async def test_a_document_that_cannot_be_set_is_refused_with_a_sentence(clock: Clock) -> None:
    with pytest.raises(TypesettingFailed, match="could not be made"):
        await typesetting.typeset({"title": "no more than that"}, clock())


def test_html_becomes_records_and_what_it_does_not_know_keeps_its_words() -> None:
    html = (
        '<h2>A</h2><p>b <b>c</b><br>d <a href="https://x.example">e</a></p><ul>\n<li>f</li></ul><x>g</p></x>'
    )
    assert blocks(html) == [
        {"t": "h2", "c": ["A"]},
        {
            "t": "p",
            "c": [
                "b ",
                {"t": "strong", "c": ["c"]},
                {"t": "br", "c": []},
                "d ",
                {"t": "a", "c": ["e"], "href": "https://x.example"},
            ],
        },
        {"t": "ul", "c": [{"t": "li", "c": ["f"]}]},
        "g",
    ]
