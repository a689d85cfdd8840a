#!/usr/bin/env python3
"""aggregates.py -- sums kept while reading, and the reports made of them, against the keys themselves.

    aggregates.py RDBLENS FIXTURES_DIR [SHARED_DIR]

Every snapshot is analyzed, also with filters.  Python then goes through the rows of `keys` and works out sizes,
encodings, expiry, usage, dated names, slots, percentiles and cliffs by itself: by sorting, by binascii's CRC, by
regular expressions.  The tables must be equal, and so must the reports' JSON.
"""
# SPDX-License-Identifier: MIT
import binascii
import collections
import datetime
import glob
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
REPORTS = ["bigkeys", "types", "databases", "ttl", "idle", "freq", "slots", "nodes"]
failures = []


def check(what, found, expected):
    if found != expected:
        failures.append(what)
        if isinstance(found, dict) and isinstance(expected, dict):
            wrong = [k for k in {**found, **expected} if found.get(k) != expected.get(k)][:3]
            found, expected = {k: found.get(k) for k in wrong}, {k: expected.get(k) for k in wrong}
        print(f"{what}:\n  found    {str(found)[:600]}\n  expected {str(expected)[:600]}")


class Sum:
    """keys, bytes, alloc_bytes as the tables have them."""
    def __init__(self):
        self.keys = self.bytes = 0
        self.alloc = None

    def add(self, k):
        self.keys += 1
        self.bytes += k["bytes"] or 0
        if k["alloc_bytes"] is not None:
            self.alloc = (self.alloc or 0) + k["alloc_bytes"]

    def row(self):
        return self.keys, self.bytes, self.alloc


def sums_by(keys, what):
    """{what(key): (keys, bytes, alloc_bytes)}, without those for which it is None."""
    sums = collections.defaultdict(Sum)
    for k in keys:
        place = what(k)
        if place is not None:
            sums[place].add(k)
    return {place: s.row() for place, s in sums.items()}


def low_of(size):
    if size < 4096:
        return size
    width = 1 << (size.bit_length() - 9)
    return size // width * width


def period_of(left):
    """(from, until) in milliseconds after now."""
    if left < DAY:
        step, start = MINUTE, 0
    elif left < 30 * DAY:
        step, start = HOUR, DAY
    elif left < 3652 * DAY:
        step, start = DAY, 30 * DAY
    else:
        return 3652 * DAY, None
    first = start + (left - start) // step * step
    return first, first + step


def raw(key):
    return key.encode() if isinstance(key, str) else key


def tag_of(name):
    match = re.match(rb"[^{]*\{([^}]+)\}", name, re.S)
    return match.group(1) if match else None


def slot_of(k):
    tag = tag_of(raw(k["key"]))
    if k["key_is_cut"] and tag is None:
        return -1
    return binascii.crc_hqx(tag if tag is not None else raw(k["key"]), 0) % 16384


DAY_IN_NAME = re.compile(rb"(?<![0-9A-Za-z])(20\d\d)(?:([-/.:_])(\d\d)\2(\d\d)|(\d\d)(\d\d))(?!\d)")


def day_of(name):
    days = []
    for year, _, month, day, month2, day2 in DAY_IN_NAME.findall(name):
        try:
            days.append(datetime.date(int(year), int(month or month2), int(day or day2)))
        except ValueError:
            pass
    return days[0] if len(days) == 1 else None


def bucket_from(value, limits):
    return None if value is None else max(limit for limit in limits if limit <= value)


# ---- the tables -------------------------------------------------------------------------------


def table(db, columns, name):
    """{first columns: the others}"""
    places = columns[0]
    rows = db.execute(f"SELECT {', '.join(columns[0] + columns[1])} FROM {name}").fetchall()
    return {(r[0] if places == 1 or len(places) == 1 else tuple(r)[:len(places)]): tuple(r)[len(places):] for r in rows}


SUMS = ["keys", "bytes", "alloc_bytes"]


def check_tables(name, db, keys, now):
    sized = [k for k in keys if k["bytes"] is not None]
    check(f"{name}: sizes", table(db, (["type", "low_bytes"], SUMS), "sizes"),
          sums_by(sized, lambda k: (k["type"], low_of(k["bytes"]))))
    largest = collections.defaultdict(int)
    for k in sized:
        place = k["type"], low_of(k["bytes"])
        largest[place] = max(largest[place], k["bytes"])
    check(f"{name}: largest sizes", table(db, (["type", "low_bytes"], ["largest_bytes"]), "sizes"),
          {place: (v,) for place, v in largest.items()})

    place = lambda k: (k["type"], k["encoding"], k["rdb_encoding"])  # noqa: E731
    check(f"{name}: encodings", table(db, (["type", "encoding", "rdb_encoding"], SUMS), "encodings"), sums_by(keys, place))
    rest = collections.defaultdict(lambda: [0, 0, 0])
    for k in keys:
        for i, column in enumerate(("rdb_bytes", "elements", "key_bytes")):
            rest[place(k)][i] += k[column] or 0
    check(f"{name}: encodings' elements",
          table(db, (["type", "encoding", "rdb_encoding"], ["rdb_bytes", "elements", "key_bytes"]), "encodings"),
          {p: tuple(v) for p, v in rest.items()})

    def moment(k):
        if k["expires_at"] is None or k["expires_at"] < now:
            return None
        start, end = period_of(k["expires_at"] - now)
        return now + start, None if end is None else now + end
    check(f"{name}: expiry", table(db, (["from_at", "until_at"], SUMS), "expiry"), sums_by(keys, moment))
    patterns = collections.defaultdict(collections.Counter)
    for k in keys:
        if moment(k) is not None:
            patterns[moment(k)][k["pattern_id"]] += 1
    for start, end, pattern, proven in db.execute("SELECT from_at, until_at, pattern, pattern_keys FROM expiry_rows"):
        counts = patterns[start, end]
        most, count = counts.most_common(1)[0]
        if not 1 <= proven <= counts[pattern] or (2 * count > sum(counts.values()) and pattern != most):
            check(f"{name}: pattern of {start}", (pattern, proven), (most, count))

    for kind, column, limits in (("idle", "idle_seconds", [0, 3600, 86400, 7 * 86400, 30 * 86400]),
                                 ("freq", "freq", [0, 1, 5, 6, 10, 50, 255])):
        expected = sums_by([k for k in keys if k[column] is not None],
                           lambda k: (k["pattern_id"], bucket_from(k[column], limits)))
        check(f"{name}: {kind}", table(db, (["id", "from_value"], SUMS), f"usage WHERE kind = '{kind}'"), expected)

    days = collections.defaultdict(list)
    for k in keys:
        days[k["pattern_id"]].append(day_of(raw(k["key"])))
    check(f"{name}: dated names", table(db, (["pattern"], ["keys", "first_day", "last_day"]), "dated_rows"),
          {p: (len(d), str(min(d)), str(max(d))) for p, d in days.items() if None not in d})


def check_slots(name, db, keys, is_cluster):
    expected = sums_by(keys, slot_of) if is_cluster else {}
    check(f"{name}: slots", table(db, (["coalesce(slot, -1)"], SUMS), "slots"), expected)
    tags = sums_by(keys, lambda k: tag_of(raw(k["key"]))) if is_cluster else {}
    check(f"{name}: hash tags", table(db, (["CAST(tag AS BLOB)"], SUMS), "hash_tags WHERE length(tag) < 256"),
          {t: s for t, s in tags.items() if len(t) < 256})


# ---- the reports ------------------------------------------------------------------------------


def rows_of(document, report, section):
    [rows] = [s["rows"] for r in document["reports"] if r["name"] == report
              for s in r["sections"] if s["name"] == section]
    return rows


def check_percentiles(name, document, keys):
    sizes = collections.defaultdict(list)
    for k in keys:
        if k["bytes"] is not None:
            sizes[k["type"]].append(k["bytes"])
            sizes["all"].append(k["bytes"])
    rows = rows_of(document, "bigkeys", "percentiles")
    check(f"{name}: percentiles of", sorted((r["type"], r["keys"], r["largest_bytes"]) for r in rows),
          sorted((t, len(s), max(s)) for t, s in sizes.items()))
    for r in rows:
        ordered = sorted(sizes[r["type"]])
        for column, permille in (("p50_bytes", 500), ("p90_bytes", 900), ("p99_bytes", 990), ("p999_bytes", 999)):
            exact = ordered[-(-len(ordered) * permille // 1000) - 1]
            if not (r[column] == exact if exact < 4096 else exact <= r[column] <= exact * (1 + 1 / 256)):
                check(f"{name}: {r['type']} {column}", r[column], exact)
    histogram = collections.Counter(1 << s.bit_length() - 1 if s > 0 else 0 for s in sizes["all"])
    check(f"{name}: histogram", {r["from_bytes"]: r["keys"] for r in rows_of(document, "bigkeys", "histogram")}, dict(histogram))


def check_lists(name, document, keys):
    ordered = sorted(keys, key=lambda k: (-k["key_bytes"], k["id"]))[:20]
    check(f"{name}: longest names", [r["key_bytes"] for r in rows_of(document, "bigkeys", "longest_names")],
          [k["key_bytes"] for k in ordered])
    used = sorted((k for k in keys if k["freq"] is not None), key=lambda k: (-k["freq"], k["id"]))[:20]
    check(f"{name}: hot keys", [(r["key_text"], r["freq"]) for r in rows_of(document, "freq", "hot")],
          [(k["key_text"], k["freq"]) for k in used])
    by_type = sums_by(keys, lambda k: k["type"])
    check(f"{name}: types", {r["type"]: r["keys"] for r in rows_of(document, "types", "types")},
          {t: s[0] for t, s in by_type.items()})


def size_of(keys):
    has_alloc = all(k["alloc_bytes"] is not None or k["bytes"] is None for k in keys) and any(
        k["alloc_bytes"] is not None for k in keys)
    return lambda k: (k["alloc_bytes"] if has_alloc else k["bytes"]) or 0


def cliffs_of(keys, now):
    """{milliseconds after now: (keys, size)} of every cliff, as its comment in ttl.sql defines it."""
    size_of_key = size_of(keys)
    size, count, total = collections.Counter(), collections.Counter(), sum(map(size_of_key, keys))
    for k in keys:
        if k["expires_at"] is not None and k["expires_at"] >= now:
            period = period_of(k["expires_at"] - now)
            size[period] += size_of_key(k)
            count[period] += 1
    found = {}
    for step, reach, first, end in ((MINUTE, 30, 0, DAY), (HOUR, 12, DAY, 30 * DAY), (DAY, 7, 30 * DAY, 3652 * DAY)):
        start = None
        for at in range(first, end, step):
            own = at, at + step
            if own not in count or count[own] < 100 or max(count[own] / len(keys), size[own] / total) < 0.01:
                start = None
                continue
            around = [size[a, a + step] for a in range(at - reach * step, at + (reach + 1) * step, step) if a != at and first <= a < end]
            if size[own] * len(around) < 5 * sum(around):
                start = None
                continue
            start = at if start is None else start
            before = found.get(start, (0, 0))
            found[start] = before[0] + count[own], before[1] + size[own]
    return found


def check_expiry(name, document, keys, now):
    size = size_of(keys)
    alive = [k for k in keys if k["expires_at"] is not None and k["expires_at"] >= now]
    steps = [0] + [r["keys"] for r in rows_of(document, "ttl", "freed")]
    check(f"{name}: a step frees nothing more", [b for a, b in zip(steps, steps[1:-1]) if b <= a], [])
    for r in rows_of(document, "ttl", "freed"):
        gone = [k for k in alive if k["expires_at"] - now < r["within_ms"]]
        check(f"{name}: freed within {r['within_ms']}", (r["keys"], r["size_bytes"]), (len(gone), sum(map(size, gone))))
    found = {r["in_ms"]: (r["keys"], r["size_bytes"]) for r in rows_of(document, "ttl", "cliffs")}
    expected = cliffs_of(keys, now) if alive else {}
    check(f"{name}: cliffs", found, expected if len(expected) <= 15 else {k: expected[k] for k in found})
    return len(found)


def check_usage(name, document, keys):
    size = size_of(keys)
    for r in rows_of(document, "idle", "patterns"):
        idle = [k for k in keys if k["db"] == r["db"] and k["pattern"] == r["pattern_text"] and k["type"] == r["type"]]
        expected = [sum(size(k) for k in idle if k["idle_seconds"] >= s) for s in (0, 3600, 86400, 604800, 2592000)]
        check(f"{name}: idle {r['pattern_text']}",
              [r["size_bytes"], r["hour_bytes"], r["day_bytes"], r["week_bytes"], r["month_bytes"]], expected)
    for kind, column, word in (("idle", "idle_seconds", "LRU (all"), ("freq", "freq", "LFU (all")):
        [policy] = rows_of(document, kind, "policy")
        has = any(k[column] is not None for k in keys)
        check(f"{name}: policy of {kind}", policy["policy"].startswith("The file has") and word in policy["policy"], has)


def check_skew(name, document, keys, is_cluster):
    size = size_of(keys)
    slots = collections.defaultdict(list)
    for k in keys if is_cluster else []:
        slots[slot_of(k)].append(k)
    slots.pop(-1, None)
    check(f"{name}: largest slots", [(r["slot_id"], r["keys"], r["size_bytes"]) for r in rows_of(document, "slots", "largest")],
          [(s, len(m), sum(map(size, m))) for s, m in sorted(slots.items(), key=lambda i: (-sum(map(size, i[1])), i[0]))][:20])
    if slots:
        [r] = rows_of(document, "slots", "skew")
        sizes = sorted((sum(map(size, m)) for m in slots.values()), reverse=True)
        check(f"{name}: skew", (r["slots"], r["largest_size_bytes"], round(r["tenth_share_pct"], 6)),
              (len(slots), sizes[0], round(100 * sum(sizes[:-(-len(sizes) // 10)]) / sum(sizes), 6)))


# ---- gains ------------------------------------------------------------------------------------

GAINS = {"limits": "SELECT id, sum(alloc_bytes) FROM past_limits GROUP BY id",
         "strings": "SELECT id, lzf_alloc_bytes FROM strings WHERE lzf_keys > 0"}


def check_gains(rdblens, path, folder):
    """What has expired gains nothing in another form: as of 2100 patterns whose keys all have a TTL have no gains left, and
    those without any TTL the same as ever. How many lost theirs."""
    runs = []
    for now in ([], ["--now", "2100-01-01"]):
        database = os.path.join(folder, "gains.db")
        subprocess.run([rdblens, "analyze", path, "-o", database, "--replace", "--quiet", *now], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=False)
        db = sqlite3.connect(database)
        with_ttl = dict(db.execute("SELECT (k.id >> 40) << 40 | r.pattern_n, sum(k.expires_at IS NOT NULL) * 1.0 / count(*)"
                                   " FROM keys k JOIN key_rows r ON r.id = k.id GROUP BY 1"))
        runs.append({what: dict(db.execute(sql)) for what, sql in GAINS.items()})
        db.close()
    lost = 0
    for what in GAINS:
        before, after = (run[what] for run in runs)
        check(f"{os.path.basename(path)}: {what}: patterns that never expire", {p: n for p, n in after.items() if with_ttl[p] == 0},
              {p: n for p, n in before.items() if with_ttl[p] == 0})
        check(f"{os.path.basename(path)}: {what}: patterns that have expired", [p for p, n in after.items() if n and with_ttl[p] == 1], [])
        lost += sum(1 for p, n in before.items() if n and with_ttl[p] == 1)
    return lost


# ---- all of it --------------------------------------------------------------------------------


def one(rdblens, path, folder, options, is_late):
    """Analyzes with options; late: gives them to a report on the whole file, which was analyzed before."""
    database = os.path.join(folder, "r.db")
    name = " ".join([os.path.basename(path), *options])
    if not is_late:
        subprocess.run([rdblens, "analyze", path, "-o", database, "--replace", "--quiet", *options], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=False)
    db = sqlite3.connect(database)
    db.row_factory = sqlite3.Row
    keys = [dict(r) for r in db.execute("SELECT k.*, (k.id >> 40) << 40 | r.pattern_n AS pattern_id"
                                        " FROM keys k JOIN key_rows r ON r.id = k.id ORDER BY k.id")]
    [[now, config]] = db.execute("SELECT now, config FROM snapshots").fetchall()
    is_cluster = "cluster-enabled=yes" in (config or "")
    done = subprocess.run([rdblens, "report", database, *REPORTS, "-f", "json", *(options if is_late else [])],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    document = json.loads(done.stdout)
    if is_late:
        keys = [k for k in keys if k["type"] == "hash" or "type" not in options[0]]
        name += " (late)"
    else:
        check_tables(name, db, keys, now)
        check_slots(name, db, keys, is_cluster)
    db.close()
    check_percentiles(name, document, keys)
    check_lists(name, document, keys)
    cliffs = check_expiry(name, document, keys, now) if keys else 0
    if not is_late:
        check_usage(name, document, keys)
    check_skew(name, document, keys, is_cluster)
    return cliffs


def main():
    rdblens, fixtures = sys.argv[1:3]
    paths = [os.path.join(fixtures, f"{n}.rdb") for n in (
        "sidekiq_v11", "lru_v9", "lfu_v9", "slot_info_v12", "valkey_slots_v11", "damaged_v11", "module_v9")]
    if len(sys.argv) > 3:
        corpus = os.path.join(sys.argv[3], "corpus")
        paths = sorted(glob.glob(f"{corpus}/truth/*.rdb") + glob.glob(f"{corpus}/sidekiq/*.rdb") + glob.glob(f"{corpus}/queues/*.rdb"))
        if not paths:
            print("skipped: no corpus")
            return 77
    cliffs = lost = 0
    with tempfile.TemporaryDirectory() as folder:
        for path in paths:
            for options, is_late in (([], False), (["--type", "hash"], True), (["--type", "hash"], False),
                                     (["--config", "cluster-enabled=yes"], False)):
                cliffs += one(rdblens, path, folder, options, is_late)
            lost += check_gains(rdblens, path, folder)
    check("patterns whose gains expire", lost > 0, True)
    print(f"{len(paths)} files, {cliffs} cliffs, {lost} patterns whose gains expire, {len(failures)} differences")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
