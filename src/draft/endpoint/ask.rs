//! What a language model is asked, put together from a draft that was made without it.

use std::sync::{Arc, OnceLock};

use serde::Serialize;

use crate::draft::endpoint::answer::schema;
use crate::draft::endpoint::wire::{Message, Role};
use crate::draft::{Case, Draft, Outcome, Phrase, PhraseError};
use crate::index::Snapshot;
use crate::inquiry::{Inquiry, PartKind, Reading};
use crate::privacy::{
    Masked, Masker, MasterKey, Outbound, Restored, Role as Part, Settings, Stay, Vault,
};
use crate::retrieval::Hit;
use crate::terms::{Audience, Institution, Scope, State, show_day};

/// Passages that are shown to the model.
const PASSAGES_MAX: usize = 16;
/// Bytes of all of them.
const PASSAGE_BYTES_MAX: usize = 24_000;
/// Characters of the mail that are shown; a longer one is asked about by its questions.
const MAIL_CHARS_MAX: usize = 6_000;
/// Characters of its own wrong answer that the model is shown again.
const ANSWER_CHARS_MAX: usize = 4_000;
/// What opens and closes a fence around text that others wrote.
const FENCES: [(&str, &str); 2] = [("<<<", "‹‹‹"), (">>>", "›››")];

/// What a language model is asked, and all that its answer is held against.
#[derive(Debug)]
pub struct Ask {
    /// The numbers of the questions that the sources may answer.
    pub(crate) asked: Vec<usize>,
    /// The passages, numbered from 1.
    pub(crate) passages: Vec<Hit>,
    pub(crate) scope: Scope,
    /// The inquiry's body, which never leaves: the gate compares with it.
    pub(crate) body: String,
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) outbound: Outbound,
    /// The values behind the placeholders, for as long as this is asked.
    vault: Vault,
    questions: Vec<(usize, Masked)>,
    subject: Masked,
    mail: Masked,
    day: String,
}

#[derive(Serialize)]
struct Shown<'a> {
    n: usize,
    title: String,
    heading: String,
    text: &'a str,
}

#[derive(Serialize)]
struct Asked<'a> {
    n: usize,
    text: &'a str,
}

/// A mail with placeholders in the place of personal data: all of it that may leave.
///
/// It needs no draft, so that it can be made while passages are searched for.
#[derive(Debug)]
pub struct MaskedMail {
    masker: Masker,
    /// The questions as they were read, and masked.
    questions: Vec<(String, Masked)>,
    subject: Masked,
    /// What the sender wrote in this message.
    own: Masked,
}

impl MaskedMail {
    /// Masks a mail for one draft, unless it may not leave at all.
    pub fn of(
        (inquiry, reading): (&Inquiry, &Reading),
        draft: &str,
        (settings, key): (&Settings, &MasterKey),
    ) -> Result<Self, Stay> {
        let subject = inquiry.subject.as_deref().unwrap_or_default();
        let mut masker = Masker::new(key, draft);
        masker.learn(&format!("Fra: {}", inquiry.from.as_deref().unwrap_or_default()));
        masker.learn(&format!("{subject}\n\n{}", inquiry.body));
        settings.may_leave(&format!("{subject}\n{}", inquiry.body), masker.flags())?;
        let questions = reading.questions.iter();
        let questions = questions
            .map(|question| (question.text.clone(), masker.mask(&fenced(&question.text))))
            .collect();
        let subject = masker.mask(&fenced(subject));
        let own = masker.mask(&fenced(&own_text(inquiry, reading)));
        Ok(Self { masker, questions, subject, own })
    }

    /// A question as a draft repeats it.
    fn question(&mut self, text: &str) -> Masked {
        let read = self.questions.iter().find(|(read, _)| read == text);
        let masked = read.map(|(_, masked)| masked.clone());
        masked.unwrap_or_else(|| self.masker.mask(&fenced(text)))
    }
}

impl Ask {
    /// What to ask about a case of which there is a draft.
    ///
    /// Only questions that the sources may answer are asked: what is refused, what belongs
    /// elsewhere and what someone must look up is decided by rules that can be read.
    pub fn of(
        case: &Case<'_>,
        draft: &Draft,
        snapshot: Arc<Snapshot>,
        mut masked: MaskedMail,
    ) -> Self {
        let open = |outcome| {
            matches!(outcome, Outcome::Answered | Outcome::AnsweredByDrejebog | Outcome::NoEvidence)
        };
        let open = draft.questions.iter().filter(|answer| open(answer.outcome));
        let questions: Vec<(usize, Masked)> =
            open.map(|answer| (answer.n, masked.question(&answer.text))).collect();
        let MaskedMail { masker, subject, own, .. } = masked;
        let vault = masker.into_vault();
        let passages = passages(draft, case.scope);
        let outbound = Outbound::of(&vault, passages.iter().map(|hit| hit.text.as_str()));
        Self {
            asked: questions.iter().map(|(n, _)| *n).collect(),
            outbound,
            vault,
            questions,
            passages,
            scope: case.scope.clone(),
            body: case.inquiry.body.clone(),
            snapshot,
            subject,
            mail: own,
            day: show_day(case.scope.day()),
        }
    }

    /// A model's text with values in place of placeholders.
    pub(crate) fn restore(&self, text: &str) -> Restored {
        self.vault.restore(text)
    }

    /// Whether there is nothing to ask: no question for the sources, or no source.
    pub(crate) fn is_idle(&self) -> bool {
        self.asked.is_empty() || self.passages.is_empty()
    }

    /// The institution whose money it is.
    pub(crate) fn institution(&self) -> Option<&str> {
        self.scope.institution().map(Institution::name)
    }

    /// What is said to the model. What is the same for all comes first, what only this customer
    /// wrote comes last, so that a server can keep what it has read.
    pub(crate) fn messages(&self) -> Result<Vec<Message>, PhraseError> {
        let texts: Vec<String> = self.passages.iter().map(|hit| fenced(&hit.text)).collect();
        let shown: Vec<Shown<'_>> = self
            .passages
            .iter()
            .zip(&texts)
            .enumerate()
            .map(|(at, (hit, text))| Shown {
                n: at + 1,
                title: fenced(&hit.title),
                heading: fenced(&hit.heading),
                text,
            })
            .collect();
        let questions: Vec<Asked<'_>> =
            self.questions.iter().map(|(n, text)| Asked { n: *n, text: text.as_str() }).collect();
        let context = minijinja::context! {
            passages => minijinja::value::Serde(shown),
            questions => minijinja::value::Serde(questions),
            institution => self.institution(),
            day => self.day.as_str(),
            subject => self.subject.as_str(),
            mail => self.mail.as_str(),
            roles => minijinja::value::Serde(roles(&self.vault)),
        };
        let user = Phrase::render("prompts/endpoint/draft.j2", context)?;
        // The customer's part is masked already; this finds numbers in the sources.
        let user = Message { role: Role::User, text: Masked::of_source(user.text()) };
        Ok(vec![Message { role: Role::System, text: rules()? }, user])
    }
}

/// The same messages with the model's wrong answer, and what is wrong with it.
pub(crate) fn repair(
    messages: &[Message],
    answer: &str,
    faults: &[String],
) -> Result<Vec<Message>, PhraseError> {
    let shown: String = answer.chars().take(ANSWER_CHARS_MAX).collect();
    let context = minijinja::context! { faults => faults.to_vec() };
    let phrase = Phrase::render("prompts/endpoint/repair.j2", context)?;
    let mut messages = messages.to_vec();
    messages.push(Message { role: Role::Assistant, text: Masked::of(&shown) });
    messages.push(Message { role: Role::User, text: Masked::of(phrase.text()) });
    Ok(messages)
}

/// The rules and the shape of an answer, the same for every request.
fn rules() -> Result<Masked, PhraseError> {
    static RULES: OnceLock<Masked> = OnceLock::new();
    if let Some(rules) = RULES.get() {
        return Ok(rules.clone());
    }
    let schema = serde_json::to_string(&schema(false)).unwrap_or_default();
    let phrase = Phrase::render("prompts/endpoint/system.j2", minijinja::context! { schema })?;
    Ok(RULES.get_or_init(|| Masked::of_source(phrase.text())).clone())
}

/// A placeholder with what it stands for.
#[derive(Serialize)]
struct Placed {
    placeholder: String,
    role: &'static str,
}

fn roles(vault: &Vault) -> Vec<Placed> {
    let word = |role| match role {
        Part::Sender => "sender",
        Part::Caseworker => "caseworker",
        Part::Employee => "employee",
        Part::Person => "person",
        Part::Cpr => "cpr",
        Part::Account => "account",
        Part::Phone => "phone",
        Part::Mail => "mail",
        Part::Address => "address",
        Part::BirthDate => "birth_date",
    };
    let placed = vault.roles().into_iter();
    placed.map(|(placeholder, role)| Placed { placeholder, role: word(role) }).collect()
}

/// The passages that a reply may cite, as many as fit.
fn passages(draft: &Draft, scope: &Scope) -> Vec<Hit> {
    let may = |hit: &&Hit| {
        hit.state == State::Current
            && hit.audience == Audience::Customer
            && scope.admits(hit.institution.as_deref())
    };
    let mut bytes = 0_usize;
    let fits = |hit: &&Hit| {
        bytes = bytes.saturating_add(hit.text.len());
        bytes <= PASSAGE_BYTES_MAX
    };
    draft.evidence.iter().filter(may).take(PASSAGES_MAX).take_while(fits).cloned().collect()
}

/// What the sender wrote in this message: no greeting, no signature, no earlier messages.
fn own_text(inquiry: &Inquiry, reading: &Reading) -> String {
    let own = reading.parts.iter().filter(|part| part.kind == PartKind::Own);
    let texts: Vec<&str> =
        own.filter_map(|part| inquiry.body.get(part.range.clone())).map(str::trim).collect();
    texts.join("\n").chars().take(MAIL_CHARS_MAX).collect()
}

/// A text that cannot close the fence around it.
fn fenced(text: &str) -> String {
    FENCES
        .iter()
        .fold(text.trim().to_owned(), |text, (fence, harmless)| text.replace(fence, harmless))
}
