//! What a file is: its name and its content must agree.

use crate::sources::format::{Format, Unreadable};

/// Text has no NUL among this many first bytes.
const TEXT_BYTES_SEEN: usize = 8192;
/// A PDF may open with rubbish, but not with more than this.
const PDF_MARK_BYTES_MAX: usize = 1024;
/// How compound files (the old Office formats, Outlook) open.
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// How a ZIP archive opens, and how its list of files does, at its end.
const ARCHIVE: &[u8] = b"PK\x03\x04";
const ARCHIVE_END: &[u8] = b"PK\x05\x06";

/// What the bytes themselves say.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Content {
    Pdf,
    Docx,
    Pptx,
    Xlsx,
    Compound,
    EncryptedOffice,
    Rtf,
    Html,
    Text,
    Other(String),
}

impl Content {
    fn name(&self) -> String {
        match self {
            Self::Pdf => "a PDF".to_owned(),
            Self::Docx => "a Word document (DOCX)".to_owned(),
            Self::Pptx => "a presentation (PPTX)".to_owned(),
            Self::Xlsx => "a workbook (XLSX)".to_owned(),
            Self::Compound => "an old Office or Outlook file".to_owned(),
            Self::EncryptedOffice => "an encrypted Office file".to_owned(),
            Self::Rtf => "rich text (RTF)".to_owned(),
            Self::Html => "a web page (HTML)".to_owned(),
            Self::Text => "plain text".to_owned(),
            Self::Other(name) => name.clone(),
        }
    }
}

/// The format of a file, by name and content.
pub(crate) fn format_of(name: &str, bytes: &[u8]) -> Result<Format, Unreadable> {
    let ending = ending(name);
    let Some(claimed) = format_named(&ending) else {
        return Err(refusal(&ending, bytes));
    };
    if bytes.is_empty() {
        return Err(Unreadable::Empty);
    }
    let content = content_of(bytes);
    let agrees = match claimed {
        Format::Pdf => content == Content::Pdf,
        Format::Docx => content == Content::Docx,
        Format::Pptx => content == Content::Pptx,
        Format::Xlsx => content == Content::Xlsx,
        _ => matches!(content, Content::Text | Content::Html),
    };
    let is_office = matches!(claimed, Format::Docx | Format::Pptx | Format::Xlsx);
    if is_office && content == Content::EncryptedOffice {
        return Err(Unreadable::Encrypted);
    }
    if is_office && bytes.starts_with(ARCHIVE) && !holds(bytes, ARCHIVE_END) {
        return Err(Unreadable::Damaged { reason: "the end of the file is missing".to_owned() });
    }
    if agrees {
        return Ok(claimed);
    }
    Err(Unreadable::WrongType { claimed: format!("`.{ending}`"), real: content.name() })
}

fn ending(name: &str) -> String {
    let file = name.rsplit(['/', '\\']).next().unwrap_or_default();
    file.rsplit_once('.').map(|(_, ending)| ending.to_lowercase()).unwrap_or_default()
}

fn format_named(ending: &str) -> Option<Format> {
    match ending {
        "text" => Some(Format::Text),
        "markdown" => Some(Format::Markdown),
        "htm" | "xhtml" => Some(Format::Html),
        "tsv" => Some(Format::Csv),
        "ndjson" => Some(Format::Cases),
        _ => Format::parse(ending),
    }
}

/// Why a file with an ending that is not read is left out.
fn refusal(ending: &str, bytes: &[u8]) -> Unreadable {
    let (old, remedy) = match ending {
        "msg" => ("an Outlook message (.msg)", "open it in Outlook and save it as .eml"),
        "doc" => ("the old Word format (.doc)", "open it in Word and save it as .docx"),
        "xls" => ("the old Excel format (.xls)", "open it in Excel and save it as .xlsx"),
        "ppt" => ("the old PowerPoint format (.ppt)", "open it in PowerPoint and save it as .pptx"),
        "rtf" => ("rich text (.rtf)", "open it in Word and save it as .docx"),
        "odt" | "ods" | "odp" => ("OpenDocument", "save it as .docx, .xlsx or .pptx"),
        _ => ("", ""),
    };
    if old.is_empty() {
        let what = if ending.is_empty() {
            "a name without an ending".to_owned()
        } else {
            format!("`.{ending}`")
        };
        let endings = Format::ALL.map(|format| format!(".{}", format.ending())).join(", ");
        return Unreadable::Unsupported { what, remedy: format!("save it as one of {endings}") };
    }
    if bytes.is_empty() {
        return Unreadable::Empty;
    }
    let content = content_of(bytes);
    let is_old = match ending {
        "rtf" => content == Content::Rtf,
        "odt" | "ods" | "odp" => true,
        _ => matches!(content, Content::Compound | Content::EncryptedOffice),
    };
    if is_old {
        return Unreadable::Unsupported { what: old.to_owned(), remedy: remedy.to_owned() };
    }
    Unreadable::WrongType { claimed: format!("`.{ending}`"), real: content.name() }
}

fn content_of(bytes: &[u8]) -> Content {
    let head = bytes.get(..PDF_MARK_BYTES_MAX).unwrap_or(bytes);
    if holds(head, b"%PDF-") {
        return Content::Pdf;
    }
    if bytes.starts_with(ARCHIVE) {
        return archive(bytes);
    }
    if bytes.starts_with(COMPOUND) {
        let wide: Vec<u8> = "EncryptedPackage".bytes().flat_map(|byte| [byte, 0]).collect();
        return if holds(bytes, &wide) { Content::EncryptedOffice } else { Content::Compound };
    }
    if bytes.starts_with(b"{\\rtf") {
        return Content::Rtf;
    }
    if is_text(bytes) {
        let open: String = String::from_utf8_lossy(head).trim_start().to_lowercase();
        let is_page = open.starts_with("<!doctype html") || open.starts_with("<html");
        return if is_page { Content::Html } else { Content::Text };
    }
    let name = infer::get(bytes).map_or_else(
        || "bytes of an unknown kind".to_owned(),
        |kind| format!("{} ({})", article(kind.matcher_type()), kind.mime_type()),
    );
    Content::Other(name)
}

fn article(kind: infer::MatcherType) -> &'static str {
    match kind {
        infer::MatcherType::App => "a program",
        infer::MatcherType::Archive => "an archive",
        infer::MatcherType::Audio => "a sound",
        infer::MatcherType::Image => "a picture",
        infer::MatcherType::Video => "a video",
        _ => "a file",
    }
}

/// Which of the Office formats a ZIP archive is, by the names of its parts.
fn archive(bytes: &[u8]) -> Content {
    if !holds(bytes, b"[Content_Types].xml") {
        return Content::Other("a ZIP archive".to_owned());
    }
    if holds(bytes, b"word/") {
        Content::Docx
    } else if holds(bytes, b"ppt/") {
        Content::Pptx
    } else if holds(bytes, b"xl/") {
        Content::Xlsx
    } else {
        Content::Other("a ZIP archive".to_owned())
    }
}

fn is_text(bytes: &[u8]) -> bool {
    let head = bytes.get(..TEXT_BYTES_SEEN).unwrap_or(bytes);
    let is_wide = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff");
    is_wide || (!head.contains(&0) && infer::get(head).is_none_or(|kind| is_markup(&kind)))
}

fn is_markup(kind: &infer::Type) -> bool {
    kind.matcher_type() == infer::MatcherType::Text
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, bytes: &[u8], expected: &str) {
        let found = match format_of(name, bytes) {
            Ok(format) => format.ending().to_owned(),
            Err(Unreadable::WrongType { real, .. }) => real,
            Err(other) => other.code().to_owned(),
        };
        assert_eq!(found, expected, "{name}");
    }

    #[test]
    fn name_and_content_must_agree() {
        let docx = b"PK\x03\x04....[Content_Types].xml word/document.xml PK\x05\x06";
        check("a.txt", "Løn".as_bytes(), "txt");
        check("a.TXT", b"bel\xf8b", "txt");
        check("a.MD", b"# A", "md");
        check("a.htm", b"<p>A", "html");
        check("a.pdf", b"%PDF-1.7\n", "pdf");
        check("a.docx", docx, "docx");
        check("a.docx", &docx[..30], "parse_failed");
        check("a.pdf", docx, "a Word document (DOCX)");
        check("a.pdf", b"PK\x03\x04 bilag.txt", "a ZIP archive");
        check(
            "a.docx",
            b"MZ\x90\0\x03\0\0\0",
            "a program (application/vnd.microsoft.portable-executable)",
        );
        check("a.docx", b"{\\rtf1 A}", "rich text (RTF)");
        check("a.doc", b"{\\rtf1 A}", "rich text (RTF)");
        check("a.txt", b"%PDF-1.7\n", "a PDF");
        check("a.xlsx", b"<html><table>", "a web page (HTML)");
        check("a.csv", b"\x89PNG\r\n\x1a\n\0\0\0\0IHDR", "a picture (image/png)");
    }

    #[test]
    fn what_is_not_read_has_a_way_out() {
        check("a.msg", COMPOUND, "unsupported");
        check("a.doc", COMPOUND, "unsupported");
        check("a.xyz", b"A", "unsupported");
        check("a", b"A", "unsupported");
        check("a.txt", b"", "empty_file");
        check("a.msg", b"hej", "plain text");
        let wide: Vec<u8> = "EncryptedPackage".bytes().flat_map(|byte| [byte, 0]).collect();
        check("a.docx", &[COMPOUND, &wide].concat(), "encrypted");
        match format_of("a.msg", COMPOUND) {
            Err(refused) => assert_eq!(refused.remedy(), "open it in Outlook and save it as .eml"),
            Ok(format) => panic!("{format:?}"),
        }
    }
}
