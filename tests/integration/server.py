"""server.py -- a private redis-server for tests, and just enough RESP to talk to it.

The server listens on a Unix socket in a folder of its own, loads and saves dump.rdb there, and ends with the
`with` block.
"""
# SPDX-License-Identifier: MIT
import os
import shutil
import socket
import subprocess
import tempfile
import time

SKIPPED = 77


class ServerError(Exception):
    pass


class Server:
    def __init__(self, snapshot=None, options=()):
        self.program = shutil.which("redis-server")
        if not self.program:
            raise FileNotFoundError("redis-server")
        self.snapshot = snapshot
        self.options = options

    def __enter__(self):
        self.scratch = tempfile.TemporaryDirectory(prefix="rdblens-redis-")
        self.folder = self.scratch.name
        self.dump = os.path.join(self.folder, "dump.rdb")
        self.socket = None
        if self.snapshot:
            shutil.copyfile(self.snapshot, self.dump)
        path = os.path.join(self.folder, "s")
        self.log = open(os.path.join(self.folder, "log"), "w+", encoding="utf-8", errors="replace")
        self.process = subprocess.Popen(
            [self.program, "--port", "0", "--unixsocket", path, "--dir", self.folder, "--save", "",
             "--appendonly", "no", "--enable-debug-command", "yes", *self.options],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT)
        try:
            self.connect(path)
        except Exception:
            self.__exit__(None, None, None)
            raise
        return self

    def connect(self, path):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                self.log.seek(0)
                raise ServerError("redis-server ended: " + self.log.read()[-600:])
            try:
                self.socket = socket.socket(socket.AF_UNIX)
                self.socket.settimeout(30)
                self.socket.connect(path)
                self.reader = self.socket.makefile("rb")
                if self.call("PING") == b"PONG":
                    return
            except (OSError, ServerError): # not listening yet, or still loading
                self.socket.close()
                self.socket = None
            time.sleep(0.05)
        raise ServerError("redis-server does not answer")

    def __exit__(self, *unused):
        if self.socket:
            self.socket.close()
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
        self.scratch.cleanup()

    @staticmethod
    def encode(words):
        words = [w if isinstance(w, bytes) else str(w).encode() for w in words]
        return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)

    def call(self, *words):
        self.socket.sendall(self.encode(words))
        reply = self.read()
        if isinstance(reply, ServerError):
            raise reply
        return reply

    def calls(self, commands, at_once=500):
        """The replies to many commands, sent some at once."""
        replies = []
        for i in range(0, len(commands), at_once):
            part = commands[i:i + at_once]
            self.socket.sendall(b"".join(self.encode(words) for words in part))
            replies += [self.read() for _ in part]
        for reply in replies:
            if isinstance(reply, ServerError):
                raise reply
        return replies

    def read(self):
        line = self.reader.readline()
        if not line.endswith(b"\r\n"):
            raise OSError("connection closed")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest
        if kind == b"-":
            return ServerError(rest.decode(errors="replace"))
        if kind == b":":
            return int(rest)
        if kind == b"$":
            if rest == b"-1":
                return None
            data = self.reader.read(int(rest) + 2)
            return data[:-2]
        if kind == b"*":
            return None if rest == b"-1" else [self.read() for _ in range(int(rest))]
        raise OSError("not RESP: %r" % line)

    def keys(self):
        cursor, found = b"0", []
        while True:
            cursor, part = self.call("SCAN", cursor, "COUNT", 1000)
            found += part
            if cursor == b"0":
                return sorted(set(found))

    def databases(self):
        """Numbers of the databases that hold keys."""
        lines = self.call("INFO", "keyspace").decode().split("\r\n")
        return [int(line[2:].split(":")[0]) for line in lines if line.startswith("db")]
