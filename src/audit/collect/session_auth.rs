//! A `session` auth of the scenario, with its settings at hand.

use std::ops::Deref;

use crate::auth::session::Session;
use crate::plan::{AuthId, Plan, PopulationId};

/// Borrowed from the plan.
#[derive(Debug, Clone, Copy)]
pub(in crate::audit) struct SessionAuth<'a> {
    pub id: AuthId,
    pub name: &'a str,
    pub population: PopulationId,
    settings: Session<'a>,
}

impl<'a> Deref for SessionAuth<'a> {
    type Target = Session<'a>;

    fn deref(&self) -> &Session<'a> {
        &self.settings
    }
}

impl<'a> SessionAuth<'a> {
    /// Every one of a plan.
    pub fn all(plan: &'a Plan) -> impl Iterator<Item = SessionAuth<'a>> {
        plan.auths.iter().enumerate().filter_map(|(index, auth)| {
            let settings = Session::of(&auth.auth)?;
            Some(SessionAuth { id: AuthId(index), name: &auth.name, population: auth.population, settings })
        })
    }
}
