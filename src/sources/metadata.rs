//! What a source says about itself: typed, checked, and never guessed.

use std::path::Path;

use crate::sources::{Kind, MetaValue, Note};
use crate::terms::{Audience, Day, DayStyle, Period, System, fold_name, read_day};

/// Keys that are understood.
const KEYS: [&str; 14] = [
    "dokumenttype",
    "titel",
    "institution",
    "loengruppe",
    "version",
    "gyldig_fra",
    "gyldig_til",
    "erstatter",
    "ejer",
    "maalgruppe",
    "system",
    "omraade",
    "demo",
    "path",
];
/// Keys that templates use and that decide nothing here.
const IGNORED_KEYS: [&str; 6] =
    ["cvr", "regnskabskunde", "proces", "release", "roller", "bygger_paa"];

/// One place that says something about a file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layer {
    /// What is said, as written.
    pub(crate) values: Vec<(String, MetaValue)>,
    /// What an unknown key there means.
    pub(crate) strangers: Strangers,
}

/// What a key that nobody knows means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Strangers {
    /// A misspelling, worth a note.
    #[default]
    Noted,
    /// Somebody else's: a web page holds `viewport` and `generator`.
    Passed,
}

/// Metadata that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Metadata {
    pub(crate) kind: Kind,
    pub(crate) title: Option<String>,
    pub(crate) institution: Option<String>,
    pub(crate) loengrupper: Vec<String>,
    pub(crate) version: Option<String>,
    pub(crate) period: Period,
    pub(crate) supersedes: Vec<String>,
    pub(crate) owner: Option<String>,
    pub(crate) audience: Audience,
    pub(crate) systems: Vec<System>,
    pub(crate) area: Option<String>,
    pub(crate) demo: Option<bool>,
}

/// What is wrong with metadata, and the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Remark {
    code: &'static str,
    reason: String,
    remedy: String,
}

impl Remark {
    pub(crate) fn new(code: &'static str, reason: String, remedy: impl Into<String>) -> Self {
        Self { code, reason, remedy: remedy.into() }
    }

    /// The note about a file that is in the index all the same.
    pub(crate) fn kept(self, file: &str) -> Note {
        self.note(file, false)
    }

    /// The note about a file that is left out because of this.
    pub(crate) fn left_out(self, file: &str) -> Note {
        self.note(file, true)
    }

    fn note(self, file: &str, left_out: bool) -> Note {
        Note {
            file: file.to_owned(),
            code: self.code.to_owned(),
            reason: self.reason,
            remedy: self.remedy,
            left_out,
        }
    }
}

/// The kind that a folder's name says, the innermost folder first.
pub(crate) fn kind_of_folder(file: &Path) -> Option<Kind> {
    let mut folders = file.parent()?.iter().rev();
    folders.find_map(|name| kind_named(&name.to_string_lossy()))
}

fn kind_named(folder: &str) -> Option<Kind> {
    let name = fold_kind(folder);
    let found = match name.as_str() {
        "drejeboeger" => Kind::Drejebog,
        "shr_guider" | "shr_guides" => Kind::ShrGuide,
        "brugervejledninger" => Kind::Brugervejledning,
        "sls_sider" => Kind::SlsSide,
        "nyheder" => Kind::Nyhed,
        "kalendere" => Kind::Kalender,
        "love" => Kind::Lov,
        "servicebeskrivelser" => Kind::Servicebeskrivelse,
        "sager" => Kind::Sag,
        "rette_steder" => Kind::RetteSted,
        other => return Kind::parse(other),
    };
    Some(found)
}

/// A kind's name with `_` and without Danish letters.
fn fold_kind(name: &str) -> String {
    let name = name.trim().to_lowercase().replace(['-', ' '], "_");
    name.replace('ø', "oe").replace('æ', "ae").replace('å', "aa")
}

/// Reads the layers, the first of which weighs most; `folder` decides a kind that is missing.
///
/// Gives the reason why the file must be left out where metadata cannot be trusted.
pub(crate) fn check(
    layers: &[Layer],
    folder: Option<Kind>,
    remarks: &mut Vec<Remark>,
) -> Result<Metadata, Remark> {
    let reader = Reader { layers };
    reader.note_strangers(remarks);
    let kind = reader.kind(folder, remarks)?;
    let institution = reader.institution()?;
    if kind.needs_owner() && institution.is_none() {
        return Err(Remark::new(
            "no_institution",
            format!("a {} belongs to one institution, and none is named", kind.value()),
            "write `institution:` with the institution's name in its metadata",
        ));
    }
    Ok(Metadata {
        kind,
        title: reader.one("titel"),
        institution,
        loengrupper: reader.many("loengruppe"),
        version: reader.one("version"),
        period: reader.period(remarks)?,
        supersedes: reader.many("erstatter"),
        owner: reader.one("ejer"),
        audience: reader.audience()?,
        systems: reader.systems(remarks),
        area: reader.one("omraade"),
        demo: reader.demo()?,
    })
}

/// Reads a day that decides what is valid; a day that cannot be read is no day at all.
pub(crate) fn validity_day(
    key: &str,
    text: &str,
    remarks: &mut Vec<Remark>,
) -> Result<Day, Remark> {
    match read_day(text) {
        Some((day, DayStyle::Iso)) => Ok(day),
        Some((day, DayStyle::Danish)) => {
            remarks.push(Remark::new(
                "danish_day",
                format!("`{key}: {text}` was read as {day}"),
                format!("write `{key}: {day}`"),
            ));
            Ok(day)
        }
        None => Err(Remark::new(
            "bad_day",
            format!("`{key}: {text}` is not a day, so nobody knows when the document holds"),
            format!("write `{key}: YYYY-MM-DD`"),
        )),
    }
}

struct Reader<'a> {
    layers: &'a [Layer],
}

impl Reader<'_> {
    /// Every value of a key, the weightiest first; empty ones are none.
    fn all(&self, key: &str) -> impl Iterator<Item = Vec<String>> {
        let values = self.layers.iter().flat_map(|layer| &layer.values);
        values.filter(move |(name, _)| name.trim().to_lowercase() == key).filter_map(
            |(_, value)| {
                let list = match value {
                    MetaValue::One(value) => vec![value.trim().to_owned()],
                    MetaValue::Many(list) => list.iter().map(|it| it.trim().to_owned()).collect(),
                };
                let list: Vec<String> = list.into_iter().filter(|it| !it.is_empty()).collect();
                (!list.is_empty()).then_some(list)
            },
        )
    }

    fn one(&self, key: &str) -> Option<String> {
        self.all(key).next().map(|list| list.join(", "))
    }

    /// A list; a single value may hold several with commas between them.
    fn many(&self, key: &str) -> Vec<String> {
        let list = self.all(key).next().unwrap_or_default();
        let parts = list.iter().flat_map(|value| value.split(','));
        parts.map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
    }

    fn note_strangers(&self, remarks: &mut Vec<Remark>) {
        let strict = self.layers.iter().filter(|layer| layer.strangers == Strangers::Noted);
        for (key, _) in strict.flat_map(|layer| &layer.values) {
            let folded = key.trim().to_lowercase();
            if !KEYS.contains(&folded.as_str()) && !IGNORED_KEYS.contains(&folded.as_str()) {
                let keys = KEYS.iter().filter(|key| **key != "path");
                remarks.push(Remark::new(
                    "unknown_key",
                    format!("the metadata key `{key}` is not known and decides nothing"),
                    format!("use one of {}", keys.copied().collect::<Vec<_>>().join(", ")),
                ));
            }
        }
    }

    fn kind(&self, folder: Option<Kind>, remarks: &mut Vec<Remark>) -> Result<Kind, Remark> {
        let Some(value) = self.one("dokumenttype") else {
            if folder.is_none() {
                remarks.push(Remark::new(
                    "no_kind",
                    "no `dokumenttype` is given; it is taken for a brugervejledning".to_owned(),
                    format!("write `dokumenttype:` with one of {}", kinds()),
                ));
            }
            return Ok(folder.unwrap_or(Kind::Brugervejledning));
        };
        Kind::parse(&fold_kind(&value)).ok_or_else(|| {
            Remark::new(
                "unknown_kind",
                format!("`dokumenttype: {value}` is not known"),
                format!("write one of {}", kinds()),
            )
        })
    }

    /// The owner; two places that name different ones cannot both be right.
    fn institution(&self) -> Result<Option<String>, Remark> {
        let mut named = self.all("institution").map(|list| list.join(", "));
        let first = named.next();
        let other = named.find(|name| first.as_deref().map(fold_name) != Some(fold_name(name)));
        match (first, other) {
            (Some(first), Some(other)) => Err(Remark::new(
                "metadata_conflict",
                format!("the owner is `{first}` in one place and `{other}` in another"),
                "let the file, its sidecar and collection.toml name the same institution",
            )),
            (first, _) => Ok(first),
        }
    }

    fn period(&self, remarks: &mut Vec<Remark>) -> Result<Period, Remark> {
        let mut day =
            |key: &str| self.one(key).map(|text| validity_day(key, &text, remarks)).transpose();
        let period = Period { from: day("gyldig_fra")?, until: day("gyldig_til")? };
        if period.is_reversed() {
            return Err(Remark::new(
                "reversed_period",
                "`gyldig_til` lies before `gyldig_fra`".to_owned(),
                "mend the two days",
            ));
        }
        Ok(period)
    }

    fn audience(&self) -> Result<Audience, Remark> {
        match self.one("maalgruppe").map(|value| value.to_lowercase()).as_deref() {
            None | Some("kunde") => Ok(Audience::Customer),
            Some("intern") => Ok(Audience::Internal),
            Some(other) => Err(Remark::new(
                "unknown_audience",
                format!("`maalgruppe: {other}` is not known"),
                "write `kunde` or `intern`",
            )),
        }
    }

    fn systems(&self, remarks: &mut Vec<Remark>) -> Vec<System> {
        let mut systems = Vec::new();
        for name in self.many("system") {
            match System::find(&name) {
                Some(system) if systems.contains(&system) => {}
                Some(system) => systems.push(system),
                None => remarks.push(Remark::new(
                    "unknown_system",
                    format!("the system `{name}` is not known and is left out"),
                    "use a system's usual name, such as Statens HR, SLS or mTIME",
                )),
            }
        }
        systems
    }

    fn demo(&self) -> Result<Option<bool>, Remark> {
        let Some(value) = self.one("demo") else { return Ok(None) };
        match value.to_lowercase().as_str() {
            "true" | "ja" => Ok(Some(true)),
            "false" | "nej" => Ok(Some(false)),
            other => Err(Remark::new(
                "bad_metadata",
                format!("`demo: {other}` is neither true nor false"),
                "write `demo: true` or leave it out",
            )),
        }
    }
}

fn kinds() -> String {
    Kind::ALL.map(Kind::value).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(
        yaml: &str,
        folder: Option<Kind>,
    ) -> (Result<Metadata, &'static str>, Vec<&'static str>) {
        let values = crate::sources::format::read_yaml(yaml).unwrap();
        let layer = Layer { values, strangers: Strangers::Noted };
        let mut remarks = Vec::new();
        let found = check(&[layer], folder, &mut remarks).map_err(|remark| remark.code);
        (found, remarks.iter().map(|remark| remark.code).collect())
    }

    #[track_caller]
    fn check_refused(yaml: &str, code: &str) {
        assert_eq!(read(yaml, None).0.unwrap_err(), code, "{yaml}");
    }

    #[track_caller]
    fn check_noted(yaml: &str, codes: &[&str]) {
        let (found, remarks) = read(yaml, None);
        assert!(found.is_ok(), "{found:?}");
        assert_eq!(remarks, codes, "{yaml}");
    }

    #[test]
    fn a_drejebog_says_whose_it_is_and_when_it_holds() {
        let yaml = "dokumenttype: drejebog\ninstitution: Slots- og Kulturstyrelsen\n\
                    loengruppe: [\"780\", 042]\ncvr: \"00000000\"\nregnskabskunde: ja\n\
                    version: 3.2\ngyldig_fra: 2025-03-01\ngyldig_til:\nerstatter: 3.1\n\
                    ejer: kundepartner\nsystem: [SLS, Statens HR]\nomraade: loen\n";
        let (found, remarks) = read(yaml, None);
        let found = found.unwrap();
        assert_eq!(remarks, [""; 0]);
        assert_eq!(found.kind, Kind::Drejebog);
        assert_eq!(found.institution.as_deref(), Some("Slots- og Kulturstyrelsen"));
        assert_eq!(found.loengrupper, ["780", "042"]);
        assert_eq!(found.version.as_deref(), Some("3.2"));
        assert_eq!(found.supersedes, ["3.1"]);
        assert_eq!(found.period.from.map(|day| day.to_string()).as_deref(), Some("2025-03-01"));
        assert_eq!(found.period.until, None);
        assert_eq!(found.systems, [System::Sls, System::Shr]);
    }

    #[test]
    fn metadata_that_cannot_be_trusted_keeps_the_document_out() {
        check_refused("dokumenttype: drejebog", "no_institution");
        check_refused("dokumenttype: sag\ninstitution: \"\"", "no_institution");
        check_refused("dokumenttype: vejl", "unknown_kind");
        check_refused("maalgruppe: alle", "unknown_audience");
        check_refused("gyldig_fra: snart", "bad_day");
        check_refused("gyldig_til: 2025-02-30", "bad_day");
        check_refused("gyldig_fra: 2025-02-01\ngyldig_til: 2025-01-01", "reversed_period");
        check_refused("demo: måske", "bad_metadata");
    }

    #[test]
    fn what_is_odd_is_noted() {
        check_noted("titel: A", &["no_kind"]);
        check_noted("dokumenttype: lov\ngyldig_fra: 01-03-2025", &["danish_day"]);
        check_noted("dokumenttype: Shr-Guide\nforfatter: b", &["unknown_key"]);
        check_noted("dokumenttype: lov\nsystem: [SLS, Excel]", &["unknown_system"]);
        assert_eq!(read("titel: A", Some(Kind::Lov)).1, [""; 0]);
    }

    #[test]
    fn the_first_layer_weighs_most_and_owners_must_agree() {
        let layer = |key: &str, value: &str| Layer {
            values: vec![(key.to_owned(), MetaValue::One(value.to_owned()))],
            strangers: Strangers::Noted,
        };
        let mut remarks = Vec::new();
        let layers = [layer("titel", ""), layer("titel", "A"), layer("titel", "B")];
        let found = check(&layers, Some(Kind::Lov), &mut remarks).unwrap();
        assert_eq!(found.title.as_deref(), Some("A"));
        let layers = [layer("institution", "Banedanmark"), layer("institution", "ITU")];
        let refused = check(&layers, Some(Kind::Lov), &mut remarks).unwrap_err();
        assert_eq!(refused.code, "metadata_conflict");
    }

    #[track_caller]
    fn check_folder(path: &str, expected: Option<Kind>) {
        assert_eq!(kind_of_folder(Path::new(path)), expected, "{path}");
    }

    #[test]
    fn a_folder_named_for_a_kind_decides() {
        check_folder("demo/drejeboeger/x.md", Some(Kind::Drejebog));
        check_folder("demo/Drejebøger/2025/x.md", Some(Kind::Drejebog));
        check_folder("demo/rette-sted/x.md", Some(Kind::RetteSted));
        check_folder("demo/shr-guider/x.md", Some(Kind::ShrGuide));
        check_folder("demo/dokumenter/x.md", None);
        check_folder("drejebog", None);
    }
}
