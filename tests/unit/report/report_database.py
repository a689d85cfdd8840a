# SPDX-License-Identifier: MIT
"""Report databases made by hand: rows of our own in the tables of schema.sql.

What the reports must say about them is computed here or in the tests by plain Python and SQL of its own,
never by the program.
"""
import sqlite3

MIB = 1 << 20
SAVED_AT = 1700438413000  # 2023-11-20 00:00:13 UTC
DAY_MS = 86_400_000

TYPES = ["none", "string", "list", "set", "zset", "hash", "stream", "module"]
ROLES = ["app", "jobs", "state", "counter", "lock", "metrics", "cache", "session"]

# Names that a format, a terminal or a spreadsheet might trip over.
HOSTILE = [
    b"line\nbreak",
    b'quote"inside',
    b"pipe|pipe",
    b"</script><script>alert(1)</script>",
    b"\x1b[31mred\x1b[0m\x07",
    b"\xff\xfe not utf8",
    b"nul\x00inside",
    "rtl\u202eabc\u2066x".encode(),
    "\u05e9\u05dc\u05d5\u05dd".encode(),
    b"=cmd|' /C calc'!A0",
    b"+1+1",
    b"-2",
    b"@SUM(A1)",
    b"\ttab",
    b"\rcarriage",
    b"k" * 300,
    b"",
    b"back\\slash",
    b"comma,semicolon;",
    "c1\u0085\u009b31m".encode(),
    "wide\u6f22\u5b57\U0001f600".encode(),
    b"`code` *bold* [a](http://x) <b>&amp;",
    b"zero\xe2\x80\x8bwidth\xcc\x81\xcc\x81",
    b" blanks ",
]


def key_and_text(raw):
    """key and key_text as design.md has them."""
    try:
        text = raw.decode("utf-8")
        if "\0" not in text:
            return text, text.replace("\\", "\\\\")
    except UnicodeDecodeError:
        pass
    return raw, escaped(raw)


def escaped(raw):
    out, i = "", 0
    while i < len(raw):
        for n in (1, 2, 3, 4):
            try:
                char = raw[i : i + n].decode("utf-8")
            except UnicodeDecodeError:
                continue
            if len(char) == 1 and char != "\0":
                out += "\\\\" if char == "\\" else char
                i += n
                break
        else:
            out += "\\x%02x" % raw[i]
            i += 1
    return out


class Database:
    def __init__(self, path, schema):
        self.path = path
        self.db = sqlite3.connect(path)
        with open(schema, encoding="ascii") as file:
            self.db.executescript(file.read())
        for table, names in (("type_names", TYPES), ("role_names", ROLES)):
            self.db.executemany(f"INSERT INTO {table} VALUES(?, ?)", enumerate(names))
        self.db.execute("INSERT INTO encoding_names VALUES(0, NULL), (3, 'raw')")
        self.db.execute("INSERT INTO rdb_encoding_names VALUES(0, 'STRING')")
        self.db.execute("INSERT INTO size_note_names VALUES(0, 'exact')")

    def close(self):
        self.db.commit()
        self.db.close()

    def insert(self, table, **columns):
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        self.db.execute(f"INSERT INTO {table}({names}) VALUES({marks})", list(columns.values()))

    def add_set(self, id, label, taken_at):
        self.insert("sets", id=id, label=label, taken_at=taken_at)

    def add_snapshot(self, id, set_id, keys, **changes):
        """keys: dicts of raw, db, type, bytes, expires_at, elements, role, pattern."""
        saved = changes.get("created_at", SAVED_AT)
        columns = dict(
            id=id, set_id=set_id, path=f"/backup/node-{id}.rdb", label=f"node-{id}.rdb",
            container="plain", file_bytes=5 * MIB, bytes_read=5 * MIB, rdb_version=11,
            server="redis", server_version="7.2.6", created_at=saved, used_memory=9 * MIB,
            checksum="ok", trailing="none", complete=1, depth="needed", keys_stored="all",
            keys=len(keys), expires=sum(k["expires_at"] is not None for k in keys),
            bytes=sum(k["bytes"] for k in keys), alloc_bytes=alloc(keys), model="redis-7.2", allocator="jemalloc", now=saved,
            now_source="ctime", loaded_at=saved, rdblens_version="0", identity=f"id-{id}")
        columns.update(changes)
        self.insert("snapshots", **columns)
        self.add_keys(id, keys, saved)

    def add_keys(self, snapshot_id, keys, now):
        groups = {}
        for n, k in enumerate(keys, 1):
            k["n"] = n
            groups.setdefault((k["db"], k["pattern"], k["type"], k["role"]), []).append(k)
        for n, ((db, pattern, type_name, role), members) in enumerate(groups.items(), 1):
            for k in members:
                k["pattern_n"] = n
            key, text = key_and_text(pattern)
            self.insert(
                "pattern_rows", id=snapshot_id << 40 | n, db=db, pattern=key, pattern_text=text,
                type=TYPES.index(type_name), role=ROLES.index(role),
                system=None if role == "app" else "sidekiq", rdb_bytes=len(members),
                elements=sum(k["elements"] for k in members), **sums(members, now, False))
        for k in keys:
            key, text = key_and_text(k["raw"])
            self.insert(
                "key_rows", id=snapshot_id << 40 | k["n"], db=k["db"], key=key, key_text=text,
                type=TYPES.index(k["type"]), encoding=3, rdb_encoding=0, size_note=0,
                bytes=k["bytes"], alloc_bytes=k["alloc"], rdb_bytes=1, elements=k["elements"],
                largest_element=k["bytes"] // 2, expires_at=k["expires_at"],
                pattern_n=k["pattern_n"])
        self.add_aggregates(snapshot_id, keys, now)

    def add_aggregates(self, snapshot_id, keys, now):
        for db in sorted({k["db"] for k in keys}):
            members = [k for k in keys if k["db"] == db]
            row = sums(members, now, True)
            self.insert("databases", snapshot_id=snapshot_id, db=db, **row)
        ttls = {}
        for k in keys:
            bucket = bucket_of(k["expires_at"], now)
            ttls.setdefault((k["db"], TYPES.index(k["type"]), bucket), []).append(k)
        for (db, type_id, bucket), members in ttls.items():
            self.insert("ttl_rows", snapshot_id=snapshot_id, db=db, type=type_id, bucket=bucket,
                        keys=len(members), bytes=sum(k["bytes"] for k in members),
                        alloc_bytes=alloc(members))
        for measure in ("bytes", "elements"):
            self.add_top(snapshot_id, keys, measure)

    def add_top(self, snapshot_id, keys, measure):
        scopes = [("all", "", keys)]
        scopes += [("type", t, [k for k in keys if k["type"] == t]) for t in TYPES]
        for scope, value, members in scopes:
            members = sorted(members, key=lambda k: (-k[measure], k["n"]))[:1000]
            for rank, k in enumerate(members, 1):
                self.insert("top_rows", snapshot_id=snapshot_id, measure=measure, scope=scope,
                            scope_value=value, rank=rank, key_id=snapshot_id << 40 | k["n"])


def alloc(keys):
    return None if any(k["alloc"] is None for k in keys) else sum(k["alloc"] for k in keys)


def alloc_part(keys, part):
    return None if alloc(keys) is None else alloc(part)


def sums(keys, now, is_database):
    without = [k for k in keys if k["expires_at"] is None]
    expired = [k for k in keys if k["expires_at"] is not None and k["expires_at"] <= now]
    row = dict(
        keys=len(keys), bytes=sum(k["bytes"] for k in keys), alloc_bytes=alloc(keys),
        bytes_without_ttl=sum(k["bytes"] for k in without), alloc_bytes_without_ttl=alloc_part(keys, without),
        expired_keys=len(expired), expired_bytes=sum(k["bytes"] for k in expired),
        expired_alloc_bytes=alloc_part(keys, expired))
    row.update({"expires": len(keys) - len(without)} if is_database
               else {"keys_without_ttl": len(without)})
    return row


def bucket_of(expires_at, now):
    if expires_at is None:
        return 9
    seconds = (expires_at - now) / 1000
    if seconds <= 0:
        return 0
    limits = [3600, 14400, 43200, 86400, 604800, 2592000, 31536000]
    return next((i for i, limit in enumerate(limits, 1) if seconds < limit), 8)


def key(raw, bytes, db=0, type="string", expires_at=None, elements=1, role="app", pattern=None, alloc=None):
    return dict(alloc=alloc, raw=raw, bytes=bytes, db=db, type=type, expires_at=expires_at, elements=elements,
                role=role, pattern=raw if pattern is None else pattern)


def ordinary_keys():
    """A small Rails application with Sidekiq in db 1."""
    keys = [key(b"session:%d" % i, 200 + i, expires_at=SAVED_AT + i * 1000, role="session",
                pattern=b"session:*") for i in range(400)]
    keys += [key(b"user:%d:config" % i, 5000 - i, type="hash", elements=i, pattern=b"user:*:config")
             for i in range(300)]
    keys += [key(b"views/page-%d" % i, 10_000, role="cache", pattern=b"views/page-*",
                 expires_at=None if i % 2 else SAVED_AT - 5000) for i in range(50)]
    keys += [key(b"queue:default", 70_000, db=1, type="list", elements=321, role="jobs"),
             key(b"dead", 900_000, db=1, type="zset", elements=9999, role="jobs")]
    keys += [key(b"stat:processed:2018-01-%02d" % i, 80, db=1, role="counter",
                 pattern=b"stat:processed:*") for i in range(1, 32)]
    return keys


def hostile_keys():
    return [key(raw, 1000 - i) for i, raw in enumerate(HOSTILE)]


def add_sidekiq(database, snapshot_id, namespace=""):
    where = dict(snapshot_id=snapshot_id, db=1, namespace=namespace)
    database.insert("sidekiq_installations", evidence="stat:processed is a number, jobs in dead",
                    version=">= 5.2", processes=2, live_processes=1, **where)
    score = dict(first_score_at=SAVED_AT - 6 * 3_600_000, last_score_at=SAVED_AT - 60_000)
    none = dict(first_score_at=None, last_score_at=None)
    rest = dict(payload_bytes=60_000, unparsable=0, private=0)
    database.insert("sidekiq_sets", name="default", kind="queue", jobs=321, bytes=70_000,
                    oldest_at=SAVED_AT - 7_200_000, newest_at=SAVED_AT - 1000, latency_ms=7_200_000,
                    registered=1, **where, **none, **rest)
    database.insert("sidekiq_sets", name="lost", kind="queue", jobs=3, bytes=900,
                    oldest_at=SAVED_AT - DAY_MS, newest_at=SAVED_AT - DAY_MS, latency_ms=DAY_MS,
                    registered=0, **where, **none, **rest)
    database.insert("sidekiq_sets", name="retry", kind="retry", jobs=40, bytes=9_000,
                    oldest_at=SAVED_AT - 2 * DAY_MS, newest_at=SAVED_AT - 9000, registered=0,
                    **where, **score, **rest)
    database.insert("sidekiq_sets", name="dead", kind="dead", jobs=9_999, bytes=900_000,
                    oldest_at=SAVED_AT - 6 * 3_600_000, newest_at=SAVED_AT - 60_000, registered=0,
                    **where, **score, **rest)
    for kind, set_name, name, error, jobs in (
            ("queue", "default", "HardJob", "", 300), ("queue", "default", "Evil|Job", "", 21),
            ("retry", "retry", "HardJob", "IOError", 30), ("retry", "retry", "HardJob", "KeyError", 10),
            ("dead", "dead", "DoomedJob", "ZeroDivisionError", 9_999)):
        database.insert("sidekiq_jobs", kind=kind, set_name=set_name, **{"class": name},
                        error_class=error, jobs=jobs, bytes=jobs * 100, largest_bytes=500,
                        backtrace_bytes=jobs * 40, args_bytes=jobs * 10,
                        oldest_at=SAVED_AT - DAY_MS, newest_at=SAVED_AT, retry_count_max=3, **where)
    for stat in ("processed", "failed"):
        database.insert("sidekiq_stats", stat=stat, total=123_456, dated_keys=31,
                        dated_keys_without_ttl=31, dated_keys_zero=2, dated_bytes=2480,
                        dated_bytes_without_ttl=2480, dated_alloc_bytes=2480,
                        dated_alloc_bytes_without_ttl=2480, first_day="2018-01-01", last_day="2018-01-31",
                        first_day_without_ttl="2018-01-01", last_day_without_ttl="2018-01-31",
                        **where)
