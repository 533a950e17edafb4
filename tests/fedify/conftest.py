"""The two sides of the tests in this folder."""

from collections.abc import Iterator

import pytest

from tests.fedify.collective import Collective, serving_collective


@pytest.fixture(scope="module")
def berlin() -> Iterator[Collective]:
    """A collective of ours on a server that keeps what arrives."""
    with serving_collective() as collective:
        yield collective
