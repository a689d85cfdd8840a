#!/usr/bin/env python3
"""jobs_server.py -- Dramatiq, asynq, Hangfire, RQ, Faktory and Horizon as a real redis-server saves them.

    jobs_server.py RDBLENS

No dump of these was at hand, so the commands that their libraries send are sent here, each taken from the library's own
source (named beside it). The server then says how many jobs stand in each list and sorted set, and the tables of
`rdblens analyze -o` must say the same; classes and errors are counted here while writing. Exit 77 without redis-server.
"""
# SPDX-License-Identifier: MIT
import base64
import collections
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
import zlib

from server import SKIPPED, Server

DAY = 86400


def field(number, value):
    """A field of a protobuf: text or bytes, or a varint."""
    def varint(n):
        out = bytearray()
        while n > 0x7f:
            out.append(n & 0x7f | 0x80)
            n >>= 7
        return bytes(out + bytes([n]))
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    raw = value if isinstance(value, bytes) else value.encode()
    return varint(number << 3 | 2) + varint(len(raw)) + raw


class System:
    """What one system wrote, and what is expected of it."""

    def __init__(self, server, now):
        self.call = server.call
        self.now = now
        self.classes = collections.Counter()  # (queue, state, class, error)
        self.extra = {}                       # (queue, state): jobs that are not a whole key

    def count(self, queue, state, class_, error=""):
        self.classes[queue, state, class_, error] += 1


class Dramatiq(System):
    """dramatiq 2.2.0: brokers/redis.py, brokers/redis/dispatch.lua, message.py."""
    name = "dramatiq"
    worker = "0f8fad5b-d9cb-469f-a165-70867728950e"

    def enqueue(self, queue, actor, delay=None):
        ident = str(uuid.uuid4())
        name = queue + ".DQ" if delay else queue
        options = {"redis_message_id": ident}
        if delay:
            options["eta"] = int(self.now * 1000) + delay
        message = json.dumps({"queue_name": name, "actor_name": actor, "args": [1], "kwargs": {},
                              "options": options, "message_id": str(uuid.uuid4()),
                              "message_timestamp": int(self.now * 1000) - 7000},
                             separators=(",", ":"))
        self.beat()
        self.call("HSET", "dramatiq:%s.msgs" % name, ident, message)
        self.call("RPUSH", "dramatiq:" + name, ident)

    def beat(self):
        self.call("ZADD", "dramatiq:__heartbeats__", int(self.now * 1000), self.worker)

    def fetch(self, queue):
        ident = self.call("LPOP", "dramatiq:" + queue)
        self.call("SADD", "dramatiq:__acks__.%s.%s" % (self.worker, queue), ident)
        return ident

    def nack(self, queue, ident):
        self.call("SREM", "dramatiq:__acks__.%s.%s" % (self.worker, queue), ident)
        message = self.call("HGET", "dramatiq:%s.msgs" % queue, ident)
        self.call("ZADD", "dramatiq:%s.XQ" % queue, int(self.now * 1000), ident)
        self.call("HSET", "dramatiq:%s.XQ.msgs" % queue, ident, message)
        self.call("HDEL", "dramatiq:%s.msgs" % queue, ident)

    def write(self):
        for queue, actors in (("default", ["send_mail"] * 5 + ["resize"] * 2), ("low.prio", ["resize"] * 3)):
            for actor in actors:
                self.enqueue(queue, actor)
        self.enqueue("default", "remind", delay=60000)
        self.fetch("default")
        self.nack("default", self.fetch("default"))
        # what no list names: a worker lost it
        self.call("HSET", "dramatiq:default.msgs", str(uuid.uuid4()),
                  json.dumps({"queue_name": "default", "actor_name": "lost", "message_timestamp": 1}))
        self.classes = collections.Counter({
            ("default", "queue", "send_mail", ""): 3, ("default", "queue", "resize", ""): 2,
            ("default", "unacked", "send_mail", ""): 1, ("default", "dead", "send_mail", ""): 1,
            ("default", "delayed", "remind", ""): 1, ("low.prio", "queue", "resize", ""): 3})
        self.extra = {("default", "orphan"): 1}

    def states(self):
        acks = "dramatiq:__acks__.%s.default" % self.worker
        return {("default", "queue"): self.call("LLEN", "dramatiq:default"),
                ("default", "delayed"): self.call("LLEN", "dramatiq:default.DQ"),
                ("default", "dead"): self.call("ZCARD", "dramatiq:default.XQ"),
                ("default", "unacked"): self.call("SCARD", acks),
                ("low.prio", "queue"): self.call("LLEN", "dramatiq:low.prio")}


class Asynq(System):
    """asynq 0.26.0: internal/base/base.go, internal/rdb/rdb.go, internal/proto/asynq.proto."""
    name = "asynq"

    def message(self, ident, kind, queue):
        return (field(1, kind) + field(2, b'{"user_id":17}') + field(3, ident) + field(4, queue) +
                field(5, 25) + field(8, 1800))

    def task(self, queue, kind, state):
        ident = str(uuid.uuid4())
        key = "asynq:{%s}:t:%s" % (queue, ident)
        self.call("SADD", "asynq:queues", queue)
        self.call("HSET", key, "msg", self.message(ident, kind, queue), "state", state)
        if state == "pending":
            self.call("HSET", key, "pending_since", int(self.now * 1e9))
        self.count(queue, state, kind)
        return ident, "asynq:{%s}:" % queue

    def write(self):
        now = int(self.now)
        for queue, kind in [("default", "email:welcome")] * 4 + [("critical", "report:make")] * 2:
            ident, base = self.task(queue, kind, "pending")
            self.call("LPUSH", base + "pending", ident)
        for i in range(3):
            ident, base = self.task("default", "email:late", "scheduled")
            self.call("ZADD", base + "scheduled", now + (3600 if i else -600), ident)
        for _ in range(2):
            ident, base = self.task("default", "email:welcome", "retry")
            self.call("ZADD", base + "retry", now + 30, ident)
        for i in range(5):
            ident, base = self.task("default", "image:resize", "archived")
            self.call("ZADD", base + "archived", now - i * DAY, ident)
        ident, base = self.task("default", "image:resize", "completed")
        self.call("ZADD", base + "completed", now + 3600, ident)
        for lease in (now + 25, now - 300):
            ident, base = self.task("default", "x" * 200, "active") # a length of two bytes
            self.call("LPUSH", base + "active", ident)
            self.call("ZADD", base + "lease", lease, ident)
        ident, base = self.task("default", "notify", "aggregating")
        self.call("HSET", base + "t:" + ident, "group", "team 7")
        self.call("ZADD", base + "g:team 7", now, ident)
        self.call("SADD", base + "groups", "team 7")
        self.call("SET", base + "unique:email:welcome:d41d8cd98f00b204e9800998ecf8427e", ident, "NX", "EX", 900)
        self.call("SET", "asynq:{critical}:paused", now)
        for name in ("processed", "failed"):
            key = "asynq:{default}:%s" % name
            self.call("INCR", key)
            day = key + ":" + time.strftime("%Y-%m-%d", time.gmtime(now))
            self.call("INCR", day)
            self.call("EXPIREAT", day, now + 90 * DAY)

    def states(self):
        found = {}
        for queue in ("default", "critical"):
            for state, size in (("pending", "LLEN"), ("active", "LLEN"), ("scheduled", "ZCARD"), ("retry", "ZCARD"),
                                ("archived", "ZCARD"), ("completed", "ZCARD")):
                found[queue, state] = self.call(size, "asynq:{%s}:%s" % (queue, state))
        found["default", "aggregating"] = self.call("ZCARD", "asynq:{default}:g:team 7")
        return found


class Hangfire(System):
    """Hangfire.Redis.StackExchange 1.12.0: RedisConnection.cs, RedisWriteOnlyTransaction.cs, the state handlers;
    Hangfire.Core: InvocationData, JobHelper, FailedState, ScheduledState."""
    name = "hangfire"
    prefix = "{hangfire}:"

    def job(self, kind, method, iso=False):
        ident = str(uuid.uuid4())
        made = int(self.now * 1000) - 9000
        if iso: # before compatibility level 170
            made = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(made // 1000)) + ".0000000Z"
        self.call("HSET", self.prefix + "job:" + ident, "CurrentCulture", '"en-US"', "CurrentUICulture", '"en-US"',
                  "Type", kind + ", Shop, Version=1.0.0.0", "Method", method, "ParameterTypes", '["System.Int32"]',
                  "Arguments", '["17"]', "CreatedAt", made)
        return ident

    def state(self, ident, name, expires=None, **data):
        job = self.prefix + "job:" + ident
        self.call("HSET", job, "State", name)
        self.call("DEL", job + ":state")
        words = [w for pair in data.items() for w in pair]
        self.call("HSET", job + ":state", *words, "State", name)
        self.call("RPUSH", job + ":history", json.dumps({"State": name, "CreatedAt": "1"}))
        for key in (job, job + ":state", job + ":history"):
            if expires:
                self.call("EXPIRE", key, expires)

    def write(self):
        now, p = int(self.now), self.prefix
        for server in ("web-1:4242:" + str(uuid.uuid4()),):
            self.call("SADD", p + "servers", server)
            self.call("HSET", p + "server:" + server, "WorkerCount", 20, "StartedAt", now * 1000)
            self.call("RPUSH", p + "server:%s:queues" % server, "default", "critical")
        for queue, jobs in (("default", 3), ("critical", 2)):
            for _ in range(jobs):
                ident = self.job("Shop.Jobs.Mailer", "Send", iso=queue == "critical")
                self.state(ident, "Enqueued", Queue=queue)
                self.call("SADD", p + "queues", queue)
                self.call("LPUSH", p + "queue:" + queue, ident)
                self.count(queue, "queue", "Shop.Jobs.Mailer.Send")
        ident = self.call("RPOPLPUSH", p + "queue:default", p + "queue:default:dequeued").decode()
        self.call("HSET", p + "job:" + ident, "Fetched", now * 1000)
        self.state(ident, "Processing", ServerId="web-1")
        self.call("ZADD", p + "processing", now - 5, ident)
        self.classes["default", "queue", "Shop.Jobs.Mailer.Send", ""] -= 1
        self.count("default", "fetched", "Shop.Jobs.Mailer.Send")
        self.count("", "processing", "Shop.Jobs.Mailer.Send")
        for error, jobs in (("System.TimeoutException", 4), ("System.IO.IOException", 1)):
            for _ in range(jobs):
                ident = self.job("Shop.Jobs.Report`1[[Shop.Order, Shop]]", "Make")
                self.state(ident, "Failed", FailedAt=now * 1000, ExceptionType=error, ExceptionMessage="secret",
                           ExceptionDetails="secret")
                self.call("ZADD", p + "failed", now - 3600, ident)
                self.count("", "failed", "Shop.Jobs.Report`1.Make", error)
        for i in range(3): # with a queue of its own the member has it in front
            ident = self.job("Shop.Jobs.Mailer", "Remind")
            self.state(ident, "Scheduled", EnqueueAt=now * 1000)
            self.call("ZADD", p + "schedule", now + 60 if i else now - 900, ident if i else "critical:" + ident)
            self.count("", "schedule", "Shop.Jobs.Mailer.Remind")
        for _ in range(2):
            ident = self.job("Shop.Jobs.Mailer", "Send")
            self.state(ident, "Succeeded", DAY, Latency="1")
            self.call("LPUSH", p + "succeeded", ident)
            self.call("LTRIM", p + "succeeded", 0, 499)
            self.call("INCR", p + "stats:succeeded")
            self.count("", "succeeded", "Shop.Jobs.Mailer.Send")
        self.state(self.job("Shop.Jobs.Mailer", "Send"), "Succeeded", DAY) # trimmed off the list: no orphan
        self.job("Shop.Jobs.Lost", "Run")
        self.extra = {("", "orphan"): 1}
        self.call("ZADD", p + "recurring-jobs", now + 60, "nightly")
        self.call("HSET", p + "recurring-job:nightly", "Cron", "0 0 * * *")

    def states(self):
        p = self.prefix
        found = {("", state): self.call("ZCARD", p + state) for state in ("failed", "schedule", "processing")}
        found["", "succeeded"] = self.call("LLEN", p + "succeeded")
        for queue in ("default", "critical"):
            found[queue, "queue"] = self.call("LLEN", p + "queue:" + queue)
            found[queue, "fetched"] = self.call("LLEN", p + "queue:%s:dequeued" % queue)
        return found


class Rq(System):
    """RQ 1.13.0 on a server with streams: rq/job.py, rq/results.py, rq/registry.py."""
    name = "rq"

    def write(self):
        frames = 'Traceback (most recent call last):\n' + '  File "/app/jobs.py", line 7, in run\n    raise\n' * 40
        self.call("SADD", "rq:queues", "rq:queue:low")
        for i in range(5):
            ident = str(uuid.uuid4())
            self.call("HSET", "rq:job:" + ident, "created_at", "2023-11-14T22:00:00.000000Z", "description", "shop.jobs.run(%d)" % i,
                      "data", "x", "origin", "low", "status", "failed" if i < 4 else "queued")
            if i == 4:
                self.call("RPUSH", "rq:queue:low", ident)
                self.count("low", "queue", "shop.jobs.run")
                continue
            self.call("ZADD", "rq:failed:low", int(self.now) + 31536000, ident)
            self.call("EXPIRE", "rq:job:" + ident, 31536000)
            error = "redis.exceptions.ConnectionError" if i < 3 else "KeyError"
            for text in ("Elsewhere: 1\n", error + ": secret\nsecret\n"): # of each try; the last counts
                self.call("XADD", "rq:results:" + ident, "*", "type", 2, "exc_string",
                          base64.b64encode(zlib.compress((frames + text).encode())))
            self.count("low", "failed", "shop.jobs.run", error)

    def states(self):
        return {("low", "failed"): self.call("ZCARD", "rq:failed:low"), ("low", "queue"): self.call("LLEN", "rq:queue:low")}


class Faktory(System):
    """Faktory 1.9.4: client/job.go, storage/{queue,sorted}_redis.go, storage/history.go, manager/{retry,working}.go."""
    name = "faktory"

    def job(self, queue, kind, failure=None):
        iso = time.strftime("%Y-%m-%dT%H:%M:%S.123456789Z", time.gmtime(self.now - 60))
        job = {"retry": 25}
        if failure:
            job["failure"] = {"failed_at": iso, "next_at": iso, "message": "secret", "errtype": failure,
                              "backtrace": ["a"], "retry_count": 0, "remaining": 24}
        job.update({"jid": uuid.uuid4().hex[:16], "queue": queue, "jobtype": kind, "created_at": iso,
                    "enqueued_at": iso, "args": [1, "two"]})
        return job

    def dumps(self, job):
        return json.dumps(job, separators=(",", ":"))

    def write(self):
        now = self.now
        for queue, kind in [("default", "SendMail")] * 6 + [("bulk", "Import")] * 2:
            self.call("SADD", "queues", queue)
            self.call("LPUSH", "q:" + queue, self.dumps(self.job(queue, kind)))
            self.count(queue, "queue", kind)
        self.call("SADD", "paused", "bulk")
        for kind, error, state, score in (("SendMail", "SmtpError", "retries", now + 20),
                                          ("SendMail", "SmtpError", "retries", now - 500),
                                          ("Import", "ArgumentError", "dead", now + 179 * DAY)):
            self.call("ZADD", state, repr(score), self.dumps(self.job("default", kind, error)))
            self.count("", state, kind, error)
        self.call("ZADD", "scheduled", repr(now + 3600), self.dumps(self.job("default", "Later")))
        self.count("", "scheduled", "Later")
        self.call("ZADD", "working", repr(now + 1700), self.dumps(
            {"job": self.job("default", "SendMail"), "reserved_at": "2024-01-01T00:00:00Z", "expires_at": "x", "wid": "w"}))
        self.count("", "working", "SendMail")
        self.days = 3
        for name in ("processed", "failures"):
            self.call("INCRBY", name, 17)
            for day in range(self.days): # as its web page reads them: what is not there is made
                self.call("INCRBY", "%s:%s" % (name, time.strftime("%Y-%m-%d", time.gmtime(now - day * DAY))), 0)

    def states(self):
        found = {("", state): self.call("ZCARD", state) for state in ("retries", "dead", "scheduled", "working")}
        for queue in ("default", "bulk"):
            found[queue, "queue"] = self.call("LLEN", "q:" + queue)
        return found


class Horizon(System):
    """Horizon 5.29.1: src/Repositories/RedisJobRepository.php, RedisTagRepository.php, RedisMasterSupervisorRepository.php."""
    name = "laravel"
    prefix = "shop_horizon:"

    def write(self):
        p, now = self.prefix, self.now
        self.call("ZADD", p + "masters", int(now), "web-1-abcd")
        self.call("HSET", p + "master:web-1-abcd", "name", "web-1-abcd", "pid", 17)
        self.call("EXPIRE", p + "master:web-1-abcd", 15)
        self.call("SADD", p + "monitoring", "App\\Models\\User:1", "small")
        for i in range(5):
            ident = str(uuid.uuid4())
            for state in ("recent_jobs", "completed_jobs"):
                self.call("ZADD", p + state, repr(-(now - i)), ident)
            self.call("HSET", p + ident, "id", ident, "connection", "redis", "queue", "default", "name", "App\\Jobs\\Mail",
                      "status", "completed", "payload", "{}", "created_at", now, "updated_at", now)
            self.call("EXPIREAT", p + ident, int(now) + 3600)
        for tag, jobs in (("App\\Models\\User:1", 1500), ("small", 3), ("not monitored", 1500)):
            for i in range(jobs):
                self.call("ZADD", p + tag, repr(now), str(uuid.uuid4()))

    def states(self):
        found = {("", state): self.call("ZCARD", self.prefix + state) for state in ("recent_jobs", "completed_jobs")}
        tag = "App\\Models\\User:1"
        found[tag.replace("\\", "\\\\"), "monitored tag"] = self.call("ZCARD", self.prefix + tag)
        return found


class Others(System):
    """An application's own keys of the same names, types and prefixes, where nothing is to be found."""
    name = None

    def write(self):
        self.call("RPUSH", "q:words", "a", "b")
        self.call("RPUSH", "q:json", '{"word":"a"}')
        self.call("ZADD", "dead", 1, "Elvis")
        self.call("ZADD", "scheduled", 1, '{"jid":"1","class":"A"}')
        self.call("INCR", "processed")
        self.call("INCR", "processed:2024-01-31")
        self.call("SADD", "paused", "x")
        self.call("RPUSH", "orders:deleted", str(uuid.uuid4()))
        self.call("RPUSH", "orders:succeeded", "1")
        self.call("HSET", "orders:job:" + str(uuid.uuid4()), "Type", "a")
        self.call("RPUSH", "orders:queue:low", str(uuid.uuid4()))
        self.call("HSET", "dramatiq:x.msgs", "a", '{"actor":"b"}')
        self.call("RPUSH", "dramatiq:x", "a")
        self.call("ZADD", "asynq:other", 1, "a")
        self.call("SADD", "users:monitoring", "large")
        self.call("ZADD", "users:large", *[w for i in range(1100) for w in (i, i)])

    def states(self):
        return {}


def compare(system, db, number):
    problems = []
    place = (number, system.name)
    if system.name is None:
        found = db.execute("SELECT * FROM job_queues WHERE db = ?", (number,)).fetchall()
        found += db.execute("SELECT system, pattern_text FROM patterns WHERE db = ? AND system IS NOT NULL",
                            (number,)).fetchall()
        return ["an application's own: %s" % (row,) for row in found]
    expected = {place: jobs for place, jobs in system.states().items() if jobs > 0}
    expected.update(system.extra)
    found = {(q, s): n for q, s, n in db.execute(
        "SELECT queue, state, jobs FROM job_queues WHERE db = ? AND system = ?", place)}
    if found != expected:
        problems.append("states %s, the server has %s" % (found, expected))
    classes = {row[:4]: row[4] for row in db.execute(
        "SELECT queue, state, class, error_class, jobs FROM job_classes WHERE db = ? AND system = ?", place)}
    if classes != {k: n for k, n in system.classes.items() if n > 0}:
        problems.append("classes %s, written were %s" % (classes, dict(system.classes)))
    lost = db.execute("SELECT queue, state, missing FROM job_queues WHERE db = ? AND system = ? AND missing > 0"
                      " AND state <> 'monitored tag'", place).fetchall()
    if lost:
        problems.append("ids without a job: %s" % lost)
    foreign = db.execute("SELECT pattern_text, role, system FROM patterns WHERE db = ? AND (system IS NULL OR system <> ?)",
                         place).fetchall()
    if foreign:
        problems.append("not taken as its own: %s" % foreign)
    return problems


def main():
    rdblens = sys.argv[1]
    kinds = [Dramatiq, Asynq, Hangfire, Rq, Faktory, Horizon, Others]
    problems = 0
    try:
        server = Server(options=["--databases", "32"])
        server.__enter__()
    except FileNotFoundError:
        print("no redis-server")
        return SKIPPED
    try:
        with tempfile.TemporaryDirectory() as folder:
            systems = []
            for number, kind in enumerate(kinds):
                server.call("SELECT", number)
                systems.append(kind(server, time.time()))
                systems[-1].write()
            server.call("SAVE")
            database = os.path.join(folder, "x.db")
            subprocess.run([rdblens, "analyze", server.dump, "-o", database], check=True, stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL)
            db = sqlite3.connect("file:%s?mode=ro" % database, uri=True)
            for number, system in enumerate(systems):
                server.call("SELECT", number)
                found = compare(system, db, number)
                for problem in found:
                    print("%s: %s" % (kinds[number].__name__, problem))
                problems += len(found)
            late = dict(db.execute("SELECT system || ' ' || state, overdue FROM job_queues WHERE overdue > 0"))
            expected = {"asynq scheduled": 1, "asynq active": 1, "hangfire schedule": 1, "faktory retries": 1}
            if late != expected:
                print("late: %s, written were %s" % (late, expected))
                problems += 1
            paused = set(db.execute("SELECT system, queue FROM job_queues WHERE paused"))
            if paused != {("asynq", "critical"), ("faktory", "bulk")}:
                print("paused: %s" % paused)
                problems += 1
            db.close()
    finally:
        server.__exit__(None, None, None)
    print("%d systems, %d problems" % (len(kinds), problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
