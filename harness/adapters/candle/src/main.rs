//! candle's own public functions in, a lossproof worker out: worker protocol 1 on stdin and stdout.
//!
//! Values and gradients in every floating type that candle has, on the CPU. Every op is one function of `candle_nn` or
//! `candle_core`; every gradient is what `Tensor::backward` gives for it. A panic in candle ends the process, which the
//! harness reports as what it is.

mod ops;
mod protocol;

use std::collections::{BTreeMap, HashMap};
use std::io::{self, BufReader, BufWriter};

use anyhow::{Context, Result, anyhow};
use candle_core::Tensor;
use protocol::{Answer, Request};

/// The release that `Cargo.toml` pins.
const CANDLE_VERSION: &str = "0.11.1";

fn main() -> Result<()> {
    let mut requests = BufReader::new(io::stdin().lock());
    let mut answers = BufWriter::new(io::stdout().lock());
    while let Some(request) = protocol::read(&mut requests)? {
        let answer = if request.field("call")? == "hello" {
            hello()
        } else {
            run(&request)?
        };
        protocol::write(&mut answers, answer)?;
    }
    Ok(())
}

fn hello() -> Answer {
    let supports: BTreeMap<&str, [&str; 4]> = ops::names()
        .map(|op| (op, ["f16", "bf16", "f32", "f64"]))
        .collect();
    let fields = [
        ("name", "candle".to_owned()),
        ("version", CANDLE_VERSION.to_owned()),
        ("profile", "torch".to_owned()),
        ("supports", serde_json::json!(supports).to_string()),
        ("description", "candle on the CPU".to_owned()),
    ];
    Answer {
        metadata: fields.map(|(name, text)| (name.to_owned(), text)).into(),
        output: None,
    }
}

/// What answers a run request. Only a request that is not one is an error here: what candle refuses is an answer.
fn run(request: &Request) -> Result<Answer> {
    let mut metadata = HashMap::from([("id".to_owned(), request.field("id")?.to_owned())]);
    let names = request.field("inputs")?.split(',');
    let inputs: Vec<Tensor> = names
        .map(|name| {
            let tensor = request.tensors.get(name).cloned();
            tensor.with_context(|| format!("the request has no tensor `{name}`"))
        })
        .collect::<Result<_>>()?;
    let op = request.field("op")?;
    let computed = ops::run(op, &inputs)
        .ok_or_else(|| anyhow!("this worker has no op `{op}`; its hello lists those it has"))?;
    let output = match computed {
        Ok(output) => Some((request.field("output")?.to_owned(), output)),
        Err(refusal) => {
            // The lines after the first are a backtrace, where the environment asks for one.
            let text = refusal.to_string();
            let reason = text.lines().next().unwrap_or_default();
            metadata.insert("error".to_owned(), reason.to_owned());
            None
        }
    };
    Ok(Answer { metadata, output })
}
