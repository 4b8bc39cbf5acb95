//! The lists of `index/lexicon/` that tell persons from other things, built into the program.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use regex::{Regex, RegexBuilder};
use serde::Deserialize;

use crate::terms::latin;

/// What a word beside a number says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Label {
    Cpr,
    ProductionUnit,
    Cvr,
    Ean,
    Account,
    Finance,
    Iban,
    Card,
    Phone,
    MainNumber,
    Case,
    Other,
    Wage,
    Amount,
    Time,
    Week,
    Born,
}

/// In which lists of words a word stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Listed {
    bits: u8,
}

impl Listed {
    const FIRST: Self = Self { bits: 1 };
    const LAST: Self = Self { bits: 2 };
    const ORDINARY: Self = Self { bits: 4 };
    const THING: Self = Self { bits: 8 };
    const BEFORE_THINGS: Self = Self { bits: 16 };

    fn holds(self, list: Self) -> bool {
        self.bits & list.bits != 0
    }

    /// In the lists of both.
    pub(crate) fn or(self, other: Self) -> Self {
        Self { bits: self.bits | other.bits }
    }

    /// A first name.
    pub(crate) fn first(self) -> bool {
        self.holds(Self::FIRST)
    }

    /// A surname.
    pub(crate) fn last(self) -> bool {
        self.holds(Self::LAST)
    }

    /// A first name or a surname.
    pub(crate) fn person(self) -> bool {
        self.first() || self.last()
    }

    /// A name that is an ordinary word too.
    pub(crate) fn ordinary(self) -> bool {
        self.holds(Self::ORDINARY)
    }

    /// A word with a capital that is no name of a person.
    pub(crate) fn thing(self) -> bool {
        self.holds(Self::THING)
    }

    /// A word behind which no person is named.
    pub(crate) fn before_things(self) -> bool {
        self.holds(Self::BEFORE_THINGS)
    }
}

/// Every list.
#[derive(Debug)]
pub(crate) struct Lists {
    /// In which lists each word of them stands: one look instead of one for each list, since every
    /// word of a mail is looked up.
    words: HashMap<String, Listed>,
    pub(crate) labels: Vec<(Label, Regex)>,
    pub(crate) registration: Option<Regex>,
    pub(crate) functional: HashSet<String>,
    pub(crate) streets: Vec<String>,
    pub(crate) sure_streets: Vec<String>,
    pub(crate) institutions: Vec<String>,
    pub(crate) own_address: Vec<String>,
    pub(crate) names: Names,
    pub(crate) not_names: NotNames,
    pub(crate) special: Special,
}

#[derive(Deserialize)]
struct NameFile {
    first: Vec<String>,
    last: Vec<String>,
    ordinary: Vec<String>,
}

#[derive(Deserialize)]
struct WordFile {
    labels: Labels,
    contacts: Contacts,
    addresses: Addresses,
    names: Names,
    not_names: NotNames,
    special: Special,
}

#[derive(Deserialize)]
struct Labels {
    cpr: Vec<String>,
    production_unit: Vec<String>,
    cvr: Vec<String>,
    ean: Vec<String>,
    account: Vec<String>,
    registration: Vec<String>,
    finance: Vec<String>,
    iban: Vec<String>,
    card: Vec<String>,
    phone: Vec<String>,
    main_number: Vec<String>,
    case: Vec<String>,
    other: Vec<String>,
    wage: Vec<String>,
    amount: Vec<String>,
    time: Vec<String>,
    week: Vec<String>,
    born: Vec<String>,
}

#[derive(Deserialize)]
struct Contacts {
    functional: HashSet<String>,
}

#[derive(Deserialize)]
struct Addresses {
    streets: Vec<String>,
    sure_streets: Vec<String>,
    institutions: Vec<String>,
    own: Vec<String>,
}

/// What stands beside the names of persons.
#[derive(Debug, Deserialize)]
pub(crate) struct Names {
    pub(crate) greetings: HashSet<String>,
    pub(crate) signoffs: HashSet<String>,
    pub(crate) titles: HashSet<String>,
    pub(crate) roles: HashSet<String>,
    pub(crate) weak: HashSet<String>,
    pub(crate) verbs: HashSet<String>,
    pub(crate) nouns: HashSet<String>,
    pub(crate) particles: HashSet<String>,
    pub(crate) endings: Vec<String>,
}

/// What has a capital and is no person.
#[derive(Debug, Deserialize)]
pub(crate) struct NotNames {
    before: Vec<String>,
    words: Vec<String>,
    pub(crate) endings: Vec<String>,
}

/// Words of special kinds of personal data.
#[derive(Debug, Deserialize)]
pub(crate) struct Special {
    pub(crate) health: Vec<String>,
    pub(crate) union: Vec<String>,
    pub(crate) belief: Vec<String>,
    pub(crate) origin: Vec<String>,
    pub(crate) sexuality: Vec<String>,
    pub(crate) offence: Vec<String>,
}

/// The lists, read once.
pub(crate) fn lists() -> &'static Lists {
    static LISTS: LazyLock<Lists> = LazyLock::new(Lists::built_in);
    &LISTS
}

impl Lists {
    /// In which lists a word in small letters stands.
    pub(crate) fn of(&self, word: &str) -> Listed {
        self.words.get(word).copied().unwrap_or_default()
    }

    #[expect(
        clippy::expect_used,
        reason = "the lists are part of the program; `the_built_in_lists_are_read` reads them in every test run"
    )]
    fn built_in() -> Self {
        let names: NameFile = toml::from_str(include_str!("../../index/lexicon/names.toml"))
            .expect("index/lexicon/names.toml is read");
        let words: WordFile =
            toml::from_str(include_str!("../../index/lexicon/personal_data.toml"))
                .expect("index/lexicon/personal_data.toml is read");
        let mut listed: HashMap<String, Listed> = HashMap::new();
        let mut put = |list: &[String], kind: Listed| {
            for word in list {
                let known = listed.entry(word.to_lowercase()).or_default();
                *known = known.or(kind);
            }
        };
        put(&names.first, Listed::FIRST);
        put(&names.last, Listed::LAST);
        put(&names.ordinary, Listed::ORDINARY);
        put(&words.not_names.words, Listed::THING);
        put(&words.not_names.before, Listed::BEFORE_THINGS);
        let mut streets = words.addresses.streets;
        streets.sort_by_key(|street| std::cmp::Reverse(street.len()));
        Self {
            words: listed,
            registration: any_word(&words.labels.registration),
            labels: labels(words.labels),
            functional: words.contacts.functional,
            streets,
            sure_streets: words.addresses.sure_streets,
            institutions: words.addresses.institutions,
            own_address: words.addresses.own,
            names: words.names,
            not_names: words.not_names,
            special: words.special,
        }
    }
}

fn labels(words: Labels) -> Vec<(Label, Regex)> {
    let all = [
        (Label::Cpr, words.cpr),
        (Label::ProductionUnit, words.production_unit),
        (Label::Cvr, words.cvr),
        (Label::Ean, words.ean),
        (Label::Account, words.account),
        (Label::Finance, words.finance),
        (Label::Iban, words.iban),
        (Label::Card, words.card),
        (Label::Phone, words.phone),
        (Label::MainNumber, words.main_number),
        (Label::Case, words.case),
        (Label::Other, words.other),
        (Label::Wage, words.wage),
        (Label::Amount, words.amount),
        (Label::Time, words.time),
        (Label::Week, words.week),
        (Label::Born, words.born),
    ];
    all.into_iter().filter_map(|(label, list)| Some((label, any_word(&list)?))).collect()
}

/// Finds any of these as a whole word; a number may follow at once, as in `cvr12345678`.
fn any_word(list: &[String]) -> Option<Regex> {
    let pattern = format!(r"(?:^|[^\p{{L}}\d])(?:{})(?:$|[^\p{{L}}])", list.join("|"));
    RegexBuilder::new(&latin(&pattern)).size_limit(8 << 20).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_lists_are_read() {
        let lists = lists();
        let count = |kind: Listed| lists.words.values().filter(|known| known.holds(kind)).count();
        assert!(count(Listed::FIRST) > 2000 && count(Listed::LAST) > 1000);
        assert!(lists.of("anna").first() && !lists.of("anna").thing());
        assert_eq!(lists.labels.len(), 17);
        assert!(lists.registration.is_some());
    }
}
