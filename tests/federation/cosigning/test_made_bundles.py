"""Bundles made at run time, of 1 to 200 signers in 1 to 4 languages, and then broken in known ways.

What the verifier has to say is worked out here from where the break is, without the verifier. Each run takes
another seed, which a failure shows; COSIGN_SEED repeats it.
"""

import os
import random
import secrets
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from federation import errors, jsonld
from federation.cosigning import bundle as bundles
from federation.cosigning.report import Report
from federation.cosigning.verify import verify
from federation.jsonld import Document
from tests.federation.cosigning import cells
from tests.federation.cosigning.cells import LEIPZIG, Cell

SEED = int(os.environ.get("COSIGN_SEED") or secrets.randbelow(2**32))
LANGUAGES = ("de", "en", "ka", "pt")
SIZES = (1, 2, 5, 33, 200)
FLIPS = {1: 120, 2: 100, 5: 60, 33: 8, 200: 2}


@dataclass(frozen=True)
class Words:
    """What a verifier has to say."""

    statement: str
    entries: tuple[str, ...] = ()
    completeness: str = "unknown"


MALFORMED = Words("malformed")
FORGED = Words("invalid-proof")


def said(report: Report) -> Words:
    entries = tuple(each.word.value for each in report.entries)
    return Words(report.statement.value, entries, report.completeness.value)


def made(count: int, language_count: int) -> Document:
    """Return a sound bundle."""
    languages = LANGUAGES[:language_count]
    texts = {language: f"<p>Überall {language}</p>" for language in languages}
    names = {language: f"Erklärung {language}" for language in languages}
    shown = {"name": names["de"], "summary": texts["de"], "content": texts["de"]}
    text = cells.statement(**shown, nameMap=names, summaryMap=texts, contentMap=texts)
    signers = [Cell(f"cell-{number}.example") for number in range(count)]
    entries = [cells.entry(each, text, signedLanguages=list(languages)) for each in signers]
    actors = [LEIPZIG.actor, *(each.actor for each in signers)]
    counted = cells.checkpoint(entries, text)
    return cells.bundle(*entries, text=text, actors=actors, checkpoint=counted)


@pytest.fixture(scope="module", params=SIZES)
def sound(request: pytest.FixtureRequest) -> Document:
    count: int = request.param
    return made(count, random.Random(SEED + count).randint(1, 4))


@pytest.fixture
def dice(sound: Document, request: pytest.FixtureRequest) -> random.Random:
    sys.stdout.write(f"COSIGN_SEED={SEED}\n")
    return random.Random(f"{SEED} {request.node.name}")


def verified(bundle: Document) -> Words:
    return said(verify(jsonld.dump(bundle)))


def copied(bundle: Document) -> Document:
    return jsonld.load(jsonld.dump(bundle), max_bytes=bundles.MAX_BUNDLE_BYTES)


def valid_but(count: int, word: str, *exceptions: int) -> tuple[str, ...]:
    return tuple(word if number in exceptions else "valid" for number in range(count))


def test_a_sound_bundle_of_any_size_is_sound(sound: Document) -> None:
    assert verify(jsonld.dump(sound)).is_sound
    assert verify(b"".join(bundles.dump_lines(sound))).is_sound


def test_stamps_that_changed_places_fit_nothing(sound: Document, dice: random.Random) -> None:
    bundle, count = copied(sound), len(sound["entries"])
    one, other = dice.sample(range(count), 2) if count > 1 else (0, 0)
    first, second = bundle["entries"][one], bundle["entries"][other]
    first["authorization"], second["authorization"] = second["authorization"], first["authorization"]
    expected = valid_but(count, "authorization-mismatch", one, other) if count > 1 else ("valid",)
    assert verified(bundle) == Words("valid", expected, "complete")


def test_keys_that_changed_places_verify_nothing(sound: Document, dice: random.Random) -> None:
    bundle, count = copied(sound), len(sound["entries"])
    one, other = dice.sample(range(count), 2) if count > 1 else (0, 0)
    # The first actor is the author; the first key of each signs consents.
    first, second = (bundle["actors"][each + 1]["assertionMethod"][0] for each in (one, other))
    first["publicKeyMultibase"], second["publicKeyMultibase"] = (
        second["publicKeyMultibase"],
        first["publicKeyMultibase"],
    )
    expected = valid_but(count, "invalid", one, other) if count > 1 else ("valid",)
    assert verified(bundle) == Words("valid", expected, "complete")


def test_entries_that_stand_there_again_count_once(sound: Document, dice: random.Random) -> None:
    bundle, count = copied(sound), len(sound["entries"])
    again = [dice.randrange(count) for _ in range(3)]
    bundle["entries"] = [*bundle["entries"], *(bundle["entries"][each] for each in again)]
    expected = valid_but(count, "valid") + ("duplicate",) * 3
    assert verified(bundle) == Words("valid", expected, "complete")


def test_an_entry_that_was_left_out_is_missed(sound: Document, dice: random.Random) -> None:
    bundle, count = copied(sound), len(sound["entries"])
    del bundle["entries"][dice.randrange(count)]
    assert verified(bundle) == Words("valid", valid_but(count - 1, "valid"), "incomplete")


def test_the_order_of_records_means_nothing(sound: Document, dice: random.Random) -> None:
    bundle = copied(sound)
    for member in ("entries", "actors"):
        dice.shuffle(bundle[member])
    assert verified(bundle) == Words("valid", valid_but(len(sound["entries"]), "valid"), "complete")
    assert verify(jsonld.dump(bundle)).is_sound


# -- one byte flipped


def test_one_flipped_byte_changes_the_word_of_what_it_hit_and_no_other(
    sound: Document, dice: random.Random
) -> None:
    source = jsonld.dump(sound)
    for _ in range(FLIPS[len(sound["entries"])]):
        place, flip = dice.randrange(len(source)), dice.randint(1, 255)
        flipped = source[:place] + bytes([source[place] ^ flip]) + source[place + 1 :]
        found, expected = said(verify(flipped)), expected_after(sound, source, flipped, place)
        around = flipped[max(0, place - 30) : place + 30]
        assert found in expected, f"seed {SEED}, byte {place} ^ {flip}: ..{around!r}.. {found}"


def expected_after(sound: Document, source: bytes, flipped: bytes, place: int) -> tuple[Words, ...]:
    """Return what may be said of a file in which one byte was flipped; nearly always one thing."""
    if not is_balanced(flipped):
        return (MALFORMED,)
    hit = [each for each in records_in(sound, source) if each[1] <= place < each[2]]
    if not hit:
        return expected_between_records(sound, source, flipped, place)
    ((member, start, end),) = hit
    changed = copied(sound)
    try:
        record: Document | None = bundles.load_record(flipped[start:end], floats=member == "actors")
    except errors.Malformed:
        record = None
    if member in bundles.SINGLE_MEMBERS:
        changed[member] = record
    else:
        number = [each[1] for each in records_in(sound, source) if each[0] == member].index(start)
        changed[member][number] = record
    return (expected_of(sound, changed),)


def expected_between_records(sound: Document, source: bytes, flipped: bytes, place: int) -> tuple[Words, ...]:
    """Brackets, commas, names of members, and the header: only what is in quotes may be anything."""
    if flipped[place : place + 1] == b"\\":
        # Names in a second spelling are refused; what is passed over may hold anything.
        return MALFORMED, expected_of(sound, sound)
    if not is_quoted(source, place):
        is_version = source[:place].endswith(b'"version":') and flipped[place : place + 1] == b"1"
        return (expected_of(sound, sound) if is_version else MALFORMED,)
    named = jsonld.load(source[:place] + b"?" + source[place + 1 :], max_bytes=bundles.MAX_BUNDLE_BYTES)
    return (expected_of(sound, named),)


def expected_of(sound: Document, changed: Document) -> Words:
    """Work out what is to be said of a bundle from what differs in it; what cannot be loaded is None."""
    if changed.get("type") != "CoSignBundle" or changed.get("version") not in (1, 2):
        return MALFORMED
    if changed.get("statement") is None:
        return MALFORMED
    known = set(keys_in(changed.get("actors", [])))
    if changed["statement"] != sound["statement"] or (LEIPZIG.key_id, LEIPZIG.value) not in known:
        return FORGED
    daily = (LEIPZIG.daily_key_id, LEIPZIG.daily_key.public.multikey())
    entries = changed.get("entries", [])
    pairs = list(zip(entries, sound["entries"], strict=False))
    found = tuple(word_of(entry, original, known, daily in known) for entry, original in pairs)
    if changed.get("checkpoint") != sound["checkpoint"] or daily not in known:
        return Words("valid", found, "unknown")
    stamped = sum((entry or {}).get("authorization") == each["authorization"] for entry, each in pairs)
    completeness = "complete" if stamped == len(sound["entries"]) else "incomplete"
    return Words("valid", found, completeness)


def word_of(entry: Document | None, original: Document, known: set[tuple[str, str]], has_stamps: bool) -> str:
    if entry is None or entry.get("coSignature") != original["coSignature"]:
        return "invalid"
    witnessed = original["authorization"]["witnessedKey"]
    if (witnessed["id"], witnessed["publicKeyMultibase"]) not in known:
        return "invalid"
    is_stamped = has_stamps and entry.get("authorization") == original["authorization"]
    return "valid" if is_stamped else "not-accepted-by-author"


def keys_in(actors: list[Any]) -> Iterator[tuple[str, str]]:
    """Yield the keys that actor documents name in the form in which they are believed."""
    for actor in actors:
        for method in (actor or {}).get("assertionMethod", ()):
            if method.get("type") == "Multikey" and method.get("controller") == actor.get("id"):
                yield method.get("id"), method.get("publicKeyMultibase")


def records_in(sound: Document, source: bytes) -> Iterator[tuple[str, int, int]]:
    """Yield member, beginning and end of each record in a file that was written compactly."""
    end = 0
    for member in sound:
        records = sound[member] if member in bundles.LIST_MEMBERS else [sound[member]]
        for record in records if member in bundles.MEMBERS else ():
            start = source.index(jsonld.dump(record), end)
            end = start + len(jsonld.dump(record))
            yield member, start, end


def is_balanced(source: bytes) -> bool:
    """Whether brackets and quotes close at the last byte and not before, whatever kind they are of."""
    depth, quoted, escaped = 0, False, False
    for position, byte in enumerate(source):
        if quoted:
            quoted = escaped or byte != ord('"')
            escaped = not escaped and byte == ord("\\")
            continue
        quoted = byte == ord('"')
        depth += (byte in b"[{") - (byte in b"]}")
        if depth == 0 and position < len(source) - 1:
            return False
    return depth == 0 and not quoted


def is_quoted(source: bytes, place: int) -> bool:
    """Whether a byte of a file without escapes stands in quotes; a quote itself does not."""
    return source[place : place + 1] != b'"' and source.count(b'"', 0, place) % 2 == 1
