"""Sends a file of do-not-call entries, and waits until Genesys has them. The gateway
suppresses the people of these entries as soon as it has answered the first call.

    GATEWAY_KEY=… python3 do_not_call.py demo-dnc entries.csv

Needs only Python 3.9 or newer, and gateway.py in the same folder. If the program is stopped, run it again:
nothing is sent twice.
"""

import sys
import time

from gateway import forget_key, read, send_file

list_id, file = sys.argv[1:]
submission = send_file("POST", f"/v1/dnc-lists/{list_id}/entries", file, "text/csv")
counts = submission["counts"]
# A quarantined entry suppresses too, but goes to Genesys only after its release.
print(f"{submission['id']}: {counts['accepted'] + counts['quarantined']} entries suppress")

path = f"/v1/dnc-submissions/{submission['id']}"
while not submission["state"].startswith("applied"):
    time.sleep(1)
    submission = read(path)
print(submission["state"], submission["counts"])

for entry in read(f"{path}/entries?outcome=rejected")["items"]:
    print(f"line {entry['line']}: {entry['code']}, {entry['reason']}")
forget_key(file)
