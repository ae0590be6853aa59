"""How people answer: a model of a population, and what one call of it looks like.

Pure and repeatable: what happens on the n-th call to a number depends on the seed, the number and n alone. Two
simulations with the same seed therefore give every person the same luck, and differ only by what was changed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo
from itertools import accumulate
from math import log
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

import attrs

from ori_campaigns.errors import InvalidDefinition, Problem
from ori_campaigns.instants import SECOND, Instant, to_datetime
from ori_campaigns.records import distinct

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_STEP = 0x5851F42D4C957F2D
_SCALE = 1.0 / (1 << 53)


def seeded(seed: int, number: int, nth: int) -> int:
    """Return where the chances of one call begin."""
    state = (seed * 0xD1342543DE82EF95 + number * 0xAF251AF3B0F025B5 + nth * 0x2545F4914F6CDD1D) & _MASK
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    return ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK


class Luck:
    """A stream of even chances in [0, 1) for one call: splitmix64 over the seed, the number and the call.

    >>> Luck(7, 919800000001, 1).draw() == Luck(7, 919800000001, 1).draw()
    True
    """

    __slots__ = ("state",)

    def __init__(self, seed: int, number: int, nth: int) -> None:
        self.state = seeded(seed, number, nth)

    def draw(self) -> float:
        """Return the next chance."""
        # After the mixing above, a plain congruential step is even enough and a third of the work.
        self.state = state = (self.state * _STEP + _GOLDEN) & _MASK
        return (state >> 11) * _SCALE


class Lengths(Protocol):
    """A distribution of lengths of time, in seconds."""

    def at(self, chance: float) -> float:
        """Return the length at a chance in [0, 1)."""
        ...


@attrs.frozen
class Fixed:
    """Always the same.

    >>> Fixed(25).at(0.9)
    25
    """

    seconds: float

    def at(self, chance: float) -> float:  # noqa: ARG002 - the same for every chance
        """Return the length."""
        return self.seconds


@attrs.frozen
class Between:
    """Any length from `low` to `high`, all alike.

    >>> Between(10, 20).at(0.5)
    15.0
    """

    low: float
    high: float

    def at(self, chance: float) -> float:
        """Return the length at a chance."""
        return self.low + (self.high - self.low) * chance


@attrs.frozen
class Exponential:
    """At least `least`, and beyond it `mean` on average, with a long tail.

    >>> Exponential(60, least=30).at(0.0)
    30.0
    """

    mean: float
    least: float = 0.0

    def at(self, chance: float) -> float:
        """Return the length at a chance."""
        return self.least - self.mean * log(1.0 - chance)


def _measured(lengths: Iterable[float]) -> tuple[float, ...]:
    return tuple(lengths)


@attrs.frozen
class Observed:
    """Lengths that were measured, each as likely as the others.

    >>> Observed([5, 9, 30]).at(0.5)
    9
    """

    seconds: tuple[float, ...] = attrs.field(converter=_measured)

    def at(self, chance: float) -> float:
        """Return the length at a chance."""
        return self.seconds[int(chance * len(self.seconds))]


def _copied(shares: Mapping[str, float]) -> Mapping[str, float]:
    return dict(shares)


@attrs.frozen
class Mix:
    """Names with their shares; the shares need not add up to one.

    >>> Mix({"customer": 3, "bot": 1}).at(0.8)
    'bot'
    """

    shares: Mapping[str, float] = attrs.field(converter=_copied)
    _names: tuple[str, ...] = attrs.field(init=False, eq=False, repr=False)
    _steps: tuple[float, ...] = attrs.field(init=False, eq=False, repr=False)

    @_names.default
    def _all_names(self) -> tuple[str, ...]:
        return tuple(self.shares)

    @_steps.default
    def _all_steps(self) -> tuple[float, ...]:
        total = sum(self.shares.values())
        if not total > 0 or any(share < 0 for share in self.shares.values()):
            raise InvalidDefinition([_bad("mix", "The shares of a mix must be positive.")], what="The answer model")
        # The last step is left open, so that no rounding of the sums can lead past it.
        return (*(step / total for step in accumulate(self.shares.values())),)[:-1]

    def at(self, chance: float) -> str:
        """Return the name at a chance."""
        return self._names[bisect_right(self._steps, chance)]


def _bad(path: str, message: str) -> Problem:
    return Problem(path, "bad_answer_model", message, "Rates are from 0 to 1.")


def _rates(rate: float | Sequence[float]) -> tuple[float, ...]:
    return tuple(rate) if isinstance(rate, Sequence) else (rate,)


@attrs.frozen
class AnswerModel:
    """A population: who answers when, how long it rings and talks, and how calls end.

    Parameters:
        rate: chance that a call is answered, one value, or 24 values by local hour of the call.
        timezone: whose hours those are.
        ring: seconds of ringing before an answer.
        gives_up: seconds of ringing before a call ends unanswered.
        talk: seconds from answer to hang-up.
        unanswered: how calls that are not answered end; `busy`, `bad_number` and `unreachable` become the
            disposition that carriers give them, with that detail.
        answered: how calls that are answered end: customer, bot, RNR, voicemail, machine, transfer, abandoned.
        business: business dispositions of post-call analysis; empty names mean none. `None`: no analysis at all.
        analysis_after: seconds from the end of a call to its analysis.

    Raises:
        InvalidDefinition: code `bad_answer_model`.
    """

    rate: tuple[float, ...] = attrs.field(default=(0.3,), converter=_rates)
    timezone: str = "UTC"
    ring: Lengths = Between(4, 18)
    gives_up: Lengths = Between(20, 30)
    talk: Lengths = Exponential(60, least=4)
    unanswered: Mix = attrs.field(factory=lambda: Mix({"no_answer": 80, "busy": 10, "rejected": 7, "bad_number": 3}))
    answered: Mix = attrs.field(factory=lambda: Mix({"customer": 62, "bot": 24, "RNR": 7, "voicemail": 7}))
    business: Mix | None = None
    analysis_after: Lengths = Fixed(20)
    _zone: tzinfo = attrs.field(init=False, eq=False, repr=False)

    @_zone.default
    def _find_zone(self) -> tzinfo:
        try:
            return ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError):
            problem = _bad("timezone", f"There is no time zone {self.timezone!r}.")
            raise InvalidDefinition([problem], what="The answer model") from None

    @rate.validator
    def _check_rate(self, _: object, rates: tuple[float, ...]) -> None:
        if len(rates) not in {1, 24} or not all(0 <= rate <= 1 for rate in rates):
            problem = _bad("rate", f"The answer rate is one chance, or 24 by hour of the day, not {rates}.")
            raise InvalidDefinition([problem], what="The answer model")

    def rate_at(self, moment: Instant) -> float:
        """Return the chance of an answer at an instant (microseconds UTC)."""
        rates = self.rate
        return rates[0] if len(rates) == 1 else rates[to_datetime(moment, self._zone).hour]


@distinct
class Fate(NamedTuple):
    """What will happen on one call if nobody interferes. Lengths in microseconds.

    Parameters:
        ring: from the first ring to the answer, or to the end of an unanswered call; `None` if it never rings.
        talk: from answer to hang-up, `None` for a call that is not answered.
    """

    disposition: str
    detail: str
    ring: int | None
    talk: int | None
    business: str | None = None
    analysis_after: int = 0


# What carriers say of calls that are not answered: disposition, detail, and whether it rang first.
_UNANSWERED: Mapping[str, tuple[str, str, bool]] = {
    "busy": ("rejected", "busy", False),
    "bad_number": ("error", "bad_number", False),
    "unreachable": ("no_answer", "unreachable", False),
}


def answered(
    disposition: str = "customer", *, seconds: float = 60, ring: float = 8, business: str | None = None
) -> Fate:
    """Script a call that is answered.

    Parameters:
        disposition: how it ends.
        seconds: from answer to hang-up.
        ring: seconds before the answer.
        business: the business disposition its analysis brings, `None` for no analysis.
    """
    return Fate(disposition, "", round(ring * SECOND), round(seconds * SECOND), business, 20 * SECOND)


def unanswered(disposition: str = "no_answer", *, ring: float = 25) -> Fate:
    """Script a call that is not answered: no_answer, rejected, error, busy, bad_number or unreachable."""
    name, detail, rings = _UNANSWERED.get(disposition, (disposition, "", True))
    return Fate(name, detail, round(ring * SECOND) if rings else None, None)


def fate_of(model: AnswerModel, luck: Luck, moment: Instant) -> Fate:
    """Draw what happens on a call placed at an instant (microseconds UTC)."""
    return Fate._make(drawn(model, luck.state, moment))


def drawn(model: AnswerModel, state: int, moment: Instant) -> tuple[str, str, int | None, int | None, str | None, int]:
    """Draw the fields of a `Fate`, from where the call's chances begin."""
    # A simulation draws thrice for every call: `Luck.draw` is written out.
    rates, state = model.rate, (state * _STEP + _GOLDEN) & _MASK
    rate = rates[0] if len(rates) == 1 else model.rate_at(moment)
    is_answered = (state >> 11) * _SCALE < rate
    state = (state * _STEP + _GOLDEN) & _MASK
    how = (state >> 11) * _SCALE
    state = (state * _STEP + _GOLDEN) & _MASK
    rings = (state >> 11) * _SCALE
    if not is_answered:
        name = model.unanswered.at(how)
        if name not in _UNANSWERED:
            return name, "", int(model.gives_up.at(rings) * SECOND), None, None, 0
        disposition, detail, it_rings = _UNANSWERED[name]
        return disposition, detail, int(model.gives_up.at(rings) * SECOND) if it_rings else None, None, None, 0
    state = (state * _STEP + _GOLDEN) & _MASK
    disposition, ring = model.answered.at(how), int(model.ring.at(rings) * SECOND)
    talk = int(model.talk.at((state >> 11) * _SCALE) * SECOND)
    if model.business is None:
        return disposition, "", ring, talk, None, 0
    state = (state * _STEP + _GOLDEN) & _MASK
    business = model.business.at((state >> 11) * _SCALE)
    state = (state * _STEP + _GOLDEN) & _MASK
    return disposition, "", ring, talk, business, int(model.analysis_after.at((state >> 11) * _SCALE) * SECOND)
