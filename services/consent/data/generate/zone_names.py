"""Names of time zones: one spelling for each, and which of them run on the same clock."""

import datetime
import pathlib
import zoneinfo

import tzdata

zoneinfo.reset_tzpath([])  # the pinned tzdata package, not whatever the machine has

_FILES = pathlib.Path(tzdata.__file__).parent / "zoneinfo"
_CLOCK_FROM = datetime.datetime(2026, 6, 1, tzinfo=datetime.timezone.utc)
_CLOCK_STEPS = 11 * 365 * 4  # every six hours, to the middle of 2037

# The service's own tz data (release 2025b) is older than these changes of autumn 2026: until it knows
# them, the zone with the new clock stands beside the old name, so the union of both is what is allowed.
STAND_INS = {
    "America/Vancouver": "America/Whitehorse",  # -07 all year
    "America/Edmonton": "America/Regina",  # -06 all year
    "America/Inuvik": "America/Regina",
    "America/Winnipeg": "America/Atikokan",  # -05 all year
    "America/Havana": "America/Puerto_Rico",  # -04 all year
    "Africa/Casablanca": "Africa/Abidjan",  # +00 all year
    "Africa/El_Aaiun": "Africa/Abidjan",
}


def _table(name):
    lines = (_FILES / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def zones_by_country():
    """ISO country -> its zones, from zone.tab."""
    found = {}
    for line in _table("zone.tab"):
        country, _, zone = line.split("\t")[:3]
        found.setdefault(country, []).append(zone)
    return found


_LISTED = {zone for zones in zones_by_country().values() for zone in zones}
_LINKS = {}
for _line in _table("tzdata.zi"):
    if _line.startswith("L "):
        _, _target, _name = _line.split()
        _LINKS[_name] = _target


def canonical(zone):
    """The present spelling: Asia/Calcutta is Asia/Kolkata. Names a country uses today stay as they are."""
    while zone not in _LISTED and zone in _LINKS:
        zone = _LINKS[zone]
    return zone


_clocks = {}


def clock(zone):
    """The offsets a zone will run on: equal for zones that never differ from now on."""
    if zone not in _clocks:
        info = zoneinfo.ZoneInfo(zone)
        _clocks[zone] = tuple(
            (_CLOCK_FROM + datetime.timedelta(hours=6 * step)).astimezone(info).utcoffset()
            for step in range(_CLOCK_STEPS)
        )
    return _clocks[zone]


def distinct(zones, preferred=()):
    """One zone for each clock among `zones`; a preferred name wins, else the first by alphabet."""
    kept = {}
    for zone in sorted(zones, key=lambda name: (name not in preferred, name)):
        kept.setdefault(clock(zone), zone)
    return sorted(kept.values())


def with_stand_ins(zones):
    """The zones and the stand-ins of those whose clock the service's tz data has wrong."""
    return sorted(set(zones) | {STAND_INS[zone] for zone in zones if zone in STAND_INS})
