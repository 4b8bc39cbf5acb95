//! The letters in which the texts are written.

/// The letters of the languages that are written here, with accents that stand alone. All letters
/// of Unicode take a hundred times as many steps of a pattern, in memory and in time.
const LETTERS: &str =
    r"A-Za-z\u{C0}-\u{D6}\u{D8}-\u{F6}\u{F8}-\u{24F}\u{300}-\u{36F}\u{1E00}-\u{1EFF}";

/// A pattern whose letters, digits and words are those of Latin script; `\W` within a class stays.
pub fn latin(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut class = false;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let classes = [
            (r"\w", format!("{LETTERS}0-9_")),
            (r"\d", "0-9".to_owned()),
            (r"\p{L}", LETTERS.to_owned()),
        ];
        let found = classes.into_iter().find(|(name, _)| rest.starts_with(name));
        let length = match found {
            Some((name, inner)) if class => {
                plain.push_str(&inner);
                name.len()
            }
            Some((name, inner)) => {
                plain.extend(["[", &inner, "]"]);
                name.len()
            }
            None if rest.starts_with(r"\W") && !class => {
                plain.extend(["[^", LETTERS, "0-9_]"]);
                2
            }
            None if c == '\\' => {
                // What is escaped stands for itself.
                let length = 1 + rest.chars().nth(1).map_or(0, char::len_utf8);
                plain.push_str(rest.get(..length).unwrap_or_default());
                length
            }
            None => {
                class = (class || c == '[') && c != ']';
                plain.push(c);
                c.len_utf8()
            }
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_of_unicode_become_those_of_latin_script() {
        assert_eq!(latin(r"\\w[\]\d]"), r"\\w[\]0-9]");
        assert_eq!(latin(r"\d\D"), r"[0-9]\D");
        assert!(latin(r"\w").starts_with("[A-Z") && latin(r"\W").starts_with("[^A-Z"));
    }
}
