"""Sets the segment of a campaign, shows what the gateway found in it, and waits until the segment is applied
in Genesys or has failed.

    GATEWAY_KEY=… python3 segment.py demo-campaign segment.json

Needs only Python 3.9 or newer, and gateway.py in the same folder. If the program is stopped, run it again: no
second version is made. A refusal with the code segment-needs-confirm means that the campaign would dial nobody, or
that the change is large. If you want this, set `confirm` in the file to the `digest` of the refusal, and run the
program again.
"""

import sys
import time

from gateway import forget_key, read, send_file

campaign_id, file = sys.argv[1:]
path = f"/v1/campaigns/{campaign_id}/segment"
segment = send_file("PUT", path, file, "application/json")
version, analysis = segment["version"], segment["analysis"]
for finding in analysis["findings"]:
    print(f"{finding['severity']} {finding['code']}: {finding['detail']}")
if analysis["matches"]:
    print(f"selects {analysis['matches']['selected']} of {analysis['matches']['total']} contacts")

while segment["state"] not in ("applied", "failed"):
    time.sleep(1)
    segment = read(path)
forget_key(file)
print(f"version {segment['version']} is {segment['state']}")
# A newer version may have replaced yours in the meantime.
sys.exit(0 if segment["version"] == version and segment["state"] == "applied" else 1)
