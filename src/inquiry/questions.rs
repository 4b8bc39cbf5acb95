//! The separate questions of an inquiry, in the order of its body.

use std::ops::Range;

use crate::inquiry::asked::{Asked, CONTENT_WORDS_MIN, Found, SENTENCES_BACK_MAX, says_status};
use crate::inquiry::asks::{Class, Place, asks, reminds};
use crate::inquiry::blocks::Sentence;
use crate::inquiry::openings::weight;
use crate::inquiry::parts::Message;
use crate::inquiry::phrases as say;
use crate::inquiry::{Aside, Inquiry, Question};

/// Words of the context of a question.
const CONTEXT_WORDS_MAX: usize = 80;
/// Places that are shown as what may ask; nobody reads more of them.
const LEFT_MAX: usize = 40;
/// A subject of more words is no title.
const SUBJECT_WORDS_MAX: usize = 8;

/// What the messages of an inquiry ask.
#[derive(Debug, Default)]
pub(crate) struct Asking {
    /// The questions.
    pub(crate) questions: Vec<Question>,
    /// The messages whose text counts as the sender's own.
    pub(crate) own: Vec<usize>,
    /// What may ask too.
    pub(crate) left: Vec<Aside>,
}

/// The questions, and what may be one.
pub(crate) fn questions(messages: &[Message], inquiry: &Inquiry) -> Asking {
    let mut read = messages.iter().map(|message| Asked::read(message, inquiry.channel));
    let Some(mut own) = read.next() else { return Asking::default() };
    let mut asking = vec![0];
    let mut earlier: Option<Asked<'_>> = None;
    let mut below: Option<Asked<'_>> = None;
    let hands_over = !own.asks_itself() || own.hands_over();
    // What stands right below is unanswered unless we wrote it.
    let most = if hands_over { usize::MAX } else { 1 };
    let found = read.take(most).enumerate().find(|(_, asked)| {
        !asked.message.by_house && asked.found.iter().any(|ask| ask.class == Class::Strong)
    });
    match found {
        Some((at, asked)) if hands_over || own.asks_briefly() => {
            asking.push(at + 1);
            own.drop_hand_over();
            earlier = Some(asked);
        }
        found => below = found.map(|(_, asked)| asked),
    }
    let mut questions = Vec::new();
    let mut left = Vec::new();
    let mut halves = Vec::new();
    let mut read: Vec<Asked<'_>> = std::iter::once(own).chain(earlier).collect();
    for asked in &mut read {
        asked.settle();
        asked.write(inquiry, &mut questions);
        left.extend(asked.left().into_iter().map(|range| aside(asked, range)));
        halves.extend(asked.halves().into_iter().map(|range| aside(asked, range)));
    }
    if let Some(mut below) = below {
        below.settle();
        let strong = below.found.iter().filter(|ask| ask.class == Class::Strong);
        left.extend(strong.map(|ask| aside(&below, ask.range.clone())));
    }
    if questions.is_empty() {
        questions.extend(read.first().and_then(|own| by_subject(inquiry, own)));
    }
    let shares = |a: &Range<usize>, b: &Range<usize>| a.start < b.end && b.start < a.end;
    left.retain(|one: &Aside| {
        !questions.iter().flat_map(|it| &it.from).any(|range| shares(&one.from, range))
    });
    left.extend(halves);
    left.sort_by_key(|one| one.from.start);
    left.truncate(LEFT_MAX);
    questions.sort_by_key(|question| question.from.first().map_or(0, |range| range.start));
    for (at, question) in questions.iter_mut().enumerate() {
        question.n = at + 1;
    }
    Asking { questions, own: asking, left }
}

fn aside(asked: &Asked<'_>, range: Range<usize>) -> Aside {
    let text = one_line(asked.text(&range));
    Aside { text, from: asked.message.plain.body_range(range) }
}

/// A body that asks nothing below a subject that does.
fn by_subject(inquiry: &Inquiry, own: &Asked<'_>) -> Option<Question> {
    let subject = title(inquiry.subject.as_deref()?)?;
    let strong = asks(subject, "", inquiry.channel, Place::Prose)
        .iter()
        .any(|ask| ask.class == Class::Strong && weight(subject) > 0);
    let first = own.blocks.first().and_then(|block| block.sentences.first())?;
    strong.then(|| Question {
        n: 1,
        text: clean(subject),
        from: vec![own.message.plain.body_range(first.range.clone())],
        context: own.text(&first.range).to_owned(),
        status: says_status(subject, false),
    })
}

/// The subject without the marks of forwarding.
fn title(subject: &str) -> Option<&str> {
    let found = say::SUBJECT_MARKS.find(subject);
    let title = found.map_or(subject, |found| subject.get(found.end()..).unwrap_or_default());
    Some(title.trim()).filter(|title| !title.is_empty())
}

impl Asked<'_> {
    /// Adds the questions, as they will be shown.
    fn write(&self, inquiry: &Inquiry, questions: &mut Vec<Question>) {
        let cased = inquiry.subject.as_deref().is_some_and(reminds)
            || self.found.iter().any(|ask| ask.class == Class::Reminder)
            || say::CASE.is_match(&inquiry.body)
            || reminds(&inquiry.body);
        for ask in &self.found {
            let told: Vec<&str> = ask.more.iter().map(|range| self.text(range)).collect();
            let words = self.text(&ask.range);
            let dealt = self.found.iter().filter(|other| other.range == ask.range).count() > 1;
            let block = self.blocks.get(ask.block);
            let goes_on = block.is_some_and(|block| block.place == Place::Item)
                && ask.more.first().is_some_and(|lead| lead.end <= ask.range.start);
            let text = if dealt || goes_on {
                let told: Vec<String> = told.into_iter().map(clean).collect();
                format!("{} {}", told.join(" "), clean(words))
            } else {
                clean(words)
            };
            let plain = &self.message.plain;
            let mut ranges: Vec<&Range<usize>> =
                std::iter::once(&ask.range).chain(&ask.more).collect();
            if dealt {
                ranges.rotate_left(1);
            }
            questions.push(Question {
                n: 0,
                text,
                from: ranges.into_iter().map(|range| plain.body_range(range.clone())).collect(),
                context: self.context(ask, inquiry),
                status: ask.class == Class::Reminder || says_status(words, cased),
            });
        }
    }

    /// What stands in the same sentence before an ask; an earlier ask only if this one
    /// points back to it or says too little alone.
    fn lead_of(&self, ask: &Found) -> Option<Range<usize>> {
        let sentence = self.blocks.get(ask.block)?.sentences.get(ask.sentence)?;
        let before = self.found.iter().rfind(|other| other.range.end <= ask.range.start);
        let before = before.filter(|other| other.block == ask.block).map(|other| &other.range);
        let start = sentence.range.start;
        let leans = self.points_back(ask) || weight(self.text(&ask.range)) < CONTENT_WORDS_MIN;
        let start = match before {
            Some(before) if leans => before.start,
            Some(before) => start.max(before.end),
            None => start,
        };
        let lead = self.text(&(start..ask.range.start));
        let joint = say::TRAILING_JOINT.find(lead).map_or(lead.len(), |joint| joint.start());
        let lead = start..start + joint;
        (start < ask.range.start && weight(self.text(&lead)) > 0).then_some(lead)
    }

    /// What the mail tells that the question needs.
    fn context(&self, ask: &Found, inquiry: &Inquiry) -> String {
        let mut told: Vec<Range<usize>> = ask.more.clone();
        let Some(block) = self.blocks.get(ask.block) else { return String::new() };
        let tells = |sentence: &&Sentence| sentence.tells && sentence.range.end <= ask.range.start;
        let before: Vec<&Sentence> = block.sentences.iter().filter(tells).collect();
        told.extend(before.iter().rev().take(SENTENCES_BACK_MAX).map(|s| s.range.clone()));
        told.extend(self.lead_of(ask));
        let after = block.sentences.iter().filter(|s| s.range.start >= ask.range.end);
        told.extend(after.take_while(|s| s.tells).take(2).map(|s| s.range.clone()));
        if before.is_empty() && (block.place == Place::Item || self.points_back(ask)) {
            let lead = self.blocks.iter().take(ask.block).rev();
            let lead = lead.filter(|block| block.place == Place::Prose);
            let told_first = lead.flat_map(|block| block.sentences.iter().rev());
            told.extend(told_first.filter(|s| s.tells).take(2).map(|s| s.range.clone()));
        }
        let told = joined(told);
        let subject = inquiry.subject.as_deref().and_then(title).filter(|title| {
            title.split_whitespace().count() <= SUBJECT_WORDS_MAX
                && !say::EMPTY_SUBJECT.is_match(title)
        });
        let subject = subject.map(|title| format!("{}.", title.trim_end_matches(['.', '!', '?'])));
        let told = told.iter().map(|range| one_line(self.text(range)));
        let words: Vec<String> = subject.into_iter().chain(told).collect();
        let words = words.join(" ");
        words.split(' ').take(CONTEXT_WORDS_MAX).collect::<Vec<_>>().join(" ")
    }
}

/// In order, and no word twice.
fn joined(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut joined: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A line without the number or letter of its place: "2) Hvornår", "b) Hvem".
fn unnumbered(line: &str) -> &str {
    let Some((mark, rest)) = line.split_once(") ") else { return line };
    let number = mark.len() <= 2 && mark.bytes().all(|byte| byte.is_ascii_digit());
    let letter = mark.len() == 1 && mark.bytes().all(|byte| byte.is_ascii_alphabetic());
    if !mark.is_empty() && (number || letter) { rest.trim_start() } else { line }
}

/// One line, without the mark of a list, beginning with a capital.
fn clean(text: &str) -> String {
    let line =
        one_line(text.trim_start_matches(['-', '–', '+', '*', '•', ' ', ',', ';', ':', '/']));
    let line = unnumbered(&line).to_owned();
    let mut chars = line.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inquiry::Channel;
    use crate::inquiry::parts::messages;

    fn found(inquiry: &Inquiry) -> Vec<Question> {
        questions(&messages(&inquiry.body, inquiry.body.len()), inquiry).questions
    }

    #[test]
    fn a_number_on_the_line_of_another_question_is_no_word_of_it() {
        assert_eq!(clean("2) hvornår ventes svaret?"), "Hvornår ventes svaret?");
        assert_eq!(clean("b) Hvem godkender?"), "Hvem godkender?");
        assert_eq!(clean("(se bilag) hvem godkender?"), "(se bilag) hvem godkender?");
    }

    #[track_caller]
    fn check_by(channel: Channel, body: &str, expected: &[&str]) {
        let inquiry = Inquiry { body: body.to_owned(), channel, ..Inquiry::default() };
        let texts: Vec<String> = found(&inquiry).into_iter().map(|one| one.text).collect();
        assert_eq!(texts, expected, "{body}");
    }

    #[track_caller]
    fn check(body: &str, expected: &[&str]) {
        check_by(Channel::Mail, body, expected);
    }

    #[test]
    fn lists_are_read_however_they_are_marked() {
        check("1. Hvem taster?\n2) hvornår lukker det", &["Hvem taster?", "Hvornår lukker det"]);
        check("A) En elev stopper. Får han ferie med?", &["En elev stopper. Får han ferie med?"]);
        check("To ting: 1) hvem taster 2) hvor ses det?", &["Hvem taster", "Hvor ses det?"]);
        check(
            "Vi mangler svar på:\n- frist for honorar\n- kontering",
            &["Frist for honorar", "Kontering"],
        );
        check(
            "Hvad er fristen for\n- honorar\n- ferie",
            &["Hvad er fristen for Honorar", "Hvad er fristen for Ferie"],
        );
        check(
            "1. Eleven får ikke løn, hvem retter det? 2. Hvor ses det. 3. Gælder det fra 1. maj?",
            &["Eleven får ikke løn, hvem retter det?", "Hvor ses det.", "Gælder det fra 1. maj?"],
        );
        check("2. rykker. Sagen er fra juni.", &["2. rykker. Sagen er fra juni."]);
    }

    #[test]
    fn a_bullet_may_hold_two_questions() {
        check(
            "- Hvem skriver under? Kan aftalen opsiges med tilbagevirkende kraft?\n- Hvad koster det?",
            &[
                "Hvem skriver under?",
                "Kan aftalen opsiges med tilbagevirkende kraft?",
                "Hvad koster det?",
            ],
        );
        check(
            "- Kan beløbet deles? Og hvordan?\n- Hvem godkender?",
            &["Kan beløbet deles? Og hvordan?", "Hvem godkender?"],
        );
    }

    #[test]
    fn words_that_mean_nothing_alone_take_the_sentence_before_along() {
        check(
            "Eleven er oprettet to gange. Hvad gør vi?",
            &["Eleven er oprettet to gange. Hvad gør vi?"],
        );
        check("Chefen er selv bruger - må han det?", &["Chefen er selv bruger - må han det?"]);
        check("Eleven stopper. Udbetales ferien automatisk?", &["Udbetales ferien automatisk?"]);
    }

    #[test]
    fn what_is_wrong_behind_a_question_is_one_of_its_own() {
        let asked = "Hvornår lukker perioden? Vi kan heller ikke finde fraværskoden for barns 3. sygedag i systemet.";
        check(
            asked,
            &[
                "Hvornår lukker perioden?",
                "Vi kan heller ikke finde fraværskoden for barns 3. sygedag i systemet.",
            ],
        );
        check(
            "Vi kan ikke finde fraværskoden i systemet. Hvilken kode skal vi bruge?",
            &["Hvilken kode skal vi bruge?"],
        );
    }

    #[test]
    fn a_form_asks_the_one_who_fills_it_in() {
        check_by(
            Channel::Portal,
            "Hvad skete der? Filen forsvandt.\nSpørgsmål: Hvem lukker perioden?",
            &["Hvem lukker perioden?"],
        );
    }

    #[test]
    fn one_question_on_several_cases_is_several() {
        check(
            "En er syg. En anden er på orlov. Hvad gør vi med begge?",
            &["En er syg. Hvad gør vi med begge?", "En anden er på orlov. Hvad gør vi med begge?"],
        );
    }

    #[test]
    fn a_message_handed_over_asks_through_the_one_below() {
        check(
            "Hej\n\nKan I tage denne?\n\nMvh Bo\n\n> Hej Bo. Hvem lukker perioden?",
            &["Hvem lukker perioden?"],
        );
        check(
            "Hvornår lukker HR-Løn på dagen for lønkørslen?\n\n> Hej Bo. Hvem lukker perioden?",
            &["Hvornår lukker HR-Løn på dagen for lønkørslen?"],
        );
        // A few words above a message that nobody has answered hand it over.
        check(
            "Hvad svarer vi ham?\n\n> Hej Bo. Hvem lukker perioden?",
            &["Hvad svarer vi ham?", "Hvem lukker perioden?"],
        );
        check(
            "Se nedenfor fra vores arkivar, som gerne vil høre jer. Hvem er jeres kontakt for elever?\n\n\
             Mvh Bo\n\n> Fra: Tom\n> Hej Bo. Hvem lukker perioden?",
            &["Hvem er jeres kontakt for elever?", "Hvem lukker perioden?"],
        );
        // What only hands over is no question of its own, whomever it names.
        let below = "> Fra: Birthe\n> Hej Bo. Hvem lukker perioden?";
        for own in [
            "Kan I tage den her direkte med Birthe?",
            "Vil I svare Birthe Prøvesen og sætte mig på cc?",
            "Gider I ringe til Birthe Prøvesen i Styrelsen om nedenstående inden fredag?",
        ] {
            check(&format!("{own}\n\nMvh Bo\n\n{below}"), &["Hvem lukker perioden?"]);
        }
        // What names a matter, or asks for the sender, is one.
        for own in [
            "Eleven er oprettet to gange. Hvad gør vi?",
            "Kan I svare på det i HR-Løn?",
            "Kan I se Mette i Lønportalen?",
            "Må vi sende det til Serviceportalen?",
        ] {
            check(&format!("{own}\n\nMvh Bo\n\n{below}"), &[own, "Hvem lukker perioden?"]);
        }
        check("Tak for svaret.\n\nFra: Kundebetjening\nSendt: i går\n\nHar I prøvet igen?", &[]);
    }

    #[test]
    fn the_words_of_others_are_not_asked_of_us() {
        check(
            "Kommunen skriver: \"Er det anmeldt?\" Hvad skal vi svare kommunen?",
            &["Hvad skal vi svare kommunen?"],
        );
    }

    #[test]
    fn notes_say_little_and_ask_all_the_same() {
        let note = |body, expected: &[&str]| check_by(Channel::Phone, body, expected);
        note(
            "PKAT?? Ny elev. Spørger hvilken PKAT de skal bruge. -BP",
            &["Spørger hvilken PKAT de skal bruge."],
        );
        note(
            "Styrelsen ringer. Elev har ikke fået løn. Vil have aconto i dag.",
            &["Vil have aconto i dag."],
        );
        note("manglende refusion for juli", &["Manglende refusion for juli"]);
    }

    #[test]
    fn a_note_is_read_line_by_line_and_asks_on_without_a_mark() {
        let note = |body, expected: &[&str]| check_by(Channel::Phone, body, expected);
        note(
            "fratræder 31/12, har 3 særlige feriedage tilbage og 11,5 almindelige\n\
             udbetales de automatisk med sidste løn\nhavde læst på nettet at det var 12,5 pct",
            &["Udbetales de automatisk med sidste løn"],
        );
        note(
            "hvorfor kom tillægget ikke med i kørslen hvornår kan han få pengene for oktober",
            &["Hvorfor kom tillægget ikke med i kørslen", "Hvornår kan han få pengene for oktober"],
        );
        note(
            "ny m migræne, væk en uge. hvornår senest til os",
            &["Ny m migræne, væk en uge. hvornår senest til os"],
        );
    }

    #[test]
    fn a_note_ends_its_sentences_at_dates_times_and_shortened_words() {
        let note = |body, expected: &[&str]| check_by(Channel::Phone, body, expected);
        note(
            "skal bilskatten stoppe 17/10. hvem retter atp . får hun svar kl. 10.15. ringer igen",
            &["Skal bilskatten stoppe 17/10.", "Hvem retter atp", "Får hun svar kl. 10.15."],
        );
        note(
            "skal hun søge el gør arb.giver. har læst på virk. også: hvad koster en feriedag",
            &["Skal hun søge el gør arb.giver.", "Hvad koster en feriedag"],
        );
        note(
            "vil vide om vi kan stoppe udbetalingen 31/8 eller hvordan de kræver pengene tilbage.",
            &["Vil vide om vi kan stoppe udbetalingen 31/8", "Hvordan de kræver pengene tilbage."],
        );
    }

    #[test]
    fn a_date_within_a_question_ends_none() {
        for asked in [
            "Udbetales tillægget fra 01.09. til 30.09.?",
            "Gælder tillægget den 17.10. og den 18.10.?",
            "Hvad siger punkt 12.10. i overenskomsten om natarbejde?",
            "Hvilken løn får en cand.scient. med fem års anciennitet?",
        ] {
            check(asked, &[asked]);
            check_by(Channel::Phone, asked, &[asked]);
        }
    }

    #[test]
    fn what_a_form_wishes_is_asked() {
        let form = |body, expected: &[&str]| check_by(Channel::Portal, body, expected);
        form(
            "System: Løn\nØnsket handling: sæt status manuelt på kurset; slå rykkerne fra",
            &["Sæt status manuelt på kurset", "Slå rykkerne fra"],
        );
        form("Ønske: Nej\nKan hun få adgang i dag?", &["Kan hun få adgang i dag?"]);
    }

    #[test]
    fn each_of_several_things_that_are_not_known_is_asked() {
        check(
            "Vi er i tvivl om, hvem der sletter testpersonerne, hvor regningen sendes hen, \
             eller hvornår resten af området kobles på.",
            &[
                "Vi er i tvivl om, hvem der sletter testpersonerne",
                "Hvor regningen sendes hen",
                "Hvornår resten af området kobles på.",
            ],
        );
        check(
            "Ret venligst følgende inden lønkørslen:\n- Tillægget til Bo skal være 24.000 kr.\n\
             - Ida flyttes til skalatrin 6",
            &["Tillægget til Bo skal være 24.000 kr.", "Ida flyttes til skalatrin 6"],
        );
    }

    #[test]
    fn what_a_caller_also_wants_is_a_question_of_its_own() {
        let note = |body, expected: &[&str]| check_by(Channel::Phone, body, expected);
        note(
            "hvor ses lønsedlen? + vil ha tilsendt en revisorerklæring for kontroller. -JP",
            &["Hvor ses lønsedlen?", "Vil ha tilsendt en revisorerklæring for kontroller."],
        );
        note("hvor ses lønsedlen? vil have svar i dag. -JP", &["Hvor ses lønsedlen?"]);
        note(
            "afdød i lørdags, søn 15 år. hvem får efterindtægten udbetalt.",
            &["Hvem får efterindtægten udbetalt."],
        );
        note(
            "ferie uden løn 3 dage, hv løndel? ryger pension og atp også ned?",
            &["Hv løndel?", "Ryger pension og atp også ned?"],
        );
    }

    #[test]
    fn items_ask_without_a_mark() {
        check(
            "Vi vil gerne have følgende på skrift\n\n- fristen for en ny sygemelding\n\
             - om der skal sendes opfølgning\n- hvad der gælder for en vikar",
            &[
                "Fristen for en ny sygemelding",
                "Om der skal sendes opfølgning",
                "Hvad der gælder for en vikar",
            ],
        );
        let form = |body, expected: &[&str]| check_by(Channel::Portal, body, expected);
        form(
            "1. Hvilke slags fravær skal vi registrere? (især sygdom)\n2. Hvornår lukker det?",
            &["Hvilke slags fravær skal vi registrere?", "Hvornår lukker det?"],
        );
    }

    #[test]
    fn who_does_not_know_whose_matter_it_is_hands_it_over() {
        check(
            "Hej, jeg ved ikke om det er jer, men prøver.\n\nHilsen Bo\n\n\
             > Fra: Tom\n> Hej Bo\n> Hvilket delregnskab er det, projekter ligger på?",
            &["Hvilket delregnskab er det, projekter ligger på?"],
        );
    }

    #[test]
    fn a_status_that_is_asked_for_is_no_mere_reminder() {
        check(
            "2. rykker på SAM 2510-0311. Og hvad er status på selve sagen, vi har intet hørt!",
            &["Og hvad er status på selve sagen, vi har intet hørt!"],
        );
    }

    #[test]
    fn fields_of_a_form_are_no_questions() {
        let form = |body, expected: &[&str]| check_by(Channel::Portal, body, expected);
        form(
            "Hvilket system? - SLS\nForretningskritisk - Nej\nKan hun få adgang i dag?",
            &["Kan hun få adgang i dag?"],
        );
    }

    #[test]
    fn the_subject_asks_when_the_body_does_not() {
        let inquiry = Inquiry {
            subject: Some("SV: Hvornår lukker november?".to_owned()),
            body: "Hej\n\nSe emnet.\n\nMvh Bo".to_owned(),
            ..Inquiry::default()
        };
        let texts: Vec<String> = found(&inquiry).into_iter().map(|one| one.text).collect();
        assert_eq!(texts, ["Hvornår lukker november?"]);
        check("Venlig hilsen\nBo Prøvesen\nØkonomi", &[]);
    }

    #[test]
    fn status_and_context_come_along() {
        let inquiry = Inquiry {
            subject: Some("Orlov".to_owned()),
            body: "Eleven er på orlov.\n\n1) Optjener hun ferie?\n2) Hvad er status på sagen?"
                .to_owned(),
            ..Inquiry::default()
        };
        let questions = found(&inquiry);
        assert_eq!(questions.iter().map(|one| one.status).collect::<Vec<_>>(), [false, true]);
        assert_eq!(
            questions.first().map(|one| one.context.as_str()),
            Some("Orlov. Eleven er på orlov.")
        );
        assert_eq!(questions.iter().map(|one| one.n).collect::<Vec<_>>(), [1, 2]);
    }
}
