//! Kernels in processes of their own. In: a command, and calls on rows. Out: answers, and whatever the process does.

pub mod protocol;
