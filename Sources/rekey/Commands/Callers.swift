import ArgumentParser
import Formats
import Glibc
import PasswordReset

struct Callers: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Add, list and remove main apps and their keys.",
    discussion: """
      Examples:
        rekey callers add shop
        rekey callers list
        rekey callers remove shop --key 1f2e3d4c
      """,
    subcommands: [Add.self, List.self, Remove.self])

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a key for a caller; it is shown once and only its SHA-256 is kept.",
      discussion: """
        A caller may have two keys, so that one can follow the other. A running service takes the \
        new key on SIGHUP.

        Examples:
          rekey callers add shop --callers-file /etc/rekey/callers
          KEY=$(rekey callers add shop)
        """)

    @Argument(help: "1 to 64 of a-z 0-9 - _, beginning with a letter.")
    var name: String

    @OptionGroup(title: "Configuration")
    var options: ConfigurationOptions

    func validate() throws {
      guard CallerKeys.isName(name) else {
        throw ValidationError(
          "a name has 1 to 64 of a-z 0-9 - _ and begins with a letter; file is taken.")
      }
    }

    func run() async throws {
      let settings = try options.settings()
      let path = try settings.require(settings.callersFile, ConfigurationKey.callersFile)
      var key = ""
      try KeyFile.change(path) { former in
        let entries = former == nil ? [] : try Assembly.readCallerKeys(settings).entries
        guard entries.count(where: { $0.name == name }) < 2 else {
          throw CommandFailure(
            description:
              "\(name) has two keys already; remove it or edit \(path) to drop the older one")
        }
        let made = try CallerKeys.newKey(for: name, createdAt: Today.text)
        key = made.key
        let before = former ?? []
        let isOpen = !before.isEmpty && before.last != UInt8(ascii: "\n")
        return before + Array(((isOpen ? "\n" : "") + made.entry.line).utf8)
      } announce: {
        guard Console.output(key) else {
          throw CommandFailure(description: "the key could not be shown; \(path) is left as it is")
        }
      }
      Console.error("the key above is shown this once; \(path) holds its SHA-256")
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the callers and when their keys were made.",
      discussion: "Examples:\n  rekey callers list\n  rekey callers list --json")

    @Flag(help: "Write one JSON object a line.")
    var json = false

    @OptionGroup(title: "Configuration")
    var options: ConfigurationOptions

    func run() async throws {
      for entry in try Assembly.readCallerKeys(try options.settings()).entries {
        // The beginning of the hash tells two keys of one caller apart.
        let id = String(entry.keyHash.prefix(8))
        if json {
          Console.output(
            Printing.object([
              ("name", .string(entry.name)), ("key", .string(id)),
              ("created_at", .string(entry.createdAt)),
            ]))
        } else {
          Console.output("\(entry.name) \(id) \(entry.createdAt)")
        }
      }
    }
  }

  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Remove a caller with all its keys, or one key.",
      discussion: """
        Examples:
          rekey callers remove shop
          rekey callers remove shop --key 1f2e3d4c
        """)

    @Argument(help: "The caller's name.")
    var name: String

    @Option(help: "Only the key that `rekey callers list` shows so.")
    var key: String?

    @OptionGroup(title: "Configuration")
    var options: ConfigurationOptions

    /// A beginning too short to be what was listed could be that of every key.
    func validate() throws {
      guard let key else { return }
      guard (8...64).contains(key.utf8.count),
        key.utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) })
      else {
        throw ValidationError("--key takes the 8 digits that rekey callers list shows.")
      }
    }

    func run() async throws {
      let settings = try options.settings()
      let path = try settings.require(settings.callersFile, ConfigurationKey.callersFile)
      var removed = 0
      try KeyFile.change(path) { former in
        _ = try Assembly.readCallerKeys(settings)
        let lines = (former ?? []).split(
          separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let left = lines.filter { !isMeant($0) }
        removed = lines.count - left.count
        guard removed > 0 else {
          throw CommandFailure(description: "\(path) has no such key of a caller of this name")
        }
        return Array(left.joined(separator: [UInt8(ascii: "\n")]))
      }
      Console.error("removed \(removed) key(s); SIGHUP a running service")
    }

    /// Comments and empty lines hold no entry.
    private func isMeant(_ line: ArraySlice<UInt8>) -> Bool {
      let file = try? CallerKeys(file: String(decoding: line, as: UTF8.self))
      guard let entry = file?.entries.first else { return false }
      return entry.name == name && (key.map { entry.keyHash.hasPrefix($0) } ?? true)
    }
  }
}

extension CallerKeys.Problem {
  var sentence: String {
    switch self {
    case .malformedLine(let line): "line \(line) is not: name sha256-hex created-at"
    case .duplicateKey(let line): "the key of line \(line) stands twice"
    case .tooManyKeys(let name): "\(name) has more than two keys"
    }
  }
}
