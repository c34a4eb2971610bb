"""What happens in each history: a base, a load while it is dumped, and steps that each end in a point."""
import datetime
import time
import uuid

import gridfs
from bson import Binary, Code, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, SON, Timestamp
from pymongo import DeleteOne, InsertOne, ReplaceOne, UpdateMany, UpdateOne
from pymongo.errors import OperationFailure

T0 = datetime.datetime(2026, 1, 1)


def theme(function):
    function.is_theme = True
    return function


def minutes(n):
    return T0 + datetime.timedelta(minutes=n)


def oid(n):
    return ObjectId(f"{n:024x}")


def numbered(count, start=0, **fields):
    return [{"_id": start + i, "n": i % 17, "text": f"number {start + i}", **fields} for i in range(count)]


def refused(call, *arguments, **options):
    """Runs what the server has to refuse."""
    try:
        call(*arguments, **options)
    except OperationFailure:
        return
    raise AssertionError("was not refused")


@theme
def options(s):
    """collMod of every kind, and collections that come back with other options."""
    shop = s.client.shop
    amount = {"$jsonSchema": {"bsonType": "object", "required": ["amount"], "properties": {"amount": {"bsonType": "int"}}}}
    shop.create_collection("invoices", validator=amount, validationLevel="moderate", validationAction="warn")
    shop.invoices.insert_many(numbered(60, amount=5))
    shop.create_collection("plain")
    shop.plain.insert_many(numbered(60))
    shop.create_collection("log", capped=True, size=8192, max=40)
    shop.log.insert_many(numbered(30))
    shop.create_collection("images", changeStreamPreAndPostImages={"enabled": True})
    shop.images.insert_many(numbered(40))
    shop.create_collection("ledger", clusteredIndex={"key": {"_id": 1}, "unique": True, "name": "by id"},
                           expireAfterSeconds=10**9)
    shop.ledger.insert_many({"_id": minutes(i), "n": i} for i in range(40))
    shop.create_collection("unaged", clusteredIndex={"key": {"_id": 1}, "unique": True})
    shop.unaged.insert_many({"_id": minutes(i), "n": i} for i in range(40))
    shop.create_collection("metrics", timeseries={"timeField": "at", "metaField": "host", "granularity": "seconds"})
    shop.metrics.insert_many({"at": minutes(i), "host": "a", "load": i} for i in range(40))
    shop.sessions.create_index("lastSeen", expireAfterSeconds=3600)
    shop.sessions.create_index("createdAt")
    shop.sessions.insert_many({"_id": i, "lastSeen": minutes(i), "createdAt": minutes(i)} for i in range(40))
    shop.people.create_index("email", name="mail")
    shop.people.create_index("phone")
    shop.people.insert_many({"_id": i, "email": f"p{i}@example.org", "phone": str(i)} for i in range(60))

    def load(client, n):
        client.shop.plain.update_one({"_id": n % 60}, {"$inc": {"seen": 1}})
        client.shop.log.insert_one({"_id": 1000 + n, "text": "load"})
        client.shop.images.update_one({"_id": n % 40}, {"$set": {"seen": n}})
        client.shop.ledger.replace_one({"_id": minutes(n % 40)}, {"n": n})

    s.dump(load)
    s.point("base")
    shop.command("collMod", "invoices", validationLevel="strict")
    shop.command("collMod", "invoices", validationAction="error")
    shop.command("collMod", "plain", validator={"n": {"$gte": 0}}, validationLevel="moderate")
    shop.plain.update_one({"_id": 1}, {"$set": {"n": 5}})
    s.point("validators")
    shop.command("collMod", "invoices", validator={}, validationLevel="off")
    shop.invoices.insert_one({"_id": "no amount"})
    shop.command("collMod", "plain", validator={"$expr": {"$gte": ["$n", 0]}}, validationAction="warn")
    shop.plain.insert_one({"_id": "negative", "n": -1})
    shop.command("collMod", "plain")
    s.point("validators-changed")
    shop.command("collMod", "log", cappedSize=16384)
    shop.command("collMod", "log", cappedMax=20)
    shop.log.insert_many(numbered(35, 5000))
    s.point("capped")
    shop.command("collMod", "log", cappedMax=90)
    shop.log.insert_many(numbered(80, 6000))
    s.point("grown")
    shop.command("collMod", "log", cappedSize=4096, cappedMax=25)
    shop.log.insert_one({"_id": 7000})
    s.point("shrunk")
    shop.command("collMod", "sessions", index={"keyPattern": {"lastSeen": 1}, "expireAfterSeconds": 60})
    shop.command("collMod", "sessions", index={"name": "createdAt_1", "expireAfterSeconds": 10**8})
    shop.command("collMod", "sessions", index={"name": "createdAt_1", "hidden": True})
    shop.command("collMod", "people", index={"name": "mail", "prepareUnique": True})
    shop.command("collMod", "people", index={"keyPattern": {"phone": 1}, "prepareUnique": True})
    shop.people.insert_one({"_id": 100, "email": "one more", "phone": "-1"})
    s.point("indexes")
    shop.command("collMod", "people", index={"name": "mail", "unique": True})
    shop.command("collMod", "people", index={"name": "phone_1", "prepareUnique": False})
    shop.people.insert_one({"_id": 101, "email": "another", "phone": "-1"})
    shop.command("collMod", "sessions", index={"name": "createdAt_1", "hidden": False})
    shop.command("collMod", "sessions", index={"name": "lastSeen_1", "hidden": True, "expireAfterSeconds": 7},
                 validator={"lastSeen": {"$exists": True}})
    s.point("unique")
    shop.command("collMod", "images", changeStreamPreAndPostImages={"enabled": False})
    shop.command("collMod", "plain", changeStreamPreAndPostImages={"enabled": True}, validator={})
    shop.plain.update_many({}, {"$set": {"imaged": True}})
    shop.plain.delete_many({"n": 3})
    s.point("images")
    shop.command("collMod", "ledger", expireAfterSeconds=10**9 + 1)
    shop.command("collMod", "unaged", expireAfterSeconds=10**9)
    s.point("clustered")
    shop.command("collMod", "ledger", expireAfterSeconds="off")
    shop.command("collMod", "metrics", timeseries={"granularity": "minutes"})
    shop.metrics.insert_one({"at": minutes(500), "host": "a", "load": 1.5})
    s.point("off")
    shop.command("collMod", "metrics", timeseries={"granularity": "hours"}, expireAfterSeconds=10**9)
    shop.metrics.insert_one({"at": minutes(501), "host": "b", "load": 1.5})
    s.point("granularity")
    shop.command("collMod", "metrics", expireAfterSeconds="off")
    shop.invoices.drop()
    shop.create_collection("invoices", capped=True, size=4096)
    shop.invoices.insert_many(numbered(20))
    shop.plain.drop()
    shop.create_collection("plain", collation={"locale": "de", "strength": 2})
    shop.plain.insert_one({"_id": "ß"})
    shop.plain.create_index("text")
    shop.plain.create_index("n", collation={"locale": "simple"})
    shop.log.drop()
    shop.log.insert_one({"_id": 1})
    shop.ledger.drop()
    shop.create_collection("ledger", storageEngine={"wiredTiger": {"configString": "block_compressor=zlib"}})
    shop.ledger.insert_many(numbered(20))
    shop.create_collection("empty", indexOptionDefaults={"storageEngine": {"wiredTiger": {}}})
    s.point("recreated")


@theme
def indexes(s):
    """Index builds of every shape, and their ends."""
    shop = s.client.shop
    shop.orders.insert_many([{
        "_id": i, "number": i, "tags": ["a", f"t{i % 5}"], "at": minutes(i), "place": [i % 90, i % 45], "text": f"word{i % 9}",
        "customer": {"name": f"c{i % 11}", "age": i % 70}, "twice": i // 2} for i in range(300)])
    shop.orders.create_index("number", unique=True)
    shop.orders.create_index([("at", -1), ("number", 1)], name="recent first")
    shop.small.insert_many(numbered(10))
    shop.small.create_index("n")
    shop.create_collection("nothing")

    def load(client, n):
        orders = client.shop.orders
        orders.insert_one({"_id": 1000 + n, "number": 1000 + n, "at": minutes(n), "place": [1, 2], "twice": -n})
        orders.update_one({"_id": n % 300}, {"$set": {"customer.age": n}, "$push": {"tags": f"l{n}"}})
        if n % 25 == 10:
            orders.create_index(f"load{n}")
        if n % 25 == 20:
            orders.drop_index(f"load{n - 10}_1")

    s.dump(load)
    s.point("base")
    shop.orders.create_index([("customer.name", 1), ("customer.age", -1)])
    shop.orders.create_index("tags", sparse=True, background=True)
    shop.orders.create_index("customer.$**")
    shop.small.create_index("$**", wildcardProjection={"text": 0})
    shop.orders.create_index([("place", "2d")], min=-200, max=200, bits=20)
    shop.orders.create_index([("number", "hashed")])
    shop.orders.create_index([("text", "text"), ("customer.name", "text")], weights={"text": 3}, default_language="german")
    shop.nothing.create_index("a", unique=True, partialFilterExpression={"b": {"$gt": 1}})
    shop.nothing.create_index("b", collation={"locale": "fr", "strength": 1}, hidden=True)
    s.point("kinds")
    shop.command("createIndexes", "orders", indexes=[
        {"key": {"x": 1}, "name": "x"}, {"key": {"y": -1}, "name": "y", "sparse": True},
        {"key": SON([("at", 1)]), "name": "ages", "expireAfterSeconds": 10**9}])
    shop.command("createIndexes", "unheard", indexes=[{"key": {"x": 1}, "name": "x"}, {"key": {"y": 1}, "name": "y"}])
    refused(shop.orders.create_index, "twice", unique=True)
    shop.orders.insert_one({"_id": "after the build", "number": -1})
    s.point("several-at-once")
    shop.orders.drop_index("x")
    shop.command("dropIndexes", "orders", index=["y", "ages"])
    shop.command("dropIndexes", "orders", index=SON([("at", -1), ("number", 1)]))
    shop.small.drop_indexes()
    s.point("dropped")
    # Numbers that change places: at no moment twice the same, but the replay meets them in another order.
    shop.orders.update_one({"_id": 1}, {"$set": {"number": -100}})
    shop.orders.update_one({"_id": 2}, {"$set": {"number": 1}})
    shop.orders.update_one({"_id": 1}, {"$set": {"number": 2}})
    shop.orders.delete_one({"_id": 3})
    shop.orders.insert_one({"_id": "new three", "number": 3})
    s.point("unique-values-move")
    shop.orders.drop_index("number_1")
    shop.orders.insert_one({"_id": "not unique", "number": 1})
    shop.orders.create_index("number")
    s.point("not-unique")
    shop.orders.delete_one({"_id": "not unique"})
    shop.orders.drop_index("number_1")
    shop.orders.create_index("number", unique=True, name="number_1")
    shop.orders.update_one({"_id": 5}, {"$set": {"number": -5}})
    s.point("unique-again")
    shop.small.drop()
    shop.small.insert_many(numbered(4))
    shop.small.create_index("n", unique=True, name="n_1")
    shop.small.create_index("text", name="n")
    shop.small.create_index([("n", 1)], name="same key", collation={"locale": "de"})
    shop.small.rename("little")
    shop.little.create_index("later")
    shop.little.drop_index("n_1")
    shop.command("createIndexes", "bare", indexes=[{"key": {"_id": "hashed"}, "name": "_id_hashed"}])
    shop.bare.insert_one({"_id": 1})
    s.point("recreated")


@theme
def names(s):
    """Renames, drops, namesakes, and commands that work by way of temporary collections."""
    shop, crm = s.client.shop, s.client.crm
    for name in ("a", "b", "c", "x", "y", "orders"):
        shop[name].insert_many(numbered(30, was=name))
        shop[name].create_index("was", name=f"of {name}")
    shop.create_collection("log", capped=True, size=4096, max=20)
    shop.log.insert_many(numbered(20))
    shop.small.insert_many(numbered(50))
    shop.small.create_index("n")
    crm.people.insert_many(numbered(30))
    crm.people.create_index("n")
    crm.notes.insert_many(numbered(30))
    s.client.scratch.a.insert_many(numbered(30))
    s.client.scratch.b.insert_many(numbered(30))

    def load(client, n):
        client.shop.a.update_one({"_id": n % 30}, {"$inc": {"rev": 1}})
        client.shop.x.insert_one({"_id": 1000 + n})
        client.shop.log.insert_one({"_id": 1000 + n, "text": "overflows"})
        client.scratch.a.delete_one({"_id": n})
        client.crm.people.replace_one({"_id": n % 40}, {"n": n, "load": True}, upsert=True)

    s.dump(load)
    s.point("base")
    # A chain, a swap, and one onto another.
    shop.c.rename("d")
    shop.b.rename("c")
    shop.a.rename("b")
    shop.b.insert_one({"_id": "in b, once a"})
    shop.x.rename("third")
    shop.y.rename("x")
    shop.third.rename("y")
    shop.x.update_one({"_id": 1}, {"$set": {"now": "x"}})
    shop.y.delete_one({"_id": 1})
    s.point("renamed")
    shop.c.rename("d", dropTarget=True)
    shop.d.insert_one({"_id": "in d, once b"})
    shop.c.insert_one({"_id": "in a new c"})
    shop.a.insert_one({"_id": "in a new a"})
    shop.a.create_index("second")
    s.point("onto-another")
    s.admin.command("renameCollection", "shop.orders", to="crm.orders")
    crm.orders.insert_one({"_id": "in crm"})
    s.admin.command("renameCollection", "crm.notes", to="shop.notes")
    shop.notes.update_one({"_id": 2}, {"$set": {"now": "shop"}})
    s.admin.command("renameCollection", "crm.orders", to="shop.a", dropTarget=True)
    shop.a.delete_one({"_id": 3})
    s.point("across-databases")
    s.client.drop_database("scratch")
    s.point("database-dropped")
    s.client.scratch.b.insert_one({"_id": "second life"})
    s.client.scratch.b.create_index("n")
    s.client.drop_database("scratch")
    s.client.scratch.b.insert_one({"_id": "third life"})
    s.client.drop_database("crm")
    crm.people.insert_one({"_id": "new"})
    s.point("database-recreated")
    shop.command("convertToCapped", "small", size=8192)
    shop.small.insert_one({"_id": "in capped"})
    shop.command("cloneCollectionAsCapped", "d", toCollection="copy of d", size=8192)
    shop["copy of d"].insert_one({"_id": "in the copy"})
    shop.log.insert_many(numbered(15, 9000))
    s.point("capped")
    shop.x.aggregate([{"$match": {"n": {"$lt": 5}}}, {"$out": "out"}])
    shop.y.aggregate([{"$project": {"n": 1}}, {"$out": "d"}])
    shop.y.aggregate([{"$out": {"db": "elsewhere", "coll": "y"}}])
    shop.out.insert_one({"_id": "after $out"})
    s.point("out")
    shop.x.aggregate([{"$set": {"merged": True}}, {"$merge": {"into": "out", "whenMatched": "merge"}}])
    shop.y.aggregate([{"$merge": {"into": {"db": "elsewhere", "coll": "z"}, "whenMatched": "replace"}}])
    shop.x.aggregate([{"$merge": {"into": "d", "whenMatched": [{"$set": {"by": "$$new.n"}}], "whenNotMatched": "discard"}}])
    s.point("merge")
    shop.command("mapReduce", "x", map=Code("function() { emit(this.n || 0, 1) }"),
                 reduce=Code("function(k, v) { return Array.sum(v) }"), out={"replace": "counts"})
    shop.command("mapReduce", "y", map=Code("function() { emit(this.n || 0, 1) }"),
                 reduce=Code("function(k, v) { return Array.sum(v) }"), out={"merge": "counts"})
    for _ in range(3):
        shop.again.drop()
        shop.again.insert_many(numbered(5))
        shop.again.create_index("n")
        shop.again.rename("against", dropTarget=True)
    shop["a name with /, %, +, ü and spaces"].insert_one({"_id": 1})
    shop["a name with /, %, +, ü and spaces"].rename("with.dots")
    s.point("namesakes")


@theme
def documents(s):
    """Documents, their ids and what is done to them."""
    shop = s.client.shop
    shop.docs.insert_many([{
        "_id": i, "n": i, "list": list(range(8)), "deep": {"a": {"b": {"c": i, "d": [1, {"e": 2}]}}, "z": 1},
        "lines": [{"sku": f"s{k}", "qty": k, "more": {"k": k}} for k in range(5)], "text": "x" * 20} for i in range(120)])
    shop.ids.insert_many([{"_id": value, "was": "base"} for value in (
        1, 2.5, Decimal128("3.0"), Int64(2**53 + 1), -0.0, float("nan"), "text", {"a": 1, "b": [1.0, 2]}, {"b": 1, "a": 1},
        Binary(b"\0\1", 0), Binary(uuid.UUID(int=7).bytes, 4), oid(1), True, None, MinKey(), MaxKey(), minutes(1),
        Timestamp(1, 1), Code("f()"), {"": {"x": Decimal128("1")}})])
    shop.create_collection("names", collation={"locale": "en", "strength": 2})
    shop.names.insert_many([{"_id": "Anna"}, {"_id": "bert"}, {"_id": {"x": "Y"}}])
    shop.big.insert_one({"_id": "big", "pad": "y" * 16_000_000})
    shop.create_collection("aging")
    shop.aging.create_index("at", expireAfterSeconds=100)
    shop.aging.insert_many({"_id": i, "at": minutes(i)} for i in range(20))
    gridfs.GridFS(shop, "files").put(b"0123456789" * 60_000, filename="first.bin", _id="first")
    shop.stamps.insert_many({"_id": i, "n": i} for i in range(10))

    def load(client, n):
        docs = client.shop.docs
        docs.update_one({"_id": n % 120}, {"$set": {f"lines.{n % 5}.qty": n, "deep.a.b.c": n}, "$push": {"list": n}})
        docs.insert_one({"_id": 1000 + n, "list": []})
        docs.delete_one({"_id": 1000 + n - 3})
        if n % 7 == 0:
            docs.delete_one({"_id": n % 120})
            docs.insert_one({"_id": n % 120, "again": n, "lines": [{}] * 5, "deep": {"a": {"b": {}}}, "list": []})
        client.shop.ids.update_one({"_id": 1}, {"$inc": {"load": 1}})
        client.shop.names.replace_one({"_id": "ANNA"}, {"load": n})

    s.dump(load)
    s.point("base")
    docs = shop.docs
    for i in range(120, 160):
        docs.insert_one({"_id": i, "list": list(range(i % 9)), "deep": {"a": {"b": {"d": [1, 2, 3]}}}, "lines": [{"k": 1}] * 5})
    docs.update_many({"_id": {"$lt": 20}}, {"$set": {"deep.a.new": {"x": 1}, "lines.2": "replaced"}, "$unset": {"deep.z": 1, "text": 1}})
    docs.update_many({"_id": {"$gte": 20, "$lt": 40}}, {"$push": {"list": {"$each": [9, 8, 7], "$slice": -4, "$sort": 1}}, "$pop": {"lines": -1}})
    docs.update_many({"_id": {"$gte": 40, "$lt": 60}}, {"$pull": {"lines": {"qty": {"$gt": 1}}}, "$rename": {"n": "renamed"}})
    docs.update_many({"_id": {"$gte": 60, "$lt": 70}}, {"$mul": {"n": Decimal128("1.5")}, "$max": {"top": 4}, "$currentDate": {"at": True}})
    docs.update_many({"_id": {"$gte": 70, "$lt": 80}}, {"$set": {"lines.$[l].qty": -1}}, array_filters=[{"l.sku": "s3"}])
    docs.update_many({"_id": {"$gte": 80, "$lt": 90}}, {"$set": {"list.12": "far", "lines.4.more.k": {"deep": [[1, [2]]]}}, "$bit": {"bits": {"or": 5}}})
    docs.update_many({"_id": {"$gte": 90, "$lt": 100}}, {"$addToSet": {"list": {"$each": [1, "new"]}}, "$unset": {"lines.1": 1, "deep.a.b.d.1.e": 1}})
    s.point("operators")
    docs.replace_one({"_id": 100}, {"all": "new"})
    docs.replace_one({"_id": 101}, {})
    docs.update_many({"_id": {"$gte": 103, "$lt": 110}}, [{"$set": {"n": {"$add": [{"$ifNull": ["$n", 0]}, 1]}, "list": {"$reverseArray": "$list"}}}, {"$unset": "text"}])
    docs.update_one({"_id": 110}, [{"$replaceWith": {"_id": "$_id", "b": 1, "a": 2, "kept": "$deep"}}])
    docs.update_one({"_id": 111}, [{"$replaceWith": {"$setField": {"field": "a.b", "input": "$$ROOT", "value": 1}}}])
    docs.update_one({"_id": 111}, [{"$replaceWith": {"$setField": {"field": {"$literal": "$dollar"}, "input": "$$ROOT", "value": {"x": 1}}}}])
    docs.update_one({"_id": 111}, [{"$replaceWith": {"$setField": {"field": {"$literal": "$dollar"}, "input": "$$ROOT", "value": {"x": 1, "y": [1, 2]}}}}])
    docs.insert_one({"_id": "odd", "a.b": 1, "$c": {"d.e": 2, "$f": [{"g.h": 3}]}, "": "empty", "d": 1, "i": 2, "u": 3, "sd": {"l": 1, "u0": 2, "a": True}, "0": [0]})
    docs.update_one({"_id": "odd"}, {"$set": {"d": {"i": 1}, "i": [1], "u": {"u": 1}, "sd.l": 5, "sd.a": False, "sd.u0": 3, "0.0": 1, "0.3": 1}})
    docs.update_one({"_id": "odd"}, {"$set": {"sd.s": {"s": 1}, "d.d": 5, "u.u": 2, "i.2": 3}, "$unset": {"sd.l": 1}})
    docs.update_one({"_id": "odd"}, [{"$replaceWith": {"$setField": {"field": "", "input": "$$ROOT", "value": "still"}}}])
    for i in range(112, 116):
        docs.find_one_and_update({"_id": i}, {"$inc": {"visits": 1}}, return_document=bool(i % 2))
    docs.find_one_and_delete({"_id": 116})
    docs.find_one_and_replace({"_id": 117}, {"replaced": True})
    docs.find_one_and_update({"_id": 777}, {"$set": {"x": 1}, "$setOnInsert": {"y": 2}}, upsert=True)
    docs.update_many({"k": "none of this"}, {"$set": {"upserted": True}, "$setOnInsert": {"_id": "many"}}, upsert=True)
    docs.update_one({"k": 5}, [{"$set": {"_id": "pipeline", "by": "pipeline"}}], upsert=True)
    docs.bulk_write([UpdateOne({"_id": f"bulk{i}"}, {"$set": {"i": i}}, upsert=True) for i in range(30)]
                    + [ReplaceOne({"_id": f"bulk{i}"}, {"again": i}, upsert=True) for i in range(20, 40)]
                    + [DeleteOne({"_id": f"bulk{i}"}) for i in range(0, 40, 3)] + [UpdateMany({"i": {"$gt": 9}}, {"$inc": {"i": 1}})], ordered=False)
    docs.delete_many({"_id": {"$gte": 130, "$lt": 140}})
    s.point("forms")
    ids = shop.ids
    # What is one id for the server, in turn under each of its types.
    for first, second in ((1, Decimal128("1.00")), (Decimal128("3"), 3.0), (Int64(2**53 + 1), Decimal128("9007199254740993")),
                          (0, -0.0), (float("nan"), Decimal128("NaN")), ({"a": 1.0, "b": [1, Int64(2)]}, {"a": Decimal128("1"), "b": [1, 2]}),
                          ({"": {"x": 1}}, {"": {"x": 1.0}}), (Int64(7), 7), (Decimal128("0.1"), 0.5), (2**31, float(2**31))):
        for value in (first, second, first):
            ids.delete_one({"_id": value})
            ids.insert_one({"_id": value, "was": repr(value), "n": 0})
            ids.update_one({"_id": value}, {"$inc": {"n": 1}})
    ids.delete_many({"_id": {"$in": [True, MinKey(), Binary(b"\0\1", 0)]}})
    for value in (MaxKey(), None, minutes(1), Code("f()"), Timestamp(1, 1), {"b": 1, "a": 1}, oid(1)):
        ids.update_one({"_id": value}, {"$set": {"touched": True}})
    names = shop.names
    for name in ("anna", "BERT", "Bert", "ANNA"):
        names.delete_one({"_id": name})
        names.insert_one({"_id": name})
        names.update_one({"_id": name.swapcase()}, {"$inc": {"n": 1}})
    names.update_one({"_id": {"x": "y"}}, {"$set": {"n": 1}})
    names.delete_one({"_id": {"x": "y"}})
    names.insert_one({"_id": {"x": "y"}, "n": 2})
    s.point("ids")
    shop.big.update_one({"_id": "big"}, {"$set": {"n": 1}})
    shop.big.insert_one({"_id": "bigger", "pad": "z" * (16 * 2**20 - 41)})
    shop.big.replace_one({"_id": "big"}, {"pad": "w" * 16_100_000})
    shop.big.insert_many([{"_id": i, "pad": "v" * 6_000_000} for i in range(6)])
    shop.big.update_many({"_id": {"$lt": 3}}, [{"$set": {"pad2": "$pad"}}])
    shop.big.delete_one({"_id": 4})
    s.point("large")
    # Empty timestamps: kept where the source kept them, whatever the way they came.
    stamps, zero = shop.stamps, Timestamp(0, 0)
    stamps.insert_one({"_id": "inserted", "ts": zero, "inner": {"ts": zero}})
    stamps.update_one({"_id": 1}, {"$set": {"ts": zero}})
    stamps.update_one({"_id": 2}, [{"$set": {"ts": zero}}])
    stamps.update_one({"_id": 3}, [{"$replaceWith": {"$literal": {"_id": 3, "ts": zero, "list": [zero], "other": 1}}}])
    stamps.update_one({"_id": 3}, {"$set": {"other": 2}})
    stamps.replace_one({"_id": 4}, {"ts": zero})
    stamps.update_one({"_id": "upserted"}, {"$set": {"ts": zero}}, upsert=True)
    stamps.update_one({"_id": "by pipeline"}, [{"$set": {"ts": zero}}], upsert=True)
    shop.stamps.aggregate([{"$match": {"_id": 3}}, {"$set": {"_id": "merged"}}, {"$merge": "stamps"}])
    with s.client.start_session() as session, session.start_transaction():
        stamps.update_one({"_id": 5}, [{"$set": {"ts": zero}}], session=session)
        stamps.update_one({"_id": "by transaction"}, [{"$set": {"ts": zero}}], upsert=True, session=session)
    s.point("empty-timestamps")
    s.admin.command("renameCollection", "shop.stamps", to="moved.stamps")
    s.client.moved.stamps.aggregate([{"$out": "copied"}])
    s.point("moved")
    s.admin.command("setParameter", 1, ttlMonitorEnabled=True)
    while shop.aging.count_documents({}):
        time.sleep(.1)
    s.admin.command("setParameter", 1, ttlMonitorEnabled=False)
    shop.aging.insert_one({"_id": "young", "at": minutes(0)})
    files = gridfs.GridFS(shop, "files")
    files.put(b"second" * 50_000, filename="second.bin", _id="second")
    files.delete("first")
    s.point("aged")


@theme
def transactions(s):
    """Transactions in all the forms that one node writes."""
    shop, crm = s.client.shop, s.client.crm
    shop.orders.insert_many(numbered(80))
    shop.stock.insert_many({"_id": i, "left": 100} for i in range(20))
    crm.people.insert_many(numbered(20))
    shop.create_collection("log", capped=True, size=100_000)
    shop.create_collection("names", collation={"locale": "en", "strength": 1})

    def load(client, n):
        with client.start_session() as session, session.start_transaction():
            client.shop.orders.insert_one({"_id": 10_000 + n, "load": True}, session=session)
            client.shop.stock.update_one({"_id": n % 20}, {"$inc": {"left": -1}}, session=session)
            if n % 4 == 0:
                client.shop.orders.delete_one({"_id": 10_000 + n - 2}, session=session)

    s.dump(load)
    s.point("base")
    with s.client.start_session() as session:
        with session.start_transaction():
            for i in range(30):
                shop.orders.insert_one({"_id": 200 + i, "in": "transaction"}, session=session)
                shop.stock.update_one({"_id": i % 20}, {"$inc": {"left": -1}}, session=session)
            crm.people.delete_one({"_id": 3}, session=session)
        with session.start_transaction():  # one document again and again
            for i in range(5):
                shop.orders.insert_one({"_id": "often", "i": i}, session=session)
                shop.orders.update_one({"_id": "often"}, {"$set": {"j": i}}, session=session)
                if i < 4:
                    shop.orders.delete_one({"_id": "often"}, session=session)
            shop.orders.update_one({"_id": 5}, {"$set": {"gone": "soon"}}, session=session)
            shop.orders.delete_one({"_id": 5}, session=session)
            shop.names.insert_one({"_id": "a"}, session=session)
            shop.names.delete_one({"_id": "A"}, session=session)
            shop.names.insert_one({"_id": "Á"}, session=session)
        with session.start_transaction():  # aborted
            shop.orders.insert_one({"_id": "never"}, session=session)
            session.abort_transaction()
        with session.start_transaction():  # nothing but reads
            list(shop.orders.find({}, session=session))
        shop.orders.insert_one({"_id": "plain, in the same session"}, session=session)
        shop.orders.update_one({"_id": 7}, {"$set": {"retryable": 1}}, session=session)
    s.point("plain")
    with s.client.start_session() as session, session.start_transaction():  # more than one entry holds
        shop.blobs.insert_many([{"_id": i, "pad": chr(97 + i) * 1_900_000} for i in range(20)], session=session)
        shop.orders.update_many({}, {"$set": {"big": True}}, session=session)
        shop.stock.delete_many({"_id": {"$gte": 15}}, session=session)
        shop.blobs.update_many({"_id": {"$lt": 3}}, {"$unset": {"pad": 1}}, session=session)
    parts = [entry["ts"] for entry in s.entries({"op": "c", "o.partialTxn": True, "ts": {"$gt": s.points[-1]["ts"]}})]
    assert len(parts) >= 2, parts
    s.point("several-entries")
    s.points.insert(-1, {"name": "inside-it", "ts": parts[-1], "databases": dict(s.points[-2]["databases"])})
    with s.client.start_session() as session, session.start_transaction():
        shop.create_collection("made", session=session)
        shop.made.create_index("n", unique=True, session=session)
        shop.made.insert_many(numbered(10, n=1)[:1] + [{"_id": i, "n": i} for i in range(50, 60)], session=session)
        shop.command("createIndexes", "implicit", indexes=[{"key": {"x": 1}, "name": "x"}], session=session)
        crm.implicit.insert_one({"_id": 1}, session=session)
        s.client.fresh.one.insert_one({"_id": 1}, session=session)
    s.point("definitions")
    with s.client.start_session() as session, session.start_transaction():
        shop.made.update_many({}, [{"$set": {"n": {"$add": ["$n", 100]}}}], session=session)
        shop.made.delete_one({"_id": 55}, session=session)
        shop.orders.replace_one({"_id": 9}, {"whole": "new"}, session=session)
    shop.made.rename("renamed")
    with s.client.start_session() as session, session.start_transaction():
        shop.renamed.insert_one({"_id": "after", "n": -1}, session=session)
        crm.implicit.update_one({"_id": 1}, {"$set": {"x": 1}}, session=session)
    crm.implicit.drop()
    with s.client.start_session() as session, session.start_transaction():
        crm.implicit.insert_one({"_id": 2}, session=session)
        crm.implicit.update_one({"_id": 2}, {"$set": {"x": 1}}, session=session)
    s.point("around-definitions")


@theme
def time_series(s):
    """Time series: their buckets, options and indexes, and namesakes."""
    shop = s.client.shop
    series = lambda name, **more: shop.create_collection(name, timeseries={"timeField": "at", **more.pop("series", {})}, **more)
    fill = lambda name, count, start=0, **more: shop[name].insert_many([{"at": minutes(start + i), "load": i, **more} for i in range(count)])
    series("metrics", series={"metaField": "host"})
    fill("metrics", 50, host="a")
    fill("metrics", 50, host={"name": "b", "rack": 1})
    series("plain")
    fill("plain", 30)
    series("untouched", series={"metaField": "m", "granularity": "hours"}, expireAfterSeconds=10**9)
    fill("untouched", 5)
    series("dropped later")
    fill("dropped later", 5)
    series("empty")
    shop.metrics.create_index([("host", 1), ("at", -1)], name="by host")

    def load(client, n):
        client.shop.metrics.insert_one({"at": minutes(n % 90), "host": "load", "load": n})
        client.shop.plain.insert_many([{"at": minutes(1000 + n), "x": n}, {"at": minutes(n), "y": "mixed"}])

    s.dump(load)
    s.point("base")
    fill("metrics", 1200, 5000, host="many")
    fill("metrics", 20, -20_000, host="a", other={"deep": 1})
    shop.metrics.insert_one({"at": minutes(3), "host": "a", "load": "not a number"})
    shop.plain.insert_one({"at": minutes(5000)})
    shop.metrics.create_index("host.rack")
    shop.metrics.create_index([("at", 1), ("load", 1)], name="measured")
    shop.command("collMod", "metrics", index={"keyPattern": SON([("host", 1), ("at", -1)]), "hidden": True})
    s.point("measurements")
    shop.metrics.delete_many({"host": "load"})
    shop.metrics.update_many({"host": "a"}, {"$set": {"host": "renamed"}})
    shop.metrics.drop_index("by host")
    shop.empty.insert_one({"at": minutes(1), "first": True})
    shop["dropped later"].drop()
    series("new", series={"metaField": "m", "granularity": "minutes"}, expireAfterSeconds=10**9)
    fill("new", 40, m=[1, 2])
    shop.new.create_index("m")
    s.point("meta")
    shop.command("collMod", "new", timeseries={"granularity": "hours"})
    shop.command("collMod", "untouched", expireAfterSeconds="off")
    shop.command("collMod", "new", index={"name": "m_1", "hidden": True})
    s.point("modified")
    shop.plain.drop()
    series("plain", series={"metaField": "x"})
    fill("plain", 10, x=1)
    series("dropped later", expireAfterSeconds=10**8)
    shop.empty.drop()
    shop.empty.insert_one({"_id": "an ordinary collection now"})
    shop.new.drop()
    shop.create_collection("new", viewOn="metrics", pipeline=[{"$match": {"host": "many"}}])
    s.point("recreated")
    shop.new.drop()
    series("new")
    fill("new", 3)
    s.client.other.create_collection("series", timeseries={"timeField": "t"})
    s.client.other.series.insert_one({"t": minutes(1)})
    s.client.drop_database("other")
    s.client.other.series.insert_one({"_id": 1})
    shop.metrics.drop()
    s.point("dropped")


@theme
def views(s):
    """Views, in databases with and without them in the base."""
    shop, crm = s.client.shop, s.client.crm
    shop.orders.insert_many(numbered(50))
    crm.people.insert_many(numbered(50))
    shop.create_collection("low", viewOn="orders", pipeline=[{"$match": {"n": {"$lt": 5}}}])
    shop.create_collection("odd", viewOn="orders", pipeline=[], collation={"locale": "de", "strength": 1})
    shop.create_collection("to be dropped", viewOn="orders", pipeline=[])
    shop.create_collection("to be a collection", viewOn="orders", pipeline=[{"$limit": 1}])

    def load(client, n):
        client.shop.orders.insert_one({"_id": 1000 + n, "n": n})
        client.shop.create_collection(f"load{n}", viewOn="orders", pipeline=[{"$limit": n + 1}])
        if n % 3 == 1:
            client.shop[f"load{n - 1}"].drop()
        if n > 40:
            time.sleep(.05)

    s.dump(load)
    s.point("base")
    shop.command("collMod", "low", viewOn="orders", pipeline=[{"$match": {"n": {"$lt": 7}}}, {"$sort": {"n": 1}}])
    shop["to be dropped"].drop()
    shop["to be a collection"].drop()
    shop["to be a collection"].insert_one({"_id": 1})
    crm.create_collection("first", viewOn="people", pipeline=[{"$project": {"n": 1, "long": {"$literal": Int64(1)}, "re": {"$literal": Regex("^a", "i")}}}])
    s.point("changed")
    shop.create_collection("of a view", viewOn="low", pipeline=[{"$lookup": {"from": "orders", "localField": "n", "foreignField": "_id", "as": "o"}}])
    shop.create_collection("of nothing", viewOn="not there", pipeline=[])
    shop.command("collMod", "low", viewOn="orders", pipeline=[{"$unionWith": "of nothing"}])
    shop.odd.drop()
    shop.create_collection("odd", viewOn="low", pipeline=[{"$limit": 3}])
    crm.first.drop()
    s.point("of-views")
    crm.create_collection("goes", viewOn="people", pipeline=[])
    crm.drop_collection("system.views")
    crm.create_collection("again", viewOn="people", pipeline=[{"$count": "n"}])
    shop.orders.rename("renamed")
    s.point("source-renamed")
    s.client.drop_database("shop")
    shop.low.insert_one({"_id": "a collection now"})
    shop.create_collection("high", viewOn="low", pipeline=[])
    crm.again.drop()
    s.point("database-recreated")


@theme
def users(s):
    """Users and roles, on a base without any."""
    s.client.shop.orders.insert_many(numbered(10))

    def load(client, n):
        client.shop.orders.insert_one({"_id": 1000 + n})

    s.dump(load)
    s.point("base")
    shop = s.client.shop
    privileges = lambda *actions: [{"resource": {"db": "shop", "collection": "orders"}, "actions": list(actions)}]
    s.admin.command("createUser", "first", pwd="not-a-secret", roles=["readAnyDatabase"], customData={"n": 1})
    s.point("first-user")
    shop.command("createRole", "reader", privileges=privileges("find"), roles=[])
    shop.command("createUser", "of shop", pwd="not-a-secret", roles=["reader", {"role": "read", "db": "crm"}],
                 mechanisms=["SCRAM-SHA-256"])
    shop.command("createUser", "to be dropped", pwd="not-a-secret", roles=[])
    s.point("roles")
    s.admin.command("updateUser", "first", pwd="another", customData={"n": 2})
    s.admin.command("grantRolesToUser", "first", roles=[{"role": "reader", "db": "shop"}, "root"])
    s.admin.command("revokeRolesFromUser", "first", roles=["root"])
    shop.command("updateRole", "reader", privileges=privileges("find", "insert"), authenticationRestrictions=[{"clientSource": ["127.0.0.1"]}])
    shop.command("grantPrivilegesToRole", "reader", privileges=privileges("remove"))
    shop.command("dropUser", "to be dropped")
    s.admin.command("createRole", "above", privileges=[], roles=[{"role": "reader", "db": "shop"}])
    s.point("changed")
    shop.command("dropRole", "reader")
    shop.command("dropAllUsersFromDatabase")
    s.point("dropped")
    s.client.drop_database("shop")
    s.admin.command("dropRole", "above")
    s.admin.command("dropUser", "first")
    shop.orders.insert_one({"_id": "new"})
    s.point("none-again")


@theme
def window(s):
    """Definitions that change while the base is taken."""
    shop = s.client.shop
    for i in range(12):
        shop[f"c{i}"].insert_many(numbered(40))
        shop[f"c{i}"].create_index("n", unique=False)
    shop.create_collection("metrics", timeseries={"timeField": "at"})
    shop.metrics.insert_one({"at": minutes(1)})

    def load(client, n):
        shop = client.shop
        shop[f"c{n % 12}"].update_one({"_id": n % 40}, {"$set": {"load": n}})
        shop[f"c{n % 12}"].insert_one({"_id": 1000 + n})
        if n % 5 == 0:
            shop[f"made{n}"].insert_many(numbered(3))
            shop[f"made{n}"].create_index("n", name="of load")
        if n % 5 == 2:
            shop.command("collMod", f"c{n % 12}", index={"name": "n_1", "hidden": bool(n % 2)})
        if n % 5 == 3:
            shop.command("collMod", f"c{n % 12}", validator={"load": {"$not": {"$gt": 10**6 + n}}})
        if n % 5 == 4:
            shop[f"c{n % 12}"].create_index("load")
        if n % 10 == 9:
            shop[f"c{(n + 1) % 12}"].drop_indexes()
        if n % 10 == 1:
            shop.metrics.insert_one({"at": minutes(n)})

    s.dump(load)
    s.point("dump-end")
    for i in range(0, 12, 2):
        shop[f"c{i}"].update_many({"_id": {"$lt": 10}}, {"$set": {"later": i}})
        shop[f"c{i}"].rename(f"d{i}")
    shop.metrics.insert_one({"at": minutes(-9)})
    s.point("renamed")
    for i in range(1, 12, 2):
        shop[f"c{i}"].drop()
        shop[f"c{i}"].insert_one({"_id": 1})
    s.point("recreated")
