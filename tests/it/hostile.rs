//! Files that are made to harm their reader: each ends as text or as a named note, and nobody else
//! notices.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use flate2::Compression;
use svarforslag::sources::{CHILD_COMMAND, Extractor, Format, Limits};

use crate::desk::{PROGRAM, TestDesk, extractor};
use crate::made::{
    Entry, deflated, docx, docx_frame, pdf, pdf_of, pdf_page, stream, word_paragraph, word_xml, zip,
};

/// Files that are tried, at least.
const FILES_MIN: usize = 200;
/// The longest that one may take, with what a busy machine adds.
const SECONDS_MAX: u64 = 15;
const SLACK: Duration = Duration::from_secs(5);
/// Memory that the reader may take.
const MEMORY_KB_MAX: u64 = 512 * 1024;

/// One file: what it tries, its name, its bytes.
struct Foul {
    tries: String,
    name: String,
    bytes: Vec<u8>,
}

#[derive(Default)]
struct Pile(Vec<Foul>);

impl Pile {
    fn put(&mut self, tries: &str, name: &str, bytes: impl Into<Vec<u8>>) {
        let (tries, name) = (tries.to_owned(), name.to_owned());
        self.0.push(Foul { tries, name, bytes: bytes.into() });
    }
}

/// So many bytes that pack to almost nothing.
fn packed_zeros(megabytes: usize) -> Vec<u8> {
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), Compression::best());
    let piece = vec![b' '; 1024 * 1024];
    (0..megabytes).for_each(|_| packer.write_all(&piece).unwrap());
    packer.finish().unwrap()
}

/// The part of a package that a format reads first.
fn part(ending: &str) -> &'static str {
    match ending {
        "docx" => "word/document.xml",
        "xlsx" => "xl/workbook.xml",
        _ => "ppt/presentation.xml",
    }
}

fn package(ending: &str, xml: &[u8]) -> Vec<u8> {
    let kind = match ending {
        "docx" => "wordprocessingml.document",
        "xlsx" => "spreadsheetml.sheet",
        _ => "presentationml.presentation",
    };
    let part = part(ending);
    let types = format!(
        "<?xml version=\"1.0\"?><Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Default Extension=\"xml\" ContentType=\"application/xml\"/><Override PartName=\"/{part}\" \
         ContentType=\"application/vnd.openxmlformats-officedocument.{kind}.main+xml\"/></Types>"
    );
    let relations = format!(
        "<?xml version=\"1.0\"?><Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
         <Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" \
         Target=\"{part}\"/></Relationships>"
    );
    zip(&[
        Entry::stored("[Content_Types].xml", types.as_bytes()),
        Entry::stored("_rels/.rels", relations.as_bytes()),
        Entry::packed(part, xml),
    ])
}

/// Bombs: little that becomes much.
fn bombs(pile: &mut Pile) {
    for megabytes in [10, 50, 200, 600] {
        let content = stream("/Filter /FlateDecode", &packed_zeros(megabytes));
        pile.put("flate bomb", "bombe.pdf", pdf_of(content));
        let body =
            format!("<w:p><w:r><w:t>{}</w:t></w:r></w:p>", "A".repeat(megabytes * 1024 * 1024 / 4));
        pile.put("zip bomb", "bombe.docx", docx(&body));
    }
    for ending in ["docx", "xlsx", "pptx"] {
        let xml = [
            b"<?xml version=\"1.0\"?><a>".to_vec(),
            vec![b' '; 300 * 1024 * 1024],
            b"</a>".to_vec(),
        ];
        pile.put("zip bomb of spaces", &format!("bombe.{ending}"), package(ending, &xml.concat()));
    }
    // A stream within streams.
    let mut bytes = vec![b' '; 40 * 1024 * 1024];
    for _ in 0..4 {
        let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), Compression::best());
        packer.write_all(&bytes).unwrap();
        bytes = packer.finish().unwrap();
    }
    let filters = "/Filter [/FlateDecode /FlateDecode /FlateDecode /FlateDecode]";
    pile.put("flate in flate", "indlejret.pdf", pdf_of(stream(filters, &bytes)));
    for filter in [
        "/LZWDecode",
        "/RunLengthDecode",
        "/ASCIIHexDecode",
        "/ASCII85Decode",
        "/DCTDecode",
        "/JBIG2Decode",
        "/JPXDecode",
        "/Ukendt",
    ] {
        pile.put(
            "a filter over noise",
            "filter.pdf",
            pdf_of(stream(&format!("/Filter {filter}"), &noise(5_000))),
        );
    }
    let mut inner = zip(&[Entry::packed("0.txt", &vec![b'0'; 1024 * 1024])]);
    for level in 0..20 {
        let entries: Vec<Entry> =
            (0..8).map(|at| Entry::packed(&format!("{level}-{at}.zip"), &inner)).collect();
        inner = zip(&entries);
        if inner.len() > 4 * 1024 * 1024 {
            break;
        }
    }
    for name in ["lag.zip", "lag.docx", "lag.xlsx", "lag.pptx", "lag.pdf", "lag.eml"] {
        pile.put("archives in archives", name, inner.clone());
    }
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&vec![0; 20 * 1024 * 1024]).unwrap();
    let gzip = gzip.finish().unwrap();
    for name in ["bombe.gz", "bombe.txt", "bombe.csv", "bombe.html"] {
        pile.put("gzip under another name", name, gzip.clone());
    }
    let html = format!("<html><body>{}", "<p>Ferie</p>".repeat(400_000));
    pile.put("a very long page", "lang.html", html);
    pile.put("one line of 30 MB", "linje.txt", "a".repeat(30 * 1024 * 1024));
    pile.put(
        "one cell of 20 MB",
        "celle.csv",
        format!("A;B\n{};x\n", "a".repeat(20 * 1024 * 1024)),
    );
    pile.put(
        "a million columns",
        "kolonner.csv",
        format!("{}\n{}\n", "a;".repeat(1_000_000), "b;".repeat(1_000_000)),
    );
    pile.put("more than is read", "stor.txt", vec![b'x'; 65 * 1024 * 1024]);
}

/// Numbers that look random.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_u32;
    let next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[0]
    };
    std::iter::repeat_with(next).take(len).collect()
}

/// XML that asks for more than it holds.
fn entities(pile: &mut Pile) {
    let body = "<w:p><w:r><w:t>&x;</w:t></w:r></w:p>";
    let laughs: String = (1..10)
        .map(|at| format!("<!ENTITY l{at} \"{}\">", format!("&l{};", at - 1).repeat(10)))
        .collect();
    let prologs = [
        "<!DOCTYPE d [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>".to_owned(),
        "<!DOCTYPE d [<!ENTITY x SYSTEM \"http://127.0.0.1:1/x\">]>".to_owned(),
        "<!DOCTYPE d SYSTEM \"http://127.0.0.1:1/x.dtd\">".to_owned(),
        "<!DOCTYPE d [<!ENTITY % p SYSTEM \"file:///etc/hostname\"> %p;]>".to_owned(),
        format!("<!DOCTYPE d [<!ENTITY l0 \"ha\">{laughs}<!ENTITY x \"&l9;\">]>"),
        "<!DOCTYPE d [<!ENTITY x \"&x;\">]>".to_owned(),
        "<!DOCTYPE d [<!ENTITY x \"a\"><!ENTITY y \"&x;&x;\">]>".to_owned(),
        "<?xml-stylesheet href=\"http://127.0.0.1:1/x.xsl\"?>".to_owned(),
    ];
    for prolog in &prologs {
        let xml = word_xml(prolog, body);
        for ending in ["docx", "xlsx", "pptx"] {
            pile.put("XXE", &format!("xxe.{ending}"), package(ending, xml.as_bytes()));
        }
        pile.put(
            "XXE in a page",
            "xxe.html",
            format!("{prolog}<html><body><p>&x; Ferie</p></body></html>"),
        );
    }
    let path = "../../../../etc/cron.d/x";
    let mut entries = docx_frame();
    entries.push(Entry::stored(path, b"* * * * * root true"));
    entries.push(Entry::packed("word/document.xml", word_xml("", body).as_bytes()));
    pile.put("a path that leads out", "sti.docx", zip(&entries));
}

/// Depth without end.
fn depths(pile: &mut Pile) {
    for depth in [100, 10_000, 200_000] {
        let open = |tag: &str| format!("<{tag}>").repeat(depth);
        let shut = |tag: &str| format!("</{tag}>").repeat(depth);
        pile.put("deep page", "dyb.html", format!("{}Ferie{}", open("div"), shut("div")));
        pile.put("deep table", "tabel.html", format!("{}Ferie", "<table><tr><td>".repeat(depth)));
        pile.put("deep lists", "lister.html", format!("{}Ferie", "<ul><li>".repeat(depth)));
        pile.put("deep quotes", "citat.md", format!("{} Ferie", ">".repeat(depth)));
        pile.put(
            "deep list",
            "liste.md",
            (0..depth.min(3000)).map(|at| format!("{}- x\n", " ".repeat(at))).collect::<String>(),
        );
        pile.put("open brackets", "parenteser.md", format!("{}Ferie", "[".repeat(depth)));
        pile.put("many stars", "stjerner.md", format!("{}Ferie", "*a ".repeat(depth)));
        let nested = format!(
            "{}<w:p><w:r><w:t>Ferie</w:t></w:r></w:p>{}",
            "<w:tbl><w:tr><w:tc>".repeat(depth),
            "</w:tc></w:tr></w:tbl>".repeat(depth)
        );
        pile.put("tables in tables", "tabeller.docx", docx(&nested));
        let arrays = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        pile.put("arrays in arrays", "lister.pdf", pdf_page(&format!("{arrays} TJ")));
        let dictionaries = format!("{}{}", "<< /A ".repeat(depth), ">>".repeat(depth));
        pile.put("dictionaries in dictionaries", "opslag.pdf", pdf(&[dictionaries.into_bytes()]));
        pile.put("states within states", "tilstande.pdf", pdf_page(&"q ".repeat(depth)));
        let bounds: String = (0..depth.min(2000))
            .map(|at| format!("Content-Type: multipart/mixed; boundary=b{at}\r\n\r\n--b{at}\r\n"))
            .collect();
        pile.put(
            "parts in parts",
            "dele.eml",
            format!("From: a@a.example\r\nSubject: x\r\n{bounds}\r\nFerie"),
        );
        pile.put(
            "a deep front matter",
            "yaml.md",
            format!("---\na: {}1{}\n---\nFerie\n", "[".repeat(depth), "]".repeat(depth)),
        );
    }
    // Objects that stand for each other.
    pile.put(
        "a page tree in a circle",
        "ring.pdf",
        pdf(&[
            b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
            b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2000000000 >>".to_vec(),
        ]),
    );
    pile.put(
        "a length in a circle",
        "laengde.pdf",
        pdf(&[
            b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
            b"<< /Length 2 0 R >>\nstream\nx\nendstream".to_vec(),
        ]),
    );
    let form = stream(
        "/Type /XObject /Subtype /Form /BBox [0 0 1 1] /Resources << /XObject << /X 6 0 R >> >>",
        b"/X Do /X Do",
    );
    pile.put("a form that draws itself", "form.pdf", pdf(&[
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Resources << /XObject << /X 6 0 R >> >> >>".to_vec(),
        stream("", b"/X Do"),
        b"null".to_vec(),
        form,
    ]));
    let anchors: String = std::iter::once("a0: &a0 [x, x]\n".to_owned())
        .chain((1..30).map(|at| format!("a{at}: &a{at} [*a{}, *a{}]\n", at - 1, at - 1)))
        .collect();
    pile.put("YAML anchors", "anker.md", format!("---\n{anchors}---\nFerie\n"));
}

/// Many pages, sheets, slides, parts.
fn crowds(pile: &mut Pile) {
    for count in [1_000, 10_000] {
        let mut objects = vec![
            b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
            format!(
                "<< /Type /Pages /Count {count} /Kids [{}] >>",
                (0..count).map(|at| format!("{} 0 R ", at + 5)).collect::<String>()
            )
            .into_bytes(),
            stream("", b"BT /F1 12 Tf 60 700 Td (Ferie og barsel) Tj ET"),
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_vec(),
        ];
        objects.extend((0..count).map(|_| {
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 3 0 R /Resources << /Font << /F1 4 0 R >> >> >>".to_vec()
        }));
        pile.put(&format!("{count} pages"), "sider.pdf", pdf(&objects));
        let paragraphs = word_paragraph(&[("", "Ferie.")]).repeat(count * 10);
        pile.put(&format!("{} paragraphs", count * 10), "afsnit.docx", docx(&paragraphs));
        let entries: Vec<Entry> = docx_frame()
            .into_iter()
            .chain((0..count).map(|at| Entry::stored(&format!("x/{at}.xml"), b"<a/>")))
            .collect();
        pile.put(&format!("{count} parts"), "dele.docx", zip(&entries));
        let attachments: String = (0..count.min(2000)).map(|at| format!("--g\r\nContent-Type: text/plain; name={at}.txt\r\nContent-Disposition: attachment; filename={at}.txt\r\n\r\nFerie\r\n")).collect();
        pile.put("many attachments", "bilag.eml", format!("From: a@a.example\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=g\r\n\r\n{attachments}--g--\r\n"));
        let headers: String = (0..count).map(|at| format!("X-{at}: y\r\n")).collect();
        pile.put(
            "many headers",
            "hoved.eml",
            format!("From: a@a.example\r\nSubject: x\r\n{headers}\r\nFerie\r\n"),
        );
    }
}

/// Names that lie, and files that break off.
fn lies(pile: &mut Pile) {
    let good: Vec<(&str, Vec<u8>)> = [
        "docx.docx",
        "pptx.pptx",
        "xlsx.xlsx",
        "pdf.pdf",
        "mail.eml",
        "html.html",
        "encrypted.pdf",
        "scanned.pdf",
    ]
    .into_iter()
    .map(|name| {
        let path =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/sources").join(name);
        (name, std::fs::read(path).unwrap())
    })
    .collect();
    for (name, bytes) in &good {
        for ending in ["pdf", "docx", "xlsx", "pptx", "html", "txt", "md", "csv", "eml", "jsonl"] {
            if !name.ends_with(ending) {
                pile.put(
                    &format!("{name} under another name"),
                    &format!("loegn.{ending}"),
                    bytes.clone(),
                );
            }
        }
        for share in [1, 10, 50, 90, 99] {
            let cut = bytes.len() * share / 100;
            pile.put(&format!("{name} cut at {share} %"), name, bytes[..cut].to_vec());
        }
        for seed in 0..3_usize {
            let mut broken = bytes.clone();
            for at in 0..40 {
                let place = (at * 7919 + seed * 104_729) % broken.len();
                broken[place] ^= 0xA5;
            }
            pile.put(&format!("{name} with flipped bits"), name, broken);
        }
    }
    for ending in ["pdf", "docx", "xlsx", "pptx", "html", "eml", "csv", "md", "txt"] {
        pile.put("noise", &format!("stoej.{ending}"), noise(20_000));
        pile.put("nothing", &format!("tom.{ending}"), Vec::new());
        pile.put("zeros", &format!("nuller.{ending}"), vec![0; 5_000]);
    }
    let locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        .iter()
        .copied()
        .chain(noise(4_000))
        .collect::<Vec<u8>>();
    for name in ["laast.docx", "laast.xlsx", "laast.msg", "laast.doc"] {
        pile.put("an encrypted package", name, locked.clone());
    }
    let mut entries = docx_frame();
    entries.push(
        Entry::packed("word/document.xml", word_xml("", "<w:p/>").as_bytes()).saying(u32::MAX),
    );
    pile.put("a size that lies", "stoerrelse.docx", zip(&entries));
    let mut entries = docx_frame();
    entries.push(Entry::stored("word/document.xml", &deflated(b"x")).saying(4));
    pile.put("a method that lies", "metode.docx", zip(&entries));
    for magic in [
        &b"MZ\x90\0"[..],
        b"\x7fELF",
        b"Rar!\x1a\x07",
        b"7z\xbc\xaf\x27\x1c",
        b"%!PS-Adobe",
        b"{\\rtf1",
        b"GIF89a",
        b"\x89PNG\r\n\x1a\n",
    ] {
        for ending in ["pdf", "docx", "txt"] {
            pile.put("another format", &format!("maske.{ending}"), [magic, &noise(1_000)].concat());
        }
    }
    pile.put(
        "a PDF behind a page",
        "dobbelt.html",
        [b"<html><p>Ferie</p>".to_vec(), pdf_page("")].concat(),
    );
    pile.put("a ZIP behind a PDF", "dobbelt.pdf", [pdf_page(""), docx("<w:p/>")].concat());
    pile.put(
        "half letters",
        "bogstaver.txt",
        b"Ferie \xc3\x28 \xed\xa0\x80 \xf8\x88\x80\x80\x80".to_vec(),
    );
    pile.put("half letters", "bogstaver.html", b"<meta charset=utf-16><p>Ferie \xff\xfe".to_vec());
    pile.put("escape codes", "terminal.txt", b"\x1b]0;x\x07\x1b[2JFerie\r\x08".to_vec());
}

fn pile() -> Vec<Foul> {
    let mut pile = Pile::default();
    bombs(&mut pile);
    entities(&mut pile);
    depths(&mut pile);
    crowds(&mut pile);
    lies(&mut pile);
    pile.0
}

/// How a file ends: as text, or with the code of its note.
fn ends(extractor: &Extractor, foul: &Foul) -> (&'static str, Duration) {
    let started = Instant::now();
    let read = Format::of(&foul.name, &foul.bytes)
        .and_then(|format| extractor.extract(format, &foul.bytes));
    let code = match &read {
        Ok(_) => "text",
        Err(unreadable) => {
            assert!(!unreadable.remedy().is_empty() && !unreadable.to_string().is_empty());
            unreadable.code()
        }
    };
    (code, started.elapsed())
}

#[test]
fn every_hostile_file_ends_as_text_or_with_a_reason() {
    let pile = pile();
    assert!(pile.len() >= FILES_MIN, "{}", pile.len());
    let limits = Limits { wall_seconds_max: SECONDS_MAX, ..Limits::default() };
    let extractor = Extractor { limits, ..extractor() };
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut faults = Vec::new();
    let (mut slowest, mut died) = (Duration::ZERO, Vec::new());
    for foul in &pile {
        let (code, took) = ends(&extractor, foul);
        *counts.entry(code).or_default() += 1;
        slowest = slowest.max(took);
        if took > Duration::from_secs(SECONDS_MAX) + SLACK {
            faults.push(format!("{} ({}) took {took:?}", foul.name, foul.tries));
        }
        if matches!(code, "reader_crashed" | "reader_garbled") {
            died.push(format!("{} ({})", foul.name, foul.tries));
        }
        if code == "reader_not_started" {
            faults.push(format!("{} ({}): {code}", foul.name, foul.tries));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    println!("{} hostile files, slowest {slowest:?}: {counts:?}", pile.len());
    println!("readers that died: {died:?}");
}

/// The most memory that ended children of this process have taken, in kilobytes.
#[cfg(target_os = "linux")]
fn peak_of(format: Format, bytes: &[u8]) -> u64 {
    let mut child = Command::new("/usr/bin/env")
        .args(["python3", "-c", MEASURE, PROGRAM, CHILD_COMMAND, format.ending()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let bytes = bytes.to_vec();
    std::thread::spawn(move || {
        let _ = input.write_all(&bytes);
    });
    let said = child.wait_with_output().unwrap();
    String::from_utf8_lossy(&said.stdout).trim().parse().unwrap_or(0)
}

/// Runs a reader as the program does and says how much memory it took.
#[cfg(target_os = "linux")]
const MEASURE: &str = "import resource,subprocess,sys\n\
    subprocess.run([sys.argv[1],sys.argv[2],'--format',sys.argv[3]],stdin=sys.stdin,\
    stdout=subprocess.DEVNULL,stderr=subprocess.DEVNULL,env={'RAYON_NUM_THREADS':'1','MALLOC_ARENA_MAX':'1'})\n\
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";

#[cfg(target_os = "linux")]
#[test]
fn no_bomb_takes_more_memory_than_a_reader_is_given() {
    if Command::new("python3").arg("--version").output().is_err() {
        println!("python3 is not here: memory is not measured");
        return;
    }
    let mut pile = Pile::default();
    bombs(&mut pile);
    let mut most = 0;
    let mut measured = 0;
    for foul in &pile.0 {
        let Ok(format) = Format::of(&foul.name, &foul.bytes) else { continue };
        if format.is_risky() {
            let peak = peak_of(format, &foul.bytes);
            assert!(peak > 0 && peak <= MEMORY_KB_MAX, "{} ({}): {peak} kB", foul.name, foul.tries);
            most = most.max(peak);
            measured += 1;
        }
    }
    println!("{measured} bombs: at most {} MB of {} MB", most / 1024, MEMORY_KB_MAX / 1024);
}

#[test]
fn an_index_is_made_of_what_is_good_among_hostile_files() {
    let desk =
        TestDesk::new().guide("Ferie", "Feriepenge udbetales den sidste bankdag.").unindexed();
    let mut pile = Pile::default();
    entities(&mut pile);
    lies(&mut pile);
    for (at, foul) in pile.0.iter().enumerate().step_by(5) {
        desk.write(&format!("brugervejledninger/{at}/{}", foul.name), &foul.bytes);
    }
    let report = desk.index(&[desk.documents()]).unwrap();
    assert!(report.documents >= 1, "{report:?}");
    assert!(report.notes.iter().all(|note| !note.code.is_empty() && !note.remedy.is_empty()));
    let draft = desk.suggest("", "Hvornår udbetales feriepenge?").draft;
    assert!(draft.reply.contains("sidste bankdag"), "{}", draft.reply);
}
