//! Names of persons: by lists, by the words beside them, by their shape, and again wherever they
//! stand in the same text.

use std::ops::Range;

use crate::privacy::cues::{Cue, Reader};
use crate::privacy::kinds::{Finding, FindingKind, Found, Score};
use crate::privacy::lists::lists;
use crate::privacy::normal::Normal;
use crate::privacy::standing::is_careless;
use crate::privacy::words::{Before, Form, Word, words};

/// Two unknown capitals are a name from this score on.
const PAIR_POINTS_MIN: i32 = 30;
/// Words of one name at most.
const WORDS_MAX: usize = 7;
/// Letters of a signature of initials.
const INITIALS_MAX: usize = 4;

/// Every name. `found` holds what was found otherwise; names do not stand in it.
pub(crate) fn find(normal: &Normal, found: &mut Found) {
    let mut taken: Vec<Range<usize>> = found.iter().map(|it| it.range.clone()).collect();
    taken.sort_by_key(|range| range.start);
    let words = words(normal, &taken);
    let careless = is_careless(&words);
    let reader = Reader { normal, words, others: found, careless };
    let mut names = reader.first_pass();
    names.extend(reader.again(&names));
    for name in names {
        found.push(name);
    }
}

impl Reader<'_> {
    fn first_pass(&self) -> Vec<Finding> {
        let mut names = Vec::new();
        let mut at = 0;
        while at < self.words.len() {
            if let Some((finding, next)) = self.name_at(at) {
                names.push(finding);
                at = next.max(at + 1);
            } else {
                at += 1;
            }
        }
        names
    }

    /// The name that begins with a word, and the word after it.
    fn name_at(&self, at: usize) -> Option<(Finding, usize)> {
        let word = self.word(at)?;
        match word.form {
            Form::Capital | Form::Upper => {}
            Form::Initial => return self.initials_at(at),
            Form::Small => return self.small_at(at),
            Form::Mixed => return None,
        }
        if let Some(end) = self.reversed(at) {
            let score = Score::of(80, "surname_comma_first_name");
            return Some((self.finding(score, at, end), end));
        }
        if self.is_cut_off(at) {
            return None;
        }
        if self.is_called(at) {
            return None;
        }
        let headed = self.is_headed(at, self.extent(at));
        if headed && word.known.never() && word.known.last_like() {
            let end = self.extent(at);
            return Some((self.finding(Score::of(40, "name_column"), at, end), end));
        }
        if word.known.never() && !(word.known.first() && self.is_confirmed(at)) {
            return None;
        }
        let cue = self.cue(at);
        let end = self.extent(at);
        if self.is_thing(at, end) {
            return None;
        }
        let score = self.judged(at, end, cue)?;
        Some((self.finding(score, at, end), end))
    }

    /// Whether the word before says that a thing is named after somebody: "lokale Anna".
    fn is_called(&self, at: usize) -> bool {
        let last = at.checked_sub(1).map_or("", |last| self.lower(last));
        lists().of(last).before_things()
            && self.word(at).is_some_and(|it| matches!(it.before, Before::Blank | Before::Sign))
    }

    /// Whether a word is the first part of two: "Slots- og Kulturstyrelsen".
    fn is_cut_off(&self, at: usize) -> bool {
        let Some(word) = self.word(at) else { return false };
        let after = self.normal.part(word.range.end..self.normal.floor(word.range.end + 2));
        after == "- " || after == "-/"
    }

    fn finding(&self, score: Score, at: usize, end: usize) -> Finding {
        let start = self.word(at).map_or(0, |word| word.range.start);
        let stop = self.word(end.saturating_sub(1)).map_or(start, |word| word.range.end);
        score.finding(FindingKind::Name, start..stop.max(start))
    }

    /// One past the last word of the name that begins here.
    fn extent(&self, at: usize) -> usize {
        let mut end = at + 1;
        let upper = self.word(at).is_some_and(|word| word.form == Form::Upper);
        while end < self.words.len() && end - at < WORDS_MAX {
            let Some(word) = self.word(end) else { break };
            let wrapped = word.before == Before::Line && self.wraps(end);
            let initial_before = self.word(end - 1).is_some_and(|it| it.form == Form::Initial);
            let close = word.before == Before::Blank
                || wrapped
                || (initial_before && word.before == Before::Stop)
                || (word.before == Before::Sign && self.is_hyphen(end));
            if !close {
                break;
            }
            match word.form {
                Form::Capital | Form::Initial if !word.known.never() || self.is_surname(end) => {
                    end += 1;
                }
                // "Eksempelsen" ends as "ledelsen" does; behind a first name it is a surname.
                Form::Capital if word.known.last_like() && self.is_behind_first(end) => end += 1,
                Form::Upper
                    if (upper || word.known.last() || word.known.first())
                        && !word.known.never() =>
                {
                    end += 1;
                }
                Form::Small if self.is_particle(end) => end += 2,
                _ => break,
            }
        }
        // An initial at the end belongs to the next sentence or to nothing.
        while end > at + 1
            && self.word(end - 1).is_some_and(|word| word.form == Form::Initial)
            && !self.initial_ends(end - 1)
        {
            end -= 1;
        }
        end.min(self.words.len())
    }

    /// Whether the word before is a first name, or such a name's initial.
    fn is_behind_first(&self, at: usize) -> bool {
        let last = at.checked_sub(1).and_then(|last| self.word(last));
        last.is_some_and(|last| {
            last.known.first() || last.form == Form::Initial || last.known.last()
        })
    }

    fn is_surname(&self, at: usize) -> bool {
        self.word(at).is_some_and(|word| word.known.last() && word.form == Form::Capital)
    }

    /// Whether an initial may end a name: "Anna B." does, "Anna I" does not.
    fn initial_ends(&self, at: usize) -> bool {
        let Some(word) = self.word(at) else { return false };
        self.normal.after(word.range.end) == Some('.') && self.lower(at) != "i"
    }

    fn is_hyphen(&self, at: usize) -> bool {
        let (Some(last), Some(word)) = (self.word(at - 1), self.word(at)) else { return false };
        self.normal.part(last.range.end..word.range.start) == "-"
    }

    /// Whether a name goes on after a line break.
    fn wraps(&self, at: usize) -> bool {
        let (Some(last), Some(word)) =
            (at.checked_sub(1).and_then(|it| self.word(it)), self.word(at))
        else {
            return false;
        };
        let between = self.normal.part(last.range.end..word.range.start);
        let name = word.known.last() && !word.known.ordinary() && !word.known.first();
        let mid = !last.opens && between.matches('\n').count() == 1;
        mid && name
            && word.form == Form::Capital
            && (last.known.first() || last.form == Form::Initial)
    }

    /// Whether a small word within a name leads to one more part of it.
    fn is_particle(&self, at: usize) -> bool {
        let particle = lists().names.particles.contains(self.lower(at));
        let next = self.word(at + 1);
        particle
            && next.is_some_and(|next| {
                next.before == Before::Blank
                    && next.form == Form::Capital
                    && (!next.known.never() || next.known.last())
            })
            && self.word(at - 1).is_some_and(|last| !last.known.never())
            && (!matches!(self.lower(at), "den" | "de" | "der" | "da" | "af" | "at" | "du")
                || self.word(at - 1).is_some_and(|it| it.known.first() || it.form == Form::Initial))
    }

    /// Whether these words are an institution, a street or a law named after a person.
    fn is_thing(&self, at: usize, end: usize) -> bool {
        if self.is_office(at) {
            return true;
        }
        let Some(next) = self.word(end).filter(|next| next.before == Before::Blank) else {
            return false;
        };
        let thing = |word: &str| {
            lists()
                .institutions
                .iter()
                .any(|ending| word == ending || (word.len() > 8 && word.ends_with(ending.as_str())))
        };
        let lower = self.lower(end);
        let street = |word: &str| lists().sure_streets.iter().any(|ending| word == ending);
        let institution = thing(lower) && next.is_capital();
        let named_street = next.is_capital()
            && (street(lower) || matches!(lower, "hus" | "skole" | "have" | "kirke" | "bro"));
        end > at && (institution || named_street)
    }

    /// Whether a word goes on an institution's name: "Statens Museum for Kunst", "Styrelsen for
    /// Undervisning og Kvalitet". What is a first name or a known surname is none.
    fn is_office(&self, at: usize) -> bool {
        let named =
            |at: usize| self.word(at).is_some_and(|word| word.known.first() || word.known.last());
        let Some((last, before)) = at.checked_sub(1).zip(at.checked_sub(2)) else { return false };
        let office = |at: usize| {
            let lower = self.lower(at);
            let ends = |ending: &String| lower.ends_with(ending.as_str());
            self.word(at).is_some_and(Word::is_capital) && lists().institutions.iter().any(ends)
        };
        match self.lower(last) {
            "for" => !named(at) && office(before),
            "og" => !named(at) && self.is_office(before),
            _ => false,
        }
    }

    /// "Hansen, Lone" and "BIRK, LONE".
    fn reversed(&self, at: usize) -> Option<usize> {
        let (word, next) = (self.word(at)?, self.word(at + 1)?);
        let surname =
            word.known.last() || word.known.last_like() || (word.known.unknown() && word.opens);
        let first = next.known.first() && next.is_capital() && !next.known.never();
        let same = word.form == next.form || next.form == Form::Capital;
        let listed = word.known.first() && !word.known.last();
        if !(surname && !listed && first && same && next.before == Before::Comma) {
            return None;
        }
        // "Kære Hansen, Lone er syg" is rare; "Anna Hansen, Lone Birk" is two persons.
        let alone = at == 0
            || !self.word(at - 1).is_some_and(|last| {
                last.is_capital() && word.before == Before::Blank && !last.known.never()
            });
        (alone && !word.known.ordinary() || word.form == Form::Upper || word.opens)
            .then(|| self.extent(at + 1))
    }

    /// What speaks for the words from `at` to `end` being a name, where it is enough.
    fn judged(&self, at: usize, end: usize, cue: Cue) -> Option<Score> {
        let word = self.word(at)?;
        let long = end - at > 1;
        let rest = self.words.get(at + 1..end).unwrap_or_default();
        let surname = rest.iter().any(|word| word.known.last() || word.known.last_like());
        let known = word.known.first();
        let noun = lists().names.nouns.contains(self.lower(at));
        let free = !word.known.ordinary() || surname || cue != Cue::None || !word.opens || !noun;
        if known && long && free {
            let mut score = Score::of(60, "first_name");
            score.add(
                if surname { 25 } else { 15 },
                if surname { "surname" } else { "capital_follows" },
            );
            return Some(Self::cued(score, cue));
        }
        if matches!(cue, Cue::Greeting | Cue::SignOff | Cue::Title) {
            return self.addressed(at, end, cue);
        }
        if cue == Cue::Role && (known || word.known.last() || word.form == Form::Capital) {
            return Some(Self::cued(
                Score::of(45, if known { "first_name" } else { "capital" }),
                cue,
            ));
        }
        if known {
            return self.first_alone(at, cue);
        }
        if long {
            return self.pair(at, end, cue);
        }
        self.surname_alone(at, cue)
    }

    fn cued(mut score: Score, cue: Cue) -> Score {
        match cue {
            Cue::Greeting => score.add(15, "greeting"),
            Cue::SignOff => score.add(15, "sign_off"),
            Cue::Title => score.add(15, "title"),
            Cue::Role => score.add(10, "role"),
            Cue::Weak => score.add(5, "word_before"),
            Cue::None => {}
        }
        score
    }

    /// After a greeting, a title, or at the end of a letter.
    fn addressed(&self, at: usize, end: usize, cue: Cue) -> Option<Score> {
        let word = self.word(at)?;
        let base = if word.known.first() { 60 } else { 45 };
        if cue == Cue::SignOff && word.form == Form::Initial {
            return Some(Self::cued(Score::of(30, "initials"), cue));
        }
        if word.form == Form::Upper && !word.known.first() && !word.known.last() {
            // "Mvh LBE": initials of whoever signs; "Hej HK": a union.
            let short = word.range.len() <= INITIALS_MAX && cue == Cue::SignOff && end == at + 1;
            return short.then(|| Self::cued(Score::of(30, "initials"), cue));
        }
        Some(Self::cued(
            Score::of(base, if word.known.first() { "first_name" } else { "capital" }),
            cue,
        ))
    }

    /// A first name on its own.
    fn first_alone(&self, at: usize, cue: Cue) -> Option<Score> {
        let word = self.word(at)?;
        if word.form == Form::Upper && (word.known.ordinary() || word.range.len() < 4) {
            return None;
        }
        if word.known.ordinary() {
            let month = self.is_timed(at);
            let acting = lists().names.verbs.contains(self.lower(at + 1)) && self.follows(at + 1);
            let inside = !word.opens && word.before != Before::Sign && !month;
            let paired = self.lower(at + 1) == "og"
                && self.word(at + 2).is_some_and(|it| it.known.first() && it.is_capital());
            let opening = (word.opens || word.before == Before::Sign)
                && (self.acts(at)
                    || paired
                    || (acting && !lists().names.nouns.contains(self.lower(at))))
                && !month;
            let listed = self.is_listed(at)
                || self.is_owner(at)
                || self.is_told_of(at)
                || self.is_cell(at)
                || (!month && self.is_beside_number(at))
                || self.is_headed(at, at + 1)
                || self.is_field(at, at + 1)
                || self.is_speaker(at, at + 1)
                || self.is_last(at, at + 1);
            return (inside || opening || listed)
                .then(|| Self::cued(Score::of(40, "first_name"), cue));
        }
        Some(Self::cued(Score::of(55, "first_name"), cue))
    }

    /// Whether a word follows the one before it in the same sentence.
    pub(crate) fn follows(&self, at: usize) -> bool {
        self.word(at).is_some_and(|word| word.before == Before::Blank)
    }

    /// Two capitals side by side of which none is a first name of the list.
    fn pair(&self, at: usize, end: usize, cue: Cue) -> Option<Score> {
        let held = self.words.get(at..end)?;
        let (first, last) = (held.first()?, held.last()?);
        let surname = last.known.last() || (last.known.last_like() && last.form == Form::Capital);
        let first_inside =
            held.iter().skip(1).any(|word| word.known.first() && !word.known.ordinary());
        let all_capital = held
            .iter()
            .all(|word| matches!(word.form, Form::Capital | Form::Initial | Form::Small));
        let neighbour = self.has_neighbour(first.range.start, last.range.end);
        if !all_capital && !surname && !neighbour && !self.is_headed(at, end) {
            return None;
        }
        let acting = lists().names.verbs.contains(self.lower(end)) && self.follows(end);
        let alone = self.is_alone(at, end);
        let inside = !first.opens;
        let mut score = Score::of(10, "two_capitals");
        let field = self.is_field(at, end) || self.is_speaker(at, end) || self.is_last(at, end);
        if field || self.is_headed(at, end) || self.is_listed(at) {
            score.add(20, "listed");
        }
        if self.is_spoken_of(at) {
            score.add(10, "spoken_of");
        }
        if surname {
            score.add(20, "surname");
        }
        if first_inside {
            score.add(20, "first_name");
        }
        if neighbour {
            score.add(20, "number_beside");
        }
        if alone {
            score.add(15, "alone_on_line");
        }
        if inside {
            score.add(10, "within_a_sentence");
        }
        if acting {
            score.add(10, "acts");
        }
        score = Self::cued(score, cue);
        (score.points() >= PAIR_POINTS_MIN).then_some(score)
    }

    /// A surname on its own, within a sentence.
    fn surname_alone(&self, at: usize, cue: Cue) -> Option<Score> {
        let word = self.word(at)?;
        let listed = word.known.last() && !word.known.ordinary();
        let acting = lists().names.verbs.contains(self.lower(at + 1)) && self.follows(at + 1);
        let inside = !word.opens && word.before != Before::Sign;
        if word.form == Form::Upper {
            return None;
        }
        if listed && (inside || acting) {
            return Some(Self::cued(Score::of(35, "surname"), cue));
        }
        if word.known.foreign() && word.known.unknown() && (inside || acting) {
            return Some(Self::cued(Score::of(30, "foreign_letters"), cue));
        }
        let led = matches!(
            at.checked_sub(1).map_or("", |last| self.lower(last)),
            "med" | "fra" | "til" | "af" | "for" | "om" | "hos" | "og" | "at" | "spørg" | "siger"
        );
        let shown = self.is_listed(at)
            || (word.known.last() && (self.is_owner(at) || self.is_told_of(at)))
            || self.is_headed(at, at + 1)
            || (self.is_last(at, at + 1) && !self.is_definite(at));
        let spoken = self.is_spoken_of(at) || self.acts(at) || shown;
        if word.known.last() && !self.is_timed(at) && (inside && led || spoken) {
            return Some(Self::cued(Score::of(30, "surname"), cue));
        }
        let like = word.known.last_like()
            && word.known.unknown()
            && inside
            && self.lower(at).ends_with("sen");
        if like {
            return Some(Self::cued(Score::of(25, "surname_ending"), cue));
        }
        let long = word.range.len() >= 3 && word.form == Form::Capital && !self.is_definite(at);
        (long && word.known.unknown() && spoken && !self.is_thing(at, at + 1))
            .then(|| Self::cued(Score::of(22, "capital_within"), cue))
    }

    /// Whether what stands beside a name of the negative list makes it one all the same.
    fn is_confirmed(&self, at: usize) -> bool {
        let next = self.word(at + 1);
        let surname = next.is_some_and(|next| {
            next.before == Before::Blank
                && next.is_capital()
                && (next.known.last() || next.known.last_like())
                && !next.known.never()
        });
        let acting = lists().names.verbs.contains(self.lower(at + 1)) && self.follows(at + 1);
        // A pronoun or a month has no capital within a sentence.
        let inside = self
            .word(at)
            .is_some_and(|it| !it.opens && it.before == Before::Blank && it.form == Form::Capital)
            && at
                .checked_sub(1)
                .and_then(|last| self.word(last))
                .is_some_and(|last| last.form == Form::Small && !matches!(last.range.len(), 1))
            && !self.is_timed(at)
            && !matches!(
                self.lower(at.saturating_sub(1)),
                "i" | "pr" | "for" | "fra" | "til" | "ultimo" | "primo" | "and" | "in"
            );
        surname
            || acting
            || inside
            || self.is_owner(at)
            || matches!(self.cue(at), Cue::Greeting | Cue::Title | Cue::SignOff)
    }

    /// "K. M. Jensen".
    fn initials_at(&self, at: usize) -> Option<(Finding, usize)> {
        let word = self.word(at)?;
        let dotted = self.normal.after(word.range.end) == Some('.');
        let next = self.word(at + 1);
        let last = next.is_none_or(|next| next.before == Before::Line);
        if self.cue(at) == Cue::SignOff && last && word.range.len() <= 2 {
            let score = Self::cued(Score::of(30, "initials"), Cue::SignOff);
            return Some((self.finding(score, at, at + 1), at + 1));
        }
        let spaced =
            self.normal.part(word.range.end..self.normal.floor(word.range.end + 2)) == " .";
        if !dotted && !spaced {
            return None;
        }
        let mut end = at + 1;
        while self.word(end).is_some_and(|it| it.form == Form::Initial && it.before != Before::Line)
            && end - at < 4
        {
            end += 1;
        }
        let next = self.word(end)?;
        let close = matches!(next.before, Before::Stop | Before::Blank);
        let surname = matches!(next.form, Form::Capital)
            || (next.form == Form::Upper && (next.known.last_like() || next.known.last()));
        let name = surname && (!next.known.never() || next.known.last() || next.known.last_like());
        if !close || !name {
            return None;
        }
        let sure = next.known.last() || next.known.last_like();
        let cue = self.cue(at);
        let digit = self
            .normal
            .part(self.normal.floor(word.range.start.saturating_sub(2))..word.range.start);
        let digit = !digit.contains('\n') && digit.chars().any(|c| c.is_ascii_digit());
        if !(sure || cue != Cue::None || (next.known.unknown() && !digit)) {
            return None;
        }
        let end = self.extent(end);
        if self.is_thing(at, end) {
            return None;
        }
        Some((
            self.finding(
                Self::cued(Score::of(if sure { 60 } else { 35 }, "initials"), cue),
                at,
                end,
            ),
            end,
        ))
    }

    /// A name in small letters, after a greeting or with a surname behind it.
    fn small_at(&self, at: usize) -> Option<(Finding, usize)> {
        let word = self.word(at)?;
        if !word.known.first() || word.known.never() {
            return self.greeted_small(at);
        }
        let next = self.word(at + 1).filter(|next| next.before == Before::Blank);
        let surname = next.is_some_and(|next| {
            next.known.last()
                && !next.known.never()
                && !(next.known.ordinary() && word.known.ordinary())
        });
        let clause = [
            "kan", "vil", "har", "jeg", "vi", "tak", "hvordan", "hvornår", "må", "jeg", "så", "er",
            "skal", "og",
        ];
        let ends = next.is_none() || clause.contains(&self.lower(at + 1));
        let cue = self.cue(at);
        let addressed = matches!(cue, Cue::Greeting | Cue::SignOff | Cue::Title)
            && (!word.known.ordinary() || ends || surname);
        let count = self.lower(at).chars().count();
        let acting = lists().names.verbs.contains(self.lower(at + 1)) && self.follows(at + 1);
        let led = matches!(cue, Cue::Role | Cue::Weak) || acting;
        let plain = self.careless && !word.known.ordinary() && count > 2;
        let spoken =
            self.careless && word.known.ordinary() && (acting && !word.opens || self.acts(at));
        let role = (led && !word.known.ordinary() && count > 3) || plain || spoken;
        if !(addressed || role || (surname && !word.known.ordinary() && count > 2)) {
            return None;
        }
        let like = next.is_some_and(|next| {
            next.form == Form::Small
                && self.lower(at + 1).ends_with("sen")
                && !word.known.ordinary()
        });
        let end = if surname || like { at + 2 } else { at + 1 };
        Some((self.finding(Self::cued(Score::of(40, "first_name"), cue), at, end), end))
    }

    /// An unknown name in small letters that is all a greeting or a signature holds: "hej thilde,".
    fn greeted_small(&self, at: usize) -> Option<(Finding, usize)> {
        let word = self.word(at)?;
        if word.known.never() || self.lower(at).chars().count() < 3 {
            return None;
        }
        let last = at.checked_sub(1)?;
        let names = &lists().names;
        let greeted = names.greetings.contains(self.lower(last)) && word.before == Before::Blank;
        let signed = matches!(self.lower(last), "mvh" | "vh" | "hilsen" | "kh" | "hilsner");
        if matches!(self.lower(last), "fru" | "hr" | "frk" | "frøken" | "herr")
            && self.word(last).is_some_and(|title| title.form != Form::Upper)
            && !names.verbs.contains(self.lower(at))
            && matches!(word.before, Before::Blank | Before::Stop)
        {
            let score = Score::of(30, "small_letters");
            return Some((self.finding(Self::cued(score, Cue::Title), at, at + 1), at + 1));
        }
        let next = self.word(at + 1);
        let closed = next
            .is_none_or(|next| matches!(next.before, Before::Line | Before::Comma | Before::Stop));
        let opens = self.word(last).is_some_and(|it| it.opens);
        let ordinary = names.verbs.contains(self.lower(at)) || names.weak.contains(self.lower(at));
        (closed
            && !ordinary
            && ((greeted && opens)
                || (signed && next.is_none_or(|next| next.before == Before::Line))))
        .then(|| {
            (
                self.finding(Self::cued(Score::of(30, "small_letters"), Cue::Greeting), at, at + 1),
                at + 1,
            )
        })
    }
}
