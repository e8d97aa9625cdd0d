//! Orders to a simulated carrier that runs as a process of its own: a line in, a JSON line out.

use contract::Phone;
use serde_json::{Value, json};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWrite, AsyncWriteExt};

use super::serve::Smsc;

impl Smsc {
    /// Reads `reply <from> <to> <text>`, `refuse` and `accept` (binds, from now on), `stats` and `stop`.
    /// True when told to stop, false when the input ended. What is no command is answered with an error and changes nothing.
    pub async fn serve_commands(
        &self,
        input: impl AsyncBufRead + Unpin,
        mut output: impl AsyncWrite + Unpin,
    ) -> std::io::Result<bool> {
        let mut lines = input.lines();
        while let Some(line) = lines.next_line().await? {
            if line.trim().is_empty() {
                continue;
            }
            let mut answer = self.obey(line.trim()).to_string();
            answer.push('\n');
            output.write_all(answer.as_bytes()).await?;
            output.flush().await?;
            if line.trim() == "stop" {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn obey(&self, line: &str) -> Value {
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("stats"), None, ..) => json!(self.stats()),
            (Some("stop"), None, ..) => json!({"ok": true}),
            (Some(word @ ("refuse" | "accept")), None, ..) => {
                self.change(|options| options.refuse_bind = word == "refuse");
                json!({"ok": true})
            }
            (Some("reply"), Some(from), Some(to), Some(text)) => match phone(from) {
                Some(from) => {
                    self.send_reply(from, to, text);
                    json!({"ok": true})
                }
                None => json!({"error": "from is no phone number"}),
            },
            _ => {
                json!({"error": "expected: reply <from> <to> <text> | refuse | accept | stats | stop"})
            }
        }
    }
}

fn phone(text: &str) -> Option<Phone> {
    Phone::from_digits(text.strip_prefix('+').unwrap_or(text).parse().ok()?)
}
