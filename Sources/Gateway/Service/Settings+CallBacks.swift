package import AuditLog
import CanonicalJSON
import Edge
package import EventStore
import Foundation
import Outbound

extension Settings {
    private static let maximumCallBacks = 16
    private static let maximumCallBackFileBytes = 64 * 1_024
    private static let maximumPathBytes = 4_096

    /// Who else has something to do when a person or a tenant is erased: what the file says that
    /// `ZENTRIQ_CALL_BACKS` names, in its order; none without one.
    ///
    ///     [{"name": "chats", "action": "erase", "url": "https://…", "secret_file": "…"}]
    ///
    /// - Parameters:
    ///   - development: allows `http` to this machine.
    ///   - clock: that of the world outside.
    package func callBacks(development: Bool, clock: WallClock = .system) throws(Failure) -> [CallBack] {
        guard let path = optional("CALL_BACKS") else { return [] }
        guard let file = FileHandle(forReadingAtPath: path),
            let data = try? file.read(upToCount: Self.maximumCallBackFileBytes + 1)
        else { throw Self.callBacksFailure("\(path) can't be read") }
        let value: JSONValue
        do {
            value = try JSONParser.parse(data, limits: .init(maximumBytes: Self.maximumCallBackFileBytes))
        } catch {
            throw Self.callBacksFailure("\(path) is not JSON: \(error)")
        }
        guard let entries = value.arrayValue, entries.count <= Self.maximumCallBacks else {
            throw Self.callBacksFailure("\(path) must hold a list of at most \(Self.maximumCallBacks)")
        }
        var callBacks: [CallBack] = []
        for (index, entry) in entries.enumerated() {
            let callBack = try Self.callBack(entry, "\(path), entry \(index + 1)", development: development, clock)
            guard !callBacks.contains(where: { $0.name == callBack.name }) else {
                throw Self.callBacksFailure("\(path), entry \(index + 1): the name is there already")
            }
            callBacks.append(callBack)
        }
        return callBacks
    }

    private static func callBack(
        _ entry: JSONValue, _ place: String, development: Bool, _ clock: WallClock
    ) throws(Failure) -> CallBack {
        guard let object = entry.objectValue else { throw callBacksFailure("\(place): must be an object") }
        var fields = StrictObject(object)
        let name = fields.string("name", maximumBytes: CallBack.maximumNameByteCount)
        let action = fields.enumeration("action", of: CallBackAction.self)
        let url = fields.string("url", maximumBytes: OutboundAddress.maximumByteCount)
        let secretFile = fields.string("secret_file", maximumBytes: maximumPathBytes)
        do {
            try fields.finish()
        } catch {
            let faults = error.errors.map { "\($0.pointer.dropFirst()) \($0.detail)" }
            throw callBacksFailure("\(place): \(faults.joined(separator: "; "))")
        }
        guard let action, CallBack.isName(name) else {
            throw callBacksFailure("\(place): name must be lower-case letters, digits and hyphens")
        }
        guard let address = OutboundAddress(url, development: development) else {
            throw callBacksFailure("\(place): url must be an https URL without credentials, query and fragment")
        }
        do {
            return CallBack(
                name: name, action: action, address: address, secret: try CallBackSecret(file: secretFile),
                clock: clock)
        } catch {
            throw callBacksFailure("\(place): secret_file: \(error)")
        }
    }

    private static func callBacksFailure(_ detail: String) -> Failure {
        Failure(description: "ZENTRIQ_CALL_BACKS: \(detail)")
    }
}
