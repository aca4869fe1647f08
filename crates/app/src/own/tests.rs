//! What is read of a folder, and what is refused.

use super::*;

const TIER: &str = "id = 'tier'\ntitle = 'Tier'\nseverity = 'low'\nnear = ['tier']\n\
    words_file = 'tiers.txt'\nexamples = ['{\"tier\": \"gold\"}']\n\
    counter_examples = ['{\"tier\": \"lead\"}']\n";

fn refused(folder: &Path, purpose: Use) -> String {
    format!("{:#}", read(folder, purpose, None).unwrap_err())
}

#[test]
fn a_folder_is_read_whole_or_refused_with_its_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("notes.txt"), "no type").unwrap();
    assert!(
        read(folder.path(), Use::Server, None)
            .unwrap()
            .types
            .is_empty()
    );
    std::fs::write(folder.path().join("badge.toml"), "id = 1").unwrap();
    let error = refused(folder.path(), Use::Server);
    assert!(error.contains("badge.toml"), "{error}");
    assert!(read(&folder.path().join("none"), Use::Server, None).is_err());
}

#[test]
fn lists_of_words_come_along_and_nothing_else_does() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("tier.toml"), TIER).unwrap();
    std::fs::write(folder.path().join("notes.txt"), "no list").unwrap();
    let missing = refused(folder.path(), Use::Server);
    assert!(missing.contains("tier.toml:5: words_file"), "{missing}");
    std::fs::write(folder.path().join("tiers.txt"), "gold\nsilver\n").unwrap();
    for purpose in [Use::Server, Use::Scan] {
        let files = read(folder.path(), purpose, None).unwrap().types;
        let names = files.iter().map(|it| &*it.0).collect::<Vec<_>>();
        assert_eq!(names, ["tier.toml", "tiers.txt"]);
    }
    let long = "a word like any other\n".repeat(OWN_BYTES_MAX / 20);
    std::fs::write(folder.path().join("tiers.txt"), format!("gold\n{long}")).unwrap();
    assert!(read(folder.path(), Use::Scan, None).is_ok());
    let error = refused(folder.path(), Use::Server);
    assert!(error.contains("bytes together"), "{error}");
}

#[test]
fn a_list_elsewhere_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret.txt"), "gold\n").unwrap();
    let own = folder.path().join("own");
    std::fs::create_dir(&own).unwrap();
    let elsewhere = TIER.replace("tiers.txt", "../secret.txt");
    std::fs::write(own.join("tier.toml"), elsewhere).unwrap();
    let error = refused(&own, Use::Server);
    assert!(error.contains("no file `../secret.txt`"), "{error}");
}

#[test]
fn lists_with_a_key_of_their_own_are_for_scan_alone() {
    let folder = tempfile::tempdir().unwrap();
    let key = [7; 32];
    let (list, _) = gatewatch_classify::write_list(&key, ["AB-1234-56"].into_iter());
    let text = TIER.replace("words_file = 'tiers.txt'", "tokens_file = 'ours.tokens'");
    let text = text.replace("gold", "AB-1234-56");
    for (name, text) in [
        ("ours.toml", &*text),
        ("ours.tokens", &list),
        ("ours.tokens.key", &"07".repeat(32)),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    assert_eq!(read(folder.path(), Use::Scan, None).unwrap().types.len(), 3);
    let error = refused(folder.path(), Use::Server);
    assert!(error.contains("ours.toml: tokens_file"), "{error}");
    assert!(!error.contains("0707"), "{error}");
    let key = Key(key);
    let error = read(folder.path(), Use::Server, Some(&key)).unwrap_err();
    assert!(error.to_string().contains("and no key"), "{error}");
    let values = ["AB-1234-56"].into_iter();
    let (list, _) = gatewatch_classify::write_list_of_installation(&key.0, values);
    std::fs::write(folder.path().join("ours.tokens"), list).unwrap();
    let taken = read(folder.path(), Use::Server, Some(&key)).unwrap().types;
    let names = taken.iter().map(|it| &*it.0).collect::<Vec<_>>();
    assert_eq!(names, ["ours.toml", "ours.tokens"]);
    assert!(read(folder.path(), Use::Server, None).is_err());
    assert!(read(folder.path(), Use::Scan, None).is_err());
}

#[test]
fn a_folder_may_be_laid_out_as_ours() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    put("info-types/shop/tier.toml", TIER);
    put("info-types/shop/tiers.txt", "gold\n");
    put(
        "badge.toml",
        &TIER.replace("'tier'\ntitle", "'badge'\ntitle"),
    );
    put("tiers.txt", "gold\n");
    let error = refused(folder.path(), Use::Scan);
    assert!(error.contains("tiers.txt have one name"), "{error}");
    std::fs::remove_file(folder.path().join("badge.toml")).unwrap();
    let detection = crate::catalogue::starter::detection("card-testing");
    put("detections/fraud/own.toml", &detection);
    put("detections/too/deep/own.toml", "not read");
    let own = read(folder.path(), Use::Server, None).unwrap();
    assert_eq!((own.types.len(), own.detections.len()), (2, 1));
    assert_eq!(&*own.detections[0].0, "fraud/own.toml");
    let half = read(&folder.path().join("detections"), Use::Server, None).unwrap();
    assert_eq!((half.types.len(), half.detections.len()), (0, 1));

    put(
        "detections/fraud/own.toml",
        &detection.replace("class    =", "clas ="),
    );
    let error = refused(folder.path(), Use::Server);
    assert!(error.contains("fraud/own.toml:"), "{error}");
    assert!(error.contains("did you mean `class`?"), "{error}");
    let long = "#".repeat(OWN_BYTES_MAX + 1);
    put("detections/fraud/own.toml", &long);
    assert!(refused(folder.path(), Use::Server).contains("bytes together"));
}
