//! Personal data in made texts: every way of writing, thousands of each kind, with a fixed seed.

use crate::personal_data::{Chance, Marked, Tally, marked};

/// Texts of each kind.
const TEXTS: usize = 3_200;
/// Texts of each kind of what is none.
const NEGATIVES: usize = 150;

/// Ways of writing a CPR number; `{}` in a carrier is filled with one.
const CPR: [&str; 24] = [
    "⟦CPR:ddmmyy-xxxx⟧",
    "⟦CPR:ddmmyyxxxx⟧",
    "⟦CPR:ddmmyy xxxx⟧",
    "⟦CPR:ddmmyy - xxxx⟧",
    "⟦CPR:ddmmyy–xxxx⟧",
    "⟦CPR:ddmmyy\u{2011}xxxx⟧",
    "⟦CPR:ddmmyy−xxxx⟧",
    "⟦CPR:ddmmyy\u{a0}xxxx⟧",
    "⟦CPR:dd.mm.yy-xxxx⟧",
    "⟦CPR:dd mm yy xx xx⟧",
    "⟦CPR:dd/mm/yy-xxxx⟧",
    "⟦CPR:dd\u{200b}mmyy-xxxx⟧",
    "⟦CPR:ddmm\u{ad}yy-xx\u{ad}xx⟧",
    "⟦CPR:ddmmyy\u{200d}xxxx⟧",
    "⟦CPR:ddmmyy-xxxx⟧ 1",
    "⟦CPR:ddmmyy-xxxx⟧-01",
    "⟦CPR:ddmmyy-xLLx⟧",
    "⟦CPR:ddmmyy-\nxxxx⟧",
    "⟦CPR:dd.mm.yyyy-xxxx⟧",
    "⟦CPR:ddmmyyyy-xxxx⟧",
    "⟦CPR:dd mm yy xxxx⟧",
    "⟦CPR:dd-mm-yy-xxxx⟧",
    "loenseddel_⟦CPR:ddmmyyxxxx⟧.pdf",
    "⟦CPR:ddmmyy-xx xx⟧",
];
const CPR_CARRIERS: [&str; 14] = [
    "Vi skal have oprettet en medarbejder, CPR {}, fra den første.",
    "cpr-nr.: {}",
    "Personnummer {} mangler i listen.",
    "Det drejer sig om {} hos os.",
    "Hvad er status for {}?",
    "({})",
    "Emne: Barsel, {}",
    "Navn;Nummer;Timer\nHun;{};37",
    "| Medarbejder | CPR |\n|---|---|\n| Hun | {} |",
    "Se {} og sammenlign med lønsedlen.",
    "- {}: skal rettes",
    "Hun har {} i systemet, men det er forkert.",
    "Lønnummer {} er spærret.",
    "{}",
];
const PHONE: [&str; 9] = [
    "⟦TLF:## ## ## ##⟧",
    "⟦TLF:########⟧",
    "⟦TLF:#### ####⟧",
    "⟦TLF:+45 ## ## ## ##⟧",
    "⟦TLF:+45########⟧",
    "⟦TLF:(+45) ########⟧",
    "⟦TLF:0045 ########⟧",
    "⟦TLF:##-##-##-##⟧",
    "⟦TLF:## ### ###⟧",
];
const PHONE_CARRIERS: [&str; 10] = [
    "Ring til mig på {} i morgen.",
    "Tlf. {}",
    "mobil: {}",
    "Jeg kan fanges på {} efter frokost.",
    "Hendes nummer er {}, og hun svarer.",
    "Navn;Telefon\nHun;{}",
    "T: {}",
    "{} (direkte)",
    "Mvh\nAfdelingen\n{}",
    "Send en sms til {}.",
];
const ACCOUNT: [&str; 8] = [
    "⟦KONTO:#### ##########⟧",
    "⟦KONTO:####-##########⟧",
    "⟦KONTO:####-#######⟧",
    "⟦KONTO:#### #########⟧",
    "⟦KONTO:####/##########⟧",
    "⟦KONTO:##############⟧",
    "reg. ⟦KONTO:####⟧ konto ⟦KONTO:##########⟧",
    "⟦KONTO:#### #### ######⟧",
];
const ACCOUNT_CARRIERS: [&str; 8] = [
    "Lønnen skal ind på konto {}.",
    "Kontonr.: {}",
    "Ny NemKonto: {} fra næste måned.",
    "Hendes lønkonto er {}",
    "Navn;Konto\nHun;{}",
    "Bank: {}",
    "Overfør til {} i dag.",
    "Kontonummer {} er lukket.",
];
const IBAN: [&str; 7] = [
    "⟦IBAN:DK## #### #### #### ##⟧",
    "⟦IBAN:DK################⟧",
    "⟦IBAN:SE## #### #### #### #### ####⟧",
    "⟦IBAN:DE## #### #### #### #### ##⟧",
    "⟦IBAN:GB## NWBK #### #### #### ##⟧",
    "⟦IBAN:NO## #### #### ###⟧",
    "⟦IBAN:PL## #### #### #### #### #### ####⟧",
];
const IBAN_CARRIERS: [&str; 6] = [
    "IBAN {}",
    "Udbetal til {}.",
    "Kontoen er {}, og banken er svensk.",
    "IBAN: {} SWIFT: NDEADKKK",
    "Navn;IBAN\nHun;{}",
    "({})",
];
const CARD: [&str; 3] =
    ["⟦KORT:#### #### #### ####⟧", "⟦KORT:################⟧", "⟦KORT:####-####-####-####⟧"];
const CARD_CARRIERS: [&str; 4] =
    ["Kortnummer {}", "Mit dankort {} er væk.", "Betalt med {} i går.", "Kort: {}"];
const LOCAL: [&str; 12] = [
    "lone.birk",
    "pmh",
    "k_holm",
    "ayse-y",
    "søren.vang",
    "jens.peter.dam",
    "bo1987",
    "mette+privat",
    "a.b",
    "thi.hoa",
    "nivi",
    "x.von.modelgaard",
];
const PLACES: [&str; 6] = [
    "post.example",
    "kystmuseet.example",
    "dai.gl.example",
    "mail.dk.example",
    "æbleø.example",
    "x-y.example",
];
const MAIL_CARRIERS: [&str; 8] = [
    "Skriv til {}.",
    "Mail: {}",
    "<{}>",
    "Send den til {}, tak",
    "mailto:{}",
    "({})",
    "Fra: Hun <{}>",
    "Hun har {} og intet andet;",
];

/// What is none of these, 22 kinds.
const NONE: [(&str, &[&str]); 22] = [
    (
        "P-nummer",
        &[
            "P-nr. ⟦-PNR:##########⟧",
            "P-nummer: ⟦-PNR:##########⟧",
            "produktionsenhed ⟦-PNR:##########⟧",
        ],
    ),
    ("CVR", &["CVR ⟦-CVR:########⟧", "CVR-nr.: ⟦-CVR:## ## ## ##⟧", "SE-nr. ⟦-CVR:########⟧"]),
    ("DK and CVR", &["Momsnr. ⟦-CVR:DK########⟧", "⟦-CVR:DK ########⟧"]),
    (
        "EAN",
        &["EAN ⟦-EAN:5798#########⟧", "⟦-EAN:5798#########⟧", "EAN-nr.: ⟦-EAN:5798 ### ### ###⟧"],
    ),
    (
        "amount",
        &[
            "⟦-BELOEB:1#.###,## kr.⟧",
            "⟦-BELOEB:kr. ##.###,##⟧",
            "i alt ⟦-BELOEB:1######,##⟧",
            "⟦-BELOEB:2###### kr.⟧",
        ],
    ),
    ("day dd.mm.yyyy", &["den ⟦-DATO:12.03.2025⟧", "⟦-DATO:01-04-2024⟧", "⟦-DATO:31/12/2025⟧"]),
    ("day yyyymmdd", &["kørt ⟦-DATO:20250312⟧", "⟦-DATO:20241231⟧.csv"]),
    ("day yyyy-mm-dd", &["⟦-DATO:2025-03-12⟧", "⟦-DATO:2025-03-12 11:30⟧"]),
    ("day ddmmyy", &["dato ⟦-DATO:120325⟧", "fra ⟦-DATO:010425⟧ til ⟦-DATO:300625⟧"]),
    ("stamp", &["⟦-TID:010425 1130⟧", "kørt ⟦-TID:1203251145⟧", "⟦-TID:20250312114500⟧"]),
    (
        "løndel",
        &["løndel ⟦-LOEN:####⟧", "løndele ⟦-LOEN:2913⟧ og ⟦-LOEN:3120⟧", "lønart ⟦-LOEN:####⟧"],
    ),
    ("delregnskab", &["delregnskab ⟦-LOEN:########⟧", "bogføringskreds ⟦-LOEN:#####⟧"]),
    (
        "finanskonto",
        &["finanskonto ⟦-LOEN:########⟧", "artskonto ⟦-LOEN:####⟧", "statskonto ⟦-LOEN:##.##.##⟧"],
    ),
    (
        "invoice",
        &["faktura ⟦-SAG:########⟧", "fakturanr. ⟦-SAG:##########⟧", "faktura ⟦-SAG:2025-######⟧"],
    ),
    ("case", &["SAM ⟦-SAG:2405-1351⟧", "sag ⟦-SAG:2024-######⟧", "j.nr. ⟦-SAG:24/#####⟧"]),
    ("ServiceNow", &["⟦-SAG:INC#######⟧", "⟦-SAG:REQ00#####⟧"]),
    (
        "GUID",
        &[
            "⟦-NR:3f2504e0-4f89-11d3-9a0c-0305e82c####⟧",
            "id ⟦-NR:a1b2c3d4-####-4e5f-8a9b-############⟧",
        ],
    ),
    ("order", &["ordre ⟦-NR:########⟧", "ordrenr. ⟦-NR:4#########⟧", "rekvisition ⟦-NR:#######⟧"]),
    ("licence", &["licens ⟦-NR:##########⟧", "serienr. ⟦-NR:#### #### ####⟧"]),
    ("week", &["uge ⟦-NR:34 35 36 37⟧", "uge ⟦-NR:12-15⟧"]),
    ("version", &["version ⟦-NR:10.0.19045⟧", "build ⟦-NR:2025.1.##.####⟧", "⟦-NR:192.168.1.44⟧"]),
    ("law", &["⟦-LOV:§ 6, stk. 2⟧", "jf. ⟦-LOV:LBK nr. 1223 af 2024⟧", "PAV ⟦-LOV:22.4.3⟧"]),
];

fn made(ways: &[&str], carriers: &[&str], seed: u64) -> Vec<Marked> {
    let mut chance = Chance::new(seed);
    let one = |at: usize| {
        // Ways and carriers have no common rhythm, so that every pair comes up.
        let way = ways[at % ways.len()];
        let carrier = chance.one(carriers).replace("{}", way);
        marked(&format!("{at} {way}"), &carrier, &mut chance)
    };
    (0..TEXTS).map(one).collect()
}

fn mails(seed: u64) -> Vec<Marked> {
    let mut chance = Chance::new(seed);
    let one = |at: usize| {
        let number = chance.below(1000);
        let local = LOCAL[at % LOCAL.len()];
        let local =
            if at.is_multiple_of(3) { format!("{local}{number}") } else { local.to_owned() };
        let mail = format!("⟦MAIL:{local}@{}⟧", chance.one(&PLACES));
        marked("mail", &chance.one(&MAIL_CARRIERS).replace("{}", &mail), &mut chance)
    };
    (0..TEXTS).map(one).collect()
}

#[track_caller]
fn check(name: &str, kind: &str, texts: &[Marked], floor: f64) {
    let tally = Tally::of(texts);
    tally.print(&format!("made {name}: {} texts", texts.len()));
    let count = tally.sum(&[kind]);
    for fault in tally.faults.iter().take(12) {
        println!("{fault}");
    }
    assert!(count.marked >= 3_000, "{name}: {} of them", count.marked);
    let recall = count.found as f64 / count.marked as f64;
    assert!(recall >= floor, "{name}: {} of {} found", count.found, count.marked);
}

#[test]
fn made_personal_data_is_found() {
    check("CPR", "CPR", &made(&CPR, &CPR_CARRIERS, 1), 0.999);
    check("phones", "TLF", &made(&PHONE, &PHONE_CARRIERS, 2), 0.99);
    check("accounts", "KONTO", &made(&ACCOUNT, &ACCOUNT_CARRIERS, 3), 0.98);
    check("IBANs", "IBAN", &made(&IBAN, &IBAN_CARRIERS, 4), 0.999);
    check("cards", "KORT", &made(&CARD, &CARD_CARRIERS, 5), 0.999);
    check("mails", "MAIL", &mails(6), 0.999);
}

#[test]
fn what_only_looks_like_personal_data_is_left() {
    let mut chance = Chance::new(7);
    let mut masked = 0;
    let mut all = 0;
    for (name, ways) in NONE {
        let one = |at: usize| {
            marked(name, &format!("Vi har {} i dag.", ways[at % ways.len()]), &mut chance)
        };
        let texts: Vec<Marked> = (0..NEGATIVES).map(one).collect();
        let tally = Tally::of(&texts);
        let wrong: usize = tally.kinds.values().map(|count| count.acted - count.right).sum();
        println!("{name:<18}{:>6} texts, {wrong} masked", texts.len());
        for fault in tally.faults.iter().take(4) {
            println!("  {fault}");
        }
        masked += wrong;
        all += texts.len();
    }
    println!("hard negatives made: {all}, masked {masked}");
    assert!(masked * 100 <= all, "{masked} of {all}");
}
