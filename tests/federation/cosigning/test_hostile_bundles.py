"""Whatever a file holds, verifying it ends in a word of the protocol, in seconds and in little memory."""

import json
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from federation import base58, errors, jsonld, proofs
from federation.cosigning import bundle as bundles
from federation.cosigning import evidence, records
from federation.cosigning.report import EntryWord, ListWord, Report, StatementWord
from federation.cosigning.verify import verify
from federation.jsonld import PUBLIC
from tests.federation.cosigning import cells
from tests.federation.cosigning.cells import HALLE, KOELN, LEIPZIG, STATEMENT

PLACES = [(), ("statement",), ("entries", 0), ("entries", 0, "coSignature"), ("entries", 0, "authorization")]
PLACES += [("checkpoint",), ("actors", 0), ("withdrawals", 0), ("formerEntries", 0), ("witnesses", 0)]
SOUND = cells.bundle(
    cells.entry(),
    withdrawals=[cells.withdrawal(cells.co_signature(HALLE), HALLE)],
    formerEntries=[cells.entry(HALLE)],
    witnesses=[cells.witness(HALLE, KOELN)],
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.text(max_size=6)
    | st.sampled_from([PUBLIC, LEIPZIG.uri, KOELN.uri, KOELN.key_id, STATEMENT["textDigest"], "de"])
)


def nested(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=6,
    )


def require_words(report: Report) -> None:
    assert report.statement in {*StatementWord}
    assert report.completeness in {*ListWord}
    assert {each.word for each in (*report.entries, *report.former)} <= {*EntryWord}
    assert json.dumps(report.as_document())


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_change_of_a_bundle_ends_in_words(data: st.DataObject) -> None:
    made = json.loads(json.dumps(SOUND))
    target: Any = made
    for step in data.draw(st.sampled_from(PLACES)):
        target = target[step]
    name = data.draw(st.sampled_from(sorted(target)) | st.text(max_size=6))
    target[name] = data.draw(nested(LEAVES | st.floats()))
    require_words(cells.verified(made))


def paths_in(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to each value in a record, the proof apart."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in items:
        if (*path, name) != ("proof",):
            yield (*path, name)
            yield from paths_in(inner, (*path, name))


SIGNED = {
    ("statement",): LEIPZIG.sign,
    ("entries", 0, "coSignature"): KOELN.sign,
    ("entries", 0, "authorization"): LEIPZIG.sign_daily,
    ("checkpoint",): LEIPZIG.sign_daily,
    ("tally",): LEIPZIG.sign_daily,
    ("witnesses", 0): HALLE.sign_daily,
    ("withdrawals", 0): HALLE.sign,
    ("removals", 0): LEIPZIG.sign,
}
TALLY = {
    **cells.checkpoint([]),
    "type": "CoSignTally",
    "persons": {"email": 5},
    "countries": {"DE": 5},
    "organisations": [{"name": "Verein"}],
}


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_what_its_owner_signed_ends_in_words_whatever_it_is(data: st.DataObject) -> None:
    removed = cells.entry(HALLE, number=2)
    made = json.loads(
        json.dumps(SOUND | {"tally": TALLY, "removals": [cells.removal(removed["authorization"])]})
    )
    place = data.draw(st.sampled_from(sorted(SIGNED, key=str)))
    holder: Any = made
    for step in place[:-1]:
        holder = holder[step]
    record = holder[place[-1]]
    path = data.draw(st.sampled_from(list(paths_in(record))))
    target = record
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = data.draw(nested(LEAVES))
    try:
        holder[place[-1]] = SIGNED[place](record)
    except errors.Malformed:
        return  # It has no canonical form, so nobody can sign it.
    require_words(cells.verified(made))


@settings(deadline=None)
@given(st.binary(max_size=200), st.integers(0, 4000))
def test_any_bytes_end_in_a_word(noise: bytes, position: int) -> None:
    sound = json.dumps(SOUND).encode()
    for source in (noise, sound[:position] + noise + sound[position:], sound[:position], sound[position:]):
        assert verify(source).statement in {*StatementWord}


# -- files that are made to cost time or memory


SIZE = 16 * 1024 * 1024
HEADER = b'{"type":"CoSignBundle","version":2,'
TEXT = jsonld.dump(STATEMENT)
ACTOR = jsonld.dump(LEIPZIG.actor)
BEGINNING = HEADER + b'"statement":%s,"actors":[%s,%s],' % (TEXT, ACTOR, jsonld.dump(KOELN.actor))


def several(record: bytes, count: int = 10_000, size: int = SIZE) -> bytes:
    """Return a list of equal records, as long as may be."""
    return b"[" + b",".join([record] * min(count, size // (len(record) + 1))) + b"]"


def actor_with(cell: cells.Cell, key_id: str, count: int) -> bytes:
    """Return an actor document with several keys under one id; the right one is the last."""
    names = [*(f"{key_id} {number}" for number in range(count - 1)), key_id]
    methods = [
        record
        for name in names
        for record in records.render_actor(cell.uri, "x", {key_id: cells.make_key(name).public.multikey()})[
            "assertionMethod"
        ]
    ]
    return jsonld.dump({"id": cell.uri, "assertionMethod": methods})


def many_keys() -> bytes:
    """Return actor documents with 60,000 keys in all."""
    key = cells.make_key("x").public.multikey()
    documents = []
    for number in range(6_000):
        uri = f"https://a{number}.example/actor"
        named = {f"{uri}#cosign-{each}": key for each in range(10)}
        documents.append(jsonld.dump(records.render_actor(uri, "x", named)))
    return HEADER + b'"statement":%s,"actors":[%s]}' % (TEXT, b",".join(documents))


def entries_behind_false_withdrawals() -> bytes:
    """Return many entries of one id, and long activities that name it: each must be looked at once only."""
    signed = cells.co_signature()
    long = cells.withdrawal(signed) | {"x": "y" * 250_000}
    return BEGINNING + b'"withdrawals":%s,"entries":%s}' % (
        several(jsonld.dump(long), 10),
        several(jsonld.dump(cells.entry()), 500),
    )


def entries_under_many_keys() -> bytes:
    """Return entries whose proofs have to be tried with eight keys each."""
    actors = b'"actors":[%s,%s,%s],' % (
        actor_with(LEIPZIG, LEIPZIG.daily_key_id, 8),
        ACTOR,
        actor_with(KOELN, KOELN.key_id, 8),
    )
    signed = cells.co_signature()
    first = cells.make_key(f"{KOELN.key_id} 0").public.multikey()
    entry = {"coSignature": signed, "authorization": cells.stamp(signed, first)}
    return HEADER + b'"statement":%s,%s"entries":%s}' % (TEXT, actors, several(jsonld.dump(entry), 2_500))


HOSTILE = {
    "brackets": lambda: HEADER + b'"x":[' + b"[]," * (SIZE // 3) + b"[]]}",
    "open": lambda: HEADER + b'"entries":' + b"[" * SIZE,
    "quotes": lambda: HEADER + b'"x":"' + b'\\"' * (SIZE // 2) + b'"}',
    "unclosed": lambda: HEADER + b'"x":"' + b"a" * SIZE,
    "blanks": lambda: HEADER + b" " * SIZE,
    "lines": lambda: b'{"x":1}\n' * 100_000,
    "blank lines": lambda: b"\n" * 100_000 + b" " * SIZE,
    "entries": lambda: BEGINNING + b'"entries":%s}' % several(b"{}"),
    "actors": lambda: HEADER + b'"statement":%s,"actors":%s}' % (TEXT, several(ACTOR, 20_000)),
    "withdrawals": lambda: (
        BEGINNING
        + b'"withdrawals":%s}' % several(b'{"type":"Undo","object":"https://koeln.example/1"}', 20_000)
    ),
    "long ids": lambda: (
        BEGINNING
        + b'"entries":%s}' % several(b'{"coSignature":{"id":"https://a.example/%s"}}' % (b"a" * 900))
    ),
    "small objects": lambda: (
        BEGINNING + b'"entries":%s}' % several(b'{"coSignature":[%s]}' % b",".join([b'{"x":1}'] * 500), 5_000)
    ),
    "small numbers": lambda: BEGINNING + b'"witnesses":%s}' % several(b'{"x":%s}' % several(b"1", 100_000)),
    "floats": lambda: BEGINNING + b'"entries":%s}' % several(b'{"coSignature":{"revision":1.5}}'),
    "names twice": lambda: BEGINNING + b'"entries":%s}' % several(b'{"coSignature":{},"coSignature":{}}'),
    "statements": lambda: b"\n".join(b'{"statement":{"x":"%d%s"}}' % (n, b"y" * 250_000) for n in range(60)),
    "false withdrawals": entries_behind_false_withdrawals,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_file_costs_more_than_10_seconds_and_200_mb(name: str) -> None:
    source = HOSTILE[name]()
    before = time.process_time()
    tracemalloc.start()
    try:
        assert verify(source).statement in {*StatementWord}
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The file itself is 64 MiB at most, and is not counted here.
    assert peak < 100_000_000
    # Making the file and counting each byte of memory take more than half of the time.
    assert time.process_time() - before < 20


def test_base58_of_250_kb_is_refused_by_its_length() -> None:
    signed = cells.co_signature()
    signed["proof"] = signed["proof"] | {"proofValue": "z" + base58.ALPHABET[-1] * 250_000}
    before = time.process_time()
    report = verify(BEGINNING + b'"entries":%s}' % several(jsonld.dump({"coSignature": signed})))
    assert {each.word for each in report.entries} == {EntryWord.INVALID}
    assert time.process_time() - before < 10


@pytest.mark.parametrize("make", [many_keys, entries_under_many_keys])
def test_a_file_that_asks_for_more_work_than_any_list_is_refused_as_a_whole(
    make: Callable[[], bytes],
) -> None:
    source = make()
    before = time.process_time()
    report = verify(source)
    assert time.process_time() - before < 10
    assert report.statement == "malformed"
    assert report.notes == ("a bundle has more keys, or needs more checks, than a bundle may",)


def test_an_exhausted_keyring_fits_nothing_any_more() -> None:
    signed = cells.co_signature()
    keyring = evidence.collect([KOELN.actor])
    message, signature = proofs.message_of(signed), proofs.proof_of(signed).signature
    assert keyring.fits(message, signature, KOELN.value)
    for _ in range(evidence.MAX_CHECKS - 1):
        keyring.fits(message, signature, "no key")
    with pytest.raises(evidence.Exhausted):
        keyring.fits(message, signature, KOELN.value)


def test_a_name_that_is_no_id_is_not_shown() -> None:
    for name in ("\x1b[2J", "https://koeln.example/" + "a" * 300, 5, None):
        made = cells.bundle({"coSignature": {"id": name}}, {"coSignature": name})
        made["formerEntries"] = [{"coSignature": name}]
        report = cells.verified(made)
        assert {each.uri for each in (*report.entries, *report.former)} == {None}


def test_a_bundle_of_300_cells_is_read_in_seconds() -> None:
    many = [cells.Cell(f"c{number}.example") for number in range(300)]
    entries = [cells.entry(each) for each in many]
    made = cells.bundle(*entries, actors=[LEIPZIG.actor, *(each.actor for each in many)])
    source = b"".join(bundles.dump_lines(made))
    before = time.process_time()
    assert verify(source).is_sound
    assert time.process_time() - before < 10
