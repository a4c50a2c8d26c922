//! The binary `vestibule`.

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    end_quietly_when_nobody_reads();
    vestibule_gateway::run(vestibule_gateway::cli::Cli::parse())
}

/// `vestibule policy show | head` ends when `head` has read enough. That is no fault: `println!` panics, nothing is said.
fn end_quietly_when_nobody_reads() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let text = panic.payload_as_str().unwrap_or("");
        if text.starts_with("failed printing to std") && text.contains("Broken pipe") {
            std::process::exit(0);
        }
        usual(panic);
    }));
}
