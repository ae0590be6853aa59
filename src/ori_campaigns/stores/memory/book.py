"""One campaign's rows in memory: its list, its runs, its attempts, and the views that rules are given of them."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from ori_campaigns.contact import WAITING, Attempt, Contact, ContactStatus, place_of
from ori_campaigns.instants import Instant
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.stores.memory.exchange import Exchange, Trunk
from ori_campaigns.stores.memory.flyweights import Candidate, ContactRow, OpenAttempt, PastAttempt
from ori_campaigns.stores.memory.rows import AttemptColumns
from ori_campaigns.stores.memory.runs import Run
from ori_campaigns.views import Counters

if TYPE_CHECKING:
    from ori_campaigns.campaign import Campaign
    from ori_campaigns.views import AppendStage, ContactBatch

Variables: TypeAlias = Callable[[int], Mapping[str, str]]
_FIRST = itemgetter(0)


class _Chosen:
    """The variables of a batch at some of its places only."""

    __slots__ = ("_batch", "_places")

    def __init__(self, batch: ContactBatch, places: Sequence[int]) -> None:
        self._batch, self._places = batch, places

    def __call__(self, place: int) -> Mapping[str, str]:
        return self._batch.variables(self._places[place])


class Pool(NamedTuple):
    """A campaign's numbers with their trunks, `None` where one is no longer configured for outbound calls."""

    numbers: tuple[PhoneNumber, ...]
    version: int
    trunks: list[Trunk | None]
    carriers: tuple[str, ...]


class Book:
    """One campaign's rows."""

    def __init__(self, campaign: Campaign, code: int, exchange: Exchange) -> None:
        self.campaign, self.code, self.exchange = campaign, code, exchange
        self.numbers = array("q")
        # Where each batch begins; and variables that a contact was given since.
        self.batches: list[tuple[int, Variables]] = []
        self.renewed: dict[int, Mapping[str, str]] = {}
        self.excluded: set[int] = set()
        self.runs = [Run(1, 0)]
        self.attempts = AttemptColumns()
        # By serial, of attempts that are over: the carrier's ids, and rules that decided many attempts at once.
        self.carrier_refs: dict[int, str] = {}
        self.settled: dict[int, str] = {}
        self.cursor = 0
        self.served_at: Instant = 0
        self._pool: Pool | None = None
        self._sorted: tuple[array[int], array[int]] | None = None

    @property
    def run(self) -> Run:
        """The current run."""
        return self.runs[-1]

    # --- the list ---
    def load(self, numbers: array[int], batch: ContactBatch, *, keep_excluded: bool) -> None:
        """Replace the list."""
        self.numbers = numbers
        self.batches, self.renewed = [(0, batch.variables)], {}
        self._sorted = None
        self.runs[-1] = Run(self.run.number, len(self.numbers))
        if not keep_excluded:
            self.excluded.difference_update(self.numbers)
        self.apply_exclusions()

    def append(self, numbers: array[int], batch: ContactBatch, move: AppendStage) -> int:
        """Put a batch behind the end of the list, as the move says; return how many came."""
        for place, ordinal in move.renewed:
            self.renewed[ordinal] = dict(batch.variables(place))
        variables: Variables = batch.variables
        if move.without:
            left_out = set(move.without)
            places = array("I", [place for place in range(len(numbers)) if place not in left_out])
            numbers = array("q", map(numbers.__getitem__, places))
            variables = _Chosen(batch, places)
        if numbers:
            self.batches.append((len(self.numbers), variables))
            self.numbers.extend(numbers)
            self.run.extend(len(numbers))
            self._sorted = None
        return len(numbers)

    def copy(self, other: Book, *, keep_excluded: bool) -> None:
        """Take over another campaign's list."""
        self.numbers = array("q", other.numbers)
        self.batches, self.renewed = list(other.batches), dict(other.renewed)
        self._sorted = None
        self.runs[-1] = Run(self.run.number, len(self.numbers))
        if keep_excluded:
            self.excluded = set(other.excluded)
            self.apply_exclusions()

    def apply_exclusions(self) -> None:
        """Put every waiting contact whose number is flagged into `excluded`."""
        for number in self.excluded:
            ordinal = self.find(number)
            if ordinal is not None and self.row(ordinal).status in WAITING:
                self.run.move(ordinal, ContactStatus.EXCLUDED)

    def variables(self, ordinal: int) -> Mapping[str, str]:
        """Return a contact's call variables."""
        if ordinal in self.renewed:
            return self.renewed[ordinal]
        batches = self.batches
        first, variables = batches[0] if len(batches) == 1 else batches[bisect_right(batches, ordinal, key=_FIRST) - 1]
        return variables(ordinal - first)

    def find(self, number: int) -> int | None:
        """Return the ordinal of an encoded number, if it is on the list."""
        if self._sorted is None:
            # Two arrays instead of a dict: eight times smaller, and built only when somebody asks by number.
            order = array("i", sorted(range(len(self.numbers)), key=self.numbers.__getitem__))
            self._sorted = (array("q", [self.numbers[ordinal] for ordinal in order]), order)
        keys, order = self._sorted
        position = bisect_left(keys, number)
        return order[position] if position < len(keys) and keys[position] == number else None

    def row(self, ordinal: int) -> ContactRow:
        """Return a contact of the current run."""
        return ContactRow(self, self.run, ordinal)

    # --- dialling ---
    def pool(self) -> Pool:
        """Return the pool with the trunk of each number, looked up again when either changed."""
        numbers, version = self.campaign.numbers, self.exchange.version
        pool = self._pool
        if pool is None or pool.numbers is not numbers or pool.version != version:
            found = self.exchange.of_number
            trunks = [found.get((self.campaign.workspace, number)) for number in numbers]
            carriers = tuple("" if trunk is None else trunk.carrier.id for trunk in trunks)
            pool = self._pool = Pool(numbers, version, trunks, carriers)
        return pool

    def offered(self, now: Instant, taken: list[int]) -> Iterator[Candidate]:
        """Offer waiting contacts in the order of P4, noting who was offered."""
        run = self.run
        for ordinal in run.due_now(now):
            taken.append(ordinal)
            yield Candidate(self, run, ordinal)

    # --- reads ---
    def attempt(self, attempt_id: str) -> OpenAttempt | PastAttempt | None:
        """Return an attempt by its id, live or over."""
        found = self.exchange.open.get(attempt_id)
        if found is not None:
            return found
        place = place_of(attempt_id)
        if place is None or place[1] >= len(self.attempts):
            return None
        return PastAttempt(self, place[1])

    def counters(self, number: int | None) -> Counters:
        """Return the counts of a run, the current one unless named."""
        for run in self.runs:
            if run.number == number:
                return run.counters(len(self.excluded))
        return self.run.counters(len(self.excluded))

    def contact(self, ordinal: int) -> Contact:
        """Return a contact as a value."""
        row, run = self.row(ordinal), self.run
        return Contact(
            campaign_id=self.campaign.id,
            ordinal=ordinal,
            number=row.number,
            variables=row.variables,
            status=row.status,
            attempts=row.attempts,
            due=row.due,
            excluded=row.excluded,
            connected=bool(run.connected[ordinal]),
            last_connected=row.last_connected,
            rule=self.exchange.codes.value(run.rule[ordinal]),
            callback=row.callback,
        )

    def attempt_value(self, serial: int) -> Attempt:
        """Return an attempt as a value."""
        found = self.attempt(f"{self.campaign.id}-{serial}")
        assert found is not None  # noqa: S101 - asked for within the range of serials
        return Attempt(
            id=found.id,
            campaign_id=self.campaign.id,
            contact=found.ordinal,
            run=found.run,
            number_in_budget=found.number_in_budget,
            kind=found.kind,
            from_number=found.from_number,
            carrier=found.carrier,
            status=found.status,
            reserved_at=found.reserved_at,
            rang_at=found.rang_at,
            answered_at=found.answered_at,
            ended_at=found.ended_at,
            talk=found.talk,
            connected=found.connected,
            disposition=found.disposition,
            detail=found.detail,
            business_disposition=found.business_disposition,
            rule=found.rule,
        )
