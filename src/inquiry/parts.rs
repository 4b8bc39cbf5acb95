//! A body taken apart: the messages of its thread, and the parts of each message.

use std::ops::Range;

use crate::inquiry::phrases as say;
use crate::inquiry::plain::Plain;
use crate::inquiry::{Channel, Part, PartKind};

/// A greeting is short; longer openings are text.
const GREETING_WORDS_MAX: usize = 6;
/// A line that signs off is short.
const SIGN_OFF_WORDS_MAX: usize = 12;
/// A line of a business card is short.
const CONTACT_WORDS_MAX: usize = 12;

/// One message of the thread.
#[derive(Debug, Default)]
pub(crate) struct Message {
    /// Its text, without the marks that quote it, and without headers.
    pub(crate) plain: Plain,
    /// Whether we wrote it ourselves.
    pub(crate) by_house: bool,
    /// Where its text goes on after another message's lines.
    gaps: Vec<usize>,
    /// Its headers and the line above them, in the body.
    headers: Vec<Range<usize>>,
}

/// The parts of one message's text: kind and range in [`Plain::text`].
pub(crate) type Pieces = Vec<(PartKind, Range<usize>)>;

/// One line of the visible text.
struct Line<'a> {
    /// The line without the marks that quote it.
    text: &'a str,
    /// Where that stands in the visible text, with its line break.
    range: Range<usize>,
    /// How often it is quoted.
    depth: usize,
}

/// The messages of a body, the newest first: the first one is the sender's own.
pub(crate) fn messages(body: &str, end: usize) -> Vec<Message> {
    let whole = Plain::of(body, 0..end);
    let lines = lines(&whole.text);
    let mut thread = Thread::new(body, &whole);
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let rest = lines.get(at..).unwrap_or_default();
        let headers = header_lines(rest, thread.at_start(line.depth));
        if headers > 0 {
            thread.open(rest, headers);
            at += headers;
        } else {
            thread.add(line);
            at += 1;
        }
    }
    thread.finish()
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let (mut depth, mut skip) = (0, 0);
        for (at, c) in line.char_indices() {
            match c {
                '>' => {
                    depth += 1;
                    skip = at + 1;
                }
                ' ' if depth > 0 && at == skip => {}
                ' ' if depth == 0 && at < 3 => {}
                _ => break,
            }
        }
        if line.get(skip..).is_some_and(|rest| rest.starts_with(' ') && depth > 0) {
            skip += 1;
        }
        let text = line.get(skip..).unwrap_or_default();
        found.push(Line { text, range: start + skip..start + line.len(), depth });
        start += line.len();
    }
    found
}

/// How many lines at the start of `rest` stand above an earlier message.
fn header_lines(rest: &[Line<'_>], opens: bool) -> usize {
    let Some(first) = rest.first() else { return 0 };
    let same = |line: &&Line<'_>| line.depth == first.depth;
    let text = |at: usize| rest.get(at).filter(same).map_or("", |line| line.text);
    let headers_from = |start: usize| {
        let mut end = start;
        while say::HEADER.is_match(text(end)) {
            end += 1;
        }
        end
    };
    if say::SEPARATOR.is_match(first.text) || text(0).trim_start().starts_with("_____") {
        let start = if text(1).trim().is_empty() { 2 } else { 1 };
        let end = headers_from(start);
        let ruled_off = text(0).trim_start().starts_with('_');
        return match end > start {
            true => end,
            false if ruled_off => 0,
            false => 1,
        };
    }
    let end = headers_from(0);
    if end > 1 && say::HEADER_FROM.is_match(first.text) || end > 0 && opens {
        return end;
    }
    if say::ATTRIBUTION.is_match(first.text) {
        return 1;
    }
    let joined = format!("{} {}", first.text.trim_end(), text(1).trim());
    let wrapped = !first.text.trim().is_empty()
        && joined.trim_end().ends_with(':')
        && !first.text.trim_end().ends_with(['.', '?']);
    if wrapped && !text(1).trim().is_empty() && say::ATTRIBUTION.is_match(&joined) {
        return 2;
    }
    0
}

/// The messages found so far, and where the next line belongs.
struct Thread<'a> {
    body: &'a str,
    whole: &'a Plain,
    messages: Vec<Message>,
    /// The message of unquoted lines.
    base: usize,
    /// The message of quoted lines, by depth; forgotten at the first unquoted line.
    quoted: Vec<(usize, usize)>,
    /// Whether a heading announced quoted lines that have not come yet.
    announced: Option<usize>,
    /// Whether the message of unquoted lines has been signed.
    signed: bool,
}

impl<'a> Thread<'a> {
    fn new(body: &'a str, whole: &'a Plain) -> Self {
        let messages = vec![Message::default()];
        Self { body, whole, messages, base: 0, quoted: Vec::new(), announced: None, signed: false }
    }

    /// Whether a quoted line here would be the first of its message.
    fn at_start(&self, depth: usize) -> bool {
        depth > 0 && !self.quoted.iter().any(|(known, _)| *known == depth)
    }

    /// Opens an earlier message under its headers.
    fn open(&mut self, rest: &[Line<'_>], headers: usize) {
        let Some(first) = rest.first() else { return };
        let lines = rest.get(..headers).unwrap_or_default();
        let names_house = |line: &Line<'_>| {
            let writer = say::HEADER_FROM.is_match(line.text) || !say::HEADER.is_match(line.text);
            writer && say::HOUSE.is_match(line.text)
        };
        let mut message = Message { by_house: lines.iter().any(names_house), ..Message::default() };
        for line in lines {
            let end = line.range.start + line.text.trim_end().len();
            message.headers.push(self.whole.body_range(line.range.start..end));
        }
        self.messages.push(message);
        let index = self.messages.len() - 1;
        let next = rest.iter().skip(headers).find(|line| !line.text.trim().is_empty());
        if first.depth > 0 {
            self.set_depth(first.depth, index);
        } else if next.is_some_and(|line| line.depth > 0) {
            self.announced = Some(index);
            self.quoted.clear();
        } else {
            self.base = index;
            self.signed = false;
            self.quoted.clear();
        }
    }

    fn set_depth(&mut self, depth: usize, index: usize) {
        self.quoted.retain(|(known, _)| *known < depth);
        self.quoted.push((depth, index));
    }

    fn add(&mut self, line: &Line<'_>) {
        let blank = line.text.trim().is_empty();
        if line.depth > 0 {
            let index = self.quoted_message(line.depth);
            self.push(index, line);
            return;
        }
        if !blank {
            self.quoted.clear();
            self.announced = None;
            // A new greeting below a signature is an earlier message without its headers.
            if self.signed && say::GREETING.is_match(line.text) {
                self.messages.push(Message::default());
                self.base = self.messages.len() - 1;
                self.signed = false;
            }
            self.signed |= signs_off(line.text);
        }
        self.push(self.base, line);
    }

    fn quoted_message(&mut self, depth: usize) -> usize {
        if let Some((_, index)) = self.quoted.iter().find(|(known, _)| *known == depth) {
            let index = *index;
            self.quoted.retain(|(known, _)| *known <= depth);
            return index;
        }
        let index = self.announced.take().unwrap_or_else(|| {
            self.messages.push(Message::default());
            self.messages.len() - 1
        });
        self.set_depth(depth, index);
        index
    }

    fn push(&mut self, index: usize, line: &Line<'_>) {
        let range = self.whole.body_range(line.range.clone());
        if let Some(message) = self.messages.get_mut(index) {
            message.plain.push(self.body, range);
        }
    }

    fn finish(mut self) -> Vec<Message> {
        for (at, message) in self.messages.iter_mut().enumerate() {
            message.by_house |= at > 0 && signed_by_house(&message.plain.text);
            message.gaps = message.plain.gaps(self.body);
        }
        self.messages
    }
}

/// Whether the lines below the closing words name this house.
fn signed_by_house(text: &str) -> bool {
    let mut below = text.lines().skip_while(|line| !signs_off(line)).take(5);
    below.any(|line| say::HOUSE.is_match(line))
}

fn signs_off(line: &str) -> bool {
    say::SIGN_OFF.is_match(line)
        && line.split_whitespace().count() <= SIGN_OFF_WORDS_MAX
        && !line.contains('?')
}

/// The parts of one message. What follows lines of another message is read afresh:
/// a text may go on below a signature and what it quotes.
pub(crate) fn pieces(message: &Message, channel: Channel) -> Pieces {
    let text = &message.plain.text;
    let mut found = Pieces::new();
    let ends = message.gaps.iter().copied().chain([text.len()]);
    let mut start = 0;
    for end in ends {
        let stretch = text.get(start..end).unwrap_or_default();
        let pieces = stretch_pieces(stretch, channel);
        let moved = |(kind, range): (PartKind, Range<usize>)| {
            (kind, start + range.start..start + range.end)
        };
        found.extend(pieces.into_iter().map(moved));
        start = end;
    }
    found
}

fn stretch_pieces(text: &str, channel: Channel) -> Pieces {
    let own = greeting_end(text);
    let end = signature_start(text, own, channel);
    let mut pieces = Pieces::new();
    put(&mut pieces, text, PartKind::Greeting, 0..own);
    for range in paragraphs(text, own..end) {
        let paragraph = text.get(range.clone()).unwrap_or_default();
        match say::DISCLAIMER.find(paragraph) {
            // A question about confidential mail is no disclaimer, unless the law speaks first.
            Some(found) if found.start() < 120 || !paragraph.contains('?') => {
                put(&mut pieces, text, PartKind::Disclaimer, range);
            }
            _ => put(&mut pieces, text, PartKind::Own, range),
        }
    }
    for range in paragraphs(text, end..text.len()) {
        let paragraph = text.get(range.clone()).unwrap_or_default();
        let kind = if say::POSTSCRIPT.is_match(paragraph) {
            PartKind::Own
        } else if say::DISCLAIMER.is_match(paragraph) {
            PartKind::Disclaimer
        } else {
            PartKind::Signature
        };
        put(&mut pieces, text, kind, range);
    }
    pieces
}

/// Adds a range without its outer space, joined to the piece before if that is of its kind.
fn put(pieces: &mut Pieces, text: &str, kind: PartKind, range: Range<usize>) {
    let part = text.get(range.clone()).unwrap_or_default();
    let start = range.start + (part.len() - part.trim_start().len());
    let end = range.start + part.trim_end().len();
    if start >= end {
        return;
    }
    match pieces.last_mut() {
        Some((known, last)) if *known == kind => last.end = end,
        _ => pieces.push((kind, start..end)),
    }
}

/// The paragraphs of a range: what blank lines part.
fn paragraphs(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut start, mut at) = (range.start, range.start);
    for line in text.get(range.clone()).unwrap_or_default().split_inclusive('\n') {
        let end = at + line.len();
        if line.trim().is_empty() {
            found.push(start..at);
            start = end;
        } else if say::POSTSCRIPT.is_match(line) {
            found.push(start..at);
            start = at;
        }
        at = end;
    }
    found.push(start..range.end);
    found
}

/// Where the greeting ends; 0 without one.
fn greeting_end(text: &str) -> usize {
    let lead = text.len() - text.trim_start().len();
    let line = text.trim_start().lines().next().unwrap_or_default();
    let Some(found) = say::GREETING.find(line) else { return 0 };
    let words = line.split_whitespace().count();
    let whole_line = words <= GREETING_WORDS_MAX && !line.contains('?') && !asks_on(line);
    let stop = line.find(['.', ',', '!', ':', '?']).filter(|at| {
        line.get(..*at).is_some_and(|head| head.split_whitespace().count() <= GREETING_WORDS_MAX)
    });
    match stop {
        Some(at) if line.get(at..).is_some_and(|rest| !rest.starts_with('?')) => lead + at + 1,
        _ if whole_line => lead + line.len(),
        _ => lead + names_end(line, found.end()),
    }
}

/// Whether a short opening line goes on to ask: "hej kan I hjælpe".
fn asks_on(line: &str) -> bool {
    line.split_whitespace().skip(1).any(|word| {
        let word = word.to_lowercase();
        say::MODAL.is_match(&format!("{word} ")) || say::INTERROGATIVE.is_match(&word)
    })
}

/// Where the greeted names end in a line without punctuation: "hej Mona kan du ...".
fn names_end(line: &str, from: usize) -> usize {
    let mut end = from;
    for word in line.get(from..).unwrap_or_default().split_inclusive(char::is_whitespace) {
        let name = word.trim();
        let greeted = name.is_empty()
            || say::GREETED.is_match(name)
            || name.chars().next().is_some_and(char::is_uppercase)
                && !asks_on(&format!("hej {name}"));
        if !greeted {
            break;
        }
        end += word.len();
    }
    end
}

/// Where the signature begins; the end of the text without one.
fn signature_start(text: &str, from: usize, channel: Channel) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    let mut at = from;
    let mut last_bullet = false;
    for line in rest.split_inclusive('\n') {
        let slashed = say::SLASHED.is_match(line) && !last_bullet;
        if signs_off(line) || slashed || say::SENT_FROM.is_match(line) {
            return at;
        }
        last_bullet = say::ITEM.is_match(line);
        at += line.len();
    }
    if let Some(at) = card_start(text, from) {
        return at;
    }
    let last = rest.trim_end().lines().next_back().unwrap_or_default();
    let last_at = from + rest.trim_end().len() - last.len();
    let closing = say::SIGN_OFF_INLINE.captures(last).and_then(|found| found.get(1));
    let closing = closing.filter(|found| {
        let words = found.as_str().split_whitespace().count();
        words <= SIGN_OFF_WORDS_MAX && !found.as_str().contains('?')
    });
    if let Some(found) = closing {
        return last_at + found.start();
    }
    let initials = say::INITIALS.captures(last).and_then(|found| found.get(1));
    match initials.filter(|_| channel == Channel::Phone) {
        Some(found) => last_at + found.start(),
        None => text.len(),
    }
}

/// Where a business card without closing words begins: contact lines at the very end,
/// and the short lines right above them.
fn card_start(text: &str, from: usize) -> Option<usize> {
    let mut start = None;
    let mut at = text.len();
    for line in text.get(from..)?.split_inclusive('\n').rev() {
        at -= line.len();
        let words = line.split_whitespace().count();
        if words == 0 {
            continue;
        }
        let contact = say::CONTACT.is_match(line) && words <= CONTACT_WORDS_MAX;
        let ends = line.trim_end().ends_with(['.', '?', '!', ':']);
        let name = words <= 5 && !ends && line.trim_start().starts_with(char::is_uppercase);
        if !line.contains('?') && (contact || start.is_some() && name && !asks_on(line)) {
            start = Some(at);
        } else {
            break;
        }
    }
    start
}

/// The parts of the whole body; `own` tells whose text counts as the sender's.
pub(crate) fn parts(
    body: &str,
    messages: &[Message],
    own: &[usize],
    channel: Channel,
) -> Vec<Part> {
    let mut parts = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        let mut add = |kind, range: Range<usize>| parts.push(Part { kind, range });
        for range in &message.headers {
            add(PartKind::Quoted, range.clone());
        }
        let text = &message.plain.text;
        if own.contains(&at) {
            for (kind, range) in pieces(message, channel) {
                for range in message.plain.body_ranges(body, range) {
                    add(kind, range);
                }
            }
        } else if !text.trim().is_empty() {
            let start = text.len() - text.trim_start().len();
            for range in message.plain.body_ranges(body, start..text.trim_end().len()) {
                add(PartKind::Quoted, range);
            }
        }
    }
    apart(body, parts)
}

/// In order, and without overlap: an interleaved message ends where the next one begins.
fn apart(body: &str, mut parts: Vec<Part>) -> Vec<Part> {
    parts.sort_by_key(|part| (part.range.start, part.range.end));
    let mut tidy: Vec<Part> = Vec::new();
    for part in parts {
        if let Some(last) = tidy.last_mut() {
            if last.kind == part.kind && part.range.start <= last.range.end + 2 {
                last.range.end = last.range.end.max(part.range.end);
                continue;
            }
            last.range.end = last.range.end.min(part.range.start);
        }
        tidy.push(part);
    }
    for part in &mut tidy {
        let text = body.get(part.range.clone()).unwrap_or_default();
        part.range.end = part.range.start + text.trim_end().len();
    }
    tidy.retain(|part| part.range.start < part.range.end);
    tidy
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inquiry::PartKind::{Disclaimer, Greeting, Own, Quoted, Signature};

    #[track_caller]
    fn check(text: &str, expected: &[(PartKind, &str)]) {
        let thread = messages(text, text.len());
        let found = parts(text, &thread, &[0], Channel::Mail);
        let found: Vec<(PartKind, &str)> =
            found.into_iter().map(|part| (part.kind, text.get(part.range).unwrap())).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn greeting_text_and_signature_are_told_apart() {
        check(
            "Hej SAM\n\nEr den sendt?\n\nMvh\nBo",
            &[(Greeting, "Hej SAM"), (Own, "Er den sendt?"), (Signature, "Mvh\nBo")],
        );
        check("hej kan i rette det", &[(Greeting, "hej"), (Own, "kan i rette det")]);
        check("Hej Lis, vi har en elev.", &[(Greeting, "Hej Lis,"), (Own, "vi har en elev.")]);
        check("Er den sendt?\n/Bo P.", &[(Own, "Er den sendt?"), (Signature, "/Bo P.")]);
        check("Er den sendt? Mvh Bo", &[(Own, "Er den sendt?"), (Signature, "Mvh Bo")]);
        check(
            "Er den sendt?\n\nBo Prøvesen\nØkonomi\nTlf. 00 12 34 56",
            &[(Own, "Er den sendt?"), (Signature, "Bo Prøvesen\nØkonomi\nTlf. 00 12 34 56")],
        );
        check("Venlig hilsen\nBo", &[(Signature, "Venlig hilsen\nBo")]);
    }

    #[test]
    fn a_postscript_is_text_and_a_disclaimer_is_none() {
        check(
            "Tak.\n\nMvh Bo\nPS: Hvem lukker?\n\nDenne mail kan indeholde fortroligt.",
            &[
                (Own, "Tak."),
                (Signature, "Mvh Bo"),
                (Own, "PS: Hvem lukker?"),
                (Disclaimer, "Denne mail kan indeholde fortroligt."),
            ],
        );
    }

    #[test]
    fn earlier_messages_are_quoted_in_every_style() {
        for quoted in [
            "> Hej Bo\n> Den er sendt.",
            "-----Oprindelig meddelelse-----\nFra: Lis\nEmne: x\n\nHej Bo",
            "Fra: Lis\nSendt: i går\nTil: Bo\n\nHej Bo",
            "Den 3. maj 2025 kl. 9.12 skrev Lis Prøvesen:\n> Hej Bo",
            "On Mon, 5 May 2025 at 10:12, Lis Prøvesen\n<lis@b.example> wrote:\n\nHej Bo",
        ] {
            let text = format!("Tak, vi ser på det.\n\n{quoted}");
            let thread = messages(&text, text.len());
            assert_eq!(thread.len(), 2, "{quoted}");
            let found = parts(&text, &thread, &[0], Channel::Mail);
            let kinds: Vec<PartKind> = found.iter().map(|part| part.kind).collect();
            assert_eq!(kinds.first(), Some(&Own), "{quoted}");
            assert!(kinds.iter().skip(1).all(|kind| *kind == Quoted), "{quoted}: {kinds:?}");
        }
    }

    #[test]
    fn answers_between_quoted_lines_are_own_text() {
        check(
            "> Er den sendt?\nJa.\n> Hvornår?\nI går.",
            &[(Quoted, "Er den sendt?"), (Own, "Ja."), (Quoted, "Hvornår?"), (Own, "I går.")],
        );
    }

    #[test]
    fn our_own_letters_are_known() {
        for quoted in [
            "Fra: Kundebetjening Løn\nSendt: i går\n\nHej",
            "> Hej Bo\n> Venlig hilsen\n> Statens Administration",
            "Den 3. maj 2025 skrev loen@statens-adm.example:\n> Hej",
        ] {
            let text = format!("Tak.\n\n{quoted}");
            let thread = messages(&text, text.len());
            assert_eq!(thread.get(1).map(|message| message.by_house), Some(true), "{quoted}");
        }
        let text = "Tak.\n\nFra: Bo\nTil: Kundebetjening\n\nHej SAM";
        assert_eq!(messages(text, text.len()).get(1).map(|m| m.by_house), Some(false));
    }
}
