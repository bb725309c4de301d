//! The first exchange with a worker. In: the answer to `hello`. Out: what it is and which kernels it has.

use super::fault::Fault;
use super::options::WorkerOptions;
use super::process::{Process, Told};
use super::protocol::{Message, PROTOCOL_VERSION};
use crate::spec::Profile;
use lossproof_numerics::Dtype;
use std::collections::BTreeMap;

/// The most bytes of an introduction.
const LIMIT_BYTES: u64 = 1 << 20;

/// What a worker says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Introduction {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) description: String,
    pub(super) profile: Profile,
    pub(super) supports: BTreeMap<String, Vec<Dtype>>,
}

/// Starts a worker and lets it introduce itself.
pub(super) fn start(
    command: &[String],
    options: &WorkerOptions,
) -> Result<(Process, Introduction), Told> {
    let mut process = Process::start(command, options).map_err(|fault| Told {
        fault,
        lines: String::new(),
    })?;
    let hello = Message::of_metadata([("lossproof", PROTOCOL_VERSION), ("call", "hello")]);
    let answer = process.ask(&hello, LIMIT_BYTES, (options.startup_limit, true))?;
    match introduction(&answer) {
        Ok(introduction) => Ok((process, introduction)),
        Err(reason) => Err(process.stop(|_| Fault::WrongIntroduction { reason })),
    }
}

fn introduction(answer: &Message) -> Result<Introduction, String> {
    if let Some(error) = answer.metadata.get("error") {
        return Err(format!("it answered `hello` with the error: {error}"));
    }
    let required = |key: &str| match answer.text(key) {
        "" => Err(format!("it has no `{key}`")),
        text => Ok(text.to_owned()),
    };
    let profile = required("profile")?;
    let profile = Profile::named(&profile).ok_or_else(|| {
        let known: Vec<&str> = Profile::ALL.iter().map(|profile| profile.name()).collect();
        format!("its profile `{profile}` is none of {}", known.join(", "))
    })?;
    let supports = required("supports")?;
    let supports: BTreeMap<String, Vec<String>> = serde_json::from_str(&supports)
        .map_err(|error| format!("its `supports` is no JSON object of lists of dtypes: {error}"))?;
    let parsed = |(op, names): (String, Vec<String>)| {
        let dtypes = names.iter().map(|name| name.parse::<Dtype>());
        let dtypes: Result<Vec<Dtype>, _> = dtypes.collect();
        match dtypes {
            Ok(dtypes) => Ok((op, dtypes)),
            Err(error) => Err(format!("its `supports` for `{op}`: {error}")),
        }
    };
    Ok(Introduction {
        name: required("name")?,
        version: required("version")?,
        description: answer.text("description").to_owned(),
        profile,
        supports: supports.into_iter().map(parsed).collect::<Result<_, _>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(changes: &[(&str, &str)]) -> Result<Introduction, String> {
        let mut message = Message::of_metadata([
            ("name", "numpy"),
            ("version", "2.4.6"),
            ("profile", "torch"),
            ("supports", r#"{"softmax":["f32","f64"]}"#),
        ]);
        for (key, text) in changes {
            message
                .metadata
                .insert((*key).to_owned(), (*text).to_owned());
        }
        introduction(&message)
    }

    #[test]
    fn an_introduction_is_read_strictly() {
        let read = hello(&[]).unwrap();
        assert_eq!(read.profile, Profile::Torch);
        assert_eq!(read.supports["softmax"], [Dtype::F32, Dtype::F64]);
        for (key, text, reason) in [
            ("name", "", "no `name`"),
            ("profile", "pytorch", "`pytorch` is none of exact"),
            ("supports", "[]", "no JSON object"),
            ("supports", r#"{"softmax":["float32"]}"#, "for `softmax`: "),
            ("error", "no licence", "the error: no licence"),
        ] {
            let refused = hello(&[(key, text)]).unwrap_err();
            assert!(refused.contains(reason), "{refused}");
        }
    }
}
