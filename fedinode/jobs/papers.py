"""Read a PDF from stdin and write it anew to stdout: its pages, and nothing that acts or tells of its makers.

Who wrote a file, with which program and when stands in it at several places; scripts, attached files and
forms may stand there too. So this runs as a process of its own, as `pictures` does:
`python -m fedinode.jobs.papers MAX_PAGES`. What is refused ends with exit code 3 and the end of a sentence
on stderr.
"""

import io
import logging
import struct
import sys
from collections.abc import Iterator
from typing import Any, Final

from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    StreamObject,
    TextStringObject,
)

from fedinode.jobs import bounds

#: Who made it and with what; what runs, opens or is attached. Pages and their parts lose these.
_CUT: Final = (
    *("/Metadata", "/PieceInfo", "/LastModified", "/StructParents", "/StructParent", "/Thumb"),
    *("/AA", "/OpenAction", "/AF", "/EF", "/OPI"),
)
#: Segments of a JPEG in which cameras write: APP1 (Exif, XMP), APP2 to APP13, comments. APP14 tells colours.
_TELLING: Final = frozenset({*range(0xE1, 0xEE), 0xEF, 0xFE})
_SCAN_BEGINS: Final = 0xDA
_JPEG: Final = "/DCTDecode"


class _Refused(Exception):
    """The file is none that we publish; the message ends a sentence."""


def main() -> int:
    """Run as a process: limits first, so that nothing of the file is touched without them."""
    bounds.limit()
    logging.disable()
    try:
        content = clean(sys.stdin.buffer.read(), max_pages=int(sys.argv[1]))
    except _Refused as refused:
        sys.stderr.write(str(refused))
        return bounds.REFUSED
    sys.stdout.buffer.write(content)
    return 0


def clean(source: bytes, *, max_pages: int) -> bytes:
    """Return the same pages in a new file."""
    if not source.startswith(b"%PDF-"):
        raise _Refused("is no PDF file, whatever its name says")
    try:
        return _rewritten(source, max_pages)
    except (PyPdfError, OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise _Refused("is a PDF that we cannot read; print it into a new one") from error


def _rewritten(source: bytes, max_pages: int) -> bytes:
    reader = PdfReader(io.BytesIO(source))
    if reader.is_encrypted:
        raise _Refused("is locked with a password; save it without one")
    if len(reader.pages) > max_pages:
        raise _Refused(f"has more than {max_pages} pages; make several files of it")
    writer = PdfWriter()
    for page in reader.pages:
        _strip(page)
        writer.add_page(page)
    writer.metadata = None
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def _strip(page: DictionaryObject) -> None:
    """Take out of a page, and of all that it refers to, what is not for readers."""
    if "/Annots" in page:
        noted: Any = page["/Annots"].get_object()
        links = [_link(each.get_object()) for each in noted]
        page[NameObject("/Annots")] = ArrayObject(each for each in links if each is not None)
    for part in _parts(page):
        for name in _CUT:
            part.pop(name, None)
        if isinstance(part, StreamObject) and part.get("/Filter") in (_JPEG, [_JPEG]):
            part._data = without_segments(part._data)


def _link(annotation: Any) -> DictionaryObject | None:
    """Return a link to the web with nothing beside it; of notes and forms nothing stays."""
    action = annotation.get("/A")
    address = action.get_object().get("/URI") if action is not None else None
    if annotation.get("/Subtype") != "/Link" or not str(address).startswith(("https://", "http://")):
        return None
    leads = DictionaryObject(
        {NameObject("/S"): NameObject("/URI"), NameObject("/URI"): TextStringObject(address)}
    )
    none = ArrayObject([NumberObject(0)] * 3)
    return DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject("/Link"),
            NameObject("/Rect"): annotation["/Rect"].get_object(),
            NameObject("/Border"): none,
            NameObject("/A"): leads,
        }
    )


def _parts(page: DictionaryObject) -> Iterator[DictionaryObject]:
    """Return a page and every dictionary below it, once each; not the pages beside it."""
    waiting: list[Any] = [page]
    seen: set[int] = set()
    while waiting:
        part = waiting.pop().get_object()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, DictionaryObject):
            yield part
            waiting += [value for name, value in part.items() if name not in ("/Parent", "/P", "/Dest")]
        elif isinstance(part, ArrayObject):
            waiting += part


def without_segments(jpeg: bytes) -> bytes:
    """Return a JPEG without what cameras write beside its pixels; what is none stays as it is."""
    kept, position = [jpeg[:2]], 2
    while jpeg[:2] == b"\xff\xd8" and position + 4 <= len(jpeg) and jpeg[position] == 0xFF:
        marker = jpeg[position + 1]
        if marker == _SCAN_BEGINS:
            break
        end = position + 2 + struct.unpack_from(">H", jpeg, position + 2)[0]
        if marker not in _TELLING:
            kept.append(jpeg[position:end])
        position = end
    return b"".join(kept) + jpeg[position:]


if __name__ == "__main__":
    sys.exit(main())
