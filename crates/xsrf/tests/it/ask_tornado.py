"""Answers questions with Tornado's own code: a JSON object a line in, a JSON value a line out."""

import json
import sys
from unittest import mock

from tornado.httputil import HTTPHeaders, HTTPServerRequest, parse_body_arguments
from tornado.web import Application, HTTPError, RequestHandler


def handler(question):
    request = HTTPServerRequest(
        question.get("method", "GET"),
        "/",
        headers=HTTPHeaders(question["headers"]),
        body=question.get("body", "").encode(),
        connection=mock.Mock(),
    )
    parse_body_arguments(
        request.headers.get("Content-Type", ""),
        request.body,
        request.body_arguments,
        request.files,
        request.headers,
    )
    request.arguments.update(request.body_arguments)
    return RequestHandler(Application(**question.get("settings", {})), request)


def token(question):
    asked = handler(question)
    asked.current_user = None
    return {
        "token": asked.xsrf_token.decode(),
        "html": asked.xsrf_form_html(),
        "set_cookie": [
            cookie.OutputString(None)
            for cookie in getattr(asked, "_new_cookie", {}).values()
        ],
    }


def check(question):
    try:
        handler(question).check_xsrf_cookie()
        return True
    except HTTPError as error:
        assert error.status_code == 403
        return False


# All is read before anything is written, so that neither side waits for the other.
for line in sys.stdin.readlines():
    question = json.loads(line)
    print(json.dumps(globals()[question["ask"]](question)))
