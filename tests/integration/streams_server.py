#!/usr/bin/env python3
"""streams_server.py -- what is told of streams, against XINFO STREAM key FULL of Debian 12's redis-server.

    streams_server.py RDBLENS

Streams of many shapes are made, saved and analysed; every row of streams, stream_groups and stream_consumers is compared
with what a server says that loaded the same file. Exit 77 without redis-server 7.0.
"""
# SPDX-License-Identifier: MIT
import shutil
import sys
import tempfile

from memory_server import KEY, SERVER_OPTIONS, Content, Report, check, entries, failures, fill, groups
from server import SKIPPED, Server

STREAMS = 120


def remove(c, i, ids):
    """Entries deleted here and there, trimmed, all gone, or none."""
    if i % 4 == 1:
        return [("XDEL", *ids[c.rng.randrange(len(ids))::c.few(9)])]
    if i % 4 == 2:
        return [("XTRIM", "MAXLEN", len(ids) // 2)]
    return [("XDEL", *ids)] if i % 12 == 3 else []


def make_streams(c):
    for i in range(STREAMS):
        made, ids = entries(c, c.size(400), c.few(4))
        removed, read = remove(c, i, ids), groups(c, i % 5)
        acked = [("XACK", KEY, w[2], *ids[:c.few(20)]) for w in read if w[0] == "XREADGROUP" and c.rng.random() < 0.5]
        other = []
        if i % 5 == 0:
            other = [("XGROUP", "CREATE", KEY, "middle", ids[len(ids) // 2]), ("XGROUP", "CREATE", KEY, "new", "$"),
                     ("XGROUP", "CREATECONSUMER", KEY, "new", "idle")]
        # Again to somebody else: delivered more than once.
        if i % 5 == 2:
            other = [("XAUTOCLAIM", KEY, read[0][3], "thief", 0, "0", "COUNT", 5)] * 3
        c.key(*made, *(removed if i % 3 else []), *read, *acked, *other, *([] if i % 3 else removed))
    c.key(("XGROUP", "CREATE", KEY, "only", "$", "MKSTREAM"))
    c.key(("XADD", "1-1", "f", "v"), ("XSETID", "1700000000000-7", "ENTRIESADDED", 99, "MAXDELETEDID", "1600000000000-1"))


def fields(reply):
    """A map that came as a list."""
    return {reply[i].decode(): reply[i + 1] for i in range(0, len(reply), 2)}


def group_of(server_says):
    g, people = server_says, [fields(p) for p in server_says["consumers"]]
    delivered = [p[2] for p in g["pending"]]
    told = (g["last-delivered-id"].decode(), g["entries-read"], g["lag"], len(people), sum(p["pel-count"] > 0 for p in people),
            g["pel-count"], min((int(p[0].split(b"-")[0]) for p in g["pending"]), default=None), min(delivered, default=None),
            max(delivered, default=None), max((p[3] for p in g["pending"]), default=0),
            max((p["seen-time"] for p in people), default=None))
    return told, [(p["pel-count"], p["seen-time"]) for p in people]


def of_server(server):
    """By name: the stream, its groups, and the consumers of each, in the server's order."""
    found = {}
    for key in server.keys():
        full = fields(server.call("XINFO", "STREAM", key, "FULL", "COUNT", 0))
        told = [group_of(fields(g)) for g in full["groups"]]
        stream = (full["length"], full["entries"][0][0].decode() if full["entries"] else None, full["last-generated-id"].decode(),
                  full["entries-added"], full["radix-tree-keys"], len(told), sum(len(people) for _, people in told),
                  sum(g[5] for g, _ in told))
        found[key] = (stream, [g for g, _ in told], [people for _, people in told])
    return found


def of_report(report):
    found = {}
    for number, key, *stream in report.database.execute(
            "SELECT id, CAST(key AS BLOB), length, first_id, last_id, entries_added, nodes, groups, consumers, pending FROM streams"):
        told = list(report.database.execute(
            "SELECT name, last_id, entries_read, lag, consumers, consumers_with_pending, pending, first_pending_id_ms, first_delivered_at,"
            " last_delivered_at, most_deliveries, last_seen_at FROM stream_groups WHERE stream = ? ORDER BY rowid", (number,)))
        people = [list(report.database.execute("SELECT pending, seen_at FROM stream_consumers WHERE stream = ? AND group_name = ?"
                                               " ORDER BY rowid", (number, g[0]))) for g in told]
        found[key] = (tuple(stream), [g[1:] for g in told], people)
    return found


def compare(ours, servers):
    check(set(ours) == set(servers) and len(ours) == STREAMS + 2, f"{len(ours)} streams, the server has {len(servers)}")
    both = [(ours[k], servers[k]) for k in servers if k in ours]
    wrong = [(o[0], s[0]) for o, s in both if o[0] != s[0]]
    check(not wrong, f"streams: length, first and last id, entries added, nodes, groups, consumers, pending {wrong[:3] or ''}")
    pairs = [(o, s, whole[0][0]) for whole, said in both for o, s in zip(whole[1], said[1])]
    # Of an empty stream lag is told as later servers tell it: nothing.
    wrong = [(o, s) for o, s, length in pairs if (o if length else o[:2] + o[3:]) != (s if length else s[:2] + s[3:])]
    check(not wrong, f"groups: {len(pairs)}: ids, read, lag, consumers, pending, deliveries, seen {wrong[:3] or ''}")
    unknown, behind = sum(s[2] is None for _, s, _ in pairs), sum((s[2] or 0) > 0 for _, s, _ in pairs)
    check(min(unknown, behind, sum(s[5] > 0 for _, s, _ in pairs), sum(s[9] > 1 for _, s, _ in pairs)) >= 10,
          f"groups: {behind} are behind, of {unknown} the server does not know how far")
    wrong = [(o[2], s[2]) for o, s in both if o[2] != s[2]]
    check(not wrong, f"consumers: {sum(len(p) for _, s in both for p in s[2])}: pending, seen {wrong[:3] or ''}")


def main():
    rdblens = sys.argv[1]
    try:
        with Server(options=SERVER_OPTIONS) as server, tempfile.TemporaryDirectory(prefix="rdblens-streams-") as folder:
            version = server.call("INFO", "server").decode().split("redis_version:")[1].split("\r")[0]
            if not version.startswith("7.0."):
                print(f"skipped: redis-server {version}, not Debian 12's 7.0")
                return SKIPPED
            content = Content()
            make_streams(content)
            server.call("CONFIG", "SET", "stream-node-max-entries", 30)
            fill(server, content)
            server.call("SAVE")
            snapshot = folder + "/streams.rdb"
            shutil.copyfile(server.dump, snapshot)
            with Server(snapshot, SERVER_OPTIONS) as loaded:
                compare(of_report(Report(rdblens, [], snapshot)), of_server(loaded))
    except FileNotFoundError:
        print("skipped: no redis-server")
        return SKIPPED
    print(f"{len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
