#!/usr/bin/env python3
"""run.py -- the program's output against golden files.

    run.py [--accept] RDBLENS FIXTURES_DIR [CASE...]

A case is a folder here: `cmd` is run by bash in an empty folder, where `f` leads to the fixtures and `rdblens`
is the program. What it prints must equal `stdout` and `stderr`, its exit code `exit` (absent: nothing, and 0).
--accept writes what was found instead; read the difference before committing it.

Masked: the folder's name, the program's version, ages, and times taken from a file or a clock.
"""
# SPDX-License-Identifier: MIT
import difflib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

MASKS = [
    (re.compile(r"\brdblens \d+\.\d+\.\d+"), "rdblens VERSION"),
    (re.compile(r"\b(\d+\.\d years|\d+ (s|min|h|d|y)( \d+ (s|min|h|d))?) ago"), "AGE ago"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC \((mtime|clock)\)"), r"TIME (\1)"),
]
TIMEOUT_S = 120
KEEP = re.compile(r"(ASAN|UBSAN|TSAN|LSAN)_OPTIONS|LD_LIBRARY_PATH|MALLOC_\w+")


def mask(text, folder):
    text = text.replace(folder, "$TMP")
    for pattern, replacement in MASKS:
        text = pattern.sub(replacement, text)
    return text


def run_case(case, rdblens, fixtures):
    """{name: found text} for stdout, stderr and exit."""
    with tempfile.TemporaryDirectory(prefix="rdblens-cli-") as outer:
        folder, tools = os.path.join(outer, "work"), os.path.join(outer, "bin")
        os.mkdir(folder)
        os.mkdir(tools)
        os.symlink(fixtures, os.path.join(folder, "f"))
        os.symlink(rdblens, os.path.join(tools, "rdblens"))
        env = {k: v for k, v in os.environ.items() if KEEP.fullmatch(k)}
        env.update(PATH=tools + ":/usr/local/bin:/usr/bin:/bin", LC_ALL="C.UTF-8", TZ="UTC", HOME=folder,
                   TERM="dumb", RDBLENS_TMPDIR=outer, RDBLENS_CONFIG="/dev/null")
        try:
            done = subprocess.run(["bash", str(case / "cmd")], cwd=folder, env=env, stdin=subprocess.DEVNULL,
                                  capture_output=True, timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            return {"stdout": "", "stderr": "", "exit": "no end after %d s\n" % TIMEOUT_S}
    text = {name: mask(raw.decode("utf-8", "backslashreplace"), folder)
            for name, raw in (("stdout", done.stdout), ("stderr", done.stderr))}
    text["exit"] = "%d\n" % done.returncode if done.returncode else ""
    return text


def main():
    arguments = sys.argv[1:]
    accept = "--accept" in arguments
    arguments = [a for a in arguments if a != "--accept"]
    if len(arguments) < 2:
        sys.exit(__doc__)
    rdblens, fixtures = (os.path.abspath(a) for a in arguments[:2])
    here = pathlib.Path(__file__).resolve().parent
    cases = sorted(p.parent for p in here.glob("*/cmd") if not arguments[2:] or p.parent.name in arguments[2:])
    failed = 0
    for case in cases:
        found = run_case(case, rdblens, fixtures)
        problems = []
        for name, text in found.items():
            path = case / name
            # newline="": a carriage return in a golden file is content.
            wanted = path.open(newline="").read() if path.exists() else ""
            if text == wanted:
                continue
            if accept:
                if text:
                    path.open("w", newline="").write(text)
                else:
                    path.unlink()
            problems += difflib.unified_diff(wanted.splitlines(True), text.splitlines(True),
                                             f"{case.name}/{name}", "found", n=1)
        if problems:
            failed += 1
            print(f"{'accepted' if accept else 'FAIL'} {case.name}")
            print("".join(line if line.endswith("\n") else line + "\n" for line in problems))
    print(f"{len(cases)} cases, {failed} {'accepted' if accept else 'failed'}")
    return 1 if (failed and not accept) or not cases else 0


sys.exit(main())
