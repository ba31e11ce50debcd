import DemoApp
import Foundation
import Glibc
import ServiceLifecycle

/// Says where everything is once everything answers, to people and to programs.
struct Announcement: Service {
  let readiness: Readiness
  let directory: Directory
  let cluster: Cluster
  let readyFile: String?

  private var place: Place { readiness.place }

  func run() async throws {
    try await cancelWhenGracefulShutdown { try await readiness.wait() }
    if let readyFile { try ReadyFile.write(try place.json(), to: readyFile) }
    try Terminal.output(text)
    try? await gracefulShutdown()
    if let readyFile { unlink(readyFile) }
    Terminal.note("stopping")
  }

  private var text: String {
    let seed = DemoApp.Seed.ada
    // For looking around; Rekey itself has fewer rights.
    let superuserURL = cluster.url(user: Cluster.superuser, database: "rekey")
    return """
      Rekey runs, with all it needs on this machine:

        demo app   \(place.app)   first account: \(seed.email), \(seed.password)
        mailbox    \(place.mailbox)   every mail ends here, also what comes to SMTP port \(place.ports.smtp)
        public     \(place.people)   where the mailed links lead
        internal   \(place.programs)   for main apps; the demo app's key is in \(directory.shown(.callerKey))
        database   psql '\(superuserURL)'
        log        \(directory.shown(.log))

      Ctrl-C stops it; the data stays in \(kept). The mailbox starts empty each time.
      """
  }

  private var kept: String {
    cluster.home.path.hasPrefix("\(directory.path)/")
      ? directory.shown : "\(directory.shown) and \(cluster.home.path)"
  }
}

/// Waits until every part answers.
struct Readiness: Sendable {
  let place: Place
  let http: HTTPClient

  private static let patience: Duration = .seconds(30)

  func wait() async throws {
    let end = ContinuousClock.now + Self.patience
    for (name, url, status) in parts {
      while (try? await http.get(url))?.status != status {
        guard ContinuousClock.now < end else {
          throw Failure("the \(name) does not answer at \(url)")
        }
        // A port that nobody listens on yet gives no sign when somebody does.
        try await Task.sleep(for: .milliseconds(10))
      }
    }
  }

  private var parts: [(String, String, Int)] {
    [
      ("internal listener", "\(place.programs)/readyz", 200),
      ("public listener", "\(place.people)/reset/verify", 404),
      ("demo app", "\(place.app)/", 200),
      ("mailbox", "\(place.mailbox)/", 200),
    ]
  }
}

/// The file by which a program that started this one learns that it runs.
enum ReadyFile {
  /// Removes an earlier one, and refuses a place where none can be made.
  static func clear(_ path: String) throws(Failure) {
    let folder = URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false)
    guard access(folder, W_OK | X_OK) == 0 else {
      throw Failure("--ready-file \(path): its folder cannot be written to")
    }
    guard unlink(path) == 0 || errno == ENOENT else {
      throw Failure("--ready-file \(path) is in the way and cannot be removed")
    }
  }

  /// Puts it in place at once, closed to others: it holds the demo app's key.
  static func write(_ json: Data, to path: String) throws(Failure) {
    let draft = "\(path).new"
    let isMade = FileManager.default.createFile(
      atPath: draft, contents: json + Data("\n".utf8), attributes: [.posixPermissions: 0o600])
    guard isMade, rename(draft, path) == 0 else { throw Failure("\(path) cannot be written") }
  }
}
