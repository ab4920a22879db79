import Billing
import CreditDomain
package import EventStore
package import Postgres

/// Every movement of an account with the balance after it, as on a bank statement.
package struct CreditStatementProjection: Projection {
    package let name = "credit_statement"
    package let retention = RetentionClass.billing
    package let digestedColumns =
        "tenant_id, product, position, extract(epoch FROM recorded_at), kind, units, change, balance, reference"

    package init() {}

    package func apply(
        _ events: [DecodedEvent], to generation: Generation, on connection: isolated PostgresConnection
    ) throws {
        let movements = events.compactMap { event -> (RecordedEvent, Movement)? in
            guard case .credit(let credit) = event.payload, let movement = Movement(credit) else { return nil }
            return (event.recorded, movement)
        }
        var balances = try balances(of: Set(movements.map(\.0.stream)), in: generation, on: connection)
        for (event, _) in movements where event.version > StreamVersion(1) && balances[event.stream] == nil {
            balances[event.stream] = try carried(event, in: generation, on: connection)
        }
        var running: [Int64] = []
        for (event, movement) in movements {
            let (sum, overflow) = balances[event.stream, default: 0].addingReportingOverflow(movement.change)
            guard !overflow else { throw ProjectionError.refused("the balance overflows") }
            balances[event.stream] = sum
            running.append(sum)
        }
        _ = try connection.run(
            Self.insert,
            [
                .int4(generation.log.rawValue), .int4(generation.number),
                .uuidArray(movements.map(\.0.stream.tenant.rawValue)),
                .textArray(movements.map { $0.0.stream.product }),
                .int8Array(movements.map(\.0.position.rawValue)),
                .timestamptzArray(microsecondsSinceUnixEpoch: movements.map(\.0.recordedAt.microseconds)),
                .textArray(movements.map(\.1.kind)),
                .int8Array(movements.map(\.1.units)), .int8Array(movements.map(\.1.change)), .int8Array(running),
                .nullableTextArray(movements.map(\.1.reference)),
            ])
    }

    private func balances(
        of accounts: Set<StreamKey>, in generation: Generation, on connection: isolated PostgresConnection
    ) throws -> [StreamKey: Int64] {
        let accounts = Array(accounts)
        let rows = try connection.run(
            Self.lastBalances,
            [
                .int4(generation.log.rawValue), .int4(generation.number), .uuidArray(accounts.map(\.tenant.rawValue)),
                .textArray(accounts.map(\.product)),
            ])
        var balances: [StreamKey: Int64] = [:]
        for row in rows { balances[accounts[Int(try row.int64(0)) - 1]] = try row.int64(1) }
        return balances
    }

    /// What the account was before the event, if all events before it are gone.
    private func carried(
        _ event: RecordedEvent, in generation: Generation, on connection: isolated PostgresConnection
    ) throws -> Int64 {
        let rows = try connection.run(
            Self.carried,
            [
                .int4(generation.log.rawValue), .uuid(event.stream.tenant.rawValue),
                .text("carry-" + event.stream.product), .text(String(event.version.rawValue - 1)),
            ])
        return try rows.first?.int64(0) ?? 0
    }

    private static let insert = Statement(
        """
        INSERT INTO zentriq.credit_statement (log_id, generation, tenant_id, product, position, recorded_at, kind,
            units, change, balance, reference)
        SELECT $1, $2, * FROM unnest($3::uuid[], $4::text[], $5::bigint[], $6::timestamptz[], $7::text[], $8::bigint[],
            $9::bigint[], $10::bigint[], $11::text[])
        """)
    private static let lastBalances = Statement(
        """
        SELECT asked.ordinal, last.balance
        FROM unnest($3::uuid[], $4::text[]) WITH ORDINALITY AS asked (tenant_id, product, ordinal)
        CROSS JOIN LATERAL (
            SELECT balance FROM zentriq.credit_statement AS s
            WHERE s.log_id = $1 AND s.generation = $2 AND s.tenant_id = asked.tenant_id AND s.product = asked.product
            ORDER BY s.position DESC LIMIT 1) AS last
        """)
    private static let carried = Statement(
        """
        SELECT (data::jsonb -> 'state' ->> 'balance')::bigint FROM zentriq.events
        WHERE log_id = $1 AND class = 'billing' AND tenant_id = $2 AND stream_id = $3
            AND data::jsonb ->> 'version' = $4
        ORDER BY version DESC LIMIT 1
        """)
}

extension StreamKey {
    fileprivate var product: String { String(stream.name.dropFirst("account-".count)) }
}
