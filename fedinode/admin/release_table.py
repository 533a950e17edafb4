"""The routes about one text beside its words: pictures, languages, previews, release."""

from typing import Final

from fedinode.admin import picture_pages, preview_pages, release_pages, translation_pages
from fedinode.admin.doors import DESK, OpenHandler, member_form, member_only
from fedinode.admin.rescuing import writing_form
from fedinode.admin.uploading import member_upload

_TEXT: Final = f"{DESK}/texts/{{uid}}"
_ASKED: Final = f"{DESK}/decisions/{{uid}}"

DOORS: Final[tuple[tuple[str, str, OpenHandler], ...]] = (
    (f"{_TEXT}/preview", "GET", member_only(preview_pages.show_page, "translate")),
    (f"{_TEXT}/preview/mastodon", "GET", member_only(preview_pages.show_mastodon, "translate")),
    (f"{_ASKED}/preview", "GET", member_only(preview_pages.show_asked)),
    (f"{_ASKED}/preview/mastodon", "GET", member_only(preview_pages.show_asked_mastodon)),
    (f"{_ASKED}/pictures/{{name}}", "GET", member_only(preview_pages.asked_picture)),
    (f"{_TEXT}/release", "GET", member_only(release_pages.show, "release")),
    (f"{_TEXT}/release", "POST", member_form(release_pages.release, "release")),
    (f"{_TEXT}/release/call-off", "POST", member_form(release_pages.call_off, "release")),
    (f"{_TEXT}/release/amend", "POST", member_form(release_pages.amend, "release")),
    (f"{_TEXT}/release/draft", "POST", member_form(release_pages.keep_draft, "release")),
    (f"{_TEXT}/delete", "GET", member_only(release_pages.ask_delete, "release")),
    (f"{_TEXT}/delete", "POST", member_form(release_pages.delete, "release")),
    (f"{_TEXT}/translations", "GET", member_only(translation_pages.show_all, "translate")),
    (f"{_TEXT}/translations", "POST", member_form(translation_pages.add, "translate")),
    (f"{_TEXT}/translations/remove", "POST", member_form(translation_pages.remove, "write")),
    (f"{_TEXT}/translate/{{language}}", "GET", member_only(translation_pages.show_one, "translate")),
    (f"{_TEXT}/translate/{{language}}", "POST", writing_form(translation_pages.save, "translate")),
    (f"{_TEXT}/pictures", "GET", member_only(picture_pages.show, "write")),
    (
        f"{_TEXT}/pictures",
        "POST",
        member_upload(picture_pages.send, "write", stale=picture_pages.stale),
    ),
    (f"{_TEXT}/pictures/{{name}}", "GET", member_only(picture_pages.content, "translate")),
    (f"{_TEXT}/pictures/{{name}}", "POST", member_form(picture_pages.change, "write")),
)
