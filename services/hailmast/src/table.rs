//! A plain two-column table for terminals.

/// Prints a titled table with the second column aligned to the right.
pub fn print(title: &str, rows: &[(String, String)]) {
    let left = rows
        .iter()
        .map(|(name, _)| name.chars().count())
        .max()
        .unwrap_or(0);
    let right = rows
        .iter()
        .map(|(_, value)| value.chars().count())
        .max()
        .unwrap_or(0);
    let width = left + right + 3;
    println!("\n{title}\n{}", "─".repeat(width));
    for (name, value) in rows {
        let gap = width - name.chars().count() - value.chars().count();
        println!("{name}{}{value}", " ".repeat(gap));
    }
    println!("{}", "─".repeat(width));
}

/// `12345` as `12,345`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
