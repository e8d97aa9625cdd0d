"""Makes ../area_codes.csv: regions by hand, zones from the telephone number time-zone map.

The map answers for prefixes of any length, and its answer for one number is often wrong (850-555 is
called Eastern). So an area code gets every zone any of its prefixes has, and an overlay gets those of
the code it was laid over.
"""

import pathlib

from phonenumbers.tzdata import TIMEZONE_DATA

from area_code_regions import OVERLAYS, REGIONS
from zone_names import canonical, clock, with_stand_ins

TARGET = pathlib.Path(__file__).parent.parent / "area_codes.csv"
# Test numbers of this project: no carrier hands them out.
TEST_ROW = ("500", "US", ["America/New_York"])
# Codes whose numbers live under different clocks; the map has had these for years.
SEVERAL_CLOCKS = (
    "208 219 250 270 308 418 423 541 574 605 606 620 701 709 775 785 807 812 850 867 879 906 907 928 986"
).split()


def union_of(code):
    found = set()
    for prefix, zones in TIMEZONE_DATA.items():
        if prefix.startswith("1" + code):
            found.update(canonical(zone) for zone in zones if zone != "Etc/Unknown")
    return found


def rows():
    parents = {code: parent for parent, codes in OVERLAYS.items() for code in codes.split()}
    yield TEST_ROW
    for region, codes in REGIONS.items():
        for code in codes.split():
            zones = union_of(parents.get(code, code))
            if not zones:
                raise SystemExit(f"{code}: no zone; name the code it was laid over")
            yield code, region, with_stand_ins(zones)


def main():
    several = {code for code in SEVERAL_CLOCKS if len({clock(zone) for zone in union_of(code)}) > 1}
    if missing := set(SEVERAL_CLOCKS) - several:
        raise SystemExit(f"the map lost zones of {sorted(missing)}")
    lines = [f"{code},{region},{'|'.join(zones)}" for code, region, zones in sorted(rows())]
    TARGET.write_text("\n".join(["area_code,region,zones", *lines]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
