"""A real OpenID provider, Canaille, with one user and three clients, in memory and on a free port."""

import socket

from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

listener = socket.create_server(("127.0.0.1", 0))
port = listener.getsockname()[1]
key = RSAKey.generate_key(2048, parameters={"kid": "one", "alg": "RS256", "use": "sig"})
app = create_app(
    {
        "SECRET_KEY": "for these tests",
        "SERVER_NAME": f"127.0.0.1:{port}",
        "PREFERRED_URL_SCHEME": "http",
        "CANAILLE": {"DATABASE": "memory", "JAVASCRIPT": False, "HTMX": False},
        "CANAILLE_OIDC": {
            "ACTIVE_JWKS": [key.as_dict(private=True)],
            # Plain OAuth 2.0 has no nonce.
            "REQUIRE_NONCE": False,
        },
    }
)
with app.app_context():
    user = models.User(
        user_name="ada",
        password="a password",
        formatted_name="Ada Lovelace",
        family_name="Lovelace",
        emails=["ada@site.example"],
    )
    Backend.instance.save(user)
    # One for each kind of test: the in-memory store confuses several open codes of a client.
    for client_id, method in [
        ("squall-openid", "client_secret_basic"),
        ("squall-basic", "client_secret_basic"),
        ("squall-post", "client_secret_post"),
    ]:
        client = models.Client(
            client_id=client_id,
            client_secret="client-secret",
            client_name="squall",
            # The provider skips the consent page for sites on this address.
            client_uri="http://127.0.0.1:1/",
            redirect_uris=["http://127.0.0.1:1/signed-in"],
            grant_types=["authorization_code", "refresh_token"],
            response_types=["code"],
            token_endpoint_auth_method=method,
            scope=["openid", "profile", "email"],
        )
        Backend.instance.save(client)
        client.audience = [client]
        Backend.instance.save(client)

server = make_server("127.0.0.1", port, app, threaded=True, fd=listener.fileno())
print(f"ready: http://127.0.0.1:{port}", flush=True)
server.serve_forever()
