"""Counts what schemathesis did: count.py EVENTS STORE prints a figure a line, as xtask reads them."""

import json
import sys
from collections import Counter

events, store = sys.argv[1:]
figures = Counter()
with open(events, encoding="utf-8") as lines:
    for line in lines:
        kind, event = next(iter(json.loads(line).items()))
        if kind != "ScenarioFinished":
            continue
        recorder = event["recorder"]
        for interaction in (recorder.get("interactions") or {}).values():
            figures[f"requests, {event['phase']}"] += 1
            status = (interaction.get("response") or {}).get("status_code")
            figures[f"answers, {str(status)[0]}xx" if status else "answers, none"] += 1
        for checks in (recorder.get("checks") or {}).values():
            for check in checks:
                figures[f"checks, {check['name']}"] += 1
                figures["findings"] += check["status"] != "success"
for name, count in sorted(figures.items()):
    print(f"figure\t{store}: {name}\t{count}")
