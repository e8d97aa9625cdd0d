//! The errors file of an import: one line per rejected row.

use crate::import_row::RowProblem;

/// First line of the file.
pub const HEADER: &str = "row,column,code,value,hint\n";

/// One line. Values that a spreadsheet would run as a formula get a leading apostrophe.
pub fn line(row: u64, problem: &RowProblem) -> String {
    let column = cell(&problem.column);
    let (code, value, hint) = (problem.code, cell(&problem.value), cell(&problem.hint));
    format!("{row},{column},{code},{value},{hint}\n")
}

fn cell(text: &str) -> String {
    let text = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_string()
    };
    if text.contains([',', ';', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_defused_and_quotes_doubled() {
        let problem = RowProblem {
            column: "na,me".into(),
            code: "phone.invalid",
            value: "=cmd(\"x\")".into(),
            hint: "fix".into(),
        };
        assert_eq!(
            line(7, &problem),
            "7,\"na,me\",phone.invalid,\"'=cmd(\"\"x\"\")\",fix\n"
        );
    }
}
