//! How a reply meets its reader: a fixed phrase where the mail leaves no doubt that it is called for.

use crate::draft::phrases::{Phrase, PhraseError};
use crate::inquiry::{Reading, Tone};

/// The phrases that follow the greeting, none in most mails.
pub(crate) fn opening(reading: &Reading) -> Result<Vec<Phrase>, PhraseError> {
    let plain = |name| Phrase::render(name, minijinja::context! {});
    let mut phrases = Vec::new();
    match reading.tone {
        Tone::Bereavement => phrases.push(plain("prompts/tone/bereavement.j2")?),
        Tone::Illness => phrases.push(plain("prompts/tone/illness.j2")?),
        Tone::Dismissal => phrases.push(plain("prompts/tone/dismissal.j2")?),
        // One apology is enough: that for the wait says more.
        Tone::Complaint if !reading.reminder => phrases.push(plain("prompts/tone/complaint.j2")?),
        Tone::Complaint | Tone::Plain => {}
    }
    if reading.reminder {
        // A number that is not beyond doubt the one we are reminded of is not repeated.
        let case = match reading.references.cases.as_slice() {
            [case] => Some(case.text.as_str()),
            _ => None,
        };
        phrases.push(Phrase::render("prompts/tone/reminder.j2", minijinja::context! { case })?);
    }
    Ok(phrases)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inquiry::{Inquiry, read};

    #[track_caller]
    fn check(subject: &str, body: &str, expected: &[&str]) {
        let inquiry = Inquiry {
            subject: Some(subject.to_owned()),
            body: body.to_owned(),
            ..Inquiry::default()
        };
        let phrases = opening(&read(&inquiry)).unwrap();
        let texts: Vec<&str> = phrases.iter().map(Phrase::text).collect();
        assert_eq!(texts, expected, "{body}");
    }

    #[test]
    fn a_reply_meets_its_reader() {
        let death = "Det gør os ondt at høre om dødsfaldet.";
        check("", "Vores kollega døde i weekenden. Hvad gør vi med lønnen?", &[death]);
        check("tlf", "efterindtægt for afdød OK-ansat. hvilken pkat", &[death]);
        let wait = "Vi beklager ventetiden.";
        check("2. rykker", "Hvornår får vi svar?", &[wait]);
        check(
            "Ryk: SAM 2508-1190",
            "2. rykker. Hvornår sker der noget?",
            &["Vi beklager ventetiden i sag SAM 2508-1190."],
        );
        check("Ryk: SAM 2508-1190 og SAM 2508-1191", "Er der nyt?", &[wait]);
        check("", "Vi er trætte af, at vi skal rykke igen. Vi rykker for svar.", &[wait]);
        check(
            "",
            "Det er uacceptabelt. Hvor er lønnen?",
            &["Vi er kede af, at I ikke er tilfredse med forløbet."],
        );
        check(
            "",
            "Hun er alvorligt syg. Får hun løn?",
            &["Vi er kede af at høre om situationen hos jer."],
        );
        check(
            "",
            "Vi har afskediget en medarbejder. Hvilken afgangsårsag bruger vi?",
            &["Vi ved, at en afsked er svær for dem, den berører."],
        );
        check("", "Hvornår er fristen for sygemelding?", &[]);
    }
}
