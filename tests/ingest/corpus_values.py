"""Hostile lead files: numbers as people and spreadsheets write them, and values that must stay as written (C2, C5)."""

from __future__ import annotations

from ingest.corpus import FIRST, LAST, Contact, Entry, Read, among, kept, ravi


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',"\n') else text


def in_digits_from(zero: int) -> str:
    """The number 919800000002 in digits whose zero is this code point."""
    return "".join(chr(zero + int(digit)) for digit in "919800000002")


def bad(name: str, why: str, text: str, reason: str) -> Entry:
    """A number between two sound rows that is none."""
    entry = among(f"{_quoted(text)},Ravi")
    return Entry(name, why, entry, kept(skipped=[(3, text, reason)], more=text.count("\n")))


def good(name: str, why: str, text: str, digits: str = "919800000002") -> Entry:
    """A number between two sound rows, oddly written."""
    contact = (digits, {"name": "Ravi"})
    return Entry(name, why, among(f"{_quoted(text)},Ravi"), kept(contact, more=text.count("\n")))


def value(name: str, why: str, text: str, *, kept_as: str | None = None) -> Entry:
    """A value between two sound rows; kept as written unless it is none."""
    contact: Contact = ("919800000002", {}) if kept_as == "" else ravi(text)
    return Entry(name, why, among(f"919800000002,{_quoted(text)}"), kept(contact, more=text.count("\n")))


_SCIENTIFIC = [
    bad(f"scientific_{number}", "a spreadsheet has taken the digits", text, "scientific_notation")
    for number, text in enumerate(
        [
            "9.198E+11", "9.198e+11", "9,198E+11", "9198E+08", "9.19800000002E+11", "9.2E11", "9E11", "+9.198E+11",
            "-9.198E-11", " 9.198 E+11 ", "9.198E+011", "9.198\u00a0E+11",
        ],
        start=1,
    )
]  # fmt: skip

_NUMBERS = [
    bad("exponent_alone", "no digits before the E", "E+11", "not_digits"),
    bad("exponent_empty", "no digits after the E", "9.198E+", "not_digits"),
    bad("exponent_of_ten", "another way to write it", "9.198*10^11", "not_digits"),
    bad("points_two", "two decimal points", "9.1.98E+11", "not_digits"),
    bad("float", "a number that went through a float", "919800000002.0", "not_digits"),
    bad("grouped", "thousands with commas", "919,800,000,002", "not_digits"),
    bad("arabic_indic_digits", "digits, but not ASCII", "٩١٩٨٠٠٠٠٠٠٠٢", "not_digits"),
    bad("devanagari_digits", "digits, but not ASCII", "९१९८०००००००२", "not_digits"),
    bad("full_width_digits", "digits, but not ASCII", in_digits_from(0xFF10), "not_digits"),
    bad("bold_digits", "mathematical digits beyond the first plane", in_digits_from(0x1D7CE), "not_digits"),
    bad("one_devanagari_digit", "a single one among ASCII digits", "91980000000२", "not_digits"),
    bad("superscript", "a superscript two", "91980000000²", "not_digits"),
    bad("keycap", "an emoji that is a digit and two marks", "91980000000" + "2\ufe0f\u20e3", "not_digits"),
    bad("full_width_plus", "only the ASCII plus is removed", "\uff0b919800000002", "not_digits"),
    bad("zero_width_joiner", "invisible in a number", "91980\u200d0000002", "not_digits"),
    bad("zero_width_space", "invisible before a number", "\u200b919800000002", "not_digits"),
    bad("word_joiner", "invisible after a number", "919800000002\u2060", "not_digits"),
    bad("soft_hyphen", "an invisible hyphen that is none of the three", "91980\u00ad0000002", "not_digits"),
    bad("left_to_right_override", "as copied from an address book", "\u202d919800000002\u202c", "not_digits"),
    bad("right_to_left_mark", "as typed on a phone set to Arabic", "\u200f919800000002", "not_digits"),
    bad("figure_dash", "a dash is no hyphen", "91\u201298000\u201200002", "not_digits"),
    bad("en_dash", "a dash is no hyphen", "91\u201398000\u201300002", "not_digits"),
    bad("em_dash", "a dash is no hyphen", "91\u201498000\u201400002", "not_digits"),
    bad("minus_sign", "a minus is no hyphen", "91\u221298000\u221200002", "not_digits"),
    bad("small_hyphen", "a hyphen that is none of the three", "91\ufe6398000\ufe6300002", "not_digits"),
    bad("brackets", "an area code in brackets", "+91 (98000) 00002", "not_digits"),
    bad("dots", "dots between the parts", "91.98000.00002", "not_digits"),
    bad("slash", "two numbers in one cell", "919800000002/919800000003", "not_digits"),
    bad("two_numbers", "two numbers in one cell, with a comma", "919800000002,919800000003", "not_digits"),
    bad("tel", "a link", "tel:+919800000002", "not_digits"),
    bad("extension", "an extension", "919800000002 ext. 5", "not_digits"),
    bad("apostrophe", "how a spreadsheet is told it is text", "'919800000002", "not_digits"),
    bad("formula_text", "how a spreadsheet is told it is text, again", '="919800000002"', "not_digits"),
    Entry("formula_text_unquoted", "the same, its quotes inside an unquoted cell", among('="919800000002",Ravi'),
          kept(skipped=[(3, '="919800000002"', "not_digits")])),
    bad("formula", "a formula", "=919800000002", "not_digits"),
    bad("letters", "a number of letters", "91-980-OR-IVOICE", "not_digits"),
    bad("letter_o", "the letter O for a zero", "9198O0000002", "not_digits"),
    bad("not_available", "a word for nothing", "N/A", "not_digits"),
    bad("null_word", "a word for nothing", "null", "not_digits"),
    bad("nan", "a word for nothing", "nan", "not_digits"),
    bad("plus_alone", "nothing but a plus", "+", "not_digits"),
    bad("hyphens_alone", "nothing but hyphens", "--", "not_digits"),
    bad("emoji", "no digits at all", "📞", "not_digits"),
    bad("combining_mark", "a mark on a digit", "91980000000" + "2\u0301", "not_digits"),
    bad("leading_zeros_007", "three digits, two of them zeros", "007", "too_short"),
    bad("seven_digits", "one too few", "1234567", "too_short"),
    bad("sixteen_digits", "one too many", "1234567890123456", "too_long"),
    bad("five_thousand_digits", "a very long number", "9" * 5_000, "too_long"),
    bad("blank_nbsp", "a no-break space", "\u00a0", "blank"),
    bad("blank_of_many_kinds", "white space of nine kinds",
        " \t\u00a0\u1680\u2003\u2028\u202f\u205f\u3000", "blank"),
    bad("blank_line_end", "a line end in quotes", "\n", "blank"),
    good("eight_digits", "as few as allowed", "12345678", "12345678"),
    good("fifteen_digits", "as many as allowed", "123456789012345", "123456789012345"),
    good("eight_zeros", "zeros are digits", "00000000", "00000000"),
    good("leading_zeros", "they are kept", "00919800000002", "00919800000002"),
    good("international", "as people write it", "+91 98000-00002"),
    good("pluses_everywhere", "each is removed", "+9+1+9800000002+"),
    good("hyphens_of_three_kinds", "hyphen-minus, hyphen, and the unbreakable one", "91-98\u2010000\u201100002"),
    good("hyphens_outside", "at both ends", "--919800000002--"),
    good("spaces_of_unicode", "of five kinds, one of three bytes",
         "91\u00a098\u202f0\u20090\u300000\u20280002"),
    good("space_around", "outside as well", " \t919800000002\u3000"),
    good("line_end_inside", "quoted", "91980\n0000002"),
    good("tab_inside", "a TAB in the middle", "91980\t0000002"),
    Entry("duplicates_in_every_spelling", "seven spellings of one person",
          (
              "phone_number,name\n919800000002,Ravi\n+919800000002,a\n91 98000 00002,b\n91-98000-00002,c\n"
              '91\u201098000\u201100002,d\n"91980\n0000002",e\n\u00a0+91\u3000 980-00 00002 ,f\n'
              "0919800000002,other\n"
          ).encode(),
          Read([ravi(), ("0919800000002", {"name": "other"})],
               [(3, "+919800000002", "duplicate"), (4, "91 98000 00002", "duplicate"),
                (5, "91-98000-00002", "duplicate"), (6, "91\u201098000\u201100002", "duplicate"),
                (7, "91980\n0000002", "duplicate"), (9, "\u00a0+91\u3000 980-00 00002 ", "duplicate")], more=1)),
    Entry("duplicate_of_a_skipped_row", "only accepted rows count",
          b"phone_number,name\n919800000002,Ra\x07vi\n919800000002,Nair,x\n919800000002,Ravi\n919800000002,again\n",
          Read([ravi()], [(2, "919800000002", "control_character"), (3, "919800000002", "too_many_fields"),
                          (5, "919800000002", "duplicate")])),
]  # fmt: skip

_VALUES = [
    value("value_with_outer_spaces", "never trimmed", "  Ravi  "),
    value("value_with_an_outer_no_break_space", "never trimmed", "\u00a0Ravi\u3000"),
    value("value_1_50", "never typed", "1.50"),
    value("value_007", "never typed", "007"),
    value("value_yes", "never typed", "Yes"),
    value("value_true", "never typed", "TRUE"),
    value("value_exponent", "never typed", "1e5"),
    value("value_date", "never typed", "2026-02-30"),
    value("value_null", "a word, not nothing", "NULL"),
    value("value_na", "a word, not nothing", "N/A"),
    value("value_nan", "a word, not nothing", "NaN"),
    value("value_backslash_n", "two characters, not nothing and no line end", "\\N\\n"),
    value("value_percent", "nothing is decoded", "%20&amp;\\u0041"),
    value("value_formula", "a formula is text", '=HYPERLINK("http://x","y")'),
    value("value_plus", "a formula is text", "+1"),
    value("value_minus", "a formula is text", "-1"),
    value("value_at", "a formula is text", "@SUM(A1)"),
    value("value_hash", "no comment", "# Ravi"),
    value("value_emoji", "people of several code points, a flag", "👩🏽‍💻👨‍👩‍👧🇮🇳"),
    value("value_astral", "letters beyond the first plane", "𐍈𝒳🂡\U0010ffff"),
    value("value_combining", "marks are neither composed nor reordered", "e\u0301\u0323 \u0301a\u0308"),
    value("value_composed", "nor decomposed", "é ﬁ Å ㎏"),
    value("value_right_to_left", "marks of writing direction", "\u202eivaR\u202c \u200f\u05e8\u05d1\u05d9\u05e2\u200e"),
    value("value_zero_width", "invisible, yet no white space", "\u200b"),
    value("value_replacement", "a mark of an older accident", "Ra\ufffdvi"),
    value("value_no_character", "code points that are no characters", "\ufdd0\uffff\ufffe\ue000"),
    value("value_indic", "letters with joiners", "श्री\u200dर\u094d\u200cवि"),
    value("value_of_131_072", "the longest cell", "x" * 131_072),
    value("value_of_a_space", "empty", " ", kept_as=""),
    value("value_of_a_no_break_space", "empty", "\u00a0", kept_as=""),
    value("value_of_an_ogham_space", "empty, although it shows a line", "\u1680", kept_as=""),
    value("value_of_a_line_separator", "empty", "\u2028", kept_as=""),
    value("value_of_an_ideographic_space", "empty", "\u3000\u3000", kept_as=""),
    value("value_of_a_mongolian_vowel_separator", "no white space any more", "\u180e"),
    value("value_of_a_tab", "empty", "\t", kept_as=""),
    value("value_of_a_line_end", "empty", "\n", kept_as=""),
    value("value_of_every_white_space", "all that are no control characters",
          " \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029"
          "\u202f\u205f\u3000",
          kept_as=""),
    Entry("values_missing_in_every_way", "empty, of spaces, quoted, cut off",
          'phone_number,a,b,c\n919800000001,,"", \n919800000002, \u00a0\n919800000003\n919800000009,,,Zoë\n'.encode(),
          Read([("919800000001", {}), ("919800000002", {}), ("919800000003", {}), ("919800000009", {"c": "Zoë"})])),
    Entry("values_of_a_number_column_first_numeric", "a column that looks typed until its last row",
          b"phone_number,code\n919800000001,1\n919800000002,2\n919800000003,3.0\n919800000004,x\n919800000005,0x1F\n",
          Read([("919800000001", {"code": "1"}), ("919800000002", {"code": "2"}), ("919800000003", {"code": "3.0"}),
                ("919800000004", {"code": "x"}), ("919800000005", {"code": "0x1F"})])),
    Entry("values_of_a_column_that_is_always_empty", "a variable no contact has",
          b"phone_number,empty,name\n919800000001,,Asha\n919800000009,,Zo\xc3\xab\n", Read([FIRST, LAST])),
]  # fmt: skip

ENTRIES = (*_SCIENTIFIC, *_NUMBERS, *_VALUES)
