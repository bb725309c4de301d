//! The memory of one call on some rows, as a kernel sees it. In: rows of inputs, a dtype and a layout. Out: buffers inside
//! guard bytes, and after the call the output, and what was written where nothing should be.
//!
//! A row input of length n lies as `[rows, n]`, a matrix as `[rows, m, n]`, a scalar as `[rows]`, an index as `[rows]` of
//! `i64`; the output as `[rows, output_length]`. Every
//! buffer is aligned for its element and, with a misalignment, for no more than that.

use super::encoding::{element_bytes, read_elements, read_places, write_elements, write_places};
use super::region::{LINE_BYTES, Region};
use super::{Answer, Failure};
use crate::cases::Tensor;
use lossproof_kernels::Element;
use lossproof_numerics::Dtype;
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// How the buffers of a call lie in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// How many elements past a multiple of 64 bytes each buffer starts.
    pub misalignment_elements: usize,
    /// The byte that fills the output before the call, and the guard bytes around every buffer.
    pub pattern: u8,
}

impl Layout {
    /// Aligned, and all that is not input a NaN: a kernel that forgets to write, or reads too far, shows it.
    pub const ALIGNED: Self = Self {
        misalignment_elements: 0,
        pattern: 0xff,
    };

    /// Memory for elements of so many bytes each.
    pub(super) fn region(self, bytes: usize, element_bytes: usize) -> Region {
        Region::new(
            bytes,
            self.misalignment_elements * element_bytes % LINE_BYTES,
            self.pattern,
        )
    }
}

/// How one input lies in memory, for each row of the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum InputForm {
    /// So many elements of the dtype.
    Row(usize),
    /// One element.
    Scalar,
    /// One `i64`.
    Index,
    /// So many `i64`.
    Indices(usize),
    /// Elements, row by row.
    Matrix {
        /// How many rows the matrix has.
        rows: usize,
        /// How many elements each has.
        columns: usize,
    },
}

impl InputForm {
    /// The form of a tensor.
    #[must_use]
    pub fn of(tensor: &Tensor) -> Self {
        match tensor {
            Tensor::Row(row) => Self::Row(row.len()),
            Tensor::Scalar(_) => Self::Scalar,
            Tensor::Index(_) => Self::Index,
            Tensor::Indices(places) => Self::Indices(places.len()),
            Tensor::Matrix { rows, columns, .. } => Self::Matrix {
                rows: *rows,
                columns: *columns,
            },
        }
    }

    /// How many elements or places each row of the batch has.
    #[must_use]
    pub fn values(self) -> usize {
        match self {
            Self::Row(length) | Self::Indices(length) => length,
            Self::Scalar | Self::Index => 1,
            Self::Matrix { rows, columns } => rows * columns,
        }
    }

    /// Whether it holds places (`i64`) and not elements.
    #[must_use]
    pub fn holds_places(self) -> bool {
        matches!(self, Self::Index | Self::Indices(_))
    }

    pub(super) fn value_bytes(self, dtype: Dtype) -> usize {
        if self.holds_places() {
            size_of::<i64>()
        } else {
            element_bytes(dtype)
        }
    }

    /// How many bytes each row of the batch has.
    #[must_use]
    pub fn row_bytes(self, dtype: Dtype) -> usize {
        self.values() * self.value_bytes(dtype)
    }
}

/// One input of a call as elements or places: the other of the two is empty.
#[derive(Debug, Clone, Copy)]
pub struct InputView<'a, E> {
    /// What each row of the batch has of it.
    pub form: InputForm,
    /// The elements of all rows.
    pub elements: &'a [E],
    /// The places of all rows.
    pub places: &'a [i64],
}

/// The memory of one call on a number of rows.
#[derive(Debug)]
pub struct BatchCall {
    pub(super) dtype: Dtype,
    pub(super) rows: usize,
    pub(super) inputs: Vec<(InputForm, Region)>,
    pub(super) output: Region,
    pub(super) output_length: usize,
    pub(super) layout: Layout,
}

/// Why bytes are elements.
const ALIGNED: &str = "every buffer is aligned for its element and holds whole ones";

impl BatchCall {
    /// Lays out the inputs of some rows, and an output of `output_length` values for each.
    ///
    /// # Panics
    /// When there is no row, the rows' inputs differ in kind or length, or a value is not one of the dtype.
    #[must_use]
    pub fn new<Row: AsRef<[Tensor]>>(
        dtype: Dtype,
        rows: &[Row],
        output_length: usize,
        layout: Layout,
    ) -> Self {
        let first = rows.first().expect("a call has a row").as_ref();
        let input = |place: usize| {
            let form = InputForm::of(&first[place]);
            let row_bytes = form.row_bytes(dtype);
            let mut region = layout.region(rows.len() * row_bytes, form.value_bytes(dtype));
            let mut remaining = region.bytes_mut();
            for row in rows {
                let row = row.as_ref();
                assert_eq!(row.len(), first.len(), "the rows of a batch are alike");
                let tensor = &row[place];
                assert_eq!(InputForm::of(tensor), form, "the rows of a batch are alike");
                let (bytes, rest) = remaining.split_at_mut(row_bytes);
                remaining = rest;
                match tensor {
                    Tensor::Row(values)
                    | Tensor::Matrix {
                        numbers: values, ..
                    } => write_elements(dtype, values, bytes),
                    Tensor::Scalar(value) => write_elements(dtype, &[*value], bytes),
                    Tensor::Index(place) => write_places(&[*place], bytes),
                    Tensor::Indices(places) => write_places(places, bytes),
                }
            }
            (form, region)
        };
        let inputs = (0..first.len()).map(input).collect();
        Self::of_regions(dtype, rows.len(), inputs, output_length, layout)
    }

    /// Inputs that are laid out, and room for the output.
    pub(super) fn of_regions(
        dtype: Dtype,
        rows: usize,
        inputs: Vec<(InputForm, Region)>,
        output_length: usize,
        layout: Layout,
    ) -> Self {
        let element = element_bytes(dtype);
        Self {
            dtype,
            rows,
            inputs,
            output: layout.region(rows * output_length * element, element),
            output_length,
            layout,
        }
    }

    /// Lays out the inputs of `rows` rows that are given together: of matrices each row, of a row of numbers each number, and scalars for
    /// every row alike.
    ///
    /// # Panics
    /// When there is no row, an input is of places or has another number of rows, or a value is not one of the dtype.
    #[must_use]
    pub fn stacked(
        dtype: Dtype,
        rows: usize,
        inputs: &[Tensor],
        output_length: usize,
        layout: Layout,
    ) -> Self {
        assert!(rows > 0, "a call has a row");
        let lay = |form: InputForm, numbers: &[f64]| {
            assert_eq!(numbers.len(), rows * form.values(), "a part for each row");
            let row_bytes = form.row_bytes(dtype);
            let mut region = layout.region(rows * row_bytes, form.value_bytes(dtype));
            write_elements(dtype, numbers, region.bytes_mut());
            (form, region)
        };
        let input = |tensor: &Tensor| match tensor {
            Tensor::Matrix {
                numbers, columns, ..
            } => lay(InputForm::Row(*columns), numbers),
            Tensor::Row(numbers) => lay(InputForm::Scalar, numbers),
            Tensor::Scalar(number) => lay(InputForm::Scalar, &vec![*number; rows]),
            Tensor::Index(_) | Tensor::Indices(_) => panic!("places are not given together"),
        };
        let inputs = inputs.iter().map(input).collect();
        Self::of_regions(dtype, rows, inputs, output_length, layout)
    }

    /// How the buffers lie.
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// The dtype of all elements.
    #[must_use]
    pub fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// How many rows the call has.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many values the output has for each row.
    #[must_use]
    pub fn output_length(&self) -> usize {
        self.output_length
    }

    /// How each input lies in memory, in the order of the op's inputs.
    #[must_use]
    pub fn forms(&self) -> impl ExactSizeIterator<Item = InputForm> {
        self.inputs.iter().map(|(form, _)| *form)
    }

    /// The inputs as elements, and the output to write.
    ///
    /// # Panics
    /// When `E` is not the element type of the dtype.
    #[must_use]
    pub fn views<E>(&mut self) -> (Vec<InputView<'_, E>>, &mut [E])
    where
        E: Element + FromBytes + IntoBytes + Immutable,
    {
        assert_eq!(E::NAME, self.dtype.name(), "the element type of the call");
        let views = self.inputs.iter().map(|(form, region)| {
            let (elements, places): (&[E], &[i64]) = if form.holds_places() {
                (&[], <[i64]>::ref_from_bytes(region.bytes()).expect(ALIGNED))
            } else {
                (<[E]>::ref_from_bytes(region.bytes()).expect(ALIGNED), &[])
            };
            InputView {
                form: *form,
                elements,
                places,
            }
        });
        (
            views.collect(),
            <[E]>::mut_from_bytes(self.output.bytes_mut()).expect(ALIGNED),
        )
    }

    /// The first byte of an input. The pointer may be used, for writing too, from [`super::GUARD_BYTES`] before the buffer
    /// to as many after it: what a faulty kernel does there is found and harms nothing.
    ///
    /// # Panics
    /// When the op has no such input.
    pub fn input_pointer(&mut self, place: usize) -> *mut u8 {
        self.inputs[place].1.pointer()
    }

    /// The first byte of the output, with the same room around it.
    pub fn output_pointer(&mut self) -> *mut u8 {
        self.output.pointer()
    }

    /// The inputs of one row as values.
    #[must_use]
    pub fn input_row(&self, row: usize) -> Vec<Tensor> {
        let tensor = |(form, region): &(InputForm, Region)| {
            let row_bytes = form.row_bytes(self.dtype);
            let bytes = &region.bytes()[row * row_bytes..][..row_bytes];
            match *form {
                InputForm::Row(_) => Tensor::Row(read_elements(self.dtype, bytes)),
                InputForm::Scalar => Tensor::Scalar(read_elements(self.dtype, bytes)[0]),
                InputForm::Index => Tensor::Index(read_places(bytes)[0]),
                InputForm::Indices(_) => Tensor::Indices(read_places(bytes)),
                InputForm::Matrix { rows, columns } => Tensor::Matrix {
                    numbers: read_elements(self.dtype, bytes),
                    rows,
                    columns,
                },
            }
        };
        self.inputs.iter().map(tensor).collect()
    }

    /// The output of one row as values.
    #[must_use]
    pub fn output_row(&self, row: usize) -> Vec<f64> {
        let bytes = self.output_length * element_bytes(self.dtype);
        read_elements(self.dtype, &self.output.bytes()[row * bytes..][..bytes])
    }

    /// The output of all rows as values, one row after the other.
    #[must_use]
    pub fn outputs(&self) -> Vec<f64> {
        read_elements(self.dtype, self.output.bytes())
    }

    /// Writes the output of one row.
    ///
    /// # Panics
    /// When these are not as many values as the output has, or not values of the dtype.
    pub fn write_output_row(&mut self, row: usize, values: &[f64]) {
        assert_eq!(values.len(), self.output_length, "as long as the output");
        let bytes = self.output_length * element_bytes(self.dtype);
        let output = &mut self.output.bytes_mut()[row * bytes..][..bytes];
        write_elements(self.dtype, values, output);
    }

    /// Writes the output of all rows, as elements in the machine's byte order.
    ///
    /// # Panics
    /// When these are not as many bytes as the output has.
    pub fn write_output_bytes(&mut self, bytes: &[u8]) {
        self.output.bytes_mut().copy_from_slice(bytes);
    }

    /// Answers row by row, for subjects that take rows as values.
    ///
    /// # Errors
    /// The first row that gave no values, or another number of them.
    ///
    /// # Panics
    /// When a value is not one of the dtype.
    pub fn answer_by_row(
        &mut self,
        answer: impl Fn(&[Tensor], usize) -> Answer,
    ) -> Result<(), Failure> {
        for row in 0..self.rows {
            let values = answer(&self.input_row(row), self.output_length).into_values()?;
            if values.len() != self.output_length {
                return Err(Failure::Crashed(format!(
                    "gave {} values where {} are due",
                    values.len(),
                    self.output_length
                )));
            }
            self.write_output_row(row, &values);
        }
        Ok(())
    }

    /// The bytes of every input, to compare after the call.
    #[must_use]
    pub fn input_bytes(&self) -> Vec<Vec<u8>> {
        let regions = self.inputs.iter().map(|(_, region)| region);
        regions.map(|region| region.bytes().to_vec()).collect()
    }

    /// Where something was written that is no buffer: "byte 0 past the end of the output"; none where nothing was.
    #[must_use]
    pub fn guard_damage(&self) -> Option<String> {
        let mut inputs = self.inputs.iter().enumerate();
        self.output.damage("the output").or_else(|| {
            inputs.find_map(|(place, (_, region))| region.damage(&format!("input {place}")))
        })
    }
}

#[cfg(test)]
#[path = "batch_tests.rs"]
mod tests;
