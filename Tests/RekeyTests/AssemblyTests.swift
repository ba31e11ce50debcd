import Logging
import PasswordReset
import Support
import Testing

@testable import rekey

/// What is refused while the parts are put together, before anything is reached or bound.
@Suite struct AssemblyTests {
  private func problem(_ options: [ConfigurationKey: String]) throws -> String? {
    let settings = try Configured.settings(options)
    do {
      let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
      _ = try Assembly(settings, logger: quiet, name: "test")
      return nil
    } catch let problem as ConfigurationProblem { return problem.description }
  }

  private func complete(in folder: Folder) throws -> [ConfigurationKey: String] {
    [
      ConfigurationKey.databaseURL: "postgresql:///none",
      ConfigurationKey.continueURL: "https://example.test/{token}",
      ConfigurationKey.mailFrom: "a@example.test",
      ConfigurationKey.keyringFile: try folder.write(
        try Keyring.newFile(createdAt: "d"), to: "keyring"),
      ConfigurationKey.callersFile: try folder.write("", to: "callers"),
    ]
  }

  @Test(arguments: [
    ConfigurationKey.databaseURL, ConfigurationKey.keyringFile, ConfigurationKey.callersFile,
    ConfigurationKey.continueURL, ConfigurationKey.mailFrom,
  ])
  func `what is needed and not given is named`(key: ConfigurationKey) throws {
    let folder = try Folder()
    var options = try complete(in: folder)
    #expect(try problem(options) == nil)
    options[key] = nil
    #expect(try problem(options) == ConfigurationProblem.missing(key).description)
  }

  @Test(arguments: [
    "mysql://u:hunter2@h/d", "postgresql://u:hunter2@[h/d", "postgresql://u:hunter2%zz@h/d",
    "postgresql://u:hunter2@h/d?x=hunter2", "password=hunter2 x", "hunter2", "password='hunter2",
  ])
  func `a database URL that libpq does not take is refused by one line without it`(
    url: String
  ) throws {
    let line = try #require(Configured.problem([ConfigurationKey.databaseURL: url]))
    #expect(line.hasPrefix("database.url: "))
    #expect(!line.contains("hunter2") && line.utf8.allSatisfy { $0 >= 0x20 }, "\(line)")
  }

  @Test func `a folder without templates is refused`() throws {
    let folder = try Folder()
    let options = try complete(in: folder)
    for path in ["\(folder.path)/no", "\(folder.path)/keyring", folder.path] {
      let line = try problem(
        options.merging([ConfigurationKey.templatesDirectory: path]) { _, new in new })
      #expect(line?.hasPrefix("templates.directory: ") == true)
    }
  }
}
