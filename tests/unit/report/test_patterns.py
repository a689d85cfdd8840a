#!/usr/bin/env python3
"""test_patterns.py -- the tree of patterns and the stacks, against sums over `patterns` in Python.

    test_patterns.py RDBLENS SNAPSHOT...
"""
# SPDX-License-Identifier: MIT
import collections
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import unittest


def run(*words):
    return subprocess.run([rdblens, *map(str, words)], check=True, stdout=subprocess.PIPE).stdout.decode()


class Patterns(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.paths = []
        for i, snapshot in enumerate(snapshots):
            path = os.path.join(cls.folder.name, "%d.db" % i)
            subprocess.run([rdblens, "analyze", snapshot, "-o", path, "--quiet"], check=False, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
            if os.path.exists(path):
                cls.paths.append(path)
        assert cls.paths

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def rows_of(self, path):
        with sqlite3.connect(path) as db:
            return db.execute("SELECT db, pattern_text, keys, coalesce(alloc_bytes, bytes) FROM patterns").fetchall()

    def tree(self, path, *options):
        report = json.loads(subprocess.run([rdblens, "report", path, "patterns", "-f", "json", *map(str, options)], check=False,
                                           stdout=subprocess.PIPE).stdout)["reports"][0]
        return [s["rows"] for s in report["sections"] if s["name"] == "tree"][0]

    def test_each_level_adds_up(self):
        for path in self.paths:
            rows = self.rows_of(path)
            wanted = (sum(r[2] for r in rows), sum(r[3] or 0 for r in rows), len(rows))
            for options in ([], ["--top", 3], ["--top", 1000000], ["--depth", 1], ["--delimiter", "/"], ["--delimiter", "xyz"]):
                tree = self.tree(path, *options)
                sums = collections.defaultdict(lambda: [0, 0, 0])
                above, shown = {-1: None}, {}
                for i, row in enumerate(tree):
                    above[row["depth"]] = i
                    shown[i] = (row["keys"], row["size_bytes"], row["patterns"])
                    for n, x in enumerate(shown[i]):
                        sums[above[row["depth"] - 1]][n] += x
                if tree:
                    self.assertEqual(tuple(sums[None]), wanted, (path, options))
                for i in shown:
                    if i in sums:
                        self.assertEqual(tuple(sums[i]), shown[i], (path, options, tree[i]))
                if "--top" in options and options[1] < 1000000:
                    self.assertLessEqual(len(tree), options[1] + 1)

    def test_namespaces_hold_their_patterns(self):
        for path in self.paths:
            rows = self.rows_of(path)
            for row in self.tree(path, "--top", 1000000):
                if row["node_kind"] == "namespace":
                    keys = sum(r[2] for r in rows if r[0] == row["db"] and r[1].startswith(row["node"]))
                    self.assertEqual(row["keys"], keys, (path, row))

    def test_under(self):
        for path in self.paths:
            rows = self.rows_of(path)
            for row in self.tree(path, "--top", 1000000):
                if row["node_kind"] != "namespace":
                    continue
                below = self.tree(path, "--top", 1000000, "--under", row["node"])
                keys = sum(r[2] for r in rows if r[1].startswith(row["node"]))
                self.assertEqual(sum(r["keys"] for r in below if r["depth"] == 0), keys, row)

    def test_stacks(self):
        for path in self.paths:
            rows = self.rows_of(path)
            text = subprocess.run([rdblens, "report", path, "-f", "folded"], check=False, stdout=subprocess.PIPE).stdout.decode()
            total = 0
            for line in text.splitlines():
                stack, number = line.rsplit(" ", 1) # as flamegraph.pl and speedscope do
                self.assertNotIn(" ", stack)
                self.assertTrue(all(stack.split(";")), line)
                total += int(number)
            self.assertEqual(total, sum(r[3] or 0 for r in rows), path)


if __name__ == "__main__":
    rdblens, snapshots = sys.argv[1], sys.argv[2:]
    unittest.main(argv=sys.argv[:1])
