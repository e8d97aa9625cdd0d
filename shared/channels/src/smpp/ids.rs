//! A carrier's ids as its answers and its receipts write them, which is not always the same.

use serde::Deserialize;

/// Some carriers answer a submit with an id in one base and name it in receipts in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdForm {
    /// Both alike.
    #[default]
    Same,
    /// `2A` in the answer, `42` in the receipt.
    HexThenDecimal,
    /// `42` in the answer, `2A` in the receipt.
    DecimalThenHex,
}

impl IdForm {
    /// The id under which a text is kept.
    pub(super) fn of_answer(self, id: &str) -> String {
        match self {
            Self::Same => id.to_owned(),
            Self::HexThenDecimal => canonical(id, 16),
            Self::DecimalThenHex => canonical(id, 10),
        }
    }

    /// The same id, as a receipt writes it.
    pub(super) fn of_receipt(self, id: &str) -> String {
        match self {
            Self::Same => id.to_owned(),
            Self::HexThenDecimal => canonical(id, 10),
            Self::DecimalThenHex => canonical(id, 16),
        }
    }
}

/// A number without leading zeros; what is none stays as it is.
fn canonical(id: &str, base: u32) -> String {
    let digits = id.trim();
    let digits = match base {
        16 => digits.strip_prefix("0x").unwrap_or(digits),
        _ => digits,
    };
    u128::from_str_radix(digits, base).map_or_else(|_| id.to_owned(), |number| number.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_number_stays_as_it_is() {
        assert_eq!(IdForm::HexThenDecimal.of_answer("a-b"), "a-b");
        assert_eq!(IdForm::Same.of_receipt("007"), "007");
        assert_eq!(IdForm::DecimalThenHex.of_receipt("0X2A"), "0X2A");
    }

    proptest! {
        #[test]
        fn answer_and_receipt_meet_however_they_are_padded_and_cased(id in any::<u64>(), pad in 0_usize..6) {
            let zeros = "0".repeat(pad);
            let (hex, decimal) = (format!("{zeros}{id:X}"), format!("{zeros}{id}"));
            prop_assert_eq!(
                IdForm::HexThenDecimal.of_answer(&hex),
                IdForm::HexThenDecimal.of_receipt(&decimal)
            );
            prop_assert_eq!(
                IdForm::DecimalThenHex.of_answer(&decimal),
                IdForm::DecimalThenHex.of_receipt(&hex.to_lowercase())
            );
        }
    }
}
