import Formats
import PasswordReset

enum JSONLine {
  static func object(_ members: [(key: String, value: JSON)]) -> String {
    JSON.object(JSONObject(members)).serialized()
  }
}
