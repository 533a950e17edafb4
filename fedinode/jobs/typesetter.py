"""Set a document as PDF: a JSON document on stdin, the PDF on stdout.

The library that does it is large and reads what others wrote; so this runs as a process of its own:
`python -m fedinode.jobs.typesetter SECONDS`, with the moment that the PDF carries. What is set stands in the
JSON document alone and is never taken for a program: the program is `pack.typ`, beside this file. Fonts are
those inside the library, so that the same document gives the same bytes on every machine; they have Latin,
Cyrillic, Greek, Georgian, Armenian, Arabic and Hebrew. For other scripts the machine's own fonts are asked.
"""

import re
import sys
from pathlib import Path
from typing import Final

import typst

from fedinode.jobs import bounds

_PROGRAM: Final = Path(__file__).with_name("pack.typ")
#: India to Myanmar, then Korea to Canada, then China, Japan and Korea.
_FURTHER_SCRIPTS: Final = re.compile(
    "[\u0900-\u109f\u1100-\u1c7f\u2e80-\uabff\uf900-\ufaff\U00020000-\U0003ffff]"
)


def main() -> int:
    """Run as a process: limits first."""
    bounds.limit()
    try:
        content = typeset(sys.stdin.buffer.read().decode("utf-8"), timestamp=int(sys.argv[1]))
    except typst.TypstError as error:
        sys.stderr.write(str(error))
        return bounds.REFUSED
    sys.stdout.buffer.write(content)
    return 0


def typeset(document: str, *, timestamp: int) -> bytes:
    """Return a document, as JSON, set as PDF."""
    made = typst.compile(
        _PROGRAM.read_bytes(),
        format="pdf",
        ignore_system_fonts=_FURTHER_SCRIPTS.search(document) is None,
        sys_inputs={"document": document},
        timestamp=timestamp,
    )
    assert isinstance(made, bytes), "one PDF comes as bytes"
    return made


if __name__ == "__main__":
    sys.exit(main())
