//! Mails as files (EML).

use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders, PartType};

use crate::sources::format::text::{self, Headings};
use crate::sources::format::{Unreadable, html};
use crate::sources::{Attachment, Block, Extracted, Quarantine};

/// Reads a mail: its subject is the title, its attachments are returned.
pub(crate) fn read(bytes: &[u8]) -> Result<Extracted, Unreadable> {
    let message = MessageParser::default()
        .parse(bytes)
        .filter(|message| message.headers().len() > 1)
        .ok_or_else(|| Unreadable::Damaged { reason: "the mail has no headers".to_owned() })?;
    let (blocks, quarantine) = body(&message)?;
    Ok(Extracted {
        title: message.subject().map(str::to_owned),
        blocks,
        quarantine,
        attachments: message.attachments().filter_map(attachment).collect(),
        ..Extracted::default()
    })
}

/// The plain text of a mail, or what its web page says where it has none.
fn body(message: &Message<'_>) -> Result<(Vec<Block>, Quarantine), Unreadable> {
    let plain: Vec<&str> = message
        .text_bodies()
        .filter_map(|part| match &part.body {
            PartType::Text(text) => Some(text.as_ref()),
            _ => None,
        })
        .collect();
    if plain.iter().any(|text| !text.trim().is_empty()) {
        let text = plain.join("\n\n").replace("\r\n", "\n");
        return Ok((text::blocks(&text, Headings::None), Quarantine::of_text(&text)));
    }
    let (mut blocks, mut quarantine) = (Vec::new(), Quarantine::default());
    for part in message.html_bodies() {
        if let PartType::Html(page) = &part.body {
            let page = html::page(page)?;
            blocks.extend(page.blocks);
            quarantine.join(&page.quarantine);
        }
    }
    Ok((blocks, quarantine))
}

/// A file in the mail; pictures that belong to the text are none.
fn attachment(part: &MessagePart<'_>) -> Option<Attachment> {
    let is_picture = part.content_type().is_some_and(|kind| kind.ctype() == "image");
    if is_picture && part.content_id().is_some() {
        return None;
    }
    let name = match (part.attachment_name(), &part.body) {
        (Some(name), _) => name.to_owned(),
        (None, PartType::Message(inner)) => {
            format!("{}.eml", inner.subject().unwrap_or("videresendt"))
        }
        (None, PartType::Html(_)) => "bilag.html".to_owned(),
        (None, PartType::Text(_)) => "bilag.txt".to_owned(),
        (None, _) => "bilag".to_owned(),
    };
    Some(Attachment { name, bytes: part.contents().to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::Form;

    const MAIL: &str = "From: Bente Eksempelsen <bente@kunde.example>\r\nTo: sam@sam.example\r\n\
        Subject: =?utf-8?q?Sp=C3=B8rgsm=C3=A5l?= om ferie\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed; boundary=g\r\n\r\n--g\r\n\
        Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\
        K\u{e6}re SAM\r\n\r\nHvordan overf\u{f8}res\r\nferien?\r\n--g\r\n\
        Content-Type: text/csv; name=\"frist.csv\"\r\n\
        Content-Disposition: attachment; filename=\"frist.csv\"\r\n\r\nA;B\r\n1;2\r\n--g--\r\n";

    #[test]
    fn a_mail_gives_its_text_and_its_attachments() {
        // One byte a letter, as its header says.
        let bytes: Vec<u8> =
            MAIL.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
        let found = read(&bytes).unwrap();
        assert_eq!(found.title.as_deref(), Some("Spørgsmål om ferie"));
        let blocks: Vec<(Form, &str)> =
            found.blocks.iter().map(|block| (block.form, block.text.as_str())).collect();
        assert_eq!(
            blocks,
            [(Form::Paragraph, "Kære SAM"), (Form::Paragraph, "Hvordan overføres ferien?")]
        );
        assert_eq!(found.attachments.len(), 1);
        assert_eq!(found.attachments[0].name, "frist.csv");
        assert_eq!(found.attachments[0].bytes, b"A;B\r\n1;2");
    }

    #[test]
    fn a_mail_of_html_alone_is_read_as_a_page() {
        let mail = "Subject: A\r\nFrom: a@a.example\r\nContent-Type: text/html\r\n\r\n\
                    <p>Ferie</p><ul><li>en</ul>";
        let found = read(mail.as_bytes()).unwrap();
        let texts: Vec<&str> = found.blocks.iter().map(|block| block.text.as_str()).collect();
        assert_eq!(texts, ["Ferie", "en"]);
        assert!(read(b"kun tekst").is_err());
    }
}
