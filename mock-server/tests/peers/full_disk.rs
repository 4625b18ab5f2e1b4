//! Disks without any room: under pushes, under the state of a file, under reports.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use assert_cmd::cargo::cargo_bin;

use crate::library::Library;
use crate::peer::Peer;
use crate::serving::Serving;
use crate::user::Told;

/// How a shell gets a file system of its own.
const UNSHARED: [&str; 3] = ["unshare", "-rm", "bash"];
/// How much of it something else takes, at first.
const BALLAST: &str = "head -c 4M /dev/zero > $FOLDER/disk/ballast;";
/// How many pushes there is room for at most.
const MOST: usize = 200;

/// The commands that put a small disk at `$FOLDER/disk`, with something else on it; none where the system allows none.
fn small_disk(size: &str) -> Option<String> {
    let may = Command::new("unshare").args(["-rm", "true"]).output();
    if !may.is_ok_and(|output| output.status.success()) {
        println!("skipped: this system allows no file system of one's own (unshare -rm)");
        return None;
    }
    Some(format!("mkdir $FOLDER/disk; mount -t tmpfs -o size={size} none $FOLDER/disk;"))
}

/// Where the test reaches the server's disk.
fn disk(serving: &Serving) -> PathBuf {
    let folder = serving.folder.path().strip_prefix("/").unwrap().join("disk");
    PathBuf::from(format!("/proc/{}/root", serving.child.id())).join(folder)
}

/// Pushes until there is no room, and gives how many there was room for.
fn fill(library: &Library, size: usize) -> usize {
    let mut pushed = 0;
    loop {
        assert!(pushed < MOST, "there is room for all of them");
        match library.push(size) {
            answer if answer.status == 200 => pushed += 1,
            refused => {
                assert!(refused.tells_to_come_again(), "{refused:?}");
                return pushed;
            }
        }
    }
}

/// Pushes are refused while there is no room; nothing that was answered is lost; it goes on when there is room.
fn fill_and_make_room(commands: &str, arguments: &[&str]) {
    let serving = Serving::by(&UNSHARED, &format!("{commands} {BALLAST}"), arguments);
    let library = Library::new(&serving);
    let mut told = Told::default();
    serving.client().live(1, &mut told).unwrap();
    let pushed = fill(&library, 300_000) + fill(&library, 70_000);
    println!("{arguments:?}: {pushed} files had room");
    assert!(pushed > 0);
    // Others are refused as clearly, or served where nothing has to be kept.
    let refused = serving.client().live(1, &mut Told::default()).unwrap_err().to_string();
    assert!(refused.contains(" 503 ") && refused.contains("ServiceUnavailable"), "{refused}");
    assert!(
        Peer::connect(&serving.origin).ask(b"GET /jwks/oauth HTTP/1.1\r\nHost: x\r\n\r\n").unwrap().status
            == 200
    );
    fs::remove_file(disk(&serving).join("ballast")).unwrap();
    serving.serves_others();
    serving.client().verify(&told).unwrap();
    assert_eq!(library.count(), pushed, "a push that was answered is lost, or one that was refused is there");
    assert_eq!(library.push(300_000).status, 200);
    serving.check_memory("a full disk under pushes");
    let log = serving.log();
    assert!(!log.contains("panicked"), "{log}");
}

#[test]
fn a_full_disk_under_temporary_files_refuses_pushes_until_there_is_room() {
    let Some(disk) = small_disk("8m") else { return };
    fill_and_make_room(&format!("{disk} export TMPDIR=$FOLDER/disk;"), &[]);
}

#[test]
fn a_full_disk_under_the_state_refuses_requests_until_there_is_room() {
    let Some(disk) = small_disk("8m") else { return };
    fill_and_make_room(&disk, &["--state", "$FOLDER/disk/state.db"]);
}

/// Runs a command of a shell that has a full disk, and gives how it ends, and what it says.
fn on_full_disk(script: &str) -> Option<(i32, String)> {
    let folder = tempfile::tempdir().unwrap();
    let disk = small_disk("256k")?;
    let script = format!("{disk} cd $FOLDER/disk; {script}");
    let mut command = Command::new(UNSHARED[0]);
    command.args(&UNSHARED[1..]).args(["-c", &script, "bash"]).arg(cargo_bin("digime-mock"));
    let output = command.env("FOLDER", folder.path()).output().unwrap();
    let said =
        [output.stderr, output.stdout].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    Some((output.status.code().unwrap(), said))
}

#[test]
fn a_full_disk_under_the_client_report_leaves_the_former_one_and_is_told() {
    let stopped = "echo former > report.json; cat /dev/zero > ballast 2> /dev/null; \
                   \"$1\" serve --port 0 --client-report report.json; code=$?; cat report.json; exit $code";
    let Some((code, said)) = on_full_disk(stopped) else { return };
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("report.json cannot be written: No space left on device"), "{said}");
    assert!(said.contains("former\n"), "{said}");
    // One that fills up while the server serves.
    let later = "\"$1\" serve --port 0 --client-report report.json > out & \
                 until grep -q Stop: out; do sleep 0.05; done; cat /dev/zero > ballast 2> /dev/null; \
                 kill -TERM $!; wait $!; code=$?; cat report.json; exit $code";
    let Some((code, said)) = on_full_disk(later) else { return };
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("report.json cannot be written") && said.contains("\"sandboxes\": []"), "{said}");
}

#[test]
fn a_full_disk_under_an_export_leaves_the_former_file_and_is_told() {
    let script = "echo former > state.jsonl; \
                  \"$1\" serve --port 0 > ../out & until grep -q Stop: ../out; do sleep 0.05; done; \
                  url=$(head -1 ../out | grep -o 'http://.*'); cat /dev/zero > ballast 2> /dev/null; \
                  \"$1\" state export state.jsonl --url $url; code=$?; kill $!; cat state.jsonl; ls; exit $code";
    let Some((code, said)) = on_full_disk(script) else { return };
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("No space left on device") && said.contains("former\n"), "{said}");
    assert!(said.ends_with("ballast\nstate.jsonl\n"), "a part of it is left:\n{said}");
}
