//! The person is gone: the run ends, and what it knows of them goes.

use serde_json::{Map, Value};

use super::machine::Machine;
use super::state::End;

/// Why such a run has ended.
pub const GONE: &str = "the contact is gone";

impl Machine<'_> {
    /// Nothing that was due is made up for. What splits and limits count by stays: it names nobody.
    pub fn forget(&mut self) {
        self.run.clock = self.now;
        self.end(End::Stopped, GONE.to_string());
        self.withdraw_queued();
        let run = &mut self.run;
        run.event = Value::Null;
        run.appointment = Value::Object(Map::new());
        run.values.clear();
        run.contact.clear();
        run.reply = None;
        run.awaited.clear();
        run.called.clear();
        run.happened.clear();
        for text in &mut run.texts {
            text.told = None;
        }
        if let Some(goal) = &mut run.goal {
            goal.value = Value::Null;
        }
        // Reasons and notes may cite what somebody wrote.
        if let Some(end) = &mut run.end {
            end.why = GONE.to_string();
        }
        run.trail.retain(|note| note.what == GONE);
        if run.trail.is_empty() {
            self.note("", GONE);
        }
    }
}
