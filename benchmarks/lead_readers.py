"""What is measured of reading lead files: each program reads one file in a process of its own.

    python -m benchmarks.lead_readers WORK FILE [--delimiter CHARACTER] [--encoding NAME] [--no-quotes] [--cold]

Before the measured file comes one of few rows, `few FILE` beside it, so that what is loaded or compiled at first use is
not measured; `--cold` leaves it out.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, NamedTuple

from benchmarks.harness import perform, tell
from benchmarks.lead_files import few_of

REGION = "IN"
SINGLE = 4_000
"""So many numbers are cleaned one by one."""
DROPPED = re.compile(r"[+\s\-\u2010\u2011]")
NUMBER = re.compile(r"[0-9]{8,15}")
SPREADSHEETS = re.compile(r"\s*[+-]?\d+([.,]\d*)?E[+-]?\d+\s*", re.IGNORECASE)

Found = Mapping[str, float]


class Source(NamedTuple):
    """A file and how it is written, as far as others than ours have to be told."""

    path: Path
    delimiter: str = ","
    encoding: str = "utf-8-sig"
    quotes: bool = True

    def records(self) -> Iterator[dict[str, str]]:
        with self.path.open(encoding=self.encoding, newline="") as stream:
            yield from csv.DictReader(stream, delimiter=self.delimiter)


class Work:
    """The programs, by name."""

    def __init__(self, source: Source, *, cold: bool) -> None:
        self._source, self._cold = source, cold

    def _measure(self, read: Callable[[Source], Found], after: Callable[[], Found] | None = None) -> None:
        if not self._cold:
            read(self._source._replace(path=few_of(self._source.path)))
        perform(lambda: read(self._source), after=after)

    # --- ours ---
    def digits(self) -> None:
        from ori_campaigns.numbers import DIGITS

        self._ours(DIGITS)

    def e164(self) -> None:
        from ori_campaigns.e164 import E164

        self._ours(E164(REGION))

    def _ours(self, policy: Any) -> None:  # noqa: ANN401 - a policy, whose type need not be there
        from ori_campaigns.ingest import read_leads

        def read(source: Source) -> Found:
            summary = read_leads(source.path, policy=policy).summary
            return {"rows": summary.total, "accepted": summary.accepted, "skipped": summary.skipped}

        self._measure(read)

    # --- polars ---
    def polars(self) -> None:
        def read(source: Source) -> Found:
            return {"rows": frame_of(source).height}

        self._measure(read)

    def pipeline(self) -> None:
        """Clean and keep the first of each, with no word about the others: as little as it can be."""
        import polars as pl

        def read(source: Source) -> Found:
            frame = frame_of(source)
            cleaned = frame.with_columns(pl.col("phone_number").str.replace_all(DROPPED.pattern, ""))
            good = cleaned.filter(pl.col("phone_number").str.contains(f"^{NUMBER.pattern}$"))
            kept = good.unique("phone_number", keep="first", maintain_order=True)
            return {"rows": frame.height, "accepted": kept.height}

        self._measure(read)

    # --- other libraries ---
    def pandas(self) -> None:
        import pandas as pd

        def read(source: Source) -> Found:
            return {"rows": len(pd.read_csv(source.path, dtype=str, keep_default_na=False))}

        self._measure(read)

    def duckdb(self) -> None:
        import duckdb

        def read(source: Source) -> Found:
            with duckdb.connect() as connection:
                connection.execute(
                    "CREATE TABLE leads AS SELECT * FROM read_csv(?, all_varchar = true, delim = ',', quote = '\"')",
                    [str(source.path)],
                )
                return {"rows": connection.execute("SELECT count(*) FROM leads").fetchall()[0][0]}

        self._measure(read)

    # --- loops; none of them keeps its records ---
    def loop(self) -> None:
        def read(source: Source) -> Found:
            return {"rows": sum(1 for _ in source.records())}

        self._measure(read)

    def loop_cleaning(self) -> None:
        def read(source: Source) -> Found:
            count, seen = 0, set()
            for record in source.records():
                count += 1
                number = DROPPED.sub("", record["phone_number"])
                if NUMBER.fullmatch(number):
                    seen.add(number)
            return {"rows": count, "accepted": len(seen)}

        self._measure(read)

    def phonenumbers(self) -> None:
        """Ask libphonenumber about every row, for the verdict only."""
        import phonenumbers

        valid: dict[str, phonenumbers.PhoneNumber] = {}

        def read(source: Source) -> Found:
            count = 0
            valid.clear()
            for record in source.records():
                count += 1
                text = record["phone_number"]
                if SPREADSHEETS.fullmatch(text):
                    # Its digits are lost, whatever is made of those that are left.
                    continue
                try:
                    number = phonenumbers.parse(text, REGION)
                except phonenumbers.NumberParseException:
                    continue
                if phonenumbers.is_valid_number(number):
                    valid.setdefault(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), number)
            return {"rows": count, "valid": len(valid)}

        def dialable() -> Found:
            # Valid, and yet refused by our policy unless it is told otherwise.
            refused = {phonenumbers.PhoneNumberType.PREMIUM_RATE, phonenumbers.PhoneNumberType.SHARED_COST}
            return {"accepted": sum(phonenumbers.number_type(number) not in refused for number in valid.values())}

        self._measure(read, dialable)

    # --- one number at a time ---
    def single(self) -> None:
        """Clean numbers one by one, ours and libphonenumber taking turns."""
        import phonenumbers

        from ori_campaigns.e164 import E164

        policy = E164(REGION)

        def asked(text: str) -> str | None:
            try:
                number = phonenumbers.parse(text, REGION)
            except phonenumbers.NumberParseException:
                return None
            if not phonenumbers.is_valid_number(number):
                return None
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

        ways: dict[str, Callable[[str], object]] = {"ours": policy.clean, "phonenumbers": asked}
        texts = [record["phone_number"] for record, _ in zip(self._source.records(), range(SINGLE), strict=False)]
        for way in ways.values():
            loop_over(way, texts)
        wall, cpu = perf_counter(), process_time()
        seconds = dict.fromkeys(ways, 0.0)
        for begin in range(0, len(texts), 100):
            for name, way in ways.items():
                seconds[name] += loop_over(way, texts[begin : begin + 100])
        tell(
            perf_counter() - wall,
            process_time() - cpu,
            {name: spent / len(texts) for name, spent in seconds.items()},
        )


def loop_over(way: Callable[[str], object], texts: Sequence[str]) -> float:
    begin = process_time()
    for text in texts:
        way(text)
    return process_time() - begin


def frame_of(source: Source) -> Any:  # noqa: ANN401 - a frame of polars, which is imported late
    import polars as pl

    readable = source.path if source.encoding.startswith("utf-8") else recoded(source)
    return pl.read_csv(
        readable, infer_schema=False, separator=source.delimiter, quote_char='"' if source.quotes else None
    )


def recoded(source: Source) -> bytes:
    return source.path.read_bytes().decode(source.encoding).encode()


def main() -> None:
    parser = argparse.ArgumentParser(description="Read one lead file with one program, and print what it cost.")
    parser.add_argument("work", choices=[name for name in vars(Work) if not name.startswith("_")])
    parser.add_argument("path", type=Path)
    parser.add_argument("--delimiter", default=",")
    parser.add_argument("--encoding", default="utf-8-sig")
    parser.add_argument("--no-quotes", action="store_true")
    parser.add_argument("--cold", action="store_true")
    asked = parser.parse_args()
    source = Source(asked.path, asked.delimiter, asked.encoding, not asked.no_quotes)
    getattr(Work(source, cold=asked.cold), asked.work)()


if __name__ == "__main__":
    main()
