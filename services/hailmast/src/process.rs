//! CPU time and memory of processes, read from /proc.

use serde::Serialize;

/// What a process has used so far.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Usage {
    pub cpu_seconds: f64,
    pub peak_rss_mib: f64,
}

/// Linux reports CPU time in hundredths of a second.
const TICKS_PER_SECOND: f64 = 100.0;

impl Usage {
    /// Of the process itself (`None`) or of another one; zero where /proc does not tell.
    pub fn of(pid: Option<u32>) -> Self {
        let pid = pid.map_or_else(|| "self".to_string(), |pid| pid.to_string());
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // The command stands in parentheses and may hold blanks: fields count from behind it.
        let fields: Vec<&str> = stat
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .split_whitespace()
            .collect();
        let ticks = |index: usize| {
            fields
                .get(index)
                .and_then(|text| text.parse::<f64>().ok())
                .unwrap_or(0.0)
        };
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let peak = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .unwrap_or_default();
        let kib = peak
            .split_whitespace()
            .next()
            .and_then(|text| text.parse::<f64>().ok())
            .unwrap_or(0.0);
        Self {
            cpu_seconds: (ticks(11) + ticks(12)) / TICKS_PER_SECOND,
            peak_rss_mib: kib / 1024.0,
        }
    }

    /// CPU seconds since an earlier look.
    pub fn cpu_since(self, earlier: Self) -> f64 {
        self.cpu_seconds - earlier.cpu_seconds
    }
}

/// CPU seconds of the calling thread, in nanosecond steps: what holds on a busy machine.
pub fn thread_cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = stat
        .split_whitespace()
        .next()
        .and_then(|text| text.parse::<f64>().ok());
    nanos.unwrap_or(0.0) / 1e9
}
