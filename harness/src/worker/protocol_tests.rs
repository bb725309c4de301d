//! Messages there and back, and every way in which bytes are no message.

use super::*;

const LIMIT: u64 = 1 << 20;

fn request() -> Message {
    let pairs = [("call", "run"), ("id", "17"), ("op", "softmax")];
    let mut message = Message::of_metadata(pairs);
    let logits = WireTensor {
        element: WireElement::Float(Dtype::F32),
        shape: vec![2, 3],
        bytes: (0..24).collect(),
    };
    let label = WireTensor {
        element: WireElement::Place,
        shape: vec![2],
        bytes: (100..116).collect(),
    };
    message.tensors = vec![("label".to_owned(), label), ("logits".to_owned(), logits)];
    message
}

fn written(message: &Message) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_message(&mut bytes, message).unwrap();
    bytes
}

fn sorted(mut message: Message) -> Message {
    message
        .tensors
        .sort_by(|(one, _), (other, _)| one.cmp(other));
    message
}

fn read(bytes: &[u8]) -> Result<Option<Message>, ProtocolError> {
    read_message(&mut &*bytes, LIMIT)
}

/// A message whose header is this text.
fn with_header(header: &str, data: &[u8]) -> Vec<u8> {
    let length = (8 + header.len() + data.len()) as u64;
    let mut bytes = length.to_le_bytes().to_vec();
    bytes.extend((header.len() as u64).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

fn refusal(bytes: &[u8]) -> String {
    read(bytes).unwrap_err().to_string()
}

#[test]
fn messages_come_back_as_they_were_sent() {
    let mut pipe = written(&request());
    pipe.extend(written(&Message::default()));
    let mut from = pipe.as_slice();
    let first = read_message(&mut from, LIMIT).unwrap().unwrap();
    assert_eq!(sorted(first), request());
    let second = read_message(&mut from, LIMIT).unwrap().unwrap();
    assert_eq!(second, Message::default());
    assert_eq!(read_message(&mut from, LIMIT).unwrap(), None);
}

#[test]
fn every_element_and_empty_tensors_come_back() {
    let floats = Dtype::ALL.map(WireElement::Float);
    for element in floats.into_iter().chain([WireElement::Place]) {
        for rows in [0, 1, 3] {
            let tensor = WireTensor {
                element,
                shape: vec![rows],
                bytes: vec![7; rows * element.stored().bitsize() / 8],
            };
            let mut message = Message::default();
            message.tensors.push(("x".to_owned(), tensor));
            assert_eq!(read(&written(&message)).unwrap(), Some(message));
        }
    }
}

#[test]
fn a_message_cut_short_anywhere_is_told_as_such() {
    let whole = written(&request());
    for kept in 1..whole.len() {
        let cut = read(&whole[..kept]).unwrap_err();
        let ProtocolError::CutShort {
            announced,
            received,
        } = cut
        else {
            panic!("{kept} bytes kept: {cut}");
        };
        let expected = if kept < 8 {
            (8, kept)
        } else {
            (whole.len() - 8, kept - 8)
        };
        assert_eq!((announced as usize, received as usize), expected);
    }
}

#[test]
fn a_length_beyond_the_limit_is_refused_before_anything_is_allocated() {
    let told = refusal(&u64::MAX.to_le_bytes());
    assert!(
        told.starts_with("the message announces 18446744073709551615"),
        "{told}"
    );
    let told = refusal(&(LIMIT + 1).to_le_bytes());
    assert_eq!(
        told,
        "the message announces 1048577 bytes, where no more than 1048576 can be right"
    );
}

#[test]
fn print_statements_are_recognised() {
    let told = refusal(b"Loading the model\n");
    assert!(
        told.starts_with("text where a message is due, beginning \"Loading \""),
        "{told}"
    );
    assert!(
        refusal(b"hi\n").starts_with("text where"),
        "shorter than a length"
    );
}

#[test]
fn blobs_that_contradict_themselves_are_refused() {
    let tensor = |shape: &str, offsets: &str| {
        format!(r#"{{"x":{{"dtype":"F32","shape":{shape},"data_offsets":{offsets}}}}}"#)
    };
    let header = tensor("[1]", "[0,4]");
    assert!(read(&with_header(&header, &[0; 4])).is_ok());
    for (bytes, reason) in [
        (
            4_u64.to_le_bytes().into_iter().chain([1; 4]).collect(),
            "header is cut short",
        ),
        (with_header("{", &[]), "EOF while parsing"),
        (with_header("[]", &[]), "invalid type"),
        (with_header(&header, &[0; 5]), "have 4 bytes, and 5 follow"),
        (with_header(&header, &[0; 3]), "have 4 bytes, and 3 follow"),
        (
            with_header(&tensor("[2]", "[0,4]"), &[0; 4]),
            "invalid shape",
        ),
        (
            with_header(&tensor("[1]", "[4,8]"), &[0; 8]),
            "invalid offset",
        ),
        (
            with_header(&tensor("[18446744073709551615,4]", "[0,4]"), &[0; 4]),
            "overflow",
        ),
        (
            with_header(r#"{"__metadata__":{"id":17}}"#, &[]),
            "__metadata__",
        ),
    ] {
        let told = refusal(&bytes);
        assert!(
            told.starts_with("the message is no safetensors blob"),
            "{told}"
        );
        assert!(told.contains(reason), "{told} has no {reason:?}");
    }
    let integers = tensor("[1]", "[0,4]").replace("F32", "I32");
    let told = refusal(&with_header(&integers, &[0; 4]));
    assert!(told.contains("`x` has elements of I32"), "{told}");
}

#[test]
fn a_tensor_that_does_not_fill_its_shape_is_not_written() {
    let mut message = request();
    message.tensors[0].1.shape = vec![3];
    assert!(matches!(
        write_message(&mut Vec::new(), &message),
        Err(ProtocolError::Unwritable(_))
    ));
}
