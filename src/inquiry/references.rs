//! What an inquiry points to: cases, løngrupper, codes, days, amounts.

use std::ops::Range;

use crate::inquiry::phrases as say;
use crate::inquiry::plain::Plain;
use crate::inquiry::{Inquiry, Part, PartKind, Reference, References};
use crate::language::{ValueKind, values};
use crate::terms::System;

/// The references of the subject and of the parts that are neither signature nor disclaimer.
pub(crate) fn references(inquiry: &Inquiry, parts: &[Part]) -> References {
    let mut found = References::default();
    if let Some(subject) = &inquiry.subject {
        collect(subject, |_| None, &mut found);
    }
    for part in parts {
        if !matches!(part.kind, PartKind::Signature | PartKind::Disclaimer) {
            let plain = Plain::of(&inquiry.body, part.range.clone());
            collect(&plain.text, |range| Some(plain.body_range(range)), &mut found);
        }
    }
    found
}

fn collect(
    text: &str,
    place: impl Fn(Range<usize>) -> Option<Range<usize>>,
    found: &mut References,
) {
    let refer = |norm: String, range: Range<usize>| Reference {
        text: text.get(range.clone()).unwrap_or_default().to_owned(),
        norm,
        range: place(range),
    };
    let mut groups: Vec<Range<usize>> = Vec::new();
    for captures in say::LOENGRUPPE.captures_iter(text) {
        let Some(listed) = captures.get(1) else { continue };
        for number in say::GROUP_NUMBER.find_iter(listed.as_str()) {
            let range = listed.start() + number.start()..listed.start() + number.end();
            groups.push(range.clone());
            push(&mut found.loengrupper, refer(number.as_str().to_owned(), range));
        }
    }
    for value in values(text) {
        let before = text.get(..value.range.start).unwrap_or_default();
        let list = match value.kind {
            ValueKind::Case => &mut found.cases,
            ValueKind::Date => &mut found.days,
            ValueKind::Amount => &mut found.amounts,
            // P360 is a system.
            ValueKind::Code if System::find(&value.norm).is_some() => continue,
            ValueKind::Code | ValueKind::Section => &mut found.codes,
            // A bare number is a code when a word of the trade says so: "løndel 2913".
            ValueKind::Number if say::CODE_NAME.is_match(before) => &mut found.codes,
            _ => continue,
        };
        // A CPR number is no reference, and no part of one either.
        let personal = value.norm.starts_with("cpr");
        if !groups.contains(&value.range) && !personal {
            push(list, refer(value.norm, value.range));
        }
    }
}

/// Each thing once, where it is first named.
fn push(list: &mut Vec<Reference>, reference: Reference) {
    if !list.iter().any(|known| known.norm == reference.norm) {
        list.push(reference);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, expected: [&[&str]; 5]) {
        let inquiry = Inquiry { body: body.to_owned(), ..Inquiry::default() };
        let whole = Part { kind: PartKind::Own, range: 0..body.len() };
        let found = references(&inquiry, &[whole]);
        let lists = [found.cases, found.loengrupper, found.codes, found.days, found.amounts];
        for (list, expected) in lists.iter().zip(expected) {
            let norms: Vec<&str> = list.iter().map(|one| one.norm.as_str()).collect();
            assert_eq!(norms, expected, "{body}");
            for one in list {
                assert_eq!(body.get(one.range.clone().unwrap()), Some(one.text.as_str()));
            }
        }
    }

    #[test]
    fn references_are_found_in_their_normal_form() {
        check("Se SAM 2409-0815 og sam2409-0815.", [&["sam2409-0815"], &[], &[], &[], &[]]);
        check(
            "Løngruppe 512 og 513 pr. 1/3-2026",
            [&[], &["512", "513"], &[], &["d2026-03-01"], &[]],
        );
        check(
            "løndel 4120, PKAT 031, 1.250 kr. og 17 medarbejdere",
            [&[], &[], &["4120", "pkat031"], &[], &["1250"]],
        );
        check("CPR 251248-9996 skal ikke huskes", [&[], &[], &[], &[], &[]]);
    }

    #[test]
    fn the_subject_counts_too_but_has_no_place_in_the_body() {
        let subject = Some("Ryk: SAM 2409-0815".to_owned());
        let inquiry = Inquiry { subject, body: "Er der nyt?".to_owned(), ..Inquiry::default() };
        let found = references(&inquiry, &[]);
        assert_eq!(found.cases.first().map(|case| case.range.clone()), Some(None));
    }
}
