//! The record of a run that has measured nothing yet.

use jiff::Timestamp;

use super::Options;
use crate::auth::Wallet;
use crate::plan::{GateLine, Plan, StackPlan};
use crate::record::{
    GateText, GeneratorRecord, Judging, LatencyRecord, LoadRecord, Machine, Record, RouteRecord,
    ScenarioText, StackRecord, Tool, VERSION,
};

/// Of a run.
pub(super) fn record(plan: &Plan, options: &Options) -> Record {
    let load = options.load;
    // Without a load the other gates have nothing to judge.
    let wanted = |gate: &&GateLine| !options.itself && (load || gate.text.trim_start().starts_with("audit "));
    let gate = |gate: &GateLine| GateText { text: gate.text.clone(), line: gate.line };
    Record {
        version: VERSION,
        tool: Tool { name: env!("CARGO_PKG_NAME").into(), version: env!("CARGO_PKG_VERSION").into() },
        title: plan.title.clone(),
        description: plan.description.clone(),
        scenario: ScenarioText {
            path: plan.source.path.display().to_string(),
            slug: plan.slug.clone(),
            text: plan.redacted_source(&Wallet::default().redactor(plan)),
        },
        started: Timestamp::now(),
        finished: None,
        partial: Some("the run has not come to its end".into()),
        ended_early: None,
        machine: Machine::here(),
        load: if load { loaded(plan) } else { LoadRecord::none() },
        stacks: Vec::new(),
        left_out: plan
            .stacks
            .iter()
            .filter(|stack| !options.tries(&stack.name))
            .map(|stack| stack.name.clone())
            .collect(),
        audit_left_out: !options.audit,
        audit: Vec::new(),
        accepted: Vec::new(),
        baseline: None,
        gates: plan.gates.iter().filter(wanted).map(gate).collect(),
        judging: Judging { margin: plan.margin, strict: plan.strict },
        warnings: Vec::new(),
    }
}

fn loaded(plan: &Plan) -> LoadRecord {
    let routes: Vec<&str> = plan.routes.iter().map(|route| route.name.as_str()).collect();
    LoadRecord::of(&plan.load, &plan.items, &plan.stacks, &routes)
}

/// Of a stack, as if the run had ended before it.
pub(super) fn stack(plan: &Plan, stack: &StackPlan, load: bool) -> StackRecord {
    let routes = plan.routes.iter().filter(|_| load);
    StackRecord {
        name: stack.name.clone(),
        role: stack.role,
        url: stack.url.clone(),
        http2_streams: stack.http2,
        server: None,
        startup_s: None,
        failure: Some("the run ended before it was measured".into()),
        wall_s: 0.0,
        total: RouteRecord { name: "all".into(), ..RouteRecord::default() },
        routes: routes.map(|route| RouteRecord::empty(plan, route)).collect(),
        seconds: Vec::new(),
        generator: GeneratorRecord {
            schedule_lag: LatencyRecord::default(),
            cpu_s: 0.0,
            cpu_share: 0.0,
            threads: plan.load.threads,
            queued: 0,
            unsent: 0,
            peak_connections: 0,
            saturated: false,
        },
        resources: None,
        blocks: Vec::new(),
        capacity: None,
        sweep: None,
        samples: Vec::new(),
        warnings: Vec::new(),
    }
}
