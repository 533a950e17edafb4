"""Whole numbers as forms and addresses write them."""

#: The numbers of rows have fewer digits.
ROW_DIGITS = 18
#: And those of the versions of a text.
VERSION_DIGITS = 9


def whole_number(written: str, digits: int = ROW_DIGITS) -> int | None:
    """Return a number of at most so many plain digits, without a sign; None for anything else."""
    is_right = written.isascii() and written.isdigit() and len(written) <= digits
    return int(written) if is_right else None
