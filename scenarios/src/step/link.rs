//! `link`: a link of older generations, to the digi.me app or its guest page.

use digime::legacy::LegacySession;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{Act, StepError, StepOutcome};
use crate::context::{CALLBACK, LinkTarget, Page, ScenarioContext};
use crate::format::{Field, Generation, Generations};

/// Makes a link that is good once, to the digi.me app or its guest page (protocol reference,
/// legacy/deep-links §1); `consent` comes next, and `finish` if something comes back.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Link(Field<LinkTarget>);

impl Act for Link {
    async fn act(&self, context: &mut ScenarioContext) -> StepOutcome {
        let target = context.field(&self.0)?;
        let older = context.required_older()?;
        let (link, session) = match target {
            LinkTarget::Consent => with(context.opened()?, |it| older.consent_link(it, CALLBACK))?,
            LinkTarget::Guest => with(context.opened()?, |it| older.guest_link(it, CALLBACK))?,
            LinkTarget::Postbox => with(context.opened()?, |it| older.postbox_link(it, CALLBACK))?,
            LinkTarget::PushComplete => {
                let postbox = context.postbox()?;
                with(context.opened()?, |it| older.push_complete_link(it, postbox.id(), CALLBACK))?
            }
            LinkTarget::Import => (older.postbox_import_link()?, None),
            LinkTarget::Receipt => (older.receipt_link(context.contract(None, None)?.id())?, None),
        };
        let result = json!({ "url": link.as_str() });
        context.user_state().page = Some(Page::Link(link, target, session));
        Ok(result)
    }

    fn generations(&self) -> Generations {
        match self.0 {
            Field::Value(LinkTarget::PushComplete) => Generations::between(Generation::V1, Generation::V1_3),
            Field::Value(LinkTarget::Import) => Generations::between(Generation::V1_4, Generation::V1_5),
            _ => Generations::between(Generation::V1, Generation::V1_5),
        }
    }
}

type Made = (digime::legacy::Link, Option<LegacySession>);

/// A link to a session, with the session.
fn with(
    session: LegacySession,
    link: impl FnOnce(&LegacySession) -> Result<digime::legacy::Link, digime::Error>,
) -> Result<Made, StepError> {
    Ok((link(&session)?, Some(session)))
}
