"""What a person may do with a wizard, drawn at random: anything in any field, and any move at any time."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from ori_campaigns.carriers import Carrier
from ori_campaigns.errors import CampaignsError, IngestError
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.wizard import STEPS, Offers, Wizard
from wizard.desk import CAMPAIGNS, FIRST, INBOUND, OFFERS, PEOPLE, SECOND, STRANGE, THIRD, Figures, People, new

TEXT = st.text(max_size=12)
NUMBERS = st.one_of(
    st.sampled_from(
        ["", " ", "0", "-1", "0.5", "1", "1.9", " 7 ", "007", "abc", "1,000", "1e2", "1e999", "1000000", "1000001"]
    ),
    st.integers(-5, 2_000_000).map(str),
    st.decimals(-2, 100, places=2).map(str),
    TEXT,
    st.none(),
    st.integers(-5, 200),
    st.floats(-5, 200),
)
TIMES = (
    st.sampled_from(["00:00", "09:00", "17:00", "18:00", "23:59"])
    | st.sampled_from(["", "9:00", "24:00", " 09:00"])
    | TEXT
)


def some(known: list[Any], strange: list[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from([*known, *known, *strange]), max_size=4) | st.permutations(known)


ENTRIES: dict[str, st.SearchStrategy[Any]] = {
    "name": st.sampled_from(["Renewals", "  Renewals ", "", " ", "a\0", "\u200b", "a\nb", "\ud800"]) | TEXT,
    "bot": st.sampled_from(["asha", "ravi", "", "nobody"]),
    "numbers": some([FIRST, SECOND, PhoneNumber(THIRD)], [STRANGE, INBOUND, "junk", "+91 11 4000-1000"]),
    "concurrency_limit": NUMBERS,
    "mode": st.sampled_from(["single_day", "multi_day", "multi_day", "weekly", ""]),
    "always_on": st.booleans(),
    "window_start": TIMES,
    "window_end": TIMES,
    "timezone": st.sampled_from(["Asia/Kolkata", "UTC", "Asia/Kathmandu", "", "Asia/Kolkata (IST)", "Nowhere"]),
    "working_days": some(["0", "1", 4, "6"], ["7", "mon", ""]),
    "max_attempts": NUMBERS,
    "delay_minutes": NUMBERS,
    "on_system": some(["RNR", "no_answer"], ["busy"]),
    "on_business": st.sampled_from(["", "a, b", "a,,A ,", "a, b\ud800"]) | TEXT,
    "stop_rule": st.booleans(),
    "stop_after_seconds": NUMBERS,
    "redial_rule": st.booleans(),
    "redial_under_seconds": NUMBERS,
    "callback_detection": st.booleans(),
    "sticky_exclusion": st.booleans(),
}
RIGHT: dict[str, Any] = {
    "name": "Renewals",
    "bot": "asha",
    "numbers": [FIRST],
    "concurrency_limit": "50",
    "mode": "single_day",
    "window_start": "09:00",
    "window_end": "18:00",
    "timezone": "UTC",
    "working_days": ["0"],
    "max_attempts": "3",
    "delay_minutes": "30",
    "on_system": [],
}
"""What sets each field right that can block."""

FEWER = Offers(["ravi"], [Carrier("delhi", [SECOND], channels=60)])
LISTS = [PEOPLE, People(summary=Figures("more.csv", 2, 1, {"blank": 1}, ("name",))), People((), Figures("x", 0, 1))]
REFUSAL = IngestError("leads.csv is empty.", code="empty_file")
FAILURE = CampaignsError("The store could not be reached. Try again.", code="store_unavailable")

Move = tuple[str, tuple[Any, ...]]


def _moves() -> st.SearchStrategy[Move]:
    fields = st.sampled_from(sorted(ENTRIES))
    entered = fields.flatmap(lambda key: st.tuples(st.just(key), ENTRIES[key]))
    righted = st.sampled_from(sorted(RIGHT)).map(lambda key: ("enter", (key, RIGHT[key])))
    toggled = st.sampled_from(
        [
            ("always_on",),
            ("stop_rule",),
            ("redial_rule",),
            ("numbers", FIRST),
            ("numbers", STRANGE),
            ("working_days", 0),
        ]
    )
    plain: list[Move] = [
        *[("next", ())] * 6,
        *[("back", ())] * 2,
        *[("working", ())] * 2,
        ("remove_upload", ()),
        ("failed", (FAILURE,)),
        *[("go", (step.value,)) for step in STEPS],
        *[("upload", (each,)) for each in (*LISTS, PEOPLE)],
        ("upload_failed", (REFUSAL,)),
        ("offered", (FEWER,)),
        *[("offered", (OFFERS,))] * 2,
    ]
    return st.one_of(
        entered.map(lambda arguments: ("enter", arguments)),
        righted,
        toggled.map(lambda arguments: ("toggle", arguments)),
        st.tuples(st.just("leave"), st.tuples(st.sampled_from([*sorted(ENTRIES), "contacts"]))),
        st.sampled_from(plain),
        st.sampled_from(plain),
    )


def walks() -> st.SearchStrategy[list[Move]]:
    """Draw sequences of moves."""
    return st.lists(_moves(), min_size=3, max_size=25)


def beginnings() -> st.SearchStrategy[Wizard]:
    """Draw wizards as they may stand: blank, filled in or with a campaign of any stage, and on any step."""
    opened = [Wizard.edit(campaign, contacts, OFFERS) for campaign in CAMPAIGNS.values() for contacts in (0, 3)]
    filled = new(**{key: RIGHT[key] for key in ("name", "bot", "numbers")})
    first = [new(), filled, *[filled.upload(PEOPLE)] * 6, *opened]
    return st.builds(_advanced, st.sampled_from(first), st.sampled_from([4, 4, 4, 3, 3, 2, 2, 1, 0]))


def _advanced(wizard: Wizard, steps: int) -> Wizard:
    for _ in range(steps):
        wizard = wizard.next()
    return wizard


def fillings() -> st.SearchStrategy[Wizard]:
    """Draw new wizards with some fields filled in, rightly or wrongly."""
    changes = st.fixed_dictionaries({}, optional=ENTRIES)
    mostly_right = st.fixed_dictionaries(
        {}, optional={key: each for key, each in ENTRIES.items() if key not in {"name", "bot", "numbers"}}
    ).map(lambda made: {**{key: RIGHT[key] for key in ("name", "bot", "numbers")}, **made})
    return (changes | mostly_right).map(lambda made: new(**made))


def play(wizard: Wizard, move: Move) -> Wizard:
    """Make a move."""
    name, arguments = move
    moved: Wizard = getattr(wizard, name)(*arguments)
    return moved
