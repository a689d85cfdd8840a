#!/usr/bin/env python3
"""test_jobs.py -- the report `jobs` on small snapshots made here, at the border of each rule.

    test_jobs.py RDBLENS

Snapshots are written byte by byte (RDB version 10, unpacked types, no checksum), so that every figure
is known beforehand.  Hostile ones: broken JSON, names of any bytes,
many levels.
"""
# SPDX-License-Identifier: MIT
import json
import os
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib

RDBLENS = sys.argv.pop(1)
NOW = 1700000000
MS = NOW * 1000
STRING, SET, ZSET, HASH, LIST = 0, 2, 3, 4, 18 # lists: of plain nodes


def length(n):
    return bytes([n]) if n < 64 else b"\x80" + struct.pack(">I", n)


def text(s):
    raw = s if isinstance(s, bytes) else str(s).encode()
    return length(len(raw)) + raw


class Snapshot:
    def __init__(self):
        self.body = bytearray(b"REDIS0010\xfa" + text("ctime") + text(NOW) + b"\xfe\x00")

    def select(self, db):
        self.body += b"\xfe" + length(db)

    def add(self, kind, key, value, expires_ms=None):
        if expires_ms is not None:
            self.body += b"\xfc" + struct.pack("<q", expires_ms)
        self.body += bytes([kind]) + text(key)
        if kind == STRING:
            self.body += text(value)
            return
        self.body += length(len(value))
        for item in value.items() if isinstance(value, dict) else value:
            if kind == HASH:
                self.body += text(item[0]) + text(item[1])
            elif kind == ZSET:
                score = str(item[1]).encode()
                special = {b"inf": b"\xfe", b"-inf": b"\xff"}.get(score)
                self.body += text(item[0]) + (special or bytes([len(score)]) + score)
            elif kind == LIST:
                self.body += b"\x01" + text(item)
            else:
                self.body += text(item)

    def job(self, prefix, number, **more):
        self.add(HASH, "%s%s" % (prefix, number),
                 {"name": "mail", "data": "{}", "opts": "{}", "timestamp": MS - 5000, **more})

    def bullmq(self, prefix="bull:mail:"):
        self.add(HASH, prefix + "meta", {"opts.maxLenEvents": 10000, "version": "bullmq:5.1.0"})
        self.add(STRING, prefix + "id", "9")
        self.add(ZSET, prefix + "marker", {"0": 0})
        self.add(ZSET, prefix + "delayed", {"77": MS * 4096})
        self.job(prefix, 77)

    def report(self, *params, cut=0):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.rdb")
            with open(path, "wb") as f:
                f.write(bytes(self.body) + (b"" if cut else b"\xff" + bytes(8)))
            args = [a for p in params for a in ("--param", p)]
            done = subprocess.run([RDBLENS, "report", path, "jobs", "-f", "json", *args], check=False,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE)
        if done.returncode not in (0, 3):
            raise AssertionError(done.stderr.decode(errors="replace"))
        shown = json.loads(done.stdout)
        report = shown["reports"][0] if isinstance(shown["reports"], list) else shown["reports"]["jobs"]
        return {s["name"]: s["rows"] for s in report["sections"]}


    def run(self, *args):
        """What `rdblens ARGS` prints; X.DB in them is the analysed snapshot."""
        with tempfile.TemporaryDirectory() as folder:
            path, database = os.path.join(folder, "x.rdb"), os.path.join(folder, "x.db")
            with open(path, "wb") as f:
                f.write(bytes(self.body) + b"\xff" + bytes(8))
            subprocess.run([RDBLENS, "analyze", path, "-o", database], check=True, stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            return subprocess.run([RDBLENS, *[database if a == "X.DB" else a for a in args]], check=True,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                  encoding="utf-8").stdout


def findings(rows):
    return {r["id"]: r["count"] for r in rows["findings"]}


class Rules(unittest.TestCase):
    def test_nothing(self):
        s = Snapshot()
        s.add(STRING, "user:1", "x")
        s.add(ZSET, "orders:completed", {"a": 1, "b": 2})
        s.add(HASH, "a:b:c", {"name": "n", "data": "d", "timestamp": MS})
        rows = s.report()
        self.assertEqual(rows["systems"], [])
        self.assertEqual(rows["queues"], [])
        self.assertEqual(rows["findings"], [])

    def test_bullmq(self):
        s = Snapshot()
        s.bullmq()
        s.add(ZSET, "bull:mail:completed", {i: MS - 1000 * i for i in range(1, 5)})
        for i in range(1, 5):
            s.job("bull:mail:", i, finishedOn=MS, stacktrace='["Late: x"]')
        s.add(ZSET, "bull:mail:failed", {5: MS - 3})
        s.job("bull:mail:", 5, stacktrace='["Old: 1\\n at", "SmtpError: relay"]')
        s.add(LIST, "bull:mail:active", ["6", "7"])
        s.job("bull:mail:", 6)
        s.job("bull:mail:", 7)
        s.add(STRING, "bull:mail:6:lock", "token", MS + 30000)
        self.assertEqual(findings(s.report("kept_jobs=5")), {"BM-03": 1})
        rows = s.report("kept_jobs=4")
        self.assertEqual(findings(rows), {"BM-01": 5, "BM-03": 1})
        classes = {(r["state"], r["class"], r["error_class"]): r["jobs"] for r in rows["classes"]}
        self.assertEqual(classes, {("completed", "mail", None): 4, ("failed", "mail", "SmtpError"): 1,
                                   ("active", "mail", None): 2, ("delayed", "mail", None): 1})
        s.job("bull:mail:", 8)
        self.assertEqual(findings(s.report())["BM-02"], 1)

    def test_no_remedy_when_incomplete(self):
        s = Snapshot()
        s.bullmq()
        s.job("bull:mail:", 8)
        self.assertTrue(all(r["remedy"] for r in s.report()["findings"]))
        self.assertTrue(all(r["remedy"] is None for r in s.report(cut=1)["findings"]))

    def test_kept_days(self):
        day = 86400000
        for age, expected in ((7 * day, {}), (7 * day + 1, {"BM-01": 1})):
            s = Snapshot()
            s.bullmq()
            s.add(ZSET, "bull:mail:completed", {1: MS - age})
            s.job("bull:mail:", 1)
            self.assertEqual(findings(s.report()), expected)

    def test_resque(self):
        s = Snapshot()
        s.add(SET, "resque:queues", ["low"])
        s.add(LIST, "resque:queue:low", ['{"class":"A","args":[]}', "{broken", '{"class":"A"}'])
        s.add(LIST, "resque:failed", ['{"failed_at":"2023/11/14 22:00:00 UTC","payload":{"class":"B"},'
                                      '"exception":"E"}'] * 3)
        s.add(SET, "resque:stat", ["x"])
        s.add(SET, 'resque:timestamps:{"class":"A"}', ["delayed:%d" % NOW, "delayed:1"])
        s.add(LIST, "resque:delayed:%d" % NOW, ['{"class":"A"}'])
        self.assertEqual(findings(s.report("resque_failed=3")), {"RS-02": 1})
        rows = s.report("resque_failed=2")
        self.assertEqual(findings(rows), {"RS-01": 3, "RS-02": 1})
        classes = {(r["state"], r["class"]): r["jobs"] for r in rows["classes"]}
        self.assertEqual(classes, {("queue", "A"): 2, ("queue", "(unparsable)"): 1,
                                   ("failed", "B"): 3, ("delayed", "A"): 1})

    def test_celery(self):
        s = Snapshot()
        s.add(SET, "_kombu.binding.celery", [b"celery\x06\x16\x06\x16celery"])
        s.add(HASH, "unacked", {"t1": '[{"headers": {"task": "a.b"}}, "", "q"]'})
        s.add(ZSET, "unacked_index", {"t1": NOW - 3600, "t2": NOW - 3602})
        for i, expires in ((1, MS + 1000), (2, None)):
            s.add(STRING, "celery-task-meta-%08d-aaaa-bbbb-cccc-0123456789ab" % i,
                  '{"status": "FAILURE", "result": {"exc_type": "KeyError"}}', expires)
        rows = s.report()
        self.assertEqual(findings(rows), {"CE-01": 1, "CE-02": 1})
        self.assertIn(("failure", "KeyError", 2), {(r["state"], r["error_class"], r["jobs"])
                                                  for r in rows["classes"]})

    def test_rq(self):
        s = Snapshot()
        s.add(SET, "rq:queues", ["rq:queue:low"])
        s.add(ZSET, "rq:finished:low", {"a": -1, "b": NOW + 500})
        s.add(ZSET, "rq:failed:low", {"c": NOW + 1, "d": NOW + 1})
        for i, expires in (("a", None), ("b", MS + 500000), ("c", MS + 1), ("d", MS + 1)):
            s.add(HASH, "rq:job:" + i, {"created_at": "2023-11-14T22:00:00.000000Z",
                                        "description": "app.run(%s)" % i, "data": "x"}, expires)
        self.assertEqual(findings(s.report("rq_failed=2")), {"RQ-02": 1})
        self.assertEqual(findings(s.report("rq_failed=1")), {"RQ-01": 2, "RQ-02": 1})


    def test_rq_errors(self):
        frames = 'Traceback (most recent call last):\n  File "/app/a.py", line 1, in run\n    secret()\n'
        packed = zlib.compress((frames + "a.b.Late: secret\nOther: secret\n").encode())
        for value, expected in (
                (packed, "a.b.Late"), (zlib.compress((frames + "KeyError\n").encode()), "KeyError"),
                (zlib.compress((frames + "KeyError: 'x'").encode()), "KeyError"),
                (zlib.compress((frames + "A: 1\n\nDuring handling of it:\n\n" + frames + "B: 2\n").encode()), "B"),
                (zlib.compress(b"Work-horse terminated unexpectedly; secret\n"), None),
                (zlib.compress((frames + "secret words: A\n").encode()), None),
                (zlib.compress((frames + "x" * 1000 + ": A\n").encode()), None),
                (packed[:20], None), (b"not zlib", None), (b"", None), (packed[:-4] + b"\0\0\0\0", "a.b.Late"),
                # at most 1 MiB is unpacked of one
                (zlib.compress((frames + "A: " + "x" * 3000000).encode()), "A"),
                (zlib.compress((" " * 3000000 + "\n" + frames + "A: 1\n").encode()), None)):
            s = Snapshot()
            s.add(SET, "rq:queues", ["rq:queue:low"])
            s.add(ZSET, "rq:failed:low", {"a": NOW + 1})
            s.add(ZSET, "rq:finished:low", {"b": NOW + 1})
            for ident in "ab":
                s.add(HASH, "rq:job:" + ident, {"created_at": "2023-11-14T22:00:00.000000Z", "description": "app.run()",
                                                "exc_info": value, "data": "x"}, MS + 9)
            rows = s.report()
            self.assertEqual({(r["state"], r["error_class"]) for r in rows["classes"]},
                             {("failed", expected), ("finished", None)})
            self.assertNotIn("secret", json.dumps(rows))

    def test_unpacked_meta(self):
        for field in ({"version": "bullmq:5.1.0"}, {"opts.maxLenEvents": 10000}):
            s = Snapshot()
            s.add(HASH, "bull:mail:meta", field)
            s.add(LIST, "bull:mail:wait", ["1"])
            s.job("bull:mail:", 1)
            rows = s.report()
            self.assertEqual([(r["system"], r["queue"], r["state"], r["jobs"]) for r in rows["queues"]],
                             [("bullmq", "mail", "wait", 1)])
        s = Snapshot()
        s.add(HASH, "bull:mail:meta", {"other": "opts.maxLenEvents"})
        s.add(LIST, "bull:mail:wait", ["1"])
        self.assertEqual(s.report()["queues"], [])

    def test_locks_of_others(self):
        # 1/8 of the ids at most; then it is not known which jobs are locked, and nothing is said
        for locks, expected in ((1000, {"BM-03": 1}), (275001, {})):
            s = Snapshot()
            s.bullmq()
            for i in range(locks):
                s.add(STRING, "order:%d:lock" % i, "1")
            s.add(LIST, "bull:mail:active", ["6"])
            s.job("bull:mail:", 6)
            self.assertEqual(findings(s.report()), expected)

    def horizon(self):
        s = Snapshot()
        s.add(ZSET, "a_horizon:masters", {"web": NOW})
        s.add(ZSET, "a_horizon:recent_jobs", {"1": -NOW})
        return s

    def test_lv_01(self):
        # more than 100,000 entries, or more than half of them past their time
        for entries, expected in (({i: NOW + 9 for i in range(100000)}, {}),
                                  ({i: NOW + 9 for i in range(100001)}, {"LV-01": 100001}),
                                  ({"a": NOW - 1, "b": NOW}, {}), ({"a": NOW - 1, "b": -1}, {}),
                                  ({"a": NOW - 1, "b": NOW - 1, "c": NOW + 9}, {"LV-01": 3})):
            s = Snapshot()
            s.add(ZSET, "a_cache:tag:team:entries", entries)
            s.add(STRING, "a_cache:user:1", 'a:1:{i:0;i:1;}', MS + 9)
            self.assertEqual(findings(s.report()), expected)

    def test_hz_01(self):
        for jobs, more, expected in ((100000, {}, {}), (100001, {}, {"HZ-01": 100001}),
                                     (100001, {"monitored": "another"}, {}), # no tag that is monitored
                                     (100001, {"expires_ms": MS + 9}, {})): # addTemporary(): of a failed job
            s = self.horizon()
            s.add(SET, "a_horizon:monitoring", [more.get("monitored", "App\\User:1")])
            s.add(ZSET, "a_horizon:App\\User:1", {i: NOW for i in range(jobs)}, more.get("expires_ms"))
            self.assertEqual(findings(s.report()), expected)
        # without Horizon's structures a set called monitoring says nothing
        s = Snapshot()
        s.add(SET, "a:monitoring", ["b"])
        s.add(ZSET, "a:b", {i: NOW for i in range(100001)})
        self.assertEqual(findings(s.report()), {})
        for param, expected in (("horizon_tag_jobs=1000", {}), ("horizon_tag_jobs=999", {"HZ-01": 1000})):
            s = self.horizon()
            s.add(SET, "a_horizon:monitoring", ["x"])
            s.add(ZSET, "a_horizon:x", {i: NOW for i in range(1000)})
            self.assertEqual(findings(s.report(param)), expected)

    def test_hz_02(self):
        # trimmed after an hour, of failed and monitored ones after a week; an hour more is let pass
        for state, age, expected in (("completed_jobs", 7200, {}), ("completed_jobs", 7201, {"HZ-02": 1}),
                                     ("pending_jobs", 7200, {}), ("pending_jobs", 7201, {"HZ-02": 1}),
                                     ("silenced_jobs", 7201, {"HZ-02": 1}),
                                     ("failed_jobs", 608400, {}), ("failed_jobs", 608401, {"HZ-02": 1}),
                                     ("recent_failed_jobs", 608400, {}), ("recent_failed_jobs", 608401, {"HZ-02": 1}),
                                     ("monitored_jobs", 608400, {}), ("monitored_jobs", 608401, {"HZ-02": 1})):
            s = self.horizon()
            s.add(ZSET, "a_horizon:" + state, {"x": age - NOW})
            self.assertEqual(findings(s.report()), expected, (state, age))

    def test_rc_01(self):
        # more than a tenth; Marshal of an entry, as Rails 6.1 writes it
        entry = b"\x04\x08o: ActiveSupport::Cache::Entry\t:\x0b@valueI\"\x06a"
        for with_ttl, without, expected in ((9, 1, {}), (8, 1, {"RC-01": 1}), (90, 10, {}), (89, 10, {"RC-01": 10})):
            s = Snapshot()
            for i in range(with_ttl + without):
                s.add(STRING, "views/%d" % i, entry, MS + 9 if i < with_ttl else None)
            self.assertEqual(findings(s.report()), expected)

    def test_rc_02(self):
        entry = b"\x04\x08o: ActiveSupport::Cache::Entry\t:\x0b@valueI\"\x06a"
        for db, expected in ((1, {}), (0, {"RC-02": 1})):
            s = Snapshot()
            s.add(LIST, "resque:queue:low", ['{"class":"A"}'])
            s.add(SET, "resque:queues", ["low"])
            s.add(SET, "resque:workers", ["host:1:low"])
            s.select(db)
            s.add(STRING, "views/1", entry, MS + 9)
            self.assertEqual(findings(s.report()), expected)

    def test_sg_01(self):
        ids = ["550e8400-e29b-41d4-a716-44665544000%d" % i for i in range(3)]
        index = "spring:session:index:org.springframework.session.FindByIndexNameSessionRepository." \
                "PRINCIPAL_NAME_INDEX_NAME:anna"
        for sessions, expected in ((3, {}), (2, {"SG-01": 1})):
            s = Snapshot()
            for i in range(sessions):
                s.add(HASH, "spring:session:sessions:" + ids[i], {"creationTime": "1", "lastAccessedTime": "1",
                                                                 "maxInactiveInterval": "1800"}, MS + 9)
                s.add(STRING, "spring:session:sessions:expires:" + ids[i], "", MS + 9)
            # members as JDK serialization writes a string
            s.add(SET, index, [b"\xac\xed\0\5t\0\x24" + i.encode() for i in ids])
            self.assertEqual(findings(s.report()), expected)

    def test_hf_01(self):
        def ident(i):
            return "550e8400-e29b-41d4-a716-%012d" % i
        for failed, expected in ((10000, {}), (10001, {"HF-01": 10001})):
            s = Snapshot()
            s.add(SET, "{hangfire}:servers", ["web"])
            for i in range(failed):
                s.add(HASH, "{hangfire}:job:" + ident(i), {"Type": "A.B, C", "Method": "Run", "CreatedAt": MS})
            s.add(HASH, "{hangfire}:job:%s:state" % ident(0), {"ExceptionType": "E.F", "State": "Failed"})
            s.add(ZSET, "{hangfire}:failed", {ident(i): NOW - 7 for i in range(failed)})
            rows = s.report()
            self.assertEqual(findings(rows), expected)
            self.assertEqual({(r["class"], r["error_class"]): r["jobs"] for r in rows["classes"]},
                             {("A.B.Run", None): failed - 1, ("A.B.Run", "E.F"): 1})

    def test_fk_01(self):
        job = '{"retry":25,"jid":"abc","queue":"low","jobtype":"A","args":[]}'
        for name, expires, expected in (("processed:2023-11-14", MS + 9, {}), ("processed:2023-11-14", None, {"FK-01": 1}),
                                        ("failures:2023-11-14", None, {"FK-01": 1}), ("processed", None, {}),
                                        ("processed:today", None, {})):
            s = Snapshot()
            s.add(LIST, "q:low", [job])
            s.add(STRING, name, "17", expires)
            self.assertEqual(findings(s.report()), expected, name)
        # the counters alone are an application's, unless all of Faktory's are there
        names = ["processed", "failures", "processed:2023-11-14", "failures:2023-11-14"]
        for left_out, expected in ((1, {}), (0, {"FK-01": 2})):
            s = Snapshot()
            s.add(SET, "queues", ["low"])
            for name in names[left_out:]:
                s.add(STRING, name, "17")
            self.assertEqual(findings(s.report()), expected)

    def test_ce_03(self):
        for replies, expected in ((1000, {}), (1001, {"CE-03": 1001})):
            s = Snapshot()
            s.add(SET, "_kombu.binding.celery", [b"celery\x06\x16\x06\x16celery"])
            s.add(SET, "_kombu.binding.reply.celery.pidbox", [b"a\x06\x16\x06\x16b"])
            s.add(LIST, "01234567-89ab-3cde-8f01-23456789abcd.reply.celery.pidbox", ["{}"] * replies)
            self.assertEqual(findings(s.report()), expected)


class Words(unittest.TestCase):
    none = "None of the known problems"
    doubt = "Nothing was found in what could be counted"

    def test_none(self):
        s = Snapshot()
        s.bullmq()
        shown = s.run("report", "X.DB", "jobs")
        self.assertIn(self.none, shown)
        self.assertNotIn(self.doubt, shown)

    def test_none_under_a_filter(self):
        s = Snapshot()
        s.bullmq()
        shown = s.run("report", "X.DB", "jobs", "--type", "hash")
        self.assertIn(self.doubt, shown)
        self.assertNotIn(self.none, shown)

    def test_none_after_a_limit(self):
        # 8,192 names of jobs are kept
        s = Snapshot()
        s.bullmq()
        s.add(LIST, "bull:mail:wait", range(9000))
        for i in range(9000):
            s.add(HASH, "bull:mail:%d" % i, {"name": "n%d" % i, "data": "{}", "timestamp": MS})
        shown = s.run("report", "X.DB", "jobs")
        self.assertIn(self.doubt, shown)
        self.assertNotIn(self.none, shown)
        self.assertIn("Not every queue, job or class could be counted", shown)

    def test_late_under_another_now(self):
        s = Snapshot()
        s.bullmq()
        s.add(ZSET, "bull:mail:delayed", {"1": (MS + 1000) * 4096, "2": (MS - 61000) * 4096})
        s.add(ZSET, "bull:shop:delayed", {"1": (MS + 1000) * 4096})
        s.add(HASH, "bull:shop:meta", {"version": "bullmq:5.1.0"})
        sql = "SELECT queue, overdue FROM job_queues WHERE state = 'delayed' ORDER BY queue"
        for now, expected in ((None, "mail,1 shop,0"), (NOW, "mail,1 shop,0"), (NOW - 1, "mail,0 shop,0"),
                              (NOW + 60, "mail, shop,0"), (NOW + 62, "mail, shop,")):
            args = ["--now", str(now * 1000)] if now else []
            rows = s.run("query", "-f", "csv", "X.DB", sql, *args).split()[1:]
            self.assertEqual(" ".join(rows), expected, now)
        self.assertIn("Late     in some states not known", s.run("report", "X.DB", "jobs", "--now", str((NOW + 99) * 1000)))
        self.assertNotIn("Late     in", s.run("report", "X.DB", "jobs"))


class Hostile(unittest.TestCase):
    def test_strangers_leave_room(self):
        s = Snapshot()
        for i in range(20000):
            s.add(ZSET, "order:%d:completed" % i, {"a": 1})
            s.add(HASH, "app:%d:1" % i, {"name": "n", "data": "{}", "timestamp": MS})
        s.bullmq()
        s.add(LIST, "bull:mail:active", ["7"])
        s.job("bull:mail:", 7)
        rows = s.report()
        self.assertEqual({(r["state"], r["jobs"]) for r in rows["queues"]},
                         {("delayed", 1), ("active", 1)})
        self.assertNotIn("BM-02", findings(rows)) # what names a job may be left out

    def test_many_prefixes(self):
        s = Snapshot()
        for i in range(1000):
            prefix = "%s:mail:" % "".join(chr(97 + i // 26 ** k % 26) for k in range(3))
            s.add(HASH, prefix + "meta", {"version": "bullmq:5.1.0", "paused": "1"})
            s.add(LIST, prefix + "wait", ["1"])
        self.assertEqual(sum(r["jobs"] for r in s.report("top=5000")["queues"]), 1000)

    def test_odd_json(self):
        odd = ['{"class":"%s"}' % ("x" * 100000), "{" * 100000, "[" * 100000, '{"class":"\\ud800"}',
               '{"class":"a\\u0000b"}', '{"class":1}', '{"class":"\\x"}', "{}", '{"class":"A"} x', "{\"",
               b'{"class":"\xff\xfe"}', '{"class":"\x01"}', '{"payload":{"class":"P"}}', "", "[]"]
        s = Snapshot()
        s.add(SET, "resque:queues", ["low"])
        s.add(SET, "resque:workers", ["host:1:low"])
        s.add(LIST, "resque:queue:low", ['{"class":"A"}'] + odd)
        rows = s.report()
        jobs = {r["queue"]: r["jobs"] for r in rows["queues"]}
        self.assertEqual(jobs, {"low": 1 + len(odd)})

    def test_odd_names_of_the_others(self):
        # every shape of every system with values of any bytes, and names that end where a part should begin
        ident = "550e8400-e29b-41d4-a716-446655440000"
        texts = ["", "{", '{"jobtype":1}', '{"jobtype":"a"', '{"actor_name":{}}', b"\x0a", b"\x0a\x01", b"\x0a\x80",
                 b"\x0a\xff\xff\x7fxx", b"\x0a\x00", ident, ":" + ident, "x" + ident, "q:" + ident, "\n" * 40, "1" * 400]
        ids = ["asynq:{", "asynq:{}:", "asynq:{a}:", "asynq:{a}:t:", "asynq:{}:t:1", "asynq:{a}:pending", "asynq:{a}:g:", "asynq:",
               "asynq:{a}:paused", "asynq:{a}:lease", "asynq:{a", "dramatiq:", "dramatiq:.msgs", "dramatiq:a.msgs", "dramatiq:.XQ",
               "dramatiq:.DQ", "dramatiq:__acks__.", "dramatiq:__acks__.%s." % ident, "dramatiq:__acks__." + ident,
               "dramatiq:__acks__.%s.a.DQ" % ident, ":__heartbeats__", "dramatiq:__heartbeats__", "q:", "q:a", "dead", "working",
               "queues", "paused", "processed", "processed:", ":job:" + ident, "h:job:" + ident, "h:job:%s:state" % ident,
               "job:" + ident, ident, "h:queue:", ":queue:", "h:queue::dequeued", "h:queue:dequeued", "h:failed", "h:schedule",
               "h:servers", "h:succeeded", ":monitoring", "h:monitoring", "monitoring", "h:masters", "h:recent_jobs", "h:"]
        s = Snapshot()
        number = 0
        for key in ids:
            for kind in (STRING, LIST, SET, ZSET, HASH):
                s.select(number % 3)
                number += 1
                if kind == STRING:
                    s.add(kind, key, "1")
                elif kind == ZSET:
                    s.add(kind, key, {t: score for t, score in zip(texts, ["inf", "-inf", 0, -1, 1e300] + [NOW] * 20)})
                elif kind == HASH:
                    fields = ["msg", "Type", "Method", "CreatedAt", "ExceptionType", "pending_since"]
                    s.add(kind, key, {f: t for f in fields + texts for t in texts[:8]})
                else:
                    s.add(kind, key, texts)
        for row in s.report("top=1000")["queues"]:
            self.assertGreaterEqual(row["jobs"], 0)
            self.assertLess(row["jobs"], 1000)

    def test_large_zsets_of_others(self):
        # more of them than are kept: the queues of the file are told all the same
        s = Snapshot()
        members = {i: i for i in range(1000)}
        for i in range(300):
            s.add(ZSET, "ranking:%d" % i, members)
        s.bullmq()
        self.assertEqual({(r["system"], r["state"]) for r in s.report()["queues"]}, {("bullmq", "delayed")})

    def test_odd_names(self):
        s = Snapshot()
        name = b'bull:a"\n\x1b[31m\xff\':'
        s.add(HASH, name + b"meta", {"version": "bullmq:\x1b[0m", "opts.maxLenEvents": 1})
        s.add(LIST, name + b"wait", [b"\x00", b"\xff" * 5000, b"", b"0:1"])
        s.add(LIST, name + b"active", [b"1"])
        s.add(ZSET, name + b"completed", {b"x": "inf", b"y": "-inf"})
        s.report()


if __name__ == "__main__":
    unittest.main()
