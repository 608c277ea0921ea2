//! What the figures were measured on: cores, file system, and what a durable write costs there.

use std::error::Error;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

/// Durable writes timed for the median.
const SYNCS: usize = 200;

/// One line: cores, file system, fdatasync p50.
pub fn describe(folder: &Path) -> Result<String, Box<dyn Error>> {
    let cores = std::thread::available_parallelism()?;
    Ok(format!(
        "{cores} cores, file system {}, fdatasync p50 {:.0} µs; client and server share the cores.",
        file_system(folder)?,
        fdatasync_p50_us(folder)?
    ))
}

fn fdatasync_p50_us(folder: &Path) -> Result<f64, Box<dyn Error>> {
    let mut file = File::create(folder.join("fdatasync"))?;
    let mut times = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        file.write_all(&[0x5a; 4096])?;
        let start = Instant::now();
        file.sync_data()?;
        times.push(start.elapsed());
    }
    times.sort();
    Ok(times[SYNCS / 2].as_secs_f64() * 1e6)
}

fn file_system(folder: &Path) -> Result<String, Box<dyn Error>> {
    let folder = folder.canonicalize()?;
    let mounts = std::fs::read_to_string("/proc/self/mounts")?;
    let best = mounts
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(' ').skip(1);
            Some((fields.next()?, fields.next()?))
        })
        .filter(|(point, _)| folder.starts_with(point))
        .max_by_key(|(point, _)| point.len());
    Ok(best.map_or("unknown", |(_, kind)| kind).to_owned())
}
