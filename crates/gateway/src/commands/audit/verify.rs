//! `vestibule audit verify`: each journal of a state directory, proved on its own.

use std::{path::Path, process::ExitCode};

use anyhow::Result;
use vestibule_store::journal;

use super::super::place;
use crate::{cli, state};

pub(super) fn verify(args: &cli::AuditVerify) -> Result<ExitCode> {
    let directory = place::find(&args.place)?.directory;
    let key = state::journal_public_key(&directory)?;
    if key.is_none() {
        println!("note: the key that signs the journal is not here, so the one it names itself is believed");
    }
    let mut sound = true;
    for folder in state::journals(&directory) {
        sound &= prove(&folder, key.as_deref());
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn prove(folder: &Path, key: Option<&[u8]>) -> bool {
    println!("{}", folder.display());
    let proof = match journal::verify(folder, key) {
        Ok(proof) => proof,
        Err(broken) => {
            println!("  BROKEN: {broken}");
            return false;
        }
    };
    println!("  sound: {} records in an unbroken chain, {} signed checkpoints", proof.records, proof.checkpoints);
    println!("  head:  {}", proof.head.to_hex());
    if proof.unsealed > 0 || proof.unfinished > 0 {
        let (lines, bytes) = (proof.unsealed, proof.unfinished);
        println!(
            "  end:   {lines} lines after the signed head, {bytes} bytes of an unfinished line: a hard stop leaves this, or a gateway that is writing"
        );
    }
    true
}
