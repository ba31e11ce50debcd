import ArgumentParser
import Formats
import Foundation
import Glibc
import ServiceLifecycle
import UnixSignals

@main
struct RekeyDev: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rekey-dev",
    abstract: "Run Rekey with all it needs on this machine, or walk through one reset.",
    discussion: """
      Makes a private PostgreSQL, a mailbox that receives real SMTP and a small demo app, then types \
      what an operator types to set up and start Rekey, and shows each command before it runs. Needs \
      no configuration and reads none; everything is kept in one directory and nothing is reachable \
      from other machines. Ctrl-C stops it all.

      Examples:
        rekey-dev                        try it in a browser
        rekey-dev --walk                 see it work: one line a step, exit 0 if all held
        rekey-dev --reset                begin with an empty database and new keys
        rekey-dev --port-base 0 --ready-file ready.json --directory /var/tmp/rekey-ci
      """)

  @Option(
    help: "Where everything is kept. Default: .rekey; with --walk a directory for this run only.")
  var directory: String?

  @Flag(help: "Remove what earlier starts have left in the directory.")
  var reset = false

  @Flag(help: "Do one whole reset without a person, print each step, and stop.")
  var walk = false

  @Option(
    help: ArgumentHelp(
      "The first of five ports: public, internal, demo app, mailbox, SMTP; 0 takes free ones. Default: 8080; with --walk 0.",
      valueName: "port"))
  var portBase: Int?

  @Option(
    help: ArgumentHelp(
      "Write where everything is to this file, as JSON with the demo app's key, once everything answers.",
      valueName: "file"))
  var readyFile: String?

  func validate() throws {
    guard portBase.map({ $0 == 0 || (1...65531).contains($0) }) ?? true else {
      throw ValidationError("--port-base is 0 or a number from 1 to 65531.")
    }
    guard directory != "" else { throw ValidationError("--directory is empty.") }
    guard readyFile != "" else { throw ValidationError("--ready-file is empty.") }
    guard !walk || readyFile == nil else {
      throw ValidationError("--walk stops by itself; --ready-file does not go with it.")
    }
  }

  static func main() async {
    // A reader that went away is no reason to leave servers behind.
    signal(SIGPIPE, SIG_IGN)
    // Everything is on this machine; a proxy has no part in it.
    setenv("no_proxy", "*", 1)
    do {
      var command = try parseAsRoot()
      if let command = command as? RekeyDev { try await command.run() } else { try command.run() }
    } catch let failure as Failure {
      Terminal.note("rekey-dev: \(failure)")
      Glibc.exit(1)
    } catch {
      exit(withError: error)
    }
  }

  func run() async throws {
    let session = Session(
      directory: directory ?? (walk ? nil : ".rekey"), startsAnew: reset, walks: walk,
      portBase: portBase ?? (walk ? 0 : 8080), readyFile: readyFile)
    do {
      try await Session.group([session], signals: Self.signals, grace: .seconds(90)).run()
    } catch is CancellationError {
      // Stopped before everything was up.
      if walk { throw Failure("the walk was stopped before its end") }
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure("\(error)")
    }
  }

  /// A closed terminal ends it too, unless it was started to survive that (nohup).
  private static var signals: [UnixSignal] {
    var action = sigaction()
    sigaction(SIGHUP, nil, &action)
    let ignoresHangup = unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
    return [.sigint, .sigterm] + (ignoresHangup ? [] : [.sighup])
  }
}
