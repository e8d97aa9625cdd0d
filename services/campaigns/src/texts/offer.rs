//! Offering texts to dispatch: which go into one command, and when they are offered again. Pure but for [`say`].

use std::time::Duration;

use chassis::{Bus, Tx};
use contract::texts::{AcceptTexts, FlowText, MOST_TEXTS};
use contract::{TenantId, UnixMillis};

/// Bytes of one command, at most: well below what the bus takes.
const MOST_BYTES: usize = 256 * 1024;
/// What a text takes beside its merge fields, about.
const BASE_BYTES: usize = 200;

/// A text that dispatch has not accepted within this time is offered again; doubles each time.
const FIRST_WAIT: Duration = Duration::from_secs(15);
const LONGEST_WAIT: Duration = Duration::from_secs(1800);

/// When a text is offered again that has been offered `offers` times.
pub fn again_at(now: UnixMillis, offers: u32) -> UnixMillis {
    let wait = FIRST_WAIT * 2_u32.saturating_pow(offers.saturating_sub(1).min(16));
    let wait = wait.min(LONGEST_WAIT).as_millis();
    UnixMillis(
        now.0
            .saturating_add(i64::try_from(wait).unwrap_or(i64::MAX)),
    )
}

fn size(text: &FlowText) -> usize {
    let vars: usize = text.vars.iter().map(|(k, v)| k.len() + v.len() + 4).sum();
    BASE_BYTES + text.origin.id.len() + text.programme.len() + text.sender.len() + vars
}

/// Cuts texts into commands: one tenant's each, few enough and small enough.
pub fn commands(texts: Vec<(TenantId, FlowText)>) -> Vec<(TenantId, AcceptTexts)> {
    let mut commands: Vec<(TenantId, AcceptTexts)> = Vec::new();
    let mut bytes = 0;
    for (tenant, text) in texts {
        let size = size(&text);
        match commands.last_mut() {
            Some((of, command))
                if *of == tenant
                    && command.texts.len() < MOST_TEXTS
                    && bytes + size <= MOST_BYTES =>
            {
                bytes += size;
                command.texts.push(text);
            }
            _ => {
                bytes = size;
                commands.push((tenant, AcceptTexts { texts: vec![text] }));
            }
        }
    }
    commands
}

/// Says the commands in the caller's transaction.
pub async fn say(tx: &Tx, bus: &Bus, mut texts: Vec<(TenantId, FlowText)>) -> anyhow::Result<()> {
    texts.sort_by_key(|(tenant, text)| (*tenant, text.message));
    for (tenant, command) in commands(texts) {
        bus.say(tx, tenant, &command).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::texts::{Origin, OriginKind};
    use contract::{Class, ContactId, MessageId, Mode, TemplateId};

    fn text(n: u128, var: usize) -> FlowText {
        FlowText {
            message: MessageId::from_raw(n),
            origin: Origin {
                kind: OriginKind::Journey,
                id: "run".into(),
            },
            contact: ContactId::from_raw(n),
            class: Class::Appointment,
            programme: "default".into(),
            sender: "+15005550100".into(),
            template: TemplateId::from_raw(1),
            template_version: None,
            vars: [("a".to_string(), "x".repeat(var))].into(),
            mode: Mode::Test,
            not_before: None,
            valid_until: UnixMillis(0),
        }
    }

    #[test]
    fn a_command_is_of_one_tenant_and_neither_long_nor_large() {
        let (one, other) = (TenantId::from_raw(1), TenantId::from_raw(2));
        let small = (0..1001).map(|n| (one, text(n, 1)));
        let large = (0..40).map(|n| (other, text(n, 16_000)));
        let commands = commands(small.chain(large).collect());
        let of_one = commands.iter().filter(|(tenant, _)| *tenant == one);
        let sizes: Vec<usize> = of_one.map(|(_, command)| command.texts.len()).collect();
        assert_eq!(sizes, [500, 500, 1]);
        let mut seen = 0;
        for (_, command) in commands.iter().filter(|(tenant, _)| *tenant == other) {
            let bytes = contract::payload::encode(contract::Format::Postcard, command).unwrap();
            assert!(bytes.len() <= MOST_BYTES, "{}", bytes.len());
            seen += command.texts.len();
        }
        assert_eq!(seen, 40);
    }

    #[test]
    fn the_wait_doubles_up_to_half_an_hour() {
        let wait = |offers| again_at(UnixMillis(0), offers).0 / 1000;
        assert_eq!([1, 2, 3, 7, 8, 60].map(wait), [15, 30, 60, 960, 1800, 1800]);
    }
}
