internal import Configuration
package import Platform
package import Readiness

/// What a readiness policy finds proven too long ago, or never: a collection of a system, or all of it.
package struct OverdueProof: Sendable, Hashable {
  package let system: String
  /// What of it, in the policy's words: `last proof of shop.orders`.
  package let subject: String
  /// What was found, and what is asked: `9d ago`, `within 7d`.
  package let found: String
  package let asked: String
}

extension Fleet {
  /// The requirements that another drill would keep.
  private static let mendedByDrills: Set<RequirementKind> = [.proven, .restoreTest, .drills, .eachScenario]

  /// What its policy finds overdue among the drills of its rounds; nothing without a policy. Throws the first of
  /// what is wrong with the policy's file.
  package func overdue(in index: RunIndex, at time: WallTime) throws(Failure) -> [OverdueProof] {
    let policy: Policy?
    do throws(InvalidPolicy) { policy = try readPolicy() } catch { throw error.failures[0] }
    guard let policy else { return [] }
    // Backups that lie somewhere are another question, and opening them takes its time.
    let answer = ReadinessAnswer(policy, index, FoundBackups(), chain: nil, at: time)
    let names = Set(systems.map { Array($0.name.utf8) })
    return answer.findings.compactMap { finding in
      // A proof past its target is due; of what counts drills, what is past the limit.
      let isDue =
        finding.requirement == .proven ? finding.status != .compliant : finding.status == .nonCompliant
      guard isDue, Fleet.mendedByDrills.contains(finding.requirement),
        let system = finding.system, names.contains(Array(system.utf8))
      else { return nil }
      let subject = finding.requirement.title + (finding.subject.map { " \($0)" } ?? "")
      return OverdueProof(system: system, subject: subject, found: finding.found, asked: finding.asked)
    }
  }

  /// Its readiness policy; nil without one. Throws also where no system of the policy bears the name of one of the
  /// fleet's.
  func readPolicy() throws(InvalidPolicy) -> Policy? {
    guard let path = policy else { return nil }
    let policy = try Policy(file: path)
    let names = Set(systems.map { Array($0.name.utf8) })
    guard policy.systems.contains(where: { names.contains(Array($0.name.utf8)) }) else {
      throw InvalidPolicy([.policyOfOthers(path, fleet: self.path)])
    }
    return policy
  }
}

extension Failure {
  static func policyOfOthers(_ policy: String, fleet: String) -> Failure {
    .invalid(
      "policy-of-others", "the policy \(policy) names no system of this fleet", at: Place(fleet),
      hint: "A system of the policy is a system of the fleet when they bear the same name.")
  }
}
