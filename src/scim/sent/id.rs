//! The id of a member: of any length, and 16 bytes when it is a UUID as this server writes them.

use std::fmt;

/// Bytes of a UUID as text.
const TEXT_BYTES: usize = 36;
/// Where its hyphens are.
const HYPHENS: [usize; 4] = [8, 13, 18, 23];

/// The id of a member as it was sent: ids are equal when their texts are.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct MemberId(Form);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Form {
    /// Lower case, with hyphens: the text follows from the bytes.
    Uuid([u8; 16]),
    /// Anything else, a UUID written otherwise included.
    Text(Box<str>),
}

const _: () = assert!(size_of::<MemberId>() <= 24, "a group may have a million members");

impl MemberId {
    /// The bytes, when the text is a UUID in lower case with hyphens.
    pub fn uuid(&self) -> Option<[u8; 16]> {
        match &self.0 {
            Form::Uuid(bytes) => Some(*bytes),
            Form::Text(_) => None,
        }
    }
}

impl From<&str> for MemberId {
    fn from(text: &str) -> Self {
        Self(uuid(text.as_bytes()).map_or_else(|| Form::Text(text.into()), Form::Uuid))
    }
}

impl fmt::Display for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Text(text) => f.write_str(text),
            Form::Uuid(bytes) => bytes.iter().enumerate().try_for_each(|(index, byte)| {
                let hyphen = if matches!(index, 4 | 6 | 8 | 10) { "-" } else { "" };
                write!(f, "{hyphen}{byte:02x}")
            }),
        }
    }
}

impl fmt::Debug for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

/// The bytes of a UUID in lower case with hyphens.
fn uuid(text: &[u8]) -> Option<[u8; 16]> {
    if text.len() != TEXT_BYTES {
        return None;
    }
    let mut bytes = [0; 16];
    let mut digits = 0_usize;
    for (at, letter) in text.iter().enumerate() {
        let digit = match letter {
            b'-' if HYPHENS.contains(&at) => continue,
            _ if HYPHENS.contains(&at) => return None,
            b'0'..=b'9' => letter - b'0',
            b'a'..=b'f' => letter - b'a' + 10,
            _ => return None,
        };
        let byte = bytes.get_mut(digits / 2)?;
        *byte = *byte << 4 | digit;
        digits += 1;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::MemberId;
    use proptest::prelude::*;

    const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    #[test]
    fn a_uuid_as_the_server_writes_it_is_kept_in_16_bytes() {
        let bytes = [0x01, 0x89, 0x0a, 0x5d, 0xac, 0x96, 0x77, 0x4b, 0xbc, 0xce, 0xb3, 0x02, 0x09, 0x9a, 0x80, 0x57];
        let id = MemberId::from(ID);
        assert_eq!((id.uuid(), id.to_string().as_str()), (Some(bytes), ID));
    }

    #[test]
    fn whatever_else_is_kept_as_it_was_sent() {
        for text in [
            "",
            "2819c223",
            &ID.to_uppercase(),
            &ID.replace('-', ""),
            &ID.replace('-', "0"),
            &format!("{{{ID}}}"),
            &format!("{}é", &ID[..34]),
            "01890a5d-ac96-774b-bcce-b302099a805-",
        ] {
            let id = MemberId::from(text);
            assert_eq!((id.uuid(), id.to_string().as_str()), (None, text));
            assert_ne!(id, MemberId::from(ID));
        }
    }

    proptest! {
        #[test]
        fn an_id_says_what_was_sent(text in r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9A-Fa-f-]{34,38}|.{0,40}") {
            prop_assert_eq!(MemberId::from(text.as_str()).to_string(), text);
        }
    }
}
