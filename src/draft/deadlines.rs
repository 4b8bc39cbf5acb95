//! Next steps with days: dated rules (`index/lexicon/deadlines.toml`), worked out from what the
//! mail tells and stated by a passage that can be quoted.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{LazyLock, OnceLock};

use jiff::ToSpan;
use regex::Regex;
use serde::Deserialize;

use crate::draft::events::{Event, events, pattern};
use crate::draft::forms::quotable;
use crate::draft::phrases::Phrase;
use crate::draft::sentence::{Citation, Citations, Computation, Sentence};
use crate::draft::wording::Wording;
use crate::draft::{Answer, Error, NextStep, Outcome};
use crate::inquiry::{Inquiry, PartKind, Reading};
use crate::language::{Written, values};
use crate::privacy;
use crate::retrieval::{self, Hit, Means, Words, sentence_ranges};
use crate::sources::Kind;
use crate::terms::{
    Day, DayOff, MONTHS, Scope, State, add_working_days, day_off, next_working_day,
    previous_working_day, show_day,
};

/// Steps of one reply.
const STEPS_MAX: usize = 3;
/// Passages among which the one that states a rule is looked for.
const HITS_PER_RULE: usize = 12;
/// An absence of at most so many days is short (the sources' own limit for § 56 and fleksjob).
const SHORT_DAYS: i32 = 30;
/// A deadline that passed longer ago is no step any more.
const PASSED_DAYS_MAX: i32 = 365;

/// What is told of a mail to the rules.
#[derive(Debug)]
pub(crate) struct Told<'a> {
    /// What the sender wrote, without greeting, signature and earlier messages.
    pub(crate) text: String,
    /// The subject and the questions that are to be answered.
    pub(crate) asked: String,
    /// What the reply says already.
    pub(crate) answered: String,
    /// The løngruppe, as digits.
    pub(crate) loengruppe: String,
    /// Who asks, for whom, on which day.
    pub(crate) scope: &'a Scope,
}

impl<'a> Told<'a> {
    /// What a mail and its answers tell.
    pub(crate) fn of(
        inquiry: &Inquiry,
        reading: &Reading,
        scope: &'a Scope,
        answers: &[Answer],
    ) -> Self {
        let open = answers
            .iter()
            .filter(|answer| !matches!(answer.outcome, Outcome::Refused | Outcome::OutOfScope));
        let subject = inquiry.subject.as_deref().filter(|_| open.clone().next().is_some());
        let asked = subject.into_iter().chain(open.map(|answer| answer.text.as_str()));
        let said = answers.iter().flat_map(|answer| &answer.sentences).map(Sentence::text);
        let group = inquiry.payroll_group.as_deref().unwrap_or_default();
        Self {
            text: own_text(inquiry, reading),
            asked: asked.collect::<Vec<_>>().join("\n"),
            answered: said.collect::<Vec<_>>().join("\n"),
            loengruppe: group.chars().filter(char::is_ascii_digit).collect(),
            scope,
        }
    }
}

/// What the sender wrote; sentences that try to steer the program tell nothing.
fn own_text(inquiry: &Inquiry, reading: &Reading) -> String {
    let own = reading.parts.iter().filter(|part| part.kind == PartKind::Own);
    let mut text = String::new();
    for part in own {
        let mut at = part.range.start;
        let inside = reading
            .injections
            .iter()
            .filter(|bad| part.range.start <= bad.start && bad.end <= part.range.end);
        for bad in inside {
            text.push_str(inquiry.body.get(at..bad.start).unwrap_or_default());
            text.push_str("\n\n");
            at = at.max(bad.end);
        }
        text.push_str(inquiry.body.get(at..part.range.end).unwrap_or_default());
        text.push_str("\n\n");
    }
    text
}

/// From the day of an event to the day that a rule gives.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Offset {
    /// So many days later; earlier if negative.
    Days(i32),
    /// So many working days later; earlier if negative.
    WorkingDays(i32),
    /// So many weeks later.
    Weeks(i32),
    /// The end of the month so many months later.
    MonthsEnd(i32),
    /// That day of the month that follows.
    NextMonth(i8),
    /// Month, day, and how many years later.
    Yearly([i8; 3]),
    /// The day stands in the row that states the rule, where this pattern finds it.
    Row(String),
}

impl Offset {
    /// The day that follows from an event; nothing where only the passage tells it.
    fn after(&self, start: Day) -> Option<Day> {
        match self {
            Self::Days(days) => start.checked_add(days.days()).ok(),
            Self::WorkingDays(days) => add_working_days(start, *days),
            Self::Weeks(weeks) => start.checked_add(weeks.weeks()).ok(),
            Self::MonthsEnd(months) => {
                Some(start.first_of_month().checked_add(months.months()).ok()?.last_of_month())
            }
            Self::NextMonth(day) => {
                let next = start.first_of_month().checked_add(1.month()).ok()?;
                Day::new(next.year(), next.month(), *day).ok()
            }
            Self::Yearly([month, day, more]) => {
                Day::new(start.year().checked_add(i16::from(*more))?, *month, *day).ok()
            }
            Self::Row(_) => None,
        }
    }

    /// The number that the passage must state; nothing where its pattern holds it.
    fn number(&self) -> Option<u32> {
        match self {
            Self::Days(0) | Self::Yearly(_) | Self::Row(_) => None,
            Self::Days(n) | Self::WorkingDays(n) | Self::Weeks(n) | Self::MonthsEnd(n) => {
                Some(n.unsigned_abs())
            }
            Self::NextMonth(day) => Some(u32::from(day.unsigned_abs())),
        }
    }
}

/// How long an absence lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Absence {
    /// Up to 30 days, and over.
    Short,
    /// More than 30 days.
    Long,
}

/// A dated rule as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    id: String,
    about: Vec<String>,
    #[serde(default)]
    needs: Vec<String>,
    #[serde(default)]
    without: Vec<String>,
    #[serde(default)]
    apart: Vec<String>,
    event: Vec<String>,
    absence: Option<Absence>,
    #[serde(default)]
    month_end: bool,
    offset: Offset,
    query: String,
    states: String,
    wording: Wording,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RulesFile {
    rule: Vec<RuleFile>,
    moves: MovesFile,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MovesFile {
    next: String,
    previous: String,
}

/// A dated rule. Its patterns are made when they are first asked for, since most mails need none.
#[derive(Debug)]
struct Rule {
    file: RuleFile,
    patterns: OnceLock<Patterns>,
    event: OnceLock<Vec<Regex>>,
    states: OnceLock<Regex>,
}

#[derive(Debug)]
struct Patterns {
    about: Regex,
    needs: Option<Regex>,
    without: Option<Regex>,
    apart: Option<Regex>,
}

/// Every rule, and by which sentences a passage moves a day off.
#[derive(Debug)]
struct Rules {
    all: Vec<Rule>,
    next: Regex,
    previous: Regex,
}

static RULES: LazyLock<Rules> = LazyLock::new(built_in);

#[expect(
    clippy::expect_used,
    reason = "the rules are part of the program; `the_built_in_rules_are_read` reads them in every test run"
)]
fn built_in() -> Rules {
    let file: RulesFile = toml::from_str(include_str!("../../index/lexicon/deadlines.toml"))
        .expect("index/lexicon/deadlines.toml is read");
    let rule = |file| Rule {
        file,
        patterns: OnceLock::new(),
        event: OnceLock::new(),
        states: OnceLock::new(),
    };
    Rules {
        all: file.rule.into_iter().map(rule).collect(),
        next: built_in_pattern(&file.moves.next),
        previous: built_in_pattern(&file.moves.previous),
    }
}

#[expect(
    clippy::expect_used,
    reason = "the rules are part of the program; `the_built_in_rules_are_read` reads them in every test run"
)]
fn built_in_pattern(text: &str) -> Regex {
    pattern(text).expect("a pattern of index/lexicon/deadlines.toml is read")
}

impl Rule {
    fn patterns(&self) -> &Patterns {
        self.patterns.get_or_init(|| {
            let any = |list: &[String]| built_in_pattern(&list.join("|"));
            let some = |list: &Vec<String>| (!list.is_empty()).then(|| any(list));
            Patterns {
                about: any(&self.file.about),
                needs: some(&self.file.needs),
                without: some(&self.file.without),
                apart: some(&self.file.apart),
            }
        })
    }

    fn event_patterns(&self) -> &[Regex] {
        self.event
            .get_or_init(|| self.file.event.iter().map(|text| built_in_pattern(text)).collect())
    }

    /// Whether the mail is about it at all.
    fn concerns(&self, told: &Told<'_>) -> bool {
        let patterns = self.patterns();
        let holds = |pattern: &Regex| pattern.is_match(&told.text) || pattern.is_match(&told.asked);
        patterns.about.is_match(&told.asked)
            && patterns.needs.as_ref().is_none_or(holds)
            && !patterns.without.as_ref().is_some_and(holds)
    }

    /// The events that a text tells, seen from a day.
    fn events(&self, text: &str, day: Day) -> BTreeSet<Event> {
        let event = self.event_patterns();
        let mut found = events(text, event, self.patterns().apart.as_ref(), day);
        found.retain(|event| {
            let ends = !self.file.month_end || event.start == event.start.last_of_month();
            ends && self.file.absence.is_none_or(|absence| lasts(event, absence, day))
        });
        found
    }

    /// The pattern of a sentence that states it; that of a calendar's row holds the event's month.
    fn states(&self, event: &Event) -> Cow<'_, Regex> {
        let states = &self.file.states;
        if !states.contains("<måned>") {
            return Cow::Borrowed(self.states.get_or_init(|| built_in_pattern(states)));
        }
        let run = event.run.map_or_else(String::new, |run| run.to_string());
        let text = states
            .replace("<måned>", month_name(event.start))
            .replace("<årstal>", &event.start.year().to_string())
            .replace("<nr>", &run);
        Cow::Owned(built_in_pattern(&text))
    }

    /// Where a passage states it: the hit, and the place in its text. Nothing if none does, or if
    /// another one states another number.
    fn stated<'a>(
        &self,
        event: &Event,
        hits: &'a [Hit],
    ) -> Option<(&'a Hit, std::ops::Range<usize>)> {
        let states = self.states(event);
        let wanted = self.file.offset.number();
        let mut first = None;
        for hit in hits.iter().filter(|hit| may_state(hit)) {
            for range in statements(&self.file.offset, &hit.text) {
                let text = hit.text.get(range.clone()).unwrap_or_default();
                let Some(captures) = states.captures(text) else { continue };
                let number = captures.name("n").or_else(|| captures.name("m"));
                match (wanted, number.map(|number| counted(number.as_str()))) {
                    (Some(wanted), Some(said)) if said != Some(wanted) => return None,
                    _ if privacy::find(text).is_empty() => {
                        first = first.or(Some((hit, range)));
                    }
                    _ => {}
                }
            }
        }
        first
    }

    /// The day that it gives, with the sentences that state it.
    fn due(&self, event: &Event, hits: &[Hit]) -> Option<Due> {
        let (hit, range) = self.stated(event, hits)?;
        let first = Citation::of(hit, range)?;
        let exact = match &self.file.offset {
            Offset::Row(column) => {
                let column = built_in_pattern(column);
                let day = column.captures(first.quote())?.name("dag")?.as_str();
                Written::read(day).filter(|day| day.year.is_some())?.near(event.start)?
            }
            offset => offset.after(event.start)?,
        };
        let mut rest = Vec::new();
        let mut day = exact;
        for range in sentence_ranges(&hit.text) {
            let text = hit.text.get(range.clone()).unwrap_or_default();
            if let Some(moved) = moved(exact, text).filter(|moved| *moved != exact) {
                day = moved;
                rest.extend(Citation::of(hit, range));
                break;
            }
        }
        let citations = Citations::new(first, rest);
        let source = (hit.title.clone(), hit.document.clone());
        Some(Due { start: event.start, run: event.run, day, citations, source, hit: hit.clone() })
    }
}

/// A day that a rule gave.
#[derive(Debug)]
struct Due {
    start: Day,
    run: Option<u8>,
    day: Day,
    citations: Citations,
    source: (String, String),
    hit: Hit,
}

/// Whether an absence is as long as a rule asks; one that goes on is long once it has been.
fn lasts(event: &Event, absence: Absence, day: Day) -> bool {
    let until = event.until.unwrap_or(day);
    let days = (until - event.start).get_days() + 1;
    match absence {
        Absence::Short => event.until.is_some() && days <= SHORT_DAYS,
        Absence::Long => days > SHORT_DAYS,
    }
}

/// Whether a hit may state a rule: a past case speaks of itself only.
fn may_state(hit: &Hit) -> bool {
    quotable(hit) && hit.state == State::Current && hit.kind != Kind::Sag
}

/// What can state a rule: the rows of a table for a day of a calendar, else sentences.
fn statements(offset: &Offset, text: &str) -> Vec<std::ops::Range<usize>> {
    if !matches!(offset, Offset::Row(_)) {
        return sentence_ranges(text);
    }
    let mut rows = Vec::new();
    let mut start = 0;
    for line in text.split('\n') {
        rows.push(start..start + line.len());
        start += line.len() + 1;
    }
    rows
}

/// A number in digits or as a word.
fn counted(text: &str) -> Option<u32> {
    const WORDS: [&str; 13] = [
        "nul", "en", "to", "tre", "fire", "fem", "seks", "syv", "otte", "ni", "ti", "elleve",
        "tolv",
    ];
    let lower = text.to_lowercase();
    let word = || WORDS.iter().position(|word| *word == lower).and_then(|at| at.try_into().ok());
    text.parse().ok().or_else(word)
}

/// The working day to which a sentence moves a day off.
fn moved(day: Day, sentence: &str) -> Option<Day> {
    day_off(day)?;
    if RULES.next.is_match(sentence) {
        next_working_day(day)
    } else if RULES.previous.is_match(sentence) {
        previous_working_day(day)
    } else {
        None
    }
}

fn month_name(day: Day) -> &'static str {
    let at = usize::try_from(day.month() - 1).ok();
    at.and_then(|at| MONTHS.get(at)).copied().unwrap_or_default()
}

/// The next steps of a reply.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    /// The steps, the earliest day first.
    pub(crate) next: Vec<NextStep>,
    /// The same as sentences, for the check.
    pub(crate) sentences: Vec<Sentence>,
    /// The passages that state their rules.
    pub(crate) hits: Vec<Hit>,
    /// How each day came about, in Danish, for the caseworker.
    pub(crate) lines: Vec<String>,
}

/// The next steps that follow from a mail, searching for the passages that state their rules.
pub(crate) fn next_steps(means: &Means<'_>, told: &Told<'_>) -> Result<Steps, Error> {
    steps(told, |query| {
        let loengruppe = Some(told.loengruppe.as_str()).filter(|group| !group.is_empty());
        let words = Words { text: query, ..Words::default() };
        let question = retrieval::Question { words, loengruppe, sensed: None };
        let found = retrieval::find(means, told.scope, &question, HITS_PER_RULE)?;
        Ok(found.hits.into_iter().map(|hit| hit.quoted(&found.terms)).collect())
    })
}

/// The next steps that follow from a mail and the passages that are found for a rule's query.
fn steps(told: &Told<'_>, find: impl Fn(&str) -> Result<Vec<Hit>, Error>) -> Result<Steps, Error> {
    let day = told.scope.day();
    let mut due: Vec<(&Rule, Due)> = Vec::new();
    for rule in RULES.all.iter().filter(|rule| rule.concerns(told)) {
        let events = rule.events(&told.text, day);
        if events.is_empty() {
            continue;
        }
        let mut hits = find(&rule.file.query)?;
        hits.retain(|hit| told.scope.admits(hit.institution.as_deref()));
        due.extend(events.iter().filter_map(|event| Some((rule, rule.due(event, &hits)?))));
    }
    due.retain(|(_, due)| (day - due.day).get_days() <= PASSED_DAYS_MAX && !told.says(due.day));
    due.sort_by_key(|(_, due)| (due.day < day, due.day));
    let mut found = Steps::default();
    for (rule, due) in due {
        if found.next.len() < STEPS_MAX {
            found.add(rule, due, day)?;
        }
    }
    Ok(found)
}

impl Told<'_> {
    /// Whether the reply names the day already.
    fn says(&self, day: Day) -> bool {
        let norm = format!("d{day}");
        values(&self.answered).iter().any(|value| value.norm == norm)
    }
}

impl Steps {
    fn add(&mut self, rule: &Rule, due: Due, today: Day) -> Result<(), Error> {
        let context = minijinja::context! {
            passed => due.day < today,
            date => show_day(due.day),
            start => show_day(due.start),
            month => month_name(due.start),
            run => due.run,
        };
        let mut text = Phrase::render(rule.file.wording.template(), context)?.text().to_owned();
        let off = day_off(due.day).filter(|_| due.day >= today);
        if let Some(off) = off {
            let off = match off {
                DayOff::Saturday => "saturday",
                DayOff::Sunday => "sunday",
                DayOff::Holiday => "holiday",
                DayOff::Closing => "closing",
            };
            let note = Phrase::render("prompts/step/day_off.j2", minijinja::context! { off })?;
            text = format!("{text} {}", note.text());
        }
        if self.next.iter().any(|step| step.text == text) {
            return Ok(());
        }
        let (id, rule) = (format!("n{}", self.next.len() + 1), rule.file.id.clone());
        let (title, document) = &due.source;
        self.lines.push(format!(
            "{} følger af {} efter reglen »{rule}«, som står i »{title}« ({document}).",
            show_day(due.day),
            show_day(due.start)
        ));
        self.next.push(NextStep {
            id: id.clone(),
            text: text.clone(),
            date: Some(due.day),
            rule: rule.clone(),
            citations: due.citations.iter().cloned().collect(),
        });
        let computation =
            Computation { rule, start: due.start, day: due.day, citations: due.citations };
        self.sentences.push(Sentence::computed(id, text, computation));
        if !self.hits.iter().any(|hit| hit.passage_id == due.hit.passage_id) {
            self.hits.push(due.hit);
        }
        Ok(())
    }
}

/// Whether a day follows by its rule from what an inquiry tells: the event stands in it, and the
/// rule gives that day, or a quote moves it there, or the day stands in the quote.
pub(crate) fn follows(computation: &Computation, inquiry: &str, today: Day) -> bool {
    let Some(rule) = RULES.all.iter().find(|rule| rule.file.id == computation.rule) else {
        return false;
    };
    let events = rule.events(inquiry, today);
    let told = events.iter().any(|event| event.start == computation.start);
    let quotes: Vec<&str> = computation.citations.iter().map(Citation::quote).collect();
    let gives = if let Some(exact) = rule.file.offset.after(computation.start) {
        exact == computation.day
            || quotes.iter().any(|quote| moved(exact, quote) == Some(computation.day))
    } else {
        let norm = format!("d{}", computation.day);
        quotes.iter().any(|quote| values(quote).iter().any(|value| value.norm == norm))
    };
    told && gives
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::draft::sentence::Support;
    use crate::passages::PassageId;
    use crate::terms::{Asker, Audience, parse_day};

    const SICK: &str =
        "Nyt sygefravær meldes til SAM senest 28 dage efter medarbejderens første hele fraværsdag.";
    const SHORT: &str = "Ved § 56-aftale meldes fravær på op til 30 dage til SAM senest 60 dage efter den første fraværsdag.";
    const RUN: &str = "Fristen for almindelige blanketter er senest 5 dage før lønkørslen.";
    const ROW: &str = "lønkørsel: November 2025, 2. lønkørsel; lønkørselsdag: 19-11-2025; afleveringsfrist (5 dage): 14-11-2025; afleveringsfrist ferie (2 dage): 17-11-2025; dispositionsdag: 28-11-2025";
    const ASKED: &str = "Hvornår er fristen for sygemelding og bestilling?";

    fn scope() -> Scope {
        Scope::new(Asker::operator(), None, parse_day("2025-11-10").unwrap())
    }

    fn hit(text: &str) -> Hit {
        let passage_id = PassageId(text.len().to_string());
        Hit { passage_id, text: text.to_owned(), ..Hit::made("d.md", &[]) }
    }

    fn found(text: &str, hits: &[Hit]) -> Steps {
        let scope = scope();
        let told = Told {
            text: text.to_owned(),
            asked: format!("{ASKED} {text}"),
            answered: String::new(),
            loengruppe: String::new(),
            scope: &scope,
        };
        steps(&told, |_| Ok(hits.to_vec())).unwrap()
    }

    /// The days and rules of the steps that follow from a mail and one passage.
    #[track_caller]
    fn check(text: &str, passage: &str, expected: &[&str]) {
        let steps = found(text, &[hit(passage)]);
        let told: Vec<String> =
            steps.next.iter().map(|step| format!("{} {}", step.date.unwrap(), step.rule)).collect();
        assert_eq!(told, expected, "{text}");
        for (step, sentence) in steps.next.iter().zip(&steps.sentences) {
            let Support::Computed(computation) = sentence.support() else { panic!("{sentence:?}") };
            assert!(follows(computation, text, scope().day()), "{text}");
            assert!(step.citations.iter().all(|citation| passage.contains(citation.quote())));
        }
    }

    #[test]
    fn the_built_in_rules_are_read() {
        let event = Event { start: Day::constant(2025, 11, 1), until: None, run: Some(2) };
        for rule in &RULES.all {
            rule.patterns();
            rule.event_patterns();
            rule.states(&event);
            if let Offset::Row(column) = &rule.file.offset {
                built_in_pattern(column);
            }
            assert!(Phrase::render(
                rule.file.wording.template(),
                minijinja::context! { passed => false, date => "d", start => "s", month => "m", run => 1 },
            )
            .is_ok());
        }
        assert!(RULES.all.len() >= 15);
    }

    #[test]
    fn a_rule_gives_its_day_where_mail_and_passage_say_so() {
        let day = "2025-12-01 sygemelding_28_dage";
        check("Hun er syg siden 3. november.", SICK, &[day]);
        check("Første hele fraværsdag var den 3/11-2025.", SICK, &[day]);
        check("Hun har været helt væk siden 3. november.", SICK, &[day]);
        check("Hun blev syg mandag den 3.11.", SICK, &[day]);
        check(
            "Vi har § 56. Han var syg 3.-4. november.",
            SHORT,
            &["2026-01-02 sygemelding_60_dage"],
        );
        check(
            "Kan vi nå 2. lønkørsel i november?",
            ROW,
            &["2025-11-14 loenkalender_almindelig_blanket"],
        );
        check(
            "Ferie: når vi 2. lønkørsel i november?",
            ROW,
            &["2025-11-17 loenkalender_ferieblanket"],
        );
        check("Når vi lønkørslen den 19. november?", RUN, &["2025-11-14 foer_loenkoersel_5_dage"]);
        check(
            "Når vi lønkørslen den 19. november?",
            "Almindelige blanketter skal være modtaget 5 arbejdsdage før lønkørslen.",
            &["2025-11-12 foer_loenkoersel_5_arbejdsdage"],
        );
    }

    #[test]
    fn without_a_day_a_statement_or_certainty_a_rule_is_silent() {
        check("Hun er syg.", SICK, &[]);
        check("Hun er syg siden 3. november.", "Sygefravær meldes til SAM.", &[]);
        check("Hun er syg siden 3. november.", "Barnets første hele fraværsdag tæller.", &[]);
        check("Hun er syg siden 1. maj.", SICK, &[]);
        check("Hvis hun bliver syg den 3. november, hvad så?", SICK, &[]);
        check("Barnet var syg den 3. november.", SICK, &[]);
        check("Hun er delvist syg siden 3. november.", SICK, &[]);
        check("Vi har § 56. Han er syg siden 3. november.", SHORT, &[]);
        check("Kan vi nå lønkørslen i november?", ROW, &[]);
        check("Kan vi nå 2. lønkørsel i december?", ROW, &[]);
    }

    #[test]
    fn sources_that_disagree_silence_a_rule() {
        let text = "Hun er syg siden 3. november.";
        let other = "Drejebogen: sygefravær meldes 21 dage efter første hele fraværsdag.";
        assert!(found(text, &[hit(SICK), hit(other)]).next.is_empty());
        assert_eq!(found(text, &[hit(SICK), hit(SICK)]).next.len(), 1);
        let of = |change: fn(&mut Hit)| {
            let mut hit = hit(SICK);
            change(&mut hit);
            found(text, &[hit]).next.len()
        };
        assert_eq!(of(|hit| hit.audience = Audience::Internal), 0);
        assert_eq!(of(|hit| hit.state = State::Expired), 0);
        assert_eq!(of(|hit| hit.kind = Kind::Sag), 0);
        assert_eq!(of(|hit| hit.institution = Some("Banedanmark".to_owned())), 0);
    }

    #[test]
    fn a_day_off_is_moved_only_by_the_passage() {
        let text = "Hun er syg siden 1. november.";
        let day = Day::constant(2025, 11, 29);
        let plain = found(text, &[hit(SICK)]);
        let step = plain.next.first().unwrap();
        assert_eq!(step.date, Some(day));
        assert!(step.text.ends_with("Dagen er en lørdag."), "{}", step.text);
        let moving = format!(
            "{SICK} Falder fristen på en lørdag, søndag eller helligdag, gælder den følgende hverdag."
        );
        let moved = found(text, &[hit(&moving)]);
        let step = moved.next.first().unwrap();
        assert_eq!(step.date, parse_day("2025-12-01"));
        assert_eq!(step.citations.len(), 2);
        assert!(!step.text.contains("lørdag"), "{}", step.text);
    }

    #[test]
    fn a_deadline_that_has_passed_is_told_as_such_and_an_old_one_not_at_all() {
        let passed = found("Hun var syg siden 1. september.", &[hit(SICK)]);
        let text = &passed.next.first().unwrap().text;
        assert_eq!(
            text,
            "Regnet fra første fraværsdag den 1. september 2025 udløb fristen for at melde fraværet til os den 29. september 2025."
        );
        assert!(found("Hun var syg siden 1/9-2023.", &[hit(SICK)]).next.is_empty());
    }

    #[test]
    fn what_the_reply_says_already_is_not_said_again() {
        let scope = scope();
        let told = Told {
            text: "Hun er syg siden 3. november.".to_owned(),
            asked: ASKED.to_owned(),
            answered: "Fristen er den 1. december 2025.".to_owned(),
            loengruppe: String::new(),
            scope: &scope,
        };
        let steps = steps(&told, |_| Ok(vec![hit(SICK)])).unwrap();
        assert!(steps.next.is_empty());
    }

    #[test]
    fn at_most_three_steps_are_told_the_next_ones_first() {
        let days = ["28. oktober", "3. november", "4. november", "5. november", "6. november"];
        let text = days.map(|day| format!("- Hun er syg siden {day}.\n")).concat();
        let steps = found(&text, &[hit(SICK)]);
        let told: Vec<String> =
            steps.next.iter().map(|step| step.date.unwrap().to_string()).collect();
        assert_eq!(told, ["2025-11-25", "2025-12-01", "2025-12-02"]);
    }

    #[test]
    fn a_day_that_does_not_follow_is_told_by_the_check() {
        let steps = found("Hun er syg siden 3. november.", &[hit(SICK)]);
        let Support::Computed(computation) = steps.sentences.first().unwrap().support() else {
            panic!()
        };
        let today = scope().day();
        assert!(follows(computation, "Hun er syg siden 3. november.", today));
        assert!(!follows(computation, "Hun er syg siden 4. november.", today));
        let other = Computation { day: Day::constant(2025, 12, 2), ..computation.clone() };
        assert!(!follows(&other, "Hun er syg siden 3. november.", today));
        let other = Computation { rule: "ukendt".to_owned(), ..computation.clone() };
        assert!(!follows(&other, "Hun er syg siden 3. november.", today));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn the_quote_of_a_step_stands_verbatim_in_its_passage(
            dag in 1_i8..=28, month in 8_i8..=12,
            before in "([A-ZÆØÅa-zæøå]{2,8} ?){0,6}[.?!]?", after in "[ .\n]([a-zæøå]{2,8} ?){0,6}\\.?",
            rule in 0_usize..4
        ) {
            let statement = [SICK, SHORT, RUN, ROW][rule];
            let passage = format!("{before}\n{statement}{after}");
            let text = format!(
                "Hun er syg siden {dag}. {}.\n\nVi har 3 lønkørsler, en lønkørsel den {dag}/{month}, og 2. lønkørsel i november.",
                MONTHS[usize::try_from(month - 1).unwrap()]
            );
            let hits = [hit(&passage)];
            for step in found(&text, &hits).next {
                prop_assert!(!step.citations.is_empty());
                for citation in &step.citations {
                    let stands = hits.iter().any(|hit| {
                        hit.passage_id == *citation.passage_id()
                            && hit.text.contains(citation.quote())
                    });
                    prop_assert!(stands);
                }
            }
        }
    }
}
