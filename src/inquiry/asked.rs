//! Which asks of a message are its questions, and what belongs to each of them.

use std::collections::HashSet;
use std::ops::Range;

use crate::inquiry::asks::{Class, Place, hands_on};
use crate::inquiry::blocks::{Block, Sentence, blocks};
use crate::inquiry::openings::{bare, elliptic, has_verb, opens, weight};
use crate::inquiry::parts::{Message, pieces};
use crate::inquiry::phrases as say;
use crate::inquiry::{Channel, PartKind};
use crate::language::{content_stems, fold};

/// Fewer content words than this say too little without the sentence before them.
pub(crate) const CONTENT_WORDS_MIN: usize = 2;
/// Above a message that nobody has answered, questions of no more content words each hand it over:
/// set on the gold set, `control`, `fresh` and `whole`, 2026-11-30 (decision 0037).
const BRIEF_WEIGHT_MAX: usize = 3;
/// A reminder of no more words does not say of what.
const REMINDER_WORDS_MAX: usize = 3;
/// Sentences that a question may take along from before it.
pub(crate) const SENTENCES_BACK_MAX: usize = 3;
/// Words of a question that took sentences along.
const TEXT_WORDS_MAX: usize = 60;
/// A question so many sentences away is about what is wrong there.
const LACK_NEAR_MAX: usize = 2;
/// Asks of one message; nobody answers more.
const ASKS_MAX: usize = 200;

/// An ask, by its place.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// Its block.
    pub(crate) block: usize,
    /// Its sentence in the block.
    pub(crate) sentence: usize,
    /// How sure it is.
    pub(crate) class: Class,
    /// The asking words, in the message's text.
    pub(crate) range: Range<usize>,
    /// What belongs to it.
    pub(crate) more: Vec<Range<usize>>,
    /// Whether no rule says that it asks, but the model of kinds; of a wish or of something wrong,
    /// whether it wants an answer of its own.
    pub(crate) by_kind: bool,
}

impl Found {
    /// A block that asks as a whole.
    fn whole(block: usize, range: Range<usize>) -> Self {
        let (class, more) = (Class::Strong, Vec::new());
        Self { block, sentence: 0, class, range, more, by_kind: false }
    }
}

/// One message, read for questions.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    /// The message.
    pub(crate) message: &'a Message,
    /// How it came in.
    pub(crate) channel: Channel,
    /// Its paragraphs and list items.
    pub(crate) blocks: Vec<Block>,
    /// Its asks, in order.
    pub(crate) found: Vec<Found>,
}

impl<'a> Asked<'a> {
    pub(crate) fn read(message: &'a Message, channel: Channel) -> Self {
        let text = &message.plain.text;
        let mut told = Vec::new();
        for (kind, range) in pieces(message, channel) {
            if kind == PartKind::Own {
                told.extend(blocks(text, range, channel));
            }
        }
        let mut found = Vec::new();
        for (at, block) in told.iter().enumerate() {
            for (number, sentence) in block.sentences.iter().enumerate() {
                for ask in &sentence.asks {
                    let start = sentence.range.start;
                    found.push(Found {
                        block: at,
                        sentence: number,
                        class: ask.class,
                        range: start + ask.range.start..start + ask.range.end,
                        more: Vec::new(),
                        by_kind: ask.by_kind,
                    });
                }
            }
        }
        found.truncate(ASKS_MAX);
        let mut asked = Self { message, channel, blocks: told, found };
        asked.list_items();
        asked
    }

    pub(crate) fn text(&self, range: &Range<usize>) -> &str {
        self.message.plain.text.get(range.clone()).unwrap_or_default()
    }

    /// Whether it asks about a matter, and not only how far something is.
    pub(crate) fn asks_itself(&self) -> bool {
        self.found
            .iter()
            .any(|ask| ask.class == Class::Strong && !(says_status(self.text(&ask.range), false)))
    }

    /// Whether each of its questions is of a few words only, "Hvad svarer vi ham?", or hands over.
    pub(crate) fn asks_briefly(&self) -> bool {
        let brief = |words: &str| weight(words) <= BRIEF_WEIGHT_MAX || hands_on(words);
        let mut strong = self.found.iter().filter(|ask| ask.class == Class::Strong);
        strong.all(|ask| brief(self.text(&ask.range)))
    }

    /// Leaves out what asks only to take over a message below that is read.
    pub(crate) fn drop_hand_over(&mut self) {
        let text = &self.message.plain.text;
        let words = |ask: &Found| text.get(ask.range.clone()).unwrap_or_default();
        self.found.retain(|ask| match ask.class {
            Class::Strong => !hands_on(words(ask)),
            class => class >= Class::Reminder,
        });
    }

    /// Whether it points to an earlier message as the one that asks.
    pub(crate) fn hands_over(&self) -> bool {
        let points = self.found.iter().any(|ask| {
            ask.class == Class::Weak && say::POINTS_BELOW.is_match(self.text(&ask.range))
        });
        let mut sentences = self.blocks.iter().flat_map(|block| &block.sentences);
        points || sentences.any(|one| say::PASSES_ON.is_match(self.text(&one.range)))
    }

    /// Items below "Vi mangler svar på:" ask even when they are only a word or two.
    fn list_items(&mut self) {
        let mut at = 0;
        while at < self.blocks.len() {
            let items = self.blocks.iter().skip(at + 1);
            let end = at + 1 + items.take_while(|block| block.place == Place::Item).count();
            let intro = self.blocks.get(at).filter(|block| block.place == Place::Prose);
            let intro =
                intro.and_then(|block| block.sentences.last()).map(|last| last.range.clone());
            if let Some(intro) = intro.filter(|_| end > at + 2) {
                self.list_under(at, at + 1..end, &intro);
            }
            if end > at + 2 {
                self.list_beside(at + 1..end);
            }
            at = end;
        }
    }

    /// Items of a few words without a verb ask beside items that ask: "c) kontonummer til træk".
    fn list_beside(&mut self, items: Range<usize>) {
        let asking = |asked: &Self, block| {
            asked.found.iter().any(|ask| ask.block == block && ask.class == Class::Strong)
        };
        // A list of nouns in a form is what it is filled in for.
        let asked = items.clone().filter(|block| asking(self, *block)).count();
        if asked < 2 && self.channel != Channel::Portal {
            return;
        }
        for block in items {
            let Some([only]) = self.blocks.get(block).map(|block| block.sentences.as_slice())
            else {
                continue;
            };
            let range = only.range.clone();
            let words = self.text(&range).trim_end();
            let noun = !has_verb(words) && !words.ends_with(['.', '!']) && weight(words) > 0;
            if noun && !asking(self, block) {
                self.found.retain(|ask| ask.block != block);
                self.found.push(Found::whole(block, range));
            }
        }
        self.found.sort_by_key(|ask| ask.range.start);
    }

    fn list_under(&mut self, lead: usize, items: Range<usize>, intro: &Range<usize>) {
        let line = self.text(intro).trim_end().to_owned();
        // "Hvad er fristen for" goes on in each item.
        let goes_on = opens(&line) && !line.ends_with(['.', '?', '!']);
        let points = say::POINTS_TO_ITEMS.is_match(&line)
            && (opens(&line) || say::WISHES.is_match(&line) || say::WANTS_ITEMS.is_match(&line));
        let orders = say::ORDERS_BELOW.is_match(&line);
        let asks_below = say::LIST_OF_ASKS.is_match(&line) || points || orders;
        if !(goes_on || asks_below) {
            return;
        }
        self.found.retain(|ask| ask.block != lead || ask.range.start < intro.start);
        let asking = |asked: &Self, block| {
            asked.found.iter().any(|ask| ask.block == block && ask.class == Class::Strong)
        };
        let silent = !items.clone().any(|block| asking(self, block));
        for block in items {
            let sentences = self.blocks.get(block).map(|block| &block.sentences);
            let Some((first, last)) = sentences.and_then(|s| Some((s.first()?, s.last()?))) else {
                continue;
            };
            let range = first.range.start..last.range.end;
            let words = self.text(&range);
            let whether = say::WHETHER.is_match(words);
            let noun = !has_verb(words) && !words.trim_end().ends_with('.');
            if asking(self, block) || !(silent || goes_on || whether || noun || orders) {
                continue;
            }
            let more = if goes_on { vec![intro.clone()] } else { Vec::new() };
            self.found.retain(|ask| ask.block != block);
            self.found.push(Found { more, ..Found::whole(block, range) });
        }
        self.found.sort_by_key(|ask| ask.range.start);
    }

    /// Leaves the asks that are questions, each with what belongs to it.
    pub(crate) fn settle(&mut self) {
        let orders = self.take_orders();
        let has = |class| self.found.iter().any(|ask: &Found| ask.class == class);
        let (strong, reminder, wanted) =
            (has(Class::Strong), has(Class::Reminder), has(Class::Wanted));
        if strong {
            self.attach_catchwords();
            let status = self
                .found
                .iter()
                .any(|ask| ask.class == Class::Strong && says_status(self.text(&ask.range), true));
            self.promote_wants();
            self.promote_lacks();
            self.promote_leads();
            self.attach(Class::Wanted, Class::Strong);
            self.found.retain(|ask| {
                ask.class == Class::Strong || ask.class == Class::Reminder && !status
            });
        } else if reminder {
            self.attach(Class::Wanted, Class::Reminder);
            self.found.retain(|ask| ask.class == Class::Reminder);
        } else if wanted {
            self.found.retain(|ask| ask.class == Class::Wanted);
        } else {
            self.last_resort();
        }
        self.join_reminders();
        self.join_thin();
        self.deal_out();
        self.take_along();
        self.found.extend(orders);
        self.found.sort_by_key(|ask| ask.range.start);
    }

    /// What instructs the program is accounted for once, and takes no part in the rest.
    fn take_orders(&mut self) -> Option<Found> {
        if !self.found.iter().any(|ask| ask.class > Class::Injected) {
            return None;
        }
        let (orders, rest): (Vec<Found>, Vec<Found>) = std::mem::take(&mut self.found)
            .into_iter()
            .partition(|ask| ask.class == Class::Injected);
        self.found = rest;
        let mut orders = orders.into_iter();
        let mut first = orders.next()?;
        // What follows in the same paragraph goes on to instruct, unless it asks.
        let after = self.blocks.get(first.block).into_iter().flat_map(|block| &block.sentences);
        let silent = after.skip(first.sentence + 1).take_while(|sentence| {
            let asks = |ask: &Found| {
                ask.range.start < sentence.range.end && sentence.range.start < ask.range.end
            };
            !self.found.iter().any(asks)
        });
        first.range.end = silent.last().map_or(first.range.end, |last| last.range.end);
        first.more = orders.map(|order| order.range).collect();
        // "Ignorer alle instruktioner" alone asks for nothing that could be refused.
        Some(first).filter(|first| say::ORDERED.is_match(self.text(&first.range)))
    }

    /// A message without a question: what comes nearest to one.
    fn last_resort(&mut self) {
        let best = self.found.iter().map(|ask| ask.class).max();
        match best {
            Some(best) => {
                self.found.retain(|ask| ask.class == best);
                self.found.truncate(1);
            }
            // Whoever takes a note does so because the caller asked.
            None if self.channel == Channel::Phone => {
                let first = self.blocks.first().and_then(|block| block.sentences.first());
                let last = self.blocks.last().and_then(|block| block.sentences.last());
                if let (Some(first), Some(last)) = (first, last) {
                    let range = first.range.start..last.range.end;
                    self.found.push(Found::whole(0, range));
                }
            }
            None => {}
        }
    }

    /// What a caller also wants is a question of its own when it stands after one and names
    /// another matter: "hvor ses lønsedlen? Vil ha tilsendt en erklæring."
    fn promote_wants(&mut self) {
        let first = self.found.iter().find(|ask| ask.class == Class::Strong);
        let Some(first) = first.map(|ask| ask.range.end) else { return };
        let own = |asked: &Self, ask: &Found| {
            let words = asked.text(&ask.range);
            ask.class == Class::Wanted
                && ask.range.start >= first
                && weight(words) >= CONTENT_WORDS_MIN
                && !say::WANTS_ANSWER.is_match(words)
        };
        let own: Vec<bool> = self.found.iter().map(|ask| own(self, ask)).collect();
        for (ask, own) in self.found.iter_mut().zip(own) {
            if own {
                ask.class = Class::Strong;
            }
        }
    }

    /// Something wrong that no question of its paragraph is about wants an answer too.
    fn promote_lacks(&mut self) {
        if self.channel == Channel::Phone {
            return;
        }
        let near = |asked: &Self, lack: &Found| {
            let strong = || asked.found.iter().filter(|ask| ask.class == Class::Strong);
            let behind = |ask: &Found| ask.block == lack.block && ask.sentence <= lack.sentence;
            // "Vi kan heller ikke ..." behind a question is another matter than that, and than the next.
            let after = |ask: &Found| ask.range.end <= lack.range.start;
            if say::ALSO_LACKS.is_match(asked.text(&lack.range)) && strong().any(after) {
                return false;
            }
            // What is wrong is told before it is asked about; behind a question, and before one
            // that says it is another, it may be a matter of its own.
            let told_after = lack.by_kind && strong().any(behind);
            strong().any(|ask| {
                let other =
                    lack.by_kind && (behind(ask) || say::ALSO.is_match(asked.text(&ask.range)));
                let beside = ask.block == lack.block
                    && ask.sentence.abs_diff(lack.sentence) <= LACK_NEAR_MAX
                    && !other;
                // "I har tastet forkert:" and then the questions.
                beside || ask.block == lack.block + 1 && !told_after
            })
        };
        let own: Vec<bool> = self
            .found
            .iter()
            .map(|ask| {
                ask.class == Class::Lack
                    && weight(self.text(&ask.range)) >= CONTENT_WORDS_MIN
                    && !near(self, ask)
            })
            .collect();
        for (ask, own) in self.found.iter_mut().zip(own) {
            if own {
                ask.class = Class::Strong;
            }
        }
    }

    /// A wish for what no question of the message speaks of is one itself.
    fn promote_leads(&mut self) {
        let stems = |range: &Range<usize>| content_stems(self.text(range));
        let strong = || self.found.iter().filter(|ask| ask.class == Class::Strong);
        let asked: HashSet<String> = strong().flat_map(|ask| stems(&ask.range)).collect();
        let own: Vec<bool> = self
            .found
            .iter()
            .map(|lead| {
                let own = stems(&lead.range);
                let next = strong().find(|ask| ask.range.start >= lead.range.end);
                let leads = next.is_some_and(|ask| {
                    ask.block == lead.block
                        && ask.sentence <= lead.sentence + LACK_NEAR_MAX
                        && self.points_back(ask)
                        && weight(self.text(&ask.range)) <= CONTENT_WORDS_MIN
                });
                lead.class == Class::Lead
                    && lead.by_kind
                    && own.len() >= CONTENT_WORDS_MIN
                    && !leads
                    && !own.iter().any(|stem| asked.contains(stem))
            })
            .collect();
        for (ask, own) in self.found.iter_mut().zip(own) {
            if own {
                ask.class = Class::Strong;
            }
        }
    }

    /// A note's catchword belongs to the question that follows it.
    fn attach_catchwords(&mut self) {
        let words: Vec<Range<usize>> = self.ranges(Class::Fragment);
        for word in words {
            let next = self
                .found
                .iter_mut()
                .find(|ask| ask.class == Class::Strong && ask.range.start >= word.end);
            if let Some(next) = next {
                next.more.push(word);
            }
        }
    }

    fn ranges(&self, class: Class) -> Vec<Range<usize>> {
        let found = self.found.iter().filter(|ask| ask.class == class);
        found.map(|ask| ask.range.clone()).collect()
    }

    /// Hands the words of one class to the nearest ask of another.
    fn attach(&mut self, class: Class, to: Class) {
        for range in self.ranges(class) {
            let before =
                self.found.iter().rposition(|ask| ask.class == to && ask.range.end <= range.start);
            let any = before.or_else(|| self.found.iter().position(|ask| ask.class == to));
            if let Some(ask) = any.and_then(|at| self.found.get_mut(at)) {
                ask.more.push(range);
            }
        }
        self.found.retain(|ask| ask.class != class);
    }

    /// One reminder, in however many sentences.
    fn join_reminders(&mut self) {
        let mut joined: Vec<Found> = Vec::new();
        for ask in std::mem::take(&mut self.found) {
            let last = joined.iter_mut().rfind(|last| last.class == Class::Reminder);
            match last {
                Some(last) if ask.class == Class::Reminder => {
                    let near = last.block == ask.block && ask.sentence <= last.sentence + 2;
                    if near && last.more.is_empty() {
                        last.range.end = ask.range.end;
                        last.sentence = ask.sentence;
                    } else {
                        last.more.push(ask.range);
                    }
                    last.more.extend(ask.more);
                }
                _ => joined.push(ask),
            }
        }
        for ask in joined.iter_mut().filter(|ask| ask.class == Class::Reminder) {
            self.reach_on(ask);
        }
        self.found = joined;
    }

    /// "RYKKER!!" says of what in the sentence after it.
    fn reach_on(&self, ask: &mut Found) {
        let block = self.blocks.get(ask.block);
        let next = block.and_then(|block| block.sentences.get(ask.sentence + 1));
        let bare = self.text(&ask.range).split_whitespace().count() <= REMINDER_WORDS_MAX;
        if let Some(next) = next.filter(|next| bare && next.tells) {
            ask.range.end = next.range.end;
        }
    }

    /// "Og hvordan?" belongs to the question before it.
    fn join_thin(&mut self) {
        let mut joined: Vec<Found> = Vec::new();
        for ask in std::mem::take(&mut self.found) {
            let words = self.text(&ask.range);
            let thin = weight(words) < CONTENT_WORDS_MIN;
            let item = self.blocks.get(ask.block).is_some_and(|block| block.place == Place::Item);
            let near = joined.last().is_some_and(|last| {
                last.block == ask.block
                    && last.sentence < ask.sentence
                    && ask.sentence - last.sentence < 2
            });
            let goes_on = bare(words).len() < words.len();
            // "Hvilken afg.årsag på ham" names a matter of its own; "og hvornår senest" does not.
            let joins = near
                && (elliptic(words) && (goes_on || weight(words) == 0) || item && thin && goes_on);
            match joined.last_mut() {
                Some(last) if joins => {
                    last.range.end = ask.range.end;
                    last.sentence = ask.sentence;
                }
                _ => joined.push(ask),
            }
        }
        self.found = joined;
    }

    /// "Hvad gør vi med alle tre?" after three cases is three questions.
    fn deal_out(&mut self) {
        let mut dealt = Vec::new();
        for ask in std::mem::take(&mut self.found) {
            let words = self.text(&ask.range);
            let cases = if say::ALL_OF_THEM.is_match(words) || weight(words) == 0 {
                self.cases_before(&ask, say::ALL_OF_THEM.is_match(words))
            } else {
                Vec::new()
            };
            if cases.len() < 2 {
                dealt.push(ask);
                continue;
            }
            for case in cases {
                dealt.push(Found { more: vec![case], ..ask.clone() });
            }
        }
        self.found = dealt;
    }

    /// What stands before an ask that each tells of one case: "en har ...", "den anden ...",
    /// or the items of a list right above it.
    fn cases_before(&self, ask: &Found, all: bool) -> Vec<Range<usize>> {
        let Some(block) = self.blocks.get(ask.block) else { return Vec::new() };
        let before = block.sentences.iter().take(ask.sentence);
        let told = before
            .filter(|sentence| sentence.asks.iter().all(|ask| ask.class < Class::Strong))
            .map(|sentence| sentence.range.clone())
            .filter(|range| all && say::ONE_OF_THEM.is_match(self.text(range)));
        let told: Vec<Range<usize>> = told.collect();
        if !told.is_empty() || block.place == Place::Item || ask.sentence > 0 {
            return told;
        }
        let above = self.blocks.iter().take(ask.block).rev();
        let items = above.take_while(|block| block.place == Place::Item).map(|block| {
            let silent =
                block.sentences.iter().all(|s| s.asks.iter().all(|a| a.class < Class::Weak));
            let whole = block.sentences.first().zip(block.sentences.last());
            whole.filter(|_| silent).map(|(first, last)| first.range.start..last.range.end)
        });
        let mut items: Vec<Range<usize>> = items.collect::<Option<_>>().unwrap_or_default();
        items.reverse();
        items
    }

    /// Questions that mean nothing alone take the words before them along.
    fn take_along(&mut self) {
        let mut found = std::mem::take(&mut self.found);
        let mut floor = 0;
        for ask in &mut found {
            let end = ask.range.end;
            if ask.class != Class::Reminder && ask.more.is_empty() {
                self.reach_back(ask, floor);
            }
            floor = end;
        }
        self.found = found;
    }

    fn reach_back(&self, ask: &mut Found, floor: usize) {
        let enough = |range: &Range<usize>| weight(self.text(range));
        let Some(block) = self.blocks.get(ask.block) else { return };
        let own = enough(&ask.range);
        let status = says_status(self.text(&ask.range), false) && !self.points_back(ask);
        if own >= CONTENT_WORDS_MIN || status {
            return;
        }
        let wanted = if own == 0 { SENTENCES_BACK_MAX } else { 1 };
        let inside = block.sentences.get(ask.sentence).map_or(ask.range.start, |s| s.range.start);
        let mut start = ask.range.start;
        if inside >= floor && inside < start {
            start = inside;
        }
        let wanted = wanted - usize::from(start < ask.range.start);
        let before = block.sentences.iter().take(ask.sentence).rev().take(wanted);
        let fits = |sentence: &&Sentence| {
            let whole = self.text(&(sentence.range.start..ask.range.end));
            let long = whole.split_whitespace().count() > TEXT_WORDS_MAX;
            sentence.tells && sentence.range.start >= floor && !long
        };
        ask.range.start = before.take_while(fits).last().map_or(start, |first| first.range.start);
    }

    pub(crate) fn points_back(&self, ask: &Found) -> bool {
        let words = self.text(&ask.range).split(|c: char| !c.is_alphanumeric());
        words.map(fold).any(|word| {
            [
                "den", "det", "de", "dem", "han", "hun", "ham", "hende", "hans", "hendes", "deres",
                "denne", "dette", "disse", "her", "så", "alle", "begge",
            ]
            .contains(&word.as_str())
        })
    }
}

/// Whether the words ask how far the sender's own case is; `cased` when the mail has one.
pub(crate) fn says_status(words: &str, cased: bool) -> bool {
    say::STATUS.is_match(words) || cased && say::WHEN_ANSWERED.is_match(words)
}
