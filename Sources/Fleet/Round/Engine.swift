package import Platform

/// What starts tasks, and what it tells them in their environment.
package enum Engine: String, Sendable, Hashable, CaseIterable {
  /// mongodrill itself, side by side on one machine.
  case local
  case slurm
  case kubernetes
  case github
  case gitlab
  case systemd

  /// The one whose marks stand in the environment; `local` where there are none.
  package static func found(in environment: [String: String] = Environment.all) -> Engine {
    func holds(_ name: String) -> Bool { environment[name]?.isEmpty == false }
    if holds("SLURM_JOB_ID") { return .slurm }
    if holds("JOB_COMPLETION_INDEX") || holds("KUBERNETES_SERVICE_HOST") { return .kubernetes }
    if holds("GITHUB_ACTIONS") { return .github }
    if holds("GITLAB_CI") { return .gitlab }
    if holds("INVOCATION_ID") { return .systemd }
    return .local
  }

  /// The task's index, where the engine says it. Throws `task-index` when what it says is no index.
  package static func taskIndex(in environment: [String: String] = Environment.all) throws(Failure) -> Int? {
    for name in ["JOB_COMPLETION_INDEX", "SLURM_ARRAY_TASK_ID"] {
      guard let text = environment[name], !text.isEmpty else { continue }
      guard let index = Int(text), index >= 0 else { throw .taskIndex(name, text) }
      return index
    }
    return nil
  }

  /// How often the engine had started this task before; nil where it doesn't say.
  package static func restarts(in environment: [String: String] = Environment.all) -> Int? {
    environment["SLURM_JOB_ID"] != nil ? environment["SLURM_RESTART_COUNT"].flatMap { Int($0) } ?? 0 : nil
  }
}

/// The id of a round.
package enum RoundID {
  /// The variable that names the round.
  package static let variable = "MONGODRILL_ROUND"

  /// The round that a task belongs to: the one that is given, the variable's, the engine's, or today's date (UTC).
  /// Throws `round-id` when it can't be one.
  package static func resolved(
    _ given: String?, in environment: [String: String] = Environment.all, at time: WallTime = .now
  ) throws(Failure) -> String {
    let candidates: [(String, String)] = [
      (variable, ""), ("SLURM_ARRAY_JOB_ID", "slurm-"), ("GITHUB_RUN_ID", "github-"),
      ("CI_PIPELINE_ID", "gitlab-"),
    ]
    var id = given
    for (name, prefix) in candidates where id == nil {
      if let value = environment[name], !value.isEmpty { id = prefix + value }
    }
    let round = id ?? String(time.text.prefix(10))
    guard RoundLayout.isRoundID(round) else { throw .roundID(round) }
    return round
  }
}

extension Failure {
  static func taskIndex(_ name: String, _ text: String) -> Failure {
    Failure(
      .usage, "task-index", "\(name) is no task's index: \(text)", hint: "Tasks are counted from 0.")
  }

  static func roundID(_ text: String) -> Failure {
    Failure(
      .usage, "round-id", "'\(text)' can't name a round",
      hint: "Take up to 100 letters, digits, dots, hyphens and underscores, the first no dot.")
  }
}
