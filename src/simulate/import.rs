//! Reads everybody and every group page by page, as an import does, and says when the pages cannot be right.
//!
//! Changes nothing. The next page begins `count` later, whatever came: a service that answers fewer than asked for,
//! in another order each time, or twice, loses people to such a provider, and is told so.

use super::Error;
use super::requests::page;
use super::wire::{Wire, id_of};
use serde_json::Value;
use std::collections::BTreeSet;

/// Reads all people and all groups with pages of `count`; a line says how many there are.
pub async fn import(wire: &mut Wire<'_, '_>, count: u64) -> Result<(), Error> {
    for kind in ["Users", "Groups"] {
        if let Some(all) = read_all(wire, kind, count).await? {
            wire.report.note(&format!("{} {kind} read", all.len()))?;
        }
    }
    Ok(())
}

/// All resources of a kind; `None` when a page was refused.
pub(super) async fn read_all(wire: &mut Wire<'_, '_>, kind: &str, count: u64) -> Result<Option<Vec<Value>>, Error> {
    let (mut all, mut seen) = (Vec::new(), BTreeSet::new());
    let mut start = 1;
    loop {
        let Some(found) = wire.ask(kind, page(kind, start, count)).await? else { return Ok(None) };
        for id in found.resources.iter().filter_map(id_of) {
            if let Some(twice) = seen.replace(id) {
                wire.report.wrong(&format!("{kind}: {twice} came twice: the order of pages is not stable"))?;
            }
        }
        let came = found.resources.len();
        all.extend(found.resources);
        start += count;
        if came == 0 || start > found.total {
            if (seen.len() as u64) < found.total {
                wire.report.wrong(&format!("{kind}: {} of {} came", seen.len(), found.total))?;
            }
            return Ok(Some(all));
        }
    }
}
