//! Imports point down: in each crate a room (a folder or file of `src/`) imports only rooms that stand
//! below it in `ARCHITECTURE.md`, and so no two rooms import each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms of a crate, top to bottom, as its tree in `ARCHITECTURE.md` lists them.
fn rooms_of(architecture: &str, crate_source: &str) -> Vec<Vec<String>> {
    let mut lines = architecture.lines();
    let heading = lines.find(|line| line.contains(crate_source) && line.contains("top to bottom"));
    assert!(heading.is_some(), "ARCHITECTURE.md lists no rooms of {crate_source}");
    let section: Vec<_> = lines.collect();
    let section = section.join("\n");
    let tree = section.split("```").nth(1).unwrap();
    tree.lines().filter(|line| !line.trim().is_empty()).map(rooms_of_line).collect()
}

/// The rooms that a line of the tree names: the words that end in `/` or `.rs`, up to the text.
fn rooms_of_line(line: &str) -> Vec<String> {
    let named = line.split_whitespace().take_while(|word| word.ends_with('/') || word.ends_with(".rs"));
    named.map(|word| word.trim_end_matches('/').trim_end_matches(".rs").to_owned()).collect()
}

/// An import of one room by another.
#[derive(Debug)]
struct Import {
    from: String,
    to: String,
    place: String,
}

fn source_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => source_files(&path, found),
            false if path.extension().is_some_and(|it| it == "rs") => found.push(path),
            false => {}
        }
    }
}

/// The files that a `mod` declares for tests alone, which may reach anywhere as well.
fn test_modules(file: &Path, code: &str) -> Vec<PathBuf> {
    let declared = code.split("#[cfg(test)]\nmod ").skip(1);
    let names = declared.filter_map(|rest| rest.split_once(';')).map(|(name, _)| name);
    let folder = file.parent().unwrap();
    names.map(|name| folder.join(format!("{name}.rs"))).collect()
}

/// The room of a file: its first folder, or its own name.
fn room(source: &Path, file: &Path) -> String {
    let first = file.strip_prefix(source).unwrap().components().next().unwrap();
    first.as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

/// The code without the module of tests at its end, which may reach anywhere.
fn without_tests(code: &str) -> &str {
    code.find("#[cfg(test)]\nmod tests").map_or(code, |end| &code[..end])
}

/// The rooms that a line names after `crate::`, also in a group such as `crate::{a, b::c}`.
fn named_rooms(line: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    let word = |text: &str| -> String {
        text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
    };
    for (at, _) in line.match_indices("crate::") {
        let starts_a_word =
            line[..at].chars().next_back().is_none_or(|c| !c.is_ascii_alphanumeric() && c != '_');
        if !starts_a_word {
            continue;
        }
        let rest = &line[at + "crate::".len()..];
        let Some(group) = rest.strip_prefix('{') else {
            rooms.push(word(rest));
            continue;
        };
        let mut depth = 0;
        let mut start = true;
        for (i, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => start = true,
                c if start && !c.is_whitespace() => {
                    rooms.push(word(&group[i..]));
                    start = false;
                }
                _ => {}
            }
        }
    }
    rooms
}

fn imports(source: &Path) -> (BTreeSet<String>, Vec<Import>) {
    let mut files = Vec::new();
    source_files(source, &mut files);
    let tests: Vec<_> =
        files.iter().flat_map(|file| test_modules(file, &fs::read_to_string(file).unwrap())).collect();
    let (mut rooms, mut imports) = (BTreeSet::new(), Vec::new());
    for file in files.into_iter().filter(|file| !tests.contains(file)) {
        let from = room(source, &file);
        if ["lib", "main"].contains(&from.as_str()) {
            continue;
        }
        rooms.insert(from.clone());
        let code = fs::read_to_string(&file).unwrap();
        let mut statement = String::new();
        for (number, line) in without_tests(&code).lines().enumerate() {
            if line.trim_start().starts_with("//") {
                continue;
            }
            // A group of imports may go over several lines.
            statement.push_str(line);
            let open = statement.contains("crate::{") && !statement.contains(';');
            if open {
                continue;
            }
            for to in named_rooms(&std::mem::take(&mut statement)) {
                let place = format!("{}:{}", file.display(), number + 1);
                imports.push(Import { from: from.clone(), to, place });
            }
        }
    }
    imports.retain(|import| import.to != import.from && rooms.contains(&import.to));
    (rooms, imports)
}

/// What is wrong with the imports of a crate.
fn judge(order: &[Vec<String>], rooms: &BTreeSet<String>, imports: &[Import]) -> Vec<String> {
    let place: BTreeMap<&str, usize> = order
        .iter()
        .enumerate()
        .flat_map(|(line, rooms)| rooms.iter().map(move |room| (room.as_str(), line)))
        .collect();
    let mut wrong: Vec<String> = rooms
        .iter()
        .filter(|room| !place.contains_key(room.as_str()))
        .map(|room| format!("ARCHITECTURE.md does not list the room {room}"))
        .collect();
    for room in place.keys().filter(|room| !rooms.contains(**room)) {
        wrong.push(format!("ARCHITECTURE.md lists the room {room}, which does not exist"));
    }
    let pairs: BTreeSet<_> = imports.iter().map(|it| (it.from.as_str(), it.to.as_str())).collect();
    for Import { from, to, place: at } in imports {
        if pairs.contains(&(to.as_str(), from.as_str())) {
            wrong.push(format!("{at}: {from} and {to} import each other"));
        }
        let (Some(above), Some(below)) = (place.get(from.as_str()), place.get(to.as_str())) else { continue };
        if below < above {
            wrong.push(format!("{at}: {from} imports {to}, which stands above it"));
        }
    }
    wrong
}

#[test]
fn imports_point_down() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let architecture = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let mut wrong = Vec::new();
    for crate_source in ["mock-server/src", "scenarios/src", "sdk/src", "fixtures/src"] {
        let order = rooms_of(&architecture, crate_source);
        let source = root.join(crate_source);
        let (rooms, imports) = imports(&source);
        let found = judge(&order, &rooms, &imports);
        let mut files = Vec::new();
        source_files(&source, &mut files);
        let arrows: BTreeSet<_> = imports.iter().map(|it| (&it.from, &it.to)).collect();
        println!(
            "{crate_source}: {} files, {} rooms, {} arrows, {} that point up or in a circle",
            files.len(),
            rooms.len(),
            arrows.len(),
            found.len()
        );
        for room in order.iter().flatten() {
            let count = files.iter().filter(|file| &self::room(&source, file) == room).count();
            println!("    {room}: {count}");
        }
        wrong.extend(found);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_import_that_points_up_and_a_circle_are_found() {
    let order = vec![vec!["top".to_owned()], vec!["middle".to_owned(), "beside".to_owned()]];
    let rooms = ["top", "middle", "beside"].map(str::to_owned).into();
    let import = |from: &str, to: &str| Import { from: from.into(), to: to.into(), place: "a.rs:1".into() };
    assert!(judge(&order, &rooms, &[import("top", "middle"), import("middle", "beside")]).is_empty());
    let up = judge(&order, &rooms, &[import("middle", "top")]);
    assert_eq!(up, ["a.rs:1: middle imports top, which stands above it"]);
    let circle = judge(&order, &rooms, &[import("middle", "beside"), import("beside", "middle")]);
    assert_eq!(circle.len(), 2, "{circle:?}");
    let unlisted = judge(&order[..1], &rooms, &[]);
    assert_eq!(unlisted.len(), 2, "{unlisted:?}");
    assert_eq!(named_rooms("use crate::{a, b::{c, d}, e};"), ["a", "b", "e"]);
    assert_eq!(named_rooms("let x = crate::f::g(mycrate::h);"), ["f"]);
}
