//! The arguments that say whose access API is asked, and as whom. The token comes from a file, never from an argument.

use crate::client::Token;
use crate::client::access::Access;
use std::path::{Path, PathBuf};

/// Where the base of the access API ends.
const BASE: &str = "/access/v1";

/// The access API of one endpoint.
#[derive(Debug, clap::Args)]
pub struct Against {
    /// The endpoint: https://HOST, or the base URL of its access API, which ends in /access/v1.
    #[arg(long, value_name = "URL")]
    against: String,
    /// File with the bearer token.
    #[arg(long, value_name = "FILE")]
    token_file: PathBuf,
    /// PEM bundle to trust instead of the system's roots.
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
}

impl Against {
    /// The client; nothing is sent yet.
    pub fn open(self) -> anyhow::Result<Access> {
        open(&self.against, &self.token_file, self.ca_file)
    }
}

/// The client of the access API at an origin or a base URL.
pub fn open(url: &str, token_file: &Path, ca_file: Option<PathBuf>) -> anyhow::Result<Access> {
    let token = Token::from_file(token_file)?;
    Ok(Access::open(&base(url), token, ca_file)?)
}

/// An origin, perhaps with the path of a proxy, is completed; a base URL stays.
fn base(url: &str) -> String {
    let url = url.trim_end_matches('/');
    if url.ends_with(BASE) { url.to_owned() } else { format!("{url}{BASE}") }
}

#[cfg(test)]
mod tests {
    use super::base;

    #[test]
    fn an_origin_and_the_base_url_mean_the_same() {
        for url in ["http://h:1", "http://h:1/", "http://h:1/access/v1", "http://h:1/access/v1/"] {
            assert_eq!(base(url), "http://h:1/access/v1", "{url}");
        }
        assert_eq!(base("https://h/corp"), "https://h/corp/access/v1");
    }
}
