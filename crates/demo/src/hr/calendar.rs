//! Days, moments and public holidays.

use std::{borrow::Cow, fmt};

use jiff::{
    ToSpan,
    civil::{Date, Weekday},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// A calendar day, written `YYYY-MM-DD`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Day(Date);

impl Day {
    /// The day (UTC) of a second since the Unix epoch.
    pub(crate) fn of_second(second: i64) -> Self {
        let time = jiff::Timestamp::from_second(second).unwrap_or_default();
        Self(time.to_zoned(jiff::tz::TimeZone::UTC).date())
    }

    pub(crate) fn plus(self, days: i64) -> Self {
        Self(self.0.saturating_add(days.days()))
    }

    pub(crate) fn year(self) -> i16 {
        self.0.year()
    }

    /// The first day of its year.
    pub(crate) fn year_start(self) -> Self {
        Self(self.0.first_of_year())
    }

    /// The Monday of its week.
    pub(crate) fn monday(self) -> Self {
        self.plus(-i64::from(self.0.weekday().to_monday_zero_offset()))
    }

    /// Midnight (UTC) in seconds since the Unix epoch.
    pub(crate) fn start(self) -> i64 {
        self.0.to_zoned(jiff::tz::TimeZone::UTC).map(|time| time.timestamp().as_second()).unwrap_or(0)
    }

    /// Neither a weekend nor a public holiday.
    pub(crate) fn is_working(self) -> bool {
        !matches!(self.0.weekday(), Weekday::Saturday | Weekday::Sunday)
            && !holidays(self.year()).iter().any(|(day, _)| *day == self)
    }

    /// The working days from here to `end`, both included.
    pub(crate) fn working_days_to(self, end: Self) -> i64 {
        let mut count = 0;
        let mut day = self;
        while day <= end {
            count += i64::from(day.is_working());
            day = day.plus(1);
        }
        count
    }

    fn parse(text: &str) -> Option<Self> {
        // Only the short form: jiff also reads dates with a time.
        let plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let date: Date = plain.then(|| text.parse().ok())??;
        // Far away days are mistakes, and arithmetic with them would saturate.
        (1900..=2200).contains(&date.year()).then_some(Self(date))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom(format!("{text:?} is not a date like 2026-07-28")))
    }
}

impl JsonSchema for Day {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Day".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date" })
    }
}

/// A second, written in RFC 3339, UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Moment(pub(crate) i64);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&jiff::Timestamp::from_second(self.0).unwrap_or_default())
    }
}

impl JsonSchema for Moment {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Moment".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}

/// The public holidays of a year.
pub(crate) fn holidays(year: i16) -> Vec<(Day, &'static str)> {
    let fixed = [
        (1, 1, "New Year's Day"),
        (5, 1, "Labour Day"),
        (10, 3, "Day of Unity"),
        (12, 24, "Christmas Eve"),
        (12, 25, "Christmas Day"),
        (12, 26, "Boxing Day"),
        (12, 31, "New Year's Eve"),
    ];
    fixed.into_iter().filter_map(|(month, day, name)| Some((Day(Date::new(year, month, day).ok()?), name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    #[test]
    fn only_plain_dates_are_read() {
        for bad in [
            "",
            "2026-02-30",
            "2026-1-1",
            "20260101",
            "2026-01-01T00",
            "tomorrow",
            "0001-01-01",
            "9999-12-31",
            "-00126-01",
        ] {
            assert_eq!(Day::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn weekends_and_holidays_are_free() {
        // Monday to Sunday, with Labour Day on the Friday.
        assert_eq!(day("2026-04-27").working_days_to(day("2026-05-03")), 4);
        assert_eq!(day("2026-05-02").working_days_to(day("2026-05-01")), 0);
        assert_eq!(day("2026-04-30").monday(), day("2026-04-27"));
        assert_eq!(Day::of_second(day("2026-04-27").start() + 86_399), day("2026-04-27"));
    }
}
