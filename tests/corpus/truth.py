#!/usr/bin/env python3
"""truth.py -- every key of the truth corpus: type, elements and expiry as the server said.

    truth.py RDBLENS SHARED_DIR

Runs the corpus' own checker; exit 77 when it is not there.
"""
# SPDX-License-Identifier: MIT
import os
import subprocess
import sys


def main():
    rdblens, shared = sys.argv[1:]
    checker = os.path.join(shared, "tools", "truthcheck")
    if not os.path.exists(checker):
        print(f"skipped: {checker} is not there")
        return 77
    return subprocess.run([sys.executable, checker, "--rdblens", rdblens, "--content", "--require"]).returncode


sys.exit(main())
