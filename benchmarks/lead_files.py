"""Lead files to read in a benchmark, as untidy as real ones and the same each time.

    python -m benchmarks.lead_files FOLDER [--rows N] [--shape-rows N]

All people and texts are invented. Only `random()` is drawn: what it gives for a seed is promised for every Python.
"""

from __future__ import annotations

import argparse
import csv
import random
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, chain, islice
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, NamedTuple

ROWS, SHAPE_ROWS, FEW_ROWS = 500_000, 200_000, 1_000
SEED = 20_260_901
DUPLICATE, BLANK, JUNK = 0.03, 0.01, 0.015
"""Shares of the rows."""

INDIAN = 0.85
SPECIAL = 0.003
"""Of the wild numbers, those that nobody should be dialled at, and short ones."""

NARROW_COLUMNS = ("phone_number", "customer_name", "amount_due", "account_no")
WIDE_COLUMNS = (*NARROW_COLUMNS, "due_date", "city", "email", "language", "notes")

Draw = Callable[[], float]
Person = tuple[str, str, bool]
"""Country code, national number, and whether a tidy list has the number without its country code."""
Template = tuple[str, Sequence[slice]]
"""A text with places for digits, and which of fifteen digits go there."""
Ways = tuple[tuple[float, Callable[[Draw, str, str], str]], ...]


class Kind(NamedTuple):
    """How a file is written.

    Parameters:
        wild: numbers in any spelling that people use, instead of digits, `+`, white space and hyphens.
        wide: eight variables instead of three.
        notes: texts of the last column; `######` and the like become digits.
        plain: nothing in it needs quotes.
        junk: share of numbers that are none.
    """

    wild: bool = False
    wide: bool = True
    notes: tuple[str, ...] = ()
    plain: bool = False
    junk: float = JUNK
    delimiter: str = ","
    quote_all: bool = False
    encoding: str = "utf-8-sig"


PLAIN_NOTES = (
    "Asked about plan ###### and prefers a call in the evening - branch ### and agent ####",
    "Promised to pay #### this week - reminded by agent #### of branch ###",
    "किस्त ##### बाकी है - शाम को फ़ोन करें",
)
INNER_QUOTE = ('Ordered ### metres of 5" pipe and ## of 3" pipe - branch ### and agent ####',)
NOTES = (
    'Asked about plan ######, prefers a call in the evening; policy "gold", branch ###, agent ####',
    'Promised to pay #### on Friday and "not before", as told to agent #### of branch ###; ticket ####',
    "Moved from branch ### to branch ###, address not confirmed, old account closed, agent ####",
    "किस्त ##### बाकी है, शाम को फ़ोन करें; शाखा ###",
    "Prefers English, then हिन्दी; wants the statement of account ######## by e-mail, agent ###",
)
SAID = ('Said, "not before Friday", and "call my wife", to agent #### of branch ###; ticket ####',)
MORE_LINES = "Called twice, no answer\nasked to call back, in the evening\n"
SAID_SHARE, MORE_LINES_SHARE = 0.005, 0.01

KINDS = {
    "wide": Kind(),
    "wide, wild": Kind(wild=True),
    "narrow": Kind(wide=False),
    "narrow, wild": Kind(wide=False, wild=True),
}
SHAPES = {
    "plain": Kind(plain=True, notes=PLAIN_NOTES),
    "quoted": Kind(quote_all=True),
    "inner quotes": Kind(plain=True, notes=INNER_QUOTE),
    "said": Kind(notes=SAID),
    "two lines": Kind(notes=tuple(f"Called before,\n{note}" for note in NOTES)),
    "semicolon": Kind(delimiter=";"),
    "utf-16": Kind(encoding="utf-16"),
    "bad rows": Kind(junk=0.10),
}

FIRST_NAMES = "Asha Ravi José मोहन Fatima Wei Zoë Anil Priya Karthik Neha Søren Владимир फ़ातिमा Mary-Ann O'Neil".split()
LAST_NAMES = "Sharma Iyer Müller Khan Nair Smith Tanaka Reddy D'Souza Kaur शर्मा Nguyễn García Patel Rao".split()
NICKNAMES = ('Rajesh "Raju" Gupta', 'Margaret "Peggy" Fernandes')
CITIES = "Mumbai Chennai Delhi Bengaluru Dubai Singapore London Köln Pune São Hyderabad Kolkata".split()
LANGUAGES = "en-IN hi-IN ta-IN te-IN ar-AE de-DE".split()
NO_NUMBERS = (
    "N/A",
    "-",
    "call later",
    "12345",
    "null",
    "0",
    "##",
    "9.19812E+11",
    "not provided",
    "98123",
    "+",
    "0000000000",
    "12345678901234567890",
    "#REF!",
    "9,19E+11",
)
# Country code, how mobile numbers begin there, and how many digits follow.
ABROAD = (
    ("1", ("212555", "415555", "312867", "646222", "305444"), 4),
    ("971", ("50", "52", "55", "56"), 7),
    ("65", ("8", "9"), 7),
    ("44", ("74", "75", "77", "78", "79"), 8),
    ("49", ("151", "160", "170", "171", "175"), 8),
    ("81", ("80", "90", "70"), 8),
    ("33", ("6",), 8),
    ("61", ("4",), 8),
    ("55", ("119", "219"), 8),
    ("94", ("71", "77"), 7),
    ("880", ("17", "18", "19"), 8),
    ("966", ("50", "55"), 7),
)
LANDLINES = ("112", "222", "332", "442", "802")
# Shared cost, free, premium rate, emergency and service.
SPECIAL_NUMBERS = (("1860", 7), ("1800", 7), ("+19002", 6), ("+44909", 7), ("+81990", 6), ("100", 0), ("112", 0))
DEVANAGARI = str.maketrans("0123456789", "०१२३४५६७८९")
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
FULL_WIDTH = str.maketrans("0123456789", "".join(chr(0xFF10 + digit) for digit in range(10)))
SCRIPTS = (DEVANAGARI, ARABIC, FULL_WIDTH)

# --- numbers ---------------------------------------------------------------------------------------------------------


def pick(draw: Draw, choices: Sequence[Any]) -> Any:  # noqa: ANN401 - an item of whatever there is to choose from
    return choices[int(draw() * len(choices))]


def digits(draw: Draw, count: int) -> str:
    return f"{int(draw() * 10**count):0{count}}" if count else ""


def somebody(draw: Draw) -> Person:
    if draw() < INDIAN:
        kind = draw()
        begin = pick(draw, LANDLINES) if kind < 0.04 else pick(draw, "6789")
        return "91", begin + digits(draw, 10 - len(begin)), 0.04 <= kind < 0.30
    code, begins, count = pick(draw, ABROAD)
    return code, pick(draw, begins) + digits(draw, count), False


def wild(draw: Draw, person: Person) -> str:
    """Write a number as people do; from abroad it keeps its country code, or nobody could tell whose it is."""
    code, number, _ = person
    return written(WILD, draw, code, number, draw() * (1 if code == "91" else 0.52))


def tidy(draw: Draw, person: Person) -> str:
    """Write a number as it is written where somebody looks after the list: its digits are always the same."""
    code, number, local = person
    return written(LOCAL if local else TIDY, draw, code, number, draw())


def written(ways: Ways, draw: Draw, code: str, number: str, chance: float) -> str:
    for limit, write in ways:
        if chance < limit:
            return write(draw, code, number)
    raise AssertionError(chance)


# Each with the share of all up to it.
LOCAL: Ways = (
    (0.70, lambda _, __, number: number),
    (0.90, lambda _, __, number: f"{number[:5]} {number[5:]}"),
    (1.00, lambda _, __, number: f"{number[:5]}-{number[5:]}"),
)
TIDY: Ways = (
    (0.45, lambda _, code, number: f"+{code}{number}"),
    (0.65, lambda _, code, number: f"{code}{number}"),
    (0.80, lambda _, code, number: f"+{code} {number[:5]} {number[5:]}"),
    (0.88, lambda _, code, number: f"+{code}-{number[:3]}-{number[3:6]}-{number[6:]}"),
    (0.93, lambda _, code, number: f"{code}-{number}"),
    (0.96, lambda _, code, number: f" +{code} {number} "),
    (0.98, lambda _, code, number: f"+{code}\u00a0{number[:4]}\u00a0{number[4:]}"),
    (1.00, lambda _, code, number: f"+{code}\u2010{number[:5]}\u2011{number[5:]}"),
)
WILD: Ways = (
    (0.25, lambda _, code, number: f"+{code}{number}"),
    (0.34, lambda _, code, number: f"+{code} {number[:5]} {number[5:]}"),
    (0.38, lambda _, code, number: f"+{code}-{number[:3]}-{number[3:6]}-{number[6:]}"),
    (0.42, lambda _, code, number: f"(+{code}) {number[:5]}-{number[5:]}"),
    (0.46, lambda _, code, number: f"00{code}{number}"),
    (0.48, lambda _, code, number: f"+{code}.{number[:3]}.{number[3:6]}.{number[6:]}"),
    (0.50, lambda _, code, number: f" +{code}\u00a0{number[:4]}/{number[4:]} "),
    (0.51, lambda draw, code, number: f"+{code}{number}".translate(pick(draw, SCRIPTS))),
    (0.52, lambda draw, code, number: f"+{code} {number} ext. {digits(draw, 3)}"),
    (0.70, lambda _, __, number: number),
    (0.81, lambda _, __, number: f"0{number}"),
    (0.88, lambda _, code, number: f"{code}{number}"),
    (0.91, lambda _, code, number: f"{code}-{number[:5]}-{number[5:]}"),
    (0.94, lambda _, __, number: f"(0{number[:3]}) {number[3:6]} {number[6:]}"),
    (0.96, lambda _, __, number: f"{number}.0"),
    (0.97, lambda draw, _, number: f"{number[:5]} {number[5:]} x{digits(draw, 2)}"),
    (0.98, lambda _, __, number: f"Mob: {number}"),
    (0.985, lambda _, code, number: f"{number} / {code}{number[::-1]}"),
    (0.99, lambda _, code, number: f"'{code}{number}"),
    (0.995, lambda _, __, number: f"0{number}".translate(DEVANAGARI)),
    (1.00, lambda _, __, number: f"{number} (wife)"),
)


def numbers(draw: Draw, kind: Kind) -> Iterator[str]:
    write = wild if kind.wild else tidy
    known: list[Person] = []
    none = [text for text in NO_NUMBERS if not (kind.plain and kind.delimiter in text)]
    while True:
        what = draw()
        if what < DUPLICATE and known:
            yield write(draw, pick(draw, known))
        elif what < DUPLICATE + BLANK:
            yield "" if draw() < 0.8 else "  "
        elif what < DUPLICATE + BLANK + kind.junk:
            yield pick(draw, none)
        elif kind.wild and what > 1 - SPECIAL:
            begin, count = pick(draw, SPECIAL_NUMBERS)
            yield begin + digits(draw, count)
        else:
            known.append(somebody(draw))
            yield write(draw, known[-1])


# --- rows ------------------------------------------------------------------------------------------------------------


def rows(draw: Draw, kind: Kind) -> Iterator[list[str]]:
    notes = [template_of(text) for text in kind.notes or NOTES]
    said = [template_of(text) for text in kind.notes or SAID]
    for number in numbers(draw, kind):
        amount = 100 + draw() * 90_000
        thousands = not kind.plain and draw() < 0.1
        row = [number, name(draw, kind), f"{amount:,.2f}" if thousands else f"{amount:.2f}", f"ACC-{digits(draw, 10)}"]
        if kind.wide:
            day = f"2026-{1 + int(draw() * 12):02}-{1 + int(draw() * 28):02}" if draw() < 0.95 else ""
            mail = f"u{digits(draw, 7)}@example.in" if draw() < 0.97 else ""
            what = 0.5 if kind.plain else draw()
            text = note(draw, pick(draw, said if what > 1 - SAID_SHARE else notes))
            more = MORE_LINES if what < MORE_LINES_SHARE else ""
            row += [day, pick(draw, CITIES), mail, pick(draw, LANGUAGES), more + text]
        yield row


def name(draw: Draw, kind: Kind) -> str:
    if not kind.plain and draw() < 0.005:
        return str(pick(draw, NICKNAMES))
    return f"{pick(draw, FIRST_NAMES)} {pick(draw, LAST_NAMES)}"


def note(draw: Draw, template: Template) -> str:
    form, places = template
    # One draw has digits enough for a note.
    number = f"{int(draw() * 10**15):015}"
    return form % tuple(number[place] for place in places)


def template_of(text: str) -> Template:
    lengths = [len(run) for run in re.findall("#+", text)]
    ends = list(accumulate(lengths))
    return re.sub("#+", "%s", text), [slice(end - length, end) for end, length in zip(ends, lengths, strict=True)]


def write(path: Path, kind: Kind, count: int, seed: int = SEED) -> None:
    """Write a file of so many rows; the same arguments give the same bytes.

    Lines end with CR LF and a byte order mark comes first, as a spreadsheet writes them.
    """
    draw = random.Random(seed).random
    records = chain([WIDE_COLUMNS if kind.wide else NARROW_COLUMNS], islice(rows(draw, kind), count))
    with path.open("w", encoding=kind.encoding, newline="") as stream:
        if kind.plain:
            # A quote inside a cell stays as it is; `csv` would put quotes around the cell.
            stream.writelines(f"{kind.delimiter.join(record)}\r\n" for record in records)
        else:
            writer = csv.writer(stream, delimiter=kind.delimiter)
            if kind.quote_all:
                writer = csv.writer(stream, delimiter=kind.delimiter, quoting=csv.QUOTE_ALL)
            writer.writerows(records)


# --- files of a benchmark --------------------------------------------------------------------------------------------


def path_of(folder: Path, name: str) -> Path:
    return folder / f"{name}.csv"


def few_of(path: Path) -> Path:
    """Return the path of a file with few rows of the same kind, to begin with."""
    return path.with_name(f"few {path.name}")


def main() -> None:
    from benchmarks.harness import tell

    parser = argparse.ArgumentParser(description="Write the lead files of the ingest benchmark.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--shape-rows", type=int, default=SHAPE_ROWS)
    asked = parser.parse_args()
    wall, cpu = perf_counter(), process_time()
    for counted, kinds in ((asked.rows, KINDS), (asked.shape_rows, SHAPES)):
        for title, kind in kinds.items():
            write(path_of(asked.folder, title), kind, counted)
            write(few_of(path_of(asked.folder, title)), kind, FEW_ROWS)
    tell(perf_counter() - wall, process_time() - cpu, {})


if __name__ == "__main__":
    main()
