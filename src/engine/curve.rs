//! A level over time in straight lines, and its integral. Pure: seconds in, seconds out.

use std::time::Duration;

use crate::plan::LoadProfile;

#[derive(Debug, Clone, Copy)]
struct Segment {
    /// When it begins, in seconds.
    begin: f64,
    /// Integral of all segments before it.
    before: f64,
    from: f64,
    to: f64,
    length: f64,
}

impl Segment {
    fn area(&self) -> f64 {
        (self.from + self.to) / 2.0 * self.length
    }

    fn level(&self, at: f64) -> f64 {
        self.from + (self.to - self.from) * ((at - self.begin) / self.length).clamp(0.0, 1.0)
    }
}

/// A profile made ready for questions.
#[derive(Debug, Clone, Default)]
pub(super) struct Curve {
    segments: Vec<Segment>,
}

impl Curve {
    pub(super) fn new(profile: &LoadProfile) -> Self {
        let (mut segments, mut begin, mut before, mut from) = (Vec::new(), 0.0, 0.0, profile.start);
        for &(to, length) in &profile.stages {
            let segment = Segment { begin, before, from, to, length: length.as_secs_f64() };
            // A stage without length is a jump: only its target counts.
            if segment.length > 0.0 {
                segments.push(segment);
            }
            begin += segment.length;
            before += segment.area();
            from = to;
        }
        Curve { segments }
    }

    /// The same level all the time.
    pub(super) fn flat(level: f64, length: Duration) -> Self {
        Curve::new(&LoadProfile { start: level, stages: vec![(level, length)] })
    }

    /// The first level above zero, in the order of the corners; 0 without any.
    pub(super) fn first_level(&self) -> f64 {
        self.segments.iter().flat_map(|s| [s.from, s.to]).find(|level| *level > 0.0).unwrap_or(0.0)
    }

    /// The largest level.
    pub(super) fn highest(&self) -> f64 {
        self.segments.iter().flat_map(|s| [s.from, s.to]).fold(0.0, f64::max)
    }

    /// The second at which the integral reaches `area`; `None` when it never does. `cursor` remembers the segment
    /// between calls with growing areas.
    pub(super) fn reached(&self, area: f64, cursor: &mut usize) -> Option<f64> {
        loop {
            let segment = self.segments.get(*cursor)?;
            let wanted = area - segment.before;
            if wanted > segment.area() {
                *cursor += 1;
                continue;
            }
            let slope = (segment.to - segment.from) / segment.length;
            // This form of the quadratic formula has no difference of two near numbers in it.
            let root = (segment.from * segment.from + 2.0 * slope * wanted).max(0.0).sqrt();
            let sum = segment.from + root;
            let offset = if sum > 0.0 { 2.0 * wanted / sum } else { 0.0 };
            return Some(segment.begin + offset.clamp(0.0, segment.length));
        }
    }

    /// The first second from `at` on with at least this level; `None` when there is none.
    pub(super) fn next_at_least(&self, level: f64, at: f64) -> Option<f64> {
        self.segments.iter().filter(|s| s.begin + s.length > at).find_map(|s| {
            let from = at.max(s.begin);
            if s.level(from) >= level {
                return Some(from);
            }
            (s.to >= level).then(|| s.begin + s.length * (level - s.from) / (s.to - s.from))
        })
    }

    /// The first second from `at` on with less than this level; `None` when there is none.
    pub(super) fn next_below(&self, level: f64, at: f64) -> Option<f64> {
        self.segments.iter().filter(|s| s.begin + s.length > at).find_map(|s| {
            let from = at.max(s.begin);
            if s.level(from) < level {
                return Some(from);
            }
            (s.to < level).then(|| s.begin + s.length * (level - s.from) / (s.to - s.from))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(start: f64, stages: &[(f64, u64)]) -> LoadProfile {
        LoadProfile { start, stages: stages.iter().map(|&(to, s)| (to, Duration::from_secs(s))).collect() }
    }

    #[test]
    fn a_ramp_reaches_its_area_by_the_square_root() {
        let curve = Curve::new(&profile(0.0, &[(100.0, 10)]));
        for share in [0.0, 0.1, 0.5, 1.0_f64] {
            let at = curve.reached(500.0 * share, &mut 0).unwrap();
            assert!((at - 10.0 * share.sqrt()).abs() < 1e-9, "{share}: {at}");
        }
        assert_eq!(curve.reached(500.1, &mut 0), None);
    }

    #[test]
    fn ramps_down_jumps_and_pauses() {
        let curve = Curve::new(&profile(10.0, &[(0.0, 2), (0.0, 3), (50.0, 0), (50.0, 1)]));
        assert_eq!(curve.reached(60.1, &mut 0), None);
        assert_eq!(curve.reached(60.0, &mut 0), Some(6.0));
        assert_eq!(curve.reached(35.0, &mut 0), Some(5.5));
        assert_eq!(curve.next_at_least(5.0, 0.0), Some(0.0));
        assert_eq!(curve.next_at_least(5.0, 1.5), Some(5.0));
        assert_eq!(curve.next_at_least(51.0, 0.0), None);
        assert_eq!(curve.next_below(5.0, 0.0), Some(1.0));
        assert_eq!(curve.next_below(5.0, 1.5), Some(1.5));
        assert_eq!(curve.next_below(5.0, 5.5), None);
        assert_eq!(curve.next_below(0.0, 0.0), None);
    }

    #[test]
    fn the_first_level_is_the_first_above_zero() {
        assert_eq!(Curve::new(&profile(0.0, &[(100.0, 10)])).first_level(), 100.0);
        assert_eq!(Curve::new(&profile(5.0, &[(100.0, 10)])).first_level(), 5.0);
        assert_eq!(Curve::default().first_level(), 0.0);
    }
}
