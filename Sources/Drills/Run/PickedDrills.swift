internal import Backups
internal import Platform

extension Scenario {
  /// The drills that it comes to: itself, or with `pick: all` or a list of picks one for each backup. Where none can be
  /// picked it is itself, too, and its drill says why.
  package var drills: [Scenario] { (try? pickedDrills()) ?? [self] }

  /// One for each backup that is picked. Throws `Failure`.
  func pickedDrills() throws(Failure) -> [Scenario] {
    switch pick {
    case .all?:
      let found = try BackupShelf(backup, needsOplog: false).all()
      let count = found.count
      return found.enumerated().map { number, found in
        // What can't be used is drilled as well: its own drill says why it fails.
        let age = found.time.map { ", of \($0.text)" } ?? ""
        let note = "\(found.path): backup \(number + 1) of \(count)\(age)"
        return with(found.path, PickedSource(notes: [note], time: found.time))
      }
    case .several(let picks)?: return try drills(of: picks)
    default: return [self]
    }
  }

  /// Each takes another backup; one that finds none left that the picks before it did not take is left out.
  private func drills(of picks: [BackupSource.Pick]) throws(Failure) -> [Scenario] {
    let shelf = try BackupShelf(backup, needsOplog: false)
    var drills: [Scenario] = []
    for pick in picks {
      do throws(Failure) {
        let choice = try shelf.choose(pick.resolved, except: drills.map(\.backup))
        drills.append(with(choice.backup.path, PickedSource(choice)))
      } catch {
        guard error.code == "nothing-to-pick", drills.count == shelf.backups.count, !drills.isEmpty else {
          throw error
        }
      }
    }
    return drills
  }

  private func with(_ path: String, _ picked: PickedSource) -> Scenario {
    var scenario = self
    scenario.pick = nil
    scenario.backup = path
    scenario.picked = picked
    return scenario
  }
}

extension PickedBackup {
  /// The reason, and those that were passed over.
  var notes: [String] {
    ["\(backup.path): \(reason)"] + passedOver.map { "\($0.path): passed over, \($0.reason)" }
  }
}

extension PickedSource {
  fileprivate init(_ choice: PickedBackup) {
    self.init(notes: choice.notes, time: choice.time, doubts: choice.doubts)
  }
}

extension BackupSource.Pick {
  /// As a folder of backups takes it: a seed is drawn where there is none.
  fileprivate var resolved: BackupPick {
    switch self {
    case .oldest: .oldest
    case .random(let seed): .random(seed: seed ?? UInt64.random(in: 0...UInt64(UInt32.max)))
    case .newest(let holding, let age): .newest(holding: holding, olderThan: age)
    case .latest, .forTarget, .all, .several: .latest
    }
  }
}

extension Failure {
  static func severalPicked() -> Failure {
    Failure(
      .invalidScenario, "several-picked", "`pick` takes several backups, and this takes one",
      hint: "`mongodrill run` and `plan` take all of them; here give one, or `pick: latest`.")
  }
}
