#!/usr/bin/env python3
"""The examples of README and docs/reports.md are what the program prints: run as `readme.py RDBLENS REPO [--accept]`.

A block ```console whose lines `$ rdblens ...` are commands is run in the repository's root; what stands below each
command must be its output. `--accept` writes the real output there instead. Ages by the wall clock
(`374 d ago`) are masked.
"""
import os, pathlib, re, shlex, subprocess, sys, tempfile

DOCUMENTS = ["README.md", "docs/reports.md"]
AGE = re.compile(r"\d[\d.,]* (?:s|min|h|d|years)(?: \d+ (?:s|min))? ago")


def run(rdblens, repo, command, env):
    argv = shlex.split(command)
    assert argv[0] == "rdblens", command
    r = subprocess.run([rdblens] + argv[1:], cwd=repo, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, timeout=120)
    return r.stdout.decode("utf-8", "replace").rstrip("\n").split("\n")


def blocks(lines):
    """(first line, end line) of the inside of each console block."""
    start = None
    for n, line in enumerate(lines):
        if start is None and line == "```console":
            start = n + 1
        elif start is not None and line == "```":
            yield start, n
            start = None


def masked(lines):
    """An age's length also says where its line is broken: lines are joined."""
    return AGE.sub("N ago", re.sub(r"\s+", " ", " ".join(lines)))


def check(rdblens, repo, document, accept):
    """Blocks that differ."""
    lines = document.read_text().split("\n")
    out, last, commands, wrong = [], 0, 0, 0
    with tempfile.TemporaryDirectory() as tmp:
        env = {k: v for k, v in os.environ.items() if not k.startswith("RDBLENS_")}
        env.update(RDBLENS_CONFIG="/dev/null", LC_ALL="C.UTF-8", NO_COLOR="1", COLUMNS="80", RDBLENS_TMPDIR=tmp)
        for start, end in blocks(lines):
            out += lines[last:start]
            real = []
            for line in lines[start:end]:
                if line.startswith("$ "):
                    real += ([""] if real else []) + [line] + run(rdblens, repo, line[2:], env)
                    commands += 1
            shown = lines[start:end]
            if masked(shown) != masked(real):
                wrong += 1
                print(f"{document.name}:{start}: not what the program prints:")
                print("\n".join("  " + x for x in real))
            out += real
            last = end
    out += lines[last:]
    if accept:
        document.write_text("\n".join(out))
        return 0
    print(f"{document.name}: {commands} commands, {wrong} blocks differ")
    return wrong if commands > 0 else 1


def main():
    rdblens, repo, accept = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]), "--accept" in sys.argv
    wrong = sum(check(rdblens, repo, repo / name, accept) for name in DOCUMENTS)
    return 1 if wrong else 0


sys.exit(main())
