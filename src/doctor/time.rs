//! Moments, in whole seconds: as file systems, systemd, Docker and JSON tell them.

use std::time::{SystemTime, UNIX_EPOCH};

/// A moment, in seconds since 1970, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub i64);

impl From<SystemTime> for Moment {
    fn from(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH);
        Self(since.map_or(0, |since| {
            i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
        }))
    }
}

impl Moment {
    /// This moment.
    #[must_use]
    pub fn now() -> Self {
        SystemTime::now().into()
    }

    /// How many whole days it was before another one.
    #[must_use]
    pub fn days_before(self, later: Self) -> i64 {
        (later.0 - self.0).div_euclid(86_400)
    }

    /// Reads a moment in the form of RFC 3339, such as `2026-05-01T12:00:00.123Z`; fractions of a second are dropped.
    #[must_use]
    pub fn of_rfc3339(text: &str) -> Option<Self> {
        let text = text.trim();
        let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
        let sign = |at: usize, sign: u8| text.as_bytes().get(at) == Some(&sign);
        let signs = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
        if !signs.into_iter().all(|(at, it)| sign(at, it)) {
            return None;
        }
        let day = days(number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let clock = (number(11, 13)? * 60 + number(14, 16)?) * 60 + number(17, 19)?;
        let rest = text
            .get(19..)?
            .trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
        let ahead = match rest.split_at_checked(1)? {
            ("Z", "") => 0,
            (sign @ ("+" | "-"), zone) => {
                let (hours, minutes) = zone.split_once(':')?;
                let ahead = hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?;
                if sign == "-" { -ahead } else { ahead }
            }
            _ => return None,
        };
        Some(Self(day * 86_400 + clock - ahead * 60))
    }

    /// Reads a moment of UTC in the form of C's `asctime`, such as `Fri May  1 12:00:00 2026`.
    #[must_use]
    pub fn of_ctime(text: &str) -> Option<Self> {
        const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
        let words = text.split_whitespace().collect::<Vec<_>>();
        let [_, name, day, clock, year] = words[..] else {
            return None;
        };
        let month = MONTHS.find(name).filter(|_| name.len() == 3)? / 3 + 1;
        let day = day.parse::<u8>().ok()?;
        Self::of_rfc3339(&format!("{year}-{month:02}-{day:02}T{clock}Z"))
    }
}

/// The days from 1970 to a date of the proleptic Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March, so that a leap day is a year's last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::Moment;

    #[test]
    fn a_moment_is_read_in_every_zone() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-02-29T00:00:00Z", Some(951_782_400)),
            ("2026-05-01T15:40:35.123456789Z", Some(1_777_650_035)),
            ("2026-05-01T17:40:35+02:00", Some(1_777_650_035)),
            ("2026-05-01T10:10:35.5-05:30", Some(1_777_650_035)),
            ("2026-12-31T23:59:59Z\n", Some(1_798_761_599)),
            ("2026-05-01", None),
            ("2026-05-01 15:40:35Z", None),
            ("2026-05-01T15:40:35", None),
            ("", None),
        ] {
            assert_eq!(Moment::of_rfc3339(text), expected.map(Moment), "{text}");
        }
    }

    #[test]
    fn a_moment_is_read_as_c_writes_it() {
        for (text, expected) in [
            ("Thu Jan  1 00:00:20 1970", Some(20)),
            ("Fri May  1 15:40:35 2026\n", Some(1_777_650_035)),
            ("Thu Dec 31 23:59:59 2026", Some(1_798_761_599)),
            ("Thu May 2026", None),
            ("Thu Mai  1 00:00:20 1970", None),
        ] {
            assert_eq!(Moment::of_ctime(text), expected.map(Moment), "{text}");
        }
    }

    #[test]
    fn days_between_are_whole() {
        let day = 86_400;
        assert_eq!(Moment(0).days_before(Moment(day - 1)), 0);
        assert_eq!(Moment(0).days_before(Moment(3 * day)), 3);
    }
}
