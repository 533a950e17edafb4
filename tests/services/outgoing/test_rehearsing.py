"""A text is shown as it would be published, and nothing of it stays."""

from pathlib import Path

import pytest

from federation import jsonld
from fedinode.capabilities import Capabilities
from fedinode.frontmatter import parse_manuscript
from fedinode.manuscripts import Manuscript
from fedinode.services import cataloguing, publishing
from fedinode.services.writing import mirroring, rehearsing
from fedinode.storage import federated_objects, posts
from fedinode.storage.database import Session
from tests import mastodon

pytestmark = pytest.mark.anyio

STATEMENT = """+++
type = "statement"
title = "Wasser für alle"
language = "de"
summary = "Wir fordern *Wasser*."
tags = ["Wasser", "peace now"]
cosign = "anyone"
issued_by = "Zelle Berlin"

[translations.en]
title = "Water for all"
summary = "We demand water."
body = "# Why\\n\\nBecause."
translator = "Ana"
+++

## Warum

Weil es [fehlt](https://example.org/x).
"""


def manuscript(folder: Path, source: str) -> Manuscript:
    path = folder / "rehearsed.md"
    path.write_text(source, "utf-8")
    return parse_manuscript(path)


async def test_it_is_shown_in_each_language_and_nothing_stays(cap: Capabilities, tmp_path: Path) -> None:
    shown = await rehearsing.rehearse(cap, "berlin", manuscript(tmp_path, STATEMENT))
    assert [page.language for page in shown.pages] == ["de", "en"]
    assert shown.pages[0].title == "Wasser für alle"
    assert shown.pages[1].current.translator == "Ana"
    assert shown.pages[0].tags == ("Wasser", "peace now")
    assert "Weil es" in shown.pages[0].html
    assert await cataloguing.list_posts(cap) == ()


async def test_mastodon_shows_of_it_what_the_published_document_shows(
    cap: Capabilities, tmp_path: Path
) -> None:
    for name, source in (
        ("teaser", STATEMENT.replace('cosign = "anyone"', 'cosign = "closed"')),
        (
            "note",
            '+++\ntype = "news"\nlanguage = "de"\ntags = ["x"]\n+++\n## Kopf\n\nWort <https://a.example/>',
        ),
    ):
        written = manuscript(tmp_path, source)
        (document,) = (await rehearsing.rehearse(cap, "berlin", written)).documents
        published = await publishing.post(cap, written)

        def newest(session: Session, uri: str = published.uri) -> bytes:
            subject = federated_objects.find_by_uri(session, uri)
            assert subject is not None
            found = federated_objects.newest_document(session, subject.id)
            assert found is not None
            return found.body

        real = mastodon.show(jsonld.load(await cap.database.read(newest)))
        shown = mirroring.show(document)
        assert shown.hashtags == real.hashtags
        assert shown.is_teaser == (name == "teaser")
        if name == "note":
            assert shown.html.replace(' rel="nofollow noopener noreferrer"', "") == real.html
            assert shown.card_url == real.card_url == "https://a.example/"
        else:
            assert "Wir fordern" in shown.html
            assert shown.card_url == shown.page_url


async def test_a_draft_is_shown_as_it_is_kept_and_stays_one(cap: Capabilities, tmp_path: Path) -> None:
    kept = await publishing.post(cap, manuscript(tmp_path, STATEMENT), collective="berlin", draft=True)
    draft = await cap.database.read(lambda session: posts.find_by_object_uri(session, kept.uri))
    assert draft is not None
    shown = await rehearsing.rehearse_draft(cap, draft.id)
    assert shown.page("en") is not None
    assert shown.page("fr") is None
    assert shown.documents[0]["id"] == kept.uri
    assert (await cap.database.read(lambda session: posts.get(session, draft.id))).state == "draft"
