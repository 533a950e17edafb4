"""Takes pictures of the demo's pages with chromium: wide and narrow, light and dark, and on paper.

`make screenshots`. All of them go to `build/screenshots`, to be looked at. A few are kept in
`docs/screenshots`, small, for they live in the repository.
"""

import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, StorageState, sync_playwright

from tests.browser.conftest import OPTIONS, Scheme, find_chromium
from tests.ports import free_port

REPOSITORY = Path(__file__).resolve().parents[2]
ALL = REPOSITORY / "build" / "screenshots"
KEPT = REPOSITORY / "docs" / "screenshots"
READY = "Ctrl-C ends the demo"
#: Before the link that signs the owner of a cell in.
WAY_IN = "its desk, once: "
PATIENCE_SECONDS = 300
WIDTHS = {"wide": 1280, "phone": 360}
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
#: Each page by name: the cell that shows it, and its path.
PAGES = {
    "front": ("berlin", "/"),
    "statement": ("berlin", "/@berlin/de/die-naehstube-in-der-karlstrasse-bleibt"),
    "joint": ("berlin", "/@berlin/de/wohnen-ist-keine-ware-in-berlin-in-tbilissi-in-lissabon"),
    "event": ("tbilisi", "/@tbilisi/ru/gorod-dlya-vsekh-razgovor-o-prave-na-zhile"),
    "archive": ("berlin", "/archive"),
    "search": ("berlin", "/search?q=Karlstra%C3%9Fe"),
}
#: Pages of the desk of the first cell, for its owner.
DESK_PAGES = {"network": "/desk/network", "texts": "/desk/texts/new", "decisions": "/desk/decisions"}
#: What the repository keeps: how many pixels of a picture's height, and how wide it is made.
KEEP = {
    "front-wide-light": (1000, 960),
    "statement-wide-light": (1500, 960),
    "statement-phone-dark": (1100, 360),
    "event-phone-light": (1100, 360),
    "joint-wide-dark": (1500, 960),
    "desk-network-phone-light": (1100, 360),
}
COLOURS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """The demo: the first of its ports, and the link into the desk of the first cell."""

    port: int
    way_in: str

    def url(self, cell: str, path: str) -> str:
        """Return the address of a page of a cell."""
        return f"http://{cell}.localhost:{self.port + ('berlin', 'tbilisi', 'lisbon').index(cell)}{path}"


def main() -> int:
    """Take all pictures and return the exit code."""
    chromium = find_chromium()
    if chromium is None:
        sys.stderr.write("chromium is not installed: apt install chromium\n")
        return 1
    for folder in (ALL, KEPT):
        folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as data,
        running_demo(Path(data)) as demo,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=list(OPTIONS))
        for name, (cell, path) in PAGES.items():
            photograph(browser, name, demo.url(cell, path))
        state = enter(browser, demo.way_in)
        for name, path in DESK_PAGES.items():
            photograph(browser, f"desk-{name}", demo.url("berlin", path), state)
        browser.close()
    for name, (height, width) in KEEP.items():
        keep(name, height, width)
    return 0


@contextmanager
def running_demo(folder: Path) -> Iterator[Demo]:
    """Run the demo in a folder; the block begins once it has shown everything."""
    port = free_port(3)
    program = "from fedinode.cli.main import main; raise SystemExit(main())"
    process = subprocess.Popen(
        [sys.executable, "-c", program, "--data", str(folder), "demo", "--port", str(port)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield Demo(port=port, way_in=wait_until_told(process))
    finally:
        process.terminate()
        process.wait()


def wait_until_told(process: subprocess.Popen[str]) -> str:
    """Return the link into the first desk once the demo is ready. Raises SystemExit when it ends before."""
    assert process.stdout is not None
    ways: list[str] = []
    alarm = threading.Timer(PATIENCE_SECONDS, process.kill)
    alarm.start()
    for line in process.stdout:
        sys.stdout.write(line)
        if WAY_IN in line:
            ways.append(line.partition(WAY_IN)[2].strip())
        if READY in line:
            alarm.cancel()
            # What it says from now on is read by nobody, and may not fill the pipe.
            threading.Thread(target=process.stdout.read, daemon=True).start()
            return ways[0]
    alarm.cancel()
    raise SystemExit("the demo ended before it was ready")


def enter(browser: Browser, way_in: str) -> StorageState:
    """Sign in with a link and return what the browser keeps of it."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(way_in)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/desk")
    state = context.storage_state()
    context.close()
    return state


def photograph(browser: Browser, name: str, url: str, state: StorageState | None = None) -> None:
    """Take one page in every width and colour, and print it."""
    for width_name, width in WIDTHS.items():
        for scheme in SCHEMES:
            page = browser.new_page(
                viewport={"width": width, "height": 800},
                color_scheme=scheme,
                locale="de-DE",
                storage_state=state,
            )
            answer = page.goto(url)
            if answer is None or answer.status != 200:
                raise SystemExit(f"{url} is not there any more: change the table of pages")
            page.screenshot(path=ALL / f"{name}-{width_name}-{scheme}.png", full_page=True)
            if (width_name, scheme) == ("wide", "light"):
                page.pdf(path=ALL / f"{name}.pdf", format="A4")
            page.close()


def keep(name: str, height: int, width: int) -> None:
    """Put the upper part of a picture into the repository, small."""
    with Image.open(ALL / f"{name}.png") as picture:
        upper = picture.convert("RGB").crop((0, 0, picture.width, min(height, picture.height)))
        if upper.width != width:
            upper = upper.resize((width, round(upper.height * width / upper.width)), Image.Resampling.LANCZOS)
        upper.quantize(COLOURS).save(KEPT / f"{name}.png", optimize=True)


if __name__ == "__main__":
    raise SystemExit(main())
