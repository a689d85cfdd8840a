#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reports in all formats, read back by parsers that are not ours: test_reports.py RDBLENS SCHEMA.

The databases are made by report_database.py; expected figures are computed from its rows.
"""
import csv
import fcntl
import io
import json
import os
import re
import signal
import struct
import subprocess
import sys
import tempfile
import time
import termios
import unicodedata
import unittest

from report_database import (DAY_MS, HOSTILE, SAVED_AT, Database, add_sidekiq, escaped,
                             hostile_keys, key, ordinary_keys)

RDBLENS = SCHEMA = FOLDER = ""
ESCAPED = [escaped(raw) for raw in HOSTILE]
KIB, MIB = 1 << 10, 1 << 20
FORMATS = ["table", "json", "ndjson", "csv", "markdown"]
NAMES = ["summary", "bigkeys", "types", "databases", "ttl", "idle", "freq", "slots", "nodes", "memory", "sidekiq", "jobs", "patterns", "encodings", "streams", "functions", "modules", "aux", "defects"]


def run(*args, code=0, env=None, text=True):
    done = subprocess.run([RDBLENS, *map(str, args)], capture_output=True, check=False,
                          env={"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin", "RDBLENS_CONFIG": "/dev/null",
                               **(env or {})})
    assert done.returncode == code, (args, done.returncode, done.stdout[-500:], done.stderr[-2000:])
    if code == 0:
        assert done.stderr == b"", done.stderr
    run.stderr = done.stderr.decode()
    return done.stdout.decode() if text else done.stdout


def report(path, *args, **options):
    return run("report", path, *args, **options)


def rows_of(document, report_name, section):
    for r in document["reports"]:
        for s in r["sections"]:
            if (r["name"], s["name"]) == (report_name, section):
                return s["rows"]
    raise AssertionError(f"no section {report_name}/{section}")


def without_ages(document):
    """The snapshots' ages are by the wall clock."""
    document = json.loads(json.dumps(document))
    for r in document["reports"]:
        for snapshot in r["snapshots"]:
            del snapshot["age_ms"]
    return document


def make(name, fill):
    path = os.path.join(FOLDER, name)
    database = Database(path, SCHEMA)
    fill(database)
    database.close()
    return path


def one_set(keys, sidekiq=False, **changes):
    def fill(database):
        database.add_set(1, "set-1", SAVED_AT)
        database.add_snapshot(1, 1, keys, **changes)
        if sidekiq:
            add_sidekiq(database, 1)
    return fill


def columns_of(text):
    """Columns on a terminal, by Unicode's own tables."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in text)


def split_markdown_row(line):
    cells = re.split(r"(?<!\\)(?:\\\\)*\|", line.strip())
    return [c.strip() for c in cells[1:-1]]


class Ordinary(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.keys = ordinary_keys()
        cls.path = make("ordinary.db", one_set(cls.keys, sidekiq=True))
        cls.before_ms = time.time() * 1000 - 1
        cls.json = json.loads(report(cls.path, "-f", "json"))

    def test_json_has_all_reports(self):
        self.assertEqual(self.json["schema_version"], 1)
        self.assertEqual([r["name"] for r in self.json["reports"]], NAMES)
        for r in self.json["reports"]:
            self.assertEqual(r["snapshots"][0]["path"], "/backup/node-1.rdb")
            # by the wall clock
            age_ms = r["snapshots"][0]["age_ms"]
            self.assertTrue(self.before_ms - SAVED_AT <= age_ms <= time.time() * 1000 - SAVED_AT, age_ms)
            self.assertEqual(r["set"]["label"], "set-1")
            for s in r["sections"]:
                for row in s["rows"]:
                    self.assertEqual(list(row), s["columns"])

    def test_totals(self):
        [row] = rows_of(self.json, "summary", "totals")
        without = [k for k in self.keys if k["expires_at"] is None]
        size, keys = sum(k["bytes"] for k in self.keys), len(self.keys)
        size_without = sum(k["bytes"] for k in without)
        expired = [k for k in self.keys if k["expires_at"] and k["expires_at"] <= SAVED_AT]
        self.assertEqual((row["keys"], row["bytes"]), (keys, size))
        self.assertAlmostEqual(row["keys_without_ttl_pct"], 100 * len(without) / keys)
        self.assertAlmostEqual(row["size_without_ttl_pct"], 100 * size_without / size)
        self.assertEqual(row["expired_keys"], len(expired))
        self.assertEqual(row["expired_bytes"], sum(k["bytes"] for k in expired))

    def test_patterns_by_size(self):
        sizes = {}
        for k in self.keys:
            sizes[k["pattern"].decode()] = sizes.get(k["pattern"].decode(), 0) + k["bytes"]
        rows = rows_of(self.json, "patterns", "patterns")
        self.assertEqual([(r["pattern_text"], r["size_bytes"]) for r in rows],
                         sorted(sizes.items(), key=lambda i: -i[1]))
        self.assertAlmostEqual(sum(r["share_pct"] for r in rows), 100)

    def test_bigkeys(self):
        rows = rows_of(self.json, "bigkeys", "largest")
        want = sorted(self.keys, key=lambda k: (-k["bytes"], k["n"]))[:20]
        self.assertEqual([(r["key_text"], r["bytes"]) for r in rows],
                         [(k["raw"].decode(), k["bytes"]) for k in want])
        for r in rows_of(self.json, "bigkeys", "by_type"):
            self.assertIn(r["type"], {k["type"] for k in self.keys})
        by_type = rows_of(self.json, "bigkeys", "by_type")
        hashes = [r["key_text"] for r in by_type if r["type"] == "hash"]
        self.assertEqual(hashes, [f"user:{i}:config" for i in range(5)])

    def test_bigkeys_ttl(self):
        ttls = {r["key_text"]: r["ttl_seconds"] for r in rows_of(self.json, "bigkeys", "largest")}
        self.assertEqual(ttls["views/page-0"], -5)
        self.assertIsNone(ttls["views/page-1"])

    def test_no_ttl_patterns_in_two_groups(self):
        yours = {r["pattern_text"]: r for r in rows_of(self.json, "ttl", "yours")}
        design = {r["pattern_text"]: r for r in rows_of(self.json, "ttl", "by_design")}
        self.assertEqual(list(yours), ["user:*:config", "views/page-*"])
        self.assertEqual(set(design), {"queue:default", "dead", "stat:processed:*"})
        self.assertEqual(yours["views/page-*"]["keys_without_ttl"], 25)
        self.assertAlmostEqual(yours["views/page-*"]["keys_without_ttl_pct"], 50)

    def test_ttl_buckets_sum_up(self):
        rows = rows_of(self.json, "ttl", "when")
        self.assertEqual(sum(r["keys"] for r in rows), len(self.keys))
        self.assertAlmostEqual(sum(r["keys_pct"] for r in rows), 100)
        self.assertAlmostEqual(sum(r["share_pct"] for r in rows), 100)
        self.assertEqual([r["bucket"] for r in rows], ["expired", "<1h", "none"])

    def test_ttl_by_database_and_type(self):
        for section, field in (("databases", "db"), ("types", "type")):
            for row in rows_of(self.json, "ttl", section):
                members = [k for k in self.keys if k[field] == row[field]]
                without = [k for k in members if k["expires_at"] is None]
                self.assertEqual(row["keys"], len(members), row)
                self.assertEqual(row["bytes_without_ttl"], sum(k["bytes"] for k in without), row)

    def test_sidekiq(self):
        sets = {r["name"]: r for r in rows_of(self.json, "sidekiq", "sets")}
        self.assertEqual(sets["dead"]["jobs"], 9999)
        self.assertEqual(sets["retry"]["overdue_ms"], 6 * 3_600_000)
        self.assertIsNone(sets["dead"]["overdue_ms"])
        self.assertIn("Web UI", sets["lost"]["remark"])
        limits = {r["kind"]: r for r in rows_of(self.json, "sidekiq", "limits")}
        self.assertEqual(limits["dead"]["is_full"], 1)
        self.assertEqual(limits["dead"]["reach_ms"], 6 * 3_600_000 - 60_000)
        classes = {(r["kind"], r["class"]): r for r in rows_of(self.json, "sidekiq", "classes")}
        self.assertEqual(classes["retry", "HardJob"]["jobs"], 40)
        self.assertAlmostEqual(classes["queue", "HardJob"]["jobs_pct"], 100 * 300 / 321)
        errors = {(r["error_class"], r["class"]): r["jobs"]
                  for r in rows_of(self.json, "sidekiq", "errors")}
        self.assertEqual(errors, {("IOError", "HardJob"): 30, ("KeyError", "HardJob"): 10,
                                  ("ZeroDivisionError", "DoomedJob"): 9999})

    def test_sidekiq_words(self):
        text = " ".join(report(self.path, "sidekiq").split())
        self.assertIn("noise", text)
        self.assertIn("never stat:processed and stat:failed themselves", text)
        self.assertIn("FULL", text)
        self.assertIn("5 h 59 min", text)

    def test_summary_is_one_screen(self):
        lines = report(self.path).splitlines()
        self.assertLessEqual(len(lines), 24)
        self.assertLessEqual(max(map(columns_of, lines)), 80)
        text = "\n".join(lines)
        for word in ("/backup/node-1.rdb", "redis 7.2.6", "2023-11-20 00:00:13 UTC", " ago",
                     "complete", "checksum ok", "redis-7.2", "Next     rdblens report"):
            self.assertIn(word, text)

    def test_table_fits_every_width(self):
        for width in (40, 60, 80, 132, 200):
            for name in NAMES:
                lines = report(self.path, name, "--width", width).splitlines()
                self.assertLessEqual(max(map(columns_of, lines)), width, (width, name))

    def test_csv_of_one_section_is_one_table(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "mine.sql"), "w", encoding="utf-8") as f:
                f.write("-- title: Mine\n-- section: all |\nSELECT db, pattern_text FROM report_patterns;\n")
            rows = list(csv.DictReader(io.StringIO(report(self.path, "mine", "--reports-dir", folder, "-f", "csv"))))
        self.assertEqual(len(rows), 6)
        self.assertNotIn("section", rows[0])

    def test_csv_of_many_reports(self):
        text = report(self.path, "ttl", "summary", "-f", "csv")
        blocks = text.replace("\r\n", "\n").rstrip("\n").split("\n\n")
        for block in blocks:
            rows = list(csv.reader(io.StringIO(block)))
            self.assertEqual(rows[0][:2], ["report", "section"])
            self.assertEqual({len(r) for r in rows}, {len(rows[0])})

    def test_top_and_param(self):
        rows = report(self.path, "bigkeys", "-f", "ndjson", "--top", 3).splitlines()
        largest = [json.loads(r) for r in rows if json.loads(r)["section"] == "largest"]
        self.assertEqual(len(largest), 3)
        report(self.path, "bigkeys", "--param", "per_type=1")
        report(self.path, "bigkeys", "--param", "no_such=1", code=2)
        self.assertIn("no_such", run.stderr)

    def test_query_params(self):
        """Parameters of a query: on lines of its SQL, given, or both; what nothing reads is an error."""
        def ask(sql, *options, code=0):
            done = subprocess.run([RDBLENS, "query", self.path, sql, "-f", "csv", *options], capture_output=True, text=True,
                                  check=False)
            self.assertEqual(done.returncode, code, done.stderr)
            return done.stdout.splitlines()[1:]
        self.assertEqual(ask("SELECT :top\n-- param: top = 20"), ["20"])
        self.assertEqual(ask("SELECT :top\n-- param: top = 20", "--param", "top=7"), ["7"])
        self.assertEqual(ask("SELECT :top + :more", "--param", "top=7", "--param", "more=1"), ["8"])
        self.assertEqual(ask("SELECT count(*) FROM report_totals", "--set", "newest"), ["1"])
        ask("SELECT :top", code=2)
        ask("SELECT :topmost", "--param", "top=1", code=2)
        ask("SELECT 1", "--param", "top=1", code=2)

    def test_usage_errors(self):
        for args in (["no-such-report"], ["-f", "xml"], ["--set", "9"], ["--top", "x"],
                     ["-o", os.path.join(FOLDER, "x.pdf")], ["-o", os.path.join(FOLDER, "no/x.json")],
                     ["-f", "json", "-o", self.path]):
            self.assertEqual(report(self.path, *args, code=2), "", args)
            self.assertEqual(run.stderr.count("\n"), 1, run.stderr)
            self.assertTrue(run.stderr.startswith("rdblens: "), run.stderr)
        self.assertFalse(os.path.exists(os.path.join(FOLDER, "x.pdf")))

    def test_outputs(self):
        paths = [os.path.join(FOLDER, "out." + e) for e in ("json", "ndjson", "csv", "md", "txt")]
        args = [a for p in paths for a in ("-o", p)]
        self.assertEqual(report(self.path, *args), "")
        with open(paths[0], encoding="utf-8") as file:
            self.assertEqual(without_ages(json.load(file)), without_ages(self.json))
        with open(paths[4], encoding="utf-8") as file:
            self.assertEqual(re.sub(r", [^,]* ago", "", file.read()), re.sub(r", [^,]* ago", "", report(self.path)))
        self.assertEqual([f for f in os.listdir(FOLDER) if f.startswith(".out")], [])

    def test_failed_output_leaves_nothing(self):
        path = os.path.join(FOLDER, "kept.json")
        with open(path, "w", encoding="utf-8") as file:
            file.write("old")
        report(self.path, "no-such", "-o", path, code=2)
        report(self.path, "-o", path, "--set", "none", code=2)
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read(), "old")

    def test_full_disk(self):
        self.assertTrue(os.path.exists("/dev/full"))
        report(self.path, "-f", "json", "-o", "/dev/full", code=2)
        self.assertIn("No space left", run.stderr)

    def test_closed_pipe(self):
        for fmt in FORMATS:
            with subprocess.Popen([RDBLENS, "query", self.path, "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL "
                                   "SELECT i + 1 FROM n) SELECT i FROM n", "-f", fmt],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE) as p:
                p.stdout.read(10)
                p.stdout.close()
                self.assertEqual(p.stderr.read(), b"")
                self.assertEqual(p.wait(timeout=60), 141, fmt)


    def test_interrupt_leaves_no_file(self):
        endless = "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
        for sig, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            path = os.path.join(FOLDER, "interrupted.json")
            with subprocess.Popen([RDBLENS, "query", self.path, endless, "-o", path],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE) as p:
                while not [f for f in os.listdir(FOLDER) if f.startswith(".interrupted")]:
                    self.assertIsNone(p.poll())
                    time.sleep(0.01)
                time.sleep(0.2)
                p.send_signal(sig)
                out, err = p.communicate(timeout=60)
            self.assertEqual((p.returncode, out), (code, b""), err)
            self.assertEqual([f for f in os.listdir(FOLDER) if "interrupted" in f], [])

    def test_colors_on_a_terminal(self):
        for env, has_color in (({}, True), ({"NO_COLOR": "1"}, False)):
            main, other = os.openpty()
            fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 50, 0, 0))
            with subprocess.Popen([RDBLENS, "report", self.path], stdout=other,
                                  env={"LANG": "C.UTF-8", "RDBLENS_CONFIG": "/dev/null", **env}) as p:
                os.close(other)
                text = b""
                try:
                    while piece := os.read(main, 65536):
                        text += piece
                except OSError:  # the terminal is gone with its last user
                    pass
                os.close(main)
                self.assertEqual(p.wait(timeout=60), 0)
            self.assertEqual(b"\x1b[" in text, has_color)
            plain = re.sub(r"\x1b\[[0-9;]*m", "", text.decode()).splitlines()
            self.assertLessEqual(max(map(columns_of, plain)), 50)


class Screen(unittest.TestCase):
    """What a person sees on 80 columns."""
    def sidekiq_db(self, name, *namespaces, fill=None, **changes):
        def make_it(database):
            one_set(ordinary_keys(), **changes)(database)
            for namespace in namespaces:
                add_sidekiq(database, 1, namespace)
            if fill:
                fill(database)
        return make(name, make_it)

    def table(self, path, title, *args):
        lines = report(path, "sidekiq", "--width", 80, *args).splitlines()
        start = lines.index(title)
        end = lines.index("", start) if "" in lines[start:] else len(lines)
        self.assertLessEqual(max(map(columns_of, lines)), 80)
        return lines[start:end]

    def test_sets_stay_a_table(self):
        # The widest words a duration and a size have.
        def fill(database):
            database.db.execute("UPDATE sidekiq_sets SET oldest_at = ?, newest_at = ?, latency_ms = ?, bytes = ?, jobs = ?",
                                (SAVED_AT - 86_399_000, SAVED_AT - 86_399_000, 86_399_000, 1_048_371, 123_456))
        for name, namespace in (("plain.db", ""), ("namespaced.db", "a-long-namespace:production")):
            lines = self.table(self.sidekiq_db(name, namespace, fill=fill), "Queues and sets")
            [head] = [line for line in lines if line.startswith("DB ")]
            self.assertEqual("NAMESPACE" in head, namespace != "")
            rows = lines[lines.index(head) + 1:]
            self.assertEqual(len(rows), 4, lines)
            for row in rows:
                self.assertIn("23 h 59 min", row)
                self.assertIn("1023.8 KiB", row)

    def test_two_namespaces_are_told_apart(self):
        path = self.sidekiq_db("two.db", "", "shop")
        for title in ("Queues and sets", "Statistics", "Classes", "Errors"):
            text = "\n".join(self.table(path, title))
            self.assertIn("NAMESPACE", text)
            self.assertIn(" shop ", text)

    def test_late(self):
        path = self.sidekiq_db("late.db", "")
        lines = self.table(path, "Queues and sets")
        late = {line.split()[1]: " ".join(line.split()[-2:]) for line in lines if line.startswith(" 1 ")}
        self.assertEqual(late, {"queue:default": "2 h", "queue:lost": "1 d", "retry": "6 h", "dead": "0 -"})

    def test_summary_says_what_counters_are_worth(self):
        """Below 1 % of the bytes they are noise, and said to be."""
        def fill(dated_bytes):
            return lambda database: database.db.execute("UPDATE sidekiq_stats SET dated_bytes = ?1, dated_alloc_bytes = ?1", (dated_bytes,))
        text = report(self.sidekiq_db("noise.db", "", fill=fill(100)))
        self.assertIn("Stats    62 dated stat keys, <0.1 % of the bytes: noise, not your problem\n", text)
        text = report(self.sidekiq_db("much.db", "", fill=fill(500000)))
        self.assertRegex(text, r"Stats    62 dated stat keys, [0-9.]+ % of the bytes; 62 never expire\n")
        path = self.sidekiq_db("none.db", "", fill=lambda database: database.db.execute("UPDATE sidekiq_stats SET dated_keys = 0"))
        self.assertNotIn("Stats ", report(path))

    def test_summary_words_of_sidekiq(self):
        text = report(self.sidekiq_db("words.db", ""))
        self.assertIn("Sidekiq  >= 5.2: retry 40, overdue 6 h; dead 9,999 FULL, 5 h 59 min back\n", text)
        self.assertIn("Queues   324 jobs in 2; oldest in lost, 1 d\n", text)

    def test_summary_judges_the_backup(self):
        """A good restore point, or the reason why it is none."""
        def verdict(name, code=0, fill=None, **columns):
            lines = report(self.sidekiq_db(name + ".db", fill=fill, **columns), "--width", 200, code=code).splitlines()
            [line] = [line for line in lines if line.startswith("Backup ")]
            return line[9:]
        self.assertEqual(verdict("good"), "complete, checksum ok: good as a restore point")
        self.assertEqual(verdict("gz", container="gzip"), "complete, checksum ok: good as a restore point, once unpacked")
        self.assertEqual(verdict("zero", checksum="zero"),
                         "complete, checksum zero: a restore point as far as can be told without a checksum")
        self.assertEqual(verdict("cut", 3, complete=0, checksum=None),
                         "NOT COMPLETE, checksum not reached: NOT a restore point")
        self.assertEqual(verdict("aof", trailing="aof"),
                         "complete, checksum ok: the head of an AOF; what follows it is newer and was not read")
        for code, words in (("duplicate-key", "NOT a restore point, as a server stops at a key that is there twice"),
                            ("higher-version", "a restore point only for servers that read RDB version 11")):
            text = verdict(code, fill=lambda database: database.insert(
                "defects", snapshot_id=1, offset=9, severity="warning", code=code, message="m"))
            self.assertEqual(text, "complete, checksum ok: " + words)
        text = verdict("base", fill=lambda database: database.insert(
            "aux", snapshot_id=1, offset=9, db=0, name="aof-base", value="1", value_bytes=1))
        self.assertEqual(text, "complete, checksum ok: the base of an AOF, without the writes that came after it")

    def test_summary_is_one_screen_on_bad_days(self):
        def fill(database):
            database.insert("defects", snapshot_id=1, offset=1234, severity="fatal", code="truncated", db=3, key="k" * 40,
                            message="quicklist node 12 at +4711: listpack entry 7 needs 40 bytes, 12 left")
            database.db.execute("UPDATE snapshots SET created_at = NULL, now_source = 'mtime'")
            database.insert("defects", snapshot_id=1, offset=9, severity="warning", code="aux", message="odd")
        bad = dict(complete=0, checksum=None, keys_without_size=3, model_note="chosen by --model",
                   filter="--match session:*:something-long --not-db 3 --type hash")
        for path in ("/backup/redis/pre-cleanup.rdb", "/backup/" + "deep/" * 20 + "pre-cleanup-2026-11-20.rdb"):
            for namespaces in ((), ("",), ("", "shop"), ("", "shop", "mail", "log")):
                db = self.sidekiq_db("bad-%d.db" % len(namespaces), *namespaces, fill=fill, path=path, **bad)
                lines = report(db, "--width", 80, code=3).splitlines()
                self.assertLessEqual(len(lines), 24, "\n".join(lines))
                os.unlink(db)

    def test_summary_of_a_cluster_is_one_screen(self):
        def fill(database):
            database.add_set(1, "cluster", SAVED_AT)
            for id in range(1, 8):
                database.add_snapshot(id, 1, [dict(k) for k in ordinary_keys()])
        text = report(make("cluster.db", fill), "--width", 80)
        self.assertLessEqual(text.count("\n"), 24, text)

    def test_patterns_of_several_snapshots_are_summed(self):
        """Each snapshot is extreme in one thing, so that a bare column cannot be right by chance."""
        nodes = [(1, 500, 3, 4, b"n:a"), (2, 900, 2, 9, b"n:b"), (3, 700, 1, 5, b"n:c")]
        for order in (nodes, nodes[1:] + nodes[:1], nodes[::-1]):
            def fill(database, order=order):
                database.add_set(1, "set-1", SAVED_AT)
                for id, (count, bytes, first, last, name) in enumerate(order, 1):
                    database.add_snapshot(id, 1, [key(name, bytes, pattern=b"n:*") for _ in range(count)] +
                                          [key(b"only:%d" % id, 7)])
                    database.db.execute("UPDATE pattern_rows SET first_expires_at = ?, last_expires_at = ?, largest_bytes = ?,"
                                        " largest_key = ?, largest_key_text = ? WHERE id = ?",
                                        (SAVED_AT + first, SAVED_AT + last, bytes, name, name.decode(), id << 40 | 1))
            path = make("several-%s.db" % order[0][4].decode()[2:], fill)
            rows = rows_of(json.loads(report(path, "patterns", "-f", "json")), "patterns", "patterns")
            self.assertEqual([r["pattern_text"] for r in rows], ["n:*", "only:1", "only:2", "only:3"])
            self.assertEqual([rows[0][c] for c in ("keys", "bytes", "first_expires_at", "last_expires_at",
                                                   "largest_bytes", "largest_key_text")],
                             [6, 500 + 2 * 900 + 3 * 700, SAVED_AT + 1, SAVED_AT + 9, 900, "n:b"])

    def test_summary_shares_sum_up(self):
        def fill(database):
            one_set([key(b"k%d" % i, 1000 - i * 7) for i in range(30)])(database)
        document = json.loads(report(make("shares.db", fill), "-f", "json"))
        shares = [r["share_pct"] for r in rows_of(document, "summary", "patterns")]
        [rest] = rows_of(document, "summary", "other_patterns")
        self.assertEqual((len(shares), rest["patterns"]), (7, 23))
        self.assertAlmostEqual(sum(shares) + rest["share_pct"], 100)
        self.assertEqual(len(json.loads(run("report", make("shares.db2", fill), "--top", 20, "-f", "json", "summary"))
                             ["reports"][0]["sections"][2]["rows"]), 20)


class Counts(unittest.TestCase):
    def test_one_is_no_plural(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "mine.sql"), "w") as file:
                file.write("-- title: Mine\n-- section: a |\n-- line: {m:key}, {m:slot has|slots have} it, {text}{?m}\n"
                           "SELECT column1 AS m, count_text(column1, 'entry|entries') AS text FROM (VALUES (1), (1000), (-1), (NULL), (0));\n")
            path = make("counts.db", one_set([key(b"k", 10)]))
            lines = report(path, "mine", "--reports-dir", folder).split("\n")
        self.assertEqual([line for line in lines if " it, " in line],
                         ["1 key, 1 slot has it, 1 entry", "1,000 keys, 1,000 slots have it, 1,000 entries",
                          "-1 keys, -1 slots have it, -1 entries"])


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.path = make("hostile.db", one_set(hostile_keys()))

    def test_json(self):
        document = json.loads(report(self.path, "bigkeys", "-f", "json", "--top", 100))
        self.assertEqual([r["key_text"] for r in rows_of(document, "bigkeys", "largest")], ESCAPED)

    def test_json_of_raw_keys(self):
        document = json.loads(run("query", self.path, "SELECT key FROM keys ORDER BY id", "-f", "json"))
        for raw, row in zip(HOSTILE, document["rows"]):
            try:
                want = raw.decode()
                want = want if "\0" not in want else escaped(raw)
            except UnicodeDecodeError:
                want = escaped(raw)
            self.assertEqual(row["key"], want)

    def test_ndjson(self):
        rows = [json.loads(line) for line in report(
            self.path, "bigkeys", "-f", "ndjson", "--top", 100).split("\n")[:-1]]
        self.assertEqual([r["key_text"] for r in rows if r["section"] == "largest"], ESCAPED)
        self.assertEqual(rows[0]["section"], "snapshots")

    def test_csv(self):
        text = run("query", self.path, "SELECT key_text, bytes, -bytes AS n FROM keys ORDER BY id",
                   "-f", "csv", text=False).decode("utf-8")
        rows = list(csv.reader(io.StringIO(text, newline="")))
        self.assertEqual(rows[0], ["key_text", "bytes", "n"])
        for c in text.replace("\r\n", ""):
            self.assertNotIn(unicodedata.category(c), ("Cc", "Cf", "Zl", "Zp"), c)
        self.assertIn("rtl\\xe2\\x80\\xaeabc\\xe2\\x81\\xa6x", text)
        self.assertIn("zero\\xe2\\x80\\x8bwidth", text)
        self.assertEqual(text.count("\r\n"), len(ESCAPED) + 1)
        for want, row in zip(ESCAPED, rows[1:]):
            want = "".join("".join("\\x%02x" % b for b in c.encode())
                           if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") or "\ufe00" <= c <= "\ufe0f" else c for c in want)
            if want[:1] in ("=", "+", "-", "@"):
                want = "'" + want
            self.assertEqual(row[0], want)
            self.assertEqual(int(row[2]), -int(row[1]))
        self.assertEqual(len(rows), len(ESCAPED) + 1)

    def test_table_has_no_controls(self):
        for width in (40, 80, 132, 5000):
            text = report(self.path, *NAMES, "--width", width, "--top", 100)
            for line in text.split("\n"):
                self.assertLessEqual(columns_of(line), width)
                for c in line:
                    self.assertTrue(c == " " or unicodedata.category(c)[0] not in "CZ" or c == "\u3000",
                                    (width, c, line))
        self.assertIn("\\x1b[31mred", text)
        self.assertIn("rtl\\xe2\\x80\\xaeabc", text)
        self.assertIn("line\\x0abreak", text)
        self.assertIn("c1\\xc2\\x85", text)
        self.assertIn("wide\u6f22\u5b57", text)

    def test_table_in_the_c_locale_is_ascii(self):
        text = report(self.path, "bigkeys", "--top", 100, env={"LC_ALL": "C"})
        self.assertTrue(text.isascii())
        self.assertIn("wide\\xe6\\xbc\\xa2", text)
        report(self.path, "bigkeys", "--top", 100, env={"LANG": ""})

    def test_markdown(self):
        text = report(self.path, "bigkeys", "-f", "markdown", "--top", 100)
        self.assertNotRegex(text, r"<(?!/?(?:$))")
        self.assertNotIn("\x1b", text)
        tables = re.findall(r"(?m)(?:^\|.*\n)+", text)
        for table in tables:
            widths = {len(split_markdown_row(line)) for line in table.splitlines()}
            self.assertEqual(len(widths), 1, table)
        self.assertIn("pipe\\|pipe", text)
        self.assertIn("\\`code\\`", text)
        self.assertIn("line\\\\x0abreak", text)

    def test_no_color_in_a_pipe(self):
        self.assertNotIn("\x1b", report(self.path))


class Values(unittest.TestCase):
    """What SQL may return and formats must stand."""
    @classmethod
    def setUpClass(cls):
        cls.path = make("values.db", one_set([key(b"a", 100)]))

    def query(self, sql, *args, **options):
        return run("query", self.path, sql, *args, **options)

    def test_numbers(self):
        sql = "SELECT 9e999 AS inf, 0.1 AS tenth, 1e300 AS big, -0.0 AS zero, 9223372036854775807 AS top, NULL AS none, 1/3.0 AS third"
        [row] = json.loads(self.query(sql, "-f", "json"))["rows"]
        self.assertEqual(row, {"inf": None, "tenth": 0.1, "big": 1e300, "zero": 0.0,
                               "top": 2**63 - 1, "none": None, "third": 1 / 3})
        for fmt in FORMATS:
            self.query(sql, "-f", fmt)

    def test_infinity_is_not_null(self):
        sql = "SELECT 9e999 AS a, -9e999 AS b, NULL AS c, 9e999 AS x_pct, -9e999 AS x_ms"
        self.assertEqual(self.query(sql).splitlines()[1].split(), ["inf", "-inf", "-", "inf", "-inf"])
        self.assertEqual(self.query(sql, "-f", "csv").splitlines()[1], "inf,-inf,,inf,-inf")
        self.assertIn("| inf | -inf | - | inf | -inf |", self.query(sql, "-f", "markdown"))

    def test_age(self):
        # The file's ctime has whole seconds: what looks less than one ahead is of that second.
        for at, want in ((998, "2 ms"), (1000, "0 s"), (1098, "0 s"), (1999, "0 s"), (4000, "-3 s"), ("NULL", "-")):
            self.assertEqual(self.query(f"SELECT age_ms(1000, {at}) AS age_ms").splitlines()[1].strip(), want, at)

    def test_text_that_is_no_utf8(self):
        sql = "SELECT CAST(x'61ff62' AS TEXT) AS t, x'' AS empty, x'00' AS nul, '' AS blank"
        [row] = json.loads(self.query(sql, "-f", "json"))["rows"]
        self.assertEqual(row, {"t": "a\\xffb", "empty": "", "nul": "\\x00", "blank": ""})
        for fmt in FORMATS:
            self.query(sql, "-f", fmt)

    def test_same_names(self):
        [row] = json.loads(self.query("SELECT 1 AS a, 2 AS a, 3 AS a_2", "-f", "json"))["rows"]
        self.assertEqual(list(row.values()), [1, 2, 3])
        json.loads(self.query('SELECT 1 AS "we""ird\n|<name>"', "-f", "ndjson"))

    def test_no_rows(self):
        self.assertEqual(json.loads(self.query("SELECT 1 AS a WHERE 0", "-f", "json")),
                         {"schema_version": 1, "columns": ["a"], "rows": []})
        self.assertEqual(self.query("SELECT 1 AS a WHERE 0", "-f", "csv"), "a\r\n")
        self.assertEqual(self.query("SELECT 1 AS a WHERE 0", "-f", "ndjson"), "")

    def test_units(self):
        cases = [("bytes", 0, "0 B"), ("bytes", 1023, "1023 B"), ("bytes", 1024, "1.0 KiB"),
                 ("bytes", 1048575, "1.0 MiB"), ("bytes", 1536 * 1024, "1.5 MiB"),
                 ("bytes", -2048, "-2.0 KiB"), ("bytes", 1 << 62, "4.0 EiB"),
                 ("n_keys", 1234567, "1,234,567"), ("n_keys", -1000, "-1,000"), ("n_keys", 999, "999"),
                 ("id", 1234567, "1234567"), ("x_at", 0, "1970-01-01 00:00:00"),
                 ("x_at", 1795132813999, "2026-11-20 00:00:13"), ("x_at", -1, "1969-12-31 23:59:59"),
                 ("x_ms", 999, "999 ms"), ("x_ms", 61_000, "1 min 1 s"), ("x_seconds", 90_000, "1 d 1 h"),
                 ("x_seconds", 86_400 * 20, "20 d"), ("x_seconds", 31_557_600 * 3, "3.0 years"),
                 ("x_pct", "0.01", "<0.1 %"), ("x_pct", "99.99", ">99.9 %"), ("x_pct", "100.0", "100.0 %"),
                 ("x_pct", 0, "0.0 %"), ("x_pct", "12.34", "12.3 %")]
        for name, value, want in cases:
            out = self.query(f"SELECT {value} AS {name}").splitlines()
            self.assertEqual(out[1].strip(), want, (name, value))

    def test_many_rows_are_laid_out_in_pieces(self):
        text = self.query("WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 2500) "
                          "SELECT 'key ' || i AS name, i AS id FROM n")
        lines = text.splitlines()
        self.assertEqual(len(lines), 2501)
        self.assertEqual([line.split()[-1] for line in lines[1:]], [str(i) for i in range(1, 2501)])

    def test_redis_match(self):
        rows = [("a*", "abc", 1), ("a?c", "abc", 1), ("[a-b]bc", "abc", 1), ("a\\*", "abc", 0),
                ("A*", "abc", 0)]
        for glob, text, want in rows:
            out = self.query(f"SELECT redis_match('{glob}', '{text}') AS m", "-f", "csv")
            self.assertEqual(out, f"m\r\n{want}\r\n", glob)

    def test_only_reading(self):
        with open(self.path, "rb") as file:
            before = file.read()
        other = os.path.join(FOLDER, "other.db")
        for sql in ("DELETE FROM sets", "UPDATE sqlite_master SET sql = ''", "UPDATE sets SET id = 9", "DROP TABLE sets", "CREATE TEMP TABLE x(a)", "PRAGMA user_version = 9", "PRAGMA user_version", "PRAGMA journal_mode = OFF",
                    f"ATTACH '{other}' AS o", f"VACUUM INTO '{other}'", "BEGIN", "SELECT 1; SELECT 2",
                    "SELECT load_extension('x')", "PRAGMA writable_schema = 1", "", "-- nothing", "SELEC 1",
                    "SELECT ?", "SELECT :nothing", "INSERT INTO sets VALUES(9, 'x', 1) RETURNING id",
                    "SELECT * FROM no_such_table", "REINDEX", "ANALYZE", "DETACH main"):
            self.assertEqual(self.query(sql, code=2), "", sql)
            self.assertEqual(run.stderr.count("\n"), 1, sql)
        with open(self.path, "rb") as file:
            self.assertEqual(file.read(), before)
        self.assertFalse(os.path.exists(other))

    def test_describing_is_reading(self):
        self.assertIn("snapshot_id", self.query("SELECT name FROM pragma_table_info('keys')"))
        self.assertIn("value", self.query("SELECT value FROM json_each('[1]');  -- a comment", "-f", "csv"))


class AllocatedBytes(unittest.TestCase):
    """Sums and shares are of allocated bytes, as soon as all snapshots know them."""
    KEYS = [key(b"a", 1000, alloc=100), key(b"b", 10, alloc=300, expires_at=SAVED_AT + 5000)]

    def document(self, name, *snapshots):
        def fill(database):
            database.add_set(1, "s", SAVED_AT)
            for id, keys in enumerate(snapshots, 1):
                database.add_snapshot(id, 1, [dict(k) for k in keys])
        path = make(name, fill)
        self.text = report(path)
        return json.loads(report(path, "-f", "json"))

    def test_known(self):
        document = self.document("alloc.db", self.KEYS)
        [total] = rows_of(document, "summary", "totals")
        self.assertEqual((total["size_bytes"], total["bytes"]), (400, 1010))
        self.assertAlmostEqual(total["size_without_ttl_pct"], 25)
        shares = {r["pattern_text"]: r["share_pct"] for r in rows_of(document, "patterns", "patterns")}
        self.assertEqual(shares, {"b": 75, "a": 25})
        self.assertEqual([r["share_pct"] for r in rows_of(document, "bigkeys", "largest")], [25, 75])
        self.assertEqual([r["share_pct"] for r in rows_of(document, "ttl", "when")], [75, 25])
        [db] = rows_of(document, "ttl", "databases")
        self.assertEqual((db["size_bytes"], db["size_bytes_without_ttl"], db["bytes"]), (400, 100, 1010))
        [coverage] = rows_of(document, "ttl", "coverage")
        [yours] = rows_of(document, "ttl", "yours")
        self.assertEqual((coverage["size_bytes_without_ttl"], coverage["size_without_ttl_pct"]), (100, 25))
        self.assertEqual((yours["size_bytes_without_ttl"], yours["share_pct"], yours["bytes_without_ttl"]),
                         (100, 25, 1000))
        self.assertIn("sums: allocated bytes", self.text)

    def test_not_known_by_all(self):
        document = self.document("half.db", self.KEYS, [key(b"c", 990)])
        [total] = rows_of(document, "summary", "totals")
        self.assertEqual(total["size_bytes"], 2000)
        self.assertNotIn("allocated", self.text)


class Sets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        def fill(database):
            database.add_set(1, "monday", SAVED_AT - DAY_MS)
            database.add_snapshot(1, 1, [key(b"old", 100)], created_at=SAVED_AT - DAY_MS)
            database.add_set(2, "tuesday", SAVED_AT)
            database.add_snapshot(2, 2, [key(b"a:1", 1000, pattern=b"a:*"), key(b"b", 10)])
            database.add_snapshot(3, 2, [key(b"a:2", 3000, pattern=b"a:*", expires_at=SAVED_AT + 5000)],
                                  filter="--db 0", server_version="7.2.4")
            database.add_set(3, "empty", SAVED_AT + DAY_MS)
        cls.path = make("sets.db", fill)

    def test_newest_set_is_summed(self):
        document = json.loads(report(self.path, "-f", "json"))
        [total] = rows_of(document, "summary", "totals")
        self.assertEqual((total["keys"], total["bytes"], total["keys_without_ttl"]), (3, 4010, 2))
        self.assertEqual(len(document["reports"][0]["snapshots"]), 2)
        [a, _] = rows_of(document, "patterns", "patterns")
        self.assertEqual((a["pattern_text"], a["keys"], a["bytes"], a["keys_without_ttl"]),
                         ("a:*", 2, 4000, 1))
        self.assertEqual([r["key_text"] for r in rows_of(document, "bigkeys", "largest")],
                         ["a:2", "a:1", "b"])

    def test_the_head_says_which(self):
        text = report(self.path)
        for word in ("File 1/2", "File 2/2", "node-3.rdb", "tuesday (id 2), one of 2", "the newest",
                     "--db 0", "redis 7.2.4", "redis 7.2.6"):
            self.assertIn(word, text)

    def test_choice(self):
        for name in ("1", "monday"):
            document = json.loads(report(self.path, "-f", "json", "--set", name))
            self.assertEqual(document["reports"][0]["set"]["label"], "monday")
        self.assertEqual(report(self.path, "--set", "newest"), report(self.path))
        for name in ("3", "empty", "wednesday", "-1"):
            report(self.path, "--set", name, code=2)


class Damaged(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        def fill(database):
            one_set(ordinary_keys(), sidekiq=True, complete=0, checksum=None)(database)
            database.insert("defects", snapshot_id=1, offset=1234, severity="fatal", code="truncated",
                            message="listpack entry 7 needs 40 bytes, 12 left")
        cls.path = make("damaged.db", fill)

    def test_every_format_exits_with_3(self):
        for fmt in FORMATS:
            for name in NAMES:
                report(self.path, name, "-f", fmt, code=3)

    def test_says_why(self):
        text = report(self.path, code=3)
        self.assertIn("NOT COMPLETE", text)
        self.assertIn("offset 1234: listpack entry 7 needs 40 bytes, 12 left", text)
        self.assertLessEqual(len(text.splitlines()), 24)

    def test_no_destructive_remedy(self):
        text = report(self.path, *NAMES, code=3)
        self.assertIn("No remedy is shown", text)
        self.assertNotRegex(text, r"(?i)unlinked|flushdb|redis-cli")


class Server(unittest.TestCase):
    """The whole server beside used_memory.  The figures of one snapshot, in KiB: empty 800, libraries 4,
    tables 96 (a primary's: 80), keys 2900, of them 124 past their time."""

    KNOWN = dict(startup_bytes=800 * KIB, functions_bytes=4 * KIB, tables_bytes=80 * KIB,
                 tables_bytes_with_expired=96 * KIB, rehash_bytes=8 * KIB,
                 predicted_used_memory=(800 + 4 + 80 + 2776) * KIB,
                 predicted_used_memory_with_expired=(800 + 4 + 96 + 2900) * KIB)

    def texts(self, name, *snapshots):
        def fill(database):
            database.add_set(1, "nodes", SAVED_AT)
            for id, changes in enumerate(snapshots, 1):
                database.add_snapshot(id, 1, [key(b"k%d" % id, 1000)], **changes)
            database.db.execute("UPDATE databases SET main_table_bytes = ?, expires_table_bytes = 0,"
                                " other_table_bytes = 0, rehash_bytes = 0", (64 * KIB,))
        path = make(name, fill)
        self.parts = {r["part"]: r["part_bytes"] // KIB for r in rows_of(
            json.loads(report(path, "-f", "json")), "memory", "parts")}
        return report(path, "summary"), report(path, "memory", "--width", 200)

    def test_above(self):
        summary, memory = self.texts("above.db", dict(self.KNOWN, used_memory=4800 * KIB))
        self.assertEqual(self.parts, {
            "the empty server": 800, "function libraries and scripts": 4, "hash tables of the databases": 96,
            "keys": 2776, "keys past their time": 124, "used_memory, predicted": 3800,
            "used_memory when saved": 4800, "more than predicted": 1000})
        self.assertIn("Loaded   3.7 MiB: keys 2.8 MiB, tables 96.0 KiB, empty server 804.0 KiB", summary)
        self.assertIn("Saved    4.7 MiB used_memory, 1000.0 KiB more: clients", summary)
        for word in ("had 1000.0 KiB more", "20.8 % of its used_memory", "Clients ", "Replication ", "AOF ", "Scripts ", "Latency ",
                     "24,688", "Spare room", "Not fragmentation", "and has 3.6 MiB",
                     "8.0 KiB of old tables", "redis-7.2: it wrote the file", "the defaults", "64.0 KiB"):
            self.assertIn(word, memory)
        self.assertNotIn("--allocator", memory)
        self.assertNotIn("assumed:", summary)

    def test_below(self):
        summary, memory = self.texts("below.db", dict(self.KNOWN, used_memory=3000 * KIB, config="maxclients=100",
                                                      model_note="chosen by --model"))
        self.assertEqual(self.parts["less than predicted"], 800)
        self.assertIn("Saved    2.9 MiB used_memory, 800.0 KiB less: were its settings others?", summary)
        self.assertIn("(assumed: see report memory)", summary)
        for word in ("had 800.0 KiB less", "--allocator", "--config", "--startup-bytes", "maxclients=100",
                     "chosen by --model"):
            self.assertIn(word, memory)
        self.assertNotIn("Clients ", memory)
        self.assertNotIn("less", self.texts("same.db", dict(self.KNOWN, used_memory=3795 * KIB))[0])
        self.assertIn("about the same", self.texts("same2.db", dict(self.KNOWN, used_memory=3795 * KIB))[0])

    def test_several_are_summed(self):
        self.texts("sum.db", dict(self.KNOWN, used_memory=4800 * KIB), dict(self.KNOWN, used_memory=3000 * KIB))
        self.assertEqual((self.parts["keys"], self.parts["used_memory, predicted"], self.parts["more than predicted"]),
                         (2 * 2776, 7600, 200))

    def test_not_known(self):
        """Of one of two: no sum is half a sum."""
        summary, memory = self.texts("half-known.db", dict(self.KNOWN, used_memory=4800 * KIB), dict())
        self.assertEqual(self.parts, {})
        self.assertNotIn("Loaded", summary)
        self.assertIn("Not known", memory)
        self.assertNotIn("more than", memory)

    def test_used_memory_not_known(self):
        summary, _ = self.texts("no-used.db", dict(self.KNOWN, used_memory=None))
        self.assertNotIn("more than predicted", self.parts)
        self.assertIn("Loaded", summary)
        self.assertNotIn("Saved", summary)

    def test_another_now(self):
        """What a primary has is not known then: the sum with expired keys is."""
        moved = dict(self.KNOWN, tables_bytes=None, rehash_bytes=None, predicted_used_memory=None)
        self.texts("moved.db", dict(moved, used_memory=4800 * KIB))
        self.assertEqual((self.parts["keys"], self.parts["used_memory, predicted"]), (2900, 3800))
        self.assertNotIn("keys past their time", self.parts)

    def test_filtered(self):
        """The summary is about what the filter lets pass, the report is not."""
        summary, memory = self.texts("filtered.db", dict(self.KNOWN, used_memory=4800 * KIB, filter="--db 0"))
        self.assertNotIn("Loaded", summary)
        self.assertIn("Saved    4.7 MiB used_memory\n", summary)
        self.assertEqual(self.parts["used_memory, predicted"], 3800)

    def test_one_screen(self):
        def fill(database):
            one_set(ordinary_keys(), sidekiq=True, used_memory=9 * MIB, **self.KNOWN)(database)
        text = report(make("server-screen.db", fill), "--width", 80)
        self.assertIn("Loaded", text)
        self.assertIn("Saved", text)
        self.assertLessEqual(text.count("\n"), 24, text)


class OwnReports(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.path = make("own.db", one_set([key(b"a", 100), key(b"b", 200)]))

    def write(self, text, name="mine.sql"):
        folder = tempfile.mkdtemp(dir=FOLDER)
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
        return folder

    def test_runs(self):
        folder = self.write("-- title: Mine\n-- needs: keys\n-- param: least = 150\n\n-- section: all | All\n"
                            "-- column: key_text = KEY\nSELECT key_text, bytes FROM keys WHERE bytes >= :least;\n")
        out = report(self.path, "mine", "--reports-dir", folder, "-f", "csv")
        self.assertEqual(out, "key_text,bytes\r\nb,200\r\n")
        out = report(self.path, "mine", "--reports-dir", folder, "-f", "csv", "--param", "least=1")
        self.assertEqual(out.count("\r\n"), 3)
        self.assertIn("mine", run("report", "--list", "--reports-dir", folder))

    def test_bars(self):
        """A bar is 10 columns at 100; only 0 is none and only 100 is full. Programs get the number."""
        folder = self.write("-- title: T\n-- section: s | S\n-- column: x_pct = BAR | bar\n"
                            "-- column: y = Y | wide bar=4\n"
                            "SELECT 'p' || n AS name, x_pct, x_pct AS y FROM (SELECT 1 AS n, 0.0 AS x_pct UNION ALL "
                            "VALUES (2, 0.01), (3, 12.5), (4, 50), (5, 99.99), (6, 100), (7, 250), (8, -5), (9, NULL), "
                            "(10, 'text'));\n")
        bars = ["", "\u258f", "\u2588\u258e", "\u2588" * 5, "\u2588" * 9 + "\u2589", "\u2588" * 10, "\u2588" * 10, "",
                "-", "text"]
        short = ["", "\u258f", "\u258c", "\u2588" * 2, "\u2588" * 3 + "\u2589", "\u2588" * 4, "\u2588" * 4, "", "-", "text"]
        plain = ["", ".", "#", "#####", "#" * 9, "#" * 10, "#" * 10, "", "-", "text"]
        rows = [f"p{n + 1}".ljust(6) + bars[n].ljust(12) + short[n] for n in range(10)]
        text = report(self.path, "mine", "--reports-dir", folder, "--width", 80)
        self.assertEqual(text.splitlines()[-10:], [row.rstrip() for row in rows])
        self.assertEqual(text.splitlines()[-11], "NAME  BAR         Y")
        text = report(self.path, "mine", "--reports-dir", folder, env={"LC_ALL": "C"})
        self.assertEqual([line[6:18].strip() for line in text.splitlines()[-10:]], plain)
        text = report(self.path, "mine", "--reports-dir", folder, "-f", "markdown")
        self.assertEqual([line.split("|")[2].strip() for line in text.splitlines() if line.startswith("| p")], bars)
        for fmt in ("csv", "ndjson"):
            self.assertIn("99.99", report(self.path, "mine", "--reports-dir", folder, "-f", fmt))

    def test_replaces_ours(self):
        folder = self.write("-- title: Mine\n-- section: s |\n-- line: only {n}\nSELECT 7 AS n;\n", "summary.sql")
        self.assertIn("only 7", report(self.path, "--reports-dir", folder))

    def test_errors_name_file_and_line(self):
        head = "-- title: T\n-- section: s | S\n"
        cases = [
            ("-- titel: x\n-- section: s | S\nSELECT 1;", 1, "titel"),
            ("-- section: s | S\nSELECT 1;", 2, "title"),
            ("-- title: T\nSELECT 1;", 2, "before the first"),
            ("-- title: T\n", 1, "no `-- section:`"),
            (head, 2, "no SQL"),
            (head + "-- needs: keys\nSELECT 1;", 3, "needs"),
            (head + "SELECT 1,\n  no_column;", 4, "no_column"),
            (head + "SELECT 1;\nSELECT 2;", 3, "more than one"),
            (head + "DELETE FROM sets;", 3, "only reading"),
            (head + "SELECT :nope;", 3, ":nope"),
            (head + "-- line: {nope}\nSELECT 1 AS a;", 4, "nope"),
            (head + "-- column: nope = X\nSELECT 1 AS a;", 4, "nope"),
            ("-- title: T\n-- needs: some\n" + head, 2, "some"),
            ("-- title: T\n-- param: x\n" + head, 2, "param"),
            ("-- title: T\n-- title: U\n" + head, 2, "twice"),
            (head + "-- column: a = A | wdie\nSELECT 1 AS a;", 3, "wdie"),
            (head + "-- column: a = A | bar=1\nSELECT 1 AS a;", 3, "bar"),
            (head + "-- column: a = A | bar=61\nSELECT 1 AS a;", 3, "bar"),
        ]
        for text, line, word in cases:
            folder = self.write(text)
            report(self.path, "mine", "--reports-dir", folder, code=2)
            self.assertIn(f"mine.sql:{line}: ", run.stderr, text)
            self.assertIn(word, run.stderr, text)

    def test_no_folder(self):
        report(self.path, "--reports-dir", os.path.join(FOLDER, "nowhere"), code=2)
        report(self.path, "--reports-dir", tempfile.mkdtemp(dir=FOLDER), code=2)

    def test_cannot_write(self):
        folder = self.write("-- title: T\n-- section: s | S\nSELECT 1 AS a FROM report_set;\n")
        report(self.path, "mine", "--reports-dir", folder)
        folder = self.write("-- title: T\n-- section: s | S\nDELETE FROM report_set RETURNING id;\n")
        report(self.path, "mine", "--reports-dir", folder, code=2)


if __name__ == "__main__":
    RDBLENS, SCHEMA = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    with tempfile.TemporaryDirectory() as FOLDER:
        program = unittest.main(argv=[sys.argv[0], *sys.argv[3:]], exit=False, verbosity=1)
    sys.exit(not program.result.wasSuccessful())
