internal import BSON
internal import Backups
package import Platform

/// A backup that was found, as readiness needs to know it.
package struct BackupEvidence: Sendable, Hashable {
  /// What it is.
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    case full
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

  /// Looks into all places of a policy. Reads what tells the times of backups and slices, and no documents.
  package init(of policy: Policy) throws(Failure) {
    for system in policy.systems {
      let folders = system.backups.compactMap(\.path)
      for folder in folders where places[folder] == nil && unreachable[folder] == nil {
        do throws(Failure) { places[folder] = try FoundBackups.backups(in: folder) } catch {
          if error.kind == .interrupted { throw error }
          unreachable[folder] = error
        }
      }
      for folder in system.oplog where places[folder] == nil && unreachable[folder] == nil {
        do throws(Failure) { places[folder] = try FoundBackups.slices(in: folder, of: folders) } catch {
          if error.kind == .interrupted { throw error }
          unreachable[folder] = error
        }
      }
    }
  }

  private static func backups(in folder: String) throws(Failure) -> [BackupEvidence] {
    let shelf = try BackupShelf(folder, needsOplog: false)
    var found: [BackupEvidence] = []
    for (path, _) in shelf.passedOver where PhysicalCopy.isOne(path) { found.append(copy(path)) }
    let shelved: [ShelvedBackup]
    do throws(Failure) { shelved = try shelf.all() } catch {
      guard error.code == "nothing-to-pick" else { throw error }
      return found
    }
    for backup in shelved where !PhysicalCopy.isOne(backup.path) {
      var kind = BackupEvidence.Kind.full
      var fault = backup.objection
      do throws(Failure) {
        let sidecar = try Sidecar.find(for: backup.path)
        if let type = sidecar?.type?.lowercased(), type.contains("incr") || type.contains("diff") {
          kind = .incremental
        }
        try sidecar?.requireSuccess()
      } catch { fault = fault ?? error.description }
      found.append(
        BackupEvidence(
          kind, backup.path, time: backup.time?.moment, bytes: Files.diskUsage(of: backup.path), fault: fault)
      )
    }
    return found
  }

  /// A physical copy: when it was made shows only when a server opens it, so its sidecar, its name or its files tell.
  private static func copy(_ path: String) -> BackupEvidence {
    do throws(Failure) {
      let sidecar = try Sidecar.find(for: path)
      try sidecar?.requireSuccess()
      try PhysicalCopy(path).requireSound()
      let time =
        sidecar?.time ?? WrittenDate.find(in: Files.name(of: path)) ?? Files.newestModification(in: path)
      return BackupEvidence(.full, path, time: time, bytes: Files.diskUsage(of: path))
    } catch {
      return BackupEvidence(.full, path, time: nil, fault: error.description)
    }
  }

  /// The slices of a folder, up to when they reach. The newest base with an oplog is what they are put in order with.
  private static func slices(in folder: String, of bases: [String]) throws(Failure) -> [BackupEvidence] {
    for place in bases {
      let shelf = try BackupShelf(place)
      guard let base = try? shelf.choose(.latest).backup else { continue }
      let chain = try OplogChain.inspect(base: base, slices: [folder])
      let found = chain.slices.filter { $0.role != .base }.map { slice in
        BackupEvidence(
          .slice, slice.file, time: slice.facts.last.map { WallTime(seconds: Int($0.seconds)) },
          bytes: slice.facts.bytes)
      }
      return found
        + chain.damage.map {
          BackupEvidence(.slice, $0.place?.file ?? folder, time: nil, fault: $0.description)
        }
    }
    throw .noBaseForSlices(folder)
  }
}

extension Failure {
  fileprivate static func noBaseForSlices(_ folder: String) -> Failure {
    Failure(
      .damagedBackup, "no-base-for-slices",
      "no backup with an oplog of its own, that the slices could follow on, was found", at: Place(folder),
      hint: "Name the folder of the base under `backups`.")
  }
}
