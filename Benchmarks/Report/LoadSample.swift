/// What one round of one load gave, and what it cost. Costs are per operation.
package struct LoadSample: Sendable, Encodable {
    package var operations: Int
    package var seconds: Double
    package var latency: Latency?
    package var cost: Cost?

    package var rate: Double { Double(operations) / seconds }

    package init(operations: Int, seconds: Double, latency: Latency? = nil, cost: Cost? = nil) {
        self.operations = operations
        self.seconds = seconds
        self.latency = latency
        self.cost = cost
    }

    /// Milliseconds.
    package struct Latency: Sendable, Encodable, Equatable {
        package var p50: Double
        package var p99: Double
        package var p999: Double

        package init(p50: Double, p99: Double, p999: Double) {
            self.p50 = p50
            self.p99 = p99
            self.p999 = p999
        }
    }

    package struct Cost: Sendable, Encodable, Equatable {
        /// Processor time, user and system, in microseconds.
        package var gateway: Double?
        package var postgres: Double
        /// Bytes.
        package var wal: Double
        package var disk: Double

        package init(gateway: Double?, postgres: Double, wal: Double, disk: Double) {
            self.gateway = gateway
            self.postgres = postgres
            self.wal = wal
            self.disk = disk
        }
    }
}
