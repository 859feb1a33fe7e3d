//! A page to log in on that answers 200 in a protected page's place: no redirect and no 401, and yet a refusal.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::bytes::Regex;

use super::exchange::{Facts, Purpose};
use super::forged::{shows, success};
use crate::wire::Response;

/// The login pages of the scenario as nobody sees them.
pub const LOGIN_PAGE: Purpose = Purpose::Own("auth-login-page");

static PASSWORD: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?i)<input\b[^>]{0,2000}\btype\s*=\s*["']?password\b"#).ok());

/// Whether an answer asks to log in where the genuine one does not, and holds little of what that has of its own. A page that
/// is open and has a login form in its corner holds most of it.
pub fn turned_away(facts: &Facts, answer: &Response, genuine: &Response) -> bool {
    if !success(answer)
        || !asks_for_password(answer)
        || asks_for_password(genuine)
        || shows(facts, answer, genuine)
    {
        return false;
    }
    let frame = words_of_logins(facts);
    let own: BTreeSet<String> = words(genuine).into_iter().filter(|word| !frame.contains(word)).collect();
    2 * own.intersection(&words(answer)).count() < own.len().max(1)
}

/// Whether an answer is one of the login pages, but for a word in four: a credential that got it has ended.
pub fn is_login_page(facts: &Facts, answer: &Response) -> bool {
    if !success(answer) || !asks_for_password(answer) {
        return false;
    }
    let (frame, here) = (words_of_logins(facts), words(answer));
    4 * here.intersection(&frame).count() > 3 * here.len()
}

fn words_of_logins(facts: &Facts) -> BTreeSet<String> {
    let pages = facts.of(Purpose::LoginPage).chain(facts.of(LOGIN_PAGE));
    pages.flat_map(|(_, _, page)| words(page)).collect()
}

fn asks_for_password(answer: &Response) -> bool {
    PASSWORD.as_ref().is_some_and(|pattern| pattern.is_match(&answer.body))
}

fn words(answer: &Response) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(&answer.body);
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 2).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixture::facts;
    use crate::plan::RouteKind;

    const FRAME: &str = "<nav>Shop Cart Help Contact Imprint Terms Careers</nav>";
    const FORM: &str = "<form><input name=user><INPUT name='p' type = \"Password\"></form>";

    #[test]
    fn a_login_form_in_the_pages_place_turns_away() {
        let page = |body: String| Response { status: 200, body: body.into_bytes(), ..Response::default() };
        let genuine = page(format!("{FRAME}<h1>Your orders</h1> Lamp, table, delivered yesterday"));
        let none = facts(true);
        let known =
            facts(true).answer(Purpose::LoginPage, RouteKind::Login, 200, &[], &format!("{FRAME}{FORM}"));
        let here = |facts: &Facts, body: String| turned_away(facts, &page(body), &genuine);
        assert!(here(&known, format!("{FRAME}Please log in.{FORM}")));
        assert!(here(&none, format!("Please log in.{FORM}")));
        // An open page with a form in its corner, another page without one, and the same page.
        assert!(!here(&known, format!("{FRAME}{FORM}<h1>Your orders</h1> Lamp, table, delivered today")));
        assert!(!here(&known, format!("{FRAME}Please log in.")));
        assert!(!turned_away(&known, &genuine, &genuine));
        let refused = Response { status: 401, ..page(format!("{FRAME}{FORM}")) };
        assert!(!turned_away(&known, &refused, &genuine));
        let ended = page(format!("{FRAME}Session over.{FORM}"));
        assert!(
            is_login_page(&known, &ended)
                && !is_login_page(&none, &ended)
                && !is_login_page(&known, &genuine)
        );
    }
}
