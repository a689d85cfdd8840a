#!/usr/bin/env python3
"""The style rules that are checks: run as `check.py REPO`.

Fails on: banned functions; a .c without an opening comment that names it, or without its SPDX line; rdbparse/
including anything outside itself; non-ASCII, tabs or trailing blanks in code; lines over 120 columns (100 is the aim); open ends left
in words; functions past 150 lines.
"""
import pathlib, re, sys

BANNED = r"strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|alloca|strncpy|localtime|gmtime"
BANNED_IN_LIBRARY = BANNED + r"|printf|fprintf|puts|exit|abort|getenv|signal|sigaction"
OPEN_ENDS = r"\b(TODO|FIXME|XXX|HACK)\b"
LIBRARY_MAY_INCLUDE = re.compile(r'#include (<[^>]+>|"(rdbparse/)?[a-z0-9_]+\.(h|def)")')


def strip(text):
    """Comments and literals become blanks, so that words in them are not code."""
    def blank(m):
        return re.sub(r"[^\n]", " ", m.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)


def long_functions(code):
    start = None
    for n, line in enumerate(code.split("\n"), 1):
        if line.startswith("{"):
            start = n
        elif line.startswith("}") and start:
            if n - start > 150:
                yield start, n - start
            start = None


def check(path, rel, problems):
    raw = path.read_bytes()
    text = raw.decode("utf-8", "replace")
    in_library = rel.parts[0] == "rdbparse"
    for n, line in enumerate(text.split("\n"), 1):
        for bad, why in ((any(ord(c) > 126 for c in line), "non-ASCII"), ("\t" in line, "tab"),
                         (line != line.rstrip(), "trailing blank"), (len(line) > 120, "over 120 columns"),
                         (re.search(OPEN_ENDS, line), "open end")):
            if bad:
                problems.append(f"{rel}:{n}: {why}")
    code = strip(text)
    for m in re.finditer(r"\b(%s)\s*\(" % (BANNED_IN_LIBRARY if in_library else BANNED), code):
        problems.append(f"{rel}:{code.count(chr(10), 0, m.start()) + 1}: {m.group(1)}() is banned here")
    if in_library:
        for m in re.finditer(r"^#include .*$", text, re.M):
            if not LIBRARY_MAY_INCLUDE.match(m.group(0)):
                problems.append(f"{rel}: includes what the library may not: {m.group(0)}")
    if path.suffix == ".c":
        if not text.startswith(f"/* {path.name} -- "):
            problems.append(f"{rel}: does not open with what it is")
        if "// SPDX-License-Identifier: MIT" not in text:
            problems.append(f"{rel}: no SPDX line")
    for start, lines in long_functions(code):
        problems.append(f"{rel}:{start}: function of {lines} lines")


def main():
    repo = pathlib.Path(sys.argv[1])
    problems, files, names = [], 0, {}
    for folder in ("rdbparse", "src", "tests"):
        for path in sorted((repo / folder).rglob("*.[ch]")):
            rel = path.relative_to(repo)
            check(path, rel, problems)
            files += 1
            if path.suffix == ".c" and path.name in names:
                problems.append(f"{rel}: another file is called so: {names[path.name]}")
            names.setdefault(path.name, rel)
    print("\n".join(problems))
    print(f"{files} files, {len(problems)} problems")
    return 1 if problems or files == 0 else 0


sys.exit(main())
