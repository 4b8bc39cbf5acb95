//! Folders and files become documents, whatever they hold.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use svarforslag::sources::{
    Extracted, Extractor, Format, Harvest, Kind, Limits, Unreadable, collect, network_blocked_here,
};

use crate::made::{pdf_of, stream};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/sources")
}

fn extractor() -> Extractor {
    Extractor { program: env!("CARGO_BIN_EXE_svarforslag").into(), limits: Limits::default() }
}

fn bytes_of(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).unwrap()
}

fn extract(name: &str, bytes: &[u8]) -> Result<Extracted, Unreadable> {
    Format::of(name, bytes).and_then(|format| extractor().extract(format, bytes))
}

/// Compares what is read from a file with the golden file beside it, line by line.
fn golden_fault(name: &str) -> Option<String> {
    let extracted = extract(name, &bytes_of(name));
    let found = serde_json::to_string_pretty(&extracted).unwrap() + "\n";
    let golden = folder().join(format!("{name}.json"));
    let expected = std::fs::read_to_string(&golden).unwrap_or_default();
    if found == expected {
        return None;
    }
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.json"));
    std::fs::write(&kept, &found).unwrap();
    let mut lines = String::new();
    let (new, old): (Vec<&str>, Vec<&str>) = (found.lines().collect(), expected.lines().collect());
    for line in old.iter().filter(|line| !new.contains(line)) {
        writeln!(lines, "- {line}").unwrap();
    }
    for line in new.iter().filter(|line| !old.contains(line)) {
        writeln!(lines, "+ {line}").unwrap();
    }
    let (kept, golden) = (kept.display(), golden.display());
    Some(format!("{name} is read otherwise:\n{lines}\nif that is right: cp {kept} {golden}"))
}

#[test]
fn each_format_is_read_as_its_golden_file_says() {
    let names = [
        "text.txt",
        "latin1.txt",
        "markdown.md",
        "html.html",
        "table.csv",
        "mail.eml",
        "docx.docx",
        "pptx.pptx",
        "xlsx.xlsx",
        "pdf.pdf",
        "pdf-columns.pdf",
        "pdf-hyphens.pdf",
    ];
    let faults: Vec<String> = names.into_iter().filter_map(golden_fault).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

/// The code of what went wrong.
fn code(name: &str, bytes: &[u8]) -> String {
    extract(name, bytes).err().map_or("read", |unreadable| unreadable.code()).to_owned()
}

#[test]
fn a_file_that_cannot_be_read_says_why() {
    assert_eq!(code("a.pdf", &bytes_of("encrypted.pdf")), "encrypted");
    assert_eq!(code("a.pdf", &bytes_of("scanned.pdf")), "no_text");
    assert_eq!(code("a.pdf", &bytes_of("docx.docx")), "wrong_type");
    assert_eq!(code("a.docx", &bytes_of("pdf.pdf")), "wrong_type");
    assert_eq!(code("a.docx", &bytes_of("xlsx.xlsx")), "wrong_type");
    for name in ["docx.docx", "pptx.pptx", "xlsx.xlsx"] {
        let bytes = bytes_of(name);
        assert_eq!(code(name, &bytes[..bytes.len() / 2]), "parse_failed", "{name}");
    }
}

#[test]
fn a_pdf_cut_off_in_the_middle_is_no_document() {
    let bytes = bytes_of("pdf.pdf");
    let cut = code("a.pdf", &bytes[..bytes.len() / 2]);
    assert!(["parse_failed", "no_text"].contains(&cut.as_str()), "{cut}");
}

/// A PDF with one page, whose content stream is repeated `lines`.
fn page_of(lines: impl Iterator<Item = String>) -> Vec<u8> {
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    for line in lines {
        packer.write_all(line.as_bytes()).unwrap();
    }
    pdf_of(stream("/Filter /FlateDecode", &packer.finish().unwrap()))
}

#[test]
fn a_bomb_harms_nobody_but_its_reader() {
    let start = Instant::now();
    let line = "BT /F1 12 Tf 10 10 Td (AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA) Tj ET\n".repeat(1000);
    let crude = page_of(std::iter::repeat_n(line, 6000));
    assert!(crude.len() < 2 * 1024 * 1024);
    assert_eq!(code("bombe.pdf", &crude), "parse_failed");
    // Packed no better than a library suspects, and yet more than a reader may take.
    let sly = page_of((0..1_500_000_u64).map(|at| {
        let noise = at.wrapping_mul(6_364_136_223_846_793_005) >> 40;
        format!("BT /F1 9 Tf {} {} Td (Beloeb {noise}) Tj ET\n", at % 500, at % 700)
    }));
    let found = code("bombe.pdf", &sly);
    assert!(["memory_limit", "cpu_limit"].contains(&found.as_str()), "{found}");
    assert!(start.elapsed() < Duration::from_mins(1));
}

#[cfg(target_os = "linux")]
#[test]
fn readers_have_no_network() {
    assert!(network_blocked_here());
}

/// An extractor whose reader is a script.
#[cfg(unix)]
fn scripted(folder: &Path, script: &str) -> Extractor {
    use std::os::unix::fs::PermissionsExt;
    let program = folder.join("laeser");
    std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let limits = Limits { wall_seconds_max: 1, output_bytes_max: 1000, ..Limits::default() };
    Extractor { program, limits }
}

#[cfg(unix)]
#[test]
fn each_death_of_a_reader_has_its_name() {
    let cases = [
        ("echo hej", "reader_garbled"),
        ("exit 3", "reader_crashed"),
        ("exit 70", "reader_crashed"),
        ("exit 71", "reader_not_started"),
        ("kill -KILL $$", "memory_limit"),
        ("echo 'memory allocation of 9 bytes failed' >&2; kill -ABRT $$", "memory_limit"),
        ("kill -XCPU $$", "cpu_limit"),
        ("kill -SEGV $$", "reader_crashed"),
        ("exec /bin/sleep 60", "time_limit"),
        ("exec >&-; exec /bin/sleep 60", "time_limit"),
        ("while :; do echo 0123456789; done", "too_much_text"),
    ];
    for (script, expected) in cases {
        let folder = tempfile::tempdir().unwrap();
        let extractor = scripted(folder.path(), script);
        let unreadable = extractor.extract(Format::Pdf, b"%PDF-1.4").unwrap_err();
        assert_eq!(unreadable.code(), expected, "{script}");
        assert!(!unreadable.remedy().is_empty());
    }
    let missing = Extractor { program: "/nowhere/at/all".into(), limits: Limits::default() };
    let unreadable = missing.extract(Format::Pdf, b"%PDF-1.4").unwrap_err();
    assert_eq!(unreadable.code(), "reader_not_started");
}

#[test]
fn a_file_over_the_limit_is_not_read() {
    let limits = Limits { input_bytes_max: 10, ..Limits::default() };
    let extractor = Extractor { limits, ..extractor() };
    let unreadable = extractor.extract(Format::Text, b"en lang fil").unwrap_err();
    assert_eq!(unreadable.code(), "too_large");
}

fn harvest(files: &[(&str, Vec<u8>)]) -> Harvest {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    collect(&[folder.path().to_owned()], &|_, _| false, &extractor(), &|_| {}).unwrap()
}

fn codes(harvest: &Harvest) -> Vec<(&str, &str, bool)> {
    let notes = harvest.notes.iter();
    notes.map(|note| (note.file.as_str(), note.code.as_str(), note.left_out)).collect()
}

#[test]
fn bad_files_among_good_ones_are_named_and_the_rest_is_read() {
    let docx = bytes_of("docx.docx");
    let found = harvest(&[
        ("love/a.docx", docx.clone()),
        ("love/b.docx", docx[..docx.len() / 2].to_vec()),
        ("love/c.pdf", bytes_of("encrypted.pdf")),
        ("love/d.pdf", bytes_of("scanned.pdf")),
        ("love/e.pdf", bytes_of("pdf.pdf")),
        ("love/f.pdf", docx),
        ("love/g.pptx", bytes_of("pptx.pptx")),
        ("love/h.msg", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec()),
        ("love/i.xlsx", bytes_of("xlsx.xlsx")),
        ("love/j.txt", Vec::new()),
    ]);
    let ids: Vec<&str> = found.documents.iter().map(|document| document.id.as_str()).collect();
    assert_eq!(ids, ["love/a.docx", "love/e.pdf", "love/g.pptx", "love/i.xlsx"]);
    assert_eq!(
        codes(&found),
        [
            ("love/b.docx", "parse_failed", true),
            ("love/c.pdf", "encrypted", true),
            ("love/d.pdf", "no_text", true),
            ("love/f.pdf", "wrong_type", true),
            ("love/h.msg", "unsupported", true),
            ("love/i.xlsx", "read_with_care", false),
            ("love/j.txt", "empty_file", true),
        ]
    );
    assert!(found.notes.iter().all(|note| !note.reason.is_empty() && !note.remedy.is_empty()));
}

#[test]
fn a_mail_and_its_attachment_belong_to_the_same_institution() {
    let sidecar = "dokumenttype: drejebog\ninstitution: Banedanmark\n";
    let found = harvest(&[
        ("post/mail.eml", bytes_of("mail.eml")),
        ("post/mail.eml.meta.yaml", sidecar.into()),
    ]);
    let seen: Vec<(&str, &str, &str)> = found
        .documents
        .iter()
        .map(|it| (it.id.as_str(), it.title.as_str(), it.institution.as_deref().unwrap()))
        .collect();
    assert_eq!(
        seen,
        [
            ("post/mail.eml", "Løn under barsel", "Banedanmark"),
            ("post/mail.eml/frister.csv", "frister", "Banedanmark"),
        ]
    );
    assert_eq!(codes(&found), []);
}

#[test]
fn an_export_gives_one_document_for_each_approved_case() {
    let export = "{\"sagsnummer\":\"SAM 2405-1351\",\"institution\":\"Banedanmark\",\
        \"titel\":\"KB: Aconto\",\"svar\":\"Ja.\",\"godkendt\":true,\
        \"godkendt_dato\":\"03May2024 10:57\"}\n\
        {\"sagsnummer\":\"SAM 2405-1352\",\"svar\":\"Ja.\",\"godkendt\":true}\n\
        {\"sagsnummer\":\"SAM 2405-1353\",\"svar\":\"Nej.\",\"godkendt\":false}\n\
        {\"sagsnummer\":\"SAM 2405-1351\",\"institution\":\"Banedanmark\",\
        \"svar\":\"Nej.\",\"godkendt\":true}\nikke json\n";
    let found = harvest(&[("eksport.jsonl", export.into())]);
    assert_eq!(found.documents.len(), 1);
    let case = &found.documents[0];
    assert_eq!(case.id, "eksport.jsonl#SAM 2405-1351");
    assert_eq!((case.kind, case.title.as_str()), (Kind::Sag, "KB: Aconto"));
    assert_eq!(case.period.from.unwrap().to_string(), "2024-05-03");
    assert_eq!(
        codes(&found),
        [
            ("eksport.jsonl", "bad_line", true),
            ("eksport.jsonl", "not_approved", false),
            ("eksport.jsonl#SAM 2405-1351", "same_case", true),
            ("eksport.jsonl#SAM 2405-1352", "no_institution", true),
        ]
    );
}
