//! What holds for the whole: who may import whom, what is shipped, and stories told to the built binary.

mod architecture;
mod compose;
mod sources;
mod stories;
mod workspace;
