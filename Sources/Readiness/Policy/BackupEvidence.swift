internal import BSON
internal import Backups
package import Platform

/// A backup that was found, as readiness needs to know it.
package struct BackupEvidence: Sendable, Hashable {
  /// What it is.
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    case full
    /// Of one database or collection, or of some namespaces.
    case part
    case incremental
    case slice
  }

  package var kind: Kind
  package var path: String
  /// When it was taken, or up to when it reaches; nil where nothing tells it.
  package var time: WallTime?
  package var bytes: Int?
  /// Why it doesn't count: damaged, failed, unfinished.
  package var fault: String?
  /// The collections that it holds; empty where that doesn't show.
  package var namespaces: [String] = []

  package init(
    _ kind: Kind, _ path: String, time: WallTime?, bytes: Int? = nil, fault: String? = nil
  ) {
    self.kind = kind
    self.path = path
    self.time = time
    self.bytes = bytes
    self.fault = fault
  }
}

/// What was found at the places that a policy names.
package struct FoundBackups: Sendable {
  /// By place, as `Policy.Location.path` and `Policy.System.oplog` name it.
  package var places: [String: [BackupEvidence]] = [:]
  /// Places that can't be looked into, and why.
  package var unreachable: [String: Failure] = [:]

  package init() {}

  /// Looks into all places of a policy. Reads headers and sidecars, no documents.
  package init(of policy: Policy) throws(Failure) {
    for system in policy.systems {
      for folder in system.backups.compactMap(\.path) + system.oplog
      where places[folder] == nil && unreachable[folder] == nil {
        do throws(Failure) {
          places[folder] = try Inventory(of: [folder]).entries.map { BackupEvidence($0.found) }
        } catch {
          if error.kind == .interrupted { throw error }
          unreachable[folder] = error
        }
      }
    }
  }
}

extension BackupEvidence {
  fileprivate init(_ entry: BackupListing.Entry) {
    let type = entry.saidType?.lowercased() ?? ""
    let kind: Kind =
      if entry.kind == .slice {
        .slice
      } else if type.contains("incr") || type.contains("diff") {
        .incremental
      } else {
        entry.isPart ? .part : .full
      }
    var fault = entry.failure?.description
    // What mongodrill doesn't read is whole for all that is known, and nothing proves it.
    if entry.status != .sound, fault == nil { fault = entry.status.rawValue }
    self.init(kind, entry.path, time: entry.time?.moment, bytes: entry.bytes, fault: fault)
    namespaces = (entry.namespaces ?? []).filter(\.isData).map(\.description)
  }
}
