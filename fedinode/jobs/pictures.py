"""Decode a picture from stdin and write it anew to stdout, without anything but its pixels.

Cameras write place, time and owner into their files; image libraries have bugs that hostile files
use. So this runs as a process of its own: `python -m fedinode.jobs.pictures MAX_PIXELS MAX_SIDE`.
The first line on stdout is JSON (type, width, height), the picture follows. What is refused ends
with exit code 3 and the end of a sentence on stderr.
"""

import io
import json
import resource
import sys
import warnings
from typing import Final

from PIL import Image, ImageCms, ImageOps

#: A picture of 40 million pixels takes about 500 MB while it is turned, made smaller and written.
MEMORY_BYTES: Final = 1536 * 1024 * 1024
CPU_SECONDS: Final = 30
REFUSED: Final = 3
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


class _Refused(Exception):
    """The picture is none that we publish; the message ends a sentence."""


def main() -> int:
    """Run as a process: limits first, so that nothing of the file is touched without them."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    Image.MAX_IMAGE_PIXELS = None  # `encode` has a stricter limit of its own
    max_pixels, max_side = (int(word) for word in sys.argv[1:])
    try:
        facts, content = encode(sys.stdin.buffer.read(), max_pixels=max_pixels, max_side=max_side)
    except _Refused as refused:
        sys.stderr.write(str(refused))
        return REFUSED
    sys.stdout.buffer.write(json.dumps(facts).encode() + b"\n" + content)
    return 0


def encode(source: bytes, *, max_pixels: int, max_side: int) -> tuple[dict[str, str | int], bytes]:
    """Return type and size, and the bytes of the new picture."""
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(source), formats=_FORMATS) as picture:
            warnings.simplefilter("ignore")
            if picture.width * picture.height > max_pixels:
                raise _Refused(f"has more than {max_pixels // 1_000_000} million pixels; make it smaller")
            pixels = _pixels(picture, max_side)
    except (OSError, ValueError, SyntaxError, MemoryError, EOFError, Image.DecompressionBombError) as error:
        raise _Refused("is no picture that we can read; save it as JPEG, PNG or WebP") from error
    kind = "PNG" if picture.format in ("PNG", "GIF") or pixels.mode == "RGBA" else "JPEG"
    target = io.BytesIO()
    pixels.save(target, kind, quality=85, optimize=True)
    facts: dict[str, str | int] = {"type": Image.MIME[kind], "width": pixels.width, "height": pixels.height}
    return facts, target.getvalue()


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
