"""What a public event was announced for, once its time or place has changed. Pure."""

from dataclasses import replace

from fedinode.manuscripts import Announced, EventFacts, Facts
from fedinode.services.preparing import Prepared


def carry_over(prepared: Prepared, public: Facts) -> Prepared:
    """Return a changed event that knows what was announced of it, and that it is called off if it was."""
    event, was = prepared.facts.event, public.event
    if event is None or was is None:
        return prepared
    cancelled = was.cancelled if event.cancelled is None else event.cancelled
    carried = replace(event, cancelled=cancelled or None, before=was.before)
    places = tuple(each.wordings[0].place for each in (public, prepared.facts))
    is_elsewhere = (places[0], was.address) != (places[1], event.address)
    if is_elsewhere or _hours(was) != _hours(event):
        announced = Announced(
            starts=was.starts,
            timezone=was.timezone,
            ends=was.ends,
            place=places[0] if is_elsewhere else None,
            address=was.address if is_elsewhere else None,
        )
        carried = replace(carried, before=announced)
    return replace(prepared, facts=replace(prepared.facts, event=carried))


def _hours(event: EventFacts) -> tuple[object, ...]:
    return event.starts_at, event.ends_at
