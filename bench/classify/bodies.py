"""Takes the JSON bodies out of exchanges: JSON Lines from standard input, a row for each body on
standard output, as the request of an exchange with nothing else in it. Every classifier that is
compared reads these rows."""

import json
import sys

BODIES_MAX = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000

count = 0
for line in sys.stdin:
    exchange = json.loads(line)
    for side in ("request", "response"):
        message = exchange.get(side) or {}
        headers = message.get("headers") or {}
        pairs = headers.items() if isinstance(headers, dict) else headers
        kinds = [value for name, value in pairs if name.lower() == "content-type"]
        body = message.get("body")
        if count == BODIES_MAX or not isinstance(body, str) or "json" not in "".join(map(str, kinds)):
            continue
        try:
            json.loads(body)
        except ValueError:
            continue
        count += 1
        row = {"headers": {"content-type": "application/json"}, "body": body}
        print(json.dumps({"request": row}, ensure_ascii=False))
