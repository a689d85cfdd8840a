#!/usr/bin/env python3
"""generated.py -- the snapshots that benchmarks run on are what they say.

    generated.py RDBLENS BENCH_SNAPSHOT                       every profile and version: the same bytes as ever, and
                                                              nothing that `verify` objects to
    generated.py --server RDBLENS BENCH_SNAPSHOT [VERSION...] a real server loads them, checks every value, and has as many
                                                              keys as were asked for; versions 9 and 10 unless
                                                              others are named. Exit 77 without a server
"""
# SPDX-License-Identifier: MIT
import hashlib
import os
import re
import subprocess
import sys
import tempfile

from server import SKIPPED, Server, ServerError

VERSIONS = (9, 10, 11, 12, 80)
LOADED_BY_DEBIAN = (9, 10) # redis-server 7.0.15 reads up to 10
SIZES = {"rails": 6000, "collections": 1000, "patterns": 5000, "mixed": 6000}
# So that figures of different days and machines are of the same file. A profile that is changed on purpose gets a new line.
SHA1_OF_VERSION_11 = {
    "rails": "598c32230d2cf82f7285a6253bdcc776f77f4b6b",
    "collections": "e0480e3e4ff873212e4e4df3c11a646b5f2619f3",
    "patterns": "9d6da7cd10037480def82f2763132b8f08d9e56f",
    "mixed": "c4a53ade1bc297180f26f03b5337d157db1efb03",
}


def rails_expires(keys):
    """38 of each 100, but not the 32 keys of Sidekiq, which stand where 28 sessions and 4 answers would."""
    return keys * 38 // 100 - 32


def databases(profile, keys):
    """By number: keys, and how many of them expire."""
    if profile == "rails":
        return {0: (keys, rails_expires(keys))}
    if profile == "mixed":
        return {0: (keys * 4 // 10, rails_expires(keys * 4 // 10)), 1: (keys // 10, 0),
                2: (keys * 3 // 10, rails_expires(keys * 3 // 10)), 7: (keys // 10, 0), 15: (keys // 10, 0)}
    return {0: (keys, 0)}


def generate(program, folder, profile, version):
    path = os.path.join(folder, f"{profile}_v{version}.rdb")
    with open(path, "wb") as file:
        subprocess.run([program, "-p", profile, "-v", str(version), str(SIZES[profile])], stdout=file, check=True)
    return path


def verify(rdblens, path, profile):
    keys = databases(profile, SIZES[profile]).values()
    done = subprocess.run([rdblens, "verify", path], capture_output=True, text=True)
    said = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    expected = {"keys": f"{sum(k for k, _ in keys)}, {sum(e for _, e in keys)} with a TTL", "checksum": "ok",
                "damaged values": "0", "duplicate keys": "0", "restorable": "yes"}
    problems = [f"{what}: {said.get(what)}, expected {how}" for what, how in expected.items() if said.get(what) != how]
    if done.returncode or done.stderr:
        problems.append(f"exit {done.returncode}: {done.stderr}")
    return problems


def read_all(rdblens, program, folder):
    problems = []
    for profile in SIZES:
        for version in VERSIONS:
            path = generate(program, folder, profile, version)
            problems += [f"{profile}, version {version}: {p}" for p in verify(rdblens, path, profile)]
            if version == 11:
                with open(path, "rb") as file:
                    sha1 = hashlib.sha1(file.read()).hexdigest()
                if sha1 != SHA1_OF_VERSION_11.get(profile):
                    problems.append(f"{profile}: SHA-1 {sha1}, expected {SHA1_OF_VERSION_11.get(profile)}")
    return problems, len(SIZES) * len(VERSIONS)


def load(path, profile):
    """What a server that checks all it loads has, and says while loading."""
    wanted = {db: counts for db, counts in databases(profile, SIZES[profile]).items()}
    try:
        with Server(path, ("--sanitize-dump-payload", "yes")) as server:
            found = {int(db): (int(keys), int(expires)) for db, keys, expires in
                     re.findall(r"db(\d+):keys=(\d+),expires=(\d+)", server.call("INFO", "keyspace").decode())}
            with open(os.path.join(server.folder, "log"), encoding="utf-8", errors="replace") as log:
                said = re.search(r"Loading RDB(.*)DB loaded from disk", log.read(), re.S)[1].splitlines()
    except ServerError as e:
        return [str(e)]
    problems = [] if found == wanted else [f"the server has {found}, expected {wanted}"]
    usual = re.compile(r"produced by|RDB age|RDB memory usage|RDB is base AOF|keys expired: 0|^\S+ \S+ \S+ \S+ \S+ \* *$")
    return problems + [f"the server says: {line}" for line in said if not usual.search(line)]


def load_all(program, folder, versions):
    problems = []
    for profile in SIZES:
        for version in versions:
            path = generate(program, folder, profile, version)
            problems += [f"{profile}, version {version}: {p}" for p in load(path, profile)]
    return problems, len(SIZES) * len(versions)


def main():
    args = sys.argv[1:]
    with_server = args[0] == "--server"
    rdblens, program, *versions = args[1:] if with_server else args
    try:
        with tempfile.TemporaryDirectory(prefix="rdblens-generated-") as folder:
            if with_server:
                problems, count = load_all(program, folder, versions or LOADED_BY_DEBIAN)
            else:
                problems, count = read_all(rdblens, program, folder)
    except FileNotFoundError as e:
        if e.filename or "redis-server" not in str(e):
            raise
        print("skipped: no redis-server")
        return SKIPPED
    for problem in problems:
        print(problem)
    print(f"{count} files, {len(problems)} differences")
    return 1 if problems else 0


sys.exit(main())
