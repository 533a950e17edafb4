"""Addresses inside documents: every shape that a peer was seen to write."""

from __future__ import annotations

import pytest

from federation import errors, links
from federation.links import Attachment

ID = "https://a.example/users/x"
PAGE = "https://a.example/@x"


@pytest.mark.parametrize(
    "url",
    [
        PAGE,
        [PAGE],
        {"type": "Link", "href": PAGE},
        {"type": "Link", "href": PAGE, "mediaType": "text/html"},
        [{"type": "Link", "href": PAGE}],
        [{"type": "Link", "mediaType": "video/mp4", "href": "https://a.example/v.mp4"}, PAGE],
        [
            {"type": "Link", "mediaType": "application/json", "href": "https://a.example/x.json"},
            {"type": "Link", "mediaType": "text/html", "href": PAGE},
            "https://a.example/second",
        ],
        ["https://b.example/@x", PAGE],
        [None, 7, {"type": "Link"}, {"href": 7}, "not an address", PAGE],
    ],
)
def test_the_page_is_found_in_any_shape(url: object) -> None:
    assert links.get_page_url({"url": url}, ID) == PAGE


@pytest.mark.parametrize(
    "url", [None, "", "https://b.example/@x", {"href": "https://b.example/"}, [], 7, "@x"]
)
def test_a_page_on_another_host_or_none_at_all_is_no_page(url: object) -> None:
    assert links.get_page_url({"url": url}, ID) is None
    assert links.get_page_url({}, ID) is None


def test_where_no_link_is_a_page_the_first_one_counts() -> None:
    video = {"type": "Link", "mediaType": "video/mp4", "href": "https://a.example/v.mp4"}
    stream = {"type": "Link", "mediaType": "video/webm", "href": "https://a.example/v.webm"}

    assert links.get_page_url({"url": [video, stream]}, ID) == "https://a.example/v.mp4"


@pytest.mark.parametrize(
    "icon",
    [
        "https://cdn.example/i.png",
        {"type": "Image", "url": "https://cdn.example/i.png"},
        {"type": "Image", "url": {"type": "Link", "href": "https://cdn.example/i.png"}},
        {"type": "Image", "url": [{"type": "Link"}, {"type": "Link", "href": "https://cdn.example/i.png"}]},
        {"type": "Link", "href": "https://cdn.example/i.png"},
        [
            {"type": "Image"},
            {"type": "Image", "url": "https://cdn.example/i.png"},
            "https://cdn.example/2.png",
        ],
        [{"url": "https://cdn.example/untyped.png"}, {"type": "Image", "url": "https://cdn.example/i.png"}],
    ],
)
def test_a_picture_is_found_in_any_shape(icon: object) -> None:
    assert links.get_picture_url({"icon": icon}, "icon") == "https://cdn.example/i.png"


@pytest.mark.parametrize(
    "icon", [None, [], {}, {"type": "Image"}, {"type": "Image", "url": "x"}, 7, "x", ["", None]]
)
def test_a_picture_without_an_address_is_none(icon: object) -> None:
    assert links.get_picture_url({"icon": icon}, "icon") is None


def test_an_attachment_is_read_whole() -> None:
    document = {
        "attachment": {
            "type": "Document",
            "mediaType": "image/png",
            "url": "https://a.example/1.png",
            "name": "a cat",
            "width": 640,
            "height": 480,
            "focalPoint": [0.0, 0.5],
        }
    }

    assert links.get_attachments(document) == (
        Attachment(
            type="Document",
            url="https://a.example/1.png",
            media_type="image/png",
            alt="a cat",
            width=640,
            height=480,
        ),
    )


def test_attachments_keep_their_order_and_bad_ones_are_left_out() -> None:
    document = {
        "attachment": [
            {"type": "PropertyValue", "name": "Web", "value": "x"},
            {"type": "Image", "url": "https://a.example/1.png"},
            "https://a.example/page",
            {"type": 7, "url": "https://a.example/2.png"},
            None,
            {"type": "Link", "href": "https://a.example/3"},
        ]
    }

    assert [(each.type, each.url) for each in links.get_attachments(document)] == [
        ("Image", "https://a.example/1.png"),
        ("Link", "https://a.example/page"),
        ("Link", "https://a.example/3"),
    ]


def test_the_media_type_may_stand_in_the_link() -> None:
    link = {"type": "Link", "href": "https://a.example/v.mp4", "mediaType": "video/mp4"}

    (attachment,) = links.get_attachments({"attachment": {"type": "Video", "url": [link]}})
    assert attachment.media_type == "video/mp4"
    (named,) = links.get_attachments(
        {"attachment": {"type": "Video", "url": link, "mediaType": "video/webm"}}
    )
    assert named.media_type == "video/webm"


@pytest.mark.parametrize(
    ("members", "alt"),
    [
        ({"summary": "s", "name": "n"}, "s"),
        ({"summary": "", "name": "n"}, "n"),
        ({"summary": None, "name": "n"}, "n"),
        ({"name": ""}, None),
        ({"name": 7, "summary": ["x"]}, None),
        ({"name": "x" * 10_001}, "x" * 10_000),
    ],
)
def test_alternative_text_is_the_summary_else_the_name(members: dict[str, object], alt: str | None) -> None:
    (attachment,) = links.get_attachments(
        {"attachment": [{"type": "Image", "url": "https://a.example/1.png", **members}]}
    )

    assert attachment.alt == alt


@pytest.mark.parametrize("size", [0, -1, True, "640", 6.5, None])
def test_a_size_that_is_no_number_of_pixels_is_left_out(size: object) -> None:
    (attachment,) = links.get_attachments(
        {"attachment": [{"type": "Image", "url": "https://a.example/1.png", "width": size, "height": 1}]}
    )

    assert (attachment.width, attachment.height) == (None, 1)


def test_500_attachments_are_read_and_501_are_refused() -> None:
    one = {"type": "Image", "url": "https://a.example/1.png"}

    assert len(links.get_attachments({"attachment": [one] * 500})) == 500
    with pytest.raises(errors.TooLarge, match=r"^attachment has more than 500 items$"):
        links.get_attachments({"attachment": [one] * 501})


def test_an_attachment_is_written_with_its_alternative_text_in_both_places() -> None:
    attachment = Attachment(
        type="Image", url="https://a.example/1.png", media_type="image/png", alt="a cat", width=2, height=1
    )

    assert links.render_attachment(attachment) == {
        "type": "Image",
        "mediaType": "image/png",
        "url": "https://a.example/1.png",
        "name": "a cat",
        "summary": "a cat",
        "width": 2,
        "height": 1,
    }
    assert links.get_attachments({"attachment": links.render_attachment(attachment)}) == (attachment,)


def test_what_an_attachment_lacks_is_not_written() -> None:
    assert links.render_attachment(Attachment(type="Link", url="https://a.example/1")) == {
        "type": "Link",
        "url": "https://a.example/1",
    }
