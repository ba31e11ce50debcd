/// The configuration that `rekey serve` is started with, for people to read and to begin from.
struct RekeyYAML {
  let directory: Directory
  let ports: Ports
  let databaseURL: String

  /// The default, written out because the walk goes to the limit.
  static let narrowestLimit = (count: 3, seconds: 900)

  /// Names of files are whole, so that it can be used from everywhere.
  var text: String {
    """
    # Written by rekey-dev at each start. Copy it to begin a configuration of your own; README.md has
    # all keys, and `rekey config --config FILE` shows what is in effect.

    # The login that serves; `rekey migrate` is run by the owner of the schema.
    database.url: \(databaseURL)

    # People come to the public listener, main apps to the internal one.
    listen.public: 127.0.0.1:\(ports.people)
    listen.internal: 127.0.0.1:\(ports.programs)

    # Where mailed links begin, and where a live one leads.
    public.url: \(Place.url(ports.people))
    continue.url: \(Place.url(ports.app))/new-password?token={token}

    # Made by `rekey keys init` and `rekey callers add`. Without the keyring no link works.
    keyring.file: \(quoted(.keyring))
    callers.file: \(quoted(.callers))

    # Every mail goes to the mailbox.
    mail.from: Demo app <no-reply@example.com>
    mail.transports: smtp://127.0.0.1:\(ports.smtp)

    # For each address.
    limits.email: \(Self.narrowestLimit.count)/\(Self.narrowestLimit.seconds / 60)m 5/1h 10/1d

    """
  }

  private func quoted(_ file: Directory.File) -> String {
    "'\(directory.file(file).replacing("'", with: "''"))'"
  }
}
