//! The words of the trade, parsed: days, validity, institutions, who may see what.
//!
//! Takes: text as people and files write it.
//! Gives: [`Day`], [`Period`], [`Institution`], [`Register`], [`Scope`].
//! Never: guesses; what cannot be read is returned as an error or as nothing.

mod day;
mod holidays;
mod institution;
mod letters;
mod period;
mod scope;
mod system;

pub use day::{Day, DayStyle, MONTHS, parse_day, read_day, show_day};
pub use holidays::{
    DayOff, add_working_days, day_off, is_bank_day, is_holiday, is_working_day, next_working_day,
    previous_working_day,
};
pub use institution::{Institution, Register, RegisterError, fold_name};
pub use letters::latin;
pub use period::{Period, State};
pub use scope::{Asker, Audience, Scope};
pub use system::System;
