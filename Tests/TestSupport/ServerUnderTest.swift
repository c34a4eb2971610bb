package import Facts
import Sandbox
package import Testing

/// The mongod that tests run with: the one that the product finds, or `MONGODRILL_MONGOD`.
package enum ServerUnderTest {
  /// Its version; nil where there is none, which is for each test to fail on.
  package static let version = try? MongodFinder().find().version
}

extension Trait where Self == ConditionTrait {
  /// Not run, and told to be so, with a server older than `series`: `because` says what of it is needed.
  package static func needs(_ series: ServerVersion, _ because: Comment) -> Self {
    .enabled(because) { ServerUnderTest.version.map { $0 >= series } ?? true }
  }

  /// For what is asked of backups in `Tests/Fixtures` and `scenarios/`: they are of MongoDB 6.0.5, with time series,
  /// clustered collections and updates as differences.
  package static var needsFixtures: Self {
    needs(ServerVersion(6, 0), "backups of MongoDB 6.0 are restored into 6.0 or later")
  }
}
