import CanonicalJSON
package import EventStore

/// What a policy says of one retention class.
package struct RetentionRule: Sendable, Hashable {
    package enum Trigger: String, Sendable, CaseIterable {
        /// The day on which the event was recorded.
        case recorded
        /// A request: of the person, or of the customer.
        case request
        /// Nothing ever.
        case never
    }

    package enum Action: String, Sendable, CaseIterable {
        case erase, keep
    }

    package let retention: RetentionClass
    package let trigger: Trigger
    package let action: Action
    /// What the law, or a promise, demands at least.
    package let minimum: RetentionPeriod?
    /// After which it goes. Given exactly if the trigger is a day.
    package let maximum: RetentionPeriod?
    package let legalBasis: String

    package static let maximumBasisBytes = 500

    package init(
        retention: RetentionClass, trigger: Trigger, action: Action, minimum: RetentionPeriod? = nil,
        maximum: RetentionPeriod? = nil, legalBasis: String
    ) {
        self.retention = retention
        self.trigger = trigger
        self.action = action
        self.minimum = minimum
        self.maximum = maximum
        self.legalBasis = legalBasis
    }

    /// What no policy may fall below.
    package static func legalMinimum(of retention: RetentionClass) -> RetentionPeriod? {
        switch retention {
        case .billing: RetentionPeriod(7, .years)
        case .access: RetentionPeriod(12, .months)
        case .capture, .usage, .error, .account, .system: nil
        }
    }

    /// What no policy may go beyond: what was promised in public.
    package static func promisedMaximum(of retention: RetentionClass) -> RetentionPeriod? {
        switch retention {
        case .billing: RetentionPeriod(10, .years)
        case .capture: RetentionPeriod(12, .months)
        case .usage, .error: RetentionPeriod(90, .days)
        case .access, .account, .system: nil
        }
    }

    /// Why the rule can't be one; empty if it can.
    package var faults: [String] {
        var faults: [String] = []
        func fault(_ reason: String) { faults.append("\(retention.rawValue): \(reason)") }
        if trigger == .recorded, action != .erase || maximum == nil {
            fault("what a day ends is erased, after a maximum")
        }
        if trigger != .recorded, maximum != nil { fault("only what a day ends has a maximum") }
        if (trigger == .never) != (action == .keep) {
            fault("what nothing ends is kept, and what is kept nothing ends")
        }
        if retention == .system, trigger != .never { fault("the evidence itself is kept") }
        if let minimum, let maximum, !maximum.isAtLeast(minimum) {
            fault("its maximum \(maximum.text) is below its minimum \(minimum.text)")
        }
        if let floor = Self.legalMinimum(of: retention), action == .erase {
            if trigger != .recorded { fault("it is kept for \(floor.text) at least, whoever asks") }
            for period in [minimum, maximum] where period?.isAtLeast(floor) != true {
                fault("\(period?.text ?? "no period") is below the legal minimum \(floor.text)")
            }
        }
        if let ceiling = Self.promisedMaximum(of: retention), maximum.map(ceiling.isAtLeast) != true {
            fault("\(maximum?.text ?? "no maximum") is beyond the \(ceiling.text) that are promised")
        }
        if legalBasis.isEmpty || legalBasis.utf8.count > Self.maximumBasisBytes { fault("it names no legal basis") }
        return faults
    }

    var object: JSONObject {
        var object: JSONObject = [
            "action": .string(action.rawValue), "class": .string(retention.rawValue),
            "legal_basis": .string(legalBasis), "trigger": .string(trigger.rawValue),
        ]
        object["minimum"] = minimum.map { .string($0.text) }
        object["maximum"] = maximum.map { .string($0.text) }
        return object
    }

    init(_ object: JSONObject) throws(RetentionError) {
        let reader = MemberReader(object, "a rule")
        retention = try reader.value("class")
        trigger = try reader.value("trigger")
        action = try reader.value("action")
        minimum = try reader.period("minimum")
        maximum = try reader.period("maximum")
        legalBasis = try reader.text("legal_basis")
        try reader.finish(["action", "class", "legal_basis", "maximum", "minimum", "trigger"])
    }
}

extension RetentionClass {
    /// Those whose events go when the person, or the tenant, asks for it. What the law wants kept stays, about a handle
    /// that leads to nobody.
    package static let personal: [RetentionClass] = [.capture, .account]
}
