"""Uploads a file of contacts, follows the upload to its end, and saves the rejected rows beside the file.

    GATEWAY_KEY=… python3 upload.py demo-contacts contacts.csv

Needs only Python 3.9 or newer, and gateway.py in the same folder. If the program is stopped, run it again:
it continues with the same upload.
"""

import json
import shutil
import sys
import time

from gateway import LOST, call, forget_key, read, send_file


def events_of(answer):
    """The server-sent events of one connection, as dictionaries with `id`, `event` and `data`."""
    event = {}
    for line in answer:
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name:
            event[name] = value
        elif "data" in event:
            yield event
            event = {}


def follow(upload_id, show):
    """Follows an upload until its final state. If the connection ends earlier, reconnects and continues after the last event."""
    last_id = None
    while True:
        headers = {"Last-Event-ID": last_id} if last_id else {}
        try:
            with call("GET", f"/v1/uploads/{upload_id}/events", headers) as answer:
                if answer.status == 204:  # There are no events after those that you have seen.
                    return
                for event in events_of(answer):
                    last_id = event["id"]
                    if event["event"] == "end":
                        return
                    show(json.loads(event["data"]))
        except LOST as error:
            print(f"The stream was cut: {error}", file=sys.stderr)
        time.sleep(2)


def show(moment):
    # A held upload waits for something. `hold` says what that is, and whether you must act.
    hold = moment["hold"]["reason"] if moment["hold"] else ""
    counts = moment["counts"]
    print(f"{moment['state']} {hold} {counts['delivered']} of {counts['accepted']}")


list_id, file = sys.argv[1:]
upload_id = send_file("POST", f"/v1/contact-lists/{list_id}/uploads", file, "text/csv")["id"]
print(upload_id)
follow(upload_id, show)

upload = read(f"/v1/uploads/{upload_id}")
print(upload["state"], upload["counts"], upload["problem"] or "")
if upload["counts"]["rejected"] > 0:
    rows = call("GET", f"/v1/uploads/{upload_id}/rows?outcome=rejected", {"Accept": "text/csv"})
    with rows, open(f"{file}.rejected.csv", "wb") as rejected:
        shutil.copyfileobj(rows, rejected)
    print(f"Fix {file}.rejected.csv and upload it.")
forget_key(file)
sys.exit(0 if upload["state"].startswith("completed") else 1)
