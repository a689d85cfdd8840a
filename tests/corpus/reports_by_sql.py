#!/usr/bin/env python3
"""reports_by_sql.py -- what reports say against plain SQL over the view `keys`.

    reports_by_sql.py RDBLENS FIXTURES_DIR [SHARED_DIR]

Reports read sums that were kept while the file streamed by; here every sum and list is made again by SQL that reads
nothing but `keys` (and `now`), and must be what the JSON says: of the whole file, under filters, and for another moment.
aggregates.py does the same for what SQL has no word for (percentiles, cliffs, slots).
"""
# SPDX-License-Identifier: MIT
import glob
import json
import os
import sqlite3
import subprocess
import sys
import tempfile

HOUR = 3_600_000
TOP = 15
REPORTS = ["summary", "patterns", "bigkeys", "types", "databases", "ttl", "encodings", "idle", "freq"]
# Options of the report, and the same in SQL. No key_text has an `o` that its key has not: \xNN is hexadecimal.
FILTERS = [
    ([], "1"),
    (["--db", "0"], "db = 0"),
    (["--not-db", "0"], "db <> 0"),
    (["--type", "hash", "--type", "string"], "type IN ('hash', 'string')"),
    (["--match", "*o*"], "key_text GLOB '*o*'"),
    (["--no-ttl"], "expires_at IS NULL"),
    (["--with-ttl", "--min-bytes", "100"], "expires_at IS NOT NULL AND bytes >= 100"),
]
YOURS = "role IN ('app', 'cache', 'session')"
NO_TTL = "expires_at IS NULL"
DAY = "[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]"
SUMS = "count(*), sum(size), coalesce(sum(bytes), 0)"
PATTERN = "db, pattern_text, type, role"
BY_SIZE = "ORDER BY 6 DESC, 5 DESC, 2, 1, 3, 4"


def keys_view(where, now):
    """The keys that count. size: what sums are made of, allocated bytes if all keys that have a size have those."""
    return f"""CREATE TEMP VIEW k AS SELECT *, pattern AS pattern_text, expires_at - {now} AS left_ms,
      (expires_at - {now} - ((expires_at - {now}) % 1000 + 1000) % 1000) / 1000 AS left_seconds,
      coalesce(CASE WHEN (SELECT count(*) FROM keys WHERE bytes IS NOT NULL AND alloc_bytes IS NULL) = 0
                    THEN alloc_bytes ELSE bytes END, 0) AS size FROM keys WHERE {where}"""


def pattern_list(condition, sums):
    return f"SELECT {PATTERN}, {sums} FROM k WHERE {condition} GROUP BY {PATTERN}"


# (report, section, the columns to look at, SQL that gives them). Rows are compared as sets, unless `ordered`.
def list_queries():
    queries = [("bigkeys", section, ["key_text", "db", "type", column],
                f"SELECT key_text, db, type, {column} FROM k WHERE {condition} ORDER BY {column} DESC, id LIMIT {TOP}")
               for section, column, condition in (
                   ("largest", "bytes", "bytes IS NOT NULL"), ("most_elements", "elements", "elements IS NOT NULL AND type <> 'string'"),
                   ("largest_elements", "largest_element", "largest_element IS NOT NULL AND type <> 'string'"),
                   ("in_file", "rdb_bytes", "rdb_bytes IS NOT NULL"), ("longest_names", "key_bytes", "1"))]
    ranked = """SELECT {0}, key_text, bytes, elements, left_seconds FROM (
                  SELECT *, row_number() OVER (PARTITION BY {0} ORDER BY bytes DESC, id) AS n FROM k WHERE bytes IS NOT NULL)
                 WHERE n <= 5 AND {1}"""
    queries += [("bigkeys", section, [column, "key_text", "bytes", "elements", "ttl_seconds"], ranked.format(column, condition))
                for section, column, condition in (("by_type", "type", "1"), ("by_db", "db", "(SELECT count(DISTINCT db) FROM k) > 1"))]
    queries.append(("freq", "hot", ["key_text", "db", "type", "freq"],
                    f"SELECT key_text, db, type, freq FROM k WHERE freq IS NOT NULL ORDER BY freq DESC, id LIMIT {TOP}"))
    return queries


def sum_queries():
    parts = "count(*), sum(size), coalesce(sum(bytes), 0), sum(expires_at IS NULL), coalesce(sum(size) FILTER (WHERE expires_at IS NULL), 0)"
    part_columns = ["keys", "size_bytes", "bytes", "keys_without_ttl", "size_bytes_without_ttl"]
    total = "(SELECT sum(size) FROM k)"
    queries = [
        ("summary", "totals", ["keys", "databases", "size_bytes", "bytes", "keys_without_ttl", "size_bytes_without_ttl", "bytes_in_1h",
                               "bytes_in_24h", "expired_keys", "expired_bytes"],
         f"""SELECT count(*), count(DISTINCT db), coalesce(sum(size), 0), coalesce(sum(bytes), 0), coalesce(sum({NO_TTL}), 0),
               coalesce(sum(size) FILTER (WHERE {NO_TTL}), 0), coalesce(sum(size) FILTER (WHERE left_ms BETWEEN 0 AND {HOUR - 1}), 0),
               coalesce(sum(size) FILTER (WHERE left_ms BETWEEN 0 AND {24 * HOUR - 1}), 0), coalesce(sum(left_ms < 0), 0),
               coalesce(sum(size) FILTER (WHERE left_ms < 0), 0) FROM k"""),
        ("ttl", "coverage", ["keys_without_ttl", "size_bytes_without_ttl", "keys_with_ttl", "size_bytes_with_ttl", "expired_keys", "expired_bytes"],
         f"""SELECT coalesce(sum({NO_TTL}), 0), coalesce(sum(size) FILTER (WHERE {NO_TTL}), 0), count(expires_at),
               coalesce(sum(size) FILTER (WHERE expires_at IS NOT NULL), 0), coalesce(sum(left_ms < 0), 0),
               coalesce(sum(size) FILTER (WHERE left_ms < 0), 0) FROM k"""),
        ("ttl", "when", ["bucket", "keys", "size_bytes"],
         f"""SELECT CASE WHEN left_ms IS NULL THEN 'none' WHEN left_ms < 0 THEN 'expired' WHEN left_ms < {HOUR} THEN '<1h'
               WHEN left_ms < {4 * HOUR} THEN '<4h' WHEN left_ms < {12 * HOUR} THEN '<12h' WHEN left_ms < {24 * HOUR} THEN '<24h'
               WHEN left_ms < {7 * 24 * HOUR} THEN '<7d' WHEN left_ms < {30 * 24 * HOUR} THEN '<30d'
               WHEN left_ms < {365 * 24 * HOUR} THEN '<1y' ELSE 'later' END, count(*), sum(size) FROM k GROUP BY 1"""),
        ("ttl", "expired", ["db", "pattern_text", "type", "role", "expired_keys", "expired_bytes"],
         pattern_list("left_ms < 0", "count(*), sum(size)") + f" {BY_SIZE} LIMIT {TOP}"),
        ("types", "types", ["type"] + part_columns + ["elements", "largest_bytes"],
         f"SELECT type, {parts}, coalesce(sum(elements), 0), max(bytes) FROM k GROUP BY type"),
        ("databases", "databases", ["db"] + part_columns + ["expired_keys"], f"SELECT db, {parts}, coalesce(sum(left_ms < 0), 0) FROM k GROUP BY db"),
        ("databases", "types", ["db", "type", "keys", "size_bytes"], "SELECT db, type, count(*), sum(size) FROM k GROUP BY db, type"),
        ("ttl", "databases", ["db"] + part_columns, f"SELECT db, {parts} FROM k GROUP BY db"),
        ("ttl", "types", ["type"] + part_columns, f"SELECT type, {parts} FROM k GROUP BY type"),
        ("encodings", "encodings", ["type", "encoding", "keys", "size_bytes", "bytes", "rdb_bytes"],
         f"SELECT type, coalesce(encoding, 'not known'), {SUMS}, sum(rdb_bytes) FROM k GROUP BY 1, 2"),
        ("patterns", "patterns", ["db", "pattern_text", "type", "role", "keys", "size_bytes", "bytes", "keys_without_ttl", "bytes_without_ttl"],
         f"SELECT {PATTERN}, {SUMS}, sum({NO_TTL}), coalesce(sum(bytes) FILTER (WHERE {NO_TTL}), 0) FROM k GROUP BY {PATTERN} {BY_SIZE} LIMIT {TOP}"),
        ("summary", "patterns", ["db", "pattern_text", "type", "role", "keys", "size_bytes", "share_pct"],
         pattern_list("1", f"count(*), sum(size), 100.0 * sum(size) / {total}") + f" {BY_SIZE} LIMIT {TOP}"),
    ]
    rest = "SELECT count(*), sum({0}), {1} FROM (SELECT * FROM ({2}) ORDER BY 6 DESC, 5 DESC, 2 LIMIT -1 OFFSET {3}) HAVING count(*) > 0"
    queries.append(("summary", "other_patterns", ["patterns", "keys", "share_pct"],
                    rest.format("n", f"100.0 * sum(s) / {total}", pattern_list("1", "count(*) AS n, sum(size) AS s"), TOP)))
    for section, condition in (("yours", f"{NO_TTL} AND {YOURS}"), ("by_design", f"{NO_TTL} AND NOT {YOURS}")):
        groups = pattern_list(condition, "count(*) AS n, sum(size) AS s")
        queries.append(("ttl", section, ["db", "pattern_text", "type", "role", "keys_without_ttl", "size_bytes_without_ttl"],
                        f"{groups} {BY_SIZE} LIMIT {TOP}"))
        queries.append(("ttl", f"{section}_more", ["patterns", "keys_without_ttl", "size_bytes_without_ttl"], rest.format("n", "sum(s)", groups, TOP)))
    queries.append(("ttl", "left_over", ["dated_keys", "size_bytes_without_ttl"],
                    f"SELECT count(*), sum(size) FROM k WHERE {NO_TTL} AND type = 'string' AND (key_text GLOB '*stat:processed:{DAY}' OR"
                    f" key_text GLOB '*stat:failed:{DAY}') HAVING count(*) > 0"))
    for report, column, limits in (("idle", "idle_seconds", (0, 3600, 86400, 7 * 86400, 30 * 86400)), ("freq", "freq", (0, 1, 5, 6, 10, 50, 255))):
        bucket = "CASE " + " ".join(f"WHEN {column} >= {limit} THEN {n}" for n, limit in reversed(list(enumerate(limits)))) + " END"
        queries.append((report, "buckets", ["bucket_order", "keys", "size_bytes"],
                        f"SELECT {bucket}, count(*), sum(size) FROM k WHERE {column} IS NOT NULL GROUP BY 1"))
    return queries


def canonical(row):
    """Sums of sizes none of which is known are NULL in some places, 0 in others: both show that there is nothing."""
    return tuple(float(f"{v:.9g}") if isinstance(v, float) else 0.0 if v is None else v if isinstance(v, str) else float(v) for v in row)


def sections_of(document):
    return {(r["name"], s["name"]): s["rows"] for r in document["reports"] for s in r["sections"]}


def check_section(found, expected, columns):
    """None, or what differs. Of a list that ends among equals, which of them it shows is free."""
    found = [canonical(row[c] for c in columns) for row in found]
    expected = [canonical(row) for row in expected]
    if sorted(map(repr, found)) == sorted(map(repr, expected)):
        return None
    ours, theirs = set(found) - set(expected), set(expected) - set(found)
    return f"only in the report {sorted(map(repr, ours))[:2]}, only in the keys {sorted(map(repr, theirs))[:2]}, {len(found)} and {len(expected)} rows"


def tree_problem(rows, total):
    """What is wrong, if anything: each level adds up to the node above it, the first one to all keys."""
    columns = ("keys", "bytes", "size_bytes", "keys_without_ttl", "size_bytes_without_ttl")
    nodes, path = [("all", total, [])], [0]
    for row in rows:
        del path[row["depth"] + 1:]
        values = [row[c] for c in columns]
        nodes[path[-1]][2].append(values)
        path.append(len(nodes))
        nodes.append((row["name"], values, []))
    for name, values, children in nodes:
        if children and [sum(column) for column in zip(*children)] != list(values):
            return f"{name}: {values}, but what is in it: {children[:5]}"
    return None


# ---- all of it --------------------------------------------------------------------------------


def report(rdblens, database, names, options, top):
    done = subprocess.run([rdblens, "report", database, *names, "--top", str(top), "-f", "json", *options],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    try:
        return sections_of(json.loads(done.stdout))
    except json.JSONDecodeError:
        raise RuntimeError(f"{database} {options}: exit {done.returncode}: {done.stderr.decode(errors='replace')}") from None


def compare(rdblens, database, options, where, now):
    """What is wrong, one text each; and how many keys there are."""
    db = sqlite3.connect(database)
    db.text_factory = lambda b: b.decode(errors="surrogateescape")
    db.execute(keys_view(where, now))
    problems, sections = [], report(rdblens, database, REPORTS, options, TOP)
    [(keys, *rest)] = db.execute(f"""SELECT count(*), coalesce(sum(bytes), 0), coalesce(sum(size), 0), coalesce(sum({NO_TTL}), 0),
                                       coalesce(sum(size) FILTER (WHERE {NO_TTL}), 0) FROM k""")
    for name, section, columns, sql in list_queries() + sum_queries():
        expected = db.execute(sql).fetchall()
        problem = check_section(sections.get((name, section), []), expected, columns) if keys else None
        if problem:
            problems.append(f"{name} {section}: {problem}")
    for top in (4, 1000) if keys else ():
        problem = tree_problem(report(rdblens, database, ["patterns"], options, top)["patterns", "tree"], [keys, *rest])
        if problem:
            problems.append(f"patterns tree of {top}: {problem}")
    db.close()
    return problems, keys


def one(rdblens, path, folder):
    database = os.path.join(folder, "r.db")
    failures = runs = 0
    cases = [([], *f) for f in FILTERS] + [(["--db", "0", "--not-type", "list"], [], "1")]
    analyzed = None
    for early, late, where in cases:
        if early != analyzed:
            subprocess.run([rdblens, "analyze", path, "-o", database, "--replace", "--quiet", *early], stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, check=False)
            analyzed = early
        db = sqlite3.connect(database)
        [(now,)] = db.execute("SELECT now FROM snapshots").fetchall()
        db.close()
        later = now + 5 * HOUR + 1
        for options, at in ((late, now), *([(["--now", str(later)], later)] if not early and not late else [])):
            problems, keys = compare(rdblens, database, options, where, at)
            runs += keys > 0
            failures += bool(problems)
            for problem in problems[:5]:
                print(f"{os.path.basename(path)} {' '.join(early + options)}: {problem}"[:900])
    return runs, failures


def main():
    rdblens, fixtures = sys.argv[1:3]
    paths = [os.path.join(fixtures, f"{n}.rdb") for n in (
        "sidekiq_v11", "lru_v9", "lfu_v9", "stream_v14", "hash_ttl_v12", "module_v9", "damaged_v11", "empty_v9")]
    if len(sys.argv) > 3:
        corpus = os.path.join(sys.argv[3], "corpus")
        names = [f"truth/{n}.rdb" for n in ("redis-7.4.1", "redis-5.0.14-lru", "redis-7.2.6-lfu", "valkey-8.0.1-lru", "redis-2.4.18")]
        paths = sorted(glob.glob(f"{corpus}/sidekiq/*.rdb")) + [os.path.join(corpus, n) for n in ["queues/all.rdb", *names]]
        if not os.path.exists(paths[-1]):
            print("skipped: no corpus")
            return 77
    runs = failures = 0
    with tempfile.TemporaryDirectory() as folder:
        for path in paths:
            counts = one(rdblens, path, folder)
            runs, failures = runs + counts[0], failures + counts[1]
    print(f"{len(paths)} files, {runs} sets of keys, {failures} differ")
    return 1 if failures or runs < 2 * len(paths) else 0


if __name__ == "__main__":
    sys.exit(main())
