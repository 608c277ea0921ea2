//! `scim-operator crds`: the CustomResourceDefinitions, and the reference page made from them.

use crate::api::{crd, page};
use anyhow::Context;
use std::path::PathBuf;
use std::process::ExitCode;

/// Where the definitions go.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Writes one file per kind, `<plural>.yaml`, into this folder instead of all to standard output.
    #[arg(long, value_name = "DIR", conflicts_with = "docs")]
    out: Option<PathBuf>,
    /// Writes the reference page (Markdown) to standard output instead.
    #[arg(long)]
    docs: bool,
}

/// Writes the definitions or the page.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let crds = crd::crds();
    if args.docs {
        print!("{}", page::markdown(&crds));
        return Ok(ExitCode::SUCCESS);
    }
    for definition in &crds {
        let yaml = crd::yaml(definition)?;
        match &args.out {
            None => print!("---\n{yaml}"),
            Some(folder) => {
                let file = folder.join(format!("{}.yaml", definition.spec.names.plural));
                std::fs::write(&file, yaml).with_context(|| format!("{} cannot be written", file.display()))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
