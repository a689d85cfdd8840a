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

    def test_ce_03(self):
        for replies, expected in ((1000, {}), (1001, {"CE-03": 1001})):
            s = Snapshot()
            s.add(SET, "_kombu.binding.celery", [b"celery\x06\x16\x06\x16celery"])
            s.add(SET, "_kombu.binding.reply.celery.pidbox", [b"a\x06\x16\x06\x16b"])
            s.add(LIST, "01234567-89ab-3cde-8f01-23456789abcd.reply.celery.pidbox", ["{}"] * replies)
            self.assertEqual(findings(s.report()), expected)


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
