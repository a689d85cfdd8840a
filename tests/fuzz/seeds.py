#!/usr/bin/env python3
"""seeds.py -- makes a fuzz target's corpus, and replays it, bytes changed here and there.

    seeds.py settings|job_text|jobs TARGET    runs TARGET over the seeds and what is made of them
    seeds.py settings|job_text|jobs FOLDER    writes the seeds there: a corpus for libFuzzer

The first byte of a seed chooses what the target's opening comment says.
"""
# SPDX-License-Identifier: MIT
import json
import os
import random
import struct
import subprocess
import sys
import tempfile

CHANGED = 20  # inputs made of each seed
NOW = 1763089200

# ---- settings files ---------------------------------------------------------------------------

SETTINGS = [
    b"top = 20\nwidth=132\n",
    b"# comment\n; and another\n\n[report]\nwidth = 80\ntop = 5\n[analyze]\nmax-patterns = 1000\n",
    b"\xef\xbb\xbftop = 20\r\n[report]\r\nformat = json\r\n",
    b"pattern = cart:*:items\npattern = user:*\n[report]\npattern = a*b\nmatch = \" two blanks \"\n",
    b"config-file = x\n", b"topp = 3\n", b"[reports]\n", b"[report\n", b"= 3\n", b"top\n", b"top = \"\n", b"top = -1\n",
    b"top = 99999999999999999999\n", b"color = yes\nquiet=no\nno-color = true\n", b"[]\n[ ]\n", b"top = 1\ntop = 2\n",
    b"max-memory = 1g\nmin-bytes = 10kb\nnow = 2025-11-14T03:00:00Z\n", b"now = 99999999999999999\n",
    b"redact-keys = parts\nredact-secret = ~/secret\n", b"redact-secret = secret\n", b"redact-secret = ~\n",
    b"config = maxmemory=100mb\nconfig = hash-max-listpack-entries=512\nallocator = jemalloc\nmodel = redis-7.2\n",
    b"match = \0\n", b"\xff\xfe\n", b"x" * 300 + b" = 1\n", b"top = " + b"9" * 3000 + b"\n", b"[" + b"r" * 500 + b"]\n",
    b"type = hash\ntype = nothing\n", b"match = %s%n%.9999s\n", b"\x1b[31m = 1\n",
]
# With the system's file in front.
PAIRS = [b"top = 3\n[report]\npattern = s*\n\x1etop = 4\npattern = u*\n", b"\x1e", b"top = x\n\x1etop = 1\n"]


def settings():
    return [b"\0" + s for s in SETTINGS] + [b"\1" + s for s in PAIRS] + [b"\0" + b"pattern = *\n" * 5000]


# ---- payloads of jobs -------------------------------------------------------------------------


def payloads():
    sidekiq = {"class": "HardJob", "jid": "b4a577edbccf1d805744efa9", "queue": "default", "args": [1, "a", {"b": None}],
               "created_at": NOW + 0.25, "enqueued_at": NOW * 1000, "retry_count": 3, "failed_at": NOW,
               "error_class": "Net::ReadTimeout", "error_message": "late", "error_backtrace": "eJwDAAAAAAE="}
    active = {**sidekiq, "class": "ActiveJob::QueueAdapters::SidekiqAdapter::JobWrapper", "wrapped": "MailJob",
              "args": [{"job_class": "MailJob", "arguments": ["UserMailer", "welcome", "deliver_now", {"args": [7]}]}]}
    return [
        sidekiq, active, {**sidekiq, "display_class": "Shown", "version": "7.3.10"},
        {"queue": "default", "run_at": NOW, "payload": sidekiq}, {"queue": "default", "run_at": NOW, "payload": json.dumps(active)},
        {"failed_at": "2025/11/14 03:00:00 UTC", "payload": {"class": "Archive", "args": []}, "exception": "RuntimeError"},
        {"body": "W10=", "headers": {"task": "mail.welcome", "id": "x"}, "properties": {}}, [["a"], {"headers": {"task": "t"}}],
        {"status": "FAILURE", "result": {"exc_type": "ValueError"}, "task_id": "y"},
        {"displayName": "App\\Jobs\\Send", "job": "Illuminate\\Queue\\CallQueuedHandler@call", "pushedAt": "1763089200.5"},
        {"options": {"timestamp": 1763089200000, "stacktraces": ["Error: x\n  at y"]}, "data": {}, "status": "succeeded"},
        {"actor_name": "count_words", "message_timestamp": 1763089200000, "options": {}},
        {"jobtype": "Report", "failure": {"errtype": "E"}, "jid": "z", "created_at": "2025-11-14T03:00:00.123456789Z"},
    ]


ODD_TEXTS = [
    "", "{", "[", "{}", "[]", "null", '"', '{"class":', '{"class":"\\ud83d\\ude00\\u0000","jid":"\\ud83d"}', '{"class":"\\', '{"cl\\u0061ss":"x","jid":"1"}',
    '{"class":1e999,"jid":-0,"created_at":1e400,"failed_at":-1e-400}', '{"created_at":99999999999999999999999,"jid":"x","class":"y"}',
    "[" * 200, '{"a":' * 200, "[" * 64 + "1" + "]" * 64, "[" * 100 + "]" * 100, '{"class":"' + "x" * 9000 + '","jid":"1"}',
    '{"args":"' + "\\n" * 5000 + '","class":"x","jid":"1"}', '{"class":"x","class":"y","jid":"1"} {}', '{"class":"\x80\xff","jid":"\x01"}',
    '{"class":"x",,"jid":"1"}', '{"class" "x"}', "{1:2}", "truefalse", " \t\r\n{ } ", '{"payload":"{\\"class\\":\\"z\\"}","run_at":1}',
]


def job_texts():
    texts = [json.dumps(p).encode() for p in payloads()] + [json.dumps(p, indent=1).encode() for p in payloads()[:2]]
    texts += [t.encode("latin-1") for t in ODD_TEXTS]
    # The JSON library reads a string again from its start with each piece: long ones in long pieces.
    return [bytes([piece]) + text for text in texts for piece in ((0, 6) if len(text) < 2000 else (63,))]


# ---- snapshots with queues --------------------------------------------------------------------


def sized(raw):
    raw = raw if isinstance(raw, bytes) else str(raw).encode()
    n = len(raw)
    return (bytes([n]) if n < 64 else bytes([0x40 | n >> 8, n & 255]) if n < 16384 else b"\x80" + struct.pack(">I", n)) + raw


def value(v):
    """(type, bytes): bytes and str are strings, lists are lists, sets are sets, dicts of numbers zsets, others hashes."""
    if isinstance(v, list):
        return 1, bytes([len(v)]) + b"".join(map(sized, v))
    if isinstance(v, set):
        return 2, bytes([len(v)]) + b"".join(map(sized, sorted(v)))
    if isinstance(v, dict) and v and all(isinstance(x, float) for x in v.values()):
        return 5, bytes([len(v)]) + b"".join(sized(k) + struct.pack("<d", x) for k, x in v.items())
    if isinstance(v, dict):
        return 4, bytes([len(v)]) + b"".join(sized(k) + sized(x) for k, x in v.items())
    return 0, sized(v)


def snapshot(keys):
    out = b"REDIS0009\xfe\x00"
    for name, v in keys.items():
        kind, raw = value(v)
        out += (b"\xfc" + struct.pack("<q", NOW * 1000 + 60000) if name.endswith("+ttl") else b"") + bytes([kind]) + sized(name) + raw
    return out + b"\xff" + bytes(8)


def snapshots():
    texts = [json.dumps(p) for p in payloads()]
    day = float(NOW * 1000)
    return [snapshot(keys) for keys in (
        {"queues": {"default", "low"}, "queue:default": texts[:4], "retry": {t: NOW + i + 0.5 for i, t in enumerate(texts[:3])},
         "schedule": {texts[0]: NOW + 60.0}, "dead": {texts[1]: NOW - 86400.0, "no json": 1.0}, "stat:processed": "17", "stat:failed": "3",
         "stat:processed:2025-11-13": "5", "stat:failed:2017-01-01": "0", "processes": {"host:1:abc"},
         "host:1:abc+ttl": {"info": texts[2], "busy": "1", "beat": str(NOW)}, "host:1:abc:work": {"t1": texts[3]}, "paused": {"low"}},
        {"bull:mail:meta": {"version": "bullmq:5.1.0", "paused": "1"}, "bull:mail:wait": ["7", "8"], "bull:mail:active": ["9"],
         "bull:mail:failed": {"3": day}, "bull:mail:delayed": {"4": day * 4096}, "bull:mail:id": "9",
         "bull:mail:3": {"name": "send", "data": "{}", "timestamp": "1763089200000", "stacktrace": "[\"Error: x\"]", "failedReason": "x"},
         "bull:mail:7": {"name": "send", "data": "{}", "timestamp": "1763089200000"}, "bull:mail:9:lock+ttl": "token"},
        {"bq:sum:jobs": {"1": texts[10], "2": texts[10]}, "bq:sum:waiting": ["1"], "bq:sum:succeeded": {"2"}, "bq:sum:id": "2"},
        {"resque:queues": {"mail"}, "resque:queue:mail": [texts[5], "{\"class\":\"Archive\",\"args\":[]}"], "resque:failed": [texts[5]],
         "resque:workers": {"h:1:*"}, "resque:stat:processed": "4"},
        {"celery": [texts[6], texts[6]], "unacked": {"tag": texts[7]}, "unacked_index": {"tag": float(NOW)}, "_kombu.binding.celery": {"celery\x06\x16\x06\x16celery"},
         "celery-task-meta-1+ttl": texts[8]},
        {"rq:queues": {"rq:queue:default"}, "rq:queue:default": ["id-1"], "rq:failed:default": {"id-2": float(NOW)},
         "rq:job:id-1": {"description": "app.work(1)", "created_at": "2025-11-14T03:00:00.000000Z", "status": "queued", "data": b"x\x9c"},
         "rq:workers": {"rq:worker:w"}},
        {"queues:default": [texts[9]], "queues:default:reserved": {texts[9]: NOW + 90.0}, "queues:default:delayed": {texts[9]: NOW + 900.0},
         "horizon:masters": {"m": float(NOW)}},
        {"dramatiq:default": ["a"], "dramatiq:default.msgs": {"a": texts[11]}, "asynq:{default}:pending": ["a"], "asynq:queues": {"default"},
         "asynq:{default}:t:a": {"msg": b"\x0a\x04mail\x12\x02{}\x1a\x01a", "state": "pending", "pending_since": "1763089200000000000"},
         "hangfire:queues": {"default"}, "hangfire:queue:default": ["a"], "hangfire:job:a": {"Type": "App.Job, App", "Method": "Run", "CreatedAt": "1763089200000"},
         "default": [texts[12]]},
    )]


def jobs():
    return [bytes([choice]) + s for s in snapshots() for choice in (0, 2, 5, 10, 12)]


# ---- replay -----------------------------------------------------------------------------------


def changed(seed, chance):
    """The seed with bytes changed, taken out, repeated and put in."""
    data = bytearray(seed)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        at = chance.randrange(len(data) + 1)
        length = chance.choice((1, 1, 2, 8, 64))
        what = chance.randrange(5)
        if what == 0:
            del data[at:at + length]
        elif what == 1:
            data[at:at] = data[at:at + length]
        elif what == 2:
            data[at:at] = bytes([chance.choice(b'\0\n"{}[]:,\\=\x1e\x7f\x80\xff0')]) * length
        elif at < len(data):
            data[at] = chance.randrange(256) if what == 3 else data[at] ^ 1 << chance.randrange(8)
    return bytes(data)


def main():
    kind, target = sys.argv[1:3]
    seeds = {"settings": settings, "job_text": job_texts, "jobs": jobs}[kind]()
    if os.path.isdir(target):
        for i, seed in enumerate(seeds):
            with open(os.path.join(target, f"seed-{i:03}"), "wb") as file:
                file.write(seed)
        return 0
    chance = random.Random(4)  # the same inputs every time
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for i, data in enumerate(seeds + [changed(s, chance) for s in seeds for _ in range(CHANGED)]):
            paths.append(os.path.join(folder, f"{i}"))
            with open(paths[-1], "wb") as file:
                file.write(data)
        return subprocess.run([os.path.abspath(target), *paths], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
