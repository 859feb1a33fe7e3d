//! The formats by name, and a folder filled with them.

use std::path::{Path, PathBuf};

use clap::ValueEnum as _;

use super::{
    Document, codequality, csv, html, json, junit, markdown, otlp, prometheus, sarif, summary, terminal,
};
use crate::record::store::{self, StoreError};

/// A report format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For a terminal, up to 100 columns.
    Text,
    /// One page with everything: charts, tables, findings with their evidence.
    Html,
    /// For a pull request.
    Md,
    /// A summary for programs.
    Json,
    /// Quantiles by stack and route.
    Csv,
    /// The time series, second by second.
    Series,
    /// The loads of a search or sweep.
    Probes,
    /// Test cases for a CI system: gates, stacks and checks.
    Junit,
    /// The audit's findings for code scanning.
    Sarif,
    /// The same without accepted findings, for readers that know no suppression, such as GitHub's.
    SarifOpen,
    /// Metrics in Prometheus' text format.
    Prometheus,
    /// Metrics for an OpenTelemetry collector (OTLP, JSON).
    Otlp,
    /// The run in a file small enough to be committed.
    Summary,
    /// Findings and broken gates for GitLab's code quality.
    Codequality,
}

impl Format {
    /// Its file's name.
    pub fn file_name(self) -> &'static str {
        match self {
            Format::Text => "report.txt",
            Format::Html => "report.html",
            Format::Md => "report.md",
            Format::Json => "report.json",
            Format::Csv => "latency.csv",
            Format::Series => "series.csv",
            Format::Probes => "probes.csv",
            Format::Junit => "junit.xml",
            Format::Sarif => "audit.sarif",
            Format::SarifOpen => "audit-open.sarif",
            Format::Prometheus => "metrics.prom",
            Format::Otlp => "metrics.otlp.json",
            Format::Summary => "summary.json",
            Format::Codequality => "gl-code-quality-report.json",
        }
    }

    /// The document in this format; text is without colour.
    pub fn render(self, document: &Document<'_>) -> String {
        match self {
            Format::Text => terminal::render(document, &terminal::Look::default()),
            Format::Html => html::render(document),
            Format::Md => markdown::render(document),
            Format::Json => json::render(document),
            Format::Csv => csv::quantiles(document),
            Format::Series => csv::series(document),
            Format::Probes => csv::probes(document),
            Format::Junit => junit::render(document),
            Format::Sarif => sarif::render(document, sarif::Accepted::Suppressed),
            Format::SarifOpen => sarif::render(document, sarif::Accepted::LeftOut),
            Format::Prometheus => prometheus::render(document),
            Format::Otlp => otlp::render(document),
            Format::Summary => summary::render(document),
            Format::Codequality => codequality::render(document),
        }
    }
}

/// Takes the reports of an earlier run out of a folder.
///
/// # Errors
/// What the file system said.
pub fn clear(folder: &Path) -> Result<(), StoreError> {
    Format::value_variants().iter().try_for_each(|format| store::remove(&folder.join(format.file_name())))
}

/// Writes the document in these formats to a folder and gives the files' paths.
///
/// # Errors
/// What the file system said; a file is whole or not there.
pub fn write(document: &Document<'_>, formats: &[Format], folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    store::create_folder(folder)?;
    formats
        .iter()
        .map(|format| {
            let path = folder.join(format.file_name());
            store::replace(&path, format.render(document).as_bytes())?;
            Ok(path)
        })
        .collect()
}
