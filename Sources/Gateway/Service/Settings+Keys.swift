extension Settings {
    /// Whether the service rotates the key-encryption key by itself when it is due. That takes the role of retention.
    package func rotatesKeys() throws(Failure) -> Bool {
        switch optional("KEK_ROTATION") {
        case nil, "manual": return false
        case "automatic":
            guard optional("RETENTION_PASSWORD") != nil else {
                throw Failure(description: "ZENTRIQ_KEK_ROTATION=automatic needs ZENTRIQ_RETENTION_PASSWORD")
            }
            return true
        default: throw Failure(description: "ZENTRIQ_KEK_ROTATION must be automatic or manual")
        }
    }
}
