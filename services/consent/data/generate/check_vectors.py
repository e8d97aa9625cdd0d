"""Checks the hours of the law files against decision vectors: check_vectors.py FILE [-v].

Each vector names regions, zones, an instant, a class and what is expected under `us_by_state`. A vector
expected to be deferred for its hours must be; every other one must find the hours open, or is listed.
"""

import datetime
import json
import pathlib
import sys

from law_files import holiday_sets, judge

HOURS = {"QUIET_HOURS", "COURTESY_HOURS", "NO_SEND_DAY"}
CLASSES = {"opt_out_confirm": "opt_out_confirmation"}


def main():
    holidays = holiday_sets()
    failed = 0
    for vector in json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")):
        utc = datetime.datetime.fromisoformat(vector["utc"].replace("Z", "+00:00"))
        kind = CLASSES.get(vector["cls"], vector["cls"])
        reason, ids = judge(vector["regions"], vector["zones"], utc, kind, "us_by_state", holidays)
        effect, expected = vector["exp"]
        good = reason == (expected if expected in HOURS else "OK")
        failed += not good
        if not good or "-v" in sys.argv:
            print("ok  " if good else "BAD ", vector["id"], effect, expected, "->", reason, *ids)
    print(f"{failed} of the vectors fail")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
