"""Tables of what was measured of the stores: rates beside a limit, seconds beside a limit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import median

from benchmarks.harness import Program, Sample, Samples, by_round, table

Read = Callable[[Sample], float]
SAME = ("calls", "reached", "again", "open")
"""What programs that dial must have counted alike."""
WHOLE_LISTS = {
    "list": "the page that lists 200 campaigns",
    "stop": "stop",
    "restart": "restart",
    "clone": "clone",
}


def found(name: str) -> Read:
    """Read what a program found."""
    return lambda sample: sample.found[name]


def loaded(sample: Sample) -> float:
    """Contacts a second."""
    return sample.found["contacts"] / sample.wall


class Results:
    """What was measured, by the name of the program."""

    def __init__(self, programs: Mapping[str, Program], samples: Samples) -> None:
        self.samples = {name: samples[program] for name, program in programs.items()}

    def has(self, *names: str) -> bool:
        return all(name in self.samples for name in names)

    def values(self, name: str, read: Read) -> list[float]:
        return [read(sample) for sample in self.samples[name]]

    def median(self, name: str, read: Read) -> float:
        return median(self.values(name, read))

    def times(self, mine: str, its: str, read: Read) -> float:
        """How many times as much as another: the median of the ratios of each round."""
        return by_round(self.values(mine, read), self.values(its, read))

    def rate_row(self, title: Sequence[str], name: str, limit: str, read: Read) -> list[str]:
        """Something that happens so often a second, and what it costs as a multiple of what it costs the limit."""
        cost = f"{self.times(limit, name, read):.2f}" if self.has(limit) else "-"
        values = self.values(name, read)
        spread = [f"{value:,.0f}" for value in (median(values), min(values), max(values))]
        return [*title, *spread, cost, str(len(values))]

    def time_row(self, title: str, name: str, limit: str, read: Read, *, unit: float = 1) -> list[str]:
        """Something that takes so long, and as a multiple of what the limit takes."""
        mine, its = self.values(name, read), self.values(limit, read)
        times = [f"{value * unit:,.2f}" for value in (median(mine), min(mine), max(mine), median(its))]
        return [title, *times, f"{by_round(mine, its):.2f}", str(len(mine))]

    def whole_lists(self) -> str:
        """The table of what moves a whole list."""
        rows = [
            self.time_row(f"{title}, ms", "lists", "lists, bare", found(name), unit=1000)
            for name, title in WHOLE_LISTS.items()
        ]
        return table(["work", "median", "min", "max", "bare SQL", "x bare SQL", "rounds"], rows)

    def alike(self, mine: str, its: str) -> bool:
        """Whether two programs dialled the same, and left nothing open."""
        both = (self.samples[mine][0].found, self.samples[its][0].found)
        counts = [[each[name] for name in SAME] for each in both]
        return counts[0] == counts[1] and not both[0]["open"]

    def all_are(self, name: str, what: str, value: float) -> bool:
        """Whether a program found the same in each round."""
        return all(found == value for found in self.values(name, lambda sample: sample.found[what]))

    def honest(self, name: str) -> bool:
        """Whether what the workers told is what the database counts, with nothing left open."""
        told = [sample.found for sample in self.samples[name]]
        return all(
            each["told"] == each["calls"] == each.get("reached", 0) + each.get("again", each["calls"])
            and not each.get("open", 0)
            for each in told
        )


WHOLE_LISTS_NOTE = "Whole lists, moved by one call, and the page that lists 200 campaigns, one of which is that large:"
RATE_HEADS = ["contacts/s, median", "min", "max", "x bare SQL", "rounds"]
