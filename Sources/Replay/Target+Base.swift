internal import BSON
package import Backups
package import Platform

/// The base that was chosen for a target, and why.
package struct BaseChoice: Sendable {
  package let backup: any LogicalBackup
  package let chain: OplogChain
  package let resolved: ResolvedTarget
  /// Newer and unusable ones, each with the reason; `isDamaged` where that is no matter of the target.
  package let passedOver: [(path: String, reason: String, isDamaged: Bool)]

  /// Why it was chosen, in one sentence.
  package var reason: String {
    "the newest backup that ends at or before the target (at \(chain.coverage.dumpEnd)) and whose oplog reaches it"
  }
}

extension Target {
  /// Chooses the base out of a folder of backups: the newest whose window ends at or before the target, and from
  /// which the slices reach it. The target itself is tried against the newest first. Throws `Failure` of kind
  /// `damagedBackup` when none does.
  package func chooseBase(in folder: String, slices: [String]) throws(Failure) -> BaseChoice {
    let shelf = try BackupShelf(folder)
    var passedOver = shelf.passedOver.map {
      (path: $0.path, reason: $0.reason.description, isDamaged: !$0.reason.isOnlyUnfit)
    }
    var dated: [(backup: any LogicalBackup, end: Timestamp)] = []
    for backup in shelf.backups {
      do throws(Failure) {
        dated.append((backup, try OplogChain.open(base: backup, slices: []).coverage.dumpEnd))
      } catch {
        if error.kind == .interrupted { throw error }
        passedOver.append((backup.path, error.description, !error.isOnlyUnfit))
      }
    }
    for index in Target.order(dated.map(\.end)) {
      let (backup, end) = dated[index]
      if let latest = latestDumpEnd, end > latest {
        passedOver.append((backup.path, "ends at \(end), after the target", false))
        continue
      }
      do throws(Failure) {
        let chain = try OplogChain.open(base: backup, slices: slices)
        return BaseChoice(
          backup: backup, chain: chain, resolved: try resolve(in: chain), passedOver: passedOver)
      } catch {
        // Slices that can't be read are no better with another base.
        guard error.kind == .damagedBackup else { throw error }
        passedOver.append((backup.path, error.description, !error.isOnlyUnfit))
      }
    }
    throw .noBase(self, folder, passedOver)
  }

  /// The latest moment at which a dump may end to be a base for the target; nil when that takes an oplog to know.
  private var latestDumpEnd: Timestamp? {
    switch self {
    case .latest, .dumpEnd, .beforeFirst: nil
    case .through(let timestamp): timestamp
    case .before(let timestamp): Timestamp(bits: timestamp.bits - 1)
    case .second(let second): Timestamp(seconds: second, increment: .max)
    case .beforeSecond(let second): Timestamp(seconds: second - 1, increment: .max)
    }
  }

  /// The newest first; of those that end at the same moment, the one that was found first.
  private static func order(_ ends: [Timestamp]) -> [Int] {
    ends.indices.sorted { (ends[$1], $0) < (ends[$0], $1) }
  }
}

extension Failure {
  static func noBase(
    _ target: Target, _ folder: String, _ passedOver: [(path: String, reason: String, isDamaged: Bool)]
  ) -> Failure {
    let reasons = passedOver.prefix(5).map { "\($0.path): \($0.reason)" }.joined(separator: "; ")
    return Failure(
      .damagedBackup, "no-base", "no backup in this folder reaches the target \(target)", at: Place(folder),
      hint: passedOver.isEmpty
        ? "The folder holds no backup that was taken with mongodump --oplog."
        : "Passed over: \(reasons)\(passedOver.count > 5 ? "; …" : "").")
  }
}
