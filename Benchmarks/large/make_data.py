#!/usr/bin/env python3
"""Makes a large backup, a mongodump directory with an oplog, as fast as the disk takes it: the same bytes every time.

usage: make_data.py OUT_DIR [--gb N] [--entries N]     (20 and 10,000,000)

Five collections, a quarter of it in one (`big.orders`), 300 bytes to 4 kB a document, words that compress to about a
half; secondary indexes on the two largest. The oplog has as many entries as are asked for: 40% inserts, 50% updates
(`$v: 2` diffs, as a server of MongoDB 6.0 writes them), 10% deletes, on orders and events. What there must be in the end is
written beside it, into expected.json.

Documents are encoded once, a few thousand a collection, all of one length; then the same bytes are written again and
again with other numbers patched in, all of a column at a time. Needs nothing besides Python.
"""
import argparse
import array
import json
import os
import random
import shutil
import struct

BLOCK = 2000  # documents that are different in their words
SECOND = 1_780_000_000
pick = random.Random(8)
words = ["".join(pick.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(pick.randrange(3, 10))) for _ in range(800)]


def text(length):
    """Words, of exactly so many bytes."""
    found = ""
    while len(found) < length:
        found += pick.choice(words) + " "
    return found[:length]


def element(kind, name, value):
    return bytes([kind]) + name.encode() + b"\0" + value


def string(name, value):
    data = value.encode() + b"\0"
    return element(2, name, struct.pack("<i", len(data)) + data)


def int64(name, value=0):
    return element(18, name, struct.pack("<q", value))


def int32(name, value=0):
    return element(16, name, struct.pack("<i", value))


def date(name, value=0):
    return element(9, name, struct.pack("<q", value))


def timestamp(name, value=0):
    return element(17, name, struct.pack("<Q", value))


def double(name, value):
    return element(1, name, struct.pack("<d", value))


def nested(kind, name, value):
    return element(kind, name, value)


def document(*elements):
    data = b"".join(elements)
    return struct.pack("<i", len(data) + 5) + data + b"\0"


def uuid(text):
    return element(5, "ui", struct.pack("<iB", 16, 4) + bytes.fromhex(text))


class Columns:
    """Bytes that repeat every `length`, into which columns of 8-byte numbers are patched."""

    def __init__(self, rows):
        self.length = len(rows[0])
        assert all(len(row) == self.length for row in rows), "rows of different lengths"
        self.data = bytearray(b"".join(rows))
        self.rows = len(rows)

    def set(self, offset, numbers):
        """`numbers`: an array('q') or array('Q'), one a row."""
        column = numbers.tobytes()
        for byte in range(8):
            self.data[offset + byte::self.length] = column[byte::8]


def where(data, name, kind, begin=0):
    """The offset of a field's value."""
    mark = bytes([kind]) + name.encode() + b"\0"
    return data.index(mark, begin) + len(mark)


COLLECTIONS = {  # share of the bytes, UUID, a document of number 0, fields that are numbers of their own, indexes
    "orders": (.25, "5b0c1a8de5b94b1fa2a0f0c0a7c0e001", lambda: document(
        int64("_id"), int64("number"), int64("customer", pick.randrange(1 << 20)), date("at"),
        string("status", pick.choice(["new ", "paid", "sent", "done"])), double("total", pick.randrange(90_000) / 100),
        nested(4, "lines", document(*(nested(3, str(at), document(string("sku", f"SKU-{pick.randrange(99999):05d}"),
               int32("qty", pick.randrange(1, 6)))) for at in range(4)))), string("note", text(300))),
        ["number", "at"], [{"key": {"number": 1}, "name": "number_1", "unique": True}, {"key": {"at": 1}, "name": "at_1"}]),
    "events": (.2, "5b0c1a8de5b94b1fa2a0f0c0a7c0e002", lambda: document(
        int64("_id"), date("at"), int64("order", pick.randrange(1 << 20)), string("kind", pick.choice(words)[:3]),
        string("text", text(220))), ["at"], [{"key": {"at": 1}, "name": "at_1"}]),
    "visits": (.2, "5b0c1a8de5b94b1fa2a0f0c0a7c0e003", lambda: document(
        int64("_id"), date("at"), string("page", text(60)), string("agent", text(140)), string("trail", text(1200))),
        ["at"], []),
    "articles": (.2, "5b0c1a8de5b94b1fa2a0f0c0a7c0e004", lambda: document(
        int64("_id"), string("title", text(80)), string("body", text(3800))), [], []),
    "customers": (.15, "5b0c1a8de5b94b1fa2a0f0c0a7c0e005", lambda: document(
        int64("_id"), string("name", text(24)), string("address", text(120)), string("history", text(500))), [], []),
}


def index(spec):
    key = {field: {"$numberInt": str(way)} for field, way in spec["key"].items()}
    return {"v": {"$numberInt": "2"}, **spec, "key": key}


def make_collection(folder, name, total, share, identity, make, numbered, indexes):
    """Returns how many documents it has."""
    block = Columns([make() for _ in range(BLOCK)])
    offsets = [where(block.data, "_id", 18)]
    offsets += [where(block.data, field, 9 if field == "at" else 18) for field in numbered]
    count = int(total * share) // block.length // BLOCK * BLOCK
    with open(os.path.join(folder, f"{name}.bson"), "wb", buffering=0) as out:
        for first in range(0, count, BLOCK):
            numbers = array.array("q", range(first, first + BLOCK))
            for offset in offsets:
                block.set(offset, numbers)
            out.write(block.data)
    with open(os.path.join(folder, f"{name}.metadata.json"), "w") as out:
        json.dump({"indexes": [index({"key": {"_id": 1}, "name": "_id_"})] + [index(spec) for spec in indexes],
                   "uuid": identity, "collectionName": name, "type": "collection"}, out)
    return count


def entry(kind, namespace, identity, ours, key=None):
    parts = [string("op", kind), string("ns", namespace), uuid(identity), nested(3, "o", ours)]
    if key:
        parts.append(nested(3, "o2", key))
    return document(timestamp("ts"), int64("t", 1), int64("v", 2), date("wall", SECOND * 1000), *parts)


def update():
    return document(int32("$v", 2), nested(3, "diff", document(nested(3, "u", document(
        string("status", pick.choice(["new ", "paid", "sent", "done"])), int64("changed"))))))


def make_oplog(path, entries, counts):
    """Ten entries make a unit; what one unit does is never undone by another. Returns what changes in number."""
    orders, events = (COLLECTIONS[name] for name in ("orders", "events"))
    key = document(int64("_id"))

    def unit():
        parts = []
        for _ in range(3):
            parts.append(entry("i", "big.orders", orders[1], orders[2](), key))
        parts.append(entry("i", "big.events", events[1], events[2](), key))
        for _ in range(4):
            parts.append(entry("u", "big.orders", orders[1], update(), key))
        parts.append(entry("u", "big.events", events[1], update(), key))
        parts.append(entry("d", "big.orders", orders[1], key))
        return parts

    units = entries // 10
    assert units * 2 < counts["orders"], "too many deletes for so few orders"
    rows = 500
    made = [unit() for _ in range(rows)]
    block = Columns([b"".join(parts) for parts in made])
    starts, at = [], 0
    for part in made[0]:
        starts.append((at, part))
        at += len(part)
    safe = counts["orders"] - units  # those from here on are deleted, one a unit
    with open(path, "wb", buffering=0) as out:
        for first in range(0, units, rows):
            numbers = range(first, min(first + rows, units))
            if len(numbers) < rows:
                block.data = block.data[:len(numbers) * block.length]

            def fill(offset, value, kind="q"):
                block.set(offset, array.array(kind, (value(number) for number in numbers)))

            for slot, (start, part) in enumerate(starts):
                fill(start + where(part, "ts", 17),
                     lambda n: (SECOND + (n * 10 + slot) // 5000) << 32 | (n * 10 + slot) % 5000 + 1, "Q")
                o = where(part, "o", 3)
                if slot < 4:
                    new = (lambda n: counts["orders"] + n * 3 + slot) if slot < 3 else (lambda n: counts["events"] + n)
                    for name in ["_id"] + (orders if slot < 3 else events)[3]:
                        fill(start + where(part, name, 9 if name == "at" else 18, o), new)
                    fill(start + where(part, "_id", 18, where(part, "o2", 3)), new)
                elif slot < 9:
                    many, step = (safe, 7919) if slot < 8 else (counts["events"], 104729)
                    fill(start + where(part, "_id", 18, where(part, "o2", 3)),
                         lambda n: (n * 5 + slot) * step % many)
                    fill(start + where(part, "changed", 18), lambda n: n)
                else:
                    fill(start + where(part, "_id", 18, o), lambda n: safe + n)
            out.write(block.data)
    return {"orders": 3 * units - units, "events": units}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("out")
    arguments.add_argument("--gb", type=float, default=20)
    arguments.add_argument("--entries", type=int, default=10_000_000)
    given = arguments.parse_args()
    shutil.rmtree(given.out, ignore_errors=True)
    folder = os.path.join(given.out, "big")
    os.makedirs(folder)
    total = int(given.gb * 1e9)
    counts = {name: make_collection(folder, name, total, *parts) for name, parts in COLLECTIONS.items()}
    changes = make_oplog(os.path.join(given.out, "oplog.bson"), given.entries, counts)
    with open(os.path.join(given.out, "prelude.json"), "w") as out:
        json.dump({"ServerVersion": "6.0.5", "ToolVersion": "100.18.0"}, out)
    with open(given.out + ".expected.json", "w") as out:
        json.dump({name: count + changes.get(name, 0) for name, count in counts.items()}, out)


if __name__ == "__main__":
    main()
