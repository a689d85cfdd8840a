#!/usr/bin/env python3
"""truth.py -- every key of the truth corpus: type, elements, expiry, encoding and bytes as the server said.

    truth.py RDBLENS SHARED_DIR

Runs the corpus' own checker: content with no options, then sizes with each server's settings, allocator and version.
Exit 77 when it is not there.
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
    check = [sys.executable, checker, "--rdblens", rdblens, "--require"]
    failed = 0
    for options in (["--content"], []):
        sys.stdout.flush()
        failed |= subprocess.run(check + options).returncode
    return failed


sys.exit(main())
