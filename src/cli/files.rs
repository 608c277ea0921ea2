//! The manifests that a command is given: files, or folders of them.

use anyhow::Context;
use std::path::{Path, PathBuf};

/// Reads the files, and of a folder all `*.yaml`, `*.yml` and `*.json` in it, in the order of their names; not those of
/// folders inside it, nor dot-files. Each with the name it was found under.
pub fn read(paths: &[PathBuf]) -> anyhow::Result<Vec<(String, String)>> {
    let mut out = Vec::new();
    for path in paths {
        let found = if path.is_dir() { inside(path)? } else { vec![path.clone()] };
        for file in found {
            let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
            out.push((file.display().to_string(), text));
        }
    }
    Ok(out)
}

fn inside(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let listed = || format!("cannot list {}", folder.display());
    let mut out = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(listed)? {
        let path = entry.with_context(listed)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let wanted = [".yaml", ".yml", ".json"].iter().any(|ending| name.ends_with(ending));
        if wanted && !name.starts_with('.') && !path.is_dir() {
            out.push(path);
        }
    }
    out.sort();
    Ok(out)
}
