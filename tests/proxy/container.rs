//! The image, as far as it can be judged without building it: what it is made of, and what it starts.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::geteuid;

use crate::manual::block;
use crate::program_at;
use crate::support::{Request, Setup, free_port, send, site, sound, with};

const REPOSITORY: &str = env!("CARGO_MANIFEST_DIR");

/// The instructions of a stage of the container file: each with what stands behind it.
fn stage(number: usize) -> Vec<(String, String)> {
    let text = block("dockerfile");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let pairs: Vec<_> = lines.map(|line| line.split_once(' ').unwrap()).map(|(one, rest)| (one.into(), rest.into())).collect();
    pairs.split(|(name, _)| name == "FROM").nth(number).unwrap().to_vec()
}

/// What stands behind an instruction that is there once.
fn only(stage: &[(String, String)], name: &str) -> String {
    let mut found = stage.iter().filter(|(other, _)| other == name);
    let (one, more) = (found.next(), found.next());
    assert!(one.is_some() && more.is_none(), "one {name} in {stage:?}");
    one.unwrap().1.clone()
}

#[test]
fn the_image_is_built_from_files_that_are_there() {
    let build = stage(1);
    for (_, copied) in build.iter().filter(|(name, _)| name == "COPY") {
        let mut sources: Vec<_> = copied.split(' ').collect();
        sources.pop();
        assert!(sources.iter().all(|source| Path::new(REPOSITORY).join(source).exists()), "{copied}");
    }
    // The same features, from the same lock file: neither is a guess.
    let run = only(&build, "RUN");
    let flags = run.strip_prefix("cargo build --release ").unwrap().split(' ');
    let mut tree = Command::new(env!("CARGO"));
    let output = tree.args(["tree", "--offline", "--depth", "0"]).args(flags).current_dir(REPOSITORY).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let program = format!("{}/target/release/madoguchi", only(&build, "WORKDIR"));
    assert_eq!(only(&stage(2), "COPY"), format!("--from=build {program} /usr/local/bin/madoguchi"));
}

#[test]
fn the_image_runs_as_nobody_in_particular_and_writes_to_its_volume_alone() {
    let image = stage(2);
    let (user, volume) = (only(&image, "USER"), only(&image, "VOLUME"));
    let (uid, gid) = user.split_once(':').unwrap();
    assert!(uid.parse::<u32>().unwrap() > 999 && gid.parse::<u32>().unwrap() > 999, "{user}");
    assert_eq!(only(&image, "RUN"), format!("install -d -o {uid} -g {gid} -m 0700 {volume}"));
    assert!(block("toml").contains(&format!("store = \"sqlite:{volume}/")), "the example keeps its store there");
    assert_eq!(only(&image, "STOPSIGNAL"), "SIGTERM");
    assert!(image.iter().all(|(name, _)| !["ADD", "ENV", "ARG"].contains(&name.as_str())), "no secret has a place in it");
    let at = |name: &str| image.iter().position(|(other, _)| other == name).unwrap();
    assert!(at("RUN").max(at("COPY")) < at("USER") && at("USER") < at("ENTRYPOINT"));
}

/// What makes the user of the image out of root, if that can be here: a debug build reads the theme that ships from the repository.
fn as_its_user() -> Vec<String> {
    let user = only(&stage(2), "USER");
    let (uid, gid) = user.split_once(':').unwrap();
    let words = ["setpriv", "--reuid", uid, "--regid", gid, "--clear-groups", "--no-new-privs", "--bounding-set=-all"];
    let seen = Path::new(REPOSITORY).join("themes/default/templates/base.html");
    let sees = geteuid().is_root() && {
        let mut looking = Command::new(words[0]);
        looking.args(&words[1..]).args(["test", "-r"]).arg(seen).status().is_ok_and(|status| status.success())
    };
    if sees { words.map(String::from).to_vec() } else { Vec::new() }
}

/// What the image starts, with these places for `/site` and for the program.
fn entry_point(folder: &Path, program: &Path) -> Command {
    let words: Vec<String> = serde_json::from_str(&only(&stage(2), "ENTRYPOINT")).unwrap();
    let [first, rest @ ..] = words.as_slice() else { panic!("{words:?}") };
    assert_eq!((first.as_str(), rest.last().unwrap().as_str()), ("/usr/local/bin/madoguchi", "/site"));
    let before = as_its_user();
    let mut all = before.iter().map(OsStr::new).chain([program.as_os_str()]).chain(rest[..rest.len() - 1].iter().map(OsStr::new));
    let mut command = Command::new(all.next().unwrap());
    command.args(all).arg(folder.join("site")).current_dir("/");
    command
}

/// Makes a folder that everybody may read, and this user may write to.
fn owned(folder: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(mode)).unwrap();
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn what_the_image_starts_takes_requests_with_a_site_that_it_can_only_read() {
    let folder = tempfile::tempdir().unwrap();
    let (store, program, port) = (folder.path().join("store"), folder.path().join("madoguchi"), free_port());
    program_at(&program);
    site(&folder.path().join("site"), port, &Setup { guard: "token = false".into(), ..Setup::default() });
    std::fs::create_dir(&store).unwrap();
    owned(folder.path(), 0o755);
    owned(&store, 0o700);
    if !as_its_user().is_empty() {
        let user = only(&stage(2), "USER");
        assert!(Command::new("chown").arg(user).arg(&store).status().unwrap().success());
    }
    let mut command = entry_point(folder.path(), &program);
    command.env("MADOGUCHI_INTAKE_STORE", format!("sqlite:{}/requests.db", store.display()));
    command.env("MADOGUCHI_INTAKE_SMTP", format!("directory:{}/mail", store.display()));
    command.env("MADOGUCHI_INTAKE_LISTEN", format!("0.0.0.0:{port}"));
    let mut counter = Running(command.stderr(Stdio::null()).spawn().unwrap());
    let address = ([127, 0, 0, 1], port).into();
    let until = Instant::now() + Duration::from_secs(20);
    while std::net::TcpStream::connect(address).is_err() {
        assert!(counter.0.try_wait().unwrap().is_none() && Instant::now() < until, "it does not start");
        std::thread::sleep(Duration::from_millis(20));
    }
    let request = Request::json("/requests/service-request", &with(&sound(), &[]));
    assert_eq!(send(address, &request).status, 201);
    assert!(store.join("requests.db").exists() && !folder.path().join("site/var").exists());
    assert!(Command::new("kill").args(["-TERM", &counter.0.id().to_string()]).status().unwrap().success());
    assert_eq!(counter.0.wait().unwrap().code(), Some(0), "it ends in good order");
}
