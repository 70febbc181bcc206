//! A counter in a folder of its own, and a client that sends exactly what it is told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub(crate) use crate::port::free_port;

/// A site with the forms that ship, and its counter.
pub(crate) struct Counter {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) folder: TempDir,
    log: Arc<Mutex<String>>,
}

/// What a configuration is made of.
pub(crate) struct Setup {
    /// Lines of `[site]`.
    pub(crate) site: String,
    /// The locales of the site, as the configuration has them.
    pub(crate) locales: &'static str,
    /// Lines of `[intake]`.
    pub(crate) intake: String,
    /// Lines of `[intake.guard]`. Tests are quicker than people: unless `haste_seconds` is among them, it is 0.
    pub(crate) guard: String,
    /// The level of the log.
    pub(crate) log: &'static str,
    /// Variables of the environment.
    pub(crate) variables: Vec<(&'static str, String)>,
    /// The command that runs it, such as `strace` with its arguments; none if empty. It must leave the counter its own child.
    pub(crate) under: Vec<String>,
    /// Where readers reach it; its own address unless set.
    pub(crate) public_url: Option<String>,
}

impl Default for Setup {
    /// Limits are off, so that tests do not hinder each other by coming from one address.
    fn default() -> Self {
        let guard = "per_minute = 0\nconnections_per_client = 5000\nconnections = 6000".to_owned();
        Self {
            site: String::new(),
            locales: "[\"ja\", \"en\"]",
            intake: String::new(),
            guard,
            log: "info",
            variables: Vec::new(),
            under: Vec::new(),
            public_url: None,
        }
    }
}

/// Writes a site that can take requests.
pub(crate) fn site(folder: &Path, port: u16, setup: &Setup) {
    let forms = Path::new(env!("CARGO_MANIFEST_DIR")).join("content/forms");
    std::fs::create_dir_all(folder.join("content/forms")).unwrap();
    for form in ["service-request.toml", "translation-feedback.toml"] {
        std::fs::copy(forms.join(form), folder.join("content/forms").join(form)).unwrap();
    }
    let public_url = setup.public_url.clone().unwrap_or_else(|| format!("http://127.0.0.1:{port}/requests/"));
    let form = |name: &str| {
        format!(
            "[form.{name}]\nspec = \"content/forms/{name}.toml\"\nmailbox = \"desk@example.com\"\n\
             contact = {{ ja = \"電話 03-0000-0000\", en = \"Call 03-0000-0000\" }}\n\
             promise = {{ ja = \"担当者からご連絡します。\", en = \"We will answer.\" }}\n"
        )
    };
    let text = format!(
        "[site]\ntitle = {{ ja = \"案内\", en = \"Guidance\" }}\nsource_locale = \"en\"\nlocales = {}\n\
         content = \"content\"\n{}\n{}{}\
         [intake]\nlisten = \"127.0.0.1:{port}\"\nfrom = \"Guidance <guidance@example.com>\"\nsmtp = \"directory:var/mail\"\n\
         public_url = \"{public_url}\"\nsite_url = \"https://docs.example.com/\"\n\
         disk_reserve = \"1MiB\"\n{}\n[intake.guard]\n{}\n",
        setup.locales,
        setup.site,
        form("service-request"),
        form("translation-feedback"),
        setup.intake,
        setup.guard,
    );
    let haste = if setup.guard.contains("haste_seconds") { "" } else { "haste_seconds = 0\n" };
    std::fs::write(folder.join("madoguchi.toml"), text + haste).unwrap();
}

pub(crate) fn command(folder: &Path, setup: &Setup) -> Command {
    let program = env!("CARGO_BIN_EXE_madoguchi");
    let mut words = setup.under.iter().map(String::as_str).chain([program]);
    let mut command = Command::new(words.next().unwrap_or(program));
    command.args(words).args(["intake", "--log", setup.log, "--site"]).arg(folder);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MADOGUCHI_")) {
        command.env_remove(name);
    }
    command.envs(setup.variables.iter().map(|(name, value)| (name, value))).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

impl Counter {
    pub(crate) fn start() -> Self {
        Self::with(Setup::default())
    }

    pub(crate) fn with(setup: Setup) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::at(folder, free_port(), &setup)
    }

    /// Starts in a folder that may hold a store already.
    pub(crate) fn at(folder: TempDir, port: u16, setup: &Setup) -> Self {
        let mut counter = Self::spawn(folder, port, setup);
        assert!(counter.listens(), "the counter does not start: {}", counter.log());
        counter
    }

    /// Starts it, and does not wait.
    pub(crate) fn spawn(folder: TempDir, port: u16, setup: &Setup) -> Self {
        site(folder.path(), port, setup);
        let mut child = command(folder.path(), setup).spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let sink = Arc::clone(&log);
        std::thread::spawn(move || {
            let mut line = String::new();
            while lines.read_line(&mut line).is_ok_and(|length| length > 0) {
                sink.lock().unwrap().push_str(&std::mem::take(&mut line));
            }
        });
        Self { child, address: SocketAddr::from(([127, 0, 0, 1], port)), folder, log }
    }

    /// Waits until it takes connections and has said so; false if it ends before.
    pub(crate) fn listens(&mut self) -> bool {
        let until = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(self.address).is_err() || !self.log().contains("mail: ") {
            if self.child.try_wait().unwrap().is_some() || Instant::now() > until {
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        true
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) {
        assert!(self.signal("-TERM"));
    }

    /// Sends a signal; false if it has ended.
    pub(crate) fn signal(&self, signal: &str) -> bool {
        Command::new("kill").args([signal, &self.pid().to_string()]).stderr(Stdio::null()).status().unwrap().success()
    }

    /// Whether it has not ended.
    pub(crate) fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for the end; the exit code.
    pub(crate) fn wait(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// Waits for the end, whatever it is.
    pub(crate) fn ended(&mut self) -> std::process::ExitStatus {
        self.child.wait().unwrap()
    }

    /// Ends it, and gives back its folder.
    pub(crate) fn stop(mut self) -> TempDir {
        self.terminate();
        self.wait();
        self.take_folder()
    }

    /// Its folder, which then outlives it.
    pub(crate) fn take_folder(&mut self) -> TempDir {
        std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap())
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        send(self.address, &Request::new("GET", path))
    }

    pub(crate) fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        send(self.address, &Request::form(path, fields))
    }

    pub(crate) fn post_json(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        send(self.address, &Request::json(path, fields))
    }

    /// A token, as the page's script gets it.
    pub(crate) fn token(&self, form: &str) -> String {
        let reply = self.get(&format!("/requests/{form}/token"));
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()["token"].as_str().unwrap().to_owned()
    }

    /// How many requests are in the store.
    pub(crate) fn rows(&self) -> usize {
        self.column("SELECT count(*) FROM requests").parse().unwrap()
    }

    /// One value of the store.
    pub(crate) fn column(&self, sql: &str) -> String {
        let database = rusqlite::Connection::open(self.database()).unwrap();
        database.busy_timeout(Duration::from_secs(10)).unwrap();
        let value = database.query_row(sql, [], |row| row.get::<_, rusqlite::types::Value>(0)).unwrap();
        match value {
            rusqlite::types::Value::Integer(number) => number.to_string(),
            rusqlite::types::Value::Text(text) => text,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("var/requests.db")
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A request, byte for byte.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn new(method: &str, path: &str) -> Self {
        Self { method: method.into(), path: path.into(), headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn form(path: &str, fields: &[(&str, &str)]) -> Self {
        let body =
            fields.iter().map(|(name, value)| format!("{}={}", percent(name), percent(value))).collect::<Vec<_>>().join("&");
        Self::new("POST", path).header("Content-Type", "application/x-www-form-urlencoded").body(body)
    }

    pub(crate) fn json(path: &str, fields: &[(&str, &str)]) -> Self {
        let object: serde_json::Map<String, serde_json::Value> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
        Self::new("POST", path).header("Content-Type", "application/json").body(serde_json::Value::from(object).to_string())
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let has = |name: &str| self.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        if !has("host") {
            head.push_str("Host: localhost\r\n");
        }
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !has("content-length") && !has("transfer-encoding") {
            head.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        if !has("connection") {
            head.push_str("Connection: close\r\n");
        }
        head.push_str("\r\n");
        [head.into_bytes(), self.body.clone()].concat()
    }
}

pub(crate) fn percent(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The values of the page's hidden inputs, in their order, as a browser reads them.
    pub(crate) fn hidden(&self) -> Vec<(String, String)> {
        let html = self.text();
        let inputs = html.split("<input type=\"hidden\" name=\"").skip(1);
        let parts = inputs.map(|input| input.split_once("\" value=\"").unwrap());
        parts.map(|(name, rest)| (name.to_owned(), unescape(rest.split_once('"').unwrap().0))).collect()
    }
}

pub(crate) fn unescape(html: &str) -> String {
    let named =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&#39;", "'"), ("&#x2F;", "/"), ("&amp;", "&")];
    named.iter().fold(html.to_owned(), |text, (name, c)| text.replace(name, c))
}

pub(crate) fn send(address: SocketAddr, request: &Request) -> Reply {
    raw(address, &request.bytes())
}

/// Sends bytes and reads until the end.
pub(crate) fn raw(address: SocketAddr, bytes: &[u8]) -> Reply {
    parse(&exchange(address, bytes).unwrap())
}

/// As [`raw`], with a server that may be gone, or go before its answer is whole.
pub(crate) fn try_raw(address: SocketAddr, bytes: &[u8]) -> Option<Reply> {
    let all = exchange(address, bytes).ok()?;
    all.windows(4).any(|part| part == b"\r\n\r\n").then(|| parse(&all))
}

fn exchange(address: SocketAddr, bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    // A server that has answered already may have closed its side.
    let _ = stream.write_all(bytes);
    let mut all = Vec::new();
    let _ = stream.read_to_end(&mut all);
    Ok(all)
}

pub(crate) fn parse(all: &[u8]) -> Reply {
    let end = all.windows(4).position(|part| part == b"\r\n\r\n").unwrap_or_else(|| panic!("no answer: {all:?}"));
    let head = String::from_utf8(all[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_owned(), value.to_owned()));
    Reply { status, headers: headers.collect(), body: all[end + 4..].to_vec() }
}

/// A service request that is in order.
pub(crate) fn sound() -> Vec<(&'static str, &'static str)> {
    vec![
        ("requester_name", "山田 太郎"),
        ("company", "株式会社サンプル"),
        ("email", "taro@example.co.jp"),
        ("customer_name", "顧客㈱"),
        ("customer_tenant", "contoso.partner.onmschina.cn"),
        ("service", "azure"),
        ("severity", "b"),
        ("title", "仮想マシンが起動しません"),
        ("description", "一行目\n二行目 <script>alert(1)</script>"),
        ("preferred_language", "ja"),
        ("consent", "yes"),
    ]
}

/// Fields with some of them replaced or added.
pub(crate) fn with<'a>(fields: &[(&'a str, &'a str)], others: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = fields.iter().filter(|(name, _)| !others.iter().any(|(other, _)| other == name));
    kept.chain(others).copied().collect()
}
