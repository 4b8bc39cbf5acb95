//! What every party is in its clause, and whether the words allow a change of address at all.

use std::ops::Range;

use crate::draft::voice::tokens::{Kind, Party, Side, Token, Words, lists, tokens};

/// What a noun is in its clause.
///
/// Danish verbs do not change with the person, so what changes is the noun, by its place in the
/// clause: before its verb or in inversion it is a subject, after a preposition or a verb like
/// giver an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Subject,
    Object,
    /// After a preposition of place, which becomes "hos".
    Place,
    Owner,
}

/// A sentence in tokens, and what became known of its parties.
#[derive(Debug)]
pub(crate) struct Reading<'a> {
    pub(crate) tokens: Vec<Token<'a>>,
    /// The parties in order, by their place among the tokens.
    pub(crate) parties: Vec<(usize, Party, Role)>,
}

impl<'a> Reading<'a> {
    pub(crate) fn of(sentence: &'a str, own_names: &[&str]) -> Self {
        Self { tokens: tokens(sentence, own_names), parties: Vec::new() }
    }

    pub(crate) fn at(&self, at: usize) -> Option<&Token<'a>> {
        self.tokens.get(at)
    }

    /// The token so many places back.
    pub(crate) fn back(&self, at: usize, places: usize) -> Option<&Token<'a>> {
        at.checked_sub(places).and_then(|at| self.tokens.get(at))
    }

    pub(crate) fn span(&self, range: Range<usize>) -> &[Token<'a>] {
        self.tokens.get(range).unwrap_or_default()
    }

    pub(crate) fn is_hard_boundary(&self, at: usize) -> bool {
        let Some(token) = self.at(at) else { return true };
        // "8. april" and "2. godkender" go on.
        let ends = || self.at(at + 1).is_none_or(|next| next.capital || next.kind == Kind::Quote);
        token.is_mark(&[";", ":", "?", "!", "–", "—"]) || (token.is_mark(&["."]) && ends())
    }

    fn is_boundary(&self, at: usize) -> bool {
        self.is_hard_boundary(at)
            || self.at(at).is_some_and(|token| token.is_mark(&[",", "(", ")"]))
    }

    /// Where the clause between two marks opens that holds this token.
    pub(crate) fn segment_start(&self, at: usize) -> usize {
        (0..at).rev().find(|&mark| self.is_boundary(mark)).map_or(0, |mark| mark + 1)
    }

    pub(crate) fn segment_end(&self, at: usize) -> usize {
        (at..self.tokens.len()).find(|&mark| self.is_boundary(mark)).unwrap_or(self.tokens.len())
    }

    /// Where the sentence between two full stops, colons or semicolons opens.
    fn part_start(&self, at: usize) -> usize {
        (0..at).rev().find(|&mark| self.is_hard_boundary(mark)).map_or(0, |mark| mark + 1)
    }

    /// Whether the words allow a change of address at all.
    pub(crate) fn may_be_rewritten(&self) -> bool {
        let lists = lists();
        let has = |words: &Words| self.tokens.iter().any(|token| token.is_in(words));
        let parties = || {
            self.tokens.iter().filter_map(|token| match token.kind {
                Kind::Party(party) => Some(party),
                _ => None,
            })
        };
        let you = parties().any(|party| party.side == Side::You);
        let noun = parties().any(|party| party.side == Side::You && !party.named);
        let name = parties().any(|party| party.side == Side::You && party.named);
        let speaks =
            has(&lists.speaking) || self.tokens.iter().skip(1).any(|token| token.text == "I");
        let apostrophe = self.tokens.iter().any(|token| {
            token.kind == Kind::Word && token.text.contains(['\'', '’'])
                || token.is_mark(&["'", "’", "/"])
        });
        let spoken_to = self.at(0).is_some_and(|first| first.text == "I") && self.is_finite_at(1);
        let opening = self.at(0).is_none_or(|first| first.is_in(&lists.openings_about_the_text));
        !(speaks || apostrophe || opening)
            && !(you && (spoken_to || has(&lists.one_reader) || has(&lists.pointing_back)))
            && !(noun && has(&lists.others_like_you))
            && !(name && has(&lists.short_names))
            && !(you && self.has_a_namesake())
            && !(you && self.has_pronoun_without_a_noun())
    }

    /// "Skattestyrelsen … styrelsen": the short name may mean someone else.
    fn has_a_namesake(&self) -> bool {
        let short =
            |token: &&Token<'_>| token.is_party() && lists().short_names.contains(&token.lower);
        let shorts: Vec<&Token<'_>> = self.tokens.iter().filter(short).collect();
        let ends_so = |token: &Token<'_>| {
            let bare = token.lower.trim_end_matches('s');
            shorts.iter().any(|short| bare.ends_with(short.lower.trim_end_matches('s')))
        };
        self.tokens.iter().any(|token| token.kind == Kind::Word && ends_so(token))
    }

    /// Whether "den" may point back at the reader, as nothing else stands before it.
    fn has_pronoun_without_a_noun(&self) -> bool {
        let lists = lists();
        let is_noun = |token: &Token<'_>| {
            let long = token.lower.chars().count() > 4 && !token.is_in(&lists.not_antecedents);
            token.is("en") || (token.kind == Kind::Word && long && token.lower.ends_with("en"))
        };
        let is_you = |token: &Token<'_>| {
            matches!(token.kind, Kind::Party(Party { side: Side::You, genitive: false, .. }))
        };
        let first = self.tokens.iter().position(is_you).unwrap_or(self.tokens.len());
        let dens = (first..self.tokens.len())
            .filter(|&at| self.at(at).is_some_and(|token| token.is("den")));
        dens.into_iter().any(|at| {
            let alone = self.at(at + 1).is_none_or(|next| {
                let past = next.lower.ends_with("de") || next.lower.ends_with("te");
                next.is_finite() && !past || next.is_in(&lists.adverbs) || next.kind == Kind::Mark
            });
            self.acts(at) || (alone && !self.span(0..at).iter().any(is_noun))
        })
    }

    /// Whether the pronoun at this place does something, as only the reader can: "skal den sende".
    fn acts(&self, at: usize) -> bool {
        let lists = lists();
        let Some(next) = self.at(at + 1) else { return false };
        let told = self.back(at, 1).is_some_and(|last| last.is_in(&lists.modals));
        let does =
            next.inverts() && !next.is_in(&lists.modals) && !next.is_in(&lists.finite_copulas);
        let active = !next.lower.ends_with('s')
            && !next.is_in(&lists.impersonal)
            && !next.is_in(&lists.copulas);
        let past = next.lower.ends_with("de") || next.lower.ends_with("te");
        next.is("selv") || (next.kind == Kind::Word && active && (told || (does && !past)))
    }

    /// Finds what every party is in its clause; nothing if one of them is not certain.
    pub(crate) fn find_roles(&mut self) -> Option<()> {
        for at in 0..self.tokens.len() {
            let Some(Token { kind: Kind::Party(party), .. }) = self.at(at) else { continue };
            let party = *party;
            let role = self.role(at, party)?;
            if self.is_told_to_a_colleague(at, party) {
                return None;
            }
            self.parties.push((at, party, role));
        }
        (!self.parties.is_empty()).then_some(())
    }

    fn role(&self, at: usize, party: Party) -> Option<Role> {
        if self.is_part_of_a_name(at, party) {
            return None;
        }
        if party.genitive {
            return self.owner(at);
        }
        let role = self
            .cleft(at)
            .or_else(|| self.before_its_verb(at))
            .or_else(|| self.after_preposition(at, party))
            .or_else(|| self.after_its_verb(at))
            .or_else(|| self.told(at, party))?;
        let fits = match role {
            Role::Subject => self.subject_stands_free(at),
            Role::Object | Role::Place | Role::Owner => self.object_stands_free(at),
        };
        fits.then_some(role)
    }

    /// "SAM Refusion", "SAM 2405-1351", "vejledningen Kundens adviser".
    fn is_part_of_a_name(&self, at: usize, party: Party) -> bool {
        let Some(token) = self.at(at) else { return true };
        let next = self.at(at + 1);
        let title = !party.named && token.capital && self.part_start(at) != at;
        let number = |next: &Token<'_>| {
            let digits = next.lower.chars().filter(char::is_ascii_digit).count();
            digits > 3 || (digits > 0 && next.lower.contains('-'))
        };
        let name = |next: &Token<'_>| {
            let shouted = next.text.chars().skip(1).any(char::is_uppercase);
            next.kind == Kind::Word && next.capital && !(shouted && party.side == Side::You)
        };
        let grows = match (party.side, party.genitive) {
            (Side::We, false) => next.is_some_and(|next| number(next) || name(next)),
            (Side::You, true) => party.named && next.is_some_and(name),
            (Side::We, true) | (Side::You, false) => false,
        };
        title || grows || self.back(at, 1).is_some_and(|before| before.is_mark(&["(", "'"]))
    }

    /// An imperative that speaks of the reader is meant for someone else.
    fn is_told_to_a_colleague(&self, at: usize, party: Party) -> bool {
        let lists = lists();
        let orders =
            |start: usize| self.at(start).is_some_and(|first| first.is_in(&lists.imperatives));
        let told = orders(0) || orders(self.part_start(at));
        let place =
            self.back(at, 1).is_some_and(|word| word.is_in(&lists.places) || word.is("hos"));
        told && party.side == Side::You && !party.genitive && !place
    }
}

/// What a party is in its clause. Each rule knows one kind of place and is silent elsewhere.
impl Reading<'_> {
    /// "er det SAM, der": what is said to be it stands as object.
    fn cleft(&self, at: usize) -> Option<Role> {
        let mut words = self.span(0..at).iter().rev().filter(|word| !word.is("ikke"));
        let (last, before) = (words.next()?, words.next()?);
        let copulas = &lists().finite_copulas;
        let opens =
            (last.is("det") && before.is_in(copulas)) || (last.is_in(copulas) && before.is("det"));
        let next = self.at(at + 1);
        let closes = next
            .is_none_or(|next| next.is_mark(&[",", ".", ";"]) || next.is("der") || next.is("som"));
        (opens && closes).then_some(Role::Object)
    }

    fn is_finite_at(&self, at: usize) -> bool {
        self.at(at).is_some_and(Token::is_finite)
    }

    /// Whether a finite verb follows, with adverbs between at most: the order of a subordinate clause.
    fn is_finite_after_adverbs(&self, at: usize) -> bool {
        self.is_finite_at(self.skip_adverbs(at + 1))
    }

    pub(crate) fn skip_adverbs(&self, from: usize) -> usize {
        let adverb = |at: &usize| self.at(*at).is_some_and(|token| token.is_in(&lists().adverbs));
        (from..=self.tokens.len()).find(|at| !adverb(at)).unwrap_or(from)
    }

    /// A subject where a clause opens: "SAM sender", "når kunden ikke har", ", og SAM retter".
    fn before_its_verb(&self, at: usize) -> Option<Role> {
        let lists = lists();
        let start = self.segment_start(at);
        let new_part = start == self.part_start(at);
        let (main, sub) = (self.is_finite_at(at + 1), self.is_finite_after_adverbs(at));
        let Some(last) = (at > start).then(|| self.back(at, 1)).flatten() else {
            return (main || (sub && !new_part)).then_some(Role::Subject);
        };
        let alone = at == start + 1;
        let before = self.back(at, 2).filter(|_| !alone);
        let because = last.is("for")
            && !new_part
            && !self.at(at + 1).is_some_and(|verb| verb.is_in(&lists.impersonal));
        let coordinated = alone && last.is_in(&lists.coordinators) && (because || !last.is("for"));
        let subordinate = last.is_in(&lists.subjunctions)
            || (last.is_in(&lists.after_so) && before.is_some_and(|word| word.is("så")))
            || (last.is("om") && before.is_some_and(|word| word.is_in(&lists.before_om)))
            || self.is_either_as_conjunction(at)
            || self.is_dependent_question(start, at);
        ((coordinated && main) || (subordinate && sub)).then_some(Role::Subject)
    }

    /// ", før SAM behandler": one of `either` opens the clause and is a conjunction.
    fn is_either_as_conjunction(&self, at: usize) -> bool {
        let lists = lists();
        let start = self.segment_start(at);
        let Some(last) = self.back(at, 1).filter(|last| last.is_in(&lists.either)) else {
            return false;
        };
        let after_coordinator = at == start + 2
            && self
                .at(start)
                .is_some_and(|first| first.is("og") || first.is("eller") || first.is("men"));
        if last.is("for") || !(at == start + 1 || after_coordinator) {
            return false;
        }
        let new_part = start == self.part_start(at);
        !new_part || last.is("om") || last.is("før") || last.is("inden")
    }

    /// "hvilke sager SAM behandler", "hvor mange dage kunden har".
    fn is_dependent_question(&self, start: usize, at: usize) -> bool {
        let lists = lists();
        let opens = self.at(start).is_some_and(|first| first.is_in(&lists.question_openings));
        let before = self.span(start..at);
        let noun = self.back(at, 1).is_some_and(|last| {
            last.kind == Kind::Word
                && !Self::is_preposition(last)
                && !last.is_in(&lists.coordinators)
        });
        opens && noun && at > start + 1 && !before.iter().any(Token::is_finite)
    }

    pub(crate) fn is_preposition(token: &Token<'_>) -> bool {
        let lists = lists();
        [&lists.prepositions, &lists.places, &lists.either].iter().any(|words| token.is_in(words))
            || token.is("på")
    }

    fn after_preposition(&self, at: usize, party: Party) -> Option<Role> {
        let lists = lists();
        let last = self.back(at, 1)?;
        let before = |words: &Words| self.back(at, 2).is_some_and(|word| word.is_in(words));
        if last.is_in(&lists.prepositions) || (last.is("på") && before(&lists.waiting)) {
            return Some(Role::Object);
        }
        // "Elever på ITU": a place, where a sentence opens with it.
        let opening = party.named && party.side == Side::You && at == self.part_start(at) + 2;
        if last.is("på") && opening {
            return Some(Role::Place);
        }
        // "hos lønadministrationen i SAM" would come to "hos … hos os".
        let twice = self.span(at.saturating_sub(4)..at).iter().any(|token| token.is("hos"));
        if last.is_in(&lists.places) && !before(&lists.not_places) && !twice {
            return Some(Role::Place);
        }
        let next = self.at(at + 1);
        let clause = next.is_some_and(|next| {
            let passive = next.kind == Kind::Word && next.lower.ends_with("es");
            next.is_finite() || passive || (next.is_in(&lists.adverbs) && !next.is("som"))
        });
        let over = self.back(at, 2).is_some_and(|word| word.is("over"));
        let named_after = last.is("for") && party.side == Side::You && self.is_title_of(at);
        let either = last.is("for") || last.is("om") || last.is("efter");
        let free = either && !before(&lists.not_for) && !named_after && (!clause || over);
        free.then_some(Role::Object)
    }

    /// "Drejebogen for Banedanmark": whose it is, said with a preposition.
    fn is_title_of(&self, at: usize) -> bool {
        let ends = self.at(at + 1).is_none_or(|next| next.kind == Kind::Mark);
        at == self.part_start(at) + 2 && !ends
    }

    /// A subject behind its verb: "skal kunden", "Efter fristen sender SAM".
    fn after_its_verb(&self, at: usize) -> Option<Role> {
        let lists = lists();
        let verb = at.checked_sub(1)?;
        let token = self.at(verb).filter(|token| token.inverts())?;
        let start = self.segment_start(verb);
        let before = self.span(start..verb);
        if token.is_in(&lists.modals) {
            let relative = before.last().is_some_and(|last| last.is("som") || last.is("der"));
            return (!relative).then_some(Role::Subject);
        }
        let new_part = start == self.part_start(verb);
        let after_coordinator = match before {
            [first, rest @ ..]
                if first.is_in(&lists.coordinators) && !first.is("for") && !rest.is_empty() =>
            {
                rest
            }
            _ => before,
        };
        let inverted = match after_coordinator {
            [] => new_part || self.follows_a_condition(start),
            [first] if first.is_in(&lists.coordinators) && !first.is("for") => {
                token.is_in(&lists.finite_copulas) && self.opens_with_a_verb(start)
            }
            [first] if first.is("så") => true,
            [first, ..] => {
                let told = token.is_in(&lists.sends) || token.is_in(&lists.tells);
                let doubtful = first.is_in(&lists.fronted_or_clause) && (told || !new_part);
                let clause = first.is_in(&lists.subjunctions) && !(first.is("som") && new_part);
                first.is_in(&lists.fronted)
                    && !doubtful
                    && !clause
                    && !after_coordinator.iter().any(Token::inverts)
            }
        };
        inverted.then_some(Role::Subject)
    }

    fn opens_with_a_verb(&self, at: usize) -> bool {
        self.at(self.part_start(at)).is_some_and(Token::inverts)
    }

    /// Whether a main clause with its verb first may open here: a condition or an adverbial stands before
    /// it, and no main clause has come yet.
    fn follows_a_condition(&self, start: usize) -> bool {
        let part = self.part_start(start);
        let opens = self.at(part).is_some_and(|first| {
            first.inverts() || first.is_in(&lists().fronted) || first.is_in(&lists().subjunctions)
        });
        let mains = (part + 1..start)
            .filter(|&at| self.is_boundary(at - 1) && self.at(at).is_some_and(Token::inverts));
        opens && mains.count() == 0
    }

    /// The object of a verb that is done to a person: "SAM giver kunden besked".
    fn told(&self, at: usize, party: Party) -> Option<Role> {
        let lists = lists();
        let last = self.back(at, 1)?;
        let tells = |token: &Token<'_>| token.is_in(&lists.tells);
        let sends = |token: &Token<'_>| token.is_in(&lists.sends);
        let thing = self.at(at + 1).is_some_and(|next| next.is_in(&lists.things));
        let trait_follows =
            self.at(at + 1).is_some_and(|next| lists.agreeing.contains_key(&next.lower));
        let makes = |token: &Token<'_>| token.is_in(&lists.makes) && trait_follows;
        let fits = |token: &Token<'_>| tells(token) || makes(token) || (sends(token) && thing);
        if last.is_party() {
            let subject = self.parties.last().is_some_and(|(place, other, role)| {
                *place + 1 == at && other.side != party.side && *role == Role::Subject
            });
            return (subject && self.back(at, 2).is_some_and(fits)).then_some(Role::Object);
        }
        let start = self.segment_start(at);
        let order = last.is_in(&lists.imperatives_to_a_person) && at == self.part_start(at) + 1;
        if order && party.side == Side::We {
            let gives = last.is("giv") || last.is("send");
            return (!gives || thing).then_some(Role::Object);
        }
        let done = if last.is_in(&lists.infinite) || last.is("gøre") || last.is("gjort") {
            !self.back(at, 2).is_some_and(|word| word.is_in(&lists.copulas))
        } else {
            self.has_its_subject(start, at - 1)
        };
        (fits(last) && done).then_some(Role::Object)
    }

    /// Whether the finite verb at this place already has a subject before it.
    fn has_its_subject(&self, start: usize, verb: usize) -> bool {
        let lists = lists();
        let before = self.span(start..verb);
        match before {
            [] => false,
            [.., last] if last.is("og") || last.is("eller") => true,
            [first] if first.is("som") || first.is("der") => true,
            [first, rest @ ..] => {
                let clause = first.is_in(&lists.subjunctions)
                    || (first.is_in(&lists.fronted_or_clause) && start != self.part_start(verb));
                // "Opgaven sender SAM" may be a fronted object; a person is none.
                let person = self.has_person(start..verb)
                    || self.at(verb).is_some_and(|verb| verb.is("lader"));
                let stranded = self
                    .back(self.segment_end(verb), 1)
                    .is_some_and(|last| Self::is_preposition(last));
                (clause && !rest.is_empty())
                    || (!Self::opens_inversion(first) && person && !stranded)
            }
        }
    }

    fn opens_inversion(first: &Token<'_>) -> bool {
        let lists = lists();
        [&lists.fronted, &lists.pointing, &lists.subjunctions, &lists.adverbs]
            .iter()
            .any(|words| first.is_in(words))
            || first.inverts()
    }

    fn has_person(&self, range: Range<usize>) -> bool {
        self.span(range)
            .iter()
            .any(|token| token.is_party() || token.is_in(&lists().other_subjects))
    }

    fn owner(&self, at: usize) -> Option<Role> {
        let is_party = |token: Option<&Token<'_>>| token.is_some_and(Token::is_party);
        let joined = self.at(at + 1).is_some_and(Self::joins) || is_party(self.at(at + 1));
        let last = self.back(at, 1);
        let second = last.is_some_and(Self::joins) && is_party(self.back(at, 2));
        let whole = last
            .is_some_and(|last| ["hele", "selve", "den", "begge"].iter().any(|word| last.is(word)));
        let noun = self.at(at + 1).is_some_and(|next| matches!(next.kind, Kind::Word));
        let said =
            self.span(at.saturating_sub(3)..at).iter().any(|token| token.is_in(&lists().copulas));
        let opens = self.at(at + 1).is_some_and(|next| next.is_mark(&["("]));
        (!joined && !second && !whole && !opens && (noun || said)).then_some(Role::Owner)
    }

    fn joins(token: &Token<'_>) -> bool {
        ["og", "eller", "samt"].iter().any(|word| token.is(word))
    }

    /// Nothing behind a subject belongs to it: no second subject, no relative clause, no other name.
    fn subject_stands_free(&self, at: usize) -> bool {
        match self.at(at + 1) {
            None => true,
            Some(next) if next.is_mark(&[","]) => self.clause_opens(at + 2),
            Some(next) if next.kind == Kind::Mark => next.is_mark(&[".", ";", "?", ":"]),
            Some(next) => !Self::joins(next) && !next.is("som") && !next.is("der"),
        }
    }

    fn object_stands_free(&self, at: usize) -> bool {
        let said = self.cleft(at).is_some();
        match self.at(at + 1) {
            None => true,
            Some(next) if next.is_mark(&[","]) => said || self.clause_opens(at + 2),
            Some(next) if next.kind == Kind::Mark => next.is_mark(&[".", ";", "?", ":", ")"]),
            Some(next) if Self::joins(next) => {
                self.is_finite_at(at + 2) || self.at(at + 2).is_some_and(|word| word.is("ikke"))
            }
            Some(next) if next.is("som") => said || !self.is_finite_after_adverbs(at + 1),
            Some(next) => said || (next.kind == Kind::Word && !next.is("der")),
        }
    }

    /// Whether a new clause opens after a comma, and not a word about the noun before it.
    fn clause_opens(&self, at: usize) -> bool {
        let lists = lists();
        self.at(at).is_some_and(|first| {
            let known = [&lists.subjunctions, &lists.coordinators, &lists.either, &lists.fronted];
            let opens = known.iter().any(|words| first.is_in(words)) || first.inverts();
            opens && !first.is("som") && !first.is("der")
        })
    }
}
