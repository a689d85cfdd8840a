#!/usr/bin/env python3
"""sidekiq_fixture.py -- the Sidekiq tables of the demonstration fixture against the generator's own count.

    sidekiq_fixture.py RDBLENS FIXTURES_DIR
"""
# SPDX-License-Identifier: MIT
import json
import os
import sys
import tempfile

from sidekiq_truth import analyze, compare


def main():
    rdblens, fixtures = sys.argv[1:]
    with open(os.path.join(fixtures, "sidekiq_v11.json"), encoding="utf-8") as f:
        truth = json.load(f)
    with tempfile.TemporaryDirectory() as scratch:
        db = analyze(rdblens, os.path.join(fixtures, "sidekiq_v11.rdb"), os.path.join(scratch, "r.db"))
        problems, jobs = compare(db, {(0, ""): truth})
        keys, expires = db.execute("SELECT keys, expires FROM snapshots").fetchone()
        db.close()
    if (keys, expires) != (truth["keys"], truth["expires"]):
        problems.append(f"{keys} keys, {expires} with expiry; expected {truth['keys']}, {truth['expires']}")
    for problem in problems:
        print(problem)
    print(f"{jobs} jobs compared, {len(problems)} differences")
    return 1 if problems or jobs == 0 else 0


sys.exit(main())
