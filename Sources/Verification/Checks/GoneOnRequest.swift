import Billing
import EventStore
import Foundation

/// How many events of a class went because somebody asked, told apart by whose they were to be: what went for one
/// tenant, or one person, explains nothing that is missing of another.
struct GoneOnRequest: Sendable {
    private var all: Int64 = 0
    private var byTenant: [TenantID: Int64] = [:]
    /// Of whole tenants.
    private var ofEverybody: [TenantID: Int64] = [:]
    private var ofPerson: [DataSubject: Int64] = [:]

    mutating func add(_ request: ErasureBegun) {
        all += 1
        byTenant[request.tenant, default: 0] += 1
        if let subject = request.subject {
            ofPerson[DataSubject(request.tenant, subject), default: 0] += 1
        } else {
            ofEverybody[request.tenant, default: 0] += 1
        }
    }

    /// Of those, how many can't have been of the stream.
    func count(notOf stream: StreamKey) -> Int64 {
        let tenant = stream.tenant
        guard let handle = UUID(text: stream.stream.name.dropFirst(stream.stream.category.utf8.count + 1)) else {
            return all - byTenant[tenant, default: 0]
        }
        return all - ofEverybody[tenant, default: 0] - ofPerson[DataSubject(tenant, ActorHandle(handle)), default: 0]
    }
}
