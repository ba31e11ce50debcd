import DemoApp
import Foundation
import Glibc
import ServiceLifecycle

/// Says where everything is once everything answers, to people and to programs.
struct DevAnnouncement: Service {
  let readiness: DevReadiness
  let directory: DevDirectory
  /// Where the database is, which may be outside of the directory.
  let home: String
  /// The directory as it was typed.
  let shown: String
  let readyFile: String?

  private var place: DevPlace { readiness.place }

  func run() async throws {
    try await cancelWhenGracefulShutdown { try await readiness.wait() }
    if let readyFile { try KeyFile.replace(readyFile, place.json + "\n") }
    Standard.output(text)
    try? await gracefulShutdown()
    if let readyFile { unlink(readyFile) }
    Standard.error("stopping")
  }

  private var text: String {
    let seed = DemoApp.Seed.ada
    return """
      Rekey runs, with all it needs on this machine:

        demo app   \(place.app)   first account: \(seed.email), \(seed.password)
        mailbox    \(place.mailbox)   every mail ends here, also what comes to SMTP port \(place.ports.smtp)
        public     \(place.people)   where the mailed links lead
        internal   \(place.programs)   for main apps; the demo app's key is in \(shown)/demo.key
        database   psql '\(superuserURL)'
        log        \(shown)/rekey.log

      Ctrl-C stops it; the data stays in \(kept). The mailbox starts empty each time.
      """
  }

  private var kept: String {
    home.hasPrefix("\(directory.path)/") ? shown : "\(shown) and \(home)"
  }

  /// For looking around; Rekey itself has fewer rights.
  private var superuserURL: String {
    place.databaseURL.replacing(
      "//\(DevDatabase.login)@", with: "//\(DevCluster.superuser)@", maxReplacements: 1)
  }
}

/// The file by which a program that started `rekey dev` learns that it runs.
enum ReadyFile {
  /// Removes an earlier one, and refuses a place where none can be made.
  static func clear(_ path: String) throws(CommandFailure) {
    let folder = URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false)
    guard access(folder, W_OK | X_OK) == 0 else {
      throw CommandFailure(description: "--ready-file \(path): its folder cannot be written to")
    }
    guard unlink(path) == 0 || errno == ENOENT else {
      throw CommandFailure(description: "--ready-file \(path) is in the way and cannot be removed")
    }
  }
}
