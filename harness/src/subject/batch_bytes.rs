//! A call's memory from bytes and to bytes, as it travels between processes: no value is decoded on the way.

use super::BatchCall;
use super::batch::{InputForm, Layout};
use lossproof_numerics::Dtype;

/// One input of all rows of a call, as the bytes of its elements.
#[derive(Debug, Clone, Copy)]
pub struct InputBytes<'a> {
    /// What each row of the batch has of it.
    pub form: InputForm,
    /// The elements of all rows, in the machine's byte order.
    pub bytes: &'a [u8],
}

impl BatchCall {
    /// Lays out inputs given as bytes, and an output of `output_length` values for each row.
    ///
    /// # Panics
    /// When there is no row, or an input's bytes are not as many as its form has in all rows.
    #[must_use]
    pub fn of_bytes(
        dtype: Dtype,
        rows: usize,
        inputs: &[InputBytes<'_>],
        output_length: usize,
        layout: Layout,
    ) -> Self {
        assert!(rows > 0, "a call has a row");
        let input = |input: &InputBytes<'_>| {
            let length = rows * input.form.row_bytes(dtype);
            assert_eq!(input.bytes.len(), length, "an input fills its form");
            let mut region = layout.region(length, input.form.value_bytes(dtype));
            region.bytes_mut().copy_from_slice(input.bytes);
            (input.form, region)
        };
        let inputs = inputs.iter().map(input).collect();
        Self::of_regions(dtype, rows, inputs, output_length, layout)
    }

    /// The bytes of the output of all rows.
    #[must_use]
    pub fn output_bytes(&self) -> &[u8] {
        self.output.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::super::encoding::element_bytes;
    use super::*;
    use crate::cases::Tensor;

    #[test]
    fn a_call_of_bytes_is_the_call_of_its_values() {
        let rows = [
            vec![Tensor::Row(vec![1.0, -2.5]), Tensor::Index(2)],
            vec![Tensor::Row(vec![f64::NAN, -0.0]), Tensor::Index(-1)],
        ];
        for dtype in Dtype::ALL {
            let of_values = BatchCall::new(dtype, &rows, 2, Layout::ALIGNED);
            let bytes = of_values.input_bytes();
            let inputs: Vec<InputBytes<'_>> = of_values
                .forms()
                .zip(&bytes)
                .map(|(form, bytes)| InputBytes { form, bytes })
                .collect();
            let layout = Layout {
                misalignment_elements: 1,
                ..Layout::ALIGNED
            };
            let mut of_bytes = BatchCall::of_bytes(dtype, 2, &inputs, 2, layout);
            assert_eq!(of_bytes.input_bytes(), bytes);
            assert_eq!(
                of_bytes.output_pointer().addr() % 64,
                element_bytes(dtype),
                "one element past a line"
            );
            of_bytes.write_output_row(1, &[0.5, 1.0]);
            assert_eq!(of_bytes.output_bytes().len(), 4 * element_bytes(dtype));
            assert_eq!(of_bytes.output_row(1), [0.5, 1.0]);
        }
    }
}
