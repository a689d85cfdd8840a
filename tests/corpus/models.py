#!/usr/bin/env python3
"""models.py -- one file weighed for three servers: each total as that server says of the same content.

    models.py RDBLENS SHARED_DIR

Data sets of the truth corpus made from the same seed hold the same keys, written by different servers; their sizes are
what `--model` must find from one of the files. Exit 77 when the corpus is not there.
"""
# SPDX-License-Identifier: MIT
import gzip
import os
import sqlite3
import subprocess
import sys
import tempfile

MARGIN = 0.005
# file, model, data set of a server of that version with the same content
ROWS = (
    ("redis-7.2.6", "redis-6.2", "redis-6.2.16"),
    ("redis-7.2.6", "redis-7.2", "redis-7.2.6"),
    ("redis-7.2.6", "valkey-8.0", "valkey-8.0.1"),
    ("redis-7.2.6", "valkey-8.0", "redis-7.2.6.loaded-by-valkey-8.0.1"),
    ("redis-6.2.16", "redis-6.2", "redis-6.2.16"),
    ("redis-6.2.16", "redis-7.2", "redis-7.2.6"),
    ("redis-6.2.16", "redis-7.4", "redis-6.2.16.loaded-by-redis-7.4.1"),
    ("valkey-8.0.1", "redis-6.2", "redis-6.2.16"),
    ("valkey-8.0.1", "redis-7.2", "redis-7.2.6"),
    ("valkey-8.0.1", "valkey-8.0", "valkey-8.0.1"),
)


def read_truth(path):
    """bytes_loaded by (db, name in hex)"""
    with gzip.open(path, "rt") as f:
        columns = f.readline().rstrip("\n").split("\t")
        rows = (dict(zip(columns, line.rstrip("\n").split("\t"))) for line in f)
        return {(int(r["db"]), r["key"]): int(r["bytes_loaded"]) for r in rows}


def weigh(rdblens, rdb, model, folder):
    db = os.path.join(folder, "report.db")
    subprocess.run([rdblens, "analyze", rdb, "-o", db, "--replace", "--model", model], check=True, stdout=subprocess.DEVNULL)
    with sqlite3.connect(db) as con:
        return {(r[0], r[1].lower()): r[2] for r in con.execute("SELECT db, hex(key), bytes FROM keys")}


def main():
    rdblens, shared = sys.argv[1:]
    truth = os.path.join(shared, "corpus", "truth")
    failed = 0
    if not os.path.isdir(truth):
        print(f"skipped: {truth} is not there")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        for file, model, data_set in ROWS:
            theirs = read_truth(os.path.join(truth, data_set + ".truth.tsv.gz"))
            ours = weigh(rdblens, os.path.join(truth, file + ".rdb"), model, folder)
            off = sum(ours.values()) / sum(theirs.values()) - 1
            is_right = ours.keys() == theirs.keys() and abs(off) <= MARGIN
            failed += not is_right
            print(f"{'ok' if is_right else 'FAIL':4} {file}.rdb as {model}: {sum(ours.values()):,} bytes in {len(ours):,} keys, "
                  f"{off:+.3%} of what {data_set} says of {len(theirs):,}")
    return 1 if failed else 0


sys.exit(main())
