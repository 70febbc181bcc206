//! The mailer as others call it: over TCP, and into a folder.

use std::time::Duration;

use tokio::net::TcpListener;

use super::model::{self, Act, Script, Shared, Then};
use super::{letter, outcome};
use crate::config::{MailServer, Smtp};
use crate::intake::mailer::{Deadlines, Mailer};
use crate::intake::retry::Phase;

fn mailer(port: u16) -> Mailer {
    Mailer::new(&Smtp::Smtp(MailServer { host: "127.0.0.1".into(), port }), None, crate::intake::authorities::public()).unwrap()
}

#[tokio::test]
async fn a_mail_goes_over_tcp() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Shared::default();
    let served = seen.clone();
    let server = tokio::spawn(async move { model::serve(listener.accept().await.unwrap().0, Script::good(), served).await });
    let carried = mailer(port).carry(&letter(7), async { true }).await;
    carried.goodbye.unwrap().await;
    server.await.unwrap();
    assert_eq!(carried.ending.name(), "sent");
    assert_eq!(seen.lock().unwrap().mailbox, [("desk@example.com".to_owned(), letter(7).bytes)]);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_asked_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let carried = mailer(port).carry(&letter(1), async { unreachable!() }).await;
    assert_eq!(outcome(&carried.ending), ("not_now", Phase::Connect));
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mailer = mailer(listener.local_addr().unwrap().port());
    let mailer = mailer.with_deadlines(Deadlines { command: Duration::from_millis(50), ..Deadlines::default() });
    let silent = Act { then: Then::FallSilent, ..Act::default() };
    let server = tokio::spawn(async move {
        model::serve(listener.accept().await.unwrap().0, Script::but("greeting", silent), Shared::default()).await;
    });
    let carried = mailer.carry(&letter(1), async { true }).await;
    assert_eq!(outcome(&carried.ending), ("not_now", Phase::Greeting));
    drop(carried);
    server.await.unwrap();
}

#[tokio::test]
async fn a_letter_that_no_envelope_holds_is_refused() {
    let mut bad = letter(1);
    bad.rcpt_to = "a@example.com>\r\nRCPT TO:<b@example.com".into();
    let ending = mailer(1).carry(&bad, async { true }).await.ending;
    assert_eq!((outcome(&ending), ending.contact()), (("refused", Phase::Connect), None), "it did not come as far as the server");
}

#[tokio::test]
async fn a_folder_gets_whole_files() {
    let folder = tempfile::tempdir().unwrap();
    let mailer = Mailer::new(&Smtp::Directory(folder.path().join("outbox")), None, crate::intake::authorities::public()).unwrap();
    assert_eq!(mailer.carry(&letter(1), async { false }).await.ending.name(), "stopped");
    for _ in 0..2 {
        assert_eq!(mailer.carry(&letter(1), async { true }).await.ending.name(), "sent");
    }
    let mut sly = letter(2);
    sly.message_id = "<../../../etc/passwd@x>".into();
    assert_eq!(mailer.carry(&sly, async { true }).await.ending.name(), "sent");
    let mut files: Vec<_> =
        std::fs::read_dir(folder.path().join("outbox")).unwrap().map(|file| file.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["1.eml", "_.._.._etc_passwd.eml"]);
    assert_eq!(std::fs::read(folder.path().join("outbox/1.eml")).unwrap(), letter(1).bytes);
    #[cfg(unix)]
    for name in &files {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(folder.path().join("outbox").join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "nobody else reads it");
    }
    let blocked =
        Mailer::new(&Smtp::Directory(folder.path().join("outbox/1.eml/x")), None, crate::intake::authorities::public()).unwrap();
    assert_eq!(outcome(&blocked.carry(&letter(1), async { true }).await.ending), ("not_now", Phase::Connect));
}
