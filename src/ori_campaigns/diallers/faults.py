"""What can go wrong at a carrier, each with its rate; all off unless asked for."""

from __future__ import annotations

import attrs


@attrs.frozen
class CarrierFaults:
    """Chances, from 0 to 1, of each fault for one call or one event.

    Parameters:
        reject: the request is refused: surely not dialled.
        rate_limited: the carrier answers "too many" (429): surely not dialled, come back later.
        accept_then_timeout: the call is placed, the answer to the request never comes.
        fail_after_accepting: the call is placed, the answer is an error (5xx).
        drop_request: the request never arrives and no answer comes: not placed, and nobody knows.
        queue: the call waits in the carrier's queue before it rings, up to `queue_seconds`.
        lose_call: the call is accepted and vanishes: no event ever, and a look-up finds nothing.
        no_end_event: the end of the call is never told.
        forgets: a look-up after the end finds nothing.
        wrong_id: an event carries an id nobody knows.
        drop: an event is lost.
        duplicate: an event comes twice.
        reorder: an event comes after the one that follows it.
        late: an event comes up to `late_seconds` late.
        before_response: events come before the answer to the request.
        earlier_run: an event of an earlier call to the number is told again.
        channels, cps: the carrier takes fewer calls than it told (`None`: as told).
    """

    reject: float = 0.0
    rate_limited: float = 0.0
    accept_then_timeout: float = 0.0
    fail_after_accepting: float = 0.0
    drop_request: float = 0.0
    queue: float = 0.0
    queue_seconds: float = 300.0
    lose_call: float = 0.0
    no_end_event: float = 0.0
    forgets: float = 0.0
    wrong_id: float = 0.0
    drop: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    late: float = 0.0
    late_seconds: float = 7200.0
    before_response: float = 0.0
    earlier_run: float = 0.0
    channels: int | None = None
    cps: float | None = None


NO_FAULTS = CarrierFaults()
