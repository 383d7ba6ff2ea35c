"""A small OpenID provider on this machine: discovery, authorisation with a form, token with PKCE, and keys."""

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "whycam", "a client secret of the tests"


class Provider:
    """Answers for one person at a time; ``email`` and ``verified`` are what it vouches for."""

    def __init__(self):
        self.email, self.verified = "ann@example.org", True
        self.key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256", "kid": "of the tests"})
        self.codes = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def discovery(self):
        return {
            "issuer": self.address, "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token", "jwks_uri": f"{self.address}/keys",
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"], "code_challenge_methods_supported": ["S256"],
        }  # fmt: skip

    def token(self, form):
        """Return the answer to a code, which counts once and for whoever holds its verifier."""
        asked = self.codes.pop(form["code"][0])
        digest = hashlib.sha256(form["code_verifier"][0].encode()).digest()
        assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"][0]
        now = int(time.time())
        claims = {"iss": self.address, "sub": "1", "aud": CLIENT, "iat": now, "exp": now + 300,
                  "nonce": asked["nonce"][0], "email": self.email, "email_verified": self.verified}  # fmt: skip
        signed = jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)
        return {"access_token": secrets.token_urlsafe(), "token_type": "Bearer", "expires_in": 300, "id_token": signed}

    def secrets_file(self, app):
        """Return Streamlit's secrets for an app at an address."""
        return (f'[auth]\nredirect_uri = "{app}/oauth2callback"\ncookie_secret = "{secrets.token_hex(32)}"\n'
                f'client_id = "{CLIENT}"\nclient_secret = "{SECRET}"\n'
                f'server_metadata_url = "{self.address}/.well-known/openid-configuration"\n')  # fmt: skip


def _handler(provider):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
            if path == "/authorize":
                code = secrets.token_urlsafe()
                provider.codes[code] = query
                back = f"{query['redirect_uri'][0]}?{urlencode({'code': code, 'state': query['state'][0]})}"
                self._answer(f'<a href="{back}">I am {provider.email}</a>'.replace("&", "&amp;"), "text/html")
            elif path == "/keys":
                self._answer(json.dumps({"keys": [provider.key.as_dict(private=False)]}))
            else:
                self._answer(json.dumps(provider.discovery()))

        def do_POST(self):
            form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
            self._answer(json.dumps(provider.token(form)))

        def _answer(self, text, kind="application/json"):
            self.send_response(200)
            self.send_header("content-type", kind)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_):
            pass

    return Handler
