import pytest

from federation import errors

ANSWERS: dict[type[errors.FederationError], tuple[str, int]] = {
    errors.Malformed: ("malformed", 400),
    errors.TooLarge: ("too-large", 413),
    errors.SignatureRefused: ("signature-refused", 401),
    errors.NotAuthorized: ("not-authorized", 403),
    errors.KeyUnavailable: ("key-unavailable", 503),
    errors.FetchFailed: ("fetch-failed", 503),
    errors.NotFound: ("not-found", 503),
    errors.Gone: ("gone", 503),
    errors.AddressRefused: ("address-refused", 400),
}


@pytest.mark.parametrize(("kind", "expected"), ANSWERS.items(), ids=lambda value: str(value))
def test_each_error_has_its_counter_word_and_answer(
    kind: type[errors.FederationError], expected: tuple[str, int]
) -> None:
    assert (kind.code, kind.answer) == expected
    assert issubclass(kind, errors.FederationError)


def test_no_two_errors_share_a_counter_word() -> None:
    words = [kind.code for kind in ANSWERS]
    assert len(set(words)) == len(words)


def test_a_failed_fetch_keeps_the_status_that_the_peer_gave() -> None:
    error = errors.Gone("the peer deleted it", status=410)
    assert (str(error), error.status) == ("the peer deleted it", 410)
    assert errors.FetchFailed("no answer").status is None
