"""Documents set as PDF, by a process of its own: the library that does it is never loaded here."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import fedinode
from fedinode.errors import TypesettingFailed

TIMEOUT_SECONDS: Final = 90
_REFUSED: Final = 3


async def typeset(
    document: Mapping[str, Any], at: datetime, *, timeout_seconds: float = TIMEOUT_SECONDS
) -> bytes:
    """Return a document as PDF; `at` is the moment that it carries. Raises: TypesettingFailed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "fedinode.jobs.typesetter", str(int(at.timestamp()))),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=_environment(),
    )
    source = json.dumps(document, ensure_ascii=False).encode("utf-8")
    try:
        content, words = await asyncio.wait_for(process.communicate(source), timeout_seconds)
    except TimeoutError as error:
        raise TypesettingFailed(f"The PDF was not ready after {timeout_seconds:.0f} seconds.") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode == 0:
        return content
    reason = words.decode(errors="replace").strip()[:300] if process.returncode == _REFUSED else ""
    raise TypesettingFailed(f"The PDF could not be made: {reason or 'it took too much memory or time'}.")


def _environment() -> dict[str, str]:
    # The child finds this same package, also where it was not installed; it is told nothing else of ours.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FEDINODE_")}
    package = str(Path(fedinode.__file__).resolve().parents[1])
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))}
