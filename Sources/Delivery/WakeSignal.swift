/// Something may be due: wakes the worker, many wakings before it looks are one.
public struct WakeSignal: Sendable {
  let stream: AsyncStream<Void>
  private let continuation: AsyncStream<Void>.Continuation

  public init() {
    (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  public func send() { continuation.yield() }

  /// No more waking: the worker's loop ends.
  public func finish() { continuation.finish() }
}
