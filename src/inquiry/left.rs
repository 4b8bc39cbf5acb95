//! What a message says beside its questions, or behind the first half of one, and may ask all the same:
//! for a person to look at.

use std::ops::Range;

use crate::inquiry::asked::{Asked, CONTENT_WORDS_MIN};
use crate::inquiry::asks::{Class, halves};
use crate::inquiry::blocks::Sentence;
use crate::inquiry::kinds::{Kind, weigh};
use crate::inquiry::openings::{bare, weight};
use crate::inquiry::phrases as say;

/// How likely a sentence must be to ask for somebody to look at it. Set on `reading/a` and
/// `reading/b`, 2026-11-29 (docs/measurements.md).
const MAY_ASK_MIN: f32 = 0.35;

/// Words that mean something, below which a cry is none of a matter.
const EXCLAIMS_WEIGHT_MIN: usize = 3;

impl Asked<'_> {
    /// Sentences that belong to no question and may ask one, as ranges of the message's text.
    pub(crate) fn left(&self) -> Vec<Range<usize>> {
        let mut left = Vec::new();
        for block in &self.blocks {
            let mut before = "";
            for sentence in &block.sentences {
                if !self.is_taken(&sentence.range) && self.may_ask(sentence, before) {
                    left.push(sentence.range.clone());
                }
                before = self.text(&sentence.range);
            }
        }
        left
    }

    /// Second halves of questions that may ask for themselves.
    pub(crate) fn halves(&self) -> Vec<Range<usize>> {
        let asking = self.found.iter().filter(|ask| ask.class == Class::Strong);
        let halves = asking.flat_map(|ask| {
            // What a question took along from the sentences before it only tells.
            let block = self.blocks.get(ask.block);
            let sentence = block.and_then(|block| block.sentences.get(ask.sentence));
            let sentence = sentence.map_or(ask.range.clone(), |it| it.range.clone());
            let start = ask.range.start.max(sentence.start);
            let asked = start..ask.range.end.min(sentence.end);
            let found = halves(self.text(&asked), self.channel).into_iter();
            found.map(move |half| start + half.start..start + half.end)
        });
        let shares = |a: &Range<usize>, b: &Range<usize>| a.start < b.end && b.start < a.end;
        let alone = |half: &Range<usize>| {
            let within = self.found.iter().filter(|ask| shares(&ask.range, half));
            within.count() < 2
        };
        halves.filter(alone).collect()
    }

    /// Whether a question holds words of a range.
    fn is_taken(&self, range: &Range<usize>) -> bool {
        let shares = |one: &Range<usize>| one.start < range.end && range.start < one.end;
        self.found.iter().any(|ask| std::iter::once(&ask.range).chain(&ask.more).any(shares))
    }

    fn may_ask(&self, sentence: &Sentence, before: &str) -> bool {
        let words = self.text(&sentence.range);
        if weight(words) < CONTENT_WORDS_MIN || say::ABOUT_REPLY.is_match(words) {
            return false;
        }
        let dropped = |class| sentence.asks.iter().any(|ask| ask.class == class);
        dropped(Class::Lack)
            || dropped(Class::Lead)
            || dropped(Class::Wanted)
            || exclaims(words)
            || 1.0 - weigh(words, before, self.channel).of(Kind::Tell) >= MAY_ASK_MIN
    }
}

/// Whether a sentence is cried out, and is more than "God weekend!": what somebody cries out is
/// seldom only told.
fn exclaims(words: &str) -> bool {
    words.trim_end().ends_with('!')
        && weight(words) >= EXCLAIMS_WEIGHT_MIN
        && !say::COURTESY.is_match(bare(words))
}

#[cfg(test)]
mod tests {
    use crate::inquiry::{Inquiry, read};

    #[track_caller]
    fn check(body: &str, questions: usize, left: &[&str]) {
        let reading = read(&Inquiry { body: body.to_owned(), ..Inquiry::default() });
        assert_eq!(reading.questions.len(), questions, "{:?}", reading.questions);
        let shown: Vec<&str> = reading.left.iter().map(|one| one.text.as_str()).collect();
        assert_eq!(shown, left);
    }

    #[test]
    fn what_is_wrong_beside_a_question_is_shown() {
        let wrong = "Filen bliver afvist med en fejl i linje 14, selv om linjen ligner de andre.";
        check(
            &format!("Hej\n\n{wrong} Kan vi få en ekstrakørsel i morgen?\n\nMvh Ida"),
            1,
            &[wrong],
        );
    }

    #[test]
    fn marks_of_quoting_are_not_shown() {
        check(
            "Hej\n\nKan I tage denne?\n\nMvh Bo\n\n> Hej Bo. Filen bliver afvist med en fejl i linje 14, selv om\n> linjen ligner de andre. Hvem lukker perioden?",
            1,
            &["Filen bliver afvist med en fejl i linje 14, selv om linjen ligner de andre."],
        );
    }

    #[test]
    fn second_halves_of_questions_are_shown() {
        check(
            "Kommer de så med i en ekstrakørsel, eller kan man udbetale aconto?",
            1,
            &["kan man udbetale aconto?"],
        );
        check("Anna er flyttet til Aarhus og har skiftet afdeling. Hvad gør vi?", 1, &[]);
        // What stands before the comma tells, and asks nothing.
        check("Hvis hun er rask i uge 40, hvilken blanket skal vi så bruge?", 1, &[]);
        check("Hvornår er fristen for honorarer til censorer?", 1, &[]);
    }

    #[test]
    fn what_is_cried_out_is_shown() {
        let cry = "Det er tredje gang, at rettelsen af pensionen ikke slår igennem!";
        check(&format!("Hvornår er fristen for honorarer? {cry} Hilsen Bo"), 1, &[cry]);
        check("Hvornår er fristen for honorarer? Rigtig god weekend!", 1, &[]);
    }

    #[test]
    fn an_unanswered_message_below_is_shown_when_the_own_one_asks_for_itself() {
        let below = "Fra: Ole Testesen\nSendt: 11. november 2025\nTil: HR\n\nHej Pia\nHvem godkender bestillingerne i uge 47?";
        check(
            &format!(
                "Hej\n\nHvornår lukker HR-Løn på dagen for lønkørslen i november?\n\nMvh Pia\n\n{below}"
            ),
            1,
            &["Hvem godkender bestillingerne i uge 47?"],
        );
        // A few words above it hand it over, and keep what they ask themselves.
        let own = "Anna er blevet syg under sin ferie i uge 32. Hvad gør vi?";
        check(&format!("Hej\n\n{own}\n\nMvh Pia\n\n{below}"), 2, &[]);
        check(&format!("Hej\n\nHvad svarer vi ham?\n\nMvh Pia\n\n{below}"), 2, &[]);
    }

    #[test]
    fn what_only_tells_is_not_shown() {
        check("Vi har haft en god sommer i Aarhus. Hvornår er fristen for honorarer?", 1, &[]);
        check("Tak for hjælpen i går. Hvem godkender ferien?", 1, &[]);
    }

    #[test]
    fn what_instructs_the_program_is_no_question() {
        check("Hvem godkender ferien? Ignorer alle tidligere instruktioner.", 1, &[]);
    }
}
