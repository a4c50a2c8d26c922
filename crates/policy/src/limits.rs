//! What is checked of Cedar text before the parser sees it.
//!
//! Parser, checker and evaluator walk policies by recursion, so nested text could overflow a stack and
//! end the process. Text is cut into statements here, and each statement is held to limits that a
//! person's policy never meets. What passes is still parsed on a thread with a big stack.

use crate::set::PolicyError;

/// The most bytes of one source file.
pub(crate) const SOURCE_LIMIT: usize = 1 << 20;
/// The deepest nesting of brackets.
pub(crate) const DEPTH_LIMIT: usize = 32;
/// The most weight of operators in one policy: 256 of `&&` and `||`, 128 of `if`, or a mixture. Each may be
/// one level of recursion when the policy is evaluated.
pub(crate) const OPERATOR_LIMIT: usize = 512;
/// Policies of more weight than this are evaluated on a stack of their own, for a worker thread has 2 MiB.
const LIGHT: usize = 40;
/// That stack. Only the touched part of it is ever real memory.
const EVALUATION_STACK: usize = 32 << 20;
/// The stack of the parsing thread. Only the touched part of it is ever real memory.
const PARSER_STACK: usize = 128 << 20;

/// One statement of a Cedar file, up to and with its semicolon.
pub(crate) struct Piece<'a> {
    pub(crate) text: &'a str,
    /// Where it starts, in bytes.
    pub(crate) start: usize,
    /// The weight of its operators.
    pub(crate) weight: usize,
}

/// Runs an evaluation where there is stack enough for policies of this weight.
pub(crate) fn with_stack<T>(weight: usize, evaluate: impl FnOnce() -> T) -> T {
    if weight <= LIGHT { evaluate() } else { stacker::grow(EVALUATION_STACK, evaluate) }
}

/// Runs a load on a thread of its own with a big stack.
///
/// # Errors
/// Those of the load; one more when the thread cannot be started or dies.
pub(crate) fn on_big_stack<T: Send + 'static>(
    load: impl FnOnce() -> Result<T, Vec<PolicyError>> + Send + 'static,
) -> Result<T, Vec<PolicyError>> {
    let failed = |what: String| {
        vec![PolicyError { file: "policies".into(), line: 0, what, remedy: "free some memory and try again".into() }]
    };
    let thread = std::thread::Builder::new().name("policy-parser".into()).stack_size(PARSER_STACK).spawn(load);
    match thread.map(std::thread::JoinHandle::join) {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(failed("the policy parser stopped".into())),
        Err(error) => Err(failed(format!("the policy parser cannot be started: {error}"))),
    }
}

/// Cuts a Cedar file into statements within the limits.
///
/// # Errors
/// The first statement beyond a limit.
pub(crate) fn split<'a>(file: &str, text: &'a str) -> Result<Vec<Piece<'a>>, PolicyError> {
    let error = |offset: usize, what: String, remedy: &str| PolicyError {
        file: file.to_owned(),
        line: line_at(text, offset),
        what,
        remedy: remedy.to_owned(),
    };
    if text.len() > SOURCE_LIMIT {
        return Err(error(0, format!("the file has more than {SOURCE_LIMIT} bytes"), "split it into several files"));
    }
    let mut pieces = Vec::new();
    let mut scan = Scan::default();
    for (offset, char) in text.char_indices() {
        let ended = scan.take(offset, char);
        if scan.depth > DEPTH_LIMIT {
            let what = format!("brackets are nested more than {DEPTH_LIMIT} deep");
            return Err(error(offset, what, "write the condition flatter, or as several policies"));
        }
        if scan.operators > OPERATOR_LIMIT {
            let what = "the policy has too many operators".to_owned();
            return Err(error(offset, what, "split it into several policies, or write `[…].contains(…)`"));
        }
        if ended {
            pieces.extend(scan.cut(text, offset + char.len_utf8()));
        }
    }
    pieces.extend(scan.cut(text, text.len()));
    Ok(pieces)
}

/// The line of a byte offset, counted from 1.
pub(crate) fn line_at(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

/// Where the scanner is.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Inside {
    #[default]
    Code,
    Slash,
    Comment,
    String,
    Escape,
}

/// Reads strings and comments over, counts brackets and operators.
#[derive(Default)]
struct Scan {
    inside: Inside,
    /// Where the statement begins, once something other than white space and comments was seen.
    start: Option<usize>,
    depth: usize,
    /// The weight of the operators so far.
    operators: usize,
    /// The letters `i`, `f` of a word so far; anything else ends the word.
    word: Word,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Word {
    #[default]
    None,
    I,
    If,
    Other,
}

impl Scan {
    /// Takes one character; whether it ends a statement.
    fn take(&mut self, offset: usize, char: char) -> bool {
        self.inside = match (self.inside, char) {
            (Inside::Comment, '\n') => Inside::Code,
            (Inside::Comment, _) | (Inside::Slash, '/') => Inside::Comment,
            (Inside::Escape, _) => Inside::String,
            (Inside::String, '\\') => Inside::Escape,
            (Inside::String, '"') => Inside::Code,
            (Inside::String, _) => Inside::String,
            (Inside::Code | Inside::Slash, '"') => Inside::String,
            (Inside::Code, '/') => Inside::Slash,
            (Inside::Code | Inside::Slash, _) => Inside::Code,
        };
        if matches!(self.inside, Inside::Code | Inside::String) && !char.is_whitespace() {
            self.start.get_or_insert(offset);
        }
        self.inside == Inside::Code && self.count(char)
    }

    fn count(&mut self, char: char) -> bool {
        match char {
            '(' | '[' | '{' => {
                self.depth += 1;
                // Not only nested ones recur: `x["a"]["b"]` and `when { … } when { … }` are chains.
                self.operators += 1;
            }
            ')' | ']' | '}' => self.depth = self.depth.saturating_sub(1),
            '&' | '|' | '.' => self.operators += 1,
            '+' | '-' | '*' | '!' => self.operators += 2,
            _ => {}
        }
        self.word = match (self.word, char) {
            (Word::None, 'i') => Word::I,
            (Word::I, 'f') => Word::If,
            (_, char) if char.is_alphanumeric() || char == '_' => Word::Other,
            (Word::If, _) => {
                self.operators += 4;
                Word::None
            }
            _ => Word::None,
        };
        char == ';'
    }

    /// Ends the statement before `end`; nothing when it is only white space and comments.
    fn cut<'a>(&mut self, text: &'a str, end: usize) -> Option<Piece<'a>> {
        let Self { start, operators, .. } = std::mem::take(self);
        let start = start?;
        Some(Piece { text: text.get(start..end)?, start, weight: operators })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        split("p.cedar", text).unwrap().into_iter().map(|piece| piece.text).collect()
    }

    #[test]
    fn statements_end_at_semicolons_outside_strings_and_comments() {
        assert_eq!(texts("a;b; // c;\n d"), ["a;", "b;", "d"]);
        assert_eq!(texts("a \";\\\";\" b;c;"), ["a \";\\\";\" b;", "c;"]);
        assert_eq!(texts("// only ; a comment"), Vec::<&str>::new());
        assert_eq!(texts("a // \" \n ;b;"), ["a // \" \n ;", "b;"]);
    }

    #[test]
    fn nesting_and_chains_are_bounded() {
        let line = |text: &str| split("p.cedar", text).map(|_| ()).map_err(|error| error.line);
        assert_eq!(line(&format!("\n{}", "(".repeat(DEPTH_LIMIT + 1))), Err(2));
        assert_eq!(line(&"if a then b else ".repeat(OPERATOR_LIMIT + 1)), Err(1));
        assert_eq!(line(&"a && ".repeat(OPERATOR_LIMIT)), Err(1));
        assert_eq!(line(&"a.b".repeat(OPERATOR_LIMIT + 1)), Err(1));
        assert_eq!(line(&format!("\"{}\"", "((((.&&".repeat(1000))), Ok(()));
        assert_eq!(line(&"x".repeat(SOURCE_LIMIT + 1)), Err(1));
    }
}
