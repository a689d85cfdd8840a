"""What the tests of this folder report on: fixtures, a generated Rails snapshot, and the reference dumps where they are."""
# SPDX-License-Identifier: MIT
import os
import pathlib
import subprocess

FIXTURES = ["sidekiq_v11", "jobs_v11", "stream_v14", "valkey_slots_v11", "module_v9", "function_v10", "lru_v9", "lfu_v9", "hash_ttl_v12",
            "strings_v1", "empty_v9", "damaged_v11"]
REFERENCE = ["sidekiq/sidekiq-6.4.1.rdb", "sidekiq/sidekiq-7.3.10.rdb", "sidekiq/sidekiq-8.1.7.rdb",
             "sidekiq/activejob-namespaced.rdb", "queues/all.rdb", "truth/redis-7.2.6.rdb", "truth/redis-5.0.14-lru.rdb"]
RAILS_KEYS = 20000


def analyze(rdblens, snapshot, database):
    """The exit code: 0, or 3 when the file is damaged. The paths are in one folder, and not in the database."""
    done = subprocess.run([rdblens, "analyze", "--quiet", snapshot.name, "-o", database.name], stdin=subprocess.DEVNULL,
                          cwd=database.parent, capture_output=True, check=False)
    if done.returncode not in (0, 3):
        raise RuntimeError(f"{snapshot}: exit {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.returncode


def databases(rdblens, fixtures, bench_snapshot, shared, folder, rails_keys=RAILS_KEYS):
    """(name, report database, exit code of a report on it) of each source, one after the other."""
    folder, snapshots = pathlib.Path(folder), []
    for name in FIXTURES:
        snapshots.append((name, pathlib.Path(fixtures) / f"{name}.rdb"))
    rails = folder / "rails.rdb"
    with rails.open("wb") as file:
        subprocess.run([bench_snapshot, "-p", "rails", "-v", "11", str(rails_keys)], stdout=file, check=True)
    snapshots.append(("rails", rails))
    for name in REFERENCE:
        path = pathlib.Path(shared) / "corpus" / name
        if path.exists():
            snapshots.append((path.stem, path))
        else:
            print(f"{name}: not here, left out")
    for name, snapshot in snapshots:
        database, link = folder / f"{name}.db", folder / f"{name}.rdb"
        if not link.exists():
            link.symlink_to(snapshot.resolve())
        yield name, database, analyze(os.path.abspath(rdblens), link, database)


def report_names(rdblens):
    done = subprocess.run([rdblens, "report", "--list"], capture_output=True, check=True, text=True)
    return [line.split()[0] for line in done.stdout.splitlines()]
