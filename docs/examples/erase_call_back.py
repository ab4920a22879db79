#!/usr/bin/env python3
"""A store of conversations that erases when it is told to. docs/ERASURE-CALLBACKS.md; Python 3.9 or newer.

usage: erase_call_back.py NAME SECRET_FILE [PORT]
"""

import hashlib
import hmac
import http.server
import json
import re
import sys
import time
from datetime import datetime, timezone

TOLERANCE = 300  # seconds
LIMIT = 64 * 1024  # bytes

# (tenant, person) -> what is kept of them. In memory: a real store has a database, and one transaction for both.
conversations = {
    ("11111111-1111-4111-8111-111111111111", "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"): ["a chat", "another"],
    ("11111111-1111-4111-8111-111111111111", "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb"): ["a colleague's"],
    ("22222222-2222-4222-8222-222222222222", "cccccccc-cccc-4ccc-8ccc-cccccccccccc"): ["somebody else's"],
}
receipts = {}  # idempotency key -> the receipt given


def code(secret, seconds, key, body):
    return hmac.new(secret, f"{seconds}.{key}.".encode() + body, hashlib.sha256).hexdigest()


def is_signed(secret, values, key, body):
    match = re.fullmatch(r"t=(0|[1-9][0-9]{0,11}),v1=([0-9a-f]{64})", values[0]) if len(values) == 1 else None
    if not match or not key or "." in key:
        return False
    if not hmac.compare_digest(match[2], code(secret, match[1], key, body)):
        return False
    return abs(time.time() - int(match[1])) <= TOLERANCE


def erase(name, request):
    if request["action"] != "erase":
        raise ValueError("nothing else is done here")
    person = request.get("object_id")  # absent: the whole tenant
    gone = [k for k in conversations if k[0] == request["tenant_id"] and person in (None, k[1])]
    erased = sum(len(conversations.pop(k)) for k in gone)
    at = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return json.dumps({"request": request["request"], "store": name, "erased": erased, "at": at}).encode()


class Handler(http.server.BaseHTTPRequestHandler):
    timeout = 10

    def do_POST(self):
        length = self.headers.get("Content-Length", "")
        if not re.fullmatch(r"[0-9]{1,5}", length) or int(length) > LIMIT:
            return self.send_error(413)
        body = self.rfile.read(int(length))
        key = self.headers.get("Idempotency-Key", "")
        if not is_signed(secret, self.headers.get_all("Zentriq-Signature", []), key, body):
            return self.send_error(401)
        if key not in receipts:
            try:
                receipts[key] = erase(name, json.loads(body))
            except (ValueError, KeyError, TypeError):
                return self.send_error(400)
        now = int(time.time())
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(receipts[key])))
        self.send_header("Zentriq-Signature", f"t={now},v1={code(secret, now, key, receipts[key])}")
        self.end_headers()
        self.wfile.write(receipts[key])

    def log_message(self, *arguments):
        pass  # What is asked names a person.


if len(sys.argv) not in (3, 4):
    sys.exit(__doc__)
name = sys.argv[1]
secret = open(sys.argv[2], "rb").read().removesuffix(b"\n")
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[3]) if len(sys.argv) == 4 else 0), Handler)
print(f"http://127.0.0.1:{server.server_port}/erase", flush=True)
server.serve_forever()
