"""A rule reshares a friend's post once, though the node is killed over it, and takes it back with it."""

from dataclasses import replace
from pathlib import Path

from fedinode import failpoints
from tests.nodes.harness import Node, make_node, wait_until

_POST = '+++\ntype = "news"\ntitle = "Strike {number}"\nlanguage = "en"\nshow = "teaser"\n+++\n\nCome.\n'


def boosts(node: Node) -> list[str]:
    """Return what stands reshared."""
    return [
        str(row["object_uri"]) for row in node.rows("SELECT object_uri FROM reshares WHERE undone_at IS NULL")
    ]


def test_a_rule_reshares_once_whatever_kills_the_node(tmp_path: Path) -> None:
    writer, reader = make_node("bonn", tmp_path), make_node("halle", tmp_path)
    for node in (writer, reader):
        node.init()
        node.start()
    try:
        reader.cli("follow", writer.handle)
        wait_until(
            lambda: reader.rows("SELECT 1 FROM follows WHERE state = 'accepted'"), "halle follows bonn"
        )
        assert reader.cli("rule", writer.handle, "auto") == writer.actor_uri
        uris = [_posted_while_killed(writer, reader, tmp_path, point) for point in ("before", "after")]
        assert sorted(boosts(reader)) == sorted(uris)
        announced = reader.rows("SELECT object_uri FROM activities WHERE type = 'Announce'")
        assert sorted(str(row["object_uri"]) for row in announced) == sorted(uris)
        wait_until(
            lambda: len(writer.rows("SELECT 1 FROM reactions WHERE kind = 'announce'")) == 2,
            "bonn knows that both were reshared",
        )
        writer.cli("delete", uris[0], "--yes")
        wait_until(lambda: boosts(reader) == [uris[1]], "the reshare of what was deleted is taken back")
    finally:
        for node in (writer, reader):
            node.stop()


def _posted_while_killed(writer: Node, reader: Node, folder: Path, point: str) -> str:
    """Publish a post, over which the reader dies once; return its id when the reader has reshared it."""
    reader.stop()
    dying = replace(reader, environ={**reader.environ, failpoints.VARIABLE: f"react.{point}-commit"})
    dying.start()
    path = folder / f"{point}.md"
    path.write_text(_POST.format(number=point), "utf-8")
    uri = writer.cli("post", str(path))
    wait_until(lambda: not dying.is_running(), "halle is killed while it takes the post in")
    dying.stop()
    reader.start()
    wait_until(lambda: uri in boosts(reader), "halle goes on and reshares it")
    return uri
