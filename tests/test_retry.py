"""The decision after a call: every combination around both thresholds, against the rules written down a second time."""

from __future__ import annotations

import csv
import itertools
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from ori_campaigns.campaign import Campaign, CampaignStatus, CompletionReason
from ori_campaigns.config import DiallerConfig, RedialRules, RetryPolicy
from ori_campaigns.contact import Callback, CallbackRequest
from ori_campaigns.retry import Decision, Terms, conversation_began, decide, waits_for_analysis, why_no_callback

SECOND = 1_000_000
MINUTE = 60 * SECOND
T0 = 1_767_607_200 * SECOND  # 2026-01-05T10:00:00Z, when the calls of this file end
ROWS = Path(__file__).parent / "data" / "retry" / "decisions.csv"


class Said(NamedTuple):
    business_disposition: str = ""
    callback: CallbackRequest | None = None


class Call(NamedTuple):
    disposition: str = "customer"
    detail: str = ""
    connected: bool = True
    talk: int = 20 * SECOND
    said: Said = Said()


class Standing(NamedTuple):
    attempts: int = 1
    excluded: bool = False
    last_connected: int = -1
    callback: Callback | None = None


def terms(
    *,
    over: bool = False,
    cutoff: int | None = None,
    max_attempts: int = 3,
    ticked: str = "",
    listed: str = "",
    stop_after: int | None = None,
    redial_under: int | None = None,
    callbacks_open: bool = False,
    may_exceed: bool = False,
    analysis_wait: int = 0,
) -> Terms:
    return Terms(
        over=over,
        cutoff=cutoff,
        retry=RetryPolicy(max_attempts, 30, ticked.split(), listed.split(",")),
        delay=30 * MINUTE,
        stop_after=stop_after,
        redial_under=redial_under,
        callbacks_open=callbacks_open,
        callbacks_may_exceed=may_exceed,
        analysis_wait=analysis_wait,
    )


def decided(call: Call, contact: Standing, laid_down: Terms, *, now: int = T0) -> Decision:
    return decide(call, call.said, contact, laid_down, ended_at=T0, now=now)


# --- the second formulation, from the behaviour text ------------------------------------------------------------------


class World(NamedTuple):
    """One combination in plain words; lengths in microseconds, times as differences from the end of the call."""

    excluded: bool
    over: bool
    cutoff: int | None
    disposition: str
    detail: str
    connected: bool
    length: int  # of this call when it connected, else of the last connected one, -1 if there was none
    attempts: int
    stop: int | None
    under: int | None
    ticked: bool
    business: str
    ask: str
    may_exceed: bool


def by_the_text(w: World) -> tuple[str, str, str]:  # noqa: C901, PLR0911, PLR0912 - one branch a rule
    """Return status, rule name and the reason of a declined callback, as the numbered rules say."""
    closing = "completed" if w.connected else "exhausted"
    no = {"": "", "gates_closed": "callbacks_off", "sixth": "too_many_reschedules"}.get(w.ask, "")
    if w.ask in {"soon", "late"}:
        if w.attempts >= 3 and not w.may_exceed:
            no = "attempts_used_up"
        elif w.cutoff is not None and (w.ask == "late" or w.cutoff <= 0):
            no = "after_cutoff"
    if w.excluded:  # R1
        return "excluded", "excluded", no
    if w.over or (w.cutoff is not None and w.cutoff <= 0):  # R2
        return closing, "campaign_over", no
    if w.detail == "bad_number":  # R3
        return "exhausted", "final_outcome", no
    if w.disposition in ("abandoned", "machine"):
        return w.disposition, "final_outcome", no
    if w.ask and not no:  # R4
        return "callback_scheduled", "callback", ""
    if w.stop is not None and w.length > w.stop:  # R5, R11
        return "completed", "meaningful_connect", no
    if w.attempts >= 3:  # R6
        return closing, "attempts_used_up", no
    if w.under is not None and w.length >= 0 and w.length < w.under:  # R7, R11
        return "retry_scheduled", "short_connect", no
    if w.ticked and w.disposition in ("no_answer", "rejected", "RNR", "error", "timeout"):  # R8
        return "retry_scheduled", "system_disposition", no
    if w.business == "listed":  # R9
        return "retry_scheduled", "business_disposition", no
    return closing, "nothing_more_to_do", no  # R10


RULES = [(None, None), (30, None), (None, 15), (15, 30), (20, 20), (30, 15)]
ENDS = [
    ("no_answer", "", False),
    ("RNR", "", False),
    ("error", "", False),
    ("error", "bad_number", False),
    ("error", "", True),
    ("timeout", "", True),
    ("customer", "", True),
    ("voicemail", "", False),
    ("machine", "", False),
    ("abandoned", "", False),
]
# excluded, over, cutoff relative to the end of the call
STANDINGS = [
    (False, False, None),
    (True, False, None),
    (False, True, None),
    (True, True, 0),
    (False, False, 1),
    (False, False, 0),
    (False, False, -1),
]
BUSINESS = {"": "", "listed": " Call_Back ", "other": "not interested"}
ASKS = ["", "gates_closed", "soon", "late", "sixth"]


def lengths(stop: int | None, under: int | None) -> list[int]:
    """One microsecond below, at and above each threshold; nothing ever connected; a connect of no length."""
    around = {each * SECOND + step for each in (stop, under) if each is not None for step in (-1, 0, 1)}
    return sorted(around | {-1, 0})


def request(ask: str) -> CallbackRequest | None:
    # The cutoff of these worlds is one microsecond after the call at the latest.
    return CallbackRequest(T0 + MINUTE if ask == "late" else T0, "baad mein", "") if ask else None


def contact_of(w: World) -> Standing:
    booked = Callback(T0, 6) if w.ask == "sixth" else Callback(T0, 5) if w.ask else None
    before = 7 * SECOND if w.connected else w.length
    return Standing(w.attempts, w.excluded, before, booked)


@pytest.mark.behaviour("R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "R9", "R10", "R11", "K5", "K6")
@pytest.mark.parametrize(("stop", "under"), RULES)
def test_every_combination_is_decided_as_the_text_says(stop: int | None, under: int | None) -> None:
    wrong: list[tuple[World, Decision]] = []
    seen: Counter[str] = Counter()
    stop_us, under_us = (None if each is None else each * SECOND for each in (stop, under))
    for (excluded, over, cutoff), ticked, ask, may_exceed in itertools.product(
        STANDINGS, (False, True), ASKS, (False, True)
    ):
        if may_exceed and not ask:
            continue
        laid_down = terms(
            over=over,
            cutoff=None if cutoff is None else T0 + cutoff,
            ticked="no_answer rejected RNR error timeout" if ticked else "",
            listed="wrong person,call_back",
            stop_after=stop_us,
            redial_under=under_us,
            callbacks_open=ask != "gates_closed",
            may_exceed=may_exceed,
        )
        asked = request(ask)
        for (disposition, detail, connected), length, attempts, business in itertools.product(
            ENDS, lengths(stop, under), (2, 3, 4), BUSINESS
        ):
            if connected and length < 0:
                continue
            w = World(
                excluded,
                over,
                cutoff,
                disposition,
                detail,
                connected,
                length,
                attempts,
                stop_us,
                under_us,
                ticked,
                business,
                ask,
                may_exceed,
            )
            call = Call(disposition, detail, connected, length if connected else 0)
            said = Said(BUSINESS[business], asked)
            found = decide(call, said, contact_of(w), laid_down, ended_at=T0, now=T0)
            status, rule, declined = by_the_text(w)
            due = {"retry_scheduled": T0 + 30 * MINUTE, "callback_scheduled": asked.at if asked else 0}.get(status, 0)
            if (found.status.value, found.rule, found.declined, found.due) != (status, rule, declined, due):
                wrong.append((w, found))
            seen[rule] += 1
    assert wrong[:3] == []
    silent = {name for name, threshold in (("meaningful_connect", stop), ("short_connect", under)) if threshold is None}
    assert (
        set(seen)
        == {
            "excluded",
            "campaign_over",
            "final_outcome",
            "callback",
            "meaningful_connect",
            "attempts_used_up",
            "short_connect",
            "system_disposition",
            "business_disposition",
            "nothing_more_to_do",
        }
        - silent
    )


# --- named rows -------------------------------------------------------------------------------------------------------


def rows() -> list[dict[str, str]]:
    with ROWS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_named_rows_are_all_there() -> None:
    names = [row["name"] for row in rows()]
    assert len(names) == len(set(names))
    assert len(names) > 200
    assert Counter(row["rule"] for row in rows()).keys() == {
        "excluded",
        "campaign_over",
        "final_outcome",
        "callback",
        "meaningful_connect",
        "attempts_used_up",
        "short_connect",
        "system_disposition",
        "business_disposition",
        "nothing_more_to_do",
    }


@pytest.mark.behaviour("R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "R9", "R10", "R11", "R12", "K5", "K6")
@pytest.mark.parametrize("row", rows(), ids=lambda row: row["name"])
def test_named_row(row: dict[str, str]) -> None:
    """Lengths are in microseconds; `cutoff` and `asked` in microseconds after the end of the call."""

    def maybe(name: str) -> int | None:
        return int(row[name]) if row[name] else None

    asked, cutoff, sequence = maybe("asked"), maybe("cutoff"), maybe("callbacks")
    found = decided(
        Call(
            row["disposition"],
            row["detail"],
            row["connected"] == "yes",
            int(row["talk"]),
            Said(row["business"], None if asked is None else CallbackRequest(T0 + asked)),
        ),
        Standing(
            int(row["attempts"]),
            row["excluded"] == "yes",
            int(row["before"]),
            None if sequence is None else Callback(T0, sequence),
        ),
        terms(
            over=row["over"] == "yes",
            cutoff=None if cutoff is None else T0 + cutoff,
            max_attempts=int(row["max"]),
            ticked=row["ticked"],
            listed=row["listed"],
            stop_after=maybe("stop"),
            redial_under=maybe("under"),
            callbacks_open=row["gates"] == "open",
            may_exceed=row["may_exceed"] == "yes",
        ),
    )
    assert found.status.value == row["status"]
    assert found.rule == row["rule"]
    assert found.declined == row["declined"]
    assert found.due == (T0 + int(row["due"]) if row["due"] else 0)


# --- single rules -----------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("R11", "R5", "R7")
@pytest.mark.parametrize(
    ("stop", "under", "talk", "status"),
    [
        # stop below under: the stop rule wins in between
        (15, 30, 15 * SECOND - 1, "retry_scheduled"),
        (15, 30, 15 * SECOND, "retry_scheduled"),
        (15, 30, 15 * SECOND + 1, "completed"),
        (15, 30, 30 * SECOND - 1, "completed"),
        (15, 30, 30 * SECOND, "completed"),
        (15, 30, 30 * SECOND + 1, "completed"),
        # both the same: only exactly the threshold is neither
        (20, 20, 20 * SECOND - 1, "retry_scheduled"),
        (20, 20, 20 * SECOND, "completed"),
        (20, 20, 20 * SECOND + 1, "completed"),
        # stop above under: between them the other rules decide
        (30, 15, 15 * SECOND - 1, "retry_scheduled"),
        (30, 15, 15 * SECOND, "completed"),
        (30, 15, 30 * SECOND, "completed"),
        (30, 15, 30 * SECOND + 1, "completed"),
    ],
)
def test_thresholds_are_strict(stop: int, under: int, talk: int, status: str) -> None:
    laid_down = terms(stop_after=stop * SECOND, redial_under=under * SECOND)
    assert decided(Call(talk=talk), Standing(), laid_down).status.value == status


@pytest.mark.behaviour("R11", "R5", "R7")
@pytest.mark.parametrize(
    ("stop", "under", "talk", "rule"),
    [
        (20, 20, 20 * SECOND, "nothing_more_to_do"),
        (30, 15, 15 * SECOND, "nothing_more_to_do"),
        (30, 15, 30 * SECOND, "nothing_more_to_do"),
        (15, 30, 15 * SECOND, "short_connect"),
        (15, 30, 15 * SECOND + 1, "meaningful_connect"),
        (15, 30, 30 * SECOND, "meaningful_connect"),
    ],
)
def test_the_rule_that_answered_at_a_threshold(stop: int, under: int, talk: int, rule: str) -> None:
    laid_down = terms(stop_after=stop * SECOND, redial_under=under * SECOND)
    assert decided(Call(talk=talk), Standing(), laid_down).rule == rule


@pytest.mark.behaviour("R5", "R7")
def test_the_last_connected_call_counts_even_when_this_one_did_not_connect() -> None:
    missed = Call("no_answer", connected=False, talk=0)
    laid_down = terms(stop_after=30 * SECOND, redial_under=15 * SECOND)
    assert decided(missed, Standing(2, last_connected=10 * SECOND), laid_down).rule == "short_connect"
    assert decided(missed, Standing(2, last_connected=31 * SECOND), laid_down).rule == "meaningful_connect"
    assert decided(missed, Standing(2, last_connected=-1), laid_down).rule == "nothing_more_to_do"


@pytest.mark.behaviour("R5", "R7")
def test_this_call_replaces_an_earlier_connect_when_it_connected() -> None:
    laid_down = terms(stop_after=30 * SECOND, redial_under=15 * SECOND)
    assert decided(Call(talk=40 * SECOND), Standing(2, last_connected=5 * SECOND), laid_down).rule == (
        "meaningful_connect"
    )
    assert decided(Call(talk=5 * SECOND), Standing(2, last_connected=40 * SECOND), laid_down).rule == "short_connect"


@pytest.mark.behaviour("R7", "N6")
def test_a_silent_answer_is_not_a_short_connect() -> None:
    silent = Call("RNR", connected=False, talk=3 * SECOND)
    assert decided(silent, Standing(), terms(redial_under=15 * SECOND)).status.value == "exhausted"


@pytest.mark.behaviour("R6", "R7", "R8", "R9")
@pytest.mark.parametrize("talk", [0, 5 * SECOND])
def test_no_rule_dials_beyond_the_last_attempt(talk: int) -> None:
    generous = terms(max_attempts=2, ticked="error", listed="again", redial_under=15 * SECOND)
    call = Call("error", connected=True, talk=talk, said=Said("again"))
    assert decided(call, Standing(1), generous).status.value == "retry_scheduled"
    last = decided(call, Standing(2), generous)
    assert (last.status.value, last.rule) == ("completed", "attempts_used_up")


@pytest.mark.behaviour("R6")
@pytest.mark.parametrize(("connected", "status"), [(True, "completed"), (False, "exhausted")])
def test_one_attempt_means_one(connected: bool, status: str) -> None:
    call = Call("error", connected=connected, talk=SECOND)
    found = decided(call, Standing(1), terms(max_attempts=1, ticked="error", redial_under=15 * SECOND))
    assert (found.status.value, found.rule) == (status, "attempts_used_up")


@pytest.mark.behaviour("R8", "N5")
@pytest.mark.parametrize("ticked", ["no_answer", "rejected", "RNR", "error", "timeout"])
@pytest.mark.parametrize(
    "disposition",
    [
        "no_answer",
        "rejected",
        "RNR",
        "error",
        "timeout",
        "bot",
        "customer",
        "transfer",
        "voicemail",
        "outside_hours",
    ],
)
def test_only_the_ticked_disposition_is_redialled(ticked: str, disposition: str) -> None:
    call = Call(disposition, connected=False, talk=0)
    expected = "retry_scheduled" if ticked == disposition else "exhausted"
    assert decided(call, Standing(), terms(ticked=ticked)).status.value == expected


@pytest.mark.behaviour("R9", "W9")
@pytest.mark.parametrize(
    ("said", "redialled"),
    [
        ("Call Later", True),
        ("call later", True),
        ("CALL LATER", True),
        ("  call later\t", True),
        ("call  later", False),
        ("call", False),
        ("call later please", False),
        ("", False),
        ("   ", False),
        ("Straße", True),
        ("STRASSE", True),
    ],
)
def test_business_dispositions_are_compared_trimmed_and_without_case(said: str, redialled: bool) -> None:
    found = decided(Call(said=Said(said)), Standing(), terms(listed=" Call Later , strasse"))
    assert found.status.value == ("retry_scheduled" if redialled else "completed")


@pytest.mark.behaviour("R12")
def test_a_retry_is_due_the_delay_after_the_end_of_the_call_whenever_it_is_decided() -> None:
    found = decided(Call("no_answer", connected=False), Standing(), terms(ticked="no_answer"), now=T0 + 119 * SECOND)
    assert found.due == T0 + 1800 * SECOND


@pytest.mark.behaviour("R2")
@pytest.mark.parametrize(
    ("cutoff", "rule"),
    [(-1, "campaign_over"), (0, "campaign_over"), (1, "system_disposition"), (None, "system_disposition")],
)
def test_a_call_that_ends_at_the_cutoff_is_after_it(cutoff: int | None, rule: str) -> None:
    laid_down = terms(cutoff=None if cutoff is None else T0 + cutoff, ticked="no_answer")
    assert decided(Call("no_answer", connected=False), Standing(), laid_down).rule == rule


@pytest.mark.behaviour("R2")
def test_a_decision_taken_after_the_cutoff_is_final_although_the_call_ended_before() -> None:
    laid_down = terms(cutoff=T0 + SECOND, ticked="no_answer")
    late = decided(Call("no_answer", connected=False), Standing(), laid_down, now=T0 + SECOND)
    assert (late.status.value, late.rule) == ("exhausted", "campaign_over")


@pytest.mark.behaviour("N6")
@pytest.mark.parametrize(
    ("answered", "began", "disposition", "connected"),
    [
        (True, None, "customer", True),
        (True, None, "bot", True),
        (True, None, "transfer", True),
        (True, None, "timeout", True),
        (True, None, "error", True),
        (True, True, "customer", True),
        (True, False, "customer", False),
        (True, False, "error", False),
        (True, None, "RNR", False),
        (True, True, "RNR", False),
        (True, None, "voicemail", False),
        (True, True, "voicemail", False),
        (True, None, "machine", False),
        (True, None, "abandoned", False),
        (True, True, "outside_hours", False),
        (False, None, "customer", False),
        (False, True, "customer", False),
        (False, None, "no_answer", False),
        (False, None, "rejected", False),
        (False, None, "error", False),
    ],
)
def test_connected_means_that_a_conversation_began(
    answered: bool, began: bool | None, disposition: str, connected: bool
) -> None:
    assert conversation_began(answered, began, disposition) is connected


# --- callbacks --------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("K1", "K5", "K6")
@pytest.mark.parametrize(
    ("contact", "laid_down", "why"),
    [
        (Standing(), terms(callbacks_open=True), ""),
        (Standing(), terms(callbacks_open=False), "callbacks_off"),
        (Standing(3), terms(callbacks_open=True), "attempts_used_up"),
        (Standing(3), terms(callbacks_open=True, may_exceed=True), ""),
        (Standing(callback=Callback(T0, 5)), terms(callbacks_open=True), ""),
        (Standing(callback=Callback(T0, 6)), terms(callbacks_open=True), "too_many_reschedules"),
        (Standing(9, callback=Callback(T0, 6)), terms(callbacks_open=True, may_exceed=True), "too_many_reschedules"),
        (Standing(), terms(callbacks_open=True, cutoff=T0 + MINUTE), "after_cutoff"),
        (Standing(), terms(callbacks_open=True, cutoff=T0 + MINUTE + 1), ""),
    ],
)
def test_why_a_callback_is_not_granted(contact: Standing, laid_down: Terms, why: str) -> None:
    assert why_no_callback(CallbackRequest(T0 + MINUTE), contact, laid_down) == why


# --- analysis ---------------------------------------------------------------------------------------------------------

WAITING = terms(analysis_wait=120 * SECOND)


@pytest.mark.behaviour("R14")
@pytest.mark.parametrize(
    ("call", "contact", "laid_down", "now", "waits"),
    [
        (Call(), Standing(), WAITING, 0, True),
        (Call(), Standing(), WAITING, 120 * SECOND - 1, True),
        (Call(), Standing(), WAITING, 120 * SECOND, True),
        (Call(), Standing(), WAITING, 120 * SECOND + 1, False),
        (Call(), Standing(), terms(analysis_wait=0), 0, False),
        (Call(connected=False), Standing(), WAITING, 0, False),
        # R1 to R3 answer at once
        (Call(), Standing(excluded=True), WAITING, 0, False),
        (Call(), Standing(), terms(analysis_wait=120 * SECOND, over=True), 0, False),
        (Call(), Standing(), terms(analysis_wait=120 * SECOND, cutoff=T0), 0, False),
        (Call(), Standing(), terms(analysis_wait=120 * SECOND, cutoff=T0 + 1), 0, True),
        (Call(detail="bad_number"), Standing(), WAITING, 0, False),
        (Call("machine"), Standing(), WAITING, 0, False),
        (Call("abandoned"), Standing(), WAITING, 0, False),
        # no other rule answers at once
        (Call(), Standing(3), WAITING, 0, True),
        (Call(talk=99 * SECOND), Standing(), terms(analysis_wait=120 * SECOND, stop_after=30 * SECOND), 0, True),
        (Call(talk=SECOND), Standing(), terms(analysis_wait=120 * SECOND, redial_under=15 * SECOND), 0, True),
        (Call("timeout"), Standing(), terms(analysis_wait=120 * SECOND, ticked="timeout"), 0, True),
    ],
)
def test_when_a_decision_waits_for_its_analysis(
    call: Call, contact: Standing, laid_down: Terms, now: int, waits: bool
) -> None:
    assert waits_for_analysis(call, Said(), contact, laid_down, ended_at=T0, now=T0 + now) is waits


# --- what a campaign lays down ----------------------------------------------------------------------------------------


def campaign(config: DiallerConfig, **fields: object) -> Campaign:
    values = {"status": CampaignStatus.RUNNING, **fields}
    return Campaign("c", "default", "Renewals", "asha", (), config, 0, "ops", **values)  # type: ignore[arg-type]


@pytest.mark.behaviour("R12", "R11")
def test_minutes_and_seconds_become_microseconds() -> None:
    config = DiallerConfig(retry=RetryPolicy(delay_minutes=45), redial=RedialRules(30, 15))
    laid_down = Terms.of(campaign(config))
    assert laid_down.delay == 2_700_000_000
    assert (laid_down.stop_after, laid_down.redial_under) == (30_000_000, 15_000_000)
    off = Terms.of(campaign(DiallerConfig()))
    assert (off.stop_after, off.redial_under) == (None, None)


@pytest.mark.behaviour("R2")
@pytest.mark.parametrize(
    ("fields", "over"),
    [
        ({"status": CampaignStatus.RUNNING}, False),
        ({"status": CampaignStatus.PAUSED}, False),
        ({"status": CampaignStatus.COMPLETED}, True),
        ({"status": CampaignStatus.FAILED}, True),
        ({"status": CampaignStatus.RUNNING, "closing": CompletionReason.WINDOW_CLOSED}, True),
    ],
)
def test_when_a_campaign_is_over(fields: dict[str, object], over: bool) -> None:
    assert Terms.of(campaign(DiallerConfig(), **fields)).over is over


@pytest.mark.behaviour("R14", "K1")
@pytest.mark.parametrize(
    ("listed", "detection", "bot", "wait", "uses"),
    [
        ("", False, False, 120, 0),
        ("", True, False, 120, 0),
        ("", False, True, 120, 0),
        ("", True, True, 120, 120),
        ("again", False, False, 120, 120),
        ("again", False, False, 0, 0),
        ("again", True, True, 7, 7),
    ],
)
def test_where_a_campaign_uses_the_analysis(listed: str, detection: bool, bot: bool, wait: int, uses: int) -> None:
    config = DiallerConfig(
        retry=RetryPolicy(on_business=[listed]), callback_detection=detection, analysis_wait_seconds=wait
    )
    laid_down = Terms.of(campaign(config, bot_calls_back=bot))
    assert laid_down.analysis_wait == uses * 1_000_000
    assert laid_down.callbacks_open is (detection and bot)


@pytest.mark.behaviour("R14")
def test_the_decision_waits_two_minutes_unless_told_otherwise() -> None:
    assert DiallerConfig().analysis_wait_seconds == 120
