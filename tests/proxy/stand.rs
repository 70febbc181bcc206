//! A counter, the site that ships, and a real proxy with a certificate before both. All of it is on loopback and ends with the test.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::CertificateDer;
use tempfile::TempDir;

use crate::manual::{block, replaced};
use crate::support::{Reply, Request, free_port, parse};

pub(crate) const NAME: &str = "docs.example.com";
pub(crate) const ORIGIN: &str = "https://docs.example.com";

/// The proxies of the manual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proxy {
    Nginx,
    Caddy,
}

/// A program that ends with the test, and what it has said.
pub(crate) struct Process {
    child: Child,
    said: Arc<Mutex<String>>,
}

/// Everything together.
pub(crate) struct Stand {
    pub(crate) counter: Option<Process>,
    pub(crate) proxy: Process,
    pub(crate) kind: Proxy,
    pub(crate) folder: TempDir,
    plain: SocketAddr,
    secure: SocketAddr,
    certificate: CertificateDer<'static>,
}

impl Process {
    fn start(mut command: Command) -> Self {
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MADOGUCHI_")) {
            command.env_remove(name);
        }
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        let (mut lines, sink) = (BufReader::new(child.stderr.take().unwrap()), Arc::clone(&said));
        std::thread::spawn(move || {
            let mut line = String::new();
            while lines.read_line(&mut line).is_ok_and(|length| length > 0) {
                sink.lock().unwrap().push_str(&std::mem::take(&mut line));
            }
        });
        Self { child, said }
    }

    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    fn wait_until_it_listens(&mut self, at: SocketAddr) {
        let until = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(at).is_err() {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < until, "it does not start: {}", self.said());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Process {
    /// Asks it to end, so that it ends its own children, and kills it if it does not.
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let until = Instant::now() + Duration::from_secs(5);
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The site of this repository, built once.
fn site() -> &'static Path {
    static SITE: OnceLock<TempDir> = OnceLock::new();
    let made = SITE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let mut build = Command::new(env!("CARGO_BIN_EXE_madoguchi"));
        build.args(["build", "--site", env!("CARGO_MANIFEST_DIR"), "--out"]).arg(folder.path());
        let done = build.output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        folder
    });
    made.path()
}

/// Where a program is, or why the test is skipped.
fn program(kind: Proxy) -> Result<PathBuf, &'static str> {
    let (name, why) = match kind {
        Proxy::Nginx => ("nginx", "nginx is not installed"),
        Proxy::Caddy => ("caddy", "Caddy is not installed"),
    };
    let places = std::env::var_os("PATH").unwrap_or_default();
    let mut all = std::env::split_paths(&places).chain([PathBuf::from("/usr/sbin")]).map(|folder| folder.join(name));
    all.find(|file| file.is_file()).ok_or(why)
}

/// Runs a test before each proxy, with lines added to `[intake.guard]`.
pub(crate) fn before_each(test: &str, guard: &str, run: impl Fn(Stand)) {
    before_each_but(test, guard, ("", ""), run);
}

/// As `before_each`, with one more place of the counter's configuration replaced.
#[expect(clippy::print_stdout, reason = "a test that is skipped says why")]
pub(crate) fn before_each_but(test: &str, guard: &str, place: (&str, &str), run: impl Fn(Stand)) {
    for kind in [Proxy::Nginx, Proxy::Caddy] {
        match program(kind) {
            Ok(program) => run(Stand::start(kind, &program, guard, place)),
            Err(why) => println!("SKIPPED: {test}, {kind:?}: {why}"),
        }
    }
}

/// The site of the manual's example: its `[form]` and `[intake]`, with other places.
fn configure(folder: &Path, counter: SocketAddr, guard: &str, place: (&str, &str)) {
    let forms = Path::new(env!("CARGO_MANIFEST_DIR")).join("content/forms");
    std::fs::create_dir_all(folder.join("content/forms")).unwrap();
    std::fs::copy(forms.join("service-request.toml"), folder.join("content/forms/service-request.toml")).unwrap();
    let example = replaced(
        &block("toml"),
        &[
            ("127.0.0.1:8025", &counter.to_string()),
            ("127.0.0.1:9025", &format!("127.0.0.1:{}", free_port())),
            ("/var/lib/madoguchi/requests.db", "var/requests.db"),
            ("smtp+starttls://relay.example.com", "directory:var/mail"),
            ("smtp_user = \"guidance\"\n", ""),
            ("\"256MiB\"", "\"1MiB\""),
            place,
        ],
    );
    let site = "[site]\ntitle = { ja = \"案内\", en = \"Guidance\" }\nsource_locale = \"en\"\nlocales = [\"ja\", \"en\"]\n";
    std::fs::write(folder.join("madoguchi.toml"), format!("{site}{example}[intake.guard]\nhaste_seconds = 0\n{guard}\n"))
        .unwrap();
}

fn counter(folder: &Path, at: SocketAddr) -> Process {
    let mut command = Command::new(env!("CARGO_BIN_EXE_madoguchi"));
    command.args(["intake", "--site"]).arg(folder);
    let mut counter = Process::start(command);
    counter.wait_until_it_listens(at);
    counter
}

impl Stand {
    fn start(kind: Proxy, program: &Path, guard: &str, place: (&str, &str)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let local = || SocketAddr::from(([127, 0, 0, 1], free_port()));
        let (behind, plain, secure) = (local(), local(), local());
        configure(folder.path(), behind, guard, place);
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed([NAME.to_owned()]).unwrap();
        std::fs::write(folder.path().join("certificate.pem"), cert.pem()).unwrap();
        std::fs::write(folder.path().join("key.pem"), signing_key.serialize_pem()).unwrap();
        let counter = counter(folder.path(), behind);
        let command = match kind {
            Proxy::Nginx => nginx(program, folder.path(), behind, plain, secure),
            Proxy::Caddy => caddy(program, folder.path(), behind, plain, secure),
        };
        let mut proxy = Process::start(command);
        [secure, plain].into_iter().for_each(|address| proxy.wait_until_it_listens(address));
        let certificate = cert.der().clone();
        Self { counter: Some(counter), proxy, kind, folder, plain, secure, certificate }
    }

    pub(crate) fn log(&self) -> String {
        self.counter.as_ref().map(Process::said).unwrap_or_default()
    }

    /// Sends as a browser of the first client would.
    pub(crate) fn send(&self, request: &Request) -> Reply {
        self.send_from(Ipv4Addr::new(127, 0, 0, 2), request)
    }

    /// Sends from an address of its own: 127.x.y.z is all loopback.
    pub(crate) fn send_from(&self, source: Ipv4Addr, request: &Request) -> Reply {
        let named = if request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            request.clone()
        } else {
            request.clone().header("Host", NAME)
        };
        self.raw_from(source, &named.bytes())
    }

    /// Sends bytes over TLS and reads until the end.
    pub(crate) fn raw_from(&self, source: Ipv4Addr, bytes: &[u8]) -> Reply {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = rustls::ClientConnection::new(Arc::new(config), NAME.try_into().unwrap()).unwrap();
        let mut stream = rustls::StreamOwned::new(client, connect_from(source, self.secure));
        // A server that has answered already may have closed its side.
        let written = stream.write_all(bytes);
        let mut all = Vec::new();
        let read = stream.read_to_end(&mut all);
        assert!(!all.is_empty(), "{:?} gives no answer: {written:?}, {read:?}\n{}", self.kind, self.proxy.said());
        parse(&all)
    }

    /// A page by plain HTTP.
    pub(crate) fn get_plain(&self, path: &str) -> Reply {
        crate::support::send(self.plain, &Request::new("GET", path).header("Host", NAME))
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.send(&Request::new("GET", path))
    }

    /// How many requests are in the store.
    pub(crate) fn rows(&self) -> i64 {
        let database = rusqlite::Connection::open(self.folder.path().join("var/requests.db")).unwrap();
        database.query_row("SELECT count(*) FROM requests", [], |row| row.get(0)).unwrap()
    }
}

fn connect_from(source: Ipv4Addr, to: SocketAddr) -> TcpStream {
    use rustix::net::{AddressFamily, SocketType, bind, connect, socket};
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    bind(&socket, &SocketAddr::from((source, 0))).unwrap();
    connect(&socket, &to).unwrap();
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// The file of the pages' headers, as the manual has it written.
fn headers(folder: &Path, server: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_madoguchi"));
    let done = command.args(["headers", "--site", env!("CARGO_MANIFEST_DIR"), "--for", server]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let file = folder.join("headers");
    std::fs::write(&file, done.stdout).unwrap();
    file.to_str().unwrap().to_owned()
}

/// nginx with the manual's file within the frame that Debian has around it.
fn nginx(program: &Path, folder: &Path, counter: SocketAddr, plain: SocketAddr, secure: SocketAddr) -> Command {
    let here = folder.to_str().unwrap();
    let own = replaced(
        &block("nginx"),
        &[
            ("    listen 80;\n    listen [::]:80;\n", &format!("    listen {plain};\n")),
            ("    listen 443 ssl;\n    listen [::]:443 ssl;\n", &format!("    listen {secure} ssl;\n")),
            ("/etc/ssl/docs.example.com/fullchain.pem", &format!("{here}/certificate.pem")),
            ("/etc/ssl/docs.example.com/privkey.pem", &format!("{here}/key.pem")),
            ("/srv/docs", site().to_str().unwrap()),
            ("/var/log/nginx", here),
            ("/etc/nginx/madoguchi-headers.conf", &headers(folder, "nginx")),
            ("127.0.0.1:8025", &counter.to_string()),
        ],
    );
    let folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|name| format!("{name}_temp_path {here}/{name};\n"));
    // The folders of a test are its own: as root, nginx must stay root to read them.
    let frame = format!(
        "user root;\nworker_processes 2;\npid {here}/nginx.pid;\nerror_log stderr;\ndaemon off;\nevents {{ worker_connections 768; }}\n\
         http {{\ninclude /etc/nginx/mime.types;\ndefault_type application/octet-stream;\nsendfile on;\ngzip on;\n{}{own}}}\n",
        folders.concat()
    );
    std::fs::write(folder.join("nginx.conf"), frame).unwrap();
    let mut command = Command::new(program);
    command.args(["-e", "stderr", "-p", here, "-c"]).arg(folder.join("nginx.conf"));
    command
}

/// Caddy with the manual's file, and a certificate of ours instead of one that it would fetch.
fn caddy(program: &Path, folder: &Path, counter: SocketAddr, plain: SocketAddr, secure: SocketAddr) -> Command {
    let here = folder.to_str().unwrap();
    let tls = format!("docs.example.com {{\n\tbind 127.0.0.1\n\ttls {here}/certificate.pem {here}/key.pem\n");
    let own = replaced(
        &block("caddyfile"),
        &[
            ("docs.example.com {\n", &tls),
            ("/srv/docs", site().to_str().unwrap()),
            ("127.0.0.1:8025", &counter.to_string()),
            ("/etc/caddy/madoguchi-headers", &headers(folder, "caddy")),
        ],
    );
    let options = format!("{{\n\tadmin off\n\thttp_port {}\n\thttps_port {}\n", plain.port(), secure.port());
    let frame = replaced(&own, &[("# /etc/caddy/Caddyfile\n{\n", &options)]);
    std::fs::write(folder.join("Caddyfile"), frame).unwrap();
    let mut command = Command::new(program);
    command.args(["run", "--adapter", "caddyfile", "--config"]).arg(folder.join("Caddyfile"));
    command.envs([("HOME", here), ("XDG_DATA_HOME", here), ("XDG_CONFIG_HOME", here)]);
    command
}
