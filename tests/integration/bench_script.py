#!/usr/bin/env python3
"""bench_script.py -- scripts/bench on tiny files: every row is there, every promise is judged, nothing is left behind.

    bench_script.py SCRIPTS_BENCH BUILD_DIR
"""
# SPDX-License-Identifier: MIT
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROWS = ("cat", "parser alone, bytes", "decode and weigh alone", "analyze --keys none", "analyze", "analyze -o", "verify", "info", "report summary",
        "report defects", "report bigkeys, filtered", "analyze 100 KB", "plain: analyze -o", "cat: pipe", "gz: file",
        "lz4: alone", "zst: pipe")
# show: how many lines. Without a server the seven that compare with it fall away.
VERDICTS = {"1": 1, "3": 4 * 2 + 7 * 2 + 5, "4": 4, "5": 7 * 2, "6": 5 * 2, "7": 1}
VERDICTS_WITH_SERVER = {**VERDICTS, "1": 3, "2": 2}


def main():
    script, build = sys.argv[1:]
    has_server = shutil.which("redis-server") is not None
    with tempfile.TemporaryDirectory(prefix="rdblens-bench-") as folder:
        command = [sys.executable, script, "--as-built", "--build", build, "--keep", folder, "--scale", "0.0005", "--runs",
                   "1", "--pipes", "--growth", "--limits", "--against", "wc -c < {}"]
        done = subprocess.run(command + ([] if has_server else ["--no-server"]), capture_output=True, text=True)
        left = sorted(os.listdir(folder))
    if done.returncode != 0:
        print(done.stderr)
        return 1
    problems = [f"no row '{row}'" for row in ROWS if not re.search(rf"^{re.escape(row)}  +\d", done.stdout, re.M)]
    problems += [f"row '{row}'" for row in ("redis-server", "against 1: wc -c < {}")[0 if has_server else 1:]
                 if len(re.findall(rf"^{re.escape(row)}  +\d", done.stdout, re.M)) != 2]
    verdicts = done.stdout.split("\nverdicts\n")[-1]
    for show, wanted in (VERDICTS_WITH_SERVER if has_server else VERDICTS).items():
        found = len(re.findall(rf"^{show}  .* (?:yes|NO)$", verdicts, re.M))
        if found != wanted:
            problems.append(f"{found} verdicts on show {show}, expected {wanted}")
    problems += [f"{name} is left" for name in left if not re.search(r"\.rdb(\.gz|\.lz4|\.zst)?$", name)]
    for problem in problems:
        print(problem)
    if problems:
        print(done.stdout)
    return 1 if problems else 0


sys.exit(main())
