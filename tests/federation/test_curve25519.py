"""The check of Ed25519 keys, against the curve's own arithmetic in plain Python."""

import hashlib

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from federation import curve25519, errors

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
IDENTITY = (0, 1)
# A point of order 8 in its usual encoding.
ORDER_8 = bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa")

Point = tuple[int, int]


def add(one: Point, other: Point) -> Point:
    (x1, y1), (x2, y2) = one, other
    product = D * x1 * x2 * y1 * y2
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P
    y = (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P
    return x, y


def multiply(factor: int, point: Point) -> Point:
    result = IDENTITY
    while factor:
        if factor & 1:
            result = add(result, point)
        point = add(point, point)
        factor >>= 1
    return result


def decode(raw: bytes) -> Point | None:
    number = int.from_bytes(raw, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    for x in (pow(square, (P + 3) // 8, P), pow(square, (P + 3) // 8, P) * pow(2, (P - 1) // 4, P) % P):
        if x * x % P == square:
            return (x, y) if x & 1 == sign else (P - x, y)
    return None


def encode(point: Point) -> bytes:
    x, y = point
    return (y | (x & 1) << 255).to_bytes(32, "little")


def some_point(seed: int) -> Point:
    while True:
        point = decode(hashlib.sha256(seed.to_bytes(8, "big")).digest())
        if point is not None and point[1] < P:
            return point
        seed += 2**32


def is_accepted(raw: bytes) -> bool:
    try:
        curve25519.require_prime_order(raw)
    except errors.Malformed:
        return False
    return True


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_a_point_is_taken_exactly_if_its_order_is_the_prime(seed: int) -> None:
    point = some_point(seed)
    assert is_accepted(encode(point)) == (multiply(L, point) == IDENTITY)
    assert is_accepted(encode(multiply(8, point)))


@pytest.mark.parametrize("multiple", range(8))
def test_a_point_of_small_order_is_refused(multiple: int) -> None:
    point = decode(ORDER_8)
    assert point is not None
    with pytest.raises(errors.Malformed, match="small order"):
        curve25519.require_prime_order(encode(multiply(multiple, point)))


@pytest.mark.parametrize("multiple", range(1, 8))
def test_a_point_of_mixed_order_is_refused(multiple: int) -> None:
    # Its owner can make signatures that some verifiers take and others refuse.
    torsion = decode(ORDER_8)
    assert torsion is not None
    mixed = add(multiply(8, some_point(7)), multiply(multiple, torsion))
    with pytest.raises(errors.Malformed, match="prime order"):
        curve25519.require_prime_order(encode(mixed))


@given(st.binary(min_size=32, max_size=32).map(lambda raw: raw[:31] + bytes([raw[31] & 0x3F])))
def test_bytes_that_are_no_point_of_the_curve_are_refused(raw: bytes) -> None:
    assume(decode(raw) is None)
    with pytest.raises(errors.Malformed, match="prime order"):
        curve25519.require_prime_order(raw)


def test_the_projection_moves_every_point_of_the_twist() -> None:
    # The twist has 4 * q points, q a prime: only a multiple of q could leave a point where it is.
    q = (2 * (P + 1) - 8 * L) // 4
    scalar = 8 * pow(8, -1, L)
    assert pow(2, q - 1, q) == 1
    for projection in (scalar, 8 * L - scalar):
        assert (projection - 1) % q
        assert (projection + 1) % q


@pytest.mark.parametrize("y", [P, P + 1, P + 3, 2**255 - 1])
def test_a_second_spelling_of_a_point_is_refused(y: int) -> None:
    with pytest.raises(errors.Malformed, match="canonical"):
        curve25519.require_prime_order(y.to_bytes(32, "little"))


def test_the_largest_canonical_number_is_looked_at_as_a_point() -> None:
    with pytest.raises(errors.Malformed, match="small order"):
        curve25519.require_prime_order((P - 1).to_bytes(32, "little"))


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(errors.Malformed, match="32 bytes"):
        curve25519.require_prime_order(b"\x01" * length)
