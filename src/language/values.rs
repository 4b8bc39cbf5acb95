//! The numbers, dates, amounts, sections and codes of a text, each in one normal form.
//!
//! The index searches by these forms, and the check compares sentences with sources by them.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ValueKind {
    /// A case number, `SAM 2405-1351`.
    Case,
    /// A day, with or without its year.
    Date,
    /// A section of a law, `§ 56, stk. 2`.
    Section,
    /// A time of day.
    Time,
    /// A percentage.
    Percent,
    /// An amount in kroner.
    Amount,
    /// Letters and digits that belong together: `PKAT 026`, `OT0109`.
    Code,
    /// Any other number.
    Number,
}

/// One value in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// What it is.
    pub kind: ValueKind,
    /// Its normal form: equal values have equal forms, however they are written.
    pub norm: String,
    /// Where it stands, in bytes.
    pub range: Range<usize>,
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "maj", "jun", "jul", "aug", "sep", "okt", "nov", "dec"];

/// Where the pattern says `~`, a space may stand, also one that keeps a line together.
const SPACE: &str = "[ \u{a0}\u{202f}\u{2009}]";
/// Where the pattern says `¬`, a hyphen stands, also one that keeps a line together.
const HYPHEN: &str = "[-\u{2010}\u{2011}]";

/// One pass finds all kinds; the first alternative that fits wins. The boundary before them all
/// is looked for once, since looking for it costs most.
fn pattern() -> String {
    let pattern = concat!(
        r"\b(?:(?P<case>(?i:SAM)(?:~|¬)?\d{4}(?:¬|–)\d{3,5}\b)",
        // A CPR number is one number, also right after the word.
        r"|(?P<six>(?:CPR[ \u{a0}:.-]{0,2})?\d{6}(?:~|¬)?\d{4}\b)",
        r"|(?P<iso>\d{4}¬\d{2}¬\d{2}\b)",
        r"|(?P<phone>(?:0045~?)?(?:\d{4}~\d{4}\b|\d{2}(?:~|¬)\d{2}(?:~|¬)\d{2}(?:~|¬)\d{2}\b)|0045~?\d{8}\b)",
        r"|(?P<dmy>\d{1,2}(?:[./]|¬) ?\d{1,2}(?:[./ ]|¬) ?(?:20|19)?\d{2}\b)",
        r"|(?P<dm>\d{1,2}/\d{1,2}\b)",
        r"|(?P<named>\d{1,2}\.?~?(?i:januar|februar|marts|april|maj|juni|juli|august|september|oktober|november|december|jan|feb|mar|apr|jun|jul|aug|sept|sep|okt|nov|dec)\b\.?(?:~(?:20|19)\d{2}\b)?)",
        r"|(?P<time>(?:[Kk]l\.?~?|[Kk]lokken~)\d{1,2}(?:[.:]\d{2})?\b(?:~?[-–]~?\d{1,2}(?:[.:]\d{2})?\b)?)",
        r"|(?P<clock>\d{1,2}:\d{2}\b)",
        r"|(?P<percent>\d+(?:[.,]\d+)?~?(?:%|pct\b\.?|procent\b))",
        r"|(?P<amount>(?:\d{1,3}(?:\.\d{3})+|\d{1,3}(?:~\d{3})+|\d+)(?:,\d{1,2})?(?:(?:,-)?~?(?:kr\b\.?|kroner\b|DKK\b)|,-)",
        r"|(?:[Kk]r\b\.?|DKK\b)~?(?:\d{1,3}(?:\.\d{3})+|\d{1,3}(?:~\d{3})+|\d+)(?:,\d{1,2})?\b)",
        r"|(?P<code>(?:[A-ZÆØÅ]{2,6}(?:~|¬)?|[A-ZÆØÅ]¬?)\d{2,6}\b)",
        r"|(?P<number>\d{1,3}(?:\.\d{3})+(?:,\d+)?\b|\d+(?:[.,]\d+)*\b))",
        // "§ 5 i loven" is no section 5i.
        r"|(?P<section>(?:§§?~?|\b[Pp]aragraf~)\d+(?:~?[a-hj-z]\b|i\b)?(?:,?~stk\.?~?\d+)?(?:,?~nr\.?~?\d+)?)",
        r"|(?P<abroad>\+45~?(?:\d{4}~?\d{4}|\d{2}(?:~|¬)\d{2}(?:~|¬)\d{2}(?:~|¬)\d{2})\b)",
    );
    pattern.replace('~', SPACE).replace('¬', HYPHEN)
}

/// The pattern for any text.
static ANY: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(&pattern()).ok());

/// The pattern for a text whose letters are all ASCII, for which edges of words are found much
/// faster.
static PLAIN: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(&pattern().replace(r"\b", r"(?-u:\b)")).ok());

/// The text with stand-ins of the same length for what is not ASCII: small letters stay letters,
/// and signs stay signs. Nothing, if a value could hold what would be lost.
fn plain(text: &str) -> Option<Cow<'_, str>> {
    if text.is_ascii() {
        return Some(Cow::Borrowed(text));
    }
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() || is_in_pattern(c) {
            plain.push(c);
        } else if c.is_lowercase() {
            // No word that the pattern knows has a q.
            plain.extend(std::iter::repeat_n('q', c.len_utf8()));
        } else if c.is_alphanumeric() || is_joiner(c) {
            return None;
        } else {
            plain.extend(std::iter::repeat_n('\u{1}', c.len_utf8()));
        }
    }
    Some(Cow::Owned(plain))
}

/// Whether a sign beyond ASCII, which is no letter, may stand in a value.
fn is_in_pattern(c: char) -> bool {
    matches!(c, '§' | '–' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\u{2010}' | '\u{2011}')
}

/// Whether a sign that is no letter may yet be a part of a word: marks above letters, joiners.
fn is_joiner(c: char) -> bool {
    !matches!(c, '\u{80}'..='\u{2ff}' | '\u{2010}'..='\u{203e}' | '\u{20a0}'..='\u{20cf}')
}

/// A number of more digits may be one that is read in a way of its own, as a phone number is.
const DIGITS_MAX: usize = 9;

/// More bytes than any value has before its first digit, between two of them, or after its last.
const REACH: usize = 32;

/// Every value of the text, in order, without overlap.
pub fn values(text: &str) -> Vec<Value> {
    let mut found = Vec::new();
    for near in around_digits(text) {
        found.extend(values_in(text, near));
    }
    found
}

/// The parts of a text in which values can stand: prose holds few digits, and finding them is
/// far cheaper than the pattern.
fn around_digits(text: &str) -> Vec<Range<usize>> {
    let mut parts: Vec<Range<usize>> = Vec::new();
    let digits = text.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_digit());
    for (at, _) in digits {
        let end = text.floor_char_boundary(at + REACH);
        match parts.last_mut() {
            Some(last) if at.saturating_sub(REACH) <= last.end => last.end = end,
            _ => parts.push(text.floor_char_boundary(at.saturating_sub(REACH))..end),
        }
    }
    parts
}

fn values_in(text: &str, part: Range<usize>) -> Vec<Value> {
    let Some(near) = text.get(part.clone()) else { return Vec::new() };
    match plain(near) {
        Some(plain) => values_by(PLAIN.as_ref(), &plain, near, part.start),
        None => values_by(ANY.as_ref(), near, near, part.start),
    }
}

/// The values of a part of a text, by a pattern on what stands in for it.
fn values_by(pattern: Option<&Regex>, searched: &str, near: &str, start: usize) -> Vec<Value> {
    let Some(pattern) = pattern else { return Vec::new() };
    let mut found = Vec::new();
    for whole in pattern.find_iter(searched) {
        let digits = whole.as_str();
        if digits.len() <= DIGITS_MAX && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            // Digits alone are a number, whichever alternative found them.
            let range = start + whole.start()..start + whole.end();
            found.push(Value { kind: ValueKind::Number, norm: number(digits), range });
            continue;
        }
        let Some(captures) = pattern.captures_at(searched, whole.start()) else { continue };
        let named =
            KINDS.iter().find_map(|(name, kind)| Some((*name, *kind, captures.name(name)?)));
        if let Some((name, kind, value)) = named {
            let start = start + value.start();
            let text = near.get(value.range()).unwrap_or_default();
            found.extend(normal(name, kind, text).into_iter().map(|(kind, norm, within)| {
                let range = start + within.start..start + within.end;
                Value { kind, norm, range }
            }));
        }
    }
    found
}

const KINDS: [(&str, ValueKind); 15] = [
    ("case", ValueKind::Case),
    ("six", ValueKind::Number),
    ("iso", ValueKind::Date),
    ("dmy", ValueKind::Date),
    ("dm", ValueKind::Date),
    ("named", ValueKind::Date),
    ("section", ValueKind::Section),
    ("time", ValueKind::Time),
    ("clock", ValueKind::Time),
    ("percent", ValueKind::Percent),
    ("amount", ValueKind::Amount),
    ("code", ValueKind::Code),
    ("phone", ValueKind::Number),
    ("abroad", ValueKind::Number),
    ("number", ValueKind::Number),
];

/// What a find of the pattern is: mostly one value, but "kl. 9-15" is two times and "30/37", which
/// is no day, two numbers.
fn normal(name: &str, kind: ValueKind, text: &str) -> Vec<(ValueKind, String, Range<usize>)> {
    let one = |norm: String| vec![(kind, norm, 0..text.len())];
    let several = |kind, norms: Vec<(String, Range<usize>)>| {
        norms.into_iter().map(|(norm, within)| (kind, norm, within)).collect()
    };
    match name {
        "case" => {
            let runs: Vec<String> = runs(text, &[]).into_iter().map(|(run, _)| run).collect();
            one(format!("sam{}", runs.join("-")))
        }
        "code" => {
            one(text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect())
        }
        "six" => one(digits(text)),
        "phone" | "abroad" => one(phone(&digits(text))),
        "iso" | "dmy" | "dm" | "named" => match date(text) {
            Some(date) => one(date),
            None if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') => {
                vec![(ValueKind::Number, number(text), 0..text.len())]
            }
            None => several(ValueKind::Number, runs(text, &[])),
        },
        "section" => one(section(text)),
        "time" | "clock" => {
            let found: Option<Vec<(String, Range<usize>)>> = runs(text, &['.', ':'])
                .into_iter()
                .map(|(run, within)| Some((time(&run)?, within)))
                .collect();
            let mut found = found.unwrap_or_else(|| runs(text, &[]));
            if let Some((_, first)) = found.first_mut() {
                first.start = 0;
            }
            let kind = if found.iter().all(|(norm, _)| norm.starts_with('t')) {
                kind
            } else {
                ValueKind::Number
            };
            several(kind, found)
        }
        _ => one(number(text)),
    }
}

/// The runs of digits, and of `joins` between digits, with their place.
fn runs(text: &str, joins: &[char]) -> Vec<(String, Range<usize>)> {
    let mut found: Vec<(String, Range<usize>)> = Vec::new();
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        match found.last_mut() {
            Some((run, within))
                if within.end == at && (c.is_ascii_digit() || joins.contains(&c)) =>
            {
                run.push(c);
                within.end = end;
            }
            _ if c.is_ascii_digit() => found.push((c.to_string(), at..end)),
            _ => {}
        }
    }
    for (run, within) in &mut found {
        let ends = run.len() - run.trim_end_matches(joins).len();
        run.truncate(run.len() - ends);
        within.end -= ends;
    }
    found
}

/// A Danish number is the same with and without the country before it.
fn phone(digits: &str) -> String {
    let own = digits.strip_prefix("0045").or_else(|| digits.strip_prefix("45"));
    own.filter(|own| own.len() == 8).unwrap_or(digits).to_owned()
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// `2/8-2022`, `02-08-2022`, `2. august 2022` and `2022-08-02` are all `d2022-08-02`;
/// without a year `d08-02`.
fn date(text: &str) -> Option<String> {
    let numbers: Vec<u32> =
        text.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect();
    let lower = text.to_lowercase();
    let named = MONTHS.iter().position(|month| lower.contains(month));
    let (day, month, year) = match (named, numbers.as_slice()) {
        (Some(month), [day]) => (*day, u32::try_from(month + 1).ok()?, None),
        (Some(month), [day, year]) => (*day, u32::try_from(month + 1).ok()?, Some(*year)),
        (None, [year, month, day]) if *year > 1000 => (*day, *month, Some(*year)),
        (None, [day, month, year]) => (*day, *month, Some(*year)),
        (None, [day, month]) => (*day, *month, None),
        _ => return None,
    };
    if !(1..=31).contains(&day) || !(1..=12).contains(&month) {
        return None;
    }
    Some(match year {
        Some(year) if year < 100 => format!("d20{year:02}-{month:02}-{day:02}"),
        Some(year) => format!("d{year}-{month:02}-{day:02}"),
        None => format!("d{month:02}-{day:02}"),
    })
}

/// `§ 56, stk. 2` is `§56.2`.
fn section(text: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || c == ',' || c == '§') {
        let word = word.trim_matches('.').to_lowercase();
        match word.as_str() {
            "" | "stk" | "nr" | "paragraf" => {}
            letter if letter.len() == 1 && letter.starts_with(|c: char| c.is_alphabetic()) => {
                if let Some(last) = parts.last_mut() {
                    last.push_str(letter);
                }
            }
            _ => parts.push(word),
        }
    }
    format!("§{}", parts.join("."))
}

/// `16`, `16.00` and `16:00` are `t16:00`; `16:75` is no time.
fn time(text: &str) -> Option<String> {
    let mut parts = text.split(['.', ':']);
    let hour: u32 = parts.next()?.parse().ok()?;
    let minute: u32 = parts.next().unwrap_or("00").parse().ok()?;
    (hour <= 24 && minute < 60 && parts.next().is_none()).then(|| format!("t{hour:02}:{minute:02}"))
}

/// `70.000 kr.` and `70 000 kroner` are `70000`, `1,50 pct.` is `1.5`, `026` stays `026`.
fn number(text: &str) -> String {
    let core: String =
        text.chars().filter(|c| c.is_ascii_digit() || matches!(c, '.' | ',')).collect();
    let core = core.trim_matches(['.', ',']);
    let mut sides = core.split(',');
    let (whole, decimals) = (sides.next().unwrap_or_default(), sides.next());
    let mut groups = whole.split('.');
    let first = groups.next().unwrap_or_default();
    let mut rest = groups.peekable();
    let thousands = rest.peek().is_some()
        && (1..=3).contains(&first.len())
        && rest.all(|group| group.len() == 3);
    if sides.next().is_some() || (whole.contains('.') && !thousands) {
        // "36.2.1.1" is the place of something, not how much of it.
        return core.replace(',', ".");
    }
    let whole = whole.replace('.', "");
    match decimals.unwrap_or_default().trim_end_matches('0') {
        "" => whole,
        decimals => format!("{whole}.{decimals}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found: Vec<String> = values(text).into_iter().map(|value| value.norm).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn equal_values_have_equal_forms() {
        check("70.000 kr. og 70000 kr.", &["70000", "70000"]);
        check("4.000,00 kr., 27.413,22 kr.", &["4000", "27413.22"]);
        check("1,5 pct. eller 55 %", &["1.5", "55"]);
        check("2/8-2022, 02-08-2022, 2. august 2022, 2022-08-02", &["d2022-08-02"; 4]);
        check("den 30. november og 30/11", &["d11-30", "d11-30"]);
        check("§ 56, stk. 2 og §56", &["§56.2", "§56"]);
        check("kl. 16.00, kl. 16 og kl 9:05", &["t16:00", "t16:00", "t09:05"]);
        check("SAM 2405-1351", &["sam2405-1351"]);
        check("PKAT 026, 027 og OT0109", &["pkat026", "027", "ot0109"]);
        check("3392 9800 og 33 92 98 00", &["33929800", "33929800"]);
        check("5017/5027/5037", &["5017", "5027", "5037"]);
        check("løndel 2913 (konto 61.50)", &["2913", "61.50"]);
        check("2027-2028", &["2027", "2028"]);
        check("grænser 300/500", &["300", "500"]);
        check("210300-9996", &["2103009996"]);
        check("CPR 210300-9996", &["2103009996"]);
        check("den 1. November 2025", &["d2025-11-01"]);
        check("PAV 36.2.1.1", &["pav36", "2.1.1"]);
        check("den 12. hver måned", &["12"]);
        check("ingen tal her", &[]);
        check("70 000 kroner, kr. 1.234,50 og 500,-", &["70000", "1234.5", "500"]);
        check("+45 33 92 98 00, 0045 33929800", &["33929800", "33929800"]);
        check("kl. 9.00-15.00, 16:00 og 16:75", &["t09:00", "t15:00", "t16:00", "16", "75"]);
        check("30/37 og 45. marts", &["30", "37", "45"]);
        check("§ 56 i loven, § 56 a og paragraf 56", &["§56", "§56a", "§56"]);
        check("PKAT-026 og P-24", &["pkat026", "p24"]);
    }

    proptest! {
        #[test]
        fn values_are_the_same_as_in_one_pass_over_the_whole_text(
            parts in prop::collection::vec(
                prop_oneof![
                    "[ a-zæøåA-ZÆØÅ§.,:%/()-]{0,40}",
                    "[0-9]{1,10}",
                    prop::sample::select(vec![
                        " september 2025", ". november ", " pct. ", " procent", " kr. ", " kroner",
                        "PKAT ", "SAM ", "CPR: ", "ÆØÅÆØÅ\u{a0}", "§§\u{a0}", ", stk. ", " nr. ",
                        "Kl.\u{a0}", "klokken ", "paragraf ", "+45 ", "kr. ", "–", ":", ".000", ",50", "-", "/", " ", "…", "é", "½", "e\u{301}", "\u{ad}",
                    ]).prop_map(str::to_owned),
                ],
                0..40,
            )
        ) {
            let text = parts.concat();
            prop_assert_eq!(values(&text), values_in(&text, 0..text.len()));
            prop_assert_eq!(values(&text), values_by(ANY.as_ref(), &text, &text, 0));
        }
    }
}
