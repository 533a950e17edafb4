import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation import base58, errors


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"", ""),
        (b"\0", "1"),
        (b"\0\0\x01", "112"),
        (b"\x39", "z"),
        (b"\x3a", "21"),
        # Of draft-msporny-base58-03, section 5.
        (b"Hello World!", "2NEpo7TZRRrLZSi2U"),
        (
            b"The quick brown fox jumps over the lazy dog.",
            "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z",
        ),
        (b"\x00\x00\x28\x7f\xb4\xcd", "11233QC4"),
    ],
)
def test_bytes_are_written_and_read_as_the_specification_shows(raw: bytes, text: str) -> None:
    assert base58.encode(raw) == text
    assert base58.decode(text) == raw


@pytest.mark.parametrize("text", ["0", "O", "I", "l", "2NEpo7TZRRr LZ", "é", "-"])
def test_a_character_outside_the_alphabet_is_refused(text: str) -> None:
    with pytest.raises(errors.Malformed):
        base58.decode(text)


def test_a_text_of_the_longest_length_is_read_and_a_longer_one_refused() -> None:
    assert base58.decode("1" * base58.MAX_CHARS) == b"\0" * base58.MAX_CHARS
    with pytest.raises(errors.Malformed):
        base58.decode("1" * (base58.MAX_CHARS + 1))


@given(st.binary(max_size=100))
def test_what_is_written_is_read_back(raw: bytes) -> None:
    assert base58.decode(base58.encode(raw)) == raw
