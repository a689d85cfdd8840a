#!/usr/bin/env python3
"""rdbtools.py -- `-f rdbtools` is what redis-rdb-tools' `rdb -c memory` would print, but for the sizes, which are ours.

    rdbtools.py RDBLENS FIXTURES_DIR BENCH_SNAPSHOT SHARED_DIR

Expected lines are made from the `keys` view by Python: its csv module, and its datetime for expiries, as redis-rdb-tools
makes them.
"""
# SPDX-License-Identifier: MIT
import csv
import datetime
import io
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import unicodedata

from sources import databases

COLUMNS = "database,type,key,size_in_bytes,encoding,num_elements,len_largest_element,expiry"

def run(rdblens, *args, code=0):
    done = subprocess.run([rdblens, *map(str, args)], capture_output=True, check=False)
    assert done.returncode == code, (args, done.returncode, done.stderr)
    return done.stdout.decode()


def expiry(ms):
    if ms is None:
        return ""
    try:
        return (datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=ms)).isoformat()
    except OverflowError:
        return "9999-12-31T23:59:59"


def is_hidden(c):
    """What hides or turns the line around. Marks that stand before Arabic and other numbers, and Egyptian joiners, are Cf but seen."""
    if 0x600 <= ord(c) <= 0x605 or c in "\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd" or 0x13430 <= ord(c) <= 0x13455:
        return False
    return unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") or "\ufe00" <= c <= "\ufe0f"


def safe(text):
    """What hides or turns the line around escaped, formulas defused: as in every CSV of ours."""
    text = "".join("".join("\\x%02x" % b for b in c.encode()) if is_hidden(c) else c for c in text)
    return "'" + text if text[:1] in ("=", "+", "-", "@") else text


def expected(path):
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    for n, type_, key, size, encoding, rdb, elements, largest, at in db.execute(
            "SELECT db, type, key_text, bytes, encoding, rdb_encoding, elements, largest_element, expires_at FROM keys "
            "ORDER BY id"):
        if rdb.startswith("MODULE"):
            type_, encoding, elements, largest = "module", type_, 1, size
        words = {"string": ("string", "string"), "zset": ("sortedset", encoding), "stream": ("stream", "listpack")}
        type_, encoding = words.get(type_, (type_, encoding))
        yield ["" if x is None else str(x) for x in (n, type_, safe(key), size, encoding, elements, largest, expiry(at))]


def check(rdblens, name, database, code):
    text = run(rdblens, "report", database, "-f", "rdbtools", code=code)
    lines = text.split("\n")
    assert "\r" not in text and lines[0] == COLUMNS and lines.pop() == "", lines[:2]
    found = list(csv.reader(io.StringIO(text, newline=""), strict=True))[1:]
    wanted = list(expected(database))
    assert found == wanted, (name, [x for x in zip(found, wanted) if x[0] != x[1]][:3], len(found), len(wanted))
    return len(found)


def check_refusals(rdblens, snapshot, folder):
    run(rdblens, "report", snapshot, "bigkeys", "-f", "rdbtools", code=2)
    run(rdblens, "query", snapshot, "SELECT 1", "-f", "rdbtools", code=2)
    run(rdblens, "analyze", snapshot, "-o", folder / "top.db", "--keys", "top", "--quiet")
    run(rdblens, "report", folder / "top.db", "-f", "rdbtools", code=2)


def check_memory(rdblens, database):
    """No more memory than a report with a handful of rows takes, give or take 8 MiB."""
    peaks = []
    for args in (["defects"], ["-f", "rdbtools"]):
        with subprocess.Popen([rdblens, "report", str(database), *args], stdout=subprocess.DEVNULL) as child:
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = status
        peaks.append(usage.ru_maxrss)
    assert peaks[1] < peaks[0] + 8192, peaks


def main():
    rdblens, fixtures, bench_snapshot, shared = sys.argv[1:5]
    keys = sources = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name, database, code in databases(rdblens, fixtures, bench_snapshot, shared, folder):
            keys += check(rdblens, name, database, code)
            sources += 1
            if name == "rails":
                check_memory(rdblens, database)
        # From a snapshot every value is opened, so only damaged ones lack a largest element.
        text = run(rdblens, "report", folder / "rails.rdb", "-f", "rdbtools")
        assert all(row[6] for row in csv.reader(io.StringIO(text))), "a largest element is missing"
        check_refusals(rdblens, pathlib.Path(fixtures) / "sidekiq_v11.rdb", folder)
    print(f"{sources} sources, {keys} keys")


main()
