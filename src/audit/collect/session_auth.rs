//! A `session` auth of the scenario, with its settings at hand.

use crate::plan::{AuthId, Plan, PopulationId};
use crate::scenario::model::Auth;

/// Borrowed from the plan.
#[derive(Debug, Clone, Copy)]
pub(in crate::audit) struct SessionAuth<'a> {
    pub id: AuthId,
    pub name: &'a str,
    pub population: PopulationId,
    pub login: &'a str,
    pub logout: Option<&'a str>,
    pub username_field: &'a str,
    pub password_field: &'a str,
    pub csrf_cookie: &'a str,
    pub csrf_field: &'a str,
    pub csrf_header: &'a str,
    pub session_cookie: &'a str,
}

impl<'a> SessionAuth<'a> {
    /// Every one of a plan.
    pub fn all(plan: &'a Plan) -> impl Iterator<Item = SessionAuth<'a>> {
        plan.auths.iter().enumerate().filter_map(|(index, auth)| match &auth.auth {
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
            } => Some(SessionAuth {
                id: AuthId(index),
                name: &auth.name,
                population: auth.population,
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
        })
    }
}
