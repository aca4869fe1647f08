//! What the command line says: help, configuration and errors, as snapshots.

use std::path::Path;

use crate::running::gatewatch;

/// Exit code, standard output and standard error in one text.
fn said(folder: &Path, args: &[&str], environment: &[(&str, &str)]) -> String {
    let out = gatewatch(folder)
        .args(args)
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    format!(
        "exit code {}\n{}{}",
        out.status.code().unwrap(),
        text(&out.stdout),
        text(&out.stderr)
    )
}

fn plain(args: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    said(folder.path(), args, &[])
}

#[test]
fn help_shows_every_command_and_the_exit_codes() {
    insta::assert_snapshot!("help", plain(&["--help"]));
}

#[test]
fn help_of_each_command_shows_its_flags() {
    for command in [
        "serve", "demo", "scan", "why", "send", "bench", "backup", "restore", "config",
    ] {
        insta::assert_snapshot!(format!("help-{command}"), plain(&[command, "--help"]));
    }
    for command in ["list", "show", "test", "new"] {
        let help = plain(&["catalogue", command, "--help"]);
        insta::assert_snapshot!(format!("help-catalogue-{command}"), help);
    }
}

#[test]
fn the_example_documents_every_key() {
    insta::assert_snapshot!("config-example", plain(&["config", "example"]));
}

#[test]
fn what_is_in_force_is_shown_with_where_it_comes_from() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("gatewatch.toml"),
        "shards = 2\n[log]\nlevel = \"debug\"\n",
    )
    .unwrap();
    let args = [
        "config",
        "show",
        "--data",
        "/srv/gatewatch",
        "--set",
        "journal.bytes_max=8GiB",
    ];
    insta::assert_snapshot!(
        "config-show",
        said(folder.path(), &args, &[("GATEWATCH_SHARDS", "4")])
    );
}

#[test]
fn a_wrong_configuration_is_told_line_by_line() {
    let folder = tempfile::tempdir().unwrap();
    let text = "listen = \"0.0.0.0:8470\"\nroles = \"asses\"\n[journal]\nbytes = \"4GiB\"\n[tls]\ncert = \"c.pem\"\n";
    std::fs::write(folder.path().join("gatewatch.toml"), text).unwrap();
    let environment = [
        ("GATEWATCH_DISK_FREE_BYTES_MIN", "lots"),
        ("GATEWATCH_LISTN", "x"),
    ];
    insta::assert_snapshot!(
        "config-check-wrong",
        said(folder.path(), &["config", "check"], &environment)
    );
    let said = said(folder.path(), &["serve"], &[]);
    assert!(
        said.starts_with("exit code 2\nerror: the configuration is wrong"),
        "{said}"
    );
}

#[test]
fn the_catalogue_lists_and_shows_detections() {
    let list = plain(&["catalogue", "list", "--class", "jwt"]);
    insta::assert_snapshot!("catalogue-list", list);
    let card = plain(&["catalogue", "show", "ldap-injection"]);
    insta::assert_snapshot!("catalogue-show", card);
}

#[test]
fn a_folder_of_ones_own_is_proved_line_by_line() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| said(folder.path(), args, &[]);
    let mut all = vec![
        run(&["catalogue", "new", "detection", "own.card-testing"]),
        run(&["catalogue", "new", "info-type", "loyalty-card"]),
        run(&["catalogue", "test", "catalogue"]),
    ];
    let file = folder
        .path()
        .join("catalogue/detections/own.card-testing.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    for (piece, other) in [
        ("card-testing%2d22", "card testing 22"),
        ("pattern    =", "patern     ="),
        ("'card-testing-\\d+'", "'(card'"),
    ] {
        assert!(text.contains(piece), "{piece}");
        std::fs::write(&file, text.replace(piece, other)).unwrap();
        all.push(run(&["catalogue", "test", "catalogue"]));
    }
    insta::assert_snapshot!("catalogue-test", all.join("\n"));
}

#[test]
fn errors_say_what_to_do() {
    let cases: &[&[&str]] = &[
        &["serv"],
        &["serve", "--listen", "0.0.0.0:1"],
        &["serve", "--listen", "localhost"],
        &["serve", "--config", "none.toml"],
        &["serve", "--set", "journal.bytes_max"],
        &["send", "x.jsonl", "--to", "http://127.0.0.1:1"],
        &[
            "send",
            "none.jsonl",
            "--to",
            "localhost",
            "--token-file",
            "none",
        ],
        &["man", "proxy"],
        &["scan", "none.jsonl"],
        &["scan", "-", "--learn", "-"],
        &["scan", "x.jsonl", "--format", "sarif"],
        &["scan", "x.jsonl", "--kind", "pcap"],
        &["why", "none.jsonl"],
        &["catalogue", "show", "sql-injektion"],
        &["catalogue", "list", "--class", "sql"],
        &["catalogue", "new", "detection", "Own Thing"],
        &["demo", "--rate", "0"],
        &["bench", "--seconds", "soon"],
    ];
    let all: Vec<String> = cases
        .iter()
        .map(|it| format!("$ gatewatch {}\n{}", it.join(" "), plain(it)))
        .collect();
    insta::assert_snapshot!("errors", all.join("\n"));
}

#[test]
fn completions_and_manual_pages_name_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = plain(&["completions", shell]);
        for command in [
            "serve", "demo", "scan", "send", "bench", "backup", "restore", "config",
        ] {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
    let page = plain(&["man"]);
    assert!(
        page.contains(".TH gatewatch 1") && page.contains("gatewatch\\-serve(1)"),
        "{page}"
    );
    assert!(plain(&["man", "send"]).contains("\\-\\-token\\-file"));
}
