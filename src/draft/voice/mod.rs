//! A source's sentence, spoken from us to the reader, by lists that can be read (`index/lexicon/voice.toml`).
//!
//! Takes: a source's sentence, which speaks of SAM and kunden, and the names of the reader's institution.
//! Gives: the sentence with vi and I in their places; nothing where the source's words stand.
//! Never: rewrites a sentence in part: one place that no rule knows, and it stands as it was.

mod tokens;
mod roles;
mod edits;

use crate::draft::voice::edits::rewritten;
use crate::draft::voice::roles::Reading;

/// The sentence with SAM as vi and the reader as I; nothing if no word changes or a rule is not certain.
///
/// `own_names` are the names of the reader's institution, as its drejebog has them.
pub(crate) fn addressed(sentence: &str, own_names: &[&str]) -> Option<String> {
    let mut reading = Reading::of(sentence, own_names);
    if !reading.may_be_rewritten() {
        return None;
    }
    reading.find_roles()?;
    let mut edits = reading.pronouns();
    edits.extend(reading.reflexives()?);
    edits.extend(reading.predicates()?);
    rewritten(sentence, edits)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected sentence; an empty one where the source's words stand.
    #[track_caller]
    fn check(sentence: &str, own_names: &[&str], expected: &str) {
        let expected = Some(expected.to_owned()).filter(|text| !text.is_empty());
        assert_eq!(addressed(sentence, own_names), expected, "{sentence}");
    }

    #[test]
    fn a_subject_before_its_verb() {
        check("SAM retter fejlen i lønsystemet.", &[], "Vi retter fejlen i lønsystemet.");
        check("Kunden kan følge sagen.", &[], "I kan følge sagen.");
        check("Statens Administration sender listen.", &[], "Vi sender listen.");
        check(
            "Ferieregnskabet er klart, og SAM taster.",
            &[],
            "Ferieregnskabet er klart, og vi taster.",
        );
        check(
            "SAM opretter sagen, så kunden ikke skal bestille igen.",
            &[],
            "Vi opretter sagen, så I ikke skal bestille igen.",
        );
        check(
            "Drejebogen viser, om institutionen selv har BSL, eller om SAM har det.",
            &[],
            "Drejebogen viser, om I selv har BSL, eller om vi har det.",
        );
        check(
            "Skriv forløbet, selv om SAM ikke kan lægge det ind.",
            &[],
            "Skriv forløbet, selv om vi ikke kan lægge det ind.",
        );
        check(
            "Kunden vælger årsagen, for kunden kender grunden.",
            &[],
            "I vælger årsagen, for I kender grunden.",
        );
        check(
            "Siden viser, hvilke spørgsmål SAM ikke svarer på.",
            &[],
            "Siden viser, hvilke spørgsmål vi ikke svarer på.",
        );
        check(
            "De timer, institutionen betaler, står på sedlen.",
            &[],
            "De timer, I betaler, står på sedlen.",
        );
        check("Kunden bedes sende bilaget.", &[], "I bedes sende bilaget.");
        check(
            "Kunden får besked, så snart SAM har svaret.",
            &[],
            "I får besked, så snart vi har svaret.",
        );
        check("Beløbet er klar; SAM sender det.", &[], "Beløbet er klar; vi sender det.");
        check(
            "Der er én afvigelse: SAM har adgangen.",
            &[],
            "Der er én afvigelse: Vi har adgangen.",
        );
        check(
            "Før SAM behandler bestillingen, skal den godkendes.",
            &[],
            "Før vi behandler bestillingen, skal den godkendes.",
        );
    }

    #[test]
    fn a_subject_behind_its_verb() {
        check(
            "Har SAM lavet fejlen, skal kunden ikke sende en blanket.",
            &[],
            "Har vi lavet fejlen, skal I ikke sende en blanket.",
        );
        check(
            "Bruger institutionen SLS, søges fonden automatisk.",
            &[],
            "Bruger I SLS, søges fonden automatisk.",
        );
        check("Fra 8. april 2024 melder kunden fejlen.", &[], "Fra 8. april 2024 melder I fejlen.");
        check(
            "For regnskabskunder sørger SAM for standsningen.",
            &[],
            "For regnskabskunder sørger vi for standsningen.",
        );
        check("Derefter kontakter SAM kommunen.", &[], "Derefter kontakter vi kommunen.");
        check(
            "Om et beløb er honorar, afgør institutionen.",
            &[],
            "Om et beløb er honorar, afgør I.",
        );
        check(
            "Er SAM i tvivl om, hvorvidt fejlen er SAMs, taler SAM med kunden.",
            &[],
            "Er vi i tvivl om, hvorvidt fejlen er vores, taler vi med jer.",
        );
        check(
            "Er SAM skyld i fejlen, og har SAM bilaget, udbetales beløbet.",
            &[],
            "Er vi skyld i fejlen, og har vi bilaget, udbetales beløbet.",
        );
        check(
            "Når fejlen er fundet, sender SAM kunden en mail.",
            &[],
            "Når fejlen er fundet, sender vi jer en mail.",
        );
        check("Den opgave har kunden.", &[], "Den opgave har I.");
        check("Den opgave løser SAM.", &[], "");
        check(
            "Før tastede SAM, men nu taster kunden selv.",
            &[],
            "Før tastede vi, men nu taster I selv.",
        );
        check(
            "Engangsydelser lå hos SAM, men nu taster kunden selv.",
            &[],
            "Engangsydelser lå hos os, men nu taster I selv.",
        );
        check("SAM retter fejlen, giver kunden besked og lukker sagen.", &[], "");
        check("Det, som har SAM som modtager, sendes.", &[], "");
    }

    #[test]
    fn an_object() {
        check("Ved en fejl giver SAM kunden besked.", &[], "Ved en fejl giver vi jer besked.");
        check("SAM giver kunden besked.", &[], "Vi giver jer besked.");
        check(
            "SAM finder sagen og giver kunden besked.",
            &[],
            "Vi finder sagen og giver jer besked.",
        );
        check("Medarbejderen kontakter SAM.", &[], "Medarbejderen kontakter os.");
        check("Før medarbejderen kontakter SAM, spørges HR.", &[], "");
        check(
            "Sagen venter, indtil kundepartner giver kunden besked.",
            &[],
            "Sagen venter, indtil kundepartner giver jer besked.",
        );
        check("Kunden kan kontakte SAM.", &[], "I kan kontakte os.");
        check("Kontakt SAM, hvis beløbet er forkert.", &[], "Kontakt os, hvis beløbet er forkert.");
        check("Giv kunden besked om fejlen.", &[], "");
        check("SAM giver ikke kunden besked.", &[], "");
        check("Det giver SAM besked om.", &[], "");
        check("Opgaven sender SAM videre.", &[], "");
        check(
            "Standardopgavesplittet lader kunden bestille.",
            &[],
            "Standardopgavesplittet lader jer bestille.",
        );
        check("Sagen, der hjælper kunden, er lukket.", &[], "Sagen, der hjælper jer, er lukket.");
        check("Spørgsmålet svarer SAM på.", &[], "");
        check("En kvittering sender SAM en gang om ugen.", &[], "");
        check("Her hjælper SAM ikke kunden.", &[], "");
        check("SAM gør kunden opmærksom på fejlen.", &[], "Vi gør jer opmærksomme på fejlen.");
    }

    #[test]
    fn after_a_preposition() {
        check(
            "Sygefravær meldes til SAM senest 28 dage efter.",
            &[],
            "Sygefravær meldes til os senest 28 dage efter.",
        );
        check("Lønnen standses af SAM.", &[], "Lønnen standses af os.");
        check(
            "Bestillingen skal være hos SAM 2 dage før.",
            &[],
            "Bestillingen skal være hos os 2 dage før.",
        );
        check(
            "Tilkøbet flytter opgaven fra kunden til SAM.",
            &[],
            "Tilkøbet flytter opgaven fra jer til os.",
        );
        check("Overhold fristen over for SAM.", &[], "Overhold fristen over for os.");
        check("SAM kan ikke godkende for kunden.", &[], "Vi kan ikke godkende for jer.");
        check("SAM venter på kunden.", &[], "Vi venter på jer.");
        check(
            "En anden person i institutionen skal godkende.",
            &[],
            "En anden person hos jer skal godkende.",
        );
        check("I institutionen skal en anden godkende.", &[], "Hos jer skal en anden godkende.");
        check("Afgørelsen ligger hos lønadministrationen i SAM.", &[], "");
        check("Spørgsmålet ligger uden for SAM.", &[], "");
        check("Fristen for kunden er 5 dage.", &[], "");
        check("Afrapporteringen for kunden sendes pr. mail.", &[], "");
        check("Sekretariater under institutionen konteres for sig.", &[], "");
        check(
            "Godkendelsen skal komme fra kunden selv.",
            &[],
            "Godkendelsen skal komme fra jer selv.",
        );
        check(
            "Et brev til SAM er ikke en bestilling.",
            &[],
            "Et brev til os er ikke en bestilling.",
        );
        check("Betaling til SAM, som udsteder fakturaen, sker straks.", &[], "");
        check("Drejebogen gælder for Banedanmark, løngruppe 912.", &["Banedanmark"], "");
    }

    #[test]
    fn whose_it_is() {
        check("Ferieregnskabet er kundens ansvar.", &[], "Ferieregnskabet er jeres ansvar.");
        check("SAMs regnskabskunder bruger RejsUd.", &[], "Vores regnskabskunder bruger RejsUd.");
        check("Tilkøbet står i institutionens drejebog.", &[], "Tilkøbet står i jeres drejebog.");
        check(
            "Var bestillingen mangelfuld, er fejlen ikke SAMs.",
            &[],
            "Var bestillingen mangelfuld, er fejlen ikke vores.",
        );
        check(
            "Læs de adviser, der er kundens, når de kommer.",
            &[],
            "Læs de adviser, der er jeres, når de kommer.",
        );
        check("Lad kundens 2. godkender godkende.", &[], "Lad jeres 2. godkender godkende.");
        check("SAMs og kundens adviser er delt.", &[], "");
        check("SAM søger på kundens vegne.", &[], "Vi søger på jeres vegne.");
        check("Statens Administrations frist er 28 dage.", &[], "Vores frist er 28 dage.");
        check("Alle tal for hele institutionens løn er med.", &[], "");
    }

    #[test]
    fn what_is_said_to_be_it() {
        check(
            "Er det SAM, der har tastet forkert, skal intet sendes.",
            &[],
            "Er det os, der har tastet forkert, skal intet sendes.",
        );
        check(
            "Som standard er det kunden, der taster.",
            &[],
            "Som standard er det jer, der taster.",
        );
        check("Det er ikke SAM, der har tastet.", &[], "Det er ikke os, der har tastet.");
        check("Uden tilkøb er det kundens opgave.", &[], "Uden tilkøb er det jeres opgave.");
    }

    #[test]
    fn sin_and_sig() {
        check(
            "SAM gentager ikke nummeret i sit svar.",
            &[],
            "Vi gentager ikke nummeret i vores svar.",
        );
        check(
            "Institutionen kan ikke bygge sin egen skabelon.",
            &[],
            "I kan ikke bygge jeres egen skabelon.",
        );
        check("Kunden skal melde sig hos SAM.", &[], "I skal melde jer hos os.");
        check(
            "Medarbejderen melder sig syg efter institutionens regler.",
            &[],
            "Medarbejderen melder sig syg efter jeres regler.",
        );
        check(
            "Har en medarbejder spørgsmål til sin skat, henviser institutionens HR videre.",
            &[],
            "Har en medarbejder spørgsmål til sin skat, henviser jeres HR videre.",
        );
        check("Kunden minder medarbejderen om sin ferie.", &[], "");
        check("SAM beder kunden om at sende sin blanket.", &[], "");
        check(
            "Grænsen gælder, når institutionen ikke har en anden, egen grænse i sin drejebog.",
            &[],
            "",
        );
        check("Kunden og medarbejderen har hver sin blanket.", &[], "");
        check(
            "Betaling til institutionen ændrer ikke registret af sig selv.",
            &[],
            "Betaling til jer ændrer ikke registret af sig selv.",
        );
    }

    #[test]
    fn what_is_said_of_many() {
        check(
            "Kunden er ansvarlig for ferieregnskabet.",
            &[],
            "I er ansvarlige for ferieregnskabet.",
        );
        check(
            "Er kunden ikke enig i svaret, skal sagen genåbnes.",
            &[],
            "Er I ikke enige i svaret, skal sagen genåbnes.",
        );
        check("Kunden skal være opmærksom på fristen.", &[], "I skal være opmærksomme på fristen.");
        check(
            "Om institutionen er regnskabskunde, ses i drejebogen.",
            &[],
            "Om I er regnskabskunde, ses i drejebogen.",
        );
        check("SAM er bemyndiget til at rette.", &[], "Vi er bemyndiget til at rette.");
        check("Kunden er stor.", &[], "");
        check("Kunden er den eneste, der kan godkende.", &[], "");
        check("Kunden står som ansvarlig.", &[], "");
        check(
            "Er institutionen i tvivl om skatten, afklares den hos Skattestyrelsen.",
            &[],
            "Er I i tvivl om skatten, afklares den hos Skattestyrelsen.",
        );
    }

    #[test]
    fn own_names() {
        let own = ["Udlændingestyrelsen"];
        let short = ["Udlændingestyrelsen", "styrelsen"];
        check(
            "Udlændingestyrelsen fører selv ferieregnskabet.",
            &own,
            "I fører selv ferieregnskabet.",
        );
        check("Udlændingestyrelsen fører selv ferieregnskabet.", &["Banedanmark"], "");
        check(
            "SAM standser ikke løn for Udlændingestyrelsen, fordi styrelsen ikke er kunde.",
            &short,
            "Vi standser ikke løn for jer, fordi I ikke er kunde.",
        );
        check(
            "SAM standser ikke løn for Udlændingestyrelsen, fordi styrelsen ikke er kunde.",
            &own,
            "",
        );
        check(
            "Styrelsen vedligeholder selv sine P-numre og giver SAM besked.",
            &short,
            "I vedligeholder selv jeres P-numre og giver os besked.",
        );
        check("Skattestyrelsen svarer, når styrelsen har spurgt.", &short, "");
        check(
            "Slots- og Kulturstyrelsens maksgrænse er 70.000 kr. netto.",
            &["Slots- og Kulturstyrelsen"],
            "Jeres maksgrænse er 70.000 kr. netto.",
        );
        check(
            "Er chefen på orlov, kan rektor ved Det Kongelige Akademi underskrive.",
            &["Det Kongelige Akademi"],
            "Er chefen på orlov, kan rektor hos jer underskrive.",
        );
        check(
            "ITU's maksgrænse er 90.000 kr. netto.",
            &["ITU"],
            "Jeres maksgrænse er 90.000 kr. netto.",
        );
        check("Elever på ITU konteres særskilt.", &["ITU"], "Elever hos jer konteres særskilt.");
        check("Skriv til loen@us.example.", &["US"], "");
        check(
            "Hvert kontrolskib i Fiskeristyrelsen har sit eget nummer.",
            &["Fiskeristyrelsen"],
            "Hvert kontrolskib hos jer har sit eget nummer.",
        );
        check("Udlændingestyrelsen er med.", &[""], "");
    }

    #[test]
    fn what_is_left_alone() {
        check("En SAM-fejl meldes til Kundebetjening.", &[], "");
        check("Sagen SAM 2405-1351 er løst.", &[], "");
        check("Delvis sygdom meldes til SAM Refusion.", &[], "");
        check("Læs mere i 'Når kunden melder en fejl hos SAM'.", &[], "");
        check(
            "Kunden skriver 'SAM-fejl hos kunden' i mailen.",
            &[],
            "I skriver 'SAM-fejl hos kunden' i mailen.",
        );
        check("Læs vejledningen Kundens adviser.", &[], "");
        check("SAM og kunden aftaler det.", &[], "");
        check("Det aftales mellem kunden og SAM.", &[], "");
        check("Institutionen eller SAM opkræver beløbet.", &[], "");
        check("Kunden (institutionen) sender blanketten.", &[], "");
        check("Kunden, som ejer registret, retter selv.", &[], "");
        check("En institution kan aftale en grænse, og institutionens grænse gælder så.", &[], "");
        check("SAM betaler for regnskabskunder, når kunden har godkendt.", &[], "");
        check("Bruges, når kunden spørger om aconto.", &[], "");
        check("Her kan du læse, hvordan kunden bestiller.", &[], "");
        check("Kontrollér lovteksten, før kunden får svar.", &[], "");
        check("Vi skriver til kunden, når sagen er løst.", &[], "");
        check("I skal hjælpe kunden.", &[], "");
        check("Har institutionen en aftale, skal den forny aftalen.", &[], "");
        check("Fristen er 28 dage.", &[], "");
        check("20-06-2022. Statens Administration / Løn", &[], "");
        check("Et sagsnummer fra SAM består af SAM, år og måned.", &[], "");
        check("", &[], "");
    }
}
