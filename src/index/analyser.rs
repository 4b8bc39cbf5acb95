//! The Danish analyser as tantivy sees it.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use crate::language;

/// Names under which the two are registered.
pub(crate) const WORDS: &str = "da";
pub(crate) const PARTS: &str = "da_parts";

/// Stems, codes and numbers of a text.
#[derive(Clone)]
pub(crate) struct Words;

/// Only the parts of its compounds.
#[derive(Clone)]
pub(crate) struct Parts;

/// Tokens that have been made already.
pub(crate) struct Ready {
    tokens: std::vec::IntoIter<language::Token>,
    token: Token,
}

impl Tokenizer for Words {
    type TokenStream<'a> = Ready;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Ready {
        Ready::new(language::tokens(text))
    }
}

impl Tokenizer for Parts {
    type TokenStream<'a> = Ready;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Ready {
        Ready::new(language::compound_tokens(text))
    }
}

impl Ready {
    fn new(tokens: Vec<language::Token>) -> Self {
        Self { tokens: tokens.into_iter(), token: Token::default() }
    }
}

impl TokenStream for Ready {
    fn advance(&mut self) -> bool {
        let Some(next) = self.tokens.next() else { return false };
        self.token.offset_from = next.range.start;
        self.token.offset_to = next.range.end;
        self.token.position = next.position;
        self.token.position_length = 1;
        self.token.text = next.text;
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}
