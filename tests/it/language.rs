//! The Danish analyser against its golden files: words that share a stem and words that do not,
//! and every form under which a code, an amount or a day is found.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use svarforslag::language::{content_stems, fold, lexicon, stem, tokens, values};

const GOLDEN_WORDS_MIN: usize = 350;
const GOLDEN_CODES_MIN: usize = 70;

/// The lines of a golden file, each with its number, after the comment that must stand above them.
fn lines(name: &str) -> Vec<(usize, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/language").join(name);
    let text = fs::read_to_string(path).unwrap();
    let mut explained = false;
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        match line.chars().next() {
            None => explained = false,
            Some('#') => explained = true,
            Some(_) => {
                assert!(explained, "{name}:{}: a comment above says why", at + 1);
                found.push((at + 1, line.to_owned()));
            }
        }
    }
    found
}

fn forms(text: &str) -> Vec<String> {
    tokens(text).into_iter().map(|token| token.text).collect()
}

#[track_caller]
fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn words_share_a_stem_where_the_golden_file_says_so_and_nowhere_else_in_it() {
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for (number, line) in lines("words.tsv") {
        let (mark, words) = line.split_once('\t').unwrap();
        let stems: Vec<(&str, String)> =
            words.split(' ').map(|word| (word, stem(&fold(word)))).collect();
        assert!(stems.len() > 1, "words.tsv:{number}: a group has two words or more");
        seen.extend(stems.iter().map(|(word, _)| (*word).to_owned()));
        let different: BTreeSet<&String> = stems.iter().map(|(_, stem)| stem).collect();
        let right = match mark {
            "=" => different.len() == 1,
            "/" => different.len() == stems.len(),
            _ => panic!("words.tsv:{number}: a line begins with = or /"),
        };
        if !right {
            wrong.push(format!("words.tsv:{number}: {mark} {stems:?}"));
        }
    }
    none(&wrong);
    assert!(seen.len() >= GOLDEN_WORDS_MIN, "{} words", seen.len());
}

#[test]
fn codes_amounts_and_days_are_found_under_the_forms_of_the_golden_file() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for (number, line) in lines("codes.tsv") {
        let fields: Vec<&str> = line.split('\t').collect();
        match fields.as_slice() {
            ["/", left, right] => {
                let (a, b) = (forms(left), forms(right));
                let shared = a.first().is_none_or(|form| b.contains(form))
                    || b.first().is_none_or(|form| a.contains(form));
                if shared {
                    wrong.push(format!("codes.tsv:{number}: {left} {a:?} and {right} {b:?}"));
                }
            }
            [text, expected] => {
                count += 1;
                let found = forms(text).join(" ");
                if found != *expected {
                    wrong.push(format!("codes.tsv:{number}: {text} is {found}, not {expected}"));
                }
            }
            _ => panic!("codes.tsv:{number}: two fields, or / and two texts"),
        }
    }
    none(&wrong);
    assert!(count >= GOLDEN_CODES_MIN, "{count} codes");
}

#[test]
fn every_form_of_a_text_stands_where_it_was_written() {
    for (number, line) in lines("codes.tsv") {
        for text in line.split('\t').filter(|text| *text != "/") {
            for token in tokens(text) {
                let written = text.get(token.range.clone());
                assert!(written.is_some_and(|w| !w.is_empty()), "codes.tsv:{number}: {token:?}");
            }
            for pair in values(text).windows(2) {
                assert!(pair[0].range.end <= pair[1].range.start, "codes.tsv:{number}: {pair:?}");
            }
        }
    }
}

#[test]
fn a_letter_is_the_same_however_it_is_written() {
    for (written, plain) in [
        ("A\u{30a}rsopgørelse", "årsopgørelse"),
        ("ÅRSOPGØRELSE", "årsopgørelse"),
        ("\u{212b}rsopgørelse", "årsopgørelse"),
        ("ﬁnansår", "finansår"),
        ("Ferie\u{ad}penge", "feriepenge"),
        ("Ferie\u{200b}penge", "feriepenge"),
        ("Ferie\u{2060}penge\u{feff}", "feriepenge"),
        ("GǾR", "gør"),
        ("gø\u{301}r", "gør"),
        ("idé", "ide"),
        ("２９１３", "2913"),
        ("ÆØÅ", "æøå"),
    ] {
        assert_eq!(fold(written), plain, "{written:?}");
        assert_eq!(forms(written), forms(plain), "{written:?}");
    }
    // The Danish letters are letters of their own.
    for (left, right) in [("få", "fa"), ("sø", "so"), ("læs", "las"), ("å", "aa"), ("tøj", "töj")]
    {
        assert_ne!(fold(left), fold(right));
    }
}

#[test]
fn a_space_or_a_hyphen_that_keeps_a_line_together_is_one() {
    for (written, plain) in [
        ("PKAT\u{a0}026", "PKAT 026"),
        ("§\u{a0}56, stk.\u{a0}2", "§ 56, stk. 2"),
        ("70\u{a0}000\u{a0}kr.", "70 000 kr."),
        ("70\u{202f}000\u{2009}kroner", "70 000 kroner"),
        ("12.\u{a0}marts\u{a0}2026", "12. marts 2026"),
        ("kl.\u{a0}16", "kl. 16"),
        ("3392\u{a0}9800", "3392 9800"),
        ("SAM\u{a0}2405\u{2011}1351", "SAM 2405-1351"),
        ("2026\u{2011}03\u{2011}12", "2026-03-12"),
    ] {
        assert_eq!(forms(written), forms(plain), "{written:?}");
    }
}

#[test]
fn no_word_that_turns_a_rule_around_or_times_it_is_a_stop_word() {
    let carrying = "ikke ej aldrig altid ingen intet skal må bør kun før efter inden indtil siden \
                    under over uden mod mellem først sidst senest tidligst straks begge alle enten \
                    hverken undtagen medmindre uanset samt både hver eneste ud ind op ned";
    let lost: Vec<&str> =
        carrying.split_whitespace().filter(|word| lexicon().is_stop_word(word)).collect();
    assert!(lost.is_empty(), "{lost:?}");
    for word in carrying.split_whitespace() {
        assert_eq!(content_stems(word), [stem(word)], "{word}");
    }
}

#[test]
fn a_word_that_turns_a_rule_around_has_a_stem_of_its_own() {
    let mut by_stem: HashMap<String, &str> = HashMap::new();
    for word in [
        "ikke", "skal", "må", "kun", "kunne", "før", "føre", "efter", "uden", "under", "over",
        "ingen", "aldrig", "altid", "senest", "tidligst",
    ] {
        let other = by_stem.insert(stem(word), word);
        assert_eq!(other, None, "{word}");
    }
}

#[test]
fn stop_words_are_written_as_they_are_looked_up() {
    let stop = ["og", "m.v", "mv", "f.eks", "bl.a"];
    for word in stop {
        assert!(lexicon().is_stop_word(word), "{word}");
    }
    assert_eq!(
        content_stems("løn m.v. og f.eks. ferie, bl.a. pension"),
        ["løn", "feri", "pension"]
    );
}
