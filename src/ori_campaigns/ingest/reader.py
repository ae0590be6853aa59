"""Reading a lead file: from a path, bytes or a binary stream to checked leads."""

from __future__ import annotations

from ori_campaigns.errors import InvalidDefinition, Problem
from ori_campaigns.ingest.leads import Leads, gather
from ori_campaigns.ingest.limits import Limits
from ori_campaigns.ingest.records import OverLimit, open_records
from ori_campaigns.ingest.source import LeadSource, load
from ori_campaigns.numbers import DIGITS, NumberPolicy

_LIMITS = Limits()


def read_leads(
    source: LeadSource,
    *,
    policy: NumberPolicy = DIGITS,
    limits: Limits = _LIMITS,
    encoding: str | None = None,
    over_limit: OverLimit = "refuse",
) -> Leads:
    r"""Read a CSV of contacts: every record becomes a contact or is reported with its line and its reason.

    Parameters:
        source: a path, the bytes of a file, or a file object opened in binary mode.
        policy: how a written number becomes digits; the default drops `+`, white space and hyphens, then wants
            8 to 15 digits.
        limits: the budgets; over one of them the file is refused whole.
        encoding: a Python codec name for a file that is neither UTF-8 nor UTF-16 with a byte order mark. It is
            never guessed.
        over_limit: `truncate` takes the first `limits.max_records` records and reports the others as `over_limit`.

    Returns:
        The leads: `contacts`, `skipped`, `summary`, `warnings`. The same file gives the same leads.

    Raises:
        IngestError: the file is refused whole. Codes: `file_not_found`, `not_a_file`, `file_not_readable`,
            `not_binary`, `not_a_csv`, `too_large`, `unknown_encoding`, `undecodable`, `empty_file`,
            `too_many_lines`, `line_too_long`, `header_control_character`, `duplicate_column`, `no_phone_number_column`,
            `reserved_column`, `too_many_columns`, `unbalanced_quote`, `cell_too_long`, `too_many_rows`, `no_rows`,
            `no_valid_rows`.
        InvalidDefinition: code `bad_over_limit`.

    Implements C1, C2, C3, C4, C5, C6, C7, C8, C9, C12.

    >>> leads = read_leads(b"phone_number,name\n+91 98000-00001,Asha\n919800000001,Ravi\n")
    >>> print(leads)
    bytes: 1 of 2 accepted, 1 skipped (duplicate 1)
    >>> leads.number(0), leads.variables(0)
    ('919800000001', {'name': 'Asha'})
    """
    if over_limit not in {"refuse", "truncate"}:
        problem = Problem("over_limit", "bad_over_limit", f"{over_limit!r} is not known.", "Give refuse or truncate.")
        raise InvalidDefinition([problem], what="The option")
    text = load(source, limits=limits, encoding=encoding)
    records = open_records(text, limits=limits, policy=policy, over_limit=over_limit)
    return gather(records.chunks(), header=records.header, policy=policy, source=text.name, warnings=text.warnings)
