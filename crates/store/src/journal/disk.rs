//! The files of a journal: segments named by their first record, and the traits by which tests put a
//! failing disk in their place.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// A file that records are added to.
pub(super) trait Segment: Send {
    /// Adds bytes at the end. On an error any part of them may have been written.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Returns when everything added is on the disk.
    fn sync(&mut self) -> io::Result<()>;
    /// Cuts the file to a length.
    fn truncate(&mut self, length: u64) -> io::Result<()>;
}

/// Where segments are made.
pub(super) trait Disk: Send {
    /// Opens the segment whose first record is `first`; makes it when there is none.
    fn open(&mut self, first: u64) -> io::Result<Box<dyn Segment>>;
}

impl Segment for File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }
}

/// The files of one node's journal in a directory.
#[derive(Clone, Debug)]
pub(super) struct Files {
    directory: PathBuf,
    node: String,
}

impl Files {
    pub(super) fn new(directory: &Path, node: &str) -> Self {
        Self { directory: directory.to_owned(), node: node.to_owned() }
    }

    /// The journal that a path means: a directory with one node's journal, or one of its files.
    pub(super) fn meant_by(path: &Path) -> io::Result<Self> {
        let directory = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
        let named =
            |path: &Path| Some(path.file_name()?.to_str()?.strip_prefix("audit-")?.split_once('.')?.0.to_owned());
        if !path.is_dir() {
            let node = named(path).ok_or_else(|| missing(path))?;
            return Ok(Self { directory: directory.to_owned(), node });
        }
        let mut nodes: Vec<String> =
            std::fs::read_dir(directory)?.flatten().filter_map(|entry| named(&entry.path())).collect();
        nodes.sort_unstable();
        nodes.dedup();
        match nodes.as_slice() {
            [node] => Ok(Self { directory: directory.to_owned(), node: node.clone() }),
            [] => Err(missing(path)),
            _ => Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "several nodes' journals are here: name one file of the one you mean",
            )),
        }
    }

    pub(super) fn segment(&self, first: u64) -> PathBuf {
        self.directory.join(format!("audit-{}.{first:012}.jsonl", self.node))
    }

    pub(super) fn head(&self) -> PathBuf {
        self.directory.join(format!("audit-{}.head", self.node))
    }

    /// First records of the segments that are there, in order.
    pub(super) fn segments(&self) -> io::Result<Vec<u64>> {
        let prefix = format!("audit-{}.", self.node);
        let first = |name: &str| name.strip_prefix(&prefix)?.strip_suffix(".jsonl")?.parse::<u64>().ok();
        let mut all = Vec::new();
        for entry in std::fs::read_dir(&self.directory)? {
            all.extend(entry?.file_name().to_str().and_then(first));
        }
        all.sort_unstable();
        Ok(all)
    }

    /// Makes the directory, closed to others.
    pub(super) fn make_directory(&self) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.directory)
    }

    /// Makes new names in the directory survive a power cut.
    pub(super) fn sync_directory(&self) -> io::Result<()> {
        File::open(&self.directory)?.sync_all()
    }
}

impl Disk for Files {
    fn open(&mut self, first: u64) -> io::Result<Box<dyn Segment>> {
        let path = self.segment(first);
        let is_new = !path.exists();
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
        if is_new {
            self.sync_directory()?;
        }
        Ok(Box::new(file))
    }
}

fn missing(path: &Path) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("{} holds no audit journal", path.display()))
}
