#!/usr/bin/env python3
"""sidekiq_truth.py -- the Sidekiq tables against what Sidekiq's own API said.

    sidekiq_truth.py RDBLENS SHARED_DIR

For every dump in SHARED_DIR/corpus/sidekiq the tables of `rdblens analyze -o` must equal
NAME.truth.json: counters, jobs per set, per class and per error class, the queues (drained ones
too).  The dumps of other job queues in SHARED_DIR/corpus/queues must give no installation, except
those whose truth names Sidekiq; of those, queues, retries and processes are compared.

One line a dump; exit 1 when anything differs, 77 when there is no corpus.
"""
# SPDX-License-Identifier: MIT
import json
import os
import sqlite3
import subprocess
import sys
import tempfile


def analyze(rdblens, dump, database):
    done = subprocess.run([rdblens, "analyze", dump, "-o", database], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise RuntimeError("exit %d: %s" % (done.returncode,
                                            done.stderr.decode(errors="replace").strip()))
    return sqlite3.connect("file:%s?mode=ro" % database, uri=True)


def sums(db, column, where, place):
    rows = db.execute("SELECT %s, sum(jobs) FROM sidekiq_jobs WHERE db = ? AND namespace = ? AND %s"
                      " GROUP BY 1" % (column, where), place)
    return dict(rows.fetchall())


def set_jobs(db, kind, place):
    rows = db.execute("SELECT name, jobs FROM sidekiq_sets"
                      " WHERE db = ? AND namespace = ? AND kind = ?", place + (kind,))
    return dict(rows.fetchall())


def classes_by_queue(db, place):
    queues = {name: {} for name in set_jobs(db, "queue", place)}
    for name, class_, jobs in db.execute(
            "SELECT set_name, class, sum(jobs) FROM sidekiq_jobs"
            " WHERE db = ? AND namespace = ? AND kind = 'queue' GROUP BY 1, 2", place):
        queues.setdefault(name, {})[class_] = jobs
    return queues


def found(db, place, truth):
    """What the database says for each figure the truth has."""
    stats = dict(db.execute("SELECT stat, total FROM sidekiq_stats WHERE db = ? AND namespace = ?",
                            place).fetchall())
    queues = set_jobs(db, "queue", place)
    got = {"processed": stats.get("processed"), "failed": stats.get("failed"),
           "queues": queues, "enqueued": sum(queues.values()),
           "queue_by_class": classes_by_queue(db, place)}
    for kind, count in (("schedule", "scheduled"), ("retry", "retry"), ("dead", "dead")):
        got[count] = set_jobs(db, kind, place).get(kind, 0)
        got[count + "_by_class"] = sums(db, "class", "kind = '%s'" % kind, place)
        got[count + "_by_error"] = sums(db, "error_class", "kind = '%s'" % kind, place)
    got["processes"] = db.execute("SELECT sum(processes) FROM sidekiq_installations"
                                  " WHERE db = ? AND namespace = ?", place).fetchone()[0]
    return {name: value for name, value in got.items() if name in truth}


def consistency(db):
    """What must hold whatever the dump: every set's classes add up to its jobs and its bytes."""
    return ["%s: classes give %s jobs, %s bytes, the set has %s, %s" % row for row in db.execute(
        "SELECT s.name, coalesce(sum(j.jobs), 0) AS n, coalesce(sum(j.bytes), 0) AS b, s.jobs,"
        " s.payload_bytes FROM sidekiq_sets s LEFT JOIN sidekiq_jobs j ON j.db = s.db"
        " AND j.namespace = s.namespace AND j.kind = s.kind AND j.set_name = s.name"
        " GROUP BY s.rowid HAVING n <> s.jobs OR b <> s.payload_bytes")]


def compare(db, places):
    """places: {(db, namespace): truth}.  Returns the differences, and the jobs compared."""
    problems = consistency(db)
    jobs = 0
    have = set(db.execute("SELECT db, namespace FROM sidekiq_installations").fetchall())
    for table in ("sidekiq_sets", "sidekiq_jobs", "sidekiq_stats"):
        have |= set(db.execute("SELECT db, namespace FROM %s" % table).fetchall())
    if have != set(places):
        problems.append("installations %s, expected %s" % (sorted(have), sorted(places)))
    for place, truth in places.items():
        got = found(db, place, truth)
        jobs += sum(got.get(n) or 0 for n in ("enqueued", "scheduled", "retry", "dead"))
        problems += ["db %d '%s': %s is %s, expected %s" % (place + (name, got[name], truth[name]))
                     for name in sorted(got) if got[name] != truth[name]]
    return problems, jobs


def places_of(truth):
    """The installations a truth file speaks of."""
    if "sidekiq" in truth:                       # corpus/sidekiq, one installation
        return {(0, ""): truth}
    if "api" in truth:                           # corpus/queues, one system
        return {(truth["db"], ""): truth["api"]} if "sidekiq" in truth["api"] else {}
    if "systems" in truth:                       # corpus/queues/all
        return {(s["db"], ""): s["api"] for s in truth["systems"].values() if "sidekiq" in s["api"]}
    return {(int(name[2:]), t["namespace"]): t for name, t in truth.items()}


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    rdblens, shared = sys.argv[1:]
    dumps = []
    for part in ("sidekiq", "queues"):
        folder = os.path.join(shared, "corpus", part)
        if not os.path.isdir(folder):
            print("skipped: no %s" % folder)
            sys.exit(77)
        dumps += [os.path.join(folder, name) for name in sorted(os.listdir(folder))
                  if name.endswith(".rdb")]
    if not dumps:
        print("skipped: no dumps")
        sys.exit(77)
    failed = counts = 0
    with tempfile.TemporaryDirectory() as scratch:
        for i, dump in enumerate(dumps):
            name = os.path.basename(dump)[:-4]
            with open(dump[:-4] + ".truth.json", encoding="utf-8") as f:
                places = places_of(json.load(f))
            try:
                db = analyze(rdblens, dump, os.path.join(scratch, "%d.db" % i))
                problems, jobs = compare(db, places)
                db.close()
            except (RuntimeError, sqlite3.Error) as e:
                problems, jobs = [str(e)], 0
            counts += jobs
            failed += bool(problems)
            print("%s %s: %d installations, %d jobs" % ("FAIL" if problems else "ok", name,
                                                        len(places), jobs))
            for problem in problems:
                print("    " + problem)
    print("%d dumps, %d jobs compared, %d failed" % (len(dumps), counts, failed))
    sys.exit(1 if failed or counts == 0 else 0)


if __name__ == "__main__":
    main()
