//! Personal data in logs and in the audit journal: masked before it leaves the process, by the engine that masks answers.

use std::{
    borrow::Cow,
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tracing::{Event, Subscriber};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};
use vestibule_model::{AuditEvent, Masking, Secret};
use vestibule_pii::{Config, Masker, Naming};
use vestibule_proxy::LOG_SPANS;
use vestibule_store::journal::EventMask;
use vestibule_vault::screen::settings::Switch;

/// The switch for logs. It starts as the environment says, and follows the configuration once that is read.
#[derive(Clone)]
pub struct LogSwitch {
    on: Arc<AtomicBool>,
    masker: Arc<Masker>,
}

impl LogSwitch {
    /// A switch in this position.
    pub fn new(switch: Switch) -> Self {
        // Labels in logs have no numbers and no keyed hashes, so the key serves nothing.
        let masker = Arc::new(Masker::new(Config::default(), Secret::new([0; 32])));
        let this = Self { on: Arc::default(), masker };
        this.turn(switch);
        this
    }

    /// Another position.
    pub fn turn(&self, switch: Switch) {
        self.on.store(switch == Switch::On, Ordering::Relaxed);
    }

    fn is_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    /// A text as it may leave.
    pub fn masked<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.masker.mask(text, &mut Naming::Plain) {
            Ok(screened) => screened.into_inner(),
            Err(_) => Cow::Owned(format!("[UNSCANNED {} bytes]", text.len())),
        }
    }

    /// What is done to events of the audit journal.
    pub fn for_journal(&self) -> Arc<EventMask> {
        let switch = self.clone();
        Arc::new(move |event| {
            let on = match event.masking {
                Masking::AsConfigured => switch.is_on(),
                Masking::On => true,
                Masking::Off => false,
            };
            if on { switch.event(event) } else { None }
        })
    }

    /// Everything in an event that somebody outside has chosen; the rest are names and numbers of ours.
    fn event(&self, event: &AuditEvent) -> Option<AuditEvent> {
        let other = |text: &str| match self.masked(text) {
            Cow::Borrowed(_) => None,
            Cow::Owned(masked) => Some(masked),
        };
        let target = event.target.as_deref().and_then(other);
        let action = event.action.as_deref().and_then(other);
        let reason = event.reason.as_deref().and_then(other);
        let detail = event.detail.as_deref().and_then(other);
        let client = event.client.as_ref().and_then(|client| other(client.as_str()));
        let address = event.address.map(network).filter(|network| Some(*network) != event.address);
        if [&target, &action, &reason, &detail, &client].iter().all(|text| text.is_none()) && address.is_none() {
            return None;
        }
        let mut masked = event.clone();
        masked.target = target.map(Into::into).or(masked.target);
        masked.action = action.map(Cow::Owned).or(masked.action);
        masked.reason = reason.map(Cow::Owned).or(masked.reason);
        masked.detail = detail.map(Cow::Owned).or(masked.detail);
        masked.client = client.map(Into::into).or(masked.client);
        masked.address = address.or(masked.address);
        Some(masked)
    }
}

/// The network of an address, so that evidence still tells where from: 24 bits of IPv4, 48 of IPv6. Loopback is nobody's.
fn network(address: IpAddr) -> IpAddr {
    match address {
        _ if address.is_loopback() => address,
        IpAddr::V4(address) => IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & !0xFF)),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !(u128::MAX >> 48))),
    }
}

/// A format of log lines that masks each before it is written.
pub struct MaskedFormat<F> {
    inner: F,
    switch: LogSwitch,
}

impl<F> MaskedFormat<F> {
    /// This format, masked.
    pub fn new(inner: F, switch: LogSwitch) -> Self {
        Self { inner, switch }
    }
}

impl<S, N, F> FormatEvent<S, N> for MaskedFormat<F>
where
    S: Subscriber + for<'l> LookupSpan<'l>,
    N: for<'w> FormatFields<'w> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let [on, off] = LOG_SPANS;
        let wish = context.event_scope().and_then(|scope| {
            let names = scope.map(|span| span.metadata().name());
            names.filter(|name| *name == on || *name == off).last()
        });
        let masks = match wish {
            Some(name) => name == on,
            None => self.switch.is_on(),
        };
        if !masks {
            return self.inner.format_event(context, writer, event);
        }
        // Without colours: an escape beside a number would hide where it begins.
        let mut line = String::new();
        self.inner.format_event(context, Writer::new(&mut line), event)?;
        writer.write_str(&self.switch.masked(&line))
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Mutex, PoisonError},
    };

    use tracing_subscriber::fmt::MakeWriter;
    use vestibule_model::{ClientId, EventKind, RequestId, Timestamp};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Kept {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }

    fn logged(switch: Switch, work: impl Fn()) -> String {
        let mut all = String::new();
        let kept = Kept::default();
        let plain = tracing_subscriber::fmt()
            .with_writer(kept.clone())
            .compact()
            .map_event_format(|format| MaskedFormat::new(format, LogSwitch::new(switch)));
        tracing::subscriber::with_default(plain.finish(), &work);
        let json = tracing_subscriber::fmt()
            .with_writer(kept.clone())
            .json()
            .map_event_format(|format| MaskedFormat::new(format, LogSwitch::new(switch)));
        tracing::subscriber::with_default(json.finish(), &work);
        all.push_str(&String::from_utf8_lossy(&kept.0.lock().unwrap()));
        all
    }

    #[test]
    fn log_lines_are_masked_in_both_formats() {
        let work = || {
            let span = tracing::info_span!("sign_in", email = "jane.doe@example.com");
            let _inside = span.enter();
            tracing::warn!(phone = "+1 415 555 2671", "the card 4111 1111 1111 1111 of 203.0.113.9 was refused");
        };
        let masked = logged(Switch::On, work);
        for clear in ["jane.doe", "415 555", "4111", "203.0.113"] {
            assert!(!masked.contains(clear), "{clear} in {masked}");
        }
        assert!(masked.contains("[EMAIL]") && masked.contains("[CARD]") && masked.contains("sign_in"), "{masked}");
        let json = masked.lines().last().unwrap();
        assert!(serde_json::from_str::<serde_json::Value>(json).is_ok(), "{json}");
        assert!(logged(Switch::Off, work).contains("jane.doe@example.com"));
    }

    #[test]
    fn a_request_may_have_its_own_wish() {
        let work = |name: usize| {
            move || {
                let span = if name == 0 { tracing::error_span!("masked") } else { tracing::error_span!("unmasked") };
                span.in_scope(|| tracing::info!("jane.doe@example.com"));
            }
        };
        assert_eq!(LOG_SPANS, ["masked", "unmasked"]);
        assert!(!logged(Switch::Off, work(0)).contains("jane.doe"));
        assert!(logged(Switch::On, work(1)).contains("jane.doe"));
    }

    #[test]
    fn evidence_keeps_the_network_and_no_more() {
        let mask = LogSwitch::new(Switch::On).for_journal();
        let mut event = AuditEvent::new(Timestamp::from_seconds(0), EventKind::Call, RequestId::from("req_1"));
        assert!(mask(&event).is_none(), "nothing to mask, nothing copied");
        event.target = Some("hr://people/jane.doe@example.com".into());
        event.client = Some(ClientId::new("https://jane.doe@example.com/client"));
        event.address = Some("203.0.113.9".parse().unwrap());
        let masked = mask(&event).unwrap();
        assert_eq!(masked.target.as_deref(), Some("hr://people/[EMAIL]"));
        assert_eq!(masked.address, Some("203.0.113.0".parse().unwrap()));
        event.masking = Masking::Off;
        assert!(mask(&event).is_none());
        let off = LogSwitch::new(Switch::Off).for_journal();
        event.masking = Masking::AsConfigured;
        assert!(off(&event).is_none());
        event.masking = Masking::On;
        assert!(off(&event).is_some());
        let address = network("2001:db8:1:2:3:4:5:6".parse().unwrap());
        assert_eq!(address, "2001:db8:1::".parse::<IpAddr>().unwrap());
        assert_eq!(network("127.0.0.1".parse().unwrap()), "127.0.0.1".parse::<IpAddr>().unwrap());
    }
}
