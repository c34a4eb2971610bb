import BSON
import Mongo
import Platform
import Sandbox
import TestSupport
import Testing
import Witness

/// Makes what lies in `scenarios/physical-restore` anew, in the folder that MONGODRILL_MAKE_COPY names.
@Suite(
  "The bundled physical copy", .tags(.mongod),
  .enabled(if: Environment["MONGODRILL_MAKE_COPY"] != nil, "MONGODRILL_MAKE_COPY"))
struct BundledCopy {
  @Test("is made by a server under writes") func make() throws {
    let folder = try #require(Environment["MONGODRILL_MAKE_COPY"])
    let slices = Files.join(folder, "oplog")
    try Files.createFolder(slices, mode: 0o755, parents: true)
    let scratch = try OwnedFolder.scratch(in: "/tmp")
    defer { try? scratch.remove() }
    // No checkpoint but those that are asked for: what follows one is in the journal and the oplog alone.
    let source = try LiveSource.start(arguments: ["--syncdelay", "3600"])
    let shop = source.pool
    let customers = (0..<200).map { id -> Value in
      ["_id": .int32(Int32(id)), "name": .string("Customer \(id)"), "email": .string("c\(id)@shop.example")]
    }
    try shop.run(["insert": "customers", "documents": .list(customers)], on: "shop")
    try shop.run(
      ["createIndexes": "customers", "indexes": [["key": ["email": 1], "name": "email", "unique": true]]],
      on: "shop")
    try shop.run(
      [
        "createIndexes": "orders",
        "indexes": [
          ["key": ["number": 1], "name": "number", "unique": true],
          ["key": ["customerId": 1, "status": 1], "name": "of_customer"],
        ],
      ], on: "shop")
    try shop.run(
      ["create": "visits", "capped": true, "size": 65_536, "max": 50], on: "shop")
    try order(0..<600, shop)
    try shop.run(["fsync": 1])
    try order(600..<900, shop)
    try source.copyDataAtOnce(to: scratch.path + "/db")
    let copied = try source.now()
    // Log files that nobody wrote to would be 200 MB of zeros.
    try run(
      "tar", "-czSf", Files.join(folder, "node1.tar.gz"), "--exclude", "WiredTigerPreplog.*", "-C",
      scratch.path, "db")

    // A day later: three slices, each of which begins with the last entry of the one before.
    var from = Timestamp(bits: copied.bits - 1)
    for (number, orders) in [900..<1100, 1100..<1300, 1300..<1500].enumerated() {
      try order(orders, shop)
      switch number {
      case 0:
        try shop.run(
          [
            "update": "orders",
            "updates": [
              ["q": ["status": "new"], "u": ["$set": ["status": "paid"]], "multi": true]
            ],
          ], on: "shop")
      case 1:
        try shop.run(
          ["createIndexes": "orders", "indexes": [["key": ["total": -1], "name": "total"]]], on: "shop")
        try shop.run(["insert": "returns", "documents": [["_id": 1, "orderId": 7]]], on: "shop")
      default:
        // Two customers change their addresses: on the way one has the other's.
        for (id, email) in [(1, "c0@moved.example"), (2, "c1@shop.example"), (1, "c2@shop.example")] {
          try shop.run(
            [
              "update": "customers",
              "updates": [["q": ["_id": .int32(Int32(id))], "u": ["$set": ["email": .string(email)]]]],
            ], on: "shop")
        }
      }
      let end = try source.now()
      try source.slice(after: from, through: end, to: Files.join(slices, "00\(number + 1).bson"))
      try run("gzip", "-nf", Files.join(slices, "00\(number + 1).bson"))
      from = Timestamp(bits: end.bits - 1)
    }
    var request = WitnessRequest()
    request.include = ["shop"]
    _ = try WitnessReading(request, from: shop).record(to: Files.join(folder, "witness.json"))
    let end = try source.now()
    try source.slice(after: from, through: end, to: Files.join(slices, "004.bson"))
    try run("gzip", "-nf", Files.join(slices, "004.bson"))
    print("copied at \(copied), last entry \(end) of \(WallTime(seconds: Int(end.seconds)).text)")
  }

  private func order(_ numbers: Range<Int>, _ shop: ClientPool) throws {
    let orders = numbers.map { number -> Value in
      [
        "_id": .int32(Int32(number)), "number": .string("A-\(10_000 + number)"),
        "customerId": .int32(Int32(number * 7 % 200)), "status": number % 3 == 0 ? "new" : "paid",
        // One a minute since 2026-11-20.
        "placedAt": .date(1_795_132_800_000 + Int64(number) * 60_000),
        "total": .int32(Int32(number * 37 % 900 + 10)),
      ]
    }
    let visits = numbers.map { Value.document(["_id": .int32(Int32($0)), "page": .string("/order/\($0)")]) }
    try shop.run(["insert": "visits", "documents": .list(visits)], on: "shop")
    try shop.run(
      ["insert": "orders", "documents": .list(orders), "writeConcern": ["j": true]], on: "shop")
  }

  private func run(_ words: String...) throws {
    let child = try Supervisor.shared.spawn(ChildSpec(words, environment: Environment.all))
    #expect(child.wait() == .exited(0), "\(words)")
  }
}
