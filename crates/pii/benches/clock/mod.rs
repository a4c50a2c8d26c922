//! How long this thread has been on a processor: what else the machine does costs it nothing.

use std::{fs, io};

/// In nanoseconds; moves in steps of some milliseconds.
///
/// # Errors
/// Where the kernel does not tell, which Linux does.
pub(crate) fn busy() -> io::Result<u64> {
    let told = fs::read_to_string("/proc/thread-self/schedstat")?;
    let busy = told.split(' ').next().and_then(|busy| busy.parse().ok());
    busy.ok_or_else(|| io::Error::other("/proc/thread-self/schedstat says nothing"))
}
