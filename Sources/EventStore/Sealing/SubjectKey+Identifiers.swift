package import Sealing

extension SubjectKey {
    package var owner: TenantID { TenantID(tenant) }
    package var handle: ActorHandle { ActorHandle(subject) }

    /// Whether it seals what this actor of this tenant causes in this log.
    func seals(_ tenant: TenantID, _ actor: ActorHandle?, log: String) -> Bool {
        self.tenant == tenant.rawValue && subject == actor?.rawValue && self.log == log
    }
}
