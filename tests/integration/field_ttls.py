#!/usr/bin/env python3
"""field_ttls.py -- TTLs of hash fields by pattern, against what the fixtures' descriptions say of every field.

    field_ttls.py RDBLENS FIXTURES_DIR

At several times `now`, at, before and after the fields' own. A field lives at its very millisecond, as a key does. Needs no
server.
"""
# SPDX-License-Identifier: MIT
import json
import os
import sqlite3
import subprocess
import sys
import tempfile

NAMES = ("hash_ttl_v12", "hash_ttl_pre_ga_v12", "valkey_v80", "listpack_v10")


def expected(description, patterns, now):
    """By pattern: keys, fields, of them with TTL, expired, first and last time."""
    found = {}
    for key in description["keys"]:
        times = [v[2] for v in key["value"] if len(v) > 2 and v[2]] if key["type"] == "hash" else []
        if not times:
            continue
        s = found.setdefault(patterns[key["db"], key["key"]], [0, 0, 0, 0, [], []])
        s[0] += 1
        s[1] += key["elements"]
        s[2] += len(times)
        s[3] += sum(t < now for t in times)
        s[4].append(min(times))
        s[5].append(max(times))
    return {p: (*s[:4], min(s[4]), max(s[5])) for p, s in found.items()}


def main():
    rdblens, fixtures = sys.argv[1:]
    failed = fields = 0
    with tempfile.TemporaryDirectory(prefix="rdblens-fields-") as folder:
        for name in NAMES:
            with open(os.path.join(fixtures, name + ".json"), encoding="utf-8") as f:
                description = json.load(f)
            for now in (1, 1700000000000, 1700000000001, 1700000005000, 1700000005001, 9000000000000):
                path = f"{folder}/{name}-{now}.db"
                subprocess.run([rdblens, "analyze", os.path.join(fixtures, name + ".rdb"), "-o", path, "--now", str(now)],
                               check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                database = sqlite3.connect(path)
                patterns = {(db, key): n for db, key, n in database.execute("SELECT db, key, pattern FROM keys")}
                rows = database.execute("SELECT pattern_text, keys, fields, ttl_fields, expired_fields, first_expires_at,"
                                        " last_expires_at FROM field_ttls")
                ours, theirs = {r[0]: r[1:] for r in rows}, expected(description, patterns, now)
                fields += sum(t[2] for t in theirs.values())
                if ours != theirs:
                    failed += 1
                    print(f"{name} at {now}: {ours}, expected {theirs}")
                database.close()
    print(f"{fields} fields with a TTL, {failed} failed")
    return 1 if failed or not fields else 0


if __name__ == "__main__":
    sys.exit(main())
