#!/usr/bin/env python3
"""jobs_truth.py -- job queues, caches and sessions against what their own libraries said.

    jobs_truth.py RDBLENS SHARED_DIR

For every dump in SHARED_DIR/corpus/queues (and each database of all.rdb) the tables of
`rdblens analyze -o` must equal NAME.truth.json: jobs per queue and state, per class, per error
class; keys, keys without TTL and the shortest and longest TTL per family.

Where the file cannot tell what an API can, that is named here: RQ's functions behind a description
of its own; cache entries that are bare numbers.

One line a dump; exit 1 when anything differs, 77 when there is no corpus.
"""
# SPDX-License-Identifier: MIT
import collections
import fnmatch
import json
import os
import sqlite3
import subprocess
import sys
import tempfile

# Truth family -> families here, by system.  Those not named are not compared: they are of two
# systems together, or of names that only the application knows.
FAMILIES = {
    "bull": {
        "job hash": ["[*]"], "meta": ["meta", "meta-paused"], "job :lock": ["*:lock"],
        "job :logs": ["*:logs"], "events": ["events"], "job :processed": ["*:processed"],
        "job :dependencies": ["*:dependencies"], "de:<id>": ["de:*"],
        "metrics": ["metrics:completed*", "metrics:failed*"],
        "set": ["wait", "active", "paused", "delayed", "prioritized", "priority", "completed",
                "failed", "waiting-children", "repeat"],
        "small": ["id", "pc", "marker", "stalled", "stalled-check", "limiter", "limiter:*"],
    },
    "bee-queue": {
        "jobs hash": ["jobs"], "small": ["id", "stallBlock"],
        "set or list": ["waiting", "active", "delayed", "succeeded", "failed", "stalling"],
    },
    "resque": {
        "timestamps set": ["timestamps:*"], "delayed list": ["delayed:[*]"],
        "worker": ["worker:*"], "queue list": ["queue:*"],
        "stat": ["stat:processed", "stat:failed"],
    },
    "celery": {
        "result": ["celery-task-meta-*"], "group result": ["celery-taskset-meta-*"],
        "binding": ["_kombu.binding.*"], "unacked": ["unacked", "unacked_index"],
        "queue": ["queue"],
    },
    "rq": {
        "job hash": ["job:*"], "job dependents": ["job:*:dependents"],
        "job dependencies": ["job::*:dependencies"], "result stream": ["results:*"],
        "registry": ["wip:*", "finished:*", "failed:*", "deferred:*", "scheduled:*", "canceled:*"],
        "worker": ["worker:*"], "workers": ["workers", "workers:*"], "queue list": ["queue:*"],
        "other": ["queues", "clean_registries:*", "scheduler-lock:*"],
    },
    "laravel": {
        "queue part + queue list": ["queues:*", "queues:*:delayed", "queues:*:reserved"],
        "tag reference set": ["*:standard_ref", "*:forever_ref"],
        "tagged entry + cache entry + tag key": ["entry"],
    },
    "django": {"session": ["session"], "default + forever + shop": ["entry"]},
    "express session": {"session": ["session"]},
}
SYSTEM = {"bull": "bull", "bullmq": "bullmq", "bullmq-3": "bullmq", "bullmq-5": "bullmq",
          "bee-queue": "bee-queue", "node-resque": "resque", "celery": "celery", "rq": "rq",
          "laravel": "laravel", "django-cache": "django", "express-session": "express session",
          "rails-cache": "rails cache"}
# The save came a moment after the server was asked.
TTL_SLACK_SECONDS = 30


def analyze(rdblens, dump, database):
    done = subprocess.run([rdblens, "analyze", dump, "-o", database], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise RuntimeError("exit %d: %s" % (done.returncode,
                                            done.stderr.decode(errors="replace").strip()))
    return sqlite3.connect("file:%s?mode=ro" % database, uri=True)


class Found:
    """What the tables say of one database and system."""

    def __init__(self, db, number, system):
        self.states = collections.defaultdict(dict)
        self.classes = collections.defaultdict(lambda: collections.Counter())
        self.errors = collections.defaultdict(lambda: collections.Counter())
        self.without_ttl = {}
        self.other = {}
        place = (number, system)
        for row in db.execute("SELECT prefix, queue, state, jobs, without_ttl, missing, without_lock"
                              " FROM job_queues WHERE db = ? AND system = ?", place):
            prefix, queue, state = row[:3]
            self.states[prefix, queue][state] = row[3]
            self.without_ttl[queue, state] = row[4]
            self.other[prefix, queue, state] = row[5:]
        for prefix, queue, state, class_, error, jobs in db.execute(
                "SELECT prefix, queue, state, class, error_class, jobs FROM job_classes"
                " WHERE db = ? AND system = ?", place):
            self.classes[prefix, queue, state][class_] += jobs
            if error:
                self.errors[prefix, queue, state][error] += jobs


class Report:
    def __init__(self):
        self.problems = []
        self.compared = 0

    def same(self, what, got, expected):
        self.compared += 1
        if got != expected:
            self.problems.append("%s: %s, the truth is %s" % (what, got, expected))


def node(report, found, api, system):
    state_names = {"waiting": "wait"} if system == "bull" else {}
    for queue, truth in api["queues"].items():
        prefix = truth.get("prefix", "bq")
        states = found.states.get((prefix, queue), {})
        for state, jobs in truth["counts"].items():
            if state == "newestJob":
                continue
            name = state_names.get(state, state)
            report.same("%s %s" % (queue, state), states.get(name, 0), jobs)
            if name != "paused" and jobs and system != "bee-queue":
                classes = truth["names"].get(state, {})
                report.same("%s %s by name" % (queue, state),
                            dict(found.classes[prefix, queue, name]), classes)
        for truth_name, state in (("failed_by_error", "failed"),):
            report.same("%s errors" % queue, dict(found.errors[prefix, queue, state]),
                        truth.get(truth_name, {}))
        for state in states:
            report.same("%s %s without a job" % (queue, state),
                        found.other[prefix, queue, state][0], 0)
        repeats = truth.get("schedulers", truth.get("repeatable", []))
        report.same("%s repeat" % queue, states.get("repeat", 0), len(repeats))
        report.same("%s orphans" % queue, states.get("orphan", 0), 0)
        if queue == "stalled":
            report.same("stalled without lock", found.other[prefix, queue, "active"][1], 3)
        if queue == "held" and system != "bee-queue":
            report.same("held without lock", found.other[prefix, queue, "active"][1], 0)


def resque(report, found, api, _):
    for queue, truth in api["queues"].items():
        report.same(queue, found.states["resque", queue].get("queue", 0), truth["length"])
        report.same(queue + " by class", dict(found.classes["resque", queue, "queue"]),
                    truth["classes"])
    shared = found.states["resque", ""]
    report.same("failed", shared.get("failed"), api["failed"])
    report.same("failed by class", dict(found.classes["resque", "", "failed"]),
                api["failed_by_class"])
    report.same("failed by exception", dict(found.errors["resque", "", "failed"]),
                api["failed_by_exception"])
    report.same("delayed", shared.get("delayed"), api["delayed_jobs"])
    report.same("timestamps without a list", found.other["resque", "", "timestamps"][0], 0)


def celery(report, found, api, _):
    for queue, jobs in api["queue_messages"].items():
        states = found.states["", queue]
        report.same(queue, sum(states.values()), jobs)
        for step, count in api["queue_messages_by_priority_step"][queue].items():
            name = "queue" if step == "0" else "queue, priority " + step
            report.same("%s step %s" % (queue, step), states.get(name, 0), count)
        tasks = collections.Counter()
        for state in states:
            tasks += found.classes["", queue, state]
        report.same(queue + " by task", dict(tasks), api["queue_messages_by_task"][queue])
    report.same("unacked", found.states["", ""].get("unacked"), api["unacked"])
    report.same("unacked by task", sum(found.classes["", "", "unacked"].values()), api["unacked"])
    shop = [sum(states.values()) for (_, queue), states in found.states.items() if "shop" in queue]
    report.same("shop's queue", shop, [api["shop_queue_messages"]])
    # The truth has neither the group's nor the chords' results.
    for state, jobs in api["results_by_state"].items():
        both = jobs + api["results_by_state_shop"].get(state, 0)
        report.same("results %s at least" % state,
                    found.states["", ""].get(state.lower(), 0) >= both, True)
    report.same("results without TTL",
                sum(found.without_ttl.get(("", s), 0) for s in ("success", "failure", "retry")),
                sum(api["results_by_state_shop"].values()))


def rq(report, found, api, _):
    states = {"count": "queue", "finished": "finished", "failed": "failed", "deferred": "deferred",
              "scheduled": "scheduled", "started": "started", "canceled": "canceled"}
    for queue, truth in api["queues"].items():
        for figure, state in states.items():
            report.same("%s %s" % (queue, figure), found.states["rq", queue].get(state, 0),
                        truth[figure])
            functions = truth.get("queued_by_function" if figure == "count"
                                  else figure + "_by_function", {})
            got = collections.Counter()
            for class_, jobs in found.classes["rq", queue, state].items():
                got[class_.rpartition(".")[2]] += jobs
            unknown = got.pop("(unknown)", 0)
            report.same("%s %s by function" % (queue, figure), sum(got.values()) + unknown,
                        sum(functions.values()))
            if unknown == 0:
                report.same("%s %s by function" % (queue, figure), dict(got), functions)
            else:
                report.same("%s %s functions" % (queue, figure), set(got) <= set(functions), True)
        report.same(queue + " failed by error", dict(found.errors["rq", queue, "failed"]),
                    truth["failed_by_error"])
        report.same(queue + " finished without expiry",
                    found.without_ttl.get((queue, "finished"), 0), truth["finished_without_expiry"])


def laravel(report, found, api, _):
    for queue, truth in api["queues"].items():
        states = {}
        for (prefix, name), of_queue in found.states.items():
            if name == queue:
                states = of_queue
                classes = dict(found.classes[prefix, queue, "queue"])
        for figure, state in (("waiting", "queue"), ("delayed", "delayed"),
                              ("reserved", "reserved")):
            report.same("%s %s" % (queue, figure), states.get(state, 0), truth[figure])
        report.same(queue + " by job", classes, truth["waiting_by_job"])


COMPARE = {"bull": node, "bullmq": node, "bee-queue": node, "resque": resque, "celery": celery,
           "rq": rq, "laravel": laravel}


def family_figures(db, number, system, families):
    marks = ", ".join("?" * len(families))
    return db.execute(
        "SELECT coalesce(sum(p.keys), 0), coalesce(sum(p.keys_without_ttl), 0),"
        " min(p.first_expires_at - s.now) / 1000, max(p.last_expires_at - s.now) / 1000"
        " FROM patterns p JOIN snapshots s ON s.id = p.snapshot_id"
        " WHERE p.db = ? AND p.system = ? AND p.family IN (%s)" % marks,
        (number, system, *families)).fetchone()


def sum_truth(truths):
    ends = [t["ttl_s_min"] for t in truths if t["ttl_s_min"] is not None]
    last = [t["ttl_s_max"] for t in truths if t["ttl_s_max"] is not None]
    return (sum(t["keys"] for t in truths), sum(t["without_ttl"] for t in truths),
            min(ends) if ends else None, max(last) if last else None)


def near(got, expected):
    if got is None or expected is None:
        return got == expected
    return expected - TTL_SLACK_SECONDS <= got <= expected + 1


def compare_families(report, db, number, system, truth):
    names = FAMILIES.get("bull" if system == "bullmq" else system, {})
    for joined, families in names.items():
        truths = [truth["families"][name] for name in joined.split(" + ")
                  if name in truth["families"]]
        # A job with a colon in its id is a hash like a scheduler's.
        if joined == "job hash" and system in ("bull", "bullmq"):
            families = families + ["repeat:*"]
            truths += [truth["families"][name] for name in ("repeat:<id>", "scheduled job hash")
                       if name in truth["families"]]
        if not truths:
            continue
        keys, without, least, most = sum_truth(truths)
        got = family_figures(db, number, system, families)
        report.same("family %s" % joined, got[:2], (keys, without))
        # What had expired at the save is in no TTL.
        if not near(got[2], least) and not (least is not None and least < TTL_SLACK_SECONDS):
            report.problems.append("family %s: TTL from %s, the truth is %s"
                                   % (joined, got[2], least))
        if not near(got[3], most) and not (most is not None and most < TTL_SLACK_SECONDS):
            report.problems.append("family %s: TTL to %s, the truth is %s" % (joined, got[3], most))
        report.compared += 2


def compare_rails(report, db, number, truth):
    """Families there are prefixes; bare numbers (raw:) carry no mark of Rails."""
    for prefix, figures in truth["families"].items():
        if prefix == "raw:":
            continue
        got = [0, 0]
        for pattern, keys, without in db.execute(
                "SELECT pattern_text, keys, keys_without_ttl FROM patterns WHERE db = ?"
                " AND system = 'rails cache'", (number,)):
            named = [p for p in truth["families"] if p.endswith(":") and pattern.startswith(p)]
            if (prefix in named) or (prefix == "none" and not named):
                got[0] += keys
                got[1] += without
        # Counters among an application's entries are bare numbers too.
        report.same("rails %s keys" % prefix, got[0] <= figures["keys"], True)
        if prefix != "app:":
            report.same("rails %s" % prefix, got, [figures["keys"], figures["without_ttl"]])


def compare(db, number, name, truth):
    report = Report()
    system = SYSTEM[name]
    found = Found(db, number, system)
    if system in COMPARE:
        COMPARE[system](report, found, truth["api"], system)
    if name == "rails-cache":
        compare_rails(report, db, number, truth["keyspace"])
    else:
        compare_families(report, db, number, system, truth["keyspace"])
    version = {"bullmq": "bullmq", "bullmq-5": "bullmq", "bullmq-3": None}.get(name)
    if version:
        versions = {row[0] for row in db.execute(
            "SELECT version FROM job_systems WHERE db = ?", (number,))}
        report.same("version", versions, {truth["api"][version]})
    others = [row[0] for row in db.execute(
        "SELECT DISTINCT system FROM job_queues WHERE db = ? AND system <> ?", (number, system))]
    report.same("other systems", others, [])
    return report


def check(name, report):
    for problem in report.problems:
        print("%s: %s" % (name, problem))
    print("%s: %d figures, %d problems" % (name, report.compared, len(report.problems)))
    return len(report.problems)


def main():
    rdblens, shared = sys.argv[1:3]
    corpus = os.path.join(shared, "corpus", "queues")
    if not os.path.isdir(corpus):
        print("no corpus")
        return 77
    problems = 0
    with tempfile.TemporaryDirectory() as directory:
        for file in sorted(fnmatch.filter(os.listdir(corpus), "*.truth.json")):
            name = file[:-len(".truth.json")]
            with open(os.path.join(corpus, file), encoding="utf-8") as f:
                truth = json.load(f)
            db = analyze(rdblens, os.path.join(corpus, name + ".rdb"),
                         os.path.join(directory, name + ".db"))
            if name == "all":
                for part, of_part in truth["systems"].items():
                    if part in SYSTEM:
                        problems += check("all/" + part,
                                          compare(db, of_part["db"], part, of_part))
            elif name in SYSTEM:
                problems += check(name, compare(db, truth["db"], name, truth))
            else: # Sidekiq's: of its own report
                rows = db.execute("SELECT count(*) FROM job_queues").fetchone()[0]
                report = Report()
                report.same("job queues", rows, 0)
                problems += check(name, report)
            db.close()
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
