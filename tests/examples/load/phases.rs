//! What is measured, one after the other.

use std::time::{Duration, Instant};

use digime_fixtures::{Dataset, GenerateOptions, catalogue};
use serde_json::json;
use tempfile::TempDir;

use crate::app::{App, Consent, pair};
use crate::counting::counted;
use crate::cryptography::Rates;
use crate::driver::{Outcome, Wire, drive};
use crate::figures::{Figure, head};
use crate::process::Process;
use crate::{Arguments, Fallible};

/// The datasets of the load: their name, how many files they have, and of how many bytes.
pub(crate) const DATASETS: [(&str, usize, usize); 2] = [("load", 13, 100_000), ("large", 1, 10_000_000)];
/// How many requests of each kind are counted.
const COUNTED: usize = 200;
/// What the answer of a bare server leaves to hyper.
const OWN_HEADERS: [&str; 2] = ["content-length", "date"];

/// The datasets.
pub(crate) fn datasets() -> Fallible<Vec<Dataset>> {
    let source = catalogue::source(1).ok_or("no source")?;
    let generate = |(name, files, size): (&str, usize, usize)| {
        let options =
            GenerateOptions { files: Some(files), file_size: Some(size), ..GenerateOptions::default() };
        let mut dataset = Dataset::generate(source, "default", &options)?;
        name.clone_into(&mut dataset.id);
        Ok(dataset)
    };
    DATASETS.into_iter().map(generate).collect()
}

/// Everything that is measured of one server.
struct Load<'a> {
    arguments: &'a Arguments,
    server: Process,
    app: App,
    counted: Option<(Process, App)>,
    rates: Rates,
}

/// Measures everything, and prints it.
pub(crate) fn run(arguments: &Arguments) -> Fallible<()> {
    let folder = TempDir::new()?;
    let mut folders = Vec::new();
    for dataset in datasets()? {
        folders.push(folder.path().join(&dataset.id));
        dataset.write(&folders[folders.len() - 1])?;
    }
    let server = match arguments.users {
        Some(users) => {
            let numbers = [users, arguments.sessions].map(|number| number.to_string());
            Process::of_role("counted", &numbers.each_ref().map(String::as_str))?
        }
        None => Process::server(arguments.server.as_deref(), &folders)?,
    };
    let app = App::new(&server.address)?;
    let counted = match arguments.no_allocations {
        true => None,
        false => {
            let process = Process::of_role("counted", &["0", "0"])?;
            let app = App::new(&process.address)?;
            Some((process, app))
        }
    };
    println!(
        "ready after {:.1} ms, {:.1} MiB resident\n",
        server.started_in.as_secs_f64() * 1e3,
        server.resident()?
    );
    let mut load = Load { arguments, server, app, counted, rates: Rates::default() };
    load.rates.measure()?;
    load.all()?;
    println!(
        "\naws-lc on one core: {:.0} signatures and {:.0} verifications a second (PS512, 2048 bits)",
        load.rates.signatures, load.rates.verifications
    );
    println!("the server at the end: {:.1} MiB resident", load.server.resident()?);
    Ok(())
}

impl Load<'_> {
    fn all(&mut self) -> Fallible<()> {
        head();
        let plain = self.arguments.requests * 4;
        self.unsigned("health", "GET /__admin/health", plain)?;
        self.unsigned("key set", "GET /v1.7/jwks/oauth", plain)?;
        if self.arguments.wants("bare key set") {
            self.bare()?;
        }
        let signed = self.arguments.requests;
        let user = Reader::new(&self.app, "load")?;
        let other = match &self.counted {
            Some((_, app)) => Some(Reader::new(app, "load")?),
            None => None,
        };
        self.reading("accounts", [Some(&user), other.as_ref()], signed, |_| {
            "GET /v1.7/permission-access/accounts".to_owned()
        })?;
        self.reading("list", [Some(&user), other.as_ref()], signed, |it| it.list.clone())?;
        self.tokens(signed / 4)?;
        let file = |it: &Reader| format!("{}/{}", it.list, it.file);
        self.reading("file of 100 KB", [Some(&user), other.as_ref()], signed / 4, file)?;
        if self.arguments.wants("file of 10 MB") {
            let user = Reader::new(&self.app, "large")?;
            self.reading("file of 10 MB", [Some(&user), None], 200, file)?;
        }
        if self.arguments.wants("flow") {
            self.flows(signed / 24)?;
        }
        Ok(())
    }

    /// Requests that nobody signs.
    fn unsigned(&mut self, name: &'static str, line: &str, count: usize) -> Fallible<()> {
        if !self.arguments.wants(name) {
            return Ok(());
        }
        let ready = vec![self.app.wire(line, None); count];
        let counted = self.counted.as_ref().map(|(_, app)| vec![app.wire(line, None); COUNTED]);
        self.measure(name, &ready, counted.as_deref(), false).map(drop)
    }

    /// Requests of a user; each is signed.
    fn reading(
        &mut self,
        name: &'static str,
        [user, other]: [Option<&Reader>; 2],
        count: usize,
        line: impl Fn(&Reader) -> String,
    ) -> Fallible<()> {
        if !self.arguments.wants(name) {
            return Ok(());
        }
        let sign = |app: &App, user: &Reader, count| {
            let line = line(user);
            app.many(count, |app, _| app.signed(&line, json!({ "access_token": user.access })))
        };
        let ready = sign(&self.app, user.ok_or("no user")?, count)?;
        let counted = match (&self.counted, other) {
            (Some((_, app)), Some(user)) => Some(sign(app, user, COUNTED)?),
            _ => None,
        };
        self.measure(name, &ready, counted.as_deref(), false).map(drop)
    }

    /// Codes are exchanged, and what came of it is refreshed.
    fn tokens(&mut self, count: usize) -> Fallible<()> {
        if !self.arguments.wants("exchange") && !self.arguments.wants("refresh") {
            return Ok(());
        }
        let exchanges = |app: &App, count| -> Fallible<Vec<Wire>> {
            let codes = app.consents(count, "test")?;
            app.many(count, |app, number| app.exchange(&codes[number].code))
        };
        let ready = exchanges(&self.app, count)?;
        let counted = match &self.counted {
            Some((_, app)) => Some(exchanges(app, COUNTED)?),
            None => None,
        };
        let answers = self.measure("exchange", &ready, counted.as_deref(), true)?;
        let refreshes = |app: &App, bodies: &[Vec<u8>]| {
            app.many(bodies.len(), |app, number| app.refresh(&pair(&bodies[number])?.1))
        };
        let ready = refreshes(&self.app, &answers[0])?;
        let counted = match (&self.counted, answers.get(1)) {
            (Some((_, app)), Some(bodies)) => Some(refreshes(app, bodies)?),
            _ => None,
        };
        self.measure("refresh", &ready, counted.as_deref(), false).map(drop)
    }

    /// Sends what is ready and prints the figure; gives the bodies, also those of the process that counts.
    fn measure(
        &mut self,
        name: &'static str,
        ready: &[Wire],
        counted: Option<&[Wire]>,
        keep: bool,
    ) -> Fallible<Vec<Vec<Vec<u8>>>> {
        let connections = self.arguments.connections;
        self.rates.measure()?;
        let cpu = self.server.cpu()?;
        let outcome = drive(&self.server.address, ready, connections, keep)?;
        let cpu = (self.server.cpu()? - cpu).div_f64(ready.len() as f64);
        self.rates.measure()?;
        let mut bodies = vec![outcome.bodies.clone()];
        let mut allocations = None;
        if let (Some((process, _)), Some(requests)) = (&mut self.counted, counted) {
            // Half of them first, so that what is made once is not counted.
            let (first, rest) = requests.split_at(requests.len() / 2);
            let mut all = drive(&process.address, first, 1, keep)?.bodies;
            let before = self::counted(process)?;
            all.extend(drive(&process.address, rest, 1, keep)?.bodies);
            let after = self::counted(process)?;
            let each = |from: f64, to: f64| (to - from) / rest.len() as f64;
            allocations = Some((each(before.0, after.0), each(before.1, after.1)));
            bodies.push(all);
        }
        self.print(name, &outcome, cpu, allocations);
        Ok(bodies)
    }

    fn print(&self, name: &'static str, outcome: &Outcome, cpu: Duration, allocations: Option<(f64, f64)>) {
        let a_second = outcome.waits.len() as f64 / outcome.took.as_secs_f64();
        let waits = Some([outcome.within(0.5), outcome.within(0.99), outcome.within(1.0)]);
        Figure { name, a_second, waits, cpu, allocations }.print(&self.rates);
    }

    /// The key set once more, from a server that has nothing but its answer.
    fn bare(&mut self) -> Fallible<()> {
        let request = self.app.wire("GET /v1.7/jwks/oauth", None);
        let (head, body) = crate::driver::whole(&self.server.address, &request)?;
        let headers = head
            .lines()
            .skip(1)
            .filter(|line| line.split_once(": ").is_some_and(|(name, _)| !OWN_HEADERS.contains(&name)));
        let lines: Vec<_> = headers.chain(["", &body]).collect();
        let bare = Process::of_role("bare", &lines)?;
        let ready = vec![App::new(&bare.address)?.wire("GET /", None); self.arguments.requests * 4];
        let cpu = bare.cpu()?;
        let outcome = drive(&bare.address, &ready, self.arguments.connections, false)?;
        let cpu = (bare.cpu()? - cpu).div_f64(ready.len() as f64);
        self.print("bare key set", &outcome, cpu, None);
        Ok(())
    }

    fn flows(&mut self, count: usize) -> Fallible<()> {
        let (cpu, begun) = (self.server.cpu()?, Instant::now());
        self.app.flows(count)?;
        let a_second = count as f64 / begun.elapsed().as_secs_f64();
        let cpu = (self.server.cpu()? - cpu).div_f64(count as f64);
        Figure { name: "flow", a_second, waits: None, cpu, allocations: None }.print(&self.rates);
        Ok(())
    }
}

/// A user whose library can be read.
struct Reader {
    access: String,
    list: String,
    file: String,
}

impl Reader {
    fn new(app: &App, dataset: &str) -> Fallible<Self> {
        let consents = app.consents(1, dataset)?;
        let Consent { code, session } = consents.first().ok_or("no consent")?;
        let (_, body) = crate::driver::whole(app.address(), &app.exchange(code)?)?;
        let (access, _) = pair(body.as_bytes())?;
        let list = format!("GET /v1.7/permission-access/query/{session}");
        let (_, body) =
            crate::driver::whole(app.address(), &app.signed(&list, json!({ "access_token": access }))?)?;
        let files: serde_json::Value = serde_json::from_str(&body)?;
        let file = crate::client::text(&files, "/fileList/0/name")?.to_owned();
        Ok(Self { access, list, file })
    }
}
