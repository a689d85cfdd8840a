#!/usr/bin/env python3
"""gains_server.py -- what raised limits of packed values give back, against Debian 12's redis-server.

    gains_server.py RDBLENS [OPTIONS INSTEAD OF: --allocator jemalloc-system]

A server is filled with hashes, sets of integers and sorted sets a little past their limits, by entries, by the length of
one, by both, and with some that four times the limits would not pack. Its snapshot is loaded again:

  limits    with each setting that report `encodings` has a row of: used_memory falls by what the row gives back
  patterns  with all settings raised so far: what is packed is what the report says, the rest is not, and deleting the
            keys of a pattern frees exactly the bytes they were predicted to take when packed

Skiplists have random levels: what they took before is compared by standard deviations. Exit 77 without redis-server 7.0.
"""
# SPDX-License-Identifier: MIT
import json
import shutil
import subprocess
import sys
import tempfile

from memory_server import SERVER_OPTIONS, SKIPLIST_NODE_DEVIATION, Content, Report, check, failures, fill, memory
from memory_server import members_of, pairs_of, settled
from server import SKIPPED, Server

LIMITS = {"hash-max-listpack-entries": 512, "hash-max-listpack-value": 64, "zset-max-listpack-entries": 128,
          "zset-max-listpack-value": 64, "set-max-intset-entries": 512}
KEYS_EACH = 12
# So many that tables of keys do not shrink while the others are deleted.
BALLAST = 2000
PACKED = {"hash": b"listpack", "zset": b"listpack", "set": b"intset"}
UNPACKED = {"hash": b"hashtable", "zset": b"skiplist", "set": b"hashtable"}
# Of one load and another: buffers of files and clients. The draw of chance of skiplists comes on top.
NOISE_BYTES = 512

MEAN_OFF = 0.03


class Family:
    """Keys that need the same limits raised: factors 1 (as it is), 2, 4, or 8, of which nothing is said."""

    def __init__(self, kind, entries, value, is_mean=False):
        self.kind, self.entries, self.value = kind, entries, value
        self.is_mean = is_mean # the report says so much on average only
        self.name = f"{kind}:e{'abcdefgh'[entries - 1]}:v{'abcdefgh'[value - 1]}" + ("m" if is_mean else "")
        self.names = [b"%s:%d" % (self.name.encode(), 1000 + i) for i in range(KEYS_EACH)]
        self.elements = 0 # of all its keys

    def is_packed(self, entries, value):
        return self.entries <= entries and self.value <= value


def between(rng, limit, factor):
    """The ends of the range are in it."""
    low, high = (limit // 8 if factor == 1 else limit * factor // 2) + 1, limit * factor
    return rng.choice((low, high, rng.randint(low, high)))


def make_families(c, kind):
    values = (1, 2, 4, 8) if kind != "set" else (1,)
    found = [Family(kind, e, v) for e in (1, 2, 4, 8) for v in values if (e, v) != (1, 1)]
    # Of fractions past the limit of entries the mean length of some is taken: their texts take long to find.
    found += [Family(kind, e, v, True) for e, v in ((2, 1), (4, 1), (2, 2)) if kind == "zset"]
    for f in found:
        for name in f.names:
            if f.kind == "set":
                n = between(c.rng, LIMITS["set-max-intset-entries"], f.entries)
                command = ("SADD", *c.integers(n, c.rng.choice((16, 31, 60))))
            else:
                n = between(c.rng, LIMITS[f"{f.kind}-max-listpack-entries"], f.entries)
                long = between(c.rng, 64, f.value) if f.value > 1 else None
                command = ("HSET", *pairs_of(c, n)) if f.kind == "hash" else ("ZADD", *members_of(c, n))
                if f.kind == "zset" and f.entries > 1 and not f.is_mean:
                    command = ("ZADD", *(x for e in command[2::2] for x in (c.integer(), e)))
                if long:
                    at = c.rng.choice((1, 2)) if f.kind == "hash" else 2
                    command = command[:at] + (c.rng.randbytes(long),) + command[at + 1:]
            f.elements += n
            c.key(command, name=name)
    for i in range(BALLAST):
        c.key(("SET", i), name=b"ballast:%d" % (10000 + i))
    return found


class Loaded:
    """The snapshot, loaded with settings."""

    def __init__(self, snapshot, settings):
        self.server = Server(snapshot, (*SERVER_OPTIONS, *(str(w) for s, v in settings.items() for w in ("--" + s, v))))

    def __enter__(self):
        server = self.server.__enter__()
        server.used = settled(server)[1]
        return server

    def __exit__(self, *error):
        self.server.__exit__(*error)


def used_memory(snapshot, settings, unpacked):
    """Without what the unpacked keys take: a hash that is past one limit and not past the other begins packed when loaded,
    and then has a table that grew."""
    with Loaded(snapshot, settings) as server:
        return server.used - sum(server.calls([("MEMORY", "USAGE", n, "SAMPLES", 0) for n in unpacked]))


def limit_rows(rdblens, options, snapshot):
    """Section `limits` of the report, as JSON: by setting and factor."""
    done = subprocess.run([rdblens, "report", "-f", "json", snapshot, "encodings", "--param", "min_gain_bytes=0",
                           "--param", "min_gain_pct=0", *options], capture_output=True,
                          stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise SystemExit(f"rdblens: exit {done.returncode}: {done.stderr.decode(errors='replace')}")

    def find(part):
        if isinstance(part, dict):
            if part.get("name") == "limits":
                return part["rows"]
            part = list(part.values())
        for p in part if isinstance(part, list) else ():
            found = find(p)
            if found is not None:
                return found
        return None

    rows = {}
    for row in find(json.loads(done.stdout)) or ():
        raised, now = str(row["raised_to"]).split(", "), str(row["is_now"]).split(", ")
        rows[row["setting"], int(raised[0]) // int(now[0])] = row
    return rows


def chance(families, entries, value):
    """Four deviations of the skiplists of two loads, of which the second has packed some."""
    nodes = sum(f.elements * (1 if f.is_packed(entries, value) else 2) for f in families if f.kind == "zset")
    return 4 * SKIPLIST_NODE_DEVIATION * nodes ** 0.5


def rehash_in_doubt(keys, families, entries, value):
    """A hash that becomes a table half-way grows on, and the server's hash seed decides whether its last rehash is over at
    the end: of those that are packed by the second load, one table of old slots each, at most."""
    found = (keys[0, n] for f in families if f.kind == "hash" and f.is_packed(entries, value) for n in f.names)
    return sum(8 << (k.elements - 1).bit_length() for k in found if k.bytes_note == "expected")


def compare_limits(snapshot, kind, families, rows, keys_now):
    names = [s for s in LIMITS if s.startswith(kind)]
    both = f"{kind}-max-listpack-* (both)"
    expected = {(s, f) for s in ([*names, both] if len(names) > 1 else names) for f in (2, 4)}
    check(set(rows) == expected, f"limits: {kind}: {len(rows)} rows, a setting or two each, twice and four times")
    for (setting, factor), row in sorted(rows.items()):
        raised = names if setting == both else [setting]
        entries = factor if any(s.endswith("entries") for s in raised) else 1
        value = factor if any(s.endswith("value") for s in raised) else 1
        unpacked = [n for f in families if not f.is_packed(entries, value) for n in f.names]
        before, after = (used_memory(snapshot, c, unpacked if kind == "hash" else [])
                         for c in ({}, {s: factor * LIMITS[s] for s in raised}))
        # With both raised, the ones of each alone are packed too.
        parts = [r for (s, f), r in rows.items() if s in (setting, *raised) and f == factor]
        predicted, keys = sum(r["gain_bytes"] for r in parts), sum(r["keys"] for r in parts)
        wanted = KEYS_EACH * sum(f.is_packed(entries, value) for f in families)
        off = predicted - (before - after)
        bound = NOISE_BYTES + chance(families, entries, value) + rehash_in_doubt(keys_now, families, entries, value)
        check(keys == wanted and abs(off) <= bound and predicted > 4 * bound,
              f"limits: {setting:29} x{factor}: {keys} keys of {wanted}, gives back {predicted}, measured {before - after} "
              f"({off:+}, at most {bound:.0f})")


def freed_by(server, names):
    """used_memory before and after each deletion."""
    freed = 0
    for name in names:
        before = int(memory(server)["used_memory"])
        server.call("DEL", name)
        freed += before - int(memory(server)["used_memory"])
    return freed


def predictions(report):
    """By name of a family: keys, and bytes before and after."""
    found = {}
    rows = report.database.execute("SELECT pattern_text, keys, elements, alloc_bytes, alloc_bytes_after, entries_factor, value_factor FROM past_limits")
    for text, *rest in rows:
        found.setdefault(":".join(text.split(":")[:3]), []).append(rest)
    return found


def compare_patterns(snapshot, kind, families, predicted, entries, value):
    settings = {s: limit * (entries if s.endswith("entries") else value) for s, limit in LIMITS.items()}
    title = f"patterns: {kind}: entries x{entries}, value x{value}"
    bad_encodings, wrong, packed = [], [], 0
    with Loaded(snapshot, settings) as server:
        server.call("CONFIG", "SET", "activerehashing", "no")
        server.call("DEBUG", "REPLYBUFFER", "RESIZING", 0)
        server.call("DEL", "none")
        settled(server)
        for f in families:
            is_packed = f.is_packed(entries, value)
            said = {server.call("OBJECT", "ENCODING", n) for n in f.names}
            if said != {(PACKED if is_packed else UNPACKED)[f.kind]}:
                bad_encodings.append((f.name, said))
            if is_packed:
                freed, after = freed_by(server, f.names), predicted[f.name][0][3]
                packed += 1
                if abs(freed - after) > (after * MEAN_OFF if f.is_mean else 0):
                    wrong.append((f.name, after, freed))
    check(not bad_encodings, f"{title}: {packed} of {len(families)} kinds of keys are packed {bad_encodings[:3] or ''}")
    check(not wrong and packed > 0, f"{title}: deleting them frees exactly what was predicted {wrong[:6] or ''}")


def compare_factors(kind, families, predicted):
    told = {f.name: f for f in families if f.entries <= 4 and f.value <= 4}
    check(set(predicted) == set(told) and all(len(rows) == 1 for rows in predicted.values()),
          f"patterns: {kind}: {len(predicted)} are told of, none that needs more than four times")
    wrong = [(name, rows[0]) for name, rows in predicted.items()
             if (rows[0][0], rows[0][1], rows[0][4], rows[0][5]) != (KEYS_EACH, told[name].elements, told[name].entries, told[name].value)]
    check(not wrong, f"patterns: {kind}: keys, elements and factors of each {wrong[:3] or ''}")


def test(rdblens, options, kind):
    with tempfile.TemporaryDirectory(prefix="rdblens-gains-") as folder:
        snapshot = folder + "/gains.rdb"
        with Server(options=SERVER_OPTIONS) as server:
            content = Content()
            families = make_families(content, kind)
            fill(server, content)
            server.call("SAVE")
            shutil.copyfile(server.dump, snapshot)
        report = Report(rdblens, options, snapshot)
        predicted = predictions(report)
        compare_factors(kind, families, predicted)
        compare_limits(snapshot, kind, families, limit_rows(rdblens, options, snapshot), report.keys())
        for entries, value in ((2, 1), (4, 1), (1, 2), (2, 2), (4, 2), (2, 4), (4, 4)):
            if kind != "set" or value == 1:
                compare_patterns(snapshot, kind, families, predicted, entries, value)


def main():
    rdblens, *options = sys.argv[1:]
    options = options or ["--allocator", "jemalloc-system"]
    try:
        with Server() as server:
            version = server.call("INFO", "server").decode().split("redis_version:")[1].split("\r")[0]
        if not version.startswith("7.0."):
            print(f"skipped: redis-server {version}, not Debian 12's 7.0")
            return SKIPPED
        for kind in PACKED:
            test(rdblens, options, kind)
    except FileNotFoundError:
        print("skipped: no redis-server")
        return SKIPPED
    print(f"{len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
