#!/usr/bin/env python3
"""redact.py -- --redact-keys leaves nothing of what it hides, and every figure as it was.

    redact.py RDBLENS FIXTURES_DIR SHARED_DIR [SOURCE...]

Of each source the keys and their patterns are read from a report database that is not redacted. From them this program
works out by itself which parts of the names are variable, and searches for each of them, as bytes, in all that a redacted
run writes: the file of the database, every report in every format, standard error. For `names` it searches for the whole
segments of names and patterns. What counts is a part of four bytes or more that
 - stands in no literal part of a pattern (there all may see it), and
 - is no number and no day: these stand in figures, too, where they say nothing of keys, and
 - is no word of the program itself: reports, the schema and the systems it knows are full of such.
The same secret gives the same hashes, another one others; sums are those of the database that is not redacted.
"""
# SPDX-License-Identifier: MIT
import functools
import json
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

REFERENCE = ["sidekiq/sidekiq-6.4.1.rdb", "sidekiq/sidekiq-7.3.10.rdb", "sidekiq/sidekiq-8.1.7.rdb",
             "sidekiq/activejob-namespaced.rdb", "queues/all.rdb", "queues/sidekiq-plugins.rdb"]
FORMATS = ["table", "json", "ndjson", "csv", "markdown", "html"]
LEAST = 4
SEPARATORS = rb"[:/|.,;@#{}]+"
NUMBER = re.compile(rb"[-+0-9.,:/_ TZ]*")
wrong = []


def run(*argv, allowed=(0, 3)):
    done = subprocess.run([str(a) for a in argv], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode not in allowed:
        raise RuntimeError(f"{argv}: exit {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done


def as_bytes(value):
    return value.encode() if isinstance(value, str) else value


# --- what is variable, without the program ---

def literals(pattern, is_rule):
    """The literal parts of a pattern. A rule is a glob: what may stand for others ends a part, \\x is x."""
    if not is_rule:
        return pattern.split(b"*")
    parts, part, i = [], b"", 0
    while i < len(pattern):
        c = pattern[i:i + 1]
        if c in (b"*", b"?", b"["):
            parts.append(part)
            part = b""
            if c == b"[":
                i += 1
                while i < len(pattern) and pattern[i:i + 1] != b"]":
                    i += 2 if pattern[i:i + 1] == b"\\" else 1
        else:
            if c == b"\\" and i + 1 < len(pattern):
                i += 1
            part += pattern[i:i + 1]
        i += 1
    return parts + [part]


def expression(pattern, is_rule):
    """Groups of what its stars stand for; the longest and the shortest way to lay it on a key are both looked at."""
    if is_rule:
        return None
    pieces = [re.escape(p) for p in pattern.split(b"*")]
    return tuple(re.compile(star.join(pieces), re.DOTALL) for star in (b"(.*?)", b"(.*)"))


def variable_parts(key, pattern, is_rule):
    """Every maximal run of bytes of the key that no literal part of its pattern accounts for."""
    if is_rule:  # what is left when the literal parts are taken out one after the other, from the left
        found, at = [], 0
        for part in literals(pattern, True):
            next_at = key.find(part, at)
            if next_at < 0:
                return [key]
            found.append(key[at:next_at])
            at = next_at + len(part)
        return found + [key[at:]]
    found = []
    for compiled in expression(pattern, False):
        match = compiled.fullmatch(key)
        if match is None:
            return None
        found += match.groups()
    return found


def names_of(path):
    """Keys with their patterns, and all patterns."""
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    db.text_factory = bytes
    patterns = {i: (as_bytes(p), bool(r)) for i, p, r in db.execute("SELECT id, pattern, is_rule FROM pattern_rows")}
    keys = [(as_bytes(k), patterns[i >> 40 << 40 | n]) for i, k, n in db.execute("SELECT id, key, pattern_n FROM key_rows")]
    db.close()
    return keys, set(patterns.values())


def secrets(keys, patterns, mode):
    shown = {part for p, is_rule in patterns for part in literals(p, is_rule)}
    found = set()
    for key, (pattern, is_rule) in keys:
        parts = variable_parts(key, pattern, is_rule)
        if parts is None:
            wrong.append(f"{key!r} is none of {pattern!r}")
            continue
        if mode == "names":
            parts = [w for p in [key, *parts] for w in re.split(SEPARATORS, p)]
        found.update(parts)
    if mode == "names":
        found.update(w for part in shown for w in re.split(SEPARATORS, part))
        shown = set()
    text = b"\n".join(shown)
    return {f for f in found if len(f) >= LEAST and not NUMBER.fullmatch(f) and f not in text}


# --- what is written ---

@functools.cache
def formats(rdblens):
    told = run(rdblens, "report", "x", "-f", "nothing", allowed=(2,)).stderr.decode()
    return [f for f in FORMATS if re.search(rf"\b{f}\b", told)]


@functools.cache
def report_names(rdblens):
    return [line.split()[0] for line in run(rdblens, "report", "--list").stdout.decode().splitlines()]


def reports(rdblens, source, *options):
    """(what it is, its bytes) of all that the reports write on it."""
    for form in formats(rdblens):
        done = run(rdblens, "report", source, *report_names(rdblens), "-f", form, "--top", "100000", "--width", "10000", *options)
        yield form, done.stdout
        yield f"standard error of {form}", done.stderr


def own_words(rdblens, fixtures, folder):
    """What stands in every output, whatever the keys, and what the program may say of some."""
    path = folder / "own.db"
    run(rdblens, "analyze", "-q", fixtures / "empty_v9.rdb", "-o", path)
    path.unlink()
    run(rdblens, "analyze", "-q", fixtures / "nothing_v9.rdb", "-o", path)
    return rdblens.read_bytes() + path.read_bytes() + b"".join(text for _, text in reports(rdblens, path))


def search(what, text, hidden):
    """Which of the hidden parts are in the text. Most are not, so that one expression for all would take longer."""
    found = sorted(h for h in hidden if h in text)
    if found:
        wrong.append(f"{what}: {len(found)} of {len(hidden)} parts, as {found[:4]}")
    return len(found)


def unescaped_forms(hidden):
    """As they are, and as people and JSON see them."""
    forms = set(hidden)
    for h in hidden:
        try:
            forms.add(json.dumps(h.decode())[1:-1].encode())
        except UnicodeDecodeError:
            forms.add("".join(chr(b) if 32 <= b < 127 and b != 92 else f"\\x{b:02x}" for b in h).encode())
    return {f for f in forms if len(f) >= LEAST}


# --- figures ---

def is_name_column(table, name, kind):
    return kind.upper() not in ("INTEGER", "REAL") or (table, name) == ("key_rows", "key_bytes")


def figures(path):
    """Rows, and sums of all numbers, of every table."""
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    result = {}
    for (table,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        columns = [c[1] for c in db.execute(f"PRAGMA table_info({table})") if not is_name_column(table, c[1], c[2])
                   and c[1] != "loaded_at"]
        sums = "".join(f", total({c}), count({c})" for c in columns)
        result[table] = db.execute(f"SELECT count(*){sums} FROM {table}").fetchone()
    result["length of names"] = db.execute("SELECT total(key_bytes) FROM keys").fetchone()
    db.close()
    return result


def numbers(rows):
    """Every number of a report, without regard to the order of rows that are alike."""
    return sorted(json.dumps({k: v for k, v in row.items() if isinstance(v, (int, float)) and not isinstance(v, bool)},
                             sort_keys=True) for row in rows)


# Ages move with the clock; what a glob also hits cannot be told from names that are hashed.
NOT_COMPARED = {"glob_other_keys", "glob_other_bytes", "glob_is_exact", "age_ms", "n"}


def report_figures(rdblens, path):
    # All rows: how many fit on a screen hangs on the lines of the head.
    done = json.loads(run(rdblens, "report", path, "-f", "json", "--top", "1000").stdout)
    result = {}
    for report in done["reports"]:
        for name, section in (report.get("sections") or {}).items() if isinstance(report.get("sections"), dict) else (
                (s["name"], s) for s in report.get("sections", [])):
            rows = section["rows"] if isinstance(section, dict) else section
            result[report.get("name") or report.get("report"), name] = numbers(
                {k: v for k, v in row.items() if k not in NOT_COMPARED} for row in rows)
    return result


# --- one source ---

def is_own(part, own, snapshot):
    """Words that are the program's, or the path's."""
    return all(word in own or word in bytes(snapshot) for word in part.split(b" "))


def check_names(name, mode, plain, made):
    """Each name is its pattern with hashes for stars: so numbers, which are not searched for, are hashed as well."""
    before, after = (sqlite3.connect(f"file:{p}?mode=ro", uri=True) for p in (plain, made))
    sql = """SELECT p.pattern, p.is_rule, k.key FROM key_rows k JOIN pattern_rows p ON p.id = (k.id >> 40 << 40 | k.pattern_n)
             UNION ALL SELECT pattern, is_rule, largest_key FROM pattern_rows WHERE largest_key IS NOT NULL"""
    rows = list(zip(before.execute(sql), after.execute(sql)))
    for (pattern, is_rule, key), (shown, _, redacted) in rows:
        pattern, key, shown, redacted = (as_bytes(x) for x in (pattern, key, shown, redacted))
        if mode == "parts" and (shown != pattern or (b"*" not in pattern and not is_rule and redacted != key)):
            wrong.append(f"{name}: {mode}: {pattern!r} is {shown!r}, {key!r} is {redacted!r}")
        wanted = b"(#[0-9a-f]{12})*".join(re.escape(part) for part in literals(shown, is_rule and mode == "parts"))
        if not re.fullmatch(wanted, redacted):
            wrong.append(f"{name}: {mode}: {key!r} is {redacted!r}, which is none of {shown!r}")
        if mode == "names" and re.sub(rb"#[0-9a-f]{12}|[:/|.,;@#{}]", b"", redacted):
            wrong.append(f"{name}: {mode}: {key!r} is {redacted!r}")
    return len(rows)

def check(rdblens, name, snapshot, folder, own, options=()):
    plain, secret, other = folder / "plain.db", folder / "secret", folder / "other"
    secret.write_text("a secret of sixteen bytes or more\n")
    other.write_text("another secret of as many bytes\n")
    for old in folder.glob("*.db"):
        old.unlink()
    run(rdblens, "analyze", "-q", snapshot, "-o", plain, *options)
    keys, patterns = names_of(plain)
    counts = []
    for mode in ("parts", "names"):
        redact = [f"--redact-keys={mode}", "--redact-secret", secret]
        hidden = {h for h in secrets(keys, patterns, mode) if not is_own(h, own, snapshot)}
        forms = {f for f in unescaped_forms(hidden) if not is_own(f, own, snapshot)}
        made = folder / f"{mode}.db"
        done = run(rdblens, "analyze", "-q", snapshot, "-o", made, *redact, *options)
        leaks = search(f"{name}: {mode}: analyze", done.stdout + done.stderr, forms)
        leaks += search(f"{name}: {mode}: the database", made.read_bytes(), hidden)
        for what, text in reports(rdblens, made) if forms else ():  # else there is nothing to find
            leaks += search(f"{name}: {mode}: {what}", text, forms)
        # The same from the database that is not redacted, and from the snapshot itself.
        for source in (plain, snapshot) if forms else ():
            done = run(rdblens, "report", source, "patterns", "bigkeys", "-f", "json", "--top", "1000", *redact,
                       *(options if source == snapshot else ()))
            leaks += search(f"{name}: {mode}: report {source.name}", done.stdout + done.stderr, forms)
            done = run(rdblens, "query", source, "SELECT * FROM keys", "-f", "csv", *redact,
                       *(options if source == snapshot else ()))
            leaks += search(f"{name}: {mode}: query {source.name}", done.stdout + done.stderr, forms)
        check_names(name, mode, plain, made)
        if figures(plain) != figures(made):
            differ = [t for t, f in figures(plain).items() if f != figures(made)[t]]
            wrong.append(f"{name}: {mode}: figures of {differ}")
        if mode == "parts":
            check_reports(rdblens, name, plain, made)
        check_secrets(rdblens, name, mode, snapshot, folder, made, other, options)
        counts.append(f"{len(hidden)} {mode}, {leaks} found")
    print(f"{name}: {len(keys)} keys, {'; '.join(counts)}")
    return bool(keys)


def check_reports(rdblens, name, plain, made):
    before, after = report_figures(rdblens, plain), report_figures(rdblens, made)
    if not before:
        wrong.append(f"{name}: no report was compared")
    for section, rows in before.items():
        if rows != after.get(section):
            differ = [pair for pair in zip(rows, after.get(section, [])) if pair[0] != pair[1]]
            wrong.append(f"{name}: figures of {section}: {differ[:1]}")


def check_secrets(rdblens, name, mode, snapshot, folder, made, other, options):
    def rows(path):
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        found = db.execute("SELECT key_text FROM keys ORDER BY id").fetchall()
        db.close()
        return found

    again, others = folder / "again.db", folder / "others.db"
    for path, secret in ((again, folder / "secret"), (others, other)):
        path.unlink(missing_ok=True)
        run(rdblens, "analyze", "-q", snapshot, "-o", path, f"--redact-keys={mode}", "--redact-secret", secret, *options)
    hashed = [k for (k,) in rows(made) if re.search("#[0-9a-f]{12}", k)]
    if rows(again) != rows(made):
        wrong.append(f"{name}: {mode}: the same secret gives other hashes")
    if hashed and set(hashed) & {k for (k,) in rows(others)}:
        wrong.append(f"{name}: {mode}: another secret gives the same hashes")


def check_refusals(rdblens, fixtures, folder):
    snapshot, made = fixtures / "sidekiq_v11.rdb", folder / "refusals.db"
    run(rdblens, "analyze", "-q", snapshot, "-o", made, "--redact-keys")
    told = run(rdblens, "report", made, "--redact-keys").stderr
    if b"redacted already" not in told:
        wrong.append(f"twice: {told}")
    short = folder / "short"
    short.write_text("fifteen bytes!!\n")
    for what, argv, code in (("another mode", ["report", made, "--redact-keys=names"], 2),
                             ("append to it", ["analyze", fixtures / "lru_v9.rdb", "-q", "-o", made, "--append"], 2),
                             ("append", ["analyze", snapshot, "-q", "-o", folder / "new.db", "--append", "--redact-keys"], 2),
                             ("no file", ["report", snapshot, "--redact-keys", "--redact-secret", folder / "absent"], 2),
                             ("nothing to redact", ["report", made, "--redact-secret", folder / "secret"], 2),
                             ("short", ["report", snapshot, "--redact-keys", "--redact-secret", short], 2)):
        done = run(rdblens, *argv, allowed=(0, 2, 3))
        if done.returncode != code:
            wrong.append(f"{what}: exit {done.returncode}: {done.stderr}")
    columns = sqlite3.connect(made).execute("SELECT DISTINCT redacted FROM snapshots").fetchall()
    if columns != [("parts",)]:
        wrong.append(f"snapshots.redacted: {columns}")
    for form in ("table", "markdown"):
        if b"variable parts are keyed hashes" not in run(rdblens, "report", made, "-f", form).stdout:
            wrong.append(f"{form}: the head does not say that it is redacted")


def main():
    rdblens, fixtures, shared = (pathlib.Path(p).resolve() for p in sys.argv[1:4])
    has_keys = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        own = own_words(rdblens, fixtures, folder)
        sources = [(p.stem, p, ()) for p in sorted(fixtures.glob("*.rdb"))]
        sources += [("rules", fixtures / "sidekiq_v11.rdb", ("--pattern", "user:*", "--pattern", "queue:*")),
                    ("few patterns", fixtures / "sidekiq_v11.rdb", ("--max-patterns", "5"))]
        for name in REFERENCE:
            path = shared / "corpus" / name
            if path.exists():
                sources.append((path.stem, path, ()))
            else:
                print(f"{name}: not here, left out")
        sources = [s for s in sources if not sys.argv[4:] or s[0] in sys.argv[4:]]
        for name, path, options in sources:
            link = folder / "dump.rdb"
            shutil.copyfile(path, link)
            has_keys += check(rdblens, name, link, folder, own, options)
        check_refusals(rdblens, fixtures, folder)
    print("\n".join(wrong))
    print(f"{len(sources)} sources, {has_keys} with keys, {len(wrong)} wrong")
    sys.exit(1 if wrong or has_keys == 0 else 0)


if __name__ == "__main__":
    main()
