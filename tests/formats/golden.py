#!/usr/bin/env python3
"""golden.py -- every report as people see it, at 80 and 132 columns.

    golden.py [--accept] RDBLENS FIXTURES_DIR BENCH_SNAPSHOT SHARED_DIR

On every source, with and without UTF-8: the exit code is right, no line is wider than the terminal, nothing but printable
characters and line ends is printed, the summary takes 24 lines at most. For the sources in GOLDEN the text must also equal
golden/SOURCE-WIDTH.txt; ages by the wall clock are masked. --accept writes what was found; read the difference.
"""
# SPDX-License-Identifier: MIT
import ctypes
import difflib
import locale
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from sources import databases, report_names

GOLDEN = ["rails", "sidekiq-6.4.1", "sidekiq-7.3.10", "sidekiq-8.1.7", "redis-7.2.6", "sidekiq_v11", "jobs_v11"]
WIDTHS = [80, 132]
RAILS_KEYS = 1_000_000
AGE = re.compile(r"\b(\d+\.\d years|\d+ (s|min|h|d)( \d+ (s|min|h|d))?)( ago| in the\s+FUTURE)")
HERE = pathlib.Path(__file__).resolve().parent
LIBC = ctypes.CDLL(None)


def report(rdblens, database, names, width, lc, code):
    env = {"LC_ALL": lc, "PATH": "/usr/bin:/bin", "RDBLENS_TMPDIR": str(database.parent)}
    done = subprocess.run([rdblens, "report", database.name, *names, "--width", str(width)], cwd=database.parent, env=env,
                          capture_output=True, check=False)
    if done.returncode != code:
        raise AssertionError(f"{database.name} {names}: exit {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.stdout.decode("utf-8" if lc != "C" else "ascii")


def wrong_lines(text, width):
    for line in text.split("\n"):
        if any(LIBC.wcwidth(ord(c)) < 0 for c in line):
            yield f"not printable: {line!r}"
        elif sum(LIBC.wcwidth(ord(c)) for c in line) > width:
            yield f"wider than {width}: {line}"
        elif line != line.rstrip():
            yield f"blanks at its end: {line!r}"


def check(rdblens, source, database, code, names):
    """Problems, and {width: all reports}."""
    problems, texts = [], {}
    for width in WIDTHS:
        parts = {name: report(rdblens, database, [name], width, "C.UTF-8", code) for name in names}
        texts[width] = "\n".join(f"### {name}\n{text}" for name, text in parts.items())
        for name, text in [*parts.items(), ("all in ASCII", report(rdblens, database, names, width, "C", code))]:
            problems += [f"{source} {name}: {problem}" for problem in wrong_lines(text, width)]
        if parts["summary"].count("\n") > 24:
            problems.append(f"{source} summary: {parts['summary'].count(chr(10))} lines at {width} columns")
    return problems, texts


def masked(text, folder):
    return AGE.sub("AGE ago", text.replace(str(folder), "FOLDER"))


def compare(source, texts, folder, accept):
    problems = []
    for width, text in texts.items():
        path = HERE / "golden" / f"{source}-{width}.txt"
        found = masked(text, folder)
        if accept:
            path.parent.mkdir(exist_ok=True)
            path.write_text(found)
            continue
        wanted = path.read_text() if path.exists() else ""
        problems += list(difflib.unified_diff(wanted.split("\n"), found.split("\n"), path.name, "found", n=0, lineterm=""))[:40]
    return problems


def main():
    arguments = [a for a in sys.argv[1:] if a != "--accept"]
    rdblens, fixtures, bench_snapshot, shared = (os.path.abspath(a) for a in arguments[:4])
    locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    names, failed, sources = report_names(rdblens), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for source, database, code in databases(rdblens, fixtures, bench_snapshot, shared, folder, RAILS_KEYS):
            problems, texts = check(rdblens, source, database, code, names)
            if source in GOLDEN:
                problems += compare(source, texts, folder, "--accept" in sys.argv)
            print("\n".join(problems[:60]), end="\n" if problems else "")
            failed += bool(problems)
            sources += 1
    print(f"{sources} sources, {len(names)} reports, {len(WIDTHS)} widths, {failed} sources with differences")
    return 1 if failed else 0


sys.exit(main())
