"""Decode a picture from stdin and write it anew to stdout, without anything but its pixels.

Cameras write place, time and owner into their files; image libraries have bugs that hostile files
use. So this runs as a process of its own: `python -m fedinode.jobs.pictures MAX_PIXELS MAX_SIDE WIDTH...`.
The first line on stdout is JSON: the files that follow, each with type, width, height and bytes. The first
is JPEG or PNG, which everything reads; the others are WebP, in the widths asked for that are smaller, and in
its own. What is refused ends with exit code 3 and the end of a sentence on stderr.
"""

import io
import json
import sys
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageCms, ImageOps

from fedinode.jobs import bounds

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_WEBP_QUALITY: Final = 80


class _Refused(Exception):
    """The picture is none that we publish; the message ends a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A picture as it is written."""

    type: str
    width: int
    height: int
    content: bytes


def main() -> int:
    """Run as a process: limits first, so that nothing of the file is touched without them."""
    bounds.limit()
    Image.MAX_IMAGE_PIXELS = None  # `encode` has a stricter limit of its own
    max_pixels, max_side, *widths = (int(word) for word in sys.argv[1:])
    try:
        files = encode(sys.stdin.buffer.read(), max_pixels=max_pixels, max_side=max_side, widths=widths)
    except _Refused as refused:
        sys.stderr.write(str(refused))
        return bounds.REFUSED
    facts = [
        {"type": each.type, "width": each.width, "height": each.height, "bytes": len(each.content)}
        for each in files
    ]
    sys.stdout.buffer.write(json.dumps(facts).encode() + b"\n")
    for each in files:
        sys.stdout.buffer.write(each.content)
    return 0


def encode(source: bytes, *, max_pixels: int, max_side: int, widths: Iterable[int]) -> list[_File]:
    """Return the new picture, and the same in fewer bytes."""
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(source), formats=_FORMATS) as picture:
            warnings.simplefilter("ignore")
            if picture.width * picture.height > max_pixels:
                raise _Refused(f"has more than {max_pixels // 1_000_000} million pixels; make it smaller")
            pixels = _pixels(picture, max_side)
            kind = "PNG" if picture.format in ("PNG", "GIF") or pixels.mode == "RGBA" else "JPEG"
    except (OSError, ValueError, SyntaxError, MemoryError, EOFError, Image.DecompressionBombError) as error:
        raise _Refused("is no picture that we can read; save it as JPEG, PNG or WebP") from error
    main_file = _written(pixels, kind, quality=85, optimize=True)
    smaller = sorted({width for width in widths if width < pixels.width} | {pixels.width})
    webps = [_webp(pixels, width) for width in smaller] if widths else []
    return [main_file, *(each for each in webps if len(each.content) < len(main_file.content))]


def _webp(pixels: Image.Image, width: int) -> _File:
    height = max(1, round(pixels.height * width / pixels.width))
    is_same = width == pixels.width
    resized = pixels if is_same else pixels.resize((width, height), Image.Resampling.LANCZOS)
    return _written(resized, "WEBP", quality=_WEBP_QUALITY, method=4)


def _written(pixels: Image.Image, kind: str, **options: int) -> _File:
    target = io.BytesIO()
    pixels.save(target, kind, **options)
    return _File(type=Image.MIME[kind], width=pixels.width, height=pixels.height, content=target.getvalue())


def _pixels(picture: Image.Image, max_side: int) -> Image.Image:
    """Return the picture upright, in sRGB and small enough, with nothing beside its pixels."""
    upright = ImageOps.exif_transpose(_in_srgb(picture))
    mode = "RGBA" if upright.has_transparency_data else "RGB"
    plain = upright.convert(mode)
    plain.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    # Pillow writes comments, profiles and the like from `info` into the new file.
    clean = Image.new(mode, plain.size)
    clean.paste(plain)
    return clean


def _in_srgb(picture: Image.Image) -> Image.Image:
    profile = picture.info.get("icc_profile")
    if not profile or picture.mode not in ("RGB", "CMYK"):
        return picture
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(
            picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError):
        return picture
    return converted or picture


if __name__ == "__main__":
    sys.exit(main())
