//! Where and how it was measured, and how to do it again.

use maud::{Markup, html};

use crate::compare::quantity;
use crate::report::{Document, foreign};

/// Longest scenario shown, in characters.
const SCENARIO: usize = 100_000;

/// The section.
pub fn section(document: &Document<'_>) -> Markup {
    let record = document.record;
    let machine = &record.machine;
    let path = foreign::line(&record.scenario.path, 300);
    html! {
        section id="setting" {
            h2 { "How this was measured" }
            dl.setting {
                dt { "scenario" } dd { code { (path) } }
                dt { "load" } dd { (foreign::line(&record.load.summary, 300)) }
                dt { "started" } dd { (record.started.strftime("%Y-%m-%d %H:%M:%S UTC")) }
                dt { "ended" } dd { @match record.finished {
                    Some(at) => (at.strftime("%Y-%m-%d %H:%M:%S UTC")),
                    None => span.bad { "not: the record is partial" },
                } }
                dt { "load from" } dd {
                    (foreign::line(&machine.os, 120)) ", " (foreign::line(&machine.cpu, 120)) ", "
                    (machine.cores) " processors, " (quantity::bytes(machine.memory_bytes as f64))
                }
                @for stack in &record.stacks {
                    dt { "stack " (foreign::line(&stack.name, 40)) }
                    dd {
                        code { (foreign::line(&stack.url, 300)) }
                        @if let Some(server) = &stack.server { ", Server: " (foreign::line(server, 120)) }
                        @if let Some(startup) = stack.startup_s { ", ready after " (quantity::latency(startup * 1e3)) }
                    }
                }
                @if !record.left_out.is_empty() {
                    dt { "left out" } dd { (foreign::line(&record.left_out.join(", "), 300)) }
                }
                dt { "tool" } dd { (foreign::line(&record.tool.name, 40)) " " (foreign::line(&record.tool.version, 40)) }
            }
            h3 { "Repeat it" }
            pre tabindex="0" { "shakedown run " (path) }
            details {
                summary { "The scenario as run (secrets taken out)" }
                pre tabindex="0" { (foreign::block(&record.scenario.text, SCENARIO)) }
            }
        }
    }
}
