//! What masking adds, through the gateway: to a small result, and to the first event of a stream. One gateway serves both
//! sides, and the header of a request says which it is, so that nothing else differs.

use anyhow::ensure;

use super::{
    CONNECTIONS,
    candidates::Candidate,
    load::{Load, Measured},
    median,
    setup::Bench,
    streams::{number, url},
};

/// Many short ones: what is looked for is a small part of a call, and what else the machine does changes from second to
/// second.
const ROUNDS: usize = 15;
const SECONDS: u32 = 3;
/// How often the first event is waited for, in each of its rounds; a call takes a third of a second.
const CALLS: &str = "20";
const EVENT_ROUNDS: usize = 9;
const SWITCH: &str = "X-Mask-PII-Before-LLM: on";
/// What the tool is told and says again; its results have about 200 bytes.
const MESSAGES: [(&str, &str); 2] = [("nothing personal", "hello"), ("an e-mail address", "ann@example.com")];

pub(super) fn measure(bench: &Bench) -> anyhow::Result<()> {
    println!("\n=== masking, {CONNECTIONS} connections, {ROUNDS} rounds of {SECONDS} s");
    {
        let upstream = bench.upstream()?;
        let gateway = bench.vestibule()?;
        for (what, message) in MESSAGES {
            result(&gateway, what, message)?;
        }
        drop(upstream);
    }
    let streamer = bench.streamer()?;
    let gateway = bench.vestibule()?;
    first(bench, &gateway)?;
    drop(streamer);
    Ok(())
}

/// CPU per call with masking and without, in turns.
fn result(gateway: &Candidate, what: &str, message: &str) -> anyhow::Result<()> {
    let loads = [gateway.echo_load(message, "", CONNECTIONS), gateway.echo_load(message, SWITCH, CONNECTIONS)];
    let bytes = check(&loads)?;
    let (mut off, mut added, mut ratio) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let measure = |load: &Load| {
            load.measure_for(SECONDS, &gateway.process).map(|measured| Measured::micros_per_request(&measured))
        };
        let [without, with] = &loads;
        let (without, with) = if round % 2 == 0 {
            let without = measure(without)?;
            (without, measure(with)?)
        } else {
            let with = measure(with)?;
            (measure(without)?, with)
        };
        off.push(without);
        added.push(with - without);
        ratio.push(with / without);
    }
    let (least, most) = middle_half(added.clone());
    println!(
        "a result of {bytes} bytes with {what}: {:.1} µs without, {:+.1} µs with (at most 3; half of the rounds {least:+.1} to \
         {most:+.1}), {:.3} times",
        median(off),
        median(added),
        median(ratio)
    );
    Ok(())
}

/// Both loads do what they are to be measured doing. Gives how long the answer is.
fn check([without, with]: &[Load; 2]) -> anyhow::Result<usize> {
    let (plain, masked) = (without.once()?, with.once()?);
    ensure!(plain.contains("said the echo"), "not answered: {plain}");
    let personal = plain.contains('@');
    ensure!(masked.contains("[EMAIL") == personal && !masked.contains('@'), "not masked: {masked}");
    Ok(plain.len())
}

/// Until the first event of a stream, which holds personal data, in turns.
fn first(bench: &Bench, gateway: &Candidate) -> anyhow::Result<()> {
    let (mut off, mut added) = (Vec::new(), Vec::new());
    for _ in 0..EVENT_ROUNDS {
        let wait = |what| number(&mut bench.listener(&[what, &url(gateway), &gateway.bearer, CALLS]));
        let (without, with) = (wait("first")?, wait("masked")?);
        off.push(without);
        added.push(with - without);
    }
    let (least, most) = middle_half(added.clone());
    println!(
        "first event: {:.0} µs without, {:+.0} µs with (less than 1000; half of the rounds {least:+.0} to {most:+.0})",
        median(off),
        median(added)
    );
    Ok(())
}

/// Between which values the middle half of all lies: how far to trust their median.
fn middle_half(mut values: Vec<f64>) -> (f64, f64) {
    values.sort_by(f64::total_cmp);
    let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
    (at(values.len() / 4), at(values.len().saturating_sub(1 + values.len() / 4)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_half_leaves_out_a_quarter_on_each_side() {
        assert_eq!(middle_half(vec![9.0, 1.0, 3.0, 2.0, 4.0, 5.0, 6.0, 7.0]), (3.0, 6.0));
        assert_eq!(middle_half(vec![1.0]), (1.0, 1.0));
    }
}
