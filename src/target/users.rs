//! Who there is: `user1` … `userN` and the OAuth client `shakedown`.

use std::collections::HashMap;

use super::random;
use crate::secret::{ExposeSecret, SecretString};

/// Id of the OAuth client.
pub(super) const CLIENT_ID: &str = "shakedown";

/// Length of an account's token: as Django REST framework makes them.
const KEY: usize = 40;

/// Index of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct AccountId(pub(super) usize);

struct Account {
    name: String,
    password: Option<SecretString>,
    token: String,
}

/// Every account; the last is the OAuth client's and has no password.
pub(super) struct Directory {
    accounts: Vec<Account>,
    by_name: HashMap<String, AccountId>,
    by_token: HashMap<String, AccountId>,
    client_secret: SecretString,
}

impl Directory {
    /// `users` users, each with a DRF token made now.
    pub(super) fn new(users: usize, client_secret: Option<SecretString>) -> Self {
        let mut accounts: Vec<Account> = (1..=users)
            .map(|n| Account {
                name: format!("user{n}"),
                password: Some(format!("shakedown-{n}").into()),
                token: random::hex::<20>(),
            })
            .collect();
        accounts.push(Account { name: CLIENT_ID.to_owned(), password: None, token: random::hex::<20>() });
        let ids = || (0..accounts.len()).map(AccountId);
        Directory {
            by_name: accounts.iter().map(|a| a.name.clone()).zip(ids()).collect(),
            by_token: accounts.iter().map(|a| a.token.clone()).zip(ids()).collect(),
            accounts,
            client_secret: client_secret.unwrap_or_else(|| random::hex::<32>().into()),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.accounts.len()
    }

    /// The account's name; empty for an id that is not from here.
    pub(super) fn name(&self, id: AccountId) -> &str {
        self.accounts.get(id.0).map_or("", |a| &a.name)
    }

    /// The account's DRF token.
    pub(super) fn token(&self, id: AccountId) -> &str {
        self.accounts.get(id.0).map_or("", |a| &a.token)
    }

    pub(super) fn find(&self, name: &str) -> Option<AccountId> {
        self.by_name.get(name).copied()
    }

    /// The owner of a token: the account's key, with or without the nonce of one login behind it.
    pub(super) fn by_token(&self, token: &str) -> Option<AccountId> {
        self.by_token.get(token.get(..KEY).unwrap_or(token)).copied()
    }

    /// The user with this name and password.
    pub(super) fn login(&self, name: &str, password: &str) -> Option<AccountId> {
        let id = self.find(name)?;
        let known = self.accounts.get(id.0)?.password.as_ref()?;
        (known.expose_secret() == password).then_some(id)
    }

    /// The OAuth client with this id and secret.
    pub(super) fn client(&self, id: &str, secret: &str) -> Option<AccountId> {
        (id == CLIENT_ID && secret == self.client_secret.expose_secret()).then(|| self.find(CLIENT_ID))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_log_in_with_their_own_password_only() {
        let directory = Directory::new(2, Some("s3cret".to_owned().into()));
        assert_eq!(directory.login("user2", "shakedown-2"), Some(AccountId(1)));
        assert_eq!(directory.login("user2", "shakedown-1"), None);
        assert_eq!(directory.login(CLIENT_ID, ""), None);
        assert_eq!(directory.client(CLIENT_ID, "s3cret"), Some(AccountId(2)));
        assert_eq!(directory.client(CLIENT_ID, "other"), None);
    }
}
