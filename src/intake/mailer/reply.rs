//! A server's reply (RFC 5321 §4.2), read strictly: what is not exactly a reply is never taken for one.

/// The longest line, without its end. RFC 5321 §4.5.3.1.5 allows 510 bytes; some servers are more talkative.
const LONGEST_LINE: usize = 2_000;
/// The most lines of one reply; an EHLO of a rich server has thirty.
const MOST_LINES: usize = 100;
/// The most of a reply that is kept for people to read.
const SHOWN: usize = 300;

/// A whole reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    /// Three digits, the first from 2 to 5.
    pub(super) code: u16,
    /// What follows the code, line by line.
    pub(super) lines: Vec<String>,
}

/// The bytes are no reply, and will be none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Garbage;

impl Reply {
    /// Reads a reply from the beginning of `bytes`, and says how many of them it takes; nothing while it is not whole.
    pub(super) fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, Garbage> {
        let mut reply: Option<Self> = None;
        let mut at = 0;
        loop {
            let rest = &bytes[at..];
            let Some(end) = rest.iter().take(LONGEST_LINE + 2).position(|byte| *byte == b'\n') else {
                return if rest.len() > LONGEST_LINE { Err(Garbage) } else { Ok(None) };
            };
            let line = rest[..end].strip_suffix(b"\r").ok_or(Garbage)?;
            at += end + 1;
            let (code, last, text) = line_parts(line)?;
            let reply = reply.get_or_insert(Self { code, lines: Vec::new() });
            reply.lines.push(text);
            if reply.code != code || reply.lines.len() > MOST_LINES {
                return Err(Garbage);
            }
            if last {
                return Ok(Some((Self { code, lines: std::mem::take(&mut reply.lines) }, at)));
            }
        }
    }

    /// The reply in one line, for people.
    pub(super) fn shown(&self) -> String {
        let mut shown = format!("{} {}", self.code, self.lines.join(" ")).trim_end().to_owned();
        while shown.len() > SHOWN {
            shown.pop();
        }
        shown
    }

    /// Whether the server did what it was asked to.
    pub(super) fn is_positive(&self) -> bool {
        (200..300).contains(&self.code)
    }
}

/// Code, whether the line is the last, and its text with what cannot be seen replaced.
fn line_parts(line: &[u8]) -> Result<(u16, bool, String), Garbage> {
    let [a @ b'2'..=b'5', b @ b'0'..=b'9', c @ b'0'..=b'9', rest @ ..] = line else { return Err(Garbage) };
    let code = [a, b, c].into_iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
    let (last, text) = match rest {
        [] => (true, rest),
        [b' ', text @ ..] => (true, text),
        [b'-', text @ ..] => (false, text),
        _ => return Err(Garbage),
    };
    let text = String::from_utf8_lossy(text).chars().map(|c| if c.is_control() { '?' } else { c }).collect();
    Ok((code, last, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(bytes: &str) -> Result<Option<(u16, Vec<String>, usize)>, Garbage> {
        Ok(Reply::parse(bytes.as_bytes())?.map(|(reply, taken)| (reply.code, reply.lines, taken)))
    }

    #[test]
    fn a_reply_is_read_when_it_is_whole() {
        let whole = "250-mx.example.com\r\n250-SIZE 100\r\n250 HELP\r\n";
        for end in 0..whole.len() {
            assert_eq!(parsed(&whole[..end]), Ok(None), "{end}");
        }
        let lines = ["mx.example.com", "SIZE 100", "HELP"].map(String::from).to_vec();
        assert_eq!(parsed(&format!("{whole}354")), Ok(Some((250, lines, whole.len()))));
        assert_eq!(parsed("250\r\n"), Ok(Some((250, vec![String::new()], 5))));
    }

    #[test]
    fn what_is_no_reply_is_refused() {
        let (long, many) = ("250 ".to_owned() + &"x".repeat(3_000), "250-x\r\n".repeat(101));
        for bad in [
            "250 ok\n",
            "25 ok\r\n",
            "999 x\r\n",
            "150 x\r\n",
            "2500 x\r\n",
            "\r\n",
            "HTTP/1.1 400\r\n",
            "250-a\r\n251 b\r\n",
            &long,
            &many,
        ] {
            assert_eq!(parsed(bad), Err(Garbage), "{bad:.20}");
        }
    }

    #[test]
    fn a_reply_is_shown_short_and_clean() {
        let reply = Reply { code: 550, lines: vec!["日本語".repeat(100)] };
        assert!(reply.shown().len() <= 300 && reply.shown().starts_with("550 日"));
        let (reply, _) = Reply::parse(b"250 \x1b[31m\xff\r\n").unwrap().unwrap();
        assert_eq!(reply.shown(), "250 ?[31m\u{FFFD}");
    }
}
