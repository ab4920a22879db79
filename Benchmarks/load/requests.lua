-- What wrk sends. The settings stand in the environment:
--   LOAD_KIND      capture, check, balance or get
--   LOAD_TOKENS    file with an access token a line, one an account
--   LOAD_ACCOUNTS  how many of them are used
--   LOAD_PREFIX    the first 24 characters of the captures' identifiers, used never before
--   LOAD_CAPTURES  share of captures among checks, for the kind mixed
--   LOAD_REPEATS   share of captures that repeat an earlier one, with the same token
-- Requests are put together from parts made before, so that this side costs as little as it can. The last line of the
-- output is what came of it, in JSON.
local kind = os.getenv("LOAD_KIND")
local accounts = tonumber(os.getenv("LOAD_ACCOUNTS") or "1")
local prefix = os.getenv("LOAD_PREFIX") or ""
local captures = tonumber(os.getenv("LOAD_CAPTURES") or "0.1")
local repeats = tonumber(os.getenv("LOAD_REPEATS") or "0")
local random, format = math.random, string.format

local REMEMBERED = 4096 -- captures a repeat is chosen from
local IN_FLIGHT = 256   -- the newest of them, which may not be answered yet

local threads = {}
function setup(thread)
    thread:set("fresh", 0)
    threads[#threads + 1] = thread
end

local function head(method, path, token, length)
    local lines = { method .. " " .. path .. " HTTP/1.1", "Host: 127.0.0.1", "Authorization: Bearer " .. token }
    if length then
        lines[#lines + 1] = "Content-Type: application/json"
        lines[#lines + 1] = "Content-Length: " .. length
    end
    return table.concat(lines, "\r\n") .. "\r\n\r\n"
end

local CHECK = '{"product":"punchout"}'
local CAPTURE = '{"capture_id":"%s%012x","product":"punchout","vendor_host":"www.galaxus.ch","line_count":3,'
    .. '"captured_at":"%s","outcome":"success"}'

function init()
    math.randomseed(os.time())
    fresh = 0
    local now = os.date("!%Y-%m-%dT%H:%M:%SZ")
    local length = #format(CAPTURE, prefix, 0, now)
    local capture_heads, check_requests, balance_requests, sent = {}, {}, {}, {}
    if kind ~= "get" then
        for token in io.lines(os.getenv("LOAD_TOKENS")) do
            local n = #capture_heads + 1
            capture_heads[n] = head("POST", "/v1/captures", token, length)
            check_requests[n] = head("POST", "/v1/credits/check", token, #CHECK) .. CHECK
            balance_requests[n] = head("GET", "/v1/credits/balance?product=punchout", token)
            if n == accounts then break end
        end
    end

    local function check() return check_requests[random(accounts)] end
    local function balance() return balance_requests[random(accounts)] end
    local function capture()
        if repeats > 0 and fresh > REMEMBERED and random() < repeats then
            return sent[(fresh - IN_FLIGHT - random(REMEMBERED - IN_FLIGHT)) % REMEMBERED]
        end
        fresh = fresh + 1
        local request = capture_heads[random(accounts)] .. format(CAPTURE, prefix, fresh, now)
        if repeats > 0 then sent[fresh % REMEMBERED] = request end
        return request
    end
    local function mixed()
        if random() < captures then return capture() end
        return check()
    end
    local get = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    local makers = {
        capture = capture, check = check, balance = balance, mixed = mixed,
        get = function() return get end,
    }
    request = makers[kind]
end

function request() end -- replaced in init

function done(summary, latency)
    local sent = 0
    for _, thread in ipairs(threads) do sent = sent + thread:get("fresh") end
    local errors = summary.errors
    io.write(format(
        '\n{"requests":%d,"microseconds":%d,"fresh":%d,"refused":%d,"broken":%d,'
            .. '"p50":%.0f,"p99":%.0f,"p999":%.0f}\n',
        summary.requests, summary.duration, sent, errors.status,
        errors.connect + errors.read + errors.write + errors.timeout,
        latency:percentile(50), latency:percentile(99), latency:percentile(99.9)))
end
