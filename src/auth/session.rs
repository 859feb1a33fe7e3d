//! Login by form: the session cookie is the proof, and unsafe methods carry the CSRF token as Django wants it.

use std::sync::LazyLock;

use regex::Regex;
use reqwest::Method;

use super::Credential;
use super::client::{Call, Client, Payload};
use super::issuer::Issuer;
use crate::plan::User;
use crate::scenario::model::Auth;
use crate::secret::SecretString;

/// The settings of an `[auth.*]` table of kind `session`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Session<'a> {
    pub login: &'a str,
    pub logout: Option<&'a str>,
    pub username_field: &'a str,
    pub password_field: &'a str,
    pub csrf_cookie: &'a str,
    pub csrf_field: &'a str,
    pub csrf_header: &'a str,
    pub session_cookie: &'a str,
}

impl<'a> Session<'a> {
    /// The settings, when the table is of this kind.
    pub fn of(auth: &'a Auth) -> Option<Self> {
        match auth {
            Auth::Session {
                login,
                logout,
                username_field,
                password_field,
                csrf_cookie,
                csrf_field,
                csrf_header,
                session_cookie,
                ..
            } => Some(Session {
                login,
                logout: logout.as_deref(),
                username_field,
                password_field,
                csrf_cookie,
                csrf_field,
                csrf_header,
                session_cookie,
            }),
            _ => None,
        }
    }

    /// # Errors
    /// The refusal, in words.
    pub(super) async fn obtain(&self, issuer: &Issuer, user: &User) -> Result<Credential, String> {
        let client = &issuer.client;
        let page = client
            .send(Call {
                method: Method::GET,
                path: self.login,
                headers: vec![("Accept".into(), "text/html".into())],
                payload: Payload::Nothing,
                secrets: Vec::new(),
            })
            .await?;
        if page.status != 200 {
            return Err(page.refusal(&user.name, "the login page did not answer 200"));
        }
        let csrf = page.cookie(self.csrf_cookie);
        let field = hidden_field(&String::from_utf8_lossy(&page.body), self.csrf_field).or(csrf.clone());
        let password = issuer.password(user);
        let mut form = vec![
            (self.username_field.to_owned(), user.name.clone()),
            (self.password_field.to_owned(), password.clone()),
        ];
        form.extend(field.clone().map(|value| (self.csrf_field.to_owned(), value)));
        let mut headers = self.same_origin(client);
        headers.extend(
            csrf.as_ref().map(|value| ("Cookie".to_owned(), format!("{}={value}", self.csrf_cookie))),
        );
        headers.extend(csrf.as_ref().map(|value| (self.csrf_header.to_owned(), value.clone())));
        let secrets = [Some(password), csrf.clone(), field].into_iter().flatten().collect();
        let answer = client
            .send(Call {
                method: Method::POST,
                path: self.login,
                headers,
                payload: Payload::Form(form),
                secrets,
            })
            .await?;
        let session = answer.cookie(self.session_cookie);
        match (answer.status, session) {
            (302 | 303, Some(session)) => {
                // The CSRF token changes with the login.
                let csrf = answer.cookie(self.csrf_cookie).or(csrf);
                Ok(self.credential(client, &session, csrf.as_deref()))
            }
            (302 | 303, None) => Err(format!(
                "login of user `{}`: {} answered {} without the cookie `{}`; check `session_cookie`",
                user.name, answer.asked, answer.status, self.session_cookie
            )),
            (200, _) => Err(format!(
                "login of user `{}` was refused: {} answered 200 with the form again; \
                 check the user name and the password, and `username_field` and `password_field`",
                user.name, answer.asked
            )),
            (403, _) => Err(answer.refusal(
                &user.name,
                "CSRF: check `csrf_cookie` and `csrf_field`, and that the stack trusts its own origin behind a proxy",
            )),
            _ => Err(answer.refusal(&user.name, "a login page answers 302 or 303 to the right password")),
        }
    }

    /// Over https Django wants a Referer or Origin of its own.
    fn same_origin(&self, client: &Client) -> Vec<(String, String)> {
        if client.is_https() {
            vec![("Referer".into(), client.url(self.login)), ("Origin".into(), client.origin())]
        } else {
            Vec::new()
        }
    }

    fn credential(&self, client: &Client, session: &str, csrf: Option<&str>) -> Credential {
        let mut cookies = format!("{}={session}", self.session_cookie);
        let mut unsafe_headers = self.same_origin(client);
        if let Some(csrf) = csrf {
            cookies = format!("{}={csrf}; {cookies}", self.csrf_cookie);
            unsafe_headers.push((self.csrf_header.to_owned(), csrf.to_owned()));
        }
        let secret = |(name, value): (String, String)| (name, SecretString::from(value));
        Credential {
            headers: vec![secret(("Cookie".into(), cookies))],
            unsafe_headers: unsafe_headers.into_iter().map(secret).collect(),
            ..Credential::default()
        }
    }
}

/// The value of an `<input>` of this name, in whatever order its attributes come.
pub(crate) fn hidden_field(page: &str, name: &str) -> Option<String> {
    static INPUT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?is)<input\b[^>]{0,2000}>").ok());
    static ATTRIBUTE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?"#).ok());
    let (input, attribute) = (INPUT.as_ref()?, ATTRIBUTE.as_ref()?);
    input.find_iter(page).find_map(|tag| {
        let (mut named, mut value) = (false, None);
        for found in attribute.captures_iter(tag.as_str()) {
            let text = found.get(2).or(found.get(3)).or(found.get(4)).map_or("", |text| text.as_str());
            if found[1].eq_ignore_ascii_case("name") {
                named = text == name;
            } else if found[1].eq_ignore_ascii_case("value") {
                value = Some(text.to_owned());
            }
        }
        value.filter(|_| named)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_hidden_field_in_any_order() {
        let page = r#"<form><input type="text" name="username">
            <input value='tok-1' type=hidden name='csrfmiddlewaretoken'></form>"#;
        assert_eq!(hidden_field(page, "csrfmiddlewaretoken").as_deref(), Some("tok-1"));
        let decoys = r#"<input data-value="no" placeholder="name=b value=no" name="a" data-name="b" value="yes" required>"#;
        assert_eq!(hidden_field(decoys, "a").as_deref(), Some("yes"));
        assert_eq!(hidden_field(decoys, "b"), None);
        assert_eq!(hidden_field(page, "username"), None, "it has no value");
        assert_eq!(hidden_field("<input name=a value=b", "a"), None, "the tag never ends");
        assert_eq!(hidden_field("<INPUT NAME=a VALUE=b>", "a").as_deref(), Some("b"));
    }
}
