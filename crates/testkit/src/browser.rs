//! A browser as far as sign-in needs one: cookies, redirects, and forms filled in as they are on the page.

use std::{collections::BTreeMap, sync::Mutex};

use bytes::Bytes;
use http::{Method, header};

use crate::http::{Answer, Http, request};

/// A browser with its own cookies. It sends `__Host-` cookies over plain HTTP too, as browsers do to loopback hosts.
pub struct Browser {
    http: Http,
    cookies: Mutex<BTreeMap<String, String>>,
}

/// A form of a page: where it goes and what it says when nothing is touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// Where it is posted to.
    pub action: String,
    /// Names and values: hidden and text fields, and the ticked boxes.
    pub fields: Vec<(String, String)>,
}

impl Form {
    /// The form of a page that is posted to `action`.
    pub fn on(page: &Answer, action: &str) -> Self {
        Self::all(page.text())
            .into_iter()
            .find(|form| form.action == action)
            .unwrap_or_else(|| panic!("no form for {action} on the page {} {}", page.status, page.text()))
    }

    /// All forms of a page.
    pub fn all(html: &str) -> Vec<Self> {
        let forms = html.split("<form").skip(1).filter_map(|rest| rest.split_once("</form>"));
        forms
            .map(|(form, _)| {
                let (head, inside) = form.split_once('>').unwrap_or((form, ""));
                let inputs =
                    inside.split("<input").skip(1).filter_map(|rest| rest.split_once('>')).map(|(input, _)| input);
                let fields = inputs.filter(|input| is_sent(input)).filter_map(|input| {
                    Some((attribute(input, "name")?, attribute(input, "value").unwrap_or_default()))
                });
                Self { action: attribute(head, "action").unwrap_or_default(), fields: fields.collect() }
            })
            .collect()
    }

    /// Fills in a field; replaces what it said.
    #[must_use]
    pub fn fill(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(have, _)| have != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Ticks exactly these boxes called `scope`.
    #[must_use]
    pub fn tick(mut self, scopes: &[&str]) -> Self {
        self.fields.retain(|(have, _)| have != "scope");
        self.fields.extend(scopes.iter().map(|scope| ("scope".to_owned(), (*scope).to_owned())));
        self
    }

    /// The value of a field.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }
}

/// Whether a field is part of the form when nothing is touched.
fn is_sent(input: &str) -> bool {
    let choice = matches!(attribute(input, "type").as_deref(), Some("checkbox" | "radio"));
    !choice || input.ends_with(" checked")
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(value.replace("&#38;", "&").replace("&amp;", "&").replace("&#34;", "\"").replace("&#39;", "'"))
}

impl Browser {
    /// A fresh one.
    pub fn new(http: &Http) -> Self {
        Self { http: http.clone(), cookies: Mutex::default() }
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    /// The `Cookie` header it sends.
    pub fn cookies(&self) -> String {
        let cookies = self.cookies.lock().unwrap();
        let pairs: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    /// Opens a page; redirects are not followed.
    pub async fn get(&self, target: &str) -> Answer {
        let builder = request(Method::GET, self.local(target)).header(header::COOKIE, self.cookies());
        self.take(self.http.send(builder.body(Bytes::new()).unwrap()).await)
    }

    /// Opens a page and follows redirects inside the gateway. The last answer may be a redirect to somewhere else.
    pub async fn visit(&self, target: &str) -> Answer {
        let answer = self.get(target).await;
        self.follow(answer).await
    }

    /// Follows redirects inside the gateway.
    pub async fn follow(&self, mut answer: Answer) -> Answer {
        for _ in 0..8 {
            let next = match answer.status.as_u16() {
                302 | 303 => answer.location().to_owned(),
                _ => return answer,
            };
            if !next.starts_with('/') && !next.starts_with(&format!("{}/", self.http.origin())) {
                return answer;
            }
            answer = self.get(&next).await;
        }
        panic!("redirects without end");
    }

    /// Posts a form as its page would; redirects are not followed.
    pub async fn submit(&self, form: &Form) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&form.fields).finish();
        let builder = request(Method::POST, self.local(&form.action))
            .header(header::COOKIE, self.cookies())
            .header(header::ORIGIN, self.http.origin())
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.take(self.http.send(builder.body(Bytes::from(body)).unwrap()).await)
    }

    /// Signs in with a password on a sign-in page; what comes next is followed.
    pub async fn sign_in(&self, page: &Answer, email: &str, password: &str) -> Answer {
        let form = Form::on(page, "/login").fill("email", email).fill("password", password);
        self.follow(self.submit(&form).await).await
    }

    /// A path of ours from a target that may name the origin.
    fn local<'a>(&self, target: &'a str) -> &'a str {
        target.strip_prefix(&self.http.origin()).unwrap_or(target)
    }

    fn take(&self, answer: Answer) -> Answer {
        let mut cookies = self.cookies.lock().unwrap();
        for line in answer.headers.get_all(header::SET_COOKIE) {
            let line = line.to_str().unwrap();
            let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") || value.is_empty() {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        drop(cookies);
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_as_it_is() {
        let html = r#"<form method="post" action="/x"><input type="hidden" name="csrf" value="a&#38;b">
            <input type="checkbox" name="scope" value="on" checked><input type="checkbox" name="scope" value="off">
            <input name="email" type="email" value=""></form>"#;
        let form = &Form::all(html)[0];
        assert_eq!(form.action, "/x");
        let fields: Vec<(&str, &str)> =
            form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(fields, [("csrf", "a&b"), ("scope", "on"), ("email", "")]);
    }
}
