//! Files as programs write them, put together byte by byte.

use std::io::Write as _;

use flate2::{Compression, Crc};

/// A file inside a ZIP archive.
pub(crate) struct Entry {
    name: String,
    bytes: Vec<u8>,
    /// How its bytes are packed: 0 not at all, 8 by deflate.
    method: u16,
    /// The size that it says it unpacks to.
    size: u32,
    crc: u32,
}

impl Entry {
    /// A file as it stands.
    pub(crate) fn stored(name: &str, bytes: &[u8]) -> Self {
        let mut crc = Crc::new();
        crc.update(bytes);
        let size = u32::try_from(bytes.len()).unwrap();
        Self { name: name.to_owned(), bytes: bytes.to_owned(), method: 0, size, crc: crc.sum() }
    }

    /// A file that is packed.
    pub(crate) fn packed(name: &str, bytes: &[u8]) -> Self {
        Self { bytes: deflated(bytes), method: 8, ..Self::stored(name, bytes) }
    }

    /// The same file, which says that it is of another size.
    pub(crate) fn saying(self, size: u32) -> Self {
        Self { size, ..self }
    }
}

/// Bytes packed by deflate.
pub(crate) fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::DeflateEncoder::new(Vec::new(), Compression::best());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

/// A ZIP archive of these files.
pub(crate) fn zip(entries: &[Entry]) -> Vec<u8> {
    let (mut archive, mut list) = (Vec::new(), Vec::new());
    for entry in entries {
        let at = u32::try_from(archive.len()).unwrap();
        let packed = u32::try_from(entry.bytes.len()).unwrap();
        let name = entry.name.as_bytes();
        let mut head = Vec::new();
        head.extend(20_u16.to_le_bytes());
        head.extend(0_u16.to_le_bytes());
        head.extend(entry.method.to_le_bytes());
        head.extend([0; 4]);
        head.extend(entry.crc.to_le_bytes());
        head.extend(packed.to_le_bytes());
        head.extend(entry.size.to_le_bytes());
        head.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        head.extend(0_u16.to_le_bytes());
        archive.extend(b"PK\x03\x04");
        archive.extend(&head);
        archive.extend(name);
        archive.extend(&entry.bytes);
        list.extend(b"PK\x01\x02");
        list.extend(20_u16.to_le_bytes());
        list.extend(&head);
        list.extend([0; 10]);
        list.extend(at.to_le_bytes());
        list.extend(name);
    }
    let count = u16::try_from(entries.len()).unwrap();
    let (at, size) = (archive.len(), list.len());
    archive.extend(list);
    archive.extend(b"PK\x05\x06\0\0\0\0");
    archive.extend(count.to_le_bytes());
    archive.extend(count.to_le_bytes());
    archive.extend(u32::try_from(size).unwrap().to_le_bytes());
    archive.extend(u32::try_from(at).unwrap().to_le_bytes());
    archive.extend([0; 2]);
    archive
}

const TYPES: &str = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#;
const RELATIONS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#;
const WORD: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";

/// The parts of a Word document around its text.
pub(crate) fn docx_frame() -> Vec<Entry> {
    vec![
        Entry::stored("[Content_Types].xml", TYPES.as_bytes()),
        Entry::stored("_rels/.rels", RELATIONS.as_bytes()),
    ]
}

/// The text part of a Word document with this body.
pub(crate) fn word_xml(prolog: &str, body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>{prolog}<w:document xmlns:w=\"{WORD}\">\
         <w:body>{body}</w:body></w:document>"
    )
}

/// A Word document with this body.
pub(crate) fn docx(body: &str) -> Vec<u8> {
    let mut entries = docx_frame();
    entries.push(Entry::packed("word/document.xml", word_xml("", body).as_bytes()));
    zip(&entries)
}

/// A paragraph of Word: runs, each with its properties.
pub(crate) fn word_paragraph(runs: &[(&str, &str)]) -> String {
    let run = |(properties, text): &(&str, &str)| {
        format!("<w:r><w:rPr>{properties}</w:rPr><w:t xml:space=\"preserve\">{text}</w:t></w:r>")
    };
    format!("<w:p>{}</w:p>", runs.iter().map(run).collect::<String>())
}

/// An object of a PDF with a stream, packed or not.
pub(crate) fn stream(dictionary: &str, bytes: &[u8]) -> Vec<u8> {
    let head = format!("<< {dictionary} /Length {} >>\nstream\n", bytes.len());
    [head.as_bytes(), bytes, b"\nendstream"].concat()
}

/// A PDF of these objects, numbered from 1; the first is its catalogue.
pub(crate) fn pdf(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut pdf = b"%PDF-1.4\n".to_vec();
    let mut offsets = Vec::new();
    for (at, object) in objects.iter().enumerate() {
        offsets.push(pdf.len());
        pdf.extend(format!("{} 0 obj\n", at + 1).bytes());
        pdf.extend(object);
        pdf.extend(b"\nendobj\n");
    }
    let table = pdf.len();
    pdf.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    for offset in offsets {
        pdf.extend(format!("{offset:010} 00000 n \n").bytes());
    }
    let size = objects.len() + 1;
    pdf.extend(
        format!("trailer << /Size {size} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF").bytes(),
    );
    pdf
}

/// A PDF of one page with this object as its content.
pub(crate) fn pdf_of(content: Vec<u8>) -> Vec<u8> {
    pdf(&[
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R \
          /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_vec(),
        content,
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
            .to_vec(),
    ])
}

/// A PDF of one page whose content stands there as it is.
pub(crate) fn pdf_page(content: &str) -> Vec<u8> {
    pdf_of(stream("", content.as_bytes()))
}
