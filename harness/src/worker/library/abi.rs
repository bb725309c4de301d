//! The C interface of `harness/adapters/c/lossproof.h`. In: a shared library and calls in their memory. Out: the functions'
//! return values and texts. Everything unsafe of this stage is here.

use super::LibraryError;
use crate::subject::{BatchCall, InputForm, preserving};
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use lossproof_numerics::Dtype;
use std::error::Error;
use std::ffi::{CStr, c_char, c_void};
use std::path::Path;

/// The most axes that a tensor has.
const AXES: usize = 3;

/// `lossproof_tensor`
#[repr(C)]
#[derive(Debug)]
struct RawTensor {
    data: *mut c_void,
    rank: i32,
    shape: [i64; AXES],
    strides: [i64; AXES],
}

type RawKernel =
    unsafe extern "C" fn(inputs: *const RawTensor, count: usize, output: *const RawTensor) -> i32;

type RawText = unsafe extern "C" fn() -> *const c_char;

/// A function of a loaded library.
#[derive(Debug, Clone, Copy)]
pub(super) struct KernelFunction(RawKernel);

/// A library in this process. It stays loaded until the process ends.
#[derive(Debug)]
pub(super) struct Loaded {
    library: Library,
}

impl Loaded {
    /// Loads a library, and puts the floating-point environment back. Out also: what loading had left changed of it.
    pub(super) fn open(path: &Path) -> Result<(Self, Vec<&'static str>), LibraryError> {
        #[expect(
            unsafe_code,
            reason = "running other people's code is what this process is for"
        )]
        // SAFETY: the library's initialisers may do anything; that is why it is loaded in a process that serves it alone
        // and that nobody trusts. Symbols are bound now, so that a missing one is told here and not in a call.
        let open = || unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) };
        let (opened, changes) = preserving(open);
        let library = opened.map_err(|error| LibraryError::Unloadable {
            path: path.to_owned(),
            // The error itself says that the loader failed, and its source why.
            reason: error
                .source()
                .map_or_else(|| error.to_string(), ToString::to_string),
        })?;
        Ok((Self { library }, changes))
    }

    /// The function of an op and dtype.
    pub(super) fn kernel(&self, op: &str, dtype: Dtype) -> Option<KernelFunction> {
        let name = format!("lossproof_{op}_{dtype}");
        #[expect(unsafe_code, reason = "a symbol has the type that the header gives it")]
        // SAFETY: the header gives every function of such a name this signature, and says so to its author.
        let symbol = unsafe { self.library.get::<RawKernel>(&name) };
        symbol.ok().map(|kernel| KernelFunction(*kernel))
    }

    /// What an optional function says; none where the library has no such function, or it gives a null pointer.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        #[expect(unsafe_code, reason = "a symbol has the type that the header gives it")]
        // SAFETY: the header gives the four optional functions this signature.
        let function = unsafe { self.library.get::<RawText>(name) }.ok()?;
        #[expect(unsafe_code, reason = "a function of the library is called")]
        // SAFETY: it takes nothing; what it returns is used at once, as the header allows.
        let (text, _) = preserving(|| unsafe { function() });
        if text.is_null() {
            return None;
        }
        #[expect(
            unsafe_code,
            reason = "the library says that there is a string behind the pointer"
        )]
        // SAFETY: the header asks for a string that ends in 0 and stays valid until the library's next call.
        let text = unsafe { CStr::from_ptr(text) };
        Some(text.to_string_lossy().into_owned())
    }
}

impl KernelFunction {
    /// Calls the function in the memory of a call, whose output has this shape. Out: what it returned, and what it left
    /// changed of the floating-point environment, which is put back.
    pub(super) fn call(
        self,
        call: &mut BatchCall,
        output_shape: &[usize],
    ) -> (i32, Vec<&'static str>) {
        let rows = call.rows();
        let forms: Vec<InputForm> = call.forms().collect();
        let mut inputs = Vec::with_capacity(forms.len());
        for (place, &form) in forms.iter().enumerate() {
            inputs.push(RawTensor::new(
                call.input_pointer(place),
                &shape_of(form, rows),
            ));
        }
        let output = RawTensor::new(call.output_pointer(), output_shape);
        #[expect(
            unsafe_code,
            reason = "a kernel behind a C interface is what is measured"
        )]
        // SAFETY: the tensors describe the buffers of a `BatchCall`: aligned for their elements, apart from each other,
        // initialised, with guard bytes on either side, and alive until this returns.
        preserving(|| unsafe { self.0(inputs.as_ptr(), inputs.len(), &raw const output) })
    }
}

/// The shape of an input of this form, rows first.
fn shape_of(form: InputForm, rows: usize) -> Vec<usize> {
    match form {
        InputForm::Scalar | InputForm::Index => vec![rows],
        InputForm::Row(length) | InputForm::Indices(length) => vec![rows, length],
        InputForm::Matrix {
            rows: lines,
            columns,
        } => vec![rows, lines, columns],
    }
}

impl RawTensor {
    /// A tensor without gaps between its elements.
    fn new(data: *mut u8, shape: &[usize]) -> Self {
        let length = |length: usize| i64::try_from(length).expect("memory has fewer elements");
        let mut tensor = Self {
            data: data.cast(),
            rank: i32::try_from(shape.len()).expect("at most three axes"),
            shape: [1; AXES],
            strides: [0; AXES],
        };
        let mut stride = 1;
        for (axis, &extent) in shape.iter().enumerate().rev() {
            tensor.shape[axis] = length(extent);
            tensor.strides[axis] = stride;
            stride *= length(extent);
        }
        tensor
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tensors_are_described_as_the_header_says() {
        let described = |shape: &[usize]| {
            let tensor = RawTensor::new(std::ptr::null_mut(), shape);
            (tensor.rank, tensor.shape, tensor.strides)
        };
        assert_eq!(described(&[7]), (1, [7, 1, 1], [1, 0, 0]));
        assert_eq!(described(&[7, 5]), (2, [7, 5, 1], [5, 1, 0]));
        assert_eq!(described(&[7, 3, 5]), (3, [7, 3, 5], [15, 5, 1]));
        assert_eq!(described(&[7, 0]), (2, [7, 0, 1], [0, 1, 0]));
        let matrix = InputForm::Matrix {
            rows: 3,
            columns: 5,
        };
        assert_eq!(shape_of(matrix, 7), [7, 3, 5]);
    }
}
