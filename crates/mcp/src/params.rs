//! One pass over `params`: what policy and the era rules look at, and nothing else.

use std::{borrow::Cow, ops::Range};

use crate::{
    error::ParseError,
    keys,
    scan::{Kind, Scanner, Value},
    state::strings,
};

type Outcome<T> = Result<T, ParseError>;

/// The keys of `params` that somebody decides by. A case variant of one is refused.
const KNOWN: [&str; 21] = [
    "name",
    "arguments",
    "uri",
    "_meta",
    "cursor",
    "ref",
    "argument",
    "context",
    "requestState",
    "inputResponses",
    "inputRequests",
    "protocolVersion",
    "capabilities",
    "clientInfo",
    "taskId",
    "task",
    "notifications",
    "resourceSubscriptions",
    "requestId",
    "progressToken",
    "level",
];

/// The reserved keys of `_meta` that the era rules look at.
const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const META_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
const META_KNOWN: [&str; 3] = [META_VERSION, META_CAPABILITIES, "io.modelcontextprotocol/clientInfo"];

/// Text of a message: a piece of its bytes, or unescaped.
#[derive(Clone, Debug)]
pub(crate) enum Text {
    Plain(Range<usize>),
    Unescaped(Box<str>),
}

impl Text {
    /// `span` has the quotes; borrowed text is what stands between them.
    fn new(text: Cow<'_, str>, span: &Range<usize>) -> Self {
        match text {
            Cow::Borrowed(_) => Self::Plain(span.start + 1..span.end.saturating_sub(1)),
            Cow::Owned(text) => Self::Unescaped(text.into_boxed_str()),
        }
    }
}

/// A member that should be a string.
#[derive(Clone, Debug, Default)]
pub(crate) enum Field {
    #[default]
    Absent,
    Text(Text),
    /// There, but not a string.
    Other,
}

/// What `completion/complete` completes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reference {
    pub(crate) kind: Field,
    pub(crate) name: Field,
    pub(crate) uri: Field,
}

/// The `arguments` of a call.
#[derive(Clone, Debug, Default)]
pub(crate) enum Arguments {
    #[default]
    Absent,
    /// The whole object, and each top-level key with its value.
    Object(Range<usize>, Vec<(Text, Range<usize>)>),
    /// Neither an object nor null.
    Other,
}

/// The reserved members of `_meta`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meta {
    pub(crate) version: Field,
    pub(crate) has_capabilities: bool,
}

/// What was found in `params`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Params {
    pub(crate) name: Field,
    pub(crate) uri: Field,
    pub(crate) task: Field,
    pub(crate) state: Field,
    /// Where `requestState` stands, with its quotes.
    pub(crate) state_span: Option<Range<usize>>,
    pub(crate) initialize_version: Field,
    pub(crate) reference: Reference,
    pub(crate) arguments: Arguments,
    pub(crate) meta: Meta,
    /// `_meta` is there and is not an object.
    pub(crate) bad_meta: bool,
    /// `notifications.resourceSubscriptions` and where that array stands.
    pub(crate) subscriptions: Option<(Vec<String>, Range<usize>)>,
    /// Something other than `_meta` and a filter of list changes and resources: a `subscriptions/listen` with it reaches
    /// for more than we know of.
    pub(crate) reaches_further: bool,
}

impl Params {
    /// Scans the object that comes next.
    pub(crate) fn scan(scanner: &mut Scanner<'_>) -> Outcome<Self> {
        let mut params = Self::default();
        scanner.object(|scanner, key| params.member(scanner, key.as_ref()))?;
        Ok(params)
    }

    fn member(&mut self, scanner: &mut Scanner<'_>, key: &str) -> Outcome<()> {
        match key {
            "name" => self.name = field(scanner)?,
            "uri" => self.uri = field(scanner)?,
            "taskId" => self.task = field(scanner)?,
            "requestState" => {
                let value = scanner.value()?;
                self.state = as_field(scanner, &value);
                self.state_span = Some(value.span);
            }
            "protocolVersion" => self.initialize_version = field(scanner)?,
            "arguments" => self.arguments = arguments(scanner)?,
            "ref" => self.reference = reference(scanner)?,
            "_meta" => {
                self.meta_object(scanner)?;
                return Ok(());
            }
            "notifications" => {
                self.listen_filter(scanner)?;
                return Ok(());
            }
            other => {
                refuse_variant(other, &KNOWN)?;
                scanner.value()?;
            }
        }
        self.reaches_further = true;
        Ok(())
    }

    /// What `subscriptions/listen` asks for: changes of lists, resources, and perhaps what we know nothing of.
    fn listen_filter(&mut self, scanner: &mut Scanner<'_>) -> Outcome<()> {
        if scanner.peek() != Some(b'{') {
            scanner.value()?;
            self.reaches_further = true;
            return Ok(());
        }
        scanner.object(|scanner, key| match key.as_ref() {
            "toolsListChanged" | "promptsListChanged" | "resourcesListChanged" => {
                self.reaches_further |= !matches!(scanner.value()?.kind, Kind::True | Kind::False);
                Ok(())
            }
            "resourceSubscriptions" => {
                let start = scanner.position();
                match strings(scanner)? {
                    Some(uris) => {
                        let uris = uris.into_iter().map(Cow::into_owned).collect();
                        self.subscriptions = Some((uris, start..scanner.position()));
                    }
                    None => self.reaches_further = true,
                }
                Ok(())
            }
            other => {
                refuse_variant(other, &["resourceSubscriptions"])?;
                self.reaches_further = true;
                scanner.value().map(drop)
            }
        })?;
        Ok(())
    }

    fn meta_object(&mut self, scanner: &mut Scanner<'_>) -> Outcome<()> {
        if scanner.peek() != Some(b'{') {
            scanner.value()?;
            self.bad_meta = true;
            return Ok(());
        }
        let meta = &mut self.meta;
        scanner.object(|scanner, key| {
            match key.as_ref() {
                META_VERSION => meta.version = field(scanner)?,
                META_CAPABILITIES => meta.has_capabilities = scanner.value()?.kind == Kind::Object,
                other => {
                    refuse_variant(other, &META_KNOWN)?;
                    scanner.value()?;
                }
            }
            Ok(())
        })?;
        Ok(())
    }
}

/// Refuses a key that some reader would take for a known one.
pub(crate) fn refuse_variant(key: &str, known: &[&str]) -> Outcome<()> {
    if keys::is_variant_of(key, known) {
        return Err(ParseError::NotRpc(format!("the key {key:?} differs only by letter case from one with a meaning")));
    }
    Ok(())
}

/// The value that comes next, as a string or something else.
pub(crate) fn field(scanner: &mut Scanner<'_>) -> Outcome<Field> {
    let value = scanner.value()?;
    Ok(as_field(scanner, &value))
}

fn as_field(scanner: &Scanner<'_>, value: &Value) -> Field {
    match value.kind {
        Kind::String { escaped } => Field::Text(Text::new(scanner.text_of(&value.span, escaped), &value.span)),
        _ => Field::Other,
    }
}

fn arguments(scanner: &mut Scanner<'_>) -> Outcome<Arguments> {
    if scanner.peek() != Some(b'{') {
        return Ok(match scanner.value()?.kind {
            Kind::Null => Arguments::Absent,
            _ => Arguments::Other,
        });
    }
    let mut names: Vec<Cow<'_, str>> = Vec::with_capacity(4);
    let mut members = Vec::with_capacity(4);
    let span = scanner.object(|scanner, key| {
        names.push(key.text.clone());
        members.push((Text::new(key.text.clone(), &key.span), scanner.value()?.span));
        Ok(())
    })?;
    if let Some((one, other)) = keys::variant_pair(names.iter().map(AsRef::as_ref)) {
        return Err(ParseError::NotRpc(format!("the arguments {one:?} and {other:?} differ only by letter case")));
    }
    Ok(Arguments::Object(span, members))
}

fn reference(scanner: &mut Scanner<'_>) -> Outcome<Reference> {
    let mut found = Reference::default();
    if scanner.peek() != Some(b'{') {
        scanner.value()?;
        return Ok(found);
    }
    scanner.object(|scanner, key| {
        match key.as_ref() {
            "type" => found.kind = field(scanner)?,
            "name" => found.name = field(scanner)?,
            "uri" => found.uri = field(scanner)?,
            other => {
                refuse_variant(other, &["type", "name", "uri"])?;
                scanner.value()?;
            }
        }
        Ok(())
    })?;
    Ok(found)
}
