"""Makes ../country_codes.csv: every calling code of a country but 1, with all zones people live in."""

import pathlib

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from zone_names import distinct, with_stand_ins, zones_by_country

TARGET = pathlib.Path(__file__).parent.parent / "country_codes.csv"

# Where the plan's regions are not what the law asks for: the Channel Islands and Man answer to 44 like
# the rest, the Australian Indian Ocean islands (2,500 people) would hide the mainland's own zones, and
# two prefixes of 7 are Kazakhstan.
REGIONS = {"7": ["RU"], "76": ["KZ"], "77": ["KZ"], "44": ["GB"], "61": ["AU"]}
# Zones of zone.tab that nobody lives in, or whose people keep another official time.
LEFT_OUT = set(
    "Antarctica/Macquarie America/Danmarkshavn Asia/Urumqi Europe/Simferopol America/Coyhaique".split()
)
# Places zone.tab has no row for.
ZONES = {"XK": ["Europe/Belgrade"], "AC": ["Atlantic/St_Helena"], "TA": ["Atlantic/St_Helena"]}
# The name to keep where several zones run on one clock.
PREFERRED = set(
    "Europe/Moscow Europe/Samara Asia/Yekaterinburg Asia/Omsk Asia/Krasnoyarsk Asia/Irkutsk Asia/Yakutsk "
    "Asia/Vladivostok Asia/Magadan Asia/Kamchatka Asia/Almaty Australia/Sydney Australia/Adelaide "
    "Australia/Brisbane America/Sao_Paulo America/Manaus America/Rio_Branco America/Mexico_City America/Mazatlan "
    "America/Argentina/Buenos_Aires Asia/Jakarta Asia/Kuala_Lumpur Asia/Nicosia Europe/Madrid "
    "Europe/Lisbon Europe/Rome Europe/Oslo Europe/Helsinki Europe/Berlin America/Guadeloupe "
    "Africa/Casablanca Pacific/Chuuk Pacific/Pohnpei Pacific/Majuro America/Curacao Asia/Gaza".split()
)


def main():
    listed = zones_by_country()
    codes = {
        str(code): list(regions)
        for code, regions in COUNTRY_CODE_TO_REGION_CODE.items()
        if code != 1 and "001" not in regions  # 001: satellite, toll-free, shared cost
    } | REGIONS
    lines = []
    for code, regions in sorted(codes.items(), key=lambda item: int(item[0])):
        zones = {zone for region in regions for zone in ZONES.get(region) or listed[region]}
        kept = with_stand_ins(distinct(zones - LEFT_OUT, PREFERRED))
        lines.append(f"{code},{'|'.join(regions)},{'|'.join(kept)}")
    TARGET.write_text("\n".join(["calling_code,region,zones", *lines]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
