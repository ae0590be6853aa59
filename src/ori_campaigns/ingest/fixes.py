"""What to do about a lead file: for every code of its report one suggested fix, for whoever owns the spreadsheet.

The report says what is wrong; these texts say how to put it right. They name no option and no function, so that a page
for operators can show them as they stand. Programs branch on the codes, never on these words.
"""

from __future__ import annotations

from collections.abc import Mapping

_SAVE_AS_UTF8 = (
    "Excel: File > Save As > CSV UTF-8 (Comma delimited). LibreOffice: File > Save As > Text CSV, character set "
    "Unicode (UTF-8). Google Sheets: File > Download > Comma-separated values (.csv)."
)
_ORDINARY = "Ask the person for an ordinary number. Where such calls are wanted, this kind can be allowed for the list."

FOR_REASONS: Mapping[str, str] = {
    "blank": "Fill in the number, or delete the row.",
    "not_digits": (
        "Write one number in the cell, in the digits 0 to 9; +, spaces and hyphens are fine. Take out letters, "
        "brackets, dots, slashes, long dashes, extensions and second numbers. If nothing looks wrong, a hidden "
        "character was pasted along: type the number anew."
    ),
    "too_short": (
        "Write the whole number with its country code, such as +44-20-7946-0001. If a spreadsheet dropped zeros at the "
        "beginning, format the column as Text before you enter the numbers again."
    ),
    "too_long": (
        "Keep one number in the cell: look for a second one, an extension, or a country code that was written twice. "
        "Write + before a country code."
    ),
    "scientific_notation": (
        "The digits are lost in this file and must come from where the list was made. If that is a workbook, format "
        "its column as Number without decimals, or as Text before the numbers are pasted, and save it as CSV again. To "
        "open a CSV unharmed: in Excel, Data > From Text/CSV with data type detection off; in LibreOffice, mark the "
        "column as Text in the import window; in Google Sheets, File > Import without converting text to numbers."
    ),
    "duplicate": (
        "Nothing has to be done: the first row with the number is used. If this row has the better values, delete the "
        "other one."
    ),
    "control_character": (
        "Type the cells of that row anew, or clean them with the function CLEAN of your spreadsheet, and save the file "
        "as CSV UTF-8."
    ),
    "too_many_fields": (
        "Put double quotes around a text that holds a comma (or what else separates the columns). A spreadsheet does "
        "so by itself when it saves a CSV: better saved from there than put together by hand."
    ),
    "stray_quote": "Take out the space before the opening quote: the quote must be the first character of its cell.",
    "over_limit": "Put these rows in a second file, under the same header line.",
    "excluded": "Nothing has to be done: this person is not to be called.",
    "not_a_number": (
        "Write one number in the cell, with + and the country code, such as +44-20-7946-0001, or delete the row."
    ),
    "unknown_country": (
        "Check the beginning of the number: no country has this code. Write + and then the country code, such as "
        "+44-20-7946-0001."
    ),
    "invalid_number": (
        "Compare it with where it came from: a digit is missing, too many or mistyped, or it belongs to another "
        "country and lacks + and its country code."
    ),
    "emergency": "Delete the row: emergency numbers are never called.",
    "short_number": (
        "A short code reaches a service, not a person. Replace it with the person's whole number, or delete the row."
    ),
    "premium_rate": f"Calls to it cost extra. {_ORDINARY}",
    "shared_cost": f"The person called pays a share. {_ORDINARY}",
}
"""For every reason a record is skipped for, those of `E164` among them."""

FOR_REFUSALS: Mapping[str, str] = {
    "file_not_found": "Check the name and the folder. A path with spaces in it needs quotes around it.",
    "not_a_file": "Name one CSV file in that folder.",
    "file_not_readable": (
        "Close the file in other programs, check that you may read it, or make a copy of it and try that."
    ),
    "not_a_source": "Give a path, the bytes of a file, a binary file object or a polars frame.",
    "not_binary": "Open the file in binary mode ('rb'), or give its path.",
    "not_a_csv": f"Open it in the program it comes from and save it as CSV. {_SAVE_AS_UTF8}",
    "too_large": "Delete the columns that no call needs, or split it into several files, each with the header line.",
    "too_many_rows": "Split it into several files, each with the header line.",
    "too_many_lines": (
        "Delete the empty lines: in a spreadsheet mark the rows below the last contact, delete them, and save again."
    ),
    "record_too_long": "Look at that line in a text editor: mostly a quote before it or in it is never closed.",
    "line_too_long": (
        "Look at that line in a text editor: mostly a quote is never closed, or the file has no line ends. Saving the "
        "list as CSV once more from its spreadsheet puts both right."
    ),
    "cell_too_long": (
        "Look at that line in a text editor: mostly a quote is opened and never closed. Saving the list as CSV once "
        "more from its spreadsheet puts quotes right."
    ),
    "unknown_encoding": (
        "Files saved as CSV UTF-8 need no encoding. Names of others are cp1252 (Windows, Western Europe), utf-16-le, "
        "shift_jis, gb18030."
    ),
    "undecodable": f"Save it as UTF-8. {_SAVE_AS_UTF8}",
    "empty_file": (
        "Check that it is the right file, and that it was saved with the contacts in it. A CSV has one sheet: if they "
        "are on another one, save that."
    ),
    "no_rows": ("Add the contacts below the header line. A CSV has one sheet: if they are on another one, save that."),
    "no_valid_rows": (
        "If all rows have the same reason, it is the column: perhaps another one holds the numbers, or a spreadsheet "
        "changed them all. Put the cause right where the list was made, and save it again."
    ),
    "no_phone_number_column": (
        "Type phone_number into the first row of the spreadsheet, above the numbers, and save it as CSV again. If the "
        "first row is a contact, insert a row for the names above it."
    ),
    "duplicate_column": "Give each column a name of its own in the first line, or delete the column that is a copy.",
    "reserved_column": "Rename the column in the first line: a name without the underscore at its beginning is free.",
    "too_many_columns": "Delete the columns that no call needs.",
    "header_control_character": "Type the names in the first line anew, and save the file as CSV UTF-8.",
    "unbalanced_quote": (
        "Save the list as CSV once more from its spreadsheet: that puts quotes right. A file that comes from elsewhere "
        "can be put right at that line in a text editor."
    ),
    "not_text": "Give every name and value as text, numbers too: '0091' keeps its zeros, 0091 does not.",
}
"""For every reason a file is refused whole for."""

FOR_WARNINGS: Mapping[str, str] = {
    "byte_order_mark": "Nothing has to be done: Excel puts this invisible mark before every CSV UTF-8.",
    "header_cleaned": "Nothing has to be done. To be rid of the warning, type the name in the first line anew.",
    "blank_header": "Give the column a name in the first line, or delete it.",
}
"""For every warning."""


def advice(code: str) -> str:
    """Return the suggested fix for a code of a lead file's report, in plain words.

    Parameters:
        code: the reason of a skipped record, the `code` of an `IngestError`, or that of a warning.

    Returns:
        A sentence or a few; empty for a code that is not known here, such as a reason of a host's own policy.

    Implements C4.

    >>> advice("blank")
    'Fill in the number, or delete the row.'
    >>> advice("of_my_own_policy")
    ''
    """
    return FOR_REASONS.get(code) or FOR_REFUSALS.get(code) or FOR_WARNINGS.get(code, "")
