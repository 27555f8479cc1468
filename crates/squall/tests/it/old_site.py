"""The old half of a site that moves: Tornado below /old, with the settings of the new half."""

import asyncio
import sys

import tornado.netutil
import tornado.httpserver
import tornado.web

FORM = '<form method="post" action="{}">{}<input name="name" value="Grace"><button>Go</button></form>'


class Handler(tornado.web.RequestHandler):
    def get_current_user(self):
        user = self.get_signed_cookie("user")
        return user and user.decode()


class Me(Handler):
    @tornado.web.authenticated
    def get(self):
        self.write(f"<h1>old {tornado.escape.xhtml_escape(self.current_user)}</h1>")
        # A form of this half that the new half takes.
        self.write(FORM.format("/logout", self.xsrf_form_html()))


class Login(Handler):
    def get(self):
        self.write(FORM.format("/old/login", self.xsrf_form_html()))

    def post(self):
        self.set_signed_cookie("user", self.get_argument("name"))
        self.redirect("/old/me")


async def main(secret):
    application = tornado.web.Application(
        [("/old/me", Me), ("/old/login", Login)],
        cookie_secret=secret,
        login_url="/old/login",
        xsrf_cookies=True,
    )
    sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
    tornado.httpserver.HTTPServer(application, xheaders=True).add_sockets(sockets)
    print("listening on", sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main(sys.argv[1]))
