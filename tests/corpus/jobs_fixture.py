#!/usr/bin/env python3
"""jobs_fixture.py -- the tables of job queues of the demonstration fixture against the generator's own count.

    jobs_fixture.py RDBLENS FIXTURES_DIR
"""
# SPDX-License-Identifier: MIT
import collections
import json
import os
import sys
import tempfile

from jobs_truth import analyze


def main():
    rdblens, fixtures = sys.argv[1:]
    with open(os.path.join(fixtures, "jobs_v11.json"), encoding="utf-8") as f:
        truth = json.load(f)
    states, classes = collections.Counter(), collections.Counter()
    for *place, class_, error, jobs in truth["jobs"]:
        states[tuple(place)] += jobs
        if class_:
            classes[(*place, class_, error)] += jobs
    with tempfile.TemporaryDirectory() as scratch:
        db = analyze(rdblens, os.path.join(fixtures, "jobs_v11.rdb"), os.path.join(scratch, "r.db"))
        found = {row[:4]: row[4] for row in db.execute("SELECT db, system, queue, state, sum(jobs) FROM job_queues GROUP BY 1, 2, 3, 4")}
        found_classes = {row[:6]: row[6] for row in db.execute(
            "SELECT db, system, queue, state, class, error_class, sum(jobs) FROM job_classes GROUP BY 1, 2, 3, 4, 5, 6")}
        facts = db.execute("SELECT (SELECT sum(without_lock) FROM job_queues), (SELECT overdue FROM job_queues WHERE state = 'unacked'),"
                           " (SELECT count(*) FROM job_queues WHERE paused), (SELECT sum(missing) FROM job_queues)").fetchone()
        keys = db.execute("SELECT keys, expires FROM snapshots").fetchone()
        db.close()
    problems = []
    for what, got, expected in (("states", found, dict(states)), ("classes", found_classes, dict(classes)),
                                ("keys", keys, (truth["keys"], truth["expires"])),
                                ("without lock, delivered hours ago, paused, missing", facts, (2, 7, 1, 0))):
        if got != expected:
            problems.append("%s: %s, expected %s" % (what, got, expected))
    for problem in problems:
        print(problem)
    print("%d states, %d classes, %d problems" % (len(states), len(classes), len(problems)))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
