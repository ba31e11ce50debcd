import Foundation
import PackagePlugin

/// Writes the files a target needs at run time (`sql/` or `templates/`) into one generated
/// Swift file, so that `rekey` is a single file to install.
@main
struct EmbedFiles: BuildToolPlugin {
  /// Which folder of the package each target embeds.
  private static let folders = ["Storage": "sql", "Templates": "templates"]

  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    guard let folder = Self.folders[target.name] else { return [] }
    let root = context.package.directoryURL.appending(path: folder)
    let output = context.pluginWorkDirectoryURL.appending(path: "EmbeddedFiles.swift")
    return [
      .buildCommand(
        displayName: "Embedding \(folder)",
        executable: try context.tool(named: "embed-files").url,
        arguments: [root.path(), output.path()],
        inputFiles: files(below: root),
        outputFiles: [output])
    ]
  }

  private func files(below root: URL) -> [URL] {
    let found = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
    return (found?.compactMap { $0 as? URL } ?? []).filter { !$0.hasDirectoryPath }
      .sorted { $0.path() < $1.path() }
  }
}
