"""Applies what the journal keeps: fetch what is needed, then change rows, in bulk and in one transaction.

Entries of one sender are applied in the order in which they came. Applying one twice changes nothing.
"""

from fedinode.capabilities import Capabilities


async def react_once(cap: Capabilities) -> int:
    """Apply the journal entries that are due and return how many were finished, put off or parked."""
    raise NotImplementedError
