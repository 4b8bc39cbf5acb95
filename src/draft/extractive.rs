//! The drafter without a language model: sentences from the passages, and nothing else.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::draft::assign::Found;
use crate::draft::case::Case;
use crate::draft::check::{Check, Gate};
use crate::draft::deadlines::{Told, next_steps};
use crate::draft::forms::{routes, routing_sentences};
use crate::draft::naming::{named, topic};
use crate::draft::note::{Line, Note, day_line};
use crate::draft::outcome::{Outcome, Reply, Ruling};
use crate::draft::phrases::Phrase;
use crate::draft::quoted::Own;
use crate::draft::remarks::{HITS_SHOWN, remark, remarks, sources, supported, unknown};
use crate::draft::searching::{MEANING_WORDS_MIN, Searched, instructs, search};
use crate::draft::select::{Pick, Room, Selection, ranked, select};
use crate::draft::sentence::{Citation, Sentence};
use crate::draft::{Answer, Cost, Draft, Error, Maker, MayAsk, Progress, letter, payment, tone};
use crate::inquiry::{Aside, Channel, Question, Tone, Tongue, char_range};
use crate::language::lix;
use crate::privacy;
use crate::retrieval::{self, Evidence, Hit, Lookup, Means, Narrowing, Weighted};
use crate::sources::Kind;
use crate::terms::{Audience, State};

/// How strong the evidence must be to say beside a fixed phrase what holds in general.
const STRENGTH_BESIDE_MIN: f32 = 0.4;
/// The same where the case must be looked up, and the general rule may not be what is asked.
/// Set on the gold set's `dev` part, `wordings`, `control` and `fresh`, 2026-11-30.
const LOOKUP_STRENGTH_MIN: f32 = 0.45;
/// Sentences of the short answer to a lookup.
const ANSWER_SENTENCES: usize = 2;
/// Sentences taken from a routing page.
const ROUTING_SENTENCES: usize = 2;

/// Who signs, and where the customer can call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Setting {
    /// The caseworker's name; left out of the letter if empty.
    pub name: String,
    /// The unit that signs.
    pub team: String,
    /// The phone number of Kundebetjening; left out of the letter if empty.
    pub phone: String,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            name: String::new(),
            team: "Kundebetjening, Statens Administration".to_owned(),
            phone: String::new(),
        }
    }
}

/// Makes the draft of a reply.
pub fn compose(
    means: &Means<'_>,
    case: &Case<'_>,
    setting: &Setting,
    id: String,
    tell: &dyn Fn(Progress),
) -> Result<Draft, Error> {
    let mut writer = Writer::new(means, case, setting, tell)?;
    tell(Progress::Drafting);
    let mut answers = Vec::new();
    let mut lines = Vec::new();
    for question in &case.reading.questions {
        let (answer, note) = writer.answer(question)?;
        answers.push(answer);
        lines.push(note);
    }
    let greeting = writer.greeting()?;
    let closing = writer.closing(&answers)?;
    let told = Told::of(case.inquiry, case.reading, case.scope, &answers);
    let steps = next_steps(means, &told)?;
    writer.keep_all(steps.hits.iter().cloned());
    let may_ask = writer.may_ask();
    let (moves_money, encoding) = (writer.moves_money, writer.encoding);
    let mut evidence = std::mem::take(&mut writer.evidence);
    // What a search looked for is the customer's words; their numbers are nobody else's.
    for explanation in evidence.iter_mut().map(|hit| &mut hit.explanation) {
        let words = explanation.words.iter_mut().map(|word| &mut word.word);
        let all = words.chain(&mut explanation.missing);
        all.for_each(|word| *word = payment::looked_for(word, moves_money));
    }
    tell(Progress::Checking);
    let checks = writer.checks(&evidence, &[&greeting, &steps.sentences, &closing], &answers);
    let reply = letter(&greeting, &answers, &steps.next, &closing);
    let beside = Noted { steps: &steps.lines, may_ask: &may_ask, reply: &reply };
    let note = writer.note(&answers, lines, &beside)?;
    Ok(Draft {
        id,
        inquiry: case.inquiry.id.clone(),
        institution: case.scope.institution().map(|own| own.name().to_owned()),
        day: case.scope.day(),
        day_from: case.day_from,
        maker: Maker::Extractive,
        demo: means.snapshot.manifest().collection.demo,
        kept: case.brief.kept,
        reply,
        questions: answers,
        may_ask,
        greeting,
        closing,
        next_steps: steps.next,
        internal_note: note,
        evidence,
        checks,
        cost: Cost::default(),
        timings_ms: BTreeMap::from([("encoding".to_owned(), ms(encoding))]),
    })
}

/// The sentences that answer a lookup, verbatim.
pub fn short_answer(query: &str, found: &Lookup) -> Vec<Citation> {
    // What holds on the day stands first.
    let count = found.hits.iter().take_while(|hit| hit.state == State::Current).count();
    let current = found.hits.get(..count).unwrap_or_default();
    let (none, room) = (HashSet::new(), Room::of(ANSWER_SENTENCES));
    let picks = select((query, current), &ranked(query, &found.terms, current), &none, room).picks;
    let cite = |pick: &Pick| Citation::of(current.get(pick.hit)?, pick.range.clone());
    picks.iter().filter_map(cite).collect()
}

/// What the internal note tells of beside the questions.
struct Noted<'a> {
    /// How the days of the next steps came about.
    steps: &'a [String],
    may_ask: &'a [MayAsk],
    reply: &'a str,
}

struct Writer<'a> {
    means: &'a Means<'a>,
    case: &'a Case<'a>,
    setting: &'a Setting,
    /// How long it took to encode the questions.
    encoding: Duration,
    /// What the sources call the institution that asks.
    own: Own,
    evidence: Vec<Hit>,
    /// What the words of a question decide alone, by its number.
    rulings: BTreeMap<usize, Ruling>,
    /// What was found for each question that a source may answer, by its number.
    found: BTreeMap<usize, Found>,
    /// Whether the inquiry asks to change where money goes.
    moves_money: bool,
}

impl<'a> Writer<'a> {
    fn new(
        means: &'a Means<'a>,
        case: &'a Case<'a>,
        setting: &'a Setting,
        tell: &dyn Fn(Progress),
    ) -> Result<Self, Error> {
        let Searched { rulings, found, encoding } = search(means, case, tell)?;
        Ok(Self {
            means,
            case,
            setting,
            encoding,
            own: Own::of(case.scope, means.snapshot),
            evidence: Vec::new(),
            rulings,
            found,
            moves_money: payment::asks_to_change(case.inquiry),
        })
    }

    fn answer(&mut self, question: &Question) -> Result<(Answer, Vec<String>), Error> {
        let ruling = self.rulings.get(&question.n).cloned();
        let ordered = |outcome| ruling.as_ref().filter(|ruling| ruling.outcome == outcome);
        if let Some(rule) = ordered(Outcome::Refused) {
            let phrase = match rule.reply {
                Some(Reply::Instruction) => "prompts/reply/no_question.j2",
                _ => "prompts/reply/refused.j2",
            };
            return self.said(
                question,
                Outcome::Refused,
                phrase,
                (rule.reason.clone(), Vec::new()),
            );
        }
        if instructs(self.case.reading, question) {
            let reason =
                "Teksten forsøger at styre systemet; den er behandlet som data.".to_owned();
            let phrase = "prompts/reply/no_question.j2";
            return self.said(question, Outcome::Refused, phrase, (reason, Vec::new()));
        }
        if let Some(rule) = ordered(Outcome::OutOfScope) {
            return self.routed(question, rule);
        }
        let lookup = ordered(Outcome::NeedsCaseLookup);
        if question.status || lookup.is_some() {
            let reason = lookup.map_or("Kunden spørger til sin egen sag.", |rule| &rule.reason);
            let look_for = lookup.and_then(|rule| rule.look_for.as_deref());
            let look_for = look_for.unwrap_or("sagen i Serviceportalen");
            let mut lines = vec![format!("Slå op: {look_for}.")];
            lines.extend(self.cases());
            return self.phrased_beside(
                question,
                Outcome::NeedsCaseLookup,
                (reason.to_owned(), lines),
                LOOKUP_STRENGTH_MIN,
            );
        }
        if let Some(rule) = ordered(Outcome::NeedsClarification) {
            let lines = rule.look_for.iter().map(|ask| format!("Spørg om: {ask}.")).collect();
            return self.phrased_beside(
                question,
                Outcome::NeedsClarification,
                (rule.reason.clone(), lines),
                STRENGTH_BESIDE_MIN,
            );
        }
        self.by_evidence(question)
    }

    fn by_evidence(&mut self, question: &Question) -> Result<(Answer, Vec<String>), Error> {
        let Some(Found { evidence, selection, .. }) = self.found.remove(&question.n) else {
            let reason = "Der er ikke søgt efter spørgsmålet.".to_owned();
            return self.phrased(question, Outcome::NoEvidence, reason, Vec::new());
        };
        let mut lines = remarks(&evidence);
        if routes(&evidence.hits) {
            let routing = evidence.hits.iter().filter(|hit| hit.kind == Kind::RetteSted);
            let routing: Vec<Hit> =
                routing.map(|hit| hit.clone().quoted(&evidence.terms)).collect();
            let reason = "Den bedste kilde siger, at rette sted er et andet.".to_owned();
            return self.route(question, &routing, reason);
        }
        let Selection { picks, strength } = selection;
        let Some(first) = picks.first() else {
            return self.without_evidence(question, &evidence, strength, lines);
        };
        let kind = evidence.hits.get(first.hit).map(|hit| hit.kind);
        let outcome = match kind {
            Some(Kind::Drejebog) => Outcome::AnsweredByDrejebog,
            _ => Outcome::Answered,
        };
        let title = evidence.hits.get(first.hit).map_or("", |hit| hit.title.as_str());
        let reason = supported(strength, title);
        let sentences = self.own.quoted(question.n, &evidence.hits, &picks);
        self.keep(&evidence, &picks);
        lines.extend(sources(&evidence.hits, &picks));
        let answer = self.written(question, outcome, reason, sentences);
        Ok((Answer { strength, ..answer }, lines))
    }

    fn without_evidence(
        &mut self,
        question: &Question,
        evidence: &Evidence,
        strength: f32,
        mut lines: Vec<String>,
    ) -> Result<(Answer, Vec<String>), Error> {
        let words: Vec<&str> = evidence.terms.iter().map(Weighted::written).collect();
        if evidence.terms.iter().filter(|term| term.asked).count() < MEANING_WORDS_MIN {
            let reason =
                "Spørgsmålet siger for lidt til, at der kan søges efter et svar.".to_owned();
            return self.phrased(question, Outcome::NeedsClarification, reason, lines);
        }
        lines.push(format!("Søgt efter: {}.", words.join(", ")));
        for hit in evidence.hits.iter().take(HITS_SHOWN) {
            let line = format!("Nærmeste kilde: »{}«, {}.", hit.title, hit.document);
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        self.keep(evidence, &[]);
        let reason = format!(
            "Ingen gældende kilde dækker spørgsmålet godt nok: støtten er {:.0} %.",
            strength * 100.0
        );
        let (answer, lines) = self.phrased(question, Outcome::NoEvidence, reason, lines)?;
        Ok((Answer { strength, ..answer }, lines))
    }

    /// The routing page for a rule that sends the question elsewhere.
    fn routed(
        &mut self,
        question: &Question,
        rule: &Ruling,
    ) -> Result<(Answer, Vec<String>), Error> {
        let topic = rule.topic.as_deref().unwrap_or(&question.text);
        let narrowing = Narrowing { kinds: vec![Kind::RetteSted], systems: Vec::new() };
        let found = retrieval::look_up(self.means, self.case.scope, topic, &narrowing, HITS_SHOWN)?;
        let hits: Vec<Hit> = found
            .hits
            .into_iter()
            .filter(|hit| hit.state == State::Current && hit.audience == Audience::Customer)
            .collect();
        self.route(question, &hits, rule.reason.clone())
    }

    fn route(
        &mut self,
        question: &Question,
        hits: &[Hit],
        reason: String,
    ) -> Result<(Answer, Vec<String>), Error> {
        let (reading, snapshot) = (self.case.reading, self.means.snapshot);
        let named = named(&question.text, reading, snapshot, self.case.scope);
        let named = named.filter(|_| !self.moves_money);
        let topic = topic(&question.text, reading).filter(|_| named.is_none());
        let context = minijinja::context! { question => named, topic };
        let phrase = Phrase::render("prompts/reply/out_of_scope.j2", context)?;
        let mut sentences = vec![Sentence::phrase(format!("q{}s1", question.n), &phrase)];
        let mut lines = Vec::new();
        if let Some(hit) = hits.first() {
            for (at, range) in routing_sentences(hit, ROUTING_SENTENCES).into_iter().enumerate() {
                let citation = Citation::of(hit, range);
                let id = format!("q{}s{}", question.n, at + 2);
                sentences.extend(citation.map(|citation| self.own.spoken(id, hit, citation)));
            }
            lines.push(format!("Rette sted: »{}«, {}.", hit.title, hit.document));
            self.keep_all(hits.iter().take(HITS_SHOWN).cloned());
        } else {
            lines.push(
                "Der er ingen side om rette sted i indekset; oplys selv, hvem der svarer."
                    .to_owned(),
            );
        }
        Ok((self.written(question, Outcome::OutOfScope, reason, sentences), lines))
    }

    /// A fixed phrase, and beside it what the sources say in general, where they speak of the
    /// matter clearly enough.
    fn phrased_beside(
        &mut self,
        question: &Question,
        outcome: Outcome,
        (reason, mut lines): (String, Vec<String>),
        strength_min: f32,
    ) -> Result<(Answer, Vec<String>), Error> {
        let found = self.found.remove(&question.n);
        let clear = found.filter(|found| found.selection.strength >= strength_min);
        if let Some(found) = &clear {
            lines.extend(sources(&found.evidence.hits, &found.selection.picks));
        }
        let (mut answer, lines) = self.phrased(question, outcome, reason, lines)?;
        if let Some(Found { evidence, selection, .. }) = clear {
            let picks = selection.picks;
            for sentence in self.own.quoted(question.n, &evidence.hits, &picks) {
                let id = format!("q{}s{}", question.n, answer.sentences.len() + 1);
                answer.sentences.push(sentence.named(id));
            }
            self.keep(&evidence, &picks);
        }
        Ok((answer, lines))
    }

    fn phrased(
        &mut self,
        question: &Question,
        outcome: Outcome,
        reason: String,
        lines: Vec<String>,
    ) -> Result<(Answer, Vec<String>), Error> {
        let name = match outcome {
            Outcome::NeedsCaseLookup => "prompts/reply/needs_case_lookup.j2",
            Outcome::NeedsClarification => "prompts/reply/needs_clarification.j2",
            _ => "prompts/reply/no_evidence.j2",
        };
        self.said(question, outcome, name, (reason, lines))
    }

    /// A paragraph of one fixed phrase; of several questions it names the one it is about.
    fn said(
        &mut self,
        question: &Question,
        outcome: Outcome,
        phrase: &'static str,
        (reason, lines): (String, Vec<String>),
    ) -> Result<(Answer, Vec<String>), Error> {
        let (reading, snapshot) = (self.case.reading, self.means.snapshot);
        let named = named(&question.text, reading, snapshot, self.case.scope);
        let named = named.filter(|_| !self.moves_money);
        let topic = topic(&question.text, reading).filter(|_| named.is_none());
        let rule = self.rulings.get(&question.n);
        let ask = rule.and_then(|rule| rule.look_for.as_deref());
        let ask = ask.filter(|_| outcome == Outcome::NeedsClarification);
        let reply = minijinja::value::Serde(rule.and_then(|rule| rule.reply));
        let context = minijinja::context! { question => named, topic, ask, reply };
        let phrase = Phrase::render(phrase, context)?;
        let sentence = Sentence::phrase(format!("q{}s1", question.n), &phrase);
        Ok((self.written(question, outcome, reason, vec![sentence]), lines))
    }

    fn written(
        &mut self,
        question: &Question,
        outcome: Outcome,
        reason: String,
        sentences: Vec<Sentence>,
    ) -> Answer {
        let first = question.from.first().cloned().unwrap_or(0..0);
        Answer {
            n: question.n,
            text: self.repeated(&question.text),
            from: char_range(&self.case.inquiry.body, first),
            outcome,
            reason,
            strength: 0.0,
            sentences,
        }
    }

    /// The customer's words as a draft may repeat them.
    fn repeated(&self, text: &str) -> String {
        if self.moves_money { payment::without_numbers(text) } else { text.to_owned() }
    }

    /// Keeps what was quoted, and the best of the rest, as evidence of the draft.
    fn keep(&mut self, Evidence { hits, terms, .. }: &Evidence, picks: &[Pick]) {
        let shown = |at: usize| at < HITS_SHOWN || picks.iter().any(|pick| pick.hit == at);
        let kept = hits.iter().enumerate().filter(|(at, _)| shown(*at));
        self.keep_all(kept.map(|(_, hit)| hit.clone().quoted(terms)));
    }

    /// Keeps passages as evidence of the draft, each once.
    fn keep_all(&mut self, hits: impl Iterator<Item = Hit>) {
        for hit in hits {
            if !self.evidence.iter().any(|held| held.passage_id == hit.passage_id) {
                self.evidence.push(hit);
            }
        }
    }

    fn greeting(&self) -> Result<Vec<Sentence>, Error> {
        let channel = match self.case.inquiry.channel {
            Channel::Mail => "mail",
            Channel::Phone => "telefonnotat",
            Channel::Portal => "serviceportal",
        };
        let hello = Phrase::render("prompts/reply/greeting.j2", minijinja::context! {})?;
        let thanks = Phrase::render("prompts/reply/thanks.j2", minijinja::context! { channel })?;
        let mut phrases = vec![hello];
        phrases.extend(tone::opening(self.case.reading)?);
        phrases.push(thanks);
        let numbered = phrases.iter().zip(1..);
        Ok(numbered.map(|(phrase, n)| Sentence::phrase(format!("g{n}"), phrase)).collect())
    }

    fn closing(&self, answers: &[Answer]) -> Result<Vec<Sentence>, Error> {
        let Setting { name, team, phone } = self.setting;
        let mut closing = Vec::new();
        if self.moves_money {
            let check = Phrase::render("prompts/reply/identity_check.j2", minijinja::context! {})?;
            closing.push(Sentence::phrase("c1".to_owned(), &check));
        }
        if answers.iter().any(|answer| answer.outcome == Outcome::NoEvidence) {
            let contact =
                Phrase::render("prompts/reply/contact.j2", minijinja::context! { phone })?;
            closing.push(Sentence::phrase(format!("c{}", closing.len() + 1), &contact));
        }
        let context = minijinja::context! { name, team, phone };
        let goodbye = Phrase::render("prompts/reply/closing.j2", context)?;
        closing.push(Sentence::phrase(format!("c{}", closing.len() + 1), &goodbye));
        Ok(closing)
    }

    /// What has no paragraph of its own and may ask all the same.
    fn may_ask(&self) -> Vec<MayAsk> {
        let body = &self.case.inquiry.body;
        let one = |aside: &Aside| MayAsk {
            text: self.repeated(&aside.text),
            from: char_range(body, aside.from.clone()),
        };
        self.case.reading.left.iter().map(one).collect()
    }

    fn checks(&self, evidence: &[Hit], frame: &[&[Sentence]], answers: &[Answer]) -> Vec<Check> {
        let mut sentences: Vec<&Sentence> = frame.iter().copied().flatten().collect();
        sentences.extend(answers.iter().flat_map(|answer| &answer.sentences));
        let (inquiry, phone) = (&self.case.inquiry.body, self.setting.phone.as_str());
        let gate = Gate { scope: self.case.scope, evidence, inquiry, phone };
        let mut checks = gate.check(&sentences, answers);
        if let Some(near) = self.case.near_names {
            let asked = self.case.inquiry.institution.as_deref().unwrap_or_default();
            checks.push(Check::whole("unknown_institution", false, unknown(asked, near)));
        }
        if self.moves_money {
            let detail =
                "Henvendelsen beder om at ændre en konto. Kontrollér afsenderen, før I godkender.";
            checks.push(Check::whole("payment_change", false, detail));
        }
        if !self.case.reading.injections.is_empty() {
            let detail = "Henvendelsen forsøger at styre systemet; teksten er behandlet som data.";
            checks.push(Check::whole("instruction_in_inquiry", false, detail));
        }
        checks
    }

    fn cases(&self) -> Vec<String> {
        let cases = &self.case.reading.references.cases;
        cases.iter().map(|case| format!("Sagsnummer i henvendelsen: {}.", case.text)).collect()
    }

    fn note(
        &self,
        answers: &[Answer],
        lines: Vec<Vec<String>>,
        beside: &Noted<'_>,
    ) -> Result<String, Error> {
        let mut warnings = self.warnings();
        if self.moves_money {
            let line = Phrase::render("prompts/note/identity_check.j2", minijinja::context! {})?;
            warnings.insert(0, line.text().to_owned());
        }
        let (day, day_from) = day_line(self.case.scope.day(), self.case.day_from);
        let note = Note {
            demo: self.means.snapshot.manifest().collection.demo,
            institution: self.case.scope.institution().map(crate::terms::Institution::name),
            day,
            day_from,
            warnings: &warnings,
            questions: answers
                .iter()
                .zip(lines)
                .map(|(answer, lines)| {
                    Line::of(answer, lines.iter().map(|line| self.repeated(line)).collect())
                })
                .collect(),
            may_ask: beside.may_ask.iter().map(|one| privacy::mask(&one.text)).collect(),
            steps: beside.steps,
            lix: lix(beside.reply).round(),
            kept: self.case.brief.kept,
        };
        Ok(Phrase::render("prompts/note/internal.j2", minijinja::value::Serde(note))?
            .text()
            .to_owned())
    }

    fn warnings(&self) -> Vec<String> {
        let reading = self.case.reading;
        let mut warnings = Vec::new();
        let say = |text: &str| text.to_owned();
        if let Some(own) = self.case.scope.institution() {
            let owned = self.means.snapshot.documents(self.case.scope);
            if !owned.into_iter().any(|record| record.kind == Kind::Drejebog) {
                warnings.push(format!(
                    "Der er ingen drejebog for {}; kun generelle kilder er brugt.",
                    own.name()
                ));
            }
        }
        if let Some(near) = self.case.near_names {
            let asked = self.case.inquiry.institution.as_deref().unwrap_or_default();
            warnings.push(unknown(asked, near));
        }
        if !privacy::find(&self.case.inquiry.body).is_empty() {
            warnings.push(say("Henvendelsen rummer et CPR- eller kontonummer."));
        }
        if !reading.injections.is_empty() {
            warnings.push(say("Teksten forsøger at styre systemet. Overvej at melde det som en sikkerhedshændelse."));
        }
        if reading.reminder {
            warnings.push(say("Kunden rykker. Brug samme sagsnummer, og svar på, hvor sagen er."));
        }
        match reading.tone {
            Tone::Plain => {}
            Tone::Bereavement => {
                warnings.push(say("Henvendelsen gælder et dødsfald. Læs tonen i svaret igennem."));
            }
            Tone::Illness => warnings
                .push(say("Henvendelsen gælder alvorlig sygdom. Læs tonen i svaret igennem.")),
            Tone::Dismissal => {
                warnings.push(say("Henvendelsen gælder en afsked. Læs tonen i svaret igennem."));
            }
            Tone::Complaint => warnings.push(say("Kunden er utilfreds. Overvej at ringe.")),
        }
        match reading.tongue {
            Tongue::Danish => {}
            Tongue::English => {
                warnings.push(say("Henvendelsen er på engelsk; udkastet er på dansk."));
            }
            Tongue::German => warnings.push(say("Henvendelsen er på tysk; udkastet er på dansk.")),
        }
        warnings.extend(self.case.inquiry.remarks.iter().map(remark));
        for attachment in &self.case.inquiry.attachments {
            warnings.push(match &attachment.text {
                Ok(_) => {
                    format!("Bilag »{}« er læst, men indgår ikke i søgningen.", attachment.name)
                }
                Err(reason) => format!("Bilag »{}« er ikke læst: {reason}.", attachment.name),
            });
        }
        warnings
    }
}

/// Milliseconds, to the microsecond.
fn ms(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}
