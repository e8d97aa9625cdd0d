//! A trace goes from the request through the outbox to whoever hears of it.

use std::sync::Arc;

use chassis::trace::{self, Traceparent};
use contract::Envelope;
use testkit::Kit;

use crate::http::{Call, call};
use crate::probe::{self, Marked, Seen};

#[tokio::test]
async fn the_trace_of_a_request_reaches_the_consumer_of_what_it_said() {
    let kit = Kit::start(&[probe::SERVICE]).await;
    let seen = Seen::new();
    let handler = |seen: Arc<Seen<(u32, String, String)>>, mark: Envelope<Marked>| async move {
        let said_in = mark.trace.as_deref().and_then(Traceparent::parse);
        let handled_in = trace::current();
        let text = |context: Option<Traceparent>| {
            context.map_or_else(String::new, |context| context.trace_id())
        };
        seen.add((mark.body.number, text(said_in), text(handled_in)));
        Ok(())
    };
    let consuming = kit.cx("probe").consume("tracer", 4, seen.clone(), handler);
    consuming.await.unwrap();
    let traces: Vec<Traceparent> = (0..8).map(|_| Traceparent::root()).collect();
    let requests = traces.iter().enumerate().map(|(number, context)| {
        let body = format!("{{\"number\": {number}}}");
        let headers = format!("traceparent: {context}\r\n");
        let request = Call::post("/v1/marks", body).with(headers);
        let kit = &kit;
        async move { call(kit, request).await.status }
    });
    let statuses = futures::future::join_all(requests).await;
    assert_eq!(statuses, [201; 8]);
    for (number, said_in, handled_in) in seen.until(8).await {
        let expected = traces[number as usize].trace_id();
        assert_eq!((said_in, handled_in), (expected.clone(), expected));
    }
    kit.stop().await;
}
