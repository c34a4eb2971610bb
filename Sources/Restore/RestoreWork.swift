internal import Backups
internal import Platform
internal import Record

/// How much of a restore is done, where its files are plain: a server takes as long for a document as for so many more
/// of its bytes, so that small documents take longer than their bytes say.
struct RestoreWork: Sendable {
  /// What one document costs, in bytes. Measured with documents of 290 bytes to 4 kB: 20 GB in 145 s.
  private static let document = 450.0
  /// Of so many collections, the largest ones, the beginning is looked at. Others are taken to be like these.
  private static let mostSamples = 200

  private let total: Double

  /// Of the collections of a backup that are restored. Nil where files are compressed, or hold more than one collection.
  init?(_ collections: some Sequence<Int>, of backup: any LogicalBackup) {
    guard !backup.origin.isCompressed else { return nil }
    let files = collections.map { backup.collections[$0] }.filter { $0.fileBytes > 0 }
      .sorted { $0.fileBytes > $1.fileBytes }
    guard !files.isEmpty else { return nil }
    var total = 0.0
    var usual = 1000.0
    for (number, file) in files.enumerated() {
      let bytes = Double(file.fileBytes)
      let sampled =
        number < Self.mostSamples ? file.place.flatMap { DocumentSample.meanSize(in: $0.file) } : nil
      let mean = sampled ?? usual
      if number == 0 { usual = mean }
      total += bytes + Self.document * bytes / mean
    }
    self.total = total
  }

  /// From 0 to 1.
  func share(of done: Amount) -> Double {
    min(1, (Double(done.bytes) + Self.document * Double(done.documents)) / total)
  }
}
