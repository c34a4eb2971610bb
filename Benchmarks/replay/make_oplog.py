#!/usr/bin/env python3
"""Adds an oplog to the data set of the restore benchmark: what happened while a dump of it was taken.

usage: make_oplog.py BASE OUT_DIR [--entries N]     (BASE: what restore/make_data.py made; 300,000 entries)

40% inserts, 50% updates ($set and $inc, as a server of MongoDB 6.0 writes them: `$v: 2` diffs), 10% deletes; 70% of it on
orders, 20% on events, 10% on customers. An oplog that a server could have written: documents are inserted once, updated
while they are there and deleted once, and unique fields stay unique. The same bytes every time. Needs pymongo.
"""
import argparse
import datetime
import os
import random
import shutil

import bson
from bson import Binary, Int64, Timestamp

arguments = argparse.ArgumentParser()
arguments.add_argument("base")
arguments.add_argument("out")
arguments.add_argument("--entries", type=int, default=300_000)
given = arguments.parse_args()
shutil.rmtree(given.out, ignore_errors=True)
shutil.copytree(given.base, given.out)
pick = random.Random(21)
start = datetime.datetime(2026, 6, 1)
first = 1_780_000_000
words = ["".join(pick.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(pick.randrange(3, 10))) for _ in range(500)]


def text(count):
    return " ".join(pick.choice(words) for _ in range(count))


def oid(kind, number):
    return bson.ObjectId(f"{kind:08x}{number:016x}")


class Collection:
    """The live documents of one collection, each a number, and how often each was updated."""

    def __init__(self, name, uuid, key):
        self.namespace, self.uuid, self.key = f"bench.{name}", Binary(bytes.fromhex(uuid), 4), key
        with open(os.path.join(given.base, "bench", f"{name}.bson"), "rb") as file:
            data = file.read()
        count = at = 0
        while at < len(data):
            at += int.from_bytes(data[at:at + 4], "little")
            count += 1
        self.live, self.next, self.revisions = list(range(count)), count, {}

    def take(self):
        """Any live document, which is not live any more."""
        at = pick.randrange(len(self.live))
        self.live[at], self.live[-1] = self.live[-1], self.live[at]
        return self.live.pop()


orders = Collection("orders", "5b0c1a8de5b94b1fa2a0f0c0a7c0d002", lambda number: oid(2, number))
events = Collection("events", "5b0c1a8de5b94b1fa2a0f0c0a7c0d003", lambda number: number)
customers = Collection("customers", "5b0c1a8de5b94b1fa2a0f0c0a7c0d001", lambda number: oid(1, number))


def inserted(collection, number):
    """A new document, as make_data.py makes them."""
    if collection is orders:
        return {"_id": oid(2, number), "number": Int64(number), "customerId": oid(1, pick.choice(customers.live)),
                "status": "new", "placedAt": start, "total": pick.randrange(100, 90_000) / 100,
                "lines": [{"sku": f"SKU-{pick.randrange(9999):05d}", "qty": pick.randrange(1, 6)}
                          for _ in range(pick.randrange(1, 5))], "note": text(pick.randrange(6, 18))}
    if collection is events:
        return {"_id": number, "at": start, "kind": pick.choice(words), "text": text(pick.randrange(6, 24)), "ok": True}
    return {"_id": oid(1, number), "email": f"c{number}@example.org", "name": text(2), "tier": "free", "createdAt": start}


def changed(collection, number):
    """What {$set: …, $inc: {rev: 1}} comes to."""
    revision = collection.revisions.get(number, 0) + 1
    collection.revisions[number] = revision
    if collection is orders:
        fields = {"status": pick.choice(["new", "paid", "shipped", "done"])}
        lines = {"slines": {"a": True, "s0": {"u": {"qty": pick.randrange(1, 9)}}}} if pick.random() < .3 else {}
    else:
        fields, lines = {"ok": pick.random() < .5} if collection is events else {"tier": pick.choice(["free", "plus", "pro"])}, {}
    if revision == 1:
        return {"u": fields, "i": {"rev": 1}, **lines}
    return {"u": {**fields, "rev": revision}, **lines}


with open(os.path.join(given.out, "oplog.bson"), "wb") as out:
    def write(n, entry):
        # In the order in which a server writes them.
        out.write(bson.encode({**entry, "ts": Timestamp(first + n // 5000, n % 5000 + 1), "t": Int64(1), "v": Int64(2),
                               "wall": start + datetime.timedelta(milliseconds=n // 5)}))

    write(0, {"op": "n", "ns": "", "o": {"msg": "periodic noop"}})
    for n in range(1, given.entries + 1):
        collection = pick.choices((orders, events, customers), (7, 2, 1))[0]
        kind = pick.choices("iud", (4, 5, 1))[0]
        entry = {"op": kind, "ns": collection.namespace, "ui": collection.uuid}
        if kind == "i":
            number, collection.next = collection.next, collection.next + 1
            collection.live.append(number)
            key = {"_id": collection.key(number)}
            write(n, {**entry, "o": inserted(collection, number), "o2": key})
        elif kind == "u":
            number = pick.choice(collection.live)
            write(n, {**entry, "o": {"$v": 2, "diff": changed(collection, number)}, "o2": {"_id": collection.key(number)}})
        else:
            write(n, {**entry, "o": {"_id": collection.key(collection.take())}})
