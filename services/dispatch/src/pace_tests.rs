use super::*;
use proptest::prelude::*;

const SECOND: u64 = 1_000_000_000;

fn bucket(per_second: f64, burst: u32) -> Bucket {
    Bucket::new(Rate { per_second, burst })
}

/// Sends pieces as soon as they may leave, each late by the next of `late`; when and how much left.
fn drive(bucket: &mut Bucket, pieces: &[u32], late: &[u64], seconds: u64) -> Vec<(u64, u32)> {
    let (mut now, mut sent) = (0, Vec::new());
    for turn in 0.. {
        let segments = pieces[turn % pieces.len()];
        now = now.max(bucket.ready_at(segments)) + late[turn % late.len()];
        if now >= seconds * SECOND {
            break;
        }
        bucket.take(segments, now);
        sent.push((now, segments));
    }
    sent
}

/// The most segments in any window of a second.
fn most_in_a_second(sent: &[(u64, u32)]) -> u64 {
    let (mut first, mut held, mut most) = (0, 0, 0);
    for (at, segments) in sent {
        held += u64::from(*segments);
        while sent[first].0 + SECOND <= *at {
            held -= u64::from(sent[first].1);
            first += 1;
        }
        most = most.max(held);
    }
    most
}

#[test]
fn without_a_limit_nothing_waits() {
    let mut free = bucket(0.0, 0);
    free.take(10_000, 0);
    assert_eq!(free.ready_at(10_000), 0);
}

#[test]
fn a_burst_leaves_at_once_and_the_rest_at_the_rate() {
    let mut five = bucket(10.0, 5);
    let now = 60 * SECOND;
    let waits: Vec<u64> = (0..8)
        .map(|_| {
            let wait = five.ready_at(1).saturating_sub(now) / 1_000_000;
            five.take(1, now);
            wait
        })
        .collect();
    // Nine tenths of a segment have gathered besides the burst.
    assert_eq!(waits, [0, 0, 0, 0, 0, 10, 110, 210]);
}

#[test]
fn a_text_larger_than_the_burst_still_leaves_and_the_next_pays() {
    let mut one = bucket(1.0, 1);
    assert_eq!(one.ready_at(3), 0);
    one.take(3, 0);
    assert_eq!(one.ready_at(1), 3 * SECOND);
}

#[test]
fn ten_minutes_at_every_rate_are_within_a_percent_and_no_second_sees_more_than_rate_and_burst() {
    for (per_second, pieces) in [
        (1.0, &[1][..]),
        (10.0, &[1]),
        (100.0, &[1, 3, 2, 4]),
        (1000.0, &[64, 3, 1, 40]),
    ] {
        // As late as a busy machine wakes a sleeper.
        let late = [1_000_000, 7_000_000, 300_000, 4_000_000];
        let mut paced = bucket(per_second, 0);
        let sent = drive(&mut paced, pieces, &late, 600);
        let total: u64 = sent.iter().map(|(_, segments)| u64::from(*segments)).sum();
        let allowed = per_second * 600.0;
        #[expect(clippy::cast_precision_loss, reason = "small")]
        let share = total as f64 / allowed;
        assert!((0.99..=1.01).contains(&share), "{per_second}/s: {total}");
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "small"
        )]
        let most = per_second as u64 + u64::from(paced.rate().burst().max(4));
        assert!(most_in_a_second(&sent) <= most, "{per_second}/s");
    }
}

proptest! {
    /// However it is asked and however late, no second sees more than the rate and the burst or the largest piece.
    #[test]
    fn no_second_sees_more_than_its_allowance(
        rate in 1_u32..500, burst in 1_u32..64, pieces in prop::collection::vec(1_u32..8, 1..40),
        late in prop::collection::vec(0_u64..1_500_000_000, 1..40)
    ) {
        let mut paced = bucket(f64::from(rate), burst);
        let sent = drive(&mut paced, &pieces, &late, 60);
        let largest = pieces.iter().copied().max().unwrap_or(1);
        prop_assert!(most_in_a_second(&sent) <= u64::from(rate) + u64::from(burst.max(largest)));
    }
}
