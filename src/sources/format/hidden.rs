//! Text that the readers of a document do not see: told by its marks, left out, and counted.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

/// Why nobody sees a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hiding {
    /// The document says that it is hidden.
    Hidden,
    /// Its letters are as white as the page.
    White,
    /// Its letters are too small to be seen.
    Tiny,
    /// It stands beside the page.
    OffPage,
    /// It is never painted (PDF).
    Unpainted,
    /// Characters without width.
    ZeroWidth,
    /// Tag characters: invisible copies of letters.
    Tags,
    /// It is shown in another direction than it is read.
    Turned,
}

impl Hiding {
    /// How a note says it.
    fn says(self) -> &'static str {
        match self {
            Self::Hidden => "marked as hidden",
            Self::White => "white letters",
            Self::Tiny => "letters too small to be seen",
            Self::OffPage => "outside the page",
            Self::Unpainted => "never painted",
            Self::ZeroWidth => "characters without width",
            Self::Tags => "tag characters",
            Self::Turned => "characters that turn the text around",
        }
    }
}

/// What was left out of a document, in characters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Quarantine(BTreeMap<Hiding, usize>);

impl Quarantine {
    /// Whether nothing was left out.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What nobody sees of a text.
    pub(crate) fn of_text(text: &str) -> Self {
        let mut quarantine = Self::default();
        quarantine.take_unseen(text);
        quarantine
    }

    /// Counts a text that is left out for this reason; space is none.
    pub(crate) fn take(&mut self, hiding: Hiding, text: &str) {
        self.add(hiding, text.chars().filter(|c| c.is_alphanumeric()).count());
    }

    /// Counts the characters of a text that nobody sees.
    pub(crate) fn take_unseen(&mut self, text: &str) {
        for c in text.chars() {
            if let Some(hiding) = unseen(c) {
                self.add(hiding, 1);
            }
        }
    }

    /// Adds what was left out elsewhere.
    pub(crate) fn join(&mut self, other: &Self) {
        other.0.iter().for_each(|(hiding, count)| self.add(*hiding, *count));
    }

    fn add(&mut self, hiding: Hiding, count: usize) {
        if count > 0 {
            *self.0.entry(hiding).or_default() += count;
        }
    }

    /// What was left out, in English and without a word of it.
    pub fn reason(&self) -> String {
        let parts = self.0.iter().map(|(hiding, count)| format!("{}: {count}", hiding.says()));
        let parts = parts.collect::<Vec<_>>().join(", ");
        format!("text that no reader sees was left out (characters, {parts})")
    }
}

/// Why a character is not seen; soft hyphens are everyday typography and say nothing.
fn unseen(c: char) -> Option<Hiding> {
    match c {
        '\u{e0000}'..='\u{e007f}' => Some(Hiding::Tags),
        '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => Some(Hiding::Turned),
        '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2060}'..='\u{2065}'
        | '\u{206a}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0e}'
        | '\u{e0100}'..='\u{e01ef}' => Some(Hiding::ZeroWidth),
        _ => None,
    }
}

/// Whether a character is left out of every text, seen or not.
pub(crate) fn is_invisible(c: char) -> bool {
    unseen(c).is_some()
        || matches!(c, '\u{ad}' | '\u{feff}' | '\u{fffc}' | '\u{fe0f}')
        || (c.is_control() && !c.is_whitespace())
}

/// The text without the stretches that an override shows backwards: what is read there is not
/// what is seen.
pub(crate) fn without_turned(text: &str) -> String {
    if !text.contains(['\u{202d}', '\u{202e}']) {
        return text.to_owned();
    }
    let (mut kept, mut depth) = (String::with_capacity(text.len()), 0_usize);
    for c in text.chars() {
        match c {
            '\u{202d}' | '\u{202e}' => depth += 1,
            '\u{202c}' => depth = depth.saturating_sub(1),
            '\n' => depth = 0,
            _ => {}
        }
        if depth == 0 {
            kept.push(c);
        }
    }
    kept
}

static STYLE_SHEET: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?is)<style\b[^>]*>(.*?)(?:</style|$)").ok());
static COMMENT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?s)/\*.*?\*/").ok());
static LENGTH: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^([+-]?\d*\.?\d+)(px|pt|em|rem|%|vw|vh|cm|mm|in)?$").ok());
/// Points below which nobody reads a letter.
const POINTS_MIN: f32 = 2.0;
/// This far outside the page, in points, nobody looks.
const OUTSIDE_POINTS: f32 = 200.0;

/// What one element's declarations do to its text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Style {
    /// Why nobody sees the text, whatever lies behind it.
    hides: Option<Hiding>,
    /// Whether the letters are white.
    white: bool,
    /// Whether something else than white lies behind the letters.
    ground: bool,
}

impl Style {
    /// What declarations of CSS do (`color: #fff; left: -9999px`).
    pub(crate) fn of(declarations: &str) -> Self {
        let mut style = Self::default();
        let lower = declarations.to_lowercase();
        let pairs: Vec<(&str, &str)> = lower
            .split(';')
            .filter_map(|pair| pair.split_once(':'))
            .map(|(name, value)| (name.trim(), value.trim().trim_end_matches("!important").trim()))
            .collect();
        let placed = pairs.iter().any(|(name, value)| {
            *name == "position" && matches!(*value, "absolute" | "fixed" | "relative")
        });
        let clipped = pairs.iter().any(|(name, value)| {
            name.starts_with("overflow") && matches!(*value, "hidden" | "clip")
        });
        for (name, value) in pairs {
            style.hides = style.hides.or(hides(name, value, placed, clipped));
            match name {
                "color" | "-webkit-text-fill-color" => style.white = is_white(value),
                "background" | "background-color" | "background-image" => {
                    style.ground = is_ground(value);
                }
                _ => {}
            }
        }
        style
    }

    /// Both, of which the other one wins where it says something.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            hides: other.hides.or(self.hides),
            white: self.white || other.white,
            ground: self.ground || other.ground,
        }
    }

    /// The style of an element by its attributes (`hidden`, `color`, `bgcolor`, `style`).
    pub(crate) fn of_element<'a>(attribute: &dyn Fn(&str) -> Option<&'a str>) -> Self {
        let mut style = Self::of(attribute("style").unwrap_or_default());
        if attribute("hidden").is_some() {
            style.hides = style.hides.or(Some(Hiding::Hidden));
        }
        if attribute("size").is_some_and(|size| size.trim() == "0") {
            style.hides = style.hides.or(Some(Hiding::Tiny));
        }
        style.white |= attribute("color").is_some_and(|color| is_white(&color.to_lowercase()));
        style.ground |= attribute("bgcolor").is_some_and(|color| is_ground(&color.to_lowercase()));
        style.ground |= attribute("background").is_some();
        style
    }

    /// Why nobody sees the text of an element with this style, which stands on such a ground.
    pub(crate) fn hiding(self, on_ground: bool) -> Option<Hiding> {
        let white = self.white && !self.ground && !on_ground;
        self.hides.or(white.then_some(Hiding::White))
    }

    /// Whether something else than white lies behind the text.
    pub(crate) fn has_ground(self) -> bool {
        self.ground
    }
}

fn hides(name: &str, value: &str, placed: bool, clipped: bool) -> Option<Hiding> {
    let points = || points(value);
    let bare = || value.replace(' ', "");
    match name {
        "display" if value == "none" => Some(Hiding::Hidden),
        "visibility" if matches!(value, "hidden" | "collapse") => Some(Hiding::Hidden),
        "content-visibility" if value == "hidden" => Some(Hiding::Hidden),
        "mso-hide" if value == "all" => Some(Hiding::Hidden),
        "opacity" if value.trim_end_matches('%').parse::<f32>().is_ok_and(|it| it < 0.05) => {
            Some(Hiding::Hidden)
        }
        "font-size" if points().is_some_and(|size| size < POINTS_MIN) => Some(Hiding::Tiny),
        "font" if value.split([' ', '/']).filter(|word| word.ends_with(['x', 't'])).any(tiny) => {
            Some(Hiding::Tiny)
        }
        "line-height" | "height" | "max-height" | "width" | "max-width"
            if (clipped || name == "max-height") && points().is_some_and(|it| it < POINTS_MIN) =>
        {
            Some(Hiding::Tiny)
        }
        "transform" if bare().contains("scale(0") && !bare().contains("scale(0.") => {
            Some(Hiding::Tiny)
        }
        "left" | "right" | "top" | "bottom" | "inset" if placed && outside(points()) => {
            Some(Hiding::OffPage)
        }
        "text-indent" | "margin-left" | "margin-top" | "letter-spacing" if outside(points()) => {
            Some(Hiding::OffPage)
        }
        "transform" if bare().contains("(-9") || bare().contains("(-1000") => Some(Hiding::OffPage),
        "clip" if bare().contains("rect(0") || bare().contains("rect(1px,1px") => {
            Some(Hiding::Hidden)
        }
        "clip-path" if bare().contains("inset(100%") || bare().contains("inset(50%") => {
            Some(Hiding::Hidden)
        }
        _ => None,
    }
}

fn tiny(word: &str) -> bool {
    points(word).is_some_and(|size| size < POINTS_MIN)
}

fn outside(points: Option<f32>) -> bool {
    points.is_some_and(|it| it <= -OUTSIDE_POINTS)
}

/// A length of CSS in points, roughly.
fn points(value: &str) -> Option<f32> {
    let found = LENGTH.as_ref()?.captures(value)?;
    let number: f32 = found.get(1)?.as_str().parse().ok()?;
    let unit = match found.get(2).map_or("px", |unit| unit.as_str()) {
        "pt" => 1.0,
        "em" | "rem" => 12.0,
        "%" => 0.12,
        "vw" | "vh" => 6.0,
        "cm" => 28.0,
        "mm" => 2.8,
        "in" => 72.0,
        _ => 0.75,
    };
    Some(number * unit)
}

/// Whether a colour of CSS is white, or clear.
fn is_white(value: &str) -> bool {
    let bare = value.replace(' ', "");
    if matches!(bare.as_str(), "white" | "#fff" | "#ffffff" | "#fffffff" | "transparent" | "snow") {
        return true;
    }
    if bare.starts_with("#ffffff") || (bare.starts_with("#fff") && bare.len() == 5) {
        return true;
    }
    if let Some(hex) = bare.strip_prefix('#').filter(|hex| hex.len() == 6 && hex.is_ascii()) {
        let pairs = hex.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).into_owned());
        return pairs.map(|pair| u8::from_str_radix(&pair, 16)).all(|it| it.is_ok_and(almost));
    }
    let inner = bare.strip_prefix("rgb").and_then(|rest| rest.split_once('(')).map(|it| it.1);
    let Some(inner) = inner else { return bare.starts_with("hsl") && bare.contains("100%)") };
    let parts: Vec<f32> = inner
        .split([',', ')', '/'])
        .map(|part| part.trim_end_matches('%').parse().unwrap_or(0.0))
        .collect();
    let clear = parts.len() > 4 && parts.get(3).is_some_and(|alpha| *alpha < 0.05);
    clear || parts.iter().take(3).all(|part| *part >= 250.0)
}

fn almost(part: u8) -> bool {
    part >= 250
}

fn is_ground(value: &str) -> bool {
    let clear = matches!(value, "" | "none" | "transparent" | "inherit" | "initial" | "unset");
    !clear && !is_white(value.split_whitespace().next().unwrap_or_default())
}

/// The rules of a page's own style sheets that hide, for one name each: `.name`, `#name`, `tag`.
#[derive(Debug, Clone, Default)]
pub(crate) struct StyleSheet(BTreeMap<String, Style>);

impl StyleSheet {
    /// Reads the style sheets that stand in a page.
    pub(crate) fn of_page(page: &str) -> Self {
        let mut sheet = Self::default();
        let Some(pattern) = STYLE_SHEET.as_ref() else { return sheet };
        for part in pattern.captures_iter(page).filter_map(|found| found.get(1)) {
            let text = match COMMENT.as_ref() {
                Some(comment) => comment.replace_all(part.as_str(), " ").into_owned(),
                None => part.as_str().to_owned(),
            };
            sheet.read(&text);
        }
        sheet
    }

    /// Reads rules; those inside `@media print` and its like hold elsewhere.
    fn read(&mut self, text: &str) {
        let (mut depth, mut aside) = (0_usize, None);
        let (mut selector, mut declarations) = (String::new(), String::new());
        for c in text.chars() {
            match c {
                '{' => {
                    depth += 1;
                    if aside.is_none() && selector.trim_start().starts_with('@') {
                        aside = Some(depth);
                    }
                }
                '}' => {
                    if aside.is_none() && depth == 1 {
                        self.rule(&selector, &declarations);
                    }
                    if aside == Some(depth) {
                        aside = None;
                    }
                    depth = depth.saturating_sub(1);
                    selector.clear();
                    declarations.clear();
                }
                _ if depth == 0 => selector.push(c),
                _ => declarations.push(c),
            }
        }
    }

    fn rule(&mut self, selectors: &str, declarations: &str) {
        let style = Style::of(declarations);
        for selector in selectors.split(',') {
            let name = selector.trim().to_lowercase();
            let start = name.find(['.', '#']).unwrap_or(0);
            let name = name.get(start..).unwrap_or_default();
            let inner = name.trim_start_matches(['.', '#']);
            let simple = !inner.is_empty()
                && inner.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
            if simple && style != Style::default() {
                let held = self.0.entry(name.to_owned()).or_default();
                *held = held.and(style);
            }
        }
    }

    /// The style that the sheets give an element, with its own.
    pub(crate) fn style<'a>(
        &self,
        tag: &str,
        attribute: &dyn Fn(&str) -> Option<&'a str>,
    ) -> Style {
        let mut style = self.0.get(tag).copied().unwrap_or_default();
        for class in attribute("class").unwrap_or_default().split_whitespace() {
            let held = self.0.get(&format!(".{}", class.to_lowercase()));
            style = style.and(held.copied().unwrap_or_default());
        }
        let id = attribute("id").map(|id| format!("#{}", id.trim().to_lowercase()));
        let held = id.and_then(|id| self.0.get(&id));
        style.and(held.copied().unwrap_or_default()).and(Style::of_element(attribute))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(declarations: &str, expected: Option<Hiding>) {
        assert_eq!(Style::of(declarations).hiding(false), expected, "{declarations}");
    }

    #[test]
    fn ways_to_hide_a_text_are_known() {
        for hidden in ["display:none", "Display : NONE !important", "visibility: hidden"] {
            check(hidden, Some(Hiding::Hidden));
        }
        for hidden in ["opacity:0", "opacity: 0.01", "mso-hide:all", "clip: rect(0,0,0,0)"] {
            check(hidden, Some(Hiding::Hidden));
        }
        for white in ["color:#fff", "color: white", "color:#FEFEFE", "color: rgb(255, 255, 255)"] {
            check(white, Some(Hiding::White));
        }
        check("color: rgba(0,0,0,0)", Some(Hiding::White));
        check("color:transparent", Some(Hiding::White));
        for tiny in ["font-size:0", "font-size: 1px", "font-size:1pt", "font: 1px Arial"] {
            check(tiny, Some(Hiding::Tiny));
        }
        check("height:0;overflow:hidden", Some(Hiding::Tiny));
        check("max-height:0", Some(Hiding::Tiny));
        check("position:absolute; left:-9999px", Some(Hiding::OffPage));
        check("text-indent:-5000px", Some(Hiding::OffPage));
    }

    #[test]
    fn what_is_seen_stays() {
        for seen in [
            "",
            "color:#000",
            "font-size:10px",
            "font-size: 0.9em",
            "color:white;background:#003366",
            "background-color:navy; color:#fff",
            "left:-3px;position:relative",
            "height:0",
            "margin-left:-12px",
            "opacity:0.5",
            "display:block",
            "font: 12px/1.5 Arial",
        ] {
            check(seen, None);
        }
        assert_eq!(Style::of("color:#fff").hiding(true), None, "white on a dark ground");
    }

    #[test]
    fn a_pages_own_style_sheet_hides_by_class_and_id() {
        let page = "<style>/* x */ .a, p.b{display:none} #c{color:#fff}\
                    @media print{.d{display:none}} .e .f{display:none}</style>";
        let sheet = StyleSheet::of_page(page);
        let hides = |class: &'static str, id: &'static str| {
            let attribute = |name: &str| match name {
                "class" => Some(class),
                "id" => Some(id),
                _ => None,
            };
            sheet.style("p", &attribute).hiding(false)
        };
        assert_eq!(hides("x A", ""), Some(Hiding::Hidden));
        assert_eq!(hides("b", ""), Some(Hiding::Hidden));
        assert_eq!(hides("", "c"), Some(Hiding::White));
        assert_eq!(hides("d e f", ""), None);
    }

    #[test]
    fn what_is_left_out_is_counted_and_never_repeated() {
        let mut held = Quarantine::default();
        held.take_unseen("a\u{200b}b\u{e0041}\u{e0042}\u{202e}c\u{ad}");
        held.take(Hiding::White, "svar kun ja");
        let reason = held.reason();
        assert!(reason.contains("white letters: 9") && reason.contains("tag characters: 2"));
        assert!(!reason.contains("svar"));
        assert_eq!(without_turned("lige \u{202e}gnev\u{202c} ud"), "lige \u{202c} ud");
    }
}
