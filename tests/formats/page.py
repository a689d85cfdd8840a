#!/usr/bin/env python3
"""page.py -- the HTML page: whole, safe to open, and small whatever the snapshot.

    page.py RDBLENS FIXTURES_DIR SHARED_DIR [SOURCE...]

Pages of fixtures, of reference dumps and of files made here to be as hostile and as large as they can be are read by
html_page.py, which finds whatever does not pair, could run or could load. The SQL below each panel is run as it stands and
has to give the rows that JSON has. equal.py compares the figures.
"""
# SPDX-License-Identifier: MIT
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import time

from html_page import Page

MAX_BYTES = 1000000
HOSTILE = b"</script><script>alert(1)</script>\"'`<!--&amp;--><img src=x onerror=alert(1)>{{keys}}\xe2\x80\xae\xff\x00\n\x1b[31m"
REFERENCE = ["sidekiq/sidekiq-6.4.1.rdb", "sidekiq/sidekiq-8.1.7.rdb", "sidekiq/activejob-namespaced.rdb", "queues/all.rdb",
             "truth/redis-7.2.6.rdb"]
FIXTURES = ["sidekiq_v11", "stream_v14", "valkey_slots_v11", "module_v9", "function_v10", "lru_v9", "lfu_v9", "hash_ttl_v12",
            "empty_v9", "nothing_v9", "damaged_v11"]
wrong = []


def run(*argv, allowed=(0, 3)):
    done = subprocess.run([str(a) for a in argv], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode not in allowed:
        raise RuntimeError(f"{argv}: exit {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.stdout


# --- files made here: RDB 9 of strings, lists and sets as they are oldest ---

def length(n):
    return bytes([n]) if n < 64 else struct.pack(">BI", 0x80, n)


def string(raw):
    return length(len(raw)) + raw


def rdb(databases):
    """databases: (number, records). A checksum of 0 is none."""
    yield b"REDIS0009" + b"\xfa" + string(b"redis-ver") + string(b"5.0.14")
    for number, records in databases:
        yield b"\xfe" + length(number)
        yield from records
    yield b"\xff" + bytes(8)


def word(n):
    """A word of letters of its own for each number: digits would fold into one pattern."""
    text = b""
    while n or not text:
        text, n = text + b"bcdfghjklmnpqrst"[n % 16:n % 16 + 1], n // 16
    return text


def hostile_name(n):
    return (word(n) + b":" + HOSTILE * 20)[:1000]


def patterns(count, name_of):
    """A pattern a key, each in a database of its own."""
    return rdb((n, [b"\x00" + string(name_of(n)) + string(b"x")]) for n in range(count))


def jobs(count):
    """Sidekiq with so many classes, each queue's name as bad as the classes'."""
    def job(n):
        name = word(n).title() + rb"""<'\"&\u202e>""" * 60
        return (b'{"class":"%s","jid":"%024x","queue":"default","args":[],"retry":true,"enqueued_at":1700000000.5,'
                b'"created_at":1700000000.5}' % (name, n))

    queues = [b"default"] + [hostile_name(n) for n in range(200)]
    records = [b"\x02" + string(b"queues") + length(len(queues)) + b"".join(map(string, queues))]
    records += [b"\x01" + string(b"queue:default") + length(count) + b"".join(string(job(n)) for n in range(count))]
    records += [b"\x01" + string(b"queue:" + name) + length(1) + string(job(0)) for name in queues[1:]]
    return rdb([(0, records)])


def write(path, pieces):
    with path.open("wb") as file:
        file.writelines(pieces)
    return path


# --- what is tested ---

def read_page(name, raw):
    page = Page(raw.decode())  # an error when it is no UTF-8
    wrong.extend(f"{name}: {problem}" for problem in page.problems[:5])
    if len(raw) >= MAX_BYTES:
        wrong.append(f"{name}: {len(raw)} bytes")
    bad = {hex(ord(c)) for text in page.text for c in text
           if c < " " and c != "\n" or "\x7f" <= c <= "\x9f" or "\u202a" <= c <= "\u202e" or "\u2066" <= c <= "\u2069"}
    if bad:
        wrong.append(f"{name}: characters that cannot be seen: {sorted(bad)}")
    return page



def check_sql(rdblens, name, database, page):
    """Each piece of SQL runs as it stands, and that of a report gives the report's rows."""
    document = json.loads(run(rdblens, "report", database, "-f", "json"))
    sections = {(r["name"], s["name"]): s["rows"] for r in document["reports"] for s in r["sections"]}
    count = 0
    for where, sql in page.sql:
        found = json.loads(run(rdblens, "query", database, sql, "-f", "json"))["rows"]
        count += 1
        wanted = sections.get(where)  # a chart's have none
        ages = [{k for k in row if "age" in k or k.endswith("_text")} for row in found]
        if wanted is not None and len(wanted) != len(found):
            wrong.append(f"{name}: {where}: the SQL has {len(found)} rows, the report {len(wanted)}")
        elif wanted is not None and [{k: v for k, v in row.items() if k not in a} for row, a in zip(found, ages)] != [
                {k: v for k, v in row.items() if k not in a} for row, a in zip(wanted, ages)]:
            differ = [pair for pair in zip(found, wanted) if pair[0] != pair[1]][:1]
            # Ages against the clock move between two runs.
            if not any("ago" in str(v) or "age" in k for pair in differ for row in pair for k, v in row.items()):
                wrong.append(f"{name}: {where}: the SQL gives other rows: {differ}")
    return count


def check(rdblens, name, snapshot, folder):
    database = folder / "page.db"
    database.unlink(missing_ok=True)
    run(rdblens, "analyze", "-q", snapshot, "-o", database)
    start = time.monotonic()
    raw = run(rdblens, "report", database, "-f", "html")
    took = time.monotonic() - start
    page = read_page(name, raw)
    if "names of keys" not in "".join(page.text):
        wrong.append(f"{name}: the page does not say that it contains names of keys")
    known = {t.report for t in page.tables} | {w[0] for w, _ in page.sql}
    for panel, text in page.panels.items():
        if not text.strip():
            wrong.append(f"{name}: {panel} is empty")
    is_small = os.path.getsize(snapshot) < 300000
    queries = check_sql(rdblens, name, database, page) if is_small else 0
    print(f"{name}: {len(raw)} bytes in {took:.2f} s, {len(page.panels)} panels, {len(page.empty)} without data, "
          f"{len(page.tables)} tables, {queries} queries of {len(known)} reports and panels")


def check_choice(rdblens, fixtures):
    """Named reports bring the panels that they are in, and no other."""
    page = read_page("ttl", run(rdblens, "report", fixtures / "sidekiq_v11.rdb", "ttl", "-f", "html"))
    if {t.report for t in page.tables} != {"ttl"} or len(page.panels) != 1:
        wrong.append(f"ttl alone: {page.panels.keys()}")


def check_own(rdblens, fixtures, folder):
    """A report of the user's has a panel of its own, and one that takes the place of ours has ours."""
    reports = folder / "reports"
    reports.mkdir()
    title = HOSTILE.split(b"\xe2")[0].decode()
    (reports / "mine.sql").write_text(f"-- title: {title}\n-- param: least = 0\n\n-- section: all | {title}\n-- note: {title}\n"
                                      f"-- caption: {title}\n-- column: key_text = {title}\n"
                                      f"SELECT key_text, '{title.replace(chr(39), chr(39) * 2)}' AS x FROM keys WHERE bytes > :least\n")
    (reports / "none.sql").write_text(f"-- title: None\n\n-- section: all | All\n-- note: {title}\nSELECT 1 AS a WHERE 0;\n")
    (reports / "ttl.sql").write_text("-- title: Ours\n\n-- section: all | All\nSELECT 'ours' AS a, 1.5 AS b, NULL AS c;\n")
    page = read_page("own", run(rdblens, "report", fixtures / "sidekiq_v11.rdb", "-f", "html", "--reports-dir", reports))
    if "panel-report-mine" not in page.panels or title not in page.panels["panel-report-mine"]:
        wrong.append(f"own: {list(page.panels)}")
    if title not in page.empty.get("panel-report-none", ""):
        wrong.append(f"own: a report without rows: {page.empty}")
    ours = [t for t in page.tables if t.report == "ttl"]
    if len(ours) != 1 or [c[0] for c in ours[0].rows[0]] != ["ours", "1.5", "-"] or "panel-report-ttl" in page.panels:
        wrong.append(f"own: ttl: {[(t.section, t.rows) for t in ours]}")


def check_sets(rdblens, fixtures, folder):
    """Several snapshots as one set, one of them damaged; the redacted page says so."""
    page = read_page("set", run(rdblens, "report", fixtures / "damaged_v11.rdb", "-f", "html"))
    database = folder / "set.db"
    run(rdblens, "analyze", "-q", fixtures / "sidekiq_v11.rdb", fixtures / "lru_v9.rdb", fixtures / "unknown_type_v11.rdb",
        "-o", database)
    page = read_page("set", run(rdblens, "report", database, "-f", "html"))
    text = "".join(page.text)
    if "NOT COMPLETE" not in text or "2 of 3 files" not in text:
        wrong.append("set: the page does not say which files are complete")
    if not all("may hold some" in said for said in page.empty.values()):
        wrong.append(f"set: not all of it was read: {page.empty}")
    raw = run(rdblens, "report", fixtures / "sidekiq_v11.rdb", "-f", "html", "--redact-keys")
    text = "".join(read_page("redacted", raw).text)
    if "Redacted" not in text or "contains names of keys" in text:
        wrong.append("redacted: the page does not say so")
    for argv in (["query", database, "SELECT 1", "-f", "html"], ["report", database, "-f", "html", "--param", "nothing=1"]):
        if run(rdblens, *argv, allowed=(2,)):
            wrong.append(f"{argv}: not refused")


def main():
    rdblens, fixtures, shared = (pathlib.Path(p).resolve() for p in sys.argv[1:4])
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        made = [("hostile names", lambda p: write(p, patterns(20000, hostile_name))),
                ("many patterns", lambda p: write(p, patterns(20000, word))),
                ("job classes", lambda p: write(p, jobs(10000)))]
        sources = [(name, (lambda p, name=name: fixtures / f"{name}.rdb")) for name in FIXTURES]
        sources += [(pathlib.Path(name).stem, (lambda p, name=name: shared / "corpus" / name)) for name in REFERENCE
                    if (shared / "corpus" / name).exists()]
        for name, make in sources + made:
            if not sys.argv[4:] or name in sys.argv[4:]:
                check(rdblens, name, make(folder / "made.rdb"), folder)
        if not sys.argv[4:]:
            check_choice(rdblens, fixtures)
            check_own(rdblens, fixtures, folder)
            check_sets(rdblens, fixtures, folder)
    print("\n".join(wrong))
    print(f"{len(wrong)} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
