//! What came in, with the text of the files that came with it.

use crate::inquiry::{AttachmentText, Inquiry, Received, Remark};
use crate::service::{Error, Service};
use crate::sources::{Attachment, Format};

/// Attachments of one mail that are read.
const ATTACHMENTS_MAX: usize = 10;

impl Service {
    /// Reads what came in: a mail (RFC 822), an inquiry as JSON, or plain text.
    pub fn receive(&self, bytes: &[u8]) -> Result<Inquiry, Error> {
        let received = Inquiry::from_bytes(bytes)?;
        Ok(self.with_attachments(received))
    }

    /// The inquiry with the text of its attachments, as far as they can be read.
    pub fn with_attachments(&self, received: Received) -> Inquiry {
        let Received { mut inquiry, attachments } = received;
        for attachment in attachments.iter().take(ATTACHMENTS_MAX) {
            let (text, hides) = self.text_of(attachment);
            let name = attachment.name.clone();
            inquiry.remarks.extend(hides.then_some(Remark::HiddenIn { name }));
            inquiry.attachments.push(AttachmentText { name: attachment.name.clone(), text });
        }
        for attachment in attachments.iter().skip(ATTACHMENTS_MAX) {
            let text = Err(format!("kun de første {ATTACHMENTS_MAX} bilag læses"));
            inquiry.attachments.push(AttachmentText { name: attachment.name.clone(), text });
        }
        inquiry
    }

    /// The text of an attachment, and whether more stands in it that nobody sees.
    fn text_of(&self, attachment: &Attachment) -> (Result<String, String>, bool) {
        let Some(extractor) = &self.extractor else {
            return (Err("bilag læses ikke her".to_owned()), false);
        };
        let read = Format::of(&attachment.name, &attachment.bytes)
            .and_then(|format| extractor.extract(format, &attachment.bytes));
        match read {
            Ok(read) => {
                let texts: Vec<String> = read.blocks.into_iter().map(|block| block.text).collect();
                (Ok(texts.join("\n")), !read.quarantine.is_empty())
            }
            Err(error) => (Err(format!("filen kan ikke læses ({})", error.code())), false),
        }
    }
}
