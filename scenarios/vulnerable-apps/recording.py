"""A client that records each exchange as a line of an exchange file."""

import base64
import collections
import datetime
import http.client
import json
import time

# What `drive` prints of a step: its id, what is done, the class that is expected (`-`: none can be
# told from one exchange), the request, and a proof that it worked.
Step = collections.namedtuple("Step", "id what expected method target headers body proof")

BROWSER = {
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0",
    "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "accept-language": "en-US,en;q=0.5",
    "connection": "keep-alive",
}
BODY_BYTES_MAX = 1 << 20


def body_of(data):
    if data is None:
        return {}
    try:
        return {"body": data.decode()}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(data).decode()}


class Recorder:
    def __init__(self, name, port, out):
        self.name, self.port, self.out, self.count = name, port, out, 0
        self.host = f"{name}.example"

    def step(self, what, expected, method, target, headers=None, body=None, proof=lambda status, text: status == 200):
        self.count += 1
        return Step(f"{self.name}/attack/{self.count}", what, expected, method, target, headers, body, proof)

    def use(self, method, target, headers=None, body=None):
        """Ordinary use; answers the status and the text."""
        self.count += 1
        return self.ask(f"{self.name}/ordinary/{self.count}", method, target, headers, body)

    def attack(self, step):
        status, text = self.ask(step.id, step.method, step.target, step.headers, step.body)
        return step.proof(status, text)

    def ask(self, identity, method, target, headers=None, body=None):
        headers = {"host": self.host, **BROWSER, **(headers or {})}
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            headers["content-type"] = "application/json"
        data = body.encode() if isinstance(body, str) else body
        began, at = time.monotonic(), datetime.datetime.now(datetime.timezone.utc)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, target, body=data, headers=headers)
        answer = connection.getresponse()
        answered = answer.read(BODY_BYTES_MAX)
        connection.close()
        line = {
            "id": identity,
            "at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "caller": {"ip": "203.0.113.9"},
            "request": {"method": method, "url": f"http://{self.host}{target}", "headers": headers, **body_of(data)},
            "response": {
                "status": answer.status,
                "headers": [[name.lower(), value] for name, value in answer.getheaders()],
                "latency_ms": round((time.monotonic() - began) * 1000, 3),
                **body_of(answered),
            },
        }
        self.out.write(json.dumps(line) + "\n")
        self.out.flush()
        return answer.status, answered.decode(errors="replace")
