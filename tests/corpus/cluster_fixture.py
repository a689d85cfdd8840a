#!/usr/bin/env python3
"""cluster_fixture.py -- three nodes of a cluster in one database: slots by a CRC of another's making, sums of all.

    cluster_fixture.py RDBLENS FIXTURES_DIR
"""
# SPDX-License-Identifier: MIT
import binascii
import collections
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile


def slot_of(name):
    tag = re.search(rb"\{([^}]+)\}", name)
    return binascii.crc_hqx(tag.group(1) if tag else name, 0) % 16384


def main():
    rdblens, fixtures = sys.argv[1:]
    names = ["cluster_%d_v12" % i for i in (1, 2, 3)]
    problems = []

    def same(what, got, expected):
        if got != expected:
            problems.append("%s: %s, expected %s" % (what, got, expected))

    with tempfile.TemporaryDirectory() as scratch:
        database = os.path.join(scratch, "r.db")
        subprocess.run([rdblens, "analyze", *[os.path.join(fixtures, n + ".rdb") for n in names], "-o", database], check=True,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        db = sqlite3.connect(database)
        total = collections.Counter()
        for number, name in enumerate(names, 1):
            with open(os.path.join(fixtures, name + ".json"), encoding="utf-8") as f:
                truth = json.load(f)
            slots = collections.Counter(slot_of(key) for key, in db.execute(
                "SELECT CAST(key AS BLOB) FROM keys WHERE snapshot_id = ?", (number,)))
            same(name + " keys", sum(slots.values()), truth["keys"])
            same(name + " within its slots", all(truth["slots"][0] <= s <= truth["slots"][1] for s in slots), True)
            same(name + " slots", dict(db.execute("SELECT slot, keys FROM slots WHERE snapshot_id = ?", (number,))), dict(slots))
            same(name + " expires", db.execute("SELECT expires FROM snapshots WHERE id = ?", (number,)).fetchone()[0],
                 truth["expires"])
            total += slots
        db.close()
        shown = json.loads(subprocess.run([rdblens, "report", database, "slots", "nodes", "-f", "json"], check=True,
                                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE).stdout)
        sections = {s["name"]: s["rows"] for r in shown["reports"] for s in r["sections"]}
        same("tags", [(r["tag_text"], r["slot_id"], r["keys"]) for r in sections["tags"]],
             [("tenant:42", slot_of(b"tenant:42"), total[slot_of(b"tenant:42")])])
        same("nodes", [r["slots"] for r in sections["nodes"]],
             [sum(1 for s in total if first <= s < end) for first, end in ((0, 5461), (5461, 10923), (10923, 16384))])
    for problem in problems:
        print(problem)
    print("%d slots, %d problems" % (len(total), len(problems)))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
