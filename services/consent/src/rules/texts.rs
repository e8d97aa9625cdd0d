//! The law pack's Cedar texts, one file per jurisdiction or concern.

/// One file.
#[derive(Debug, Clone, Copy)]
pub struct Text {
    pub file: &'static str,
    pub cedar: &'static str,
}

pub const SCHEMA: &str = include_str!("../../policies/consent.cedarschema");
/// The permits, which are ours alone.
pub const BASE: Text = Text {
    file: "base",
    cedar: include_str!("../../policies/base.cedar"),
};

macro_rules! pack {
    ($($file:literal)*) => {
        /// The forbids.
        pub const PACK: &[Text] = &[$(Text {
            file: $file,
            cedar: include_str!(concat!("../../policies/", $file, ".cedar")),
        }),*];
    };
}

pack! {
    "number" "revocation" "privacy" "identity" "consent" "expiry" "content" "hours" "frequency" "replies"
    "emergency" "us_tcpa" "us_states" "us_carriers" "eu_eprivacy" "uk_pecr" "canada_casl" "france" "germany"
    "india" "australia"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_file_is_in_the_pack() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/policies");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .filter_map(|entry| {
                let name = entry.unwrap().file_name().into_string().unwrap();
                Some(name.strip_suffix(".cedar")?.to_string())
            })
            .collect();
        files.sort_unstable();
        let mut known: Vec<&str> = PACK.iter().chain([&BASE]).map(|text| text.file).collect();
        known.sort_unstable();
        assert_eq!(files, known);
    }
}
