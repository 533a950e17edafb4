"""Nothing gets round the members: who may use a co-sign key, who may publish, and who may say they agreed."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from fedinode.services.members import gating, voting
from fedinode.services.members.gating import GATES
from fedinode.storage.decisions import Thresholds

SOURCE = Path(__file__).resolve().parents[2] / "fedinode"


@cache
def calls() -> tuple[tuple[str, str, ast.Call], ...]:
    """Return the file and the name of everything that the node calls."""
    return tuple(_calls())


def _calls() -> Iterator[tuple[str, str, ast.Call]]:
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = (
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                )
                yield path.stem, name, node


def callers_of(*names: str) -> set[str]:
    return {stem for stem, name, _ in calls() if name in names}


def test_one_place_reads_the_private_half_of_a_co_sign_key() -> None:
    readers = {
        stem
        for stem, name, call in calls()
        if name in ("load_signing_key", "signer", "find_current")
        and any(isinstance(each, ast.Constant) and each.value == "cosign" for each in ast.walk(call))
    }
    assert readers == {"vouching"}


def test_the_purpose_of_a_key_is_never_worked_out() -> None:
    """Else the test above could be got round by a variable."""
    worked_out = {
        stem
        for stem, name, call in calls()
        if name in ("load_signing_key", "find_current")
        and not any(isinstance(each, ast.Constant) for each in call.args)
    }
    assert worked_out == {"capabilities"}


def test_a_mandate_is_made_for_decisions_alone() -> None:
    assert callers_of("Mandate") == {"deciding"}
    assert callers_of("mandate_of_signing") == {"withdrawing"}


def test_only_what_the_members_decided_is_signed() -> None:
    signers = {
        stem
        for stem, name, call in calls()
        if name == "sign"
        and isinstance(call.func, ast.Attribute)
        and ast.unparse(call.func.value) == "vouching"
    }
    assert signers == {"consenting", "releasing", "withdrawing"}


@pytest.mark.parametrize(
    ("act", "rooms"),
    [
        ("go_public", {"publishing", "republishing", "taking_over"}),
        ("release_object", {"releasing", "revising"}),
        ("release_changed_surroundings", {"revising"}),
        ("_go_public", {"publishing"}),
        ("_change_public", {"revising"}),
        ("set_thresholds", {"consulting", "administering", "member_pages"}),
        ("add_role", {"enrolling", "registering"}),
        ("remove_role", {"enrolling"}),
        ("record_account", {"founding"}),
    ],
)
def test_what_members_decide_about_is_done_in_one_room(act: str, rooms: set[str]) -> None:
    assert callers_of(act) == rooms


def test_every_gate_has_somebody_who_acts_or_takes_a_file() -> None:
    assert set(voting.EXECUTORS) | voting.BY_FILE == set(GATES)


def test_every_gate_counts_a_number_that_can_be_set() -> None:
    assert {name for gate in GATES.values() for name in gate.thresholds} == set(gating.THRESHOLDS)
    assert set(Thresholds(publish=1, cosign=1).effective()) == set(gating.THRESHOLDS)


def test_what_is_not_set_follows_what_it_resembles() -> None:
    assert Thresholds(publish=2, cosign=3).effective() == {
        "publish": 2,
        "edit": 2,
        "delete": 2,
        "cosign": 3,
        "withdraw": 3,
        "block": 1,
    }
    assert Thresholds(publish=2, cosign=3, edit=1, withdraw=1).effective()["edit"] == 1


#: What sends without asking whether everything is stopped, and why that is right: it is queued, and waits.
ANSWERS = {
    "sharing": "the rooms that share ask",
    "unsharing": "the rooms that take back ask; what the author deleted is taken back by the node itself",
    "releasing": "the rooms that publish ask",
    "keeping_lists": "the node counts what came in",
    "heeding": "the node answers what came in",
    "withdrawing": "a decision asks; the node withdraws from what was not published in time",
    "consenting": "a decision asks; the node reminds authors who did not answer",
    "delivering": "greets servers that come back",
    "waking": "sends again what somebody missed",
    "thread_answers": "the node answers who signed by a reply",
}


def test_whatever_goes_out_asks_whether_everything_is_stopped() -> None:
    senders = {
        stem
        for stem, name, call in calls()
        if name == "send"
        and isinstance(call.func, ast.Attribute)
        and ast.unparse(call.func.value) == "sending"
    }
    asking = callers_of("require_running")
    assert senders - asking == set(ANSWERS)
    assert asking >= {
        "publishing",
        "revising",
        "resharing",
        "taking_over",
        "inviting",
        "following",
        "stamping",
    }


def test_the_queue_and_the_worker_ask_it_too() -> None:
    assert callers_of("permits") == {"deciding"}
    asking = {
        stem for stem, name, call in calls() if "halting.is_running" in ast.unparse(call) and name == "read"
    }
    assert asking >= {"dispatching", "ticking"}
