//! How a call shows that it is ours: the form of Standard Webhooks (`webhook-id`, `webhook-timestamp`,
//! `webhook-signature`).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

const PREFIX: &str = "whsec_";
/// Bytes of a secret.
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// What both ends know.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a secret is whsec_ and 24 to 64 bytes in Base64")]
pub struct SecretError;

impl std::str::FromStr for Secret {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, SecretError> {
        let written = text.strip_prefix(PREFIX).ok_or(SecretError)?;
        let bytes = STANDARD.decode(written).map_err(|_| SecretError)?;
        if BYTES.contains(&bytes.len()) {
            Ok(Self(bytes))
        } else {
            Err(SecretError)
        }
    }
}

impl Secret {
    /// The value of `webhook-signature` of a call: its id, when it is made (Unix seconds), and its body.
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let head = format!("{id}.{timestamp}.");
        let mac = hmac(&self.0, &[head.as_bytes(), body]);
        format!("v1,{}", STANDARD.encode(mac))
    }
}

/// Bytes of a block of SHA-256; no secret is longer.
const BLOCK: usize = 64;

/// HMAC-SHA-256 (RFC 2104) of parts that are read as one, under a key of at most one block.
fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let padded = |with: u8| {
        let mut block = [with; BLOCK];
        for (to, byte) in block.iter_mut().zip(key) {
            *to ^= byte;
        }
        block
    };
    let mut inner = Sha256::new();
    inner.update(padded(0x36));
    for part in parts {
        inner.update(part);
    }
    let mut outer = Sha256::new();
    outer.update(padded(0x5C));
    outer.update(inner.finalize());
    outer.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_standard_is_signed_as_it_says() {
        let secret: Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap();
        let signed = secret.sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn the_first_case_of_rfc_4231_comes_out() {
        let mac = hmac(&[0x0B; 20], &[b"Hi ", b"There"]);
        assert_eq!(mac[..4], [0xB0, 0x34, 0x4C, 0x61]);
        assert_eq!(mac[28..], [0x2E, 0x32, 0xCF, 0xF7]);
    }

    #[test]
    fn what_is_no_secret_is_refused() {
        for bad in [
            "",
            "whsec_",
            "whsec_AAAA",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_!!",
        ] {
            assert_eq!(bad.parse::<Secret>(), Err(SecretError), "{bad}");
        }
    }
}
