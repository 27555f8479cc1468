"""A real OpenID provider, Canaille, with one user and one client, in memory and on a free port."""

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
        "CANAILLE_OIDC": {"ACTIVE_JWKS": [key.as_dict(private=True)]},
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
    client = models.Client(
        client_id="squall",
        client_secret="client-secret",
        client_name="squall",
        # Of a site on this address, users are not asked for their consent.
        client_uri="http://127.0.0.1:1/",
        redirect_uris=["http://127.0.0.1:1/signed-in"],
        grant_types=["authorization_code"],
        response_types=["code"],
        token_endpoint_auth_method="client_secret_basic",
        scope=["openid", "profile", "email"],
    )
    Backend.instance.save(client)
    client.audience = [client]
    Backend.instance.save(client)

server = make_server("127.0.0.1", port, app, threaded=True, fd=listener.fileno())
print(f"ready: http://127.0.0.1:{port}", flush=True)
server.serve_forever()
