import Synchronization

/// A value that may be exchanged as a whole while others read it (SIGHUP reloads keys so).
public final class Reloadable<Value: Sendable>: Sendable {
  private let held: Mutex<Value>

  public init(_ value: Value) { held = Mutex(value) }

  public var value: Value { held.withLock { $0 } }

  public func replace(with value: Value) { held.withLock { $0 = value } }
}
