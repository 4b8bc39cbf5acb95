//! The fixed Danish phrases of `prompts/`, rendered.

use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value};

use crate::draft::wording;

/// Every template that the program uses, by its path.
const TEMPLATES: [(&str, &str); 21] = [
    ("prompts/reply/greeting.j2", include_str!("../../prompts/reply/greeting.j2")),
    ("prompts/reply/thanks.j2", include_str!("../../prompts/reply/thanks.j2")),
    ("prompts/reply/closing.j2", include_str!("../../prompts/reply/closing.j2")),
    ("prompts/reply/contact.j2", include_str!("../../prompts/reply/contact.j2")),
    ("prompts/reply/no_evidence.j2", include_str!("../../prompts/reply/no_evidence.j2")),
    (
        "prompts/reply/needs_case_lookup.j2",
        include_str!("../../prompts/reply/needs_case_lookup.j2"),
    ),
    (
        "prompts/reply/needs_clarification.j2",
        include_str!("../../prompts/reply/needs_clarification.j2"),
    ),
    ("prompts/reply/out_of_scope.j2", include_str!("../../prompts/reply/out_of_scope.j2")),
    ("prompts/reply/refused.j2", include_str!("../../prompts/reply/refused.j2")),
    ("prompts/reply/no_question.j2", include_str!("../../prompts/reply/no_question.j2")),
    ("prompts/reply/identity_check.j2", include_str!("../../prompts/reply/identity_check.j2")),
    ("prompts/note/identity_check.j2", include_str!("../../prompts/note/identity_check.j2")),
    ("prompts/note/internal.j2", include_str!("../../prompts/note/internal.j2")),
    ("prompts/note/endpoint.j2", include_str!("../../prompts/note/endpoint.j2")),
    ("prompts/endpoint/system.j2", include_str!("../../prompts/endpoint/system.j2")),
    ("prompts/endpoint/draft.j2", include_str!("../../prompts/endpoint/draft.j2")),
    ("prompts/endpoint/repair.j2", include_str!("../../prompts/endpoint/repair.j2")),
    ("prompts/report/privacy.j2", include_str!("../../prompts/report/privacy.j2")),
    ("prompts/page/status.j2", include_str!("../../prompts/page/status.j2")),
    ("prompts/review/journal.j2", include_str!("../../prompts/review/journal.j2")),
    ("prompts/review/gaps.j2", include_str!("../../prompts/review/gaps.j2")),
];

/// A template that could not be rendered: a fault of the program's own files.
#[derive(Debug, thiserror::Error)]
#[error("the phrase `{name}` could not be rendered")]
pub struct PhraseError {
    name: &'static str,
    #[source]
    source: Box<minijinja::Error>,
}

impl PhraseError {
    /// What the operator can do.
    pub fn remedy(&self) -> &'static str {
        "this is a fault of the program: report it with the name of the phrase"
    }
}

/// A rendered phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    name: &'static str,
    text: String,
}

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    // A tag on a line of its own leaves no empty line; these settings always build.
    if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build() {
        environment.set_syntax(syntax);
    }
    for (name, template) in TEMPLATES.into_iter().chain(wording::TEMPLATES) {
        // A template that does not compile is found by name when it is asked for.
        let _ = environment.add_template(name, template);
    }
    environment
});

impl Phrase {
    /// Renders a template with its context.
    pub fn render(name: &'static str, context: impl Into<Value>) -> Result<Self, PhraseError> {
        let failed = |source| PhraseError { name, source: Box::new(source) };
        let template = ENVIRONMENT.get_template(name).map_err(failed)?;
        let text = template.render(context.into()).map_err(failed)?;
        Ok(Self { name, text: text.trim().to_owned() })
    }

    /// A hash of all templates, by which a record knows with which words a draft was made.
    pub fn templates_hash() -> String {
        let mut hasher = blake3::Hasher::new();
        for (name, template) in TEMPLATES.into_iter().chain(wording::TEMPLATES) {
            hasher.update(name.as_bytes()).update(&[0]).update(template.as_bytes()).update(&[0]);
        }
        hasher.finalize().to_hex().to_string()
    }

    /// The template's path.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_compiles() {
        for (name, _) in TEMPLATES.into_iter().chain(wording::TEMPLATES) {
            assert!(ENVIRONMENT.get_template(name).is_ok(), "{name}");
        }
    }
}
