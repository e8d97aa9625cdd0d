//! Fixed-length bytes as lower-case hex in JSON: `#[serde(with = "crate::hexed")]`.

use std::borrow::Cow;

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::Serializer;

pub fn serialize<S: Serializer, const N: usize>(
    bytes: &[u8; N],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex::encode(bytes))
}

/// Fails on anything but exactly `2 * N` hex digits.
pub fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
    deserializer: D,
) -> Result<[u8; N], D::Error> {
    let text = Cow::<str>::deserialize(deserializer)?;
    let mut bytes = [0; N];
    hex::decode_to_slice(text.as_bytes(), &mut bytes).map_err(D::Error::custom)?;
    Ok(bytes)
}
