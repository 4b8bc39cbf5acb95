//! How fast personal data is found: the demo's mails, again and again, in one text.

use std::hint::black_box;
use std::time::Instant;

use svarforslag::privacy::detect;

use crate::{Row, inquiry};

/// Bytes of the text.
const BYTES: usize = 1_000_000;
const RUNS: usize = 5;
const MB_PER_SECOND_MIN: f64 = 2.0;

pub(crate) fn measure(rows: &mut Vec<Row>) {
    let mail = format!(
        "{}\n\nMvh\nLone Eksempelsen\ntlf. 00 12 34 56, CPR 310255-9996, konto 0040 1234567890\n\n",
        inquiry().body
    );
    let text = mail.repeat(BYTES / mail.len() + 1);
    // The lists are read once.
    black_box(detect(&mail));
    let mut rates: Vec<f64> = (0..RUNS)
        .map(|_| {
            let started = Instant::now();
            black_box(detect(&text));
            text.len() as f64 / 1e6 / started.elapsed().as_secs_f64()
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    let rate = rates[RUNS / 2];
    rows.push(Row {
        what: format!("personal data found in {} bytes of mails", text.len()),
        n: RUNS,
        figure: format!("{rate:.1} MB/s"),
        bound: format!("at least {MB_PER_SECOND_MIN} MB/s"),
        holds: Some(rate >= MB_PER_SECOND_MIN),
    });
}
