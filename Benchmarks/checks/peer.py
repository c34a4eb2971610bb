"""The server's own way: prints how many seconds it took, and what came out."""
import os
import sys
import time

import pymongo

server = pymongo.MongoClient(os.environ["MONGODRILL_URI"])
begun = time.monotonic()
if sys.argv[1] == "lookup":
    found = list(server.bench.orders.aggregate([
        {"$match": {"customerId": {"$ne": None}}},
        {"$lookup": {"from": "customers", "localField": "customerId", "foreignField": "_id", "as": "found"}},
        {"$match": {"found": []}}, {"$count": "n"}]))
else:
    found = server.bench.command("dbHash")["md5"]
print(f"{time.monotonic() - begun:.3f} {found}")
