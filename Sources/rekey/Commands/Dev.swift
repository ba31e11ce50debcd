import ArgumentParser

struct Dev: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Run everything on this machine.")
}
