//! Bytes, JSON, RFC 822 and plain text taken in as an [`Inquiry`].

use std::borrow::Cow;

use mail_parser::{DateTime, Message, MessageParser, MessagePart, MimeHeaders, PartType};
use serde::Deserialize;
use serde_json::Value;

use crate::inquiry::html;
use crate::inquiry::plain::invisible;
use crate::inquiry::{BODY_BYTES_MAX, Channel, Error, Inquiry, Received, Remark, WORDS_READ_MAX};
use crate::sources::Attachment;
use crate::terms::{Day, parse_day};

/// Longest header section that is looked through when telling a mail from a text.
const HEADER_LINES_MAX: usize = 200;
/// Headers that only mails have; two of them, or one of them and a blank line, make a mail.
const MAIL_HEADERS: [&str; 12] = [
    "from",
    "subject",
    "received",
    "return-path",
    "message-id",
    "mime-version",
    "date",
    "to",
    "delivered-to",
    "content-type",
    "reply-to",
    "cc",
];

/// An inquiry as JSON has it; other fields are passed over.
#[derive(Debug, Deserialize)]
struct Fields {
    #[serde(default)]
    id: Value,
    #[serde(default)]
    subject: Option<String>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    institution: Option<String>,
    #[serde(default)]
    payroll_group: Value,
    #[serde(default)]
    channel: Option<String>,
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    received: Option<String>,
    #[serde(default)]
    day: Option<String>,
}

impl Inquiry {
    /// The løngruppe as digits, where one is named.
    pub fn group(&self) -> Option<String> {
        let written = self.payroll_group.as_deref().unwrap_or_default();
        let digits: String = written.chars().filter(char::is_ascii_digit).collect();
        (!digits.is_empty()).then_some(digits)
    }

    /// Reads the JSON object of `POST /drafts`.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let fields: Fields = serde_json::from_str(text)
            .map_err(|cause| Error::BadJson { detail: cause.to_string() })?;
        let inquiry = Self {
            id: written(&fields.id),
            subject: fields.subject.filter(|subject| !subject.trim().is_empty()),
            body: fields.body.unwrap_or_default(),
            institution: fields.institution.filter(|name| !name.trim().is_empty()),
            payroll_group: written(&fields.payroll_group),
            channel: channel(fields.channel.as_deref())?,
            from: fields.from,
            received: day("received", fields.received.as_deref())?,
            day: day("day", fields.day.as_deref())?,
            ..Self::default()
        };
        inquiry.checked()
    }

    /// Takes a text as it is. The text of a phone note is told by its shape.
    pub fn from_text(text: &str) -> Result<Self, Error> {
        let body = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
        Self { body, channel: guess(text), ..Self::default() }.checked()
    }

    /// Reads a mail with its headers; its files are handed out beside it.
    pub fn from_eml(bytes: &[u8]) -> Result<Received, Error> {
        let limit = BODY_BYTES_MAX.saturating_mul(20);
        if bytes.len() > limit {
            return Err(Error::TooLarge { bytes: bytes.len(), max: limit });
        }
        let message = MessageParser::default().parse(bytes).ok_or(Error::BadMail)?;
        let subject = message.subject().map(str::trim).filter(|subject| !subject.is_empty());
        let (body, hidden) = mail_text(&message);
        let mut inquiry = Self {
            subject: subject.map(str::to_owned),
            body,
            from: sender(&message),
            received: message.date().and_then(danish_day),
            ..Self::default()
        };
        inquiry.remarks.extend(hidden.then_some(Remark::Hidden));
        if !has_text(&inquiry.body) && subject.is_some() {
            inquiry.body = inquiry.subject.clone().unwrap_or_default();
            inquiry.remarks.push(Remark::SubjectOnly);
        }
        let attachments = message.attachments().enumerate().map(|(at, part)| Attachment {
            name: attachment_name(part, at),
            bytes: part.contents().to_vec(),
        });
        Ok(Received { attachments: attachments.collect(), inquiry: inquiry.checked()? })
    }

    /// Tells JSON, a mail and a text apart, and reads it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Received, Error> {
        let (text, old) = match std::str::from_utf8(bytes) {
            Ok(text) => (Cow::Borrowed(text), false),
            Err(_) => (encoding_rs::WINDOWS_1252.decode(bytes).0, true),
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        if is_mail(text) {
            return Self::from_eml(bytes);
        }
        let mut inquiry = if text.trim_start().starts_with('{') {
            Self::from_json(text)?
        } else {
            Self::from_text(text)?
        };
        if old {
            inquiry.remarks.push(Remark::OldEncoding);
        }
        Ok(Received { inquiry, attachments: Vec::new() })
    }

    /// Refuses what is empty or too long, and says what will not be read.
    fn checked(mut self) -> Result<Self, Error> {
        if self.body.len() > BODY_BYTES_MAX {
            return Err(Error::TooLarge { bytes: self.body.len(), max: BODY_BYTES_MAX });
        }
        if is_garbage(&self.body) {
            return Err(Error::BadMail);
        }
        if !has_text(&self.body) {
            return Err(Error::EmptyInquiry);
        }
        if self.body.split_whitespace().nth(WORDS_READ_MAX).is_some() {
            self.remarks.push(Remark::CutShort { words: WORDS_READ_MAX });
        }
        let count = self.body.chars().filter(|c| *c != '\r' && invisible(*c)).count();
        if count > 0 {
            self.remarks.push(Remark::Invisible { count });
        }
        Ok(self)
    }
}

fn has_text(body: &str) -> bool {
    body.chars().any(|c| !c.is_whitespace() && !c.is_control() && !invisible(c))
}

/// An id or a løngruppe may be written as text or as a number.
fn written(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn channel(value: Option<&str>) -> Result<Channel, Error> {
    match value.map(|value| value.trim().to_lowercase()).as_deref() {
        None | Some("" | "mail" | "e-mail") => Ok(Channel::Mail),
        Some("telefonnotat") => Ok(Channel::Phone),
        Some("serviceportal" | "serviceportalen") => Ok(Channel::Portal),
        Some(other) => Err(Error::BadChannel { value: other.to_owned() }),
    }
}

fn day(field: &'static str, value: Option<&str>) -> Result<Option<Day>, Error> {
    match value.map(str::trim).filter(|value| !value.is_empty()) {
        None => Ok(None),
        Some(value) => parse_day(value)
            .map(Some)
            .ok_or_else(|| Error::BadDay { field, value: value.to_owned() }),
    }
}

/// A phone note is short and says that it is one, or tells of a caller; all else is a mail.
fn guess(text: &str) -> Channel {
    /// Longer texts are no notes.
    const NOTE_CHARS_MAX: usize = 400;
    let lower = text.to_lowercase();
    let start = lower.trim_start();
    let named = ["tlf", "telefonnotat", "opkald", "notat"].iter().any(|w| start.starts_with(w));
    let told = ["ringer", "vil vide", "spørger", "har ringet"].iter().any(|w| start.contains(w));
    let greeted = ["hej", "kære", "hi ", "dear", "mvh", "hilsen"].iter().any(|w| start.contains(w));
    if text.chars().count() <= NOTE_CHARS_MAX && (named || told) && !greeted {
        Channel::Phone
    } else {
        Channel::Mail
    }
}

/// Share of characters that no person types from which a text is none: one in this many.
const GARBAGE_SHARE: usize = 20;

/// Whether the bytes were no text: control characters, and what stands for bytes that mean nothing.
fn is_garbage(text: &str) -> bool {
    let typed = |c: &char| matches!(c, '\n' | '\r' | '\t');
    let odd = |c: &char| (c.is_control() && !typed(c)) || *c == '\u{fffd}';
    let (all, odd) = (text.chars().count(), text.chars().filter(odd).count());
    odd > 0 && odd * GARBAGE_SHARE >= all
}

/// Whether the text opens with header lines and then a blank line, as RFC 822 has it.
fn is_mail(text: &str) -> bool {
    let mut known = 0;
    for (at, line) in text.lines().take(HEADER_LINES_MAX).enumerate() {
        if line.trim().is_empty() {
            return at > 0 && known > 1;
        }
        if line.starts_with([' ', '\t']) || (at == 0 && line.starts_with("From ")) {
            continue;
        }
        let Some((name, _)) = line.split_once(':') else { return false };
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            return false;
        }
        known += usize::from(MAIL_HEADERS.contains(&name.to_ascii_lowercase().as_str()));
    }
    false
}

/// The text parts of a mail, and whether one hides text; a part that is a web page gives its text.
fn mail_text(message: &Message<'_>) -> (String, bool) {
    let mut hidden = false;
    let parts = message.text_bodies().enumerate().filter_map(|(at, part)| match &part.body {
        PartType::Html(page) => match html::text(page) {
            Some((text, quarantine)) => {
                hidden |= !quarantine.is_empty();
                Some(text)
            }
            None => message.body_text(at).map(Cow::into_owned),
        },
        PartType::Text(text) => Some(text.trim_end().to_owned()),
        _ => None,
    });
    let text = parts.collect::<Vec<_>>().join("\n\n");
    (text, hidden)
}

fn sender(message: &Message<'_>) -> Option<String> {
    let sender = message.from()?.first()?;
    match (sender.name(), sender.address()) {
        (Some(name), Some(address)) => Some(format!("{name} <{address}>")),
        (name, address) => name.or(address).map(str::to_owned),
    }
}

/// The day in Denmark on which the mail was sent.
fn danish_day(date: &DateTime) -> Option<Day> {
    let zone = jiff::tz::TimeZone::get("Europe/Copenhagen").ok();
    let sent = jiff::Timestamp::from_second(date.to_timestamp()).ok();
    if let (Some(zone), Some(sent)) = (zone, sent) {
        return Some(sent.to_zoned(zone).date());
    }
    let (month, day) = (i8::try_from(date.month).ok()?, i8::try_from(date.day).ok()?);
    Day::new(i16::try_from(date.year).ok()?, month, day).ok()
}

/// A file's name, or one for a file that has none; a mail inside a mail is known by its ending.
fn attachment_name(part: &MessagePart<'_>, at: usize) -> String {
    let (name, mail) = (part.attachment_name(), part.message().is_some());
    match name.map(str::trim).filter(|name| !name.is_empty()) {
        Some(name) => name.to_owned(),
        None if mail => format!("mail-{}.eml", at + 1),
        None => format!("file-{}", at + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(json: &str) -> String {
        let error = Inquiry::from_json(json).unwrap_err();
        assert!(!error.remedy().is_empty());
        error.to_string()
    }

    #[test]
    fn json_is_read_and_other_fields_are_passed_over() {
        let inquiry = Inquiry::from_json(
            r#"{"id": "A1", "body": "Hej", "subject": " ", "payroll_group": 780, "tags": [1],
                "channel": "serviceportalen", "received": "2025-10-29", "institution": null}"#,
        )
        .unwrap();
        assert_eq!(inquiry.id.as_deref(), Some("A1"));
        assert_eq!((inquiry.subject, inquiry.institution), (None, None));
        assert_eq!(inquiry.payroll_group.as_deref(), Some("780"));
        assert_eq!(inquiry.channel, Channel::Portal);
        assert_eq!(inquiry.received, parse_day("2025-10-29"));
    }

    #[test]
    fn errors_name_the_field() {
        assert_eq!(refused("{}"), "the inquiry has no text");
        assert_eq!(refused(r#"{"body": " \n\u200b"}"#), "the inquiry has no text");
        assert_eq!(
            refused(r#"{"body": "x", "day": "1/2-2025"}"#),
            "`day` is `1/2-2025`, which is no day"
        );
        assert_eq!(
            refused(r#"{"body": "x", "channel": "fax"}"#),
            "`channel` is `fax`, which is no channel"
        );
        assert!(refused(r#"{"body": 7}"#).contains("expected a string"));
        assert!(refused("{").contains("EOF"));
    }

    #[test]
    fn a_body_has_a_limit_and_a_long_one_is_read_in_part() {
        let huge = "a".repeat(BODY_BYTES_MAX + 1);
        assert!(matches!(Inquiry::from_text(&huge), Err(Error::TooLarge { .. })));
        let long = Inquiry::from_text(&"ord ".repeat(WORDS_READ_MAX + 1)).unwrap();
        assert_eq!(long.remarks, [Remark::CutShort { words: WORDS_READ_MAX }]);
    }

    const MAIL: &str = "From: Mona Prøvesen <mona@styrelse.example>\r\n\
        Subject: =?utf-8?Q?Ferie_og_l=C3=B8n?=\r\n\
        Date: Thu, 30 Oct 2025 23:30:00 +0000\r\n\
        MIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed; boundary=grense\r\n\r\n\
        --grense\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
        <p>Hej</p><p>Hvorn&aring;r lukker l&oslash;nnen?</p>\r\n\
        --grense\r\nContent-Type: text/csv; name=satser.csv\r\n\
        Content-Disposition: attachment; filename=satser.csv\r\n\r\na;b\r\n--grense--\r\n";

    #[test]
    fn a_mail_is_read_with_sender_day_and_files() {
        let received = Inquiry::from_bytes(MAIL.as_bytes()).unwrap();
        let inquiry = received.inquiry;
        assert_eq!(inquiry.subject.as_deref(), Some("Ferie og løn"));
        assert_eq!(inquiry.from.as_deref(), Some("Mona Prøvesen <mona@styrelse.example>"));
        assert_eq!(inquiry.received, parse_day("2025-10-31"), "the day in Denmark");
        assert!(inquiry.body.contains("Hvornår lukker lønnen?"), "{:?}", inquiry.body);
        let names: Vec<&str> = received.attachments.iter().map(|a| a.name.as_str()).collect();
        assert_eq!(names, ["satser.csv"]);
    }

    #[test]
    fn a_mail_without_text_is_its_subject() {
        let received = Inquiry::from_bytes(
            b"From: a@b.example\nSubject: Hvem godkender?\nTo: c@d.example\n\n\n",
        );
        let inquiry = received.unwrap().inquiry;
        assert_eq!(inquiry.body, "Hvem godkender?");
        assert_eq!(inquiry.remarks, [Remark::SubjectOnly]);
    }

    #[test]
    fn texts_mails_and_json_are_told_apart() {
        let read = |bytes: &[u8]| Inquiry::from_bytes(bytes).unwrap().inquiry;
        assert_eq!(read(b"  {\"body\": \"Hvad?\"}").body, "Hvad?");
        assert_eq!(read("Fra: en kunde\nHvad gør vi?".as_bytes()).body.lines().count(), 2);
        let old = read(b"Hej\nHvad g\xf8r vi?");
        assert_eq!(old.body, "Hej\nHvad gør vi?");
        assert_eq!(old.remarks, [Remark::OldEncoding]);
        assert_eq!(read("tlf. Rigsarkivet vil vide hvornår".as_bytes()).channel, Channel::Phone);
        assert_eq!(read("Hej\nkan I ringe?".as_bytes()).channel, Channel::Mail);
    }
}
