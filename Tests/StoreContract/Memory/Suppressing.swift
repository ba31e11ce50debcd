public import PasswordReset

extension MemoryStore: SuppressionList {
  public func contains(_ addressKey: KeyedHash) async throws(ResetError) -> Bool {
    try call { state in state.isSuppressed(addressKey) }
  }

  public func add(_ suppression: Suppression) async throws(ResetError) {
    try call { state in state.suppress(suppression) }
  }
}

extension MemoryStore: ReportStore {
  public func record(
    _ records: [ReportRecord], delivery: KeyedHash, reports: EventSubscribers
  ) async throws(ResetError) -> Bool {
    try call { state in
      guard state.receipts.insert(delivery).inserted else { return false }
      for record in records where state.receipts.insert(record.receipt).inserted {
        for suppression in record.suppressions { state.suppress(suppression) }
        guard let request = record.requestID.flatMap({ state.requests[$0] }),
          reports.contains(request.caller)
        else { continue }
        state.tell(
          record.event, of: request.id, cause: record.suppressions.first?.reason.rawValue ?? "")
      }
      return true
    }
  }
}

extension MemoryStore.State {
  func isSuppressed(_ addressKey: KeyedHash) -> Bool {
    suppressedUntil[addressKey].map { $0 > now } ?? false
  }

  fileprivate mutating func suppress(_ suppression: Suppression) {
    let end = now.advanced(bySeconds: suppression.lifetime.seconds)
    suppressedUntil[suppression.addressKey] = max(
      end, suppressedUntil[suppression.addressKey] ?? end)
  }
}
