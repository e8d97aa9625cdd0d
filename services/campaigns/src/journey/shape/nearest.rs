//! The name that was probably meant.

/// The nearest of `known`, if it is near enough to be worth telling.
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let near = known
        .into_iter()
        .map(|name| (distance(&word.to_lowercase(), name), name))
        .min()?;
    (near.0 <= 1 + near.1.len() / 4).then_some(near.1)
}

/// Letters to change, add or take away, and neighbours to swap.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    rows[0] = (0..=b.len()).collect();
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (rows[i - 1][j] + 1)
                .min(rows[i][j - 1] + 1)
                .min(rows[i - 1][j - 1] + change);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_hand_is_seen_and_another_word_is_not() {
        let known = ["send", "wait", "await", "branch", "template"];
        assert_eq!(nearest("snd", known), Some("send"));
        assert_eq!(nearest("tempalte", known), Some("template"));
        assert_eq!(nearest("Wait", known), Some("wait"));
        assert_eq!(nearest("colour", known), None);
    }
}
