//! What a configuration means, and what is said of a wrong one.

use super::*;
use crate::locale::LocaleId;

const NOTHING: [(&str, &str); 0] = [];

fn config(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let environment = variables.iter().copied().collect();
    resolve::with_file(Path::new("/site"), "madoguchi.toml", text, &environment, |_| vec!["ja-JP".into()])
}

fn complaint(text: &str, variables: &[(&str, &str)]) -> String {
    let error = config(text, variables).unwrap_err();
    format!("{error} | {}", error.help)
}

const WHOLE: &str = r#"
[site]
title = { ja = "窓口", en = "Counter" }
base_url = "https://docs.example.com/partner"
source_locale = "en"
locales = ["ja", "en"]
content = "content"
theme = "default"
edit_url = "https://example.com/repo/edit/main/{path}"
parallel = true
search = true
exports = ["pairs", "markdown", "pairs"]
[site.glossary]
"21Vianet" = { ja = "21Vianet" }
[form.service-request]
spec = "content/forms/service-request.toml"
mailbox = "escalations@example.com"
desk_locale = "ja"
desk_time_zone = "Asia/Tokyo"
contact = { ja = "電話", en = "" }
confirmation = false
retention_days = 30
[intake]
listen = "127.0.0.1:9000"
admin_listen = ""
store = "sqlite:var/requests.db"
from = "Partner guidance <guidance@example.com>"
smtp = "smtp://127.0.0.1:2525"
smtp_ca_file = "ca.pem"
public_url = "https://docs.example.com/requests/"
site_url = "https://docs.example.com/partner/"
allowed_origins = ["https://docs.example.com"]
trusted_proxies = ["10.0.0.0/8"]
disk_reserve = "1GiB"
[intake.guard]
token = true
proof_of_work = true
per_minute = 0
"#;

#[test]
fn the_whole_file_is_understood() {
    let config = config(WHOLE, &[]).unwrap();
    let (ja, en) = (LocaleId(0), LocaleId(1));
    assert_eq!(config.site.title.get(ja), Some((ja, "窓口")));
    assert_eq!(config.site.base_url.unwrap().as_str(), "https://docs.example.com/partner/");
    assert_eq!(config.site.exports, [Export::Markdown, Export::Pairs]);
    assert_eq!(config.site.glossary.get("21Vianet").unwrap().get(en), Some((ja, "21Vianet")));
    assert_eq!(config.site.out, Path::new("/site/public"));
    let form = config.forms.get("service-request").unwrap();
    assert_eq!((form.desk_locale, form.confirmation, form.retention.as_secs()), (ja, false, 30 * 86_400));
    assert_eq!(form.desk_time_zone, "Asia/Tokyo");
    assert_eq!(form.contact.as_ref().unwrap().get(en), Some((ja, "電話")), "the only text there is");
    assert_eq!(config.intake.store, StoreConfig::Sqlite("/site/var/requests.db".into()));
    assert_eq!(config.intake.smtp, Some(Smtp::Smtp(MailServer { host: "127.0.0.1".into(), port: 2525 })));
    assert_eq!(config.intake.smtp_ca_file.as_deref(), Some(Path::new("/site/ca.pem")), "below the site's folder");
    assert_eq!((config.intake.disk_reserve, config.intake.guard.per_minute), (Bytes(1 << 30), None));
    assert_eq!(config.intake.admin_listen, None);
}

#[test]
fn an_empty_file_is_all_defaults_with_the_locales_found() {
    let config = config("", &[]).unwrap();
    assert_eq!(config.site.locales.get(LocaleId(0)).as_str(), "ja");
    assert_eq!(config.site.locales.get(config.site.locales.source()).as_str(), "en");
    assert_eq!((config.site.content.as_str(), config.site.parallel, config.site.search), ("content", true, true));
    assert_eq!(config.site.title.get(LocaleId(0)), Some((LocaleId(0), "site")));
    assert_eq!(config.intake.batch, 256);
    let guard = config.intake.guard;
    assert_eq!((guard.token, guard.proof_of_work, guard.haste_seconds, guard.per_minute), (true, false, 2, Some(20)));
    assert_eq!((guard.connections, guard.connections_per_client, guard.in_flight), (896, 20, 128));
    let bare = Config::without_file(Path::new("/docs"), &["ja-JP".into()]);
    assert_eq!((bare.site.content.as_str(), bare.site.title.get(LocaleId(1)).unwrap().1), ("", "docs"));
}

#[test]
fn the_source_is_the_locale_named_that_its_tag_means() {
    for (text, all, source) in [
        ("locales = [\"ja-JP\", \"en-US\"]", 2, "en-US"),
        ("locales = [\"ja\", \"en\"]\nsource_locale = \"en-GB\"", 2, "en"),
        ("locales = [\"de\", \"ja\"]\nsource_locale = \"de\"", 2, "de"),
    ] {
        let site = config(&format!("[site]\n{text}"), &[]).unwrap().site;
        assert_eq!((site.locales.len(), site.locales.get(site.locales.source()).as_str()), (all, source), "{text}");
    }
}

#[test]
fn a_title_without_words_is_as_good_as_none() {
    for title in ["{}", "{ ja = \"\", en = \" \" }", "\" \""] {
        let config = config(&format!("[site]\ntitle = {title}\n"), &[]).unwrap();
        assert_eq!(config.site.title.get(LocaleId(0)), Some((LocaleId(0), "site")), "{title}");
    }
}

#[test]
fn unknown_keys_name_their_place_and_the_nearest_known_one() {
    let said = |text| complaint(text, &[]);
    assert_eq!(said("[site]\ntilte = \"x\""), "madoguchi.toml:2:1: unknown key `tilte` | did you mean `title`?");
    assert_eq!(said("[sites]\n"), "madoguchi.toml:1:2: unknown key `sites` | did you mean `site`?");
    assert_eq!(
        said("[intake.guard]\ntoken = true\n  per_minutes = 1"),
        "madoguchi.toml:3:3: unknown key `per_minutes` | did you mean `per_minute`?"
    );
    assert!(said("[form.x]\nphone = 1").ends_with("`retention_days`"), "all are listed where none is near");
    assert!(said("[intake]\nsmtp_password = \"x\"").contains("set the variable MADOGUCHI_INTAKE_SMTP_PASSWORD, or"));
}

#[test]
fn a_wrong_value_is_named_with_its_key_and_place() {
    for (text, expected) in [
        ("[site]\nbase_url = \"docs\"", "madoguchi.toml:2:12: `base_url` must begin with `https://` or `http://`"),
        ("[site]\ntitle = {ja=\"窓\"}\nlocales = [\"ja\", \"j\"]", "madoguchi.toml:3:18: `locales` must be a language tag"),
        ("[site]\nlocales = []", "`locales` must name between 1 and 64 locales"),
        ("[site]\nlocales = [\"ja\", \"JA\"]", "`locales` names `ja` twice"),
        (
            "[site]\nlocales = [\"ja\", \"de\"]",
            "madoguchi.toml:2:11: `source_locale` is `en`, which is what it is unless it is set, and `locales` does not name it | add `en` to `locales`, or set `source_locale`",
        ),
        (
            "[site]\nlocales = [\"ja\", \"en\"]\nsource_locale = \"fr\"",
            "madoguchi.toml:3:17: `source_locale` is `fr`, and `locales` does not name it | add `fr` to `locales`",
        ),
        ("[site]\nlocales = [\"en-US\", \"en-GB\"]", "`locales` does not name it"),
        (
            "[site]\ntitle = { de = \"x\" }",
            "`title` has a text for `de`, which is no locale of the site | the site's locales are `ja`, `en`",
        ),
        ("[site]\ntitle = 3", "madoguchi.toml:2:9: invalid type: integer `3`, expected a text, or one for each locale"),
        ("[site]\nparallel = \"yes\"", "madoguchi.toml:2:12: invalid type: string \"yes\", expected a boolean"),
        ("[site]\ncontent = \"../up\"", "`content` must be a path below the site's folder"),
        ("[site]\ntheme = \"../x\"", "`theme` must be the name of a folder in `themes`"),
        ("[site]\nedit_url = \"https://a/\"", "`edit_url` must hold `{path}`"),
        ("[site]\nexports = [\"pdf\"]", "`exports` knows `markdown`, `pairs`, `llms` and `print`, not `pdf`"),
        ("[form.a]\nspec = \"forms/a.toml\"", "`spec` must be a file in the content folder, such as `content/forms/NAME.toml`"),
        ("[form.status]\nspec = \"a\"", "cannot be named `status`"),
        ("[form.A_b]\nspec = \"a\"", "madoguchi.toml:1:7: `form` must be named with a-z, 0-9"),
        ("[form.a]\n", "the form `a` has no `spec` | name its specification"),
        ("[form.a]\nspec = \"content/a\"\nmailbox = \"x\"", "`mailbox` must be one mail address"),
        ("[form.a]\nspec = \"content/a\"\nretention_days = 0", "`retention_days` must be between 1 and 36500"),
        ("[intake]\nlisten = \"8025\"", "`listen` must be an IP address and a port"),
        ("[intake]\nstore = \"mysql://x\"", "`store` must be `sqlite:PATH` or"),
        ("[intake]\nstore = \"postgres://u:p@h/d\"", "`store` holds a password, which does not belong in this file"),
        ("[intake]\nsmtp = \"smtp://mail.example.com\"", "without encryption to `mail.example.com`, which is not this machine"),
        ("[intake]\nsmtp = \"smtps://u:p@mail.example.com\"", "`smtp` must hold no user"),
        ("[intake]\ntrusted_proxies = [\"10.0.0.1/8\"]", "`trusted_proxies` holds `10.0.0.1/8`, but each part must"),
        ("[intake]\nbatch = 0", "madoguchi.toml:2:9: `batch` must be at least 1"),
        ("[intake.guard]\nin_flight = 0", "madoguchi.toml:2:13: `in_flight` must be at least 1"),
        ("[intake.guard]\nper_minute = -1", "madoguchi.toml:2:14: invalid value: integer `-1`"),
        ("[site", "madoguchi.toml:1:6: "),
    ] {
        let said = complaint(text, &[]);
        assert!(said.contains(expected), "{text}\n  {said}");
    }
}

#[test]
fn variables_override_the_file_and_hold_the_secrets() {
    let secret = "s".repeat(32);
    let config = config(
        WHOLE,
        &[
            ("MADOGUCHI_INTAKE_STORE", "postgres://u:hunter2@db/requests"),
            ("MADOGUCHI_INTAKE_SMTP", "smtp+starttls://mail.example.com"),
            ("MADOGUCHI_INTAKE_SMTP_USER", "madoguchi"),
            ("MADOGUCHI_INTAKE_SMTP_PASSWORD", "hunter2"),
            ("MADOGUCHI_INTAKE_SECRET", &secret),
            ("MADOGUCHI_INTAKE_ALLOWED_ORIGINS", "https://a.example, https://b.example:443"),
            ("MADOGUCHI_INTAKE_GUARD_PER_MINUTE", "7"),
            ("MADOGUCHI_FORM_SERVICE_REQUEST_MAILBOX", "desk@example.com"),
            ("HOME", "/root"),
        ],
    )
    .unwrap();
    assert!(matches!(&config.intake.store, StoreConfig::Postgres(url) if url.expose_secret().contains("hunter2")));
    assert_eq!(config.intake.smtp, Some(Smtp::StartTls(MailServer { host: "mail.example.com".into(), port: 587 })));
    assert_eq!(
        config.intake.allowed_origins.iter().map(Origin::as_str).collect::<Vec<_>>(),
        ["https://a.example", "https://b.example"]
    );
    assert_eq!(config.intake.guard.per_minute, Some(7));
    assert_eq!(config.forms.get("service-request").unwrap().mailbox.as_ref().unwrap().address, "desk@example.com");
    let shown = format!("{config:?}");
    assert!(!shown.contains("hunter2") && !shown.contains(&secret), "no secret shows");
}

#[test]
fn a_variable_that_matches_no_setting_is_an_error() {
    for (variable, value, expected) in [
        (
            "MADOGUCHI_INTAKE_STORES",
            "x",
            "environment variable MADOGUCHI_INTAKE_STORES: this variable matches no setting | did you mean MADOGUCHI_INTAKE_STORE?",
        ),
        ("MADOGUCHI_FORM_SERVICE_MAILBOX", "a@b.c", "matches no setting"),
        ("MADOGUCHI_INTAKE_GUARD_TOKEN", "maybe", "the value must be `true` or `false`"),
        ("MADOGUCHI_INTAKE_LISTEN", "here", "environment variable MADOGUCHI_INTAKE_LISTEN: `listen` must be"),
        ("MADOGUCHI_INTAKE_SECRET", "short", "the secret must have at least 32 bytes"),
        ("MADOGUCHI_INTAKE_SMTP_PASSWORD", "x", "the password has no user"),
    ] {
        let said = complaint("", &[(variable, value)]);
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn the_file_may_name_a_user_whose_password_only_the_counter_has() {
    let config = config("[intake]\nsmtp_user = \"madoguchi\"", &[]).unwrap();
    assert_eq!((config.intake.smtp_user.as_deref(), config.intake.smtp_password), (Some("madoguchi"), None));
}

#[test]
fn nothing_that_is_set_for_the_counter_counts_in_a_preview() {
    let file = "[intake]\nsmtp = \"smtp://mail.example.com\"\nstore = \"postgres://u:p@h/d\"\npublic_url = \"https://desk.example/requests/\"";
    let environment = Environment::from_iter([("MADOGUCHI_INTAKE_STORES", "x"), ("MADOGUCHI_INTAKE_LISTEN", "here")]);
    let preview =
        resolve::with_file(Path::new("/site"), "madoguchi.toml", file, &environment.without_intake(), |_| vec!["ja-JP".into()])
            .unwrap();
    let bare = config("", &[]).unwrap();
    assert_eq!(preview.intake, bare.intake);
}

#[test]
fn a_secret_can_stand_in_a_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, "0123456789abcdef0123456789abcdef\n").unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let variable = ("MADOGUCHI_INTAKE_SECRET_FILE".to_owned(), file.display().to_string());
    let found = load(folder.path(), &[variable.clone()].into_iter().collect(), |_| Vec::new()).unwrap();
    assert_eq!(found.intake.secret.unwrap().expose_secret(), "0123456789abcdef0123456789abcdef");
    let both = [variable, ("MADOGUCHI_INTAKE_SECRET".to_owned(), "x".to_owned())].into_iter().collect();
    assert!(load(folder.path(), &both, |_| Vec::new()).unwrap_err().help.contains("set only one of"));
    let gone = [("MADOGUCHI_INTAKE_SECRET_FILE", "/nowhere/at/all")].into_iter().collect();
    assert_eq!(load(folder.path(), &gone, |_| Vec::new()).unwrap_err().kind, ConfigErrorKind::Unreadable);
}

#[test]
fn a_folder_is_loaded_with_its_file_or_without() {
    let folder = tempfile::tempdir().unwrap();
    let nothing: Environment = NOTHING.into_iter().collect();
    let bare = load(folder.path(), &nothing, |_| vec!["ja-jp".into()]).unwrap();
    assert_eq!((bare.site.locales.len(), bare.content_folder()), (2, bare.root.clone()));
    std::fs::write(folder.path().join(FILE_NAME), "[site]\ncontent = \".\"\ntitle = 1").unwrap();
    let error = load(folder.path(), &nothing, |_| Vec::new()).unwrap_err();
    assert!(matches!(error.place, Place::File { at: Some((3, 9)), .. }), "{error}");
    std::fs::write(folder.path().join(FILE_NAME), b"\xff").unwrap();
    assert_eq!(load(folder.path(), &nothing, |_| Vec::new()).unwrap_err().kind, ConfigErrorKind::Syntax);
    assert_eq!(load(Path::new("/nowhere/at/all"), &nothing, |_| Vec::new()).unwrap_err().kind, ConfigErrorKind::Unreadable);
}
