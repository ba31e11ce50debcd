extension Duration {
  /// What a client waits for a server that will not answer. Ample for all that comes before, which
  /// on a busy machine takes its time: a deadline that passes too early passes at another step.
  static let patience = Duration.seconds(2)
}
