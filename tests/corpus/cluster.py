#!/usr/bin/env python3
"""cluster.py -- files of cluster nodes tell so by their slots: no option is needed.

    cluster.py RDBLENS SHARED_DIR

Every file of the truth corpus that a cluster node wrote, from the versions on that write slots, must come to the same
with the default options as with cluster-enabled=yes, and to something else than a server without.  Exit 77 when the
corpus is not there.
"""
# SPDX-License-Identifier: MIT
import glob
import os
import subprocess
import sys

COLUMNS = "model, config, startup_bytes, tables_bytes, predicted_used_memory"
WITHOUT_SLOTS = ("redis-4.", "redis-5.", "redis-6.", "redis-7.0", "redis-7.2", "valkey-7.")


def ask(rdblens, path, *options):
    command = [rdblens, "query", "-f", "csv", path, f"SELECT {COLUMNS} FROM snapshots", *options]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def main():
    rdblens, shared = sys.argv[1:]
    paths = [p for p in sorted(glob.glob(os.path.join(shared, "corpus", "truth", "*-cluster.rdb")))
             if not os.path.basename(p).startswith(WITHOUT_SLOTS)]
    if not paths:
        print("skipped: the truth corpus is not there")
        return 77
    failed = 0
    for path in paths:
        found, expected = ask(rdblens, path), ask(rdblens, path, "--config", "cluster-enabled=yes")
        if found != expected or b"cluster-enabled=yes" not in found:
            print(f"{os.path.basename(path)}: {found}, expected {expected}")
            failed = 1
    print(f"{len(paths)} files")
    return failed


sys.exit(main())
