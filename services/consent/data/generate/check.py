"""Checks every data file of the service; prints each fault and ends with 1 where there is any."""

import csv
import datetime
import sys
import zoneinfo

from area_codes import SEVERAL_CLOCKS
from area_code_regions import OVERLAYS
from holiday_days import YEARS
from law_files import DATA, holiday_sets
from law_shape import faults as law_faults
from zone_names import clock

US_STATES = set(
    "AK AL AR AZ CA CO CT DC DE FL GA HI IA ID IL IN KS KY LA MA MD ME MI MN MO MS MT NC ND NE NH NJ NM NV NY OH "
    "OK OR PA RI SC SD TN TX UT VA VT WA WI WV WY PR VI GU AS MP".split()
)
PROVINCES = set("AB BC MB NB NL NS NT NU ON PE QC SK YT".split())
NOT_A_PLACE = "800 888 877 866 855 844 833 822 700 710 900 521 522 533 544 566 577 588 600 622".split()
ZIPS = {
    "32501": ("US-FL", "America/Chicago"),
    "46360": ("US-IN", "America/Chicago"),
    "37402": ("US-TN", "America/New_York"),
    "00926": ("US-PR", "America/Puerto_Rico"),
    "06390": ("US-NY", "America/New_York"),
    "86515": ("US-AZ", "America/Denver"),
}
ZIPS_MOST_BYTES = 200_000
KNOWN_ZONES = zoneinfo.available_timezones()


def table(name):
    with (DATA / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def several(text):
    return text.split("|")


def zone_faults(name, rows):
    for row in rows:
        zones = several(row["zones"])
        if unknown := [zone for zone in zones if zone not in KNOWN_ZONES]:
            yield f"{name}: no such zones {unknown}"
        if len(set(zones)) != len(zones):
            yield f"{name}: a zone stands twice: {row}"


def area_code_faults(rows):
    codes = {row["area_code"]: row for row in rows}
    if len(codes) != len(rows):
        yield "area_codes.csv: a code stands twice"
    covered = {region for row in rows for region in several(row["region"])}
    wanted = {f"US-{state}" for state in US_STATES} | {f"CA-{province}" for province in PROVINCES}
    if missing := wanted - covered:
        yield f"area_codes.csv: no code for {sorted(missing)}"
    if wrong := [code for code in NOT_A_PLACE if code in codes]:
        yield f"area_codes.csv: belong to no place: {wrong}"
    for code in SEVERAL_CLOCKS:
        if len({clock(zone) for zone in several(codes[code]["zones"])}) < 2:
            yield f"area_codes.csv: {code} lost its second clock"
    for parent, overlays in OVERLAYS.items():
        for code in overlays.split():
            if codes[code]["zones"] != codes[parent]["zones"]:
                yield f"area_codes.csv: {code} has not the zones of {parent}"


def country_faults(rows):
    codes = [row["calling_code"] for row in rows]
    if len(set(codes)) != len(codes) or "1" in codes:
        yield "country_codes.csv: a code stands twice, or 1 stands at all"
    if not all(code.isdigit() and len(code) <= 3 for code in codes):
        yield "country_codes.csv: a code is no number of one to three digits"


def zip_faults(rows):
    before = -1
    for row in rows:
        first, last = int(row["from"]), int(row["to"])
        if not before < first <= last or not len(row["from"]) == len(row["to"]) == 5:
            yield f"zips.csv: out of order or overlapping: {row}"
        before = last
    if missing := {f"US-{state}" for state in US_STATES} - {row["region"] for row in rows}:
        yield f"zips.csv: nothing for {sorted(missing)}"
    for zip_code, expected in ZIPS.items():
        found = [(row["region"], row["zones"]) for row in rows if row["from"] <= zip_code <= row["to"]]
        if found != [expected]:
            yield f"zips.csv: {zip_code} is {found}"
    if (size := (DATA / "zips.csv").stat().st_size) > ZIPS_MOST_BYTES:
        yield f"zips.csv: {size} bytes"


def holiday_faults(rows):
    keys = [(row["set"], row["date"]) for row in rows]
    if keys != sorted(set(keys)):
        yield "holidays.csv: not sorted by set and date, or a day stands twice"
    for name, days in holiday_sets().items():
        if missing := set(YEARS) - {day.year for day in days}:
            yield f"holidays.csv: {name} has no day in {sorted(missing)}"
    sets = holiday_sets()
    states = [days for name, days in sets.items() if name.startswith("AU-")]
    if sets["AU"] != set().union(*states):
        yield "holidays.csv: AU is not the union of its states"
    for name, day in [("US-PA", "2026-04-03"), ("US-PA", "2026-06-14"), ("US-PA", "2026-11-03"),
                      ("US-LA", "2026-02-17"), ("US-LA", "2026-04-03"), ("FR", "2026-11-11")]:  # fmt: skip
        if datetime.date.fromisoformat(day) not in sets[name]:
            yield f"holidays.csv: {day} is missing in {name}"


def main():
    areas, countries, zips = table("area_codes.csv"), table("country_codes.csv"), table("zips.csv")
    regions = {region for row in (*areas, *countries, *zips) for region in several(row["region"])}
    faults = [
        *zone_faults("area_codes.csv", areas),
        *zone_faults("country_codes.csv", countries),
        *zone_faults("zips.csv", zips),
        *area_code_faults(areas),
        *country_faults(countries),
        *zip_faults(zips),
        *holiday_faults(table("holidays.csv")),
        *law_faults(regions | {"US", "CA"}, set(holiday_sets())),
    ]
    for fault in faults:
        print(fault)
    print(f"{len(areas)} area codes, {len(countries)} calling codes, {len(zips)} ZIP ranges, {len(faults)} faults")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
