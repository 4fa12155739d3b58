"""Receives the webhooks of the gateway, verifies them, and handles each message once.

    WEBHOOK_SECRET=whsec_… PORT=8080 python3 receive_webhooks.py

Needs only Python 3.9 or newer. WEBHOOK_SECRET is the secret of your endpoint.

`verify` below does what the library does. With the library (`pip install standardwebhooks`), two lines replace it:

    from standardwebhooks import Webhook
    message = Webhook(os.environ["WEBHOOK_SECRET"]).verify(body, dict(self.headers))
"""

import base64
import hashlib
import hmac
import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock

KEY = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_"))
TOLERANCE_SECONDS = 5 * 60
MAX_BODY_BYTES = 1_000_000

# The messages that you have handled. Keep them in your database: they must survive a restart.
seen_ids = set()
newest_versions = {}
lock = Lock()


def verify(body, headers):
    """Returns the message.

    Raises ValueError if the gateway did not send it, or if its timestamp is more than five minutes away from now.
    """
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        raise ValueError("The timestamp is too old or too new")
    # The signature covers the body byte for byte: verify it before you parse it.
    signed = f"{message_id}.{timestamp}.".encode() + body
    digest = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest())
    # While a secret is rotated, there are several signatures. One that matches is enough.
    for signature in headers.get("webhook-signature", "").split(" "):
        if hmac.compare_digest(signature.encode(), b"v1," + digest):
            return json.loads(body)
    raise ValueError("No signature matches")


def handle(message):
    data = message["data"]
    names = ("uploadId", "submissionId", "guestFileId", "campaignId", "dncListId")
    subject = next(data[name] for name in names if name in data)
    # Messages can arrive out of order. Of two messages about the same object, the one with the higher
    # `revision` or `version` is newer.
    version = data.get("revision", data.get("version"))
    if version is not None:
        if version <= newest_versions.get(subject, 0):
            return
        newest_versions[subject] = version
    print(message["type"], subject, data.get("state", ""), flush=True)


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        size = int(self.headers.get("Content-Length", 0))
        if size > MAX_BODY_BYTES:
            return self.answer(413)
        body = self.rfile.read(size)
        try:
            message = verify(body, self.headers)
        except ValueError:
            return self.answer(401)
        # If your answer was lost, the gateway sends the message again with the same id. Answer with 2xx, and do nothing.
        with lock:
            if self.headers["webhook-id"] not in seen_ids:
                handle(message)
                seen_ids.add(self.headers["webhook-id"])
        # Answer within 5 seconds, so put longer work into a queue. After 410, the gateway disables the
        # endpoint. After any other answer except 2xx, it sends the message again.
        self.answer(204)

    def answer(self, status):
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_):
        """Writes nothing, because the default writes a line for each request."""


server = ThreadingHTTPServer(("", int(os.environ.get("PORT", "8080"))), Receiver)
print(f"Listening on port {server.server_port}", flush=True)
server.serve_forever()
