//! Which checks are wanted: everything, some sections or ids, some providers.

use super::{Check, Error, Provider, checks};

/// What to run. Empty = everything; sections and providers together = what either of them chooses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Ids of checks or sections: `patch-add`, `3.5.2`, `RFC 7643`, `7644 §3.4`.
    pub only: Vec<String>,
    /// Identity providers.
    pub providers: Vec<Provider>,
}

impl Selection {
    /// The checks that are chosen, in their order. An error when something chooses none.
    pub(super) fn choose(&self) -> Result<Vec<&'static Check>, Error> {
        let unknown = self.only.iter().find(|text| !checks().any(|check| is_meant(check, text)));
        if let Some(text) = unknown {
            return Err(Error::NothingChosen { chosen: format!("{text:?}") });
        }
        Ok(checks().filter(|check| self.wants(check)).collect())
    }

    fn wants(&self, check: &Check) -> bool {
        if self.only.is_empty() && self.providers.is_empty() {
            return true;
        }
        let provider = check.provider.is_some_and(|provider| self.providers.contains(&provider));
        provider || self.only.iter().any(|text| is_meant(check, text))
    }
}

fn is_meant(check: &Check, text: &str) -> bool {
    if check.id.eq_ignore_ascii_case(text.trim()) {
        return true;
    }
    let (place, wanted) = (numbers(check.section), numbers(text));
    let names_a_section = text.chars().all(|c| c.is_ascii_digit() || " .§".contains(c)) || is_rfc(text);
    if wanted.is_empty() || !names_a_section || place.is_empty() {
        return false;
    }
    let from = if wanted.first().is_some_and(|first| *first >= 1000) { 0 } else { 1 };
    place.get(from..).is_some_and(|place| place.starts_with(&wanted))
}

fn is_rfc(text: &str) -> bool {
    text.trim().get(..3).is_some_and(|start| start.eq_ignore_ascii_case("rfc"))
}

/// The numbers in the name of a section: `RFC 7644 §3.5.2` → 7644, 3, 5, 2. Sections sort by them.
pub(super) fn numbers(section: &str) -> Vec<u32> {
    section.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sections(only: &[&str]) -> Vec<&'static str> {
        let only = only.iter().map(|&text| text.to_owned()).collect();
        let mut out: Vec<_> =
            Selection { only, providers: vec![] }.choose().unwrap().iter().map(|check| check.section).collect();
        out.dedup();
        out
    }

    #[test]
    fn a_section_chooses_itself_and_what_is_below_it() {
        assert!(sections(&["3.5.2"]).iter().all(|section| section.starts_with("RFC 7644 §3.5.2")));
        assert!(sections(&["§3.5"]).iter().any(|section| section.starts_with("RFC 7644 §3.5.1")));
        assert!(sections(&["rfc 7643"]).iter().all(|section| section.starts_with("RFC 7643")));
        assert!(sections(&["7644 §4"]).iter().all(|section| *section == "RFC 7644 §4"));
    }

    #[test]
    fn an_id_chooses_one_check_and_a_provider_its_own() {
        assert_eq!(sections(&["create-201"]), ["RFC 7644 §3.3"]);
        let of_okta = Selection { only: vec![], providers: vec![Provider::Okta] }.choose().unwrap();
        assert!(!of_okta.is_empty() && of_okta.iter().all(|check| check.provider == Some(Provider::Okta)));
    }

    #[test]
    fn what_chooses_nothing_is_an_error() {
        for text in ["", "9.9.9", "create", "RFC 1", "patch 3.5.2"] {
            let selection = Selection { only: vec![text.to_owned()], providers: vec![] };
            assert!(selection.choose().is_err(), "{text}");
        }
    }
}
