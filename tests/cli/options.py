#!/usr/bin/env python3
"""Help, man page and completions tell the same options: run as `options.py RDBLENS OPTIONS.def MAN BASH ZSH FISH`.

Each option of a command stands exactly once in its --help, in its section of the man page and in every completion, and
every row of options.def in some command. bash is asked for candidates; zsh and fish check their files where they are
installed; man or groff look at the man page.
"""
# SPDX-License-Identifier: MIT
import re, shutil, subprocess, sys

rdblens, table, man, bash, zsh, fish = sys.argv[1:]
COMMANDS = ["analyze", "report", "query", "diff", "info", "verify", "config"]
wrong = []


def expect(found, wanted, what):
    if found != wanted:
        wrong.append(f"{what}: {found} instead of {wanted}")


def out(*argv):
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def ask_bash(*words):
    script = f'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _rdblens; printf "%s\\n" "${{COMPREPLY[@]}}"'
    return subprocess.run(["bash", "-c", script, bash, *words], check=True, capture_output=True, text=True).stdout.split()


def part(text, begin, end):
    return text.split(begin, 1)[1].split(end, 1)[0]


rows = set(re.findall(r'\.long_name = "([^"]+)"', open(table).read()))
man_text, zsh_text, fish_text = (open(p).read() for p in (man, zsh, fish))
seen = set()
for command in COMMANDS:
    text = out(rdblens, command, "--help")
    # Columns 0 to 5 hold the short name, so that a long name begins in column 6.
    helped = sorted(re.findall(r"^  (?:-\w, |    )--([a-z-]+)", text, re.M))
    seen |= set(helped)
    expect(len(helped), len(set(helped)), f"{command} --help: options")
    expect([x for x in text.split("\n") if len(x) > 80], [], f"{command} --help: wide lines")
    short = out(rdblens, command, "-h").rstrip("\n").split("\n")
    expect(len(short) <= 24 and max(map(len, short)) <= 80, True, f"{command} -h fits a screen")
    expect(sorted(x[2:] for x in ask_bash("rdblens", command, "--")), helped, f"bash {command}")
    expect(sorted(re.findall(rf"seen_subcommand_from {command}' -l (\S+)", fish_text)), helped, f"fish {command}")
    section = re.split(r";;", part(zsh_text, f"\n    {command})\n", "\n    help)"))[0]
    expect(sorted(re.findall(r"'\*?--([a-z-]+)(?:=-)?\[", section)), helped, f"zsh {command}")
    section = re.split(r"\n\.S[SH] ", part(man_text, f".SS rdblens {command}\n", "\n.SH REPORTS"))[0]
    documented = sorted(x.replace("\\-", "-") for x in re.findall(r"\\fB\\-\\-([^\\]+(?:\\-[^\\]+)*)\\fR", section))
    # `config` takes every setting; the man page tells them with the commands they are for.
    expect([x for x in documented if x not in helped] if command == "config" else documented,
           [] if command == "config" else helped, f"man {command}")
expect(sorted(rows - seen), [], "rows of no command")
expect(ask_bash("rdblens", "inf"), ["info"], "bash: commands")
expect(ask_bash("rdblens", "info", "-f", ""), ["text", "json"], "bash: formats of info")
expect(ask_bash("rdblens", "report", "--redact-keys", "=", "na"), ["names"], "bash: how to redact")
expect(ask_bash("rdblens", "report", "x.rdb", "bigk"), ["bigkeys"], "bash: reports")
expect("valkey-8.0" in ask_bash("rdblens", "query", "--model", "valkey-8"), True, "bash: models")
for shell, path in (("zsh", zsh), ("fish", fish)):
    if shutil.which(shell):
        expect(subprocess.run([shell, "-n", path]).returncode, 0, f"{shell} -n")
    else:
        print(f"skipped: {shell} is not installed")
if shutil.which("groff"):
    told = subprocess.run(["groff", "-ww", "-man", "-Tascii", "-z", man], capture_output=True, text=True).stderr
    expect(told, "", "groff -ww")
else:
    print("skipped: groff is not installed")
print("\n".join(wrong))
print(f"{len(rows)} options, {len(wrong)} wrong")
sys.exit(1 if wrong or not rows else 0)
