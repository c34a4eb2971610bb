import BSON
import Checks
import Record
import Testing

@Suite("A pipeline that looks into other collections", .tags(.mongod), .timeLimit(.minutes(10)))
struct LookedIntoTests {
  private func filled() throws -> TestDatabase {
    let database = try TestDatabase()
    try database.insert("c", numbered(3))
    try database.insert("other", numbered(2))
    try database.create("sound", ["viewOn": "other", "pipeline": []])
    try database.create("broken", ["viewOn": "lost", "pipeline": []])
    try database.create(
      "deep", ["viewOn": "other", "pipeline": [["$lookup": ["from": "lost", "pipeline": [], "as": "l"]]]])
    return database
  }

  @Test(
    "can't be asked when one of them is lost, however deep it is named",
    arguments: [
      "{$lookup: {from: lost, localField: _id, foreignField: _id, as: l}}",
      "{$graphLookup: {from: lost, startWith: $_id, connectFromField: a, connectToField: b, as: l}}",
      "{$unionWith: lost}", "{$unionWith: {coll: lost, pipeline: []}}",
      "{$lookup: {from: other, pipeline: [{$unionWith: lost}], as: l}}",
      "{$unionWith: {coll: other, pipeline: [{$lookup: {from: lost, pipeline: [], as: l}}]}}",
      "{$facet: {a: [], b: [{$lookup: {from: lost, pipeline: [], as: l}}]}}",
      "{$unionWith: broken}", "{$lookup: {from: deep, pipeline: [], as: l}}",
    ])
  func lost(stage: String) throws {
    let database = try filled()
    for item in [
      "failed_documents: {pipeline: [\(stage), {$match: {never: 1}}]}",
      "metric: {pipeline: [\(stage), {$count: n}], min: 1}", "query: {pipeline: [\(stage)], max_time: 1m}",
    ] {
      let outcome = try database.check("c", item)
      #expect(outcome.result == .error, "\(outcome)")
      #expect(
        outcome.message
          == "the pipeline looks into \(database.name).lost, and the collection does not exist")
    }
  }

  @Test("is asked when all of them are there, and of its own collection")
  func there() throws {
    let database = try filled()
    for stage in [
      "{$lookup: {from: other, localField: _id, foreignField: _id, as: l}}", "{$unionWith: sound}",
      "{$lookup: {from: c, pipeline: [{$facet: {a: [{$unionWith: {coll: other}}]}}], as: l}}",
    ] {
      let outcome = try database.check("c", "failed_documents: {pipeline: [\(stage), {$match: {never: 1}}]}")
      #expect(outcome.result == .pass, "\(outcome)")
    }
  }

  @Test("through a view whose source is lost is no answer")
  func view() throws {
    let database = try filled()
    let outcome = try database.check(
      "broken", "metric: {pipeline: [{$group: {_id: null, n: {$sum: 1}}}], max: 5}")
    #expect(outcome.result == .error && outcome.message.contains(".lost"), "\(outcome)")
  }
}
