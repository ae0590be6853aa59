"""The counts of one run of a campaign, kept in a few bytes for each contact."""

from __future__ import annotations

from array import array

from ori_campaigns.contact import LIVE, NEVER_PLACED, Attempt, AttemptStatus, ContactStatus
from ori_campaigns.views import Counters

STATUSES = tuple(ContactStatus)
"""The statuses of contacts, by the code under which they are kept."""
ATTEMPTS = tuple(AttemptStatus)
"""The statuses of attempts, by theirs."""
CODE = {status: code for code, status in enumerate(STATUSES)}
STANDING = {status: code for code, status in enumerate(ATTEMPTS)}
MACHINES = frozenset({"voicemail", "machine"})
"""Outcomes of calls that reached a machine (M8)."""

_ANSWERED, _RINGING = STANDING[AttemptStatus.ANSWERED], STANDING[AttemptStatus.RINGING]
_LIVE = tuple(STANDING[status] for status in LIVE)
_NEVER_DIALLED = NEVER_PLACED | {AttemptStatus.RESERVED}
_NOT_DIALLED = tuple(STANDING[status] for status in _NEVER_DIALLED)
_TALKING = frozenset({AttemptStatus.ANSWERED, AttemptStatus.IN_PROGRESS})


class RunCount:
    """The counts of one run, and the compact state they come from.

    Parameters:
        number: of the run.
        size: contacts on the list, all of them pending.
    """

    __slots__ = (
        "answered",
        "attempts",
        "connected",
        "connects",
        "contacts",
        "machines",
        "number",
        "standing",
        "status",
        "tries",
        "vague",
    )

    def __init__(self, number: int, size: int = 0) -> None:
        self.number, self.vague = number, False
        self.status = bytearray([CODE[ContactStatus.PENDING]]) * size
        self.tries = array("H", bytes(2 * size))
        self.connected = bytearray(size)
        self.contacts = [0] * len(STATUSES)
        self.contacts[CODE[ContactStatus.PENDING]] = size
        self.standing = [0] * len(ATTEMPTS)
        self.attempts = self.answered = self.connects = self.machines = 0

    def extend(self, count: int) -> None:
        """Let so many contacts enter behind the others, as pending."""
        self.status.extend(bytes([CODE[ContactStatus.PENDING]]) * count)
        self.tries.frombytes(bytes(2 * count))
        self.connected.extend(bytes(count))
        self.contacts[CODE[ContactStatus.PENDING]] += count

    def move(self, ordinal: int, code: int) -> None:
        """Put a contact into a state."""
        self.contacts[self.status[ordinal]] -= 1
        self.contacts[code] += 1
        self.status[ordinal] = code

    def answers(self, attempt: Attempt) -> None:
        """Count the row of an attempt of this run."""
        status = attempt.status
        self.standing[_ANSWERED if status in _TALKING else STANDING[status]] += 1
        self.attempts += 1
        self.answered += (
            attempt.answered_at is not None and status not in NEVER_PLACED and status is not AttemptStatus.RESERVED
        )
        self.machines += attempt.disposition in MACHINES
        if attempt.connected:
            self.connects += 1
            missing = attempt.contact + 1 - len(self.connected)
            self.connected.extend(bytes(max(missing, 0)))
            self.connected[attempt.contact] = 1

    @property
    def live(self) -> int:
        """Attempts that hold a seat."""
        return sum(self.standing[code] for code in _LIVE)

    def counters(self, excluded: int) -> Counters:
        """Return the counts as a value."""
        return Counters(
            contacts=dict(zip(STATUSES, self.contacts, strict=True)),
            dialled=self.attempts - sum(self.standing[code] for code in _NOT_DIALLED),
            answered=self.answered,
            connected=self.connects,
            connected_contacts=sum(self.connected),
            live=self.live,
            ringing=self.standing[_RINGING],
            in_progress=self.standing[_ANSWERED],
            machines=self.machines,
            excluded=excluded,
        )
