//! What the protocol needs as it is, told to the masker.

use vestibule_mcp::{
    Message,
    untouched::{self, Value},
};
use vestibule_pii::{Form, Paths, Shape, Way};

use crate::McpCall;

/// The header of a stream that goes on.
const LAST_EVENT: &str = "last-event-id";
/// What stands for the method of a stream that answers nothing. No method is called so.
const NOTHING: &str = " ";

/// The method whose answers come.
pub(super) fn asked(call: &McpCall) -> &str {
    match &call.message {
        Some(message) => Message::method(message),
        None if call.headers.contains_key(LAST_EVENT) => untouched::RESUMED,
        None => NOTHING,
    }
}

/// The tables of the protocol.
pub(super) fn paths() -> Paths {
    let mut forms: Vec<(Form<'_>, Vec<(Way<'_>, Shape)>)> = Vec::new();
    for (form, places) in untouched::TABLES {
        let places: Vec<_> = places.iter().map(|(place, value)| (*place, shape(*value))).collect();
        match form {
            untouched::Form::All => forms.push((Form::All, places)),
            untouched::Form::Asks(methods) => {
                forms.extend(methods.iter().map(|method| (Form::Asks(method), places.clone())));
            }
            untouched::Form::Answers(methods) => {
                forms.extend(methods.iter().map(|method| (Form::Answers(method), places.clone())));
            }
            untouched::Form::Answered(methods, kind) => {
                forms.extend(methods.iter().map(|method| (Form::Answered(method, kind), places.clone())));
            }
        }
    }
    let tables: Vec<_> = forms.iter().map(|(form, places)| (*form, places.as_slice())).collect();
    Paths::new(&tables)
}

fn shape(value: Value) -> Shape {
    match value {
        Value::Token => Shape::Token,
        Value::Uri => Shape::Uri,
        Value::Time => Shape::Time,
        Value::Picture => Shape::Picture,
        Value::Trace => Shape::Trace,
        Value::File => Shape::Base64,
        Value::Whole => Shape::Whole,
    }
}
