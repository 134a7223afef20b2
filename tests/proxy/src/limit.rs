//! How often may be asked.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// The calls of one service that were answered within the last second.
#[derive(Debug, Default)]
pub(crate) struct Limit(VecDeque<Instant>);

impl Limit {
    /// Whether another call is answered at `now`: never more than `most` within any second.
    pub(crate) fn admits(&mut self, most: usize, now: Instant) -> bool {
        while self.0.front().is_some_and(|then| now.duration_since(*then) >= Duration::from_secs(1))
        {
            self.0.pop_front();
        }
        let admitted = self.0.len() < most;
        if admitted {
            self.0.push_back(now);
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_more_than_the_limit_within_any_second() {
        let begun = Instant::now();
        let at = |millis| begun + Duration::from_millis(millis);
        let mut limit = Limit::default();
        assert!(limit.admits(2, at(0)) && limit.admits(2, at(900)));
        assert!(!limit.admits(2, at(999)));
        assert!(limit.admits(2, at(1000)));
        assert!(!limit.admits(2, at(1001)), "900 is less than a second ago");
    }
}
