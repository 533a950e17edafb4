"""The pages of a list, for programs: where the one before and the one after are. Spec: RFC 8288."""

from fedinode.web import formats


def links(base: str, page: int, pages: int) -> tuple[str, ...]:
    """Return the parts of a Link header that lead to the neighbours of a page."""
    neighbours = (("prev", page - 1), ("next", page + 1))
    return tuple(
        f'<{formats.page_url(base, number)}>; rel="{name}"'
        for name, number in neighbours
        if 1 <= number <= pages
    )
