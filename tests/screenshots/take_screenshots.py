"""Takes the pictures in docs/screenshots: runs the demo and looks at it with Debian's chromium.

`make screenshots`. The pictures are made small, for they are kept in the repository.
"""

import shutil
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDER = REPOSITORY / "docs" / "screenshots"
PORT = 8951
READY = "Three cells are up"
PATIENCE_SECONDS = 180
COLOURS = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One picture: which page, how wide and high the window is, and which colours the reader prefers."""

    name: str
    url: str
    width: int
    height: int
    is_dark: bool = False


BERLIN = f"http://berlin.localhost:{PORT}"
TBILISI = f"http://tbilisi.localhost:{PORT + 1}"
SHOTS = (
    Shot(name="profile", url=f"{BERLIN}/@berlin", width=1280, height=900),
    Shot(
        name="statement",
        url=f"{BERLIN}/@berlin/de/wohnen-ist-keine-ware-in-berlin-in-tbilissi-in-lissabon",
        width=1280,
        height=1200,
    ),
    Shot(
        name="statement-phone-dark",
        url=f"{BERLIN}/@berlin/en/the-sewing-workshop-in-karlstrasse-stays",
        width=360,
        height=1200,
        is_dark=True,
    ),
    Shot(name="archive", url=f"{BERLIN}/archive", width=1280, height=800),
    Shot(name="event-phone", url=f"{TBILISI}/ru", width=360, height=760),
)


def main() -> int:
    """Take all pictures and return the exit code."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        sys.stderr.write("chromium is not installed: apt install chromium\n")
        return 1
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        demo = start_demo(Path(folder))
        try:
            for shot in SHOTS:
                take(browser, shot, Path(folder))
        finally:
            demo.terminate()
            demo.wait()
    return 0


def start_demo(folder: Path) -> subprocess.Popen[str]:
    """Run the demo in a folder, and return once it has shown everything."""
    program = "from fedinode.cli.main import main; raise SystemExit(main())"
    demo = subprocess.Popen(
        [sys.executable, "-c", program, "--data", str(folder), "demo", "--port", str(PORT)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert demo.stdout is not None
    alarm = threading.Timer(PATIENCE_SECONDS, demo.kill)
    alarm.start()
    for line in demo.stdout:
        sys.stdout.write(line)
        if READY in line:
            alarm.cancel()
            # What it says from now on is read by nobody, and may not fill the pipe.
            threading.Thread(target=demo.stdout.read, daemon=True).start()
            return demo
    raise SystemExit("the demo ended before it was ready")


def take(browser: str, shot: Shot, folder: Path) -> None:
    """Take one picture with a new profile of the browser."""
    raw = folder / f"{shot.name}.png"
    colours = ["--blink-settings=preferredColorScheme=0"] if shot.is_dark else []
    subprocess.run(
        [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            f"--user-data-dir={folder / shot.name}",
            f"--window-size={shot.width},{shot.height}",
            f"--screenshot={raw}",
            *colours,
            shot.url,
        ],
        check=True,
        capture_output=True,
        timeout=60,
    )
    with Image.open(raw) as picture:
        small = picture.convert("RGB").quantize(COLOURS)
        small.save(FOLDER / f"{shot.name}.png", optimize=True)


if __name__ == "__main__":
    raise SystemExit(main())
