#!/usr/bin/env python3
"""equal.py -- every figure of every report is the same in every format.

    equal.py RDBLENS FIXTURES_DIR BENCH_SNAPSHOT SHARED_DIR REPORTS_DIR [SOURCE...]

Each report on each source is printed in all formats by one run. From the rows that JSON has, and from what the report's
file says about its columns, this program works out by itself, after reports/README.md, what NDJSON, CSV, the table,
Markdown and the HTML page must show: every cell of every section, byte by byte. One line a source; exit 1 when anything differs.
"""
# SPDX-License-Identifier: MIT
import csv
import ctypes
import datetime
import io
import json
import locale
import math
import pathlib
import re
import subprocess
import sys
import tempfile
import unicodedata

from html_page import Page
from sources import databases, report_names

ENDINGS = ["json", "ndjson", "csv", "md", "txt", "html"]
PLAIN = {"id", "db", "n", "rank", "offset", "version", "rdb_version"}
BATCH = 1000  # rows that the table lays out at a time
WIDTH = 10000  # the widest table there is: a name longer than that is cut
LIBC = ctypes.CDLL(None)  # which characters there are, and how wide, is the system's to say
EPOCH = datetime.datetime(1970, 1, 1)


# --- what a report's file says ---

class Section:
    def __init__(self, name, title):
        self.name, self.title, self.lines, self.columns, self.tree = name, title, [], {}, False


def read_report(path):
    sections = {}
    section = None
    for line in path.read_text().splitlines():
        found = re.match(r"-- ([a-z]+): ?(.*)", line)
        if found is None:
            continue
        word, rest = found.group(1), found.group(2).strip()
        if word == "section":
            name, _, title = (x.strip() for x in rest.partition("|"))
            section = sections[name] = Section(name, title)
        elif word == "line":
            section.lines.append(rest)
        elif word == "column":
            name, _, value = (x.strip() for x in rest.partition("="))
            heading, _, options = (x.strip() for x in value.partition("|"))
            bar = re.search(r"\bbar(?:=(\d+))?", options)
            exact = re.search(r"\bexact=(\S+)", options)
            section.columns[name] = {"heading": heading, "hidden": heading == "-", "wide": "wide" in options.split(),
                                     "bar": int(bar.group(1) or 10) if bar else 0, "exact": exact and exact.group(1)}
            section.tree = section.tree or "tree" in options.split()
    return sections


def column_of(section, name):
    return section.columns.get(name) or {"heading": name.replace("_", " ").upper(), "hidden": False, "wide": False, "bar": 0,
                                         "exact": None}


# --- how values are shown ---

def kind_of(name):
    if name.endswith("_pct"):
        return "percent"
    if name.endswith("_at") or name == "now":
        return "time"
    if name.endswith("_seconds"):
        return "seconds"
    if name.endswith("_ms"):
        return "ms"
    if name.endswith("_note"):
        return "count"
    if (name == "bytes" or name.startswith("bytes_") or name.endswith("_bytes") or "_bytes_" in name or
            name in ("largest_element", "used_memory")):
        return "bytes"
    return "plain" if name.endswith("_id") or name in PLAIN else "count"


def show_bytes(n):
    if abs(n) < 1024:
        return "%.0f B" % n
    for unit in ("KiB", "MiB", "GiB", "TiB", "PiB", "EiB"):
        n /= 1024
        if abs(n) < 1023.95 or unit == "EiB":
            return "%.1f %s" % (n, unit)


def show_duration(ms):
    sign, size, year = "-" if ms < 0 else "", abs(ms), 365.25 * 86400e3
    if size == 0:
        return "0 s"
    if size < 1000:
        return "%s%.0f ms" % (sign, size)
    if size >= 2 * year:
        return "%s%.1f years" % (sign, size / year)
    if size >= 14 * 86400e3:
        return "%s%d d" % (sign, size // 86400e3)
    units = [(86400e3, "d"), (3600e3, "h"), (60e3, "min"), (1e3, "s")]
    at = next(i for i, (unit, _) in enumerate(units) if size >= unit)
    text = "%s%d %s" % (sign, size // units[at][0], units[at][1])
    rest = int(size % units[at][0] // units[at + 1][0]) if at + 1 < len(units) else 0
    return text + (" %d %s" % (rest, units[at + 1][1]) if rest else "")


def show_time(ms):
    """Years past 9999, which Python has not, are counted back by cycles of 400; what is further off is a number."""
    seconds = ms // 1000
    if not -62135596800 <= seconds <= 2534023007990:
        return "%d ms" % ms
    cycles = max(0, seconds // (146097 * 86400) - 18)
    at = EPOCH + datetime.timedelta(seconds=seconds - cycles * 146097 * 86400)
    return "%04d%s" % (at.year + 400 * cycles, at.strftime("-%m-%d %H:%M:%S"))


def show_percent(n):
    if 0 < n < 0.05:
        return "<0.1 %"
    return ">99.9 %" if 99.95 < n < 100 else "%.1f %%" % n


def is_hidden(c):
    """What hides or turns the line around. Marks that stand before Arabic and other numbers, and Egyptian joiners, are Cf but seen."""
    if 0x600 <= ord(c) <= 0x605 or c in "\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd" or 0x13430 <= ord(c) <= 0x13455:
        return False
    return unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") or "\ufe00" <= c <= "\ufe0f"


def is_visible(c):
    return LIBC.iswprint(ord(c)) != 0 and not is_hidden(c)


def show_text(text):
    """Visible characters as they are, up to three combining marks on each; all else as \\xNN."""
    out, marks_left = [], 0
    for c in text:
        is_mark = LIBC.wcwidth(ord(c)) == 0
        if not is_visible(c) or is_mark and marks_left == 0:
            out += ["\\x%02x" % b for b in c.encode()]
            marks_left = 0
        else:
            out.append(c)
            marks_left = marks_left - 1 if is_mark else 3
    return "".join(out)


def show(value, kind):
    if value is None:
        return "-"
    if isinstance(value, str):
        return show_text(value)
    if kind == "bytes":
        return show_bytes(value)
    if kind in ("seconds", "ms"):
        return show_duration(value * (1000 if kind == "seconds" else 1))
    if kind == "percent":
        return show_percent(value)
    if isinstance(value, float):
        return "%.6g" % value
    if kind == "time":
        return show_time(value)
    return str(value) if kind == "plain" else "{:,}".format(value)


def show_bar(percent, width):
    if percent <= 0:
        return ""
    eighths = max(1, min(width * 8, int(percent / 100 * width * 8)))
    return "\u2588" * (eighths // 8) + (chr(0x2590 - eighths % 8) if eighths % 8 else "")


def show_cell(section, name, row):
    value, bar, exact = row[name], column_of(section, name)["bar"], column_of(section, name)["exact"]
    if bar and value is not None and not isinstance(value, str):
        return show_bar(value, bar)
    is_about = exact and value is not None and not isinstance(value, str) and row[exact] == 0
    return ("\u2248" if is_about else "") + show(value, kind_of(name))


def width_of(text):
    return sum(LIBC.wcwidth(ord(c)) for c in text)


# --- what each format must hold ---

def noun(count, words):
    """What `{column:words}` has behind the number."""
    one, _, many = words.partition("|")
    return words and " " + (one if count == 1 else many or one + "s")


def line_texts(section, row):
    """The section's lines for a row, without those that are dropped."""
    for template in section.lines:
        fields = re.findall(r"\{(\??)([^}:]*)", template)
        if any(row[name] is None or (condition and row[name] == 0) for condition, name in fields):
            continue
        yield re.sub(r"\{(\??)([^}:]*):?([^}]*)\}", lambda m: "" if m.group(1) else show_cell(section, m.group(2), row) +
                     noun(row[m.group(2)], m.group(3)), template)


def says_something(column, value):
    return not column["wide"] if value is None else value != ""


def table_lines(section, names, rows):
    columns = [(n, column_of(section, n)) for n in names]
    columns = [(n, c) for n, c in columns if not c["hidden"] and any(says_something(c, row[n]) for row in rows[:BATCH])]
    cells = [[show_cell(section, n, row) for n, _ in columns] for row in rows]
    for start in range(0, len(rows), BATCH):
        block = ([[c["heading"] for _, c in columns]] if start == 0 else []) + cells[start:start + BATCH]
        widths = [max(width_of(line[i]) for line in block) for i in range(len(columns))]
        is_left = [c["bar"] or any(isinstance(row[n], str) for row in rows[:start + BATCH]) for n, c in columns]
        for line in block:
            padded = []
            for text, width, left in zip(line, widths, is_left):
                blanks = " " * (width - width_of(text))
                padded.append(text + blanks if left else blanks + text)
            yield "  ".join(padded).rstrip(" ")


def markdown(text):
    out = []
    for i, c in enumerate(text):
        if c in "\\`*_[]|~$#!":
            out.append("\\" + c)
        elif text.startswith("://", i):
            out.append("&#58;")
        elif c == "." and text[max(0, i - 3):i].lower() == "www":
            out.append("&#46;")
        else:
            out.append({"<": "&lt;", ">": "&gt;", "&": "&amp;", "@": "&#64;"}.get(c, c))
    return "".join(out)


def csv_cell(value):
    if value is None:
        return ""
    if not isinstance(value, str):
        return value  # compared as a number
    text = "".join("".join("\\x%02x" % b for b in c.encode()) if is_hidden(c) else c for c in value)
    return "'" + text if text[:1] in ("=", "+", "-", "@") else text


def is_same_cell(found, wanted):
    if isinstance(wanted, int):
        return found == str(wanted)
    if isinstance(wanted, float):
        return math.isclose(float(found), wanted, rel_tol=1e-14)
    return found == wanted


class Problems(list):
    def add(self, where, what, wanted, found):
        self.append(f"{where}: {what}:\n    expected {wanted!r}\n    found    {found!r}")


def check_ndjson(text, report, problems):
    found = [json.loads(line) for line in text.splitlines()]
    wanted = [{"report": report["name"], "section": "snapshots", **row} for row in report["snapshots"]]
    for s in report["sections"]:
        if {"report", "section"} & set(s["columns"]):
            problems.append(f"{s['name']}: a column is called as NDJSON's own fields")
        wanted += [{"report": report["name"], "section": s["name"], **row} for row in s["rows"]]
    for f, w in zip(found, wanted):
        if f != w:
            problems.add(w["section"], "NDJSON", w, f)
    if len(found) != len(wanted):
        problems.append(f"NDJSON: {len(found)} lines, expected {len(wanted)}")


def check_csv(raw, report, problems):
    text = raw.decode()
    if re.search(r"(?<!\r)\n|\r(?!\n)", text) or not text.endswith("\r\n"):
        problems.append("CSV: a line does not end with CR LF")
    blocks = [[]]
    for row in csv.reader(io.StringIO(text, newline=""), strict=True):
        if row:
            blocks[-1].append(row)
        else:
            blocks.append([])
    many = len(report["sections"]) > 1
    wanted = [("snapshots", list(report["snapshots"][0]), report["snapshots"])] if many else []
    wanted += [(s["name"], s["columns"], s["rows"]) for s in report["sections"]]
    if len(blocks) != len(wanted):
        problems.append(f"CSV: {len(blocks)} tables, expected {len(wanted)}")
    for block, (name, names, rows) in zip(blocks, wanted):
        if block[0] != ["section"] * many + names:
            problems.add(name, "CSV names", names, block[0])
        if len(block) - 1 != len(rows):
            problems.append(f"{name}: CSV has {len(block) - 1} rows, expected {len(rows)}")
        for found, row in zip(block[1:], rows):
            cells = [name] * many + [csv_cell(row[n]) for n in names]
            if len(found) != len(cells) or not all(map(is_same_cell, found, cells)):
                problems.add(name, "CSV", cells, found)


def check_people(formats, report, sections, problems):
    """The table and Markdown: the sections' blocks of lines, in this order."""
    at = {"txt": 0, "md": 0}
    for s in report["sections"]:
        section = sections[s["name"]]
        if section.lines:
            texts = [text for row in s["rows"] for text in line_texts(section, row)]
            blocks = {"txt": texts, "md": ["- " + markdown(text) for text in texts]}
        else:
            shown = [n for n in s["columns"] if not column_of(section, n)["hidden"]]
            blocks = {"txt": list(table_lines(section, s["columns"], s["rows"])) if s["rows"] else [],
                      "md": ["| " + " | ".join(markdown(show_cell(section, n, row)) for n in shown) + " |"
                             for row in s["rows"]]}
        if any(width_of(line) > WIDTH for line in blocks["txt"]):
            blocks["txt"] = []
        if section.tree:  # the lines of a tree have branches before the names
            blocks["txt"] = []
        for fmt, lines in blocks.items():
            if not lines:
                continue
            place = formats[fmt].find("\n" + "\n".join(lines) + "\n", at[fmt])
            if place >= 0:
                at[fmt] = place
                continue
            missing = [line for line in lines if "\n" + line + "\n" not in formats[fmt]]
            problems.add(s["name"], fmt, missing[:3] or "these lines one after the other", "not there")


def exact(value):
    """What data-raw has: numbers in digits, reals with at most six decimals."""
    if value is None or isinstance(value, str):
        return ""
    if isinstance(value, int):
        return str(value)
    digits = ("%.6f" % value).rstrip("0").rstrip(".")
    return digits or "0"


def is_shown_as(found, wanted):
    """Whether the cell shows that, or its head and tail when it is long."""
    if found == wanted:
        return True
    head, mark, tail = found.partition("\u2026")
    return bool(mark) and width_of(found) <= 500 and wanted.startswith(head) and wanted.endswith(tail)


def check_html_rows(section, table, rows, problems):
    shown = rows[:len(table.rows)]
    if not shown or len(shown) + table.more != len(rows):
        problems.append(f"{section.name}: HTML has {len(table.rows)} rows and says {table.more} more, expected {len(rows)}")
    names = [n for n in rows[0] if not column_of(section, n)["hidden"] and
             any(says_something(column_of(section, n), row[n]) for row in shown)]
    if table.columns != names:
        problems.add(section.name, "HTML columns", names, table.columns)
        return
    for row, cells in zip(shown, table.rows):
        for name, (text, attributes) in zip(names, cells):
            is_number = row[name] is None or not isinstance(row[name], str)
            wanted = "" if column_of(section, name)["bar"] and is_number and row[name] is not None else show_cell(section, name, row)
            if not is_shown_as(text, wanted):
                problems.add(section.name, f"HTML {name}", wanted, text)
            if is_number and attributes.get("data-raw") != exact(row[name]):
                problems.add(section.name, f"HTML {name}, exact", exact(row[name]), attributes.get("data-raw"))


def words(text):
    """Without blanks between columns and without bars, which HTML draws."""
    return " ".join(re.sub("[\u2588-\u258f]", "", text).split())


def check_html(text, report, sections, problems):
    page = Page(text)
    problems += [f"HTML: {problem}" for problem in page.problems]
    tables = {}
    for table in page.tables:
        if table.report != report["name"] or table.section in tables:
            problems.append(f"HTML: {table.report}, {table.section}: not of this page, or twice")
        tables[table.section] = table
    nothing = words(" ".join(page.empty.values()))
    for s in report["sections"]:
        section, table = sections[s["name"]], tables.pop(s["name"], None)
        lines = [words(line) for row in s["rows"] for line in line_texts(section, row)]
        if section.lines and table:
            found = [words(t) for _, t in table.terms]
            if words(" ".join(found)) != words(" ".join(lines)):
                problems.add(s["name"], "HTML lines", lines, found)
        elif section.lines and lines and lines[0] not in nothing:
            problems.add(s["name"], "HTML lines", lines, nothing)
        elif s["rows"] and not section.lines and not table:
            problems.append(f"{s['name']}: no table in HTML")
        elif s["rows"] and not section.lines:
            check_html_rows(section, table, s["rows"], problems)
    problems += [f"HTML: a table {name} without rows" for name in tables if sections[name].lines == []]


def check_report(rdblens, database, code, name, sections, folder):
    outputs = {ending: folder / f"out.{ending}" for ending in ENDINGS}
    command = [rdblens, "report", str(database), name, "--width", str(WIDTH)]
    for path in outputs.values():
        command += ["-o", str(path)]
    done = subprocess.run(command, capture_output=True, check=False,
                          env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin", "RDBLENS_TMPDIR": str(folder)})
    if done.returncode != code:
        return [f"{name}: exit {done.returncode}, expected {code}: {done.stderr.decode(errors='replace')}"]
    raw = {ending: path.read_bytes() for ending, path in outputs.items()}
    formats = {ending: text.decode() for ending, text in raw.items()}
    [report] = json.loads(formats["json"])["reports"]
    problems = Problems()
    check_ndjson(formats["ndjson"], report, problems)
    check_csv(raw["csv"], report, problems)
    check_people(formats, report, sections, problems)
    check_html(formats["html"], report, sections, problems)
    return [f"{name}: {problem}" for problem in problems]


def main():
    rdblens, fixtures, bench_snapshot, shared, reports = sys.argv[1:6]
    locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    names = report_names(rdblens)
    files = {name: read_report(pathlib.Path(reports) / f"{name}.sql") for name in names}
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for source, database, code in databases(rdblens, fixtures, bench_snapshot, shared, folder):
            if sys.argv[6:] and source not in sys.argv[6:]:
                continue
            problems = []
            for name in names:
                problems += check_report(rdblens, database, code, name, files[name], pathlib.Path(folder))
            print(f"{source}: {len(names)} reports in {len(ENDINGS)} formats, {len(problems)} differences")
            for problem in problems[:20]:
                print("  " + problem)
            failed += bool(problems)
    return 1 if failed else 0


sys.exit(main())
