#!/usr/bin/env python3
"""json_schema.py -- JSON outputs are what the schema that comes with the program says.

    json_schema.py RDBLENS FIXTURES_DIR BENCH_SNAPSHOT SHARED_DIR INSTALLED_SCHEMA

Every report on every source, a report of the user's own, queries and NDJSON lines are checked by Debian's
python3-jsonschema; documents that are wrong on purpose must not pass. Exit 77 without that package.
"""
# SPDX-License-Identifier: MIT
import copy
import json
import pathlib
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    print("skipped: no python3-jsonschema")
    sys.exit(77)

from sources import databases, report_names


def run(rdblens, *args, code=0):
    done = subprocess.run([rdblens, *map(str, args)], capture_output=True, check=False)
    assert done.returncode == code, (args, done.returncode, done.stderr)
    return done.stdout.decode()


def wrong_documents(document):
    """(what is wrong, a copy that is wrong in that)"""
    def changed(what, change):
        wrong = copy.deepcopy(document)
        change(wrong, wrong["reports"][0]["sections"][0])
        return what, wrong
    bigkeys = next(i for i, r in enumerate(document["reports"]) if r["name"] == "bigkeys")

    def row(wrong):
        return wrong["reports"][bigkeys]["sections"][0]["rows"][0]
    yield changed("no schema_version", lambda d, s: d.pop("schema_version"))
    yield changed("another schema_version", lambda d, s: d.update(schema_version=2))
    yield changed("no snapshots", lambda d, s: d["reports"][0].update(snapshots=[]))
    yield changed("a snapshot without keys", lambda d, s: d["reports"][0]["snapshots"][0].pop("keys"))
    yield changed("a section without rows", lambda d, s: s.pop("rows"))
    yield changed("a report without its sections", lambda d, s: d["reports"][0].update(sections=[]))
    yield changed("bytes for people", lambda d, s: row(d).update(bytes="1.2 GiB"))
    yield changed("a row without its key", lambda d, s: row(d).pop("key_text"))
    yield changed("a list as a cell", lambda d, s: row(d).update(more=[1]))
    yield changed("a time with a fraction", lambda d, s: d["reports"][0]["snapshots"][0].update(created_at=1.5))


def main():
    rdblens, fixtures, bench_snapshot, shared, installed = sys.argv[1:6]
    text = run(rdblens, "report", "--schema")
    assert text == pathlib.Path(installed).read_text(), "the installed schema is not what the program prints"
    schema = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    line = jsonschema.Draft202012Validator({"$ref": "#/$defs/line", "$defs": schema["$defs"]})
    names, sources = report_names(rdblens), 0
    with tempfile.TemporaryDirectory() as folder:
        for source, database, code in databases(rdblens, fixtures, bench_snapshot, shared, folder):
            document = json.loads(run(rdblens, "report", database, "-f", "json", code=code))
            assert [r["name"] for r in document["reports"]] == names, "not all reports"
            for error in validator.iter_errors(document):
                raise AssertionError(f"{source}: {list(error.absolute_path)}: {error.message[:300]}")
            for text in run(rdblens, "report", database, *names, "-f", "ndjson", code=code).splitlines():
                line.validate(json.loads(text))
            validator.validate(json.loads(run(rdblens, "query", database, "SELECT * FROM keys LIMIT 100", "-f", "json")))
            sources += 1
            if source == "sidekiq_v11":
                for what, wrong in wrong_documents(document):
                    assert not validator.is_valid(wrong), f"the schema lets pass: {what}"
                own = pathlib.Path(folder) / "reports"
                own.mkdir()
                (own / "mine.sql").write_text("-- title: Mine\n-- param: n = 3\n-- section: s | S\nSELECT :n AS x_bytes;\n")
                schema = json.loads(run(rdblens, "report", "--schema", "--reports-dir", own))
                mine = json.loads(run(rdblens, "report", database, "mine", "--reports-dir", own, "-f", "json"))
                jsonschema.Draft202012Validator(schema).validate(mine)
                mine["reports"][0]["sections"][0]["rows"][0]["x_bytes"] = "3 B"
                assert not jsonschema.Draft202012Validator(schema).is_valid(mine)
                validator.validate(mine)  # which does not know the report
    print(f"{sources} sources, {len(names)} reports")


main()
