//! What a tool is here: a name, words for the model, typed arguments and a typed result.

use std::sync::Arc;

use rmcp::{
    handler::server::tool::{schema_for_input, schema_for_output},
    model::{CallToolResult, ContentBlock, JsonObject, ToolAnnotations},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    calendar::Day,
    caller::Caller,
    people::{self, Employee},
    records::Records,
};

/// Seconds since the Unix epoch.
pub(crate) type Now = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Why a tool did not do it, in words that help the model to do better.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Refusal(pub(crate) String);

impl From<&str> for Refusal {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Refusal {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// What a tool works with during one call.
pub(crate) struct Desk<'a> {
    pub(crate) records: &'a mut Records,
    pub(crate) caller: &'a Caller,
    pub(crate) now: i64,
}

impl Desk<'_> {
    pub(crate) fn today(&self) -> Day {
        Day::of_second(self.now)
    }

    /// The employee who is calling.
    pub(crate) fn me(&self) -> Result<&'static Employee, Refusal> {
        self.caller.employee().ok_or_else(|| "Your account is not linked to an employee. Ask People Operations.".into())
    }

    /// The employee asked for; the caller when nobody is named.
    pub(crate) fn subject(&self, employee_id: Option<&str>) -> Result<&'static Employee, Refusal> {
        employee_id.map_or_else(|| self.me(), employee)
    }
}

/// The employee with a number, or words that help.
pub(crate) fn employee(id: &str) -> Result<&'static Employee, Refusal> {
    people::find(id).ok_or_else(|| {
        format!("There is no employee {id:?}. Numbers look like E1001; get_team_members lists those of a department.")
            .into()
    })
}

/// No arguments.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// A tool in the table of all tools.
pub(crate) struct Tool {
    pub(crate) name: &'static str,
    title: &'static str,
    description: &'static str,
    annotations: ToolAnnotations,
    input: Result<Arc<JsonObject>, String>,
    output: Arc<JsonObject>,
    run: Run,
}

type Run = Box<dyn Fn(Value, &mut Desk<'_>) -> Result<Value, Refusal> + Send + Sync>;

impl Tool {
    /// A tool that only looks.
    pub(crate) fn read<A, R>(
        name: &'static str,
        title: &'static str,
        description: &'static str,
        run: fn(A, &mut Desk<'_>) -> Result<R, Refusal>,
    ) -> Self
    where
        A: DeserializeOwned + JsonSchema + 'static,
        R: Serialize + JsonSchema + 'static,
    {
        let annotations = ToolAnnotations::new().read_only(true).open_world(false);
        Self::new(name, title, description, annotations, run)
    }

    /// A tool that changes the records.
    pub(crate) fn write<A, R>(
        name: &'static str,
        title: &'static str,
        description: &'static str,
        run: fn(A, &mut Desk<'_>) -> Result<R, Refusal>,
    ) -> Self
    where
        A: DeserializeOwned + JsonSchema + 'static,
        R: Serialize + JsonSchema + 'static,
    {
        let annotations =
            ToolAnnotations::new().read_only(false).destructive(false).idempotent(false).open_world(false);
        Self::new(name, title, description, annotations, run)
    }

    fn new<A, R>(
        name: &'static str,
        title: &'static str,
        description: &'static str,
        annotations: ToolAnnotations,
        run: fn(A, &mut Desk<'_>) -> Result<R, Refusal>,
    ) -> Self
    where
        A: DeserializeOwned + JsonSchema + 'static,
        R: Serialize + JsonSchema + 'static,
    {
        let run = move |arguments: Value, desk: &mut Desk<'_>| {
            let arguments =
                serde_json::from_value(arguments).map_err(|error| format!("The arguments do not fit: {error}."))?;
            let result = run(arguments, desk)?;
            serde_json::to_value(result).map_err(|error| Refusal(format!("The result cannot be written: {error}.")))
        };
        let (input, output) = (schema_for_input::<A>(), schema_for_output::<R>());
        Self { name, title, description, annotations, input, output, run: Box::new(run) }
    }

    /// As `tools/list` shows it; `None` when its arguments are not an object.
    pub(crate) fn describe(&self) -> Option<rmcp::model::Tool> {
        let input = Arc::clone(self.input.as_ref().ok()?);
        let tool = rmcp::model::Tool::new(self.name, self.description, input);
        let tool = tool.with_title(self.title).with_raw_output_schema(Arc::clone(&self.output));
        Some(tool.with_annotations(self.annotations.clone()))
    }

    /// Runs it. What the caller did wrong is a result too, so that the model reads it.
    pub(crate) fn call(&self, arguments: Option<JsonObject>, desk: &mut Desk<'_>) -> CallToolResult {
        match (self.run)(Value::Object(arguments.unwrap_or_default()), desk) {
            Ok(result) => CallToolResult::structured(result),
            Err(Refusal(text)) => CallToolResult::error(vec![ContentBlock::text(text)]),
        }
    }
}
