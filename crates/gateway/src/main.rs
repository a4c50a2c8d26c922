//! The binary `vestibule`.

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    vestibule_gateway::run(vestibule_gateway::cli::Cli::parse())
}
