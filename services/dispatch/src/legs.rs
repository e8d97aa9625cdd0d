//! Which way the texts of a slot go: texts that share carrier and sender leave together, as a leg.

use std::sync::Arc;

use chassis::Failure;
use contract::chunk::Text;

use crate::hand_over::Chunk;
use crate::lanes::{Lane, LaneKey};

/// A carrier, and the sender that texts leave from.
#[derive(Debug)]
pub struct Way {
    /// Index of the link.
    pub link: usize,
    pub sender: String,
    pub lane: Arc<Lane>,
}

/// Texts that go the same way, in ascending order of position.
#[derive(Debug)]
pub struct Leg {
    pub way: Way,
    pub texts: Vec<Text>,
}

#[derive(Debug)]
pub struct Legs {
    pub legs: Vec<Leg>,
    /// Texts that no carrier takes.
    pub stranded: Vec<Text>,
}

/// The legs of a slot's texts.
pub async fn of(chunk: &Chunk<'_>, texts: Vec<Text>) -> Result<Legs, Failure> {
    let (app, head) = (chunk.app, chunk.head);
    let link = app.links.route(head.mode);
    let Some(link) = link.map(|link| app.links.moved(link, &app.traffic)) else {
        return Ok(Legs {
            legs: Vec::new(),
            stranded: texts,
        });
    };
    app.senders
        .learn(
            &app.cx.db,
            &app.cx.clock,
            &head.sender,
            head.mode,
            chunk.tenant,
        )
        .await?;
    let lane = app.lanes.lane(LaneKey {
        tenant: chunk.tenant,
        mode: head.mode,
        sender: head.sender.clone(),
    });
    let way = Way {
        link,
        sender: head.sender.clone(),
        lane,
    };
    Ok(Legs {
        legs: vec![Leg { way, texts }],
        stranded: Vec::new(),
    })
}
