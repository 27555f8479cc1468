"""Tornado with its defaults. Run as `python tornado_app.py SCENE PORT`."""

import asyncio
import os
import sys

import tornado.locale
import tornado.log
import tornado.web

HERE = os.path.dirname(os.path.abspath(__file__))
SITE = os.path.join(HERE, "../../../crates/squall/examples/friendfeed")


class Hello(tornado.web.RequestHandler):
    def get(self):
        self.set_header("Content-Type", "text/plain; charset=UTF-8")
        self.write("Hello, world!")


class Json(tornado.web.RequestHandler):
    def get(self):
        # `write` would add a blank.
        self.set_header("Content-Type", "application/json")
        self.write('{"message":"Hello, world!"}')


class User(tornado.web.RequestHandler):
    def get(self, id):
        self.set_header("Content-Type", "text/plain; charset=UTF-8")
        self.write(str(int(id)))


class Home(tornado.web.RequestHandler):
    def get_current_user(self):
        user = self.get_signed_cookie("user")
        return user and user.decode()

    def get(self):
        self.render("home.html")


class SignIn(tornado.web.RequestHandler):
    def get(self):
        self.set_signed_cookie("user", "anna")


def application(scene):
    # The access log is off, as everywhere.
    settings = {"log_function": lambda handler: None}
    if scene == "app":
        routes = [(r"/", Hello), (r"/json", Json), (r"/users/(\d+)", User)]
        return tornado.web.Application(routes, **settings)
    tornado.locale.load_translations(os.path.join(SITE, "translations"))
    names = ["login", "logout", "me", "chat"]
    routes = [
        tornado.web.url(r"/", Home, name="home"),
        tornado.web.url(r"/sign-in", SignIn),
        tornado.web.url(r"/users/(\d+)", User, name="user"),
        tornado.web.url(r"/language/([^/]+)", Hello, name="language"),
        *(tornado.web.url("/" + name, Hello, name=name) for name in names),
    ]
    return tornado.web.Application(
        routes,
        template_path=os.path.join(HERE, "templates"),
        static_path=os.path.join(SITE, "static"),
        cookie_secret="6f4c2f8e1b5d4a7c9e0f3b6a8d2c5e7f1a4b7c0d3e6f9a2b5c8d1e4f7a0b3c6d",
        xsrf_cookies=True,
        **settings,
    )


async def main():
    scene, port = sys.argv[1:]
    application(scene).listen(int(port), "127.0.0.1")
    await asyncio.Event().wait()


asyncio.run(main())
