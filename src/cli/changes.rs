//! `scim-operator changes`: what happens to people's access, one JSON object a line (C006).

use super::against::Against;
use super::output::put_line;
use crate::client::Error;
use crate::config::Changes;
use anyhow::Context;
use std::process::ExitCode;
use std::time::Duration;

/// How long the endpoint holds an answer back while nothing happens.
const WAIT: Duration = Duration::from_secs(20);
/// How long to wait before asking again an endpoint that did not answer: the first time, and at most.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// From where on, and whether to stay.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    against: Against,
    /// The position of the last change that was dealt with; without it, from the oldest record that is kept.
    #[arg(long, value_name = "POSITION")]
    since: Option<String>,
    /// Goes on until it is ended; an endpoint that does not answer is asked again.
    #[arg(long)]
    follow: bool,
}

/// Writes the changes. Ends when there are no more, or never; 410, a position that is not of this store, ends it too.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let Args { against, mut since, follow } = args;
    let access = against.open()?;
    // How far there is something to tell when it begins. Positions sort like what they stand for.
    let end = match follow {
        true => None,
        false => access.people(&[("count", "1".to_owned())]).await.context("the changes cannot be read")?.position,
    };
    let mut pause = PAUSE.0;
    loop {
        let answer = access.changes(since.as_deref(), if follow { WAIT } else { Duration::ZERO }).await;
        let page: Changes = match answer {
            Ok(page) => page,
            Err(error) if follow && passes(&error) => {
                eprintln!("scim-operator: {error}; asked again in {} s", pause.as_secs());
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(PAUSE.1);
                continue;
            }
            Err(error) => return Err(error).context("the changes cannot be read"),
        };
        pause = PAUSE.0;
        for change in &page.changes {
            put_line(change)?;
        }
        let ended = end.as_ref().is_some_and(|end| page.next >= *end);
        since = Some(page.next);
        if ended {
            return Ok(ExitCode::SUCCESS);
        }
    }
}

/// Whether asking again may help: there was no answer, or one that says "later".
fn passes(error: &Error) -> bool {
    matches!(error, Error::NoAnswer { .. } | Error::Refused { status: 500.., .. })
}
