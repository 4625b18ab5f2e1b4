//! Where an operation is reached, and what it refuses.

use http::Method;

use super::generation::Generations;
use super::operation::Operation;
use super::refusal_code::RefusalCode;
use super::refusals::DocumentedRefusal;

/// Where a route lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Area {
    /// Under `/{generation}/`, once for each generation.
    Api(Generations),
    /// As for [`Area::Api`], and at the origin as well.
    ApiAndOrigin(Generations),
    /// Under `/v1/`, the cloud host: the rest of the path may be empty.
    Cloud,
    /// As [`Area::Cloud`], for a path that means a folder. The router cannot tell it from a file's,
    /// so that the request is routed as the other and told apart afterwards.
    CloudFolder,
    /// Under `/apps/saas/`: the consent web client.
    Web,
    /// Under `/apps/quark/`: the guest page of older generations, with `/v1/` and without.
    Guest,
    /// Under `/apps/phone`: the digi.me app of the user's phone, played; the mock's own.
    Phone,
    /// Under `/__assets`: pictures that answers refer to; the mock's own, but met by any client.
    Assets,
    /// Under `/__admin`: the mock's own, neither journalled nor touched by faults.
    Admin,
}

/// How an endpoint takes in its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyMode {
    /// Whole, up to the configured limit, before the handler runs.
    Whole,
    /// Piece by piece, by the handler, under a limit of its own.
    Streamed,
    /// Piece by piece, by the handler, up to a size that no client meets: a whole sandbox.
    Huge,
}

/// What an operation answers when it refuses nothing: which hostile answers can take its place
/// follows from that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AnswerKind {
    /// A signed token.
    Token,
    /// A signed token that carries the code of a page.
    CodeToken,
    /// A page, or the redirect to a callback with `state`.
    Callback,
    /// A page, or the redirect to a callback that carries no `state`.
    Page,
    /// JSON.
    Json,
    /// Bytes of a file or a picture.
    Bytes,
    /// No body.
    Nothing,
}

/// Where an operation is reached, and what it refuses.
#[derive(Debug)]
#[non_exhaustive]
pub struct Route {
    /// What it does.
    pub operation: Operation,
    /// Its method.
    pub method: Method,
    /// Where it lives.
    pub area: Area,
    /// Its path below its area.
    pub template: &'static str,
    /// What it is, in a line.
    pub summary: &'static str,
    /// Whether only older clients ask for it.
    pub deprecated: bool,
    /// How its body is taken in.
    pub body: BodyMode,
    /// What it answers.
    pub(crate) answer: AnswerKind,
    /// What it refuses, in groups that operations share.
    pub(crate) refusals: &'static [&'static [DocumentedRefusal]],
}

impl Route {
    /// Its name in the journal and in fault rules.
    pub fn name(&self) -> &'static str {
        self.operation.name()
    }

    /// Whether it is the mock's own.
    pub fn is_admin(&self) -> bool {
        self.area == Area::Admin
    }

    /// Whether it is one of the pages of administration, or what they are made of.
    pub(crate) fn is_of_console(&self) -> bool {
        self.is_admin() && self.template.starts_with("/ui")
    }

    /// Whether it leaves no trace: neither journalled nor touched by faults.
    pub fn leaves_no_trace(&self) -> bool {
        self.is_admin() || self.operation == Operation::PAGE_PART
    }

    /// Whether each request is for a file.
    pub(crate) fn is_for_file(&self) -> bool {
        self.template.contains("{fileName}") || self.template.contains("{*path}")
    }

    /// Whether every request needs a JWT that a contract signed with a nonce.
    pub(crate) fn is_signed(&self) -> bool {
        self.refusals().any(|refusal| refusal.code == RefusalCode::InvalidClient && refusal.status == 403)
            && self.refusals().any(|refusal| refusal.code == RefusalCode::InvalidJwt)
    }

    /// Whether it is one of the cloud host, whose errors have a form of their own.
    pub fn is_for_cloud(&self) -> bool {
        matches!(self.area, Area::Cloud | Area::CloudFolder)
    }

    /// Every refusal that the operation can answer with.
    pub fn refusals(&self) -> impl Iterator<Item = &'static DocumentedRefusal> {
        self.refusals.iter().flat_map(|group| group.iter())
    }

    /// The paths that it is served at.
    pub fn paths(&self) -> Vec<String> {
        let template = self.template;
        let versioned =
            |generations: Generations| generations.iter().map(move |it| format!("/{it}{template}"));
        match self.area {
            Area::Api(generations) => versioned(generations).collect(),
            Area::ApiAndOrigin(generations) => versioned(generations).chain([template.to_owned()]).collect(),
            Area::Cloud | Area::CloudFolder => vec![format!("/v1{template}")],
            Area::Web => vec![format!("/apps/saas{template}")],
            Area::Guest => {
                vec![format!("/apps/quark{template}"), format!("/apps/quark/v1{template}")]
            }
            Area::Phone => vec![format!("/apps/phone{template}")],
            Area::Assets => vec![format!("/__assets{template}")],
            Area::Admin => vec![format!("/__admin{template}")],
        }
    }

    /// The paths that lead to it in the router.
    pub(crate) fn routed_paths(&self) -> Vec<String> {
        let paths = self.paths();
        match self.area {
            Area::CloudFolder => Vec::new(),
            Area::Cloud => paths
                .into_iter()
                .flat_map(|path| {
                    let folder = path.trim_end_matches("/{*path}").to_owned();
                    [format!("{folder}/"), folder, path]
                })
                .collect(),
            _ => paths,
        }
    }

    /// The route of `routes` that a fault rule means: by operation name, or by method and path
    /// template.
    ///
    /// # Errors
    /// The routes whose spelling is near, when none matches.
    pub(crate) fn find<'a>(
        routes: impl Iterator<Item = &'a Self> + Clone,
        text: &str,
    ) -> Result<&'a Self, Vec<String>> {
        let text = text.trim();
        let spellings = || {
            routes.clone().filter(|route| !route.is_admin()).flat_map(|route| {
                let paths = route.paths().into_iter();
                let full = paths.map(|path| format!("{} {path}", route.method));
                full.chain([route.name().to_owned()]).map(move |spelling| (route, spelling))
            })
        };
        if let Some((route, _)) = spellings().find(|(_, spelling)| spelling == text) {
            return Ok(route);
        }
        let mut near: Vec<_> = spellings()
            .map(|(_, spelling)| (strsim::damerau_levenshtein(text, &spelling), spelling))
            .collect();
        near.sort();
        Err(near.into_iter().take(3).map(|(_, spelling)| spelling).collect())
    }
}
