//! What a disk has after a power cut, replayed from what SQLite asked of it.
//!
//! A disk owes what was synced and nothing else. Of what was written since, each sector of 512 bytes is as it was at
//! the last sync or as any later write left it, one independent of another; so is a file's length; and each name made
//! or removed since the folder's last sync is so or not. This is more than most file systems dare, and all of it is
//! allowed.

use crate::dice::Dice;
use power_cut::Event;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

/// What became of the files: name → content.
pub type Image = BTreeMap<String, Vec<u8>>;

/// What a disk makes of a sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Honesty {
    /// It is done.
    Honest,
    /// It is said to be done, of every file: as if `synchronous` were `OFF`.
    Lying,
    /// It is said to be done, of the file of this name.
    LyingOf(&'static str),
}

/// How much of what was not synced is there nonetheless.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Luck {
    /// Nothing.
    Nothing,
    /// Everything: what a kill leaves.
    Everything,
    /// Sector by sector and name by name, as the dice fall.
    Some,
}

impl Luck {
    /// Mostly some.
    pub fn thrown(dice: &mut Dice) -> Self {
        match dice.below(6) {
            0 => Self::Nothing,
            1 => Self::Everything,
            _ => Self::Some,
        }
    }

    /// Which of `later` states after the durable one is there; 0 is the durable one.
    fn state(self, later: usize, dice: &mut Dice) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Everything => later,
            Self::Some => dice.below(later + 1),
        }
    }
}

/// One folder's files: as programs see them, and as far as they are durable.
#[derive(Debug, Clone)]
pub struct Disk {
    honesty: Honesty,
    files: Vec<File>,
    handles: HashMap<u64, Handle>,
    /// Name → place in `files`, as programs see it.
    names: BTreeMap<String, usize>,
    /// The same as far as it is durable.
    durable: BTreeMap<String, usize>,
    /// What was done to names since, in order: made for this file, or removed.
    renames: Vec<(String, Option<usize>)>,
}

#[derive(Debug, Clone)]
struct Handle {
    file: usize,
    name: String,
    /// Whether its next sync makes the folder's names durable.
    syncs_names: bool,
}

impl Disk {
    /// An honest disk that has these files.
    pub fn with(image: &Image) -> Self {
        let files = image.values().map(|content| File::of(content.clone())).collect();
        let names: BTreeMap<_, _> = image.keys().enumerate().map(|(file, name)| (name.clone(), file)).collect();
        let durable = names.clone();
        Self { honesty: Honesty::Honest, files, handles: HashMap::new(), names, durable, renames: Vec::new() }
    }

    /// From now on syncs are taken like this.
    pub fn becomes(&mut self, honesty: Honesty) {
        self.honesty = honesty;
    }

    /// Replays these, the next ones.
    pub fn replay(&mut self, events: &[Event]) {
        for event in events {
            match event {
                Event::Open { handle, name, journal } => self.open(*handle, name, *journal),
                Event::Write { handle, at, bytes } => self.file(*handle, |file| file.write(*at, bytes)),
                Event::Resize { handle, length } => self.file(*handle, |file| file.resize(*length)),
                Event::Sync { handle } => self.sync(*handle),
                Event::Delete { name, synced } => self.delete(name, *synced),
            }
        }
    }

    /// The power is cut: what is there afterwards.
    pub fn cut(&self, luck: Luck, dice: &mut Dice) -> Image {
        let mut names = self.durable.clone();
        for (name, file) in &self.renames {
            match file {
                _ if luck.state(1, dice) == 0 => {}
                Some(file) => drop(names.insert(name.clone(), *file)),
                None => drop(names.remove(name)),
            }
        }
        names.into_iter().map(|(name, file)| (name, self.files[file].cut(luck, dice))).collect()
    }

    fn open(&mut self, handle: u64, name: &str, journal: bool) {
        let file = match self.names.get(name) {
            Some(file) => *file,
            None => {
                self.files.push(File::of(Vec::new()));
                let file = self.files.len() - 1;
                self.names.insert(name.to_owned(), file);
                self.renames.push((name.to_owned(), Some(file)));
                file
            }
        };
        self.handles.insert(handle, Handle { file, name: name.to_owned(), syncs_names: journal });
    }

    fn file(&mut self, handle: u64, change: impl FnOnce(&mut File)) {
        let handle = self.handles.get(&handle).expect("a file is opened before it is written");
        change(&mut self.files[handle.file]);
    }

    fn sync(&mut self, handle: u64) {
        let honesty = self.honesty;
        let handle = self.handles.get_mut(&handle).expect("a file is opened before it is synced");
        let done = match honesty {
            Honesty::Honest => true,
            Honesty::Lying => false,
            Honesty::LyingOf(name) => name != handle.name,
        };
        if done {
            self.files[handle.file].sync();
        }
        if std::mem::take(&mut handle.syncs_names) && done {
            self.sync_names();
        }
    }

    fn delete(&mut self, name: &str, synced: bool) {
        self.names.remove(name);
        self.renames.push((name.to_owned(), None));
        if synced && self.honesty != Honesty::Lying {
            self.sync_names();
        }
    }

    fn sync_names(&mut self) {
        self.durable = self.names.clone();
        self.renames.clear();
    }
}

/// Makes the files of an image, in a folder that has none.
pub fn lay_out(image: &Image, folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    image.iter().try_for_each(|(name, content)| std::fs::write(folder.join(name), content))
}

#[derive(Debug, Clone)]
struct File {
    /// As programs see it.
    content: Vec<u8>,
    durable: Vec<u8>,
    /// Number of the sector → what it was after each write since the last sync, in order.
    sectors: BTreeMap<usize, Vec<[u8; SECTOR]>>,
    /// The length after each change of it since the last sync, in order.
    lengths: Vec<usize>,
}

impl File {
    fn of(content: Vec<u8>) -> Self {
        Self { durable: content.clone(), content, sectors: BTreeMap::new(), lengths: Vec::new() }
    }

    fn write(&mut self, at: usize, bytes: &[u8]) {
        let end = at + bytes.len();
        if end > self.content.len() {
            self.content.resize(end, 0);
            self.lengths.push(end);
        }
        self.content[at..end].copy_from_slice(bytes);
        self.touched(at, end);
    }

    fn resize(&mut self, length: usize) {
        let before = self.content.len();
        if length != before {
            self.content.resize(length, 0);
            self.lengths.push(length);
            self.touched(length, before);
        }
    }

    /// Keeps what the sectors with the bytes `start..end` are now.
    fn touched(&mut self, start: usize, end: usize) {
        for sector in start / SECTOR..end.div_ceil(SECTOR) {
            let mut now = [0; SECTOR];
            let from = self.content.len().min(sector * SECTOR);
            let to = self.content.len().min(from + SECTOR);
            now[..to - from].copy_from_slice(&self.content[from..to]);
            self.sectors.entry(sector).or_default().push(now);
        }
    }

    fn sync(&mut self) {
        self.durable.clone_from(&self.content);
        self.sectors.clear();
        self.lengths.clear();
    }

    fn cut(&self, luck: Luck, dice: &mut Dice) -> Vec<u8> {
        let length = match luck.state(self.lengths.len(), dice) {
            0 => self.durable.len(),
            n => self.lengths[n - 1],
        };
        let mut content = self.durable.clone();
        content.resize(length, 0);
        for (sector, later) in &self.sectors {
            let n = luck.state(later.len(), dice);
            let from = length.min(sector * SECTOR);
            let to = length.min(from + SECTOR);
            if n > 0 {
                content[from..to].copy_from_slice(&later[n - 1][..to - from]);
            }
        }
        content
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn write(at: usize, byte: u8) -> Event {
        Event::Write { handle: 1, at, bytes: vec![byte; 2 * SECTOR].into() }
    }

    /// What the first byte of each sector may be after a power cut, `None` where there is no file.
    fn outcomes(events: &[Event], luck: Luck) -> BTreeSet<Option<Vec<u8>>> {
        let mut disk = Disk::with(&Image::new());
        disk.replay(&[Event::Open { handle: 1, name: "a".to_owned(), journal: true }]);
        disk.replay(events);
        let cuts = (0..200).map(|seed| disk.cut(luck, &mut Dice::new(seed)));
        let first = |content: &Vec<u8>| content.chunks(SECTOR).map(|sector| sector[0]).collect();
        cuts.map(|image| image.get("a").map(first)).collect()
    }

    #[test]
    fn each_sector_is_as_it_was_synced_or_as_any_later_write_left_it() {
        let events = [write(0, 1), Event::Sync { handle: 1 }, write(0, 2), write(0, 3)];
        let all = [1, 2, 3].into_iter().flat_map(|a| [1, 2, 3].map(|b| Some(vec![a, b])));
        assert_eq!(outcomes(&events, Luck::Some), all.collect());
        assert_eq!(outcomes(&events, Luck::Nothing), BTreeSet::from([Some(vec![1, 1])]));
        assert_eq!(outcomes(&events, Luck::Everything), BTreeSet::from([Some(vec![3, 3])]));
    }

    #[test]
    fn a_length_and_a_name_are_no_safer_than_bytes() {
        let shortened = [write(0, 1), Event::Sync { handle: 1 }, Event::Resize { handle: 1, length: SECTOR }];
        assert_eq!(
            outcomes(&shortened, Luck::Some),
            BTreeSet::from([Some(vec![1]), Some(vec![1, 1]), Some(vec![1, 0])])
        );
        let removed = |synced| Event::Delete { name: "a".to_owned(), synced };
        let may_be_back = outcomes(&[write(0, 1), Event::Sync { handle: 1 }, removed(false)], Luck::Some);
        assert_eq!(may_be_back, BTreeSet::from([None, Some(vec![1, 1])]));
        assert_eq!(outcomes(&[write(0, 1), removed(true)], Luck::Some), BTreeSet::from([None]));
        assert!(outcomes(&[write(0, 1)], Luck::Some).contains(&None), "nobody has synced the name");
    }
}
