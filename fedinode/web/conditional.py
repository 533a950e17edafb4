"""Who has an answer already: the ETags of a request. Spec: RFC 9110 section 13.1.2."""

from fedinode.cache import CachedAnswer


def is_known(answer: CachedAnswer, if_none_match: str | None) -> bool:
    """Tell whether the asker has this answer, so that 304 says all: weak comparison, a list, or a star."""
    if if_none_match is None or not answer.etag or answer.status != 200:
        return False
    known = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return answer.etag in known or "*" in known
