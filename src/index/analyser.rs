//! The Danish analyser as tantivy sees it.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use crate::language;

/// The name under which it is registered.
pub(crate) const WRITTEN: &str = "da_written";

/// Words as they are written, codes and numbers of a text.
#[derive(Clone)]
pub(crate) struct Written;

/// Tokens that have been made already.
pub(crate) struct Ready {
    tokens: std::vec::IntoIter<language::Token>,
    token: Token,
}

impl Tokenizer for Written {
    type TokenStream<'a> = Ready;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Ready {
        Ready::new(language::written_tokens(text))
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
