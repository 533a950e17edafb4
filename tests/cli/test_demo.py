"""The demo: three cells on one machine that publish to each other, told step by step."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.nodes.harness import Node, wait_until
from tests.ports import free_port

_COMMAND = (sys.executable, "-c", "from fedinode.cli.main import main; raise SystemExit(main())")
CELLS = ("berlin", "tbilisi", "lisbon")


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo that runs."""

    process: subprocess.Popen[bytes]
    folder: Path
    port: int
    story: Path

    def tells(self, words: str) -> bool:
        assert self.process.poll() is None, self.story.read_text("utf-8")
        return words in self.story.read_text("utf-8")

    def cell(self, name: str) -> Node:
        """Return a cell, to ask it for pages."""
        port = self.port + CELLS.index(name)
        return Node(
            name=name,
            folder=self.folder / f"demo-{self.port}" / name,
            port=port,
            origin=f"http://{name}.localhost:{port}",
        )


def start(folder: Path, port: int, story: Path) -> Demo:
    with story.open("wb") as stream:
        process = subprocess.Popen(
            [*_COMMAND, "--data", str(folder), "demo", "--port", str(port)],
            stdout=stream,
            stderr=stream,
            cwd=folder,
            env=Node(name="", folder=folder, port=port, origin="").environment(),
        )
    return Demo(process, folder, port, story)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    running = start(folder, free_port(3), folder / "story.txt")
    try:
        wait_until(lambda: running.tells("Ctrl-C ends the demo"), "the demo is told", 120)
        yield running
    finally:
        running.process.kill()
        running.process.wait()


def test_the_story_names_what_it_does_and_where_to_look(demo: Demo) -> None:
    story = demo.story.read_text("utf-8")
    opened = [line.split()[1] for line in story.splitlines() if line.strip().startswith("open ")]
    assert len(opened) == 17
    assert [line[0] for line in story.splitlines() if line[1:3] == ". "] == list("123456789")
    for address in opened:
        name = address.split("//")[1].split(".")[0]
        assert demo.cell(name).page(address)


def test_it_ends_with_a_way_into_each_desk(demo: Demo) -> None:
    ways = [line.split()[-1] for line in demo.story.read_text("utf-8").splitlines() if "its desk" in line]
    pages = [demo.cell(way.split("//")[1].split(".")[0]).page(way) for way in ways]
    assert ["Sign in with this link" in page for page in pages] == [True] * 3


def test_a_statement_stands_in_two_languages_and_was_reshared(demo: Demo) -> None:
    berlin, tbilisi = demo.cell("berlin"), demo.cell("tbilisi")
    assert "The sewing workshop in Karlstraße stays" in berlin.page("/@berlin/en")
    assert "Die Nähstube in der Karlstraße bleibt" in berlin.page("/@berlin/de")
    outbox = tbilisi.get("/collectives/tbilisi/outbox/1", "application/activity+json").text
    assert f"{berlin.origin}/statements/" in outbox


def test_the_answer_is_shown_and_the_correction_made(demo: Demo) -> None:
    story = demo.story.read_text("utf-8")
    news = next(
        line.split()[1]
        for line in story.splitlines()
        if line.strip().startswith("open ") and "/posts/" in line
    )
    page = demo.cell("berlin").page(news)
    assert "Força! Na quinta levamos pão." in page
    assert "60 Nachbarinnen" in page


def test_somebody_signs_and_finds_the_letter_in_the_story(demo: Demo) -> None:
    berlin = demo.cell("berlin")
    story = demo.story.read_text("utf-8")
    form = next(line.split()[1] for line in story.splitlines() if line.endswith("/sign"))
    fields = b"language=de&shown=number&kind=person&agrees=1&email=ana%40reader.example"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    sent = berlin.post(form.removeprefix(berlin.origin), fields, headers)
    assert "keinen Mailserver" in sent.text
    wait_until(lambda: demo.tells("/sign/confirm/") or None, "the letter is shown")
    lines = demo.story.read_text("utf-8").splitlines()
    link = next(line.strip() for line in lines if "/sign/confirm/" in line)
    assert "Ja, ich unterschreibe" in berlin.page(link)


def test_a_statement_is_signed_by_all_and_the_command_that_verifies_it_works(
    demo: Demo, tmp_path: Path
) -> None:
    story = demo.story.read_text("utf-8")
    assert "All three keep the same list of signatures." in story
    command = next(line.split()[1:] for line in story.splitlines() if "fedinode verify" in line)
    told = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=Node(name="", folder=tmp_path, port=demo.port, origin="").environment(),
    )
    assert told.returncode == 0, told.stdout + told.stderr
    lines = told.stdout.splitlines()
    assert lines[0] == "statement: valid"
    assert [line.split()[0] for line in lines[2:4]] == ["valid", "valid"]
    assert "თბილისის უჯრედი" in told.stdout
    assert "Célula de Lisboa" in told.stdout
    assert not list(tmp_path.iterdir())


def test_an_article_is_taken_over_and_a_translation_of_it_is_out_of_date(demo: Demo) -> None:
    lisbon, tbilisi = demo.cell("lisbon"), demo.cell("tbilisi")
    original = "/@lisbon/pt/tres-meses-de-cozinha-comum"
    copy = tbilisi.page("/@tbilisi/pt/tres-meses-de-cozinha-comum")
    assert "Unchanged copy." in copy
    assert f'<link rel="canonical" href="{lisbon.origin}{original}">' in copy
    assert "oitenta refeições" in copy
    assert '<blockquote lang="ru" dir="ltr">' in copy
    assert "cento e dez refeições" in lisbon.page(original)
    english = lisbon.page("/@lisbon/en/three-months-of-a-common-kitchen")
    assert "The original has changed since this translation was made." in english
    (proposal,) = tbilisi.cli_json("proposals")
    assert proposal["kind"] == "correction"
    russian = demo.cell("berlin").page("/@berlin/ru/shveynaya-masterskaya-na-karlshtrasse-ostaetsya")
    assert "Это неофициальный перевод." in russian


def test_the_meeting_is_told_with_three_clocks(demo: Demo) -> None:
    tbilisi = demo.cell("tbilisi")
    (event,) = tbilisi.rows(
        "SELECT uri FROM objects WHERE as_type = 'Event' AND uri LIKE :own", own=f"{tbilisi.origin}%"
    )
    summary = tbilisi.document(event["uri"])["summary"]
    # Lisbon is three hours behind in summer, four in winter; Berlin always one ahead of Lisbon.
    assert "18:00 თბილისი" in summary
    assert ("15:00 ლისაბონი / 16:00 ბერლინი" in summary) or ("14:00 ლისაბონი / 15:00 ბერლინი" in summary)
    assert summary.startswith("<p><strong>The time has changed. It was announced for: ")
    assert "19:00 თბილისი</strong>" in summary


def test_what_matters_stands_first_and_a_picture_is_there_in_sizes(demo: Demo) -> None:
    berlin = demo.cell("berlin").page("/@berlin")
    assert '<section class="pinned"' in berlin
    assert "Freitag, 18 Uhr, Karlstraße: kommt alle!" in berlin
    article = demo.cell("lisbon").page("/@lisbon/pt/tres-meses-de-cozinha-comum")
    assert 'alt="Três panelas grandes' in article
    assert article.count(".webp ") >= 3
    assert "Célula de Lisboa" in demo.cell("berlin").page("/network")


def test_an_occupied_port_makes_nothing(demo: Demo, tmp_path: Path) -> None:
    second = start(tmp_path, demo.port - 1, tmp_path / "story.txt")
    assert second.process.wait(timeout=30) == 1
    assert "is taken by another program" in second.story.read_text("utf-8")
    assert not (tmp_path / f"demo-{demo.port - 1}").exists()


def test_the_demo_ends_with_ctrl_c_and_goes_on_later(demo: Demo) -> None:
    # The last test of this module: the fixture's process ends here.
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(timeout=40) == 0
    assert "Their data stays" in demo.story.read_text("utf-8")
    again = start(demo.folder, demo.port, demo.folder / "again.txt")
    try:
        wait_until(lambda: again.tells("Ctrl-C ends the demo"), "the demo goes on", 120)
        story = again.story.read_text("utf-8")
        assert "Berliner Zelle is there already" in story
        assert "(it did so last time)" in story
    finally:
        again.process.kill()
        again.process.wait()
