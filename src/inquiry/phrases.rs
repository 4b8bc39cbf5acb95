//! The wordings by which parts and asks are told, one pattern for each kind.
//!
//! A space in a pattern stands for any white space; case never matters.

use std::sync::LazyLock;

use regex::Regex;

use crate::language;

#[expect(
    clippy::expect_used,
    reason = "the patterns are part of the program; `every_pattern_is_one` reads them in every test run"
)]
fn pattern(text: &str) -> Regex {
    let text = text.replace(" ?", r"\s*").replace(' ', r"\s+");
    language::pattern(&text).expect("a fixed pattern")
}

macro_rules! patterns {
    ($($(#[$doc:meta])* $name:ident = $($text:literal)+;)*) => {
        $($(#[$doc])* pub(crate) static $name: LazyLock<Regex> =
            LazyLock::new(|| pattern(concat!($($text),+)));)*
        #[cfg(test)]
        static ALL: &[&LazyLock<Regex>] = &[$(&$name),*];
    };
}

patterns! {
    // Parts.

    /// How a message opens.
    GREETING =
        r"^\s*(?:hej|hejsa|heyy?|hi|hello|hallo|dear|kære|goddag|dav|davs|halløj"
        r"|god (?:morgen|dag|formiddag|eftermiddag|aften)|guten tag|sehr geehrte\w*"
        r"|liebe\w*|til (?:rette vedkommende|sam|kundebetjening\w*|statens administration"
        r"|hvem det))\b";
    /// Words that go on in a greeting: whom it greets.
    GREETED =
        r"^(?:[,/&\s]|igen|alle|med jer|til jer|jer|dig|du|i|der|sammen|og|kolleger|venner"
        r"|team\w*|sam|kb|kundebetjening\w*|løn|refusion|regnskab|statens|administration"
        r"|support\w*|derude|hej|hi|hello|all|there|sir|madam|or|everyone)$";
    /// How a message ends, at the start of a line.
    SIGN_OFF =
        r"^\s*(?:(?:tak|mange tak"
        r"|på forhånd tak)[,.!]? (?:og )?)?(?:(?:med )?(?:de )?(?:venlig(?:e|ste|st)?"
        r"|bedste|kærlige?|mange|gode|hjertelige?|rigtig god) hils(?:en|ner)\b|hils(?:en"
        r"|ner)\b|(?:mvh|m\.v\.h|mvhs|vh|v\.h|bh|kh|dbh|b\.h)\b\.?|(?:best|kind|warm"
        r"|kindest|many) (?:regards|wishes)\b|regards\b|(?:yours )?sincerely\b|cheers\b"
        r"|(?:best|br)[.,]?\s*$|mit freundlichen\b|mfg\b|viele grüße)";
    /// How a message ends when it ends in the middle of its last line.
    SIGN_OFF_INLINE =
        r"[.!?,;)\s]\s*((?:med )?(?:venlig|bedste|mange) hils(?:en|ner)\b.*|\b(?:mvh|vh|bh"
        r"|kh|dbh)\b\.?.*)$";
    /// A name after a slash: `/Kirsten P.`, `//hr`.
    SLASHED = r"^\s*//?\s?\p{L}[\p{L}.-]*(?: [\p{L}.-]+){0,3}\s*$";
    /// The initials of who took the note, at its very end: `-MB`, `/hkj 9.40`.
    INITIALS =
        r"(?:[.!?)\s])\s*([-–/]{1,2}\s?\p{L}{2,4}\.?(?: (?:kl\.? ?)?\d{1,2}[.:]\d{2})?)\s*$";
    /// What a mail program or a telephone writes below.
    SENT_FROM =
        r"^\s*(?:sendt fra (?:min|outlook|mail)|sent from (?:my|outlook|mail)|hent outlook"
        r"|get outlook|--\s*$|_{5,}\s*$)";
    /// A line of a business card.
    CONTACT =
        r"(?:\b(?:tlf|telefon|mobil|direkte|phone|tel|cvr|ean|fax)\b[\s.:nr]*\+?\d)"
        r"|^\s*(?:e-?mail:?\s*)?[\w.+-]+@[\w.-]+\.\w+\s*$|^\s*(?:https?://|www\.)\S+\s*$"
        r"|\b\d{4} \p{Lu}\p{L}+(?: \p{Lu}{1,2})?\s*$";
    /// Words of law that a mail server adds.
    DISCLAIMER =
        r"(?:rette|tilsigtede|rigtige|forkerte) modtager|modtaget (?:denne|mailen"
        r"|e-?mailen)\b.*\bved en fejl|denne (?:e-?mail|mail|meddelelse"
        r"|besked)(?: og\b[^.]*)? (?:kan indeholde|indeholder|er fortrolig|er kun)"
        r"|intended (?:recipient|only|solely)|this (?:e-?mail"
        r"|message)(?: and\b[^.]*)? (?:may contain|is confidential|contains)"
        r"|tænk på miljøet|before printing|læs (?:mere )?om (?:vores"
        r"|hvordan vi) (?:behandl\w+ (?:af )?)?person(?:data|oplysninger)|(?:privatlivs"
        r"|persondata)politik\b.*(?:her|www|http)|confidentiality notice"
        r"|received this (?:e-?mail|message) in error";
    /// A line that stands above an earlier message.
    SEPARATOR =
        r"^\s*(?:[-_=*]{2,}\s*)?(?:oprindelig (?:meddelelse|besked|mail|e-?mail)"
        r"|original (?:message|besked|meddelelse)|videresendt (?:meddelelse|besked|mail"
        r"|e-?mail)|forwarded (?:message|by\b.*)|start på videresendt (?:besked|meddelelse"
        r"|mail)|begin forwarded message"
        r"|ursprüngliche nachricht)\s*:?\s*(?:[-_=*]{2,})?\s*$";
    /// A header of an earlier message.
    HEADER =
        r"^\s*\*?(?:fra|from|von|sendt|sent|gesendet|dato|date|datum|til|to|an|cc|kopi|bcc"
        r"|emne|subject|betreff|vedr|vedhæftede filer|attachments|prioritet|importance"
        r"|reply-to)\s*:\*?";
    /// The header that says who wrote it.
    HEADER_FROM = r"^\s*\*?(?:fra|from|von)\s*:";
    /// "Den 3. maj 2025 kl. 9.12 skrev Mona Prøvesen:".
    ATTRIBUTION =
        r"^\s*(?:den|d\.|on|am|man|tirs?|ons|tors?|fre|lør|søn)\b.{3,160}\b(?:skrev|wrote"
        r"|schrieb)\b.{0,120}:\s*$";
    /// The house itself, in a header or below its letters.
    HOUSE =
        r"statens-adm|statens administration|\bkundebetjening\w*|\bsam(?:[ _-]?(?:løn"
        r"|refusion|regnskab|kb))\b|@sam\.|@statens|\bSAM\b.*\bsvar";
    /// A line after the signature that belongs to the text.
    POSTSCRIPT = r"^\s*(?:ps|p\.s)[.:]*\s";
    /// The mark of an item: number, letter or bullet.
    ITEM =
        r"^\s*(?:[-–—*•·▪◦]\s*|\(?(\d{1,2})[.)]\s*|\(?([a-hA-H])[.)]\s+|(?:spørgsmål"
        r"|spm\.?|ad|punkt|q) ?(\d{1,2})\s*[:.)-]\s*)";
    /// What follows an ordinal that opens a line, so that it is no item.
    ORDINAL =
        r"^(?:rykker|ryk|gang|kørsel|lønkørsel|kvartal|halvår|godkender|januar|februar"
        r"|marts|april|maj|juni|juli|august|september|oktober|november|december|jan|feb"
        r"|mar|apr|jun|jul|aug|sep|okt|nov|dec|og \d)\b";

    /// The field of a form that asks, and its answer on the same line.
    FIELD =
        r"^\s*(?:[^?\n]{3,120}\?\s*[-–:]?|(?:angiv|vælg|beskriv|indtast|udfyld|skal|er|har"
        r"|hvilke[nt]?|hvad|hvem|hvornår|forretningskritisk|prioritet|kategori"
        r"|omfang)\b[^?:\n]{0,100}(?:\s[-–]|:))\s+";
    /// The field of a form, with its answer on the next line.
    FIELD_ALONE =
        r"^\s*(?:angiv|vælg|beskriv|indtast|udfyld|skal|er|har|hvilke[nt]?|hvad|hvem"
        r"|hvornår)\b[^?:\n]{2,100}[?:]\s*$";
    /// A number in the line that opens an item: "... 1) hvornår ... 2) hvem ...".
    INLINE_ITEM = r"(?:^|[\s:,;.?])(?:og |samt )?\(?([1-9]|[a-h])\)\s*";
    /// The same with a full stop, behind the end of a sentence and before a capital: "... 1. Hvem
    /// retter den? 2. Ved et skifte ...", but "den 1. november".
    INLINE_NUMBER = r"(?:^|[.:?!]) ?([1-9])\. (?-i:\p{Lu})|(?:^|\s)((?-i:[A-H])): ";

    // What asks.

    /// Where two clauses may meet.
    JOINT =
        r"(?P<and>(?:,\s*|\s)(?:og|samt|men|and|und)\s)|(?P<or>(?:,\s*|\s)ellers?\s)"
        r"|(?P<break>\s*\+\s*|;\s*|\s[-–—]\s|:\s|/)|(?P<comma>,\s)";
    /// What joins a lead to the ask that follows it.
    TRAILING_JOINT = r"[-–—+,;:\s]*(?:(?:\bog|\bsamt|\bmen|\band|\bund)\s*)?$";
    /// Words and marks that only join a clause to the one before.
    JOINING =
        r"^(?:[-–+*•\s(,;:/]+|(?:og|men|eller|samt|også|and|but|also|und|oder|spm|spørgsmål|q"
        r"|for det (?:første|andet|tredje|fjerde)|(?:desuden|derudover|endvidere|herudover"
        r"|yderligere|samtidig|ligeledes|endelig|hvis ja|hvis nej|hvis ikke|i så fald"
        r"|i givet fald|så|for)\s*[,:])\b?[\s,:.]*)+";
    /// Adverbs that join too; a verb right after them opens a statement.
    ADDING =
        r"^(?:desuden|derudover|endvidere|herudover|yderligere|samtidig|ligeledes|endelig"
        r"|så|for|derfor|hvis ja|hvis nej|hvis ikke|i så fald|i givet fald)\s+";
    /// An interrogative at the start of a clause, with a preposition before it if need be.
    INTERROGATIVE =
        r"^(?:(?:i|til|på|fra|med|for|efter|af|om|under|ved|hos|over|inden for|inden|per"
        r"|uden for|ud fra|mellem|gennem|mod|ad|pr\.?) )?(?:hv\.?|hvad|hva|hvd|vad|hvor|hvo|hvornår|hvornaar|vornår|hv(?:o|or)?nå?r|hvordan"
        r"|hvodan|hvorfor|hvem|vem|hvilken|hvilket|hvilke|hvorledes|hvortil|hvorfra"
        r"|hvormed|hvoraf|hvorvidt|hvorhen|when|what|how|who|which|where|why|whom|wann|wie"
        r"|warum|wer|welche[rsn]?)\b";
    /// A wh-word that opens no question: "Hvad angår", "Hvor der er", "Hvad vi mangler, er".
    RELATIVE =
        r"^(?:hvad (?:angår|der|end|enten)|hvor (?:der|vi|jeg|de|den|det|han|hun|i|man|end"
        r"|er det dejligt|heldigt|ærgerligt)|hvem (?:der|som|end)|how about nothing)\b";
    /// A verb that opens a yes-or-no question.
    FIRST_VERB =
        r"^(?:kan|kunne|skal|skulle|vil|ville|må|måtte|bør|burde|tør|behøver|er|var|har"
        r"|havde|bliver|blev|får|fik|gør|gjorde|kommer|kom|gælder|ligger|står|sker|tager"
        r"|giver|sender|ser|finder|betaler|udbetaler|udbetales|modtager|mangler|mister"
        r"|kører|passer|findes|betyder|dækker|tæller|regner|retter|sørger|starter|slutter"
        r"|beholder|bruger|indberetter|taster|opretter|godkender|lukker|åbner|gider|ved"
        r"|tror|mener|skylder|hører|fortsætter|bortfalder|udløser|optjener|indgår|fremgår"
        r"|stemmer|virker|husker|forstår|kender|anbefaler|kræver|can|could|do|does|did|is"
        r"|are|will|would|should|may|shall|have|has|können|könnte|kann|muss|müssen|ist"
        r"|sind|wird|gibt)\b";
    /// The few verbs that ask also without a question mark.
    MODAL =
        r"^(?:kan|kunne|skal|skulle|vil|ville|må|bør|burde|er|har|får|bliver|gider|can"
        r"|could|do|does|is|are|will|would|should|may|können|kann) ";
    /// A person as subject; `i` is settled by [`PREPOSITION_I`].
    PERSON = r"^(?:vi|i|jeg|du|han|hun|man|de|der|nogen|we|you|they|he|she|ich|wir|sie)\b";
    /// A thing as subject.
    THING =
        r"^(?:den|det|dette|denne|disse|begge|alle|alt|en|et|min|mit|mine|vores|jeres|hans"
        r"|hendes|deres|hele|selve|sådan|sådanne|noget|nogle|ens|it|there|this|that|the|a"
        r"|an|our|your|my|his|her|their)\b";
    /// `i` as a preposition: "er i gang", "har i dag".
    PREPOSITION_I =
        r"^i (?:dag|går|morgen|aften|år|stedet|øvrigt|gang|tvivl|forvejen|hvert|januar"
        r"|februar|marts|april|maj|juni|juli|august|september|oktober|november|december"
        r"|ugen?|sidste|forbindelse|forhold|henhold|drift|orden|den|det|en|et|sls|hr|shr"
        r"|navision|portalen|systemet|lønportalen|serviceportalen|statens)\b";
    /// A subordinate clause that its main clause follows: "Hvis vi betaler, er det ...".
    SUBORDINATE =
        r"^(?:hvis|når|da|såfremt|ifald|selv\s?om|fordi|siden|efter at|inden|mens|som"
        r"|dersom|eftersom|idet|medmindre|if|when|in case|wenn|ved|for at|under"
        r"|i forbindelse|i forhold|med hensyn|hvad angår|ift|vedr)\b[^,]*$";
    /// The opening of such a clause.
    SUBORDINATE_FIRST =
        r"^(?:hvis|når|såfremt|ifald|selv\s?om|dersom|if|when|in case|wenn|i tilfælde)\b";
    /// A clause that puts a condition: "Skal han stoppe, skriver I bare".
    CONDITION = r",\s*(?:så|skal|må|kan|vil|bør|skriver|ringer|giver|sender|er|retter) ";
    /// An order to say whether.
    SAYS_WHETHER =
        r"^(?:skriv|svar|oplys|bekræft|fortæl|sig|meld|afklar|undersøg|tjek)"
        r"(?: (?:mig|os|venligst|gerne|også|lige))*,? (?:om|hvorvidt)\b";
    /// Goes on with the date or the time before it: "fra 1/9. til 30/9.".
    GOES_ON_DATED = r"^(?:til|og|eller|el|i|den|d|kl|fra|om|på|pr)\b";
    /// "om" as the opening of a further indirect question.
    WHETHER = r"^(?:om|hvorvidt|whether|if|ob) ";

    /// Not knowing or asking, whoever it is that does.
    ASKS_INDIRECTLY =
        r"\b(?:(?:vil|ville|vi|jeg|at|gerne|have)(?: \w+){0,3} (?:vide|høre|spørge)"
        r"|vil vide|vil høre|sp(?:ø(?:r|rg)?|m|g)\.?|(?:fortælle|oplyse|forklare|bekræfte"
        r"|uddybe)(?: (?:mig|os))?|(?:fortæller|skriv|skrive|sige) (?:mig|os)|til at (?:sige|skrive|svare)|spørger(?: \w+){0,3}|spurgt(?: \w+){0,2}|spurgte(?: \w+){0,2}|forespørger|efterspørger|gad vide"
        r"|undrer sig(?: over)?|bed(?:er|es|e) (?:om )?(?:at få )?(?:oplyst|bekræftet"
        r"|afklaret|vide|svar på)|jeres (?:vurdering|holdning|bud|råd|anbefaling|udmelding|syn|mening) (?:af|på|om|til)|know|ask(?:s|ing)?|asked|wondering|wissen)(?:,| (?:til|jer|os|vi"
        r"|jeg|mig|lige|også|igen|nu))*,? \W?(?:om|hvorvidt|hv\w*|when|what|how|who|which|where"
        r"|why|whether|if|ob|wann|wie)\b";
    /// Not knowing, when it is the sender that does.
    IN_DOUBT =
        r"\b(?:ved (?:heller |faktisk |desværre )?ikke|ikke ved|forstår ikke|(?:kan"
        r"|kunne) (?:heller |desværre )?ikke (?:helt |lige )?(?:se|finde ud af|regne ud"
        r"|gennemskue|forstå|huske|finde|læse)|finde ud af|er (?:(?:meget|lidt|også|vi|jeg|for os|stadig|fortsat|imidlertid) )*(?:i tvivl om"
        r"|usikre? på|uklart|usikkert)|skal (?:også |desuden )?bruge|efterlyser|undrer (?:os|mig)(?: over)?|tænker på|spekulerer på"
        r"|overvejer|mangler (?:også |fortsat |stadig )?(?:at (?:vide|få at vide|høre)"
        r"|svar på|afklaring (?:af|på)|besked om|viden om|oplysning om)|(?:brug for"
        r"|nødt til|ønsker) (?:at )?(?:få )?(?:vide|kende|svar på|en afklaring af"
        r"|at få at vide|at vide|oplyst|bekræftet)|spørgsmålet er|uklart for os"
        r"|(?:oplysning\w*|besked|vejledning|information\w*|bekræftelse|svar|afklaring"
        r"|rådgivning) (?:om|på|i|af))(?: \w+){0,2}?,?(?: er)?,? (?:om|hvorvidt|hv\w+)\b";
    /// Seeking to know, in whatever words: "jeg aner ikke, om", "sig mig også, hvilken dag".
    SEEKS =
        r"\b(?:aner ikke|anede ikke|ingen (?:id[eé]|anelse|viden) om|ikke kunnet finde|forstår (?:\w+ )?ikke|ikke (?:helt )?klart"
        r"|tænk(?:er|te) på|skal vide|kindly advise|efterspørger|ikke (?:helt )?(?:sikker|klar over)|uvist|usikker(?:t|e)?|nysgerrige? "
        r"(?:på|efter)|spændte? på|undrer|wonder(?:s|ing)?|spørgsmålet (?:er|lyder|bliver)|sig (?:mig|os)"
        r"|fortæl(?:le|t)?|forklar(?:e|et)?|(?:få|have) (?:oplyst|afklaret|belyst|bekræftet)|klarhed (?:over|om)"
        r"|forklaring på|klogere på|(?:skøn|overblik|svar|klarhed) over|drejer sig om|(?:glad|taknemmelig|interesseret) (?:for|i) at (?:vide|høre|få)"
        r"|(?:rart|godt|fint|dejligt|nyttigt|interessant) at (?:vide|høre|få|kende)|at få at vide|mangler at)"
        r"\b[^.?!]{0,60}?\b(?:om|hvorvidt|hv\w+|where|when|what|how|who|which|whether|if)\b";
    /// Taking for granted what wants to be confirmed: "det går jeg ud fra, at I ordner".
    ASSUMES =
        r"\b(?:(?:går|gik) (?:jeg|vi) ud fra|regner (?:jeg|vi) (?:da |så )?med|(?:jeg|vi) (?:går ud fra|regner med"
        r"|antager|forudsætter|formoder)|formoder (?:jeg|vi)|antager (?:jeg|vi)),? (?:at )?(?:i|vi|det|den|de|man)\b";
    /// The same, of an answer to this very mail.
    ASSUMES_ANSWER = r"\b(?:svar\w*|hører|besked|vender tilbage|tilbagemelding|ringer|kontakter)\b";
    /// Someone's wish for something of ours: "direktionen vil gerne have et regneark på mail".
    WISHED =
        r"\b(?:vil|ville|ønsker|kunne) (?:\w+ ){0,3}(?:have|ha|få|modtage|se) (?:\w+ ){0,8}"
        r"(?:på mail|pr\.? mail|på skrift|tilsendt|sendt|forklaring\w*|regneark\w*|liste\w*|oversigt\w*|udtræk\w*"
        r"|kopi\w*|rapport\w*|kvittering\w*|bekræftelse\w*)\b|\bwould (?:\w+ )?like you to\b"
        r"|\b(?:vi|jeg) (?:\w+ )?(?:mangler|savner|efterlyser|skal bruge|har (?:\w+ )?brug for) (?:\w+ ){0,4}"
        r"(?:opgørelse\w*|beskrivelse\w*|liste\w*|oversigt\w*|kopi\w*|vejledning\w*|skabelon\w*|erklæring\w*"
        r"|dokumentation|udskrift\w*|redegørelse\w*|bekræftelse\w*|forklaring\w*|link|udtræk\w*)\b"
        r"|\b(?:brug for|behov for|mangler) (?:\w+ )?at (?:kende|få|vide|høre|se)\b";
    /// A wish in the words of courtesy: "det ville være en hjælp, hvis I kunne".
    HOPES =
        r"\b(?:hvis i (?:kunne|kan|ville|vil|har mulighed for)|håber (?:vi|jeg),? (?:at )?i (?:kan|vil|når)"
        r"|(?:vi|jeg) håber,? (?:at )?i (?:kan|vil|når)|håber på (?:hurtig |snarlig )?hjælp|imødeser"
        r"|ser (?:gerne|helst)|(?:vi|jeg) savner|savner (?:vi|jeg|stadig|fortsat|svar)|(?:vi|jeg) hører gerne,? (?:om|hv\w+)"
        r"|hører (?:vi|jeg) gerne,? (?:om|hv\w+)|undrer (?:os|mig|sig)(?: over)?,? at|mon (?:ikke )?(?:i|vi|det|der|man)"
        r"|could (?:you|someone|anyone)|(?:vi|jeg) foreslår|må i (?:lige |venligst |gerne |meget |godt )*\w+(?:e|re)\b"
        r"|brug for (?:en |et |at )?(?:bekræftelse|kvittering|dokumentation|adgang|hjælp|vejledning|oversigt|liste|svar|råd"
        r"|afklaring|få)|need (?:access|help|to know|an?)|appreciate)\b";
    /// Work that is ordered, whoever is to do it: "bedes indtastet", "skal flyttes til".
    ORDERS =
        r"\b(?:bedes(?: \w+){0,2} \w+(?:et|t|es)|anmodes om|beder (?:\w+ ){0,2}om,? at|insisterer på|forlanger|vær(?:e)? sød at"
        r"|lad os få|magtpåliggende|husk at (?:sende|give|få)|vil have (?:\w+ )?(?:kørt|rettet|ændret|lavet|oprettet|slettet|os til)|(?:der )?ønskes(?: \w+){1,4}|(?:vi|jeg|han|hun|de) ønsker (?:\w+ ){1,6}\w+(?:et|t)"
        r"|(?:skal|bør|må) (?:\w+ ){0,2}(?:lægges sammen|eskaleres|opdateres|flyttes|slettes|rettes|ændres|oprettes|stoppes|lukkes|åbnes|nulstilles|tilbageføres|udbetales"
        r"|korrigeres|omposteres|nedlægges|tilføjes|fjernes)|venligst|venl\.|(?:vi|jeg) skal (?:også |desuden |derfor )?bruge)\b";
    /// The same at the head of a form or a note.
    ORDERS_FIRST =
        r"^(?:anmodning om|behov for|rekvirering|indtastning|bestilling af|oprettelse af|ændring af|sletning af|request"
        r"|bedt om|spurgt ind|efterspørger|klager|mon|ønske (?:om|fra)|skal (?:bruge|have|slettes|rettes|ændres|oprettes|flyttes)|søger|efterlyser"
        r"|anmoder om|beder (?:os|om|jer)|foreslår|undrer sig|ønsker|går ud fra|mangler|kan ikke|bliver ved med)\b";
    /// The field of a form in which its writer says what is to be done.
    WISH_FIELD =
        r"^\s*(?:felt \d+ ?[:.-]? ?)?(?:ønske\w*(?: \w+){0,2}|ønsket \w+|bestillings?\w*|opgave|handling|anmodning)\s*:\s+"
        r"|^\s*hvad (?:ønsker|vil) du[^?\n]{0,40}\?\s+";
    /// Begging for something, after which another may follow: "vi vil bede om, at A, og at B".
    BEGS = r"\b(?:bede|beder|anmode|anmoder) (?:jer )?om,? at\b|\bsikre (?:mig|os),? at\b";
    /// Orders what the items below hold: "ret venligst følgende:".
    ORDERS_BELOW =
        r"^(?:\w+ ){0,3}(?:ret|ændr|opdater|slet|opret|luk|stop|send)\w*\b[^?]*\bfølgende\b[^?]*:\s*$";
    /// What does not work, in a form that is filled in to have it mended.
    BROKEN =
        r"\b(?:(?:kommer|virker|fungerer|reagerer|passer|stemmer|går|ligger|er|vises|fremgår|åbner|starter|loader) "
        r"(?:\w+ ){0,2}ikke|går ned|ligger fast|sidder fast|hænger|rod i|haster|kan ikke passe|grå\b|fejler|frosset"
        r"|forkert\w*|mangler|afvist|afvises|dobbelt|tom|blank|låst|spærret)\b";
    /// Telling what is settled, so that nothing in it asks.
    SETTLED =
        r"\b(?:(?:er|blev) (?:nu |allerede |blevet |selv |også )*(?:løst|afklaret|ordnet|annulleret)|så der er ikke mere"
        r"|(?:vi|jeg) har (?:nu |selv |allerede |i går |jo |lige )*(?:rettet|løst|ordnet|fået rettet|fundet ud af|fået at vide"
        r"|fået svar|spurgt|ændret|slettet)|den er rettet|har svaret (?:dem|ham|hende|kommunen)|er afgjort|(?:du|i) spurgte|har (?:vi|jeg) valgt|intet,? der haster"
        r"|(?:jeg|vi) har rykket|fik (?:besked om, at|forklaret)|forklaret hv\w+|svar fra (?:fagforening\w*|kommune\w*|leverandør\w*)|(?:ikke|ej) længere (?:aktuel\w*|relevant\w*)|nu forstår (?:jeg|vi)"
        r"|det var (?:rart|godt|fint|dejligt|mig|os)|ligegyldig\w*|bare så i ved|til (?:jeres )?(?:orientering|info\w*)"
        r"|som (?:i skrev|aftalt|nævnt|oplyst|bekendt)|ved (?:vi |jeg )?godt|ringet forkert|vores egen (?:fejl|firewall)"
        r"|er ikke set siden|mangler (?:der )?ikke|men kunne godt se|(?:har|havde) fået at vide|(?:vi|jeg) er (?:klar over|opmærksomme? på|bekendt med)|er (?:vi|jeg) (?:klar over|opmærksomme? på|bekendt med)|gør ingen forskel"
        r"|(?:ifølge|iflg\.?|efter) (?:\w+ )?(?:cirkulær\w*|stk|kvittering\w*))\b"
        r"|^(?:uanset|annulleret|hv\w+ der har)\b";
    /// Leave that is asked for: "hvis I siger god for det", "hvis I vil sende en mand".
    LEAVE = r"\bhvis i (?:siger god for|er med på|kan gå med til|(?:vil|kan|gider) (?:\w+ ){0,3}(?:sende|rette"
        r"|ordne|oprette|lave|slette|lukke|åbne|flytte|stoppe))\b";
    /// A wish that we do something: "vi vil gerne have ...".
    WISHES =
        r"\b(?:vi|jeg) (?:vil|skal|må)(?: \w+){0,2} bede\b|\b(?:vil|skal|må) (?:vi"
        r"|jeg)(?: \w+){0,2} bede\b|\b(?:vi|jeg)(?: \w+)? (?:vil|ville|kunne|skal"
        r"|skulle)(?: \w+){0,2} (?:gerne|godt)(?: \w+){0,2} (?:have|ha|bede|modtage|få|se"
        r"|anmode|tænke)\b|\b(?:vil|ville|kunne|skal) (?:vi|jeg)(?: \w+){0,2} (?:gerne"
        r"|godt)(?: \w+){0,2} (?:have|ha|bede|modtage|få|se|anmode)\b|\b(?:vi"
        r"|jeg) (?:skal |vil |må )?(?:beder?|anmoder?)\b|\b(?:må|skal) (?:i|du)(?: \w+){0,2} gerne\b"
        r"|\b(?:vil|ønsker) (?:have|ha) jer til\b"
        r"|\b(?:i|du) (?:må|skal|bør)(?: \w+)? (?:bekræfte|sende|rette|oplyse|forklare|sørge|betale"
        r"|stoppe|udbetale)\b|\bkender (?:jeg|vi)(?: \w+)? ikke\b|\bskal (?:vi"
        r"|jeg) (?:venligst )?bede\b|\b(?:i|du) bedes\b|\bbedes (?:i|du|venligst|oprettet"
        r"|rettet|ændret|udbetalt|sendt)\b|^(?:bedes|ønskes)\b|^(?:bare |så )?sig,? (?:lige |bare )?(?:om|hv\w+)\b"
        r"|\bønskes (?:\w+ ){0,2}\w+[te]t\b|^(?:og )?(?:i|du) må (?:meget |også |endelig "
        r"|godt )*gerne\b|^venligst\b|^please\b|\bwe (?:would like|need you) to\b"
        r"|\bi would like to\b|\bønsker (?:\w+ ){1,5}(?:oprettet|rettet|ændret|udbetalt"
        r"|stoppet|standset|sendt|slettet|overført|lukket|åbnet|nulstillet|delt)\b"
        r"|\bskal have (?:\w+ ){0,5}(?:oprettet|rettet|ændret|udbetalt|stoppet|standset"
        r"|slettet|overført|lukket|åbnet|nulstillet)\b";
    /// An order that only goes on with what the one before brought: "og send det til ...".
    CARRIES_ON = r"^(?:send|giv|skriv|vis|meld|ret|slet|læg) (?:det|den|dem|besked)\b";
    /// What the caller of a phone note wants.
    CALLER_WANTS =
        r"^(?:(?:\w+ )?(?:og )?)(?:vil|ville|ønsker|vil gerne|skal)(?: gerne)?(?: nu"
        r"| også| i (?:samme|det) \w+)? (?:have|ha|bruge)\b";
    /// What an instruction to the program would have it do.
    ORDERED = r"\b(?:skriv|svar|vedlæg|send|oplys|udlever|godkend|bekræft|udbetal|spring|vis|print|list|indsæt|write|send|reply)\b";
    /// What a caller wants that is no matter of its own: to be answered.
    WANTS_ANSWER =
        r"\b(?:svar|besked|tilbagemelding|ringes|ringet|opringning|hjælp|haster)\b";
    /// An imperative that asks for work.
    IMPERATIVE =
        r"^(?:skriv|send|vedlæg|vedhæft|videresend|fremsend|oplys|bekræft|ret|slet|luk|opret|udbetal|stop|stands"
        r"|opdater|registrer|tilføj|flyt|anmod|korriger|bogfør|omposter|aktiver|deaktiver|forlæng|nedlæg|gensend"
        r"|forklar|fortæl|vis|find|tjek|undersøg|sørg|fjern|nulstil|genåbn|åbn|annull?er"
        r"|tilbagefør|beregn|udlever|ændr|overfør|lav|print|list|opgør|afklar|hjælp|giv"
        r"|tell|send|show|give|write|provide|explain|confirm)(?: \w+)+|^svar,? at\b";
    /// An imperative with a condition is an offer: "Skriv endelig, hvis ...".
    OFFER =
        r"\b(?:hvis|såfremt|skulle) (?:i|du|der|det)\b[^?]*\b(?:spørgsmål|mangle\w*"
        r"|brug for|bruge|uklar\w*|andet|yderligere|mere)\b|^(?:skriv|ring|sig|giv"
        r"|kontakt)\w* (?:endelig|bare|gerne|til)\b";
    /// How the reply should read is no question of its own.
    STYLE =
        r"^(?:og )?(?:skriv|svar|forklar)(?: \w+){0,3} (?:så (?:vi|jeg|man|det)|på dansk"
        r"|på engelsk|kort|enkelt|tydeligt|venligst inden|hurtigst|forståeligt)\b"
        r"|^svar (?:venligst|gerne|ønskes|udbedes)\b";
    /// How a reply should be written, or who writes it: "... skal det stå i svaret", "når systemet
    /// svarer". Nobody asks so; who wants to steer the program may write so.
    ABOUT_REPLY =
        r"\b(?:i|på|af) (?:svaret|besvarelsen|udkastet|replikken)\b|://"
        r"|\b(?:systemet|assistenten|modellen|robotten|programmet) (?:skal|bør|må|svarer|besvarer)\b"
        r"|\b(?:skal|bør|må) (?:systemet|assistenten|modellen|robotten|programmet)\b";
    /// "hvad med ferien?"
    WHAT_ABOUT =
        r"^(?:hvad|hva) (?:så )?med\b|^samme (?:spm\.?|spørgsmål) (?:for|til|om|ved|med)\b|^(?:what|how) about\b";

    // What does not.

    /// Courtesy, with or without its question mark.
    COURTESY =
        r"^(?:jeg |vi )?håber,? (?:at )?(?:i|du|alt|alle|det)\b[^?]*\b(?:godt|fin\w*|ferie"
        r"|weekend|sommer\w*|dag|påske|jul|vel|har det|hjælpe(?: os"
        r"| mig)?)\b[^?]{0,20}[?!.]*$|^(?:og |rigtig |fortsat |ha en |hav en "
        r"|ha' en )*(?:god|dejlig) (?:weekend|sommer|jul|påske|dag|ferie|aften"
        r"|arbejdslyst)\b[^?]*$|^hvordan (?:går det|har i det|har du det"
        r"|står det til)\b[^?]{0,15}\?*$|^har i (?:haft en|det godt|spørgsmål)\b.*"
        r"|^hope (?:you|this|all)\b.*|^how are you\b.*|^(?:tusind |mange |på forhånd "
        r"|endnu engang )*tak\b[^?]*$|^thanks?\b[^?]*$|^thank you\b[^?]*$|^(?:vi"
        r"|jeg) (?:ser frem til|glæder (?:os|mig)|hører gerne|håber på)\b[^?]*$|^(?:bemærk"
        r"|husk|vær opmærksom|obs|nb|fyi|ps)\b[^?]*$|^(?:i er|du er)\b.*\bvelkom\w*[^?]*$"
        r"|^det håber (?:vi|jeg)\b.*|^we look forward\b[^?]*$";
    /// Words by which an ask only hands over what stands elsewhere, or begs for help or haste.
    HAND_OVER =
        r"^(?:jeg|vi) (?:ved ikke|er ikke sikre?|er usikre?|er i tvivl)(?: på| om)*,? om "
        r"(?:det|dette|den|de)(?: her)? (?:er|hører|ligger|skal)(?: \w+){0,3} (?:jer|dig|sam)\b[^?]*$"
        r"|^(?:hej \w+,? )?hvad (?:mener|siger|tænker) (?:i|du)(?: (?:om|til))?(?: (?:det"
        r"|dette|denne|her|nedenstående))*\W*$|^(?:(?:fyi|hej|hjælp|obs|haster|vh|og|men"
        r"|så|derfor|i øvrigt)\b\W*)*(?:(?:jeg|vi) (?:håber,? (?:at )?(?:i|du) "
        r"|vil høre,? om (?:i|du) |tænkte,? om (?:i|du) ))?(?:kan|kunne|vil|ville|gider|må"
        r"|har|mon|er|could|can|would|will)? ?(?:i|du|vi|jeg|en af jer|nogen|you"
        r"|someone)(?: \w+){0,2}? (?:tage|overtage|kigge|se|hjælpe|svare|besvare|ringe"
        r"|vende|give|følge|håndtere|behandle|videresende|sende|bistå|lyd|svar|tid|help"
        r"|assist|answer|handle|take|look)(?: (?:den|denne|det|dette|dem|her|herom|herpå"
        r"|hermed|hende|ham|mig|os|jer|nedenstående|nedenfor|vedhæftede|vedlagte|på|med"
        r"|til|af|om|at|i|for|os|tilbage|videre|over|op|lyd|en|et|direkte|kollegaen"
        r"|kollega|kolleger|medarbejderen|kunden|hurtigt|snarest|dag|morgen|inden|fredag"
        r"|mandag|tirsdag|onsdag|torsdag|weekenden|frokost|kl|lidt|venligst|henvendelsen"
        r"|mailen|sagen|tråden|spørgsmålet|spørgsmålene|herunder|ovenstående|følgende"
        r"|vedkommende|afsender\w*|asap|gerne|meget|også|lige|straks|hurtigst|muligt|kald"
        r"|opkald|the|this|it|me|us|with|below|him|her|to|on|mails?|sig|sammen|godt|din"
        r"|jeres|hr|snart|mulig|muligvis|mere|nærmere|besked|og|sætte|cc|hendes|hans|deres"
        r"|spørgsmål))*(?:\W|\d)*$|^(?:hjælp|help"
        r"|haster|please advise|please help|bistand|svar)\W*$|^(?:giver det mening"
        r"|er det forstået|er i med|ikke sandt|ikke|vel|okay|ok|hvor svært kan det være"
        r"|er der nogen (?:hjemme|derude|der)|er det virkelig så svært)\W*$"
        r"|\bkan i hjælpe(?: (?:os|mig|her|med det|med det her|med nedenstående"
        r"|med følgende))?\W*$|\b(?:vil|ville)(?: \w+){0,2} gerne(?: \w+){0,2} (?:have"
        r"|høre|se)(?: \w+){0,2} (?:svar|fra jer|retur|tilbagemelding)\b.*$|^(?:vi"
        r"|jeg) (?:har|sidder med) (?:\w+ ){0,3}(?:spørgsmål|ting|sager|spm)\b[^?,]{0,40}$"
        r"|\b(?:ringes op|bedes ringet op|ringe tilbage|ring tilbage)\b.*$";
    /// Asks the reader to take over, and nothing for the sender.
    TAKES_OVER =
        r"^(?:kan|kunne|vil|ville|gider|mon) (?:i|du|en af jer|nogen)\b(?: \w+){0,2}? "
        r"(?:tage|overtage|svare|besvare|ringe|vende|følge)\b";
    /// A wish whose matter the next sentence asks about.
    LEADS =
        r"\b(?:vi|jeg)\b(?: \w+)? (?:har brug for|ønsker|skal bruge|søger|er i tvivl om"
        r"|er usikre? på|har problemer med|beder om|vil have|forventer|kræver)\b"
        r"|\bhjælp (?:til|med)\b|\bspørgsmål (?:til|om|vedr\w*|ang\w*)\b|^(?:vedr|ang"
        r"|vedrørende|angående)\b";
    /// Something is missing or wrong.
    LACKS =
        r"\b(?:mangler|virker (?:heller |stadig )?ikke|ikke (?:er )?(?:gyldig\w*|tilgængelig\w*|genkendt)|brokker sig|melder fejl|kan (?:heller )?ikke|fejl\w*|forkert\w*|ikke (?:fået|modtaget"
        r"|kommet|udbetalt|kunne|registreret|oprettet|slået)|for meget|for lidt|dobbelt"
        r"|afvist|nede|låst|ingen løn|problem\w*|skal (?:have|rettes|ændres|oprettes"
        r"|stoppes|udbetales|slettes))\b";
    /// What a form asks of the one who fills it in.
    FORM_PROMPT =
        r"^(?:hvad skete der|hvad forventede du|hvad har du (?:selv )?(?:prøvet|gjort)|hvornår (?:skete|opstod) (?:det|fejlen)"
        r"|hvordan kan vi hjælpe(?: dig)?|hvem er berørt|hvad drejer (?:det|henvendelsen) sig om)\s*\?";
    /// Says that what follows is another matter than what was told before.
    ALSO =
        r"\b(?:også|desuden|derudover|samtidig|endvidere|endelig|i øvrigt|for (?:resten|øvrigt)"
        r"|til sidst|en anden ting)\b";
    /// The same, of something that is wrong: "vi kan heller ikke finde koden".
    ALSO_LACKS = r"\b(?:heller ikke|desuden|derudover|endvidere|i øvrigt)\b";
    /// Something was done to the sender, or left undone, that wants an answer though nobody asks.
    DONE_WRONG =
        r"\b(?:i har (?:\w+ )?(?:standset|stoppet|trukket|glemt|tastet|afvist|lukket)\b"
        r"|(?:som|der) (?:stadig |endnu |fortsat )?ikke er (?:betalt|udbetalt|bogført|rettet|behandlet)"
        r"|(?:er|var) (?:det )?jeres fejl|det er jer,? der har"
        r"|(?:sagen|den|bestillingen) står (?:som|på|til) .{0,60}\bmen (?:vi|jeg) har)\b";
    /// A list follows that the sender asks about.
    LIST_OF_ASKS =
        r"\b(?:spørgsmål|spm|svar på|vide|høre|oplys\w*|afklar\w*|bekræft\w*|hjælp\w*"
        r"|send\w*|tvivl|sende|mangler|kan (?:i|du)|bedes|skal bruge|brug for|ønsker"
        r"|gerne have|questions?)\b(?:[^.?!]|\d\.)*:\s*$";

    /// Wants what is told behind the colon, one thing after the other.
    ENUMERATES =
        r"\b(?:mangler|ønsker?|skal (?:vi )?bruge|brug for|svar på|bedes|bestiller|bestillingstekst|ønskes"
        r"|(?:vil|ville) (?:\w+ ){0,2}(?:gerne|godt) (?:have|vide|høre))\b[^:?]*:\s*$";
    /// What joins the last thing of a list in one sentence.
    LAST_JOINT = r"^(?:og|samt) ";
    /// Goes on with the thing before it, behind a comma.
    GOES_ON = r"^(?:at|der|som|hvis|fordi|men|så|selv)\b";

    /// Points to the items below.
    POINTS_TO_ITEMS = r"\b(?:følgende|nedenstående|disse|herunder|below|following)\b";
    /// Wants something of them, whoever the subject is: "vi er fem nye og vil gerne have følgende".
    WANTS_ITEMS =
        r"\b(?:vil|ville|kunne|skal|ønsker|mangler|søger|har brug for)\b";
    /// Points to what stands below or to what is sent along.
    POINTS_BELOW =
        r"\b(?:nedenstående|nedenfor|herunder|følgende|vedhæftede|vedlagte|videresendte"
        r"|below|attached|denne|disse|svare direkte|tage den)\b";
    /// Hands over the message below and names its writer or its question, whatever else the
    /// message asks: "se nedenfor fra vores museumsinspektør".
    PASSES_ON =
        r"\b(?:se|læs|besvar) (?:\w+ )?(?:nedenfor|herunder|nedenstående|mailen nedenfor) (?:fra|mail|spørgsmål\w*|henvendelse\w*)\b"
        r"|\b(?:nedenfor|herunder|nedenstående)\b[^.?!]{0,60}\bsom (?:\w+ ){0,3}(?:have|ønsker|beder om|venter på) (?:et )?svar\b"
        r"|\b(?:spørgsmål\w*|henvendelse\w*|mail\w*) (?:nedenfor|herunder) (?:fra|er)\b";
    /// The question is for each of several cases.
    ALL_OF_THEM =
        r"\b(?:alle (?:to|tre|fire|fem|\d)|begge(?: to)?|hver af (?:dem|de)|de (?:to|tre"
        r"|fire|fem)|samtlige|hver især)\b";
    /// One of several cases.
    ONE_OF_THEM =
        r"^(?:og )?(?:en|én|et|den (?:ene|første|anden|tredje|fjerde|sidste)|en (?:anden"
        r"|tredje)|nr\.? \d|nummer \w+)\b";
    /// Marks of answering and forwarding before a subject.
    SUBJECT_MARKS = r"^\s*(?:(?:vs|sv|re|fw|fwd|aw|wg|svar|videresendt)\s*:\s*)+";
    /// A subject that says nothing.
    EMPTY_SUBJECT =
        r"^(?:tlf|telefon\w*|opkald|notat|spørgsmål|hej|haster|henvendelse|besked|mail"
        r"|vigtigt|hjælp|ryk\w*|test|kontakt|diverse|ingen emne|no subject|kl|note"
        r"|spm)(?:[\s.:!0-9]+(?:tlf|telefon\w*|opkald|notat|spørgsmål|ryk\w*"
        r"|kl))*[\s.:!?0-9]*$";
    /// A case number.
    CASE = r"\bSAM ?\d{4}-\d{3,5}\b";

    // Reminders.

    /// Words that remind.
    REMINDS =
        r"^\W*(?:(?:\d+|anden|tredje|fjerde|første)\.? )?rykke?r?(?:mail|skrivelse"
        r"|en)?(?:\W|$)(?:$|[^\p{L}]|på|for|vedr|ang|sag|nr|til|hermed|igen|vi|jeg|fra)"
        r"|\b(?:vi|jeg) (?:skal |må |vil |er nødt til at )?(?:hermed |igen |nu |lige "
        r"|også |derfor )*rykker?e? (?:for|igen|nu|hermed|jer|på|venligst)\b|\brykk(?:er|e"
        r"|et)(?: \w+){0,3} (?:for|gange)\b|\b(?:\d+|anden|tredje|fjerde|femte)\.? (?:gang"
        r"|henvendelse|mail|forsøg)\b.*\b(?:skriver|skrevet|rykk\w+|henvend\w+|spørger"
        r"|ringer|kontakter|jeg|vi)\b|^\W*(?:\d+|anden|tredje|fjerde)\.? (?:gang"
        r"|henvendelse)\b|\bingen svar\b|\b(?:ikke|aldrig)(?: \w+){0,2} (?:fået|modtaget"
        r"|hørt)(?: \w+){0,2} (?:svar|retur|fra jer|tilbagemelding|noget|nyt|tilbage)\b"
        r"|\bintet (?:svar|hørt|nyt)\b|\bhørt (?:intet|ingenting)\b|\b(?:afventer"
        r"|venter) (?:\w+ )?(?:svar|på svar|på jer|jeres svar)\b|\bpåminde\w*"
        r"|\berindrings\w*|\breminder\b|\bgentagne gange\b|\bder er (?:stadig |fortsat "
        r"|endnu )?(?:ikke sket noget|intet sket|ikke sket mere)\b|\b(?:vender|følger op"
        r"|følger) (?:\w+ )?(?:tilbage|op)? ?på (?:min|vores) (?:tidligere "
        r"|sidste )?(?:mail|henvendelse|sag)\b|\bstadig (?:ikke|intet)(?: \w+)? (?:sket"
        r"|svar|løst|rettet|behandlet)\b";
    /// A subject that reminds.
    SUBJECT_REMINDS =
        r"\b(?:\d+\. )?ryk(?:ker|kermail|kerskrivelse)?\b(?:$|[\s:!,.-])|\breminder\b"
        r"|\b\d\. gang\b";
    /// "rykker" as a move up the scale.
    MOVES = r"\brykker (?:\w+ ){0,3}(?:op|ned|trin|skalatrin|frem)\b";
    /// How far is my case?
    STATUS =
        r"\bstatus\b|\b(?:sker|skete) der (?:noget|mere|nyt)\b|\ber der (?:noget )?nyt\b"
        r"|\bhar i nyt\b|\bnyt i sagen\b|\bhvor langt er (?:i|sagen|den)\b|\bhvor (?:er"
        r"|ligger|bliver|blev) (?:den|vores|min|mine|sagen|svaret|bestillingen)\b"
        r"|\bhvornår bliver (?:den|det|vores|min|mine|sagen|bestillingen|fejlen)\b"
        r"|\bhvad sker der(?: med sagen)?\W*$|\bhvor længe skal vi vente\b"
        r"|\bhar i (?:modtaget|fået|set) (?:vores|min|mailen|bestillingen|den)\b"
        r"|\b(?:any news|any update)\b";
    /// When do we hear from you? It is about the own case when there is one, or a reminder.
    WHEN_ANSWERED =
        r"\bhvornår (?:får|kan|hører|må|svarer|regner|vil|forventer)\b.*\b(?:svar|besked"
        r"|høre|regne med|forvente\w*|retur|løst|i|nyt)\b";

    // The sender's mood, and abuse.

    /// Someone has died.
    DEATH =
        r"\b(?:afdød\w*|er (?:\w+ ){0,2}død|døde|omkom\w*|gået bort|afgået ved døden"
        r"|død (?:i (?:weekenden|går|nat|forgårs)|for nylig|pludselig\w*|uventet|efter|den \d)"
        r"|dødsfaldet|dødsboet|(?:haft|oplevet) et (?:\w+ )?dødsfald"
        r"|mist(?:ede|et) (?:sin|sit|sine|deres|hans|hendes|en|et|vores) (?:\w+ )?(?:datter|søn"
        r"|barn|børn|mand|kone|hustru|ægtefælle|kæreste|samlever|mor|far|forældre|bror|søster"
        r"|kollega|partner|medarbejder)|passed away|verstorben\w*)\b";
    /// A thing that is as good as dead is no bereavement.
    DEAD_THING =
        r"\b\w*(?:portal|link|system|server|forbindelse|telefon|skærm|linje|robot|snitflade)\w*"
        r"(?: \w+){0,2} (?:er|var) (?:\w+ ){0,2}død\w*";
    /// Someone is gravely ill or hurt.
    ILLNESS =
        r"\b(?:(?:er|var|bliver|blev|blevet|ligger) (?:\w+ ){0,3}(?:(?:alvorligt?|kritisk"
        r"|uhelbredeligt?|terminalt?|livstruende) syg\w*|indlagt (?:i (?:weekenden|går|dag|nat)"
        r"|på (?:hospital\w*|sygehus\w*|intensiv\w*|psykiatrisk|rigs\w*)|akut|med|siden))"
        r"|(?:fået|konstateret|ramt af|diagnosticeret med|kæmper med|har) (?:\w+ ){0,2}(?:kræft\w*"
        r"|hjerneblødning|blodprop|hjertestop|depression|hjertestop)|(?:ude|ud) for (?:en |et )?"
        r"(?:\w+ )?(?:ulykke|trafikulykke|arbejdsulykke|overfald)|kommet (?:\w+ )?til skade"
        r"|brudt sammen|sygemeldt med stress|stresssygemeldt|gået ned med stress)\b";
    /// Someone is dismissed, not by a wish of their own.
    DISMISSAL =
        r"\b(?:(?:er|bliver|blev|blevet|har|skal|vil|måttet|nødt til at) (?:\w+ ){0,3}"
        r"(?:afskediget?|afskediges|fyret?|fyres)|(?:afskedigelse|opsigelse|afsked) af (?:en |to "
        r"|vores |\d+ )?(?:medarbejder|kollega|kolleger|ansat)\w*|(?:har|skal|vil|måttet) "
        r"(?:\w+ ){0,2}(?:opsige|opsagt) (?:en|to|tre|flere|vores|\d+) (?:\w+ )?(?:medarbejder"
        r"|kollega|kolleger|ansat)\w*|(?:han|hun|medarbejderen|kollegaen) (?:er|bliver|blev) "
        r"(?:\w+ ){0,2}opsagt|uansøgt afsked\w*)\b";
    /// What is only thought of has not happened.
    SUPPOSED = r"\b(?:hvis|når|såfremt|i tilfælde af|kan|må|eventuelt?|generelt)\b";
    /// The sender is angry.
    ANGER =
        r"\b(?:utilfreds\w*|klager? (?:over (?:jer|jeres|manglende|sagsbehandling)|hermed)"
        r"|(?:vi|jeg) (?:vil|ønsker at) klage|uacceptabel\w*|urimelig\w*|utrolig\w* (?:at"
        r"|dårlig\w*)|skandal\w*|frustr\w+|under al kritik|håbløs\w*|trætte? af|(?:ikke"
        r"|ikke længere) (?:være tilfreds|acceptere)|på tide|nu må det|skuffe\w*|igen igen"
        r"|for (?:3|tredje|fjerde|4|femte)\.? gang|dybt (?:kritisabel\w*|problematisk)"
        r"|elendig\w*)\b|!{2,}";
    /// Nothing of anger but exclamation marks.
    ONLY_MARKS = r"^(?:[^!]|!(?:[^!]|$))*!!+[^!]*$";
    /// The numbers after "løngruppe".
    LOENGRUPPE =
        r"\b(?:løngruppe\w*|lgr\.?|loengruppe\w*)\s*(?:nr\.?)?[\s:]*((?:\d{3}(?:\s*(?:,|og"
        r"|/|\+|samt)\s*)?)+)\b";
    /// One løngruppe.
    GROUP_NUMBER = r"\b\d{3}\b";
    /// A word of the trade right before a number, which makes it a code.
    CODE_NAME =
        r"\b(?:løndel\w*|lønart\w*|pkat\w*|konto\w*|artskonto\w*|segment\w*|periode\w*"
        r"|delregnskab\w*|stiko\w*|stillingskode\w*|afgangsårsag\w*|alias\w*|sag|sagsnr\.?"
        r"|ref\.?|ordre\w*|bilag|faktura\w*|akko|formål\w*)(?:\s*(?:nr\.?|nummer|:"
        r"|=))*\s*(?:\d+(?:\s*(?:,|og|/|eller|samt)\s*))*$";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_one() {
        for pattern in ALL {
            assert!(pattern.captures_len() > 0);
        }
    }

    #[track_caller]
    fn check(pattern: &Regex, yes: &[&str], no: &[&str]) {
        for text in yes {
            assert!(pattern.is_match(text), "should match: {text}");
        }
        for text in no {
            assert!(!pattern.is_match(text), "should not match: {text}");
        }
    }

    #[test]
    fn messages_are_parted_by_their_usual_lines() {
        check(
            &SEPARATOR,
            &[
                "-----Oprindelig meddelelse-----",
                "--- Original message ---",
                "Begin forwarded message:",
            ],
            &["Den oprindelige meddelelse er væk", "---"],
        );
        check(
            &ATTRIBUTION,
            &["Den 3. maj 2025 kl. 09.12 skrev Mona Prøvesen:", "On Mon, 5 May 2025, Bo wrote:"],
            &["Den nye elev skrev under", "Han skrev i går"],
        );
        check(
            &HEADER,
            &["Fra: a@b.example", "*Sendt:* i går", "Subject: x"],
            &["Fra i går", "Emnet: x"],
        );
    }

    #[test]
    fn greetings_and_closings_are_told_from_text() {
        check(
            &GREETING,
            &["Hej", "kære Mona", "Til rette vedkommende"],
            &["Hejs er sendt", "Til orientering"],
        );
        check(
            &SIGN_OFF,
            &["Med venlig hilsen", "Mvh. Bo", "De bedste hilsner", "Best regards", "Tak, vh Lis"],
            &["Hilsenen mangler", "Bestil ny kode", "mvhx"],
        );
        check(
            &DISCLAIMER,
            &["Hvis du har modtaget denne mail ved en fejl"],
            &["Må vi sende fortrolige data?"],
        );
    }

    #[test]
    fn sorrow_is_told_from_its_topics() {
        check(
            &DEATH,
            &[
                "En kollega er desværre død.",
                "Hun døde i går.",
                "tjenestemand hos dem død i weekenden",
                "Han er gået bort.",
                "De har mistet deres datter.",
                "afdød OK-ansat",
            ],
            &[
                "Hvilken kode bruges ved dødsfald?",
                "Hvor længe er sorgorlov?",
                "Vi har mistet refusion.",
                "De mistede hans lønseddel.",
            ],
        );
        check(&DEAD_THING, &["Portalen er helt død"], &["Kollegaen er død"]);
        check(
            &ILLNESS,
            &[
                "Hun er alvorligt syg.",
                "Sønnen har fået konstateret kræft",
                "Han blev indlagt i weekenden",
                "været ude for en ulykke",
                "Hun er sygemeldt med stress",
            ],
            &[
                "Hvornår søges sygedagpengerefusion?",
                "Hun er syg.",
                "Pasning af alvorligt sygt barn",
                "Tillægget er indlagt i lønnen.",
            ],
        );
        check(
            &DISMISSAL,
            &[
                "Vi har afskediget en kollega.",
                "Hun bliver fyret.",
                "Opsigelse af medarbejder",
                "Vi skal desværre opsige to medarbejdere.",
                "Hun blev opsagt i går.",
            ],
            &[
                "Hun har selv sagt op.",
                "Vi har opsagt aftalen.",
                "Hvad er opsigelsesvarslet?",
                "Hun er blevet fyrtårnsleder",
            ],
        );
    }

    #[test]
    fn status_is_asked_in_many_ways() {
        check(
            &STATUS,
            &[
                "Hvad er status?",
                "Sker der noget?",
                "Hvor langt er I?",
                "Hvornår bliver sagen lukket?",
            ],
            &["Hvornår lukker perioden?", "Hvad sker der, hvis vi venter?"],
        );
        check(&SUBJECT_REMINDS, &["Ryk: SAM 2409-0815", "2. rykker"], &["Rykning af trin"]);
    }
}
