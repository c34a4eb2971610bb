#!/usr/bin/env python3
"""Makes a fleet of small systems from the shop's dump, twenty of them damaged in ten ways.

usage: make_systems.py DIR [--systems 100]

DIR gets backups/NAME, scenario.yaml, fleet.yaml and truth.json: by system's name the exit code that its drill has to end
in and what was done to it. The same on every machine: nothing is random.
"""
import argparse
import gzip
import json
import os
import pathlib
import shutil
import struct

SHOP = pathlib.Path(__file__).resolve().parents[2] / "Tests/Fixtures/shop/base/dump/shop"

SCENARIO = """version: 1
title: One of many shops
parameters:
  orders: {type: integer}
backup: {path: nowhere}
objectives:
  rto: {max: 30m}
checks:
  core:
    "*":
      - indexes: {compare: backup}
    shop.orders:
      - count: {equals: "${orders}"}
      - references: {field: customerId, to: shop.customers}
      - missing: {fields: [number, customerId, status]}
"""


def documents(path):
    data = path.read_bytes()
    found, at = [], 0
    while at < len(data):
        size = struct.unpack_from("<i", data, at)[0]
        found.append(data[at : at + size])
        at += size
    return found


def cut_file(folder):
    "a file ends in the middle of a document"
    data = (folder / "orders.bson").read_bytes()
    (folder / "orders.bson").write_bytes(data[: len(data) // 2 + 7])


def no_file(folder):
    "the documents of a collection are missing, its metadata is there"
    (folder / "customers.bson").unlink()


def wrong_length(folder):
    "a document's length was overwritten"
    data = bytearray((folder / "orders.bson").read_bytes())
    first = struct.unpack_from("<i", data, 0)[0]
    struct.pack_into("<i", data, first, -1)
    (folder / "orders.bson").write_bytes(data)


def wrong_bits(folder):
    "bits of a compressed file have changed"
    for file in sorted(folder.iterdir()):
        file.with_name(file.name + ".gz").write_bytes(gzip.compress(file.read_bytes(), mtime=0))
        file.unlink()
    data = bytearray((folder / "orders.bson.gz").read_bytes())
    data[len(data) // 2] ^= 0x10
    (folder / "orders.bson.gz").write_bytes(data)


def cut_metadata(folder):
    "the metadata of a collection was cut short"
    data = (folder / "orders.metadata.json").read_bytes()
    (folder / "orders.metadata.json").write_bytes(data[: len(data) // 2])


def gone(folder):
    "the backup is not there"
    shutil.rmtree(folder.parent)


def lost_orders(folder):
    "orders were lost, and every file is whole"
    kept = [d for n, d in enumerate(documents(folder / "orders.bson")) if n % 50 != 7]
    (folder / "orders.bson").write_bytes(b"".join(kept))


def lost_customers(folder):
    "customers were lost that orders refer to"
    kept = [d for n, d in enumerate(documents(folder / "customers.bson")) if n % 3 != 0]
    (folder / "customers.bson").write_bytes(b"".join(kept))


def lost_field(folder):
    "a field was lost from some orders"
    found = documents(folder / "orders.bson")
    for n in range(0, len(found), 40):
        found[n] = found[n].replace(b"\x02status\x00", b"\x02statux\x00", 1)
    (folder / "orders.bson").write_bytes(b"".join(found))


def doubled_number(folder):
    "two orders have the same number under a unique index"
    found = documents(folder / "orders.bson")
    key = b"\x12number\x00"  # an int64
    first, second = [n for n, d in enumerate(found) if key in d][:2]
    number = found[first].index(key) + len(key)
    other = found[second].index(key) + len(key)
    value = found[first][number : number + 8]
    found[second] = found[second][:other] + value + found[second][other + 8 :]
    (folder / "orders.bson").write_bytes(b"".join(found))


DAMAGE = [
    (cut_file, 65),
    (no_file, 65),
    (wrong_length, 65),
    (wrong_bits, 65),
    (cut_metadata, 65),
    (gone, 66),
    (lost_orders, 1),
    (lost_customers, 1),
    (lost_field, 1),
    (doubled_number, 1),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--systems", type=int, default=100)
    options = parser.parse_args()
    root = options.folder
    root.mkdir(parents=True, exist_ok=True)
    orders = documents(SHOP / "orders.bson")
    truth = {}
    lines = [
        "version: 1",
        "title: A hundred shops",
        "records: records",
        "machines: {count: 1, cores: 4, memory: 8GB, disk: 20GB}",
        "defaults:",
        "  scenario: scenario.yaml",
        "  timeout: 10m",
        "  attempts: 3",
        "  every: 7d",
        "  resources: {memory: 1GB, disk: 500MB, cores: 1}",
        "systems:",
    ]
    for index in range(options.systems):
        name = f"shop-{index:03}"
        folder = root / "backups" / name / "shop"
        folder.mkdir(parents=True)
        count = 200 + index
        (folder / "orders.bson").write_bytes(b"".join(orders[:count]))
        for file in ["orders.metadata.json", "customers.bson", "customers.metadata.json"]:
            shutil.copy(SHOP / file, folder / file)
        code, what = 0, "whole"
        if index % 5 == 3:
            damage, code = DAMAGE[index // 5 % len(DAMAGE)]
            damage(folder)
            what = damage.__doc__
        truth[name] = {"exit_code": code, "what": what}
        lines.append(
            f"  {name}: {{backup: backups/{name}, params: {{orders: {count}}}, owner: team-{index % 7}}}"
        )
    (root / "scenario.yaml").write_text(SCENARIO)
    (root / "fleet.yaml").write_text("\n".join(lines) + "\n")
    (root / "truth.json").write_text(json.dumps(truth, indent=1) + "\n")
    print(f"{options.systems} systems in {os.fspath(root)}, {sum(t['exit_code'] != 0 for t in truth.values())} damaged")


if __name__ == "__main__":
    main()
