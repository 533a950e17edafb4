"""Pictures come with a form, are cleaned and described, and hold a text back until they are."""

import io
import os
import struct
import zlib
from datetime import timedelta
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
from PIL import Image

from fedinode.capabilities import Capabilities
from fedinode.frontmatter import patching
from fedinode.services.writing import furnishing
from fedinode.storage import desk_files, desk_texts
from fedinode.storage.database import Session
from tests.admin.conftest import FROM_HERE, Browser
from tests.admin.desk_texts_made import begin, source_of

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True),
]


def photograph(width: int = 40, height: int = 30) -> bytes:
    """Return a JPEG that says where it was taken."""
    exif = Image.Exif()
    exif[0x010F] = "SECRET CAMERA"
    target = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(target, "JPEG", exif=exif)
    return target.getvalue()


async def send(browser: Browser, uid: str, content: bytes | None, **fields: str) -> tuple[int, str, str]:
    """Send a picture; return the status, where it leads, and the page."""
    files = {} if content is None else {"file": ("photo.jpg", content, "image/jpeg")}
    answer = await browser.client.post(
        f"/desk/texts/{uid}/pictures",
        data={"seal": browser.seal, **fields},
        files=files or {"file": ("", b"", "application/octet-stream")},
        headers={"accept": "text/html", **FROM_HERE},
    )
    return answer.status_code, answer.headers.get("location", ""), answer.text


async def kept(cap: Capabilities, uid: str) -> tuple[desk_files.FileRow, ...]:
    def read(session: Session) -> tuple[desk_files.FileRow, ...]:
        copy = desk_texts.find(session, uid)
        assert copy is not None
        return desk_files.list_of(session, copy)

    return await cap.database.read(read)


async def test_a_picture_is_cleaned_sealed_and_stands_in_the_text_once_it_is_described(
    cap: Capabilities, browser: Browser
) -> None:
    await browser.sign_in(cap, "ana@example.org", "author")
    uid = await begin(cap, browser)
    status, to, _ = await send(browser, uid, photograph(), caption="Der Kanal")
    assert (status, to) == (303, f"/desk/texts/{uid}/pictures?done=kept")
    page = await browser.get(f"/desk/texts/{uid}/pictures")
    assert "needs a description" in page.text
    assert patching.pictures_of(await source_of(cap, uid)) == ()
    (file,) = await kept(cap, uid)
    shown = await browser.get(f"/desk/texts/{uid}/pictures/{file.name}")
    assert (shown.headers["content-type"], shown.headers["cache-control"]) == (
        "image/jpeg",
        "private, no-store",
    )
    assert b"SECRET" not in shown.content
    answer = await browser.post(
        f"/desk/texts/{uid}/pictures/{file.name}", do="describe", alt="Ein  Reiher\nam Kanal", caption="Kanal"
    )
    assert answer.status_code == 303
    said = {"file": file.name, "alt": "Ein Reiher am Kanal", "caption": "Kanal"}
    assert patching.pictures_of(await source_of(cap, uid)) == (said,)
    preview = await browser.get(f"/desk/texts/{uid}/preview")
    assert f"/desk/texts/{uid}/pictures/{file.name}" in preview.text
    assert 'alt="Ein Reiher am Kanal"' in preview.text
    await browser.post(f"/desk/texts/{uid}/pictures/{file.name}", do="remove")
    assert (await kept(cap, uid), patching.pictures_of(await source_of(cap, uid))) == ((), ())


def bomb() -> bytes:
    """Return a PNG of a few bytes that claims a hundred thousand pixels a side."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 99))
        + chunk(b"IEND", b"")
    )


async def test_hostile_files_get_a_plain_sentence_and_the_form_keeps_what_was_typed(
    cap: Capabilities, browser: Browser
) -> None:
    await browser.sign_in(cap, "ana@example.org", "author")
    uid = await begin(cap, browser)
    hostile = {
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        "truncated": photograph(400, 300)[:200],
        "script after a head": b"GIF89a<script>alert(1)</script>",
        "bomb": bomb(),
        "too large": b"\xff" * (17 * 1024 * 1024),
        "nothing": None,
    }
    for name, content in hostile.items():
        status, _, page = await send(
            browser, uid, content, alt="Ein Reiher & ein Kanal", licence="CC BY", faces="1"
        )
        assert status == 422, name
        assert 'role="alert"' in page, name
        assert "Ein Reiher &amp; ein Kanal" in page, name
        assert 'value="CC BY"' in page, name
        assert "/tmp" not in page, name
    assert await kept(cap, uid) == ()
    assert not any((Path(cap.settings.data_dir) / "tmp").iterdir())


async def test_a_form_of_an_old_session_sends_nothing_and_gives_back_what_was_typed(
    cap: Capabilities, browser: Browser
) -> None:
    await browser.sign_in(cap, "ana@example.org", "author")
    uid = await begin(cap, browser)
    browser.seal = "0" * 64
    status, _, page = await send(browser, uid, photograph(), alt="Ein Reiher am Kanal")
    assert (status, "Ein Reiher am Kanal" in page, await kept(cap, uid)) == (409, True, ())


async def test_what_is_no_form_with_a_file_is_refused(cap: Capabilities, browser: Browser) -> None:
    await browser.sign_in(cap, "ana@example.org", "author")
    uid = await begin(cap, browser)
    path, kind = f"/desk/texts/{uid}/pictures", "multipart/form-data; boundary=x"
    for content_type, body, status in (
        ("application/x-www-form-urlencoded", b"seal=1", 415),
        ("multipart/form-data", b"", 415),
        (kind, b"--x\r\nnonsense", 400),
        (kind, b'--x\r\nContent-Disposition: form-data; name="seal"\r\n\r\n0\r\n', 400),
        (kind, b'--x\r\nContent-Disposition: form-data; name="seal"\r\n\r\n0\r\n--x--\r\n', 409),
        (
            kind,
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"a" * 70_000 + b"\r\n--x--\r\n",
            413,
        ),
    ):
        answer = await browser.client.post(
            path, content=body, headers={"content-type": content_type, **FROM_HERE}
        )
        assert answer.status_code == status, (content_type, body[:60])


async def test_pictures_of_another_collective_are_not_there(
    cap: Capabilities, browser: Browser, other: Browser
) -> None:
    await browser.sign_in(cap, "ana@example.org", "author")
    uid = await begin(cap, browser)
    await send(browser, uid, photograph(), alt="Ein Reiher")
    (file,) = await kept(cap, uid)
    await other.sign_in(cap, "eka@example.org", "owner", collective="tbilisi")
    for path in ("", f"/{file.name}"):
        assert (await other.get(f"/desk/texts/{uid}/pictures{path}")).status_code == 404
    assert (await send(other, uid, photograph()))[0] == 404
    answer = await other.post(f"/desk/texts/{uid}/pictures/{file.name}", do="remove")
    assert (answer.status_code, len(await kept(cap, uid))) == (404, 1)


async def test_what_a_process_that_died_left_behind_is_swept_away(cap: Capabilities) -> None:
    folder = cap.settings.temporary_dir
    old, new = folder / "upload-old", folder / "new"

    def leave() -> None:
        new.mkdir(parents=True)
        old.write_bytes(b"a picture")
        two_hours_ago = cap.clock().timestamp() - 7_200
        os.utime(old, (two_hours_ago, two_hours_ago))

    await anyio.to_thread.run_sync(leave)
    assert await furnishing.sweep(cap, cap.clock() - timedelta(hours=1)) == 1
    assert (old.exists(), new.exists()) == (False, True)
