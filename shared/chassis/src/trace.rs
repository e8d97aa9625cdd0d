//! W3C trace context: taken from HTTP requests and NATS headers, passed on to everything said meanwhile.

use std::future::Future;

/// A `traceparent` value, version 00.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traceparent {
    trace_id: u128,
    span_id: u64,
    flags: u8,
}

tokio::task_local! {
    static CURRENT: Traceparent;
}

impl Traceparent {
    /// The start of a new trace.
    pub fn root() -> Self {
        Self {
            trace_id: rand::random::<u128>().max(1),
            span_id: rand::random::<u64>().max(1),
            flags: 1,
        }
    }

    /// `00-<32 hex>-<16 hex>-<2 hex>`; anything else, or all zeros, is not a trace context.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('-');
        let (version, trace, span, flags) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if version.len() != 2
            || version == "ff"
            || trace.len() != 32
            || span.len() != 16
            || flags.len() != 2
        {
            return None;
        }
        let trace_id = u128::from_str_radix(trace, 16).ok()?;
        let span_id = u64::from_str_radix(span, 16).ok()?;
        let flags = u8::from_str_radix(flags, 16).ok()?;
        (trace_id != 0 && span_id != 0).then_some(Self {
            trace_id,
            span_id,
            flags,
        })
    }

    /// The next span of the same trace.
    #[must_use]
    pub fn child(&self) -> Self {
        Self {
            trace_id: self.trace_id,
            span_id: rand::random::<u64>().max(1),
            flags: self.flags,
        }
    }

    pub fn trace_id(&self) -> String {
        format!("{:032x}", self.trace_id)
    }
}

impl std::fmt::Display for Traceparent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "00-{:032x}-{:016x}-{:02x}",
            self.trace_id, self.span_id, self.flags
        )
    }
}

/// The context of the work under way, if it has one.
pub fn current() -> Option<Traceparent> {
    CURRENT.try_with(Clone::clone).ok()
}

/// Runs `work` in the very context of whoever handed it over, if they had one.
pub async fn carry<F: Future>(context: Option<Traceparent>, work: F) -> F::Output {
    match context {
        Some(context) => CURRENT.scope(context, work).await,
        None => work.await,
    }
}

/// Runs `work` as a child of `parent`, or as a new trace.
pub async fn scope<F: Future>(parent: Option<&str>, work: F) -> F::Output {
    let context = parent
        .and_then(Traceparent::parse)
        .map_or_else(Traceparent::root, |p| p.child());
    CURRENT.scope(context, work).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_round_trips_and_rubbish_is_refused() {
        let root = Traceparent::root();
        assert_eq!(Traceparent::parse(&root.to_string()), Some(root.clone()));
        assert_eq!(root.child().trace_id(), root.trace_id());
        for bad in [
            "",
            "00-0-0-0",
            "00-00000000000000000000000000000000-0000000000000000-00",
            "zz",
            "ff-1-1-1",
        ] {
            assert_eq!(Traceparent::parse(bad), None, "{bad}");
        }
    }

    #[tokio::test]
    async fn work_sees_the_trace_it_belongs_to() {
        let parent = Traceparent::root();
        let seen = scope(Some(&parent.to_string()), async { current() }).await;
        assert_eq!(seen.map(|c| c.trace_id()), Some(parent.trace_id()));
        assert_eq!(current(), None);
    }
}
