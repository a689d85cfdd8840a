#!/usr/bin/env python3
"""faults.py -- what goes wrong around the program: signals, files that change, full disks, other people's files.

    faults.py RDBLENS BENCH_SNAPSHOT FIXTURES_DIR

Every test works in a folder of its own, and no test may leave anything there but what it names.  Nothing is
timed: a signal is sent when /proc says that it is caught, a file is changed while the program is stopped.
A mount needs a namespace of its own; where the kernel gives none, those tests are skipped and say so.
"""
# SPDX-License-Identifier: MIT
import gzip
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

RDBLENS = BENCH = FIXTURES = SCRATCH = ""
PATIENCE_S = 120
MIB = 1 << 20
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 143}


def wait_until(condition, what):
    deadline = time.monotonic() + 30
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("waited too long for " + what)
        time.sleep(0.001)


def catches(process, number):
    """Has the program installed its handler?"""
    with open("/proc/%d/status" % process.pid, encoding="ascii") as file:
        masks = [line.split()[1] for line in file if line.startswith("SigCgt:")]
    return process.poll() is not None or (masks != [] and int(masks[0], 16) >> (number - 1) & 1 == 1)


def maps(process, path):
    try:
        with open("/proc/%d/maps" % process.pid, encoding="utf-8", errors="replace") as file:
            return path in file.read()
    except OSError:
        return False


def has_ended(process):
    """Without waiting for it: a zombie has no maps."""
    return process.poll() is not None


def rows(path, sql):
    db = sqlite3.connect(path)
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


def content(path):
    with open(path, "rb") as file:
        return file.read()


def limit_files(size_bytes):
    def set_limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, size_bytes))
    return set_limit


class Folder(unittest.TestCase):
    """A folder with `small.rdb` and `large.rdb`, checked for litter at the end."""
    large_keys = 40_000

    @classmethod
    def setUpClass(cls):
        cls.large = os.path.join(SCRATCH, "bench-%d.rdb" % cls.large_keys)
        if not os.path.exists(cls.large):
            with open(cls.large, "wb") as file:
                subprocess.run([BENCH, str(cls.large_keys)], stdout=file, check=True)
        cls.small = os.path.join(FIXTURES, "sidekiq_v11.rdb")
        cls.other = os.path.join(FIXTURES, "listpack_v10.rdb")

    def setUp(self):
        self.folder = tempfile.mkdtemp(dir=SCRATCH)
        self.private = tempfile.mkdtemp(dir=SCRATCH)
        self.env = {**{k: v for k, v in os.environ.items() if not k.startswith("RDBLENS_")},
                    "RDBLENS_CONFIG": "/dev/null", "RDBLENS_TMPDIR": self.private, "LC_ALL": "C.UTF-8"}
        self.expected = set()

    def tearDown(self):
        self.assertEqual(set(os.listdir(self.folder)), self.expected)
        self.assertEqual(os.listdir(self.private), [])

    def path(self, name):
        """A file that may stay."""
        self.expected.add(name)
        return os.path.join(self.folder, name)

    def absent(self, name):
        """A file that must not come to be."""
        return os.path.join(self.folder, name)

    def run_it(self, *args, code=0, says=None, **options):
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "env": self.env, **options}
        if "input" in options:
            del options["stdin"]
        done = subprocess.run([RDBLENS, *args], stderr=subprocess.PIPE, check=False, timeout=PATIENCE_S, **options)
        message = done.stderr.decode()
        self.assertEqual(done.returncode, code, (args, message))
        if code == 2: # one line, and nothing that looks like a result
            self.assertRegex(message, r"\Ardblens: [^\n]+\n\Z")
            self.assertFalse(done.stdout)
        if says is not None:
            self.assertIn(says, message)
        return message

    def start(self, *args, **options):
        return subprocess.Popen([RDBLENS, *args], stderr=subprocess.PIPE, env=self.env,
                                **{"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, **options})

    def end(self, process, code):
        _, stderr = process.communicate(timeout=PATIENCE_S)
        self.assertEqual(process.returncode, code, stderr)
        return stderr.decode()

    def is_sound(self, path):
        self.assertEqual(rows(path, "PRAGMA integrity_check"), [("ok",)])

    def database(self, name="r.db", snapshot=None):
        path = self.path(name)
        self.run_it("analyze", snapshot or self.small, "-o", path)
        return path


class Signals(Folder):
    def test_pipe_that_never_speaks(self):
        for number, code in CODES.items():
            for args in (["analyze", "-"], ["analyze", "-", "-o", self.absent("r.db")], ["verify", "-"], ["info", "-"],
                         ["-"]):
                with self.subTest(signal=number, args=args):
                    p = self.start(*args, stdin=subprocess.PIPE)
                    wait_until(lambda: catches(p, number), "a handler")
                    time.sleep(0.05) # let it reach its read()
                    p.send_signal(number)
                    p.wait(PATIENCE_S) # before communicate() closes the pipe
                    self.assertLessEqual(self.end(p, code).count("\n"), 1)

    def stalled(self, number, *args):
        """Half a snapshot through a pipe, then a signal.  All but what the pipe holds was read by then."""
        p = self.start(*args, stdin=subprocess.PIPE)
        data = content(self.large)
        p.stdin.write(data[:len(data) // 2])
        p.stdin.flush()
        p.send_signal(number)
        p.wait(PATIENCE_S)
        return self.end(p, CODES[number])

    def test_keeps_what_was_read(self):
        for number in CODES:
            with self.subTest(signal=number):
                path = self.path("%d.db" % number)
                self.stalled(number, "analyze", "-", "-o", path)
                self.is_sound(path)
                [(complete, keys, stored)] = rows(
                    path, "SELECT complete, keys, (SELECT count(*) FROM keys) FROM snapshots")
                self.assertEqual((complete, stored), (0, keys))
                self.assertGreater(keys, 1000)

    def test_others_too(self):
        for args in (["verify", "-"], ["report", "-"], ["query", "-", "SELECT count(*) FROM keys"]):
            with self.subTest(args=args):
                self.stalled(signal.SIGINT, *args)


class ChangedWhileRead(Folder):
    def change(self, change, code, *args):
        """Runs args on a copy that is changed while the program stands still behind its mmap()."""
        for attempt in range(6):
            path = self.path("changed.rdb")
            with open(path, "wb") as file:
                subprocess.run([BENCH, str(self.large_keys << attempt)], stdout=file, check=True)
            for arg in args:
                if arg.endswith(".db") and os.path.exists(arg):
                    os.unlink(arg)
            p = self.start(*args, path, preexec_fn=lambda: os.nice(19))
            wait_until(lambda: maps(p, path) or has_ended(p), "the mapping")
            p.send_signal(signal.SIGSTOP)
            if not maps(p, path): # this machine was too busy to catch it
                p.send_signal(signal.SIGCONT)
                p.communicate(timeout=PATIENCE_S)
                continue
            change(path)
            p.send_signal(signal.SIGCONT)
            _, stderr = p.communicate(timeout=PATIENCE_S)
            if p.returncode == 0: # stopped when all was read and checked: more to read next time
                continue
            self.assertEqual(p.returncode, code, stderr)
            return stderr.decode()
        self.skipTest("the program is always faster than this test")

    def test_cut(self):
        db = self.path("r.db")
        message = self.change(lambda path: os.truncate(path, MIB), 3, "analyze", "-o", db)
        self.assertEqual(message.count("\n"), 1, message)
        self.assertIn("changed.rdb", message)
        self.is_sound(db)
        [(complete, keys, stored)] = rows(db, "SELECT complete, keys, (SELECT count(*) FROM keys) FROM snapshots")
        self.assertEqual((complete, stored), (0, keys))
        # One key more may have begun before the cut; no key behind it was made up of zero bytes.
        self.assertLess(keys, 2 * self.large_keys * MIB / os.path.getsize(self.large))
        self.assertEqual(rows(db, "SELECT count(*) FROM keys WHERE key = '' OR typeof(key) = 'blob'"), [(0,)])
        self.assertEqual(rows(db, "SELECT severity, key FROM defects WHERE code = 'file-changed'"), [("fatal", None)])

    def test_cut_for_verify(self):
        self.change(lambda path: os.truncate(path, MIB), 3, "verify")

    def test_grown(self):
        def grow(path):
            with open(path, "ab") as file:
                file.write(b"x")
        db = self.path("r.db")
        self.change(grow, 3, "analyze", "-o", db)
        self.is_sound(db)
        self.assertEqual(rows(db, "SELECT complete FROM snapshots"), [(0,)])


class FullDisk(Folder):
    """By a limit on the size of files, which root has too."""
    def test_new(self):
        self.run_it("analyze", self.large, "-o", self.absent("r.db"), code=2, preexec_fn=limit_files(MIB))

    def test_private(self):
        self.run_it("report", self.large, "bigkeys", "--match", "*", code=2, preexec_fn=limit_files(MIB // 4))

    def test_replace(self):
        path = self.database()
        before = content(path)
        self.run_it("analyze", self.large, "-o", path, "--replace", code=2, preexec_fn=limit_files(MIB))
        self.assertEqual(content(path), before)

    def test_append(self):
        path = self.database()
        before = rows(path, "SELECT * FROM snapshots"), rows(path, "SELECT * FROM keys")
        self.run_it("analyze", self.large, "-o", path, "--append", code=2, preexec_fn=limit_files(MIB))
        self.is_sound(path)
        self.assertEqual((rows(path, "SELECT * FROM snapshots"), rows(path, "SELECT * FROM keys")), before)

    def test_report(self):
        database, out = self.database(), self.path("keys.json")
        with open(out, "w", encoding="ascii") as file:
            file.write("old")
        self.run_it("query", database, "SELECT * FROM keys", "-o", out, code=2, preexec_fn=limit_files(10_000))
        self.assertEqual(content(out), b"old")

    def test_standard_output(self):
        with open("/dev/full", "wb") as full:
            for args in (["analyze", self.small], ["report", self.small], ["info", self.small], ["verify", self.small],
                         ["query", self.small, "SELECT * FROM keys", "-f", "csv"], ["--help"], ["--version"]):
                with self.subTest(args=args):
                    self.run_it(*args, code=2, says="No space left", stdout=full)


class Mounts(Folder):
    """A small and a read-only file system, in a mount namespace that ends with its shell."""
    def setUp(self):
        super().setUp()
        if shutil.which("unshare") is None or self.inside("true", "size=1m").returncode != 0:
            self.skipTest("no namespace to mount a tmpfs in")

    def inside(self, command, options):
        script = 'mount -t tmpfs -o "$3" tmpfs "$1" && export RDBLENS="$2" && cd "$1" && ' + command
        return subprocess.run(
            ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", self.folder, RDBLENS,
             options],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, env=self.env, timeout=PATIENCE_S)

    def fails(self, command, options, files):
        done = self.inside(
            command + ' > /dev/null; status=$?; echo "left: $(ls -A | tr "\\n" " ")"; exit $status', options)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertEqual(done.stdout, "left: %s\n" % files)
        return done.stderr

    def test_full(self):
        self.fails('"$RDBLENS" analyze "%s" -o r.db' % self.large, "size=4m", "")

    def test_full_private(self):
        message = self.fails('RDBLENS_TMPDIR=. "$RDBLENS" report "%s" bigkeys --match "*"' % self.large, "size=1m", "")
        self.assertIn("-o", message)

    @unittest.skipIf(os.geteuid() != 0, "not root: see Files.test_unwritable_folder")
    def test_read_only(self):
        message = self.fails('touch kept && mount -o remount,ro . && "$RDBLENS" analyze "%s" -o r.db' % self.small,
                             "size=4m", "kept ")
        self.assertIn("Read-only", message)


class ClosedPipe(Folder):
    def test_no_message(self):
        for args in (["analyze", self.small], ["report", self.small], ["info", self.small], ["verify", self.small],
                     ["query", self.small, "SELECT * FROM keys", "-f", "csv"], ["--help"], ["--version"]):
            with self.subTest(args=args):
                read_end, write_end = os.pipe()
                os.close(read_end)
                try:
                    self.assertEqual(self.run_it(*args, code=141, stdout=write_end), "")
                finally:
                    os.close(write_end)


class Files(Folder):
    def test_no_such_folder(self):
        self.run_it("analyze", self.small, "-o", self.absent("no/r.db"), code=2, says="No such file")
        self.run_it("analyze", self.small, "-o", self.folder, code=2)
        self.run_it("analyze", self.small, "-o", "/dev/full", code=2)

    @unittest.skipIf(os.geteuid() == 0, "root may write everywhere: see Mounts.test_read_only")
    def test_unwritable_folder(self):
        os.chmod(self.folder, 0o555)
        try:
            self.run_it("analyze", self.small, "-o", self.absent("r.db"), code=2, says="ermission denied")
        finally:
            os.chmod(self.folder, 0o755)

    def test_no_place_for_the_private_database(self):
        self.env["RDBLENS_TMPDIR"] = self.absent("no")
        self.run_it("report", self.small, code=2)

    def test_exists(self):
        path = self.database()
        before = content(path)
        self.run_it("analyze", self.other, "-o", path, code=2, says="--replace")
        self.run_it("analyze", self.other, "-o", path, "--replace", "--append", code=2)
        for option in ("--replace", "--append"):
            self.run_it("analyze", self.absent("no.rdb"), "-o", path, option, code=2)
        self.assertEqual(content(path), before)
        self.run_it("analyze", self.other, "-o", path, "--replace")
        self.assertEqual(rows(path, "SELECT label FROM snapshots"), [("listpack_v10.rdb",)])

    def test_same_snapshot_twice(self):
        self.run_it("analyze", self.small, self.small, "-o", self.absent("r.db"), code=2)
        path = self.database()
        self.run_it("analyze", self.small, "-o", path, "--append", code=2)
        self.run_it("analyze", "-", "-o", path, "--append", code=2, input=gzip.compress(content(self.small)))
        self.run_it("analyze", self.other, "-o", path, "--append")
        self.is_sound(path)
        self.assertEqual(rows(path, "SELECT label FROM snapshots ORDER BY id"),
                         [("sidekiq_v11.rdb",), ("listpack_v10.rdb",)])

    def test_locked(self):
        path = self.database()
        db = sqlite3.connect(path, isolation_level=None)
        db.execute("BEGIN EXCLUSIVE")
        try:
            self.run_it("analyze", self.other, "-o", path, "--append", code=2, says="locked")
        finally:
            db.close()
        self.assertEqual(len(rows(path, "SELECT * FROM snapshots")), 1)

    def refused(self, path):
        before = content(path)
        for args in (["analyze", self.other, "-o", path, "--append"], ["analyze", self.other, "-o", path, "--replace"],
                     ["analyze", self.other, "-o", path], ["report", path], ["query", path, "SELECT 1"]):
            with self.subTest(args=args):
                self.run_it(*args, code=2)
                self.assertEqual(content(path), before)

    def test_not_ours(self):
        path = self.path("foreign.db")
        db = sqlite3.connect(path)
        db.execute("CREATE TABLE snapshots(id)")
        db.close()
        self.refused(path)

    def test_no_database(self):
        path = self.path("notes.txt")
        with open(path, "w", encoding="ascii") as file:
            file.write("not a database, and not a snapshot\n" * 100)
        self.refused(path)

    def test_newer(self):
        path = self.database()
        db = sqlite3.connect(path)
        [(version,)] = db.execute("PRAGMA user_version").fetchall()
        db.execute("PRAGMA user_version = %d" % (version + 1))
        db.close()
        before = content(path)
        for args in (["analyze", self.other, "-o", path, "--append"], ["report", path], ["query", path, "SELECT 1"]):
            self.run_it(*args, code=2)
        self.assertEqual(content(path), before)

    def test_snapshot_as_output(self):
        path = self.path("dump.rdb")
        shutil.copyfile(self.other, path)
        before = content(path)
        for option in ("--replace", "--append"):
            self.run_it("analyze", self.small, "-o", path, option, code=2)
            self.run_it("analyze", path, "-o", path, option, code=2)
        self.assertEqual(content(path), before)

    def test_through_a_link(self):
        path, link = self.database(), self.path("link.db")
        os.symlink(path, link)
        self.run_it("analyze", self.other, "-o", link, "--append")
        self.assertTrue(os.path.islink(link))
        self.assertEqual(len(rows(path, "SELECT * FROM snapshots")), 2)


if __name__ == "__main__":
    RDBLENS, BENCH, FIXTURES = (os.path.abspath(a) for a in sys.argv[1:4])
    with tempfile.TemporaryDirectory(prefix="rdblens-faults-") as SCRATCH:
        program = unittest.main(argv=[sys.argv[0], *sys.argv[4:]], exit=False, verbosity=2)
    sys.exit(not program.result.wasSuccessful())
