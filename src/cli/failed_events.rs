//! `scim-operator failed-events`: SCIM messages that could not be applied, and trying them again (C004).

use super::against::Against;
use super::output::{columns, put, put_json};
use crate::client::access::Access;
use crate::config::FailedEvent;
use anyhow::{Context, bail};
use std::process::ExitCode;

/// What to do with the messages that could not be applied.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, clap::Subcommand)]
enum Step {
    /// Lists them, the newest first.
    List {
        #[command(flatten)]
        against: Against,
        /// How the list is written to standard output.
        #[arg(long, short, value_enum, default_value = "table")]
        output: Output,
    },
    /// Applies messages as if the provider had sent them now; exit code 1 when one is refused again.
    Retry {
        /// The messages, by id.
        #[arg(value_name = "ID", required_unless_present = "all")]
        ids: Vec<String>,
        /// All that were kept whole, the oldest first.
        #[arg(long, conflicts_with = "ids")]
        all: bool,
        #[command(flatten)]
        against: Against,
    },
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Output {
    /// For people.
    Table,
    /// One JSON array.
    Json,
}

/// Lists, or tries again and says what came of each.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.step {
        Step::List { against, output } => {
            let events = every(&against.open()?).await?;
            match output {
                Output::Table => put(&table(&events))?,
                Output::Json => put_json(&events)?,
            }
            Ok(ExitCode::SUCCESS)
        }
        Step::Retry { ids, all, against } => {
            let access = against.open()?;
            let ids = if all {
                let events = every(&access).await?;
                events.into_iter().rev().filter(|event| event.retryable).map(|event| event.id).collect()
            } else {
                ids
            };
            retry(&access, &ids, all).await
        }
    }
}

async fn every(access: &Access) -> anyhow::Result<Vec<FailedEvent>> {
    let (mut out, mut cursor) = (Vec::new(), None);
    loop {
        let page = access.failed_events(cursor.as_deref()).await.context("the failed events cannot be read")?;
        out.extend(page.events);
        cursor = page.next;
        if cursor.is_none() {
            return Ok(out);
        }
    }
}

/// One that succeeds may supersede others that were listed with it: of all, those are done too.
async fn retry(access: &Access, ids: &[String], all: bool) -> anyhow::Result<ExitCode> {
    let mut refused = 0;
    for id in ids {
        let Some(answer) = access.retry(id).await.with_context(|| format!("{id} cannot be tried again"))? else {
            if all {
                put(&format!("{id}  superseded\n"))?;
                continue;
            }
            bail!("{id}: there is no such failed event, or it was superseded meanwhile");
        };
        let good = (200..300).contains(&answer.status);
        refused += u32::from(!good);
        put(&format!("{id}  {}{}\n", answer.status, if good { String::new() } else { detail(answer.body.as_ref()) }))?;
    }
    Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What the endpoint answered in words, behind two spaces.
fn detail(body: Option<&serde_json::Value>) -> String {
    let detail = body.and_then(|body| body.get("detail")).and_then(serde_json::Value::as_str);
    detail.map(|detail| format!("  {detail}")).unwrap_or_default()
}

fn table(events: &[FailedEvent]) -> String {
    let head = ["ID", "TIME", "TRIES", "STATUS", "OPERATION", "ABOUT", "DETAIL"].map(str::to_owned);
    let row = |event: &FailedEvent| {
        [
            event.id.clone(),
            event.time.to_string(),
            event.attempts.to_string(),
            event.status.to_string(),
            format!("{} {}", event.operation, event.resource),
            event.user_name.clone().or_else(|| event.display_name.clone()).unwrap_or_else(|| "-".to_owned()),
            event.detail.clone(),
        ]
    };
    columns(&std::iter::once(head).chain(events.iter().map(row)).collect::<Vec<_>>())
}
