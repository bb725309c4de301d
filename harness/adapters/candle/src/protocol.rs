//! Messages of worker protocol 1: a u64 little-endian length, then one safetensors blob, whose metadata are strings.

use std::collections::HashMap;
use std::io::{self, Read, Write};

use anyhow::{Context, Result};
use candle_core::{Device, Tensor, safetensors::load_buffer};
use safetensors::SafeTensors;

/// A request: its metadata, and its tensors by name.
pub struct Request {
    metadata: HashMap<String, String>,
    /// The inputs.
    pub tensors: HashMap<String, Tensor>,
}

impl Request {
    /// A field of the metadata that every such request has.
    pub fn field(&self, name: &str) -> Result<&str> {
        let text = self.metadata.get(name).map(String::as_str);
        text.with_context(|| format!("the request's metadata has no `{name}`"))
    }
}

/// An answer.
pub struct Answer {
    /// Its metadata.
    pub metadata: HashMap<String, String>,
    /// The output and its name; none for a refusal, and for the first answer.
    pub output: Option<(String, Tensor)>,
}

/// The next request; none where the input ends between two.
pub fn read(from: &mut impl Read) -> Result<Option<Request>> {
    let mut length = [0; 8];
    match from.read_exact(&mut length[..1]) {
        Err(ended) if ended.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        first => first?,
    }
    from.read_exact(&mut length[1..])
        .context("the input ended inside a length")?;
    let mut blob = vec![0; usize::try_from(u64::from_le_bytes(length))?];
    from.read_exact(&mut blob)
        .context("the input ended inside a message")?;
    let (_, header) = SafeTensors::read_metadata(&blob)?;
    Ok(Some(Request {
        metadata: header.metadata().clone().unwrap_or_default(),
        tensors: load_buffer(&blob, &Device::Cpu)?,
    }))
}

/// Sends an answer.
pub fn write(to: &mut impl Write, answer: Answer) -> Result<()> {
    let blob = safetensors::serialize(answer.output, Some(answer.metadata))?;
    to.write_all(&u64::try_from(blob.len())?.to_le_bytes())?;
    to.write_all(&blob)?;
    Ok(to.flush()?)
}
