"""Reads ../law/*.toml and evaluates its hours; the service does the same in Rust, this is the second opinion."""

import csv
import datetime
import pathlib
import tomllib
import zoneinfo

DATA = pathlib.Path(__file__).parent.parent
DAY_KINDS = ("weekday", "saturday", "sunday")


def tables():
    """file name -> its parsed content."""
    paths = sorted((DATA / "law").glob("*.toml"))
    return {path.name: tomllib.loads(path.read_text(encoding="utf-8")) for path in paths}


def rows(kind):
    return [row for content in tables().values() for row in content.get(kind, [])]


def holiday_sets():
    found = {}
    with (DATA / "holidays.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["set"], set()).add(datetime.date.fromisoformat(row["date"]))
    return found


def window(text):
    """(first minute, minute after the last); `None` where nothing may be sent."""
    if text == "none":
        return None
    first, last = ((int(part[:2]) * 60 + int(part[3:])) for part in text.split("-"))
    if not 0 <= first < last <= 1440:
        raise ValueError(f"not a window: {text}")
    return first, last


def in_region(person, region):
    return person == region or person.startswith(region + "-")


def hours_in_force(regions, message_class, date, profile):
    """The rows that bind: the person's own, or those of `*` where they have none."""
    live = [
        row
        for row in rows("hours")
        if message_class in row["classes"]
        and row.get("profile", profile) == profile
        and row["effective_from"] <= date.isoformat() < row.get("effective_until", "9999")
    ]
    own = [row for row in live if any(in_region(person, row["region"]) for person in regions)]
    return own or [row for row in live if row["region"] == "*"]


def judge(regions, zones, utc, message_class, profile, holidays):
    """("OK" or the reason it is closed, ids of the rows that close it). A day without a window is NO_SEND_DAY
    where any row says so."""
    reasons = {}
    for zone in zones:
        local = utc.astimezone(zoneinfo.ZoneInfo(zone))
        date, minute = local.date(), local.hour * 60 + local.minute
        for row in hours_in_force(regions, message_class, date, profile):
            kind = {5: "saturday", 6: "sunday"}.get(date.weekday(), "weekday")
            if "holiday" in row and date in holidays[row["holidays"]]:
                kind = "holiday"
            span = window(row[kind])
            if span is None:
                reasons.setdefault("NO_SEND_DAY", []).append(row["id"])
            elif not span[0] <= minute < span[1]:
                reasons.setdefault(row["reason"], []).append(row["id"])
    for reason in ("NO_SEND_DAY", "QUIET_HOURS", "COURTESY_HOURS"):
        if reason in reasons:
            return reason, sorted(set(reasons[reason]))
    return "OK", []
