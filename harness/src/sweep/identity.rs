//! What an outcome is of: the subject, the op, what was right, and the domain. In: these. Out: a description that a file carries,
//! by which outcomes that do not belong together are told apart.

use super::domain::Domain;
use super::exact::Exact;
use super::fingerprint::fingerprint_of_spec;
use crate::assemble::TOOL;
use crate::measure::HISTOGRAM_EDGES;
use crate::reference::Reference;
use crate::subject::Subject;
use lossproof_oracle::PrecisionBits;
use serde::{Deserialize, Serialize};

/// What an outcome is of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The tool and its version.
    pub tool: String,
    /// The kernels.
    pub subject: SubjectIdentity,
    /// The op.
    pub op: String,
    /// The dtype.
    pub dtype: String,
    /// The profile that special values are judged by.
    pub profile: String,
    /// The fingerprint of the formulas, clauses, constants and ceiling.
    pub spec: String,
    /// The most bits that the oracle climbs to.
    pub precision_limit: u32,
    /// The inputs.
    pub domain: DomainEntry,
    /// Upper edges of the histogram's bins, in ulps.
    pub histogram_edges: Vec<Exact>,
}

/// Which kernels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubjectIdentity {
    /// As on the command line; a library and a program of one's own may lie elsewhere on another machine.
    pub name: String,
    /// The version that it declares; empty where it declares none.
    pub version: String,
    /// The fingerprint of what runs: a library's file, the sources of the kernels compiled in; empty for a command, of which only
    /// the declared version is known.
    pub content: String,
}

/// Which inputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DomainEntry {
    /// The domain's name.
    pub name: String,
    /// Exactly what is enumerated.
    pub description: String,
    /// How many inputs it has.
    pub inputs: u64,
    /// How many of them a shard has.
    pub shard_inputs: u64,
}

impl From<&Domain> for DomainEntry {
    fn from(domain: &Domain) -> Self {
        Self {
            name: domain.name.clone(),
            description: domain.description.clone(),
            inputs: domain.size(),
            shard_inputs: domain.shard_inputs(),
        }
    }
}

impl DomainEntry {
    /// How many shards it is cut into.
    #[must_use]
    pub fn shards(&self) -> u32 {
        let shards = self.inputs.checked_div(self.shard_inputs).unwrap_or(0);
        u32::try_from(shards).unwrap_or(u32::MAX)
    }
}

impl Identity {
    /// What an outcome of today would be of, whose kernels have this content.
    #[must_use]
    pub fn new(
        reference: &Reference,
        subject: &dyn Subject,
        content: &str,
        domain: &Domain,
        precision_limit: PrecisionBits,
    ) -> Self {
        Self {
            tool: TOOL.to_owned(),
            subject: SubjectIdentity {
                name: subject.name().to_owned(),
                version: subject.version().to_owned(),
                content: content.to_owned(),
            },
            op: reference.op.name.clone(),
            dtype: domain.dtype.name().to_owned(),
            profile: reference.profile().name().to_owned(),
            spec: fingerprint_of_spec(reference, domain.dtype),
            precision_limit,
            domain: domain.into(),
            histogram_edges: HISTOGRAM_EDGES.map(Exact).to_vec(),
        }
    }

    /// The name of its files, without an ending: `sigmoid.f16.every_value`.
    #[must_use]
    pub fn name(&self) -> String {
        name_of(&self.op, &self.dtype, &self.domain.name)
    }

    /// The first thing in which another differs: what, ours and theirs.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Option<(&'static str, String, String)> {
        let facts = |of: &Self| {
            [
                ("op", of.op.clone()),
                ("dtype", of.dtype.clone()),
                ("domain", of.domain.name.clone()),
                ("subject", of.subject.name.clone()),
                ("subject's version", of.subject.version.clone()),
                ("kernels' fingerprint", of.subject.content.clone()),
                ("profile", of.profile.clone()),
                ("spec's fingerprint", of.spec.clone()),
                ("tool", of.tool.clone()),
                ("precision limit", of.precision_limit.to_string()),
                ("domain", format!("{:?}", of.domain)),
                ("histogram", format!("{:?}", of.histogram_edges)),
            ]
        };
        let differs = |((what, ours), (_, theirs)): ((&'static str, String), (_, String))| {
            (ours != theirs).then_some((what, ours, theirs))
        };
        facts(self).into_iter().zip(facts(other)).find_map(differs)
    }
}

fn name_of(op: &str, dtype: &str, domain: &str) -> String {
    format!("{op}.{dtype}.{domain}")
}

/// The name of the files of a sweep of an op over one of its domains, without an ending.
#[must_use]
pub fn sweep_name(op: &str, domain: &Domain) -> String {
    name_of(op, domain.dtype.name(), &domain.name)
}
