"""`make screenshots`: runs the demo and takes the pictures of docs/screenshots with headless Chromium."""

import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PICTURES = REPOSITORY / "docs" / "screenshots"
PORT = 8701
_READY = "Ctrl-C ends the demo."
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_WIDE, _NARROW = "1200,1500", "500,1100"


def take(browser: str, url: str, name: str, size: str) -> None:
    """Take a picture of a page."""
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [
                *(browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
                *(f"--user-data-dir={profile}", f"--window-size={size}"),
                *(f"--screenshot={PICTURES / name}", url),
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )


def addresses(demo: subprocess.Popen[str]) -> list[str]:
    """Read what the demo tells until it is up, and return the addresses it named."""
    assert demo.stderr is not None
    found: list[str] = []
    for line in demo.stderr:
        found += re.findall(r"http://[a-z]+\.localhost:\d+/\S+", line)
        if _READY in line:
            return found
    sys.exit("The demo ended before it was up.")


def main() -> int:
    """Run the demo in a folder of its own and take all pictures."""
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        sys.exit("No Chromium found. On Debian or Ubuntu: apt install chromium")
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        demo = subprocess.Popen(
            [Path(sys.executable).with_name("fedinode"), "--data", folder, "demo", "--port", str(PORT)],
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            found = addresses(demo)
            berlin = f"http://berlin.localhost:{PORT}"
            statement = next(each for each in found if each.startswith(f"{berlin}/@berlin/de/"))
            take(browser, f"{berlin}/@berlin", "profile.png", _WIDE)
            take(browser, statement, "statement.png", _WIDE)
            take(browser, statement, "statement-narrow.png", _NARROW)
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(30)
    return 0


if __name__ == "__main__":
    sys.exit(main())
