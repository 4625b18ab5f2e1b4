//! How generations of the API differ: one row for each generation, one column for each concern
//! (protocol reference, legacy §1). Endpoints ask [`Dialect`]; they never compare versions.

use crate::operations::generation::Generation;
use crate::payload::container::ContainerForm;

/// What one generation does in its own way.
#[derive(Debug)]
pub(crate) struct Dialect {
    /// How files are encrypted.
    pub container: ContainerForm,
}

/// Every generation, oldest first.
static DIALECTS: [(Generation, Dialect); 8] = [
    (Generation::V1, Dialect { container: ContainerForm::Hashed }),
    (Generation::V1_0, Dialect { container: ContainerForm::Hashed }),
    (Generation::V1_1, Dialect { container: ContainerForm::Hashed }),
    (Generation::V1_3, Dialect { container: ContainerForm::Hashed }),
    (Generation::V1_4, Dialect { container: ContainerForm::Hashed }),
    (Generation::V1_5, Dialect { container: ContainerForm::Hashed }),
    (Generation::V1_6, Dialect { container: ContainerForm::Hashed }),
    (Generation::V1_7, Dialect { container: ContainerForm::Plain }),
];

impl Dialect {
    /// The row of a generation.
    pub(crate) fn of(generation: Generation) -> &'static Self {
        // The table has a row for each generation in their order, which a test keeps.
        &DIALECTS[generation as usize].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::route::Area;
    use crate::serve::endpoints::routes;
    use std::fmt::Write as _;

    #[test]
    fn every_generation_finds_its_row() {
        for (generation, (of_row, _)) in Generation::ALL.iter().zip(&DIALECTS) {
            assert_eq!(generation, of_row);
            assert_eq!(*of_row as usize, *generation as usize);
        }
    }

    fn rendered() -> String {
        let mut page = String::from(
            "# Generations of the API\n\nWhat the server serves under the first segment of a path, from the \
             table of dialects and the list of\nendpoints. Written by a test of the mock server \
             (`UPDATE_DOCS=1 cargo test -p digime-mock-server generations`).\n\n\
             | Concern |",
        );
        let all = Generation::ALL;
        let cells = |page: &mut String, cell: &dyn Fn(Generation) -> &'static str| {
            for generation in all {
                write!(page, " {} |", cell(*generation)).unwrap();
            }
            page.push('\n');
        };
        cells(&mut page, &Generation::as_str);
        page.push_str(&format!("|---|{}\n", "---|".repeat(all.len())));
        page.push_str("| file container |");
        cells(&mut page, &|generation| match Dialect::of(generation).container {
            ContainerForm::Hashed => "with hash",
            ContainerForm::Plain => "without hash",
        });
        for route in routes() {
            let (Area::Api(served) | Area::ApiAndOrigin(served)) = route.area else { continue };
            write!(page, "| `{} {}` |", route.method, route.template).unwrap();
            cells(&mut page, &|generation| if served.contains(generation) { "yes" } else { "" });
        }
        page
    }

    #[test]
    fn the_page_on_generations_is_what_the_server_serves() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/generations.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, rendered()).unwrap();
        }
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(written == rendered(), "docs/generations.md is stale: run with UPDATE_DOCS=1");
    }
}
