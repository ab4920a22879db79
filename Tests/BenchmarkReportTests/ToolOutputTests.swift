import BenchmarkReport
import Testing

struct ToolOutputTests {
    @Test("Reads the script's last line out of what wrk prints")
    func wrk() throws {
        let output = """
            Running 1s test @ http://127.0.0.1:8080
            Requests/sec:   6.00

            {"requests":6,"microseconds":2000000,"fresh":5,"refused":1,"broken":0,"p50":1500,"p99":2500,"p999":9000}

            """
        let result = try #require(ToolOutput.Wrk(output: output))
        #expect(result.fresh == 5 && result.refused == 1)
        #expect(result.sample.rate == 3)
        #expect(result.sample.latency == LoadSample.Latency(p50: 1.5, p99: 2.5, p999: 9))
    }

    @Test("A load generator that printed something else gave no result", arguments: ["", "{}", "unable to connect"])
    func broken(output: String) {
        #expect(ToolOutput.Wrk(output: output) == nil)
        #expect(ToolOutput.pgbench(output) == nil)
    }

    @Test("Reads transactions and rate of pgbench")
    func pgbench() throws {
        let sample = try #require(
            ToolOutput.pgbench(
                """
                number of transactions actually processed: 1200
                number of failed transactions: 0 (0.000%)
                latency average = 0.4 ms
                tps = 600.000000 (without initial connection time)
                """))
        #expect(sample.operations == 1_200)
        #expect(sample.rate == 600)
    }

    @Test("Reads a process's times, whatever its name")
    func status() throws {
        let line = "42 (a) b (c)) S 7 42 42 0 -1 4194560 1 2 3 4 11 12 13 14 20 0 1 0 1 1 1"
        let status = try #require(ToolOutput.ProcessStatus(line))
        #expect(status.parent == 7)
        #expect(status.own == 23)
        #expect(status.children == 27)
        #expect(ToolOutput.ProcessStatus("42 (a) S 7") == nil)
    }
}
