use std::io::{Read, Write};

use super::*;

const MAIL: &str = "From: =?utf-8?B?56qT5Y+j?= <guidance@example.com>\r\nTo: desk@example.com\r\nReply-To: a@example.jp\r\n\
    Subject: =?utf-8?Q?=3Cb=3E=E9=9A=9C=E5=AE=B3=3C/b=3E?=\r\nMessage-ID: <SR-1.v1@example.com>\r\n\
    Date: Mon, 23 Nov 2026 09:14:00 +0900\r\nContent-Language: ja\r\nMIME-Version: 1.0\r\n\
    Content-Type: multipart/mixed; boundary=\"x\"\r\n\r\n--x\r\nContent-Type: text/plain; charset=utf-8\r\n\
    Content-Transfer-Encoding: base64\r\n\r\n5pys5paHIDxzY3JpcHQ+YWxlcnQoMSk8L3NjcmlwdD4=\r\n--x\r\n\
    Content-Type: application/json; name=\"\\\"><img>.json\"\r\nContent-Disposition: attachment; filename=\"\\\"><img>.json\"\r\n\r\n{}\r\n--x--\r\n";

struct Folder(tempfile::TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        fs::create_dir(folder.mail()).unwrap();
        for (name, text) in files {
            fs::write(folder.0.path().join(name), text).unwrap();
        }
        folder
    }

    fn mail(&self) -> PathBuf {
        self.0.path().join("mail")
    }

    /// The status, the type and the text of an answer.
    fn get(&self, path: &str) -> (u16, String, String) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let mut connection = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        runtime.spawn(std::future::IntoFuture::into_future(axum::serve(listener, router(self.mail()))));
        write!(connection, "GET {path} HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        runtime.shutdown_background();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let kind = head.lines().find_map(|line| line.strip_prefix("content-type: ")).unwrap_or_default();
        let safe =
            head.contains(&format!("content-security-policy: {POLICY}")) && head.contains("x-content-type-options: nosniff");
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        assert!(safe || status == 404, "{head}");
        (status, kind.to_owned(), body.to_owned())
    }
}

#[test]
fn a_mail_is_shown_decoded_and_without_effect() {
    let folder = Folder::new(&[("mail/SR-1.v1.eml", MAIL)]);
    let (status, kind, html) = folder.get("/-/mail/SR-1.v1/");
    assert_eq!((status, kind.as_str()), (200, HTML));
    for shown in [
        "<h1>&lt;b&gt;障害&lt;/b&gt;</h1>",
        "窓口 &lt;guidance@example.com&gt;",
        "<dd>a@example.jp</dd>",
        "<pre lang=\"ja\" tabindex=\"0\">\n本文 &lt;script&gt;alert(1)&lt;/script&gt;</pre>",
        "<code>\"&gt;&lt;img&gt;.json</code> application/json 2 bytes",
        "href=\"/-/mail/SR-1.v1.eml\"",
    ] {
        assert!(html.contains(shown), "{shown}: {html}");
    }
    assert!(!html.contains("<script") && !html.contains("<img"), "{html}");
    let (status, kind, raw) = folder.get("/-/mail/SR-1.v1.eml");
    assert_eq!((status, kind.as_str(), raw.as_str()), (200, "text/plain; charset=utf-8", MAIL));
}

#[test]
fn the_newest_mail_comes_first_and_only_mails_are_listed() {
    let folder = Folder::new(&[
        ("mail/old.eml", "Subject: old\r\n\r\n"),
        ("mail/note.txt", "x"),
        ("mail/.x.eml", "x"),
        ("mail/half.eml.tmp", "x"),
    ]);
    let long_ago = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(3600);
    fs::File::options().write(true).open(folder.mail().join("old.eml")).unwrap().set_modified(long_ago).unwrap();
    fs::write(folder.mail().join("new.eml"), "Subject: new\r\n\r\n").unwrap();
    let (_, _, html) = folder.get("/-/mail/");
    let places =
        ["/-/mail/new/\">new<", "/-/mail/old/\">old<"].map(|link| html.find(link).unwrap_or_else(|| panic!("{link}: {html}")));
    assert!(places[0] < places[1] && html.matches("<tr>").count() == 3, "{html}");
}

#[test]
fn a_folder_that_is_not_there_has_no_mail() {
    let folder = Folder::new(&[]);
    fs::remove_dir(folder.mail()).unwrap();
    let (status, _, html) = folder.get("/-/mail/");
    assert!(status == 200 && html.contains("No mail yet") && html.contains("まだありません"), "{html}");
    assert_eq!(folder.get("/-/mail/x/").0, 404);
}

#[test]
fn names_lead_to_no_other_file() {
    let folder = Folder::new(&[("secret.eml", "secret"), ("mail/a.txt", "secret"), ("mail/.hidden.eml", "secret")]);
    fs::create_dir(folder.mail().join("folder.eml")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("../secret.eml", folder.mail().join("link.eml")).unwrap();
    for name in
        ["..%2fsecret", "%2e%2e%2fsecret", "..%5csecret", "link", "folder", ".hidden", "a.txt%00", "..", "%2fetc%2fpasswd", ""]
    {
        for path in [format!("/-/mail/{name}.eml"), format!("/-/mail/{name}/")] {
            let (status, _, body) = folder.get(&path);
            assert!((status == 404 || path == "/-/mail//") && !body.contains("secret"), "{path}: {status} {body}");
        }
    }
    assert_eq!(folder.get("/-/mail/a.txt").0, 404);
}

#[test]
fn what_is_no_mail_is_said_to_be_none() {
    let folder = Folder::new(&[("mail/empty.eml", ""), ("mail/odd.eml", "<h1>no header\u{0}")]);
    for name in ["empty", "odd"] {
        let (status, _, html) = folder.get(&format!("/-/mail/{name}/"));
        assert!(status == 200 && html.contains(&format!("{name}.eml")) && !html.contains("<h1>no"), "{html}");
    }
    assert_eq!(folder.get("/-/mail/").0, 200);
}
