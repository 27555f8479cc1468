"""Answers questions with Tornado's own code: a JSON object a line in, a JSON value a line out.

Bytes travel as text of which each character is a byte.
"""

import json
import sys
from unittest import mock

from tornado.httputil import HTTPHeaders, HTTPServerRequest
from tornado.web import Application, RequestHandler
from tornado.web import create_signed_value, decode_signed_value, get_signature_key_version


def secret_of(question):
    secret = question["secret"]
    if isinstance(secret, dict):
        return {int(version): text for version, text in secret.items()}
    return secret


def create(question):
    signed = create_signed_value(
        secret_of(question),
        question["name"],
        question["value"].encode("latin1"),
        version=question.get("version"),
        clock=lambda: question["now"],
        key_version=question.get("key_version"),
    )
    return signed.decode("latin1")


def decode(question):
    value = decode_signed_value(
        secret_of(question),
        question["name"],
        question["signed"],
        max_age_days=question.get("max_age_days", 31),
        clock=lambda: question["now"],
        min_version=question.get("min_version", 2),
    )
    return None if value is None else value.decode("latin1")


def key_version(question):
    return get_signature_key_version(question["signed"])


def handler(settings, headers):
    request = HTTPServerRequest(
        "GET", "/", headers=HTTPHeaders(headers), connection=mock.Mock()
    )
    return RequestHandler(Application(**settings), request)


def cookies(question):
    request = handler({}, {"Cookie": question["header"]}).request
    return {name: morsel.value for name, morsel in request.cookies.items()}


def set_signed_cookie(question):
    setter = handler({"cookie_secret": question["secret"]}, {})
    setter.set_signed_cookie(question["name"], question["value"])
    return setter._new_cookie[question["name"]].OutputString(None)


def get_signed_cookie(question):
    settings = {"cookie_secret": question["secret"]}
    getter = handler(settings, {"Cookie": question["header"]})
    value = getter.get_signed_cookie(question["name"])
    return None if value is None else value.decode("latin1")


# All is read before anything is written, so that neither side waits for the other.
for line in sys.stdin.readlines():
    question = json.loads(line)
    print(json.dumps(globals()[question["ask"]](question)))
