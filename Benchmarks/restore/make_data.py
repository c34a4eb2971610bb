#!/usr/bin/env python3
"""Makes the data set of the restore benchmark: a mongodump directory of a web shop, the same bytes every time.

usage: make_data.py OUT_DIR [--scale X] [--large N]

Scale 1 is 600,000 documents, about 150 MB, with 4 secondary indexes. --large adds N documents of 16 MiB, the largest
that there are, in two collections.

Needs pymongo, for its BSON encoder.
"""
import argparse
import datetime
import json
import os
import random
import shutil

import bson

arguments = argparse.ArgumentParser()
arguments.add_argument("out")
arguments.add_argument("--scale", type=float, default=1.0)
arguments.add_argument("--large", type=int, default=0)
given = arguments.parse_args()
shutil.rmtree(given.out, ignore_errors=True)
folder = os.path.join(given.out, "bench")
os.makedirs(folder)
pick = random.Random(20)
words = ["".join(pick.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(pick.randrange(3, 10))) for _ in range(500)]
start = datetime.datetime(2026, 1, 1)


def text(count):
    return " ".join(pick.choice(words) for _ in range(count))


def oid(kind, number):
    return bson.ObjectId(f"{kind:08x}{number:016x}")


def index(name, key, **options):
    key = {field: {"$numberInt": str(way)} for field, way in key.items()}
    return {"v": {"$numberInt": "2"}, "key": key, "name": name, **options}


def collection(name, count, document, indexes, uuid):
    with open(os.path.join(folder, f"{name}.bson"), "wb") as out:
        for number in range(count):
            out.write(bson.encode(document(number)))
    with open(os.path.join(folder, f"{name}.metadata.json"), "w") as out:
        json.dump({"indexes": [index("_id_", {"_id": 1})] + indexes, "uuid": uuid, "collectionName": name,
                   "type": "collection"}, out)


customers = int(100_000 * given.scale)
collection("customers", customers, lambda number: {
    "_id": oid(1, number), "email": f"c{number * 7919 % customers}@example.org", "name": text(2),
    "tier": pick.choice(["free", "plus", "pro"]), "createdAt": start + datetime.timedelta(minutes=number)},
    [index("email_1", {"email": 1}, unique=True)], "5b0c1a8de5b94b1fa2a0f0c0a7c0d001")
orders = int(400_000 * given.scale)
collection("orders", orders, lambda number: {
    "_id": oid(2, number), "number": bson.Int64(number * 7919 % orders),
    "customerId": oid(1, pick.randrange(customers)), "status": pick.choice(["new", "paid", "shipped", "done"]),
    "placedAt": start + datetime.timedelta(seconds=pick.randrange(31_000_000)), "total": pick.randrange(100, 90_000) / 100,
    "lines": [{"sku": f"SKU-{pick.randrange(9999):05d}", "qty": pick.randrange(1, 6)} for _ in range(pick.randrange(1, 5))],
    "note": text(pick.randrange(6, 18))},
    [index("customerId_1_placedAt_-1", {"customerId": 1, "placedAt": -1}), index("number_1", {"number": 1}, unique=True),
     index("status_1_total_1", {"status": 1, "total": 1})], "5b0c1a8de5b94b1fa2a0f0c0a7c0d002")
collection("events", int(100_000 * given.scale), lambda number: {
    "_id": number, "at": start + datetime.timedelta(seconds=number), "kind": pick.choice(words),
    "orderId": oid(2, pick.randrange(orders)), "text": text(pick.randrange(6, 24)), "ok": pick.random() < 0.98},
    [], "5b0c1a8de5b94b1fa2a0f0c0a7c0d003")
for part in range(2 if given.large else 0):
    # `{_id: int32, bytes: binary}` takes 30 bytes besides the binary's own.
    collection(f"large{part}", given.large // 2, lambda number: {
        "_id": number, "bytes": random.Random(number).randbytes((16 << 20) - 30)},
        [], f"5b0c1a8de5b94b1fa2a0f0c0a7c0d00{4 + part}")
