"""What the host has configured: bots, and carriers with their numbers and limits."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ori_campaigns.errors import Problem
from ori_campaigns.numbers import PhoneNumber, parse_number

CPS_RANGE = (0.1, 100.0)
BURST_RANGE = (1, 1000)
CHANNELS_RANGE = (1, 500)


@attrs.frozen
class Bot:
    """A bot that can speak to contacts.

    Parameters:
        id: what a campaign names.
        callbacks: the bot's half of the callback gate (K1).
        name: what people call it; empty where the id says enough.

    >>> Bot("renewals-v3").label, Bot("renewals-v3", name="Renewals (English)").label
    ('renewals-v3', 'Renewals (English)')
    """

    id: str
    callbacks: bool = False
    name: str = ""

    @property
    def label(self) -> str:
        """What a person chooses it by (W4): its name, or its id where it has none."""
        return self.name or self.id


@attrs.frozen
class CarrierNumber:
    """An outbound number (DID) of a carrier; an inbound-only one has `outbound=False` and is never offered (W5)."""

    number: PhoneNumber = attrs.field(converter=parse_number)
    label: str = ""
    outbound: bool = True


def _numbers(numbers: Iterable[str | PhoneNumber | CarrierNumber]) -> tuple[CarrierNumber, ...]:
    return tuple(entry if isinstance(entry, CarrierNumber) else CarrierNumber(entry) for entry in numbers)


@attrs.frozen
class Carrier:
    """A trunk with its numbers and its limits (P9).

    Parameters:
        id: the host's name for it.
        numbers: its numbers, as text, `PhoneNumber` or `CarrierNumber`.
        cps: new calls a second, 0.1 to 100.
        burst: calls that may leave at once after a quiet time, 1 to 1000.
        channels: calls at the same time, 1 to 500.
    """

    id: str
    numbers: tuple[CarrierNumber, ...] = attrs.field(converter=_numbers)
    cps: float = 1.0
    burst: int = 1
    channels: int = 30

    def problems(self, path: str = "carrier") -> tuple[Problem, ...]:
        """Return everything that is wrong with this carrier's limits."""
        found: list[Problem] = []
        for name, value, (low, high) in (
            ("cps", self.cps, CPS_RANGE),
            ("burst", self.burst, BURST_RANGE),
            ("channels", self.channels, CHANNELS_RANGE),
        ):
            whole = name != "cps"
            kind = isinstance(value, int) if whole else isinstance(value, int | float)
            # The comparison is written so that NaN, too, is refused.
            if not kind or isinstance(value, bool) or not (low <= value <= high):
                message = f"{name} is {value!r}; carrier {self.id!r} may have {low} to {high}."
                number = "" if kind else f" to a {'whole ' if whole else ''}number"
                hint = f"Set {name}{number} within that range."
                found.append(Problem(f"{path}.{name}", "carrier_out_of_range", message, hint))
        return tuple(found)


def directory_problems(carriers: Iterable[Carrier]) -> tuple[Problem, ...]:
    """Return what is wrong with a workspace's carriers, one number under two of them included (P3)."""
    found: list[Problem] = []
    owner: dict[PhoneNumber, str] = {}
    ids: set[str] = set()
    for carrier in carriers:
        path = f"carriers[{carrier.id}]"
        found.extend(carrier.problems(path))
        if carrier.id in ids:
            found.append(Problem(path, "carrier_repeated", f"Two carriers are called {carrier.id!r}.", "Rename one."))
        ids.add(carrier.id)
        for entry in carrier.numbers:
            other = owner.setdefault(entry.number, carrier.id)
            if other != carrier.id:
                message = f"Number {entry.number} is configured under {other!r} and under {carrier.id!r}."
                found.append(Problem(path, "number_under_two_carriers", message, "Keep it under one of them."))
    return tuple(found)
