//! Worker protocol 1 (DESIGN.md §7). In: messages, or the bytes of a pipe. Out: the other of the two, or what is wrong with
//! the bytes.
//!
//! A message is a u64, little-endian, and then as many bytes: one safetensors blob. All values are little-endian.

use lossproof_numerics::Dtype;
use safetensors::tensor::{Metadata, TensorInfo, TensorView};
use safetensors::{Dtype as Stored, SafeTensorError};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{self, Read, Write};

/// The version of the protocol, as metadata `lossproof` of the first request says it.
pub const PROTOCOL_VERSION: &str = "1";

/// One request or answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// What is asked, or what was answered.
    pub metadata: BTreeMap<String, String>,
    /// Tensors by name, in no order that means anything.
    pub tensors: Vec<(String, WireTensor)>,
}

impl Message {
    /// A message of metadata alone.
    #[must_use]
    pub fn of_metadata<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let owned = |(key, text): (&str, &str)| (key.to_owned(), text.to_owned());
        Self {
            metadata: pairs.into_iter().map(owned).collect(),
            tensors: Vec::new(),
        }
    }

    /// The metadata under a key; empty where there is none.
    #[must_use]
    pub fn text(&self, key: &str) -> &str {
        self.metadata.get(key).map_or("", String::as_str)
    }

    /// The tensor of a name.
    #[must_use]
    pub fn tensor(&self, name: &str) -> Option<&WireTensor> {
        let named = |(known, _): &&(String, WireTensor)| known == name;
        self.tensors.iter().find(named).map(|(_, tensor)| tensor)
    }
}

/// A tensor of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireTensor {
    /// What its elements are.
    pub element: WireElement,
    /// Its lengths, the rows of the batch first.
    pub shape: Vec<usize>,
    /// Its elements in C order, little-endian.
    pub bytes: Vec<u8>,
}

/// What the elements of a tensor are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WireElement {
    /// Values of a dtype.
    Float(Dtype),
    /// Class indices, `i64`.
    Place,
}

impl WireElement {
    fn stored(self) -> Stored {
        match self {
            Self::Float(Dtype::F16) => Stored::F16,
            Self::Float(Dtype::Bf16) => Stored::BF16,
            Self::Float(Dtype::F32) => Stored::F32,
            Self::Float(Dtype::F64) => Stored::F64,
            Self::Place => Stored::I64,
        }
    }

    fn of_stored(stored: Stored) -> Option<Self> {
        match stored {
            Stored::F16 => Some(Self::Float(Dtype::F16)),
            Stored::BF16 => Some(Self::Float(Dtype::Bf16)),
            Stored::F32 => Some(Self::Float(Dtype::F32)),
            Stored::F64 => Some(Self::Float(Dtype::F64)),
            Stored::I64 => Some(Self::Place),
            _ => None,
        }
    }

    /// Its name in messages to people: f16, bf16, f32, f64 or i64.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Float(dtype) => dtype.name(),
            Self::Place => "i64",
        }
    }
}

/// Why bytes are no message, or a message could not be sent.
#[derive(Debug, thiserror::Error)]
pub enum ProtocolError {
    /// The pipe failed.
    #[error("the pipe failed: {0}")]
    Pipe(#[from] io::Error),
    /// The bytes ended early.
    #[error("the message was cut short: {received} of {announced} bytes came")]
    CutShort {
        /// How many bytes the message should have, its length's own eight where those were cut.
        announced: u64,
        /// How many there were.
        received: u64,
    },
    /// More bytes than any message here may have. Nothing was allocated for them.
    #[error("the message announces {announced} bytes, where no more than {limit} can be right")]
    TooLong {
        /// How many bytes it announces.
        announced: u64,
        /// How many it may have.
        limit: u64,
    },
    /// More came after the answer, where nothing is due before the next request.
    #[error("{bytes} bytes follow the answer, where nothing is due before the next request")]
    Surplus {
        /// How many, at least.
        bytes: u64,
    },
    /// Eight letters where a length is due: somebody printed.
    #[error(
        "text where a message is due, beginning {beginning:?}: a worker may write nothing else to standard output"
    )]
    Text {
        /// The first eight bytes.
        beginning: String,
    },
    /// The bytes are no safetensors blob.
    #[error("the message is no safetensors blob: {reason}")]
    NotSafetensors {
        /// What is wrong.
        reason: String,
    },
    /// A tensor of elements that the protocol does not have.
    #[error("the tensor `{tensor}` has elements of {element}, which the protocol does not have")]
    UnknownElement {
        /// The tensor's name.
        tensor: String,
        /// Its elements, in safetensors' words.
        element: String,
    },
    /// A message whose tensors contradict themselves cannot be written.
    #[error("the message cannot be written: {0}")]
    Unwritable(SafeTensorError),
}

/// Bytes of a message's length, and of a blob's.
const LENGTH_BYTES: usize = size_of::<u64>();

/// Reads a message of at most `limit_bytes`; none at a clean end of input.
///
/// # Errors
/// When the pipe fails, or the bytes are no message.
pub fn read_message(
    from: &mut impl Read,
    limit_bytes: u64,
) -> Result<Option<Message>, ProtocolError> {
    let Some(blob) = read_blob(from, limit_bytes)? else {
        return Ok(None);
    };
    parse(&blob).map(Some)
}

/// Reads the bytes of a message. What is allocated grows with what arrives.
fn read_blob(from: &mut impl Read, limit_bytes: u64) -> Result<Option<Vec<u8>>, ProtocolError> {
    let mut length = Vec::with_capacity(LENGTH_BYTES);
    from.take(LENGTH_BYTES as u64).read_to_end(&mut length)?;
    if length.is_empty() {
        return Ok(None);
    }
    let Ok(length_bytes) = <[u8; LENGTH_BYTES]>::try_from(length.as_slice()) else {
        // One byte alone may well be the beginning of a length.
        if length.len() > 1 && is_text(&length) {
            return Err(ProtocolError::text(&length));
        }
        return Err(ProtocolError::CutShort {
            announced: LENGTH_BYTES as u64,
            received: length.len() as u64,
        });
    };
    let announced = u64::from_le_bytes(length_bytes);
    if announced > limit_bytes {
        if is_text(&length) {
            return Err(ProtocolError::text(&length));
        }
        return Err(ProtocolError::TooLong {
            announced,
            limit: limit_bytes,
        });
    }
    let mut blob = Vec::new();
    from.take(announced).read_to_end(&mut blob)?;
    let received = blob.len() as u64;
    if received < announced {
        return Err(ProtocolError::CutShort {
            announced,
            received,
        });
    }
    Ok(Some(blob))
}

/// Whether bytes are text, of which the last letter may be cut. The lengths of real messages have zeros.
fn is_text(bytes: &[u8]) -> bool {
    let utf8 = match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    let is_control = |byte: &u8| byte.is_ascii_control() && !b"\t\n\r\x1b".contains(byte);
    utf8 && !bytes.iter().any(is_control)
}

impl ProtocolError {
    fn text(bytes: &[u8]) -> Self {
        Self::Text {
            beginning: String::from_utf8_lossy(bytes).into_owned(),
        }
    }

    fn unreadable(reason: &(impl ToString + ?Sized)) -> Self {
        Self::NotSafetensors {
            reason: reason.to_string(),
        }
    }
}

/// The message in a blob.
///
/// The header is taken apart here and then checked by the crate: its own reader flattens a map of numbers, which serde_json
/// cannot do while `arbitrary_precision` is on, as it is for references.
fn parse(blob: &[u8]) -> Result<Message, ProtocolError> {
    let cut = || ProtocolError::unreadable("its header is cut short");
    let (length, rest) = blob.split_first_chunk::<LENGTH_BYTES>().ok_or_else(cut)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| cut())?;
    let (header, data) = rest.split_at_checked(length).ok_or_else(cut)?;
    let mut header: BTreeMap<String, Value> =
        serde_json::from_slice(header).map_err(|error| ProtocolError::unreadable(&error))?;
    let metadata = header.remove("__metadata__");
    let metadata = metadata.map(serde_json::from_value).transpose();
    let metadata: Option<BTreeMap<String, String>> =
        metadata.map_err(|error| ProtocolError::unreadable(&format!("`__metadata__`: {error}")))?;
    let mut infos: Vec<(String, TensorInfo)> = Vec::with_capacity(header.len());
    for (name, info) in header {
        let info = serde_json::from_value(info)
            .map_err(|error| ProtocolError::unreadable(&format!("tensor `{name}`: {error}")))?;
        infos.push((name, info));
    }
    infos.sort_by_key(|(_, info)| info.data_offsets);
    // The crate checks that the tensors follow each other without gaps and that each fills its shape.
    let checked =
        Metadata::new(None, infos.clone()).map_err(|error| ProtocolError::unreadable(&error))?;
    if checked.data_len() != data.len() {
        return Err(ProtocolError::unreadable(&format!(
            "its tensors have {} bytes, and {} follow the header",
            checked.data_len(),
            data.len()
        )));
    }
    let mut tensors = Vec::with_capacity(infos.len());
    for (name, info) in infos {
        let Some(element) = WireElement::of_stored(info.dtype) else {
            return Err(ProtocolError::UnknownElement {
                tensor: name,
                element: info.dtype.to_string(),
            });
        };
        let (start, end) = info.data_offsets;
        let tensor = WireTensor {
            element,
            shape: info.shape,
            bytes: data[start..end].to_vec(),
        };
        tensors.push((name, tensor));
    }
    Ok(Message {
        metadata: metadata.unwrap_or_default(),
        tensors,
    })
}

/// Writes a message and flushes it.
///
/// # Errors
/// When the pipe fails, or a tensor's bytes do not fill its shape.
pub fn write_message(to: &mut impl Write, message: &Message) -> Result<(), ProtocolError> {
    let blob = blob_of(message)?;
    to.write_all(&(blob.len() as u64).to_le_bytes())?;
    to.write_all(&blob)?;
    Ok(to.flush()?)
}

fn blob_of(message: &Message) -> Result<Vec<u8>, ProtocolError> {
    let mut views = Vec::with_capacity(message.tensors.len());
    for (name, tensor) in &message.tensors {
        let stored = tensor.element.stored();
        let view = TensorView::new(stored, tensor.shape.clone(), &tensor.bytes)
            .map_err(ProtocolError::Unwritable)?;
        views.push((name.as_str(), view));
    }
    // The crate writes a header that is no JSON for metadata without entries.
    let metadata = &message.metadata;
    let metadata = (!metadata.is_empty()).then(|| metadata.clone().into_iter().collect());
    safetensors::serialize(views, metadata).map_err(ProtocolError::Unwritable)
}

#[cfg(test)]
#[path = "protocol_tests.rs"]
mod tests;
