//! Points at which the rungs' functions are tried: streams that are the same on every machine.

/// How many points each function is tried at.
pub(crate) const POINTS: usize = 10_000_000;

/// Random bits (SplitMix64).
pub(crate) fn random_bits(seed: u64) -> impl Iterator<Item = u64> {
    let mut state: u64 = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    std::iter::repeat_with(move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    })
}

/// Points spread evenly over an interval.
pub(crate) fn even(least: f64, most: f64, count: usize) -> impl Iterator<Item = f64> {
    #[expect(clippy::cast_precision_loss, reason = "53 bits")]
    let share = |bits: u64| (bits >> 11) as f64 / 9_007_199_254_740_992.0;
    random_bits(1)
        .take(count)
        .map(move |bits| least + (most - least) * share(bits))
}

/// Points of every binade alike between two positive numbers, of either sign where `negative` allows.
pub(crate) fn binades(
    least: f64,
    most: f64,
    negative: bool,
    count: usize,
) -> impl Iterator<Item = f64> {
    let (least, most) = (least.to_bits(), most.to_bits());
    random_bits(2).take(count).map(move |bits| {
        let magnitude = f64::from_bits(least + (bits >> 1) % (most - least + 1));
        if negative && bits & 1 == 1 {
            -magnitude
        } else {
            magnitude
        }
    })
}

/// Neighbours of numbers: where a function changes its formula, or is hard.
pub(crate) fn around(centres: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let near = |centre: f64| {
        (-50i64..=50).map(move |step| f64::from_bits(centre.to_bits().wrapping_add_signed(step)))
    };
    let centres = centres.into_iter().filter(|centre| *centre != 0.0);
    centres.flat_map(near).collect()
}
