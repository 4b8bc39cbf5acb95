//! The rules of the house, held by tests: each breach names a file, a line and the way out.
//!
//! `CONTRIBUTING.md` says what the rules are for. Whatever is searched for in files is put
//! together at run time, so that this file does not trip over itself.

#![expect(
    clippy::string_slice,
    clippy::panic,
    reason = "a test that cannot read the house has failed, and its patterns are ASCII"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use svarforslag::config::{self, Config, Overrides};

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 10] = [
    "util", "utils", "helper", "helpers", "common", "misc", "manager", "handler", "info", "process",
];
/// Lines of code in one file, without comments, blank lines and tests.
const LINES_MAX: usize = 600;
/// The settings file that shows every default.
const EXAMPLE: &str = "docs/svarforslag.example.toml";

static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(|| {
    files("src").iter().filter(|path| has_ending(path, "rs")).map(|path| Source::of(path)).collect()
});
/// Methods of slices whose names are no words of ours.
const SLICE_METHODS: [&str; 5] =
    ["chunks", "chunks_exact", "chunks_mut", "chunks_exact_mut", "as_chunks"];

static PAGES: LazyLock<BTreeMap<Vec<String>, Page>> = LazyLock::new(|| {
    let pages = SOURCES.iter().filter(|source| source.is_page());
    pages.map(|source| (source.module.clone(), Page::of(&source.code))).collect()
});

#[test]
fn a_module_leans_only_on_those_above_it() {
    let mut breaches = Vec::new();
    for source in SOURCES.iter() {
        for (line, path) in source.references() {
            if let Some((own, other)) = upward(&source.module, &path) {
                breaches.push(format!("{}:{line}: `{own}` leans on `{other}`", source.path));
            }
        }
    }
    none(&breaches, "move the shared type to the upper of the two, or the call to the lower");
}

#[test]
fn paths_start_at_the_crate_root() {
    let relative = ["super", "self"].map(|word| format!("{word}::"));
    let mut breaches = Vec::new();
    for source in SOURCES.iter() {
        for (at, line) in source.code.lines().enumerate() {
            let starts = |word: &&String| {
                let found = line.match_indices(word.as_str());
                found.into_iter().any(|(at, _)| !line[..at].ends_with(is_word))
            };
            if let Some(word) = relative.iter().find(starts) {
                breaches.push(format!("{}:{}: `{word}`", source.path, at + 1));
            }
        }
    }
    none(&breaches, "write `crate::…`, so that a reader and the test of directions see it");
}

#[test]
fn a_file_is_named_for_what_it_holds() {
    let empty = |name: &String| EMPTY_NAMES.contains(&name.as_str());
    let named = SOURCES.iter().filter(|source| source.module.iter().any(empty));
    let breaches: Vec<String> = named.map(|source| format!("{}:1", source.path)).collect();
    none(&breaches, "name the concept, or put the function beside its only caller");
}

#[test]
fn every_file_opens_with_what_it_holds() {
    let mut breaches = Vec::new();
    for source in SOURCES.iter() {
        let front: Vec<&str> =
            source.text.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim).collect();
        let opening: Vec<&str> =
            front.iter().take_while(|line| !line.is_empty()).copied().collect();
        if !opening.join(" ").ends_with(['.', ':']) {
            breaches.push(format!("{}:1: no sentence says what the file holds", source.path));
        }
        let folder = source.path.ends_with("/mod.rs");
        for part in ["Takes: ", "Gives: ", "Never: "].iter().filter(|_| folder) {
            if !front.iter().any(|line| line.starts_with(part) && line.len() > part.len()) {
                breaches.push(format!("{}:1: no `{}`", source.path, part.trim()));
            }
        }
    }
    none(
        &breaches,
        "open with `//! One sentence.`, and a mod.rs with Takes:, Gives: and Never: too",
    );
}

#[test]
fn a_file_can_be_read_in_one_sitting() {
    let mut breaches = Vec::new();
    for source in SOURCES.iter() {
        let lines = source.code.lines().filter(|line| !line.trim().is_empty()).count();
        if lines > LINES_MAX {
            breaches.push(format!("{}:1: {lines} lines of code", source.path));
        }
    }
    none(&breaches, "give a concept of it a file of its own; at most 600 lines are read at once");
}

#[test]
fn documents_name_only_what_exists() {
    let mut breaches = Vec::new();
    for document in documents() {
        let folder = document.parent().unwrap_or(root());
        for (line, text) in prose(&read(&document)) {
            let place = format!("{}:{line}", shown(&document));
            for name in quoted(text) {
                if is_path(name) && !root().join(name).exists() {
                    breaches.push(format!("{place}: there is no `{name}`"));
                } else if is_code(name) && !is_in_code(name) {
                    breaches.push(format!("{place}: the code holds no `{name}`"));
                }
            }
            for link in links(text) {
                if !folder.join(link).exists() {
                    breaches.push(format!("{place}: the link to `{link}` leads nowhere"));
                }
            }
        }
    }
    none(&breaches, "mend the document in the same change that moved what it names");
}

#[test]
fn the_code_map_names_every_module() {
    let map = read(&root().join("docs/ARCHITECTURE.md"));
    let mut breaches = Vec::new();
    for name in PAGES.get(&Vec::new()).into_iter().flat_map(|page| &page.order) {
        let (folder, file) = (format!("`src/{name}/`"), format!("`src/{name}.rs`"));
        if !map.contains(&folder) && !map.contains(&file) {
            breaches.push(format!("docs/ARCHITECTURE.md:1: nothing about {folder}"));
        }
    }
    none(&breaches, "give the module its line in the code map, as its front page has it");
}

#[test]
fn one_word_for_one_thing() {
    let mut breaches = Vec::new();
    let path = root().join("docs/glossary.md");
    let text = read(&path);
    let rows = text.lines().enumerate().filter(|(_, line)| line.starts_with("| `"));
    for (at, row) in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, right, _, _, wrong, _] = cells.as_slice() else {
            breaches.push(format!("{}:{}: not four cells", shown(&path), at + 1));
            continue;
        };
        for word in quoted(right) {
            if !SOURCES.iter().any(|source| source.words.contains_key(word)) {
                breaches.push(format!("{}:{}: `{word}` is not used", shown(&path), at + 1));
            }
        }
        for wrong in quoted(wrong) {
            let (one, many) = (format!("_{wrong}_"), format!("_{wrong}s_"));
            for source in SOURCES.iter() {
                let lines = source.words.values();
                let lines = lines.filter(|it| it.snake.contains(&one) || it.snake.contains(&many));
                // A slice's own methods have the names that they have.
                let lines = lines.filter(|it| !SLICE_METHODS.contains(&it.snake.trim_matches('_')));
                for Word { line, .. } in lines {
                    breaches.push(format!("{}:{line}: `{wrong}` should be {right}", source.path));
                }
            }
        }
    }
    none(&breaches, "use the word of docs/glossary.md, or change it there for everyone");
}

#[test]
fn prompts_and_code_agree() {
    let texts =
        || SOURCES.iter().flat_map(|source| source.strings.iter().map(move |s| (source, s)));
    let mut breaches = Vec::new();
    for path in files("prompts") {
        let name = shown(&path);
        let built_in = texts().any(|(_, (_, text))| text == &format!("../../{name}"));
        let asked = texts().filter(|(_, (_, text))| *text == name).count();
        if !built_in {
            breaches.push(format!("{name}:1: no code takes it in"));
        } else if has_ending(&path, "j2") && asked < 2 {
            breaches.push(format!("{name}:1: it is taken in, and nothing asks for it"));
        }
    }
    for (source, (line, text)) in texts() {
        let is_name = text.starts_with("prompts/") && !text.contains(' ');
        if is_name && !root().join(text).exists() {
            breaches.push(format!("{}:{line}: there is no `{text}`", source.path));
        }
    }
    none(&breaches, "delete the prompt that nobody uses, or add the one that the code asks for");
}

#[test]
fn no_file_names_this_machine_or_the_tools_it_was_written_with() {
    let words = [
        ["/work/", "main"],
        ["/work/", "wt"],
        ["/work/", "shared"],
        ["../", "shared"],
        ["/tmp/", "bash_jobs"],
        ["/root/", "."],
        ["helper", "_rules"],
        ["cla", "ude"],
        ["anthro", "pic"],
    ]
    .map(|parts| parts.concat());
    let mut breaches = Vec::new();
    for path in repository() {
        let text = read_lossy(&path).to_lowercase();
        for word in words.iter().filter(|word| text.contains(word.as_str())) {
            let line = text.lines().position(|line| line.contains(word.as_str())).unwrap_or(0);
            breaches.push(format!("{}:{}: `{word}`", shown(&path), line + 1));
        }
    }
    none(&breaches, "say it without the machine or the tool: the repository stands alone");
}

#[test]
fn nothing_is_left_for_later() {
    let marks = [["TO", "DO"], ["FIX", "ME"], ["XX", "X"]].map(|parts| parts.concat());
    let mut breaches = Vec::new();
    let endings = ["rs", "md", "toml", "j2", "py"];
    let written = |path: &PathBuf| endings.iter().any(|ending| has_ending(path, ending));
    for path in repository().iter().filter(|path| written(path)) {
        let text = read_lossy(path);
        if !marks.iter().any(|mark| text.contains(mark.as_str())) {
            continue;
        }
        for (at, line) in text.lines().enumerate() {
            let mut words = line.split(|c| !is_word(c));
            if words.any(|word| marks.iter().any(|mark| mark == word)) {
                breaches.push(format!("{}:{}: {}", shown(path), at + 1, line.trim()));
            }
        }
    }
    none(&breaches, "do it now, or write it down where work is planned");
}

#[test]
fn decisions_are_numbered_without_gaps_and_say_what_was_given_up() {
    let mut breaches = Vec::new();
    for (at, path) in files("docs/decisions").iter().enumerate() {
        let number = format!("{:04}", at + 1);
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = read(path);
        if !name.starts_with(&format!("{number}-")) || !has_ending(path, "md") {
            breaches.push(format!("{}:1: number {number} is missing or taken twice", shown(path)));
        }
        if !text.starts_with(&format!("# {number}: ")) {
            breaches.push(format!("{}:1: the heading does not begin with {number}", shown(path)));
        }
        for part in ["## Context", "## Choice", "## Given up"] {
            if !text.lines().any(|line| line == part) {
                breaches.push(format!("{}:1: no `{part}`", shown(path)));
            }
        }
    }
    none(&breaches, "number decisions in order; each has Context, Choice and Given up");
}

#[test]
fn the_example_settings_are_the_defaults_and_all_of_them() {
    let path = root().join(EXAMPLE);
    let loaded = config::load(Some(&path), std::iter::empty(), &Overrides::default());
    let loaded = loaded.unwrap_or_else(|error| panic!("{EXAMPLE}: {error}"));
    assert_eq!(loaded.config, Config::default(), "{EXAMPLE} differs from the defaults");
    let left_out = loaded.origins.iter().filter(|origin| !origin.origin.ends_with("example.toml"));
    let breaches: Vec<String> =
        left_out.map(|origin| format!("{EXAMPLE}:1: no `{}`", origin.key)).collect();
    none(&breaches, "write the setting there, with its default and what it is for");
}

/// A file of Rust.
struct Source {
    path: String,
    /// Where it stands in the crate; a folder's front page stands for the folder.
    module: Vec<String>,
    text: String,
    /// The text without comments, without what stands between quotes, and without tests.
    code: String,
    /// What stands between quotes, each with its line.
    strings: Vec<(usize, String)>,
    /// Every identifier.
    words: BTreeMap<String, Word>,
}

/// An identifier.
struct Word {
    /// The line where it first stands.
    line: usize,
    /// Its words in lower case, with a line before, between and behind them.
    snake: String,
}

impl Source {
    fn of(path: &Path) -> Self {
        let text = read(path);
        let (code, strings) = without_tests(&text, bare(&text));
        let mut words = BTreeMap::new();
        for (at, line) in code.lines().enumerate() {
            for word in line.split(|c| !is_word(c)).filter(|word| !word.is_empty()) {
                words
                    .entry(word.to_owned())
                    .or_insert_with(|| Word { line: at + 1, snake: snake(word) });
            }
        }
        let inside = path.strip_prefix(root().join("src")).unwrap_or(path).with_extension("");
        let names = inside.iter().map(|name| name.to_string_lossy().into_owned());
        let module = names.filter(|name| !["mod", "lib", "main"].contains(&name.as_str()));
        Self { path: shown(path), module: module.collect(), text, code, strings, words }
    }

    /// Whether other modules are declared here.
    fn is_page(&self) -> bool {
        self.path.ends_with("/mod.rs") || self.path == "src/lib.rs"
    }

    /// Every path from the crate root, with its line.
    fn references(&self) -> Vec<(usize, Vec<String>)> {
        let root = ["crate", "::"].concat();
        let mut found = Vec::new();
        for (at, _) in self.code.match_indices(&root) {
            let line = self.code[..at].matches('\n').count() + 1;
            let mut paths = Vec::new();
            spread(&self.code[at + root.len()..], &[], &mut paths);
            found.extend(paths.into_iter().map(|path| (line, path)));
        }
        found
    }
}

/// The text with spaces for comments and for what stands between quotes, and the latter apart.
fn bare(text: &str) -> (String, Vec<(usize, String)>) {
    let (mut code, mut strings) = (String::with_capacity(text.len()), Vec::new());
    let (mut at, mut line) = (0, 1);
    while at < text.len() {
        let plain = text[at..].find(['/', '"', '\'', 'r']).unwrap_or(text.len() - at);
        let (plain, rest) = text[at..].split_at(plain);
        code.push_str(plain);
        let (length, quote) = match rest.as_bytes().first() {
            Some(b'/') if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), None),
            Some(b'r') if !code.ends_with(is_word) || code.ends_with('b') => raw_string(rest),
            Some(b'"') => closing(rest, '"'),
            Some(b'\'') if is_character(rest) => (closing(rest, '\'').0, None),
            _ => (0, None),
        };
        line += plain.matches('\n').count();
        strings.extend(quote.map(|quote| (line, rest[quote].to_owned())));
        line += rest[..length].matches('\n').count();
        if length == 0 {
            code.extend(rest.chars().next());
        } else {
            code.extend(rest[..length].chars().map(|c| if c == '\n' { c } else { ' ' }));
        }
        at += plain.len() + length.max(usize::from(!rest.is_empty()));
    }
    (code, strings)
}

/// How long a raw string is, and where its text stands; nothing if `rest` opens none.
fn raw_string(rest: &str) -> (usize, Option<Range<usize>>) {
    let marks = 1 + rest[1..].len() - rest[1..].trim_start_matches('#').len();
    if !rest[marks..].starts_with('"') {
        return (0, None);
    }
    let close = format!("\"{}", "#".repeat(marks - 1));
    let start = marks + 1;
    let end = rest[start..].find(&close).map_or(rest.len(), |end| start + end);
    ((end + close.len()).min(rest.len()), Some(start..end))
}

/// How long the quote is that opens `rest`, and where its text stands.
fn closing(rest: &str, mark: char) -> (usize, Option<Range<usize>>) {
    let mut end = 1;
    while let Some(next) = rest[end..].find([mark, '\\']) {
        end += next;
        if rest[end..].starts_with(mark) {
            return (end + 1, Some(1..end));
        }
        let escaped = rest[end + 1..].chars().next().map_or(0, char::len_utf8);
        end += 1 + escaped;
    }
    (rest.len(), Some(1..rest.len()))
}

/// Whether a quote opens a character, and not the name of a lifetime.
fn is_character(rest: &str) -> bool {
    let mut next = rest.chars().skip(1);
    next.next() == Some('\\') || next.next() == Some('\'')
}

/// What stands above the tests at the foot of a file.
fn without_tests(
    text: &str,
    (code, strings): (String, Vec<(usize, String)>),
) -> (String, Vec<(usize, String)>) {
    let opens = |line: &str| line.starts_with("mod tests {") || line.ends_with(") mod tests {");
    let Some(lines) = text.lines().position(opens) else { return (code, strings) };
    let above: Vec<&str> = code.lines().take(lines).collect();
    (above.join("\n"), strings.into_iter().filter(|(line, _)| *line <= lines).collect())
}

/// Reads one path, or each path of a `{…}` group, and gives how much of the text it took.
fn spread(text: &str, above: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let start = text.len() - text.trim_start().len();
    if text[start..].starts_with('{') {
        let mut at = start + 1;
        loop {
            at += spread(&text[at..], above, found);
            let Some(end) = text[at..].find([',', '}']) else { return text.len() };
            at += end + 1;
            if text[..at].ends_with('}') {
                return at;
            }
        }
    }
    let end = text[start..].find(|c| !is_word(c)).map_or(text.len(), |end| start + end);
    let mut path = above.to_vec();
    path.push(text[start..end].to_owned());
    let goes_on = text[end..].strip_prefix("::").filter(|rest| !rest.starts_with('<'));
    match goes_on {
        Some(rest) => return end + 2 + spread(rest, &path, found),
        None if end > start => found.push(path),
        None => {}
    }
    end
}

/// What a front page declares.
struct Page {
    /// Its modules, in order.
    order: Vec<String>,
    /// Names that it hands out for its modules.
    lent: BTreeMap<String, String>,
}

impl Page {
    fn of(code: &str) -> Self {
        let mut page = Self { order: Vec::new(), lent: BTreeMap::new() };
        for statement in code.split([';', '}']) {
            let words: Vec<&str> = statement.split_whitespace().collect();
            if let [.., "mod", name] = words.as_slice() {
                page.order.push((*name).to_owned());
            }
        }
        for statement in code.split(';').filter_map(|it| it.split_once("use ")) {
            let mut paths = Vec::new();
            let renamed = statement.1.replace(" as ", "::");
            spread(&renamed, &[], &mut paths);
            for path in paths {
                if let (Some(first), Some(last)) = (path.first(), path.last()) {
                    page.lent.insert(last.clone(), first.clone());
                }
            }
        }
        page
    }

    /// The place of a module, or of the module that a name was handed out for.
    fn place(&self, name: &String) -> Option<usize> {
        let find = |name: &String| self.order.iter().position(|module| module == name);
        find(name).or_else(|| find(self.lent.get(name)?))
    }
}

/// The two siblings where the paths part, if the second stands below the first.
fn upward(own: &[String], other: &[String]) -> Option<(String, String)> {
    let fork = own.iter().zip(other).position(|(a, b)| a != b)?;
    let page = PAGES.get(own.get(..fork)?)?;
    let (own, other) = (own.get(fork)?, other.get(fork)?);
    (page.place(own)? < page.place(other)?).then(|| (own.clone(), other.clone()))
}

/// `PassageId` and `passage_id` as `_passage_id_`.
fn snake(identifier: &str) -> String {
    let mut snake = "_".to_owned();
    for c in identifier.chars() {
        if c.is_uppercase() && snake.ends_with(char::is_lowercase) {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake + "_"
}

/// The documents that people read.
fn documents() -> Vec<PathBuf> {
    let top = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md"].map(|name| root().join(name));
    let below = files("docs").into_iter().filter(|path| has_ending(path, "md"));
    top.into_iter().chain(below).collect()
}

/// The lines of a document outside its blocks of code.
fn prose(text: &str) -> Vec<(usize, &str)> {
    let mut fenced = false;
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        if !fenced && !fence {
            found.push((at + 1, line));
        }
    }
    found
}

/// The parts of a text between backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The targets of links inside the repository.
fn links(text: &str) -> Vec<&str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
    targets.filter(|target| !target.is_empty() && !target.contains("://")).collect()
}

fn is_path(name: &str) -> bool {
    let known = ["src", "tests", "docs", "prompts", "index", "benches"];
    let below = name.split_once('/').is_some_and(|(first, _)| known.contains(&first));
    below && !name.contains(['*', '<', ' ', '{', '…'])
}

/// A path in the code, such as `sources::collect`.
fn is_code(name: &str) -> bool {
    let known = |first: &str| {
        PAGES.get(&Vec::new()).is_some_and(|page| page.order.iter().any(|it| it == first))
    };
    name.split_once("::")
        .is_some_and(|(first, rest)| known(first) && rest.chars().all(|c| is_word(c) || c == ':'))
}

/// Whether the last word of a path stands in the code of the module that the path leads to.
fn is_in_code(name: &str) -> bool {
    let names: Vec<&str> = name.split("::").collect();
    let Some((last, above)) = names.split_last() else { return false };
    let inside = |source: &&Source| {
        let modules = above.iter().filter(|name| name.starts_with(char::is_lowercase));
        source.module.iter().zip(modules).all(|(own, asked)| own == asked)
    };
    SOURCES.iter().filter(inside).any(|source| source.words.contains_key(*last))
}

/// Every file that the repository keeps.
fn repository() -> Vec<PathBuf> {
    let ignored = read(&root().join(".gitignore"));
    let ignored: BTreeSet<&str> = ignored.lines().map(|line| line.trim_matches('/')).collect();
    let mut found = Vec::new();
    for path in entries(root()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name == ".git" || ignored.contains(name.as_str()) {
            continue;
        }
        found.extend(if path.is_dir() { files(&name) } else { vec![path] });
    }
    found
}

/// Every file of a folder and of the folders in it, in order.
fn files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for path in entries(&folder) {
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let read = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    read.flatten().map(|entry| entry.path()).collect()
}

fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|found| found == ending)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn read_lossy(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    String::from_utf8_lossy(&bytes).into_owned()
}

#[track_caller]
fn none(breaches: &[String], remedy: &str) {
    assert!(breaches.is_empty(), "\n{}\n\nWhat to do: {remedy}.\n", breaches.join("\n"));
}
