use std::collections::HashSet;

use contract::contacts::PageAudience;
use contract::{ContactId, ListId};
use testkit::Kit;

use crate::upload::{import, people};

async fn all(kit: &Kit, include: &[ListId], exclude: &[ListId]) -> Vec<ContactId> {
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

async fn list(kit: &Kit, name: &str, first: u64, count: u64) -> ListId {
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
async fn an_audience_with_a_list_that_is_gone_is_refused() {
    let kit = Kit::start(&[contacts::SERVICE]).await;
    let gone = ListId::from_raw(5);
    let ask = PageAudience {
        include: vec![],
        exclude: vec![gone],
        after: None,
        limit: 10,
    };
    let error = kit.bus.ask(kit.tenant, &ask).await.unwrap_err();
    assert!(error.to_string().contains("does not exist"), "{error}");
    kit.stop().await;
}
