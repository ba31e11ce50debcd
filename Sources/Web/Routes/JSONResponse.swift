import Formats
import HTTPTypes
import Hummingbird
import NIOCore
import PasswordReset

extension Response {
  static func json(
    _ status: HTTPResponse.Status, _ members: [(key: String, value: JSON)]
  ) -> Response {
    let text = JSON.object(JSONObject(members)).serialized()
    return Response(
      status: status, headers: [.contentType: "application/json"],
      body: .init(byteBuffer: ByteBuffer(string: text)))
  }
}

extension JSON {
  init(_ moment: Timestamp?) { self = moment.map { .string($0.description) } ?? .null }

  init(_ account: Account?) { self = account?.json ?? .null }
}
