import Platform
package import Testing

/// Whether everything is tried, and not only one of each sort: `scripts/test --full`.
package let isFullRun = Environment["MONGODRILL_FULL"] != nil

extension Trait where Self == ConditionTrait {
  /// For what takes long, or needs much: not run otherwise, with the reason that the summary of `scripts/test` counts by.
  package static var fullRun: Self { .enabled(if: isFullRun, "scripts/test --full") }
}
