"""What each table of the law files must hold: checked before the service ever reads them."""

import datetime

from law_files import DAY_KINDS, tables, window

CLASSES = set(
    "marketing transactional opt_out_confirmation help_reply informational appointment service_alert "
    "emergency otp opt_in_confirmation conversation".split()
)
VALUES = {
    "reason": set(
        "QUIET_HOURS COURTESY_HOURS FREQUENCY_CAP_LAW NATIONAL_DNC STATE_DNC CAMPAIGN_NOT_REGISTERED "
        "TEMPLATE_NOT_REGISTERED".split()
    ),
    "profile": {"us_by_state", "us_strict"},
    "level": {"none", "implied", "soft", "express", "written"},
    "lifted_by": {"never", "soft", "express", "written"},
    "basis": {"purchase", "inquiry", "contract", "any"},
    "scope": {"topic"},
    "kind": {"campaign", "template"},
}
_ALWAYS = "id source verified"
_PLACED = f"{_ALWAYS} region effective_from"
# kind of table -> (keys it must have, keys it may have)
KEYS = {
    "hours": (
        f"{_PLACED} classes reason weekday saturday sunday",
        "profile holiday holidays effective_until note",
    ),
    "cap": (f"{_PLACED} classes reason count hours scope ebr_exempt", "profile effective_until note"),
    "consent": (f"{_PLACED} classes level", "note"),
    "expiry": (f"{_PLACED} basis months", "note"),
    "ebr": (f"{_PLACED} purchase_months inquiry_months", "note"),
    "dnc": (f"{_PLACED} list max_age_days lifted_by reason", "note"),
    "reassigned": (f"{_PLACED} max_age_days required", "note"),
    "registration": (f"{_PLACED} classes kind reason", "note"),
    "opt_out": (f"{_PLACED} business_days", "note"),
    "exemption": (f"{_PLACED} name", "per_day per_week max_chars per_event event_days note"),
    "switch": (f"{_ALWAYS} date", "note"),
}
BOOLS = {"verified", "ebr_exempt", "required"}
INTS = set(
    "count hours months purchase_months inquiry_months max_age_days business_days per_day per_week max_chars "
    "per_event event_days".split()
)


def faults(regions, sets):
    """Every fault as one line; `regions` and `sets` are the known regions and holiday sets."""
    seen = set()
    for name, content in tables().items():
        datetime.date.fromisoformat(content["version"])
        for kind, rows in content.items():
            if kind == "version":
                continue
            for row in rows:
                where = f"{name}: {row.get('id')}"
                if row.get("id") in seen:
                    yield f"{where}: stands twice"
                seen.add(row.get("id"))
                for fault in _row_faults(kind, row, regions, sets):
                    yield f"{where}: {fault}"


def _row_faults(kind, row, regions, sets):
    must, may = (set(keys.split()) for keys in KEYS[kind])
    if odd := (must - row.keys()) | (row.keys() - must - may):
        yield f"missing or unknown keys {sorted(odd)}"
    for key, value in row.items():
        wanted = bool if key in BOOLS else int if key in INTS else list if key == "classes" else str
        if type(value) is not wanted:
            yield f"{key} is no {wanted.__name__}"
        elif key in VALUES and value not in VALUES[key]:
            yield f"{key} is {value}"
    if unknown := set(row.get("classes", [])) - CLASSES:
        yield f"no such classes {sorted(unknown)}"
    if row.get("region", "*") not in regions | {"*"}:
        yield f"no such region {row['region']}"
    keys = [key for key in ("effective_from", "effective_until", "date") if key in row]
    dates = [datetime.date.fromisoformat(row[key]) for key in keys]
    if dates != sorted(set(dates)):
        yield "ends before it begins"
    if kind == "hours":
        for day in (*DAY_KINDS, "holiday"):
            if day in row:
                window(row[day])
        if ("holiday" in row) != ("holidays" in row) or row.get("holidays", "US") not in sets:
            yield "holiday hours and a known set belong together"
