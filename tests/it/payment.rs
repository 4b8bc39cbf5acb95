//! Mails that ask to move money: the draft repeats no number and says how it is checked.

use crate::desk::{Chance, Desk, TestDesk};

/// Mails that ask to change an account.
const CHANGES: usize = 500;
/// Mails that mention accounts in bookkeeping.
const BOOKS: usize = 300;
/// Of those, at most this share may be taken for the others.
const FALSE_SHARE_MAX: f64 = 0.02;

const STEP: &str = "Vi ændrer ikke konto- eller betalingsoplysninger på grundlag af en mail.";

const GREETINGS: [&str; 6] =
    ["Hej", "Kære Kundebetjening", "Hej SAM", "Til Statens Administration", "Kære alle", "God dag"];
const REASONS: [&str; 14] = [
    "Vi har skiftet bank",
    "Vores bank er blevet lagt sammen med en anden",
    "Vores gamle konto er lukket",
    "Medarbejderen har fået ny NemKonto",
    "Leverandøren har meldt om nyt kontonummer",
    "Vores revisor har bedt os om at skifte bankforbindelse",
    "Der er sket en fejl, for den konto, I bruger, er spærret",
    "Vi er blevet hacket og har derfor fået ny bankkonto",
    "Kreditor har ændret sine betalingsoplysninger",
    "Direktøren har godkendt, at vi skifter udbetalingskonto",
    "Vi flytter til en ny bank den 1. i måneden",
    "Hun er flyttet og har fået et nyt kontonummer i banken",
    "Vores IBAN er ændret",
    "Institutionens refusionskonto er ændret",
];
const ORDERS: [&str; 16] = [
    "Refusionen skal fremover udbetales til <konto>.",
    "Kan I ændre kontonummeret til <konto>?",
    "Ret venligst kontooplysningerne til <konto>.",
    "Lønnen skal fra næste måned indsættes på konto <konto>.",
    "Den nye konto er <konto>.",
    "I bedes opdatere NemKonto til <konto>.",
    "Vil I overføre beløbet til <konto> i stedet?",
    "Det nye kontonummer er <konto>, og det gamle må ikke længere bruges.",
    "Skift venligst IBAN til <konto>.",
    "Er det nok, at I får det nye kontonummer <konto> her på mail?",
    "Hvordan ændrer vi udbetalingskontoen til <konto>?",
    "Send pengene til vores nye bank: <konto>.",
    "Indbetalingen skal gå til <konto> fremover.",
    "Kan I bekræfte, at kontoen er ændret til <konto>?",
    "Kreditorens bankkonto skal ændres til <konto>.",
    "Udskift den gamle bankkonto med <konto>.",
];
const OTHERS: [&str; 8] = [
    "",
    "Hvornår er fristen for lønbestillinger i december?",
    "Og hvornår udbetales feriepenge?",
    "Hvem skal godkende bestillingen?",
    "Det haster, for vi mangler pengene.",
    "Ring ikke, jeg sidder i møde hele dagen.",
    "Vi ser frem til en hurtig bekræftelse.",
    "Er der mere, I skal bruge?",
];
const ENDINGS: [&str; 5] = [
    "Venlig hilsen\nMona Prøvesen",
    "Mvh\nBo Eksempelsen",
    "Med venlig hilsen\n\nKari Prøvesen\nØkonomi",
    "Hilsen Ole",
    "",
];

/// The same account in one of the ways in which people write it; the digits that must not turn up.
fn account(chance: &mut Chance) -> (String, String) {
    let register = format!("{:04}", 9000 + chance.below(999));
    let number = format!("000{:07}", chance.below(9_999_999));
    let iban = format!("DK50 {register} {} {} {}", &number[..4], &number[4..8], &number[8..]);
    let written = match chance.below(12) {
        0 => format!("{register} {number}"),
        1 => format!("{register}-{number}"),
        2 => format!("reg. {register} konto {number}"),
        3 => format!("reg.nr. {register}, kontonr. {number}"),
        4 => format!("{register}{number}"),
        5 => format!("reg {register} kto {} {} {}", &number[..3], &number[3..6], &number[6..]),
        6 => iban,
        7 => iban.replace(' ', ""),
        8 => format!("kontonummer {number} (reg. {register})"),
        9 => format!("{register} / {number}"),
        10 => format!("reg. nr.: {register} kontonr.: {number}"),
        _ => format!("{register}\u{a0}{}.{}.{}", &number[..4], &number[4..7], &number[7..]),
    };
    (written, number)
}

fn change(chance: &mut Chance) -> (String, String, String) {
    let (written, number) = account(chance);
    let order = chance.of(&ORDERS).replace("<konto>", &written);
    let middle = match chance.below(3) {
        0 => format!("{}. {order}", chance.of(&REASONS)),
        1 => format!("{order} {}.", chance.of(&REASONS)),
        _ => format!("{}.\n\n{order}", chance.of(&REASONS)),
    };
    let other = chance.of(&OTHERS);
    let body =
        format!("{}\n\n{middle}\n\n{other}\n\n{}", chance.of(&GREETINGS), chance.of(&ENDINGS));
    let subject = chance.of(&["", "Ny konto", "Ændring", "Haster", "Refusion", "Vedr. løn"]);
    (subject.to_owned(), body, number)
}

const BOOK_MATTERS: [&str; 30] = [
    "Hvilken konto skal vi bogføre honoraret på?",
    "Kan I ændre konteringen på løndel 2913 fra konto 1810 til 1812?",
    "Lønnen er bogført på en forkert konto. Hvordan omposterer vi?",
    "Hvordan retter vi en forkert artskonto i Navision Stat?",
    "Vi har fået en ny kontoplan. Hvornår skal den tages i brug?",
    "Saldoen på mellemregningskontoen stemmer ikke. Hvad skal vi rette?",
    "Kan I oplyse, hvilken finanskonto refusionen bogføres på?",
    "Skal vi oprette en ny konto i kontoplanen til seniorbonus?",
    "Konteringsstrengen er ændret fra 1. januar. Hvem retter den i SLS?",
    "Hvornår udbetales pengene fra Feriekonto?",
    "Skal vi selv afstemme statuskontoen ved årsskiftet?",
    "Hvordan ser vi posteringerne på konto 18.11.10?",
    "Kan I flytte beløbet fra omkostningskonto 2204 til 2205?",
    "Hvem retter kontoen, når delregnskabet er forkert?",
    "Vi mangler en konto i kontogruppen 18. Kan I oprette den?",
    "Refusionen er bogført på konto 1892. Skal den flyttes til 1893?",
    "Hvordan ændrer jeg kontering for en medarbejder i HR-Løn?",
    "Er det konto 2231 eller 2232, der skal bruges til rejser?",
    "Vores brugerkonto i Serviceportalen er låst. Hvem åbner den?",
    "Kan I sende et kontoudtog for debitor 4711?",
    "Hvad betyder posteringen på balancekontoen?",
    "Hvordan bogføres feriepengeforpligtelsen, og på hvilken konto?",
    "Artskontoen på lønart 0802 er ny. Skal vi gøre noget?",
    "Hvornår lukker perioden for rettelser af finansposter?",
    "Skal efterposteringen på finanskonto 3110 rettes i supplementsperioden?",
    "Vi vil gerne have ændret kontostrengen for løngruppe 912.",
    "Kan vi få kontokort for lønkontiene i regnskab 2025?",
    "Hvilke konti hører til lønsumsloftet?",
    "Hvordan omkonteres en løn, der er udbetalt i oktober?",
    "Er bilaget bogført på den rigtige konto?",
];

fn desk() -> Desk {
    TestDesk::new()
        .register("[[institution]]\nname = \"Banedanmark\"\n")
        .guide("Bestilling af løn", "Fristen for lønbestillinger i december er den 2. december.")
        .guide("Feriepenge", "Feriepenge udbetales den sidste bankdag i måneden.")
        .guide(
            "NemKonto og udbetaling",
            "Medarbejderen ændrer selv sin NemKonto på nemkonto.dk eller i sin bank. Kreditorens \
             kontonummer ændres i IndFak af kunden selv.",
        )
        .guide("Kontering", "Konteringen ændres i HR-Løn. Honorarer bogføres på konto 1810.")
        .open()
}

#[test]
fn a_mail_that_moves_money_is_checked_and_no_number_is_repeated() {
    let desk = desk();
    let mut chance = Chance::new(1);
    let mut faults = Vec::new();
    for _ in 0..CHANGES {
        let (subject, body, number) = change(&mut chance);
        let mut inquiry = svarforslag::inquiry::Inquiry::from_text(&body).unwrap();
        inquiry.subject = Some(subject).filter(|subject| !subject.is_empty());
        inquiry.institution = Some("Banedanmark".to_owned());
        let answered = desk.reply_to(&inquiry);
        let all = answered.json().to_string();
        let digits: String = all.chars().filter(char::is_ascii_digit).collect();
        if digits.contains(&number) || digits.contains(&number[3..]) {
            let whole = answered.json();
            let parts = whole.as_object().unwrap().iter();
            let held = parts.filter(|(_, part)| {
                let digits: String =
                    part.to_string().chars().filter(char::is_ascii_digit).collect();
                digits.contains(&number[3..])
            });
            let held: Vec<String> = held.map(|(name, part)| format!("{name}: {part}")).collect();
            faults.push(format!("a number is repeated: {body}\n{held:?}"));
        }
        let draft = &answered.draft;
        let note = draft.internal_note.contains("kendte kontaktperson");
        let check = draft.checks.iter().any(|check| check.code == "payment_change" && !check.ok);
        if !draft.reply.contains(STEP) || !note || !check {
            faults.push(format!("no step: {body}"));
        }
    }
    let shown: Vec<&String> = faults.iter().take(5).collect();
    assert!(faults.is_empty(), "{} of {CHANGES}\n{shown:#?}", faults.len());
    println!("{CHANGES} mails that move money: 0 account numbers, {CHANGES} with the check");
}

#[test]
fn a_mail_about_bookkeeping_is_taken_for_what_it_is() {
    let desk = desk();
    let mut chance = Chance::new(2);
    let mut taken = Vec::new();
    for at in 0..BOOKS {
        let matter = BOOK_MATTERS[at % BOOK_MATTERS.len()];
        let second = chance.of(&BOOK_MATTERS);
        let tail = chance.of(&OTHERS[..4]);
        let body = format!(
            "{}\n\n{matter} {second}\n\n{tail}\n\n{}",
            chance.of(&GREETINGS),
            chance.of(&ENDINGS)
        );
        let answered = desk.suggest("Banedanmark", &body);
        if answered.draft.reply.contains(STEP) {
            taken.push(body);
        }
    }
    let share = taken.len() as f64 / BOOKS as f64;
    let shown: Vec<&String> = taken.iter().take(8).collect();
    assert!(share <= FALSE_SHARE_MAX, "{} of {BOOKS}: {shown:#?}", taken.len());
    println!("{BOOKS} mails about bookkeeping: {} taken for a change", taken.len());
}
