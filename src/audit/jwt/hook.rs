//! Commands of the scenario that disable a user of the stack and enable them again.

use crate::audit::AuditInput;
use crate::audit::hook::{self, PATIENCE};
use crate::plan::UserSwitch;
use crate::scenario::model::Hook;

const USER: &str = "SHAKEDOWN_USER";

/// A user who is disabled until this is over.
pub struct Disabled {
    enable: Option<std::process::Command>,
}

impl Disabled {
    /// Disables the user.
    ///
    /// # Errors
    /// Why that failed, in words.
    pub async fn new(switch: &UserSwitch, user: &str, input: &AuditInput<'_>) -> Result<Disabled, String> {
        let (disable, enable) = (command(&switch.off, user, input)?, command(&switch.on, user, input)?);
        // From here on: a command that failed may have done half of its work.
        let disabled = Disabled { enable: Some(enable) };
        run(disable, "disable_user").await?;
        Ok(disabled)
    }

    /// Enables the user again.
    ///
    /// # Errors
    /// Why that failed, in words.
    pub async fn end(mut self) -> Result<(), String> {
        match self.enable.take() {
            Some(enable) => run(enable, "enable_user").await,
            None => Ok(()),
        }
    }
}

impl Drop for Disabled {
    /// An audit that is broken off leaves nobody disabled.
    fn drop(&mut self) {
        if let Some(mut enable) = self.enable.take() {
            let _ = enable.spawn().and_then(|mut child| child.wait());
        }
    }
}

fn command(hook: &Hook, user: &str, input: &AuditInput<'_>) -> Result<std::process::Command, String> {
    let mut command = hook::command(hook, input)?;
    command.env(USER, user);
    Ok(command)
}

async fn run(command: std::process::Command, name: &str) -> Result<(), String> {
    let mut command = tokio::process::Command::from(command);
    let ended = tokio::time::timeout(PATIENCE, command.kill_on_drop(true).status()).await;
    match ended {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(format!("`{name}` ended with {status}")),
        Ok(Err(error)) => Err(format!("`{name}` could not be run: {error}")),
        Err(_) => Err(format!("`{name}` took longer than {} s", PATIENCE.as_secs())),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::auth::Wallet;
    use crate::plan::{Plan, StackId};
    use crate::secret::Redactor;
    use crate::wire::Endpoint;

    const SCENARIO: &str = r#"
title = "t"
[stacks.a]
url = "http://127.0.0.1:1"
[stacks.a.audit]
disable_user = { run = ["sh", "-c", "echo $SHAKEDOWN_USER >> {{state}}/off; exit $CODE"], env = { CODE = "{{vars.code}}" } }
enable_user = { run = ["sh", "-c", "echo $SHAKEDOWN_USER >> {{state}}/on"] }
[stacks.a.vars]
code = "0"
[[routes]]
name = "home"
get = "/"
"#;

    #[tokio::test]
    async fn whoever_is_disabled_is_enabled_again() {
        let plan = Plan::parse(std::path::Path::new("s.toml"), SCENARIO).unwrap();
        let switch = plan.stacks[0].user_switch.as_ref().unwrap();
        // The command ends well, fails, or the audit is broken off before it enables the user.
        for (code, ends) in [("0", true), ("3", false), ("0", false)] {
            let state = tempfile::tempdir().unwrap();
            let text = state.path().to_str().unwrap().to_owned();
            let values =
                BTreeMap::from([("state".to_owned(), text), ("vars.code".to_owned(), code.to_owned())]);
            let url = "http://127.0.0.1:1".parse().unwrap();
            let address = "127.0.0.1:1".parse().unwrap();
            let endpoint = Endpoint { url, address, host: "127.0.0.1:1".into(), tls: None, http2: None };
            let (wallet, redactor) = (Wallet::default(), Redactor::default());
            let input = AuditInput {
                plan: &plan,
                stack: StackId(0),
                endpoint: &endpoint,
                values: &values,
                wallet: &wallet,
                redactor: &redactor,
                earlier: None,
            };
            match Disabled::new(switch, "ada", &input).await {
                Ok(user) if ends => user.end().await.unwrap(),
                Ok(user) => drop(user),
                Err(why) => assert!(why.contains("`disable_user` ended with"), "{why}"),
            }
            let read = |name: &str| std::fs::read_to_string(state.path().join(name)).unwrap();
            assert_eq!((read("off"), read("on")), ("ada\n".to_owned(), "ada\n".to_owned()), "{code}");
        }
    }
}
