"""The code that the other programs of this folder share. Copy it beside them. Do not run it.

    GATEWAY_KEY   your key, required
    GATEWAY_URL   address of the gateway. Default: http://127.0.0.1:3000
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from http.client import HTTPException
from pathlib import Path

GATEWAY_URL = os.environ.get("GATEWAY_URL", "http://127.0.0.1:3000")
GATEWAY_KEY = os.environ["GATEWAY_KEY"]
MAX_ATTEMPTS = 10
TIMEOUT_SECONDS = 60

# The exceptions that mean a lost connection.
LOST = (OSError, HTTPException)


def call(method, path, headers=None, file=None):
    """Calls the gateway, and returns its answer, which you can read or iterate line by line.

    Tries again after a lost connection, 429, 5xx, or any refusal with Retry-After. Any other refusal ends the program,
    and so does the failure of the 10th attempt.
    """
    attempt = 0
    while True:
        attempt += 1
        body = open(file, "rb") if file else None
        request = urllib.request.Request(GATEWAY_URL + path, data=body, method=method)
        request.add_header("Authorization", f"Bearer {GATEWAY_KEY}")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        retry_after = None
        try:
            return urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS)
        except urllib.error.HTTPError as refusal:
            retry_after = refusal.headers.get("Retry-After", "")
            why = f"{refusal.code} {refusal.read().decode()}"
            temporary = refusal.code == 429 or refusal.code >= 500 or retry_after
        except LOST as error:
            why, temporary, retry_after = str(error), True, ""
        finally:
            if body:
                body.close()
        if not temporary or attempt == MAX_ATTEMPTS:
            raise SystemExit(f"{method} {path}: {why}")
        wait = int(retry_after) if retry_after.isdigit() else min(60, 2 ** (attempt - 1))
        print(f"{method} {path}: {why}. Attempt {attempt + 1} in {wait} s", file=sys.stderr)
        time.sleep(wait)


def read(path):
    with call("GET", path) as answer:
        return json.load(answer)


def key_file_of(file):
    return Path(f"{file}.idempotency-key")


def send_file(method, path, file, content_type):
    """Sends a file, and returns the answer as JSON.

    The Idempotency-Key is stored beside the file, so every attempt has the same key, even after a crash of this program.
    Nothing happens twice, even if an answer was lost. Call `forget_key(file)` when you have the result.
    """
    key_file = key_file_of(file)
    if not key_file.exists():
        key_file.write_text(str(uuid.uuid4()))
    headers = {
        "Idempotency-Key": key_file.read_text(),
        "Content-Type": content_type,
        "Content-Length": str(Path(file).stat().st_size),
    }
    with call(method, path, headers, file) as answer:
        return json.load(answer)


def forget_key(file):
    key_file_of(file).unlink(missing_ok=True)
