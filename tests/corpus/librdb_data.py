#!/usr/bin/env python3
"""Compares what our parser reads with what redis/librdb's own test suite expects of its dumps.

    librdb_data.py RDBDUMP SHARED_DIR

RDBDUMP prints a file as canonical JSON (tests/support/canon.h). Exit 77 when the corpus is not there.
Every dump of the corpus must be in one of the tables below: a new file is a question, not a pass.
"""
import json
import pathlib
import re
import subprocess
import sys

# dump -> librdb's expectation. Names differ there, hence by hand (content read side by side).
DATA = {
    "cluster_slot_info": "cluster_slot_info",
    "function2": "function2",
    "hash_lp_v11": "hash_lp_v11_data",
    "hash_lp_with_hexpire_v12": "hash_lp_ex_v12_data",
    "hash_with_expire_v12": "hash_ex_v12_data",
    "hash_v3": "hash_data",
    "hash_zl_v6": "hash_zl_v6_data",
    "hash_zm_v2": "hash_zm_v2_data",
    "mem_policy_lfu": "mem_policy_lfu",
    "mem_policy_lru": "mem_policy_lru",
    "module": "module_data",
    "module_aux": "module_aux_data",
    "multiple_dbs": "multiple_dbs_data",
    "multiple_lists_strings": "multiple_lists_strings_data",
    "plain_list_v6": "plain_list_v6_data",
    "plain_set_v6": "plain_set_v6_data",
    "plain_zset_2_v11": "plain_zset_2_v11_data",
    "plain_zset_v6": "plain_zset_v6_data",
    "quicklist": "quicklist_data",
    "quicklist2_v11": "single_list_data",
    "set_is_v11": "set_is_v11_data",
    "set_lp_v11": "set_lp_v11_data",
    "set_not_expired_v11": "set_not_expired",
    "single_key": "single_key_data",
    "stream_v11": "stream_data_with_meta",
    "string_int_encoded": "string_int_encoded",
    "ziplist_v3": "ziplist_data",
    "zset_lp_v11": "zset_lp_v11_data",
    "zset_zl_v6": "zset_zl_v6_data",
}
# The same content under another of librdb's files.
ALSO = {"hash_v3": ["plain_hash_data"], "stream_v11": ["stream_data"],
        "multiple_lists_strings": ["multiple_lists_strings_no_aux"]}

# Without an expectation file: number of keys and warnings. `keys` are counts seen with redis-check-rdb
# where a server reads the version, else by reading the hex dump.
OTHER = {
    "librdb/100_lists.rdb": (100, []),
    "librdb/empty.rdb": (0, []),
    "librdb/function.rdb": (0, []),
    "librdb/future_v19.rdb": (1, ["higher-version", "checksum-mismatch"]),
    "librdb/invalid_chksum_v8.rdb": (3, ["checksum-mismatch"]),
    "librdb/misc_with_stream.rdb": (12, []),
    "librdb/module_aux_empty.rdb": (0, []),
    "librdb/module_aux_v12.rdb": (1, ["module-skipped"]),
    "librdb/redis_ent_opcode_ram_lru.rdb": (3, []),
    "librdb/script.rdb": (0, ["checksum-zero"]),
    "librdb/script_legacy.rdb": (0, []),
    "librdb/set_expired_v11.rdb": (1, []),
    "librdb/string_lzf.rdb": (2, []),
    "redis/corrupt_empty_keys.rdb": (9, ["empty-collection"] * 9),
    "redis/corrupt_ziplist.rdb": (54, ["checksum-zero"]),
    "redis/encodings.rdb": (13, ["checksum-absent"]),
    "redis/hash-ziplist.rdb": (1, []),
    "redis/hash-zipmap.rdb": (1, ["checksum-absent"]),
    "redis/list-quicklist.rdb": (2, []),
    "redis/scriptbackup.rdb": (0, []),
    "redis/zset-ziplist.rdb": (1, []),
    "redis/rdb-preamble.aof": (2, ["aof-tail"]),
}
# Keys whose value must be called damaged.
DAMAGED = {"redis/corrupt_ziplist.rdb": ["key:000000000091"]}


def load_expected(path):
    """librdb's files are members of an object without its braces, or an array of objects a database."""
    text = path.read_text()
    document = json.loads(text if text.lstrip().startswith("[") else "{" + text + "}")
    merged = {}
    for part in document if isinstance(document, list) else [document]:
        merged.update(part)
    return merged


def plain(text):
    """Canonical text back to the string it stands for."""
    return re.sub(r"\\(\\|x(..))", lambda m: chr(int(m[2], 16)) if m[2] else "\\", text)


def stream_as_librdb(value, with_meta):
    entries = [{"id": e["id"], "items": {plain(f): plain(v) for f, v in zip(e["items"][::2], e["items"][1::2])}}
               for e in value["entries"] if not e.get("deleted")]
    if not with_meta:
        return {"entries": entries}
    groups = []
    for g in value["groups"]:
        consumers = []
        for c in g["consumers"]:
            consumers.append({"name": plain(c["name"]), "activeTime": c["active_at_ms"], "seenTime": c["seen_at_ms"]})
            if c["pending"]:
                consumers[-1]["pending"] = [{"id": i} for i in c["pending"]]
        groups.append({"name": plain(g["name"]), "lastid": g["last_id"], "entriesRead": g["entries_read"],
                       "pending": [{"sent": at, "id": i, "count": n} for i, at, n in g["pending"]],
                       "consumers": consumers})
    return {"entries": entries, "length": value["length"], "entriesAdded": value["entries_added"],
            "firstID": value["first_id"], "lastID": value["last_id"], "maxDelEntryID": value["max_deleted_id"],
            "groups": groups}


def value_as_librdb(key, expected):
    value = key["value"]
    kind = key["type"]
    if kind == "string":
        return plain(value)
    if kind == "list":
        return [plain(x) for x in value]
    if kind == "set":
        return sorted(plain(x) for x in value)
    if kind == "zset":
        return {plain(m): float(s) for m, s in value}
    if kind == "hash":
        return {plain(x[0]): plain(x[1]) for x in value}
    if kind == "stream":
        return stream_as_librdb(value, "groups" in expected)
    return value["module"]


def normal_expected(key, value):
    if key["type"] == "set":
        return sorted(value)
    if key["type"] == "zset":
        return {m: float(s) for m, s in value.items()}
    if key["type"] == "module": # "<Content of Module 'test__rdb'. ...>"
        return re.search(r"'(.*?)'", value)[1]
    return value


def compare(found, expected):
    """Every difference as a line."""
    problems = []
    records = found["records"]
    if "__aux__" in expected:
        aux = {plain(r[1]): plain(r[2]) for r in records if r[0] == "aux"}
        if aux != expected["__aux__"]:
            problems.append(f"aux: found {aux}, expected {expected['__aux__']}")
    if "__func__" in expected:
        functions = [plain(r[1]) for r in records if r[0] == "function"]
        wanted = list(expected["__func__"].values())
        if sorted(functions) != sorted(wanted):
            problems.append(f"functions: found {functions}, expected {wanted}")
    if "__dbsize__" in expected:
        sizes = [r[1:] for r in records if r[0] == "resizedb"]
        if sizes != [list(expected["__dbsize__"].values())]:
            problems.append(f"resizedb: {sizes}")
    if "__slotinfo__" in expected:
        slots = [r[1:] for r in records if r[0] == "slot-info"]
        if slots != [list(expected["__slotinfo__"].values())]:
            problems.append(f"slot-info: {slots}")
    wanted = {k: v for k, v in expected.items() if not k.startswith("__")}
    keys = {plain(k["key"]): k for k in found["keys"]}
    if set(keys) != set(wanted):
        problems.append(f"keys: missing {set(wanted) - set(keys)}, extra {set(keys) - set(wanted)}")
    for name in set(keys) & set(wanted):
        have = value_as_librdb(keys[name], wanted[name])
        want = normal_expected(keys[name], wanted[name])
        if have != want:
            problems.append(f"{name}: found {have}, expected {want}")
    return problems


def main():
    rdbdump, corpus = sys.argv[1], pathlib.Path(sys.argv[2]) / "corpus" / "public"
    if not corpus.is_dir():
        print(f"skipped: {corpus} is not there")
        return 77
    failed = checked = 0

    def judge(name, problems):
        nonlocal failed, checked
        checked += 1
        for p in problems:
            print(f"{name}: {p}")
        failed += bool(problems)

    def dump(path):
        r = subprocess.run([rdbdump, str(path)], capture_output=True, text=True)
        problems = [] if r.returncode == 0 else [f"rdbdump: exit {r.returncode}: {r.stderr.strip()}"]
        return (json.loads(r.stdout) if r.stdout else {"keys": [], "records": [], "defects": []}), problems

    for name, data in DATA.items():
        found, problems = dump(corpus / "librdb" / (name + ".rdb"))
        for file in [data] + ALSO.get(name, []):
            problems += compare(found, load_expected(corpus / "librdb" / (file + ".json")))
        judge(name, problems)
    for name, (key_count, defects) in OTHER.items():
        found, problems = dump(corpus / name)
        if len(found["keys"]) != key_count:
            problems.append(f"{len(found['keys'])} keys, expected {key_count}")
        if found["defects"] != defects:
            problems.append(f"warnings {found['defects']}, expected {defects}")
        damaged = [k["key"] for k in found["keys"] if "error" in k]
        if damaged != DAMAGED.get(name, []):
            problems.append(f"damaged: {damaged}")
        judge(name, problems)
    known = {"librdb/" + n + ".rdb" for n in DATA} | set(OTHER)
    there = {str(p.relative_to(corpus)) for p in corpus.glob("*/*") if p.suffix in (".rdb", ".aof")}
    judge("corpus", [f"{n} is in no table" for n in sorted(there - known)])
    print(f"{checked} checked, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
