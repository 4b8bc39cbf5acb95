//! Next steps with days, on the demo collection.

use std::path::Path;

use svarforslag::draft::{Citation, Draft};
use svarforslag::terms::State;

use crate::desk::{Desk, TestDesk};

/// The demo collection, indexed for one test.
fn demo_desk() -> Desk {
    let desk = TestDesk::new().unindexed();
    desk.index(&[Path::new(env!("CARGO_MANIFEST_DIR")).join("index/demo")]).unwrap();
    desk
}

/// What holds of every step: its quotes stand in current passages that are shown, the letter
/// holds it, and its checks are well.
#[track_caller]
fn check_laws(draft: &Draft) {
    for step in &draft.next_steps {
        assert!(draft.reply.contains(&step.text), "{}", step.text);
        assert!(!step.citations.is_empty());
        for citation in &step.citations {
            let hit = draft.evidence.iter().find(|hit| hit.passage_id == *citation.passage_id());
            let hit = hit.expect("what is cited is shown");
            assert!(hit.text.contains(citation.quote()), "{}", citation.quote());
            assert_eq!(hit.state, State::Current);
            assert!(hit.institution.is_none() || hit.institution == draft.institution);
        }
        let own = draft.checks.iter().filter(|check| check.sentence.as_ref() == Some(&step.id));
        let codes: Vec<&str> = own.clone().map(|check| check.code.as_str()).collect();
        assert!(codes.contains(&"date_computed") && codes.contains(&"quote_verbatim"), "{codes:?}");
        assert!(own.clone().all(|check| check.ok), "{:?}", own.collect::<Vec<_>>());
    }
}

/// The steps of a mail: day, rule, and a part of the quote.
type Expected<'a> = &'a [(&'a str, &'a str, &'a str)];

/// The mail of an institution on a day gives exactly these steps.
#[track_caller]
fn check(desk: &Desk, (day, institution): (&str, &str), body: &str, expected: Expected<'_>) {
    let draft = desk.suggest_on(day, institution, body).draft;
    let found: Vec<(String, &str)> = draft
        .next_steps
        .iter()
        .map(|step| (step.date.map(|day| day.to_string()).unwrap(), step.rule.as_str()))
        .collect();
    let days: Vec<(String, &str)> =
        expected.iter().map(|(day, rule, _)| ((*day).to_owned(), *rule)).collect();
    assert_eq!(found, days, "{body}\n\n{}", draft.reply);
    for (step, (_, _, quote)) in draft.next_steps.iter().zip(expected) {
        let quotes: Vec<&str> = step.citations.iter().map(Citation::quote).collect();
        assert!(quotes.iter().any(|own| own.contains(quote)), "{quote}: {quotes:?}");
    }
    check_laws(&draft);
}

fn absence_is_reported_in_time(desk: &Desk) {
    check(
        desk,
        ("2025-11-17", "Fødevarestyrelsen"),
        "Goddag\n\nDet drejer sig om dyrlæge Nancy Eksempelsen, som har været helt væk siden 3. november.\n\nHvornår skal vi allersenest have sendt sygemeldingen til jer, og hvad hedder blanketten?",
        &[("2025-12-01", "sygemelding_28_dage", "første hele fraværsdag")],
    );
    check(
        desk,
        ("2025-10-15", ""),
        "Hej\n\nAnna Eksempelsen blev sygemeldt den 1. oktober 2025. Hvornår skal hendes sygefravær senest meldes?",
        &[("2025-10-29", "sygemelding_28_dage", "28 dage")],
    );
    check(
        desk,
        ("2025-09-22", "Trafikstyrelsen"),
        "Hej\n\nKommunen har godkendt en § 56-aftale for Max Eksempelsen fra 1. september. Han var syg 3.-4. september. Skal fraværet meldes til jer, og hvornår senest?",
        &[("2025-11-02", "sygemelding_60_dage", "60 dage")],
    );
    check(
        desk,
        ("2025-10-15", ""),
        "Vores medarbejder i fleksjob var syg fra 1/9 til 10/9. Hvad er fristen for at melde sygefraværet?",
        &[("2025-10-31", "sygemelding_60_dage", "60 dage")],
    );
    check(
        desk,
        ("2025-10-15", ""),
        "En kollega med § 56-aftale er syg siden 2. september. Hvornår er fristen for sygemeldingen?",
        &[("2025-09-30", "sygemelding_28_dage_over_30", "28 dage")],
    );
    check(
        desk,
        ("2025-12-02", "Miljøstyrelsen"),
        "Kære alle\n\nEn af vores biologer er sygemeldt på grund af graviditeten. Hvornår skal det graviditetsbetingede fravær meldes til jer (første fraværsdag var 29. november)?",
        &[("2025-12-27", "graviditetsbetinget_28_dage", "28 dage")],
    );
    check(
        desk,
        ("2025-11-17", ""),
        "Hun har været sygemeldt, men begynder så småt 1. december med 15 timer om ugen. Hvornår skal timerne ved delvis sygdom være hos jer?",
        &[("2026-01-12", "delvis_sygdom_den_12", "den 12.")],
    );
    check(
        desk,
        ("2025-10-15", "Ankestyrelsen"),
        "Hvornår skal timerne for september være hos jer for en delvist sygemeldt medarbejder?",
        &[("2025-10-12", "delvis_sygdom_den_12", "den 12.")],
    );
}

fn refunds_of_parental_leave_are_applied_for_in_time(desk: &Desk) {
    check(
        desk,
        ("2025-10-15", ""),
        "Hendes barselsorlov slutter den 31. oktober 2025. Hvornår skal vi senest have søgt refusion for barslen?",
        &[("2025-12-26", "barselsrefusion_8_uger", "8 uger")],
    );
    check(
        desk,
        ("2025-10-22", "Kriminalforsorgen"),
        "KF HR: kan de få noget fra barselsfonden for 4. kvt og sidste frist?",
        &[("2026-05-31", "barselsfond_5_maaneder", "5 måneder")],
    );
}

fn orders_reach_their_payroll_run(desk: &Desk) {
    check(
        desk,
        ("2025-11-03", "Ankestyrelsen"),
        "Hvornår skal bestillingen af tillægget senest være hos jer, så den når 2. lønkørsel i november?",
        &[("2025-11-14", "loenkalender_almindelig_blanket", "November 2025, 2. lønkørsel")],
    );
    check(
        desk,
        ("2025-11-03", "Ankestyrelsen"),
        "Hvornår er fristen for ferieblanketter til 1. lønkørsel i december?",
        &[("2025-12-01", "loenkalender_ferieblanket", "December 2025, 1. lønkørsel")],
    );
    check(
        desk,
        ("2025-11-03", ""),
        "Hvornår skal blanketten med en ansættelse senest være hos jer, når lønkørslen er den 19. november?",
        &[("2025-11-14", "foer_loenkoersel_5_dage", "5 dage før lønkørslen")],
    );
    check(
        desk,
        ("2025-11-03", ""),
        "Hvornår lukker HR-Løn for indberetning? Lønkørslen er den 19. november.",
        &[("2025-11-19", "lukketid_16_00", "16.00")],
    );
}

fn other_rules_of_the_trade_have_their_days(desk: &Desk) {
    check(
        desk,
        ("2026-02-02", ""),
        "Hvornår skal medarbejderne senest vælge, hvad de vil med deres seniorbonus for 2026?",
        &[("2026-10-01", "seniorbonus_1_oktober", "1. oktober")],
    );
    check(
        desk,
        ("2025-11-18", "Geodatastyrelsen"),
        "Inden for hvilken periode skal de særlige feriedage, som folk optjener i 2025, være holdt?",
        &[("2027-04-30", "saerlige_feriedage_30_april", "30. april")],
    );
    check(
        desk,
        ("2025-11-03", "Ankestyrelsen"),
        "En fuldmægtig fratræder den 30. november 2025. Hvilken fratrædelsesdato skrives i HR-Løn, og hvilken i SLS?",
        &[("2025-12-01", "fratraedelse_hr_loen_og_sls", "uden løn")],
    );
    check(
        desk,
        ("2025-10-20", ""),
        "Lønnen er forkert. Hvornår kan den tidligst standses, når dispositionsdagen er den 31. oktober?",
        &[("2025-10-29", "loenstandsning_2_dage", "to dage før")],
    );
}

fn without_a_day_beyond_doubt_there_is_no_step(desk: &Desk) {
    let silent = |institution, body| check(desk, ("2025-10-15", institution), body, &[]);
    silent("", "Hvornår er fristen for en sygemelding?");
    silent("", "Hun blev syg i sidste uge. Hvornår er fristen for sygemeldingen?");
    silent("", "Hun er syg siden 1. maj. Hvornår er fristen for sygemeldingen?");
    silent("", "Hun er syg siden 31. september. Hvornår er fristen for sygemeldingen?");
    silent("", "Hun er syg siden tirsdag den 1. oktober. Hvad er fristen for sygemeldingen?");
    silent(
        "",
        "Hun var syg den 1. oktober og igen syg den 7. oktober. Hvad er fristen for sygemelding?",
    );
    silent(
        "",
        "Hvis en medarbejder bliver syg den 1. november, hvornår er så fristen for sygemelding?",
    );
    silent("", "Kan vi nå 2. lønkørsel, og hvornår er fristen for bestillingen?");
    silent("", "Hvornår er fristen for bestillinger til 2. lønkørsel i februar 2026?");
    silent(
        "",
        "En medarbejder med § 56-aftale er syg siden 6. oktober. Hvad er fristen for sygemelding?",
    );
    silent(
        "DIIS",
        "En forsker forventer at føde 5. februar 2026. Hvornår skal vi søge refusion for barsel, og hvornår er fristen hos barselsfonden?",
    );
}

fn another_matter_gives_no_step(desk: &Desk) {
    let silent = |institution, body| check(desk, ("2025-10-15", institution), body, &[]);
    silent("", "Barnet var syg den 1. oktober. Har medarbejderen fri, og hvornår er fristen?");
    silent("", "Hun blev syg den 1. oktober, mens hun holdt ferie. Får hun erstatningsferie?");
    silent("", "Vi bad den 14/8 om at få rettet en kontering. Hvornår sker der noget?");
    silent(
        "",
        "Vores ene kontor flytter til Esbjerg den 1. december. Hvor får vi et P-nummer fra?",
    );
    silent(
        "",
        "Må vi opsige en medarbejder, der har været syg siden 1. oktober? Hvor langt varsel?",
    );
    silent("", "Hvilken løndel bruges til tillæg fra den 1. oktober?");
    silent(
        "",
        "Hvornår er fristen for sygemelding?\n\n> Fra: HR\n> Sendt: 1. oktober 2025\n> Anna er syg siden 1. oktober.",
    );
}

#[test]
fn a_mail_that_tells_its_day_gives_a_step_that_a_source_states() {
    let desk = demo_desk();
    absence_is_reported_in_time(&desk);
    refunds_of_parental_leave_are_applied_for_in_time(&desk);
    orders_reach_their_payroll_run(&desk);
    other_rules_of_the_trade_have_their_days(&desk);
}

#[test]
fn a_mail_that_leaves_doubt_or_asks_of_something_else_gives_no_step() {
    let desk = demo_desk();
    without_a_day_beyond_doubt_there_is_no_step(&desk);
    another_matter_gives_no_step(&desk);
}

const STATED: &str = "Sygefravær meldes til SAM senest 28 dage efter første hele fraværsdag.";
const MAIL: &str =
    "Anna Eksempelsen er syg siden 1. oktober 2025. Hvornår er fristen for sygemeldingen?";

/// How many steps the mail gives on a desk.
#[track_caller]
fn count(desk: TestDesk, institution: &str, expected: usize) {
    let draft = desk.open().suggest(institution, MAIL).draft;
    assert_eq!(draft.next_steps.len(), expected, "{}", draft.reply);
    check_laws(&draft);
}

#[test]
fn only_a_source_that_may_be_quoted_on_the_day_gives_a_step() {
    let guide = |metadata: &[&str]| {
        TestDesk::new().source("brugervejledning", metadata, "Sygefravær", STATED)
    };
    count(guide(&[]), "", 1);
    count(guide(&["gyldig_til: 2025-09-30"]), "", 0);
    count(guide(&["gyldig_fra: 2025-11-01"]), "", 0);
    count(guide(&["maalgruppe: intern"]), "", 0);
    let own = || TestDesk::new().drejebog("Banedanmark", STATED);
    count(own(), "Banedanmark", 1);
    count(own(), "Ankestyrelsen", 0);
    count(own(), "", 0);
    // The own drejebog has another deadline than the guide: nobody guesses which one holds.
    let other = STATED.replace("28", "21");
    count(guide(&[]).drejebog("Banedanmark", &other), "Banedanmark", 0);
    count(guide(&[]).drejebog("Banedanmark", &other), "", 1);
}

#[test]
fn the_letter_is_greeting_sentences_steps_and_closing() {
    let draft = demo_desk().suggest("", MAIL).draft;
    let step = draft.next_steps.first().expect("a step");
    let at = draft.reply.find(&step.text).expect("the step stands in the letter");
    let closing = draft.closing.first().expect("a closing").text();
    assert!(draft.reply.find(closing).is_some_and(|end| at < end));
    assert!(draft.internal_note.contains("Frist: 29. oktober 2025 følger af 1. oktober 2025"));
    assert!(draft.internal_note.contains("Læsbarhed: LIX "), "{}", draft.internal_note);
}

#[test]
fn tone_changes_the_opening_and_only_where_it_is_certain() {
    let desk = demo_desk();
    let opens = |body: &str| {
        let draft = desk.suggest("", body).draft;
        draft.greeting.iter().map(|sentence| sentence.text().to_owned()).collect::<Vec<_>>()
    };
    let death = opens("Vores kollega døde i weekenden. Hvilken PKAT bruges til efterindtægt?");
    assert_eq!(death.get(1).map(String::as_str), Some("Det gør os ondt at høre om dødsfaldet."));
    assert_eq!(death.last().map(String::as_str), Some("Tak for jeres henvendelse."));
    let ryk = opens("Vi rykker for svar i SAM 2508-0442. Hvornår sker der noget?");
    assert!(ryk.iter().any(|line| line.ends_with("i sag SAM 2508-0442.")), "{ryk:?}");
    for plain in [
        "Hvornår søges sygedagpengerefusion?",
        "Hvor længe er der løn under sorgorlov?",
        "Hvilken afgangsårsag bruges ved dødsfald?",
    ] {
        assert_eq!(opens(plain).len(), 2, "{plain}");
    }
}
