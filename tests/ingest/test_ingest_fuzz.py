"""Whatever bytes come: leads or a refusal that is on the reference page, and the same as a second reading of them."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ingest import fuzz, reference_page
from ingest.judging import conserved, disagreement, read, report_of
from ingest.mutations import KINDS, TOKENS, Step, mutated
from ingest.second_reading import Expected, Walk, second_reading
from ori_campaigns.ingest import REASONS, Leads, Limits, read_leads

SEEDS = fuzz.seeds()

# Small files cut into many pieces meet what only large ones have otherwise; 0 leaves them whole.
cuts = st.sampled_from([0, 0, 1, 10, 60, 300])
wide_cuts = st.sampled_from([0, 400, 2_000, 10_000])

# ---------------------------------------------------------------------------------------------------------------------
# Any bytes

anything = st.one_of(
    st.binary(max_size=300),
    st.lists(st.sampled_from(TOKENS), max_size=40).map(b"".join),
    st.text(max_size=100).map(lambda text: text.encode("utf-8", errors="surrogatepass")),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=100).map(lambda text: text.encode("utf-16")),
)
headed = st.tuples(st.sampled_from([b"phone_number\n", b"phone_number,v\n", b"v;phone_number\r\n"]), anything).map(
    b"".join
)


@pytest.mark.behaviour("C4", "C8", "C9")
@settings(max_examples=300)
@given(st.one_of(anything, headed), cuts)
def test_any_bytes_are_read_as_the_rules_say(data: bytes, cut: int) -> None:
    assert disagreement(data, piece=cut) == ""


# Which of these a file is read with; `None` is most files' way.
encodings = st.sampled_from(
    [None, "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "ascii", "utf-7", "shift_jis",
     "gb18030", "iso2022_jp", "hz", "cp037", "idna", "punycode", "unicode_escape", "rot13", "klingon"]
)  # fmt: skip
limits = st.builds(
    Limits,
    max_bytes=st.sampled_from([10, 100, 10**8]),
    max_records=st.sampled_from([1, 3, 500_000]),
    max_columns=st.sampled_from([1, 2, 200]),
    max_lines=st.sampled_from([1, 4, 10**7]),
    max_line_bytes=st.sampled_from([5, 20, 10**6]),
)
steps = st.lists(
    st.builds(Step, st.sampled_from(KINDS), st.integers(0, 5_000), st.integers(0, 5_000), st.integers(0, 5_000)),
    max_size=6,
)
mutants = st.builds(mutated, st.sampled_from(SEEDS), steps, st.sampled_from(SEEDS))


@pytest.mark.behaviour("C4", "C8", "C9")
@settings(max_examples=200)
@given(mutants, cuts)
def test_a_damaged_file_is_read_as_the_rules_say(data: bytes, cut: int) -> None:
    assert disagreement(data, piece=cut) == ""


names = st.one_of(
    st.sampled_from(
        ["name", "Name", "name ", "", " ", "\u200b", "\u200bname", "*", "^.*$", "^name$", "^", "$1", "_bot", "line",
         "reason", '"a,b"', '"a\nb"', ' "a', "0", "1", "2", "phone_number", "phone", "a;b", "\ufeffx", "x\x85", "é",
         "e\u0301"]
    ),
    st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='",;'), max_size=8),
)  # fmt: skip


@pytest.mark.behaviour("C1", "C5", "C6")
@settings(max_examples=200)
@given(st.lists(names, max_size=6), st.sampled_from([",", ";", "\t"]), st.integers(0, 6))
def test_any_header_is_read_as_the_rules_say(names: list[str], delimiter: str, phone: int) -> None:
    header = delimiter.join([*names[:phone], "phone_number", *names[phone:]])
    cells = [f"x{index}" for index in range(len(names))]
    rows = [delimiter.join([*cells[:phone], number, *cells[phone:]]) for number in ("919800000001", "12")]
    assert disagreement("\n".join([header, *rows]).encode()) == ""


@pytest.mark.behaviour("C3", "C4", "C7")
@settings(max_examples=300)
@given(st.one_of(anything, headed, mutants), encodings, limits, st.sampled_from(["refuse", "truncate"]))
def test_any_bytes_with_any_options_are_read_or_refused(
    data: bytes, encoding: str | None, limits: Limits, over_limit: str
) -> None:
    got = read(data, encoding=encoding, limits=limits, over_limit=over_limit)
    assert conserved(got)
    if isinstance(got, Leads):
        assert got.summary.accepted <= limits.max_records
        assert got.contacts.width <= limits.max_columns
        assert over_limit == "truncate" or got.summary.total <= limits.max_records
        again = read(data, encoding=encoding, limits=limits, over_limit=over_limit)
        assert isinstance(again, Leads)
        assert again.contacts.equals(got.contacts)
        assert again.skipped.equals(got.skipped)


# ---------------------------------------------------------------------------------------------------------------------
# Long files, in which plain lines, records of several lines and odd lines alternate

# `#` is a number of its own, `=` one that is on many lines.
PLAIN = ["#,name", "#,", "+91 #,x", "#,Zoë", "#"]
SEVERAL_LINES = ['#,"a\nb"', '#,"a\n\n\nb ""c""\n"', '"12\n34",x', '#,"\r\n"', '"#\n","\n,x"', '=,"a\nb"']
ODD = [
    "", " ", "\t", "\u00a0", "=,again", "N/A,x", ",", '""', '"",""', "#,x,y", "#,x,, ", "12,x", "9.198E+11,x",
    '#,5" pipe', '#, "a, b"', '#, "a"', "#,a\rb", "#,a\r", "\r", "#,\0", "#,\x85", "\x0c", '#,"x\x07"', "#,\u2028",
    '"#","x"', "#;x", "#\tx", " \r ", ",,,",
]  # fmt: skip
FATAL = ['#,"a', '#,"a" b', '#,"a\n#,b"', '"', '=,"\n=,x\n"']

runs = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(PLAIN), st.integers(1, 120)),
        st.tuples(st.sampled_from(SEVERAL_LINES), st.sampled_from([1, 1, 1, 2, 40])),
        st.tuples(st.sampled_from(ODD), st.sampled_from([1, 1, 1, 2, 40])),
    ),
    min_size=2,
    max_size=14,
)
soup = st.lists(st.sampled_from([*TOKENS[:20], b"919800000002", b"a", b",b\n"]), max_size=4).map(
    lambda tokens: b"".join(tokens).decode(errors="ignore")
)


@st.composite
def long_files(draw: st.DrawFn, *, fatal: bool = True) -> str:
    """A file of up to some hundred lines, in any dialect."""
    lines, count = ["phone_number,v"], 0
    for template, times in draw(runs):
        for _ in range(times):
            count += 1
            lines.append(template.replace("#", f"9198{count:08d}").replace("=", "919999999999"))
    if fatal and draw(st.integers(0, 5)) == 0:
        lines.insert(draw(st.integers(0, len(lines))), draw(st.sampled_from(FATAL)).replace("#", "919800999999"))
    if fatal and draw(st.integers(0, 3)) == 0:
        lines.insert(draw(st.integers(0, len(lines))), draw(soup))
    text = draw(st.sampled_from(["\n", "\n", "\r\n"])).join(lines) + draw(st.sampled_from(["", "\n"]))
    text = text.replace(",", draw(st.sampled_from([",", ",", ";", "\t"])))
    return re.sub("[\r\n]+", "\r", text) if draw(st.integers(0, 4)) == 0 else text


@pytest.mark.behaviour("C2", "C4", "C5", "C7", "C8")
@settings(max_examples=75)
@given(long_files(), wide_cuts)
def test_a_long_file_of_plain_and_odd_records_is_read_as_the_rules_say(text: str, cut: int) -> None:
    assert disagreement(text.encode(), piece=cut) == ""


@pytest.mark.slow
@pytest.mark.behaviour("C2", "C4", "C5", "C7", "C8")
@settings(max_examples=600)
@given(long_files(), wide_cuts)
def test_many_long_files_are_read_as_the_rules_say(text: str, cut: int) -> None:
    assert disagreement(text.encode(), piece=cut) == ""


# ---------------------------------------------------------------------------------------------------------------------
# Two halves are the whole


def rows_of(leads: Leads) -> list[tuple[str | None, ...]]:
    return leads.contacts.rows()


@pytest.mark.behaviour("C2", "C4", "C12")
@settings(max_examples=60)
@given(long_files(fatal=False), st.floats(0, 1))
def test_two_halves_of_a_file_are_the_whole(text: str, where: float) -> None:
    sound = second_reading(text.encode())
    assume(isinstance(sound, Expected) and len(sound.starts) > 1)
    assert isinstance(sound, Expected)
    header, cut = sound.starts[0], sound.starts[1 + int(where * (len(sound.starts) - 2))]
    end = Walk(text).newline
    whole, upper, lower = (report_of(read(part.encode())) for part in (text, text[:cut], text[:header] + text[cut:]))
    assert whole is not None
    assert upper is not None
    assert lower is not None
    above = set(upper.numbers)
    # A line of the lower half is further down in the whole, by what lies between the header and the cut.
    down = text.count(end, header, cut)
    assert rows_of(whole) == rows_of(upper) + [row for row in rows_of(lower) if row[0] not in above]
    repeated = [number for number in lower.numbers if number in above]
    skipped = whole.skipped.rows()
    moved = [(line + down, value, reason) for line, value, reason in lower.skipped.rows()]
    apart = upper.skipped.rows() + moved
    assert [row for row in skipped if row in set(apart)] == apart
    across = [row for row in skipped if row not in set(apart)]
    assert [reason for _, _, reason in across] == ["duplicate"] * len(repeated)
    assert whole.summary.total == upper.summary.total + lower.summary.total
    assert whole.warnings == upper.warnings == lower.warnings


# ---------------------------------------------------------------------------------------------------------------------
# The page, the docstring and the code name the same


def test_the_docstring_names_the_codes_of_the_page() -> None:
    named = re.search(r"IngestError: the file is refused whole\. Codes: (.*?)\.\n", read_leads.__doc__ or "", re.DOTALL)
    assert named is not None
    # `not_text` is not for files.
    assert {*re.findall(r"`(\w+)`", named[1]), "not_text"} == set(reference_page.error_codes())


def test_the_reasons_are_those_of_the_page() -> None:
    assert set(REASONS) == set(reference_page.reasons())


# ---------------------------------------------------------------------------------------------------------------------
# Led by coverage


@pytest.mark.slow
@pytest.mark.behaviour("C4", "C8")
def test_a_search_led_by_coverage_finds_nothing() -> None:
    search = fuzz.Search(seed=20_260_105)
    search.run(executions=1_500)
    assert search.executions == 1_500
    assert search.findings == []
