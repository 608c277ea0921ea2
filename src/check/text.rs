//! A report for people: sections with their checks, what failed with everything needed to see it, then the sums.

use super::report::{Exchange, ProviderSum, Report, Row, Tally};
use super::verdict::{Verdict, shortened};
use std::fmt::{self, Write as _};

/// The width of the column of ids.
const ID: usize = 26;
/// What stands before what belongs to a check.
const INDENT: &str = "           ";

/// A report as text; with `verbose` every request of every check.
pub struct Text<'a> {
    report: &'a Report,
    verbose: bool,
}

impl Report {
    /// The report for people.
    pub fn text(&self, verbose: bool) -> Text<'_> {
        Text { report: self, verbose }
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.report;
        writeln!(f, "{}", report.target)?;
        writeln!(f, "says it has      {}", listed(&report.claims.supported))?;
        writeln!(f, "and not          {}", listed(&report.claims.unsupported))?;
        let mut above = String::new();
        for row in &report.checks {
            let heading = row.provider.map_or(row.section, |provider| provider.name());
            if heading != above {
                writeln!(f, "\n{heading}")?;
                above = heading.to_owned();
            }
            self.row(f, row)?;
        }
        self.sums(f)
    }
}

impl Text<'_> {
    fn row(&self, f: &mut fmt::Formatter<'_>, row: &Row) -> fmt::Result {
        let word = match row.verdict {
            Verdict::Passed => "passed",
            Verdict::Failed { .. } => "FAILED",
            Verdict::Skipped { .. } => "skipped",
            Verdict::Error { .. } => "ERROR",
        };
        writeln!(f, "  {word:<7}  {:<ID$} {}", row.id, row.title)?;
        match &row.verdict {
            Verdict::Passed => {}
            Verdict::Skipped { why } => writeln!(f, "{INDENT}why       {why}")?,
            Verdict::Failed { expected, found } => {
                self.last(f, row)?;
                writeln!(f, "{INDENT}expected  {expected}\n{INDENT}found     {found}")?;
                self.see(f, row)?;
            }
            Verdict::Error { why } => {
                self.last(f, row)?;
                writeln!(f, "{INDENT}why       {why}")?;
                self.see(f, row)?;
            }
        }
        if self.verbose {
            for exchange in &row.exchanges {
                write!(f, "{}", whole(exchange)?)?;
            }
        }
        Ok(())
    }

    /// The request at whose answer the check ended.
    fn last(&self, f: &mut fmt::Formatter<'_>, row: &Row) -> fmt::Result {
        let Some(last) = row.exchanges.last() else { return Ok(()) };
        writeln!(f, "{INDENT}request   {} -> {}", last.request, status(last))?;
        match &last.body {
            Some(body) if !self.verbose => writeln!(f, "{INDENT}body      {}", shortened(body)),
            _ => Ok(()),
        }
    }

    fn see(&self, f: &mut fmt::Formatter<'_>, row: &Row) -> fmt::Result {
        if self.verbose {
            return Ok(());
        }
        let (target, id) = (&self.report.target, row.id);
        writeln!(f, "{INDENT}see       scim-operator check {target} --token-file FILE --only {id} --verbose")
    }

    fn sums(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.report;
        if !report.sections.is_empty() {
            writeln!(f, "\n{:<20} passed  failed  skipped  error", "section")?;
        }
        for sum in &report.sections {
            let Tally { passed, failed, skipped, error } = sum.tally;
            writeln!(f, "{:<20} {passed:>6}  {failed:>6}  {skipped:>7}  {error:>5}", sum.section)?;
        }
        if !report.providers.is_empty() {
            writeln!(f, "\nprovider")?;
        }
        for sum in &report.providers {
            writeln!(f, "{:<20} {}", sum.provider.name(), works(sum))?;
        }
        let Tally { passed, failed, skipped, error } = report.total;
        let (count, requests, seconds) = (report.checks.len(), report.requests, report.seconds);
        let rest = format!("{skipped} skipped, {error} without an answer");
        writeln!(f, "\n{count} checks: {passed} passed, {failed} failed, {rest}")?;
        writeln!(f, "{requests} requests in {seconds:.1} s")?;
        if !report.complete {
            writeln!(f, "ended early: the other checks did not run")?;
        }
        if report.left.is_empty() {
            return writeln!(f, "everything that was made is gone again");
        }
        writeln!(f, "left on the server, delete it by hand:")?;
        report.left.iter().try_for_each(|one| writeln!(f, "  {}", shortened(one)))
    }
}

fn works(sum: &ProviderSum) -> String {
    let Tally { passed, failed, skipped, error } = sum.tally;
    let all = passed + failed + skipped + error;
    match sum.works {
        Some(true) => format!("works           {passed} of {all} passed"),
        Some(false) => format!("does not work   {failed} of {all} failed"),
        None => format!("not all known   {passed} of {all} passed, {skipped} skipped, {error} without an answer"),
    }
}

fn status(exchange: &Exchange) -> String {
    exchange.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string())
}

fn whole(exchange: &Exchange) -> Result<String, fmt::Error> {
    let mut out = String::new();
    writeln!(out, "{INDENT}> {}", exchange.request)?;
    if let Some(body) = &exchange.body {
        writeln!(out, "{INDENT}> {body}")?;
    }
    writeln!(out, "{INDENT}< {}", status(exchange))?;
    if let Some(answer) = &exchange.answer {
        writeln!(out, "{INDENT}< {answer}")?;
    }
    Ok(out)
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}
