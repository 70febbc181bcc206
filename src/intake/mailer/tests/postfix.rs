//! A real Postfix on loopback: what it accepts and delivers, three parsers read back as it was typed.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use mail_parser::MessageParser;
use mailparse::MailHeaderMap;
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::{Ending, Phase, outcome};
use crate::config::{MailServer, Smtp};
use crate::intake::letter::tests::samples::Sample;
use crate::intake::mailer::Mailer;

const NAME: &str = "postfix_delivers_what_was_typed";
/// Where its programs, its queue and its mailbox are; all but the programs in a folder of the test's own.
const MAIN: &str = "compatibility_level = 3.6
myhostname = mta.intake.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
local_recipient_maps =
virtual_mailbox_domains = example.com, xn--r8jz45g.jp
virtual_mailbox_base = {folder}
virtual_mailbox_maps = inline:{gone@example.com=missing/desk/}, static:desk/
virtual_minimum_uid = 1
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
maximal_queue_lifetime = 0
bounce_queue_lifetime = 0
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
smtpd_recipient_restrictions = check_recipient_access inline:{refused@example.com=REJECT}, permit_mynetworks, reject
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file_prefixes = {folder}
maillog_file = {folder}/log
";
const SERVICES: &str = "postlog unix-dgram n - n - 1 postlogd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
";

fn postfix(folder: &Path, command: &str) -> Command {
    let mut postfix = Command::new("/usr/sbin/postfix");
    postfix.arg("-c").arg(folder.join("etc")).arg(command);
    postfix.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    postfix
}

/// A Postfix of its own, ended with the value.
struct Postfix {
    folder: tempfile::TempDir,
    master: Child,
    port: u16,
}

impl Postfix {
    /// Nothing, with the reason said, where it cannot be.
    fn start() -> Option<Self> {
        let is_root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
        let reason = match (Path::new("/usr/sbin/postfix").exists(), is_root) {
            (false, _) => "Postfix is not installed",
            (_, false) => "Postfix can be started by root only",
            _ => return Some(Self::started()),
        };
        // Written to the stream itself: what the test harness captures shows only with a switch.
        writeln!(std::io::stderr(), "SKIPPED: {NAME}: {reason}").unwrap();
        None
    }

    fn started() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let at = |name: &str| folder.path().join(name);
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for name in ["etc", "queue", "data", "desk"] {
            fs::create_dir(at(name)).unwrap();
        }
        fs::write(at("etc/main.cf"), MAIN.replace("{folder}", folder.path().to_str().unwrap())).unwrap();
        fs::write(at("etc/master.cf"), format!("127.0.0.1:{port} inet n - n - - smtpd\n{SERVICES}")).unwrap();
        assert!(Command::new("chown").args(["postfix", at("data").to_str().unwrap()]).status().unwrap().success());
        assert!(Command::new("chown").args(["65534:65534", at("desk").to_str().unwrap()]).status().unwrap().success());
        let master = postfix(folder.path(), "start-fg").spawn().unwrap();
        Self { folder, master, port }
    }

    async fn ready(&self) {
        for _ in 0..300 {
            if TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
                return;
            }
            sleep(Duration::from_millis(100)).await;
        }
        panic!("Postfix does not listen: {}", fs::read_to_string(self.folder.path().join("log")).unwrap_or_default());
    }

    /// The files of the mailbox.
    fn mailbox(&self) -> Vec<PathBuf> {
        let new = fs::read_dir(self.folder.path().join("desk/new"));
        new.map_or_else(|_| Vec::new(), |files| files.map(|file| file.unwrap().path()).collect())
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        drop(postfix(self.folder.path(), "stop").status());
        drop(self.master.wait());
    }
}

/// Subject, text with LF line ends, and attachment, as a parser reads them.
type Read = (String, String, String);

fn by_mail_parser(bytes: &[u8]) -> Read {
    let message = MessageParser::default().parse(bytes).unwrap();
    let attached = message.attachment(0).map(|part| String::from_utf8(part.contents().to_vec()).unwrap());
    let text = message.body_text(0).unwrap().replace("\r\n", "\n");
    (message.subject().unwrap().to_owned(), text, attached.unwrap_or_default())
}

fn by_mailparse(bytes: &[u8]) -> Read {
    let message = mailparse::parse_mail(bytes).unwrap();
    let subject = message.headers.get_first_value("Subject").unwrap();
    let (text, attached) = match &*message.subparts {
        [] => (message.get_body().unwrap(), String::new()),
        [text, attached] => (text.get_body().unwrap(), String::from_utf8(attached.get_body_raw().unwrap()).unwrap()),
        parts => panic!("{} parts", parts.len()),
    };
    (subject, text.replace("\r\n", "\n"), attached)
}

/// Nothing where there is no Python.
fn by_python(file: &Path) -> Option<Read> {
    const SCRIPT: &str = "
import email, email.policy, json, sys
message = email.message_from_binary_file(open(sys.argv[1], 'rb'), policy=email.policy.default)
assert not message.defects, message.defects
attached = [part.get_payload(decode=True).decode() for part in message.iter_attachments()]
json.dump([message['Subject'], message.get_body(('plain',)).get_content().replace('\\r\\n', '\\n'), ''.join(attached)], sys.stdout)
";
    let output = Command::new("python3").args(["-c", SCRIPT]).arg(file).output().ok()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Texts that encodings and mail servers have damaged before.
fn texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "髙橋﨑鄧柗 ㈱①Ⅲ㍻ ｱｲｳｶﾞﾊﾟ ～〜‖∥－− ¥\\",
        "From the desk\n.\n..\n.\r\n--_SR_\nFrom here\n\n",
        "𠮷野家 👩‍👩‍👧 é e\u{301} が か\u{3099} \u{FEFF}",
        "=?ISO-2022-JP?B?GyRC?= \t tab  two spaces ",
    ]
    .map(|text| text.replace('\r', ""))
    .to_vec();
    let kanji: Vec<char> = ('\u{4E00}'..='\u{9FA5}').collect();
    texts.extend(kanji.chunks(3_000).map(String::from_iter));
    texts
}

#[tokio::test]
async fn postfix_delivers_what_was_typed() {
    let Some(postfix) = Postfix::start() else { return };
    postfix.ready().await;
    let mailer = Mailer::new(
        &Smtp::Smtp(MailServer { host: "127.0.0.1".into(), port: postfix.port }),
        None,
        crate::intake::authorities::public(),
    )
    .unwrap();
    let mut sent = Vec::new();
    for text in texts() {
        let title: String = text.chars().filter(|c| !c.is_control()).collect();
        let sample = Sample::new(&[("title", &title), ("description", &text), ("email", "taro@例え.jp")]);
        let letters = [sample.escalation(), sample.confirmation().unwrap()];
        for (letter, typed) in letters.into_iter().zip([Some(text), None]) {
            let carried = mailer.carry(&letter, async { true }).await;
            assert!(matches!(&carried.ending, Ending::Sent { reply } if reply.contains("queued as")), "{:?}", carried.ending);
            carried.goodbye.unwrap().await;
            sent.push((letter, typed));
        }
    }
    let probe = Sample::new(&[]).probe();
    assert_eq!(mailer.carry(&probe, async { true }).await.ending.name(), "sent");
    sent.push((probe, None));
    let mut refused = sent[0].0.clone();
    refused.rcpt_to = "refused@example.com".into();
    assert_eq!(outcome(&mailer.carry(&refused, async { true }).await.ending), ("refused", Phase::Rcpt));

    // One that is taken and cannot be delivered is reported to the sender, with the request's number.
    let mut gone = sent[0].0.clone();
    gone.rcpt_to = "gone@example.com".into();
    assert_eq!(mailer.carry(&gone, async { true }).await.ending.name(), "sent");

    for _ in 0..300 {
        if postfix.mailbox().len() > sent.len() {
            break;
        }
        sleep(Duration::from_millis(100)).await;
    }
    let delivered = postfix.mailbox();
    assert_eq!(delivered.len(), sent.len() + 1);
    let number = gone.message_id.trim_start_matches('<').split('@').next().unwrap();
    let report = format!("Original-Envelope-Id: {number}");
    let is_report = |file: &PathBuf| fs::read_to_string(file).is_ok_and(|text| text.contains(&report));
    assert_eq!(delivered.iter().filter(|file| is_report(file)).count(), 1, "no report of the failure names {number}");
    for (letter, typed) in sent {
        let ours = String::from_utf8(letter.bytes.clone()).unwrap().replace("\r\n", "\n");
        // Postfix adds header fields at the top, and leaves the rest as it is.
        let file = delivered
            .iter()
            .find(|file| fs::read_to_string(file).unwrap().ends_with(&ours))
            .expect("it is changed, or is not there");
        let bytes = fs::read(file).unwrap();
        let read = by_mail_parser(&bytes);
        assert_eq!(read, by_mailparse(&bytes));
        assert!(by_python(file).is_none_or(|python| python == read), "Python reads something else");
        let (_, text, attached) = read;
        if let Some(typed) = typed {
            assert!(text.contains(&typed), "{typed}");
            let json: serde_json::Value = serde_json::from_str(&attached).unwrap();
            assert_eq!(json["answers"]["description"], typed);
        }
    }
}
