#!/usr/bin/env python3
"""diff_server.py -- what `rdblens diff` says of two snapshots of a real redis-server, between which it was changed.

    diff_server.py RDBLENS [OPTIONS INSTEAD OF: --allocator jemalloc-system]

Keys grow, shrink, go, come, get a TTL and lose one, in two databases. What changed is counted here; what keys take is
the servers' own answer, MEMORY USAGE of every key after loading each snapshot. Two days are put between the
snapshots by the ctime of the first, which gives the figures a day. Exit 77 without redis-server 7.0.
"""
# SPDX-License-Identifier: MIT
import json
import os
import shutil
import subprocess
import sys
import tempfile

from server import SKIPPED, Server

DAYS = 2
failures = []


def check(found, wanted, what):
    if found != wanted:
        failures.append(what)
        print(f"FAIL {what}: {found!r}, should be {wanted!r}")


def fill(s):
    for i in range(1000, 1050):
        s.call("HSET", f"user:{i}:profile", "name", f"n{i}", "city", "x" * (i % 30))
    for i in range(1000, 1040):
        s.call("SET", f"cart:{i}", "c" * (i % 90))
        s.call("RPUSH", f"log:{i}", *range(i % 17 + 1))
    for i in range(1000, 1030):
        s.call("SET", f"page:{i}", "p" * 40, "EX", 10_000_000)
        s.call("SET", f"hour:{i}", "h" * 9, "EX", 10_000_000)
    for i in range(1000, 1012):
        s.call("SADD", f"old:{i}", *range(i % 9 + 3))
    for i in range(1000, 1025):
        s.call("RPUSH", f"feed:{i}", *["e%d" % n for n in range(60)])
    s.call("SELECT", 3)
    s.call("SET", "stays", "as it is")
    s.call("SELECT", 0)


def change(s):
    for i in range(1000, 1010):
        s.call("HSET", f"user:{i}:profile", "about", "a" * 50)  # grown
    for i in range(1000, 1015):
        s.call("DEL", f"cart:{i}")                              # fewer keys
    for i in range(1000, 1025):
        s.call("LTRIM", f"feed:{i}", 0, 9)                      # shrunk
    for i in range(1000, 1005):
        s.call("PERSIST", f"page:{i}")
    for i in range(1000, 1008):
        s.call("EXPIRE", f"log:{i}", 10_000_000)
    for i in range(1000, 1030):
        s.call("EXPIRE", f"hour:{i}", 20_000_000)               # another TTL alone
    for i in range(1000, 1012):
        s.call("DEL", f"old:{i}")                               # gone
    s.call("SELECT", 3)
    for i in range(1000, 1009):
        s.call("ZADD", f"fresh:{i}", 1, "a", 2, "b" * (i % 7))  # new
    s.call("SELECT", 0)


# What change() did to (db, pattern): state, keys, keys without TTL.
WANTED = {
    (0, "user:*:profile"): ("grown", 0, 0),
    (0, "cart:*"): ("shrunk", -15, -15),
    (0, "feed:*"): ("shrunk", 0, 0),
    (0, "page:*"): ("shrunk", 0, 5), # the entry among the keys that expire is given back
    (0, "log:*"): ("grown", 0, -8),
    (0, "hour:*"): ("ttl", 0, 0),
    (0, "old:*"): ("gone", -12, -12),
    (3, "fresh:*"): ("new", 9, 9),
    (3, "stays"): ("same", 0, 0),
}
TYPES = {"user:*:profile": "hash", "cart:*": "string", "feed:*": "list", "page:*": "string", "log:*": "list", "hour:*": "string", "old:*": "set",
         "fresh:*": "zset", "stays": "string"}


def pattern_of(name):
    return "".join(":" + ("*" if part.isdigit() else part) for part in name.split(":"))[1:]


def save(s, path):
    s.call("SAVE")
    shutil.copyfile(s.dump, path)


def make_older(path):
    """DAYS earlier; a checksum of zero is none."""
    raw = bytearray(open(path, "rb").read())
    at = raw.index(b"\xfa\x05ctime\xc2") + 8
    saved = int.from_bytes(raw[at:at + 4], "little")
    raw[at:at + 4] = (saved - DAYS * 86400).to_bytes(4, "little")
    raw[-8:] = bytes(8)
    open(path, "wb").write(raw)
    return saved - DAYS * 86400


def ctime_of(path):
    raw = open(path, "rb").read()
    at = raw.index(b"\xfa\x05ctime\xc2") + 8
    return int.from_bytes(raw[at:at + 4], "little")


def server_sums(path):
    """{(db, pattern): [keys, bytes, keys without TTL]} by a server that has loaded the file."""
    sums = {}
    with Server(path) as s:
        for db in (0, 3):
            s.call("SELECT", db)
            for name in s.call("KEYS", "*"):
                row = sums.setdefault((db, pattern_of(name.decode())), [0, 0, 0])
                row[0] += 1
                row[1] += s.call("MEMORY", "USAGE", name, "SAMPLES", 0)
                row[2] += s.call("TTL", name) == -1
    return sums


def run(rdblens, *words, code=0):
    done = subprocess.run([rdblens, *words], capture_output=True, timeout=120)
    check(done.returncode, code, " ".join(words) + ": exit code " + done.stderr.decode())
    return done.stdout


def our_sums(rdblens, path, options):
    """{(db, pattern): allocated bytes} by our rows of keys, which other tests prove."""
    rows = json.loads(run(rdblens, "query", path, "SELECT db, key_text, alloc_bytes FROM keys", "-f", "json", *options))["rows"]
    sums = {}
    for row in rows:
        at = row["db"], pattern_of(row["key_text"])
        sums[at] = sums.get(at, 0) + row["alloc_bytes"]
    return sums


def compare(rdblens, old, new, options):
    saved_apart = ctime_of(new) - make_older(old)
    days = saved_apart / 86400
    before, after = server_sums(old), server_sums(new)
    alloc_before, alloc_after = our_sums(rdblens, old, options), our_sums(rdblens, new, options)
    for at, (_, keys, no_ttl) in WANTED.items(): # the servers agree with what was done
        check(after.get(at, [0])[0] - before.get(at, [0])[0], keys, f"server: keys of {at}")
        check(after.get(at, [0, 0, 0])[2] - before.get(at, [0, 0, 0])[2], no_ttl, f"server: keys without TTL of {at}")
    document = json.loads(run(rdblens, "diff", old, new, "-f", "json", "--exit-code", "--maxmemory", "1gb", *options, code=1))
    sections = {s["name"]: s["rows"] for s in document["reports"][0]["sections"]}

    found = {}
    for state in ("grown", "new", "shrunk", "gone"):
        for row in sections["patterns_" + state]:
            at = row["db"], row["pattern_text"]
            found[at] = state
            check(row["type"], TYPES[at[1]], f"type of {at}")
            check((row["old_keys"], row["keys"], row["change_keys"]),
                  (before.get(at, [0])[0], after.get(at, [0])[0], WANTED[at][1]), f"keys of {at}")
            check((row["old_bytes"], row["bytes"]), (before.get(at, [0, 0])[1], after.get(at, [0, 0])[1]), f"bytes of {at}")
            check(row["change_bytes"], alloc_after.get(at, 0) - alloc_before.get(at, 0), f"allocated bytes of {at}")
    check(found, {at: w[0] for at, w in WANTED.items() if w[0] not in ("ttl", "same")}, "patterns that changed")
    check({(r["db"], r["pattern_text"]): r["change_without_ttl"] for r in sections["ttl_patterns"]},
          {at: w[2] for at, w in WANTED.items() if w[2]}, "patterns whose keys without TTL changed")

    totals = {r["what"]: r for r in sections["totals"]}
    for what, was, now in (("keys", sum(r[0] for r in before.values()), sum(r[0] for r in after.values())),
                           ("keys_without_ttl", sum(r[2] for r in before.values()), sum(r[2] for r in after.values())),
                           ("size_bytes", sum(alloc_before.values()), sum(alloc_after.values()))):
        row = totals[what]
        check((row["old_value"], row["new_value"], row["change_value"]), (was, now, now - was), what)
        check(round(row["a_day"], 3), round((now - was) / days, 3), what + " a day")
    for name in ("types", "databases", "ttl"):
        check((sum(r["change_keys"] for r in sections[name]), sum(r["change_bytes"] for r in sections[name])),
              (totals["keys"]["change_value"], totals["size_bytes"]["change_value"]), name + " add up to the total")
    check({r["type"]: r["change_keys"] for r in sections["types"]},
          {"hash": 0, "string": -15, "list": 0, "set": -12, "zset": 9}, "keys by type")
    check({r["db"]: r["change_keys"] for r in sections["databases"]}, {0: -27, 3: 9}, "keys by database")
    counts = {r["change"]: r["patterns"] for r in sections["patterns"]}
    check(counts, {"grew": 2, "are new": 1, "shrank": 3, "are gone": 1, "changed TTLs or contents only": 1,
                   "are as they were": 1, "all": 9}, "patterns by what became of them")
    lines = {}
    for line in run(rdblens, "diff", old, new, "-f", "ndjson", "--maxmemory", "1gb", *options).splitlines():
        row = json.loads(line)
        del row["report"]
        lines.setdefault(row.pop("section"), []).append(row)
    check({name: rows for name, rows in lines.items() if name != "snapshots"},
          {name: rows for name, rows in sections.items() if rows}, "ndjson has the same rows")
    # With a row a list the rest is one row, and nothing is lost.
    short = json.loads(run(rdblens, "diff", old, new, "-f", "json", "--top", "1", *options))
    rows = {s["name"]: s["rows"] for s in short["reports"][0]["sections"]}["patterns_shrunk"]
    check([r["patterns"] for r in rows], [1, 2], "rows of a short list")
    check(sum(r["change_keys"] for r in rows), -15, "keys of a short list")

    row = sections["projection"][0]
    grown = totals["predicted_bytes"]["change_value"]
    check(row["days_left"] is None, grown <= 0, "days are said when it grows only")
    back = json.loads(run(rdblens, "diff", new, old, "-f", "json", *options))
    text = {s["name"]: s["rows"] for s in back["reports"][0]["sections"]}["pair"][0]["between_text"]
    check("BEFORE" in text, True, "swapped files are said")
    check(json.loads(run(rdblens, "diff", new, new, "-f", "json", "--exit-code", *options))["reports"][0]["name"], "diff", "no change")


def growth(rdblens, folder, options):
    """Days until maxmemory, of a server that grows."""
    old, new = os.path.join(folder, "a.rdb"), os.path.join(folder, "b.rdb")
    with Server() as s:
        for i in range(1000, 1100):
            s.call("SET", f"x:{i}", "x" * 500)
        save(s, old)
        for i in range(1100, 1400):
            s.call("SET", f"x:{i}", "x" * 500)
        save(s, new)
    days = (ctime_of(new) - make_older(old)) / 86400
    document = json.loads(run(rdblens, "diff", old, new, "-f", "json", "--maxmemory", "100mb", *options))
    sections = {s["name"]: s["rows"] for s in document["reports"][0]["sections"]}
    row = {r["what"]: r for r in sections["totals"]}["predicted_bytes"]
    wanted = (100 * 1024 * 1024 - row["new_value"]) / ((row["new_value"] - row["old_value"]) / days)
    check(round(sections["projection"][0]["days_left"], 6), round(wanted, 6), "days until maxmemory")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    rdblens, options = os.path.abspath(sys.argv[1]), sys.argv[2:] or ["--allocator", "jemalloc-system"]
    if not shutil.which("redis-server"):
        print("no redis-server")
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory(prefix="rdblens-diff-") as folder:
        old, new = os.path.join(folder, "old.rdb"), os.path.join(folder, "new.rdb")
        with Server() as s:
            if not s.call("INFO", "server").decode().split("redis_version:")[1].startswith("7.0."):
                print("no redis-server 7.0")
                sys.exit(SKIPPED)
            fill(s)
            save(s, old)
            change(s)
            save(s, new)
        compare(rdblens, old, new, options)
        growth(rdblens, folder, options)
    print("FAILED: %d" % len(failures) if failures else "ok")
    return 1 if failures else 0


sys.exit(main())
