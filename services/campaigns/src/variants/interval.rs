//! Intervals of rates: Wilson's for one, Newcombe's (his method 10) for the difference of two.

/// A rate and the interval it lies in with some confidence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    pub rate: f64,
    pub low: f64,
    pub high: f64,
}

/// `hits` of `n`, at the normal quantile `z`. Without samples nothing is known.
pub fn wilson(hits: u64, n: u64, z: f64) -> Estimate {
    if n == 0 {
        return Estimate {
            rate: 0.0,
            low: 0.0,
            high: 1.0,
        };
    }
    let (hits, n) = (hits.min(n) as f64, n as f64);
    let rate = hits / n;
    let square = z * z;
    let middle = (rate + square / (2.0 * n)) / (1.0 + square / n);
    let half = z / (1.0 + square / n) * (rate * (1.0 - rate) / n + square / (4.0 * n * n)).sqrt();
    Estimate {
        rate,
        // Rounding must not put the rate outside of its own interval.
        low: (middle - half).max(0.0).min(rate),
        high: (middle + half).min(1.0).max(rate),
    }
}

/// `a` less `b`.
pub fn difference(a: Estimate, b: Estimate) -> Estimate {
    let rate = a.rate - b.rate;
    let below = ((a.rate - a.low).powi(2) + (b.high - b.rate).powi(2)).sqrt();
    let above = ((a.high - a.rate).powi(2) + (b.rate - b.low).powi(2)).sqrt();
    Estimate {
        rate,
        low: rate - below,
        high: rate + above,
    }
}

/// The quantile of the normal distribution that leaves `1 - confidence` outside, half on each side: 1.96 for 0.95.
/// Acklam's approximation, good to nine digits.
pub fn quantile(confidence: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969_683_028_665_376e1,
        2.209_460_984_245_205e2,
        -2.759_285_104_469_687e2,
        1.383_577_518_672_69e2,
        -3.066_479_806_614_716e1,
        2.506_628_277_459_239,
    ];
    const B: [f64; 5] = [
        -5.447_609_879_822_406e1,
        1.615_858_368_580_409e2,
        -1.556_989_798_598_866e2,
        6.680_131_188_771_972e1,
        -1.328_068_155_288_572e1,
    ];
    const C: [f64; 6] = [
        -7.784_894_002_430_293e-3,
        -3.223_964_580_411_365e-1,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 4] = [
        7.784_695_709_041_462e-3,
        3.224_671_290_700_398e-1,
        2.445_134_137_142_996,
        3.754_408_661_907_416,
    ];
    let horner = |terms: &[f64], at: f64| terms.iter().fold(0.0, |sum, term| sum * at + term);
    let upper = 0.5 + confidence.clamp(0.0, 0.999_999) / 2.0;
    if upper <= 1.0 - 0.024_25 {
        let q = upper - 0.5;
        let r = q * q;
        horner(&A, r) * q / (horner(&B, r) * r + 1.0)
    } else {
        let q = (-2.0 * (1.0 - upper).ln()).sqrt();
        -horner(&C, q) / (horner(&D, q) * q + 1.0)
    }
}
