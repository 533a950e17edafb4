import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation import errors
from federation.cosigning import trust
from federation.cosigning.record_checks import SeenKey
from federation.cosigning.trust import Rung, Sighting, Trust, Vouching
from tests.federation.cosigning.cells import BREMEN, HALLE, KOELN

AT = "2026-11-24T04:10:00Z"


def sighting(key: str, *, is_trusted: bool, witness: str = HALLE.uri) -> Sighting:
    seen = SeenKey(key_id=KOELN.key_id, key=key, seen_at=AT)
    return Sighting(witness_uri=witness, is_trusted=is_trusted, seen=seen)


def test_a_trust_file_is_read() -> None:
    text = f"# keys we compared on paper\n\n{KOELN.key_id} {KOELN.value}\n  \n"
    text += f"{HALLE.key_id}\t{HALLE.value}  \r\n"
    assert trust.parse_trust(text).keys == {
        KOELN.key_id: frozenset({KOELN.value}),
        HALLE.key_id: frozenset({HALLE.value}),
    }


def test_a_key_id_may_have_several_keys() -> None:
    text = f"{KOELN.key_id} {KOELN.value}\n{KOELN.key_id} {HALLE.value}\n{KOELN.key_id} {KOELN.value}"
    assert trust.parse_trust(text).keys == {KOELN.key_id: frozenset({KOELN.value, HALLE.value})}


def test_an_empty_file_trusts_nobody() -> None:
    assert trust.parse_trust("").keys == {}
    assert Trust().keys == {}


@pytest.mark.parametrize(
    "line",
    [
        "x",
        KOELN.key_id,
        f"{KOELN.key_id} {KOELN.value} x",
        f"{KOELN.uri} {KOELN.value}",
        f"{KOELN.key_id} {KOELN.value[:-1]}",
        f"{KOELN.value} {KOELN.key_id}",
        f"koeln.example#cosign-1 {KOELN.value}",
        f" # {KOELN.key_id}",
    ],
)
def test_a_line_in_another_form_is_named(line: str) -> None:
    with pytest.raises(errors.Malformed) as caught:
        trust.parse_trust(f"\n{line}\n")
    assert str(caught.value) == "line 2 of a trust file is not a key id and a key"


def test_a_file_of_100000_lines_is_read_and_a_longer_one_is_not() -> None:
    trust.parse_trust("\n" * 100_000)
    with pytest.raises(errors.TooLarge, match="too many lines"):
        trust.parse_trust("\n" * 100_001)


@given(st.text(max_size=60))
def test_any_text_is_a_trust_file_or_malformed(text: str) -> None:
    try:
        found = trust.parse_trust(text)
    except errors.Malformed:
        return
    assert all(key_id.startswith("http") for key_id in found.keys)


@pytest.mark.parametrize("otherwise", [Rung.AUTHOR, Rung.FILE])
def test_a_key_of_which_nobody_speaks_keeps_its_rung(otherwise: Rung) -> None:
    assert Vouching(Trust()).rung(KOELN.key_id, KOELN.value, otherwise) is otherwise
    assert Vouching(Trust()).seen_by(KOELN.key_id, KOELN.value) == ()


def test_the_readers_list_decides_before_any_witness() -> None:
    listed = Trust(keys={KOELN.key_id: frozenset({KOELN.value})})
    vouching = Vouching(listed, [sighting(HALLE.value, is_trusted=True)])
    assert vouching.rung(KOELN.key_id, KOELN.value, Rung.FILE) is Rung.TRUSTED
    assert vouching.rung(KOELN.key_id, HALLE.value, Rung.FILE) is Rung.CONFLICT
    assert vouching.is_trusted(KOELN.key_id, KOELN.value)
    assert not vouching.is_trusted(KOELN.key_id, HALLE.value)
    assert not vouching.is_trusted(HALLE.key_id, HALLE.value)


def test_a_trusted_witness_decides_where_the_list_is_silent() -> None:
    vouching = Vouching(Trust(), [sighting(KOELN.value, is_trusted=True)])
    assert vouching.rung(KOELN.key_id, KOELN.value, Rung.FILE) is Rung.WITNESSED
    assert vouching.rung(KOELN.key_id, HALLE.value, Rung.FILE) is Rung.CONFLICT
    assert vouching.rung(HALLE.key_id, HALLE.value, Rung.FILE) is Rung.FILE


def test_a_key_that_changed_was_seen_as_each_witness_saw_it() -> None:
    seen = [
        sighting(KOELN.value, is_trusted=True),
        sighting(HALLE.value, is_trusted=True, witness=BREMEN.uri),
    ]
    vouching = Vouching(Trust(), seen)
    assert vouching.rung(KOELN.key_id, KOELN.value, Rung.FILE) is Rung.WITNESSED
    assert vouching.rung(KOELN.key_id, HALLE.value, Rung.FILE) is Rung.WITNESSED
    assert vouching.seen_by(KOELN.key_id, KOELN.value) == ((HALLE.uri, AT),)
    assert vouching.seen_by(KOELN.key_id, HALLE.value) == ((BREMEN.uri, AT),)


def test_a_witness_whom_nobody_trusts_decides_nothing() -> None:
    vouching = Vouching(Trust(), [sighting(HALLE.value, is_trusted=False)])
    assert vouching.rung(KOELN.key_id, KOELN.value, Rung.AUTHOR) is Rung.AUTHOR
    assert vouching.rung(KOELN.key_id, HALLE.value, Rung.AUTHOR) is Rung.AUTHOR
    assert vouching.seen_by(KOELN.key_id, HALLE.value) == ((HALLE.uri, AT),)
