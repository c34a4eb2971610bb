/// The version of mongodrill: stands here and nowhere else.
enum Version {
  static let text = "0.1.0"
}
