"""Pictures lose everything but their pixels, and hostile ones are refused."""

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from fedinode.config import MediaSettings
from fedinode.errors import PictureRefused
from fedinode.services.picturing import EncodedPicture, encode_picture

pytestmark = pytest.mark.anyio
LIMITS = MediaSettings()
_GPS, _MAKE, _ORIENTATION = 0x8825, 0x010F, 0x0112


def opened(picture: EncodedPicture) -> Image.Image:
    return Image.open(io.BytesIO(picture.content))


def photo(folder: Path) -> Path:
    """Return a photo as telephones make them: place, maker, comment, on its side."""
    image = Image.new("RGB", (64, 32), "red")
    image.paste("blue", (0, 0, 32, 32))
    exif = Image.Exif()
    exif[_MAKE] = "SecretPhone"
    exif[_ORIENTATION] = 6
    exif.get_ifd(_GPS)[1] = "N"
    exif.get_ifd(_GPS)[2] = (41.0, 42.0, 43.0)
    path = folder / "photo.jpg"
    image.save(path, exif=exif, comment=b"SecretComment")
    return path


async def test_a_photo_loses_place_maker_and_comment(tmp_path: Path) -> None:
    path = photo(tmp_path)
    assert b"SecretPhone" in path.read_bytes()
    picture = await encode_picture(path, LIMITS)
    assert b"Secret" not in picture.content
    assert b"Exif" not in picture.content
    assert len(opened(picture).getexif()) == 0
    assert picture.type == "image/jpeg"
    assert picture.file_name == f"{picture.digest}.jpg"


async def test_a_photo_is_turned_upright(tmp_path: Path) -> None:
    picture = await encode_picture(photo(tmp_path), LIMITS)
    assert (picture.width, picture.height) == (32, 64)
    # Orientation 6 is a quarter turn: what was left is on top.
    pixel = opened(picture).convert("RGB").getpixel((16, 4))
    assert isinstance(pixel, tuple)
    assert pixel[2] > 200


async def test_a_png_keeps_transparency_and_loses_its_texts(tmp_path: Path) -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", "Secret")
    path = tmp_path / "logo.png"
    Image.new("RGBA", (8, 8), (255, 0, 0, 0)).save(path, pnginfo=texts)
    picture = await encode_picture(path, LIMITS)
    assert picture.type == "image/png"
    assert b"Secret" not in picture.content
    assert opened(picture).mode == "RGBA"


@pytest.mark.parametrize(
    ("suffix", "mode", "kind"), [("webp", "RGB", "jpeg"), ("gif", "P", "png"), ("png", "I;16", "png")]
)
async def test_every_kind_we_read_becomes_jpeg_or_png(
    tmp_path: Path, suffix: str, mode: str, kind: str
) -> None:
    path = tmp_path / f"x.{suffix}"
    Image.new(mode, (8, 8)).save(path)
    assert (await encode_picture(path, LIMITS)).type == f"image/{kind}"


async def test_a_colour_profile_is_applied_and_dropped(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path = tmp_path / "x.jpg"
    Image.new("RGB", (8, 8), "red").save(path, icc_profile=profile)
    assert "icc_profile" not in opened(await encode_picture(path, LIMITS)).info


async def test_a_broken_colour_profile_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "x.jpg"
    Image.new("RGB", (8, 8), "red").save(path, icc_profile=b"no profile")
    assert (await encode_picture(path, LIMITS)).width == 8


async def test_a_large_picture_is_made_smaller(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    Image.new("RGB", (300, 100)).save(path)
    picture = await encode_picture(path, MediaSettings(max_side=150))
    assert (picture.width, picture.height) == (150, 50)


async def test_browsers_may_choose_among_smaller_pictures(tmp_path: Path) -> None:
    path = tmp_path / "x.jpg"
    Image.effect_mandelbrot((1200, 800), (-2, -1, 1, 1), 60).save(path)
    picture = await encode_picture(path, LIMITS)
    assert (picture.type, picture.width) == ("image/jpeg", 1200)
    assert [(each.type, each.width, each.height) for each in picture.sizes] == [
        ("image/webp", 480, 320),
        ("image/webp", 960, 640),
        ("image/webp", 1200, 800),
    ]
    for each in picture.sizes:
        assert len(each.content) < len(picture.content)
        assert Image.open(io.BytesIO(each.content)).size == (each.width, each.height)


def bomb(folder: Path) -> Path:
    """Return a PNG of a few bytes that says it has 400 million pixels."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 20_000, 20_000, 1, 0, 0, 0, 0))
    path = folder / "bomb.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )
    return path


async def test_a_bomb_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PictureRefused, match=r"bomb\.png has more than 40 million pixels"):
        await encode_picture(bomb(tmp_path), LIMITS)


async def test_what_needs_too_much_memory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PictureRefused, match=r"bomb\.png"):
        await encode_picture(bomb(tmp_path), MediaSettings(max_pixels=500_000_000, max_side=20_000))


@pytest.mark.parametrize(
    "content", [b"", b"no picture", b"\xff\xd8\xff\xe0 broken", b"<svg xmlns='x'/>", b"GIF89a"]
)
async def test_what_is_no_picture_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.jpg"
    path.write_bytes(content)
    with pytest.raises(
        PictureRefused, match=r"x\.jpg is no picture that we can read; save it as JPEG, PNG or WebP\."
    ):
        await encode_picture(path, LIMITS)


async def test_what_takes_too_long_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(PictureRefused, match="takes too much memory or time to decode"):
        await encode_picture(photo(tmp_path), LIMITS, timeout_seconds=0.001)


async def test_a_large_file_is_not_even_opened(tmp_path: Path) -> None:
    path = photo(tmp_path)
    with pytest.raises(PictureRefused, match="larger than 0 MB"):
        await encode_picture(path, MediaSettings(max_bytes=100))


async def test_a_missing_picture_is_named(tmp_path: Path) -> None:
    with pytest.raises(PictureRefused, match=r"none\.jpg cannot be read"):
        await encode_picture(tmp_path / "none.jpg", LIMITS)
