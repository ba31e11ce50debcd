import DemoApp
import Glibc
import ServiceLifecycle

/// Says where everything is once everything answers, to people and to programs.
struct DevAnnouncement: Service {
  let readiness: DevReadiness
  let directory: DevDirectory
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

      Ctrl-C stops it; the data stays in \(shown).
      """
  }

  /// For looking around; Rekey itself has fewer rights.
  private var superuserURL: String {
    place.databaseURL.replacing(
      "//\(DevDatabase.login)@", with: "//\(DevCluster.superuser)@", maxReplacements: 1)
  }
}
