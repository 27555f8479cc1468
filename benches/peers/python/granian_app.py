"""An application for granian in the interface of its own, RSGI."""


async def app(scope, protocol):
    plain = [("content-type", "text/plain; charset=utf-8")]
    if scope.path == "/":
        protocol.response_str(200, plain, "Hello, world!")
    elif scope.path == "/json":
        json = [("content-type", "application/json")]
        protocol.response_str(200, json, '{"message":"Hello, world!"}')
    else:
        protocol.response_str(200, plain, str(int(scope.path.rpartition("/")[2])))
