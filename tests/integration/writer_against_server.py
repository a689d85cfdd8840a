#!/usr/bin/env python3
"""writer_against_server.py -- fixtures loaded into a real server hold what the generator says they hold.

    writer_against_server.py FIXTURES_DIR

The RDB writer of the tests is the parser's oracle; here a server is the writer's. Every fixture whose version the
installed server reads is loaded, and each key compared with the fixture's JSON. Keys that are past their expiry
are dropped by the server and so not compared. Exit 77 without redis-server.
"""
# SPDX-License-Identifier: MIT
import json
import pathlib
import re
import sys
import time

from server import SKIPPED, Server, ServerError

NEWEST_VERSION = 10 # Redis 7.0
# Refused by a server on purpose, or private to another one.
NOT_LOADABLE = {
    "wrong_checksum_v6", "module_pre_ga_v8", "module_v9", "enterprise_v9", "function_pre_ga_v10", "keydb_v9",
    # Redis 7.0 writes the long form of a 16383-byte entry's back length and dies of the short one; the file has both.
    "backlen_v10",
}


def plain(text):
    """Canonical text to bytes; None for one given as length and checksum."""
    if isinstance(text, dict):
        return None
    return re.sub(r"\\(\\|x(..))", lambda m: chr(int(m[2], 16)) if m[2] else "\\", text).encode("latin-1")


def pairs(flat):
    return list(zip(flat[::2], flat[1::2]))


def compare_stream(server, name, value):
    problems = []
    entries = [(e["id"].encode(), [plain(x) for x in e["items"]]) for e in value["entries"] if not e.get("deleted")]
    found = [(i, items) for i, items in server.call("XRANGE", name, "-", "+")]
    if found != entries:
        problems.append(f"entries {found}, expected {entries}")
    full = dict(pairs(server.call("XINFO", "STREAM", name, "FULL", "COUNT", 0)))
    if full[b"length"] != value["length"] or full[b"last-generated-id"] != value["last_id"].encode():
        problems.append(f"length or last id: {full}")
    if "max_deleted_id" in value and (full[b"max-deleted-entry-id"] != value["max_deleted_id"].encode() or
                                      full[b"entries-added"] != value["entries_added"]):
        problems.append(f"version 2 fields: {full}")
    groups = {dict(pairs(g))[b"name"]: dict(pairs(g)) for g in full[b"groups"]}
    if set(groups) != {plain(g["name"]) for g in value["groups"]}:
        problems.append(f"groups {sorted(groups)}")
        return problems
    for g in value["groups"]:
        have = groups[plain(g["name"])]
        pel = [[i.encode(), at, n] for i, at, n in g["pending"]]
        if have[b"last-delivered-id"] != g["last_id"].encode():
            problems.append(f"group {g['name']}: last id {have[b'last-delivered-id']}")
        if [[i, at, n] for i, _, at, n in have[b"pending"]] != pel:
            problems.append(f"group {g['name']}: pending {have[b'pending']}, expected {pel}")
        consumers = {dict(pairs(c))[b"name"]: dict(pairs(c)) for c in have[b"consumers"]}
        wanted = {plain(c["name"]): [i.encode() for i in c["pending"]] for c in g["consumers"]}
        if {n: [p[0] for p in c[b"pending"]] for n, c in consumers.items()} != wanted:
            problems.append(f"group {g['name']}: consumers {consumers}, expected {wanted}")
    return problems


def compare_key(server, key):
    name, kind, value = plain(key["key"]), key["type"], key["value"]
    found_type = server.call("TYPE", name).decode()
    if found_type != kind:
        return [f"type {found_type}, expected {kind}"]
    if kind == "stream":
        return compare_stream(server, name, value)
    if kind == "string":
        found, wanted = server.call("GET", name), plain(value)
        if wanted is None:
            return [] if len(found) == value["bytes"] else [f"{len(found)} bytes"]
    elif kind == "list":
        found, wanted = server.call("LRANGE", name, 0, -1), [plain(x) for x in value]
    elif kind == "set":
        found, wanted = sorted(server.call("SMEMBERS", name)), sorted(plain(x) for x in value)
    elif kind == "zset":
        found = {m: float(s) for m, s in pairs(server.call("ZRANGE", name, 0, -1, "WITHSCORES"))}
        wanted = {plain(m): float(s) for m, s in value}
    else:
        found, wanted = dict(pairs(server.call("HGETALL", name))), {plain(x[0]): plain(x[1]) for x in value}
    if None in (wanted if isinstance(wanted, list) else []):
        return [] if len(found) == len(wanted) else [f"{len(found)} elements"]
    return [] if found == wanted else [f"found {found!r:.300}, expected {wanted!r:.300}"]


def check(path, now_ms):
    """Problems, and the number of keys compared."""
    document = json.loads(path.with_suffix(".json").read_text())
    keys = [k for k in document["keys"] if k.get("expire_at_ms", now_ms + 1) > now_ms and
            (k["elements"] or k["type"] in ("string", "stream"))] # empty collections are dropped
    problems = []
    with Server(str(path)) as server:
        loaded = sum(int(n) for n in re.findall(r"keys=(\d+)", server.call("INFO", "keyspace").decode()))
        if loaded != len(keys):
            problems.append(f"{loaded} keys loaded, expected {len(keys)}")
        for key in keys:
            server.call("SELECT", key["db"])
            problems += [f"db {key['db']} {key['key']}: {p}" for p in compare_key(server, key)]
    return problems, len(keys)


def main():
    failed = compared = files = 0
    now_ms = int(time.time() * 1000)
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*.rdb")):
        version = int(re.search(r"_v(\d+)$", path.stem)[1])
        if version > NEWEST_VERSION or path.stem in NOT_LOADABLE:
            continue
        try:
            problems, count = check(path, now_ms)
        except FileNotFoundError:
            print("skipped: no redis-server")
            return SKIPPED
        except ServerError as e:
            problems, count = [str(e)], 0
        files += 1
        compared += count
        failed += bool(problems)
        for p in problems:
            print(f"{path.stem}: {p}")
    print(f"{files} files, {compared} keys compared, {failed} failed")
    return 1 if failed or compared == 0 else 0


sys.exit(main())
