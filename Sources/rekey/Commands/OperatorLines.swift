import Formats
import PasswordReset
import Storage

/// How operators' commands write what they found.
enum OperatorLines {
  /// One JSON object with no character in it, not even within a string, that talks to a terminal.
  static func json(_ members: [(key: String, value: JSON)]) -> String {
    JSONLine.object(members).unicodeScalars.reduce(into: "") { line, scalar in
      if scalar.isPrintable {
        line.unicodeScalars.append(scalar)
      } else {
        for unit in UTF16.encode(scalar) ?? .init() { line += escape(unit) }
      }
    }
  }

  private static func escape(_ unit: UInt16) -> String {
    let digits = String(unit, radix: 16)
    return "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
  }

  /// Two units at most: `2h3m`, `45s`; what lies ahead is `0s`.
  static func age(of moment: Timestamp, at now: Timestamp) -> String {
    let seconds = self.seconds(since: moment, at: now)
    let units = [
      (seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "m"),
      (seconds % 60, "s"),
    ]
    guard let first = units.firstIndex(where: { $0.0 > 0 }) else { return "0s" }
    return units[first...].prefix(2).filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined()
  }

  static func seconds(since moment: Timestamp, at now: Timestamp) -> Int64 {
    let (difference, overflow) = now.microseconds.subtractingReportingOverflow(moment.microseconds)
    return overflow ? 0 : max(0, difference / 1_000_000)
  }

  static func json(_ moment: Timestamp?) -> JSON { moment.map { .string("\($0)") } ?? .null }

  static func json(_ text: String?) -> JSON { text.map { .string($0) } ?? .null }
}

extension String {
  /// The whole text, without any character that ends a line or talks to a terminal.
  var printable: String {
    String(String.UnicodeScalarView(unicodeScalars.map { $0.isPrintable ? $0 : "?" }))
  }
}

extension Unicode.Scalar {
  fileprivate var isPrintable: Bool {
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: false
    default: true
    }
  }
}

/// Opens sealed addresses. Without a keyring there are none to show.
struct Recipients {
  private let vault: Vault?
  private let isRevealed: Bool

  /// - Throws: for a keyring that cannot be read, and for none where addresses are to be revealed.
  init(_ settings: Settings, reveal: Bool) throws(ConfigurationProblem) {
    isRevealed = reveal
    guard reveal || settings.keyringFile != nil else {
      vault = nil
      return
    }
    vault = Vault(
      keyring: Current(try Assembly.readKeyring(settings)), domains: InternationalDomains())
  }

  /// Where the mail goes or went; nil where the keyring does not have the key that sealed it.
  func address(_ sealed: [UInt8], _ kid: KeyID, of id: RequestID) -> String? {
    guard let details = try? vault?.open(sealed, kid: kid, for: id) else { return nil }
    return isRevealed ? details.mailedTo.text : details.mailedTo.masked(hiding: 1)
  }
}

extension EmailAddress {
  /// As `masked`, but of a name with no more letters than `hiding` none is shown.
  func masked(hiding: Int) -> String {
    localPart.unicodeScalars.count > hiding ? masked : "***@\(domain)"
  }
}

/// Runs a command's work on the database and makes one line of what went wrong.
/// What a command holds while it works, and closes whatever happens.
protocol Lendable {
  func close() async
}

extension DeadLetters: Lendable {}
extension SuppressionDesk: Lendable {}
extension OutboxSwitch: Lendable {}

func lending<Desk: Lendable>(
  _ desk: Desk, _ body: (Desk) async throws -> Void
) async throws {
  do { try await body(desk) } catch {
    await desk.close()
    throw error
  }
  await desk.close()
}

func workingOnDatabase<Value>(_ body: () async throws -> Value) async throws -> Value {
  do { return try await body() } catch let problem as DatabaseProblem {
    Standard.endProgress()
    throw CommandFailure(description: problem.description)
  }
}
