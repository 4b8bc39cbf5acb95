//! Server-sent events, read from pieces of any size.

/// More bytes than any answer of a model has, with all that stands around its words.
pub(crate) const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Why a stream cannot be read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    /// It is longer than any answer.
    TooLarge,
    /// A line is no UTF-8.
    Garbled,
}

/// The events of a stream, as far as it has come.
#[derive(Debug, Default)]
pub(crate) struct Events {
    /// Bytes of a line that has not ended.
    held: Vec<u8>,
    /// The lines of an event that has not ended.
    open: Option<String>,
    /// Whether the last line ended with a carriage return, whose line feed may follow.
    returned: bool,
    begun: bool,
    taken: usize,
}

impl Events {
    /// Takes in the next bytes, and gives the texts of the events that end in them.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, Broken> {
        self.taken = self.taken.saturating_add(bytes.len());
        if self.taken > BODY_BYTES_MAX {
            return Err(Broken::TooLarge);
        }
        let mut done = Vec::new();
        let mut rest = bytes;
        while let Some((&first, after)) = rest.split_first() {
            if std::mem::take(&mut self.returned) && first == b'\n' {
                rest = after;
                continue;
            }
            let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let Some((line, after)) = end.and_then(|end| rest.split_at_checked(end)) else {
                self.held.extend_from_slice(rest);
                break;
            };
            self.held.extend_from_slice(line);
            self.returned = after.first() == Some(&b'\r');
            rest = after.get(1..).unwrap_or_default();
            let line = std::mem::take(&mut self.held);
            done.extend(self.line(&line)?);
        }
        Ok(done)
    }

    /// The last event, if the stream ended before the empty line that ends it.
    pub(crate) fn end(mut self) -> Result<Option<String>, Broken> {
        let line = std::mem::take(&mut self.held);
        if !line.is_empty() {
            self.line(&line)?;
        }
        Ok(self.open)
    }

    fn line(&mut self, line: &[u8]) -> Result<Option<String>, Broken> {
        let line = std::str::from_utf8(line).map_err(|_| Broken::Garbled)?;
        let begun = std::mem::replace(&mut self.begun, true);
        let line = if begun { line } else { line.trim_start_matches('\u{feff}') };
        if line.is_empty() {
            return Ok(self.open.take());
        }
        // Comments, and fields of other names, say nothing that is needed.
        if let Some(text) = line.strip_prefix("data:") {
            let text = text.strip_prefix(' ').unwrap_or(text);
            match &mut self.open {
                Some(open) => {
                    open.push('\n');
                    open.push_str(text);
                }
                None => self.open = Some(text.to_owned()),
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(pieces: &[&[u8]]) -> Result<Vec<String>, Broken> {
        let mut events = Events::default();
        let mut found = Vec::new();
        for piece in pieces {
            found.extend(events.push(piece)?);
        }
        found.extend(events.end()?);
        Ok(found)
    }

    #[test]
    fn events_are_read_with_every_kind_of_line() {
        let stream =
            "\u{feff}: hej\r\nevent: x\r\ndata: å\r\n\r\ndata:b\rdata: c\r\rid: 1\n\ndata: [DONE]";
        assert_eq!(read(&[stream.as_bytes()]).unwrap(), ["å", "b\nc", "[DONE]"]);
        assert_eq!(read(&[b"data: \n\n"]).unwrap(), [""]);
        assert_eq!(read(&[b""]).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn what_is_no_text_or_has_no_end_is_broken() {
        assert_eq!(read(&[b"data: \xc3\n\n"]), Err(Broken::Garbled));
        let piece = vec![b'x'; 1024 * 1024];
        assert_eq!(read(&[piece.as_slice(); 5]), Err(Broken::TooLarge));
    }

    proptest! {
        #[test]
        fn the_events_do_not_depend_on_how_the_bytes_are_cut(
            texts in proptest::collection::vec("[a-zæøå€{} :]{0,12}", 1..6),
            ends in proptest::collection::vec(prop_oneof!["\n", "\r\n", "\r"], 6),
            cuts in proptest::collection::vec(0usize..200, 0..8),
        ) {
            let mut stream = String::new();
            for (text, end) in texts.iter().zip(ends.iter().cycle()) {
                let event = ["data: ", text, end, end].concat();
                stream.push_str(&event);
            }
            let bytes = stream.as_bytes();
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
            cuts.push(bytes.len());
            cuts.sort_unstable();
            let (mut pieces, mut at) = (Vec::new(), 0);
            for cut in cuts {
                pieces.push(&bytes[at..cut]);
                at = cut;
            }
            prop_assert_eq!(read(&pieces).unwrap(), texts);
        }
    }
}
