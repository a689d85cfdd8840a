#!/usr/bin/env python3
"""globs_server.py -- what `patterns` says that a glob hits, against a real server's SCAN MATCH with that glob.

    globs_server.py RDBLENS

A server gets names from a grammar of all that makes globs go wrong, is saved and analysed. For each row of the report, in
each database: SCAN MATCH glob must give keys + glob_other_keys keys, and MEMORY USAGE of those that are of no other row
is not needed to see that the bytes are right: their sum comes from the rows of `keys`. Once as stored, where every figure
must be exact, and once with --keys top, where a figure may be marked and is then never too small. Also with patterns
of the user's own, whose globs are typed as they are. Exit 77 without redis-server.
"""
# SPDX-License-Identifier: MIT
import json
import os
import random
import sqlite3
import subprocess
import sys
import unittest

from server import SKIPPED, Server

SEED = 20261123
CUT, TAME = 5, 7  # databases with a name that is not kept whole, and with names as applications have them
WORDS = ["user", "admin", "config", "cart", "items", "cache", "session", "a", "x y", "it's", 'say "x"', "line\nbreak",
         "tab\t", "[", "]", "[a-z]", "*", "**", "?", "\\", "\\*", "^", "-", "{tag}", "{1}", "caf\u00e9", "\u65e5\u672c", "$HOME",
         "`x`", "%41", "#", ";", "v2", "sha256", "queue", "it*em", "a?c", "e=", "", " ", "  "]
RULES = ["user:*:c*", "*[0-9]\\*", "h[ae]llo*", "[^a-z]*", "ca?t:*", "*\n*", "\\[a*"]


def number(r):
    return r.choice([lambda: str(r.randrange(10)), lambda: str(r.randrange(10**6)), lambda: "%032x" % r.getrandbits(128),
                     lambda: "2024-%02d-%02d" % (r.randrange(1, 13), r.randrange(1, 29)),
                     lambda: "2024-01-31T%02d:20:30Z" % r.randrange(24),
                     lambda: "%08x-%04x-4%03x-8%03x-%012x" % tuple(r.getrandbits(n) for n in (32, 16, 12, 12, 48)),
                     lambda: "10.0.%d.%d" % (r.randrange(256), r.randrange(256)), lambda: "2001:db8::%x" % r.randrange(65536),
                     lambda: "u%d@example.com" % r.randrange(1000), lambda: '{"id":%d,"a":[1]}' % r.randrange(1000),
                     lambda: "".join(r.choice("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(22))])()


def name(r):
    parts = []
    for _ in range(r.randrange(1, 5)):
        parts.append(number(r) if r.random() < 0.45 else r.choice(WORDS))
        parts.append(r.choice([":", ":", ":", ":", ".", "-", "_", "/", "|", " ", ""]))
    key = "".join(parts[:-1]).encode()
    if r.random() < 0.04:
        key += bytes(r.randrange(256) for _ in range(r.randrange(1, 12)))
    return key


def names(r):
    keys = [b"user:%d" % i for i in range(1, 400)] + [b"user:admin:config", b"user:%d:cart" % 7, b"user:*", b"user:[1]",
            b"users:1", b"user:", b"user", b"", b"*", b"hello", b"hallo", b"h[ae]llo1", b"[a1", b"cart:1", b"ca*t:2"]
    keys += [b"user:%d:%s" % (i, s) for i in range(40) for s in (b"cart", b"%d" % (i * 31), b"a b", b"it's", b"q\"", b"n\nl")]
    return keys + [name(r) for _ in range(2500)]


def tame_names(r):
    return ([b"user:%d" % i for i in range(300)] + [b"user:%d:cart" % i for i in range(300)] + [b"user:admin:config"] +
            [b"session:%032x" % r.getrandbits(128) for _ in range(300)] + [b"cart:%d:items:%d" % (i, i * 7) for i in range(300)] +
            [b"stat:processed:2024-01-%02d" % (i + 1) for i in range(30)] + [b"stat:processed", b"queue:default", b"queue:low"])


def fill(server, r):
    for db, keys in ((0, names(r)), (3, names(r)), (TAME, tame_names(r))):
        server.call("SELECT", db)
        commands = []
        for key in keys:
            kind = r.randrange(4)
            commands.append((("SET", key, "x" * r.randrange(30)), ("HSET", key, "f", "v"), ("RPUSH", key, "e"),
                             ("SADD", key, "m"))[0 if kind < 2 else r.randrange(4)])
        commands = list({c[1]: c for c in commands}.values())
        server.calls(commands)
    server.call("SELECT", CUT)
    for key in (b"user:1", b"user:2:tail", b"user:tail", b"user:" + b"z" * (1 << 20) + b":tail"):
        server.call("SET", key, "one of them is longer than is kept of a name")
    server.call("SAVE")


def scan(server, glob):
    found, cursor = set(), b"0"
    while True:
        cursor, keys = server.call("SCAN", cursor, "MATCH", glob, "COUNT", 5000)
        found.update(keys)
        if cursor == b"0":
            return found


class Globs(unittest.TestCase):
    def check(self, arguments, must_be_exact):
        path = os.path.join(self.server.folder, "report.db")
        subprocess.run([rdblens, "analyze", self.server.dump, "-o", path, "--replace", "--quiet", *arguments], check=True,
                       stdout=subprocess.DEVNULL)
        text = subprocess.run([rdblens, "report", path, "patterns", "--top", "100000", "-f", "json"], check=True,
                              stdout=subprocess.PIPE).stdout
        report = json.loads(text)["reports"][0]
        [rows] = [s["rows"] for s in report["sections"] if s["name"] == "patterns"]
        self.assertGreater(len(rows), 1000 if not arguments else 100)
        sizes = {}
        with sqlite3.connect(path) as db:
            for number_, key, size in db.execute("SELECT db, CAST(key AS BLOB), alloc_bytes FROM key_rows"):
                sizes[number_, bytes(key)] = size
        counts = {"exact": 0, "about": 0, "others": 0, "tame about": 0}
        for db in (0, 3, CUT, TAME):
            self.server.call("SELECT", db)
            for row in rows:
                if row["db"] != db:
                    continue
                hits = scan(self.server, row["glob"].encode())
                told = row["keys"] + row["glob_other_keys"]
                counts["tame about"] += db == TAME and not row["glob_is_exact"]
                counts["exact" if row["glob_is_exact"] else "about"] += 1
                counts["others"] += row["glob_other_keys"] > 0
                if row["glob_is_exact"]:
                    self.assertEqual(len(hits), told, (db, row))
                    if must_be_exact and db != CUT:
                        self.assertEqual(sum(sizes[db, key] for key in hits), row["size_bytes"] + row["glob_other_bytes"], row)
                else:
                    self.assertTrue(not must_be_exact or db == CUT, (db, row))
                    self.assertLessEqual(len(hits), told, (db, row))
        self.assertGreater(counts["others"], 50)
        return counts

    def test_exact_with_keys(self):
        counts = self.check([], True)
        self.assertGreater(counts["exact"], 2000)
        self.assertGreater(counts["about"], 0) # a glob may or may not hit the name that is not kept whole

    def test_with_patterns_of_ones_own(self):
        self.check([a for rule in RULES for a in ("--pattern", rule)], True)

    def test_by_shape_alone(self):
        counts = self.check(["--keys", "top"], False)
        self.assertEqual(counts["tame about"], 0)

    def test_merged_patterns(self):
        self.check(["--max-patterns", "300"], True)


def main():
    try:
        with Server() as server:
            server.call("CONFIG", "SET", "proto-max-bulk-len", 1 << 29)
            fill(server, random.Random(SEED))
            Globs.server = server
            result = unittest.TextTestRunner(verbosity=1).run(unittest.defaultTestLoader.loadTestsFromTestCase(Globs))
            return 0 if result.wasSuccessful() else 1
    except FileNotFoundError as e:
        print("skipped: no", e, file=sys.stderr)
        return SKIPPED


if __name__ == "__main__":
    rdblens = sys.argv[1]
    sys.exit(main())
