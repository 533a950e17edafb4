"""The examples in the documentation are what the code makes, and they verify."""

import json
import re
from pathlib import Path

import pytest

from federation import jsonld
from federation.cosigning import documents, messages, record_checks, trust
from federation.cosigning.verify import verify
from tests.federation.cosigning import examples
from tests.federation.cosigning.cells import KOELN

WRITTEN = (Path(__file__).parents[3] / "docs" / "cosigning_examples.md").read_text("utf-8")
BLOCKS = re.findall(r"^## ([^\n]+)\n\n```json\n(.+?)\n```", WRITTEN, re.MULTILINE | re.DOTALL)


def test_the_examples_are_what_the_code_makes() -> None:
    again = "write them anew: python -m tests.federation.cosigning.examples >docs/cosigning_examples.md"
    assert "\n".join(examples.lines()) + "\n" == WRITTEN, again


@pytest.mark.parametrize(("heading", "block"), BLOCKS, ids=[heading for heading, _ in BLOCKS])
def test_each_example_is_read_back(heading: str, block: str) -> None:
    assert json.loads(block) == examples.EXAMPLES[heading]


def test_the_bundle_of_the_examples_is_sound_also_to_a_reader_with_a_list() -> None:
    source = jsonld.dump(examples.BUNDLE)
    for reader in (None, trust.parse_trust(examples.TRUST)):
        report = verify(source, reader)
        assert report.is_sound, report
        assert [each.word for each in report.entries] == ["valid"]
        assert [each.word for each in report.former] == ["withdrawn"]


def test_the_messages_of_the_examples_are_read() -> None:
    invite = messages.parse_invite(examples.INVITE)
    assert documents.digest(documents.signed_text(invite.draft)) == examples.STATEMENT["textDigest"]
    request = messages.parse_request(examples.EXAMPLES["CoSignRequest, R11"])
    assert request.co_signature.signer_uri == KOELN.uri
    assert messages.parse_answer(examples.EXAMPLES["Accept of a request"]).stamp == examples.STAMP
    assert messages.parse_answer(examples.EXAMPLES["Reject of a request"]).reason == "other-text"
    removal = examples.EXAMPLES["Delete of a stamp by the author, V5"]
    assert record_checks.named_by(removal) == {examples.STAMP["id"]}
