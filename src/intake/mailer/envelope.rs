//! The envelope and what the server must be able to do for it.

use crate::intake::outbox::Letter;

/// Whether the addresses can stand between `<` and `>` without being anything else.
pub(super) fn check(letter: &Letter) -> Result<(), String> {
    let unfit = |c: char| c.is_whitespace() || c.is_control() || c == '<' || c == '>';
    let sound = |address: &str| !address.contains(unfit) && address.len() <= 254;
    if letter.rcpt_to.is_empty() || !sound(&letter.rcpt_to) || !sound(&letter.mail_from) {
        return Err("an address of the mail cannot stand in an envelope".into());
    }
    Ok(())
}

/// What the server says it can do (RFC 5321 §4.1.1.1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Offers {
    pub(super) starttls: bool,
    pub(super) smtputf8: bool,
    eight_bit: bool,
    /// Whether it wants to know the size beforehand, and the most that it takes; 0 for no limit (RFC 1870).
    size: Option<usize>,
    /// Whether it can be asked to report what becomes of a mail (RFC 3461).
    dsn: bool,
    pub(super) plain: bool,
    pub(super) login: bool,
}

impl Offers {
    /// Reads the lines of a reply to EHLO; the first is the server's name.
    pub(super) fn read(lines: &[String]) -> Self {
        let mut offers = Self::default();
        for line in lines.iter().skip(1).map(|line| line.to_ascii_uppercase()) {
            let mut words = line.split([' ', '=']);
            match words.next() {
                Some("STARTTLS") => offers.starttls = true,
                Some("SMTPUTF8") => offers.smtputf8 = true,
                Some("8BITMIME") => offers.eight_bit = true,
                Some("DSN") => offers.dsn = true,
                Some("SIZE") => offers.size = Some(words.next().and_then(|size| size.parse().ok()).unwrap_or(0)),
                Some("AUTH") => words.for_each(|word| {
                    offers.plain |= word == "PLAIN";
                    offers.login |= word == "LOGIN";
                }),
                _ => {}
            }
        }
        offers
    }

    /// The MAIL command for a mail, or why this server cannot take it.
    pub(super) fn mail_command(&self, letter: &Letter) -> Result<String, String> {
        let mut command = format!("MAIL FROM:<{}>", letter.mail_from);
        let bytes = letter.bytes.len();
        if let Some(most) = self.size {
            if most > 0 && bytes > most {
                return Err(format!("the mail has {bytes} bytes, and the server takes {most} (SIZE)"));
            }
            command.push_str(&format!(" SIZE={bytes}"));
        }
        let is_ascii = letter.mail_from.is_ascii() && letter.rcpt_to.is_ascii() && letter.bytes.is_ascii();
        if !(is_ascii || self.smtputf8 && self.eight_bit) {
            return Err("an address of the mail goes beyond ASCII, which the server does not take (SMTPUTF8)".into());
        }
        command.push_str(if is_ascii { "" } else { " BODY=8BITMIME SMTPUTF8" });
        if self.dsn && !letter.mail_from.is_empty() {
            command.push_str(&format!(" RET=HDRS ENVID={}", xtext(name(letter))));
        }
        Ok(command + "\r\n")
    }

    /// The RCPT command for a mail. A failure or a delay behind the server is to be reported to the sender, with the mail's headers and the
    /// request's number, so that somebody hears of it; a mail without a sender has nobody to report to.
    pub(super) fn rcpt_command(&self, letter: &Letter) -> String {
        let notify = match (self.dsn, letter.mail_from.is_empty()) {
            (false, _) => "",
            (true, true) => " NOTIFY=NEVER",
            (true, false) => " NOTIFY=FAILURE,DELAY",
        };
        format!("RCPT TO:<{}>{notify}\r\n", letter.rcpt_to)
    }
}

/// What stands before the `@` of the Message-ID: the request's number, and which of its mails it is.
fn name(letter: &Letter) -> &str {
    letter.message_id.trim_start_matches('<').split(['@', '>']).next().unwrap_or_default()
}

/// The value of a parameter (RFC 3461 §4): what is no visible ASCII, `+` and `=` are written as `+` and two digits.
fn xtext(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'+' && byte != b'=';
    value.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("+{byte:02X}") }).collect()
}

/// The message as it goes over the wire, without its final dot: a dot that begins a line is doubled (RFC 5321 §4.5.2).
pub(super) fn stuffed(message: &[u8]) -> Vec<u8> {
    let mut stuffed = Vec::with_capacity(message.len() + 64);
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b".") {
            stuffed.push(b'.');
        }
        stuffed.extend_from_slice(line);
    }
    if !stuffed.ends_with(b"\r\n") {
        stuffed.extend_from_slice(b"\r\n");
    }
    stuffed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::outbox::Purpose;

    fn letter(rcpt_to: &str) -> Letter {
        let bytes = b"Subject: x\r\n\r\ny\r\n".to_vec();
        Letter {
            purpose: Purpose::Escalation,
            mail_from: "a@example.com".into(),
            rcpt_to: rcpt_to.into(),
            message_id: "<x@y>".into(),
            bytes,
        }
    }

    fn offers(lines: &[&str]) -> Offers {
        Offers::read(&["mx", lines[0], lines.get(1).unwrap_or(&"HELP")].map(String::from))
    }

    #[test]
    fn the_command_says_what_the_server_wants_to_know() {
        let command = |lines, rcpt: &str| offers(lines).mail_command(&letter(rcpt));
        assert_eq!(command(&["HELP"], "b@example.com").unwrap(), "MAIL FROM:<a@example.com>\r\n");
        assert_eq!(command(&["size 100"], "b@example.com").unwrap(), "MAIL FROM:<a@example.com> SIZE=17\r\n");
        assert_eq!(command(&["SIZE"], "b@example.com").unwrap(), "MAIL FROM:<a@example.com> SIZE=17\r\n");
        assert!(command(&["SIZE 16"], "b@example.com").unwrap_err().contains("(SIZE)"));
        assert!(command(&["8BITMIME"], "窓口@example.com").unwrap_err().contains("(SMTPUTF8)"));
        let both = command(&["SMTPUTF8", "8BITMIME"], "窓口@example.com").unwrap();
        assert_eq!(both, "MAIL FROM:<a@example.com> BODY=8BITMIME SMTPUTF8\r\n");
        assert!(offers(&["AUTH=LOGIN PLAIN"]).plain && offers(&["AUTH LOGIN"]).login && !offers(&["AUTH LOGIN"]).plain);
    }

    #[test]
    fn a_server_that_can_report_is_asked_to() {
        let mut letter = letter("b@example.com");
        letter.message_id = "<SR-1.v1@y>".into();
        let dsn = offers(&["SIZE", "DSN"]);
        let (mail, rcpt) = (dsn.mail_command(&letter).unwrap(), dsn.rcpt_command(&letter));
        assert_eq!(mail, "MAIL FROM:<a@example.com> SIZE=17 RET=HDRS ENVID=SR-1.v1\r\n");
        assert_eq!(rcpt, "RCPT TO:<b@example.com> NOTIFY=FAILURE,DELAY\r\n");
        assert_eq!(offers(&["HELP"]).rcpt_command(&letter), "RCPT TO:<b@example.com>\r\n");
        letter.mail_from = String::new();
        assert_eq!(dsn.mail_command(&letter).unwrap(), "MAIL FROM:<> SIZE=17\r\n");
        assert_eq!(dsn.rcpt_command(&letter), "RCPT TO:<b@example.com> NOTIFY=NEVER\r\n");
        assert_eq!(xtext("a+b=c d\u{e9}"), "a+2Bb+3Dc+20d+C3+A9");
    }

    #[test]
    fn a_dot_that_begins_a_line_is_doubled() {
        assert_eq!(stuffed(b".\r\n..\r\na.\r\n"), b"..\r\n...\r\na.\r\n");
        assert_eq!(stuffed(b"a"), b"a\r\n");
    }

    #[test]
    fn an_address_that_would_be_a_command_is_refused() {
        for bad in ["", "a@b>\r\nDATA", "a b@c", "<a@b>"] {
            assert!(check(&letter(bad)).is_err(), "{bad}");
        }
        assert_eq!(check(&letter("a@b")), Ok(()));
    }
}
