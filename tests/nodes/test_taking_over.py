"""Two nodes over real HTTP: one takes a text of the other over, and hears of its corrections and its end."""

from pathlib import Path

from PIL import Image

from tests.nodes.conftest import Pair
from tests.nodes.harness import wait_until

ARTICLE = """+++
type = "news"
title = "What the kitchen taught us"
language = "en"
show = "teaser"
summary = "Three *months*."
tags = ["Kitchen"]
licence = "CC BY-SA 4.0"
[translations.ru]
title = "Чему нас научила кухня"
body = "Текст."
[[media]]
file = "pot.png"
alt = "A pot"
+++

Eighty meals, and {} pots.

{{lang=ka}}
> სუპი
"""
NOTE = """+++
type = "news"
title = "What the kitchen taught us"
language = "en"
show = "teaser"
note = "Taken from our friends."
[translations.ru]
title = "Чему нас научила кухня"
body = "Текст."
[[source]]
role = "first_published"
publisher = "Berlin"
+++

Eighty meals, and a pot of our own.
"""


def test_a_text_is_taken_over_and_its_source_goes_on_having_a_say(pair: Pair, tmp_path: Path) -> None:
    writer, reader = pair.writer, pair.reader
    article = tmp_path / "article.md"
    Image.new("RGB", (8, 6), "red").save(tmp_path / "pot.png")

    def write(pots: str) -> str:
        article.write_text(ARTICLE.format(pots), "utf-8")
        return str(article)

    source = writer.cli("post", write("two"))
    document = writer.document(source)
    page = document["url"]

    # It is here, in all languages, with credit and the way back.
    done = reader.run("take-over", page)
    assert done.returncode == 0, done.stderr
    copy = done.stdout.split("\n", 1)[0]
    assert "signature was verified" in done.stderr
    ours = reader.document(copy)
    assert ours["nameMap"] == document["nameMap"]
    assert ours["license"] == "CC BY-SA 4.0"
    assert ours["attachment"][0]["url"].startswith(reader.origin)
    assert ours["attachment"][0]["name"] == "A pot"
    english, russian = (reader.page(ours["url"].replace("/en/what-the-kitchen-taught-us", tail)) for tail in (
        "/en/what-the-kitchen-taught-us", "/ru/chemu-nas-nauchila-kukhnya"
    ))  # fmt: skip
    assert f'<link rel="canonical" href="{page}">' in english
    assert "Unchanged copy" in english
    assert "First published by" in english
    assert "CC BY-SA 4.0" in english
    assert '<blockquote lang="ka" dir="ltr">' in english
    assert "Копия без изменений" in russian
    assert reader.run("take-over", source).stdout.split("\n", 1)[0] == copy
    feed = reader.get("/feed.atom").text
    assert "Unchanged copy" in feed

    # A correction is a proposal, until somebody accepts it.
    writer.cli("edit", source, write("three"))
    (proposal,) = wait_until(lambda: reader.cli_json("proposals"), "the correction is proposed")
    assert proposal["changes"] == ["en: Eighty meals, and[- two-]{+ three+} pots."]
    assert "two pots" in reader.page(copy)
    reader.cli("accept-proposal", str(proposal["id"]))
    corrected = wait_until(
        lambda: page if "three pots" in (page := reader.page(copy)) else None, "the correction shows"
    )
    assert "Unchanged copy" in corrected
    assert reader.cli_json("proposals") == []

    # What our editors change is no unchanged copy, and is not overwritten by accident.
    changed = tmp_path / "changed.md"
    changed.write_text(NOTE, "utf-8")
    reader.cli("edit", copy, str(changed))
    wait_until(lambda: "Unchanged copy" not in reader.page(copy), "the page does not say so any more")
    writer.cli("edit", source, write("four"))
    (proposal,) = wait_until(lambda: reader.cli_json("proposals"), "the next correction is proposed")
    refused = reader.run("accept-proposal", str(proposal["id"]))
    assert refused.returncode == 2
    assert "would be lost" in refused.stderr
    reader.cli("decline-proposal", str(proposal["id"]))
    assert reader.run("proposals", "--ask", "--json").stdout.strip() == "[]"
    assert "a pot of our own" in reader.page(copy)

    # What is withdrawn there is withdrawn here only when we say so.
    writer.cli("delete", source, "--yes")
    (proposal,) = wait_until(lambda: reader.cli_json("proposals"), "the withdrawal is proposed")
    assert proposal["kind"] == "withdrawal"
    assert "a pot of our own" in reader.page(copy)
    reader.cli("accept-proposal", str(proposal["id"]))
    assert reader.get(copy, "application/activity+json").status_code == 410
    assert reader.cli_json("proposals") == []
    again = reader.run("take-over", source)
    assert (again.returncode, "withdrew it" in again.stderr) == (1, True)
