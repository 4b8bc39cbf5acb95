//! The promises of the folders, kept by the program as a whole.

mod http;
