"""Makes ../holidays.csv: public holidays by set, observed days included."""

import datetime
import pathlib
import warnings

import holidays
from dateutil.easter import easter

TARGET = pathlib.Path(__file__).parent.parent / "holidays.csv"
YEARS = range(2024, 2038)
COUNTRIES = (
    "FR DE GB IT ES NL BE IE PL SE AT CH PT DK NO FI NZ IN BR MX SG KR AE SA TR ZA JP"
).split()
AUSTRALIAN_STATES = "ACT NSW NT QLD SA TAS VIC WA".split()
DAY = datetime.timedelta(days=1)


def calendar(country, subdivision=None):
    """date -> name in English where the source has it."""
    entity = holidays.country_holidays(country, subdiv=subdivision)
    language = next((l for l in ("en_US", "en_GB") if l in entity.supported_languages), None)
    days = holidays.country_holidays(country, subdiv=subdivision, years=YEARS, language=language)
    return {day: name for day, name in days.items() if day.year in YEARS}


def added(state, year):
    """Days a state's own calling law counts though the holiday calendar does not (73 P.S. 2245; La. PSC)."""
    good_friday = easter(year) - 2 * DAY
    first = datetime.date(year, 11, 1)
    election = first + ((0 - first.weekday()) % 7 + 1) * DAY  # the Tuesday after the first Monday
    if state == "PA":
        return {good_friday: "Good Friday", datetime.date(year, 6, 14): "Flag Day", election: "Election Day"}
    if state == "LA":
        return {easter(year) - 47 * DAY: "Mardi Gras", good_friday: "Good Friday"}
    return {}


def sets():
    federal = calendar("US")
    yield "US", federal
    for state in holidays.US.subdivisions:
        if state == "UM":  # nobody lives there
            continue
        own = federal | calendar("US", state)
        for year in YEARS:
            own = added(state, year) | own
        yield f"US-{state}", own
    yield "CA", calendar("CA")
    for province in holidays.CA.subdivisions:
        yield f"CA-{province}", calendar("CA", province)
    # Nobody knows an Australian mobile's state, so a holiday in any of them counts for `AU`.
    anywhere = {}
    for state in AUSTRALIAN_STATES:
        own = calendar("AU", state)
        yield f"AU-{state}", own
        anywhere = own | anywhere
    yield "AU", anywhere
    for country in COUNTRIES:
        yield country, calendar(country)


def main():
    # Lunar days are told as estimates beyond the years a government has announced.
    warnings.filterwarnings("ignore", message="Requested Holidays are available only")
    lines = [
        f"{name},{day.isoformat()},{title.replace(',', '')}"
        for name, days in sets()
        for day, title in days.items()
    ]
    TARGET.write_text("\n".join(["set,date,name", *sorted(lines)]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
