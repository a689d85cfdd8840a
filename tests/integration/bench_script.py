#!/usr/bin/env python3
"""bench_script.py -- scripts/bench on tiny files: every row is there, every promise is judged, nothing is left behind.

    bench_script.py SCRIPTS_BENCH BUILD_DIR
"""
# SPDX-License-Identifier: MIT
import importlib.machinery
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROWS = ("cat", "parser alone, bytes", "decode and weigh alone", "analyze --keys none", "analyze", "analyze -o", "verify",
        "info", "report summary", "report defects", "report bigkeys, by name", "report summary, by type",
        "analyze 100 KB", "plain: analyze -o", "cat: pipe", "gz: file", "lz4: alone", "zst: pipe", "zst: info")
# show: how many figures. Without a server the four that compare with it fall away.
FIGURES = {"1": 1, "3": 4 * 2 + 7 * 2 + 6, "4": 4, "5": 7 * 2, "6": (7 + 2 + 3 + 3) * 2 + 1, "7": 2}
FIGURES_WITH_SERVER = {**FIGURES, "1": 3, "2": 2}


def figures_of(module, **rows):
    """Row: (wall s, CPU s), each run once."""
    figures = {}
    for name, (wall_s, cpu_s) in rows.items():
        figures[name] = module.Figures()
        figures[name].add(wall_s, cpu_s, 300 if name == "verify" else 256)
    return figures


def check_verdicts(script):
    """The aims' arithmetic, on figures that lie at the limits and just beyond; the limits are those of the issue."""
    sys.dont_write_bytecode = True
    loader = importlib.machinery.SourceFileLoader("bench", script)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("bench", loader))
    loader.exec_module(module)
    bench = module.Bench.__new__(module.Bench)
    bench.cores, bench.verdicts = 2, []
    rows = {module.SERVER: (10.0, 9.0), module.ANALYZE: (2.0, 4.01), module.NONE: (1.01, 1.0), "verify": (1, 1),
            "info": (0.021, 0), "report ttl": (0.3, 0), "report ttl, by name": (5.1, 0)}
    bench.judge_main("rails", figures_of(module, **rows), 5_000_000)
    # Alone 1 s, plain 2 s, CPU (1 + 4) / 2 = 2.5 s, so 1.2 times that is 3 s; with gz decompressing takes longest.
    bench.judge_pipes("rails", figures_of(module, **{
        "plain: analyze -o": (2.0, 4.0), "lz4: alone": (1.0, 1.0), "lz4: file": (2.99, 9), "lz4: pipe": (3.01, 9),
        "gz: alone": (5.0, 5.0), "gz: file": (5.99, 9), "gz: pipe": (6.01, 9)}))
    bench.judge_growth((1000, 2000), figures_of(module, **{
        f"{keys}: {row}": (keys * us, keys)
        for row in (module.NONE, module.ANALYZE) for keys, us in ((1000, 1), (2000, 1.11))}))
    wanted = [(1, "analyze -o", True), (1, "CPU", False), (1, "analyze --keys none", False), (3, "file", True),
              (3, "file", True), (3, "file", False), (6, "info", False), (6, "unfiltered", True), (6, "filtered", False),
              (5, "file", True), (3, "compressed", True), (5, "pipe", False), (3, "pipe", True),
              (5, "file", True), (3, "compressed", True), (5, "pipe", False), (3, "pipe", True),
              (4, "analyze --keys nonewall", False), (4, "analyze --keys noneCPU", True),
              (4, "analyze -owall", False), (4, "analyze -oCPU", True)]
    found = [(v.show, v.part, v.word == "holds") for v in bench.verdicts]
    return [] if found == wanted else [f"verdicts: found {found}, expected {wanted}"]


def main():
    script, build = sys.argv[1:]
    has_server = shutil.which("redis-server") is not None
    with tempfile.TemporaryDirectory(prefix="rdblens-bench-") as folder:
        command = [sys.executable, script, "--as-built", "--build", build, "--keep", folder, "--scale", "0.0005", "--runs",
                   "1", "--all", "--against", "wc -c < {}"]
        done = subprocess.run(command + ([] if has_server else ["--no-server"]), capture_output=True, text=True)
        left = sorted(os.listdir(folder))
    if done.returncode != 0:
        print(done.stderr)
        return 1
    problems = check_verdicts(script)
    problems += [f"no row '{row}'" for row in ROWS if not re.search(rf"^{re.escape(row)}  +\d", done.stdout, re.M)]
    problems += [f"row '{row}'" for row in ("redis-server", "against 1: wc -c < {}")[0 if has_server else 1:]
                 if len(re.findall(rf"^{re.escape(row)}  +\d", done.stdout, re.M)) != 2]
    figures, _, verdicts = done.stdout.split("\nfigures with a limit")[-1].partition("\nverdicts")
    for show, wanted in (FIGURES_WITH_SERVER if has_server else FIGURES).items():
        found = len(re.findall(rf"^{show}  .* (?:holds|falls short)$", figures, re.M))
        if found != wanted:
            problems.append(f"{found} figures of show {show}, expected {wanted}")
        if len(re.findall(rf"^show {show}  +(?:holds|falls short)  +\S", verdicts, re.M)) != 1:
            problems.append(f"no verdict on show {show}")
    problems += [f"{name} is left" for name in left if not re.search(r"\.rdb(\.gz|\.lz4|\.zst)?$", name)]
    for problem in problems:
        print(problem)
    if problems:
        print(done.stdout)
    return 1 if problems else 0


sys.exit(main())
