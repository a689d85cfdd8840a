#!/usr/bin/env python3
"""refused.py -- snapshots that can be read to the end, and that a server refuses all the same.

    refused.py RDBLENS GEN_REFUSED           what `verify` says of each, and `analyze` of a key that is twice
    refused.py --server RDBLENS GEN_REFUSED  does a real server do what the table says? Exit 77 without one
"""
# SPDX-License-Identifier: MIT
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile

from server import SKIPPED, Server, ServerError

LOADS = (0, "restorable: yes\n")
DEEP = (0, "restorable: yes, unless sanitize-dump-payload is yes there\n") # else it loads
KEY = (0, "restorable: no, because key 'a' of db 0 is there twice, where a server stops loading\n")


def refused(reason):
    return 3, "restorable: no, because ", ": " + reason + "\n"


FIELD, MEMBER = refused("field 'm0' is there twice"), refused("member 'm0' is there twice")
FUNCTION = refused("function library does not begin with #!")
# By name: exit code, how the last line begins, how it ends. What is said of servers was taken from redis-server
# 7.0.15 and is compared with the installed one; types and versions that it does not know stand below.
TABLE = {
    "clean": LOADS, "key-in-two-databases": LOADS, "set-long-differs": LOADS, "stream": LOADS, "stream-alike": LOADS,
    "set": MEMBER, "set-of-600": MEMBER, "zset-old": MEMBER, "zset": MEMBER, "zset-ziplist": MEMBER,
    "set-long": refused("a member of 200000 bytes is there twice"),
    "zset-listpack": DEEP, "zset-listpack-of-128": DEEP, "zset-listpack-of-129": MEMBER,
    "hash": DEEP, "hash-of-512": DEEP, "hash-of-513": FIELD,
    "hash-64-byte-value": DEEP, "hash-65-byte-value": FIELD, "hash-long-value": FIELD,
    "hash-listpack": DEEP, "hash-listpack-long-value": DEEP, "hash-listpack-of-512": DEEP,
    "hash-listpack-of-513": FIELD, "hash-ziplist": FIELD, "hash-zipmap": FIELD,
    "plain-node": refused("plain list node is empty"), "function": FUNCTION, "key": KEY,
    "function-pre-ga": (0, "restorable: only by a release candidate of Redis 7.0, and by no release\n"),
    "stream-node": refused("stream node is there twice (1000-1)"),
    "stream-group": refused("consumer group 'G' is there twice"),
    "stream-consumer": refused("consumer 'c' is there twice"),
    "stream-pending": refused("pending entry of a group is there twice (1000-1)"),
    "stream-foreign": refused("pending entry of a consumer is not among its group's (1000-2)"),
    "stream-owned-twice-10": refused("pending entry of a consumer is there twice (1000-1)"),
    "stream-unowned": DEEP,
}
NEWER = {
    "set-listpack": DEEP, "set-listpack-of-129": MEMBER,
    "hash-ttl": DEEP, "hash-ttl-of-513": FIELD, "hash-ttl-listpack": DEEP, "hash-2": FIELD,
    "stream-owned-twice": TABLE["stream-owned-twice-10"],
    "stream-released": LOADS,
    "stream-released-foreign": refused("released entry of a group is not pending (1000-3)"),
    "stream-released-owned": refused("released entry of a group has a consumer (1000-1)"),
    "version-15": (0, "restorable: only by a server that reads RDB version 15 (redis)\n"),
    "version-99": (0, "restorable: only by a server that reads RDB version 99 (valkey)\n"),
    "version-ttl-rc": (0, "restorable: only by Redis 7.4 and later\n"),
}


def check_verify(rdblens, folder, name, wanted):
    done = subprocess.run([rdblens, "verify", os.path.join(folder, name + ".rdb")], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60)
    last = (done.stdout.splitlines(True) or [""])[-1]
    begin, end = wanted[1], wanted[-1]
    if (done.returncode, last.startswith(begin), last.endswith(end)) == (wanted[0], True, True):
        return []
    return [f"{name}: exit {done.returncode}, {last!r}; expected exit {wanted[0]}, {begin!r} ... {end!r}"]


def check_analyze(rdblens, folder):
    """A key that is there twice: a warning, and both rows. The same name in two databases is two keys."""
    problems = []
    for name, defects in (("key", [("a", 0, 16, "warning")]), ("key-in-two-databases", [])):
        path = os.path.join(folder, name + ".db")
        done = subprocess.run([rdblens, "analyze", os.path.join(folder, name + ".rdb"), "-o", path],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        db = sqlite3.connect(path)
        found = db.execute("SELECT key, db, offset, severity FROM defects WHERE code = 'duplicate-key'").fetchall()
        keys = db.execute("SELECT count(*) FROM keys WHERE key_text = 'a'").fetchone()[0]
        db.close()
        if (done.returncode, found, keys) != (0, defects, 2):
            problems.append(f"analyze {name}: exit {done.returncode}, defects {found}, {keys} rows; "
                            f"expected 0, {defects}, 2")
    return problems


def loads(path, options):
    try:
        with Server(path, options):
            return True
    except ServerError as e:
        if "redis-server ended" not in str(e):
            raise
        return False


def check_server(folder, name, wanted):
    path = os.path.join(folder, name + ".rdb")
    found = loads(path, ()), loads(path, ("--sanitize-dump-payload", "yes"))
    expected = wanted in (LOADS, DEEP), wanted == LOADS
    if found == expected:
        return []
    return [f"{name}: a server loads it: {found[0]}, with sanitize-dump-payload: {found[1]}; expected {expected}"]


def main():
    arguments = sys.argv[1:]
    with_server = arguments[:1] == ["--server"]
    rdblens, generator = (os.path.abspath(a) for a in arguments[with_server:])
    problems = []
    with tempfile.TemporaryDirectory(prefix="rdblens-refused-") as folder:
        subprocess.run([generator, folder], check=True)
        names = {p.stem for p in pathlib.Path(folder).glob("*.rdb")}
        if names != set(TABLE) | set(NEWER):
            problems.append(f"rows without a file, or the reverse: {sorted(names ^ (set(TABLE) | set(NEWER)))}")
        if with_server:
            for name, wanted in TABLE.items():
                problems += check_server(folder, name, wanted)
        else:
            for name, wanted in (TABLE | NEWER).items():
                problems += check_verify(rdblens, folder, name, wanted)
            problems += check_analyze(rdblens, folder)
    print("\n".join(problems) or f"{len(names)} snapshots")
    return 1 if problems else 0


try:
    sys.exit(main())
except FileNotFoundError as e:
    if "redis-server" not in str(e):
        raise
    print("skipped: no redis-server")
    sys.exit(SKIPPED)
