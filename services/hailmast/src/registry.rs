//! The one list of services.

use chassis::Service;
use chassis::config::{DEFAULTS, sectioned};

/// Every service, in the order they are started.
pub const SERVICES: [Service; 8] = [
    accounts::SERVICE,
    contacts::SERVICE,
    consent::SERVICE,
    renderer::SERVICE,
    inbound::SERVICE,
    campaigns::SERVICE,
    dispatch::SERVICE,
    analytics::SERVICE,
];

/// The services of these names; an unknown name is an error that lists the known ones.
pub fn choose(names: &[String]) -> anyhow::Result<Vec<Service>> {
    names
        .iter()
        .map(|name| {
            SERVICES
                .into_iter()
                .find(|service| service.name == name)
                .ok_or_else(|| {
                    let known = SERVICES.map(|service| service.name).join(", ");
                    anyhow::anyhow!("there is no service named {name}; the services are {known}")
                })
        })
        .collect()
}

/// The embedded default settings of everything, as one commented TOML file.
pub fn documented_defaults() -> String {
    let mut text = DEFAULTS.to_string();
    for service in SERVICES {
        text.push('\n');
        text.push_str(&sectioned(service.name, service.defaults));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_services_are_named_with_the_known_ones() {
        let error = choose(&["consnt".to_string()]).unwrap_err().to_string();
        assert!(
            error.contains("consnt") && error.contains("consent"),
            "{error}"
        );
    }

    #[test]
    fn every_setting_has_a_comment_above_it() {
        let text = documented_defaults();
        let lines: Vec<&str> = text.lines().collect();
        for (index, line) in lines
            .iter()
            .enumerate()
            .filter(|(_, line)| line.contains(" = ") && !line.starts_with('#'))
        {
            assert!(
                index > 0 && lines[index - 1].starts_with('#'),
                "no comment above: {line}"
            );
        }
    }
}
