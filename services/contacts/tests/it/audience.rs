use std::collections::HashSet;

use contract::contacts::{AudienceGap, PageAudience};
use contract::{AudiencePart, ContactId, ListId, SegmentId};
use testkit::Kit;

use crate::upload::{import, people};

async fn all(kit: &Kit, include: &[AudiencePart], exclude: &[AudiencePart]) -> Vec<ContactId> {
    let mut seen = Vec::new();
    loop {
        let ask = PageAudience {
            include: include.to_vec(),
            exclude: exclude.to_vec(),
            after: seen.last().copied(),
            limit: 7,
        };
        let page = kit.bus.ask(kit.tenant, &ask).await.unwrap();
        seen.extend(page.contacts);
        if page.done {
            return seen;
        }
    }
}

async fn list(kit: &Kit, name: &str, first: u64, count: u64) -> AudiencePart {
    let job = import(
        kit,
        &format!("list_name={name}"),
        people(first, count).as_bytes(),
    )
    .await;
    job["list"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn paging_an_audience_sees_each_person_once_in_ascending_order() {
    let kit = Kit::start(&[contacts::SERVICE]).await;
    let a = list(&kit, "a", 0, 40).await;
    let b = list(&kit, "b", 20, 40).await;
    let c = list(&kit, "c", 30, 10).await;
    for (include, exclude, expected) in [
        (vec![], vec![], 60),
        (vec![a], vec![], 40),
        (vec![a, b], vec![], 60),
        (vec![a, b], vec![c], 50),
        (vec![], vec![a], 20),
        (vec![b], vec![a, c], 20),
    ] {
        let seen = all(&kit, &include, &exclude).await;
        assert!(seen.is_sorted());
        let distinct: HashSet<_> = seen.iter().collect();
        assert_eq!((seen.len(), distinct.len()), (expected, expected));
    }
    kit.stop().await;
}

#[tokio::test]
async fn an_audience_with_a_part_that_is_gone_is_no_smaller_audience_but_none() {
    let kit = Kit::start(&[contacts::SERVICE]).await;
    import(&kit, "list_name=a", people(0, 3).as_bytes()).await;
    for gone in [
        AudiencePart::List(ListId::from_raw(5)),
        AudiencePart::Segment(SegmentId::from_raw(5)),
    ] {
        let ask = PageAudience {
            include: vec![],
            exclude: vec![gone],
            after: None,
            limit: 10,
        };
        let page = kit.bus.ask(kit.tenant, &ask).await.unwrap();
        assert_eq!(page.contacts, vec![]);
        assert_eq!(page.whole().unwrap_err(), AudienceGap::Gone(gone));
    }
    kit.stop().await;
}
