internal import Configuration
internal import Drills
package import Platform
internal import Readiness

extension Fleet {
  /// What is wrong with the policy, the scenarios and the places that it names. The same problem of a scenario that many systems use is
  /// told once.
  package var problems: [Failure] {
    var seen: Set<Failure> = []
    return (policyProblems + systemProblems).filter { seen.insert($0).inserted }
  }

  private var policyProblems: [Failure] {
    do throws(InvalidPolicy) {
      _ = try readPolicy()
      return []
    } catch {
      return error.failures
    }
  }

  private var systemProblems: [Failure] {
    systems.flatMap { system in
      do throws(InvalidScenario) {
        let scenario = try system.drill(of: self)
        return missing(scenario, system)
      } catch {
        return error.failures.map { failure in
          // What is said of no line is said of the system.
          failure.place?.line == nil
            ? .invalid(
              failure.code, "system `\(system.name)`: \(failure.description)", at: system.place,
              hint: failure.hint) : failure
        }
      }
    }
  }

  private func missing(_ scenario: Scenario, _ system: FleetSystem) -> [Failure] {
    guard scenario.command == nil, scenario.fetch == nil, scenario.set == nil, scenario.backup != "-",
      !Files.exists(scenario.backup)
    else { return [] }
    return [.noBackupOfSystem(system.name, scenario.backup, at: system.place)]
  }
}

extension Failure {
  static func noBackupOfSystem(_ name: String, _ path: String, at place: Place) -> Failure {
    Failure(
      .backupNotFound, "no-backup-of-system", "system `\(name)`: there is no backup at \(path)", at: place,
      hint: "Paths in a fleet's file are relative to its folder; is the place mounted on this machine?")
  }
}
