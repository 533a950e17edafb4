"""A post written down as a manuscript says what the post says."""

from dataclasses import replace
from pathlib import Path

import pytest

from fedinode.capabilities import Capabilities
from fedinode.frontmatter import parse_manuscript, parse_written
from fedinode.manuscripts import Manuscript
from fedinode.services import publishing, revising
from fedinode.services.writing import transcribing
from fedinode.services.writing.transcribing import Transcript
from fedinode.storage.database import Session

FOLDER = Path(__file__).parents[2] / "manuscripts"
RICH = '''+++
type = "statement"
title = "Water for all"
language = "en"
key = "water"
summary = "Short, with *stress* and \\"quotes\\" \\\\ and more."
note = "We voted on it."
tags = ["water", "Commons"]
category = "Cities"
licence = "CC0"
comments = "open"
issued_by = "The assembly"
adopted = 2026-03-01T18:30:00
timezone = "Asia/Tbilisi"
place = "Tbilisi"
addressees = ["The council", "Everybody"]
demands = ["Open the wells.", "Close the meters."]
cosign = "anyone"
individuals = true
sign_until = 2027-03-01T18:30:00
goal = 500
smallest_group = 7
signed_elsewhere = { count = 12, countries = 2, as_of = 2026-02-01, url = "https://other.example/list" }
[[authors]]
name = "Ada"
names.ka = "ადა"
place = "Tbilisi"
[[source]]
role = "original"
url = "https://other.example/water"
published = 2026-02-02
canonical = true
[[related]]
title = "Before"
url = "https://other.example/before"
[translations.ka]
title = "წყალი ყველას"
summary = "მოკლედ."
demands = ["ერთი", "ორი"]
translator = "Nino"
status = "unofficial"
body = """
ჩვენ ვითხოვთ.

+ + +
"""
[translations.de]
title = "Wasser für alle"
source_language = "ka"
body = "Wir bestehen darauf."
+++
We insist.

> A quote
'''


async def transcribe(cap: Capabilities, url: str) -> Transcript:
    def read(session: Session) -> Transcript:
        post, _ = publishing.post_and_collective(session, cap.urls, url)
        return transcribing.transcribe(session, post)

    return await cap.database.read(read)


def without_slugs(manuscript: Manuscript) -> Manuscript:
    return replace(manuscript, texts=tuple(replace(each, slug=None) for each in manuscript.texts))


@pytest.mark.anyio
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_a_post_written_down_changes_nothing_where_nobody_changes_it(cap: Capabilities) -> None:
    read = [parse_manuscript(each) for each in sorted(FOLDER.glob("0*.md")) if each.name.count(".") == 1]
    for manuscript in (*read, parse_written(RICH, FOLDER)):
        wanted = without_slugs(replace(manuscript, pictures=(), published=None, deliver=False))
        draft = await publishing.post(cap, wanted, draft=True)
        of_draft = parse_written((await transcribe(cap, draft.uri)).source, FOLDER)
        assert replace(of_draft, deliver=False) == replace(wanted, warnings=())

        await publishing.publish(cap, draft.uri)
        of_public = parse_written((await transcribe(cap, draft.uri)).source, FOLDER)
        edited = await revising.edit(cap, draft.uri, of_public)
        assert edited.already, manuscript.key
