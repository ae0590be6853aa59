"""Hostile lead files too long to write down: something odd at every place where a reader may cut a file into pieces.

Plain rows fill the room between multiples of a million bytes and of 2^20 bytes; at each of them stands an odd record,
and it ends there, begins there, or has the boundary at its most delicate place. What must come of the file is noted
down while it is built.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from ingest.corpus import Contact, Entry, Read, Refused, Skipped

_NUMBER = "910000000000"
_TIMES = (1, 2, 3, 4, 6, 8, 12, 16)
BOUNDARIES = sorted(times * unit for times in _TIMES for unit in (1_000_000, 1 << 20))
PLACES = ("before", "across", "after")


@attrs.frozen
class Odd:
    """An odd record, with `|` for the delimiter, `#` for the record's number and `^` for the most delicate place.

    Parameters:
        text: the whole of it, its line end too.
        value: the variable of the contact, None if it has none.
        reason: why it is skipped, if it is.
        raw: the raw number of a skipped one, if it is not the number.
        more: physical lines it goes on.
        blank: it is a blank line and no record.
    """

    text: str
    value: str | None = None
    reason: str = ""
    raw: str = "#"
    more: int = 0
    blank: bool = False


_LINES = "".join(f"line {i}\n" for i in range(100))
_BLANKS = "\n" * 50

ODDS = {
    "quoted_lf": Odd('#|"two\n^lines"\n', "two\nlines", more=1),
    "quoted_crlf": Odd('#|"two\r^\nlines"\n', "two\r\nlines", more=1),
    "quoted_cr": Odd('#|"two\r^lines"\n', "two\rlines"),
    "hundred_quoted_lines": Odd(f'#|"{_LINES}^{_LINES}"\n', _LINES * 2, more=200),
    "quoted_blank_lines": Odd(f'#|"{_BLANKS}^{_BLANKS}x"\n', "\n" * 100 + "x", more=100),
    "quoted_delimiter": Odd('#|"a|^b"\n', "a|b"),
    "doubled_quotes": Odd('#|"a"^"b"\n', 'a"b'),
    "closing_quote": Odd('#|"a^"\n', "a"),
    "quoted_number": Odd('"#^"|a\n', "a"),
    "inch": Odd('#|5"^ pipe\n', '5" pipe'),
    "spaced_quote": Odd('#| ^"Nair| Ravi"\n', reason="stray_quote"),
    "control": Odd("#|a\x07^b\n", reason="control_character"),
    "nul": Odd("#|a\0^b\n", reason="control_character"),
    "c1_control": Odd("#|a\x9b^b\n", reason="control_character"),
    "lone_cr": Odd("#|a\r^b\n", reason="control_character"),
    "crlf": Odd("#|a\r^\n", "a"),
    "cr_cr_lf": Odd("#|a\r^\r\n", "a"),
    "line_separator": Odd("#|a\u2028^b\n", "a\u2028b"),
    "too_many": Odd("#|a|^b\n", reason="too_many_fields"),
    "extra_blanks": Odd("#|a||^|\n", "a"),
    "short": Odd("#^\n"),
    "no_number": Odd("N/A|^a\n", reason="not_digits", raw="N/A"),
    "duplicate": Odd("+91 00000-0^0000|a\n", reason="duplicate", raw="+91 00000-00000"),
    "blank_line": Odd(" ^\n", blank=True),
    "emoji": Odd("#|a👩^🏽b\n", "a👩🏽b"),
}


class Builder:
    """Writes a file, and what must come of it, row by row."""

    def __init__(self, *, delimiter: str = ",", end: str = "\n", row: int = 1_000) -> None:
        self.delimiter, self.end, self.row = delimiter, end, row
        self.data = bytearray(f"phone_number{delimiter}name{end}".encode())
        self.line = 2
        self.contacts: list[Contact] = []
        self.skipped: list[Skipped] = []
        self.blank = self.more = 0
        self._count = 0

    def number(self) -> str:
        number = str(int(_NUMBER) + self._count)
        self._count += 1
        return number

    def plain(self, size: int) -> None:
        """Write a plain row of exactly so many bytes."""
        number = self.number()
        value = "x" * (size - len(number) - len(self.delimiter) - len(self.end))
        self.data += f"{number}{self.delimiter}{value}{self.end}".encode()
        self.contacts.append((number, {"name": value} if value else {}))
        self.line += 1

    def fill(self, until: int) -> None:
        """Write plain rows up to this offset, exactly."""
        while (room := until - len(self.data)) >= 2 * self.row:
            self.plain(self.row)
        assert room == 0 or room > len(_NUMBER) + 2
        if room:
            self.plain(room)

    def odd(self, odd: Odd) -> None:
        number = self.number() if "#" in odd.text else ""
        text = self._written(odd.text.replace("^", ""), number)
        self.data += text.encode()
        if odd.blank:
            self.blank += 1
        elif odd.reason:
            self.skipped.append((self.line, odd.raw.replace("#", number), odd.reason))
        else:
            self.contacts.append((number, {} if odd.value is None else {"name": self._written(odd.value, number)}))
        self.line += odd.more + 1
        self.more += odd.more

    def place(self, odd: Odd, boundary: int, place: str) -> None:
        """Fill up to where the odd record must begin, and write it."""
        at = {"before": len(odd.text), "across": odd.text.index("^"), "after": 0}[place]
        # A number takes the room of twelve, and a letter that of its bytes.
        before = self._written(odd.text[:at].replace("^", ""), _NUMBER).encode()
        self.fill(boundary - len(before))
        self.odd(odd)

    def finish(self) -> tuple[bytes, Read]:
        return bytes(self.data), Read(self.contacts, self.skipped, blank=self.blank, more=self.more)

    def _written(self, text: str, number: str) -> str:
        return text.replace("|", self.delimiter).replace("#", number).replace("\n", self.end)


def mixed(place: str, shift: int, *, delimiter: str = ",") -> Entry:
    """A file of 17 MB with another kind of odd record at each boundary, all of them in the same place."""
    kinds = list(ODDS)
    builder = Builder(delimiter=delimiter)
    for index, boundary in enumerate(BOUNDARIES):
        builder.place(ODDS[kinds[(index + shift) % len(kinds)]], boundary, place)
    builder.fill(len(builder.data) + 10_000)
    data, answer = builder.finish()
    return Entry(f"mixed_{place}_{shift}", f"odd records {place} each boundary", data, answer)


def pure(kind: str, boundaries: Sequence[int], *, shift: int = 0, row: int = 1_000) -> Entry:
    """A file with one kind of odd record only, in another place at each boundary."""
    builder = Builder(row=row)
    for index, boundary in enumerate(boundaries):
        builder.place(ODDS[kind], boundary, PLACES[(index + shift) % len(PLACES)])
    builder.fill(len(builder.data) + 10_000)
    data, answer = builder.finish()
    return Entry(f"pure_{kind}_{shift}", f"{kind} at each boundary", data, answer)


def carriage_returns(place: str) -> Entry:
    """A file of 9 MB of CR lines, with quoted line ends at each boundary."""
    builder = Builder(end="\r")
    for index, boundary in enumerate(BOUNDARIES[:12]):
        builder.place(ODDS["quoted_lf" if index % 2 else "hundred_quoted_lines"], boundary, place)
    data, answer = builder.finish()
    # The values were written down with LF.
    contacts = [
        (number, {name: value.replace("\n", "\r") for name, value in row.items()}) for number, row in answer.contacts
    ]
    return Entry(f"cr_{place}", "CR lines", data, attrs.evolve(answer, contacts=contacts))


def swallowing(boundary: int, place: str) -> Entry:
    """A quote opened beside a boundary makes one cell of the next two rows, soundly."""
    builder = Builder()
    opened, closed = '#|"a\n', '#|b"\n'
    size = len(_NUMBER) + len(opened) - 1
    builder.fill(boundary - {"before": 2 * size, "across": size, "after": 0}[place])
    line = builder.line
    for text in (opened, closed):
        builder.data += builder._written(text, builder.number()).encode()
    builder.fill(len(builder.data) + 10_000)
    facts = {"line": line, "inside": line + 1}
    return Entry(f"swallowing_{place}", "a contact lost", bytes(builder.data), Refused("unbalanced_quote", facts))


def never_closed(boundary: int, place: str) -> Entry:
    """A quote opened beside a boundary and never closed, with far more text behind it than a cell may hold."""
    builder = Builder()
    opened = '#|"a\n'
    size = len(_NUMBER) + len(opened) - 1
    builder.fill(boundary - {"before": size, "across": size - 2, "after": 0}[place])
    line = builder.line
    builder.data += builder._written(opened, builder.number()).encode()
    builder.fill(len(builder.data) + 1_000_000)
    return Entry(
        f"never_closed_{place}", "a quote left open", bytes(builder.data), Refused("unbalanced_quote", {"line": line})
    )


def undecodable(boundary: int, shift: int) -> Entry:
    """Two bytes of a character of three, so far from a boundary."""
    builder = Builder()
    builder.fill(boundary + 10_000)
    builder.data[boundary + shift : boundary + shift + 2] = b"\xe2\x82"
    facts = {"offset": boundary + shift, "encoding": "utf-8"}
    return Entry(f"undecodable_{shift}", "no UTF-8", bytes(builder.data), Refused("undecodable", facts))


def duplicates_far_apart() -> Entry:
    """The first thousand numbers once more at the end, 8 MB further down, in other spellings."""
    builder = Builder(row=100)
    builder.fill(8 << 20)
    for index in range(1_000):
        digits = str(int(_NUMBER) + index)
        spelled = (f"+{digits}", f"{digits[:2]} {digits[2:]}", f"{digits[:2]}-{digits[2:7]}\u2011{digits[7:]}")[
            index % 3
        ]
        builder.data += f"{spelled},again\n".encode()
        builder.skipped.append((builder.line, spelled, "duplicate"))
        builder.line += 1
    data, answer = builder.finish()
    return Entry("duplicates_far_apart", "duplicates in another piece", data, answer)
