//! `scim-operator explain`: why somebody has access, or has not (C002).

use super::against::Against;
use super::output::{put, put_json, put_yaml};
use crate::access::{Explanation, Reason};
use anyhow::Context;
use std::process::ExitCode;

/// Who, and which access.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The person: the userName or the id.
    who: String,
    #[command(flatten)]
    against: Against,
    /// Where; default: the directory's own tenant.
    #[arg(long)]
    tenant: Option<String>,
    /// Exactly which role; without it, any access.
    #[arg(long)]
    role: Option<String>,
    /// How the answer is written to standard output.
    #[arg(long, short, value_enum, default_value = "text")]
    output: Output,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Output {
    /// For people.
    Text,
    /// The endpoint's answer, one JSON object.
    Json,
    /// The same as YAML.
    Yaml,
}

/// Asks and shows the reasons, the deciding one first. Both answers are exit code 0.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let Args { who, against, tenant, role, output } = args;
    let access = against.open()?;
    let said = access.explain(&who, tenant.as_deref(), role.as_deref()).await.context("there is no explanation")?;
    match output {
        Output::Text => put(&text(&said))?,
        Output::Json => put_json(&said)?,
        Output::Yaml => put_yaml(&said)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn text(explanation: &Explanation) -> String {
    let mut out = format!("{}\n", if explanation.granted { "granted" } else { "not granted" });
    for reason in &explanation.reasons {
        out += &format!("  {:?}: {}\n", reason.code, reason.message);
        let about = about(reason);
        if !about.is_empty() {
            out += &format!("    {about}\n");
        }
    }
    out
}

fn about(reason: &Reason) -> String {
    let part = |word: &str, value: Option<String>| value.map(|value| format!("{word} {value}"));
    let parts = [
        part("rule", reason.rule.clone()),
        part("group", reason.group.clone()),
        part("request", reason.request.clone()),
        part("at", reason.time.map(|time| time.to_string())),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Code;

    #[test]
    fn reasons_name_rule_group_request_and_time() {
        let reason = |code, message: &str| Reason {
            code,
            message: message.to_owned(),
            rule: None,
            group: None,
            request: None,
            time: None,
        };
        let first = Reason {
            rule: Some("hr-designers".to_owned()),
            group: Some("HR-Designers".to_owned()),
            request: Some("0199".to_owned()),
            time: Some("2026-11-22T13:00:00Z".parse().unwrap()),
            ..reason(Code::Granted, "it gives Designer")
        };
        let reasons = vec![first, reason(Code::NoRule, "nothing else does")];
        insta::assert_snapshot!(text(&Explanation { granted: true, reasons }), @r"
        granted
          Granted: it gives Designer
            rule hr-designers, group HR-Designers, request 0199, at 2026-11-22T13:00:00Z
          NoRule: nothing else does
        ");
    }
}
