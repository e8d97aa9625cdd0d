use super::*;
use proptest::prelude::*;

fn size(tenant: u128, campaign: u128, segments: u32) -> Size {
    Size {
        urgent: false,
        tenant: TenantId::from_raw(tenant),
        campaign: CampaignId::from_raw(campaign),
        segments,
    }
}

/// Segments served of each tenant in `turns` turns.
fn serve(fair: &mut Fair<Size>, turns: usize, weight: impl Fn(u128) -> u32) -> BTreeMap<u128, u32> {
    let mut served = BTreeMap::new();
    for _ in 0..turns {
        let weigh = |tenant: TenantId, campaign: Option<CampaignId>| {
            campaign.map_or_else(|| weight(tenant.raw()), |_| 1)
        };
        let Some(piece) = fair.pick(weigh, |_, _| true) else {
            break;
        };
        *served.entry(piece.tenant.raw()).or_default() += piece.segments;
    }
    served
}

fn fill(fair: &mut Fair<Size>, piece: Size, times: usize) {
    for _ in 0..times {
        fair.push(piece, piece);
    }
}

#[test]
fn unequal_backlogs_get_equal_shares_and_an_idle_share_goes_to_the_others() {
    let mut fair = Fair::default();
    fill(&mut fair, size(1, 1, 64), 2000);
    fill(&mut fair, size(2, 9, 16), 400);
    let both = serve(&mut fair, 400, |_| 1);
    let share = f64::from(both[&1]) / f64::from(both[&1] + both[&2]);
    assert!((0.475..=0.525).contains(&share), "{both:?}");
    let rest = serve(&mut fair, 5000, |_| 1);
    assert_eq!(rest[&1] + both[&1], 2000 * 64);
    assert!(fair.is_empty());
}

#[test]
fn a_tenant_that_was_idle_has_saved_nothing_up() {
    let mut fair = Fair::default();
    fill(&mut fair, size(1, 1, 10), 500);
    serve(&mut fair, 300, |_| 1);
    fill(&mut fair, size(2, 2, 10), 500);
    let both = serve(&mut fair, 100, |_| 1);
    assert_eq!((both[&1], both[&2]), (500, 500));
}

#[test]
fn a_weight_is_a_multiple_of_the_share() {
    let mut fair = Fair::default();
    fill(&mut fair, size(1, 1, 5), 2000);
    fill(&mut fair, size(2, 2, 5), 2000);
    let both = serve(&mut fair, 400, |tenant| if tenant == 1 { 3 } else { 1 });
    assert!((1480..=1520).contains(&both[&1]), "{both:?}");
}

#[test]
fn a_tenant_gains_nothing_by_many_campaigns() {
    let mut fair = Fair::default();
    for campaign in 0..20 {
        fill(&mut fair, size(1, campaign, 8), 100);
    }
    fill(&mut fair, size(2, 99, 8), 1000);
    let both = serve(&mut fair, 1000, |_| 1);
    assert_eq!((both[&1], both[&2]), (4000, 4000));
}

#[test]
fn urgent_texts_go_first_and_marketing_still_moves() {
    let mut fair = Fair::default();
    fill(&mut fair, size(1, 1, 1), 1000);
    let urgent = Size {
        urgent: true,
        ..size(1, 2, 1)
    };
    fill(&mut fair, urgent, 1000);
    let mut marketing = 0;
    for turn in 0..320 {
        let piece = fair.pick(|_, _| 1, |_, _| true).unwrap();
        assert!(turn > 0 || piece.urgent);
        marketing += u32::from(!piece.urgent);
    }
    assert!((18..=22).contains(&marketing), "{marketing}");
}

#[test]
fn who_cannot_go_keeps_its_place_and_holds_up_nobody() {
    let mut fair = Fair::default();
    fill(&mut fair, size(1, 1, 1), 2);
    fill(&mut fair, size(2, 2, 1), 2);
    let blocked = |size: Size, _: &Size| size.tenant.raw() != 1;
    assert_eq!(fair.pick(|_, _| 1, blocked).unwrap().tenant.raw(), 2);
    assert_eq!(fair.pick(|_, _| 1, blocked).unwrap().tenant.raw(), 2);
    assert_eq!(fair.pick(|_, _| 1, blocked), None);
    assert_eq!(fair.remove(|_| false).len(), 2);
    assert!(fair.is_empty());
}

proptest! {
    /// Whatever the pieces' sizes, two tenants with backlog differ by no more than two of the largest pieces.
    #[test]
    fn while_both_have_backlog_their_segments_are_equal(
        one in prop::collection::vec(1_u32..65, 50..200), two in prop::collection::vec(1_u32..65, 50..200)
    ) {
        let mut fair = Fair::default();
        for segments in &one {
            fair.push(size(1, 1, *segments), size(1, 1, *segments));
        }
        for segments in &two {
            fair.push(size(2, 2, *segments), size(2, 2, *segments));
        }
        let both = serve(&mut fair, 50, |_| 1);
        let of = |tenant| both.get(&tenant).copied().unwrap_or(0);
        prop_assert!(of(1).abs_diff(of(2)) <= 128, "{both:?}");
    }
}
