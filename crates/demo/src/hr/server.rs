//! The MCP side: lists and dispatch.

use std::sync::{Arc, Mutex, PoisonError};

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, GetPromptRequestParams, GetPromptResponse, Implementation,
        ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, PaginatedRequestParams,
        ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities, ServerConfig,
    },
    service::RequestContext,
};

use super::{
    calendar::Day,
    caller::Caller,
    library,
    records::Records,
    seed,
    tool::{Desk, Now, Tool},
    tools,
};

const INSTRUCTIONS: &str = "The HR system of Acme Instruments: leave, expenses, working time, shifts, projects and reports. \
    Dates are written YYYY-MM-DD. Tools with an `employee_id` are about you when it is left out.";

/// One HR system; clones share it.
#[derive(Clone)]
pub(crate) struct HrServer {
    tools: Arc<Vec<Tool>>,
    records: Arc<Mutex<Records>>,
    now: Now,
}

impl HrServer {
    /// Opens the books as of now.
    pub(crate) fn new(now: Now) -> Self {
        let records = Arc::new(Mutex::new(seed::records(now())));
        Self { tools: Arc::new(tools::all()), records, now }
    }

    fn today(&self) -> Day {
        Day::of_second((self.now)())
    }
}

/// The caller that the listener proved. A request cannot come without one.
fn caller(context: &RequestContext<RoleServer>) -> Result<&Caller, ErrorData> {
    let parts = context.extensions.get::<http::request::Parts>();
    let caller = parts.and_then(|parts| parts.extensions.get::<Caller>());
    caller.ok_or_else(|| ErrorData::invalid_request("nobody is signed in", None))
}

impl ServerHandler for HrServer {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().enable_prompts().enable_resources().build();
        let info = Implementation::new("acme-hr", env!("CARGO_PKG_VERSION")).with_title("Acme HR");
        ServerConfig::new(capabilities).with_server_info(info).with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(self.tools.iter().filter_map(Tool::describe).collect()))
    }

    fn get_tool(&self, name: &str) -> Option<rmcp::model::Tool> {
        self.tools.iter().find(|tool| tool.name == name)?.describe()
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let caller = caller(&context)?;
        let tool = self.tools.iter().find(|tool| tool.name == request.name);
        let tool = tool.ok_or_else(|| ErrorData::invalid_params(format!("Unknown tool: {}", request.name), None))?;
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let mut desk = Desk { records: &mut records, caller, now: (self.now)() };
        Ok(tool.call(request.arguments, &mut desk).into())
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(ListPromptsResult::with_all_items(library::prompts()))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let caller = caller(&context)?;
        let arguments = request.arguments.unwrap_or_default();
        library::prompt(&request.name, &arguments, caller, self.today()).map(Into::into)
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::with_all_items(library::resources()))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(ListResourceTemplatesResult::with_all_items(library::templates()))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        library::read(&request.uri).map(Into::into)
    }
}
