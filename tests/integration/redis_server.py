#!/usr/bin/env python3
"""redis_server.py -- a real server is filled, saved and analysed; every key must come out as the server has it.

    redis_server.py RDBLENS RDBDUMP

Every type and encoding of the installed server, TTLs, several databases, binary names, streams with groups, functions.
Compared: the view `keys` (type, elements, expiry) with what the server says, and the content of every key as RDBDUMP
prints it; once with a compressed file, once without. Exit 77 without redis-server.
"""
# SPDX-License-Identifier: MIT
import json
import os
import random
import re
import sqlite3
import subprocess
import sys
import time

from server import SKIPPED, Server

SEED = 20261123


def fill_strings(call):
    for i, value in enumerate((b"", b"0", b"-1", b"127", b"-129", b"65536", b"2147483648", b"9223372036854775807",
                               b"9223372036854775808", b"007", b"1.5", b"a" * 44, b"a" * 45, b"z" * 70000,
                               bytes(range(256)) * 20, "\u00e9\u20ac".encode())):
        call("SET", b"string:%d" % i, value)
    call("APPEND", "string:appended", "abc")
    call("SETBIT", "bitmap", 100000, 1)
    call("PFADD", "hyperloglog", *range(1000))
    call("SET", b"\x00\xff\n\r\t\x1b[31m\"',\\", "binary name")
    call("SET", "", "empty name")
    call("SET", "k" * 70000, "long name")


def fill_collections(call, random_bytes):
    for n in (1, 3, 50, 600, 5000):
        elements = [b"%d" % (i * 7919 - 20000) if i % 3 else b"element:%d" % i for i in range(n)]
        call("RPUSH", b"list:%d" % n, *elements)
        call("SADD", b"set:%d" % n, *elements)
        call("SADD", b"intset:%d" % n, *[i * 3 - 7 for i in range(n)])
        call("HSET", b"hash:%d" % n, *[x for e in elements for x in (e, b"v" + e)])
        call("ZADD", b"zset:%d" % n, *[x for i, e in enumerate(elements) for x in (i * 0.5 - 3, e)])
    call("RPUSH", "list:long", *[random_bytes(300 * i) for i in range(60)])
    call("HSET", "hash:long value", "f", random_bytes(65), "g", "")
    call("SADD", "set:long", random_bytes(65), "x")
    call("SADD", "intset:16", -32768, 32767)
    call("SADD", "intset:32", -2147483648, 1)
    call("SADD", "intset:64", -9223372036854775808, 9223372036854775807)
    call("ZADD", "zset:scores", "inf", "a", "-inf", "b", 1e300, "c", -0.1, "d", 3.0000000000000004, "e")


def fill_streams(call):
    for i in range(250):
        call("XADD", "stream", "%d-%d" % (1000 + i // 3, i % 3 + 1), "field", i, *(["other", "x"] if i % 10 == 0 else []))
    for i in range(0, 250, 7):
        call("XDEL", "stream", "%d-%d" % (1000 + i // 3, i % 3 + 1))
    call("XGROUP", "CREATE", "stream", "group", "0")
    call("XREADGROUP", "GROUP", "group", "consumer:1", "COUNT", 40, "STREAMS", "stream", ">")
    call("XREADGROUP", "GROUP", "group", "consumer:2", "COUNT", 20, "STREAMS", "stream", ">")
    call("XGROUP", "CREATECONSUMER", "stream", "group", "idle")
    call("XGROUP", "CREATE", "stream", "behind", "1002-1")
    call("XGROUP", "CREATE", "stream:empty", "g", "$", "MKSTREAM")
    call("XADD", "stream:trimmed", "MAXLEN", 5, "1-1", "a", "b")
    for i in range(2, 20):
        call("XADD", "stream:trimmed", "MAXLEN", 5, "%d-1" % i, "a", i)


def fill(server):
    rng = random.Random(SEED)
    call = server.call
    for db in (0, 3, 15):
        call("SELECT", db)
        fill_strings(call)
        fill_collections(call, rng.randbytes)
        fill_streams(call)
        # A third of the keys expire, some of them on a millisecond.
        now_ms = int(time.time() * 1000)
        for i, key in enumerate(server.keys()):
            if i % 3 == 0:
                call("PEXPIREAT", key, now_ms + 3600000 + i * 1001)
    call("FUNCTION", "LOAD", "#!lua name=mylib\nredis.register_function('f', function(k, a) return a[1] end)\n")


def elements_of(call, kind, key):
    return call({b"string": "STRLEN", b"list": "LLEN", b"set": "SCARD", b"zset": "ZCARD", b"hash": "HLEN",
                 b"stream": "XLEN"}[kind], key)


def content_of(call, kind, key):
    """The key's content in the shape of read_content()."""
    def pairs(flat):
        return list(zip(flat[::2], flat[1::2]))
    if kind == b"string":
        return call("GET", key)
    if kind == b"list":
        return call("LRANGE", key, 0, -1)
    if kind == b"set":
        return sorted(call("SMEMBERS", key))
    if kind == b"zset":
        return sorted((m, float(s)) for m, s in pairs(call("ZRANGE", key, 0, -1, "WITHSCORES")))
    if kind == b"hash":
        return sorted(pairs(call("HGETALL", key)))
    return [(i, items) for i, items in call("XRANGE", key, "-", "+")]


def plain(text):
    """Canonical text to bytes; a long one is given as length and checksum: compared by its length."""
    if isinstance(text, dict):
        return ("long", text["bytes"])
    return re.sub(r"\\(\\|x(..))", lambda m: chr(int(m[2], 16)) if m[2] else "\\", text).encode("latin-1")


def shorten(value):
    """The server's side of plain()'s rule."""
    if isinstance(value, bytes):
        return ("long", len(value)) if len(value) > 4096 else value
    if isinstance(value, (list, tuple)):
        return type(value)(shorten(v) for v in value)
    return value


def read_content(key):
    value, kind = key["value"], key["type"]
    if kind == "string":
        return plain(value)
    if kind in ("list", "set"):
        found = [plain(x) for x in value]
        return found if kind == "list" else sorted(found)
    if kind == "zset":
        return sorted((plain(m), float(s)) for m, s in value)
    if kind == "hash":
        return sorted((plain(x[0]), plain(x[1])) for x in value)
    return [(e["id"].encode(), [plain(x) for x in e["items"]]) for e in value["entries"] if not e.get("deleted")]


def observe(server):
    """What the server says of every key, by (database, name)."""
    said = {}
    for db in server.databases():
        server.call("SELECT", db)
        for key in server.keys():
            kind = server.call("TYPE", key)
            expires_at = server.call("PEXPIRETIME", key)
            said[db, key] = {
                "type": kind.decode(),
                "elements": elements_of(server.call, kind, key),
                "expires_at": None if expires_at == -1 else expires_at,
                "content": shorten(content_of(server.call, kind, key)),
            }
    return said


def compare_rows(database, said):
    """The view `keys` against the server."""
    problems = []
    rows = {}
    for db, key, *rest in database.execute("SELECT db, CAST(key AS BLOB), type, elements, expires_at FROM keys"):
        rows[db, key] = dict(zip(("type", "elements", "expires_at"), rest))
    if set(rows) != set(said):
        problems.append(f"missing {sorted(set(said) - set(rows))[:3]}, extra {sorted(set(rows) - set(said))[:3]}")
    for place in set(rows) & set(said):
        for column, found in rows[place].items():
            if found != said[place][column]:
                problems.append(f"{place!r:.60}: {column} {found}, server {said[place][column]}")
    return problems


def compare_content(rdbdump, path, said):
    document = json.loads(subprocess.run([rdbdump, path], capture_output=True, check=True).stdout)
    problems = []
    found = {(k["db"], plain(k["key"])): k for k in document["keys"]}
    for place, what in said.items():
        name = place[1] if len(place[1]) <= 4096 else ("long", len(place[1]))
        key = found.get((place[0], name))
        if key is None:
            problems.append(f"{place!r:.60}: not in the file")
        elif read_content(key) != what["content"]:
            problems.append(f"{place!r:.60}: content {read_content(key)!r:.150}, server {what['content']!r:.150}")
    functions = [r for r in document["records"] if r[0] == "function"]
    if len(functions) != 1 or b"name=mylib" not in plain(functions[0][1]):
        problems.append(f"functions {functions}")
    return problems


def run(server, rdblens, rdbdump, compressed):
    server.call("CONFIG", "SET", "rdbcompression", "yes" if compressed else "no")
    server.call("SAVE")
    said = observe(server)
    report = os.path.join(server.folder, "report%d.db" % compressed)
    done = subprocess.run([rdblens, "analyze", server.dump, "-o", report], capture_output=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0 or done.stderr:
        return [f"rdblens: exit {done.returncode}: {done.stderr.decode(errors='replace')}"], 0
    database = sqlite3.connect(report)
    problems = compare_rows(database, said) + compare_content(rdbdump, server.dump, said)
    complete, checksum, version = database.execute("SELECT complete, checksum, server_version FROM snapshots").fetchone()
    expected = server.call("INFO", "server").decode().split("redis_version:")[1].split("\r")[0]
    if (complete, checksum, version) != (1, "ok", expected):
        problems.append(f"snapshot: complete {complete}, checksum {checksum}, version {version}, expected {expected}")
    database.close()
    return problems, len(said)


def main():
    rdblens, rdbdump = sys.argv[1:]
    failed = compared = 0
    try:
        with Server() as server:
            fill(server)
            for compressed in (True, False):
                problems, count = run(server, rdblens, rdbdump, compressed)
                compared += count
                failed += len(problems)
                for p in problems[:20]:
                    print(p)
    except FileNotFoundError:
        print("skipped: no redis-server")
        return SKIPPED
    print(f"{compared} keys compared, {failed} differences")
    return 1 if failed or compared == 0 else 0


sys.exit(main())
